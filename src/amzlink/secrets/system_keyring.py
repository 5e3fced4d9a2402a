"""The keyring of the operating system, through the library that knows each system's."""

from typing import Protocol


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
