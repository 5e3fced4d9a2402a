"""Confirming a shipment by a single call."""

from typing import Any

import pytest

from amzlink.sandbox.confirmations import MOST_EDITS
from amzlink.sandbox.order_plan import Story, Trait
from tests.sandbox.driver import Driver, error_of
from tests.sandbox.parcels import TRACKING, confirm, find_order, items_of

US = "ATVPDKIKX0DER"


@pytest.fixture
def driver() -> Driver:
    return Driver()


def packages(driver: Driver, order_id: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = driver.order(order_id, "PACKAGES").get("packages", [])
    return told


def ledger(driver: Driver) -> list[tuple[str, str, int, int, str]]:
    """Order, package, how often confirmed and edited, by which way."""
    return [
        (order["order_id"], each["reference"], each["confirmed"], each["edited"], each["route"])
        for order in driver.control("shipments")["shipments"]
        for each in order["packages"]
    ]


class TestWhatIsTaken:
    def test_a_confirmed_order_is_shipped_with_its_package(self, driver: Driver) -> None:
        order = find_order(driver)
        items = items_of(order)
        driver.control("clock", {"advance": 60})
        answer = confirm(driver, order, shippingMethod="Classic", shipDate=driver.ago(seconds=90))
        assert (answer.status, answer.body) == (204, b"")
        told = driver.order(order.order_id)
        assert told["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
        assert told["lastUpdatedTime"] == driver.ago()
        assert [line["fulfillment"]["quantityUnfulfilled"] for line in told["orderItems"]] == [0]
        (package,) = told["packages"]
        assert package["packageReferenceId"] == "1"
        assert (package["carrier"], package["shippingService"]) == ("DPD", "Classic")
        assert package["trackingNumber"] == TRACKING
        assert (package["createdTime"], package["shipTime"]) == (driver.ago(), driver.ago(seconds=90))
        assert package["packageItems"] == items
        assert order.order_id not in driver.world.shippable()

    def test_units_are_confirmed_parcel_by_parcel(self, driver: Driver) -> None:
        order = find_order(driver, Trait.SEVERAL_LINES, Trait.SEVERAL_UNITS)
        first, *rest = items_of(order)
        assert confirm(driver, order, orderItems=[{**first, "quantity": 1}]).status == 204
        assert driver.order(order.order_id)["fulfillment"]["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
        others = [{**first, "quantity": first["quantity"] - 1}, *rest]
        assert confirm(driver, order, packageReferenceId="7", orderItems=others).status == 204
        assert driver.order(order.order_id)["fulfillment"]["fulfillmentStatus"] == "SHIPPED"
        assert [(each["packageReferenceId"], each["packageItems"]) for each in packages(driver, order.order_id)] == [
            ("1", [{**first, "quantity": 1}]),
            ("7", others),
        ]
        assert ledger(driver) == [
            (order.order_id, "1", 1, 0, "single"),
            (order.order_id, "7", 1, 0, "single"),
        ]

    def test_one_item_named_twice_counts_twice(self, driver: Driver) -> None:
        order = find_order(driver, Trait.SEVERAL_LINES, Trait.SEVERAL_UNITS)
        half = {**items_of(order)[0], "quantity": 1}
        assert confirm(driver, order, orderItems=[half, half]).status == 204
        assert packages(driver, order.order_id)[0]["packageItems"] == [{**half, "quantity": 2}]

    def test_the_same_number_again_edits_the_package_and_not_its_contents(self, driver: Driver) -> None:
        order = find_order(driver, Trait.SEVERAL_LINES, Trait.SEVERAL_UNITS)
        first, *rest = items_of(order)
        confirm(driver, order, orderItems=[first])
        driver.control("clock", {"advance": 60})
        answer = confirm(
            driver, order, carrierCode="GLS", trackingNumber="99887766", packageReferenceId="01", orderItems=rest
        )
        assert answer.status == 204
        (package,) = packages(driver, order.order_id)
        assert (package["carrier"], package["trackingNumber"]) == ("GLS", "99887766")
        assert package["packageItems"] == [first]
        told = driver.order(order.order_id)
        assert told["fulfillment"]["fulfillmentStatus"] == "PARTIALLY_SHIPPED"
        assert told["lastUpdatedTime"] == driver.ago()
        assert ledger(driver) == [(order.order_id, "1", 1, 1, "single")]

    def test_a_package_made_elsewhere_can_be_edited(self, driver: Driver) -> None:
        order = find_order(driver)
        items = items_of(order)
        driver.control(f"orders/{order.order_id}", {"action": "ship"})
        assert driver.control("shipments") == {"shipments": []}
        assert confirm(driver, order, trackingNumber="NEW-1", orderItems=items).status == 204
        assert packages(driver, order.order_id)[0]["trackingNumber"] == "NEW-1"
        assert ledger(driver) == [(order.order_id, "1", 0, 1, "single")]

    @pytest.mark.parametrize(
        ("code", "name", "carrier"),
        [
            ("Other", "Fahrradkurier Nord", "Fahrradkurier Nord"),
            ("DHL", "whatever", "DHL"),
            ("dhl", None, "Other"),
            ("Evri", None, "Other"),
        ],
    )
    def test_a_code_that_amazon_does_not_spell_like_that_is_filed_as_other(
        self, driver: Driver, code: str, name: str | None, carrier: str
    ) -> None:
        order = find_order(driver)
        assert confirm(driver, order, carrierCode=code, carrierName=name).status == 204
        assert packages(driver, order.order_id)[0]["carrier"] == carrier

    def test_transparency_codes_stand_with_their_items(self, driver: Driver) -> None:
        order = find_order(driver, Trait.TRANSPARENCY)
        (item,) = items_of(order)
        items = [{**item, "transparencyCodes": ["AZ:1"]}]
        assert confirm(driver, order, orderItems=items).status == 204
        assert packages(driver, order.order_id)[0]["packageItems"] == items


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"packageReferenceId": 1}, "invalid type [packageDetail.packageReferenceId]"),
            ({"packageReferenceId": "box"}, "must be a positive numeric value"),
            ({"packageReferenceId": "0"}, "must be a positive numeric value"),
            ({"packageReferenceId": "-1"}, "must be a positive numeric value"),
            ({"packageReferenceId": "9" * 5000}, "must be a positive numeric value"),
            ({"carrierCode": None}, "packageDetail.carrierCode"),
            ({"carrierCode": "Other"}, "packageDetail.carrierName"),
            ({"carrierName": 5}, "packageDetail.carrierName"),
            ({"trackingNumber": ""}, "packageDetail.trackingNumber"),
            ({"shipDate": "02/21/2022"}, "Invalid Input"),
            ({"shipDate": "2026-11-23T12:00:01Z"}, "packageDetail.shipDate"),
            ({"shipDate": "2020-01-01T00:00:00Z"}, "packageDetail.shipDate"),
            ({"orderItems": {"orderItemId": "1", "quantity": 1}}, "OrderItemId  is invalid"),
            ({"orderItems": []}, "OrderItemId  is invalid"),
            ({"orderItems": ["1"]}, "OrderItemId  is invalid"),
            ({"orderItems": [{"orderItemId": "B00ASIN", "quantity": 1}]}, "OrderItemId  is invalid"),
            ({"orderItems": [{"orderItemId": "11111111111111", "quantity": 1}]}, "OrderItemId  is invalid"),
            ({"orderItems": [{"orderItemId": "1", "quantity": 0}]}, "packageDetail.orderItems.quantity"),
            (
                {"orderItems": [{"orderItemId": "1", "quantity": 1, "transparencyCodes": "A"}]},
                "packageDetail.orderItems.transparencyCodes",
            ),
            ({"marketplaceId": 5}, "invalid type [marketplaceId]"),
            ({"marketplaceId": "AMAZON"}, "marketplaceIds"),
            ({"marketplaceId": "APJ6JRA9NG5V4"}, "marketplaceId"),
        ],
    )
    def test_what_breaks_amazons_rules(self, driver: Driver, changes: dict[str, object], message: str) -> None:
        order = find_order(driver)
        before = driver.order(order.order_id)
        answer = confirm(driver, order, **changes)
        assert (answer.status, message in error_of(answer)["message"]) == (400, True)
        assert driver.order(order.order_id) == before

    def test_an_order_that_does_not_exist(self, driver: Driver) -> None:
        assert driver.confirm().status == 404

    def test_a_marketplace_of_another_region(self, driver: Driver) -> None:
        assert driver.confirm(marketplaceId=US).status == 403

    @pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"marketplaceId":"A1PA6795UKMFR9"}'])
    def test_a_body_that_is_no_confirmation(self, driver: Driver, body: bytes) -> None:
        path = "/orders/v0/orders/000-0000000-0000000/shipmentConfirmation"
        assert driver.send("POST", path, body=body).status == 400

    def test_more_units_than_are_left(self, driver: Driver) -> None:
        order = find_order(driver, Trait.SEVERAL_LINES, Trait.SEVERAL_UNITS)
        first, *_ = items_of(order)
        answer = confirm(driver, order, orderItems=[{**first, "quantity": first["quantity"] + 1}])
        assert (answer.status, "larger than the quantities" in error_of(answer)["message"]) == (400, True)
        confirm(driver, order, orderItems=[first])
        again = confirm(driver, order, packageReferenceId="2", orderItems=[{**first, "quantity": 1}])
        assert (again.status, "PackageToUpdateNotFound" in error_of(again)["message"]) == (400, True)
        assert len(packages(driver, order.order_id)) == 1

    def test_a_new_package_of_an_order_that_is_confirmed_in_full(self, driver: Driver) -> None:
        order = find_order(driver)
        items = items_of(order)
        confirm(driver, order)
        answer = confirm(driver, order, packageReferenceId="2", orderItems=items)
        assert (answer.status, "PackageToUpdateNotFound" in error_of(answer)["message"]) == (400, True)

    def test_a_line_that_is_cancelled_in_an_order_that_goes_on(self, driver: Driver) -> None:
        order = find_order(driver, Trait.SEVERAL_LINES)
        gone, *rest = items_of(order)
        order.body["orderItems"][0]["cancellation"] = {"cancellationExecution": {"cancelledBy": "BUYER"}}
        answer = confirm(driver, order, orderItems=[gone])
        assert answer.status == 400
        assert "NonexistentOrderItem" in error_of(answer)["message"]
        assert confirm(driver, order, orderItems=rest).status == 204

    def test_an_order_that_is_cancelled(self, driver: Driver) -> None:
        order = find_order(driver)
        items = items_of(order)
        driver.control(f"orders/{order.order_id}", {"action": "cancel"})
        answer = confirm(driver, order, orderItems=items)
        assert (answer.status, "NonexistentOrderItem" in error_of(answer)["message"]) == (400, True)

    @pytest.mark.parametrize("status", [Story.PENDING, Story.PENDING_AVAILABILITY])
    def test_an_order_that_is_not_paid(self, driver: Driver, status: Story) -> None:
        (order_id,) = driver.world.add_orders(1, status)
        assert confirm(driver, driver.world.orders[order_id], shipDate=driver.ago()).status == 400

    @pytest.mark.parametrize("trait", [Trait.SHIP_PLUS, Trait.EASY_SHIP, Trait.DELIVERY_BY_AMAZON])
    def test_an_order_that_amazon_confirms_by_itself(self, driver: Driver, trait: Trait) -> None:
        order = find_order(driver, trait)
        answer = confirm(driver, order)
        assert (answer.status, "confirmed by Amazon" in error_of(answer)["message"]) == (400, True)

    def test_an_order_that_amazon_sends(self, driver: Driver) -> None:
        order = next(each for each in driver.world.orders.values() if each.fulfilled_by == "AMAZON")
        assert confirm(driver, order, orderItems=items_of(order, 1)).status == 400

    @pytest.mark.parametrize("codes", [[], ["AZ:1", "AZ:2"]])
    def test_transparency_codes_that_are_not_one_a_unit(self, driver: Driver, codes: list[str]) -> None:
        order = find_order(driver, Trait.TRANSPARENCY)
        (item,) = items_of(order)
        answer = confirm(driver, order, orderItems=[{**item, "transparencyCodes": codes}])
        assert (answer.status, "Transparency codes" in error_of(answer)["message"]) == (400, True)

    def test_an_edit_that_names_items_of_another_order(self, driver: Driver) -> None:
        order = find_order(driver)
        confirm(driver, order)
        answer = confirm(driver, order, orderItems=[{"orderItemId": "11111111111111", "quantity": 1}])
        assert (answer.status, "OrderItemId  is invalid" in error_of(answer)["message"]) == (400, True)

    def test_one_edit_too_many(self, driver: Driver) -> None:
        order = find_order(driver)
        items = items_of(order)
        confirm(driver, order)
        statuses = [
            confirm(driver, order, trackingNumber=f"N{at}", orderItems=items).status for at in range(MOST_EDITS + 1)
        ]
        assert statuses == [204] * MOST_EDITS + [400]
        assert packages(driver, order.order_id)[0]["trackingNumber"] == f"N{MOST_EDITS - 1}"
        assert ledger(driver) == [(order.order_id, "1", 1, MOST_EDITS, "single")]


class TestFaults:
    def test_a_confirmation_that_is_taken_may_not_be_stored(self) -> None:
        driver = Driver(faults=("confirmation-not-stored",))
        order = find_order(driver)
        before = driver.order(order.order_id)
        assert [confirm(driver, order).status for _ in range(3)] == [204] * 3
        assert driver.order(order.order_id) == before
        assert ledger(driver) == []

    def test_only_the_first_one_may_be_lost(self) -> None:
        driver = Driver(faults=("confirmation-not-stored-once",))
        order = find_order(driver)
        assert [confirm(driver, order).status for _ in range(2)] == [204] * 2
        assert ledger(driver) == [(order.order_id, "1", 1, 0, "single")]

    @pytest.mark.parametrize(
        ("fault", "status", "silent"), [("confirm-lost-answer", 500, False), ("confirm-lost-answer-hang", 200, True)]
    )
    def test_a_lost_answer_leaves_a_confirmation_that_is_stored(self, fault: str, status: int, silent: bool) -> None:
        driver = Driver(faults=(fault,))
        order = find_order(driver)
        answer = confirm(driver, order)
        assert (answer.status, answer.silent) == (status, silent)
        assert ledger(driver) == [(order.order_id, "1", 1, 0, "single")]

    def test_an_answer_that_refuses_is_not_lost(self) -> None:
        assert Driver(faults=("confirm-lost-answer",)).confirm().status == 404

    def test_tracking_numbers_may_be_refused(self) -> None:
        driver = Driver(faults=("shipment-refused",))
        answer = confirm(driver, find_order(driver))
        assert (answer.status, "does not match the expected format" in error_of(answer)["message"]) == (400, True)
        assert ledger(driver) == []

    def test_an_edit_may_meet_a_stale_package(self) -> None:
        driver = Driver(faults=("package-stale",))
        order = find_order(driver)
        items = items_of(order)
        assert confirm(driver, order).status == 204
        answer = confirm(driver, order, trackingNumber="NEW-1", orderItems=items)
        assert (answer.status, "InvalidPackageVersion" in error_of(answer)["message"]) == (400, True)
