"""Damage to foreign data: what happens to bytes on their way, and what a stranger's program makes of a document."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

# What decoders of numbers, texts and trees have stumbled over elsewhere.
PIECES: Final = (
    b"null",
    b"NaN",
    b"Infinity",
    b"-1",
    b"1e999",
    b"0.1",
    b"9223372036854775808",
    b"9" * 5000,
    b"true",
    b'""',
    b"[]",
    b"{}",
    b'"\\ud800"',
    b'"\\u0000"',
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b"\t",
    b'"',
    b"\\",
    b",",
    b";",
    b"=",
    b"[" * 3000,
    b"<",
    b"&#0;",
    b"<!ENTITY a 'b'>",
    b"]]>",
    b"9999-99-99T99:99:99Z",
    b"0001-01-01T00:00:00Z",
    b"9999-12-31T23:59:59Z",
    b"2026-02-30",
    "２０２６".encode(),
    "\u202e".encode(),
    b"A" * 3000,
    b"-0",
    b"\x1b[2J",
)
VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    -1,
    0,
    2**63,
    2**64,
    1e308,
    "",
    "\x00",
    "\u202e",
    "x" * 3000,
    [],
    {},
    [[]],
    [None],
    {"": None},
    "NaN",
    "-1",
    "9" * 400,
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2026-13-45T99:99:99Z",
    "１２",
    "1_000",
    " 1 ",
    "1e5",
)


def mutated(whole: bytes, chance: random.Random) -> bytes:
    """The document with some damage."""
    damaged = whole
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        damaged = chance.choice(_KINDS)(damaged, chance)
    return damaged


def _flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) or 1)
    return data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]


def _cut_out(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _double(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:end] + data[start:end] + data[end:]


def _end_early(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _put_in(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.choice(PIECES) + data[at:]


def _put_over(data: bytes, chance: random.Random) -> bytes:
    start, end = _span(data, chance)
    return data[:start] + chance.choice(PIECES) + data[end:]


def _other_value(data: bytes, chance: random.Random) -> bytes:
    """One value of a JSON document is another, or is gone; of anything else, a piece."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return _put_over(data, chance)
    places = list(_places(document))
    if not places:
        return _put_over(data, chance)
    parent, key = chance.choice(places)
    if chance.random() < 0.2:
        del parent[key]
    else:
        parent[key] = chance.choice(VALUES)
    return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode("utf-8", "replace")


def _places(document: Any) -> "Sequence[tuple[Any, Any]]":
    """Each value of a document, as its parent and its key there."""
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        parent = waiting.pop()
        keys = list(parent) if isinstance(parent, dict) else range(len(parent)) if isinstance(parent, list) else ()
        for key in keys:
            found.append((parent, key))
            waiting.append(parent[key])
    return found


def _span(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.choice((1, 2, 5, 20, 200)))


_KINDS: Final[tuple[Callable[[bytes, random.Random], bytes], ...]] = (
    _flip, _cut_out, _double, _end_early, _put_in, _put_over, _other_value, _other_value, _other_value,
)  # fmt: skip
