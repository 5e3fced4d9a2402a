"""Amazon's delivery address fitted into the fields that Sendcloud has.

Amazon gives a name, a company, three lines and the parts of a city; Sendcloud takes a name, a company, two lines and a
house number (orders API v3). Words are moved to where there is room, never cut off and never made up; what has no room
is the problem `address-unfit`. Lengths are those of the tightest carrier that Sendcloud publishes with one set for all
fields (`amazon`: name 50, lines 60, city 30, postal code 12), because the carrier is chosen only after the order is
sent; the house number's is that of the carriers that demand it apart (InPost, Mondial Relay: 8).
"""

import functools
import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from amzlink.core.destination.address_reader import read_lines
from amzlink.core.destination.pickup_points import PickupPoint, read_pickup_point
from amzlink.core.destination.regions import region_code
from amzlink.core.destination.streets import PO_BOX, Street, read_street
from amzlink.core.orders.order import Recipient
from amzlink.problems import Problem, ProblemName

NAME_LIMIT: Final = 50
COMPANY_LIMIT: Final = 50
LINE_LIMIT: Final = 60
CITY_LIMIT: Final = 30
POSTAL_CODE_LIMIT: Final = 12

_COUNTRY: Final = re.compile("[A-Z]{2}")
_POST_NUMBER: Final = re.compile(r"\d{6,10}", re.ASCII)
# Unicode's category Cc: the control characters of ASCII and of Latin-1.
_CONTROLS: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")

NO_POSTAL_CODE: Final = "-"
"""Sendcloud's model demands at least one character; a dash is one that nobody takes for a code. That every carrier
accepts it is not established."""

# Countries and territories that have no postal codes, or where addresses are good without (Ireland, Panama and others).
# Source: the Universal Postal Union's address pages.
_NONE_NEEDED: Final = frozenset({
    "AE", "AG", "AN", "AO", "AW", "BF", "BI", "BJ", "BO", "BQ", "BS", "BW", "BZ", "CD", "CF", "CG", "CI", "CK", "CM",
    "CW", "DJ", "DM", "ER", "FJ", "GA", "GD", "GH", "GM", "GQ", "GY", "HK", "IE", "JM", "KI", "KM", "KN", "KP", "LC",
    "ML", "MO", "MR", "MS", "MW", "NA", "NR", "NU", "PA", "QA", "RW", "SB", "SC", "SL", "SR", "ST", "SX", "SY", "TD",
    "TG", "TK", "TL", "TO", "TT", "TV", "TZ", "UG", "VU", "WS", "YE", "ZW",
})  # fmt: skip
# Countries whose codes begin with a digit, by the letters that people write in front of it, often with a hyphen
# ("D-10115"). They repeat the country, and carriers take the code alone. Letters that belong to a code (LV-1050, AD500,
# FI's AX-22100) are not here.
_WRITTEN_IN_FRONT: Final = {
    "AT": "A", "BE": "B", "CH": "CH", "CZ": "CZ", "DE": "D", "DK": "DK", "ES": "E", "FI": "FIN", "FR": "F", "IT": "I",
    "LU": "L", "NL": "NL", "NO": "N", "PL": "PL", "PT": "P", "SE": "S", "SK": "SK",
}  # fmt: skip
_OTHER_CODES: Final = {"UK": "GB", "XI": "GB", "EL": "GR"}
"""What institutions write in place of the ISO code; XI is Northern Ireland, which Royal Mail delivers to."""
# Where a postal code says the region already, so that a label does not repeat it.
_CODE_SAYS_REGION: Final = frozenset({
    "AD", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MC", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "SM", "VA",
})  # fmt: skip


class FittedAddress(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An address in Sendcloud's fields. `state_province_code` is ISO 3166-2, `country_code` ISO 3166-1 alpha-2."""

    name: str
    company_name: str | None
    address_line_1: str
    house_number: str | None
    address_line_2: str | None
    postal_code: str
    city: str
    state_province_code: str | None
    country_code: str
    po_box: str | None


def fit_address(recipient: Recipient, order_id: str) -> FittedAddress:
    """The address as Sendcloud takes it.

    Raises:
        Problem: `address-unfit`, naming every field that is missing or does not fit, and never what stands in it.
    """
    faults: list[str] = []
    country = _country(recipient.country_code, faults)
    postal_code = _postal_code(recipient.postal_code, country, faults)
    city = _city(recipient, faults)
    name, company = _names(recipient, faults)
    point = read_pickup_point(
        _given_lines(recipient), country, names=_given_names(recipient), is_told=_is_pickup_point(recipient)
    )
    street, others = _lines(recipient, country, point)
    state = region_code(country, recipient.state_or_region, postal_code)
    others += _wider_places(recipient, country, city, [street.text, *others], state_told=state is not None)
    if not street.text:
        faults.append("the street (address line 1) is missing")
    filled = _fill(name, company, street.text, others, faults)
    if faults:
        raise Problem(ProblemName.ADDRESS_UNFIT, order_id=order_id, detail="; ".join(faults))
    return FittedAddress(
        name=filled[0],
        company_name=filled[1] or None,
        address_line_1=filled[2],
        house_number=street.house_number,
        address_line_2=filled[3] or None,
        postal_code=postal_code,
        city=city,
        state_province_code=state,
        country_code=country,
        po_box=_po_box(recipient, point),
    )


@functools.lru_cache(maxsize=64)
def tidy(text: str | None) -> str:
    """The text on one line: control characters and runs of white space are one space. Anything else stays.

    The same few texts of an order are asked for some thirty times while it is fitted, so the last ones are kept.
    """
    if not text:
        return ""
    return " ".join(text.translate(_CONTROLS).split())


def _country(given: str | None, faults: list[str]) -> str:
    code = tidy(given).upper()
    if not _COUNTRY.fullmatch(code):
        faults.append("the country is missing" if not code else "the country code has not two letters")
    return _OTHER_CODES.get(code, code)


def _postal_code(given: str | None, country: str, faults: list[str]) -> str:
    code = _without_country(tidy(given), country)
    if len(code) > POSTAL_CODE_LIMIT:
        faults.append(f"the postal code has more than {POSTAL_CODE_LIMIT} characters")
    if not code and country not in _NONE_NEEDED:
        faults.append("the postal code is missing")
    return code or NO_POSTAL_CODE


def _without_country(code: str, country: str) -> str:
    if letters := _WRITTEN_IN_FRONT.get(country):
        found = re.fullmatch(rf"(?:{letters}|{country})[\s-]*(\d{{2}}[\d -]*\d(?: ?[A-Z]{{2}})?)", code, re.IGNORECASE)
        return found[1] if found else code
    return code


def _city(recipient: Recipient, faults: list[str]) -> str:
    """The city, or the next wider place where Amazon has no city (city states, some Gulf addresses)."""
    places = (recipient.city, recipient.municipality, recipient.district_or_county, recipient.state_or_region)
    city = next(filter(None, map(tidy, places)), "")
    if not city:
        faults.append("the city is missing")
    if len(city) > CITY_LIMIT:
        faults.append(f"the city has more than {CITY_LIMIT} characters")
    return city


def _names(recipient: Recipient, faults: list[str]) -> tuple[str, str]:
    """Name and company; a company alone is the name, which Sendcloud demands."""
    name, company = tidy(recipient.name), tidy(recipient.company_name)
    if not name and not company:
        faults.append("the name is missing")
    return (name, company) if name else (company, "")


def _given_lines(recipient: Recipient) -> list[str]:
    given = (recipient.address_line_1, recipient.address_line_2, recipient.address_line_3)
    return list(filter(None, map(tidy, given)))


def _given_names(recipient: Recipient) -> list[str]:
    return list(filter(None, map(tidy, (recipient.name, recipient.company_name))))


def _is_pickup_point(recipient: Recipient) -> bool:
    return recipient.address_type == "PICKUP_POINT"


def _lines(recipient: Recipient, country: str, point: PickupPoint | None) -> tuple[Street, list[str]]:
    """The line with the street, and all others in the order in which they came."""
    lines = (
        list(point.lines)
        if point
        else read_lines(
            _given_lines(recipient), country, names=_given_names(recipient), postal_code=tidy(recipient.postal_code)
        )
    )
    name, number = tidy(recipient.street_name), tidy(recipient.street_number)
    extra = [tidy(recipient.complement), tidy(recipient.neighborhood)]
    if not lines:
        lines = [" ".join(filter(None, (name, number)))]
    else:
        extra = [name, number, *extra]  # they repeat the lines as a rule; what they add is kept
    others = lines[1:]
    for part in extra:
        if part and not _said(part, lines):
            others.append(part)
            lines = [*lines, part]
    if _is_pickup_point(recipient) or point or PO_BOX.fullmatch(lines[0]):
        return Street(lines[0], None), others  # its number is the point's, not a house's
    return read_street(lines[0], name, number, country), others


def _wider_places(
    recipient: Recipient, country: str, city: str, lines: Sequence[str], *, state_told: bool
) -> list[str]:
    """District, municipality and region, as far as nothing else says them."""
    wanted = [recipient.district_or_county, recipient.municipality]
    code_says = country in _CODE_SAYS_REGION and bool(tidy(recipient.postal_code))
    if not state_told and not code_says:
        wanted.append(recipient.state_or_region)
    found: list[str] = []
    for place in map(tidy, wanted):
        if place and not _said(place, [city, *lines, *found]):
            found.append(place)
    return found


def _said(part: str, lines: Iterable[str]) -> bool:
    """Whether one of the lines holds all words of the part, one after the other."""
    words = f" {' '.join(_bare_words(part))} "
    return any(words in f" {' '.join(_bare_words(line))} " for line in lines)


def _bare_words(text: str) -> list[str]:
    return [word.strip(",;") for word in text.casefold().split()]


def _po_box(recipient: Recipient, point: PickupPoint | None) -> str | None:
    """The post number of a pick-up point, or a post box among the lines; the lines keep it too."""
    if point and point.post_number:
        return point.post_number
    lines = _given_lines(recipient)
    if _is_pickup_point(recipient):
        return next((line for line in lines[1:] if _POST_NUMBER.fullmatch(line)), None)
    return next((line for line in lines if PO_BOX.fullmatch(line)), None)


def _fill(name: str, company: str, street: str, others: Sequence[str], faults: list[str]) -> tuple[str, str, str, str]:
    """Name, company, first and second line with every word in one of them, in the order in which they are read."""
    filled_name, more_name = _take(name.split(), NAME_LIMIT)
    filled_company, more_company = _take(company.split(), COMPANY_LIMIT)
    if more_name and not company:
        filled_company, more_name = _take(more_name, COMPANY_LIMIT)
    first, more_street = _take(street.split(), LINE_LIMIT)
    rest = [*_listed([more_name, more_company]), *more_street]
    if rest and others:
        rest = _listed([rest])
    second, left = _take([*rest, *_listed([other.split() for other in others], last=True)], LINE_LIMIT)
    if left and not filled_company:
        filled_company, left = _take(left, COMPANY_LIMIT)
    if name and not filled_name:
        faults.append(f"the name has a word of more than {NAME_LIMIT} characters")
    if street and not first:
        faults.append(f"the street (address line 1) has a word of more than {LINE_LIMIT} characters")
    elif left:
        faults.append("the name and the address lines together are longer than the lines there are")
    return filled_name, filled_company, first, second


def _listed(parts: Sequence[list[str]], *, last: bool = False) -> list[str]:
    """The words of all parts, each part ending with a comma; the very last one only where more is to follow."""
    full = [part for part in parts if part]
    words: list[str] = []
    for position, part in enumerate(full):
        ends = last and position == len(full) - 1
        words += part if ends or part[-1].endswith((",", ";")) else [*part[:-1], f"{part[-1]},"]
    return words


def _take(words: list[str], limit: int) -> tuple[str, list[str]]:
    """As many words as fit, and those that are left; a comma that ends the line goes."""
    taken = 0
    length = -1
    for word in words:
        if length + 1 + len(word) > limit + word.endswith(","):
            break
        length += 1 + len(word)
        taken += 1
    return " ".join(words[:taken]).rstrip(",").rstrip(), words[taken:]
