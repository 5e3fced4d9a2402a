"""A real PostgreSQL server, started once for all the workers of a test run, and a database of its own for each test."""

import itertools
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final

import psycopg
from filelock import FileLock

from amzlink.orderbook.database import Database
from amzlink.orderbook.schema import METADATA

_TEMPLATE: Final = "amzlink_template"
_BINARIES: Final = "/usr/lib/postgresql"
_OPTIONS: Final = (
    "listen_addresses=''", "fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB",
    "max_connections=200", "autovacuum=off", "max_wal_size=256MB",
)  # fmt: skip
# Who logs in as `refused` is sent away, and `known_by_password` has to give one.
_HBA: Final = "local all refused reject\nlocal all known_by_password scram-sha-256\nlocal all all trust\n"
_names: Final = itertools.count()


def program(name: str) -> str | None:
    """Where a program of the server is, which Debian keeps out of the path; the newest version's."""
    versions = sorted(Path(_BINARIES).glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    return str(versions[-1]) if versions else shutil.which(name)


class Server:
    """A server in a folder, which takes connections through a socket there alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, database: str = "postgres", user: str = "postgres", password: str | None = None) -> str:
        """The address of one of its databases."""
        login = f"{user}:{password}" if password else user
        return f"postgresql://{login}@/{database}?host={self.folder}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each outside a transaction."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


def as_server(words: list[str]) -> list[str]:
    """The words of a command that runs as the server's user: it refuses to be root."""
    return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else words


@contextmanager
def started(folder: Path, *options: str, hba: str = _HBA) -> Iterator[Server]:
    """A server of its own in an empty folder that everybody can reach, as long as the context lasts."""
    _start(folder, *options, hba=hba)
    try:
        yield Server(folder)
    finally:
        _stop(folder)


def _start(folder: Path, *options: str, hba: str = _HBA) -> None:
    initdb, ctl = program("initdb"), program("pg_ctl")
    assert initdb
    assert ctl
    data = folder / "data"
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
    made = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--username=postgres"]
    _run([initdb, "-D", str(data), *made])
    (data / "pg_hba.conf").write_text(hba)
    with (data / "postgresql.conf").open("a") as settings:
        settings.writelines(f"{option}\n" for option in (*_OPTIONS, f"unix_socket_directories='{folder}'", *options))
    _run([ctl, "-D", str(data), "-l", str(folder / "server.log"), "-w", "start"])


def _stop(folder: Path) -> None:
    ctl = program("pg_ctl")
    assert ctl
    _run([ctl, "-D", str(folder / "data"), "-m", "immediate", "-w", "stop"])


def _run(words: list[str]) -> None:
    done = subprocess.run(
        as_server(words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        cwd="/", timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, words


@cache
def server() -> Server:
    """The server of this test run: the first worker that asks starts it, and the last that ends stops it."""
    shared = Path(tempfile.gettempdir()) / f"amzlink-postgres-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
    state, lock = shared.with_suffix(".json"), FileLock(shared.with_suffix(".lock"))
    with lock:
        if not state.exists():
            shared.mkdir(mode=0o755)
            _start(shared)
            try:
                _make_template(Server(shared))
            except BaseException:
                _stop(shared)
                shutil.rmtree(shared)
                raise
            state.write_text("[]")
        users = json.loads(state.read_text())
        state.write_text(json.dumps([*users, os.getpid()]))
    return Server(shared)


def leave() -> None:
    """Say that this worker needs the server no more."""
    if not server.cache_info().currsize:
        return
    shared = server().folder
    state, lock = shared.with_suffix(".json"), FileLock(shared.with_suffix(".lock"))
    with lock:
        users = [user for user in json.loads(state.read_text()) if user != os.getpid()]
        state.write_text(json.dumps(users))
        if not users:
            _stop(shared)
            shutil.rmtree(shared, ignore_errors=True)
            state.unlink()
            Path(lock.lock_file).unlink()  # the name is of this test run: nobody else comes


def _make_template(made: Server) -> None:
    made.execute(f"CREATE DATABASE {_TEMPLATE}")
    Database.open(Path("unused"), made.url(_TEMPLATE)).close()


def new_database(*, template: str = _TEMPLATE) -> str:
    """The address of a database with an empty order book, which only the caller uses."""
    name = f"book_{os.getpid()}_{next(_names)}"
    server().execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return server().url(name)


def bare_database() -> str:
    """The same without any table."""
    return new_database(template="template0")


def empty_book() -> str:
    """The same, but that `give_back` takes it for the next who asks: to empty one is cheaper than to make one."""
    return _given_back.pop() if _given_back else new_database()


def give_back(url: str) -> None:
    """Empty a database that has an order book of today's schema, and keep it for the next."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_EMPTY.encode())
    _given_back.append(url)


_given_back: Final[list[str]] = []
_OTHERS_GO: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid != pg_backend_pid()"
)
_EMPTY: Final = "; ".join(
    [_OTHERS_GO, *(f"DELETE FROM {table.name}" for table in reversed(METADATA.sorted_tables))],
)


def end_connections(url: str) -> None:
    """End everybody's connections to a database, as a server does that is started anew."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_OTHERS_GO.encode())
