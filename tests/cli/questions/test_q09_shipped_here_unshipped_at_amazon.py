"""Question 9: it is shipped here, and Amazon shows it as unshipped."""

from datetime import datetime

import pytest

from tests.support.parcels import order_with_parcel, packages_at_amazon
from tests.support.questions import Desk


def test_the_carrier_has_not_scanned_the_parcel_yet(desk: Desk) -> None:
    desk.set("update_status_when=processed")
    order_id = order_with_parcel(desk)
    desk.ask("push-status").shows("1 parcel waits for the carrier's first scan")
    desk.ask("status").shows("0 without a parcel, 1 waiting for the carrier").lacks("ship-by-near")
    assert packages_at_amazon(desk, order_id) == []
    desk.parcels(action="scan", orders=[order_id])
    desk.wait(minutes=5)
    desk.ask("push-status").shows("1 parcel confirmed")
    desk.ask("status").shows("0 waiting for the carrier, 1 confirmed in the last 7 days", "Needs you nothing")


def test_a_parcel_without_a_scan_is_told_before_its_order_is_late_and_after(desk: Desk) -> None:
    desk.set("update_status_when=processed")
    order_id = order_with_parcel(desk)
    due = desk.json("orders", "show", order_id)["ship_by"]
    hours = (parse(due) - parse(desk.at.control("/state")["now"])).total_seconds() / 3600
    desk.cron("push-status")
    desk.wait(hours=hours - 5)
    desk.cron("import-orders")
    screen = desk.ask("status").shows(
        "1 order of the store demo-shop must be confirmed within a day", "(ship-by-near)", "ship_by_guard_hours=6"
    )
    assert screen.code == 0
    desk.set("ship_by_guard_hours=200")  # since when nothing has run push-status
    desk.ask("status").shows("`amzlink push-status --store demo-shop` runs regularly", "From 200 hours before").lacks(
        "=6"
    )
    desk.set("ship_by_guard_hours=0")
    desk.wait(hours=6)
    desk.cron("import-orders")
    screen = desk.ask("status").shows(
        "1 overdue", "1. 1 order is past its ship-by date", order_id, "amzlink push-status"
    )
    assert screen.code == 1
    desk.set("update_status_when=announced")
    desk.ask("push-status").shows("1 parcel confirmed")
    assert desk.ask("status").shows("1 of 1 parcel confirmed late (100 %; Amazon allows 4 %: too many)").code == 0


@pytest.mark.needs("crontab")  # else nobody knows whether anything runs it
def test_nothing_has_run_push_status(desk: Desk) -> None:
    order_with_parcel(desk)
    desk.ask("status").shows("Last push never", "Scheduled no", "`amzlink schedule install`")


def parse(text: str) -> datetime:
    return datetime.fromisoformat(text)
