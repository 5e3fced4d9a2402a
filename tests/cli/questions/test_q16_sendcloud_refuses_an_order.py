"""16: Sendcloud refuses an order."""

import pytest

from tests.support.questions import Desk


def test_the_address_is_corrected_at_amazon(desk: Desk) -> None:
    (good, bad) = desk.add(2)
    desk.refuse(bad)
    mail = desk.cron("import-orders")
    assert mail.code == 1
    assert f"Order {bad} is not at Sendcloud." in mail.err
    assert "Make its label in Sendcloud by hand, with the values from Seller Central." in mail.err
    assert "sendcloud-refused" in mail.err
    assert desk.sendcloud_orders() == {good}
    desk.ask("status").shows(bad, "sendcloud-refused", "postal code of shipping address")
    assert desk.cron("import-orders").err == ""  # told once

    desk.refuse()
    desk.change(bad, "merge", order={"recipient": {"deliveryAddress": {"postalCode": "10117"}}})
    desk.ask("import-orders").shows("1 order sent")
    assert desk.sendcloud_orders() == {good, bad}
    desk.ask("status").lacks(bad)


def test_an_order_that_is_shipped_another_way_is_held(desk: Desk) -> None:
    (order_id,) = desk.add()
    desk.refuse(order_id)
    desk.cron("import-orders")
    desk.ask("orders", "hold", order_id).shows(order_id)
    desk.ask("orders", "list").shows(order_id, "manual")
    assert desk.ask("import-orders").code == 0


@pytest.mark.parametrize(
    ("fault", "code", "phrases"),
    [
        ("sendcloud-credentials", 77, ("Sendcloud refused the public and the secret key.", "sendcloud-credentials")),
        ("sendcloud-integration-missing", 69, ("integration", "sendcloud-integration-missing")),
        ("sendcloud-forbidden", 77, ("sendcloud-forbidden",)),
        ("sendcloud-broken", 75, ("Sendcloud is having problems", "Nothing to do: the next run continues.")),
    ],
)
def test_sendcloud_refuses_everything(desk: Desk, fault: str, code: int, phrases: tuple[str, ...]) -> None:
    (order_id,) = desk.add()
    desk.switch(fault)
    told = desk.ask("import-orders")
    assert told.code == code
    told.shows(*phrases)
    desk.ask("verify").shows("sendcloud")
    desk.switch(off=[fault])
    desk.ask("import-orders").shows("1 order sent")
    assert order_id in desk.sendcloud_orders()
