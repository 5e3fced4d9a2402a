"""How texts and tables get into the width of a terminal: words stay whole, and so does what people copy."""

import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len, chop_cells
from rich.console import Console as RichConsole
from rich.text import Text

_GAP: Final = 2
_NARROW_GAP: Final = 1  # where the columns have to be narrowed
_IN_MEMORY: Final = 1 << 20  # bytes of a table; more of it lies in a temporary file
_TALLEST: Final = 2  # lines of a row, as long as there is a column that can be left out
_LOOKED_AT: Final = 100
_LONGEST_WORD: Final = 24  # a longer one is broken, unless it is a key


class Table:
    """A table in `room` columns of a terminal. `fits` is false where the longest words do not fit beside each other.

    Cells of the columns in `whole` stay on one line. Those in `dropping` are left out, the empty ones first and then in
    this sequence, until the rest fits in a few lines a row; `keys` are what people copy.
    """

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        keys: Sequence[str],
        whole: Sequence[str],
        right: Sequence[str],
        dropping: Sequence[str],
        room: int,
    ) -> None:
        self.rows = rows
        self._columns = columns
        self._keys, self._right = keys, right
        self._shown = list(range(len(columns)))
        full = [max(map(cell_len, cells)) for cells in zip(columns, *rows, strict=True)]
        longest = [
            full[at] if name in whole else min(_LONGEST_WORD, _longest_word([name, *(row[at] for row in rows)]))
            for at, name in enumerate(columns)
        ]
        given_up = [columns.index(name) for name in dropping if name in columns]
        given_up.sort(key=lambda at: any(row[at] for row in rows))  # first what says nothing at all
        while given_up and not any(row[given_up[0]] for row in rows) and not self._fits_whole(full, room):
            self._shown.remove(given_up.pop(0))
        while not (self._lay_out(full, longest, room) and self._is_easy_to_read()) and given_up:
            self._shown.remove(given_up.pop(0))

    def _fits_whole(self, full: Sequence[int], room: int) -> bool:
        """Whether the columns that are shown fit without being narrowed."""
        return sum(full[at] for at in self._shown) + _GAP * (len(self._shown) - 1) <= room

    def _is_easy_to_read(self) -> bool:
        """Whether the first rows are not torn over many lines."""
        some = itertools.chain([self._columns], self.rows[:_LOOKED_AT])
        return all(sum(1 for _ in self._lines_of(row)) <= _TALLEST for row in some)

    def _lay_out(self, full: Sequence[int], longest: Sequence[int], room: int) -> bool:
        """Find the widths of the columns that are shown."""
        gaps = len(self._shown) - 1
        self._gap, self._widths = _GAP, [full[at] for at in self._shown]
        if sum(self._widths) + _GAP * gaps > room:
            self._gap = _NARROW_GAP
            self._widths = _narrowed(self._widths, [longest[at] for at in self._shown], room - _NARROW_GAP * gaps)
        self.fits = sum(self._widths) + self._gap * gaps <= room
        return self.fits

    def head(self) -> Iterator[str]:
        """The lines of the columns' names."""
        yield from self._lines_of(self._columns)

    def lines(self) -> Iterator[str]:
        """The lines of all rows. Rich would take a second for five hundred of them."""
        for row in self.rows:
            yield from self._lines_of(row)

    def _lines_of(self, row: Sequence[str]) -> Iterator[str]:
        cells = [wrapped(row[at], width) for at, width in zip(self._shown, self._widths, strict=True)]
        for parts in itertools.zip_longest(*cells, fillvalue=""):
            padded = (
                _padded(part, width, right=self._columns[at] in self._right)
                for at, width, part in zip(self._shown, self._widths, parts, strict=True)
            )
            yield (" " * self._gap).join(padded).rstrip()

    def blocks(self) -> Iterator[list[tuple[str, str, bool]]]:
        """Each row as lines of a column's name, its cell, and whether that is a key; without cells that are empty."""
        indent = max(map(cell_len, self._columns)) + _GAP
        for row in self.rows:
            yield [
                (f"{name:<{indent}}", cell, name in self._keys)
                for name, cell in zip(self._columns, row, strict=True)
                if cell
            ]


def wide_lines(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str]) -> Iterator[str]:
    """A table as wide as it is, its head first. However many rows there are, memory holds few of them."""
    widths = [cell_len(name) for name in columns]
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8", newline="\n") as kept:
        for row in rows:
            widths = [max(width, cell_len(cell)) for width, cell in zip(widths, row, strict=True)]
            kept.write("\t".join(row) + "\n")  # no cell has a tab or a line's end in it: `visible` writes them out
        kept.seek(0)
        for cells in itertools.chain([columns], (line.rstrip("\n").split("\t") for line in kept)):
            padded = (
                _padded(cell, width, right=name in right)
                for name, width, cell in zip(columns, widths, cells, strict=True)
            )
            yield (" " * _GAP).join(padded).rstrip()


def wrapped(cell: str, width: int) -> list[str]:
    """The lines of a cell, broken at words; only a word that is longer than the width is cut."""
    if cell_len(cell) <= width:
        return [cell]
    lines = [""]
    for word in cell.split():
        for piece in chop_cells(word, width) if cell_len(word) > width else (word,):
            longer = f"{lines[-1]} {piece}" if lines[-1] else piece
            if cell_len(longer) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def _padded(cell: str, width: int, *, right: bool) -> str:
    room = " " * (width - cell_len(cell))
    return f"{room}{cell}" if right else f"{cell}{room}"


def broken_at_words(text: Text, console: RichConsole, room: int) -> Iterator[Text]:
    """The lines of a text; a word that is longer than the room, such as an address, has one of its own, whole."""
    fitting: list[Text] = []
    for word in text.split(" ", include_separator=True, allow_blank=True):
        if cell_len(word.plain.rstrip()) <= room:
            fitting.append(word)
            continue
        if fitting:
            yield from Text().join(fitting).wrap(console, room)
        yield word
        fitting = []
    if fitting or not text:
        yield from Text().join(fitting).wrap(console, room)


def _longest_word(cells: Iterable[str]) -> int:
    return max((cell_len(word) for cell in cells for word in cell.split()), default=0)


def _narrowed(full: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths that fit into the room, if there are such: the widest column gives way first, each down to its least."""
    widths = list(full)
    while sum(widths) > room:
        able = [at for at, width in enumerate(widths) if width > least[at]]
        if not able:
            break
        widths[max(able, key=lambda at: widths[at])] -= 1
    return widths
