"""How the version is told to a program."""

from amzlink import __version__
from amzlink.cli.shell.documents import Document


class VersionDocument(Document, frozen=True, kw_only=True):
    """`--version --json`."""

    version: str = __version__
