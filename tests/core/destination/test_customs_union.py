"""Which parcels leave the customs union that they are sent from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.destination.customs_union import leaves_customs_union
from amzlink.core.orders.order import Recipient
from tests.support.rows import each_row

MEMBERS = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)


def leaves(sender: str, country: str | None, postal_code: str | None = None) -> bool | None:
    return leaves_customs_union(sender, Recipient(country_code=country, postal_code=postal_code))


@each_row("sender", MEMBERS)
@each_row("country", [*MEMBERS, "MC", "EL"])
def test_between_members_of_the_union_nothing_is_asked(sender: str, country: str) -> None:
    assert leaves(sender, country, "99999") is False


@each_row(
    ("sender", "country", "postal_code"),
    [
        ("DE", "CH", "8001"), ("DE", "GB", "LS1 4AP"), ("DE", "UK", "LS1 4AP"), ("DE", "NO", "0150"),
        ("DE", "LI", "9490"), ("DE", "US", "10001"), ("DE", "TR", "34000"), ("DE", "AD", "AD500"),
        ("DE", "SM", "47890"),
        ("DE", "VA", "00120"), ("DE", "IM", "IM1 1AA"), ("DE", "GB", "IM1 1AA"),
        # in the Union's countries, and beyond its customs territory or its VAT area
        ("DE", "ES", "35001"), ("ES", "ES", "38001"), ("ES", "ES", "51001"), ("ES", "ES", "52006"),
        ("ES", "IC", "35001"),
        ("DE", "DE", "27498"), ("DE", "DE", "78266"), ("IT", "IT", "23041"), ("IT", "IT", "22061"),
        ("FR", "FR", "97110"), ("FR", "FR", "98800"), ("FR", "RE", "97400"), ("FI", "FI", "22100"),
        ("FI", "AX", "22100"), ("FI", "FI", "AX-22100"),
        ("DE", "DE", "D-78266"), ("IT", "IT", "I-22061"), ("GB", "GB", "GX11 1AA"),
        ("DE", "DE", "DE-27498"), ("IT", "IT", "it 23041"),
        ("GR", "GR", "630 86"), ("DK", "DK", "3900"), ("DK", "FO", "100"), ("NL", "CW", None),
        # from elsewhere
        ("GB", "DE", "10115"), ("GB", "IE", "D01"), ("GB", "JE", "JE2 3AB"), ("GB", "GB", "GY1 1AA"),
        ("CH", "DE", "10115"), ("TR", "DE", "10115"), ("US", "CA", "K1A"), ("SE", "NO", "0150"),
    ],
)  # fmt: skip
def test_beyond_it_customs_data_is_needed(sender: str, country: str, postal_code: str | None) -> None:
    assert leaves(sender, country, postal_code) is True


@each_row(
    ("sender", "country", "postal_code"),
    [
        ("DE", "GB", "BT1 5GS"), ("DE", "GB", "bt15gs"), ("DE", "XI", None), ("GB", "GB", "BT1 5GS"),
        ("GB", "XI", None),
        ("GB", "GB", "LS1 4AP"), ("GB", "IM", "IM1 1AA"), ("UK", "GB", "LS1 4AP"), ("CH", "LI", "9490"),
        ("CH", "CH", "8001"), ("FR", "FR", "98000"), ("FR", "FR", "20000"), ("ES", "ES", "28001"),
        ("ES", "ES", "07001"),
        ("DE", "DE", "D-10115"), ("IT", "IT", "23030"), ("PT", "PT", "9000-001"), ("US", "PR", "00901"),
        ("TR", "TR", "34"),
        ("FI", "FI", "00100"),
    ],
)  # fmt: skip
def test_within_it_none_is(sender: str, country: str, postal_code: str | None) -> None:
    assert leaves(sender, country, postal_code) is False


@pytest.mark.parametrize("country", [None, "", " ", "Deutschland", "D", "1A"])
def test_an_address_without_a_country_is_not_judged(country: str | None) -> None:
    assert leaves("DE", country, "10115") is None


def test_a_country_is_read_in_any_case() -> None:
    assert leaves("de", " ch ") is True
    assert leaves("de", "at") is False


@given(LETTERS, LETTERS)
def test_without_a_postal_code_it_is_the_same_both_ways(one: str, other: str) -> None:
    assert leaves(one, other) == leaves(other, one)
    assert leaves(one, one) is False


@given(LETTERS, st.text(max_size=12))
def test_whatever_the_postal_code_is_there_is_an_answer(country: str, postal_code: str) -> None:
    assert leaves("DE", country, postal_code) in (True, False)
