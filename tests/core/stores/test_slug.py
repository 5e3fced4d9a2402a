"""Slugs: made from a store's name, unique, and fit for file names and variables."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.core.stores.slug import LONGEST, free_slug, is_slug, slug_of


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Shop", "my-shop"),
        ("  Müller & Söhne GmbH  ", "muller-sohne-gmbh"),
        ("Große Straße", "grosse-strasse"),
        ("Łódź – Møbler", "lodz-mobler"),
        ("İstanbul'un En İyisi", "istanbul-un-en-iyisi"),
        ("shop_24/7", "shop-24-7"),
        ("ＦＵＬＬ ｗｉｄｔｈ", "full-width"),
        ("東京ショップ", ""),
        ("!!!", ""),
    ],
)
def test_a_name_becomes_a_slug(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@settings(deadline=None)  # a loaded machine is no failure
@given(st.text(), st.sets(st.sampled_from(["a", "a-2", "de-1", "shop"])))
def test_every_name_gives_a_slug_that_is_one_and_free(name: str, taken: set[str]) -> None:
    slug = free_slug(name, "DE", taken)
    assert is_slug(slug)
    assert slug not in taken


@settings(deadline=None)  # a loaded machine is no failure
@given(st.text(min_size=LONGEST))
def test_a_long_name_is_numbered_within_the_bound(name: str) -> None:
    taken: set[str] = set()
    for _ in range(3):
        taken.add(free_slug(name, "DE", taken))
    assert len(taken) == 3
    assert all(is_slug(slug) for slug in taken)


def test_the_second_store_of_a_name_gets_the_next_number() -> None:
    assert free_slug("My Shop", "DE", {"my-shop"}) == "my-shop-2"
    assert free_slug("My Shop", "DE", {"my-shop", "my-shop-2"}) == "my-shop-3"


def test_a_name_without_plain_letters_gives_country_and_number() -> None:
    assert free_slug("東京", "JP", set()) == "jp-1"
    assert free_slug("", "DE", {"de-1"}) == "de-2"


@pytest.mark.parametrize("text", ["", "-a", "a-", "a--b", "A", "a_b", "ä", "a b", "a" * 41, "a\n"])
def test_what_is_no_slug_is_told_apart(text: str) -> None:
    assert not is_slug(text)
