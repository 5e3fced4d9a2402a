"""The demo's tour: a sandbox in this process, a home that lives as long as the tour, and the real commands."""

import contextlib
import io
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import tomli_w

from amzlink.cli.shell.console import Console
from amzlink.cli.views.sandbox import DemoDocument, DemoStep
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.problems import Exit
from amzlink.sandbox.messages import Request
from amzlink.sandbox.server import Sandbox
from amzlink.secrets.memory import MemorySecrets

_ORDERS: Final = 60
_SECRETS: Final = ("client_secret", "refresh_token", "sendcloud_secret_key")
_UNTIL_THE_SCAN: Final = 2 * 3600.0
_UNTIL_THE_NEXT_IMPORT: Final = 15 * 60.0
_UNTIL_ALL_IS_DUE: Final = 50 * 86400.0

RunCommand = Callable[[Sequence[str], Deps], int]
"""Runs one command line with these means and gives its exit code."""


def tour(console: Console, run: RunCommand) -> Exit:
    """Walk through the commands; with `--json` one document tells how each ended.

    Gives the exit code of the first one that failed.
    """
    with _shop() as (sandbox, deps, secrets_file):
        guide = _Guide(console, deps, run)
        credentials = sandbox.describe()["credentials"]
        guide.say("A made-up shop with a simulated Amazon and Sendcloud on this machine. Nothing of it is kept.")
        guide.say("1. Connect the shop. A merchant answers questions; here the answers are given as options.")
        guide.run(
            *("connect", "--name", "Demo Shop", "--country", "DE", "--country", "FR"),
            *("--seller-id", credentials["seller_id"], "--client-id", credentials["client_id"]),
            *("--destination", "sendcloud", "--sendcloud-public-key", credentials["sendcloud_public_key"]),
            *("--secrets-from", str(secrets_file), "--yes", "--no-browser"),
        )
        guide.say("2. Import its orders and send them to Sendcloud. From now on cron does this.")
        guide.run("import-orders")
        guide.say("3. Check the link. When it does not work, this finds out why.")
        guide.run("verify")
        guide.say("4. List the orders to ship, the most urgent first, and the holds.")
        listed = guide.run("orders", "list", "--status", "UNSHIPPED")
        guide.say("5. Show one order. The buyer's data is encrypted, and shown only with --with-pii.")
        guide.run("orders", "show", listed[0] if listed else "", "--with-pii")
        guide.say("6. Find products without a weight, or with one that cannot be right.")
        guide.run("check-weights")
        guide.say(
            "7. The merchant prints the labels in Sendcloud. Shipments are confirmed when the carrier has the parcels."
        )
        _at_sendcloud(sandbox, "announce", orders="all")
        guide.run("push-status")
        guide.say(
            "8. Two hours later the carrier has scanned them. The shipments are confirmed with their tracking numbers."
        )
        deps.clock.sleep(_UNTIL_THE_SCAN)
        _at_sendcloud(sandbox, "scan", parcels="all")
        guide.run("push-status")
        guide.say("9. The next import checks that Amazon has stored it: the orders are shipped.")
        deps.clock.sleep(_UNTIL_THE_NEXT_IMPORT)
        guide.run("import-orders")
        guide.run("orders", "show", listed[0] if listed else "")
        guide.say("10. Look at the whole store.")
        guide.run("status")
        guide.say("11. Seven weeks later the buyers' data is deleted. The rest of each order is kept.")
        deps.clock.sleep(_UNTIL_ALL_IS_DUE)
        guide.run("purge-pii")
        guide.run("orders", "show", listed[0] if listed else "", "--with-pii")
        console.result(
            lambda: DemoDocument(steps=guide.steps),
            lambda: guide.say("That is all. `amzlink connect` connects your own shop."),
        )
        return guide.exit_code


class _Guide:
    """Runs commands as if they had been typed, and keeps how they ended."""

    def __init__(self, console: Console, deps: Deps, run: RunCommand) -> None:
        self._console = console
        self._deps = deps
        self._run = run
        self.steps: list[DemoStep] = []
        self.exit_code = Exit.DONE

    def say(self, text: str) -> None:
        """A word between the commands."""
        if not self._console.as_json:
            self._console.line()
            self._console.line(f"  {text}")
            self._console.line()

    def run(self, *words: str) -> list[str]:
        """Type a command. Gives the numbers of the orders that it is about."""
        run = self._run

        def silently() -> tuple[int, bytes]:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                code = run([*words, "--json"], self._deps)
            return code, out.getvalue().strip().encode()

        document = b"{}"
        if self._console.as_json:
            code, document = silently()
            self.steps.append(DemoStep(command=words, exit_code=code, result=msgspec.Raw(document)))
        else:
            shown = ["SECRETS.toml" if word.endswith(".toml") else word for word in words]
            self._console.line(f"$ amzlink {shlex.join(shown)}")
            sys.stdout.flush()  # what a command says on stderr belongs below its name, in a pipe too
            # As at a terminal, even where there is none: the tour is there to be read.
            code = run([*words, "--verbose"], self._deps)
            if words[:2] == ("orders", "list"):
                document = silently()[1]
        self.exit_code = self.exit_code or Exit(code)
        found = msgspec.json.decode(document, type=_Listed)
        return [order.order_id for order in found.orders if not order.holds]


class _ListedOrder(msgspec.Struct):
    order_id: str
    holds: tuple[str, ...]


class _Listed(msgspec.Struct):
    """What the tour reads of a command's document: the orders that it lists."""

    orders: tuple[_ListedOrder, ...] = ()


class _HastyClock:
    """The machine's clock, but a wait takes no time: what should have passed has passed."""

    def __init__(self) -> None:
        self._skipped = timedelta()

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        return datetime.now(UTC) + self._skipped

    def sleep(self, seconds: float) -> None:
        """Be so much later, at once."""
        self._skipped += timedelta(seconds=max(0.0, seconds))


def _at_sendcloud(sandbox: Sandbox, action: str, **what: str) -> None:
    """Do what the merchant does in Sendcloud's panel, or the carrier on the road."""
    body = msgspec.json.encode({"action": action, **what})
    sandbox.app.handle(Request("POST", "/control/sendcloud/parcels", "", {}, body))


@contextlib.contextmanager
def _shop() -> Iterator[tuple[Sandbox, Deps, Path]]:
    clock = _HastyClock()
    with (
        # What verify has left behind in a thread may still write when Ctrl-C ends the demo.
        tempfile.TemporaryDirectory(prefix="amzlink-demo-", ignore_cleanup_errors=True) as folder,
        Sandbox(orders=_ORDERS, quota="off", clock=clock) as sandbox,
    ):
        addresses = sandbox.describe()
        environ = {
            "AMZLINK_HOME": str(Path(folder) / "home"),
            "AMZLINK_SPAPI_URL": addresses["spapi_url"],
            "AMZLINK_LWA_URL": addresses["lwa_url"],
            "AMZLINK_SENDCLOUD_URL": addresses["sendcloud_url"],
        }
        home = find_home(environ)
        home.prepare()
        secrets_file = Path(folder) / "secrets.toml"
        values = {name: addresses["credentials"][name] for name in _SECRETS}
        secrets_file.write_text(tomli_w.dumps(values))
        yield sandbox, Deps(environ, home, MemorySecrets(), clock), secrets_file
