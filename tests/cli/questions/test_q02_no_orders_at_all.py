"""2: no orders come at all."""

from tests.support.questions import Desk

NO_ORDERS = "0 orders from Amazon"


def test_amazon_ships_them_all(desk: Desk) -> None:
    desk.add(3)
    desk.switch("only-amazon-fulfilled")
    desk.ask("import-orders").shows(NO_ORDERS)
    found = desk.ask("verify")
    found.shows("Amazon ships all recent orders of this account (FBA).", "only-amazon-fulfilled")
    found.shows("the offers must be set to Fulfilled by Merchant")
    desk.switch(off=["only-amazon-fulfilled"])
    desk.ask("import-orders").shows("3 orders sent")


def test_a_first_import_that_finds_none_says_what_it_looked_for_and_where_to_go_on(desk: Desk) -> None:
    desk.ask("orders", "list").shows("No orders. `amzlink import-orders` fetches them.")
    found = desk.ask("import-orders").shows(NO_ORDERS, "Amazon has no order to ship, and none that changed since ")
    found.shows("`amzlink stores show` names the account and its countries, and `amzlink verify` checks the link.")
    desk.ask("orders", "list").shows("No orders. The last import, today 09:30, found none. `amzlink verify` checks")
    desk.add()
    desk.ask("import-orders").shows("1 order sent")
    desk.ask("import-orders").lacks("no order to ship")


def test_the_account_sells_in_another_country(desk: Desk) -> None:
    desk.add(2)
    desk.switch("wrong-marketplace-empty")
    desk.ask("import-orders").shows(NO_ORDERS)
    found = desk.ask("verify")
    assert found.code == 1
    found.shows("Fix first: The account does not sell in", "It sells in: Italy", "not-participating")
    found.shows("`amzlink connect --store demo-shop --country CODE`, or open the shop in Seller Central first.")
    desk.switch(off=["wrong-marketplace-empty"])
    desk.ask("import-orders").shows("2 orders sent")


def test_none_is_paid_for_yet(desk: Desk) -> None:
    (order_id, _) = desk.add(2, status="PENDING")
    desk.ask("import-orders").shows("2 awaiting payment")
    desk.change(order_id, "pay")
    desk.ask("import-orders").shows("1 order sent")


def test_the_app_may_not_read_them(desk: Desk) -> None:
    desk.add()
    desk.switch("role-missing-orders")
    failed = desk.ask("import-orders")
    assert failed.code == 77
    failed.shows("Amazon refused searchOrders", "Inventory and Order Tracking", "Run `amzlink verify")
    found = desk.ask("verify")
    assert found.code == 1
    found.shows("Fix first:", "role-missing-orders", "Inventory and Order Tracking")
    desk.switch(off=["role-missing-orders"])
    assert desk.ask("import-orders").code == 0


def test_there_are_none(desk: Desk) -> None:
    desk.ask("import-orders").shows(NO_ORDERS)
    found = desk.ask("verify")
    assert found.code == 0
    found.shows("Orders can be read.", "The account sells in France, Germany")
