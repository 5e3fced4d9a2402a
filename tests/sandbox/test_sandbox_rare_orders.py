"""Orders of rare kinds, made when they are asked for; and that no sandbox has changed because of them."""

import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.sandbox.hostile import TEXT
from amzlink.sandbox.order_plan import SELLABLE, Trait
from amzlink.sandbox.rare_orders import KINDS
from tests.sandbox.driver import EVERYTHING, Driver
from tests.support.models import Model
from tests.support.rows import each_row

EUROPEAN = tuple(country for country in SELLABLE if BY_COUNTRY[country].region == "eu")


def made(driver: Driver, *kinds: str, country: str = "DE", **more: object) -> dict[str, Any]:
    """A new order of these kinds, as Amazon tells it."""
    (order_id,) = driver.control("orders", {"add": 1, "kinds": list(kinds), "country": country, **more})["added"]
    return driver.order(order_id)


def line_of(order: dict[str, Any]) -> dict[str, Any]:
    (line,) = order["orderItems"]
    found: dict[str, Any] = line
    return found


@pytest.mark.parametrize(
    ("seed", "digest"),
    [
        (7, "5a48bda451ff97db"),
        (42, "5ef8e0b22cfb0f3b"),
    ],
)
def test_the_orders_of_a_seed_are_for_ever_the_same(seed: int, digest: str) -> None:
    """Books that tests keep were made from them."""
    driver = Driver(orders=300, seed=seed)
    driver.world.add_orders(50)
    told = [
        driver.get(f"/orders/2026-01-01/orders/{each}", includedData=EVERYTHING).body for each in driver.world.orders
    ]
    assert hashlib.sha256(b"".join(told)).hexdigest()[:16] == digest


class TestKinds:
    def test_an_order_of_no_kind_is_plain(self) -> None:
        order = made(Driver())
        assert "programs" not in order
        assert not {"shipping", "packing"} & set(line_of(order)["fulfillment"])

    @pytest.mark.parametrize("country", SELLABLE)
    def test_an_order_can_be_placed_in_every_such_marketplace(self, country: str) -> None:
        order = made(Driver(), country=country)
        marketplace = BY_COUNTRY[country]
        assert order["salesChannel"]["marketplaceId"] == marketplace.id
        assert order["proceeds"]["grandTotal"]["currencyCode"] == marketplace.currency
        assert order["buyer"]["buyerEmail"].endswith(f"@marketplace.{marketplace.shop}")

    @pytest.mark.parametrize("country", ["DE", "FR", "ES", "NL", "PL", "SE", "BE", "GB", "IT", "US"])
    def test_prime_orders_come_from_every_marketplace(self, country: str) -> None:
        assert made(Driver(), "prime", country=country)["programs"] == ["PRIME"]

    @pytest.mark.parametrize(
        ("kind", "constraint"),
        [
            ("signature", "signatureConfirmation"),
            ("age-check", "recipientAgeVerification"),
            ("identity-check", "recipientIdentityVerification"),
            ("pallet", "palletDelivery"),
            ("cash-on-delivery", "cashOnDelivery"),
        ],
    )
    def test_a_demand_of_the_parcel_is_mandatory(self, kind: str, constraint: str) -> None:
        shipping = line_of(made(Driver(), kind))["fulfillment"]["shipping"]
        assert shipping == {"shippingConstraints": {constraint: "MANDATORY"}}

    def test_kinds_are_joined(self) -> None:
        line = line_of(made(Driver(), "signature", "age-check", "gift-wrap", "gift-message", "customised"))
        assert len(line["fulfillment"]["shipping"]["shippingConstraints"]) == 2
        assert set(line["fulfillment"]["packing"]["giftOption"]) == {"giftMessage", "giftWrapLevel"}
        assert line["product"]["customization"]["customizedUrl"].startswith("https://")

    def test_a_gift_can_have_a_wrap_or_a_message_alone(self) -> None:
        driver = Driver()
        wrap, message = (line_of(made(driver, kind)) for kind in ("gift-wrap", "gift-message"))
        assert set(wrap["fulfillment"]["packing"]["giftOption"]) == {"giftWrapLevel"}
        assert set(message["fulfillment"]["packing"]["giftOption"]) == {"giftMessage"}

    @pytest.mark.parametrize("kinds", [(), ("several-lines", "several-units"), ("gift",)])
    def test_taxes_are_broken_down_and_the_sum_stays(self, kinds: tuple[str, ...]) -> None:
        order = made(Driver(), "taxed", *kinds)
        for item in order["orderItems"]:
            parts = {part["type"]: part for part in item["proceeds"]["breakdowns"]}
            assert sum(map(amount, parts.values())) == Decimal(item["proceeds"]["proceedsTotal"]["amount"])
            assert sum(Decimal(each["value"]["amount"]) for each in parts["TAX"]["detailedBreakdowns"]) == amount(
                parts["TAX"]
            )
            assert item["tax"]["taxCollections"][0]["model"] == "MARKETPLACE_FACILITATOR"
        total = order["proceeds"]["grandTotal"]
        assert {part["type"] for part in order["proceeds"]["breakdowns"]} == {
            "ITEM", "SHIPPING", "GIFT_WRAP", "DISCOUNT", "TAX",
        }  # fmt: skip
        assert sum(map(amount, order["proceeds"]["breakdowns"])) == Decimal(total["amount"])
        assert order["payment"]["paymentExecutions"][0]["paymentAmount"] == total

    def test_hostile_text_stands_wherever_people_read(self) -> None:
        told = json.dumps(made(Driver(), "hostile-text"))
        assert told.count(json.dumps(TEXT)[1:-1]) >= 9
        for sign in ("\x1b[", "\x1b]", "\x9b", "\r", "\u202e", "\u2066", "\x07", "\x00"):
            assert sign in TEXT

    def test_an_unknown_kind_or_country_is_refused_and_adds_nothing(self) -> None:
        driver = Driver()
        before = len(driver.world.orders)
        for body in ({"add": 1, "kinds": ["golden"]}, {"add": 1, "country": "JP"}, {"add": 1, "kinds": "prime"}):
            assert driver.post_json("/control/orders", body).status == 400
        assert len(driver.world.orders) == before

    @each_row("kind", sorted(KINDS - {"hostile-text"}))
    @each_row("country", SELLABLE)
    def test_orders_of_every_kind_and_country_are_as_in_the_model(self, kind: str, country: str) -> None:
        driver = Driver(orders=0)
        driver.world.add_orders(1, country=country, kinds=[kind])
        (order_id,) = driver.world.orders
        answer = driver.get(f"/orders/2026-01-01/orders/{order_id}", includedData=EVERYTHING)
        Model.load("orders_2026-01-01.json").check_response("getOrder", 200, answer.body)

    def test_every_trait_is_a_kind(self) -> None:
        assert set(Trait) <= KINDS


def amount(part: dict[str, Any]) -> Decimal:
    return Decimal(part["subtotal"]["amount"])


class TestShops:
    @pytest.mark.parametrize("country", EUROPEAN)
    def test_the_seller_can_open_a_shop_in_one_more_marketplace(self, country: str) -> None:
        driver = Driver()
        marketplace_id = BY_COUNTRY[country].id
        assert marketplace_id in driver.control("marketplaces", {"open": country})["marketplace_ids"]
        shops = driver.get("/sellers/v1/marketplaceParticipations").json()["payload"]
        ids = [shop["marketplace"]["id"] for shop in shops if shop["participation"]["isParticipating"]]
        assert ids.count(marketplace_id) == 1

    def test_the_orders_of_another_marketplace_are_found_there_alone(self) -> None:
        driver = Driver(orders=0)
        order = made(driver, country="ES")
        driver.control("clock", {"advance": 120})
        spain, germany = (driver.search(marketplaceIds=BY_COUNTRY[each].id).json()["orders"] for each in ("ES", "DE"))
        assert ([each["orderId"] for each in spain], germany) == ([order["orderId"]], [])
        assert driver.order(order["orderId"])["salesChannel"]["marketplaceName"] == "Amazon.es"

    def test_an_unknown_country_is_refused(self) -> None:
        assert Driver().post_json("/control/marketplaces", {"open": "XX"}).status == 400


class TestMerging:
    def test_an_order_can_be_altered_at_will_and_counts_as_changed_now(self) -> None:
        driver = Driver()
        order = made(driver)
        driver.control("clock", {"advance": 60})
        lines = {"addressLine1": "Beispiel AG", "addressLine2": "Am Markt 7", "phone": None}
        patch = {"recipient": {"deliveryAddress": lines}}
        answer = driver.control(f"orders/{order['orderId']}", {"action": "merge", "order": patch})
        told = driver.order(order["orderId"])
        address = told["recipient"]["deliveryAddress"]
        assert (address["addressLine1"], address["addressLine2"]) == ("Beispiel AG", "Am Markt 7")
        assert "phone" not in address
        assert address["city"] == order["recipient"]["deliveryAddress"]["city"]
        assert told["lastUpdatedTime"] == answer["last_updated"] == driver.ago()

    def test_silently_the_time_of_the_change_stays(self) -> None:
        driver = Driver()
        order = made(driver)
        driver.control("clock", {"advance": 60})
        merge = {"action": "merge", "order": {"programs": ["PREMIUM"]}, "silently": True}
        driver.control(f"orders/{order['orderId']}", merge)
        assert driver.order(order["orderId"]) == order | {"programs": ["PREMIUM"]}

    @pytest.mark.parametrize(
        "body",
        [
            {"action": "merge"},
            {"action": "merge", "order": []},
            {"action": "merge", "order": {"orderId": "302-0000000-0000000"}},
            {"action": "withhold", "parts": ["soul"]},
            {"action": "withhold", "parts": "name"},
        ],
    )
    def test_what_makes_no_sense_is_refused(self, body: dict[str, object]) -> None:
        driver = Driver()
        assert driver.post_json(f"/control/orders/{driver.world.shippable()[0]}", body).status == 400
