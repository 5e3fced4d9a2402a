"""Question 13: a wrong tracking number was sent."""

from pathlib import Path

from tests.support.parcels import NUMBER, order_with_parcel, packages_at_amazon, parcel_file
from tests.support.questions import Desk

WRONG = "JJD000390007800000001"


def test_a_file_with_the_right_number_changes_what_a_file_told(desk: Desk, tmp_path: Path) -> None:
    (order_id,) = desk.add()
    desk.cron("import-orders")
    desk.ask("push-status", "--from", parcel_file(tmp_path, order_id, WRONG)).shows("1 parcel confirmed")
    desk.wait(minutes=10)
    desk.cron("import-orders")
    correction = parcel_file(tmp_path, order_id)
    desk.ask("push-status", "--from", correction, "--dry-run").shows("1 parcel would be changed")
    screen = desk.ask("push-status", "--from", correction).shows("1 parcel changed")
    assert screen.code == 0
    (package,) = packages_at_amazon(desk, order_id)
    assert (package["tracking_number"], package["edited"]) == (NUMBER, 1)
    desk.ask("push-status", "--from", correction).shows("1 parcel already confirmed")


def test_it_changes_what_sendcloud_told_too(desk: Desk, tmp_path: Path) -> None:
    order_id = order_with_parcel(desk)
    desk.ask("push-status").shows("1 parcel confirmed")
    desk.wait(minutes=10)
    desk.cron("import-orders")
    desk.ask("push-status", "--from", parcel_file(tmp_path, order_id)).shows("1 parcel changed")
    (package,) = packages_at_amazon(desk, order_id)
    assert package["tracking_number"] == NUMBER
    desk.wait(minutes=10)
    desk.cron("import-orders")
    assert desk.ask("push-status").shows("no changes to parcels").code == 0
