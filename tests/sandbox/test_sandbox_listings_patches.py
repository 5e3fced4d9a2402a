"""Changes to listings: looked at, queued, and seen some minutes later."""

from typing import Any

import pytest

from amzlink.sandbox.weights import ITEM, PACKAGE, SHIPPING, WeightKind
from tests.sandbox.driver import Driver, error_of
from tests.sandbox.shelf import (
    FRANCE,
    GERMANY,
    KILOGRAM,
    PREVIEW,
    listing,
    patch,
    product_of,
    send_patch,
    weights,
)

K = WeightKind
MINUTES = {"advance": 180}


@pytest.fixture
def driver() -> Driver:
    return Driver()


def codes(told: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(issue["code"], issue["attributeNames"]) for issue in told["issues"]]


def kilograms(value: object, **changes: object) -> dict[str, object]:
    return {**KILOGRAM, "value": value, **changes}


class TestPreview:
    @pytest.mark.parametrize("kind", [K.NONE, K.ZERO, K.PACKAGE, K.SUPPRESSED, K.GRAMS_AS_KILOGRAMS])
    def test_a_sound_change_is_valid_and_changes_nothing(self, driver: Driver, kind: WeightKind) -> None:
        product = product_of(driver, kind)
        before = weights(driver, product.sku)
        told = patch(driver, product, mode=PREVIEW, includedData="issues,identifiers")
        assert (told["sku"], told["status"], told["issues"]) == (product.sku, "VALID", [])
        assert told["identifiers"] == [{"marketplaceId": GERMANY, "asin": product.asin}]
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku) == before

    def test_what_is_not_asked_for_is_not_told(self, driver: Driver) -> None:
        told = patch(driver, product_of(driver, K.NONE), mode=PREVIEW, includedData="identifiers")
        assert "identifiers" in told
        assert "issues" not in told

    def test_an_old_fault_that_has_nothing_to_do_with_it_makes_a_preview_invalid(self, driver: Driver) -> None:
        product = product_of(driver, K.OLD_ISSUE)
        told = patch(driver, product, mode=PREVIEW)
        assert (told["status"], codes(told)) == ("INVALID", [("90004114", ["number_of_boxes"])])
        assert listing(driver, product.sku)["attributes"]["number_of_boxes"][0]["value"] == 0
        assert patch(driver, product)["status"] == "ACCEPTED"
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku)[GERMANY] == (1, "kilograms")

    def test_what_else_a_listing_lacks_is_named_too(self, driver: Driver) -> None:
        product = product_of(driver, K.SUPPRESSED)
        told = patch(driver, product, attribute=ITEM, mode=PREVIEW)
        assert codes(told) == [("90220", [PACKAGE])]

    def test_issues_speak_the_language_that_is_asked_for(self, driver: Driver) -> None:
        product = product_of(driver, K.NO_ATTRIBUTE)
        german, english = (
            patch(driver, product, mode=PREVIEW, issueLocale=locale)["issues"][0]["message"]
            for locale in ("de_DE", "en_GB")
        )
        assert (german, english) == ("Die Attribute sind ungültig.", "The attributes are invalid.")


class TestChange:
    def test_it_is_queued_and_seen_some_minutes_later(self, driver: Driver) -> None:
        product = product_of(driver, K.ZERO)
        told = patch(driver, product, kilograms(0.45))
        assert (told["status"], told["issues"], bool(told["submissionId"])) == ("ACCEPTED", [], True)
        driver.control("clock", {"advance": 179})
        assert weights(driver, product.sku)[GERMANY] == (0, "kilograms")
        driver.control("clock", {"advance": 1})
        assert weights(driver, product.sku)[GERMANY] == (0.45, "kilograms")
        told = listing(driver, product.sku)
        assert told["summaries"][0]["lastUpdatedDate"] == driver.ago()

    def test_it_is_searched_for_by_the_moment_at_which_it_was_seen(self, driver: Driver) -> None:
        product = product_of(driver, K.ZERO)
        patch(driver, product)
        driver.control("clock", {"advance": 600})
        page = driver.listings(lastUpdatedAfter=driver.ago(minutes=9)).json()
        assert [item["sku"] for item in page["items"]] == [product.sku]
        assert page["items"][0]["summaries"][0]["lastUpdatedDate"] == driver.ago(minutes=7)

    @pytest.mark.parametrize("op", ["replace", "add", "merge"])
    def test_the_other_marketplaces_keep_what_they_have(self, driver: Driver, op: str) -> None:
        product = product_of(driver, K.BY_MARKETPLACE)
        before = weights(driver, product.sku)
        patch(driver, product, op=op)
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku) == before | {GERMANY: (1, "kilograms")}

    def test_several_marketplaces_can_be_changed_at_once(self, driver: Driver) -> None:
        product = product_of(driver, K.NONE)
        both = [kilograms(1), kilograms(2, marketplace_id=FRANCE)]
        assert patch(driver, product, *both, marketplaceIds=f"{GERMANY},{FRANCE}")["status"] == "ACCEPTED"
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku) == {GERMANY: (1, "kilograms"), FRANCE: (2, "kilograms")}

    def test_an_attribute_can_be_taken_away_from_a_marketplace(self, driver: Driver) -> None:
        product = product_of(driver, K.PACKAGE)
        patch(driver, product, {"marketplace_id": GERMANY}, op="delete")
        driver.control("clock", MINUTES)
        assert GERMANY not in weights(driver, product.sku)
        assert FRANCE in weights(driver, product.sku)

    def test_of_two_changes_the_later_one_stays(self, driver: Driver) -> None:
        product = product_of(driver, K.ZERO)
        for value in (1, 2):
            patch(driver, product, kilograms(value))
            driver.control("clock", {"advance": 10})
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku)[GERMANY] == (2, "kilograms")

    def test_a_suppressed_listing_comes_back_with_its_weight(self, driver: Driver) -> None:
        product = product_of(driver, K.SUPPRESSED)
        patch(driver, product)
        driver.control("clock", MINUTES)
        told = listing(driver, product.sku)
        assert (told["summaries"][0]["status"], told["issues"]) == (["BUYABLE", "DISCOVERABLE"], [])

    def test_a_sku_that_does_not_exist_is_taken_and_nothing_comes_of_it(self, driver: Driver) -> None:
        before = len(driver.world.catalogue.by_sku)
        assert patch(driver, "NOBODY-SELLS-THIS")["status"] == "ACCEPTED"
        assert patch(driver, "NOBODY-SELLS-THIS", mode=PREVIEW)["status"] == "VALID"
        driver.control("clock", MINUTES)
        assert driver.listings("NOBODY-SELLS-THIS").status == 404
        assert len(driver.world.catalogue.by_sku) == before

    def test_the_catalogue_can_outweigh_the_seller(self, driver: Driver) -> None:
        product = product_of(driver, K.OUTWEIGHED)
        before = weights(driver, product.sku)
        assert patch(driver, product, mode=PREVIEW)["status"] == "VALID"
        assert patch(driver, product)["status"] == "ACCEPTED"
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku) == before
        assert listing(driver, product.sku)["summaries"][0]["lastUpdatedDate"] == driver.ago()

    def test_a_listing_that_was_deleted_meanwhile_stays_so(self, driver: Driver) -> None:
        product = product_of(driver, K.PACKAGE)
        patch(driver, product)
        driver.control(f"listings/{product.sku}", {"action": "remove"})
        driver.control("clock", MINUTES)
        assert driver.listings(product.sku).status == 404

    def test_the_time_until_it_is_seen_can_be_set(self, driver: Driver) -> None:
        driver.control("patches", {"seconds": 0})
        product = product_of(driver, K.ZERO)
        patch(driver, product)
        assert weights(driver, product.sku)[GERMANY] == (1, "kilograms")

    def test_a_sku_with_signs_is_changed_by_its_encoded_path(self, driver: Driver) -> None:
        for sku in [sku for sku in driver.world.catalogue.by_sku if not sku.replace("-", "").isalnum()]:
            assert patch(driver, driver.world.catalogue.by_sku[sku], mode=PREVIEW)["sku"] == sku


class TestInvalid:
    def test_an_attribute_that_the_product_type_lacks_is_refused(self, driver: Driver) -> None:
        product = product_of(driver, K.NO_ATTRIBUTE)
        for mode in ({"mode": PREVIEW}, {}):
            told = patch(driver, product, **mode)
            assert (told["status"], codes(told)) == ("INVALID", [("90000900", [PACKAGE])])
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku) == {}

    def test_some_product_types_have_a_packages_weight_and_no_shipping_weight(self, driver: Driver) -> None:
        product = next(each for each in driver.world.catalogue.products if each.product_type == "GARDEN_HOSE")
        assert patch(driver, product, attribute=SHIPPING)["status"] == "INVALID"
        assert patch(driver, product)["status"] == "ACCEPTED"

    @pytest.mark.parametrize(
        "entry",
        [
            kilograms(0),
            kilograms(-1),
            kilograms("0.45"),
            kilograms(None),
            kilograms(value=True),
            kilograms(1, unit="kg"),
            kilograms(1, unit="KILOGRAMS"),
            kilograms(1, unit=None),
            kilograms(1, marketplace_id=FRANCE),
            kilograms(1, language_tag="de_DE"),
            {"value": 1, "unit": "kilograms"},
        ],
    )
    def test_what_is_no_weight_of_the_marketplaces_is_refused(self, driver: Driver, entry: dict[str, object]) -> None:
        told = patch(driver, product_of(driver, K.ZERO), entry)
        assert (told["status"], codes(told)) == ("INVALID", [("4000001", [PACKAGE])])

    @pytest.mark.parametrize("product_type", ["PRODUCT", "PILLOW"])
    def test_another_product_type_than_the_listings_is_refused(self, driver: Driver, product_type: str) -> None:
        product = next(each for each in driver.world.catalogue.products if each.product_type == "LAMP")
        assert patch(driver, product, product_type=product_type)["status"] == "INVALID"

    def test_one_bad_attribute_spoils_the_whole_change(self, driver: Driver) -> None:
        product = product_of(driver, K.ZERO)
        operations = [
            {"op": "replace", "path": f"/attributes/{name}", "value": [KILOGRAM]} for name in (PACKAGE, "wishes")
        ]
        body = {"productType": product.product_type, "patches": operations}
        assert send_patch(driver, product.sku, body).json()["status"] == "INVALID"
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku)[GERMANY] == (0, "kilograms")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"productType": None}, "Invalid product type"),
            ({"productType": "TELEPATHY"}, "Invalid product type"),
            ({"patches": None}, "Invalid empty patches"),
            ({"patches": []}, "Invalid empty patches"),
            ({"patches": [{}]}, "Invalid operation provided in patch at index of 0."),
            ({"patches": ["replace"]}, "Invalid operation"),
            ({"patches": [{"op": "replace", "value": [KILOGRAM]}]}, "Invalid path"),
            ({"patches": [{"op": "replace", "path": "/attributes/item_weight/0", "value": [{}]}]}, "Invalid path"),
            ({"patches": [{"op": "replace", "path": "/summaries", "value": [{}]}]}, "Invalid path"),
            ({"patches": [{"op": "replace", "path": "/attributes/item_weight"}]}, "Invalid value"),
            ({"patches": [{"op": "replace", "path": "/attributes/item_weight", "value": KILOGRAM}]}, "Invalid value"),
            ({"patches": [{"op": "replace", "path": "/attributes/item_weight", "value": [1]}]}, "Invalid value"),
        ],
    )
    def test_a_body_that_is_no_patch_is_refused(self, driver: Driver, changes: dict[str, object], message: str) -> None:
        product = product_of(driver, K.ZERO)
        operation = {"op": "replace", "path": f"/attributes/{PACKAGE}", "value": [KILOGRAM]}
        body = {"productType": product.product_type, "patches": [operation], **changes}
        answer = send_patch(driver, product.sku, body)
        assert answer.status == 400
        assert message in error_of(answer)["message"]

    def test_wrong_parameters_and_media_are_refused(self, driver: Driver) -> None:
        assert send_patch(driver, "MUG", {}, mode="PREVIEW").status == 400
        assert send_patch(driver, "MUG", {}, includedData="identifiers").status == 400
        assert send_patch(driver, "MUG", {}, marketplaceIds="").status == 400
        assert send_patch(driver, "MUG", {}, marketplaceIds="APJ6JRA9NG5V4").status == 400
        path = f"/listings/2021-08-01/items/{driver.world.account.seller_id}/MUG"
        headers = {"x-amz-access-token": driver.token, "content-type": "text/plain"}
        assert driver.send("PATCH", path, f"marketplaceIds={GERMANY}", b"{}", headers).status == 415

    def test_a_slash_that_is_not_encoded_is_denied(self, driver: Driver) -> None:
        path = f"/listings/2021-08-01/items/{driver.world.account.seller_id}/KETTLE/BLU"
        assert driver.send("PATCH", path, f"marketplaceIds={GERMANY}", b"{}").status == 403


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "previewed", "answered"),
        [
            ("listing-patch-refused", "INVALID", "INVALID"),
            ("listing-patch-refused-after-preview", "VALID", "INVALID"),
            ("listing-patch-refused-later", "VALID", "ACCEPTED"),
            ("listing-patch-lost", "VALID", "ACCEPTED"),
        ],
    )
    def test_a_change_can_come_to_nothing_in_several_ways(self, fault: str, previewed: str, answered: str) -> None:
        driver = Driver(faults=(fault,))
        product = product_of(driver, K.ZERO)
        assert patch(driver, product, mode=PREVIEW)["status"] == previewed
        assert patch(driver, product)["status"] == answered
        driver.control("clock", MINUTES)
        told = listing(driver, product.sku)
        assert told["attributes"][PACKAGE][0]["value"] == 0
        assert bool(told["issues"]) == (fault == "listing-patch-refused-later")

    def test_an_issue_that_came_later_goes_with_the_next_change(self) -> None:
        driver = Driver(faults=("listing-patch-refused-later",))
        product = product_of(driver, K.ZERO)
        patch(driver, product)
        driver.control("clock", MINUTES)
        assert [issue["code"] for issue in listing(driver, product.sku)["issues"]] == ["8015"]
        driver.control("faults", {"off": ["listing-patch-refused-later"]})
        patch(driver, product)
        driver.control("clock", MINUTES)
        assert listing(driver, product.sku)["issues"] == []

    def test_a_change_for_one_marketplace_can_spoil_the_others(self) -> None:
        driver = Driver(faults=("listing-patch-spoils-others",))
        product = product_of(driver, K.PACKAGE)
        patch(driver, product)
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku) == {GERMANY: (1, "kilograms")}

    @pytest.mark.parametrize("fault", ["listing-patch-lost-answer", "listing-patch-lost-answer-hang"])
    def test_the_answer_to_a_change_that_was_taken_can_get_lost(self, fault: str) -> None:
        driver = Driver(faults=(fault,))
        product = product_of(driver, K.ZERO)
        operation = {"op": "replace", "path": f"/attributes/{PACKAGE}", "value": [KILOGRAM]}
        answer = send_patch(driver, product.sku, {"productType": product.product_type, "patches": [operation]})
        assert (answer.status == 500) != answer.silent
        driver.control("clock", MINUTES)
        assert weights(driver, product.sku)[GERMANY] == (1, "kilograms")

    def test_the_role_may_be_enough_to_read_and_not_to_change(self) -> None:
        driver = Driver(faults=("role-missing-listings-write",))
        assert send_patch(driver, "MUG", {}).status == 403
        assert driver.listings().status == 200
