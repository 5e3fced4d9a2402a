"""Amazon's order numbers, as people type and paste them.

A number has three groups, of 3, 7 and 7 digits (`402-1234567-1234567`); a letter can stand in the first one. People
paste it with a `#`, with spaces or dashes of any kind, or inside a sentence, and type only its beginning.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from amzlink.core.files.spreadsheet_cells import tidied

ORDER_NUMBER: Final = re.compile(r"[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}")
"""A whole number, in Amazon's form."""

_IN_A_TEXT: Final = re.compile(rf"(?<![0-9A-Z]){ORDER_NUMBER.pattern}(?![0-9A-Z])", re.IGNORECASE)
_BARE: Final = re.compile(r"[0-9A-Z]{3}[0-9]{14}")
_BEGINNING: Final = re.compile(r"[0-9]{1,16}|[A-Z][0-9]{2,15}")
_DIGITS: Final = "0123456789"
_LENGTH: Final = 17


class TypedNumber(msgspec.Struct, frozen=True):
    """What somebody typed, in Amazon's form: a whole order number, or only its beginning."""

    text: str
    is_whole: bool


def order_numbers_in(text: str) -> tuple[str, ...]:
    """The order numbers that stand in a text, each once, in capitals and in their order."""
    return tuple(dict.fromkeys(found.upper() for found in _IN_A_TEXT.findall(text)))


def read_order_number(typed: str) -> TypedNumber | None:
    """The order number that is meant; None where the text is none, and no beginning of one either."""
    text = tidied(typed)
    found = {each.upper() for each in _IN_A_TEXT.findall(text)}
    if len(found) == 1:
        return TypedNumber(found.pop(), is_whole=True)
    text = _squeezed(text)
    bare = text.replace("-", "")
    if _BARE.fullmatch(bare):
        return TypedNumber(_grouped(bare), is_whole=True)
    # Groups that are too short are a slip, and not a number that was cut short.
    if _BEGINNING.fullmatch(bare) and text in (bare, _grouped(bare), f"{_grouped(bare)}-"):
        return TypedNumber(_grouped(bare), is_whole=False)
    return None


def one_slip_away(typed: str) -> tuple[str, ...]:
    """The order numbers that become the typed text by one slip.

    A slip is a wrong digit, two neighbours that are swapped, a digit too many, or one too few: some 170 numbers, which
    a book looks up by its index. So finding the number that was meant takes as long in a large book as in a small one.
    """
    bare = _squeezed(tidied(typed)).replace("-", "")
    meant = {_grouped(each) for each in _before_the_slip(bare) if _BARE.fullmatch(each)}
    return tuple(sorted(meant - {_grouped(bare)}))


def _before_the_slip(bare: str) -> Iterator[str]:
    for place in range(len(bare) + 1):
        head, tail = bare[:place], bare[place:]
        if len(bare) == _LENGTH - 1:
            yield from (head + digit + tail for digit in _DIGITS)
        elif len(bare) == _LENGTH and tail:
            yield from (head + digit + tail[1:] for digit in _DIGITS)
            yield head + tail[1:2] + tail[:1] + tail[2:]
        elif len(bare) == _LENGTH + 1 and tail:
            yield head + tail[1:]


def _squeezed(text: str) -> str:
    return "".join(text.split()).upper().strip("#.,;:\"'()")


def _grouped(bare: str) -> str:
    return "-".join(part for part in (bare[:3], bare[3:10], bare[10:]) if part)
