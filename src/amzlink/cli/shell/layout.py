"""How texts and tables get into the width of a terminal: words stay whole, and so does what people copy."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console as RichConsole
from rich.table import Table as RichTable
from rich.text import Text

_GAP: Final = 2
_NARROW_GAP: Final = 1  # where the columns have to be narrowed
_LONGEST_WORD: Final = 24  # a longer one is broken, unless it is a key


class Table:
    """A table in `room` columns of a terminal; None: as wide as it is."""

    def __init__(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        keys: Sequence[str],
        right: Sequence[str],
        room: int | None,
    ) -> None:
        self._columns = columns
        self._rows = rows
        self._right = right
        cells = list(zip(columns, *rows, strict=True))
        full = [max(map(cell_len, column)) for column in cells]
        least = [
            whole if name in keys else min(_LONGEST_WORD, _longest_word(column))
            for name, whole, column in zip(columns, full, cells, strict=True)
        ]
        self._gap, self._widths = _GAP, full
        self.narrowed = room is not None and self.width > room
        if room is not None and self.narrowed:
            self._gap = _NARROW_GAP
            self._widths = _narrowed(full, least, room - _NARROW_GAP * (len(columns) - 1))
        self.fits = room is None or self.width <= room

    @property
    def width(self) -> int:
        """Of the whole table."""
        return sum(self._widths) + self._gap * (len(self._columns) - 1)

    def lines(self) -> Iterator[str]:
        """The table, its head first, where no cell has to be broken: Rich takes a second for five hundred rows."""
        for row in (self._columns, *self._rows):
            cells = (
                f"{' ' * (width - cell_len(cell))}{cell}" if name in self._right else set_cell_size(cell, width)
                for name, width, cell in zip(self._columns, self._widths, row, strict=True)
            )
            yield (" " * self._gap).join(cells).rstrip()

    def grid(self) -> RichTable:
        """The table as Rich lays it out."""
        grid = RichTable(box=None, pad_edge=False, padding=(0, self._gap, 0, 0), header_style="bold")
        for column, width in zip(self._columns, self._widths, strict=True):
            grid.add_column(column, justify="right" if column in self._right else "left", width=width, overflow="fold")
        for row in self._rows:
            grid.add_row(*(Text(cell) for cell in row))
        return grid

    def blocks(self) -> Iterator[list[tuple[str, str]]]:
        """Each row as lines of a column's name and its cell, without those that are empty."""
        indent = max(map(cell_len, self._columns)) + _GAP
        for row in self._rows:
            yield [(f"{name:<{indent}}", cell) for name, cell in zip(self._columns, row, strict=True) if cell]


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
