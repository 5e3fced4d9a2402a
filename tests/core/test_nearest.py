"""What is offered for a mistyped name."""

import pytest

from amzlink.core.nearest import nearest


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("statsu", ("status", "stores")),
        (" STATUS ", ("status",)),
        ("verfy", ("verify",)),
        ("import", ("import-orders",)),
        ("nothing-like-it", ()),
        ("", ()),
    ],
)
def test_a_slip_finds_the_word_and_another_word_does_not(typed: str, meant: tuple[str, ...]) -> None:
    found = nearest(typed, ["status", "stores", "verify", "import-orders"])
    assert found[:1] == meant[:1]
    assert set(found) <= {"status", "stores", "verify", *meant}


def test_a_name_in_other_capitals_is_given_as_it_is_spelled() -> None:
    assert nearest("kanne-ROT", ["Kanne-Rot", "Tasse-Blau"]) == ("Kanne-Rot",)
