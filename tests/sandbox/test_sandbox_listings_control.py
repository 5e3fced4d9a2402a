"""The control calls for listings."""

from typing import Any
from urllib.parse import quote

import pytest

from amzlink.sandbox.weights import ITEM, PACKAGE, WeightKind
from tests.sandbox.driver import Driver
from tests.sandbox.shelf import (
    FRANCE,
    GERMANY,
    PREVIEW,
    listing,
    listing_pages,
    patch,
    product_of,
    search,
    skus_of,
    weights,
)


@pytest.fixture
def driver() -> Driver:
    return Driver()


def of(driver: Driver, sku: str, document: object = None) -> dict[str, Any]:
    told: dict[str, Any] = driver.control(f"listings/{quote(sku, safe='')}", document)
    return told


def test_listings_are_told_with_their_kind(driver: Driver) -> None:
    told = driver.control("listings")["listings"]
    assert {each["sku"]: each["kind"] for each in told} == {
        product.sku: product.kind.value for product in driver.world.catalogue.by_sku.values()
    }
    stamp = product_of(driver, WeightKind.THOUSANDFOLD)
    assert next(each for each in told if each["sku"] == stamp.sku) == {
        "sku": stamp.sku,
        "asin": stamp.asin,
        "kind": "thousandfold",
        "grams": 32,
        "product_type": "OFFICE_PRODUCTS",
        "last_updated": listing(driver, stamp.sku)["summaries"][0]["lastUpdatedDate"],
        "parent": "STAMP-FAMILY",
    }


@pytest.mark.parametrize("kind", list(WeightKind))
def test_those_of_a_kind_can_be_asked_for(driver: Driver, kind: WeightKind) -> None:
    told = driver.get("/control/listings", kind=kind.value).json()["listings"]
    assert told
    assert {each["kind"] for each in told} == {kind.value}


def test_many_listings_can_be_touched_at_once_those_first_that_rested_longest(driver: Driver) -> None:
    oldest = [product.sku for product in driver.world.catalogue.changed_between(None, None)[:50]]
    assert driver.control("listings", {"touch": 50}) == {"changed": oldest}
    pages = list(listing_pages(driver, lastUpdatedAfter=driver.ago(), pageSize=20))
    assert sorted(sku for page in pages for sku in skus_of(page)) == sorted(oldest)


def test_new_listings_are_created_now(driver: Driver) -> None:
    added = driver.control("listings", {"add": 3})["changed"]
    assert sorted(skus_of(search(driver, createdAfter=driver.ago()))) == sorted(added)
    assert len(driver.world.catalogue.by_sku) == 99


def test_a_listing_can_be_touched_and_removed(driver: Driver) -> None:
    sku = next(sku for sku in driver.world.catalogue.by_sku if "/" in sku)
    assert of(driver, sku, {"action": "touch"})["last_updated"] == driver.ago()
    of(driver, sku, {"action": "remove"})
    assert driver.listings(sku).status == 404
    assert driver.get(f"/control/listings/{quote(sku, safe='')}").status == 404


def test_a_weight_can_be_set_as_it_stands_in_one_marketplace_or_in_all(driver: Driver) -> None:
    product = product_of(driver, WeightKind.NONE)
    of(driver, product.sku, {"weight": {"value": "heavy", "unit": "feathers"}, "marketplace_ids": [FRANCE]})
    assert weights(driver, product.sku) == {FRANCE: ("heavy", "feathers")}
    told = of(driver, product.sku, {"weight": {"value": -1, "unit": "grams"}, "attribute": ITEM})
    assert {each["value"] for each in told["attributes"][ITEM]} == {-1}
    assert len(weights(driver, product.sku, ITEM)) == 4
    assert told["last_updated"] == driver.ago()


def test_a_weight_can_be_taken_away(driver: Driver) -> None:
    product = product_of(driver, WeightKind.PACKAGE)
    of(driver, product.sku, {"weight": None, "marketplace_ids": [GERMANY]})
    assert GERMANY not in weights(driver, product.sku)
    assert PACKAGE not in of(driver, product.sku, {"weight": None})["attributes"]


def test_a_suppressed_listing_is_back_when_its_weight_is_there(driver: Driver) -> None:
    product = product_of(driver, WeightKind.SUPPRESSED)
    told = of(driver, product.sku, {"weight": {"value": 1, "unit": "kilograms"}})
    assert told["statuses"] == ["BUYABLE", "DISCOVERABLE"]


def test_answers_to_patches_are_counted(driver: Driver) -> None:
    product = product_of(driver, WeightKind.ZERO)
    patch(driver, product, mode=PREVIEW)
    patch(driver, product)
    patch(driver, product)
    patch(driver, product, {"value": 0})
    assert of(driver, product.sku)["answers_to_patches"] == {"preview VALID": 1, "ACCEPTED": 2, "INVALID": 1}


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("listings", {"touch": 0}),
        ("listings", {"touch": True}),
        ("listings", {"add": 20_001}),
        ("listings", {"touch": 1, "add": 1}),
        ("listings", {"steal": 1}),
        ("listings/STAMP-FAMILY", {}),
        ("listings/STAMP-FAMILY", {"action": "sell"}),
        ("listings/STAMP-FAMILY", {"weight": 5}),
        ("listings/STAMP-FAMILY", {"weight": {"value": 5, "unit": "grams"}, "grams": 5}),
        ("listings/STAMP-FAMILY", {"weight": {"value": 5, "unit": "grams"}, "marketplace_ids": GERMANY}),
        ("patches", {"seconds": -1}),
        ("reports", {"seconds": "long"}),
    ],
)
def test_calls_that_make_no_sense_are_refused(driver: Driver, path: str, document: dict[str, object]) -> None:
    assert driver.post_json(f"/control/{path}", document).status == 400


def test_an_unknown_kind_is_refused(driver: Driver) -> None:
    assert driver.get("/control/listings", kind="featherweight").status == 400
