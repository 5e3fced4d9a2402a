"""The documentation says what the program does."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from amzlink.config.settings import SETTINGS
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


def anchors_of(page: Path) -> set[str]:
    """What a link can lead to in a page: its headings, in the form that GitHub and the site give them."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = [re.sub(r"[`*\[\]]|\]\([^)]*\)", "", each) for each in re.findall(r"^#+ (.*)$", text, re.MULTILINE)]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@each_row("page", PAGES)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)]*))?\)", page.read_text("utf-8")):
        if "://" not in target:
            found = page.parent / target if target else page
            assert found.exists(), f"{page.name} links to {target}"
            assert not anchor or anchor in anchors_of(found), f"{page.name} links to {target}#{anchor}"


def test_the_site_is_built_without_a_warning_and_loads_nothing_from_other_hosts(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    zensical = Path(sys.executable).with_name("zensical")
    done = subprocess.run([zensical, "build", "--strict"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded = r"<(?:script|img|iframe)[^>]*src=\W?https?:|<link[^>]*rel=\W?(?:stylesheet|preconnect)[^>]*https?:"
    for page in (tmp_path / "site").rglob("*.html"):
        assert not re.search(loaded, page.read_text("utf-8")), page


def test_every_page_is_in_the_navigation() -> None:
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert set(re.findall(r'"([\w/.-]+\.md)"', text_of("zensical.toml"))) == pages


@each_row("picture", sorted((ROOT / "docs" / "pictures").glob("*")))
def test_pictures_are_small_shown_and_load_nothing(picture: Path) -> None:
    text = picture.read_text("utf-8")
    assert not re.search(r"(?:href|src)=|url\(\W?https?:|@import|<script", text)
    assert len(text) < 100_000
    assert any(f"pictures/{picture.name})" in page.read_text("utf-8") for page in PAGES), "no page shows it"


def test_the_commands_that_the_readme_shows_exist() -> None:
    from amzlink.cli.main import app

    names = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    shown = set(re.findall(r"(?:`|\$ |^ {4}|/bin/)amzlink ([a-z][a-z-]+)", text_of("README.md"), re.MULTILINE))
    assert shown <= names
    assert {"connect", "import-orders", "schedule", "explain"} <= shown


def test_every_setting_in_the_example_can_be_read_back() -> None:
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


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/threat-model.md", "CONTRIBUTING.md"])
def test_every_file_and_folder_of_the_code_that_a_page_names_is_there(page: str) -> None:
    places = [ROOT, ROOT / "src" / "amzlink"]
    for name in re.findall(r"`((?:[a-z_]+/)*[a-z_]+(?:\.py|/))`", text_of(page)):
        assert any((place / name).exists() for place in places), f"{page} names {name}"


def test_the_transcript_on_its_page_is_what_the_demo_prints(tmp_path: Path) -> None:
    """It is shortened by lines; times, days and seconds are another's."""

    def timeless(line: str) -> str:
        line = re.sub(r"(today|\w{3} \d{1,2} \w{3}) \d\d:\d\d", "TIME", line.rstrip())
        line = re.sub(r"\d{1,2} \w{3} \d{4}", "DAY", re.sub(r"^Warning: \d+ orders", "Warning: SOME orders", line))
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
    [transcript] = re.findall(r"```\n(.*?)```", text_of("docs/demo.md"), re.DOTALL)
    shown = [timeless(line) for line in transcript.splitlines()]
    for line in shown:
        begin, shortened, _ = line.partition("…")
        assert line in printed or (shortened and any(each.startswith(begin) for each in printed)), line

    def steps(lines: list[str]) -> list[str]:
        return [line.partition("amzn1.")[0] for line in lines if re.match(r" \d+\. |\$ |Warning: ", line)]

    assert steps(shown) == steps(printed)
