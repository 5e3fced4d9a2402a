"""Every command line in the documentation works: those with their output are played, the others are run here."""

import contextlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from scripts.play_docs import COMMENT
from scripts.stage import Stage

from tests.support import forked_programs
from tests.support.rows import each_row
from tests.test_next_steps import commands_in, parse

ROOT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
# What a reader puts in, and what the shop has.
STANDS_FOR: Final = {
    "302-1234567-1234567": "{one}", "302-12 ": "{one} ", "MUG-BLU": "{one.sku}", "LAMP-GRN": "{two.sku}",
    "A...": "{seller_id}", "amzn1...": "{client_id}",
}  # fmt: skip
# Not run, and why; `connect` with options is.
EXCEPTIONS: Final = {
    "demo": "it runs on a sandbox of its own; docs/demo.md is compared with what it prints",
    "sandbox": "it runs until it is stopped",
    "connect": "it asks; docs/guides/connect.md plays it with answers",
    "database migrate": "it needs a PostgreSQL server, which tests of its own have",
}
# Pages whose blocks show what a program prints. They are written from the code or compared with it elsewhere.
PRINTED: Final = {"commands.md", "troubleshooting.md", "demo.md"}


def blocks_of(page: Path) -> Iterator[str]:
    """The lines of a page's code blocks that are not played: fenced or indented."""
    text = COMMENT.sub("", page.read_text("utf-8"))
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()


def lines_of(page: Path) -> Iterator[str]:
    """The command lines in them, without the program's name: at a prompt, in a crontab, a unit or a pipe."""
    for line in blocks_of(page):
        if match := re.search(r"(?:^(?:\$ )?|\| |&& |/bin/)amzlink (?P<words>[a-z].*)", line):
            yield match["words"].rstrip("'")


@pytest.mark.long
def test_the_pages_show_what_their_commands_print_now() -> None:
    done = forked_programs.run("scripts.play_docs", ["--check"], env={"PATH": "/usr/bin:/bin"}, timeout=580)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_lines_in_other_blocks_can_be_run() -> None:
    lines = [(page.name, line) for page in PAGES if page.name not in PRINTED for line in lines_of(page)]
    assert len(lines) > 25
    with contextlib.ExitStack() as at:
        stage = Stage(at)
        stage.play("shop\nadd one\nadd two\nrun import-orders\naddress-file unshipped.txt {one}")
        parcel = "order_id,carrier,tracking_number,ship_date\n{one},DHL,00340434161094042557,2026-11-23"
        stage.play(f"file parcels.csv {parcel}".replace("\n", "\\n"))
        for page, line in sorted(lines, key=lambda shown: shown[1].startswith("connect")):
            words = shlex.split(line, comments=True)
            if words == ["connect"] or any(line.startswith(each) for each in EXCEPTIONS if each != "connect"):
                continue
            if words[0] == "connect":
                stage.play("shop connected=no")
            command = shlex.join(words)
            for shown, meant in STANDS_FOR.items():
                command = command.replace(shown, meant)
            given = "amazon.toml" if words[0] == "connect" else "parcels.csv"
            screen = stage.type(stage.named(command), ["y"] * 9, given)
            assert stage.code == 0, f"{page}: amzlink {line}\n{screen}"


@each_row("page", [page for page in PAGES if page.name != "commands.md"])
def test_the_commands_in_a_sentence_exist_and_take_their_options(page: Path) -> None:
    text = re.sub(r"```.*?```", "", COMMENT.sub("", page.read_text("utf-8")), flags=re.DOTALL)
    for line in commands_in(" ".join(text.split())):
        known = line.replace("\\|", "|").replace("<STORE>", "my-shop").replace(" COMMAND --help", " --help")
        if not line.startswith("amzlink ") or "-completion" in line or line == "amzlink --version":
            continue  # a file's name, and options without a command
        try:
            parse(known)
        except (AssertionError, SystemExit) as error:
            pytest.fail(f"{page.name}: {line}: {error}")
