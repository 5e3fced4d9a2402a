"""What runs nobody watches have said, remembered from one to the next, and the merchant's own program for alarms."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.clock import shift_of
from amzlink.core.child_environment import without_secrets
from amzlink.core.decoding import UndecodableError, read_json
from amzlink.core.diagnosis.alarms import LASTS, Judgement, Remembered, Trouble, judge
from amzlink.files.home import Home
from amzlink.files.locks import lock
from amzlink.files.reading import read_file
from amzlink.files.writing import write_private
from amzlink.problems import Problem, ProblemName, stores

if TYPE_CHECKING:
    from amzlink.deps import Deps

SECONDS: Final = 20
"""How long the merchant's program may take; the contract's figure."""

_WAITS_SECONDS: Final = SECONDS + 10  # another job may be waiting for that program


class _Memory(msgspec.Struct, frozen=True):
    alarms: tuple[Remembered, ...] = ()


@contextlib.contextmanager
def judged(  # noqa: PLR0917 - all that decides
    home: Home,
    job: str,
    troubles: Sequence[Trouble],
    succeeded: Sequence[str],
    now: datetime,
    worked: Collection[tuple[str, str]] = (),
) -> Iterator[Judgement]:
    """What to say of a job's runs. It counts as said once the block is left, so that nothing is lost to a crash.

    All jobs have one memory, so that two of them do not tell the same.

    Where the memory cannot be used, everything is said: too much is better than nothing.

    Raises:
        Problem: after the block, where what was said cannot be remembered.
    """
    file = _file(home)
    busy = Problem(ProblemName.RUN_IN_PROGRESS, job=job)
    with contextlib.ExitStack() as held:
        with contextlib.suppress(Problem):  # another run takes long, or there is no file: it is said twice then
            held.enter_context(lock(home.locks / "alarms.lock", busy, wait_seconds=_WAITS_SECONDS))
        judgement = judge(_read(file), job, troubles, succeeded, now, worked)
        yield judgement
        if judgement.memory or file.exists():
            write_private(file, msgspec.json.encode(_Memory(judgement.memory)), durable=False)


def succeeds_elsewhere(deps: "Deps", job: str, slug: str) -> bool:
    """Whether the job has lately come to a good end for a store on one of the machines that share the order book.

    The end of a run is told in Amazon's time, and the server's clock says how long ago that is.
    """
    try:
        if not deps.shares_book:
            return False
        from amzlink.orderbook.leases import server_time  # noqa: PLC0415 - SQLAlchemy is heavy
        from amzlink.orderbook.runs import last_ends  # noqa: PLC0415

        with deps.book(slug) as book:
            shift = shift_of(deps.of_store(deps.load_config().stores[slug]).clock)
            now = deps.clock.now() if shift is None else server_time(book.database) + shift
            success = last_ends(book, job).success
    except (Problem, KeyError, ValueError):  # the run itself says what is wrong
        return False
    return success is not None and now - success < LASTS


def remembered(home: Home, job: str) -> tuple[Remembered, ...]:
    """What a job's runs have met and not got over, with the time at which they last met it."""
    return tuple(
        msgspec.structs.replace(entry, last=entry.jobs[job].last) for entry in _read(_file(home)) if job in entry.jobs
    )


def _file(home: Home) -> Path:
    return home.state / "alarms.json"


def _read(file: Path) -> tuple[Remembered, ...]:
    try:
        return read_json(read_file(file), _Memory).alarms
    except (OSError, UndecodableError):  # none yet, or unusable: what is said is said again
        return ()


def run_command(command: Sequence[str], document: bytes, environ: Mapping[str, str]) -> None:
    """Hand a document to the merchant's program. It gets no secrets, and its output goes nowhere.

    Raises:
        Problem: `notify-failed`, where it cannot be started, takes too long or ends with another code than 0.
    """
    program = command[0]
    try:
        started = subprocess.Popen(  # noqa: S603 - the merchant's own program, from a file that others cannot write
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=without_secrets(environ),
            start_new_session=True,
        )
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Problem(
            ProblemName.NOTIFY_FAILED, program=program, detail=stores.program_not_started(reason=reason)
        ) from error
    with started:
        try:
            started.communicate(document, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            _end(started)
            raise Problem(
                ProblemName.NOTIFY_FAILED, program=program, detail=stores.program_too_slow(seconds=SECONDS)
            ) from None
    if started.returncode:
        detail = stores.program_failed(code=started.returncode)
        raise Problem(ProblemName.NOTIFY_FAILED, program=program, detail=detail)


def _end(started: "subprocess.Popen[bytes]") -> None:
    """End the program and what it has started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
    else:
        started.kill()
    started.wait()
