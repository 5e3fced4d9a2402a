"""What spreadsheets make of the cells of a CSV file, and how a value gets through them unharmed.

A spreadsheet runs a cell that looks like a formula, and rewrites one that looks like a number, a date or a time: once
the file is saved, `00123` is `123`, `1-2` a day in winter, and a long number 4.00638E+12.
"""

import re
from typing import Final

FORMULA_MARKS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A spreadsheet takes a cell that begins like this for a formula, and runs it."""

_GUARD: Final = "'"
_PLAIN_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,10}")  # from twelve digits on it is shown, and saved, rounded
_LIKE_A_NUMBER: Final = re.compile(r"[\s.,:/'%€$£¥()Ee+-]*[0-9][\s0-9.,:/'%€$£¥()Ee+-]*")
_LIKE_A_TIME: Final = re.compile(r"[0-9]{1,2}(:[0-9]{1,2}){0,2}\s*[ap]m?", re.IGNORECASE)
# The names of months as Excel takes them for dates in English, German, French, Spanish, Italian and Dutch.
_MONTHS: Final = (
    "jan|january|januar|janv|janvier|ene|enero|gen|gennaio|januari|feb|february|februar|févr|février|febrero|febbraio|"
    "februari|mar|march|mär|mrz|märz|mars|marzo|mrt|maart|apr|april|avr|avril|abr|abril|aprile|may|mai|mayo|mag|maggio|"
    "mei|jun|june|juni|juin|junio|giu|giugno|jul|july|juli|juil|juillet|julio|lug|luglio|aug|august|août|ago|agosto|"
    "augustus|sep|sept|september|septembre|septiembre|set|settembre|oct|october|okt|oktober|octobre|octubre|ott|ottobre|"
    "nov|november|novembre|noviembre|dec|december|dez|dezember|déc|décembre|dic|diciembre|dicembre"
)
_LIKE_A_DATE: Final = re.compile(
    rf"[0-9]{{1,4}}[\s./-]*({_MONTHS})\.?([\s./-]*[0-9]{{1,4}})?|({_MONTHS})\.?[\s./-]*[0-9]{{1,4}}", re.IGNORECASE
)
_LIKE_A_TRUTH: Final = frozenset({"true", "false", "wahr", "falsch", "vrai", "faux", "vero", "falso", "verdadero"})


def harmless(text: str) -> str:
    """A text that no spreadsheet runs; it is for the eye, and not read back."""
    return f"{_GUARD}{text}" if text.startswith(FORMULA_MARKS) else text


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
    return _without_formula(cell.strip()).removeprefix(_GUARD).strip()


def _without_formula(text: str) -> str:
    formula = re.fullmatch(r'="([^"]*)"', text)
    return formula[1].strip() if formula else text


def _is_touched(text: str) -> bool:
    """Whether a spreadsheet would run or rewrite a cell, or `unguard` would take something from it."""
    if text != text.strip() or text.startswith((*FORMULA_MARKS, _GUARD)):
        return True
    if _PLAIN_NUMBER.fullmatch(text):
        return False
    likenesses = (_LIKE_A_NUMBER, _LIKE_A_TIME, _LIKE_A_DATE)
    return text.casefold() in _LIKE_A_TRUTH or any(likeness.fullmatch(text) for likeness in likenesses)
