"""Secrets that the environment gives: in a variable, in a file that a variable names, in systemd's credentials.

The vault key is another matter, because amzlink must be able to write it: only the name of its file is taken.
"""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from amzlink.files.home import Home, path_from
from amzlink.files.reading import is_there
from amzlink.files.rights import open_mode
from amzlink.problems import Problem, ProblemName
from amzlink.problems import secrets as texts
from amzlink.secrets.names import NAMES, SecretName, file_in, variable
from amzlink.secrets.secret_file import read_secret
from amzlink.secrets.store import Secret


@dataclass(frozen=True, slots=True, repr=False)  # its environment may hold secrets
class EnvironmentSecrets:
    """What the environment gives; in all but `vault_key_file` and `readable_by_others`, without the vault key."""

    environ: Mapping[str, str]
    home: Home

    def get(self, slug: str, name: SecretName) -> Secret | None:
        """The secret, or None where the environment does not give it.

        Raises:
            Problem: `secret-file-unreadable`, `writable-by-others` or `environment-invalid`.
        """
        if value := self._variable(slug, name):
            return Secret(value, "environment")
        if file := self._named_file(slug, name):
            return Secret(read_secret(file), "file", file)
        if file := self._credential(slug, name):
            return Secret(read_secret(file), "credentials directory", file)
        return None

    def gives(self, slug: str, name: SecretName) -> bool:
        """Whether the environment gives this secret. Raises `environment-invalid`."""
        return bool(self._variable(slug, name) or self._file(slug, name))

    def own_file(self, slug: str, name: SecretName) -> Path | None:
        """The file with this secret that the environment names, where this user may replace it."""
        file = None if self._variable(slug, name) else self._file(slug, name)
        if file is None:
            return None
        target = Path(os.path.realpath(file))
        replaceable = target.is_file() and os.access(target, os.W_OK) and os.access(target.parent, os.W_OK | os.X_OK)
        if replaceable and hasattr(os, "geteuid"):  # another user could not read what this one has written
            replaceable = target.stat().st_uid == os.geteuid()
        return file if replaceable else None

    def vault_key_file(self, slug: str) -> Path | None:
        """The file that `AMZLINK_SECRET_<SLUG>_VAULT_KEY_FILE` names: outside the home, without links.

        Raises:
            Problem: `environment-invalid`, where it is inside the home: a copy of the home must not carry its own key.
        """
        file = self._named_file(slug, "vault-key")
        if file is None:
            return None
        file = Path(os.path.realpath(file))
        folders = (self.home.root, self.home.config, self.home.data, self.home.state, self.home.log)
        if any(file.is_relative_to(folder.resolve()) for folder in folders if folder):
            raise Problem(
                ProblemName.ENVIRONMENT_INVALID,
                variable=f"{variable(slug, 'vault-key')}_FILE",
                detail=texts.vault_key_inside_home(file=file),
            )
        return file

    def readable_by_others(self, slug: str) -> Sequence[Problem]:
        """`readable-by-others` for each file with a secret of this store that every user of the machine can read."""
        files = [self._file(slug, name) for name in NAMES if name != "vault-key"]
        files.append(self.vault_key_file(slug))
        return [
            Problem(ProblemName.READABLE_BY_OTHERS, file=file, mode=mode, wanted="600")
            for file in files
            if file and (mode := open_mode(file, stat.S_IROTH))
        ]

    def _variable(self, slug: str, name: SecretName) -> str | None:
        return self.environ.get(variable(slug, name), "").strip() or None

    def _file(self, slug: str, name: SecretName) -> Path | None:
        return self._named_file(slug, name) or self._credential(slug, name)

    def _named_file(self, slug: str, name: SecretName) -> Path | None:
        given = f"{variable(slug, name)}_FILE"
        path = self.environ.get(given)
        return path_from(given, path) if path else None

    def _credential(self, slug: str, name: SecretName) -> Path | None:
        """The file in systemd's folder, if it is there: the folder holds other services' credentials too."""
        folder = self.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            return None
        file = file_in(Path(folder), slug, name)
        return file if is_there(file) else None
