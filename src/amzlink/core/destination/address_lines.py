"""What one line of an address is: a street with its number, a company, a unit, a number alone.

Every judgement is the country's own, by the tables of `address_words`. A line is judged by its text alone; what follows
from the lines together is `address_reader`'s.
"""

import re
from typing import Final

import msgspec

from amzlink.core.destination.address_words import (
    ALWAYS_TYPED,
    CARE_OF,
    FILLERS,
    HOUSE_NUMBER,
    MONTHS,
    NO_NUMBER,
    NUMBER_FIRST,
    NUMBER_SIGN,
    UNTYPED,
    Tables,
    says_company,
    tables_of,
    unit_of_any_language,
)
from amzlink.core.destination.streets import NAMELESS, OTHER_NUMBERS, PO_BOX, split_number

_SIGNED: Final = rf"(?:(?:{NUMBER_SIGN}) ?)?"
_HOUSE: Final = re.compile(rf"(?<![^ ,;(]){_SIGNED}(?P<number>{HOUSE_NUMBER})(?=$|[ ,;/(-])", re.IGNORECASE)
_HOUSE_BEFORE: Final = re.compile(rf"(?<![^ ,;(])(?P<number>{HOUSE_NUMBER}) ?,? ?$", re.IGNORECASE)
_NUMBER_ALONE: Final = re.compile(rf"{_SIGNED}{HOUSE_NUMBER}", re.IGNORECASE)
_NUMBER_AND_MORE: Final = re.compile(rf"(?P<number>{HOUSE_NUMBER})(?: ?, ?| )(?P<more>.+)", re.IGNORECASE)
_NO_NUMBER: Final = re.compile(rf"(?<![\w.])(?:{NO_NUMBER})$", re.IGNORECASE)
_MONTH_AFTER: Final = re.compile(rf" {MONTHS}", re.IGNORECASE)
_YEAR_OF_A_DATE: Final = re.compile(rf"(?<!\w){MONTHS}$", re.IGNORECASE)
_YEAR: Final = re.compile(r"1[5-9]\d\d|20\d\d", re.ASCII)
_KILOMETRE: Final = re.compile(r"(?<!\w)km\.?$", re.IGNORECASE)
_DIGIT_FIRST: Final = re.compile(rf"{HOUSE_NUMBER},? [^\W\d_][^\d]{{3}}", re.IGNORECASE)
# Mannheim's streets have no names: its centre is numbered in squares, and so are the houses in them.
_MANNHEIM: Final = ("68159", "68161")
_SQUARE: Final = re.compile(rf"[a-u] ?\d{{1,2}}(?P<house>,? {HOUSE_NUMBER})?", re.IGNORECASE)
_POLISH_DATE: Final = re.compile(rf"\d{{1,2}} {MONTHS},? {HOUSE_NUMBER}", re.IGNORECASE)
_TWO_NUMBERS: Final = re.compile(r" ?\d{1,4}[ ,]+(?:nr\.? ?)?\d", re.IGNORECASE | re.ASCII)
_TWO_WORDS: Final = re.compile(r"\w[ '’-]\w")
_SEPARATORS: Final = (",", ";", "/", "(", "-")


def has_street(line: str, country: str) -> bool:
    """Whether a street and its house number stand in the line for certain, by a word such as "Straße" or "rue".

    "Lindenstraße" has no number; the numbers of "Straße des 17. Juni", of "Calle 12 de Octubre" and of "Haus 5" are no
    house's.
    """
    tables = tables_of(country)
    if country == "PL" and _POLISH_DATE.match(line):
        return True
    if tables.english and any(
        not _follows_a_unit(line[: found.start()], tables) for found in tables.english.finditer(line)
    ):
        return True
    if tables.endings:
        for word in tables.endings.finditer(line):
            behind = line[word.end() :]
            is_named = not NAMELESS.fullmatch(line[: word.end()]) or bool(_TWO_NUMBERS.match(behind))
            if _has_number(behind, bare_name=is_named):
                return True
    found = tables.beginnings.search(line) if tables.beginnings else None
    if found is None:
        return False
    # "Gran Vía" and "Grand-Rue" are names already.
    if _has_number(line[found.end() :], bare_name=bool(_TWO_WORDS.search(found[0].strip()))):
        return True
    ahead = _HOUSE_BEFORE.search(line, 0, found.start())
    return ahead is not None and not OTHER_NUMBERS.search(line[: ahead.start()].rstrip(" ,"))


def has_place(line: str, country: str) -> bool:
    """Whether it is a street that is called after where it lies, with its number: "Am Markt 7"."""
    pattern = tables_of(country).place
    found = pattern.match(line) if pattern else None
    return found is not None and not says_company(line)


def may_be_street(line: str, country: str) -> bool:
    """Whether the line can be a street with its number, though no word in it says so: "Damrak 5", "12 Le Bourg"."""
    if unit_of_any_language().fullmatch(line):
        return False
    if country in UNTYPED and country in NUMBER_FIRST and _DIGIT_FIRST.match(line):
        return True
    return split_number(line, country) is not None


def names_street(line: str, country: str) -> bool:
    """Whether the line has a word such as "Straße" or "rue" where the name of a street has it."""
    pattern = tables_of(country).named
    return bool(pattern and pattern.search(line))


def is_square(line: str, postal_code: str, *, with_house: bool) -> bool:
    """Whether the line is one of Mannheim's squares ("Q5"), with the number of the house or without it."""
    found = _SQUARE.fullmatch(line) if postal_code in _MANNHEIM else None
    return found is not None and bool(found["house"]) is with_house


def is_unit(line: str, country: str) -> bool:
    """Whether the line is a part of a house or of a company: "2. OG links", "Flat 2", "3º B", "Halle 4"."""
    pattern = tables_of(country).unit
    return bool(pattern and pattern.fullmatch(line))


def is_care_of(line: str) -> bool:
    """Whether the line names somebody with whom the recipient can be reached."""
    return bool(CARE_OF.fullmatch(line))


def is_number(line: str) -> bool:
    """Whether the line is a house number and nothing else, a sign such as "Nr." aside."""
    return bool(_NUMBER_ALONE.fullmatch(line))


class NumberAndMore(msgspec.Struct, frozen=True, gc=False):
    """A line that begins with the house number and goes on with something else, which may be empty."""

    number: str
    more: str


def number_and_more(line: str, country: str, postal_code: str) -> NumberAndMore | None:
    """The parts of a line such as "8", "8, 2. OG" or "8, 04109 Leipzig"; None where its number may be no house's."""
    if is_number(line):
        return None if line in {postal_code, *postal_code.split()} else NumberAndMore(line, "")
    found = _NUMBER_AND_MORE.fullmatch(line)
    if found is None or is_unit(line, country):
        return None
    ends = is_unit(found["more"], country) or (postal_code and found["more"].startswith(postal_code))
    return NumberAndMore(found["number"], found["more"]) if ends else None


def is_box(line: str) -> bool:
    """Whether the line is a post box with its number."""
    return bool(PO_BOX.fullmatch(line))


def street_words_are_usual(country: str) -> bool:
    """Whether a line without a word such as "rue" is hardly ever the country's street."""
    return country in ALWAYS_TYPED


def _has_number(after: str, *, bare_name: bool) -> bool:
    """Whether a house number follows the street word; `bare_name` where the word is a name already (Lindenstraße)."""
    for found in _HOUSE.finditer(after):
        before, behind = after[: found.start()].rstrip(" ,"), after[found.end() :]
        if not (bare_name or _says_a_name(before)) or _is_of_a_date(found["number"], before, behind):
            continue
        if OTHER_NUMBERS.search(before) and not _KILOMETRE.search(before):
            continue
        goes_on = says_company(behind) and not behind.lstrip().startswith(_SEPARATORS)
        return not (goes_on or says_company(before))
    return bool(_NO_NUMBER.search(after)) and (bare_name or _says_a_name(after))


def _follows_a_unit(before: str, tables: Tables) -> bool:
    """Whether the number behind this text is a flat's: its last word is "Unit" or alike."""
    word = before.rstrip(" ,").rpartition(" ")[2]
    return bool(tables.unit and tables.unit.fullmatch(word))


def _says_a_name(text: str) -> bool:
    words = re.findall(r"[^\W\d_]{2,}", text)
    return any(word.casefold() not in FILLERS for word in words)


def _is_of_a_date(number: str, before: str, behind: str) -> bool:
    if _MONTH_AFTER.match(behind):
        return True
    return bool(_YEAR.fullmatch(number) and _YEAR_OF_A_DATE.search(before))
