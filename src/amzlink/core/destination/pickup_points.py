"""DHL's lockers and post offices among the lines of an address, in whatever order and words a buyer gives them.

Facts: docs/services/sendcloud.md, "Addresses and phone numbers". The street has to be "Packstation 123"; the buyer's
post number, six to ten digits, is sent apart as `po_box` and stays in its line too.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

_STATIONS: Final[Mapping[str, str]] = {
    "DE": r"(?:an (?:die |der )?)?(?:dhl[ -]?|deutsche post )?(?:pack[ -]?station|post[ -]?filiale|paket[ -]?shop)",
    "AT": r"(?:post[ -]?)?(?:abhol[ -]?station|abhol[ -]?box)",
}
_STATION_NUMBER: Final = r" ?(?:nr\.?|nummer|no\.?)?[ :#]{0,2}\d{3,4}"
_POST_NUMBER: Final = (
    r"(?:(?:dhl[ -]?)?(?:post[ -]?(?:nummer|nr\.?|num\.?)|kunden[ -]?(?:nummer|nr\.?)|pn|nr\.?)[ .:#]{0,3}"
    r"(?:\d ?){5,9}\d|\d{6,10})"
)
_POST_NUMBER_LINE: Final = re.compile(rf"[(/-]? ?{_POST_NUMBER}\)?", re.IGNORECASE | re.ASCII)
_POST_NUMBER_IN_NAME: Final = re.compile(rf"(?<!\w){_POST_NUMBER}(?!\w)", re.IGNORECASE | re.ASCII)
_STATION: Final = {
    country: re.compile(rf"{words}{_STATION_NUMBER}", re.IGNORECASE | re.ASCII) for country, words in _STATIONS.items()
}
_WORD_ALONE: Final = {country: re.compile(words, re.IGNORECASE | re.ASCII) for country, words in _STATIONS.items()}
_STATION_FIRST: Final = {
    country: re.compile(
        rf"(?P<station>{words}{_STATION_NUMBER})(?: ?[,;] ?| )(?P<post>[(/-]? ?{_POST_NUMBER}\)?)",
        re.IGNORECASE | re.ASCII,
    )
    for country, words in _STATIONS.items()
}
_STATION_LAST: Final = {
    country: re.compile(
        rf"(?P<post>{_POST_NUMBER})(?: ?[,;] ?| )(?P<station>{words}{_STATION_NUMBER})", re.IGNORECASE | re.ASCII
    )
    for country, words in _STATIONS.items()
}


class PickupPoint(msgspec.Struct, frozen=True, gc=False):
    """The address of a pick-up point: its lines, the point first, and the post number where there is one."""

    lines: list[str]
    post_number: str | None


def is_pickup_point(line: str, country: str) -> bool:
    """Whether the line is a locker or a post office with its number."""
    pattern = _STATION.get(country)
    return bool(pattern and pattern.fullmatch(line))


def read_pickup_point(lines: Sequence[str], country: str, *, names: Sequence[str], is_told: bool) -> PickupPoint | None:
    """The lines as those of a pick-up point; None where they are those of a house, or may be.

    A post number beside the point makes it certain, and so does Amazon (`is_told`: the address type PICKUP_POINT). The
    post number may stand in one of the names too.
    """
    if country not in _STATIONS or not any(map(_WORD_ALONE[country].search, lines)):
        return None
    parts = _with_station_whole([part for line in lines for part in _parts(line, country)], country)
    station = next((place for place, line in enumerate(parts) if is_pickup_point(line, country)), None)
    if station is None:
        return None
    others = [*parts[:station], *parts[station + 1 :]]
    post_number = _post_number([line for line in others if _POST_NUMBER_LINE.fullmatch(line)]) or _post_number(
        [found[0] for name in names if (found := _POST_NUMBER_IN_NAME.search(name))]
    )
    if post_number is None and not is_told:
        return None
    return PickupPoint([parts[station], *others], post_number)


def _parts(line: str, country: str) -> list[str]:
    """The line in its parts, where the point shares it with the post number or with more behind a comma."""
    found = _STATION_FIRST[country].fullmatch(line) or _STATION_LAST[country].fullmatch(line)
    if found:
        return [found["station"], found["post"].strip()]
    parts = [part.strip() for part in line.split(",") if part.strip()]
    return parts if any(is_pickup_point(part, country) for part in parts) else [line]


def _with_station_whole(lines: list[str], country: str) -> list[str]:
    """The lines with the point's word and its number on one, where they stand on two."""
    for place, line in enumerate(lines[:-1]):
        if _WORD_ALONE[country].fullmatch(line) and re.fullmatch(r"\d{3}", lines[place + 1], re.ASCII):
            return [*lines[:place], f"{line} {lines[place + 1]}", *lines[place + 2 :]]
    return lines


def _post_number(found: Sequence[str]) -> str | None:
    """The digits, where exactly one post number stands there."""
    numbers = {re.sub(r"\D", "", text) for text in found}
    return numbers.pop() if len(numbers) == 1 else None
