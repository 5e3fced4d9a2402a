"""What a carrier prints as a tracking number, and what in its place cannot be one.

Amazon takes any text for a number, shows it to the buyer and counts it against the seller. So what is certainly none
is refused here. Where nobody can be certain the number passes: a genuine one is never refused.

Sources of the check digits:

- S10: Universal Postal Union, standard S10, "Identification of postal items - 13-character identifier".
- SSCC: GS1 General Specifications, "Serial Shipping Container Code" (application identifier 00), with which DHL and
  several posts of Europe number their parcels; and GS1's list of prefixes by country.
- 1Z: UPS, "Guide to UPS labeling", tracking number check digit.
- USPS: United States Postal Service, Publication 199, Intelligent Mail package barcode.

FedEx, DPD, GLS, PostNL, Evri and others are not checked: their numbers are told from others by the carrier's name
alone, or how they are checked is not published.
"""

import re
from datetime import date
from typing import Final

from amzlink.core.files.cell_content import (
    DigitsLostError,
    has_lost_digits,
    is_formula,
    is_link,
    means_nothing,
    whole_number,
)
from amzlink.problems import shipments as texts

LONGEST_NUMBER: Final = 50
"""Letters and digits; the longest barcode that a carrier prints as a number has 34."""

_SIGNS: Final = re.compile(r"[0-9A-Za-z ./()_-]+")
_ORDER_NUMBER: Final = re.compile(r"[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}", re.IGNORECASE)
_ISO_DATE: Final = re.compile(r"(20\d\d)-(\d\d)-(\d\d)")
_DATE: Final = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](20\d\d)")
_DAY_AND_MONTH: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.")
# Prices, weights, counts, shares and times. A track ID of GLS has eight letters and digits by lot, so that a unit
# behind five digits is none.
_UNIT: Final = r"(?:EUR|GBP|USD|PLN|SEK|CHF|CZK|DKK|NOK|TRY|AED|SAR|EGP|kr|zł|kg|g|gr|lbs?|oz|cm|Uhr|h|[€£$%])"
_AMOUNTS: Final = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_UNIT}? ?\d{{1,5}}[.,:]\d{{1,2}} ?{_UNIT}?",
        rf"\d{{1,3}}[.,]\d{{3}}[.,]\d{{2}} ?{_UNIT}?",
        rf"{_UNIT} ?\d{{1,4}}|\d{{1,4}} ?{_UNIT}",
        r"[x×] ?\d{1,3}|\d{1,3} ?(?:[x×]|pcs?|st|stk|stück|szt)\.?|\d{1,2}/\d{1,2}",
    )
)
_COUNT_BESIDE: Final = re.compile(
    r".*\d{6,}(?:\s+[x×]\s?\d{1,2}|\s+\d{1,2}\s?[x×]|\s*\(\s?[x×]?\s?\d{1,2}\s?[x×]?\))|"
    r"\d{1,2}\s?[x×]\s?\d{8,}.*|\d{8,}[x×]\d{1,2}"
)
# What stands between two numbers, and how many letters and digits each of them has at least. One number is printed in
# groups, and some carriers use a slash, but no group is so long.
_BETWEEN_NUMBERS: Final = (
    (re.compile(r"[,;|&+\n\r\t]|\s(?:and|und|et|en|e|y|i|och|ve|oraz|or|oder|ou|o)\s", re.IGNORECASE), 4),
    (re.compile(r"/|\s-+\s"), 7),
    (re.compile(r"\s+"), 10),
)
_LONGEST_GROUP_OF_LETTERS: Final = 4  # JVGL, and the customer's code in 3S ABCD 1234567
_CARRIER_WORDS: Final = frozenset({"DHL", "UPS", "DPD", "GLS", "TNT", "BRT", "SDA", "MRW", "USPS", "GEL", "EVRI"})
_WORD_FOR_NUMBER: Final = re.compile(r"(?:nr|no|num|trk|awb)\. ?[0-9A-Z]", re.IGNORECASE)
# What stands in the cell of a parcel that has no number, as one word in capitals.
_WORDS_BY_LINE: Final = (
    "BRIEF LETTER LETTRE LETTERA CARTA PRIVAT ABHOLUNG SELBSTABHOLUNG SELBSTABHOLER ABGEHOLT PICKUP COLLECT COLLECTED",
    "COLLECTION AFHALEN OPGEHAALD RETRAIT RITIRO RECOGIDA ODBIOR SPEDITION VERSENDET VERSANDT VERSCHICKT SHIPPED",
    "SENT DISPATCHED DELIVERED ZUGESTELLT GELIEFERT VERZONDEN BEZORGD EXPEDIE LIVRE SPEDITO CONSEGNATO ENVIADO",
    "ENTREGADO STANDARD PRIORITY EXPRESS TRACKING TRACKED NUMBER NUMMER STORNO STORNIERT CANCELLED CANCELED",
    "HERMES POSTNL FEDEX BPOST CORREOS COLISSIMO CHRONOPOST YODEL INPOST POSTNORD AMAZON ROYALMAIL LAPOSTE",
)
_OTHER_WORDS: Final = frozenset(word for line in _WORDS_BY_LINE for word in line.split())
_SHORTEST_FILLER: Final = 5
_DAYS, _MONTHS = 31, 12
_LETTERS_ALONE: Final = re.compile(r"[A-Z]{5,16}")

_LETTERS_OF_S10: Final = "CEHLRUV"  # those that S10 gives a meaning for mail between countries
# Posts of which it is certain that they keep to S10. The French post's subsidiary numbers express parcels (E) alike.
_S10: Final = re.compile(
    rf"(?!E.*FR)[{_LETTERS_OF_S10}][A-Z](\d{{8}})(\d)"
    r"(?:AT|AU|BE|BG|CA|CH|CY|CZ|DE|DK|EE|ES|FI|FR|GB|GR|HR|HU|IE|IT|JP|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK|TR|US)"
)
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
# 00 and an SSCC whose extension digit is a parcel's (3) and whose company prefix is of a country in Europe; or the
# SSCC alone with a German prefix.
_SSCC: Final = re.compile(r"00(3[3-9]\d{16})|(340\d{15})")
_UPS: Final = re.compile(r"1Z(?!12345E)([0-9A-Z]{15})(\d)")  # the account of UPS's own examples, which have any digit
_USPS: Final = re.compile(r"(9[2-5]\d{19})(\d)")

_DIGIT_LIKE: Final = str.maketrans("OIL", "011")


class BadTrackingNumberError(ValueError):
    """What cannot be a tracking number; the text says why, and quotes nothing of it."""


def read_tracking_number(text: str) -> str:
    """The number as it goes to Amazon: without spaces. `text` is a tidied cell, and not empty.

    Raises:
        BadTrackingNumberError: it is something else, or digits of it are lost.
    """
    _refuse_other_things(text)
    if len(_numbers_in(text)) > 1:
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_TWICE)
    try:
        text = whole_number(text) or text
    except DigitsLostError:
        raise BadTrackingNumberError(texts.value_rounded(column="tracking_number")) from None
    if not text.isascii():
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_INVALID)
    if not _SIGNS.fullmatch(text):
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_SIGNS)
    _refuse_words(text)
    number = re.sub(r"[^0-9A-Z]", "", text.upper())
    if len(number) > LONGEST_NUMBER:
        raise BadTrackingNumberError(texts.value_too_long(column="tracking_number", most=LONGEST_NUMBER))
    if has_lost_digits(number):
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_ZEROS)
    if standard := failed_check(number) or _mistyped_digits(number):
        raise BadTrackingNumberError(texts.tracking_number_check_failed(standard=standard))
    return "".join(text.split())


def _refuse_other_things(text: str) -> None:
    if is_link(text):
        raise BadTrackingNumberError(texts.value_is_link(column="tracking_number"))
    if means_nothing(text) or _is_filler(text):
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_NOTHING)
    if is_formula(text):
        raise BadTrackingNumberError(texts.value_is_formula(column="tracking_number"))
    if _ORDER_NUMBER.fullmatch(text):
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_IS_ORDER)
    if _is_date(text):
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_IS_DATE)
    if any(form.fullmatch(text) for form in _AMOUNTS):
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_IS_AMOUNT)
    if _COUNT_BESIDE.fullmatch(text):
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_AND_COUNT)


def _is_filler(text: str) -> bool:
    """One sign again and again: xxxxx, 99999999."""
    signs = [sign for sign in text.casefold() if sign.isalnum()]
    return len(signs) >= _SHORTEST_FILLER and len(set(signs)) == 1


def _is_date(text: str) -> bool:
    if found := _DAY_AND_MONTH.fullmatch(text):
        return int(found[1]) <= _DAYS and int(found[2]) <= _MONTHS
    if found := _ISO_DATE.fullmatch(text):
        year, month, day = map(int, found.groups())
    elif found := _DATE.fullmatch(text):
        day, month, year = map(int, found.groups())
        day, month = max(day, month), min(day, month)  # whichever way round it was written
    else:
        return False
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _numbers_in(text: str) -> list[str]:
    """The numbers in a cell. What is printed in groups is one number."""
    for between, shortest in _BETWEEN_NUMBERS:
        parts = [part for part in between.split(text) if _could_be_whole(part, shortest)]
        if len(parts) > 1:
            return parts
    return [text]


def _could_be_whole(part: str, shortest: int) -> bool:
    signs = [sign for sign in part if sign.isalnum()]
    return len(signs) >= shortest and any(sign.isdigit() for sign in signs)


def _refuse_words(text: str) -> None:
    if _WORD_FOR_NUMBER.match(text):
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_WORDS)
    if not any(sign.isdigit() for sign in text):
        # A number that is drawn by lot, such as the track ID of GLS, can happen to have letters alone.
        if not _LETTERS_ALONE.fullmatch(text) or text in _OTHER_WORDS:
            raise BadTrackingNumberError(texts.TRACKING_NUMBER_NOTHING)
        return
    groups = re.split(r"[^0-9A-Z]+", text.upper())
    if any(group in _CARRIER_WORDS or (group.isalpha() and len(group) > _LONGEST_GROUP_OF_LETTERS) for group in groups):
        raise BadTrackingNumberError(texts.TRACKING_NUMBER_WORDS)


# Check digits --------------------------------------------------------------------------------------------------------


def failed_check(number: str) -> str | None:
    """The standard by whose check digit a number is wrong; None where it is right or of no form that is known.

    `number` is letters in upper case and digits alone.
    """
    if found := _S10.fullmatch(number):
        return None if _s10_digit(found[1]) == int(found[2]) else "UPU S10"
    if found := _SSCC.fullmatch(number):
        digits = found[1] or found[2]
        return None if _gs1_digit(digits[:-1]) == int(digits[-1]) else "SSCC"
    if found := _UPS.fullmatch(number):
        return None if _ups_digit(found[1]) == int(found[2]) else "UPS"
    if found := _USPS.fullmatch(number):
        return None if _gs1_digit(found[1]) == int(found[2]) else "USPS"
    return None


def _mistyped_digits(number: str) -> str | None:
    """The standard of which a number is, letters in it being read as the digits that they look like."""
    meant = number.translate(_DIGIT_LIKE)
    if meant == number:
        return None
    if _SSCC.fullmatch(meant):
        return "SSCC" if failed_check(meant) is None else None
    of_ups = meant[:2] + number[2:]  # letters are usual in an account
    return "UPS" if of_ups != number and _UPS.fullmatch(of_ups) and failed_check(of_ups) is None else None


def _s10_digit(serial: str) -> int:
    """11 less the weighted sum's remainder by 11; in place of 10 there is 0, in place of 11 there is 5."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(serial, _S10_WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def _gs1_digit(digits: str) -> int:
    """What is missing to a multiple of ten, every second digit from the right on counted three times."""
    return -sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits))) % 10


def _ups_digit(signs: str) -> int:
    """What is missing to a multiple of ten, every second sign counted twice; letters count as A 2, B 3 and so on."""
    values = [int(sign) if sign.isdigit() else (ord(sign) - ord("A") + 2) % 10 for sign in signs]
    return -(sum(values[::2]) + 2 * sum(values[1::2])) % 10
