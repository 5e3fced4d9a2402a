"""Global options: anywhere on the line, and gone from what the subcommands see."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.cli.shell.global_options import GlobalOptions, split
from amzlink.problems import Exit, Problem
from tests.support.rows import each_row

GLOBALS: dict[str, dict[str, Any]] = {
    "--json": {"as_json": True},
    "--quiet": {"quiet": True},
    "-q": {"quiet": True},
    "--verbose": {"verbose": 1},
    "-v": {"verbose": 1},
    "-vv": {"verbose": 2},
    "-vvv": {"verbose": 3},
    "-vq": {"verbose": 1, "quiet": True},
    "-qvv": {"verbose": 2, "quiet": True},
    "--no-color": {"no_color": True},
    "--version": {"version": True},
    "--store=my-shop": {"store": "my-shop"},
}
# Words that are nobody's but the subcommand's.
OTHERS = st.sampled_from(
    ["orders", "show", "302-1234567-1234567", "--with-pii", "--status", "UNSHIPPED", "-", "--since=7d", "-x", "ä", ""]
)


def options(**fields: Any) -> GlobalOptions:
    return GlobalOptions(**fields)


@each_row(("word", "meaning"), GLOBALS.items())
@each_row("place", [0, 1, 2, 3])
def test_a_global_option_means_the_same_wherever_it_stands(word: str, meaning: dict[str, Any], place: int) -> None:
    words = ["orders", "list", "--with-pii"]
    words.insert(place, word)
    assert split(words) == options(rest=["orders", "list", "--with-pii"], **meaning)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_store_can_be_named_in_two_words(place: int) -> None:
    words = ["orders", "list"]
    words[place:place] = ["--store", "my-shop"]
    assert split(words) == options(store="my-shop", rest=["orders", "list"])


def test_the_last_store_counts() -> None:
    assert split(["--store", "a", "orders", "--store=b"]).store == "b"


def test_verbose_is_counted() -> None:
    assert split(["-v", "orders", "--verbose", "-vv"]).verbose == 4


@pytest.mark.parametrize(
    "words", [["orders", "--store"], ["--store"], ["--store", "--json"], ["--store", ""], ["--store="]], ids=" ".join
)
def test_a_store_option_without_a_name_is_a_usage_error(words: list[str]) -> None:
    with pytest.raises(Problem) as error:
        split(words)
    assert error.value.name.value == "usage"
    assert error.value.exit_code is Exit.USAGE
    assert "--store" in error.value.summary


def test_behind_a_double_dash_nothing_is_taken_out() -> None:
    words = ["orders", "show", "--", "--json", "--store", "-v"]
    assert split(words) == options(rest=words)


@given(st.lists(OTHERS), st.lists(st.sampled_from(sorted(GLOBALS))), st.data())
@settings(deadline=None)
def test_mixed_in_anyhow_they_are_found_and_the_rest_keeps_its_sequence(
    others: list[str], chosen: list[str], data: st.DataObject
) -> None:
    words = list(others)
    for word in chosen:
        words.insert(data.draw(st.integers(0, len(words))), word)
    found = split(words)
    assert found.rest == others
    assert found.as_json == ("--json" in chosen)
    assert found.quiet == any(GLOBALS[word].get("quiet") for word in chosen)
    assert found.no_color == ("--no-color" in chosen)
    assert found.verbose == sum(GLOBALS[word].get("verbose", 0) for word in chosen)
    assert found.store == ("my-shop" if "--store=my-shop" in chosen else None)


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        ("orders list --held", "orders list --held=any"),
        ("orders list --held --overdue", "orders list --held=any --overdue"),
        ("orders list --held prime", "orders list --held prime"),
        ("orders list --held=prime --overdue", "orders list --held=prime --overdue"),
        ("--json orders --store demo export --held --quiet", "orders export --held=any"),
        ("orders list --held --", "orders list --held=any --"),
        ("orders release --held", "orders release --held"),
        ("orders list --due-before today", "orders list --due-before today"),
    ],
)
def test_of_a_list_the_hold_may_be_left_out(words: str, rest: str) -> None:
    assert split(words.split()).rest == rest.split()
