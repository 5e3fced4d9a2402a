"""The four folders of amzlink, how files are written as a whole, and locks between processes.

Folders are 0700 and files 0600: what lies in them is nobody else's business, even where nothing in it is secret.
"""

import contextlib
import errno
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from amzlink.problems import Problem, ProblemName, machine

_APP = "amzlink"


@dataclass(frozen=True, slots=True)
class Home:
    """Where amzlink keeps its files."""

    config: Path
    data: Path
    state: Path
    log: Path
    root: Path | None = None

    @property
    def custom(self) -> bool:
        """Whether AMZLINK_HOME has put all four folders under one `root`."""
        return self.root is not None

    @property
    def config_file(self) -> Path:
        """The settings of all stores."""
        return self.config / "config.toml"

    @property
    def database_file(self) -> Path:
        """The order book, unless `[database] url` says otherwise."""
        return self.data / "orders.db"

    @property
    def locks(self) -> Path:
        """One lock file per store and job."""
        return self.state / "locks"

    @property
    def quota_file(self) -> Path:
        """What is left of Amazon's quotas."""
        return self.state / "quota.json"

    def keyring_service(self) -> str:
        """The name under which the keyring keeps this home's secrets: `amzlink`, or `amzlink@ID` for a home of its own.

        The id is made once and lies in the home, so that a home which is moved keeps its secrets.
        """
        if not self.custom:
            return _APP
        file = self.config / "home-id"
        with translated_errors(file):
            if not file.exists():
                write_private(file, secrets.token_hex(6).encode())
            return f"{_APP}@{file.read_text('utf-8').strip()}"

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            Problem: `home-of-another-user`, `not-writable` or `disk-full`.
        """
        folders = (self.config, self.data, self.state, self.log)
        for folder in (self.root,) if self.root else folders:
            _refuse_other_owner(folder)
        # The root by itself: `parents` would make it with everybody's rights.
        for folder in (*((self.root,) if self.root else ()), *folders, self.locks):
            with translated_errors(folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def find_home(environ: Mapping[str, str]) -> Home:
    """The folders that the environment and the platform's customs give.

    Raises:
        Problem: `not-writable`, for an AMZLINK_HOME in the home of a user that there is not.
    """
    if custom := environ.get("AMZLINK_HOME"):
        try:
            root = Path(custom).expanduser().absolute()
        except RuntimeError:
            raise Problem(ProblemName.NOT_WRITABLE, file=custom, detail=machine.NO_SUCH_USER) from None
        return Home(root / "config", root / "data", root / "state", root / "log", root)
    from platformdirs import PlatformDirs  # noqa: PLC0415 - not needed where AMZLINK_HOME is set

    dirs = PlatformDirs(_APP, appauthor=False)
    return Home(dirs.user_config_path, dirs.user_data_path, dirs.user_state_path, dirs.user_log_path)


def write_private(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace a file as a whole: readers see the old or the new content, never half of it.

    With `durable` that holds after a power cut too.

    Raises:
        Problem: `not-writable`, `disk-full` or `disk-broken`; the old file is then untouched.
    """
    with translated_errors(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with whole_file(path, durable=durable) as file:
        file.write(content)


@contextlib.contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when all of it is there, readable by its owner alone.

    A pipe or a device (`/dev/null`, `/dev/full`) is written as it is, because it must never be replaced by a file.
    What the operating system raises in the block is taken for an error about `path`.

    Raises:
        Problem: `not-writable`, `disk-full` or `disk-broken`; what was there before is then untouched.
    """
    target = path.absolute()  # a symbolic link is replaced; with `resolve` here, its target would be written instead
    with translated_errors(path):
        if target.exists() and not target.is_file():
            with target.open("wb") as device:
                yield device
            return
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mkstemp makes it 0600
        with in_place_when_whole(handle, Path(name), target, durable=durable) as file:
            yield file


@contextlib.contextmanager
def in_place_when_whole(
    handle: int, part: Path, target: Path, *, durable: bool = True, check: Callable[[], None] | None = None
) -> Iterator[BinaryIO]:
    """The open file `part`, which is renamed to `target` after the block, and removed where anything fails.

    With `durable` it is synced before, and its folder after that, so that a power cut leaves the old or the new file.
    `check` is called between the two, and may refuse by raising.
    """
    file = os.fdopen(handle, "wb")
    try:
        yield file
        with translated_errors(target), file:
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if check is not None:
            check()
        with translated_errors(target):
            part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):  # what went wrong first is what counts
            file.close()
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    if durable:
        with translated_errors(target):
            sync_folder(target.parent)


@contextlib.contextmanager
def lock(path: Path, held: Problem, *, wait_seconds: float = 0) -> Iterator[None]:
    """Only one process at a time is in a block with this lock file, which stays when it leaves.

    Raises:
        Problem: `held`, where another process has the lock and does not leave within `wait_seconds`.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - only what changes something needs it

    file = FileLock(path, timeout=wait_seconds, mode=0o600)
    try:
        file.acquire()
    except Timeout:
        raise held from None
    try:
        yield
    finally:
        file.release()


def append_private(path: Path, line: bytes) -> None:
    """Add one line to a file in a single write, so that lines of two processes never mix."""
    with translated_errors(path):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line + b"\n")
        finally:
            os.close(handle)


@contextlib.contextmanager
def translated_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's errors about `path` into problems."""
    try:
        yield
    except OSError as error:
        raise translate(error, path) from error


def translate(error: OSError, path: Path) -> Problem:
    """The problem that an error of the operating system means."""
    reason = error.strerror or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Problem(ProblemName.DISK_FULL, file=path)
    if error.errno == errno.EIO:
        return Problem(ProblemName.DISK_BROKEN, file=path, detail=reason)
    return Problem(ProblemName.NOT_WRITABLE, file=path, detail=reason)


def _refuse_other_owner(folder: Path) -> None:
    """A home is one user's: not even root may mix in, because the owner could not read what root has written."""
    if not hasattr(os, "geteuid"):
        return
    with translated_errors(folder):
        try:
            owner = folder.stat().st_uid
        except FileNotFoundError:
            return
    if owner != os.geteuid():
        raise Problem(
            ProblemName.HOME_OF_ANOTHER_USER, file=folder, owner=_user_name(owner), user=_user_name(os.geteuid())
        )


def _user_name(uid: int) -> str:
    import pwd  # noqa: PLC0415 - not on Windows, which never comes here

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"


def sync_folder(folder: Path) -> None:
    """Make a rename durable; Windows has no way to, and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
