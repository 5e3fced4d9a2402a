"""A shop whose orders go to Sendcloud, and a person who asks amzlink about them at a terminal of 80 columns."""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.support.forked_programs import Program
from tests.support.world import SLUG, Ran, Shell, shell

__all__ = ["SLUG", "Desk", "Screen", "at_the_desk"]

COLUMNS: Final = 80
_SECONDS: Final = 300  # only what fails waits for so long
_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_A_SETTLING: Final = timedelta(minutes=5)  # after which Amazon shows what has changed
_MORNING: Final = timedelta(hours=9, minutes=30)


@dataclass(frozen=True)
class Screen:
    """What a command left on the terminal, and its exit code."""

    code: int
    text: str

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @property
    def flat(self) -> str:
        """All of it on one line: what is broken at the terminal's edge reads on."""
        return " ".join(self.text.split())

    def shows(self, *phrases: str) -> "Screen":
        """Fail unless every phrase is there, wherever its lines are broken."""
        for phrase in phrases:
            assert " ".join(phrase.split()) in self.flat, f"“{phrase}” is not in:\n{self.text}"
        return self

    def lacks(self, *phrases: str) -> "Screen":
        """Fail if one of the phrases is there."""
        for phrase in phrases:
            assert phrase not in self.flat, f"“{phrase}” is in:\n{self.text}"
        return self


@dataclass
class Desk:
    """The shop's computer: `ask` runs a command as a person does, `cron` as cron does. It is 09:30 at first."""

    at: Shell

    def ask(
        self, *words: str, typed: str = "", columns: int = COLUMNS, environ: Mapping[str, str] | None = None
    ) -> Screen:
        """Run a command at a terminal; `typed` are the person's answers, a line each. Its lines fit the terminal."""
        code, text = _at_a_terminal(words, {**self.at.environ, **(environ or {})}, typed, columns)
        screen = Screen(code, text)
        assert "Traceback" not in text, text
        if words[:1] != ("explain",):  # it shows gaps, and commands to copy on one line each
            assert not re.search("<[A-Z_]{2,}>", text), f"a gap in:\n{text}"
            wide = [line for line in screen.lines if len(line) > columns and len(line.split()) > 1]
            assert not wide, f"wider than {columns} columns: {wide}"
        return screen

    def cron(self, *words: str) -> Ran:
        """Run a command without a terminal."""
        return self.at.run(*words)

    def json(self, *words: str) -> dict[str, Any]:
        """What a program gets."""
        return self.at.run(*words, "--json").document

    # What happens around it

    def wait(self, **span: float) -> None:
        """Let time go by, here and at both services: `minutes=5`, `days=1`."""
        self.at.control("/clock", {"advance": timedelta(**span).total_seconds()})

    def add(
        self, count: int = 1, *, status: str = "UNSHIPPED", country: str = "DE", kinds: Sequence[str] = ()
    ) -> list[str]:
        """New orders at Amazon, which an import sees at once; `kinds` are those of the sandbox."""
        asked = {"add": count, "status": status, "country": country, "kinds": list(kinds)}
        added: list[str] = self.at.control("/orders", asked)["added"]
        self._settle()
        return added

    def change(self, order_id: str, action: str, **more: Any) -> None:
        """What happens to an order at Amazon: `cancel`, `request-cancellation`, `pay`, `ship`, `deliver`, `merge`."""
        self.at.control(f"/orders/{order_id}", {"action": action, **more})
        self._settle()

    def switch(self, *on: str, off: Collection[str] = ()) -> None:
        """Faults of the sandbox."""
        self.at.control("/faults", {"on": list(on), "off": list(off)})

    def refuse(self, *order_ids: str, path: str = "shipping_address/postal_code") -> None:
        """Sendcloud refuses these orders from now on, for that field; none at all takes it back."""
        self.at.control("/sendcloud/refusals", {"orders": list(order_ids), "path": path})

    def sendcloud_orders(self) -> set[str]:
        """The order numbers that Sendcloud has."""
        return {entry["order_number"] for entry in self.at.control("/sendcloud/orders")["orders"]}

    def parcels(self, **order: Any) -> Any:
        """A control call about parcels, as `sandbox/sendcloud/parcel_control.py` has them."""
        return self.at.control("/sendcloud/parcels", order)

    def set(self, *settings: str) -> None:
        """Change settings of the store."""
        ran = self.at.run("stores", "set", *settings)
        assert ran.code == 0, ran.err

    def secret(self, name: str, value: str | None) -> None:
        """Another secret in the environment, such as `REFRESH_TOKEN`; None takes it out."""
        key = f"AMZLINK_SECRET_{SLUG.upper().replace('-', '_')}_{name}"
        if value is None:
            self.at.environ.pop(key, None)
        else:
            self.at.environ[key] = value

    def new_client_secret(self) -> str:
        """A client secret made anew on Amazon's page; the one before is not accepted any more."""
        world = self.at.sandbox.world
        app = replace(world.account.app, client_secret=f"amzn1.oa2-cs.v1.{world.random().getrandbits(256):064x}")
        world.account = replace(world.account, app=app)
        return app.client_secret

    def _settle(self) -> None:
        self.wait(seconds=_A_SETTLING.total_seconds())


@contextmanager
def at_the_desk(folder: Path, *, orders: int = 0, faults: Sequence[str] = (), **settings: Any) -> Iterator[Desk]:
    """A connected shop; what the sandbox has of orders is what a test adds, unless it asks for others."""
    usual = {"destination": "sendcloud", "update_status_when": "announced"}
    with shell(folder, {**usual, **settings}, orders=orders, faults=faults) as at:
        desk = Desk(at)
        now = datetime.now(UTC)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        desk.wait(seconds=(midnight + timedelta(days=1) + _MORNING - now).total_seconds())
        yield desk


def _at_a_terminal(words: Sequence[str], environ: Mapping[str, str], typed: str, columns: int) -> tuple[int, str]:
    own, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with Program(
        "amzlink", words, env={**environ, "TERM": "dumb"}, streams=(theirs,) * 3, timeout=_SECONDS, own_session=True
    ) as program:
        os.close(theirs)
        raw, ended = _read_to_the_end(own, typed.splitlines(keepends=True))
        assert ended, f"nobody answers this:\n{_rendered(raw)}"
        code = program.wait()
    os.close(own)
    return code, _rendered(raw)


def _read_to_the_end(descriptor: int, answers: Sequence[str]) -> tuple[str, bool]:
    """What is written, while each question is given the next answer; and whether the program came to its end."""
    end, raw, left, ended = time.monotonic() + _SECONDS, b"", list(answers), False
    while not ended and select.select([descriptor], [], [], max(0.0, end - time.monotonic()))[0]:
        chunk = b""
        with contextlib.suppress(OSError):  # Linux says so when the other side has closed
            chunk = os.read(descriptor, 65_536)
        raw, ended = raw + chunk, not chunk
        if left and raw.endswith(b": "):
            os.write(descriptor, left.pop(0).encode())
    return raw.decode(errors="replace"), ended


def _rendered(raw: str) -> str:
    """What stays on the screen: a line of progress is written over by what follows it."""
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in _ANSI.sub("", raw).split("\n")]
    return "\n".join(lines).strip("\n") + "\n"
