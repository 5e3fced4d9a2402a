"""20: delete this buyer's data, by order number."""

import json

from tests.support.questions import Desk


def test_by_the_order_number_here_and_at_sendcloud(desk: Desk) -> None:
    (order_id, other) = desk.add(2)
    desk.cron("import-orders")
    opened = desk.json("orders", "show", order_id, "--with-pii")
    name = opened["recipient"]["name"]
    desk.ask("orders", "show", order_id, "--with-pii").shows(name)

    desk.ask("purge-pii", "--order", order_id, "--dry-run").shows(
        "would be deleted for 1 order", order_id, "on request"
    )
    asked = desk.ask("purge-pii", "--order", order_id, typed="n\n")
    asked.shows(f"The order {order_id} still has to be shipped. Sendcloud keeps its copy", "can still be made there")
    asked.shows(f"Delete the personal data of order {order_id} for good?", "Nothing was changed.")
    desk.ask("orders", "show", order_id, "--with-pii").shows(name)

    done = desk.ask("purge-pii", "--order", order_id, typed="?\ny\n")
    done.shows("The buyer's name, address and phone number are deleted here. The rest of the order stays.")
    done.shows("personal data deleted for 1 order", "Sendcloud still has 1 order", "--include-destination deletes it")
    desk.ask("orders", "show", order_id, "--with-pii").shows("Personal data was deleted", "on request").lacks(name)

    again = desk.ask("purge-pii", "--order", order_id, "--include-destination", "--yes")
    again.shows("The order has had no personal data since", "1 order deleted at Sendcloud")
    assert desk.sendcloud_orders() == {other}

    # A later change at Amazon brings nothing of it back, and the order itself stays for the books.
    desk.change(order_id, "touch")
    desk.cron("import-orders")
    desk.ask("orders", "show", order_id, "--with-pii").lacks(name)
    assert desk.sendcloud_orders() == {other}
    assert order_id in {order["order_id"] for order in desk.json("orders", "list")["orders"]}
    assert name not in json.dumps(desk.json("orders", "show", order_id, "--with-pii"))


def test_that_sendclouds_copy_goes_too_is_said_before(desk: Desk) -> None:
    (sent,), (on_hold,) = desk.add(), desk.add(kinds=["customised"])
    desk.cron("import-orders")
    desk.ask("purge-pii", "--order", sent, "--dry-run").shows("Sendcloud would keep 1 order for 180 days")
    desk.set("purge_destination=true")
    desk.ask("purge-pii", "--order", sent, typed="n\n").shows(f"The order {sent} is deleted at Sendcloud too.")
    desk.ask("purge-pii", "--order", sent, "--dry-run").shows("1 order would be deleted at Sendcloud")
    desk.ask("purge-pii", "--order", on_hold, "--dry-run").lacks("deleted at Sendcloud")
    assert sent in desk.sendcloud_orders()


def test_what_shipping_needs_of_it_is_said_before(desk: Desk) -> None:
    sent, labelled, held = desk.add(3)
    desk.cron("import-orders")
    desk.parcels(action="announce", orders=[labelled])
    desk.set("update_status_when=processed")
    desk.ask("push-status")
    desk.ask("purge-pii", "--order", sent, "--dry-run", "--include-destination").shows(
        f"The order {sent} still has to be shipped. Make its label in Sendcloud first.",
        "1 order would be deleted at Sendcloud",
    )
    desk.ask("purge-pii", "--order", labelled, typed="n\n").shows("The tracking number of its parcel is deleted too.")
    desk.cron("orders", "hold", held)
    desk.cron("import-orders")
    told = desk.ask("purge-pii", "--order", held, typed="y\n")
    told.shows(f"The order {held} still has to be shipped. After the deletion amzlink has no address for its label")
    desk.ask("purge-pii", "--order", held, typed="y\n").lacks("still has to be shipped")  # it has none any more
    desk.ask("disconnect", typed="n\n").shows("3 orders still have to be shipped.")


def test_a_number_that_is_not_known_is_told(desk: Desk) -> None:
    told = desk.ask("purge-pii", "--order", "302-1234567-1234567", "--yes")
    assert told.code == 69
    told.shows("The order 302-1234567-1234567 is not known", "Compare the number with Seller Central.")


def test_where_nobody_can_be_asked_it_deletes_nothing_without_yes(desk: Desk) -> None:
    (order_id,) = desk.add()
    desk.cron("import-orders")
    told = desk.cron("purge-pii", "--order", order_id)
    assert told.code == 64
    assert "--yes" in told.err
    assert "recipient" in desk.json("orders", "show", order_id, "--with-pii")
    assert desk.cron("purge-pii", "--order", order_id, "--yes").code == 0
    desk.ask("orders", "show", order_id, "--with-pii").shows("Personal data was deleted")
