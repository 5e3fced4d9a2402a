"""The Listings Items API, read side."""

from datetime import timedelta
from typing import Any

import pytest

from amzlink.sandbox.clock import iso
from amzlink.sandbox.products import Product
from amzlink.sandbox.weights import PACKAGE, WeightKind
from tests.sandbox.driver import Driver, error_of
from tests.sandbox.shelf import (
    FRANCE,
    GERMANY,
    listing,
    listing_pages,
    patch,
    product_of,
    search,
    skus_of,
    weights,
)

US = "ATVPDKIKX0DER"
ITALY = "APJ6JRA9NG5V4"


@pytest.fixture(scope="module")
def driver() -> Driver:
    """A sandbox that no test changes."""
    return Driver()


@pytest.fixture(scope="module")
def large() -> Driver:
    """A shop with more listings than can be paged through; no test changes it."""
    return Driver(orders=0, listings=1500)


def products(driver: Driver) -> list[Product]:
    return list(driver.world.catalogue.by_sku.values())


class TestSearch:
    def test_all_listings_come_page_by_page(self, driver: Driver) -> None:
        pages = list(listing_pages(driver, pageSize=20, sortBy="sku", sortOrder="ASC"))
        assert [len(page["items"]) for page in pages] == [20, 20, 20, 20, 16]
        assert [sku for page in pages for sku in skus_of(page)] == sorted(driver.world.catalogue.by_sku)
        assert {page["numberOfResults"] for page in pages} == {96}

    def test_a_page_has_ten_listings_unless_another_size_is_asked_for(self, driver: Driver) -> None:
        assert len(search(driver)["items"]) == 10

    def test_the_token_of_the_page_before_leads_back(self, driver: Driver) -> None:
        first = search(driver, pageSize=20)
        second = search(driver, pageSize=20, pageToken=first["pagination"]["nextToken"])
        assert "previousToken" not in first["pagination"]
        assert search(driver, pageSize=20, pageToken=second["pagination"]["previousToken"])["items"] == first["items"]

    def test_a_thousand_listings_can_be_paged_through_and_all_are_counted(self, large: Driver) -> None:
        pages = list(listing_pages(large, pageSize=20))
        assert len({sku for page in pages for sku in skus_of(page)}) == 1000
        assert (len(pages), pages[-1]["numberOfResults"]) == (50, 1500)

    def test_the_last_page_before_the_limit_is_cut(self, large: Driver) -> None:
        pages = list(listing_pages(large, pageSize=15))
        assert [len(page["items"]) for page in pages[-2:]] == [15, 10]

    def test_a_token_is_bound_to_its_query_and_dies_after_a_day(self) -> None:
        driver = Driver()
        token = search(driver)["pagination"]["nextToken"]
        assert driver.listings(pageToken=token, pageSize=20).status == 200
        changed = driver.listings(pageToken=token, sortBy="sku")
        assert "must match the original request" in error_of(changed)["message"]
        assert "could not decode" in error_of(driver.listings(pageToken="more"))["message"]
        driver.control("clock", {"advance": 86_401})
        driver.token = driver.world.issue_token()
        assert driver.listings(pageToken=token).status == 400

    def test_a_listing_that_changes_meanwhile_pushes_another_across_the_border_of_pages(self) -> None:
        driver = Driver()
        query: dict[str, Any] = {"pageSize": 20, "sortOrder": "ASC"}
        first = search(driver, **query)
        missed = skus_of(search(driver, **query, pageToken=first["pagination"]["nextToken"]))[0]
        driver.control("listings", {"touch": 1})
        later = listing_pages(driver, **query, pageToken=first["pagination"]["nextToken"])
        assert missed not in {sku for page in later for sku in skus_of(page)}

    @pytest.mark.parametrize("kind", ["SKU", "ASIN"])
    def test_identifiers_find_their_listings(self, driver: Driver, kind: str) -> None:
        wanted = [product for product in products(driver) if "," not in product.sku][:20]
        identifiers = ",".join(product.sku if kind == "SKU" else product.asin for product in wanted)
        page = search(driver, identifiers=identifiers, identifiersType=kind, pageSize=20)
        assert set(skus_of(page)) == {product.sku for product in wanted}
        assert page["numberOfResults"] == 20

    def test_of_twenty_identifiers_ten_come_on_a_page_of_the_usual_size(self, driver: Driver) -> None:
        wanted = [product.sku for product in products(driver) if "," not in product.sku][:20]
        page = search(driver, identifiers=",".join(wanted), identifiersType="SKU")
        assert (len(page["items"]), page["numberOfResults"]) == (10, 20)
        assert "nextToken" in page["pagination"]

    def test_an_identifier_of_nobodys_is_passed_over(self, driver: Driver) -> None:
        page = search(driver, identifiers="NOBODY-SELLS-THIS,00012345", identifiersType="SKU")
        assert skus_of(page) == ["00012345"]

    def test_a_sku_with_a_comma_cannot_be_asked_for_in_a_list(self, driver: Driver) -> None:
        sku = next(product.sku for product in products(driver) if "," in product.sku)
        assert search(driver, identifiers=sku, identifiersType="SKU")["items"] == []
        assert listing(driver, sku)["sku"] == sku

    @pytest.mark.parametrize(("field", "moment"), [("lastUpdated", "updated"), ("created", "created")])
    def test_times_include_the_moment_that_they_name(self, driver: Driver, field: str, moment: str) -> None:
        times = sorted(getattr(product, moment) for product in products(driver))
        page = search(driver, **{f"{field}After": iso(times[30]), f"{field}Before": iso(times[45]), "pageSize": 20})
        told = [item["summaries"][0][f"{field}Date"] for item in page["items"]]
        assert sorted(told) == [iso(each) for each in times[30:46]]

    def test_identifiers_and_times_narrow_each_other(self, driver: Driver) -> None:
        one = products(driver)[0]
        query = {"identifiers": one.sku, "identifiersType": "SKU"}
        assert skus_of(search(driver, **query, lastUpdatedBefore=iso(one.updated))) == [one.sku]
        assert skus_of(search(driver, **query, lastUpdatedAfter=iso(one.updated + timedelta(seconds=1)))) == []

    @pytest.mark.parametrize("field", ["sku", "createdDate", "lastUpdatedDate"])
    def test_results_are_sorted_the_last_first_unless_told_otherwise(self, driver: Driver, field: str) -> None:
        keys = {"sku": "sku", "createdDate": "created", "lastUpdatedDate": "updated"}
        told = [
            getattr(driver.world.catalogue.by_sku[sku], keys[field])
            for page in listing_pages(driver, sortBy=field, pageSize=20)
            for sku in skus_of(page)
        ]
        assert told == sorted(told, reverse=True)
        first = search(driver, sortBy=field, sortOrder="ASC")["items"][0]["sku"]
        assert getattr(driver.world.catalogue.by_sku[first], keys[field]) == told[-1]

    def test_statuses_filter(self, driver: Driver) -> None:
        dead = [sku for page in listing_pages(driver, withoutStatus="BUYABLE", pageSize=20) for sku in skus_of(page)]
        alive = [sku for page in listing_pages(driver, withStatus="BUYABLE", pageSize=20) for sku in skus_of(page)]
        assert {product_of(driver, WeightKind.SUPPRESSED).sku, product_of(driver, WeightKind.PARENT).sku} <= set(dead)
        assert sorted(dead + alive) == sorted(driver.world.catalogue.by_sku)
        assert len(alive) > len(dead)
        assert search(driver, withStatus="DISCOVERABLE")["numberOfResults"] == 96

    def test_those_with_issues_can_be_searched_for(self, driver: Driver) -> None:
        found = skus_of(search(driver, withIssueSeverity="ERROR"))
        assert set(found) == {each.sku for each in products(driver) if each.kind is WeightKind.SUPPRESSED}
        assert search(driver, withIssueSeverity="WARNING")["items"] == []

    def test_the_children_of_a_parent_can_be_searched_for(self, driver: Driver) -> None:
        parent = product_of(driver, WeightKind.PARENT)
        page = search(driver, variationParentSku=parent.sku)
        assert set(skus_of(page)) == set(parent.children)
        assert len(parent.children) == 7
        assert search(driver, variationParentSku="NOBODY")["items"] == []
        assert search(driver, packageHierarchySku=parent.sku)["items"] == []

    @pytest.mark.parametrize(
        "parameters",
        [
            {"identifiers": "MUG"},
            {"identifiersType": "SKU"},
            {"identifiers": ",".join("A" * 21), "identifiersType": "SKU"},
            {"identifiers": "A,,B", "identifiersType": "SKU"},
            {"identifiers": "1", "identifiersType": "EAN"},
            {"identifiers": "A", "identifiersType": "SKU", "variationParentSku": "B"},
            {"pageSize": 21},
            {"pageSize": 0},
            {"issueLocale": "german"},
            {"lastUpdatedAfter": "2026-01-01T00:00:00"},
            {"withStatus": "SOLD"},
            {"sortBy": "price"},
            {"includedData": "weights"},
        ],
    )
    def test_wrong_parameters_are_refused(self, driver: Driver, parameters: dict[str, object]) -> None:
        assert driver.listings(**parameters).status == 400

    @pytest.mark.parametrize("marketplace_id", [ITALY, "A1PA6795UKMFR9,APJ6JRA9NG5V4"])
    def test_a_marketplace_without_a_shop_does_not_fit_the_seller(self, driver: Driver, marketplace_id: str) -> None:
        answer = driver.listings(marketplaceIds=marketplace_id)
        assert answer.status == 400
        assert error_of(answer)["message"] == "Invalid 'sellerId' and 'marketplaceId' combination provided."

    @pytest.mark.parametrize("sku", ["", "/MUG"])
    def test_a_seller_id_of_somebody_else_is_refused(self, driver: Driver, sku: str) -> None:
        answer = driver.get(f"/listings/2021-08-01/items/A8GCA31XZ7DWX{sku}", marketplaceIds=GERMANY)
        assert answer.status == 400

    def test_a_marketplace_of_another_region_is_denied(self, driver: Driver) -> None:
        assert driver.listings(marketplaceIds=US).status == 403

    def test_marketplaces_are_required(self, driver: Driver) -> None:
        answer = driver.get(f"/listings/2021-08-01/items/{driver.world.account.seller_id}")
        assert answer.status == 400


class TestOneListing:
    def test_every_sku_is_found_by_its_path_when_it_is_encoded(self, driver: Driver) -> None:
        for sku in driver.world.catalogue.by_sku:
            assert driver.listings(sku).json()["sku"] == sku

    def test_a_slash_that_is_not_encoded_is_denied(self, driver: Driver) -> None:
        sku = next(sku for sku in driver.world.catalogue.by_sku if "/" in sku)
        assert driver.listings(*sku.split("/")).status == 403

    def test_an_unknown_sku_is_not_found(self, driver: Driver) -> None:
        assert driver.listings("NOBODY-SELLS-THIS").status == 404

    def test_it_tells_its_summary_unless_other_data_are_asked_for(self, driver: Driver) -> None:
        sku = products(driver)[0].sku
        assert set(driver.listings(sku).json()) == {"sku", "summaries"}
        assert set(listing(driver, sku, includedData="attributes,issues")) == {"sku", "attributes", "issues"}
        wanted = "offers,fulfillmentAvailability,procurement,relationships,productTypes"
        assert set(listing(driver, sku, includedData=wanted)) == {"sku", *wanted.split(",")} - {"procurement"}

    def test_every_marketplace_that_is_asked_for_has_its_entries(self, driver: Driver) -> None:
        product = product_of(driver, WeightKind.BY_MARKETPLACE)
        assert set(weights(driver, product.sku)) == {each.id for each in driver.world.account.marketplaces}
        german = listing(driver, product.sku)["attributes"][PACKAGE]
        assert [entry["marketplace_id"] for entry in german] == [GERMANY]
        assert german[0]["value"] == product.grams / 1000

    def test_an_attribute_without_an_entry_for_the_marketplace_is_left_out(self, driver: Driver) -> None:
        product = product_of(driver, WeightKind.ELSEWHERE)
        assert PACKAGE not in listing(driver, product.sku)["attributes"]
        assert PACKAGE in listing(driver, product.sku, marketplaceIds=FRANCE)["attributes"]

    def test_titles_are_in_the_marketplaces_language(self, driver: Driver) -> None:
        sku = products(driver)[0].sku
        told = listing(driver, sku, marketplaceIds=f"{GERMANY},{FRANCE}")
        names = [summary["itemName"] for summary in told["summaries"]]
        assert names == [entry["value"] for entry in told["attributes"]["item_name"]]
        assert len(set(names)) == 2

    def test_prices_are_in_the_marketplaces_currency(self, driver: Driver) -> None:
        poland = driver.world.account.marketplaces[3].id
        told = listing(driver, products(driver)[0].sku, includedData="offers", marketplaceIds=f"{GERMANY},{poland}")
        euro, zloty = (offer["price"] for offer in told["offers"])
        assert (euro["currencyCode"], zloty["currencyCode"]) == ("EUR", "PLN")
        assert float(zloty["amount"]) > float(euro["amount"]) > 0

    def test_a_suppressed_listing_says_why_in_the_language_that_is_asked_for(self, driver: Driver) -> None:
        sku = product_of(driver, WeightKind.SUPPRESSED).sku
        told = listing(driver, sku)
        assert told["summaries"][0]["status"] == ["DISCOVERABLE"]
        (issue,) = told["issues"]
        assert (issue["code"], issue["severity"], issue["attributeNames"]) == ("90220", "ERROR", [PACKAGE])
        assert issue["enforcements"]["actions"] == [{"action": "LISTING_SUPPRESSED"}]
        texts = [listing(driver, sku, issueLocale=locale)["issues"][0]["message"] for locale in ("de_DE", "en_GB")]
        assert (texts[0], len(set(texts))) == (issue["message"], 2)
        assert listing(driver, sku, marketplaceIds=FRANCE)["issues"][0]["message"] == texts[1]

    def test_families_know_their_members(self, driver: Driver) -> None:
        parent = product_of(driver, WeightKind.PARENT)
        (told,) = listing(driver, parent.sku)["relationships"]
        (relation,) = told["relationships"]
        assert relation["childSkus"] == list(parent.children)
        (child,) = listing(driver, parent.children[0])["relationships"][0]["relationships"]
        assert (child["parentSkus"], child["type"]) == ([parent.sku], "VARIATION")
        assert listing(driver, parent.sku)["attributes"]["parentage_level"][0]["value"] == "parent"

    def test_a_listing_of_no_family_has_no_relatives(self) -> None:
        driver = Driver(listings=10)
        (told,) = listing(driver, products(driver)[0].sku)["relationships"]
        assert told == {"marketplaceId": GERMANY, "relationships": []}

    def test_a_parent_is_neither_for_sale_nor_weighed(self, driver: Driver) -> None:
        sku = product_of(driver, WeightKind.PARENT).sku
        told = listing(driver, sku, includedData="summaries,attributes,offers,fulfillmentAvailability")
        assert (told["offers"], told["fulfillmentAvailability"]) == ([], [])
        assert told["summaries"][0]["status"] == ["DISCOVERABLE"]
        assert not any("weight" in name for name in told["attributes"])


class TestFaults:
    def test_listings_alone_can_be_over_quota(self) -> None:
        driver = Driver(faults=("listings-throttled",))
        assert driver.listings().status == driver.listings("MUG").status == 429
        assert driver.search().status == 200

    def test_without_the_role_listings_can_neither_be_read_nor_changed(self) -> None:
        driver = Driver(faults=("role-missing-listings",))
        sku = products(driver)[0].sku
        with pytest.raises(AssertionError, match="Access to requested resource is denied"):
            patch(driver, sku)
        assert driver.listings().status == driver.listings(sku).status == 403
