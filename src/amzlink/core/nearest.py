"""What somebody probably meant: the names that look like a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_ALIKE: Final = 0.7  # of difflib's ratio: one or two slips in a word, and no other word
_MOST: Final = 2


def nearest(name: str, candidates: Iterable[str], alike: float = _ALIKE) -> tuple[str, ...]:
    """The candidates that look like the name or go on from it, in capitals or not, the likeliest first; two at most.

    `alike` is how much at least, from 0 to 1, by difflib's ratio.
    """
    by_spelling: dict[str, str] = {}
    for candidate in candidates:
        by_spelling.setdefault(candidate.casefold(), candidate)
    typed = name.strip().casefold()
    alike_ones = get_close_matches(typed, by_spelling, _MOST, alike)
    longer = [spelling for spelling in by_spelling if typed and spelling.startswith(f"{typed}-")]
    return tuple(by_spelling[spelling] for spelling in list(dict.fromkeys([*alike_ones, *longer]))[:_MOST])
