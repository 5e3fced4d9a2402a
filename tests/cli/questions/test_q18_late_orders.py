"""Question 18: which orders are late today?"""

from tests.support.questions import Desk


def test_the_late_ones_are_named_with_how_late_they_are_and_those_of_tomorrow_too(desk: Desk) -> None:
    late = desk.add(2)
    desk.cron("import-orders")
    desk.wait(days=9)
    fresh = desk.add(1)
    desk.cron("import-orders")
    screen = desk.ask("orders", "list", "--overdue")
    screen.shows(*late, "LATE BY", "days", "2 orders with this filter.").lacks(*fresh)
    assert [order["order_id"] for order in desk.json("orders", "list", "--overdue")["orders"]] == sorted(
        late, key=screen.text.index
    )
    desk.ask("orders", "list", "--due-before", "tomorrow").shows(*late)
    desk.ask("status").shows("2 overdue")


def test_what_was_confirmed_meanwhile_is_not_late(desk: Desk) -> None:
    (order_id,) = desk.add(1)
    desk.cron("import-orders")
    desk.wait(days=9)
    desk.cron("import-orders")
    desk.ask("orders", "list", "--overdue").shows(order_id)
    desk.change(order_id, "ship")
    desk.cron("import-orders")
    desk.ask("orders", "list", "--overdue").shows("Nothing found with this filter.").lacks(order_id)
