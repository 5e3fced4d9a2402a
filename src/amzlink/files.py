"""The four folders of amzlink, how files are written as a whole, and locks between processes.

Folders are 0700 and files 0600: what lies in them is nobody else's business, even where nothing in it is secret.
"""

import contextlib
import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from amzlink.problems import Problem, ProblemName, machine, usage

_APP = "amzlink"
_ID_FILE = "home-id"
_TRIAL_BYTES: Final = 65_536
_NO_LOCKS: Final = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
_KINDS: Final = {
    stat.S_IFDIR: machine.A_FOLDER,
    stat.S_IFIFO: machine.A_PIPE,
    stat.S_IFSOCK: machine.A_SOCKET,
    stat.S_IFCHR: machine.A_DEVICE,
    stat.S_IFBLK: machine.A_DEVICE,
}


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
    def folders(self) -> tuple[Path, ...]:
        """All four."""
        return (self.config, self.data, self.state, self.log)

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folder that has all four in it, where there is one."""
        return (self.root,) if self.root else ()

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

    @property
    def pace_file(self) -> Path:
        """When calls to Sendcloud were made in the last minute."""
        return self.state / "sendcloud-pace.json"

    def keyring_service(self) -> str:
        """The name under which the keyring keeps this home's secrets: `amzlink`, or `amzlink@ID` for a home of its own.

        The id is made once and lies in the home, so that a home which is moved keeps its secrets.
        """
        if not self.custom:
            return _APP
        file = self.config / _ID_FILE
        with translated_errors(file):
            if not file.exists():
                write_private(file, secrets.token_hex(6).encode())
            return f"{_APP}@{read_file(file).decode().strip()}"

    def is_copy_of(self, root: Path) -> bool:
        """Whether another folder is a home with the id of this one: then one of the two was copied from the other."""
        here, there = self.config / _ID_FILE, root / "config" / _ID_FILE
        try:
            return not here.samefile(there) and read_file(here).strip() == read_file(there).strip()
        except OSError:
            return False

    @staticmethod
    def is_at(root: Path) -> bool:
        """Whether a home with an id is in this folder, or may be, because nobody lets us look."""
        try:
            (root / "config" / _ID_FILE).stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return True
        return True

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            Problem: `home-of-another-user`, `writable-by-others`, `not-writable` or `disk-full`.
        """
        for folder in (*self.roots, *self.folders):
            _refuse_other_owner(folder)
        for folder in (*self.roots, self.config):
            refuse_if_open(folder, wanted="700")
        for folder in (self.data, self.state, self.log, self.locks):
            refuse_if_reached(folder, wanted="700")
        # The root by itself: `parents` would make it with everybody's rights.
        for folder in (*self.roots, *self.folders, self.locks):
            with translated_errors(folder):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def find_home(environ: Mapping[str, str]) -> Home:
    """The folders that the environment and the platform's customs give.

    Raises:
        Problem: `environment-invalid`, for an AMZLINK_HOME in the home of a user that there is not; or
            `machine-incomplete`, where there is none and this user has no home folder.
    """
    if custom := environ.get("AMZLINK_HOME"):
        root = path_from("AMZLINK_HOME", custom).absolute()
        return Home(root / "config", root / "data", root / "state", root / "log", root)
    from platformdirs import PlatformDirs  # noqa: PLC0415 - not needed where AMZLINK_HOME is set

    dirs = PlatformDirs(_APP, appauthor=False)
    try:
        home = Home(dirs.user_config_path, dirs.user_data_path, dirs.user_state_path, dirs.user_log_path)
    except RuntimeError:
        home = None
    # Some versions of the library leave the `~` in place where they do not know what it stands for.
    if home is None or not all(folder.is_absolute() for folder in home.folders):
        raise Problem(ProblemName.MACHINE_INCOMPLETE, detail=machine.no_home_folder(_user_name(os.geteuid())))
    return home


def path_from(variable: str, value: str) -> Path:
    """The path that a variable of the environment gives, with its `~` filled in.

    Raises:
        Problem: `environment-invalid`, where no path can be so.
    """
    try:
        return Path(value).expanduser()
    except RuntimeError:
        detail = machine.no_home_of(value)
        raise Problem(ProblemName.ENVIRONMENT_INVALID, variable=variable, detail=detail) from None


def session_bus(environ: Mapping[str, str]) -> Path:
    """Where systemd puts the D-Bus of this user's desktop session, by which a keyring is reached."""
    number = os.getuid() if hasattr(os, "getuid") else 1000
    return Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{number}", "bus")


def refuse_other_kinds(path: Path) -> None:
    """Raise OSError for what is there and is no file: whoever opens a pipe may wait for its other end for ever.

    What a person names in these folders is theirs to choose: `/dev/null`, or the open pipe that a shell puts there.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except OSError:  # who opens it says what is wrong with it
        return
    if kind in _KINDS and not any(map(path.absolute().is_relative_to, ("/dev", "/proc/self/fd"))):
        raise OSError(errno.EISDIR if kind == stat.S_IFDIR else errno.EINVAL, machine.is_no_file(_KINDS[kind]))


def read_file(path: Path) -> bytes:
    """All of a file. Raises OSError, for a pipe, a device and a folder too."""
    refuse_other_kinds(path)
    return path.read_bytes()


@contextlib.contextmanager
def given_file(path: Path) -> Iterator[BinaryIO]:
    """A file that a person has named, to read. What the operating system raises in the block is taken for its error.

    Raises:
        Problem: `input-malformed`.
    """
    try:
        refuse_other_kinds(path)
        with path.open("rb") as file:
            yield file
    except OSError as error:
        detail = error.strerror or usage.FILE_UNREADABLE
        raise Problem(ProblemName.INPUT_MALFORMED, file=path, detail=detail) from error


def write_private(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Replace a file as a whole: readers see the old or the new content, never half of it.

    With `durable` that holds after a power cut too.

    Raises:
        Problem: `not-writable`, `disk-full` or `disk-broken`; the old file is then untouched.
    """
    with translated_errors(path):
        _refuse_planted(path)
        refuse_other_kinds(Path(os.path.realpath(path)))  # a device is written as it is, behind a link too
        # Each by itself: `parents` would make those above with everybody's rights.
        for folder in reversed([path.parent, *(folder for folder in path.parent.parents if not folder.exists())]):
            folder.mkdir(mode=0o700, exist_ok=True)
    with whole_file(path, durable=durable) as file:
        file.write(content)


def overwrite_private(path: Path, content: bytes) -> None:
    """Write a file where it lies, which is much cheaper than to replace it.

    Only for who holds a lock that all readers take, and for what may be lost: a power cut can leave a mixture.

    Raises:
        Problem: `not-writable`, `disk-full` or `disk-broken`.
    """
    with translated_errors(path):
        refuse_other_kinds(path)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(content)
            file.truncate()


@contextlib.contextmanager
def whole_file(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A file to write that takes the place of `path` when all of it is there, readable by its owner alone.

    A pipe or a device (`/dev/null`, `/dev/full`) is written as it is, because it must never be replaced by a file. Of a
    symbolic link the target is written, and the link stays: people keep their settings in a folder that they back up.
    What another user has put into a folder for all is neither followed nor written. What the operating system raises in
    the block is taken for an error about `path`.

    Raises:
        Problem: `not-writable`, `disk-full` or `disk-broken`; what was there before is then untouched.
    """
    with translated_errors(path):
        _refuse_planted(path)
        if _is_stream(path):
            with path.open("wb") as device:
                yield device
            return
        target = Path(os.path.realpath(path))
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mkstemp makes it 0600
        with in_place_when_whole(handle, Path(name), target, durable=durable) as file:
            yield file


def _refuse_planted(path: Path) -> None:
    """Raise OSError for a link or a pipe that somebody else has put into a folder for all, such as `/tmp`.

    The link may lead to a file of ours, and the pipe to their program. Linux can refuse both by itself, but not
    everywhere, and not where links are followed one by one.
    """
    if not hasattr(os, "geteuid") or not os.path.lexists(path):
        return
    there, folder = path.lstat(), path.parent.stat()
    for_all = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
    leads_on = stat.S_ISLNK(there.st_mode) or stat.S_ISFIFO(there.st_mode)
    if leads_on and for_all and there.st_uid not in (os.geteuid(), folder.st_uid):
        raise PermissionError(errno.EACCES, machine.PUT_THERE_BY_ANOTHER_USER)


def _is_stream(path: Path) -> bool:
    """Whether the path leads to something that takes what is written at once. Raises OSError for links in a circle."""
    if path.absolute().is_relative_to("/dev"):  # `/dev/stdout` may lead to a file, which somebody else has open
        return True
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


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


class Lock:
    """A lock file, for whoever takes it again and again: to make this costs as much as to take it."""

    def __init__(self, path: Path) -> None:
        from filelock import FileLock  # noqa: PLC0415 - only what changes something needs it

        self._path = path
        # The library opens no symbolic link, so that nobody has another file emptied by one.
        self._file = FileLock(os.path.realpath(path), mode=0o600)

    @contextlib.contextmanager
    def taken(self, held: Problem, *, wait_seconds: float = 0) -> Iterator[None]:
        """Only one process at a time is in such a block. Raises as `lock`."""
        from filelock import Timeout  # noqa: PLC0415 - see above

        try:
            refuse_other_kinds(self._path)
            self._file.acquire(timeout=wait_seconds)
        except Timeout:
            raise held from None
        except NotImplementedError as error:  # what the library makes of ENOSYS
            raise Problem(ProblemName.LOCKING_UNAVAILABLE, file=self._path, detail=machine.LOCKS_DO_NOT_WORK) from error
        except OSError as error:
            if error.errno in _NO_LOCKS:
                raise Problem(
                    ProblemName.LOCKING_UNAVAILABLE, file=self._path, detail=machine.LOCKS_DO_NOT_WORK
                ) from error
            raise translate(error, self._path) from error
        try:
            yield
        finally:
            self._file.release()


@contextlib.contextmanager
def lock(path: Path, held: Problem, *, wait_seconds: float = 0) -> Iterator[None]:
    """Only one process at a time is in a block with this lock file, which stays when it leaves.

    Raises:
        Problem: `held`, where another process has the lock and does not leave within `wait_seconds`; or
            `locking-unavailable`, `not-writable`, `disk-full` or `disk-broken`, where there is no such file to be had.
    """
    with Lock(path).taken(held, wait_seconds=wait_seconds):
        yield


def append_private(path: Path, line: bytes) -> None:
    """Add one line to a file in a single write, so that lines of two processes never mix."""
    with translated_errors(path):
        refuse_other_kinds(path)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line + b"\n")
        finally:
            os.close(handle)


def read_private(path: Path) -> bytes:
    """All of a file that amzlink has written itself.

    Raises:
        FileNotFoundError: it is not there.
        Problem: `not-readable` or `disk-broken`.
    """
    try:
        return read_file(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if error.errno == errno.EIO:
            raise Problem(ProblemName.DISK_BROKEN, file=path, detail=reason) from error
        raise Problem(ProblemName.NOT_READABLE, file=path, detail=reason) from error


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


def why_unwritable(folder: Path) -> Problem | None:
    """What keeps this folder from taking another few kilobytes.

    It is found out by writing them, because a quota shows itself no other way.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return translate(error, folder)
    return None


def open_mode(path: Path, bits: int) -> str | None:
    """The mode of a file or folder, as `chmod` takes it, where it has any of the `bits`.

    None too for what is not there, for a pipe or device, and on Windows, whose rights are of another kind. In a folder
    with the sticky bit (`/tmp`) nobody can replace the files of another user.
    """
    try:
        mode = path.stat().st_mode
    except OSError:  # who reads the file next says what is wrong with it
        return None
    if os.name == "nt" or not (stat.S_ISREG(mode) or (stat.S_ISDIR(mode) and not mode & stat.S_ISVTX)):
        return None
    return f"{stat.S_IMODE(mode):o}" if mode & bits else None


def refuse_if_open(path: Path, *, wanted: str) -> None:
    """Refuse what every user of the machine may change. Raises `writable-by-others`."""
    if mode := open_mode(path, stat.S_IWOTH):
        raise Problem(ProblemName.WRITABLE_BY_OTHERS, file=path, mode=mode, wanted=wanted)


def refuse_if_reached(path: Path, *, wanted: str) -> None:
    """Refuse it only where other users can come as far as there: a folder above may keep them out.

    Raises:
        Problem: `writable-by-others`.
    """
    with contextlib.suppress(OSError):  # who uses it next says what is wrong with it
        if all(folder.stat().st_mode & stat.S_IXOTH for folder in path.absolute().parents):
            refuse_if_open(path, wanted=wanted)


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
