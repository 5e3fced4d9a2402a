"""Question 11: Amazon said yes, and shows no tracking."""

from tests.support.parcels import order_with_parcel, packages_at_amazon
from tests.support.questions import Desk


def test_it_is_sent_once_more_and_that_is_said(desk: Desk) -> None:
    order_id = order_with_parcel(desk)
    desk.switch("confirmation-not-stored-once")
    desk.ask("push-status").shows("1 parcel confirmed")
    desk.wait(minutes=35)
    desk.ask("import-orders").shows(
        f"Amazon accepted the shipment of the order {order_id}, but the order does not show it half an hour later.",
        "amzlink sends it once more",
    )
    desk.ask("push-status").shows("1 parcel confirmed")
    desk.wait(minutes=10)
    desk.cron("import-orders")
    assert len(packages_at_amazon(desk, order_id)) == 1
    assert desk.ask("status").shows("Needs you nothing").code == 0


def test_what_is_lost_twice_is_for_a_person(desk: Desk) -> None:
    order_id = order_with_parcel(desk)
    desk.switch("confirmation-not-stored")
    for _ in range(2):
        desk.cron("push-status")
        desk.wait(minutes=35)
        desk.cron("import-orders")
    screen = desk.ask("status").shows(
        f"Not confirmed {order_id} (confirmation-not-stored)",
        f"1. Amazon accepted the shipment of the order {order_id}, but the order does not show it",
        "amzlink has sent it twice and does not send it again. Confirm it in Seller Central, Manage Orders",
    )
    assert screen.code == 1
    desk.ask("orders", "show", order_id).shows("accepted by Amazon, but not saved").lacks("refused by Amazon")
