"""The suite's own rules: what is skipped and what is left out."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = """
import pytest

def test_passes():
    pass

@pytest.mark.skip(reason="no time")
def test_is_skipped_by_a_mark():
    pass

def test_is_skipped_on_the_way():
    pytest.skip("no time")

@pytest.mark.needs("no-such-program")
def test_needs_a_program():
    pass

@pytest.mark.parametrize("value", [])
def test_has_no_values(value):
    pass

@pytest.mark.xfail
def test_is_known_to_fail():
    raise AssertionError
"""
SKIPPED_FILE = "import pytest\npytest.skip('no time', allow_module_level=True)\n"
WITH_FILES = """
import pytest

@pytest.mark.only_with("here.txt")
def test_one(): pass

@pytest.mark.only_with("here.txt", "not-here.txt")
def test_two(): pass
"""


def run(folder: Path, text: str, *options: str, ci: bool = False) -> str:
    """The last line of what pytest says of a file of tests under the suite's rules."""
    (folder / "test_inner.py").write_text(text, "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  needs\n  only_with\n  soak\n", "utf-8")
    environ = {name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}}
    environ |= {"PYTHONPATH": str(ROOT)} | ({"CI": "true"} if ci else {})
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", *options, "test_inner.py"],
        cwd=folder, env=environ, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "with workers"])
def test_ci_fails_every_test_that_is_skipped_and_nothing_else(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert "1 passed, 4 skipped, 1 xfailed" in run(tmp_path, SKIPPED, *options)
    assert "1 failed, 1 passed, 1 xfailed, 3 errors" in run(tmp_path, SKIPPED, *options, ci=True)


def test_ci_fails_a_file_that_is_skipped(tmp_path: Path) -> None:
    assert "1 skipped" in run(tmp_path, SKIPPED_FILE)
    assert "1 error" in run(tmp_path, SKIPPED_FILE, ci=True)


def test_the_end_of_a_run_names_what_failed_and_why_tests_were_skipped() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]["addopts"]
    assert "-rfEs" in options.split()


def test_a_test_that_lacks_a_file_is_left_out_and_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "here.txt").touch()
    assert "1 passed, 1 deselected" in run(tmp_path, WITH_FILES, ci=True)
