"""1: order X is not in Sendcloud."""

from tests.support.questions import Desk


def test_sendcloud_refused_it(desk: Desk) -> None:
    (order_id,) = desk.add()
    desk.refuse(order_id)
    desk.cron("import-orders")
    desk.ask("status").shows(order_id, "sendcloud-refused")
    desk.ask("explain", "sendcloud-refused").shows("Make its label in Sendcloud by hand")
    desk.refuse()
    desk.change(order_id, "merge", order={"recipient": {"deliveryAddress": {"postalCode": "10117"}}})
    desk.ask("import-orders").shows("1 order sent")
    assert order_id in desk.sendcloud_orders()
    desk.ask("status").lacks(order_id)


def test_it_is_on_hold(desk: Desk) -> None:
    (order_id,) = desk.add(kinds=["customised"])
    desk.ask("import-orders").shows("On hold: 1 customised")
    desk.ask("orders", "show", order_id).shows("customised", f"`amzlink orders release {order_id}")
    desk.ask("orders", "release", order_id).shows(f"{order_id} is released. It was on hold for: customised.")
    desk.ask("import-orders").shows("1 order sent")
    assert order_id in desk.sendcloud_orders()


def test_the_buyer_has_not_paid_yet(desk: Desk) -> None:
    (order_id,) = desk.add(status="PENDING")
    desk.ask("import-orders").shows("1 awaiting payment")
    desk.ask("orders", "show", order_id).shows("pending", "has not paid for it yet", "the import after the payment")
    desk.change(order_id, "pay")
    desk.ask("import-orders").shows("1 order sent")
    assert order_id in desk.sendcloud_orders()


def test_it_was_not_imported_yet_and_is_asked_for_by_its_number(desk: Desk) -> None:
    desk.cron("import-orders")
    (order_id,) = desk.add()
    shown = desk.ask("orders", "show", order_id)
    shown.shows("is not known", f"`amzlink import-orders --store demo-shop --order {order_id}`")
    desk.ask("import-orders", "--store", "demo-shop", "--order", order_id).shows("1 order sent")
    assert order_id in desk.sendcloud_orders()
