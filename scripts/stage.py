"""A shop on the sandbox, somebody at a terminal, and what happens around them: here the documentation's commands play.

Commands run in this process, with a seed and a clock of their own, so that they print the same every time.
"""

import contextlib
import io
import json
import os
import random
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TextIO
from unittest import mock

import msgspec
from filelock import FileLock
from tests.support import books
from tests.support.address_files import cells_of, file_of
from tests.support.schedulers import Machine
from tests.support.world import VirtualClock, store_of

from amzlink.cli.main import run
from amzlink.config.settings import Config
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.problems import Exit
from amzlink.sandbox.messages import Request
from amzlink.sandbox.server import Sandbox
from amzlink.secrets.memory import MemorySecrets

YOU: Final = Path("/tmp/amzlink-docs")  # noqa: S108 - always the same place, which is shown as /home/you
SECRETS: Final = ("client-secret", "refresh-token", "sendcloud-secret-key")
SEED: Final = 7
MORNING: Final = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
SETTLING: Final = timedelta(minutes=5)  # after which Amazon shows what has changed
GERMANY_AND_FRANCE: Final = ("A1PA6795UKMFR9", "A13V1IB3VIYZZH")
THE_NETHERLANDS: Final = ("A1805IZSGTT6HS",)

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
# What a schedule carries over because the services are stand-ins.
_ONLY_HERE: Final = re.compile(r" *export AMZLINK_[A-Z]+_URL=[^\n]*\n")
_TO_ORDERS: Final = ("cancel", "request-cancellation", "pay", "ship", "touch")
_TO_PARCELS: Final = ("announce", "letter", "scan", "deliver")


class Screen(io.StringIO):
    """A terminal's screen: what is printed on it, both streams alike."""

    def isatty(self) -> bool:
        """It is one."""
        return True


class Keyboard:
    """Standard input: somebody who answers what is asked, and whose answers are echoed; or bytes from a pipe."""

    def __init__(self, answers: Sequence[str], screen: TextIO, given: bytes) -> None:
        self._answers = list(answers)
        self._screen = screen
        self.buffer = io.BytesIO(given)

    def isatty(self) -> bool:
        """Somebody sits there as long as there are answers."""
        return bool(self._answers)

    def readline(self) -> str:
        """The next answer. Raises `IndexError` where there is none."""
        line = self._answers.pop(0)
        print(line, file=self._screen)
        return f"{line}\n"

    def secret(self, prompt: str, stream: TextIO | None = None) -> str:
        """The next answer, which is not echoed."""
        print(prompt, file=stream or self._screen)
        return self._answers.pop(0)


@dataclass(frozen=True, slots=True)
class Played:
    """What commands left on the screen, colours as ANSI has them, and the name and title of a picture of it."""

    screen: str
    picture: str
    title: str


class Stage:
    """A shop, what happens to it, and the commands that are run there; `shop` begins another one.

    A script has a verb in each line:

    - `$ COMMAND` types a command. Behind ` ## ` stand options that are not shown. Behind ` %% ` stand the words with
      which the part of the screen begins that is shown. `< ANSWER` below it answers a question.
    - `run COMMAND` types a command that is not shown.
    - `picture NAME TITLE` makes a picture of the screen.
    - `add NAME KIND ...` makes an order. From then on `{NAME}` is its number, `{NAME.sku}` its SKU, and `{NAME.begin}`
      how its number begins.
    - All other verbs are methods below, or actions of the sandbox's control calls.
    """

    def __init__(self, at: contextlib.ExitStack) -> None:
        self._at = at
        self._names: dict[str, str] = {}
        self._opened: tuple[Sandbox, Deps] | None = None
        self.code = 0

    def play(self, script: str) -> Played:
        """Play the lines of a script. Raises `ValueError` for a line that means nothing."""
        shown: list[str] = []
        name = title = ""
        lines = [line for line in script.splitlines() if line]
        while lines:
            verb, _, rest = self.named(lines.pop(0)).partition(" ")
            if verb == "picture":
                name, _, title = rest.partition(" ")
                continue
            if verb != "$":
                self._do(verb, rest)
                continue
            answers = []
            while lines and lines[0].startswith("<"):
                answers.append(self.named(lines.pop(0))[1:].strip())
            rest, _, begin = rest.partition(" %% ")
            command, _, silent = rest.partition(" ## ")
            screen = self.type(f"{command} {silent}", answers)
            if begin:
                screen = f"…\n{screen[screen.index(begin) :]}"
            shown.append(f"$ amzlink {command}\n{screen}".rstrip())
        return Played("\n\n".join(shown), name, title)

    def named(self, line: str) -> str:
        """The line with order numbers, SKUs and keys in place of the names in braces."""
        return re.sub(r"\{([\w.-]+)\}", lambda match: self._names.get(match[1], match[0]), line)

    def type(self, command: str, answers: Sequence[str] = (), given: str = os.devnull) -> str:
        """Type a command line, without the program's name; gives what it left on the screen.

        `given` is a file for standard input. Raises `RuntimeError` where the command has an internal error.
        """
        screen = Screen()
        keyboard = Keyboard(answers, screen, Path(given).read_bytes())
        with (
            contextlib.redirect_stdout(screen),
            contextlib.redirect_stderr(screen),
            mock.patch("sys.stdin", keyboard),
            mock.patch("getpass.getpass", keyboard.secret),
            # A slow machine would show it, and a fast one not.
            mock.patch("amzlink.cli.shell.console.Console._progress_line", return_value=None),
        ):
            self.code = run(shlex.split(command), self._deps)
        if self.code == Exit.BUG:
            raise RuntimeError(f"{command}: {screen.getvalue()}")
        text = screen.getvalue().replace(str(YOU), "/home/you")
        return _ONLY_HERE.sub("", text).strip("\n")

    @property
    def _sandbox(self) -> Sandbox:
        return (self._opened or self._open({}))[0]

    @property
    def _deps(self) -> Deps:
        return (self._opened or self._open({}))[1]

    def _do(self, verb: str, rest: str) -> None:
        if verb in _TO_ORDERS:
            self._control(f"/orders/{rest}", {"action": verb})
            self._settle()
        elif verb in _TO_PARCELS:
            self._move_parcels(verb, rest)
        elif does := getattr(self, f"_{verb.replace('-', '_')}", None):
            does(rest)
        else:
            raise ValueError(f"{verb} is no verb of a script")

    def _shop(self, rest: str) -> None:
        """`orders=N connected=no scheduled=no second=SLUG`, and settings of the store: a new machine with a new shop.

        The second store is the account's shop in the Netherlands.
        """
        self._open(dict(word.split("=", 1) for word in rest.split()))

    def _open(self, options: dict[str, str]) -> tuple[Sandbox, Deps]:
        self._at.close()
        clock = VirtualClock(MORNING)
        orders = int(options.pop("orders", "0"))
        sandbox = self._at.enter_context(Sandbox(orders=orders, seed=SEED, quota="off", clock=clock))
        machine = self._at.enter_context(_machine())
        addresses = sandbox.describe()
        environ = {
            "AMZLINK_SPAPI_URL": addresses["spapi_url"],
            "AMZLINK_LWA_URL": addresses["lwa_url"],
            "AMZLINK_SENDCLOUD_URL": addresses["sendcloud_url"],
            "HOME": str(YOU),
            "PATH": machine.path,
        }
        home = find_home(environ)
        home.prepare()
        deps = Deps(environ, home, MemorySecrets(), clock, rng=random.Random(SEED))  # noqa: S311 - repeatable
        self._opened = sandbox, deps
        credentials = addresses["credentials"]
        self._names = {key: str(value) for key, value in credentials.items()}
        for file, names in (("secrets.toml", SECRETS), ("amazon.toml", SECRETS[:2])):
            keys = [name.replace("-", "_") for name in names]
            Path(file).write_text("".join(f'{key} = "{credentials[key]}"\n' for key in keys), "utf-8")
        if options.pop("connected", "yes") == "yes":
            self._connect(deps, credentials, options)
        return self._opened

    def _connect(self, deps: Deps, credentials: dict[str, Any], settings: dict[str, str]) -> None:
        """What `connect` and `schedule install` leave behind; to run them for each shop takes longer than all else."""
        books.lay_out(deps.home.database_file)
        second = settings.pop("second", "")
        for name in SECRETS:
            for slug in filter(None, ("my-shop", second)):
                deps.secrets.set(slug, name, credentials[name.replace("-", "_")])
        today = MORNING.date().isoformat()
        store = store_of(
            credentials, name="My Shop", test=True, destination="sendcloud", import_weights=True,
            marketplace_ids=GERMANY_AND_FRANCE, client_secret_set_on=today, authorised_on=today,
        )  # fmt: skip
        config = Config().with_store("my-shop", store)
        if second:
            dutch = msgspec.structs.replace(store, name="My Dutch Shop", country="NL", marketplace_ids=THE_NETHERLANDS)
            config = config.with_store(second, dutch)
        deps.save_config(config)
        if settings.pop("scheduled", "yes") == "yes":
            self.type("schedule install --scheduler cron --yes")
        if settings:
            self.type(f"stores set {' '.join(f'{key}={value}' for key, value in settings.items())}")

    def _add(self, rest: str) -> None:
        """`NAME KIND ... count=N status=S country=CC`: new orders, NAME, NAME1, NAME2 ..."""
        words = rest.split()
        options = dict(word.split("=", 1) for word in words if "=" in word)
        name, *kinds = [word for word in words if "=" not in word]
        asked = {
            "add": int(options.get("count", "1")),
            "status": options.get("status", "UNSHIPPED"),
            "country": options.get("country", "DE"),
            "kinds": kinds,
        }
        for number, order_id in enumerate(self._control("/orders", asked)["added"]):
            key = f"{name}{number or ''}"
            lines = self._sandbox.world.orders[order_id].body["orderItems"]
            self._names |= {
                key: order_id,
                f"{key}.begin": order_id[:6],
                f"{key}.sku": lines[0]["product"]["sellerSku"],
            }
        self._settle()

    def _move_parcels(self, action: str, rest: str) -> None:
        """`ID carrier=CODE`, or `all`."""
        who, *more = rest.split()
        key = "orders" if who != "all" or action in ("announce", "letter") else "parcels"
        what: dict[str, Any] = {key: "all" if who == "all" else [who]}
        self._control("/sendcloud/parcels", {"action": action, **what, **dict(word.split("=") for word in more)})
        self._settle()

    def _fault(self, rest: str) -> None:
        self._control("/faults", {"on": rest.split()})

    def _mend(self, rest: str) -> None:
        self._control("/faults", {"off": rest.split()})

    def _refuse(self, rest: str) -> None:
        """`ID ...`: Sendcloud refuses these orders from now on."""
        self._control("/sendcloud/refusals", {"orders": rest.split(), "path": "shipping_address/postal_code"})

    def _wait(self, rest: str) -> None:
        r"""`2h`: time goes by."""
        self._deps.clock.sleep(timedelta(**{_UNITS[rest[-1]]: float(rest[:-1])}).total_seconds())

    def _file(self, rest: str) -> None:
        r"""`NAME CONTENT`, with `\n` for a line break."""
        name, _, content = rest.partition(" ")
        Path(name).write_text(content.replace("\\n", "\n") + "\n", "utf-8")

    def _address_file(self, rest: str) -> None:
        """`NAME ID ...`: Seller Central's file of unshipped orders."""
        name, *ids = rest.split()
        rows = [row for order_id in ids for row in cells_of(self._sandbox.world, order_id)]
        Path(name).write_bytes(file_of(rows, "utf-8"))

    def _run(self, rest: str) -> None:
        self.type(rest)

    def _settle(self) -> None:
        self._deps.clock.sleep(SETTLING.total_seconds())

    def _control(self, path: str, document: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(document).encode()
        answer = self._sandbox.app.handle(Request("POST", f"/control{path}", "", {}, body))
        found: dict[str, Any] = json.loads(answer.body)
        if "error" in found or "errors" in found:
            raise ValueError(f"{path} {document}: {found}")
        return found


@contextlib.contextmanager
def _machine() -> Iterator[Machine]:
    """A user's home on a machine of its own, always in the same place: what is printed may depend on it."""
    with FileLock(f"{YOU}.lock"):
        shutil.rmtree(YOU, ignore_errors=True)
        program = YOU / ".local" / "bin" / "amzlink"
        program.parent.mkdir(parents=True)
        YOU.chmod(0o700)
        program.touch(mode=0o700)
        machine = Machine(YOU / "programs", "crontab")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "AMZLINK_"))}
        environ |= {"HOME": str(YOU), "LOGNAME": "you", "PATH": machine.path}
        with (
            contextlib.chdir(YOU),
            mock.patch.dict(os.environ, environ, clear=True),
            mock.patch("platform.node", return_value="shop"),
            mock.patch("amzlink.jobs.schedule.lingering.user", return_value="you"),
            mock.patch.object(sys, "argv", [str(program)]),
        ):
            yield machine
        shutil.rmtree(YOU, ignore_errors=True)
