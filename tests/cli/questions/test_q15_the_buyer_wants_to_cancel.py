"""15: the buyer wants to cancel."""

import pytest

from tests.support.questions import Desk


@pytest.fixture
def order_id(desk: Desk) -> str:
    """An order at Sendcloud that its buyer asks to cancel; the import has seen it."""
    (order_id,) = desk.add()
    desk.cron("import-orders")
    assert order_id in desk.sendcloud_orders()
    desk.change(order_id, "request-cancellation")
    desk.ask("import-orders").shows("1 order withdrawn", "On hold: 1 cancellation-requested")
    assert order_id not in desk.sendcloud_orders()
    shown = desk.ask("orders", "show", order_id)
    shown.shows("cancellation-requested", f"`amzlink orders release {order_id}")
    desk.ask("orders", "list").shows(order_id, "cancellation-requested")
    desk.ask("explain", "settings").shows("cancellation-requested", "the buyer asks to cancel")
    return order_id


def test_the_merchant_cancels_it_in_seller_central(desk: Desk, order_id: str) -> None:
    desk.change(order_id, "cancel")
    assert desk.ask("import-orders").code == 0
    desk.ask("orders", "show", order_id).shows("CANCELLED").lacks("orders release")


def test_the_merchant_ships_it_all_the_same(desk: Desk, order_id: str) -> None:
    desk.ask("orders", "release", order_id).shows("is released. It was on hold for: cancellation-requested.")
    desk.ask("import-orders").shows("1 order sent")
    assert order_id in desk.sendcloud_orders()
    desk.ask("orders", "show", order_id).lacks("On hold")


def test_with_a_label_somebody_is_told_to_keep_the_parcel_back(desk: Desk) -> None:
    (order_id,) = desk.add()
    desk.cron("import-orders")
    desk.parcels(action="announce", orders=[order_id])
    desk.change(order_id, "request-cancellation")
    mail = desk.cron("import-orders")
    assert f"There is a parcel for the order {order_id}, which is on hold." in mail.err
    assert "cancel its label in Sendcloud, or keep the parcel back" in mail.err
    desk.ask("status").shows(f"{order_id} should not be shipped, but has a parcel")
