"""What may be in the wheel and in the sdist, and what has to be: `make dist` and a test hold both to it."""

import email
import re
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from email.message import Message
from pathlib import Path
from typing import Any, Final

from amzlink import __version__
from amzlink.cli.completion.scripts import PACKAGED
from amzlink.cli.pages import TOPICS
from amzlink.cli.schemas import DOCUMENTS

MOST_BYTES: Final = 3_000_000
"""For each of the two. They have about a million; twice the size is a mistake, not growth."""

_PACKAGE: Final = (
    r"amzlink/(?:[a-z0-9_]+/)*[a-z0-9_]+\.py",
    r"amzlink/py\.typed",
    r"amzlink/pages/[a-z-]+\.md",
    r"amzlink/schemas/[a-z-]+\.json",
)
_SHARED: Final = (*PACKAGED, "man/man1/amzlink.1")
_TOP: Final = {
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "PKG-INFO", "README.md", "SECURITY.md", "constraints.txt",
    "pyproject.toml", ".gitignore",
}  # fmt: skip
_REQUIRED: Final = {
    "amzlink/__main__.py",
    "amzlink/py.typed",
    "amzlink/orderbook/migrations/env.py",
    *(f"amzlink/pages/{topic}.md" for topic in TOPICS),
    *(f"amzlink/schemas/{name}.json" for name in DOCUMENTS),
}


def complaints(wheel: Path, sdist: Path, root: Path) -> list[str]:
    """What is wrong with the two, built from the sources in `root`; empty if nothing is."""
    return [*_of_wheel(wheel, root), *_of_sdist(sdist, root)]


def _of_wheel(wheel: Path, root: Path) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as opened:
        names = {name for name in opened.namelist() if not name.endswith("/")}
        info = f"amzlink-{__version__}.dist-info"
        if f"{info}/METADATA" not in names:
            yield f"{wheel.name} is not of version {__version__}"
            return
        metadata = email.message_from_bytes(opened.read(f"{info}/METADATA"))
    data = f"amzlink-{__version__}.data/data/share"
    exact = {f"{data}/{name}" for name in _SHARED}
    exact |= {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    yield from _of_names(wheel, names, exact, _REQUIRED | exact, _PACKAGE)
    yield from _of_migrations(wheel, names, root / "src")
    yield from _of_metadata(metadata, root)


def _of_sdist(sdist: Path, root: Path) -> Iterator[str]:
    top = f"amzlink-{__version__}/"
    with tarfile.open(sdist) as opened:
        members = opened.getmembers()
    for member in members:
        if not member.isfile():
            yield f"{sdist.name}: {member.name} is not a plain file"
        if not member.name.startswith(top):
            yield f"{sdist.name}: {member.name} is not in {top}"
    names = {member.name.removeprefix(top) for member in members}
    exact = _TOP | {f"share/{name}" for name in _SHARED}
    required = exact | {f"src/{name}" for name in _REQUIRED}
    pages = r"docs/(?:[a-z0-9_-]+/)*[a-z0-9_-]+\.(?:md|svg|css)"
    yield from _of_names(sdist, names, exact, required, (*(f"src/{pattern}" for pattern in _PACKAGE), pages))
    yield from _of_migrations(sdist, {name.removeprefix("src/") for name in names}, root / "src")


def _of_names(
    archive: Path,
    names: AbstractSet[str],
    exact: AbstractSet[str],
    required: AbstractSet[str],
    patterns: tuple[str, ...],
) -> Iterator[str]:
    for name in sorted(names - exact):
        if not any(re.fullmatch(pattern, name) for pattern in patterns):
            yield f"{archive.name}: {name} is a stray file"
    for name in sorted(required - names):
        yield f"{archive.name}: {name} is missing"
    if archive.stat().st_size > MOST_BYTES:
        yield f"{archive.name} has {archive.stat().st_size:,} bytes, more than {MOST_BYTES:,}"


def _of_migrations(archive: Path, names: AbstractSet[str], source: Path) -> Iterator[str]:
    """Alembic finds migrations by their files, so no import fails where one was forgotten."""
    for file in source.glob("amzlink/orderbook/migrations/versions/*.py"):
        if file.relative_to(source).as_posix() not in names:
            yield f"{archive.name}: the migration {file.name} is missing"


def _of_metadata(metadata: Message, root: Path) -> Iterator[str]:
    project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    expected = {
        "Name": "amzlink",
        "Version": __version__,
        "Summary": project["description"],
        "License-Expression": project["license"],
        "License-File": "LICENSE",
        "Requires-Python": project["requires-python"],
        "Description-Content-Type": "text/markdown",
    }
    for key, value in expected.items():
        if metadata[key] != value:
            yield f"the metadata say {metadata[key]!r} for {key}, not {value!r}"
    if len(str(metadata.get_payload())) < len("# amzlink"):
        yield "the metadata have no description"
    for url in metadata.get_all("Project-URL") or ():
        if not re.search(r", https://\S+$", url):
            yield f"the metadata have an address that is not https: {url}"
