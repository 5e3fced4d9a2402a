"""7: Prime orders are missing."""

from pathlib import Path

from tests.support.questions import Desk, at_the_desk

GERMANY, ITALY = "A1PA6795UKMFR9", "APJ6JRA9NG5V4"


def test_the_setting_holds_them(desk: Desk) -> None:
    desk.set("include_prime=never")
    (order_id,) = desk.add(kinds=["prime"])
    desk.ask("import-orders").shows("On hold: 1 prime")
    desk.ask("status").shows("1 on hold")
    desk.ask("orders", "list").shows(order_id, "prime")
    desk.ask("orders", "show", order_id).shows("prime", f"`amzlink orders release {order_id}")
    desk.ask("explain", "settings").shows("include_prime", "on hold everywhere")
    desk.set("include_prime=auto")
    desk.ask("import-orders").shows("1 order sent")
    assert order_id in desk.sendcloud_orders()


def test_in_a_country_where_labels_come_from_amazon_they_are_released_by_hand(tmp_path: Path) -> None:
    with at_the_desk(tmp_path, marketplace_ids=(GERMANY, ITALY)) as desk:
        desk.at.control("/marketplaces", {"open": "IT"})
        (german,) = desk.add(kinds=["prime"])
        (italian,) = desk.add(kinds=["prime"], country="IT")
        desk.ask("import-orders").shows("1 order sent", "On hold: 1 prime")
        assert german in desk.sendcloud_orders()
        desk.ask("orders", "show", italian).shows("prime")
        hold = desk.ask("explain", "prime")
        hold.shows("Prime labels come from Amazon's Buy Shipping, outside DE, FR, ES, NL, PL, SE and BE")
        left = desk.ask("orders", "release", "--held", "prime")
        left.shows(f"1 Prime order stays on hold: {italian}.", f"run `amzlink orders release {italian}`")
        assert desk.json("orders", "release", "--held", "prime")["still_held"] == [italian]
        desk.ask("orders", "release", italian).shows(f"{italian} is released. It was on hold for: prime.")
        desk.ask("import-orders").shows("1 order sent")
        assert italian in desk.sendcloud_orders()
        desk.ask("orders", "release", "--held", "prime").shows("No order to ship is on hold for prime.")
