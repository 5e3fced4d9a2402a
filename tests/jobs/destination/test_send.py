"""Orders on their way to Sendcloud: each that is ready gets there once, whatever happens meanwhile."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from amzlink.jobs.destination.read_back import OrdersThere
from amzlink.jobs.destination.send import send_orders
from amzlink.jobs.destination.tally import SendTally
from amzlink.jobs.orders.holds import hold_order, release_order
from amzlink.jobs.orders.show import show_order
from amzlink.jobs.push_status import PushOptions, push_status
from amzlink.jobs.status import status_of
from amzlink.jobs.stores.settings import set_settings
from amzlink.orderbook.destination.outbox import DispatchState
from amzlink.orderbook.schema import SEALED
from amzlink.problems import ProblemName
from amzlink.run import StoreRun
from amzlink.sandbox.messages import Json
from amzlink.sandbox.order_plan import Story, Trait
from tests.support.destination import NONE, Destination, minutes, one, problem_of, refusals
from tests.support.world import SLUG

ALL = timedelta(days=700)
WEIGHED: Any = {"import_weights": True, "hold_missing_weight": True}


def few(folder: Path, count: int = 3, **settings: Any) -> tuple[Destination, list[str]]:
    """A store with a few orders that have all been sent."""
    at = Destination(folder, orders=NONE, **settings)
    ids = at.add(count)
    assert at.run().problem is None
    assert set(ids) <= at.stored().keys()
    return at, ids


# What goes, and what does not.


@pytest.mark.on_both_engines
def test_every_order_that_is_ready_is_at_sendcloud_after_the_import_and_no_other(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=700)
    report = at.run()
    assert report.problem is None
    assert at.stored().keys() == at.ready()
    assert len(at.ready()) > 200
    assert report.sent.sent == len(at.ready())
    assert {order_id for order_id, sent in at.sent().items() if sent == "yes"} == at.ready()


@pytest.mark.parametrize("story", [Story.PENDING, Story.SHIPPED, Story.CANCELLED])
def test_an_order_that_is_not_to_ship_stays_here(tmp_path: Path, story: Story) -> None:
    at = Destination(tmp_path, orders=200)
    at.run(since=at.world.clock.now() - ALL)
    others = {order_id for order_id, order in at.world.sandbox.world.orders.items() if order.status == story}
    assert others
    assert not others & at.stored().keys()


@pytest.mark.parametrize(
    "trait",
    [
        Trait.CUSTOMISED, Trait.CANCELLATION_REQUESTED, Trait.SHIP_PLUS, Trait.EASY_SHIP, Trait.DELIVERY_BY_AMAZON,
        Trait.STORE_PICKUP, Trait.PREORDER, Trait.LABEL_LATER, Trait.BARE_RECIPIENT,
    ],
)  # fmt: skip
def test_an_order_that_something_holds_stays_here(tmp_path: Path, trait: Trait) -> None:
    at = Destination(tmp_path, orders=300)
    at.run()
    held = {order_id for order_id, order in at.world.sandbox.world.orders.items() if trait in order.traits}
    assert held
    assert not held & at.stored().keys()
    assert not {order_id for order_id in held if at.sent().get(order_id, "no") != "no"}


def test_orders_go_in_batches_of_a_hundred_and_each_call_is_as_sendcloud_documents_it(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    at.add(250)
    report = at.run()
    assert report.sent.sent >= 250
    assert at.posts == -(-report.sent.sent // 100) == 3
    assert report.api_calls["sendcloud/create_orders"] == 3
    assert at.hold_calls() == {"sc-public-v3-orders-post-create_orders", "sc-public-v3-orders-get-list_orders"}


def test_the_most_urgent_orders_go_first(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=500)
    at.switch("sendcloud-any-currency")  # otherwise a batch goes a second time, without what was refused
    at.run()
    posted = [order for call in at.calls() if call.method == "POST" for order in json.loads(call.content)]
    dates = [order["order_details"]["order_items"][0]["delivery_dates"]["handover_at"] for order in posted]
    assert len(dates) > 100
    assert dates == sorted(dates)


def test_what_amazon_tells_of_an_order_is_at_sendcloud(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=400)
    at.run()
    stored = at.stored()
    for order_id in at.ready():
        amazon, sendcloud = at.order(order_id).body, stored[order_id]
        details = sendcloud["order_details"]
        open_items = {
            item["orderItemId"]: item for item in amazon["orderItems"] if item["fulfillment"]["quantityUnfulfilled"]
        }
        assert sendcloud["order_id"] == sendcloud["order_number"] == order_id
        assert [item["item_id"] for item in details["order_items"]] == list(open_items)
        for item in details["order_items"]:
            told = open_items[item["item_id"]]
            price = told["product"].get("price", {}).get("unitPrice")
            assert item["sku"] == told["product"]["sellerSku"]
            assert item["quantity"] == told["fulfillment"]["quantityUnfulfilled"]
            assert price is None or Decimal(str(item["unit_price"]["value"])) == Decimal(price["amount"])
            window = amazon["fulfillment"]["shipByWindow"]
            assert item["delivery_dates"]["handover_at"] == window["latestDateTime"]
            assert item["delivery_dates"]["deliver_at"] == amazon["fulfillment"]["deliverByWindow"]["latestDateTime"]
        total = amazon["proceeds"]["grandTotal"]
        assert Decimal(str(sendcloud["payment_details"]["total_price"]["value"])) == Decimal(total["amount"])
        assert sendcloud["payment_details"]["total_price"]["currency"] == total["currencyCode"]
        assert sendcloud["shipping_details"]["delivery_indicator"] == amazon["fulfillment"]["fulfillmentServiceLevel"]
        address = amazon["recipient"]["deliveryAddress"]
        assert sendcloud["shipping_address"]["country_code"] == address["countryCode"]
        assert sendcloud["shipping_address"]["city"] == address["city"]
        if "phone" in address and len(address["phone"]) <= 20:
            assert sendcloud["shipping_address"]["phone_number"] == address["phone"]


def with_trait(at: Destination, trait: Trait) -> tuple[Any, Any]:
    order_id = next(each for each in sorted(at.ready()) if trait in at.order(each).traits)
    return at.order(order_id).body, at.stored()[order_id]


def test_gift_messages_wishes_tax_and_ioss_numbers_travel_along(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=500)
    at.run()
    amazon, sendcloud = with_trait(at, Trait.GIFT)
    gifts = [item["fulfillment"].get("packing", {}).get("giftOption", {}) for item in amazon["orderItems"]]
    message = next(gift["giftMessage"] for gift in gifts if "giftMessage" in gift)
    assert message.strip() in sendcloud["order_details"]["notes"]
    amazon, sendcloud = with_trait(at, Trait.DELIVERY_WISHES)
    assert amazon["recipient"]["deliveryPreference"]["addressInstruction"] in sendcloud["order_details"]["notes"]
    amazon, sendcloud = with_trait(at, Trait.BUSINESS)
    [registration] = amazon["tax"]["taxRegistrations"]
    [number] = sendcloud["customs_details"]["tax_numbers"]["receiver"]
    assert (number["name"], number["value"]) == ("VAT", registration["taxRegistrationNumber"])
    assert amazon["buyer"]["buyerCompanyName"] in sendcloud["order_details"]["notes"]
    amazon, sendcloud = with_trait(at, Trait.IOSS)
    [number] = sendcloud["customs_details"]["tax_numbers"]["sender"]
    assert number["name"] == "IOSS"
    assert number["value"] in str(amazon["orderItems"])


def test_what_was_sent_by_a_part_is_not_sent_again_with_the_rest(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=200)
    at.run()
    partly = [order_id for order_id in at.ready() if at.order(order_id).status == Story.PARTIALLY_SHIPPED]
    assert partly
    for order_id in partly:
        left = {
            item["orderItemId"]: item["fulfillment"]["quantityUnfulfilled"]
            for item in at.order(order_id).body["orderItems"]
            if item["fulfillment"]["quantityUnfulfilled"]
        }
        items = at.stored()[order_id]["order_details"]["order_items"]
        assert {item["item_id"]: item["quantity"] for item in items} == left


def test_with_another_destination_sendcloud_is_not_called(tmp_path: Path) -> None:
    at = Destination(tmp_path, destination="none")
    assert at.run().complete
    assert at.calls() == []


@pytest.mark.on_both_engines
def test_a_dry_run_counts_posts_nothing_and_writes_nothing(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = at.add(3)
    store = at.world.deps.load_config().stores[SLUG]
    at.world.deps.save_config(at.world.deps.load_config().with_store(SLUG, replace(store, destination="none")))
    at.run()
    at.world.deps.save_config(at.world.deps.load_config().with_store(SLUG, store))
    report = at.run(dry_run=True)
    assert report.sent.would_send >= 3
    assert report.sent.sent == 0
    assert at.posts == 0
    assert at.rows(*ids) == {}
    assert at.stored() == {}


def test_a_dry_run_changes_nothing_of_what_was_sent_before(tmp_path: Path) -> None:
    at, (moved, cancelled, lost) = few(tmp_path)
    at.move(moved)
    at.change(cancelled, "cancel")
    at.run(settle=True, order_ids=(moved, cancelled), dry_run=True)
    before, rows = at.stored(), at.rows(moved, cancelled, lost)
    writes = at.posts
    report = at.run(dry_run=True)
    assert at.stored() == before
    assert at.rows(moved, cancelled, lost) == rows
    assert at.posts == writes
    assert {call.method for call in at.calls()[-3:]} <= {"GET", "POST"}
    assert report.sent.recalled == 0


# Again, and not again.


def test_a_run_with_nothing_to_do_asks_sendcloud_nothing(tmp_path: Path) -> None:
    at, _ = few(tmp_path)
    calls = len(at.calls())
    report = at.run()
    assert report.complete
    assert report.sent.sent == 0
    assert len(at.calls()) == calls


def test_a_change_that_means_nothing_to_the_parcel_sends_nothing(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    calls = len(at.calls())
    for _ in range(2):
        at.change(ids[0], "touch")
        assert at.run().sent.sent == 0
    assert at.writes(ids[0]) == 1
    assert len(at.calls()) == calls


def test_a_changed_address_is_sent_once(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    at.move(ids[0], "Neue Gasse 7")
    assert at.run().sent.sent == 1
    at.run()
    assert at.writes(ids[0]) == 2
    address = at.stored()[ids[0]]["shipping_address"]
    assert (address["address_line_1"], address["house_number"]) == ("Neue Gasse", "7")
    assert [at.writes(other) for other in ids[1:]] == [1, 1]


def test_a_changed_quantity_is_sent_once(tmp_path: Path) -> None:
    at, ids = few(tmp_path)

    def edit(body: Any) -> None:
        item = body["orderItems"][0]
        item["quantityOrdered"] += 2
        item["fulfillment"]["quantityUnfulfilled"] += 2

    before = at.stored()[ids[0]]["order_details"]["order_items"][0]["quantity"]
    at.alter(ids[0], edit)
    assert at.run().sent.sent == 1
    at.run()
    assert at.writes(ids[0]) == 2
    assert at.stored()[ids[0]]["order_details"]["order_items"][0]["quantity"] == before + 2


@pytest.mark.parametrize("known_here", [True, False])
def test_a_change_does_not_touch_an_order_that_has_a_parcel(tmp_path: Path, known_here: bool) -> None:
    at, ids = few(tmp_path)
    at.parcels("announce", ids[0])
    if known_here:
        push(at)
    at.move(ids[0])
    assert at.run().sent.sent == 0
    at.run()
    assert at.writes(ids[0]) == 1
    assert at.sent()[ids[0]] == "yes"


@pytest.mark.parametrize("known_here", [True, False])
def test_a_change_that_a_parcel_kept_back_is_sent_once_the_parcel_is_cancelled(
    tmp_path: Path, known_here: bool
) -> None:
    at, ids = few(tmp_path)
    at.parcels("announce", ids[0])
    if known_here:
        push(at)
    at.move(ids[0], "Neue Gasse 7")
    at.run()
    at.parcels("cancel", ids[0])
    if known_here:
        push(at)
    assert at.run().sent.sent == 1
    assert at.stored()[ids[0]]["shipping_address"]["address_line_1"] == "Neue Gasse"
    assert at.run().sent.sent == 0


def push(at: Destination) -> None:

    at.world.clock.advance(60)
    report = push_status(at.world.deps, [SLUG], PushOptions())[0]
    assert report.problem is None


def test_our_own_confirmation_never_comes_back_as_a_new_order(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE, update_status_when="announced")
    ids = at.add(2)
    at.run()
    order = at.order(ids[0])
    at.alter(ids[0], several_lines)
    at.run()
    writes = at.writes(ids[0])
    first = order.body["orderItems"][0]
    at.parcels("announce", ids[0], split=[{first["orderItemId"]: first["quantityOrdered"]}])
    push(at)
    at.parcels("announce", ids[1])
    push(at)
    for _ in range(3):
        at.run()
    assert order.status == Story.PARTIALLY_SHIPPED
    assert at.order(ids[1]).status == Story.SHIPPED
    assert (at.writes(ids[0]), at.writes(ids[1])) == (writes, 1)


def several_lines(body: Any) -> None:
    import copy

    second = copy.deepcopy(body["orderItems"][0])
    second["orderItemId"] = f"{int(second['orderItemId']) + 1}"
    body["orderItems"] = [body["orderItems"][0], second]


# Cancelled, held, asked to be cancelled.


@pytest.mark.parametrize("how", ["cancel", "request-cancellation", "hold"])
def test_an_order_that_is_stopped_after_it_was_sent_is_taken_back(tmp_path: Path, how: str) -> None:
    at, ids = few(tmp_path)
    stop(at, ids[0], how)
    report = at.run()
    assert report.sent.recalled == 1
    assert report.complete
    assert at.stored().keys() & set(ids) == set(ids[1:])
    assert at.row(ids[0]).state is DispatchState.RECALLED
    assert at.sent()[ids[0]] == "no"
    assert at.run().sent.recalled == 0


def stop(at: Destination, order_id: str, how: str) -> None:
    if how == "hold":
        hold_order(at.world.deps, SLUG, order_id)
    else:
        at.change(order_id, how)


@pytest.mark.parametrize("how", ["request-cancellation", "hold"])
def test_an_order_that_is_released_again_is_sent_again(tmp_path: Path, how: str) -> None:
    at, ids = few(tmp_path)
    stop(at, ids[0], how)
    at.run()
    assert ids[0] not in at.stored()
    release_order(at.world.deps, SLUG, ids[0])
    assert at.run().sent.sent == 1
    assert ids[0] in at.stored()
    assert at.run().sent.sent == 0


def test_an_order_that_amazon_ships_itself_after_all_is_held_withdrawn_and_followed(tmp_path: Path) -> None:
    at, ids = few(tmp_path, 1)

    def edit(body: Json) -> None:
        body["fulfillment"]["fulfilledBy"] = "AMAZON"

    at.alter(ids[0], edit)
    at.run(order_ids=(ids[0],))
    assert show_order(at.world.deps, SLUG, ids[0], with_personal=False).holds == ("amazon-ships",)
    at.run()
    assert ids[0] not in at.stored()
    at.change(ids[0], "ship")
    at.run()
    assert show_order(at.world.deps, SLUG, ids[0], with_personal=False).order.order.status == "SHIPPED"


@pytest.mark.parametrize("how", ["cancel", "request-cancellation", "hold"])
@pytest.mark.parametrize("known_here", [True, False])
def test_a_parcel_of_a_stopped_order_is_flagged_once_shown_and_nothing_is_deleted(
    tmp_path: Path, how: str, known_here: bool
) -> None:
    at, ids = few(tmp_path)
    at.parcels("announce", ids[0])
    if known_here:
        push(at)
    stop(at, ids[0], how)
    report = at.run()
    assert report.sent.too_late == [ids[0]]
    assert report.sent.recalled == 0
    at.run()
    [warning] = at.warned("parcel-of-stopped-order")
    assert warning.facts["order_id"] == ids[0]
    can_be_released = f"`amzlink orders release {ids[0]} --store {SLUG}`" in warning.next_step
    assert can_be_released is (how != "cancel")
    assert ids[0] in at.stored()
    assert status_of(at.world.deps, [SLUG])[0].shipping.stopped_with_parcel == (ids[0],)
    assert at.sent()[ids[0]] == "yes"


@pytest.mark.parametrize("known_here", [True, False])
def test_a_stopped_order_is_taken_back_once_its_parcel_is_cancelled(tmp_path: Path, known_here: bool) -> None:
    at, ids = few(tmp_path)
    at.parcels("announce", ids[0])
    if known_here:
        push(at)
    at.change(ids[0], "cancel")
    at.run()
    at.parcels("cancel", ids[0])
    if known_here:
        push(at)
    assert at.run().sent.recalled == 1
    assert ids[0] not in at.stored()
    assert status_of(at.world.deps, [SLUG])[0].shipping.stopped_with_parcel == ()


def test_a_parcel_that_has_arrived_cannot_be_stopped_any_more(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    at.parcels("announce", ids[0])
    at.change(ids[0], "cancel")
    at.run()
    at.parcels("deliver", ids[0])
    push(at)
    at.run()
    assert status_of(at.world.deps, [SLUG])[0].shipping.stopped_with_parcel == ()
    assert len(at.warned("parcel-of-stopped-order")) == 1


def test_a_label_that_is_being_made_counts_as_a_parcel(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    at.parcels("announce", ids[0], status="ANNOUNCING")
    at.change(ids[0], "cancel")
    assert at.run().sent.too_late == [ids[0]]
    at.parcels("status", ids[0], status="ANNOUNCEMENT_FAILED")
    assert at.run().sent.recalled == 1


def test_an_order_with_a_parcel_that_is_released_is_as_it_was(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    at.parcels("announce", ids[0])
    hold_order(at.world.deps, SLUG, ids[0])
    at.run()
    release_order(at.world.deps, SLUG, ids[0])
    at.run()
    assert status_of(at.world.deps, [SLUG])[0].shipping.stopped_with_parcel == ()
    assert at.writes(ids[0]) == 1
    assert at.row(ids[0]).state is DispatchState.SENT


@pytest.mark.parametrize("how", ["cancel", "request-cancellation", "hold"])
def test_an_order_that_is_stopped_while_it_is_only_accepted_is_taken_back_when_it_appears(
    tmp_path: Path, how: str
) -> None:
    at = Destination(tmp_path, orders=NONE)
    order_id = one(at.add(1))
    at.switch("sendcloud-slow")
    at.run()
    assert at.row(order_id).state is DispatchState.ACCEPTED
    assert at.sent()[order_id] == "yes"
    stop(at, order_id, how)
    at.run()
    assert order_id not in at.stored()
    at.run()
    assert order_id not in at.stored()
    assert at.row(order_id).state is DispatchState.RECALLED


def test_an_earlier_version_at_sendcloud_is_taken_back_although_the_later_one_was_refused(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    order_id = one(at.add(1))
    at.switch("sendcloud-slow")
    at.run()
    at.refuse(order_id)
    at.move(order_id)
    assert refusals(at.run()) == {order_id: "sendcloud-refused"}
    at.world.clock.advance(minutes(8))
    assert order_id in at.stored()
    at.change(order_id, "cancel")
    assert at.run().sent.recalled == 1
    assert order_id not in at.stored()


def test_one_order_that_cannot_be_taken_back_does_not_hold_up_the_others(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    at.change(ids[0], "cancel")
    fresh = one(at.add(1))
    at.switch("sendcloud-keeps-orders")
    report = at.run()
    assert refusals(report) == {ids[0]: "request-refused"}
    assert fresh in at.stored()
    at.switch(off=["sendcloud-keeps-orders"])
    assert at.run().sent.recalled == 1


# Refused.


@pytest.mark.parametrize("count", [1, 3, 100])
def test_refused_orders_are_picked_out_and_the_rest_goes_in_one_more_call(tmp_path: Path, count: int) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = at.add(100)
    bad = set(ids[:count])
    at.refuse(*bad)
    report = at.run()
    assert refusals(report) == dict.fromkeys(bad, "sendcloud-refused")
    assert at.stored().keys() == at.ready() - bad
    assert at.posts == (2 if count < 100 else 1)
    assert not report.complete
    assert {order_id for order_id, sent in at.sent().items() if sent == "refused"} == bad
    row = at.row(one(bad))
    assert (row.problem, row.code, row.pointer) == (
        ProblemName.SENDCLOUD_REFUSED,
        "invalid",
        "shipping_address/postal_code",
    )


def test_a_refused_order_is_shown_and_tried_again_only_when_it_changes(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    fresh = one(at.add(1))
    at.refuse(fresh)
    assert refusals(at.run()) == {fresh: "sendcloud-refused"}
    [kept] = status_of(at.world.deps, [SLUG])[0].shipping.not_sent
    assert (kept.order_id, kept.problem, kept.reason) == (
        fresh,
        ProblemName.SENDCLOUD_REFUSED,
        "shipping_address/postal_code",
    )
    posts = at.posts
    at.change(fresh, "touch")
    assert at.run().complete, "it is told once"
    assert at.posts == posts
    at.refuse()
    at.move(fresh)
    assert at.run().sent.sent == 1
    assert fresh in at.stored()
    assert status_of(at.world.deps, [SLUG])[0].shipping.not_sent == ()
    assert at.sent()[fresh] == "yes"
    assert [at.writes(order_id) for order_id in ids] == [1, 1, 1]


def test_a_refused_change_leaves_the_order_there_as_it_was_and_says_so(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    before = at.stored()[ids[0]]
    at.refuse(ids[0])
    at.move(ids[0])
    assert refusals(at.run()) == {ids[0]: "sendcloud-refused"}
    assert at.stored()[ids[0]] == before
    assert at.sent()[ids[0]] == "refused"


def polish_orders(at: Destination, count: int) -> list[str]:
    """New orders in zloty."""
    ids = at.add(count)

    def edit(body: Json) -> None:
        for price in prices_in(body):
            price["currencyCode"] = "PLN"

    for order_id in ids:
        at.alter(order_id, edit)
    return ids


def prices_in(part: Any) -> Iterator[Json]:
    if isinstance(part, dict):
        if "currencyCode" in part:
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from prices_in(each)


def test_an_order_in_another_currency_goes_where_sendcloud_takes_it(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    at.switch("sendcloud-any-currency")
    ids = polish_orders(at, 3)
    assert at.run().complete
    assert {at.stored()[order_id]["payment_details"]["total_price"]["currency"] for order_id in ids} == {"PLN"}


def test_a_currency_that_sendcloud_refuses_is_named_once_for_each_order_and_the_others_go(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    others, ids = at.add(2), polish_orders(at, 3)
    report = at.run()
    assert refusals(report) == dict.fromkeys(ids, "currency-unsupported")
    assert all("PLN" in entry.message for entry in report.sent.refused)
    assert set(others) <= at.stored().keys()
    assert not set(ids) & at.stored().keys()
    posts = at.posts
    assert at.run().complete, "it is told once"
    assert at.posts == posts
    assert refusals(at.run(settle=True)) == {}


def test_an_item_in_a_currency_of_its_own_is_named_and_does_not_follow_the_orders_currency(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    order_id = one(at.add(1))

    def edit(body: Json) -> None:
        item = body["orderItems"][0]
        price = {"unitPrice": {"amount": "5.00", "currencyCode": "PLN"}}
        gift = item | {"orderItemId": "99999999999901", "product": item["product"] | {"price": price}}
        body["orderItems"].append(gift)

    at.alter(order_id, edit)
    report = at.run()
    assert "it has prices in PLN" in report.sent.refused[0].message
    why = show_order(at.world.deps, SLUG, order_id, with_personal=False).story.destination.why
    assert why is not None
    assert "it has prices in PLN" in why.summary
    at.add(1)  # in euros, which are taken
    at.run()
    posts = at.posts
    assert at.run().complete
    assert at.posts == posts


def test_of_a_refused_currency_one_order_is_tried_again_each_day_and_all_when_it_is_taken(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = polish_orders(at, 3)
    at.run()
    at.world.clock.advance(timedelta(days=1).total_seconds())
    assert len(refusals(at.run())) == 1
    assert at.run().complete, "once a day"
    at.switch("sendcloud-any-currency")
    at.world.clock.advance(timedelta(days=1).total_seconds())
    assert at.run().sent.sent == 1
    assert at.run().sent.sent == 2
    assert set(ids) <= at.stored().keys()


def test_what_the_parcel_must_have_reaches_sendcloud_unless_the_store_wants_none(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    order_id = one(at.add(1))

    def edit(body: Json) -> None:
        shipping = {"shippingConstraints": {"signatureConfirmation": "MANDATORY"}}
        body["orderItems"][0]["fulfillment"]["shipping"] = shipping

    at.alter(order_id, edit)
    at.run()
    details = at.stored()[order_id]["order_details"]
    assert "signature on delivery" in details["notes"]
    assert "SIGNATURE_CONFIRMATION" in details["tags"]
    set_settings(at.world.deps, None, ["notes_for_demands=false"])
    at.run()
    details = at.stored()[order_id]["order_details"]
    assert "signature" not in str(details.get("notes")).lower()
    assert "SIGNATURE_CONFIRMATION" not in details.get("tags", [])


def test_a_customised_order_goes_where_the_store_includes_them(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    order_id = one(at.add(1))

    def edit(body: Json) -> None:
        body["orderItems"][0]["product"]["customization"] = {"customizedUrl": "https://wishes.test/1"}

    at.alter(order_id, edit)
    at.run()
    assert order_id not in at.stored()
    set_settings(at.world.deps, None, ["include_customised=true"])
    at.run()
    assert "CUSTOMISED" in at.stored()[order_id]["order_details"]["tags"]


def test_an_address_that_does_not_fit_is_refused_here_without_a_word_of_it_and_goes_when_it_fits(
    tmp_path: Path,
) -> None:
    at, ids = few(tmp_path, 2)
    fresh = one(at.add(1))
    at.move(fresh, "Unaussprechlich" * 9)
    report = at.run()
    assert refusals(report) == {fresh: "address-unfit"}
    assert "Unaussprechlich" not in report.sent.refused[0].message
    assert at.row(fresh).asked_at is None
    at.move(fresh, "Neue Gasse 7")
    assert at.run().sent.sent == 1
    assert fresh in at.stored()
    assert set(ids) <= at.stored().keys()


def test_an_address_that_no_longer_fits_is_no_matter_once_there_is_a_parcel(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    at.parcels("announce", ids[0])
    at.move(ids[0], "Unaussprechlich" * 9)
    assert at.run().complete
    assert at.sent()[ids[0]] == "yes"


def test_an_order_that_is_refused_without_a_pointer_is_found_and_the_rest_goes(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    at.add(99)
    at.switch("sendcloud-refuses-vaguely")
    report = at.run()
    assert len(refusals(report)) == 1
    assert set(refusals(report).values()) == {"sendcloud-refused"}
    assert at.stored().keys() == at.ready() - refusals(report).keys()
    row = at.row(one(refusals(report)))
    assert (row.state, row.code, row.pointer) == (DispatchState.REFUSED, "invalid", "")
    assert at.posts <= 17


def test_where_sendcloud_takes_nothing_no_order_is_blamed_and_the_next_run_goes_on(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = at.add(150)
    at.switch("sendcloud-conflict")
    report = at.run()
    assert problem_of(report) == "request-refused"
    assert report.problem
    assert "Sendcloud refused sendcloud/create_orders" in report.problem.summary
    assert report.sent.refused == []
    assert sum(call.method == "POST" for call in at.calls()) <= 9
    assert "refused" not in at.sent().values()
    at.switch(off=["sendcloud-conflict"])
    assert at.run().complete
    assert set(ids) <= at.stored().keys()


# Accepted is not stored.


def test_what_is_accepted_and_not_stored_is_sent_once_more_after_half_an_hour_and_then_given_up(
    tmp_path: Path,
) -> None:
    at = Destination(tmp_path, orders=NONE)
    order_id = one(at.add(1))
    at.switch("sendcloud-forgets")
    report = at.run()
    assert report.complete
    assert report.sent.sent == 0
    assert at.row(order_id).state is DispatchState.ACCEPTED
    posts = at.posts
    at.run()
    assert at.posts == posts, "it may still come"
    at.world.clock.advance(minutes(31))
    assert at.run().complete
    assert at.posts == posts + 1
    assert len(at.warned("sendcloud-not-stored")) == 1
    at.world.clock.advance(minutes(31))
    assert refusals(at.run()) == {order_id: "sendcloud-not-stored"}
    assert at.sent()[order_id] == "refused"
    at.world.clock.advance(minutes(90))
    at.change(order_id, "touch")
    assert at.run().complete
    assert at.posts == posts + 1
    at.switch(off=["sendcloud-forgets"])
    at.move(order_id)
    assert at.run().sent.sent == 1
    assert at.row(order_id).problem is None


def test_what_is_lost_once_gets_there_the_second_time(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    order_id = one(at.add(1))
    at.switch("sendcloud-forgets")
    at.run()
    at.switch(off=["sendcloud-forgets"])
    at.world.clock.advance(minutes(31))
    assert at.run().sent.sent == 1
    assert order_id in at.stored()
    assert at.run().complete


def test_a_change_that_is_accepted_and_not_stored_does_not_pass_for_the_version_that_is_there(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    at.switch("sendcloud-forgets")
    at.move(ids[0], "Neue Gasse 7")
    assert at.run().sent.sent == 0
    assert at.row(ids[0]).state is DispatchState.ACCEPTED
    at.switch(off=["sendcloud-forgets"])
    at.world.clock.advance(minutes(31))
    assert at.run().sent.sent == 1
    assert at.stored()[ids[0]]["shipping_address"]["address_line_1"] == "Neue Gasse"


def test_a_change_that_was_lost_and_is_overtaken_by_a_parcel_leaves_no_problem_behind(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    at.switch("sendcloud-forgets")
    at.move(ids[0], "Neue Gasse 7")
    at.run()
    at.parcels("announce", ids[0])
    at.world.clock.advance(minutes(31))
    at.run()
    assert (at.row(ids[0]).state, at.row(ids[0]).problem) == (DispatchState.SENT, None)
    at.switch(off=["sendcloud-forgets"])
    at.parcels("cancel", ids[0])
    push_status(at.world.deps, [SLUG], PushOptions())
    at.run()
    assert at.row(ids[0]).state is DispatchState.SENT
    assert at.stored()[ids[0]]["shipping_address"]["address_line_1"] == "Neue Gasse"


def test_an_order_that_is_stopped_and_was_never_stored_is_not_asked_for_again(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    order_id = one(at.add(1))
    at.switch("sendcloud-forgets")
    at.run()
    hold_order(at.world.deps, SLUG, order_id)
    at.world.clock.advance(minutes(31))
    posts = at.posts
    assert at.run().complete
    assert at.posts == posts
    assert at.row(order_id).state is DispatchState.RECALLED
    assert at.warned("sendcloud-not-stored") == []


# Answers that are lost, and runs that die.


def test_the_row_is_written_before_the_call(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = at.add(3)
    assert at.die(before=0)
    assert at.posts == 0
    assert {row.state for row in at.rows(*ids).values()} == {DispatchState.ASKED}
    assert all(row.payload_hash and row.asked_at for row in at.rows(*ids).values())
    assert {at.sent()[order_id] for order_id in ids} == {"no"}


def test_after_a_lost_answer_orders_are_read_back_before_anything_is_sent(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = at.add(120)
    assert at.die(after=0)
    report = at.run()
    assert report.complete
    assert report.sent.sent == len(at.ready())
    assert at.stored().keys() == at.ready()
    assert {at.writes(order_id) for order_id in ids} == {1}
    assert report.api_calls["sendcloud/create_orders"] == 1
    assert report.api_calls["sendcloud/list_orders"] <= 3
    assert "sendcloud/all_shipments" not in report.api_calls


def test_a_run_right_after_one_that_died_waits_for_what_sendcloud_has_not_stored_yet(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = at.add(3)
    assert at.die(after=0)
    assert at.run(settle=False).complete
    assert [at.writes(order_id) for order_id in ids] == [1, 1, 1]


def test_what_a_run_that_died_did_not_get_to_send_is_sent_by_the_next(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = at.add(3)
    assert at.die(before=0)
    report = at.run(settle=False)
    assert report.sent.sent == len(ids)
    assert [at.writes(order_id) for order_id in ids] == [1, 1, 1]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_run_that_dies_at_any_call_leaves_each_order_there_once_and_the_next_run_marks_it_so(
    tmp_path: Path, moment: str
) -> None:
    """New orders, a refused one, a changed one, a stopped one and a late one: death at every call in turn."""
    number = deaths = 0
    while True:
        at, ids = few(tmp_path / str(number), 4)
        fresh = at.add(3)
        at.refuse(fresh[0])
        at.move(ids[0], "Neue Gasse 7")
        at.change(ids[1], "cancel")
        at.parcels("announce", ids[2])
        hold_order(at.world.deps, SLUG, ids[2])
        alive = not at.die(**{moment: number})
        report = at.run()
        assert report.problem is None
        check_whole(at, refused={fresh[0]}, gone={ids[1]}, late={ids[2]})
        assert at.stored()[ids[0]]["shipping_address"]["address_line_1"] == "Neue Gasse"
        if alive:
            break
        number, deaths = number + 1, deaths + 1
    assert deaths >= 8


def check_whole(at: Destination, *, refused: set[str], gone: set[str], late: set[str]) -> None:
    wanted = (at.ready() | late) - refused - gone
    assert at.stored().keys() == wanted
    sent = at.sent()
    assert {order_id for order_id in wanted if sent[order_id] != "yes"} == set()
    rows = at.rows(*at.world.sandbox.world.orders)
    assert {row.state for order_id, row in rows.items() if order_id in wanted - late} == {DispatchState.SENT}
    assert {rows[order_id].state for order_id in refused} == {DispatchState.REFUSED}
    assert {rows[order_id].state for order_id in gone} == {DispatchState.RECALLED}
    assert {rows[order_id].state for order_id in late} == {DispatchState.TOO_LATE}


def test_every_kind_of_call_is_as_sendcloud_documents_it(tmp_path: Path) -> None:
    at, ids = few(tmp_path, 4)
    at.parcels("announce", ids[2])
    at.refuse(ids[3])
    for order_id in ids[1:]:
        at.move(order_id)
    at.change(ids[0], "cancel")
    at.run()
    assert at.hold_calls() == {
        "sc-public-v3-orders-post-create_orders", "sc-public-v3-orders-get-list_orders",
        "sc-public-v3-orders-delete-delete_order", "sc-public-v3-scp-get-all_shipments",
    }  # fmt: skip


def test_an_answer_that_sendcloud_loses_doubles_nothing(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE, faults=["sendcloud-lost-answer"])
    at.add(3)
    assert at.run().complete
    assert at.stored().keys() == at.ready()


# Sendcloud in trouble.

STOPS = {
    "sendcloud-credentials": "sendcloud-credentials",
    "sendcloud-token-refused": "sendcloud-oauth-only",
    "sendcloud-forbidden": "sendcloud-forbidden",
    "sendcloud-not-found": "sendcloud-integration-missing",
    "sendcloud-integration-missing": "sendcloud-integration-missing",
    "sendcloud-conflict": "request-refused",
    "sendcloud-throttled": "sendcloud-throttled",
    "sendcloud-broken": "service-unavailable",
    "sendcloud-hang": "timeout",
    "sendcloud-html": "proxy-interferes",
    "sendcloud-malformed": "response-malformed",
    "sendcloud-busy": "sendcloud-busy",
}


@pytest.mark.parametrize(("fault", "problem"), STOPS.items())
def test_a_fault_of_sendclouds_has_its_name_leaves_the_import_whole_and_the_next_run_goes_on(
    tmp_path: Path, fault: str, problem: str
) -> None:
    at = Destination(tmp_path, orders=NONE, faults=[fault])
    ids = at.add(130)
    report = at.run()
    assert problem_of(report) == problem
    assert report.problem
    assert report.problem.facts["store"] == SLUG
    assert report.sent.refused == []
    assert set(ids) <= at.sent().keys(), "the import is stored"
    assert at.stored() == {}
    at.switch(off=[fault])
    at.world.clock.advance(minutes(31))  # what was said to be accepted is asked for again when it cannot come any more
    assert at.run().complete
    assert at.stored().keys() == at.ready()
    assert at.run().sent.sent == 0


@pytest.mark.parametrize(
    "fault", ["sendcloud-oauth-only", "sendcloud-throttled-once", "sendcloud-broken-once", "sendcloud-busy-once"]
)
def test_a_fault_that_passes_stops_nobody(tmp_path: Path, fault: str) -> None:
    at = Destination(tmp_path, orders=NONE, faults=[fault])
    at.add(130)
    assert at.run().complete
    assert at.stored().keys() == at.ready()


def test_an_integration_that_the_settings_do_not_name_follows_from_the_keys(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE, sendcloud_integration_id=None)
    at.add(2)
    assert at.run().complete
    assert at.stored().keys() == at.ready()
    at.hold_calls()


def test_orders_go_to_the_integration_that_is_connected_now(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    panel = at.world.sandbox.world.sendcloud
    other = panel.add_integration("api", "Another shop").id
    config = at.world.deps.load_config()
    store = replace(config.stores[SLUG], sendcloud_integration_id=other)
    at.world.deps.save_config(config.with_store(SLUG, store))
    assert at.run().sent.sent >= len(ids)
    there = {panel.orders[key].order_id for key in panel.orders.ids if panel.orders[key].integration_id == other}
    assert there == at.ready()
    assert at.run().sent.sent == 0


def test_without_keys_the_import_is_stored_and_says_what_is_missing(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE, sendcloud_public_key=None)
    ids = at.add(2)
    assert problem_of(at.run()) == "sendcloud-keys-missing"
    assert set(ids) <= at.sent().keys()


def test_an_import_that_amazons_quota_stops_still_hands_on_what_is_in_the_book(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=3000, quota="real")
    report = at.run(since=at.world.clock.now() - ALL, max_wait=timedelta(minutes=5))
    assert problem_of(report) == "throttled"
    ready = at.ready() & at.sent().keys()
    assert len(ready) > 100
    assert at.stored().keys() == ready


@pytest.mark.parametrize(("quota", "faults"), [("real", []), ("off", ["page-token-huge"])], ids=["paused", "broken"])
def test_what_a_stopped_import_hands_on_has_its_weights(tmp_path: Path, quota: str, faults: list[str]) -> None:
    at = Destination(tmp_path, orders=3000 if quota == "real" else 400, quota=quota, **WEIGHED)
    at.switch(*faults)
    report = at.run(since=at.world.clock.now() - ALL, max_wait=timedelta(0))
    assert report.problem is not None
    assert report.tally.missing_weight
    sent = at.stored().values()
    assert len(sent) > 10
    items = [item for order in sent for item in order["order_details"]["order_items"]]
    assert all(item["measurement"]["weight"]["value"] for item in items)


def test_a_trouble_of_sendclouds_is_heard_beside_amazons(tmp_path: Path) -> None:
    at, ids = few(tmp_path)
    hold_order(at.world.deps, SLUG, ids[0])
    at.switch("sendcloud-broken", "throttled")
    report = at.run()
    assert problem_of(report) == "throttled"
    assert len(at.warned("service-unavailable")) == 1


# Personal data, and numbers.


def test_nothing_that_tells_of_a_buyer_lies_outside_the_vault(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=250)
    at.refuse(*sorted(at.ready())[:20])
    report = at.run()
    at.refuse()
    at.switch("sendcloud-busy")
    for order_id in sorted(at.ready())[:5]:
        at.move(order_id)
    at.run()
    values = {
        value
        for order_id in at.sent()
        for value in at.world.sandbox.world.orders[order_id].personal_values()
        if len(value) > 7
    }
    assert len(values) > 300
    content = at.files()
    assert [value for value in values if value.encode() in content] == []
    told = " ".join(f"{entry.message} {entry.problem}" for entry in report.sent.refused)
    assert [value for value in values if value in told] == []


def test_a_thousand_orders_take_ten_calls_and_one_more_for_each_batch_with_refusals(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = at.add(1000)
    by_urgency = sorted(ids, key=lambda order_id: (due(at, order_id), at.order(order_id).created, order_id))
    at.refuse(*by_urgency[3:1000:350])
    report = at.run()
    assert problem_of(report) is None
    assert report.sent.sent == 1000 - len(refusals(report))
    assert [*refusals(report).values()].count("sendcloud-refused") == 3
    assert report.api_calls["sendcloud/create_orders"] == 10 + 3
    assert report.api_calls["sendcloud/list_orders"] <= 7
    assert at.stored().keys() == set(ids) - refusals(report).keys()


def due(at: Destination, order_id: str) -> str:
    return str(at.order(order_id).body["fulfillment"]["shipByWindow"]["latestDateTime"])


def test_where_nothing_appears_reading_back_stays_within_bounds(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE, faults=["sendcloud-forgets"])
    at.add(1200)
    report = at.run()
    assert problem_of(report) is None
    assert report.api_calls["sendcloud/list_orders"] <= 2 * 3 * 110


def test_two_orders_of_which_sendcloud_takes_neither_are_not_blamed_and_go_with_the_next_run(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    ids = at.add(2)
    at.switch("sendcloud-conflict")
    report = at.run()
    assert (problem_of(report), report.sent.refused) == ("request-refused", [])
    at.switch(off=["sendcloud-conflict"])
    assert at.run().complete
    assert set(ids) <= at.stored().keys()


def test_an_order_that_shows_at_the_last_look_is_not_given_up(tmp_path: Path) -> None:
    at, ids = few(tmp_path, 1)
    long_ago = at.world.clock.now() - timedelta(hours=2)
    lost = replace(
        at.row(ids[0]), state=DispatchState.ACCEPTED, accepted_at=long_ago, problem=ProblemName.SENDCLOUD_NOT_STORED
    )
    with StoreRun(at.world.deps, SLUG) as run:
        tally = SendTally()
        OrdersThere(run, tally).give_up([lost])
    assert (tally.refused, at.row(ids[0]).state) == ([], DispatchState.SENT)


def test_an_order_whose_personal_data_is_damaged_is_named_and_holds_back_no_other(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE, destination="none")
    ids = at.add(3)
    at.run()
    with at.world.deps.book(SLUG) as book, book.writing() as connection:
        connection.execute(update(SEALED).where(SEALED.c.order_id == ids[0]).values(box=bytes(60)))
    at.send_to_sendcloud()
    tally = SendTally()
    with StoreRun(at.world.deps, SLUG) as run:
        send_orders(run, tally)
    assert [(refused.order_id, refused.problem.value) for refused in tally.refused] == [
        (ids[0], "personal-data-unreadable")
    ]
    assert at.stored().keys() == set(ids[1:])


def test_an_order_that_sendcloud_lost_twice_is_shown_without_a_reason_of_its_own(tmp_path: Path) -> None:
    at = Destination(tmp_path, orders=NONE)
    order_id = one(at.add(1))
    at.switch("sendcloud-forgets")
    at.run()
    for _ in range(2):
        at.world.clock.advance(minutes(31))
        at.run()
    shown = show_order(at.world.deps, SLUG, order_id, with_personal=False)
    assert shown.story.destination.why is not None
    assert shown.story.destination.why.name is ProblemName.SENDCLOUD_NOT_STORED
