"""Plays the documentation: runs the commands that a page shows, and writes what they print into it.

A page says in a comment what happens and which commands are run (`stage.py` has the verbs):

    <!-- play
    add late
    $ orders show {late}
    -->

Below it stands a block with these command lines and what they printed, or with the command lines alone and a picture of
the screen. It is written here. The terminal has 80 columns, and its clock is Berlin's.

`python -m scripts.play_docs` writes pages and pictures. With `--check` it only tells which are stale, and ends with 1.
"""

import contextlib
import difflib
import os
import re
import sys
import time
from pathlib import Path
from typing import Final

from rich.text import Text
from scripts.pictures import picture
from scripts.stage import Stage

ROOT: Final = Path(__file__).resolve().parents[1]
DOCS: Final = ROOT / "docs"
PICTURES: Final = DOCS / "pictures"
DRAWN_BY_HAND: Final = PICTURES / "how-it-works.svg"
COLUMNS: Final = 80
BERLIN: Final = "CET-1CEST,M3.5.0,M10.5.0/3"  # in POSIX's form, which needs no table of time zones
COMMENT: Final = re.compile(
    r"<!-- play\n(?P<script>.*?)-->\n(?:```console\n.*?\n```\n(?:\n!\[[^\n]*\n)?)?",
    re.DOTALL,
)
"""A comment with a script, and the block and the picture below it."""


def main() -> int:
    """Write, or check."""
    os.environ |= {"TZ": BERLIN, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    for name in ("NO_COLOR", "COLORTERM", "FORCE_COLOR"):
        os.environ.pop(name, None)
    time.tzset()
    files: dict[Path, str] = {}
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text("utf-8")
        if "<!-- play\n" in text:
            files |= played(page, text)
    stale = [file for file, text in files.items() if not file.exists() or file.read_text("utf-8") != text]
    left_over = sorted(set(PICTURES.glob("*.svg")) - set(files) - {DRAWN_BY_HAND})
    if "--check" in sys.argv:
        for file in (*stale, *left_over):
            print(f"{file.relative_to(ROOT)} is stale: run `make docs`", file=sys.stderr)
            before = file.read_text("utf-8") if file.exists() else ""
            changes = difflib.ndiff(before.splitlines(), files.get(file, "").splitlines())
            print(*[line for line in changes if line[0] in "+-"][:6], sep="\n", file=sys.stderr)
        return int(bool(stale or left_over))
    for file in left_over:
        file.unlink()
    for file in stale:
        file.parent.mkdir(exist_ok=True)
        file.write_text(files[file], "utf-8")
    return 0


def played(page: Path, text: str) -> dict[Path, str]:
    """The page with what its commands print now, and its pictures. Raises what `Stage` raises."""
    pictures: dict[Path, str] = {}
    with contextlib.ExitStack() as at:
        stage = Stage(at)

        def written(match: re.Match[str]) -> str:
            shown = stage.play(match["script"])
            screen = plain(shown.screen)
            image = ""
            if shown.picture:  # beside it only the commands, which can be copied from there
                file = PICTURES / f"{shown.picture}.svg"
                pictures[file] = picture(shown.screen, shown.title, COLUMNS)
                image = f"\n![{shown.title}]({os.path.relpath(file, page.parent)})\n"
                screen = "\n".join(line for line in screen.splitlines() if line.startswith("$ amzlink "))
            block = f"```console\n{screen}\n```\n" if screen else ""
            return f"<!-- play\n{match['script']}-->\n{block}{image}"

        return {page: COMMENT.sub(written, text), **pictures}


def plain(text: str) -> str:
    """What a terminal shows of a text, without colours and blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in Text.from_ansi(text).plain.splitlines())


if __name__ == "__main__":
    sys.exit(main())
