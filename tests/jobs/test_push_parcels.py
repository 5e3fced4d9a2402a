"""push-status with parcels from Sendcloud: what is confirmed, what waits, what changes."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import delete, insert, select

from amzlink.core.orders.order import TO_SHIP
from amzlink.core.orders.story import Wait
from amzlink.core.shipments.confirmation import State
from amzlink.core.shipments.parcels import Kind
from amzlink.jobs.orders.browse import confirmed
from amzlink.jobs.orders.show import show_order
from amzlink.jobs.shipments.collect import ParcelUpdates
from amzlink.jobs.status import status_of
from amzlink.orderbook.orders.browse import Filter
from amzlink.orderbook.privacy.boxes import boxes
from amzlink.orderbook.schema import ORDERS, SEALED, TOMBSTONES
from amzlink.orderbook.shipments.parcels import note_polled, parcels_of
from amzlink.problems import ProblemName
from amzlink.run import StoreRun
from amzlink.sandbox.order_plan import Trait
from amzlink.sendcloud.shipments import changed_shipments
from amzlink.sendcloud.statuses import STATUSES
from tests.orderbook.samples import kept_in
from tests.support.lists import list_orders
from tests.support.pushing import Pushing, messages_of, uploads
from tests.support.world import SLUG

ANNOUNCED = {code for code, status in STATUSES.items() if status.announced}
PROCESSED = {code for code, status in STATUSES.items() if status.processed}


def delivered(at: Pushing, order_id: str) -> str | None:
    with at.world.deps.book(SLUG) as book, book.reading() as connection:
        found: str | None = connection.scalar(select(ORDERS.c.delivered_at).where(ORDERS.c.order_id == order_id))
        return found


@pytest.mark.on_both_engines
def test_a_parcel_is_confirmed_once_however_often_it_is_heard_of(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = at.sell(3)
    at.parcels("announce", *ids)
    assert at.push().counts()["confirmed"] == 3
    assert at.push(minutes=1).counts() == dict.fromkeys(at.push(minutes=1).counts(), 0)
    at.run()
    at.push()
    at.check_once(ids)


def test_a_shipment_that_cannot_be_read_holds_back_no_other_and_is_asked_for_until_it_can(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    first, second = at.sell(2)
    at.parcels("announce", first, second)
    damaged = Damaging(at.world.transport, second)
    at.world.deps.transport = damaged
    for _ in range(2):
        report = at.push()
        assert report.problem is not None
        assert report.problem.name is ProblemName.RESPONSE_MALFORMED
        assert at.packages(second) == {}
    at.check_once([first])
    at.world.deps.transport = at.world.transport
    assert at.push().problem is None
    at.check_once([first, second])


def test_a_status_that_nobody_knows_is_counted_by_its_code_and_its_parcel_is_said_to_be_in_doubt(
    tmp_path: Path,
) -> None:
    at = Pushing(tmp_path)
    first, second = at.sell(2)
    at.parcels("announce", first, second)
    at.world.deps.transport = Damaging(at.world.transport, second, {"status": {"code": "ON_THE_MOON", "message": ""}})
    report = at.push()
    assert (report.sent.confirmed, dict(report.unknown_statuses)) == (1, {"ON_THE_MOON": 1})
    waiting = show_order(at.world.deps, SLUG, second, with_personal=False).story.waits_for
    assert waiting is not None
    assert waiting.wait is Wait.PARCEL_IN_DOUBT


class Damaging(httpx.BaseTransport):
    """Sendcloud's answers, in which the parcels of one order have an id that is none, or other `fields`."""

    def __init__(self, inner: httpx.BaseTransport, order_id: str, fields: Mapping[str, object] | None = None) -> None:
        self._inner = inner
        self._order_id = order_id
        self._fields = fields or {"id": "none"}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        if "/shipments" not in request.url.path or request.method != "GET":
            return answer
        document = json.loads(answer.read())
        for shipment in document["data"]:
            if shipment["order_number"] == self._order_id:
                shipment["parcels"][0] |= self._fields
        return httpx.Response(answer.status_code, json=document)


def test_a_confirmation_costs_one_call(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    at.parcels("announce", *at.sell(4))
    assert at.push().api_calls == {"getToken": 1, "sendcloud/all_shipments": 1, "confirmShipment": 4}


@pytest.mark.parametrize(("trigger", "reaching"), [("announced", ANNOUNCED), ("processed", PROCESSED)])
def test_every_status_of_sendclouds_reaches_the_trigger_or_waits(
    tmp_path: Path, trigger: str, reaching: set[str]
) -> None:
    at = Pushing(tmp_path, update_status_when=trigger)
    orders = dict(zip(sorted(STATUSES), at.sell(len(STATUSES)), strict=True))
    for code, order_id in orders.items():
        at.parcels("announce", order_id, status=code)
    assert at.push().sent.confirmed == len(reaching)
    told = {code: len(at.packages(order_id)) for code, order_id in orders.items()}
    assert told == {code: int(code in reaching) for code in STATUSES}


def test_a_store_that_waits_for_the_scan_gets_it(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    assert at.push().counts()["waiting"] == 1
    at.parcels("scan", order_id)
    assert at.push().counts() == {"confirmed": 1, "edited": 0, "waiting": 0, "already": 0, "failed": 0, "delivered": 0}


def test_the_guard_confirms_what_nobody_scans_and_until_then_there_is_a_warning(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed", ship_by_guard_hours=6)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    (order, _), *_ = list_orders(at.world.deps, SLUG, Filter(statuses=("UNSHIPPED",)))
    assert order.order.ship_by
    left = (order.order.ship_by - at.world.clock.now()).total_seconds()
    assert at.push(minutes=int(left / 60) - 8 * 60).counts()["waiting"] == 1
    (warning,) = at.warned("ship-by-near")
    assert "From 6 hours before the ship-by date on" in warning.next_step
    assert at.push(minutes=3 * 60).sent.confirmed == 1


def test_several_parcels_become_several_packages_with_the_right_lines(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(2, 1)
    first, second = at.items(order_id)
    at.parcels("announce", order_id, split="items")
    at.push()
    assert at.confirmed(order_id) == {"1": {first: 2}, "2": {second: 1}}
    at.check_once([order_id])


def test_one_shipment_with_several_parcels_is_as_many_packages(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(3)
    (item,) = at.items(order_id)
    at.parcels("announce", order_id, split=3, together=True)
    assert at.push().sent.confirmed == 3
    assert at.confirmed(order_id) == {"1": {item: 1}, "2": {item: 1}, "3": {item: 1}}


def test_a_part_shipment_is_confirmed_and_the_rest_goes_with_a_later_parcel(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(2, 1)
    first, second = at.items(order_id)
    at.parcels("announce", order_id, split=[{first: 1}])
    at.push()
    assert at.order(order_id).status == "PARTIALLY_SHIPPED"
    at.run()
    at.parcels("announce", order_id, split=[{first: 1, second: 1}])
    at.push()
    assert at.confirmed(order_id) == {"1": {first: 1}, "2": {first: 1, second: 1}}


def test_a_package_number_of_another_tool_is_never_used_again(tmp_path: Path) -> None:
    at = Pushing(tmp_path, orders=60)
    at.run()
    partly = next(
        order_id
        for order_id, order in at.world.sandbox.world.orders.items()
        if order.status == "PARTIALLY_SHIPPED" and order.fulfilled_by == "MERCHANT"
        and not order.traits & {Trait.TRANSPARENCY, Trait.SHIP_PLUS, Trait.EASY_SHIP, Trait.DELIVERY_BY_AMAZON}
    )  # fmt: skip
    taken = {package["packageReferenceId"] for package in at.order(partly).body["packages"]}
    at.push_file(f"{partly},DHL,JJD1,2026-11-23,,,,,")
    assert {package["reference"] for package in at.packages(partly).values()}.isdisjoint(taken)
    assert at.order(partly).status == "SHIPPED"


@pytest.mark.on_both_engines
def test_a_new_label_keeps_the_package_and_changes_its_number(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.push()
    before = at.numbers(order_id)
    at.parcels("relabel", order_id)
    assert at.push().counts()["edited"] == 1
    after = at.numbers(order_id)
    assert after.keys() == before.keys() == {"1"}
    assert after != before
    assert (at.packages(order_id)["1"]["confirmed"], at.packages(order_id)["1"]["edited"]) == (1, 1)


def test_a_label_cancelled_before_the_trigger_is_withdrawn_and_the_next_one_confirmed(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.push()
    at.parcels("relabel", order_id)
    at.parcels("scan", order_id)
    at.push()
    at.check_once([order_id])


def test_what_is_cancelled_while_it_is_in_the_queue_is_never_sent(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.switch("throttled")
    at.push()
    assert at.states(order_id) == {"1": "planned"}
    at.parcels("cancel", order_id)
    at.switch(off=["throttled"])
    report = at.push()
    assert at.states(order_id) == {"1": "withdrawn"}
    assert (report.sent.confirmed, at.packages(order_id)) == (0, {})


def test_a_parcel_to_be_cancelled_waits_until_it_is_known_whether_it_travels(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.parcels("status", order_id, status="CANCELLING")
    assert at.push().sent.confirmed == 0
    parcel = at.tell("/control/sendcloud/parcels")["parcels"][0]["id"]
    at.tell("/control/sendcloud/parcels", {"action": "status", "parcels": [parcel], "status": "CANCELLATION_FAILED"})
    assert at.push().sent.confirmed == 1


def test_a_label_cancelled_after_it_was_confirmed_is_left_alone(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.push()
    at.parcels("cancel", order_id)
    report = at.push()
    assert (report.sent.confirmed, report.sent.edited, report.failures) == (0, 0, [])
    at.check_once([order_id])


def test_a_parcel_of_a_cancelled_order_is_told_of_and_not_confirmed(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.change(order_id, "cancel")
    at.run()
    assert messages_of(at.push()) == [(order_id, "parcel-of-stopped-order")]
    assert messages_of(at.push()) == []


def test_what_is_in_the_queue_when_its_order_is_cancelled_is_never_sent(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.switch("throttled")
    at.push()
    at.switch(off=["throttled"])
    at.change(order_id, "cancel")
    at.run()
    asked = at.asked("confirmShipment")
    at.push()
    assert at.states(order_id) == {"1": "withdrawn"}
    assert at.asked("confirmShipment") == asked


def test_an_order_that_was_shipped_by_hand_is_known_already(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.change(order_id, "ship")
    at.run()
    assert at.push().counts() == {"confirmed": 0, "edited": 0, "waiting": 0, "already": 1, "failed": 0, "delivered": 0}


@pytest.mark.parametrize("trait", [Trait.SHIP_PLUS, Trait.EASY_SHIP, Trait.DELIVERY_BY_AMAZON])
def test_what_amazon_confirms_itself_is_left_to_amazon(tmp_path: Path, trait: Trait) -> None:
    at = Pushing(tmp_path, orders=60)
    at.run()
    order_id = next(key for key, order in at.world.sandbox.world.orders.items() if order.traits == {trait})
    report = at.push_file(f"{order_id},DHL,JJD1,2026-11-23,,,,,")
    assert (report.amazon_confirms, report.failures, report.api_calls["confirmShipment"]) == (1, [], 0)
    assert report.already == 0  # nobody has confirmed it yet


def test_missing_transparency_codes_are_reported_once_and_codes_from_a_file_help(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(2, codes=True)
    (item,) = at.items(order_id)
    at.parcels("announce", order_id)
    assert messages_of(at.push()) == [(order_id, "transparency-codes-missing")]
    assert messages_of(at.push()) == []
    assert _confirmed_word(at, order_id) == "refused"
    report = at.push_file(f"{order_id},DHL,JJD1,2026-11-23,,,{item},2,AZ1 AZ2")
    assert (report.sent.confirmed, report.failures) == (1, [])
    at.run()
    assert _confirmed_word(at, order_id) == "yes"
    assert status_of(at.world.deps, [SLUG])[0].shipping.refused == ()


def _confirmed_word(at: Pushing, order_id: str) -> str:
    found = {order.order_id: order for order, _ in list_orders(at.world.deps, SLUG, Filter())}
    return confirmed(found[order_id])


def test_a_letter_without_a_number_goes_by_feed_alone(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    letter, parcel = at.sell(2)
    at.parcels("letter", letter)
    at.parcels("announce", parcel)
    assert at.push().sent.confirmed == 2
    routes = {order_id: at.packages(order_id)["1"]["route"] for order_id in (letter, parcel)}
    assert routes == {letter: "feed", parcel: "single"}
    assert at.numbers(letter) == {"1": None}


def test_carriers_are_told_in_amazons_spelling_and_strangers_by_name(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    known, unknown = at.sell(2)
    at.parcels("announce", known, carrier="postnl")
    at.parcels("announce", unknown, carrier="fietspost_zuid")
    at.push()
    assert at.packages(known)["1"]["carrier"] == "PostNL"
    told = [
        json.loads(call.content)["packageDetail"] for call in at.world.transport.calls if b"carrierCode" in call.content
    ]
    assert [(each["carrierCode"], each["carrierName"]) for each in told if each["carrierCode"] != "PostNL"] == [
        ("Other", "Fietspost Zuid")
    ]
    assert len(at.warned("carrier-unknown")) == 1
    at.parcels("scan", unknown)
    at.push()
    assert len(at.warned("carrier-unknown")) == 1


def test_the_ship_date_is_that_of_the_scan_and_never_before_the_order(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.world.clock.advance(7200)
    at.parcels("scan", order_id)
    scanned = at.world.clock.now()
    at.push(minutes=600)
    assert at.order(order_id).body["packages"][0]["shipTime"] == scanned.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_parcels_of_other_shops_and_of_unknown_orders_are_left_alone(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.tell("/control/sendcloud/strangers", {"add": 5, "order_numbers": [order_id]})
    report = at.push()
    assert (sum(report.counts().values()), at.packages(order_id)) == (0, {})


def test_older_news_after_newer_change_nothing(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.parcels("scan", order_id)
    at.push()
    with at.world.deps.book(SLUG) as book:
        (parcel,) = parcels_of(book, [order_id])[order_id]
    assert parcel.kind is Kind.UNDER_WAY
    at.parcels("status", order_id, status="UNKNOWN")
    at.push()
    with at.world.deps.book(SLUG) as book:
        (after,) = parcels_of(book, [order_id])[order_id]
    assert (after.kind, after.status) == (Kind.UNDER_WAY, parcel.status)


def test_an_open_parcel_is_read_again_once_a_day_because_its_date_may_stand_still(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.push()
    at.switch("sendcloud-updated-at-still")
    at.parcels("scan", order_id)
    assert at.push(minutes=60).counts()["waiting"] == 1
    report = at.push(minutes=24 * 60)
    assert report.sent.confirmed == 1
    assert report.api_calls["sendcloud/all_shipments"] == 2
    at.parcels("status", order_id, status="DELIVERED")
    assert at.push(minutes=60).api_calls["sendcloud/all_shipments"] == 1


def test_a_parcel_that_nobody_moves_is_given_up_after_ninety_days(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    at.parcels("announce", *at.sell())
    at.push()
    assert at.push(minutes=89 * 24 * 60).api_calls["sendcloud/all_shipments"] == 2
    assert at.push(minutes=2 * 24 * 60).api_calls["sendcloud/all_shipments"] == 1


def test_a_failure_of_sendclouds_does_not_hold_back_what_is_planned(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.switch("throttled")
    at.push()
    at.switch("sendcloud-broken", off=["throttled"])
    report = at.push()
    assert report.problem is not None
    assert report.sent.confirmed == 1
    at.check_once([order_id])


def test_delivery_of_the_slowest_parcel_sets_the_clock_and_lengthens_the_lease(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(1, 1)
    first, second = at.parcels("announce", order_id, split="items")
    at.push()
    at.run()
    at.world.clock.advance(3 * 86400)
    at.tell("/control/sendcloud/parcels", {"action": "deliver", "parcels": [first["id"]]})
    assert at.push().delivered == 0
    before = _leases(at, order_id)
    at.world.clock.advance(5 * 86400)
    at.tell("/control/sendcloud/parcels", {"action": "deliver", "parcels": [second["id"]]})
    day = at.world.clock.now().date()
    assert at.push().delivered == 1
    assert str(delivered(at, order_id)).startswith(day.isoformat())
    after = _leases(at, order_id)
    assert all(after[part] >= before[part] for part in before)
    assert set(after.values()) == {max(day.toordinal() + 30, *(value for value in before.values()))}
    assert at.push().delivered == 0


def _leases(at: Pushing, order_id: str) -> dict[str, int]:
    with at.world.deps.book(SLUG) as book:
        return {
            part: box.lease_day.toordinal()
            for part in ("order", "parcels")
            for box in boxes(book, [order_id], part).values()
        }


def test_an_order_is_not_delivered_before_amazon_counts_it_as_shipped(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.parcels("deliver", order_id)
    assert at.push().delivered == 0
    at.run()
    assert at.push().delivered == 1


def test_an_order_that_amazon_was_told_of_as_a_whole_is_delivered_before_the_next_import(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (whole,), half = at.sell(), at.sell_one(1, 1)
    first, second = at.parcels("announce", half, split="items")
    at.parcels("announce", whole)
    at.tell("/control/sendcloud/parcels", {"action": "cancel", "parcels": [second["id"]]})
    assert at.push().sent.confirmed == 2
    at.tell("/control/sendcloud/parcels", {"action": "deliver", "parcels": [first["id"]]})
    at.parcels("deliver", whole)
    assert at.push().delivered == 1
    assert delivered(at, whole) is not None
    assert delivered(at, half) is None
    at.run()
    assert at.push().delivered == 0
    assert delivered(at, whole) is not None


def test_a_dry_run_tells_what_would_be_done_and_does_nothing(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    queued, fresh = at.sell(2)
    at.parcels("announce", queued)
    at.switch("throttled")
    at.push()
    at.switch(off=["throttled"])
    at.parcels("announce", fresh)
    before = _tables(at)
    told = at.push(dry_run=True)
    assert (told.planned.confirm, told.waiting, told.api_calls["confirmShipment"]) == (2, 0, 0)
    assert _tables(at) == before
    assert at.push(minutes=0).sent.confirmed == told.planned.confirm


def test_a_dry_run_counts_what_would_be_noted_as_delivered(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    at.push()
    at.run()
    at.parcels("deliver", order_id)
    assert at.push(dry_run=True).delivered == 1
    assert delivered(at, order_id) is None
    assert at.push().delivered == 1


def _tables(at: Pushing) -> Mapping[str, Sequence[object]]:
    with at.world.deps.database() as book:
        return kept_in(book)


def test_status_tells_how_far_the_orders_are(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    none, waits, told = at.sell(3)
    at.parcels("announce", waits, told)
    at.parcels("scan", told)
    at.push()
    shipping = status_of(at.world.deps, [SLUG])[0].shipping
    assert (shipping.waiting_for_parcel, shipping.waiting_for_trigger, shipping.confirmed) == (1, 1, 1)
    at.world.clock.advance(20 * 86400)
    assert status_of(at.world.deps, [SLUG])[0].shipping.overdue == 2
    assert at.order(none).status in TO_SHIP


def test_a_part_that_waits_counts_although_another_is_confirmed(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    order_id = at.sell_one(1, 1)
    first, _second = at.parcels("announce", order_id, split="items")
    at.tell("/control/sendcloud/parcels", {"action": "scan", "parcels": [first["id"]]})
    at.push()
    at.run()
    shipping = status_of(at.world.deps, [SLUG])[0].shipping
    assert shipping.waiting_for_trigger == 1
    at.world.clock.advance(20 * 86400)
    assert status_of(at.world.deps, [SLUG])[0].shipping.overdue == 1


def test_tracking_numbers_lie_sealed_and_are_in_no_log_and_no_message(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = at.sell(2)
    at.parcels("announce", *ids)
    refused, _ = ids
    at.switch("shipment-refused")
    report = at.push()
    at.switch(off=["shipment-refused"])
    assert len(report.failures) == 2
    marked = f"{refused},DHL,PLANTED4711,2026-11-23,,,,,"
    at.push_file(marked)
    numbers = [str(parcel["tracking_number"]) for parcel in at.tell("/control/sendcloud/parcels")["parcels"]]
    written = at.files()
    told = repr([entry.message for entry in report.failures]) + repr(at.world.reported.warnings)
    assert numbers
    for number in [*numbers, "PLANTED4711"]:
        assert number.encode() not in written
        assert number not in told
    assert uploads(at.world.transport) == []


def test_mail_whose_data_is_gone_is_not_told_again(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("letter", order_id)
    at.push()
    with at.world.deps.book(SLUG) as book, book.writing() as connection:
        connection.execute(delete(SEALED).where(SEALED.c.order_id == order_id))
        gone = {"store": SLUG, "order_id": order_id, "purged_at": "2026-11-23T10:00:00Z", "rule": "delivered"}
        connection.execute(insert(TOMBSTONES), gone)
    at.parcels("status", order_id, status="DELIVERED")
    assert at.push().sent.edited == 0
    assert [entry.confirmation.state for entry in at.outbox()] != [State.PLANNED]


def test_sendclouds_codes_for_services_are_not_told_to_amazon(tmp_path: Path) -> None:
    """Amazon counts on the words of Seller Central's list, and `dhl_de:paket` is none of them."""
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    assert at.push().sent.confirmed == 1
    (package,) = at.world.sandbox.world.orders[order_id].body["packages"]
    assert not package.get("shippingService")


def test_a_poll_that_was_noted_under_a_wrong_clock_keeps_no_parcel_away(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    with at.world.deps.book(SLUG) as book:
        note_polled(book, at.world.clock.now() + timedelta(days=900))
    at.parcels("announce", order_id)
    assert at.push().sent.confirmed == 1


def test_parcels_of_another_shop_are_passed_over(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id)
    with StoreRun(at.world.deps, SLUG) as run:
        updates = ParcelUpdates(run)
        (own,) = changed_shipments(run.sendcloud, run.integration_id, at.world.clock.now() - timedelta(days=1))
        foreign = msgspec.structs.replace(own, id="foreign", order_number="999-9999999-9999999")
        updates._take_shipments([foreign], "reading")
        assert updates.touched == set()
        updates._take_shipments([foreign, own], "reading")
        assert updates.touched == {order_id}
