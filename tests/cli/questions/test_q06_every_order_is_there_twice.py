"""6: every order is there twice."""

from tests.support.questions import Desk


def found_in_verify(desk: Desk) -> None:
    found = desk.ask("verify")
    found.shows("This Sendcloud account has an Amazon integration of its own", "sendcloud-amazon-active")
    found.shows("Both import the same orders. Every order would arrive twice, and labels could be bought twice.")
    found.shows("remove the Amazon integration in Sendcloud, Settings, Integrations")
    found.shows("`amzlink stores set destination=none --store demo-shop`")


def test_sendclouds_own_link_is_removed(desk: Desk) -> None:
    desk.switch("sendcloud-amazon-active")
    desk.add()
    desk.ask("import-orders").shows("1 order sent")
    found_in_verify(desk)
    desk.switch(off=["sendcloud-amazon-active"])
    desk.ask("verify").shows("Sendcloud itself fetches no orders from Amazon.").lacks("sendcloud-amazon-active")


def test_or_amzlink_sends_no_more(desk: Desk) -> None:
    desk.switch("sendcloud-amazon-active")
    found_in_verify(desk)
    assert desk.ask("stores", "set", "destination=none", "--store", "demo-shop").code == 0
    (order_id,) = desk.add()
    desk.ask("import-orders").shows("1 new").lacks("sent")
    assert order_id not in desk.sendcloud_orders()
    desk.ask("verify").lacks("sendcloud-amazon-active")
