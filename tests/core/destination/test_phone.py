"""Phone numbers as people write them, and what carriers are sent."""

import subprocess
import sys

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.destination.address import tidy
from amzlink.core.destination.phone import PHONE_LIMIT, Phone, read_phone


@pytest.mark.parametrize(
    ("country", "written", "number"),
    [
        # As reported in phony issue 185.
        ("DE", "+49 (0) 170 / 1234567", "+491701234567"),
        ("DE", "0049 (0)170 1234567", "+491701234567"),
        ("DE", "+4901701234567", "+491701234567"),
        ("GB", "+44 (0)20 7946 0018", "+442079460018"),
        ("FR", "+33 (0)6 12 34 56 78", "+33612345678"),
        ("DE", "Tel.: 0170 1234567", "+491701234567"),
    ],
)
def test_what_is_no_part_of_a_number_goes(country: str, written: str, number: str) -> None:
    assert read_phone(written, country) == Phone(number, written)


@pytest.mark.parametrize(
    ("country", "written", "number"),
    [
        ("DE", "0170/1234567", "+491701234567"),
        ("NL", "(0)6 12345678", "+31612345678"),
        ("DE", "(0341) 5550123", "+493415550123"),
        ("DE", "00491701234567", "+491701234567"),
        ("DE", "491701234567", "+491701234567"),
        ("DE", "+49.170.1234567", "+491701234567"),
        ("FR", "06 12 34 56 78", "+33612345678"),
        ("IT", "06 1234567", "+39061234567"),
        ("IT", "333 1234567", "+393331234567"),
        ("ES", "612 34 56 78", "+34612345678"),
        ("PL", "22 555 01 23", "+48225550123"),
        ("AT", "01 5550123", "+4315550123"),
        ("CH", "044 668 18 00", "+41446681800"),
        ("BE", "0470 12 34 56", "+32470123456"),
        ("LU", "26 12 34 56", "+35226123456"),
        ("IE", "085 012 3456", "+353850123456"),
        ("DE", "+420 601 000 000", "+420 601 000 000"),
        ("CZ", "+420-601-000-000", "+420-601-000-000"),
    ],
)
def test_a_number_is_dialled_from_anywhere_with_nothing_left_to_say(country: str, written: str, number: str) -> None:
    assert read_phone(written, country) == Phone(number, None)


@pytest.mark.parametrize(
    "written",
    # The first is of erpnext-shipping issue 69's kind: the right form, and nobody's.
    ["0000000000", "nicht vorhanden", "112", "1111111111", "12345", "none", "0341 5550123 4567 8901 2345", "x" * 300],
)
def test_what_cannot_be_a_number_is_left_out_and_told(written: str) -> None:
    assert read_phone(written, "DE") == Phone(None, written)


@pytest.mark.parametrize("written", [None, "", " ", "-", "--", "/", "\t-\n"])
def test_a_dash_is_nothing_and_tells_nothing(written: str | None) -> None:
    assert read_phone(written, "DE") == Phone(None, None)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0170 1234567 oder 0341 5550123", "+491701234567"),
        ("0341 5550123; 0170 1234567", "+493415550123"),
        ("keins / 0170 1234567", "+491701234567"),
        ("+1 207-835-4259 ext. 07645", "+12078354259"),
    ],
)
def test_the_first_of_several_is_sent_and_the_rest_is_told(written: str, number: str) -> None:
    assert read_phone(written, "DE") == Phone(number, written)


@given(
    text=st.text(max_size=60) | st.text("+0123456789 ()/-.;ext", max_size=40),
    country=st.sampled_from(["DE", "IT", "US", "XX", ""]),
)
def test_any_text_at_all_is_a_number_or_left_out(text: str, country: str) -> None:
    phone = read_phone(text, country)
    if phone.number is not None:
        assert phone.number.startswith("+")
        assert len(phone.number) <= PHONE_LIMIT
    else:
        assert phone.left_out == (tidy(text) if any(map(str.isalnum, text)) else None)


def test_the_numbering_plans_are_not_loaded_before_a_number_is_read() -> None:
    code = "import sys, amzlink.sendcloud.payload; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_numbers_of_every_country_count_as_the_library_judges_them() -> None:
    wrong = []
    for country in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            example = phonenumbers.example_number_for_type(country, kind)
            if example is None or example.national_number is None or example.italian_leading_zero:
                continue
            first = example.national_number
            for national in (first, first // 10, first + 9):
                number = phonenumbers.PhoneNumber(example.country_code, national)
                written = f"+{example.country_code}{national}"
                if (read_phone(written, country).number == written) != phonenumbers.is_valid_number(number):
                    wrong.append((country, written))
    assert wrong == []
