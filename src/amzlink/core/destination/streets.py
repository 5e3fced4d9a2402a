"""Where the house number can be taken apart from a street's line for certain."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

HOUSE_NUMBER_LIMIT: Final = 8


class Street(msgspec.Struct, frozen=True, gc=False):
    """A street line, and its house number where that could be taken apart."""

    text: str
    house_number: str | None


PO_BOX: Final = re.compile(
    r"(p\.?\s?o\.?\s?box|postfach|postbus|bo[iî]te postale|apartado( de correos)?|casella postale|skrytka pocztowa)"
    r"\s*(nr\.?|no\.?|n[º°])?\s*[\d ]{1,12}",
    re.IGNORECASE | re.ASCII,
)

# One house number: digits, perhaps a letter, perhaps a second one (12, 12a, 12-14, 12/3).
_NUMBER: Final = r"(?P<number>\d{1,4} ?[a-z]?(?:[-/]\d{1,4} ?[a-z]?)?)"
_FRENCH_NUMBER: Final = r"(?P<number>\d{1,4} ?(?:bis|ter|quater|[a-d](?=[ ,]))?)"
# No digit in the street's name, or the line has a second number that could be the house's.
_NUMBER_LAST: Final = re.compile(rf"(?P<street>[^\d]*[^\W\d_]{{3}}[^\d]*?),? {_NUMBER}", re.IGNORECASE)
_NUMBER_FIRST: Final = re.compile(rf"{_FRENCH_NUMBER},? (?P<street>[^\d]*[^\W\d_]{{3}}[^\d]*)", re.IGNORECASE)
_BY_COUNTRY: Final[Mapping[str, re.Pattern[str]]] = {
    **dict.fromkeys(("AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "IT", "NL", "NO", "PL", "PT", "SE"), _NUMBER_LAST),
    **dict.fromkeys(("FR", "LU", "MC"), _NUMBER_FIRST),
}
# Words after which a number is not that of a house.
OTHER_NUMBERS: Final = re.compile(
    r"\b(packstation|postfiliale|paketbox|abholstation|paczkomat|punkt|point|relais|locker|box|postfach|postbus|apartado|"
    r"casella|apt|app|appartement|appartamento|apartment|wohnung|top|stiege|haus|gebäude|building|block|etage|floor|"
    r"stock|piso|planta|puerta|portal|escalera|interno|scala|piano|palazzina|bât|bâtiment|appt|hal|unit|suite|km|room|"
    r"zimmer|geb|whg|og|nr|nº|no|lot|lotissement|résidence|zone|za|zi|mieszkanie|lok|bus|boîte|esc|pta|bajo|int)\.?$",
    re.IGNORECASE,
)


def read_street(line: str, street_name: str, street_number: str, country: str) -> Street:
    """The street line with its house number apart: by Amazon's own parts where given, else by the country's habit."""
    if 0 < len(street_number) <= HOUSE_NUMBER_LIMIT and street_name:
        joined = {" ".join(f"{a} {b}".replace(",", " ").split()) for a, b in _both_ways(street_name, street_number)}
        if " ".join(line.replace(",", " ").split()) in joined:
            return Street(street_name, street_number)
    return split_number(line, country) or Street(line, None)


def split_number(line: str, country: str) -> Street | None:
    """Street and house number, where the line holds exactly one number and the country writes it there."""
    pattern = _BY_COUNTRY.get(country)
    found = pattern.fullmatch(line) if pattern else None
    if found is None:
        return None
    street, number = found["street"].rstrip(" ,"), found["number"].strip()
    if len(number) > HOUSE_NUMBER_LIMIT or OTHER_NUMBERS.search(street) or PO_BOX.fullmatch(line):
        return None
    return Street(street, number)


def _both_ways(first: str, second: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (first, second), (second, first)
