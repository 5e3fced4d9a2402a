"""Stores at once: processes that each take the next store when they are through with one.

Processes, not threads: the work is Python's own for the most part, and a process that dies takes one store with it.
Nothing that is open is shared with them. What they tell goes through this process, a store's warnings together, so that
no two stores' lines mix.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any, Final, Generic, Literal, TypeVar

from amzlink.core.diagnosis.alarms import Part
from amzlink.deps import Deps
from amzlink.jobs.runs.one_of_many import Crew, StoreReport, Task, Told, do_store
from amzlink.problems import Problem, ProblemName, machine
from amzlink.run import naming

R = TypeVar("R", bound=StoreReport)

_PATIENCE: Final = 20.0  # seconds: what a process may take to leave its work in order, before it is killed
_INTERRUPTED: Final = 130
_HOLDING_NOTHING: Final = {"amzlink-ctrl-c"}  # it waits for a signal, as `cli.shell.ctrl_c` has it
_ours: "Final[list[Connection[Any, Any]]]" = []
"""The ends of the channels that this process listens to."""


def at_once(deps: Deps, slugs: Sequence[str], task: Task[R], crew: Crew, began: datetime) -> Mapping[str, R]:
    """Do the job for these stores, in this order, as many at once as the crew has; their reports by slug.

    When this process ends, however it does, the others do too: each stops as Ctrl-C would stop it.
    """
    told = Told(deps.observer)
    left, found = deque(slugs), dict[str, R]()
    with _workers(crew, task, began, min(crew.size, len(slugs))) as workers:
        while len(found) < len(slugs):
            for worker in workers:
                if left and worker.slug is None:
                    worker.take(left.popleft())
            _tell_progress(deps, workers, len(found), len(slugs))
            for ready in wait([worker.channel for worker in workers if worker.slug is not None]):
                worker = next(each for each in workers if each.channel is ready)
                slug = worker.slug
                if slug is not None and (report := worker.hear()) is not None:
                    found[slug] = report
                    for text in worker.notes:
                        deps.observer.note(text)
                    for warning, part in worker.warnings:
                        told.warn(warning, part)
                    for part in worker.working:
                        deps.observer.works(part, slug)
    return found


def _tell_progress(deps: Deps, workers: "Sequence[_Worker[R]]", done: int, total: int) -> None:
    now = ", ".join(worker.slug for worker in workers if worker.slug is not None)
    deps.observer.step(f"{done} of {total} stores done, now {now}")


@contextlib.contextmanager
def _workers(crew: Crew, task: Task[R], began: datetime, size: int) -> "Iterator[list[_Worker[R]]]":
    workers = [_Worker(crew.deps, task, began) for _ in range(size)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.leave()
        for worker in workers:
            worker.end()


@dataclass(slots=True)
class _Worker(Generic[R]):
    """A process of its own, seen from here: the store that it works on, and what it has said of it so far."""

    deps: Callable[[], Deps]
    task: Task[R]
    began: datetime
    slug: str | None = None
    warnings: list[tuple[Problem, Part | None]] = field(default_factory=list)
    working: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    channel: "Connection[Any, Any]" = field(init=False)
    _process: BaseProcess | None = None

    def take(self, slug: str) -> None:
        """Begin with this store; the process is started where there is none."""
        if self._process is None or not self._process.is_alive():
            way = _way_to_start()
            context: Any = get_context(way)
            self.channel, theirs = context.Pipe()
            _ours.append(self.channel)
            self._process = context.Process(
                target=_work, args=(theirs, self.deps, self.task, self.began), name="amzlink-store", daemon=True
            )
            with _held_back(way):
                self._process.start()
            theirs.close()  # else nothing would say here that the process is gone
        self.slug, self.warnings, self.working, self.notes = slug, [], [], []
        with contextlib.suppress(OSError):  # it is gone already: so says `hear`
            self.channel.send(slug)

    def hear(self) -> R | None:
        """What it has said: the report, once it is through with the store, whether or not it lives."""
        try:
            kind, said = self.channel.recv()
        except (EOFError, OSError):
            kind, said = "report", self._lost()
        if kind == "warn":
            self.warnings.append(said)
            return None
        if kind == "works":
            self.working.append(said)
            return None
        if kind == "note":
            self.notes.append(said)
            return None
        self.slug = None
        report: R = said
        return report

    def _lost(self) -> R:
        """The report of a store whose process has died in the middle of it."""
        report = self.task.report(self.slug or "")
        process, self._process = self._process, None
        if process:
            process.join(_PATIENCE)
            detail = machine.how_a_process_ended(process.exitcode)
            report.problem = naming(Problem(ProblemName.PROCESS_KILLED, detail=detail), report.store)
        self.channel.close()
        return report

    def leave(self) -> None:
        """Let the process end, in the middle of its work too."""
        if self._process and self.slug is None:
            with contextlib.suppress(OSError):
                self.channel.send(None)
        elif self._process:
            self.channel.close()  # nobody listens any more: it stops

    def end(self) -> None:
        """Wait until it has ended."""
        if self._process:
            self._process.join(_PATIENCE)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            self.channel.close()


def _way_to_start() -> Literal["fork", "spawn"]:
    """A copy of this process is ready at once, a fresh one has to load everything.

    It is a copy where no other thread could be in the middle of something that the copy would never see the end of, and
    where the system's own libraries allow it (macOS' do not).
    """
    others = {thread.name for thread in threading.enumerate() if thread is not threading.main_thread()}
    return "fork" if sys.platform == "linux" and others <= _HOLDING_NOTHING else "spawn"


@contextlib.contextmanager
def _held_back(way: str) -> Iterator[None]:
    """Ctrl-C comes after it. A process that starts here gets none before it is ready for it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    if way == "spawn":
        from multiprocessing import resource_tracker  # noqa: PLC0415 - only where processes are started like this

        resource_tracker.ensure_running()  # the first process would start it, and that lets Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In a process of its own ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Heard:
    """The observer of a process of its own: what concerns people goes to the one that started it."""

    channel: "Connection[Any, Any]"

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        """Nobody could follow several at once."""

    def note(self, text: str) -> None:
        """Pass it on."""
        self.channel.send(("note", text))

    def waiting(self, seconds: float, why: str) -> None:
        """As above."""

    def warn(self, problem: Problem, *, part: Part | None = None) -> None:
        """Pass it on."""
        self.channel.send(("warn", (problem, part)))

    def works(self, part: Part, store: str) -> None:  # noqa: ARG002 - it is the one that is worked on
        """Pass it on."""
        self.channel.send(("works", part))


def _work(channel: "Connection[Any, Any]", means: Callable[[], Deps], task: Task[R], began: datetime) -> None:
    """Take store after store, until there is none left or the process that gives them is gone."""
    given: SimpleQueue[str | None] = SimpleQueue()
    for inherited in _ours:  # of a copy: else who waits for the end of these would wait for this process too
        inherited.close()
    try:
        signal.set_wakeup_fd(-1)  # of a copy: it is the other process' own
        signal.signal(signal.SIGINT, _stop_once)  # a terminal sends Ctrl-C to all its processes
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        threading.Thread(target=_listen, args=(channel, given), name="amzlink-given", daemon=True).start()
        with replace(means(), observer=_Heard(channel)).sharing() as deps:
            while (slug := given.get()) is not None:
                channel.send(("report", do_store(deps, slug, task, began)))
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(_INTERRUPTED)  # what it has opened is closed; Python would wait for its threads


def _stop_once(_number: int, _frame: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is leaving its work in order
    raise KeyboardInterrupt


def _listen(channel: "Connection[Any, Any]", given: "SimpleQueue[str | None]") -> None:
    """Hear of the next stores; None is the last word. When nobody is there any more, stop the work as Ctrl-C does."""
    with contextlib.suppress(EOFError, OSError):
        slug = channel.recv()
        while slug is not None:
            given.put(slug)
            slug = channel.recv()
        given.put(None)
        return
    given.put(None)
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # it wakes a process that sleeps
    else:
        signal.raise_signal(signal.SIGINT)
    time.sleep(_PATIENCE)
    os._exit(_INTERRUPTED)
