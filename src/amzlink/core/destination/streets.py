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
    r"(p\.?\s?o\.?\s?box|postfach|postbus|antwoordnummer|bo[iî]te postale|case postale|"
    r"(apartado|apdo\.?)( de correos| correos)?|cas(ella|\.) post(ale|\.)|skr(ytka|\.) poczt(owa|\.)|postboks|"
    r"postilokero)[\s-]*(nr\.?|no\.?|n[º°])?\s*[\d ]{1,12}",
    re.IGNORECASE | re.ASCII,
)

# One house number: digits, perhaps a letter, perhaps a second one (12, 12a, 12-14, 12/3).
_NUMBER: Final = r"(?P<number>\d{1,4} ?[a-z]?(?:[-/]\d{1,4} ?[a-z]?)?)"
_FRENCH_NUMBER: Final = r"(?P<number>\d{1,4} ?(?:bis|ter|quater|[a-d](?=[ ,]))?)"
# Behind the street such a word still belongs to the number in front, as in "5 rue Hugo bis".
_END_OF_NUMBER: Final = re.compile(r"\b(?:bis|ter|quater)$", re.IGNORECASE)
# No digit in the street's name, or the line has a second number that could be the house's.
_NUMBER_LAST: Final = re.compile(rf"(?P<street>[^\d]*[^\W\d_]{{3}}[^\d]*?),? {_NUMBER}", re.IGNORECASE)
_NUMBER_FIRST: Final = re.compile(rf"{_FRENCH_NUMBER},? (?P<street>[^\d]*[^\W\d_]{{3}}[^\d]*)", re.IGNORECASE)
_BY_COUNTRY: Final[Mapping[str, re.Pattern[str]]] = {
    **dict.fromkeys(("AT", "BE", "CH", "CZ", "DE", "DK", "ES", "FI", "IT", "NL", "NO", "PL", "PT", "SE"), _NUMBER_LAST),
    **dict.fromkeys(("FR", "LU", "MC"), _NUMBER_FIRST),
}
# Words after which a number is not that of a house: of points where parcels are picked up, boxes, parts of a house or
# of a site, plots, roads between towns, and the words for a number, of whatever.
_POINTS: Final = (
    r"packstation|postfiliale|paketbox|paketkasten|\w*paket-?shop|abholstation|pakket(?:automaat|punt)|pakkeshop|"
    r"punkt|point|relais|locker|zásilkovna|box|postfach|postbus|apartado|casella|"
    r"postlagernd|oficina (?:de )?correos|großempfänger|"
    r"(?:paczkomat|automat|z-box|inpost|orlen paczka|poste restante|amazon (?:hub|locker|counter)|camping)\b.*"
)
_PARTS: Final = (
    r"apt|app|appartement|appartamento|apartment|wohnung|top|stiege|haus|gebäude|building|block|etage|floor|stock|"
    r"objekt|terminal|piso|planta|puerta|portal|escalera|nave|local|parcela|manzana|interno|scala|piano|palazzina|"
    r"lotto|capannone|bât|bâtiment|appt|hal|unit|suite|room|zimmer|geb|whg|og|lot|lotissement|résidence|zone|za|zi|"
    r"mieszkanie|lok|działka|dz|bus|boîte|esc|pta|bajo|int|bungalow|chalet|caravan|stacaravan|standplaats|parzelle"
)
# "Am Tor", "Hohes Tor" and "An der Halle" are names of streets.
_PARTS_OR_NAMES: Final = (
    r"(?:^|(?:straße|strasse|str\.?|weg|park|gelände|hafen|bahnhof),? )"
    r"(?:halle|tor|gleis|aufgang|eingang|stand|stellplatz|lager|rampe)"
)
_NUMBERED: Final = (
    r"nr|nº|no|n°|num|núm|nummer|numer|numero|número|numéro|(?:haus|kunden|bus|huis|post)-?(?:nr|nummer)|km|kilomet\w*|"
    r"kilómetro|chilometro|(?:autobahn|ctra\.?|carretera|autovía|autopista|autostrada) [a-z]{1,3}"
)
OTHER_NUMBERS: Final = re.compile(rf"(?:\b(?:{_POINTS}|{_PARTS}|{_NUMBERED})|{_PARTS_OR_NAMES})\.?$", re.IGNORECASE)
# Kinds of streets that are no name by themselves: the number behind one is the name ("Straße 247", "Calle 12"). A
# "Markt", a "Singel" or a "Platz" can be the whole name.
NAMELESS: Final = re.compile(
    r"straße|strasse|str\.?|weg|wijk|straat|calle|c/|avenida|avda?\.?|carretera|ctra\.?|ul\.?|ulica|al\.?|aleja|"
    r"via|viale|strada|(?:strada |s\.)(?:statale|provinciale|regionale|comunale|s\.|p\.|r\.)",
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
    if NAMELESS.fullmatch(street) or (pattern is _NUMBER_FIRST and _END_OF_NUMBER.search(street)):
        return None
    return Street(street, number)


def _both_ways(first: str, second: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (first, second), (second, first)
