"""Secrets that end with the process."""

from collections.abc import Sequence
from pathlib import Path

from amzlink.problems import Problem
from amzlink.secrets.names import SecretName
from amzlink.secrets.store import Secret


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

    def readable_by_others(self, slug: str) -> Sequence[Problem]:  # noqa: ARG002 - the protocol's arguments
        """None: there are no files."""
        return ()

    def own_file(self, slug: str, name: SecretName) -> Path | None:  # noqa: ARG002 - the protocol's arguments
        """None: there are no files."""
        return None

    def unnamed_file(self, slug: str, name: SecretName) -> Path | None:  # noqa: ARG002 - the protocol's arguments
        """None: there are no files."""
        return None
