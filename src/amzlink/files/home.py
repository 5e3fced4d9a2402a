"""The four folders of amzlink, and where the environment puts them."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from amzlink.files.os_errors import translated_errors
from amzlink.files.reading import is_there, read_file
from amzlink.files.rights import refuse_if_open, refuse_if_reached
from amzlink.files.writing import write_private
from amzlink.problems import Problem, ProblemName, machine

_APP: Final = "amzlink"
_ID_FILE: Final = "home-id"


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
        return is_there(root / "config" / _ID_FILE)

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
