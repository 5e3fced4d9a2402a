"""What is offered for a mistyped name or number."""

import pytest

from amzlink.core.nearest import nearest, nearest_numbers

BOOK = ("302-1234567-1234567", "302-7654321-7654321", "405-1234567-1234568", "302-1234567-1234599")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("statsu", ("status", "stores")),
        (" STATUS ", ("status",)),
        ("verfy", ("verify",)),
        ("nothing-like-it", ()),
        ("", ()),
    ],
)
def test_a_slip_finds_the_word_and_another_word_does_not(typed: str, meant: tuple[str, ...]) -> None:
    found = nearest(typed, ["status", "stores", "verify", "import-orders"])
    assert found[:1] == meant[:1]
    assert set(found) <= {"status", "stores", "verify"}


def test_a_name_in_other_capitals_is_given_as_it_is_spelled() -> None:
    assert nearest("kanne-ROT", ["Kanne-Rot", "Tasse-Blau"]) == ("Kanne-Rot",)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("302-1234567-1234561", ("302-1234567-1234567", "302-1234567-1234599")),
        ("302-2134567-1234567", ("302-1234567-1234567",)),  # neighbours swapped
        ("302-7654321-7654399", ("302-7654321-7654321",)),
        ("302-7654321-7654xyz", ()),
        ("302-1234567", ()),
        ("", ()),
    ],
)
def test_an_order_number_is_found_by_all_but_two_digits(typed: str, meant: tuple[str, ...]) -> None:
    assert nearest_numbers(typed, BOOK) == meant
