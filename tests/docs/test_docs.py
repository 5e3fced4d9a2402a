"""The documentation says what the program does."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from amzlink.config import SETTINGS
from amzlink.core.orders.holds import Hold
from amzlink.problems import CATALOGUE
from amzlink.sandbox.faults import FAULTS
from tests.support.rows import each_row

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_what_is_written_from_the_code_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/write_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_problem_is_a_heading_that_its_link_leads_to() -> None:
    headings = set(re.findall(r"^### (\S+)$", text_of("docs/troubleshooting.md"), re.MULTILINE))
    assert headings == {name.value for name in CATALOGUE}


@pytest.mark.parametrize("hold", Hold)
def test_every_hold_is_explained(hold: Hold) -> None:
    assert f"`{hold.value}`" in text_of("docs/settings.md")


@each_row("page", PAGES)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_commands_that_the_readme_shows_exist() -> None:
    from amzlink.cli.main import app

    names = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    shown = set(re.findall(r"(?:`|\$ |^ {4}|/bin/)amzlink ([a-z][a-z-]+)", text_of("README.md"), re.MULTILINE))
    assert shown <= names
    assert {"connect", "import-orders", "orders", "explain"} <= shown


def test_every_setting_in_the_example_can_be_read_back() -> None:
    import tomllib

    from amzlink.core.privacy.retention import Retention

    [example] = re.findall(r"```toml\n(.*?)```", text_of("docs/settings.md"), re.DOTALL)
    store = tomllib.loads(example)["stores"]["my-shop"]
    assert set(store) <= set(SETTINGS) | {"country", "seller_id", "client_id"}
    assert Retention(**tomllib.loads(example)["retention"]) == Retention()


def test_every_fault_of_the_sandbox_that_bears_a_problems_name_means_it() -> None:
    named = {name for name in FAULTS if name in {problem.value for problem in CATALOGUE}}
    assert {"client-unknown", "authorisation-revoked", "region-mismatch", "throttled", "timeout"} <= named


def test_the_version_is_the_changelogs() -> None:
    from amzlink import __version__

    assert f"## {__version__}" in text_of("CHANGELOG.md")


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_and_folder_of_the_code_that_a_page_names_is_there(page: str) -> None:
    places = [ROOT, ROOT / "src" / "amzlink"]
    for name in re.findall(r"`((?:[a-z_]+/)*[a-z_]+(?:\.py|/))`", text_of(page)):
        assert any((place / name).exists() for place in places), f"{page} names {name}"


def test_the_transcript_in_the_readme_is_what_the_demo_prints(tmp_path: Path) -> None:
    """It is shortened by lines; times, days and seconds are another's."""

    def timeless(line: str) -> str:
        line = re.sub(r"(today|\w{3} \d{1,2} \w{3}) \d\d:\d\d", "TIME", line.rstrip())
        return re.sub(r" +", " ", re.sub(r"in (\d+ s|less than a second),", "in SECONDS,", line))

    done = subprocess.run(
        [sys.executable, "-m", "amzlink", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "HOME": str(tmp_path)},
        text=True,
        timeout=300,
        check=True,
    )
    printed = [timeless(line) for line in done.stdout.splitlines()]
    [transcript] = re.findall(r"## See it.*?```\n(.*?)```", text_of("README.md"), re.DOTALL)
    for line in map(timeless, transcript.splitlines()):
        begin, shortened, _ = line.partition("…")
        assert line in printed or (shortened and any(each.startswith(begin) for each in printed)), line
