"""A service's message without what it quotes: the reason stays readable, and nothing that was sent is in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.service_message import GAP, without_quotes, words_of

SHAPES = (
    "'{}' is not a valid postal code",
    'Value "{}" is too long (at most 30 characters)',
    "The house number {} does not match the street",
    "{} is not known",
    "Invalid phone number: {}",
    "address_line_1 “{}” must not be empty",
    "The tracking number {} has the wrong format for the carrier {}.",
)


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("Field required", "Field required"),
        ("This field may not be blank.", "This field may not be blank."),
        ("Ensure this field has at most 30 characters.", "Ensure this field has at most 30 characters."),
        ("String should have at most 8 characters", "String should have at most 8 characters"),
        ("'1012 AB' is not a valid postal code", f"{GAP} is not a valid postal code"),
        ("Postal code 1012 AB is invalid", f"Postal code {GAP} is invalid"),
        ("house_number: field required", "house_number: field required"),
        ("The house number (12) is missing", f"The house number {GAP} is missing"),
        ("It doesn't match, and you can't know", f"It doesn't match, and you {GAP}"),
        ("Frau Holle", ""),
        ("", ""),
        ("invalid", ""),
        ("\x1b[31mField is required", f"{GAP} is required"),
    ],
)
def test_the_services_own_words_stay_and_the_rest_is_a_gap(message: str, kept: str) -> None:
    assert without_quotes(message) == kept


def test_a_usual_word_that_was_sent_is_left_out() -> None:
    sent = words_of(["Post House 12", "Frau Holle"])
    assert without_quotes("House is not a valid name", sent) == f"{GAP} is not a valid name"


@given(st.sampled_from(SHAPES), st.text(min_size=1, max_size=40))
def test_nothing_that_was_sent_is_ever_in_it(shape: str, value: str) -> None:
    sent = words_of([value])
    kept = without_quotes(shape.format(*[value] * shape.count("{}")), sent)
    left = set(re.findall(r"\w+", kept.casefold()))
    assert not left & sent - {"30"}


@given(st.text(max_size=300))
def test_only_usual_words_gaps_and_limits_are_ever_in_it(message: str) -> None:
    kept = without_quotes(message)
    assert kept.isprintable()
    assert not re.search(r"\d{5}", kept)
    assert len(kept.split()) <= len(message.split()) * 2 + 1
