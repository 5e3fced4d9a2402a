"""14: cancelled, and there is a label already."""

from tests.support.questions import Desk


def test_the_parcel_is_stopped(desk: Desk) -> None:
    (order_id,) = desk.add()
    desk.cron("import-orders")
    desk.parcels(action="announce", orders=[order_id])
    desk.change(order_id, "cancel")

    mail = desk.cron("import-orders")
    assert f"There is a parcel for the order {order_id}, which is cancelled." in mail.err
    assert "orders release" not in mail.err
    desk.ask("orders", "show", order_id).shows("CANCELLED").lacks("orders release")
    desk.ask("status").shows(f"{order_id} should not be shipped, but has a parcel (parcel-of-stopped-order)")
    desk.ask("explain", "parcel-of-stopped-order").shows("cancel its label in Sendcloud, or keep the parcel back")
    desk.ask("push-status")
    assert desk.at.control("/shipments")["shipments"] == []  # Amazon is not told that it is on its way

    desk.parcels(action="cancel", orders=[order_id])
    desk.wait(minutes=5)
    desk.ask("push-status")
    desk.ask("import-orders").shows("1 order withdrawn")
    assert order_id not in desk.sendcloud_orders()
    desk.ask("status").lacks(order_id)


def test_without_a_label_it_is_taken_out_of_sendcloud_by_itself(desk: Desk) -> None:
    (order_id,) = desk.add()
    desk.cron("import-orders")
    desk.change(order_id, "cancel")
    desk.ask("import-orders").shows("1 order withdrawn")
    assert order_id not in desk.sendcloud_orders()
    desk.ask("orders", "show", order_id).shows("CANCELLED")
