"""Secrets in files, as `connect` writes them where a person asks for that in place of the keyring."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from amzlink.files.os_errors import translated_errors
from amzlink.problems import Problem
from amzlink.secrets.names import SecretName, file_in
from amzlink.secrets.secret_file import read_if_filled, write_secret
from amzlink.secrets.store import Secret, SecretStore


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
            return read_if_filled(file)
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
            write_secret(file, value)
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
