"""How far a job is, in one line at the foot of a terminal: what is done, of how many, and how long it will take.

The line appears once the work has taken a second, so that short work shows nothing, and it counts down by itself while
the job sleeps. Rich is loaded only then.
"""

import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from amzlink.cli.shell.safe_text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console as RichConsole
    from rich.progress import Progress, Task
    from rich.text import Text

_SHOWN_AFTER: Final = 1.0  # seconds
_REDRAWN_EVERY: Final = 0.25
_PACE_KNOWN_AFTER: Final = 2.0
_SHORTEST_WAIT: Final = 2.0
_SOON: Final = 600.0  # seconds; what takes longer ends at a time of day
_WIDE: Final = 100  # columns from which on there is room for a bar
_BAR: Final = 16


class Work:
    """What was told of the work. Times are seconds of one clock that never goes back.

    How long it will take follows from the pace so far; where each step waits for a quota, from those waits.
    """

    def __init__(self) -> None:
        self.what = ""
        self.done: int | None = None
        self.total: int | None = None
        self._about = False
        self._began = (0.0, 0)
        self._per_step = 0
        self._why = ""
        self._wait_ends = 0.0
        self._wait = 0.0

    def step(self, now: float, what: str, done: int | None, total: int | None, *, about: bool) -> None:
        """So far it is; `about`: the total is an estimate."""
        if what != self.what or (done or 0) < (self.done or 0):
            self._began, self._per_step, self._wait = (now, done or 0), 0, 0.0
        elif done is not None and done > (self.done or 0):
            self._per_step = done - (self.done or 0)
        self.what, self.done, self.total, self._about = what, done, total, about
        self._wait_ends = now

    def wait(self, now: float, seconds: float, why: str) -> None:
        """It goes on in so many seconds; `why` says with what. A short wait is part of the pace."""
        if seconds < _SHORTEST_WAIT:
            return
        self._why, self._wait, self._wait_ends = why, seconds, now + seconds

    def line(self, now: float, time_of_day: datetime) -> str:
        """The work in a line; `time_of_day` is now, in the reader's zone."""
        parts = [self._counts()] if self.done is not None else []
        left = self.seconds_left(now)
        if (rest := self._wait_ends - now) > 0:
            parts.append(f"{self._why} in {minutes(rest)}")
        if left and (rest > 0 or left >= _SOON):
            parts.append(f"done at about {_at(time_of_day, left)}")
        elif left:
            parts.append(f"{minutes(left)} left")
        return visible(": ".join(filter(None, [self.what, "; ".join(parts)])))

    def seconds_left(self, now: float) -> float | None:
        """How long it will take from now on, as far as that can be told."""
        if self.done is None or not self.total or self.done >= self.total:
            return None
        left = self.total - self.done
        if self._wait and self._per_step:
            steps_after_this = -(-left // self._per_step) - 1
            return max(0.0, self._wait_ends - now) + steps_after_this * self._wait
        at, done = self._began
        if self.done == done or now - at < _PACE_KNOWN_AFTER:
            return None
        return (now - at) / (self.done - done) * left

    def _counts(self) -> str:
        if self.total is None:
            return f"{self.done:,}"
        return f"{self.done:,} of {'about ' if self._about else ''}{self.total:,}"


class ProgressLine:
    """Shows the work on a terminal, from a thread of its own. It is wiped before anything else is printed."""

    def __init__(self, rich: "Callable[[], RichConsole]") -> None:
        self._rich = rich
        self._work = Work()
        self._lock = threading.RLock()
        self._shown: Progress | None = None
        self._wanted = False
        self._drawing: threading.Thread | None = None
        self._first = True

    def step(self, what: str, done: int | None, total: int | None, *, about: bool) -> None:
        """See `Work.step`."""
        with self._lock:
            self._work.step(time.monotonic(), what, done, total, about=about)
            self._want()

    def wait(self, seconds: float, why: str) -> None:
        """See `Work.wait`."""
        with self._lock:
            self._work.wait(time.monotonic(), seconds, why)
            self._want()

    def clear(self) -> None:
        """Wipe the line. It comes back with the next step or wait."""
        with self._lock:
            self._wanted = False
            if self._shown:
                self._shown.stop()
                self._shown = None

    def _want(self) -> None:
        self._wanted = True
        if self._drawing is None:
            self._drawing = threading.Thread(target=self._draw, name="progress", daemon=True)
            self._drawing.start()

    def _draw(self) -> None:
        if self._first:
            time.sleep(_SHOWN_AFTER)
        while True:
            with self._lock:
                if not self._wanted:
                    self._drawing = None
                    return
                self._first = False
                if self._shown is None:
                    self._shown = self._open()
                self._shown.update(self._shown.task_ids[0], completed=self._work.done or 0, total=self._work.total)
                self._shown.refresh()
            time.sleep(_REDRAWN_EVERY)

    def _open(self) -> "Progress":
        from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn
        from rich.table import Column
        from rich.text import Text

        work = self._work

        class _Line(ProgressColumn):
            max_refresh = None

            def render(self, _: "Task") -> "Text":
                return Text(work.line(time.monotonic(), datetime.now().astimezone()))

        rich = self._rich()
        line = _Line(Column(no_wrap=True, overflow="ellipsis", ratio=1))
        bar = [BarColumn(_BAR)] if rich.width >= _WIDE else []
        shown = Progress(
            SpinnerColumn("line"), *bar, line, console=rich, transient=True, auto_refresh=False, expand=True,
            redirect_stdout=False, redirect_stderr=False,
        )  # fmt: skip
        shown.add_task("", total=None)
        shown.start()
        rich.show_cursor()  # a process that is ended must not leave a terminal without one
        return shown


def minutes(seconds: float) -> str:
    """`2:41`; from an hour on `1:02:41`."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _at(time_of_day: datetime, seconds: float) -> str:
    """The time of day in so many seconds, with the day where that is another."""
    moment = time_of_day + timedelta(seconds=seconds)
    return f"{moment:%H:%M}" if moment.date() == time_of_day.date() else f"{moment:%a} {moment.day} {moment:%b %H:%M}"
