"""Order numbers as people type them: what is meant is found, and what is none is called none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.orders.order_number import ORDER_NUMBER, TypedNumber, one_slip_away, read_order_number

NUMBER = "402-1512345-7654321"
NUMBERS = st.from_regex(r"[0-9]{3}-[0-9]{7}-[0-9]{7}", fullmatch=True).filter(str.isascii)


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        f"  {NUMBER}\n",
        f"#{NUMBER}",
        f"Order #{NUMBER}.",
        f"https://sellercentral.amazon.de/orders-v3/order/{NUMBER}",
        "402\u00a0-\u00a01512345\u00a0-\u00a07654321",
        "402\u20111512345\u20117654321",
        "402\u20131512345\u20137654321",
        "402\u22121512345\u22127654321",
        "402\u00ad1512345\u00ad7654321",
        "\u200b402-1512345-7654321\ufeff",
        "40215123457654321",
        "402 1512345 7654321",
        "\uff14\uff10\uff12-1512345-7654321",
        f'="{NUMBER}"',
    ],
    ids=ascii,
)
def test_a_whole_number_is_taken_in_every_dress(typed: str) -> None:
    assert read_order_number(typed) == TypedNumber(NUMBER, is_whole=True)


@pytest.mark.parametrize(
    ("typed", "beginning"),
    [
        ("402", "402"),
        ("402-", "402"),
        ("#402-15", "402-15"),
        ("40215", "402-15"),
        ("402\u201315", "402-15"),
        ("402-1512345-", "402-1512345"),
        ("402-1512345-7", "402-1512345-7"),
        ("s01-12", "S01-12"),
    ],
    ids=ascii,
)
def test_the_beginning_of_a_number_is_told_from_a_whole_one(typed: str, beginning: str) -> None:
    assert read_order_number(typed) == TypedNumber(beginning, is_whole=False)


@pytest.mark.parametrize(
    "typed",
    ["", "  ", "#", "-", "order", "402-151234-7654321", "402-15-7", "402-1512345-76543210", "40-2", "402.15", "4%"],
)
def test_what_is_no_number_is_none(typed: str) -> None:
    assert read_order_number(typed) is None


def test_two_numbers_in_one_text_are_none() -> None:
    assert read_order_number(f"{NUMBER} and 402-1512345-0000000") is None


@pytest.mark.parametrize(
    "typed",
    [
        "402-1512345-7654322",  # a wrong digit
        "402-1512354-7654321",  # neighbours swapped
        "420-1512345-7654321",
        "402-151234-7654321",  # one too few
        "402-15123455-7654321",  # one too many
    ],
)
def test_one_slip_leads_back_to_the_number(typed: str) -> None:
    assert NUMBER in one_slip_away(typed)


@given(NUMBERS)
def test_what_is_offered_for_a_number_is_never_the_number_itself(number: str) -> None:
    near = one_slip_away(number)
    assert number not in near
    assert all(ORDER_NUMBER.fullmatch(each) for each in near)
    assert len(near) <= 17 * 9 + 16


@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read = read_order_number(text)
    assert read is None or ORDER_NUMBER.fullmatch(read.text) or not read.is_whole
    assert all(ORDER_NUMBER.fullmatch(each) for each in one_slip_away(text))
