"""The wheel and the sdist have what they must have, and nothing else."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from scripts import dist_check
from scripts.dist_check import complaints

from amzlink import __version__
from tests.support.rows import each_row

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8")


def build(out: Path, *, umask: int, **environ: str) -> tuple[Path, Path]:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", out],
        cwd=ROOT, env={**os.environ, "SOURCE_DATE_EPOCH": "1764400000", **environ}, umask=umask,
        capture_output=True, check=True,
    )  # fmt: skip
    [wheel], [sdist] = out.glob("*.whl"), out.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist of the tree as it is."""
    return build(tmp_path_factory.mktemp("dist"), TZ="UTC", umask=0o022)


def test_a_second_build_gives_the_same_bytes(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Whatever the user's time zone and umask are."""
    second = build(tmp_path, TZ="Asia/Tokyo", umask=0o077)
    assert [file.read_bytes() for file in second] == [file.read_bytes() for file in built]


def test_they_are_as_they_should_be(built: tuple[Path, Path]) -> None:
    assert complaints(*built, ROOT) == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("amzlink/orders.db", "amzlink/orders.db is a stray file"),
        ("tests/test_run.py", "tests/test_run.py is a stray file"),
        (".env", ".env is a stray file"),
    ],
)
def test_a_stray_file_in_the_wheel_is_named(name: str, told: str, built: tuple[Path, Path], tmp_path: Path) -> None:
    wheel = Path(shutil.copy(built[0], tmp_path))
    with zipfile.ZipFile(wheel, "a") as opened:
        opened.writestr(name, "x")
    assert [line for line in complaints(wheel, built[1], ROOT) if line.endswith(told)]


def test_what_a_wheel_lacks_is_named(built: tuple[Path, Path], tmp_path: Path) -> None:
    wheel = tmp_path / built[0].name
    lacking = ("amzlink/py.typed", "amzlink.1", "v0001_first_schema.py", "site-functions/_amzlink", "licenses/LICENSE")
    with zipfile.ZipFile(built[0]) as whole, zipfile.ZipFile(wheel, "w") as less:
        left_out = [name for name in whole.namelist() if name.endswith(lacking)]
        for name in set(whole.namelist()) - set(left_out):
            less.writestr(name, whole.read(name))
    told = " ".join(complaints(wheel, built[1], ROOT))
    assert len(left_out) == len(lacking)
    assert all(name.rpartition("/")[2] in told for name in left_out)


def test_a_link_in_the_sdist_and_a_file_that_is_too_big_are_named(
    built: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdist = tmp_path / built[1].name
    with tarfile.open(sdist, "w:gz") as opened:
        link = tarfile.TarInfo(f"amzlink-{__version__}/src/amzlink/link.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        opened.addfile(link)
    monkeypatch.setattr(dist_check, "MOST_BYTES", 10_000)
    told = complaints(built[0], sdist, ROOT)
    assert any("link.py is not a plain file" in line for line in told)
    assert any("more than 10,000" in line for line in told)


def test_the_metadata_name_each_python_that_is_tested() -> None:
    prefix = "Programming Language :: Python :: "
    named = [each.removeprefix(prefix) for each in PROJECT["classifiers"] if each.startswith(f"{prefix}3.")]
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    assert all(version in SpecifierSet(PROJECT["requires-python"]) for version in named)


def test_the_constraints_name_every_dependency_in_a_version_that_is_allowed() -> None:
    lines = [line for line in CONSTRAINTS.splitlines() if not line.startswith("#")]
    versions = dict(line.split("==") for line in lines)
    extras = [each for group in PROJECT.get("optional-dependencies", {}).values() for each in group]
    wanted = [Requirement(text) for text in (*PROJECT["dependencies"], *extras)]
    forbidden = [need for need in wanted if versions.get(need.name, "0") not in need.specifier]
    assert forbidden == []


@each_row("line", [line for line in CONSTRAINTS.splitlines() if not line.startswith("#")])
def test_a_constraint_is_a_name_and_a_version(line: str) -> None:
    """No address, no folder and no option of pip: the file works with every package index."""
    need = Requirement(line)
    assert need.url is None
    assert [each.operator for each in need.specifier] == ["=="]
    assert need.name == need.name.lower()


def test_the_newest_version_in_the_changelog_is_the_programs() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = [line.removeprefix("## ") for line in changelog.splitlines() if line.startswith("## ")]
    newest = next(heading for heading in headings if heading != "Unreleased")
    assert newest.partition(" ")[0] == __version__


def test_while_nothing_is_released_no_page_takes_it_from_a_package_index() -> None:
    if f"## {__version__} (not released)" not in (ROOT / "CHANGELOG.md").read_text("utf-8"):
        return
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        found = re.findall(r"(?:pipx?|uv tool|uv pip) install (?:-\S+ )*'?amzlink\b(?![/@])", page.read_text("utf-8"))
        assert found == [], page
