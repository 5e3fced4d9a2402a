"""What somebody probably meant: the names that look like a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches
from operator import ne
from typing import Final

_ALIKE: Final = 0.7  # of difflib's ratio: one or two slips in a word, and no other word
_MOST: Final = 2
_WRONG_DIGITS: Final = 2


def nearest(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The candidates that look like the name, in capitals or not, the likeliest first; two at most."""
    by_spelling: dict[str, str] = {}
    for candidate in candidates:
        by_spelling.setdefault(candidate.casefold(), candidate)
    typed = name.strip().casefold()
    return tuple(by_spelling[spelling] for spelling in get_close_matches(typed, by_spelling, _MOST, _ALIKE))


def nearest_numbers(number: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The order numbers that differ from this one by a digit or two, two at most; a swap of neighbours is two.

    Looking through a whole order book takes a fraction of a second, so it is for the moment of a mistake.
    """
    typed = number.strip()
    found: list[tuple[int, str]] = []
    for candidate in candidates:
        if len(candidate) == len(typed):
            wrong = sum(map(ne, candidate, typed))
            if wrong <= _WRONG_DIGITS:
                found.append((wrong, candidate))
    return tuple(candidate for _, candidate in sorted(found)[:_MOST])
