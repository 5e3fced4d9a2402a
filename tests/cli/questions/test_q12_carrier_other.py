"""Question 12: the carrier shows as Other."""

from tests.support.parcels import order_with_parcel, packages_at_amazon
from tests.support.questions import SLUG, Desk


def carrier_at_amazon(desk: Desk, order_id: str) -> str:
    (package,) = packages_at_amazon(desk, order_id)
    return str(package["carrier"])


def test_push_and_status_name_the_carrier_with_the_command_that_gives_it_a_code(desk: Desk) -> None:
    order_id = order_with_parcel(desk, "budbee")
    command = f"amzlink stores set carrier.Budbee=CODE --store {SLUG}"
    desk.ask("push-status").shows("1 parcel goes to Amazon with the carrier Other, as Budbee.")
    screen = desk.ask("status")
    screen.shows("1 parcel goes to Amazon with the carrier Other, as Budbee.", "1 of 1 parcel without a valid tracking")
    assert carrier_at_amazon(desk, order_id) == "Budbee"
    (other,) = desk.json("status")["stores"][0]["as_other"]
    assert other == {"carrier": "Budbee", "parcels": 1, "code": None, "command": other["command"]}
    assert other["command"] in (command, command.removesuffix(f" --store {SLUG}"))


def test_once_the_carrier_is_named_what_was_sent_is_corrected_and_nothing_asks_any_more(desk: Desk) -> None:
    order_id = order_with_parcel(desk, "budbee")
    desk.cron("push-status")
    desk.wait(minutes=10)
    desk.cron("import-orders")
    desk.ask("stores", "set", "carrier.budbee=dpd").shows(
        f"{SLUG}: carrier.budbee = DPD", "push-status", "corrects what was confirmed"
    )
    desk.ask("push-status").shows("1 parcel changed")
    assert carrier_at_amazon(desk, order_id) == "DPD"
    desk.ask("status").lacks("Other", "Budbee")
    desk.ask("stores", "show", columns=140).shows("carrier.budbee DPD")
    assert desk.json("stores", "show")["settings"]["carriers"] == {"budbee": {"code": "DPD", "method": None}}


def test_a_misspelt_code_is_saved_and_said(desk: Desk) -> None:
    desk.ask("stores", "set", "carrier.Budbee=Chronpost").shows(
        "The carrier code Chronpost was saved", "Did you mean Chronopost?", "carrier.Budbee=Chronopost"
    )
    desk.ask("stores", "set", "carrier.Budbee=").shows("carrier.Budbee was removed")


def test_a_carrier_that_amazon_does_not_list_is_settled_with_other(desk: Desk) -> None:
    order_with_parcel(desk, "budbee")
    desk.ask("push-status").shows("as Budbee")
    desk.ask("stores", "set", "carrier.Budbee=Other")
    desk.ask("status").lacks("as Budbee")
    desk.ask("explain", "carriers").shows("Your own carriers")
