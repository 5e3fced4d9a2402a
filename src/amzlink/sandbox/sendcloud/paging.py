"""Pages and their cursors, which travel in a `Link` header.

A cursor of the usual order, newest first, holds the id where the page ends, so that rows which come or go meanwhile
neither repeat nor skip one; of any other order, the number of rows before it.
"""

import base64
import binascii
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import parse_qsl, urlencode

# As in Sendcloud's own examples: not the host that was called, and without the /api of the base address.
_LINK_ROOT: Final = "https://panel.sendcloud.sc/v3"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page lies: before or after the row of that id, or behind so many rows."""

    id: int = 0
    before: bool = False
    offset: int | None = None

    def encode(self) -> str:
        """The cursor as it travels."""
        plain = f"r=1&p={self.id}" if self.before else f"p={self.id}"
        if self.offset is not None:
            plain = f"o={self.offset}"
        return base64.b64encode(plain.encode()).decode()


@dataclass(frozen=True, slots=True)
class Page:
    """The ids of a page, and the cursors of its neighbours where there are any."""

    ids: list[int]
    next: Cursor | None = None
    previous: Cursor | None = None

    def link(self, path: str, query: Mapping[str, str]) -> dict[str, str]:
        """The header that leads to the neighbours; empty without any."""
        links = [
            f'<{_LINK_ROOT}{path}?{urlencode({**query, "cursor": cursor.encode()})}>; rel="{name}"'
            for name, cursor in (("prev", self.previous), ("next", self.next))
            if cursor is not None
        ]
        return {"Link": ", ".join(links)} if links else {}


def read_cursor(text: str) -> Cursor | None:
    """The cursor that `encode` made, or None."""
    try:
        plain = base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    if not re.fullmatch(r"(r=1&)?p=\d{1,18}|o=\d{1,18}", plain):
        return None
    parts = dict(parse_qsl(plain))
    if "o" in parts:
        return Cursor(offset=int(parts["o"]))
    return Cursor(int(parts["p"]), before="r" in parts)


def read_size(text: str | None, usual: int, most: int) -> int:
    """The size of a page: what is no number is passed over, and too large a one cut down."""
    if text is None or not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) < 1:
        return usual
    return min(int(text), most)


def newest_first(ids: Sequence[int], matches: Callable[[int], bool], cursor: Cursor | None, size: int) -> Page:
    """The page of a list that is kept in rising order and shown from its end; asks only the rows that it needs."""
    if cursor is not None and cursor.before:
        found = _some(ids, range(bisect_right(ids, cursor.id), len(ids)), matches, size)
        shown = found[:size][::-1]
        more_before, more_after = len(found) > size, True
    else:
        end = len(ids) if cursor is None else bisect_left(ids, cursor.id)
        found = _some(ids, range(end - 1, -1, -1), matches, size)
        shown = found[:size]
        more_before, more_after = cursor is not None, len(found) > size
    if not shown:
        return Page([])
    return Page(
        shown,
        Cursor(shown[-1]) if more_after else None,
        Cursor(shown[0], before=True) if more_before else None,
    )


def slice_page(ids: Sequence[int], cursor: Cursor | None, size: int) -> Page:
    """The page of a list in an order of its own."""
    start = (cursor.offset or 0) if cursor is not None else 0
    end = start + size
    return Page(
        list(ids[start:end]),
        Cursor(offset=end) if end < len(ids) else None,
        Cursor(offset=max(0, start - size)) if start else None,
    )


def _some(ids: Sequence[int], places: range, matches: Callable[[int], bool], size: int) -> list[int]:
    def found() -> Iterator[int]:
        return (ids[place] for place in places if matches(ids[place]))

    return list(islice(found(), size + 1))
