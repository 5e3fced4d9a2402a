"""A machine's secrets: what the environment gives, and what the keyring has."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from amzlink.files.home import Home
from amzlink.files.os_errors import translated_errors
from amzlink.files.reading import is_there
from amzlink.problems import Problem
from amzlink.secrets.environment import EnvironmentSecrets
from amzlink.secrets.keyring import KeyringSecrets
from amzlink.secrets.missing import secret_missing
from amzlink.secrets.names import SecretName, file_in
from amzlink.secrets.secret_file import read_if_filled, write_secret
from amzlink.secrets.store import Secret
from amzlink.secrets.system_keyring import KeyringAccess, SystemKeyring

_PATIENCE_SECONDS: Final = 10
_UNLOCKING_SECONDS: Final = 120


class SystemSecrets:
    """The machine's secrets: variable, `_FILE`, `$CREDENTIALS_DIRECTORY`, keyring, in that order.

    The vault key, which amzlink must be able to write, is in the keyring, or in the file that
    `AMZLINK_SECRET_<SLUG>_VAULT_KEY_FILE` names.

    `interactive` tells whether somebody is there to unlock the keyring; it then gets two minutes instead of ten
    seconds, where `patience_seconds` says nothing else. `folder_of` gives the folder into which `connect` has written
    a store's secrets, if it has: no secret is read there, but who lacks one is told of it.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        home: Home,
        *,
        interactive: bool = False,
        keyring: KeyringAccess | None = None,
        patience_seconds: float | None = None,
        folder_of: Callable[[str], Path | None] = lambda _slug: None,
    ) -> None:
        self._environment = EnvironmentSecrets(environ, home)
        self._keyring = KeyringSecrets(
            keyring or SystemKeyring(),
            environ,
            home,
            patience_seconds or (_UNLOCKING_SECONDS if interactive else _PATIENCE_SECONDS),
            self.unnamed_file,
        )
        self._folder_of = folder_of

    def get(self, slug: str, name: SecretName) -> Secret | None:
        """The secret, or None where there is none.

        Raises:
            Problem: `secret-file-unreadable`, `writable-by-others`, `keyring-unavailable`, `keyring-locked`, or
                `environment-invalid`; `secret-missing` for a vault key whose file nobody names.
        """
        if name == "vault-key":
            if file := self._environment.vault_key_file(slug):
                return read_if_filled(file)
        elif given := self._environment.get(slug, name):
            return given
        value = self._keyring.get(slug, name)
        if value is None and name == "vault-key" and (file := self.unnamed_file(slug, name)):
            # A second key would be made, and the data of the first be taken for lost.
            raise secret_missing(slug, name, file)
        return None if value is None else Secret(value, "keyring")

    def set(self, slug: str, name: SecretName, value: str) -> None:
        """Keep a secret in the keyring, or the vault key in its file, and read it back.

        A secret that the environment overrides is kept all the same: `get` goes on answering from the environment.

        Raises:
            Problem: as `get`, `secret-too-long`, and `not-writable`, `disk-full` or `disk-broken` for the vault key's
                file.
        """
        if name == "vault-key" and (file := self._environment.vault_key_file(slug)):
            write_secret(file, value)
        else:
            self._keyring.set(slug, name, value)

    def delete(self, slug: str, name: SecretName) -> None:
        """Forget what `set` has kept; what the environment gives stays there.

        Raises:
            Problem: as `get`, and `not-writable` for the vault key's file.
        """
        if name == "vault-key" and (file := self._environment.vault_key_file(slug)):
            with translated_errors(file):
                file.unlink(missing_ok=True)
        else:
            self._keyring.delete(slug, name)

    def overridden(self, slug: str, name: SecretName) -> bool:
        """Whether the environment gives this secret; for the vault key, whether it names a file for it."""
        if name == "vault-key":
            return self._environment.vault_key_file(slug) is not None
        return self._environment.gives(slug, name)

    def readable_by_others(self, slug: str) -> Sequence[Problem]:
        """`readable-by-others` for each file with a secret of this store that every user of the machine can read."""
        return self._environment.readable_by_others(slug)

    def own_file(self, slug: str, name: SecretName) -> Path | None:
        """The file with this secret that the environment names, where this user may replace it; not the vault key's."""
        return None if name == "vault-key" else self._environment.own_file(slug, name)

    def unnamed_file(self, slug: str, name: SecretName) -> Path | None:
        """The file into which `connect` has written this secret, where it is there and no variable names it.

        Raises:
            Problem: `environment-invalid`.
        """
        if self.overridden(slug, name) or not (folder := self._folder_of(slug)):
            return None
        file = file_in(folder, slug, name)
        return file if is_there(file) else None
