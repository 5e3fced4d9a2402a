"""Secrets in a keyring, which may hang, refuse, or cut off what it is given; and what each of these is called."""

import contextlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from amzlink.files.home import Home, session_bus
from amzlink.files.reading import is_there
from amzlink.problems import Problem, ProblemName
from amzlink.problems import secrets as texts
from amzlink.secrets.missing import with_folder_of
from amzlink.secrets.names import NAMES, SecretName, spoken, variable_end
from amzlink.secrets.system_keyring import KeyringAccess
from amzlink.time_limits import OutOfTime, within

_LOCKED_ERRORS: Final = {"KeyringLocked", "LockedException"}  # keyring's own, and the Secret Service library's
_LONGEST_REASON: Final = 200
_SURELY_SHORT: Final = 256  # no keyring is known that refuses so little (Windows' takes 1,280 characters)
_TELLING: Final = 8  # characters of a secret that must not be seen in a message

_T = TypeVar("_T")


@dataclass(slots=True, repr=False)  # its environment may hold secrets
class KeyringSecrets:
    """The secrets of one home in a keyring. One that has once not answered in time is not asked again.

    `file_of` gives the file in which a secret is all the same, for the refusals to tell of it.
    """

    keyring: KeyringAccess
    environ: Mapping[str, str]
    home: Home
    patience_seconds: float
    file_of: Callable[[str, SecretName], Path | None]
    _gave_up: bool = False

    def get(self, slug: str, name: SecretName) -> str | None:
        """The value, or None where there is none.

        Raises:
            Problem: `keyring-unavailable` or `keyring-locked`.
        """
        return self._ask(slug, name, self.keyring.get)

    def set(self, slug: str, name: SecretName, value: str) -> None:
        """Keep a value, and read it back.

        Raises:
            Problem: as `get`, and `secret-too-long`.
        """
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
        kept = self.get(slug, name)
        if kept == value:
            return
        if kept and value.startswith(kept):
            with contextlib.suppress(Problem):  # a secret that was cut off would be refused later, far from its cause
                self._ask(slug, name, self.keyring.delete)
            raise _too_long(slug, name, value)
        raise self._unavailable(slug, name, texts.VALUE_NOT_KEPT)

    def delete(self, slug: str, name: SecretName) -> None:
        """Forget a value; one that is not there is no failure. Raises as `get`."""
        if self.get(slug, name) is not None:
            self._ask(slug, name, self.keyring.delete)

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

    def _ask(self, slug: str, name: SecretName, call: Callable[[str, str], _T], *, hidden: str = "") -> _T:
        """One call to the keyring, which may hang: a locked one waits for a prompt that nobody sees.

        `hidden` is a value that the call carries: what a back end says of it is not repeated.
        """
        if self._gave_up:
            raise self._late(slug, name)
        service = self.home.keyring_service()
        try:
            return within(self.patience_seconds, lambda: call(service, f"{slug}/{name}"))
        except OutOfTime:
            self._gave_up = True
            raise self._late(slug, name) from None
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

    def _late(self, slug: str, name: SecretName) -> Problem:
        return self._unavailable(slug, name, texts.no_answer(seconds=self.patience_seconds))

    def _unavailable(self, slug: str, name: SecretName, detail: str) -> Problem:
        return self._refusal(ProblemName.KEYRING_UNAVAILABLE, slug, name, detail)

    def _refusal(self, problem: ProblemName, slug: str, name: SecretName, detail: str) -> Problem:
        bus = f"unix:path={session_bus({})}"
        refused = Problem(problem, detail=detail, variable=variable_end(slug, name), slug=slug, name=name, bus=bus)
        file = next(filter(None, (self.file_of(slug, each) for each in (name, *NAMES))), None)
        return with_folder_of(file, refused, slug) if file else refused


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
    if path and not is_there(Path(path)):
        return texts.NO_KEYRING_BUS_GONE
    return texts.NO_KEYRING_SERVICE


def _too_long(slug: str, name: SecretName, value: str) -> Problem:
    return Problem(ProblemName.SECRET_TOO_LONG, variable=variable_end(slug, name), name=spoken(name), length=len(value))
