"""push-status with a file: each row has its own verdict, and the same file twice confirms nothing twice."""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from amzlink.clock import in_local_zone
from amzlink.core.shipments.rows import ShipmentRow
from amzlink.jobs.orders.show import show_order
from amzlink.jobs.privacy.purge import PurgeOptions
from amzlink.jobs.purge_pii import purge_pii
from amzlink.jobs.push_status import PushOptions, push_status, read_source
from amzlink.orderbook.shipments.parcels import parcels_of
from amzlink.problems import Problem, ProblemName
from amzlink.sandbox.messages import Json
from tests.support.pushing import HEADER, Pushing, messages_of, row
from tests.support.world import SLUG
from tests.support.zones import machine_in

UNKNOWN = "302-0000000-0000000"


def test_the_rows_of_a_file_are_confirmed_and_the_same_file_again_confirms_nothing(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = at.sell(3)
    rows = [row(order_id, f"JJD{number}") for number, order_id in enumerate(ids)]
    assert at.push_file(*rows).counts()["confirmed"] == 3
    again = at.push_file(*rows)
    assert (again.sent.confirmed, again.sent.edited, again.already, again.failures) == (0, 0, 3, [])
    at.run()
    assert at.push_file(*reversed(rows)).already == 3
    at.check_once(ids)


def test_a_number_is_the_same_however_it_is_spaced(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.push_file(row(order_id, "JJD 00 01"))
    at.push_file(row(order_id, "jjd0001"))
    assert len(at.packages(order_id)) == 1


def test_a_json_file_and_standard_input_are_read_too(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    first, second = at.sell(2)
    shipment = {"order_id": first, "carrier": "DPD", "tracking_number": "1234567890", "ship_date": "2026-11-23"}
    file = tmp_path / "parcels.json"
    file.write_text(json.dumps([shipment]))
    assert at.push(source=file).sent.confirmed == 1
    stdin = io.BytesIO(f"{HEADER}\n{row(second)}\n".encode())
    report = push_status(at.world.deps, [SLUG], PushOptions(source="-"), stdin)[0]
    assert report.sent.confirmed == 1
    at.check_once([first, second])


def test_two_rows_of_one_parcel_are_one_package_and_a_row_that_stands_twice_counts_once(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(2, 1)
    first, second = at.items(order_id)
    one = row(order_id, order_item_id=first, quantity="2")
    at.push_file(one, row(order_id, order_item_id=second, quantity="1"), one)
    assert at.confirmed(order_id) == {"1": {first: 2, second: 1}}


def test_rows_of_several_parcels_of_one_order_are_as_many_packages(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(3)
    (item,) = at.items(order_id)
    at.push_file(row(order_id, "N1", order_item_id=item, quantity="2"), row(order_id, "N2", quantity="1"))
    assert at.confirmed(order_id) == {"1": {item: 2}, "2": {item: 1}} or at.confirmed(order_id) == {
        "1": {item: 1},
        "2": {item: 2},
    }


def test_pieces_of_a_product_that_stands_in_two_lines_are_shared_out_by_parcel(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(1, 1)

    def one_product(body: Json) -> None:
        for item in body["orderItems"]:
            item["product"]["sellerSku"] = "ONE-FREE"

    at.alter(order_id, one_product)
    at.run()
    at.push_file(row(order_id, "N1", quantity="1"), row(order_id, "N2", quantity="1"))
    assert sorted(sum(items.values()) for items in at.confirmed(order_id).values()) == [1, 1]


def test_pieces_of_no_item_are_not_taken_for_the_whole_of_an_order_of_several_products(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(2, 1)
    report = at.push_file(row(order_id, "N1", quantity="1"))
    assert messages_of(report) == [(order_id, "shipment-row-unusable")]
    assert at.packages(order_id) == {}
    at.push_file(row(order_id, "N1", quantity="3"))
    assert sum(at.confirmed(order_id)["1"].values()) == 3


def test_a_corrected_number_in_a_later_file_is_an_edit(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.push_file(row(order_id, "WRONG1"))
    report = at.push_file(row(order_id, "RIGHT1"))
    assert report.counts()["edited"] == 1
    assert at.numbers(order_id) == {"1": "RIGHT1"}
    assert at.push_file(row(order_id, "RIGHT1")).counts()["edited"] == 0


def test_a_later_file_with_the_rest_is_a_package_more(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(2)
    at.push_file(row(order_id, "N1", quantity="1"))
    at.run()
    at.push_file(row(order_id, "N2", quantity="1"))
    assert set(at.numbers(order_id).values()) == {"N1", "N2"}
    at.check_once([order_id])


def test_a_cancelled_row_is_not_confirmed_and_a_delivered_one_is_delivered(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    gone, arrived = at.sell(2)
    at.push_file(row(gone, "N1", status="cancelled"), row(arrived, "N2", status="delivered"))
    assert (at.packages(gone), len(at.packages(arrived))) == ({}, 1)
    at.run()
    assert at.push().delivered == 1


@pytest.mark.parametrize(
    ("status", "confirmed"),
    [("announced", 0), ("processed", 1), ("", 1), ("READY_TO_SEND", 0), ("DELAYED", 0), ("TO_SORTING", 1),
     ("UNKNOWN", 0), ("CANCELLING", 0), ("CANCELLATION_FAILED", 0), ("NO_LABEL", 0), ("RETURNED_TO_SENDER", 1)],
)  # fmt: skip
def test_a_row_reaches_the_trigger_by_its_status(tmp_path: Path, status: str, confirmed: int) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    (order_id,) = at.sell()
    report = at.push_file(row(order_id, status=status))
    assert (report.failures, report.sent.confirmed) == ([], confirmed)


def test_bad_rows_do_not_hold_back_good_ones_and_each_is_told_of(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    good, late = at.sell(2)
    report = at.push_file(
        row("not-an-order"), row(good), row(late, ship_date="2027-01-01"), row(UNKNOWN), row(UNKNOWN, "N7"),
        row(late, quantity="many"), row(late, "3.02E+16"),
    )  # fmt: skip
    assert report.sent.confirmed == 1
    problems = messages_of(report)
    assert problems.count(("", "shipment-row-unusable")) == 1
    assert problems.count((late, "shipment-row-unusable")) == 3
    assert problems.count((UNKNOWN, "order-not-found")) == 2
    assert "line 5" in next(entry.message for entry in report.failures if entry.problem == ProblemName.ORDER_NOT_FOUND)
    at.check_once([good])


def test_a_file_that_is_none_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    with pytest.raises(Problem, match="cannot be used") as caught:
        at.push_file("a,b", header="colour,size")
    assert caught.value.name.value == "input-malformed"
    with pytest.raises(Problem) as missing:
        at.push(source=tmp_path / "nowhere.csv")
    assert missing.value.name.value == "input-malformed"


def test_rows_of_an_order_with_several_lines_count_by_item(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(1, 1)
    first, second = at.items(order_id)
    at.push_file(row(order_id, "N1", order_item_id=first), row(order_id, "N2", order_item_id=second))
    assert sorted(map(sorted, at.confirmed(order_id).values())) == sorted([[first], [second]])


def test_a_file_is_all_that_is_asked_then(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    told, other = at.sell(2)
    at.parcels("announce", other)
    report = at.push_file(row(told))
    assert report.api_calls == {"getToken": 1, "confirmShipment": 1}
    assert at.packages(other) == {}


def test_a_dry_run_over_a_file_tells_and_does_nothing(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = at.sell(2)
    rows = [row(order_id) for order_id in ids]
    report = at.push_file(*rows, row(UNKNOWN), dry_run=True)
    assert (report.planned.confirm, messages_of(report)) == (2, [(UNKNOWN, "order-not-found")])
    assert at.outbox() == []
    at.push_file(*rows)
    correction = at.push_file(row(ids[0], "OTHER"), dry_run=True)
    assert (correction.planned.edit, correction.planned.confirm) == (1, 0)


def test_the_day_of_a_row_never_lies_before_the_order_or_after_the_present(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    early, today = at.sell(2)
    at.push_file(row(early, "N1", ship_date="2026-11-01"), row(today, "N2"))
    for order_id in (early, today):
        order = at.order(order_id).body
        shipped = order["packages"][0]["shipTime"]
        assert order["createdTime"] <= shipped <= at.world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_day_of_another_year_is_refused_and_the_other_rows_go_through(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    wrong, right = at.sell(2)
    report = at.push_file(row(wrong, "N1", ship_date="2025-11-22"), row(right, "N2"))
    assert report.sent.confirmed == 1
    [refused] = report.failures
    assert refused.order_id == wrong
    assert "ship_date is more than 30 days before the order was placed" in refused.message


def test_ten_thousand_rows_go_through(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    rows = [row(f"302-{number:07d}-0000001", f"N{number}") for number in range(10_000)]
    report = at.push_file(*rows, row(order_id))
    assert (len(report.failures), report.sent.confirmed) == (10_000, 1)


def test_a_corrected_number_for_a_parcel_that_sendcloud_told_of_is_sent_as_an_edit(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(2, 1)
    at.parcels("announce", order_id)
    assert at.push().sent.confirmed == 1
    (before,) = at.numbers(order_id).values()
    correction = at.push_file(row(order_id, "RIGHT1"))
    assert (correction.sent.edited, correction.sent.confirmed, correction.already, correction.failures) == (1, 0, 0, [])
    assert at.numbers(order_id) == {"1": "RIGHT1"} != {"1": before}
    again = at.push_file(row(order_id, "RIGHT1"))
    assert (again.sent.edited, again.already, again.failures) == (0, 1, [])
    at.parcels("deliver", order_id)
    assert at.push().sent.edited == 0
    assert at.numbers(order_id) == {"1": "RIGHT1"}


def test_the_number_that_sendcloud_told_of_is_no_correction_of_itself(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("announce", order_id, carrier="dpd")
    at.push()
    (number,) = at.numbers(order_id).values()
    report = at.push_file(row(order_id, str(number), carrier="DPD"))
    assert (report.sent.edited, report.already, report.failures) == (0, 1, [])


def test_a_correction_of_one_of_several_parcels_has_to_say_which(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(1, 1)
    first, second = at.items(order_id)
    at.parcels("announce", order_id, split=[{first: 1}, {second: 1}])
    assert at.push().sent.confirmed == 2
    report = at.push_file(row(order_id, "RIGHT1"))
    assert messages_of(report) == [(order_id, "correction-unclear")]
    report = at.push_file(row(order_id, "RIGHT1", order_item_id=second, quantity="1"))
    assert (report.sent.edited, report.failures) == (1, [])


def test_a_number_without_items_is_unclear_while_another_label_of_the_order_waits_for_its_scan(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    order_id = at.sell_one(1, 1)
    first, second = at.items(order_id)
    scanned, unscanned = at.parcels("announce", order_id, split=[{first: 1}, {second: 1}])
    at.tell("/control/sendcloud/parcels", {"action": "status", "parcels": [scanned["id"]], "status": "TO_SORTING"})
    assert at.push().sent.confirmed == 1
    before = at.numbers(order_id)
    report = at.push_file(row(order_id, "RIGHT1"))
    assert (messages_of(report), at.numbers(order_id)) == ([(order_id, "correction-unclear")], before)
    # The label's own number says which parcel is meant.
    report = at.push_file(row(order_id, unscanned["tracking_number"], carrier=unscanned["carrier"]))
    assert (report.failures, report.sent.edited, report.sent.confirmed) == ([], 0, 1)
    assert sorted(map(str, at.numbers(order_id).values())) == sorted(
        parcel["tracking_number"] for parcel in (scanned, unscanned)
    )


def test_a_row_of_an_order_whose_data_is_deleted_is_refused_as_such_and_waits_for_no_scan(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    order_id, with_label, other = at.sell(3)
    at.parcels("announce", with_label)
    at.push()
    for gone in (order_id, with_label):
        purge_pii(at.world.deps, [SLUG], PurgeOptions(order_id=gone))
    for _ in range(2):
        report = at.push_file(row(order_id), row(other))
        assert messages_of(report) == [(order_id, "shipment-data-deleted")]
        assert (report.waiting, report.planned.deleted) == (0, {with_label: 1})
    with at.world.deps.book(SLUG) as book:
        assert parcels_of(book, [order_id]) == {order_id: []}
    at.parcels("deliver", with_label)
    report = at.push()
    assert (messages_of(report), report.waiting) == ([(with_label, "shipment-data-deleted")], 0)


def test_rows_of_orders_whose_data_is_deleted_leave_no_trace_however_often_they_are_read(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    shipped, stopped = at.sell(2)
    at.push_file(row(shipped, "N1"))
    at.run()
    for gone in (shipped, stopped):
        purge_pii(at.world.deps, [SLUG], PurgeOptions(order_id=gone))
    with at.world.deps.book(SLUG) as book:
        before = parcels_of(book, [shipped, stopped])
    assert (len(before[shipped]), before[stopped]) == (1, [])
    for status in ("", "delivered"):
        report = at.push_file(row(shipped, "N1", status=status), row(stopped, "N2", status="cancelled"))
        assert messages_of(report) == [(shipped, "shipment-data-deleted")]
    with at.world.deps.book(SLUG) as book:
        assert parcels_of(book, [shipped, stopped]) == before


def test_amazons_own_file_is_read_and_the_stores_country_says_how_its_dates_are_written(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    header = "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\ttracking-number\tship-method"
    line = f"{order_id}\t{at.items(order_id)[0]}\t1.0\t05/11/2026\tDHL\t\t00340434161094042557\t"
    report = at.push_file(line, header=header)
    assert (report.sent.confirmed, report.failures) == (1, [])
    assert list(at.numbers(order_id).values()) == ["00340434161094042557"]


def test_what_is_no_tracking_number_is_never_told(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = at.sell(3)
    slips = ("https://www.dhl.de/x?piececode=00340434161094042557", "340434161094042000", "keine")
    report = at.push_file(*(row(order_id, slip) for order_id, slip in zip(ids, slips, strict=True)))
    assert messages_of(report) == [(order_id, "shipment-row-unusable") for order_id in ids]
    assert at.outbox() == []


def test_a_date_with_two_readings_is_settled_by_when_the_order_was_placed(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    today = at.world.clock.now()
    month_first = f"{today.month:02}/{today.day:02}/{today.year}"
    if today.day > 12:
        at.world.clock.advance((32 - today.day) * 86_400)
        (order_id,) = at.sell()
        today = at.world.clock.now()
        month_first = f"{today.month:02}/{today.day:02}/{today.year}"
    assert today.day != today.month
    report = at.push_file(row(order_id, "JJD0001", ship_date=month_first), minutes=0)
    assert (report.failures, report.sent.confirmed) == ([], 1)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland"])
def test_a_date_without_a_time_is_a_day_where_this_machine_stands(tmp_path: Path, zone: str) -> None:
    """Neither Amazon nor a screen is told of another day, or of a moment that has not come."""
    at = Pushing(tmp_path)
    first, second = at.sell(2)
    with machine_in(zone):
        today = in_local_zone(at.world.clock.now()).date()
        tomorrow = today + timedelta(days=1)
        at.push_file(row(first, "N1", ship_date=str(today)), row(second, "N2", ship_date=str(tomorrow)))
        (told,) = at.outbox()
        (parcel,) = show_order(at.world.deps, SLUG, first, with_personal=False).story.parcels
        assert in_local_zone(told.ship_date).date() == today
        assert parcel.announced_at == parcel.processed_at
        assert parcel.announced_at
        assert in_local_zone(parcel.announced_at).date() == today
        assert max(told.ship_date, parcel.announced_at) <= at.world.clock.now()


def test_a_test_stores_dates_go_by_its_own_clock(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    tomorrow = at.world.clock.now() + timedelta(days=1)
    at.push_file(row(order_id, "N1", ship_date=f"{tomorrow:%Y-%m-%d}"))
    assert at.outbox() == []
    at.world.deps.environ = {**at.world.deps.environ, "AMZLINK_CLOCK_OFFSET": "86400"}
    settings = at.world.deps.load_config()
    at.world.deps.save_config(settings.with_store(SLUG, replace(settings.stores[SLUG], test=True)))
    file = at.folder / "parcels.csv"
    (rows,) = read_source(at.world.deps, [SLUG], PushOptions(source=file), None).values()
    assert [isinstance(found, ShipmentRow) for found in rows] == [True]


def test_standard_input_is_read_for_a_test_store_and_a_real_one(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.world.deps.environ = {**at.world.deps.environ, "AMZLINK_CLOCK_OFFSET": "86400"}
    settings = at.world.deps.load_config()
    store = settings.stores[SLUG]
    at.world.deps.save_config(
        settings.with_store("real", replace(store, test=False)).with_store(SLUG, replace(store, test=True))
    )
    tomorrow = at.world.clock.now() + timedelta(days=1)
    stdin = io.BytesIO(f"{HEADER}\n{row(order_id, 'N1', ship_date=f'{tomorrow:%Y-%m-%d}')}\n".encode())
    found = read_source(at.world.deps, [SLUG, "real"], PushOptions(source="-"), stdin)
    kinds = {slug: type(one_row).__name__ for slug, (one_row,) in found.items()}
    assert kinds == {SLUG: "ShipmentRow", "real": "RowRefusal"}


def test_a_report_on_a_feed_that_contradicts_itself_counts_for_nothing_and_the_orders_are_read_back(
    tmp_path: Path,
) -> None:
    for fault, stored in (("feed-report-contradicts", 0), ("feed-report-contradicts-and-stores", 2)):
        (folder := tmp_path / fault).mkdir()
        at = Pushing(folder)
        ids = at.sell(3)
        at.parcels("announce", *ids)
        at.switch(fault)
        report = at.push(route="feed")
        assert (report.sent.confirmed, report.sent.failed) == (stored, [])
        assert sum(bool(at.confirmed(order_id)) for order_id in ids) == stored
        at.switch(off=[fault])
        at.push()
        at.check_once(ids)
