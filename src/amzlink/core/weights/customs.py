"""What customs ask of a product: its HS code and its country of origin, as people write them and as they travel.

An HS code is a classification, never a number: it begins with a zero in the first nine chapters, and a spreadsheet that
took it for a number has lost that. Such a code is refused, because a wrong one is a false declaration. Its dots stand
between pairs of digits; a dot elsewhere is that of a number (0101.2910 becomes 101.291, which has six digits again).
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

from amzlink.core.files.spreadsheet_cells import tidied
from amzlink.problems import weights as texts

HS_LENGTHS: Final = (6, 8, 10)
"""Digits: the world's six, eight in the Union's tariff and others, ten in that of imports."""

_LONGEST_TEXT: Final = 60
_WRITTEN: Final = re.compile(r"\d[\d. ]*", re.ASCII)
_WITH_DECIMALS: Final = re.compile(r"(\d+)([.,])(0+)", re.ASCII)
_WITH_EXPONENT: Final = re.compile(r"\d+([.,]\d*)?E\+?\d+", re.IGNORECASE | re.ASCII)
_NO_CHAPTER: Final = "00"
_OTHER_CODES: Final = {"UK": "GB", "EL": "GR"}

COUNTRIES: Final = frozenset({
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA", "BB", "BD",
    "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV", "BW", "BY", "BZ", "CA",
    "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW", "CX", "CY", "CZ", "DE",
    "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA",
    "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM", "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK",
    "HM", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP",
    "KE", "KG", "KH", "KI", "KM", "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT",
    "LU", "LV", "LY", "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS",
    "MT", "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU", "NZ",
    "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA", "RE", "RO", "RS",
    "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST",
    "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW",
    "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA",
    "ZM", "ZW",
})  # fmt: skip
"""ISO 3166-1 alpha-2, the 249 codes that are assigned."""


class BadCustomsError(ValueError):
    """An HS code or a country that a person gave and that cannot be used; the text says why."""


class CustomsData(msgspec.Struct, frozen=True, gc=False):
    """What is known of a product; either may be missing. Digits alone, and a country's ISO code."""

    hs_code: str | None = None
    country_of_origin: str | None = None

    def over(self, before: "CustomsData") -> "CustomsData":
        """The same, with what is missing taken from before."""
        return CustomsData(self.hs_code or before.hs_code, self.country_of_origin or before.country_of_origin)

    def without(self, shown: "CustomsData") -> "CustomsData":
        """What of it is other than what was shown."""
        return CustomsData(
            None if self.hs_code == shown.hs_code else self.hs_code,
            None if self.country_of_origin == shown.country_of_origin else self.country_of_origin,
        )


NO_CUSTOMS: Final = CustomsData()


class CustomsState(StrEnum):
    """How a product stands with customs, by the names that scripts rely on."""

    OK = "ok"
    MISSING = "missing"
    INVALID = "invalid"
    NOT_NEEDED = "not-needed"
    """No open order with it leaves the customs union."""


def assess_customs(data: CustomsData, *, is_needed: bool, is_refused: bool = False) -> CustomsState:
    """How a product stands. What cannot be right is said in any case; what is missing only where it is needed.

    `is_refused`: what was given for it just now could not be used.
    """
    is_complete = bool(data.hs_code and data.country_of_origin)
    if usable(data) != data or (is_refused and not is_complete):
        return CustomsState.INVALID
    if not is_needed:
        return CustomsState.NOT_NEEDED
    return CustomsState.OK if is_complete else CustomsState.MISSING


def usable(data: CustomsData) -> CustomsData:
    """What of it can travel: whatever wrote the order book, nothing that cannot be right goes onto a label."""
    return CustomsData(
        data.hs_code if data.hs_code and _is_hs_code(data.hs_code) else None,
        data.country_of_origin if data.country_of_origin in COUNTRIES else None,
    )


def _is_hs_code(text: str) -> bool:
    try:
        return parse_hs_code(text) == text
    except BadCustomsError:
        return False


def parse_hs_code(text: str) -> str:
    """The digits of an HS code, however it is written: `610910`, `6109.10`, `6109 10 00`.

    What a spreadsheet has made of it is mended where only one code can be meant (`610910.0`, `610910,00`).

    Raises:
        BadCustomsError: it is none, has lost digits, or can be read in two ways.
    """
    written = tidied(text)
    if len(written) > _LONGEST_TEXT:
        raise BadCustomsError(texts.NOT_AN_HS_CODE)
    if _WITH_EXPONENT.fullmatch(written):
        raise BadCustomsError(texts.HS_CODE_ROUNDED)
    if found := _WITH_DECIMALS.fullmatch(written):
        return _without_decimals(found[1], found[2], found[3])
    if not _WRITTEN.fullmatch(written):
        raise BadCustomsError(texts.NOT_AN_HS_CODE)
    bare = written.replace(" ", "")
    digits = bare.replace(".", "")
    if len(digits) in HS_LENGTHS and any(len(part) % 2 for part in bare.split(".")):
        raise BadCustomsError(texts.HS_CODE_DOT)
    return _whole(digits)


def _without_decimals(whole: str, sign: str, zeros: str) -> str:
    """Zeros behind a sign are those of a number, or digits of the code where the dot stands between pairs."""
    is_dot = sign == "." and len(whole) % 2 == len(zeros) % 2 == 0
    meant = [digits for digits in ([whole, whole + zeros] if is_dot else [whole]) if len(digits) in HS_LENGTHS]
    if len(meant) > 1:
        raise BadCustomsError(texts.hs_code_ambiguous(codes=meant))
    return _whole(meant[0] if meant else whole)


def _whole(digits: str) -> str:
    if len(digits) in HS_LENGTHS:
        if digits.startswith(_NO_CHAPTER):
            raise BadCustomsError(texts.NO_SUCH_CHAPTER)
        return digits
    if len(digits) + 1 in HS_LENGTHS:
        raise BadCustomsError(texts.hs_code_zero_lost(digits=len(digits)))
    raise BadCustomsError(texts.hs_code_length(digits=len(digits)))


def parse_country(text: str) -> str:
    """A country's ISO code: two letters in any case; the `EL` and `UK` of the Union's institutions are known.

    Raises:
        BadCustomsError: it is none. A name is not read: too many countries are called alike.
    """
    code = tidied(text).upper()
    code = _OTHER_CODES.get(code, code)
    if code in COUNTRIES:
        return code
    if re.fullmatch("[A-Z]{2}", code):
        raise BadCustomsError(texts.country_unknown(code=code))
    raise BadCustomsError(texts.NOT_A_COUNTRY)


def parse_customs(text: str) -> tuple[str, CustomsData]:
    """A SKU with its HS code and country of origin, `SKU=610910,PT`. A SKU may have `=` and commas of its own.

    Raises:
        BadCustomsError: it is none.
    """
    sku, equals, given = text.rpartition("=")
    hs_code, comma, country = given.rpartition(",")
    if not equals or not comma or not sku.strip():
        raise BadCustomsError(texts.NOT_A_CUSTOMS_SETTING)
    return sku.strip(), CustomsData(parse_hs_code(hs_code), parse_country(country))
