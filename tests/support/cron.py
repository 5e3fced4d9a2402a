"""Days of cron for a shop: each run as a process of its own would make it, and what cron would mail of it."""

import contextlib
import io
import json
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
from msgspec.structs import replace as change

from amzlink.cli.main import run as run_command_line
from amzlink.deps import Deps
from amzlink.sandbox.messages import Request
from amzlink.sandbox.server import Sandbox
from tests.support.world import InProcess, store_of, store_on_sandbox

MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
# As docs/servers.md has them: the minutes of an hour at which a command runs, or of a day.
EVERY_QUARTER: Final = {"import-orders": 0, "push-status": 7}
PURGE_AT: Final = timedelta(hours=4, minutes=30)


@dataclass(frozen=True)
class Mail:
    """What cron sends of a run that printed something."""

    at: datetime
    command: str
    text: str

    def __str__(self) -> str:
        return (
            f"Date: {self.at:%a, %d %b %Y %H:%M}\nSubject: Cron <shop@office> {self.command}\n\n{self.text.rstrip()}\n"
        )


class Both(httpx.BaseTransport):
    """Two sandboxes behind one address: who calls decides."""

    def __init__(self, first: Sandbox, second: Sandbox) -> None:
        self._first, self._second, self._other = InProcess(first), InProcess(second), second.world

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("x-amz-access-token", "")
        client = str(self._other.account.credentials()["client_id"]).encode()
        of_the_other = token in self._other.grants or client in request.read()
        return (self._second if of_the_other else self._first).handle_request(request)


class Office:
    """A shop, its crontab, and the merchant's mailbox.

    `options` are those of each line of the crontab. `jobs` are its commands, each with the minute of every `period`
    minutes at which it runs.
    """

    def __init__(self, folder: Path, *, orders: int = 0, quota: str = "off", **settings: Any) -> None:
        self.folder = folder
        self.options = ""
        self.jobs, self.period = EVERY_QUARTER, 15
        self.mailbox: list[Mail] = []
        self.exit_codes: list[tuple[datetime, str, int]] = []
        usual = {"destination": "sendcloud", "update_status_when": "announced", "test": True}
        self.world = store_on_sandbox(folder, orders=orders, quota=quota, **{**usual, **settings})
        self.clock, self.deps = self.world.clock, self.world.deps
        self._plans: list[tuple[datetime, Callable[[], object]]] = []

    # The two services

    def tell(self, path: str, document: object = None) -> Any:
        """A control call of the sandbox."""
        body = b"" if document is None else json.dumps(document).encode()
        answer = self.world.sandbox.app.handle(Request("GET" if document is None else "POST", path, "", {}, body))
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def add(self, count: int = 1) -> list[str]:
        """New orders at Amazon that can be sent on."""
        asked = {"add": count, "country": "DE", "kinds": []}
        added: list[str] = self.tell("/control/orders", asked)["added"]
        return added

    def switch(self, *on: str, off: Collection[str] = ()) -> None:
        self.world.sandbox.world.faults.switch(on=on, off=off)

    def open_second_store(self, slug: str, quota: Any = "off") -> Sandbox:
        """Connect a store of another seller, whose orders go nowhere. From then on cron works on all stores."""
        second = Sandbox(orders=0, seed=11, quota=quota, clock=self.clock)
        credentials = second.world.account.credentials()
        for name in ("client-secret", "refresh-token"):
            self.deps.secrets.set(slug, name, credentials[name.replace("-", "_")])
        settings = self.deps.load_config().with_store(slug, change(store_of(credentials), name="Outlet", test=True))
        self.deps.save_config(settings)
        self.deps.transport = Both(self.world.sandbox, second)
        self.options = "--all-stores"
        return second

    # The machine

    def run(self, *words: str) -> tuple[int, str]:
        """A command as a process without a terminal would run it; its exit code and what it printed."""
        deps = Deps(
            self.deps.environ, self.deps.home, self.deps.secrets, self.clock, transport=self.deps.transport,
            rng=random.Random(1),
        )  # fmt: skip
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = run_command_line(words, deps)
        return code, printed.getvalue()

    def cron(self, job: str) -> None:
        """A run of cron's, at this moment."""
        words = (job, *self.options.split())
        began = self.clock.now()
        code, printed = self.run(*words)
        self.exit_codes.append((began, job, code))
        if printed:
            self.mailbox.append(Mail(began, " ".join(("amzlink", *words)), printed))

    def notify(self, script: str, name: str = "tell") -> Path:
        """Set a program for alarms, a shell script."""
        program = self.folder / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o700)
        file = self.deps.home.config_file
        text = file.read_text()
        if "[notify]" not in text:
            file.write_text(f'{text}\n[notify]\ncommand = ["{program}"]\n')
        return program

    # Time

    def plan(self, moment: str, *actions: Callable[[], object]) -> None:
        """What happens at a moment such as `Tue 08:00`, after the runs of that minute's start."""
        self._plans += [(_read(moment), action) for action in actions]

    def play(self, until: str) -> None:
        """Let time go by, with every run of the crontab and everything that was planned."""
        end = _read(until)
        moment = max(self.clock.now(), _FIRST)
        while moment < end:
            self._wait_for(moment)
            since_midnight = moment - moment.replace(hour=0, minute=0)
            if since_midnight == PURGE_AT:
                self.cron("purge-pii")
            for job, minute in self.jobs.items():
                if moment.minute % self.period == minute:
                    self.cron(job)
            for _, action in [plan for plan in self._plans if plan[0] == moment]:
                action()
            moment += MINUTE

    def _wait_for(self, moment: datetime) -> None:
        self.clock.moment = max(self.clock.moment, moment)


_FIRST: Final = datetime(2026, 11, 24, tzinfo=UTC)  # a Tuesday


def _read(moment: str) -> datetime:
    """`Tue 08:00`, in the days of cron."""
    day, _, hours = moment.partition(" ")
    hour, minute = map(int, hours.split(":"))
    return _FIRST + DAY * ("Tue", "Wed", "Thu", "Fri").index(day) + timedelta(hours=hour, minutes=minute)
