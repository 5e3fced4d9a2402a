"""Where a store's secrets come from: the environment, files, systemd's credentials, or the system's keyring.

A secret is never in the configuration, never in an option's value and never in a message. Without a keyring amzlink
says so; it does not fall back to a plain file of its own. `connect` writes files where a person asks for them, and all
other commands find those by the environment.
"""

import contextlib
import os
import re
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Protocol, TypeVar, get_args

from amzlink.files import (
    Home,
    open_mode,
    path_from,
    read_file,
    refuse_if_open,
    session_bus,
    translated_errors,
    write_private,
)
from amzlink.problems import Problem, ProblemName, machine, store_option
from amzlink.problems import secrets as texts
from amzlink.time_limits import OutOfTime, within

SecretName = Literal["client-secret", "refresh-token", "sendcloud-secret-key", "vault-key"]
Source = Literal["environment", "file", "credentials directory", "keyring", "memory"]

NAMES: Final[tuple[SecretName, ...]] = get_args(SecretName)
PATIENCE_SECONDS: Final = 10
UNLOCKING_SECONDS: Final = 120

_LOCKED_ERRORS: Final = {"KeyringLocked", "LockedException"}  # keyring's own, and the Secret Service library's
_LONGEST_REASON: Final = 200
_SURELY_SHORT: Final = 256  # no keyring is known that refuses so little (Windows' takes 1,280 characters)
_TELLING: Final = 8  # characters of a secret that must not be seen in a message

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that does not show itself by accident, and where it came from."""

    _value: str
    source: Source
    file: Path | None = None
    """The file that it came from, if it came from one."""

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret(from {self.source})"

    __str__ = __repr__


class SecretStore(Protocol):
    """What the rest of amzlink knows of secrets."""

    def get(self, slug: str, name: SecretName) -> Secret | None:
        """The secret, or None where there is none."""

    def set(self, slug: str, name: SecretName, value: str) -> None:
        """Keep a secret; it is read back before this returns."""

    def delete(self, slug: str, name: SecretName) -> None:
        """Forget a secret; one that is not there is no failure."""

    def overridden(self, slug: str, name: SecretName) -> bool:
        """Whether the environment gives this secret, so that the keyring is not asked."""

    def readable_by_others(self, slug: str) -> "Sequence[Problem]":
        """What is to be said of files that hold secrets, because other users can read them."""

    def own_file(self, slug: str, name: SecretName) -> Path | None:
        """The file with this secret that the environment names, where this user may replace it."""

    def unnamed_file(self, slug: str, name: SecretName) -> Path | None:
        """The file into which `connect` has written this secret, where it is there and no variable names it."""


def require(store: SecretStore, slug: str, name: SecretName) -> Secret:
    """The secret.

    Raises:
        Problem: `secret-missing`, or what the store raises.
    """
    if secret := store.get(slug, name):
        return secret
    raise _missing(slug, name, store.unnamed_file(slug, name))


def file_in(folder: Path, slug: str, name: SecretName) -> Path:
    """Where a secret is in a folder of secrets; so systemd's $CREDENTIALS_DIRECTORY has them too."""
    return folder / f"{slug}.{name}"


def spoken(name: SecretName) -> str:
    """The secret's name in a sentence."""
    return name.replace("-", " ").replace("sendcloud", "Sendcloud")


def variable(slug: str, name: SecretName) -> str:
    """The environment variable that gives this secret; with `_FILE` at its end, a file that holds it."""
    return f"AMZLINK_SECRET_{_suffix(slug, name)}"


def stores_given(environ: Mapping[str, str]) -> frozenset[str]:
    """The slugs of the stores for which the environment gives both of Amazon's secrets."""
    found: dict[SecretName, set[str]] = {"client-secret": set(), "refresh-token": set()}
    for name, slugs in found.items():
        form = re.compile(rf"AMZLINK_SECRET_([A-Z0-9_]+)_{_in_capitals(name)}(_FILE)?")
        matches = (form.fullmatch(key) for key, value in environ.items() if value.strip())
        slugs.update(match[1].lower().replace("_", "-") for match in matches if match)
        if folder := environ.get("CREDENTIALS_DIRECTORY"):
            with contextlib.suppress(OSError):
                slugs.update(file.stem for file in Path(folder).iterdir() if file.suffix == f".{name}")
    return frozenset.intersection(*(frozenset(slugs) for slugs in found.values()))


def _in_capitals(text: str) -> str:
    return text.upper().replace("-", "_")


def _suffix(slug: str, name: SecretName) -> str:
    return _in_capitals(f"{slug}_{name}")


class MemorySecrets:
    """Secrets that end with the process: for the demo and for tests."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, SecretName], str] = {}

    def get(self, slug: str, name: SecretName) -> Secret | None:
        """The secret, or None where there is none."""
        value = self._values.get((slug, name))
        return None if value is None else Secret(value, "memory")

    def set(self, slug: str, name: SecretName, value: str) -> None:
        """Keep a secret."""
        self._values[slug, name] = value

    def delete(self, slug: str, name: SecretName) -> None:
        """Forget a secret."""
        self._values.pop((slug, name), None)

    def overridden(self, slug: str, name: SecretName) -> bool:  # noqa: ARG002 - the protocol's arguments
        """Never: there is nothing beside the memory."""
        return False

    def readable_by_others(self, slug: str) -> "Sequence[Problem]":  # noqa: ARG002 - the protocol's arguments
        """None: there are no files."""
        return ()

    def own_file(self, slug: str, name: SecretName) -> Path | None:  # noqa: ARG002 - the protocol's arguments
        """None: there are no files."""
        return None

    def unnamed_file(self, slug: str, name: SecretName) -> Path | None:  # noqa: ARG002 - the protocol's arguments
        """None: there are no files."""
        return None


class KeyringAccess(Protocol):
    """The three calls of a keyring. Whatever it raises is taken as the keyring's refusal."""

    def get(self, service: str, user: str) -> str | None:
        """The value, or None where there is none."""

    def set(self, service: str, user: str, value: str) -> None:
        """Keep a value."""

    def delete(self, service: str, user: str) -> None:
        """Forget a value that is there."""


class SystemKeyring:
    """The keyring of the operating system.

    Only back ends that their library recommends are taken, so that an installed `keyrings.alt` does not quietly write
    plain text; one that the user has named in PYTHON_KEYRING_BACKEND or `keyringrc.cfg` is taken as it is.
    """

    def __init__(self) -> None:
        self._chosen = False

    def get(self, service: str, user: str) -> str | None:
        """The value, or None where there is none."""
        import keyring  # noqa: PLC0415 - 100 ms that most commands need not spend

        self._choose()
        return keyring.get_password(service, user)

    def set(self, service: str, user: str, value: str) -> None:
        """Keep a value."""
        import keyring  # noqa: PLC0415 - as above

        self._choose()
        keyring.set_password(service, user, value)

    def delete(self, service: str, user: str) -> None:
        """Forget a value that is there."""
        import keyring  # noqa: PLC0415 - as above

        self._choose()
        keyring.delete_password(service, user)

    def _choose(self) -> None:
        import keyring.core  # noqa: PLC0415 - as above

        if not self._chosen:
            keyring.core.init_backend(limit=keyring.core.recommended)
            self._chosen = True


@dataclass(slots=True, repr=False)  # its environment may hold secrets
class SystemSecrets:
    """The machine's secrets: variable, `_FILE`, `$CREDENTIALS_DIRECTORY`, keyring, in that order.

    The vault key is another matter, because amzlink must be able to write it: it is in the keyring, or in the file that
    `AMZLINK_SECRET_<SLUG>_VAULT_KEY_FILE` names, outside the home, so that a copy of the home does not carry its own
    key.

    `interactive` tells whether somebody is there to unlock the keyring; it then gets two minutes instead of ten
    seconds. A keyring that has once kept silent is not asked again. `folder_of` gives the folder into which `connect`
    has written a store's secrets, if it has: no secret is read there, but who lacks one is told of it.
    """

    environ: Mapping[str, str]
    home: Home
    interactive: bool = False
    keyring: KeyringAccess = field(default_factory=SystemKeyring)
    patience_seconds: float | None = None
    folder_of: Callable[[str], Path | None] = lambda _slug: None
    _gave_up: bool = False

    def get(self, slug: str, name: SecretName) -> Secret | None:
        """The secret, or None where there is none.

        Raises:
            Problem: `secret-file-unreadable`, `writable-by-others`, `keyring-unavailable`, `keyring-locked`, or
                `environment-invalid`; `secret-missing` for a vault key whose file nobody names.
        """
        if name == "vault-key":
            if file := self._vault_key_file(slug):
                return _read_if_filled(file)
        elif given := self._given(slug, name):
            return given
        value = self._ask(slug, name, self.keyring.get)
        if value is None and name == "vault-key" and (file := self.unnamed_file(slug, name)):
            raise _missing(slug, name, file)  # a second key would be made, and the data of the first be taken for lost
        return None if value is None else Secret(value, "keyring")

    def set(self, slug: str, name: SecretName, value: str) -> None:
        """Keep a secret in the keyring, or the vault key in its file, and read it back.

        A secret that the environment overrides is kept all the same: `get` goes on answering from the environment.

        Raises:
            Problem: as `get`, `secret-too-long`, and `not-writable`, `disk-full` or `disk-broken` for the vault key's
                file.
        """
        if name == "vault-key" and (file := self._vault_key_file(slug)):
            _write(file, value)
            return
        try:
            self._ask(slug, name, lambda service, user: self.keyring.set(service, user, value), hidden=value)
        except Problem as problem:
            if (
                problem.name == ProblemName.KEYRING_UNAVAILABLE
                and len(value) > _SURELY_SHORT
                and self._takes_short(slug, name)
            ):
                raise _too_long(slug, name, value) from problem
            raise
        kept = self._ask(slug, name, self.keyring.get)
        if kept == value:
            return
        if kept and value.startswith(kept):
            with contextlib.suppress(Problem):  # a secret that was cut off would be refused later, far from its cause
                self._ask(slug, name, self.keyring.delete)
            raise _too_long(slug, name, value)
        raise self._unavailable(slug, name, texts.VALUE_NOT_KEPT)

    def _takes_short(self, slug: str, name: SecretName) -> bool:
        """Whether the keyring, having refused a long value, keeps a short one: then it is the length that it refuses.

        That is tried in an entry of its own, so that an older secret stays.
        """
        if self._gave_up:
            return False
        try:
            self._ask(slug, name, lambda service, user: self.keyring.set(service, f"{user}/trial", "x"))
            kept = self._ask(slug, name, lambda service, user: self.keyring.get(service, f"{user}/trial"))
            self._ask(slug, name, lambda service, user: self.keyring.delete(service, f"{user}/trial"))
        except Problem:
            return False
        return kept == "x"

    def delete(self, slug: str, name: SecretName) -> None:
        """Forget what `set` has kept; what the environment gives stays there.

        Raises:
            Problem: as `get`, and `not-writable` for the vault key's file.
        """
        if name == "vault-key" and (file := self._vault_key_file(slug)):
            with translated_errors(file):
                file.unlink(missing_ok=True)
            return
        if self._ask(slug, name, self.keyring.get) is not None:
            self._ask(slug, name, self.keyring.delete)

    def overridden(self, slug: str, name: SecretName) -> bool:
        """Whether the environment gives this secret; for the vault key, whether it names a file for it."""
        if name == "vault-key":
            return self._vault_key_file(slug) is not None
        return bool(self._variable(slug, name) or self._file(slug, name) or self._credential(slug, name))

    def readable_by_others(self, slug: str) -> Sequence[Problem]:
        """`readable-by-others` for each file with a secret of this store that every user of the machine can read."""
        files = [self._file(slug, name) or self._credential(slug, name) for name in NAMES if name != "vault-key"]
        files.append(self._vault_key_file(slug))
        return [
            Problem(ProblemName.READABLE_BY_OTHERS, file=file, mode=mode, wanted="600")
            for file in files
            if file and (mode := open_mode(file, stat.S_IROTH))
        ]

    def own_file(self, slug: str, name: SecretName) -> Path | None:
        """The file with this secret that the environment names, where this user may replace it; not the vault key's."""
        if name == "vault-key" or self._variable(slug, name):
            return None
        file = self._file(slug, name) or self._credential(slug, name)
        if file is None:
            return None
        target = Path(os.path.realpath(file))
        replaceable = target.is_file() and os.access(target, os.W_OK) and os.access(target.parent, os.W_OK | os.X_OK)
        if replaceable and hasattr(os, "geteuid"):  # another user could not read what this one has written
            replaceable = target.stat().st_uid == os.geteuid()
        return file if replaceable else None

    def unnamed_file(self, slug: str, name: SecretName) -> Path | None:
        """The file into which `connect` has written this secret, where it is there and no variable names it.

        Raises:
            Problem: `environment-invalid`.
        """
        if self.overridden(slug, name) or not (folder := self.folder_of(slug)):
            return None
        file = file_in(folder, slug, name)
        return file if _is_there(file) else None

    def _given(self, slug: str, name: SecretName) -> Secret | None:
        if value := self._variable(slug, name):
            return Secret(value, "environment")
        if file := self._file(slug, name):
            return Secret(_read_secret(file), "file", file)
        if file := self._credential(slug, name):
            return Secret(_read_secret(file), "credentials directory", file)
        return None

    def _variable(self, slug: str, name: SecretName) -> str | None:
        return self.environ.get(variable(slug, name), "").strip() or None

    def _file(self, slug: str, name: SecretName) -> Path | None:
        given = f"{variable(slug, name)}_FILE"
        path = self.environ.get(given)
        return path_from(given, path) if path else None

    def _credential(self, slug: str, name: SecretName) -> Path | None:
        """The file in systemd's folder, if it is there: the folder holds other services' credentials too."""
        folder = self.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            return None
        file = file_in(Path(folder), slug, name)
        return file if _is_there(file) else None

    def _vault_key_file(self, slug: str) -> Path | None:
        given = f"{variable(slug, 'vault-key')}_FILE"
        path = self.environ.get(given)
        if not path:
            return None
        file = Path(os.path.realpath(path_from(given, path)))
        folders = (self.home.root, self.home.config, self.home.data, self.home.state, self.home.log)
        if any(file.is_relative_to(folder.resolve()) for folder in folders if folder):
            raise Problem(
                ProblemName.ENVIRONMENT_INVALID, variable=given, detail=texts.vault_key_inside_home(file=file)
            )
        return file

    def _ask(self, slug: str, name: SecretName, call: Callable[[str, str], _T], *, hidden: str = "") -> _T:
        """One call to the keyring, which may hang: a locked one waits for a prompt that nobody sees.

        `hidden` is a value that the call carries: what a back end says of it is not repeated.
        """
        seconds = self.patience_seconds or (UNLOCKING_SECONDS if self.interactive else PATIENCE_SECONDS)
        if self._gave_up:
            raise self._late(slug, name, seconds)
        service = self.home.keyring_service()
        try:
            return within(seconds, lambda: call(service, f"{slug}/{name}"))
        except OutOfTime:
            self._gave_up = True
            raise self._late(slug, name, seconds) from None
        except Exception as error:  # noqa: BLE001 - every back end has errors of its own
            # The error's own text may quote the value, and a traceback would show it.
            raise self._translate(error, slug, name, hidden) from (None if hidden else error)

    def _translate(self, error: Exception, slug: str, name: SecretName, hidden: str) -> Problem:
        if type(error).__name__ in _LOCKED_ERRORS:
            return self._refusal(ProblemName.KEYRING_LOCKED, slug, name, texts.COULD_NOT_BE_UNLOCKED)
        if type(error).__name__ == "NoKeyringError":
            return self._unavailable(slug, name, why_no_keyring(self.environ, sys.platform))
        reason = " ".join(str(error).split())[:_LONGEST_REASON]
        if hidden and hidden[:_TELLING] in reason:
            reason = ""
        return self._unavailable(slug, name, texts.back_end_failed(kind=type(error).__name__, reason=reason))

    def _late(self, slug: str, name: SecretName, seconds: float) -> Problem:
        return self._unavailable(slug, name, texts.no_answer(seconds=seconds))

    def _unavailable(self, slug: str, name: SecretName, detail: str) -> Problem:
        return self._refusal(ProblemName.KEYRING_UNAVAILABLE, slug, name, detail)

    def _refusal(self, problem: ProblemName, slug: str, name: SecretName, detail: str) -> Problem:
        bus = f"unix:path={session_bus({})}"
        refused = Problem(problem, detail=detail, variable=_suffix(slug, name), slug=slug, name=name, bus=bus)
        file = next(filter(None, (self.unnamed_file(slug, each) for each in (name, *NAMES))), None)
        return _with_folder(refused, slug, file) if file else refused


@dataclass(slots=True, repr=False)
class FileSecrets:
    """Secrets in files that only their owner can read, in place of the keyring; for the time of one `connect`.

    New ones go into `folder`. What the environment gives goes before, as in `base`; with `renewing`, files that it
    names are replaced, as far as this user may.
    """

    base: SecretStore
    folder: Path | None = None
    renewing: bool = False
    _made: tuple[Path, ...] = ()

    def get(self, slug: str, name: SecretName) -> Secret | None:
        """The secret, or None where there is none.

        Raises:
            Problem: `secret-file-unreadable`, `writable-by-others`, or as `base`.
        """
        if file := self.file_of(slug, name):
            return _read_if_filled(file)
        return self.base.get(slug, name)

    def set(self, slug: str, name: SecretName, value: str) -> None:
        """Keep a secret in its file, and read it back.

        Raises:
            Problem: `not-writable`, `disk-full` or `disk-broken`, or as `base`.
        """
        if file := self.file_of(slug, name):
            if file.parent == self.folder and not file.parent.exists():
                self._made = tuple(each for each in (file.parent, *file.parent.parents) if not each.exists())
                with translated_errors(file.parent):
                    file.parent.mkdir(mode=0o700, parents=True)
            _write(file, value)
        else:
            self.base.set(slug, name, value)

    def delete(self, slug: str, name: SecretName) -> None:
        """Forget what `set` has kept, and the folders that were made for that, if they are empty.

        Raises:
            Problem: `not-writable`, or as `base`.
        """
        if file := self.file_of(slug, name):
            with translated_errors(file):
                file.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # the first that has other files
                for folder in self._made:
                    folder.rmdir()
        else:
            self.base.delete(slug, name)

    def overridden(self, slug: str, name: SecretName) -> bool:
        """Whether the environment gives this secret in a way that `set` does not change."""
        return self.file_of(slug, name) is None and self.base.overridden(slug, name)

    def readable_by_others(self, slug: str) -> Sequence[Problem]:
        """As `base`: files of this class's own are readable by their owner alone."""
        return self.base.readable_by_others(slug)

    def own_file(self, slug: str, name: SecretName) -> Path | None:
        """As `base`."""
        return self.base.own_file(slug, name)

    def unnamed_file(self, slug: str, name: SecretName) -> Path | None:
        """As `base`."""
        return self.base.unnamed_file(slug, name)

    def file_of(self, slug: str, name: SecretName) -> Path | None:
        """Where this secret is kept; None where `base` has it."""
        if self.renewing and (named := self.base.own_file(slug, name)):
            return named
        if self.folder is None or self.base.overridden(slug, name):
            return None
        return file_in(self.folder, slug, name)


def why_no_keyring(environ: Mapping[str, str], platform: str) -> str:
    """Why a session has no keyring, as far as its environment tells."""
    if environ.get("PYTHON_KEYRING_BACKEND"):
        return texts.NO_KEYRING_ANOTHER_CHOSEN
    if platform in ("win32", "darwin"):
        return texts.NO_KEYRING
    address = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    if not address:
        return texts.NO_KEYRING_NO_BUS
    path = address.partition(";")[0].partition("unix:path=")[2].partition(",")[0]
    if path and not _is_there(Path(path)):
        return texts.NO_KEYRING_BUS_GONE
    return texts.NO_KEYRING_SERVICE


def _missing(slug: str, name: SecretName, file: Path | None) -> Problem:
    """`secret-missing`; `file` is where it is all the same."""
    missing = Problem(
        ProblemName.SECRET_MISSING,
        name=spoken(name),
        store=slug,
        store_option=store_option(slug),
        variable=_suffix(slug, name),
    )
    return _with_folder(missing, slug, file) if file else missing


def _with_folder(problem: Problem, slug: str, file: Path) -> Problem:
    """The problem with the folder in which the secrets are."""
    return problem.with_facts(advice=file.parent, store_option=store_option(slug))


def _too_long(slug: str, name: SecretName, value: str) -> Problem:
    return Problem(ProblemName.SECRET_TOO_LONG, variable=_suffix(slug, name), name=spoken(name), length=len(value))


def _is_there(file: Path) -> bool:
    """Whether the file exists; one that may not be looked at does, so that reading it says what is wrong."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _read_if_filled(file: Path) -> Secret | None:
    """An empty file is one that was made beforehand, with its owner and rights, for amzlink to fill."""
    text = _read(file) if _is_there(file) else ""
    return Secret(text, "file", file) if text else None


def _read_secret(file: Path) -> str:
    if text := _read(file):
        return text
    raise Problem(ProblemName.SECRET_FILE_UNREADABLE, file=file, detail=texts.FILE_EMPTY)


def _write(file: Path, value: str) -> None:
    """Replace a file that holds a secret, and read it back. Raises as `write_private`, and `disk-broken`."""
    write_private(file, value.encode())
    if _read(file) != value:
        raise Problem(ProblemName.DISK_BROKEN, file=file, detail=machine.READ_BACK_DIFFERS)


def _read(file: Path) -> str:
    """The text of a file, without the white space around it.

    Raises:
        Problem: `secret-file-unreadable` or `writable-by-others`.
    """
    refuse_if_open(file, wanted="600")
    try:
        return read_file(file).decode("utf-8-sig").strip()  # some editors begin every file with a byte order mark
    except OSError as error:
        raise Problem(
            ProblemName.SECRET_FILE_UNREADABLE, file=file, detail=error.strerror or type(error).__name__
        ) from error
    except UnicodeDecodeError as error:
        raise Problem(ProblemName.SECRET_FILE_UNREADABLE, file=file, detail=texts.FILE_NOT_TEXT) from error
