"""The story of an order: what the own record tells of it, at once, without a call, and without what is personal."""

import io
import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, select, update

from amzlink.cli.main import run as amzlink
from amzlink.jobs.orders.show import OrderDetail, show_order
from amzlink.orderbook.schema import DISPATCHES, ORDERS
from amzlink.problems import Problem
from tests.support.pushing import Pushing, row
from tests.support.world import SLUG, Ran

NUMBER = "00340434161094042557"


@pytest.fixture(autouse=True)
def _in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def said(at: Pushing, *words: str) -> Ran:
    """A command, as a program runs it."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = amzlink(words, at.world.deps)
    return Ran(code, out.getvalue(), err.getvalue())


def story(at: Pushing, order_id: str) -> dict[str, Any]:
    """Its document; that takes no call."""
    calls = len(at.world.transport.calls)
    done = said(at, "orders", "show", order_id, "--json")
    assert done.code == 0, done.err
    assert len(at.world.transport.calls) == calls
    return done.document


def told(at: Pushing, order_id: str) -> str:
    """What a person reads."""
    return said(at, "orders", "show", order_id).out


def events(document: dict[str, Any]) -> list[str]:
    return [event["what"] for event in document["events"]]


def detail(at: Pushing, typed: str) -> OrderDetail:
    return show_order(at.world.deps, SLUG, typed, with_personal=False)


def problem_for(at: Pushing, typed: str) -> Problem:
    with pytest.raises(Problem) as caught:
        detail(at, typed)
    return caught.value


class TestTheWayOfAnOrder:
    def test_from_the_import_to_the_delivery(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path, update_status_when="processed")
        order_id = at.sell_one(1)
        found = story(at, order_id)
        assert (found["destination"]["state"], found["sent"]) == ("sent", "yes")
        assert found["waits_for"].startswith("you to make its label in Sendcloud. Amazon wants it shipped by ")
        at.parcels("announce", order_id)
        at.push()
        found = story(at, order_id)
        assert found["waits_for"].startswith("the carrier's first scan. Amazon wants it shipped by ")
        assert [(parcel["state"], parcel["processed_at"]) for parcel in found["parcels"]] == [("labelled", None)]
        at.parcels("scan", order_id)
        at.push()
        found = story(at, order_id)
        assert found["confirmed"] == "yes"
        assert found["packages"] == []
        assert [each["state"] for each in found["confirmations"]] == ["accepted"]
        at.run()
        found = story(at, order_id)
        assert [each["state"] for each in found["confirmations"]] == ["stored"]
        assert found["waits_for"].startswith("the delivery. Amazon promised it by ")
        at.parcels("deliver", order_id)
        at.push()
        at.run()
        found = story(at, order_id)
        assert found["waits_for"] is None
        carrier = found["parcels"][0]["carrier"]
        assert [what for what in events(found) if not what.startswith("Last change")] == [
            "Ordered at Amazon",
            "Imported",
            "Sent to Sendcloud",
            "Saved by Sendcloud",
            f"Label made ({carrier})",
            f"Scanned by the carrier ({carrier})",
            "Confirmation planned (1001)",
            "Confirmation sent to Amazon (1001)",
            "Confirmation accepted by Amazon (1001)",
            "Confirmation shown by Amazon (1001)",
            f"Delivered ({carrier})",
        ]
        text = told(at, order_id)
        assert "Waits for nothing more." in text
        assert "today 1" in text

    def test_without_a_destination_the_merchant_ships_it(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path, destination="none")
        (order_id,) = at.add(1)
        at.run()
        found = story(at, order_id)
        assert found["destination"] == {"state": "none", "since": None, "problem": None, "message": None}
        assert "`amzlink push-status --from FILE.csv`" in found["waits_for"]
        at.push_file(row(order_id, NUMBER))
        assert story(at, order_id)["confirmed"] == "yes"
        assert "as a file says" in told(at, order_id)
        assert [what for what in events(story(at, order_id)) if "Label" in what or "Scanned" in what] == []
        assert "Parcel given by a file (dhl_de)" in events(story(at, order_id))
        assert NUMBER not in told(at, order_id) + json.dumps(story(at, order_id))

    def test_a_part_that_was_confirmed_is_told_at_once(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(2)
        (item,) = at.items(order_id)
        at.push_file(row(order_id, NUMBER, order_item_id=item, quantity="1"))
        assert story(at, order_id)["confirmed"] == "partly"

    def test_one_that_was_cancelled_after_its_label_says_not_to_ship_it(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path, update_status_when="processed")
        order_id = at.sell_one(1)
        at.parcels("announce", order_id)
        at.push()
        at.change(order_id, "cancel")
        at.run()
        found = story(at, order_id)
        assert found["status"] == "CANCELLED"
        assert "Do not ship it" in found["waits_for"]
        assert found["destination"]["problem"] == "parcel-of-stopped-order"
        assert "Do not ship it" in told(at, order_id)
        at.parcels("cancel", order_id)
        at.push()
        at.run()
        assert "Do not ship" not in str(story(at, order_id)["waits_for"])

    def test_a_hold_and_its_release_are_in_it(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        assert said(at, "orders", "hold", order_id).code == 0
        at.run()
        found = story(at, order_id)
        assert found["waits_for"].startswith("you to release it. You put it on hold.")
        assert found["destination"]["state"] == "withdrawn"
        assert said(at, "orders", "release", order_id).code == 0
        at.run()
        found = story(at, order_id)
        assert found["destination"]["state"] == "sent"
        what = events(found)
        for each in ("Put on hold (manual)", "Removed from Sendcloud", "Released (manual)"):
            assert each in what
        assert what.count("Sent to Sendcloud") == 2

    def test_a_hold_whose_cause_is_gone_is_told_as_ended(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        at.change(order_id, "request-cancellation")
        at.run()
        assert story(at, order_id)["waits_for"].startswith("your answer to the buyer, who asks to cancel it")
        at.change(order_id, "cancel")
        at.run()
        what = events(story(at, order_id))
        assert what.index("Put on hold (cancellation-requested)") < what.index("Hold ended (cancellation-requested)")

    def test_what_was_deleted_is_told(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        assert said(at, "purge-pii", "--order", order_id, "--yes").code == 0
        assert events(story(at, order_id))[-1] == "Personal data deleted"

    def test_one_that_was_deleted_before_it_went_anywhere_is_left_to_seller_central(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path, destination="none")
        (order_id,) = at.add(1)
        at.run()
        assert said(at, "purge-pii", "--order", order_id, "--yes").code == 0
        at.send_to_sendcloud()
        at.run()
        assert story(at, order_id)["waits_for"].startswith("you to ship and confirm it in Seller Central")


class TestReasons:
    def test_sendclouds_refusal_is_kept_without_what_it_quotes_as_long_as_it_holds(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        (order_id,) = at.add(1)
        at.refuse(order_id)
        at.run()
        for _ in range(2):
            found = story(at, order_id)["destination"]
            assert (found["state"], found["problem"]) == ("refused", "sendcloud-refused")
            assert found["message"].startswith("postal code of shipping address: ")
            assert found["message"].endswith("(invalid)")
            assert found["since"] is not None
            at.run()
        code = at.order(order_id).body["recipient"]["deliveryAddress"]["postalCode"]
        assert code not in json.dumps(story(at, order_id))
        text = told(at, order_id)
        assert "Not sent:" in text
        assert "postal code of shipping address" in text
        assert "`amzlink status`" not in text
        at.refuse()
        at.move(order_id)
        at.run()
        found = story(at, order_id)
        assert found["destination"]["state"] == "sent"
        assert found["destination"]["message"] is None
        assert "Refused by Sendcloud" in events(found)

    def test_an_address_that_does_not_fit_names_its_part(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        (order_id,) = at.add(1)
        at.move(order_id, "Unaussprechlich" * 9)
        at.run()
        found = story(at, order_id)
        part = "the street (address line 1) has a word of more than 60 characters"
        assert found["destination"]["problem"] == "address-unfit"
        assert found["destination"]["message"] == part
        assert "you: Sendcloud does not have it. Make its label by hand." in found["waits_for"]
        text = told(at, order_id)
        assert part in text
        assert "<DETAIL>" not in text
        assert "Unaussprechlich" not in text

    def test_a_reason_that_an_earlier_version_threw_away_is_told_as_that(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        (order_id,) = at.add(1)
        at.refuse(order_id)
        at.run()
        with at.world.deps.book(SLUG) as book, book.writing() as connection:
            connection.execute(
                update(DISPATCHES).values(
                    problem="address-unfit", message=None, code=None, pointer=None, settled_at=None
                )
            )
        text = told(at, order_id)
        assert "an earlier version did not keep the reason" in text
        assert "<" not in text

    @pytest.mark.parametrize("route", ["single", "feed"])
    def test_amazons_refusal_is_kept_without_the_number(self, tmp_path: Path, route: str) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        at.tell("/control/feeds", {"seconds": 0})
        at.switch("shipment-refused")
        at.push_file(row(order_id, NUMBER), route=route)
        at.push()
        found = story(at, order_id)
        (confirmation,) = found["confirmations"]
        assert (confirmation["state"], confirmation["problem"]) == ("refused", "shipment-refused")
        assert "the tracking number does not look like one of the carrier's" in confirmation["message"]
        assert "(Amazon: " in confirmation["message"]
        assert NUMBER not in json.dumps(found) + told(at, order_id)
        assert found["confirmed"] == "refused"
        assert found["waits_for"].startswith("you to confirm it in Seller Central")

    def test_a_confirmation_that_amazon_loses_is_told_each_time(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        at.switch("confirmation-not-stored")
        at.parcels("announce", order_id)
        at.push()
        assert story(at, order_id)["waits_for"].startswith("Amazon to show the confirmation")
        for _ in range(2):
            at.world.clock.advance(3600)
            at.run()
            at.push()
        found = story(at, order_id)
        (confirmation,) = found["confirmations"]
        assert (confirmation["state"], confirmation["problem"]) == ("refused", "confirmation-not-stored")
        lost = [each for each in found["events"] if each["problem"] == "confirmation-not-stored"]
        assert len(lost) == 2
        assert events(found).count("Confirmation accepted by Amazon (1001)") == 2


class TestTheNumber:
    def test_a_beginning_that_one_order_has_is_enough(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        assert detail(at, order_id[:6]).order.order_id == order_id
        assert detail(at, f"#{order_id}").order.order_id == order_id
        assert detail(at, order_id.replace("-", "\u2011")).order.order_id == order_id
        assert f"{order_id} is on hold" in said(at, "orders", "hold", order_id[:5]).out
        assert f"{order_id} is released" in said(at, "orders", "release", order_id[:5]).out
        assert said(at, "import-orders", "--order", order_id[:5]).code == 0

    def test_a_beginning_that_several_have_lists_them(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        at.add(7)
        at.run()
        with at.world.deps.book(SLUG) as book, book.reading() as connection:
            numbers = sorted(connection.scalars(select(ORDERS.c.order_id)))
        digit = max("34", key=lambda each: sum(number.startswith(each) for number in numbers))
        fitting = [number for number in numbers if number.startswith(digit)]
        done = said(at, "orders", "show", digit)
        assert done.code == 64
        for number in fitting[:5]:
            assert number in done.err
        assert ("and more" in done.err) is (len(fitting) > 5)

    def test_a_purge_takes_no_beginning_and_says_what_it_fits(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        done = said(at, "purge-pii", "--order", order_id[:8], "--yes")
        assert done.code == 64
        assert order_id in done.err
        assert "Personal data deleted" not in events(story(at, order_id))
        assert said(at, "purge-pii", "--order", f" #{order_id} ", "--yes").code == 0

    def test_a_slip_finds_the_number_that_was_meant(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        wrong = order_id[:-1] + str((int(order_id[-1]) + 1) % 10)
        problem = problem_for(at, wrong)
        assert problem.name.value == "order-not-found"
        assert f"Did you mean {order_id}?" in problem.next_step
        too_short = problem_for(at, order_id[:8] + order_id[9:])
        assert too_short.name.value == "usage"
        assert f"Did you mean {order_id}?" in too_short.summary
        assert "import-orders" in problem_for(at, "999-9999999-9999999").next_step

    def test_what_is_no_number_is_called_that(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        assert said(at, "orders", "show", "Frau Holle").code == 64

    def test_an_order_that_is_deleted_as_a_whole_is_not_called_unknown(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        said(at, "purge-pii", "--order", order_id, "--yes")
        with at.world.deps.book(SLUG) as book, book.writing() as connection:
            connection.execute(delete(ORDERS))
        assert problem_for(at, order_id).name.value == "order-purged"

    def test_an_order_of_another_store_is_told_to_be_there(self, tmp_path: Path) -> None:
        at = Pushing(tmp_path)
        order_id = at.sell_one(1)
        config = at.world.deps.load_config()
        at.world.deps.save_config(config.with_store("other", config.stores[SLUG]))
        with pytest.raises(Problem) as caught:
            show_order(at.world.deps, "other", order_id, with_personal=False)
        assert caught.value.name.value == "order-of-other-store"
        assert f"amzlink orders show {order_id} --store {SLUG}" in caught.value.next_step


def test_the_time_that_is_over_is_told_as_over(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(1)
    at.world.clock.advance(timedelta(days=9).total_seconds())
    assert "Amazon wanted it shipped by " in story(at, order_id)["waits_for"]


@pytest.mark.on_sqlite  # which plan PostgreSQL makes depends on its statistics
def test_every_query_of_it_goes_by_an_index_however_large_the_book_is(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(1)
    at.parcels("announce", order_id)
    at.push()
    asked: list[tuple[str, Any]] = []

    def note(*about: Any) -> None:
        asked.append((about[2], about[3]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        detail(at, order_id[:8])
        problem_for(at, order_id[:-1] + str((int(order_id[-1]) + 1) % 10))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with closing(sqlite3.connect(at.world.deps.home.database_file)) as book:
        plans = [
            step[3]
            for sql, parameters in asked
            if sql.startswith("SELECT") and "alembic_version" not in sql
            for step in book.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        ]
    assert len(plans) > 20
    tables = "(orders|order_lines|parcels|confirmations|dispatches|holds|order_events|passed_over|refused_orders)"
    of_orders = [plan for plan in plans if re.match(f"(SEARCH|SCAN) {tables}", plan)]
    assert len(of_orders) > 10
    by_order = re.compile(r"order_id[=<>]|\(store=\? AND parcel=\?\)|confirmations_by_state")
    assert [plan for plan in of_orders if not by_order.search(plan)] == []
