"""Several machines that share many stores: an order book on a PostgreSQL server, a home for each, one vault folder."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, LiteralString, Self

import psycopg

from amzlink.config.file import write_config
from amzlink.config.settings import Config
from amzlink.files.home import find_home
from tests.support.forked_programs import Program
from tests.support.many_sellers import Mall
from tests.support.world import store_of


class SharedBook:
    """An order book on a PostgreSQL server, looked at from outside."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, autocommit=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def rows(self, sql: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """What a query finds."""
        return self._connection.execute(sql, values).fetchall()

    def pass_time(self, time: timedelta) -> None:
        """The leases run on by this time: the server's own clock is not moved."""
        moved = int(time.total_seconds() * 1000)
        self._connection.execute("UPDATE leases SET expires_at = expires_at - %s WHERE expires_at > 0", [moved])


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said; the code is negative where a signal has killed it."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str


class Started:
    """A command that runs on a machine."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str], seconds: float) -> None:
        self.words = tuple(words)
        self._held = ExitStack()
        self._out = self._held.enter_context(tempfile.TemporaryFile("w+"))  # noqa: SIM115 - `end` closes it
        self._err = self._held.enter_context(tempfile.TemporaryFile("w+"))  # noqa: SIM115 - `end` closes it
        with Path(os.devnull).open() as nothing:
            streams = [stream.fileno() for stream in (nothing, self._out, self._err)]
            self.process = Program("amzlink", words, env=environ, streams=streams, timeout=seconds)

    def end(self) -> Ended:
        """Wait for its end."""
        with self._held, self.process:
            code = self.process.wait()
            return Ended(self.words, code, _text(self._out), _text(self._err))


@dataclass
class Machine:
    """A machine of the fleet: its own home, everything else shared."""

    name: str
    environ: dict[str, str]
    ended: list[Ended] = field(default_factory=list)

    def start(self, *words: str, seconds: float = 300) -> Started:
        """Start a command without a terminal."""
        return Started(words, self.environ, seconds)

    def run(self, *words: str, seconds: float = 300) -> Ended:
        """Run a command to its end."""
        return self.start(*words, seconds=seconds).end()


class Fleet:
    """Stores of as many sellers, and the machines that look after them."""

    def __init__(self, folder: Path, mall: Mall, book: SharedBook, *, machines: int = 2, **settings: Any) -> None:
        self.mall = mall
        self.stores = {f"shop-{number:03}": world for number, world in enumerate(mall.worlds, start=1)}
        self.book = book
        keys = folder / "vault-keys"
        keys.mkdir()
        addresses = mall.describe()
        shared = {
            "PATH": os.environ["PATH"],
            "AMZLINK_SPAPI_URL": addresses["spapi_url"],
            "AMZLINK_LWA_URL": addresses["lwa_url"],
            "AMZLINK_SENDCLOUD_URL": addresses["sendcloud_url"],
        }
        told = Config(raw={"database": {"url": book.url}})
        for slug, world in self.stores.items():
            credentials = world.account.credentials()
            prefix = f"AMZLINK_SECRET_{slug.upper().replace('-', '_')}_"
            for secret in ("client_secret", "refresh_token", "sendcloud_secret_key"):
                shared[f"{prefix}{secret.upper()}"] = credentials[secret]
            shared[f"{prefix}VAULT_KEY_FILE"] = str(keys / slug)
            usual = {"destination": "sendcloud", "update_status_when": "announced", "test": True, "name": slug}
            told = told.with_store(slug, store_of(credentials, **{**usual, **settings}))
        self.machines = []
        for number in range(machines):
            environ = {**shared, "AMZLINK_HOME": str(folder / f"machine-{number + 1}"), "AMZLINK_CLOCK_OFFSET": "0"}
            home = find_home(environ)
            home.prepare()
            write_config(told, home.config_file)
            self.machines.append(Machine(f"machine-{number + 1}", environ))

    def pass_time(self, time: timedelta) -> None:
        """The machines' clocks and the services' move on alike, and what the machines have leased runs on."""
        self.book.pass_time(time)
        self.mall.clock.advance(time)
        for machine in self.machines:
            machine.environ["AMZLINK_CLOCK_OFFSET"] = str(self.mall.clock.offset.total_seconds())


@contextmanager
def fleet(folder: Path, book: SharedBook, *, stores: int, **more: Any) -> Iterator[Fleet]:
    """A fleet whose sellers are open."""
    with Mall(stores) as mall:
        yield Fleet(folder, mall, book, **more)


def _text(stream: IO[str]) -> str:
    stream.seek(0)
    return stream.read()
