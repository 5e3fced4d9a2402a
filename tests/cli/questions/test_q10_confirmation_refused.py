"""Question 10: Amazon refused the confirmation."""

from pathlib import Path

from tests.support.parcels import NUMBER, order_with_parcel, packages_at_amazon, parcel_file
from tests.support.questions import Desk

WORDS = "the tracking number does not look like one of the carrier's"


def test_why_it_was_refused_stands_on_the_screen_until_it_is_put_right(desk: Desk, tmp_path: Path) -> None:
    order_id = order_with_parcel(desk)
    desk.switch("shipment-refused")
    screen = desk.ask("push-status").shows("1 parcel refused", order_id, WORDS, "shipment-refused")
    assert screen.code == 1
    desk.wait(hours=3)
    desk.cron("import-orders")
    assert desk.cron("push-status").code == 0  # nothing new was refused
    screen = desk.ask("status").shows(
        f"Not confirmed {order_id} (shipment-refused: {WORDS})",
        f"1. Amazon refused the shipment of the order {order_id}: {WORDS}.",
        "Next: If the tracking number or the carrier is wrong, give the right one with",
        "amzlink push-status --from FILE.csv",
    )
    assert screen.code == 1
    desk.ask("orders", "list", "--refused", columns=200).shows(f"Amazon: {WORDS} (shipment-refused)")
    (need,) = desk.json("status")["stores"][0]["needs_you"]
    assert (need["problem"], need["orders"]) == ("shipment-refused", [order_id])
    desk.switch(off=["shipment-refused"])
    desk.ask("push-status", "--from", parcel_file(tmp_path, order_id)).shows("1 parcel confirmed")
    assert [package["tracking_number"] for package in packages_at_amazon(desk, order_id)] == [NUMBER]
    desk.wait(minutes=10)
    desk.cron("import-orders")
    assert desk.ask("status").shows("Needs you nothing").lacks("Not confirmed").code == 0


def test_several_with_one_cause_are_one_thing_to_do(desk: Desk) -> None:
    orders = sorted(order_with_parcel(desk) for _ in range(2))
    desk.switch("shipment-refused")
    desk.ask("push-status")
    desk.ask("status").shows("1. Amazon refuses a confirmation: 2 orders.", ", ".join(orders)).lacks("2. ")
