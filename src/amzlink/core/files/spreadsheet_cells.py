"""What spreadsheets make of the cells of a CSV file, and how a value gets through them unharmed.

A spreadsheet runs a cell that looks like a formula, and rewrites one that looks like a number, a date or a time: once
the file is saved, `00123` is `123`, `1-2` a day in winter, and a long number 4.00638E+12.
"""

import functools
import re
import unicodedata
from typing import Final

from amzlink.core.files.month_names import MONTH_NAMES

FORMULA_MARKS: Final = (
    "=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20",
    "\ufe66", "\ufe62", "\ufe63", "\ufe6b",
)  # fmt: skip
"""A spreadsheet takes a cell that begins like this for a formula, and runs it; the wide and the small forms too."""

_GUARD: Final = "'"
_MINUS: Final = "\u2212"
_WIDE: Final = ("\uff01", "\uff5e")
_WIDE_BY: Final = 0xFEE0
# Marks that take no room, though Unicode has them for letters or signs: fillers, joiners, selectors of a form.
_SEEN_BY_NOBODY: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, [*range(0xFE00, 0xFE10), *range(0x180B, 0x1810)])
)
_PLAIN_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,10}")  # from twelve digits on it is shown, and saved, rounded
_LIKE_A_NUMBER: Final = re.compile(r"[\s.,:/'%€$£¥()Ee+-]*[0-9][\s0-9.,:/'%€$£¥()Ee+-]*")
_LIKE_A_TIME: Final = re.compile(r"[0-9]{1,2}(:[0-9]{1,2}){0,2}\s*[ap]m?", re.IGNORECASE)
_LIKE_A_TRUTH: Final = frozenset({"true", "false", "wahr", "falsch", "vrai", "faux", "vero", "falso", "verdadero"})


def harmless(text: str) -> str:
    """A text that no spreadsheet runs; it is for the eye, and not read back.

    White space and marks that nobody sees do not hide a formula: some programs drop them before they look.
    """
    return f"{_GUARD}{text}" if _is_run(text) else text


def guard(text: str) -> str:
    """A value that no spreadsheet runs or rewrites; `unguard` gives it back to the letter."""
    return f"{_GUARD}{text}" if _is_touched(text) else text


def unguard(cell: str) -> str:
    """The value of a cell that `guard` has made, or that somebody typed; what is typed loses the space around it."""
    bare = cell.lstrip()
    if bare.startswith(_GUARD) and _is_touched(bare[1:]):
        return bare[1:]
    return _without_formula(cell.strip())


def unwrapped(cell: str) -> str:
    """A typed value without what spreadsheets put around it: space, a leading apostrophe, `="..."`."""
    text = cell.strip()
    return _without_formula(_without_formula(text).removeprefix(_GUARD).strip())


def tidied(cell: str) -> str:
    """A typed value as `unwrapped` gives it, in plain signs: what word processors and web pages make of it is undone.

    Spaces of any width become a space, dashes of any length and the minus sign a hyphen, and the wide letters and
    digits of Japanese keyboards those of all others. Marks that nobody sees go.
    """
    return unwrapped("".join(_plain_sign(sign) for sign in cell))


def _plain_sign(sign: str) -> str:
    if sign.isascii():
        return sign
    if _is_invisible(sign):
        return ""
    category = unicodedata.category(sign)
    if category == "Zs":
        return " "
    if category == "Pd" or sign == _MINUS:
        return "-"
    return chr(ord(sign) - _WIDE_BY) if _WIDE[0] <= sign <= _WIDE[1] else sign


def _is_invisible(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or sign in _SEEN_BY_NOBODY


def _is_run(text: str) -> bool:
    """Whether a spreadsheet may take it for a formula, once it has dropped what nobody sees."""
    if text.startswith(FORMULA_MARKS):
        return True
    for sign in text:
        if not (sign.isspace() or _is_invisible(sign) or unicodedata.category(sign) in ("Cc", "Zs")):
            return sign in FORMULA_MARKS
    return False


def _without_formula(text: str) -> str:
    formula = re.fullmatch(r'="([^"]*)"', text)
    return formula[1].strip() if formula else text


@functools.cache
def _like_a_date() -> re.Pattern[str]:
    """Made when it is needed: with so many names that takes milliseconds, and few runs have to do with files."""
    months = "|".join(MONTH_NAMES)
    return re.compile(
        rf"[0-9]{{1,4}}[\s./-]*({months})\.?([\s./-]*[0-9]{{1,4}})?|({months})\.?[\s./-]*[0-9]{{1,4}}", re.IGNORECASE
    )


def _is_touched(text: str) -> bool:
    """Whether a spreadsheet would run or rewrite a cell, or `unguard` would take something from it."""
    if text != text.strip() or text.startswith(_GUARD) or _is_run(text):
        return True
    if _PLAIN_NUMBER.fullmatch(text):
        return False
    likenesses = (_LIKE_A_NUMBER, _LIKE_A_TIME, _like_a_date())
    return text.casefold() in _LIKE_A_TRUTH or any(likeness.fullmatch(text) for likeness in likenesses)
