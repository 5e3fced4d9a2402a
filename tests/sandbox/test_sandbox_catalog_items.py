"""The Catalog Items API: what Amazon knows of products, and mostly of their weights."""

from decimal import Decimal
from typing import Any

import pytest

from amzlink.sandbox.products import Product
from amzlink.sandbox.weights import GRAMS, ITEM, PACKAGE, WeightKind
from tests.sandbox.driver import Driver, error_of
from tests.sandbox.shelf import CATALOG_PATH, FRANCE, GERMANY, catalog, catalog_item, patch, product_of

K = WeightKind
US = "ATVPDKIKX0DER"


@pytest.fixture(scope="module")
def driver() -> Driver:
    """A sandbox that no test changes."""
    return Driver()


def products(driver: Driver) -> list[Product]:
    return list(driver.world.catalogue.by_sku.values())


def weight(item: dict[str, Any], part: str) -> Decimal | None:
    """Grams of the item or its package, as the first marketplace has them."""
    told = item["dimensions"][0].get(part, {}).get("weight")
    return Decimal(str(told["value"])) * GRAMS[told["unit"]] if told else None


class TestOneItem:
    @pytest.mark.parametrize("kind", [K.PACKAGE, K.CATALOGUE_ONLY, K.ZERO, K.GRAMS_AS_KILOGRAMS, K.UNKNOWN_UNIT])
    def test_the_catalogue_knows_what_the_package_weighs(self, driver: Driver, kind: WeightKind) -> None:
        product = product_of(driver, kind)
        package, item = (weight(catalog_item(driver, product.asin), part) for part in ("package", "item"))
        assert package is not None
        assert item is not None
        assert abs(package - product.grams) < Decimal("0.1")
        assert item < package

    @pytest.mark.parametrize("kind", [K.NONE, K.NO_ATTRIBUTE, K.PARENT])
    def test_of_some_it_knows_no_weight(self, driver: Driver, kind: WeightKind) -> None:
        item = catalog_item(driver, product_of(driver, kind).asin)
        assert (weight(item, "package"), weight(item, "item")) == (None, None)
        assert not {PACKAGE, ITEM} & set(item["attributes"])

    def test_of_some_it_knows_the_bare_item_alone(self, driver: Driver) -> None:
        item = catalog_item(driver, product_of(driver, K.ITEM_ONLY).asin)
        assert (weight(item, "package"), weight(item, "item") is not None) == (None, True)

    def test_what_outweighs_the_seller_is_as_wrong_as_the_listing(self, driver: Driver) -> None:
        product = product_of(driver, K.OUTWEIGHED)
        package = weight(catalog_item(driver, product.asin), "package")
        assert package is not None
        assert abs(package - product.grams * 1000) < 1

    def test_units_are_spelt_out_and_differ(self, driver: Driver) -> None:
        units = {
            catalog_item(driver, product.asin)["dimensions"][0]["package"]["weight"]["unit"]
            for product in driver.world.catalogue.products
            if product.kind is K.PACKAGE
        }
        assert units <= set(GRAMS)
        assert len(units) > 1

    def test_attributes_and_dimensions_say_the_same(self, driver: Driver) -> None:
        item = catalog_item(driver, product_of(driver, K.PACKAGE).asin)
        told = {**item["dimensions"][0]["package"]["weight"], "marketplace_id": GERMANY}
        assert item["attributes"][PACKAGE] == [told]

    def test_every_marketplace_that_is_asked_for_has_its_entry(self, driver: Driver) -> None:
        item = catalog_item(driver, products(driver)[0].asin, marketplaceIds=f"{GERMANY},{FRANCE}")
        assert [each["marketplaceId"] for each in item["dimensions"]] == [GERMANY, FRANCE]

    def test_it_tells_its_summary_unless_other_data_are_asked_for(self, driver: Driver) -> None:
        asin = products(driver)[0].asin
        assert set(driver.get(f"{CATALOG_PATH}/{asin}", marketplaceIds=GERMANY).json()) == {"asin", "summaries"}

    def test_families_know_their_members(self, driver: Driver) -> None:
        parent = product_of(driver, K.PARENT)
        (relation,) = catalog_item(driver, parent.asin)["relationships"][0]["relationships"]
        assert relation["childAsins"] == [driver.world.catalogue.by_sku[sku].asin for sku in parent.children]
        child = catalog_item(driver, relation["childAsins"][0])["relationships"][0]["relationships"]
        assert child[0]["parentAsins"] == [parent.asin]
        alone = Driver(listings=10)
        assert catalog_item(alone, products(alone)[0].asin)["relationships"][0]["relationships"] == []

    def test_a_sellers_change_and_a_deleted_listing_leave_the_catalogue_as_it_is(self) -> None:
        driver = Driver()
        product = product_of(driver, K.PACKAGE)
        before = catalog_item(driver, product.asin)
        patch(driver, product)
        driver.control("clock", {"advance": 180})
        driver.control(f"listings/{product.sku}", {"action": "remove"})
        assert catalog_item(driver, product.asin) == {**before, "relationships": before["relationships"]}

    def test_an_asin_of_nobodys_is_not_found(self, driver: Driver) -> None:
        assert driver.get(f"{CATALOG_PATH}/B000000000", marketplaceIds=GERMANY).status == 404

    @pytest.mark.parametrize(
        ("parameters", "status"),
        [
            ({}, 400),
            ({"marketplaceIds": US}, 403),
            ({"marketplaceIds": GERMANY, "includedData": "weights"}, 400),
            ({"marketplaceIds": GERMANY, "includedData": "vendorDetails"}, 400),
        ],
    )
    def test_wrong_parameters_are_refused(self, driver: Driver, parameters: dict[str, object], status: int) -> None:
        assert driver.get(f"{CATALOG_PATH}/{products(driver)[0].asin}", **parameters).status == status


class TestSearch:
    def test_twenty_asins_are_found_at_once(self, driver: Driver) -> None:
        asins = [product.asin for product in products(driver)[:20]]
        page = catalog(driver, identifiers=",".join([*asins[:19], "B000000000"]), identifiersType="ASIN", pageSize=20)
        assert [item["asin"] for item in page["items"]] == asins[:19]
        assert (page["numberOfResults"], "pagination" in page) == (19, False)
        assert all(set(item) == {"asin", "dimensions", "attributes", "summaries"} for item in page["items"])

    def test_a_page_has_ten_items_unless_another_size_is_asked_for(self, driver: Driver) -> None:
        asins = ",".join(product.asin for product in products(driver)[:15])
        query = {"identifiers": asins, "identifiersType": "ASIN"}
        first = catalog(driver, **query)
        second = catalog(driver, **query, pageToken=first["pagination"]["nextToken"])
        assert (len(first["items"]), len(second["items"]), "pagination" in second) == (10, 5, False)
        answer = driver.get(CATALOG_PATH, **query, marketplaceIds=FRANCE, pageToken=first["pagination"]["nextToken"])
        assert "must match the original request" in error_of(answer)["message"]

    def test_skus_are_found_with_their_seller(self, driver: Driver) -> None:
        product = products(driver)[0]
        query: dict[str, object] = {"identifiers": product.sku, "identifiersType": "SKU"}
        seller_id = driver.world.account.seller_id
        assert catalog(driver, **query, sellerId=seller_id)["items"][0]["asin"] == product.asin
        for more in ({}, {"sellerId": "A8GCA31XZ7DWX"}):
            assert driver.get(CATALOG_PATH, **query, **more, marketplaceIds=GERMANY).status == 400

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"identifiersType": None}, 400),
            ({"identifiers": None}, 400),
            ({"identifiers": ",".join("A" * 21)}, 400),
            ({"identifiersType": "EAN"}, 400),
            ({"identifiersType": "WEIGHT"}, 400),
            ({"marketplaceIds": f"{GERMANY},{FRANCE}"}, 400),
            ({"marketplaceIds": None}, 400),
            ({"marketplaceIds": US}, 403),
            ({"keywords": "lamp"}, 400),
            ({"brandNames": "Kontor"}, 400),
            ({"pageSize": 21}, 400),
            ({"pageToken": "more"}, 400),
        ],
    )
    def test_wrong_parameters_are_refused(self, driver: Driver, changes: dict[str, object], status: int) -> None:
        usual: dict[str, object] = {"identifiers": "B0", "identifiersType": "ASIN", "marketplaceIds": GERMANY}
        query = {name: value for name, value in (usual | changes).items() if value is not None}
        assert driver.get(CATALOG_PATH, **query).status == status

    def test_words_find_what_has_them_all_in_its_name(self, driver: Driver) -> None:
        found = driver.get(CATALOG_PATH, keywords="GARTENSCHLAUCH,20 m", marketplaceIds=GERMANY).json()
        names = [item["summaries"][0]["itemName"] for item in found["items"]]
        assert names
        assert all("Gartenschlauch" in name and "20 m" in name for name in names)
        for brand, count in (("Kontor", found["numberOfResults"]), ("Bosch", 0)):
            words = {"keywords": "Gartenschlauch,20 m", "brandNames": brand, "marketplaceIds": GERMANY}
            assert driver.get(CATALOG_PATH, **words).json()["numberOfResults"] == count

    def test_two_calls_a_second_are_the_quota(self) -> None:
        driver = Driver(quota="real")
        query = {"identifiers": "B0", "identifiersType": "ASIN", "marketplaceIds": GERMANY}
        assert [driver.get(CATALOG_PATH, **query).status for _ in range(3)] == [200, 200, 429]
        driver.control("clock", {"advance": 0.5})
        assert driver.get(CATALOG_PATH, **query).status == 200

    def test_without_the_role_the_catalogue_is_closed_and_listings_are_not(self) -> None:
        driver = Driver(faults=("role-missing-catalog",))
        asin = products(driver)[0].asin
        assert driver.get(f"{CATALOG_PATH}/{asin}", marketplaceIds=GERMANY).status == 403
        query = {"identifiers": asin, "identifiersType": "ASIN", "marketplaceIds": GERMANY}
        assert driver.get(CATALOG_PATH, **query).status == 403
        assert driver.listings().status == 200
