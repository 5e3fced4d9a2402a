"""Question 18: which orders are late today, and how the last weeks went."""

from datetime import datetime

from tests.support.parcels import order_with_parcel
from tests.support.questions import Desk


def until_due(desk: Desk, order_id: str) -> float:
    """Hours until Amazon's ship-by date."""
    due = datetime.fromisoformat(desk.json("orders", "show", order_id)["ship_by"])
    return (due - datetime.fromisoformat(desk.at.control("/state")["now"])).total_seconds() / 3600


def test_late_orders_are_named_with_what_to_do(desk: Desk) -> None:
    (order_id,) = desk.add()
    desk.cron("import-orders")
    desk.wait(hours=until_due(desk, order_id) + 1)
    desk.cron("import-orders")
    screen = desk.ask("status").shows("1 overdue", "1 order is past its ship-by date", order_id, "Ship what is late.")
    assert screen.code == 1
    (store,) = desk.json("status")["stores"]
    assert store["overdue"] == [order_id]


def test_the_rates_have_their_numbers_limits_and_orders(desk: Desk) -> None:
    late = order_with_parcel(desk)
    desk.wait(hours=until_due(desk, late) + 1)
    other = order_with_parcel(desk, "budbee")
    good = order_with_parcel(desk)
    assert desk.cron("push-status").code == 0
    desk.wait(minutes=10)
    desk.cron("import-orders")
    desk.parcels(action="deliver", orders=[good])
    desk.wait(minutes=10)
    desk.cron("push-status")
    desk.ask("status").shows(
        "1 of 3 parcels confirmed late (33.3 %; Amazon allows 4 %: too many)",
        "1 of 3 parcels without a valid tracking number (33.3 %; Amazon allows 5 %: too many)",
        "0 of 1 order delivered late (0 %; Amazon allows 10 %)",
        "Counted here, not by Amazon: `amzlink explain rates`. `amzlink status -v` names the orders.",
    )
    desk.ask("status", "-v").shows(late, other).lacks(good)
    rates = desk.json("status")["stores"][0]["rates"]
    assert rates["late_confirmations"] == {
        "count": 1, "of": 3, "percent": 33.3, "allowed_percent": 4, "unknown": 0, "orders": [late],
    }  # fmt: skip
    assert rates["without_valid_tracking"]["orders"] == [other]
    assert (rates["delivered_late"]["of"], rates["delivered_late"]["orders"]) == (1, [])
    desk.ask("explain", "rates").shows("These are not Amazon's own figures.", "What the order book cannot know")


def test_what_happened_long_ago_counts_no_more(desk: Desk) -> None:
    order_with_parcel(desk, "budbee")
    desk.cron("push-status")
    desk.wait(days=31)
    desk.ask("status").lacks("Last 30 days", "Budbee")
