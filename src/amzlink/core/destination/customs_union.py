"""Whether a parcel leaves the customs union that it is sent from, so that its papers have to say what is in it.

What counts is the label's need, not the duty: the places that belong to the customs territory of the Union and not to
its VAT area (Canaries, Åland, Mount Athos, the French overseas departments) want customs papers as well.
Sources: Union Customs Code, article 4; VAT directive 2006/112/EC, articles 5 and 6; directive (EU) 2019/475 (Campione);
Windsor Framework (Northern Ireland).
"""

import functools
import re
from collections.abc import Mapping
from typing import Final

from amzlink.core.orders.order import Recipient

_EU: Final = "EU"
_BRITAIN: Final = "GB"
_NORTHERN_IRELAND: Final = frozenset({_EU, _BRITAIN})
"""Goods from the Union cross no customs border on their way there, nor do parcels from Great Britain to people."""

_UNIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
            "LV", "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
        ),
        _EU,
    ),
    **dict.fromkeys(("GB", "IM"), _BRITAIN),
    **dict.fromkeys(("CH", "LI"), "CH"),
    **dict.fromkeys(("US", "PR"), "US"),
}  # fmt: skip
"""By ISO 3166 code. A country that is not here is by itself."""

_COUNTRY: Final = re.compile("[A-Z]{2}")
# "D-27498", "AX-22100"; British codes begin with letters of their own.
_COUNTRY_BEFORE: Final = re.compile(r"^[A-Z]{1,2}(?=\d{4})", re.ASCII)
_GAPS: Final = re.compile(r"[\s-]")
_OTHER_CODES: Final[Mapping[str, str]] = {"UK": "GB", "EL": "GR"}
"""What the Union's institutions and others write in place of the ISO code."""

# Postal codes of places with customs papers of their own, by the country that they are written under; without spaces
# and in capitals. Where ISO has a code for such a place, it is named by that. Northern Ireland belongs to two unions.
_APART: Final[Mapping[str, tuple[tuple[re.Pattern[str], frozenset[str]], ...]]] = {
    country: tuple((re.compile(codes, re.ASCII), frozenset(unions)) for codes, *unions in places)
    for country, places in {
        "DE": ((r"27498", "DE-Heligoland"), (r"78266", "DE-Büsingen")),
        "DK": ((r"39\d\d", "GL"),),
        "ES": ((r"(35|38)\d{3}", "IC"), (r"51\d{3}", "ES-Ceuta"), (r"52\d{3}", "ES-Melilla")),
        "FI": ((r"22\d{3}", "AX"),),
        "FR": ((r"980\d\d", _EU), (r"(97|98)\d{3}", "FR-overseas")),
        "GB": ((r"BT\d.*", *_NORTHERN_IRELAND), (r"JE\d.*", "JE"), (r"GY\d.*", "GG"), (r"GX\d.*", "GI")),
        "GR": ((r"6308[67]", "GR-Athos"),),
        "IT": ((r"23041", "IT-Livigno"), (r"22061", "IT-Campione")),
    }.items()
}


def leaves_customs_union(sender_country: str, recipient: Recipient) -> bool | None:
    """Whether a parcel from this country (ISO 3166) to this address needs customs data; None: it names no country."""
    country = _iso(recipient.country_code or "")
    if not _COUNTRY.fullmatch(country):
        return None
    return not _unions_of_sender(sender_country) & _unions(country, recipient.postal_code or "")


@functools.cache
def _unions_of_sender(country: str) -> frozenset[str]:
    return _unions(_iso(country), "")


def _iso(code: str) -> str:
    plain = code.strip().upper()
    return _OTHER_CODES.get(plain, plain)


def _unions(country: str, postal_code: str) -> frozenset[str]:
    """The customs unions that a place belongs to; by itself it is one too."""
    if country == "XI":
        return _NORTHERN_IRELAND
    if apart := _APART.get(country):
        code = _COUNTRY_BEFORE.sub("", _GAPS.sub("", postal_code).upper())
        for codes, unions in apart:
            if codes.fullmatch(code):
                return unions
    return frozenset({_UNIONS.get(country, country)})
