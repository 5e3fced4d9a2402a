"""Pictures of a terminal, as SVG that needs no other host: letters are those of the reader's machine."""

import io
import re
from typing import Final

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

# Dark text on a light ground, as the documentation's pages have it.
_DARK: Final = [
    (36, 41, 47), (180, 35, 24), (17, 99, 41), (125, 78, 0), (5, 80, 174), (102, 57, 186), (27, 124, 131),
    (110, 119, 129),
]  # fmt: skip
_BRIGHT: Final = [
    (87, 96, 106), (180, 35, 24), (26, 127, 55), (99, 60, 1), (33, 139, 255), (130, 80, 223), (49, 146, 170),
    (140, 149, 159),
]  # fmt: skip
_THEME: Final = TerminalTheme((250, 250, 252), (36, 41, 47), _DARK, _BRIGHT)
_FORM: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def picture(screen: str, title: str, columns: int) -> str:
    """What stands on a screen, colours as ANSI has them, as an SVG."""
    console = Console(record=True, file=io.StringIO(), width=columns, force_terminal=True, color_system="truecolor")
    for line in screen.split("\n"):
        text = Text.from_ansi(line)
        if line.startswith("$ "):
            text.stylize("bold blue")
        console.print(text, soft_wrap=False, overflow="fold")
    made = console.export_svg(title=title, theme=_THEME, code_format=_FORM, unique_id="t")
    # A line cannot be broken where letters have the width of a column.
    return re.sub(r"[ \t]+\n", "\n", made)
