"""Weights that an import brings: looked up once, written onto the lines, and missed by name."""

from datetime import timedelta
from pathlib import Path

import pytest

from amzlink.core.orders.holds import Hold
from amzlink.jobs.orders.holds import release_order
from amzlink.orderbook.orders.browse import BookedOrder, Filter
from amzlink.orderbook.weights.listings import find_listings, set_local_weights
from amzlink.orderbook.weights.order_lines import open_orders_by_sku
from amzlink.sandbox.weights import WeightKind
from tests.support.destination import Destination
from tests.support.lists import list_orders
from tests.support.shop import Shop, looked
from tests.support.world import SLUG

_K = WeightKind
GOOD = {
    _K.PACKAGE, _K.SHIPPING, _K.SHIPPING_AND_PACKAGE, _K.BY_MARKETPLACE, _K.ELSEWHERE, _K.OUNCES, _K.POUNDS,
    _K.HUNDREDTHS_POUNDS, _K.MILLIGRAMS, _K.TONS, _K.ZERO_SHIPPING,
}  # fmt: skip
NO_WEIGHT = {_K.NONE, _K.ITEM_ONLY, _K.CATALOGUE_ONLY, _K.UNKNOWN_UNIT, _K.NO_ATTRIBUTE, _K.SUPPRESSED, _K.ZERO}


def weights(shop: Shop) -> dict[str, set[int | None]]:
    """What stands on the lines, by SKU."""
    found: dict[str, set[int | None]] = {}
    for order in shop.orders().values():
        for line in order.order.lines:
            found.setdefault(line.sku or "", set()).add(order.weights.get(line.order_item_id))
    return found


def noted(order: BookedOrder) -> list[str]:
    """The holds of an order, whether or not they count."""
    return [held.hold for held in order.held_for]


def test_an_import_gives_every_line_and_order_the_weight_that_its_listings_say(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=300)
    report = shop.bring()
    assert report.problem is None
    seen = set()
    for sku, grams in weights(shop).items():
        product = shop.amazon.catalogue.by_sku[sku]
        if product.kind in GOOD:
            [weight] = grams
            assert weight is not None
            assert product.grams <= weight <= product.grams * 1.3
        elif product.kind in NO_WEIGHT:
            assert grams == {None}
        seen.add(product.kind)
    assert len(seen & GOOD) > 8
    assert len(seen & NO_WEIGHT) > 5
    for order in shop.orders().values():
        lines = order.order.lines
        single = [
            order.weights[line.order_item_id] * line.quantity for line in lines if line.order_item_id in order.weights
        ]
        assert order.weight_grams == (sum(single) if len(single) == len(lines) else None)


def test_two_thousand_orders_of_five_hundred_products_cost_twenty_five_look_ups_and_then_none(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=2600, listings=560)
    report = shop.bring(since=shop.world.clock.now() - timedelta(days=700))
    skus = weights(shop).keys()
    assert report.tally.fetched >= 2000
    assert len(skus) > 400
    assert any("," in sku for sku in skus)
    assert looked(report) == -(-len(skus) // 20) <= 25
    assert looked(shop.bring()) == 0
    shop.world.clock.advance(timedelta(days=2).total_seconds())
    shop.tell("/orders", {"add": 30})
    assert looked(shop.bring()) <= 3  # those without a weight, once more


def test_what_is_known_is_never_looked_up_again_and_what_is_not_once_a_day(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.bring()
    with shop.book() as book:
        lacking = {sku for sku, grams in weights(shop).items() if grams == {None}}
        set_local_weights(book, dict.fromkeys(lacking, 500))
    shop.world.clock.advance(timedelta(days=3).total_seconds())
    assert looked(shop.bring()) == 0
    assert not [sku for sku, grams in weights(shop).items() if sku in shop.waiting() and None in grams]
    with shop.book() as book:
        sku = min(lacking & shop.waiting())
        set_local_weights(book, {sku: 0})
    assert looked(shop.bring()) >= 1
    assert looked(shop.bring()) == 0
    shop.world.clock.advance(timedelta(days=1).total_seconds())
    assert looked(shop.bring()) >= 1


def test_without_import_weights_nothing_is_looked_up_weighed_or_held(tmp_path: Path) -> None:
    shop = Shop(tmp_path, import_weights=False, hold_missing_weight=True)
    report = shop.bring()
    assert looked(report) == 0
    assert report.tally.missing_weight == 0
    assert all(grams == {None} for grams in weights(shop).values())
    assert not [order for order in shop.orders().values() if Hold.MISSING_WEIGHT in noted(order)]


def test_holds_for_missing_weights_go_when_weights_are_imported_no_more(tmp_path: Path) -> None:
    shop = Shop(tmp_path, hold_missing_weight=True)
    assert shop.bring().tally.missing_weight
    shop.change(import_weights=False)
    shop.bring()
    assert not [order for order in shop.orders().values() if Hold.MISSING_WEIGHT in noted(order)]


def counting(shop: Shop) -> set[str]:
    """The orders that a missing weight keeps back."""
    return {
        order.order_id
        for order, holds in list_orders(shop.world.deps, SLUG, Filter())
        if Hold.MISSING_WEIGHT.value in holds
    }


def lacking(shop: Shop) -> set[str]:
    """The open orders with a product of which no weight is known."""
    bare = {sku for sku, grams in weights(shop).items() if grams == {None}}
    return {
        order_id
        for order_id, order in shop.amazon.orders.items()
        if order_id in shop.orders() and order.status in ("UNSHIPPED", "PARTIALLY_SHIPPED")
        for item in order.body["orderItems"]
        if item["fulfillment"]["quantityUnfulfilled"] and item["product"]["sellerSku"] in bare
    }


def test_a_missing_weight_holds_an_order_only_where_the_store_asks_for_it(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    report = shop.bring()
    assert report.tally.missing_weight == len(lacking(shop)) > 3
    assert counting(shop) == set()
    shop.change(hold_missing_weight=True)
    assert counting(shop) == lacking(shop)


def test_a_lifted_hold_stays_lifted_until_other_products_lack_a_weight(tmp_path: Path) -> None:
    shop = Shop(tmp_path, hold_missing_weight=True)
    shop.bring()
    order_id = min(counting(shop))
    release_order(shop.world.deps, SLUG, order_id)
    shop.bring()
    assert order_id not in counting(shop)
    order = shop.amazon.orders[order_id]
    waits = next(item for item in order.body["orderItems"] if item["fulfillment"]["quantityUnfulfilled"])
    waits["product"]["sellerSku"] = "ANOTHER-WITHOUT-A-LISTING"
    order.change(shop.world.clock.now())
    shop.bring()
    assert order_id in counting(shop)


def test_a_hold_goes_when_the_weight_is_set_and_the_order_carries_it(tmp_path: Path) -> None:
    shop = Shop(tmp_path, hold_missing_weight=True)
    shop.bring()
    held = counting(shop)
    missing = {sku: 450 for sku, grams in weights(shop).items() if grams == {None} and sku in shop.waiting()}
    report = shop.check(weights=missing)
    assert (report.problem, report.set_here, report.missing_orders) == (None, len(missing), 0)
    assert held
    assert counting(shop) == set()
    for order_id in held:
        assert shop.order(order_id).weight_grams


def test_the_stores_default_fills_every_gap_and_a_listings_weight_counts_more(tmp_path: Path) -> None:
    shop = Shop(tmp_path, default_weight_grams=777)
    assert shop.bring().tally.missing_weight == 0
    for sku, grams in weights(shop).items():
        kind = shop.amazon.catalogue.by_sku[sku].kind
        assert (grams == {777}) == (kind not in GOOD), (sku, kind)


@pytest.mark.parametrize(
    ("fault", "problem"), [("role-missing-listings", "role-missing-listings"), ("listings-throttled", "throttled")]
)
def test_listings_that_cannot_be_read_are_warned_of_and_hold_up_no_import(
    tmp_path: Path, fault: str, problem: str
) -> None:
    shop = Shop(tmp_path, faults=[fault])
    report = shop.bring()
    assert report.problem is None
    assert len(shop.orders()) > 20
    assert [warning.name.value for warning in shop.world.reported.warnings if warning.name.value != "clock-jumped"] == [
        problem
    ]
    assert report.tally.missing_weight == len({each for each in shop.orders() if shop.amazon.orders[each].is_shippable})
    shop.switch(off=[fault])
    assert shop.bring().tally.missing_weight == len(lacking(shop))


def test_a_product_without_a_listing_is_asked_for_once_a_day_and_missed(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    sku = shop.product(_K.PACKAGE, ordered=True).sku
    shop.remove(sku)
    shop.bring()
    assert weights(shop)[sku] == {None}
    with shop.book() as book:
        assert find_listings(book, [sku])[sku].is_listed is False
    assert looked(shop.bring()) == 0


def test_sendcloud_gets_the_weights_and_an_order_goes_again_when_one_is_set_later(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=0, import_weights=True)
    ids = at.add(25)
    at.run()
    shop = Shop.__new__(Shop)
    shop.world, shop.amazon = at.world, at.world.sandbox.world
    stored = at.stored()
    known = weights(shop)
    assert set(ids) <= stored.keys()
    for order_id in ids:
        for item in stored[order_id]["order_details"]["order_items"]:
            grams = min(known[item["sku"]], key=lambda each: each or 0)
            assert item.get("measurement") == ({"weight": {"value": grams, "unit": "g"}} if grams else None)
    with shop.book() as book:
        waiting = open_orders_by_sku(book)
    bare = sorted(sku for sku in waiting if known[sku] == {None})
    concerned = {
        order_id
        for order_id in ids
        if bare[0] in [item["sku"] for item in stored[order_id]["order_details"]["order_items"]]
    }
    assert concerned
    before = {order_id: at.writes(order_id) for order_id in ids}
    parcelled = min(concerned) if len(concerned) > 1 else None
    if parcelled:
        at.parcels("announce", parcelled)
    assert shop.check(weights={bare[0]: 1234}).problem is None
    at.run()
    again = {order_id for order_id in ids if at.writes(order_id) > before[order_id]}
    assert again == concerned - {parcelled}
    for order_id in again:
        items = {item["sku"]: item for item in at.stored()[order_id]["order_details"]["order_items"]}
        assert items[bare[0]]["measurement"] == {"weight": {"value": 1234, "unit": "g"}}
