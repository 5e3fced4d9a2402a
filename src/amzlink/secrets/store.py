"""A secret, and what the rest of amzlink knows of wherever it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from amzlink.problems import Problem
from amzlink.secrets.missing import secret_missing
from amzlink.secrets.names import SecretName

Source = Literal["environment", "file", "credentials directory", "keyring", "memory"]


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
    """Where secrets are kept."""

    def get(self, slug: str, name: SecretName) -> Secret | None:
        """The secret, or None where there is none."""

    def set(self, slug: str, name: SecretName, value: str) -> None:
        """Keep a secret; it is read back before this returns."""

    def delete(self, slug: str, name: SecretName) -> None:
        """Forget a secret; one that is not there is no failure."""

    def overridden(self, slug: str, name: SecretName) -> bool:
        """Whether the environment gives this secret, so that the keyring is not asked."""

    def readable_by_others(self, slug: str) -> Sequence[Problem]:
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
    raise secret_missing(slug, name, store.unnamed_file(slug, name))
