"""status as a program: its exit code, its document, and its screen at any width."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.parcels import order_with_parcel
from tests.support.questions import SLUG, Desk, at_the_desk
from tests.support.world import shell


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_the_desk(tmp_path) as found:
        yield found


def in_trouble(desk: Desk) -> str:
    """A shop with a refused confirmation, a carrier that goes as Other, and a link that has died."""
    order_with_parcel(desk, "budbee")
    desk.cron("push-status")
    refused = order_with_parcel(desk)
    desk.switch("shipment-refused")
    desk.cron("push-status")
    desk.switch("authorisation-revoked", off=["shipment-refused"])
    desk.wait(hours=2)
    desk.cron("import-orders")
    return refused


def test_a_shop_in_order_ends_with_0_and_says_so(desk: Desk) -> None:
    desk.cron("import-orders")
    done = desk.cron("status")
    assert (done.code, done.err) == (0, "")
    assert "Needs you     nothing" in done.out


def test_what_needs_a_person_stands_at_the_end_first_things_first(desk: Desk) -> None:
    refused = in_trouble(desk)
    screen = desk.ask("status")
    assert screen.code == 1
    screen.shows(
        "Last import failed today", "Amazon refused the refresh token. (authorisation-revoked)", "Failing since"
    )
    end = screen.flat.partition("Needs you 1. ")[2]
    assert end.startswith("Amazon refused the refresh token.")
    assert f"2. Amazon refused the shipment of the order {refused}" in end
    assert "`amzlink connect --store demo-shop --renew`" in end
    (store,) = desk.json("status")["stores"]
    assert [need["problem"] for need in store["needs_you"]] == ["authorisation-revoked", "shipment-refused"]
    (failing,) = store["failing"]
    assert failing["summary"] == "Amazon refused the refresh token."


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_it_fits_the_terminal_and_no_number_or_command_is_cut(tmp_path: Path, columns: int) -> None:
    with at_the_desk(tmp_path) as desk:
        refused = in_trouble(desk)
        screen = desk.ask("status", "-v", columns=columns)
        assert any(refused in line for line in screen.lines)
        assert screen.lines[0] == f"{SLUG}: Demo Shop"
        screen.shows("`amzlink stores set carrier.Budbee=CODE`")


def test_a_stale_order_book_says_since_when_by_the_reader_s_clock(desk: Desk) -> None:
    desk.ask("status").shows("1. The order book is not up to date: no import has succeeded yet. (import-stale)")
    desk.cron("import-orders")
    desk.wait(hours=7)
    screen = desk.ask("status").shows("the last import that succeeded was today 09:30.")
    assert screen.code == 1


def test_holds_of_the_merchant_s_need_nobody(desk: Desk) -> None:
    (order_id,) = desk.add()
    desk.cron("import-orders")
    desk.cron("orders", "hold", order_id)
    screen = desk.ask("status").shows("1 on hold", "Needs you nothing")
    assert screen.code == 0


def test_an_order_that_could_not_be_sent_needs_a_person(desk: Desk) -> None:
    (order_id,) = desk.add()
    desk.refuse(order_id)
    desk.cron("import-orders")
    screen = desk.ask("status").shows(f"Not sent {order_id}", "1. Sendcloud refused the order")
    assert screen.code == 1


def test_several_stores_end_with_which_of_them_need_you(desk: Desk) -> None:
    desk.cron("import-orders")
    file = desk.at.home / "config" / "config.toml"
    text = file.read_text()
    start = text.index(f"[stores.{SLUG}]")
    file.write_text(f"{text}\n{text[start:].replace(SLUG, 'second')}")
    done = desk.cron("status", "--all-stores")
    assert done.code == 1
    assert done.out.splitlines()[-1] == "1 store needs you: second."
    assert desk.cron("status", "--store", SLUG).code == 0


def test_a_first_import_that_the_quota_paused_says_how_far_it_is_and_needs_nobody(tmp_path: Path) -> None:
    with shell(tmp_path, orders=2_600, quota="real") as at:
        assert at.run("import-orders", "--since", "700d", "--route", "search", "--max-wait", "0s").code == 75
        told = " ".join(at.run("status").out.split())
        (store,) = at.run("status", "--json").document["stores"]
        with closing(sqlite3.connect(at.home / "data" / "orders.db")) as book:
            book.execute("DELETE FROM runs")  # as where the run was killed, or is still under way
            book.commit()
        unnoted = " ".join(at.run("status").out.split())
    so_far = f"{store['booked_so_far']} orders in the order book so far. The next import continues."
    assert store["booked_so_far"] > 0
    assert f" by Amazon's quota: {so_far} (throttled)" in told
    assert f"Last import the first one is not finished: {so_far}" in unnoted
    for text in (told, unnoted):
        assert "import-stale" not in text
    assert "import-stale" not in [need["problem"] for need in store["needs_you"]]


def test_before_the_first_import_there_is_none_to_continue(desk: Desk) -> None:
    assert desk.json("status")["stores"][0]["booked_so_far"] is None
    desk.ask("status").shows("Last import never")
