"""The recipient's phone number, as carriers take it.

Carriers refuse labels for a number in the right form that nobody has, and a "(0)" after a country code is no part of
the number (docs/services/sendcloud.md, "Addresses and phone numbers"). The numbering plans of the library
`phonenumbers` decide what a number is; it is loaded at the first one.
"""

import functools
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from amzlink.core.destination.address import tidy

PHONE_LIMIT: Final = 20
"""Characters that carriers take."""

# A number that is written out already: it stays as the buyer wrote it.
_WRITTEN_OUT: Final = re.compile(r"\+\d[\d -]*", re.ASCII)
_SIGNS_ALONE: Final = re.compile(r"[\d +()./-]+")
# What people put between two numbers.
_BETWEEN_NUMBERS: Final = re.compile(r"[;,/|]| (?:oder|or|ou|of|lub|o|und|and|et|en|e|y|i) ", re.IGNORECASE)
_TEXT_LIMIT: Final = 250  # characters; longer text is no number, and the library refuses it


class Phone(msgspec.Struct, frozen=True, gc=False):
    """`number` is what can be sent; `left_out` is the buyer's own text where the number does not say all of it."""

    number: str | None
    left_out: str | None


def read_phone(text: str | None, country: str) -> Phone:
    """The first number in the text that exists in some numbering plan, and what a person should still see.

    Args:
        text: what the buyer wrote.
        country: the recipient's, ISO 3166-1 alpha-2; numbers without a country code are read as dialled there.
    """
    written = tidy(text)
    if not any(map(str.isalnum, written)):
        return Phone(None, None)
    if not any(map(str.isdigit, written)) or len(written) > _TEXT_LIMIT:
        return Phone(None, written)
    for candidate in (written, *_BETWEEN_NUMBERS.split(written)):
        if candidate and (found := _dialled(candidate, country)):
            number, is_all = found
            return Phone(number, None if is_all and candidate == written else written)
    return Phone(None, written)


def _dialled(text: str, country: str) -> tuple[str, bool] | None:
    """The number as it is sent, and whether the text says nothing else; None where the text is no number.

    It is sent as E.164, or as it is written where that has the same digits.
    """
    import phonenumbers  # noqa: PLC0415 - 20 ms that most commands need not wait for

    if _is_written_out(text, country):
        return text, True
    for candidate in _readings(text, country):
        try:
            number = phonenumbers.parse(candidate, country)
        except phonenumbers.NumberParseException:
            continue
        if not phonenumbers.is_valid_number(number):
            continue
        national = phonenumbers.national_significant_number(number)
        dialled = f"{number.country_code}{national}"
        bare = re.sub(r"\D", "", text)
        if bare == dialled and len(text) <= PHONE_LIMIT and _WRITTEN_OUT.fullmatch(text):
            return text, True  # another country's
        is_all = bool(_SIGNS_ALONE.fullmatch(text)) and bare in {dialled, f"00{dialled}", _trunk(country) + national}
        return f"+{dialled}", is_all
    return None


def _is_written_out(text: str, country: str) -> bool:
    """Whether it is one of the country's own numbers with its code, as most are; the parser takes as long again."""
    code = _country_code(country)
    national = text.replace(" ", "").replace("-", "").removeprefix(f"+{code}")
    if len(text) > PHONE_LIMIT or not _WRITTEN_OUT.fullmatch(text) or not national.isdecimal() or national[0] == "0":
        return False
    if any(len(national) in lengths and form.fullmatch(national) for form, lengths in _usual_numbers(country)):
        return True
    import phonenumbers  # noqa: PLC0415 - see above

    number = phonenumbers.PhoneNumber(country_code=code, national_number=int(national))
    return phonenumbers.is_valid_number_for_region(number, country) or phonenumbers.is_valid_number(number)


@functools.cache
def _usual_numbers(country: str) -> tuple[tuple[re.Pattern[str], frozenset[int]], ...]:
    """Form and lengths of a country's mobile and landline numbers; the library tries eight rarer kinds before them."""
    import phonenumbers  # noqa: PLC0415 - see above

    plan = phonenumbers.PhoneMetadata.metadata_for_region(country)
    if plan is None or plan.general_desc is None:
        return ()
    every = plan.general_desc
    return tuple(
        (
            re.compile(rf"(?=(?:{every.national_number_pattern})\Z)(?:{kind.national_number_pattern})"),
            frozenset(kind.possible_length or every.possible_length),
        )
        for kind in (plan.mobile, plan.fixed_line)
        if kind and kind.national_number_pattern
    )


def _readings(text: str, country: str) -> Iterator[str]:
    """What the text may mean: first, that the plus sign before the country's own code was forgotten."""
    if text[0].isdigit() or text[0] == "(":
        code, trunk = _country_code(country), _trunk(country)
        # Where numbers are dialled with a 0 first, one that begins with "49" has its country code.
        if code and trunk and not text.startswith(trunk) and re.match(rf"\(?{code}", text):
            yield f"+{text}"
    yield text


@functools.cache
def _country_code(country: str) -> int:
    """The code of a country, 0 where it has none; the library looks through all of them."""
    import phonenumbers  # noqa: PLC0415 - see above

    return phonenumbers.country_code_for_region(country)


def _trunk(country: str) -> str:
    """What is dialled before a number inside the country: "0" as a rule, nothing in Italy or Spain."""
    import phonenumbers  # noqa: PLC0415 - see above

    return phonenumbers.ndd_prefix_for_region(country, True) or ""  # noqa: FBT003 - the library's own order
