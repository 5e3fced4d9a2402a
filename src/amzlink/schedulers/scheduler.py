"""What the four schedulers have in common, and how their programs are run."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec

from amzlink.core.child_environment import without_secrets
from amzlink.core.schedule.plan import SCHEDULED, Schedule, Timing
from amzlink.files.os_errors import translated_errors
from amzlink.files.writing import write_private
from amzlink.problems import Problem, ProblemName
from amzlink.problems import schedule as texts

Kind = Literal["systemd", "cron", "launchd", "windows"]

_SECONDS: Final = 20
_MOST_SAID: Final = 300  # characters of what a program says


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What is going to be written: a file, or lines of a table that has no file of its own."""

    place: str
    text: str


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A job that is installed.

    `runs` is the time as the scheduler spells it; `timing` is the same, where it is one that amzlink can have written.
    `next_run` is when it starts next, None where the scheduler does not say. Where it `works` is not set the scheduler
    has the job and does not start it.
    """

    job: str
    runs: str
    timing: Timing | None = None
    next_run: datetime | None = None
    works: bool = True


class Scheduler(Protocol):
    """One way to have programs started."""

    @property
    def kind(self) -> Kind:
        """Which one it is."""

    def fits(self) -> bool:
        """Whether this machine has it, and it answers."""

    def may_have(self, name: str) -> bool:
        """Whether files of ours lie here, so that this schedule may be installed even if nothing answers."""

    def writings(self, schedule: Schedule) -> Sequence[Writing]:
        """What `install` would write, for a person to read first."""

    def install(self, schedule: Schedule) -> None:
        """Write it, in place of what was installed before under this name.

        Raises:
            Problem: `schedule-failed`, and then everything is as it was; or what keeps a file from being written.
        """

    def remove(self, name: str) -> None:
        """Take it away; what is not there is no failure. Raises as `install`."""

    def installed(self, name: str, now: datetime) -> Sequence[Installed]:
        """The jobs that are installed under this name. Raises `schedule-failed`."""

    def homes(self) -> Mapping[str, Path | None]:
        """All schedules of amzlink that this user has here, by name, each with its AMZLINK_HOME (None: it has none).

        Raises `schedule-failed`.
        """


class Programs:
    """The machine's programs, as `environ` finds them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def has(self, program: str) -> bool:
        """Whether it can be started."""
        return self._find(program) is not None

    def run(self, *command: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run it to its end, in English.

        Raises:
            Problem: `schedule-failed`, where it cannot be started, or takes longer than 20 seconds.
        """
        program = self._find(command[0])
        if program is None:
            raise failed(command[0], texts.program_missing(program=command[0]))
        try:
            # As bytes: Python would end a line at each carriage return, and so change what is only passed on.
            done = subprocess.run(  # noqa: S603 - a program of the system, with arguments of ours
                [program, *command[1:]],
                input=(stdin or "").encode("utf-8", "surrogateescape"),
                capture_output=True,
                timeout=_SECONDS,
                check=False,
                env={**without_secrets(self.environ), "LC_ALL": "C"},
            )
        except subprocess.TimeoutExpired:
            raise failed(command[0], texts.program_slow(program=command[0], seconds=_SECONDS)) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise failed(command[0], texts.program_not_started(program=command[0], reason=reason)) from error
        out, err = (output.decode("utf-8", "surrogateescape") for output in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def answers(self, *command: str) -> bool:
        """Whether it can be started, comes back in time, and ends with 0."""
        try:
            return self.run(*command).returncode == 0
        except Problem:
            return False

    def must(self, *command: str, stdin: str | None = None) -> str:
        """What it prints. Raises `schedule-failed` as `run`, and where it ends with another code than 0."""
        done = self.run(*command, stdin=stdin)
        if done.returncode:
            raise refused(command[0], done)
        return done.stdout

    def _find(self, program: str) -> str | None:
        return shutil.which(program, path=self.environ.get("PATH", os.defpath))


def failed(program: str, detail: str) -> Problem:
    """`schedule-failed`: what a scheduler's program did."""
    return Problem(ProblemName.SCHEDULE_FAILED, program=program, detail=detail)


def refused(program: str, done: "subprocess.CompletedProcess[str]") -> Problem:
    """The same, for a program that ended with another code than 0."""
    return failed(program, texts.program_refused(program=program, code=done.returncode, said=said_by(done)))


def said_by(done: "subprocess.CompletedProcess[str]") -> str:
    """The end of what a program has said."""
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    # The last line of `crontab` only says that there are errors; the one before it says which.
    return " ".join(line.strip() for line in lines[-2:])[-_MOST_SAID:].rstrip(".")


@contextlib.contextmanager
def files_in_place(files: Mapping[Path, bytes], mark: str, *, mode: int = 0o600) -> Iterator[None]:
    """Write files for the block. If it fails they are again what they were before.

    A file that is there already has to contain `mark`: what somebody else wrote is not written over.

    Raises:
        Problem: `schedule-failed` for a file of somebody else's; or `not-writable`, `disk-full`.
    """
    before = {path: _content(path) for path in files}
    for path, content in before.items():
        # A link that leads nowhere is somebody's too, and is not written through.
        if path.is_symlink() if content is None else mark.encode() not in content:
            raise failed(path.name, texts.file_of_others(file=path))
    written: list[Path] = []
    try:
        for path, content in files.items():
            _write(path, content, mode)
            written.append(path)
        yield
    except BaseException:
        for path in written:
            with contextlib.suppress(OSError, Problem):  # what went wrong first is what counts
                _restore(path, before[path], mode)
        raise


def delete_ours(paths: Sequence[Path], mark: str) -> None:
    """Delete files that contain `mark`; others stay."""
    for path in paths:
        if is_ours(path, mark):
            with translated_errors(path):
                path.unlink()


def homes_by_files(
    folder: Path, ending: str, mark: str, home_of: Callable[[Path], Path | None]
) -> Mapping[str, Path | None]:
    """Of each schedule with a file of ours for one of its jobs, the AMZLINK_HOME of the first of these jobs."""
    found: dict[str, Path | None] = {}
    for job in SCHEDULED:
        for path in sorted(folder.glob(f"*-{job}{ending}")):
            if is_ours(path, mark):
                found.setdefault(path.name.removesuffix(f"-{job}{ending}"), home_of(path))
    return found


def is_ours(path: Path, mark: str) -> bool:
    """Whether there is a file with this mark."""
    content = _content(path)
    return content is not None and mark.encode() in content


def _write(path: Path, content: bytes, mode: int) -> None:
    write_private(path, content)
    with translated_errors(path):
        path.chmod(mode)


def _restore(path: Path, content: bytes | None, mode: int) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        _write(path, content, mode)


def _content(path: Path) -> bytes | None:
    """What is in the file; None where there is none, and nothing where it is a folder, a pipe or a device."""
    with translated_errors(path):
        if path.exists() and not path.is_file():
            return b""
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
