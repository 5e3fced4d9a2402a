"""The table of marketplaces, and how a person's word for a country is understood."""

import pytest

from amzlink.amazon.marketplaces import (
    BY_COUNTRY,
    BY_ID,
    ENDPOINTS,
    MARKETPLACES,
    SANDBOX_ENDPOINTS,
    Marketplace,
    find_country,
)


def test_every_marketplace_has_an_id_and_a_country_of_its_own() -> None:
    assert len(MARKETPLACES) == len(BY_ID) == len(BY_COUNTRY) == 23


def test_each_region_has_the_countries_that_amazon_names() -> None:
    by_region: dict[str, set[str]] = {}
    for marketplace in MARKETPLACES:
        by_region.setdefault(marketplace.region, set()).add(marketplace.country)
    assert by_region["na"] == {"CA", "US", "MX", "BR"}
    assert by_region["fe"] == {"SG", "AU", "JP"}
    assert "IN" in by_region["eu"]


def test_the_hosts_are_those_of_amazons_documentation() -> None:
    assert ENDPOINTS["eu"] == "https://sellingpartnerapi-eu.amazon.com"
    assert SANDBOX_ENDPOINTS["fe"] == "https://sandbox.sellingpartnerapi-fe.amazon.com"
    assert ENDPOINTS.keys() == SANDBOX_ENDPOINTS.keys() == {marketplace.region for marketplace in MARKETPLACES}


@pytest.mark.parametrize(
    ("text", "country"),
    [("DE", "DE"), (" de ", "DE"), ("Germany", "DE"), ("UK", "GB"), ("gb", "GB"), ("united kingdom", "GB"),
     ("A1PA6795UKMFR9", "DE"), ("atvpdkikx0der", "US"), ("türkiye", "TR"), ("TÜRKIYE", "TR")],
)  # fmt: skip
def test_a_country_is_known_by_its_code_its_name_or_its_marketplace_id(text: str, country: str) -> None:
    found = find_country(text)
    assert found is not None
    assert found.country == country


@pytest.mark.parametrize("text", ["", "China", "CN", "XX", "A1PA6795UKMFR", "Deutschland!"])
def test_what_is_no_country_of_amazons_is_none(text: str) -> None:
    assert find_country(text) is None


@pytest.mark.parametrize("marketplace", MARKETPLACES, ids=lambda marketplace: marketplace.country)
def test_the_pages_to_sign_in_are_sellers_central_over_https(marketplace: Marketplace) -> None:
    assert marketplace.seller_central_url.startswith("https://sellercentral")
    assert marketplace.develop_apps_url.startswith(marketplace.seller_central_url)
    assert ".amazon." in marketplace.seller_central_url
