"""Reads the lines of an address together, and puts the street with its house number first.

Carriers and Sendcloud look for the house number in the first line, and only there (docs/services/sendcloud.md,
"Addresses and phone numbers"). Buyers put their company, a floor or "c/o" there, or break the number off into a line of
its own. Words change their place only; where the lines can be read in two ways they stay as they are.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

from amzlink.core.destination.address_lines import (
    has_place,
    has_street,
    is_box,
    is_care_of,
    is_square,
    is_unit,
    may_be_street,
    names_street,
    number_and_more,
    street_words_are_usual,
)
from amzlink.core.destination.address_words import LANGUAGES, NUMBER_FIRST, says_company, says_trade
from amzlink.core.destination.pickup_points import is_pickup_point

LONGEST_LINE: Final = 120
"""Characters. No form has room for more in a line; what is longer is left as it is."""

# By the French norm for addresses (AFNOR XP Z10-011) a building without a number may stand before its street.
_ONE_WORD_MAY_BELONG: Final = frozenset({"FR", "LU"})
_ENDS_IN_NUMBER: Final = re.compile(r"\d\w{0,2}$", re.ASCII)


def read_lines(lines: Sequence[str], country: str, *, names: Collection[str], postal_code: str) -> list[str]:
    """The lines with the street first and its house number in it, as far as both are certain.

    Args:
        lines: the lines as they came, none of them empty.
        country: ISO 3166-1 alpha-2.
        names: the recipient's and the company's name; a line that only repeats one is no street.
        postal_code: a line that only repeats it is no house number.
    """
    if any(len(line) > LONGEST_LINE for line in lines):
        return list(lines)
    parts = [part for line in lines for part in _parts(line, country)]
    if len(parts) < 2:  # noqa: PLR2004 - one line has no other
        return parts
    read = _Lines(parts, country, names, postal_code)
    return parts if read.is_right() else read.with_number_joined() or read.with_street_first()


def _parts(line: str, country: str) -> list[str]:
    """The line in two, where a company or "c/o" and a street stand in it one after the other."""
    if "," not in line or country not in LANGUAGES:
        return [line]
    first, _, rest = (part.strip() for part in line.partition(","))
    apart = first and (says_company(first) or is_care_of(first))
    if apart and not has_street(first, country) and has_street(rest, country) and not says_company(rest):
        return [first, rest]
    return [line]


class _Lines:
    """The lines of one address, with what is known beside them."""

    def __init__(self, lines: list[str], country: str, names: Collection[str], postal_code: str) -> None:
        self._lines = lines
        self._country = country
        self._names = {_bare(name) for name in names if name}
        self._postal_code = postal_code

    def is_right(self) -> bool:
        """Whether the first line is a street with its number for certain."""
        return self._has_street(self._lines[0])

    def with_number_joined(self) -> list[str] | None:
        """The lines with a house number that has a line of its own put to its street; None where there is none."""
        country = self._country
        if country not in LANGUAGES:
            return None
        found = [number_and_more(line, country, self._postal_code) for line in self._lines]
        places = [place for place, parts in enumerate(found) if parts]
        others = [line for line, parts in zip(self._lines, found, strict=True) if not parts]
        if len(places) != 1 or any(map(self._is_numbered, others)):
            return None
        place, parts = places[0], found[places[0]]
        street = self._street_beside(place)
        if street is None or parts is None:
            return None
        name, number = self._lines[street], parts.number
        # Behind a sign such as "n°" the number may stand on either side of the name, so that the buyer's order stays.
        leads = country in NUMBER_FIRST if number[0].isdigit() else place < street
        rest = [parts.more if at == place else line for at, line in enumerate(self._lines) if at != street]
        return [f"{number} {name}" if leads else f"{name} {number}", *filter(None, rest)]

    def with_street_first(self) -> list[str]:
        """The lines with the one first that is the street with its number, where that is certain."""
        found = self._street_with_number()
        if not found:
            return self._lines
        return [self._lines[found], *self._lines[:found], *self._lines[found + 1 :]]

    def _street_with_number(self) -> int | None:
        """The place of the line that belongs first; None where the first one is the street, or may be."""
        first, country = self._lines[0], self._country
        if is_box(first) or is_pickup_point(first, country):
            return None
        candidates = [
            place for place, line in enumerate(self._lines) if place and not is_care_of(line) and not is_box(line)
        ]
        typed = [place for place in candidates if self._has_street(self._lines[place])]
        placed = [place for place in candidates if has_place(self._lines[place], country)]
        certain = [*typed, *placed][:1]
        sure = self._is_nobodys_street(first)
        if not sure and has_place(first, country):
            return None
        if sure or is_unit(first, country) or says_trade(first):
            untyped = [place for place in candidates if self._may_be_street(self._lines[place])]
            return next(iter(certain or (untyped if len(untyped) == 1 else [])), None)
        if self._names_street(first):
            return None
        return next(iter(self._after_unknown(first, typed, certain)), None)

    def _after_unknown(self, first: str, typed: list[int], certain: list[int]) -> list[int]:
        """What may go before a first line of which nothing is known: a shop, a house's name, a village."""
        if may_be_street(first, self._country) or _ENDS_IN_NUMBER.search(first):
            return typed if street_words_are_usual(self._country) else []
        return [] if " " not in first and self._country in _ONE_WORD_MAY_BELONG else certain

    def _has_street(self, line: str) -> bool:
        return has_street(line, self._country) or (
            self._country == "DE" and is_square(line, self._postal_code, with_house=True)
        )

    def _names_street(self, line: str) -> bool:
        return names_street(line, self._country) or (
            self._country == "DE" and is_square(line, self._postal_code, with_house=False)
        )

    def _is_nobodys_street(self, line: str) -> bool:
        """Whether it is a company by its legal form, somebody's "c/o", or only the recipient's name once more."""
        return says_company(line) or is_care_of(line) or _bare(line) in self._names

    def _may_be_street(self, line: str) -> bool:
        country = self._country
        return may_be_street(line, country) and not (
            is_unit(line, country) or says_company(line) or is_pickup_point(line, country) or says_trade(line)
        )

    def _is_numbered(self, line: str) -> bool:
        """Whether the line has a number that is its own street's, or may be."""
        country = self._country
        if is_unit(line, country) or says_company(line):
            return False
        return self._has_street(line) or has_place(line, country) or may_be_street(line, country)

    def _street_beside(self, number: int) -> int | None:
        """The one line that the number can belong to: it names a street, or stands beside it and is nothing else."""
        country = self._country
        free = [
            place
            for place, line in enumerate(self._lines)
            if place != number
            and not (self._is_nobodys_street(line) or is_unit(line, country) or is_box(line))
            and not is_pickup_point(line, country)
        ]
        named = [place for place in free if self._names_street(self._lines[place])]
        if named:
            return named[0] if len(named) == 1 else None
        free = [place for place in free if not says_trade(self._lines[place])]
        if len(free) != 1 or abs(free[0] - number) != 1 or any(map(str.isdigit, self._lines[free[0]])):
            return None
        return None if "en" in LANGUAGES[country] else free[0]


def _bare(text: str) -> str:
    return " ".join(text.casefold().replace(",", " ").split())
