"""The store's own table of carriers, in what Amazon is told: by single calls, by feed, from files, and afterwards."""

from pathlib import Path

import pytest

from amzlink.jobs.stores.settings import set_settings
from tests.support.pushing import Pushing, row, uploads
from tests.support.world import SLUG


@pytest.fixture
def at(tmp_path: Path) -> Pushing:
    return Pushing(tmp_path)


def call_it(at: Pushing, assignment: str) -> None:
    set_settings(at.world.deps, SLUG, [assignment])


def announce(at: Pushing, order_id: str, carrier: str) -> None:
    at.tell("/control/sendcloud/parcels", {"action": "announce", "orders": [order_id], "carrier": carrier})


def told(at: Pushing, order_id: str) -> list[tuple[str, str | None]]:
    """Carrier and shipping method of each package, as Amazon shows them; of `Other` the carrier's name."""
    packages = at.order(order_id).body["packages"]
    return [(package["carrier"], package.get("shippingService")) for package in packages]


def test_a_single_confirmation_has_its_code_and_method(at: Pushing) -> None:
    call_it(at, "carrier.BUD BEE=DPD,Classic")
    order_id = at.sell_one()
    announce(at, order_id, "budbee")
    report = at.push(route="single")
    assert (report.sent.confirmed, dict(report.planned.as_other)) == (1, {})
    assert told(at, order_id) == [("DPD", "Classic")]


def test_a_feed_has_them_too(at: Pushing) -> None:
    call_it(at, "carrier.budbee=DPD,Classic")
    order_id = at.sell_one()
    announce(at, order_id, "budbee")
    assert at.push(route="feed").sent.confirmed == 1
    (feed,) = uploads(at.world.transport)
    assert b"<CarrierCode>DPD</CarrierCode><ShippingMethod>Classic</ShippingMethod>" in feed


def test_a_file_s_name_is_looked_up_and_its_service_gives_way_to_the_method(at: Pushing) -> None:
    call_it(at, "carrier.Pferdepost Nord=GLS")
    call_it(at, "carrier.Eilbote=DPD,Classic")
    first, second = at.sell(2)
    at.push_file(
        row(first, "GLS00001", carrier="pferdepost nord", service="Standard"),
        row(second, "DPD00001", carrier="Eilbote", service="Standard"),
    )
    assert (told(at, first), told(at, second)) == ([("GLS", "Standard")], [("DPD", "Classic")])


def test_what_was_confirmed_as_other_is_named_and_corrected_once_the_store_has_a_code(at: Pushing) -> None:
    order_id = at.sell_one()
    announce(at, order_id, "budbee")
    report = at.push()
    assert dict(report.planned.as_other) == {"Budbee": 1}
    assert told(at, order_id)[0][0] == "Budbee"
    at.run()  # Amazon shows it, so that nothing is left to do
    call_it(at, "carrier.Budbee=DPD")
    report = at.push()
    assert (report.sent.confirmed, report.sent.edited, report.failures) == (0, 1, [])
    assert [code for code, _ in told(at, order_id)] == ["DPD"]
    assert at.push().sent.edited == 0


def test_what_was_confirmed_long_ago_is_left_alone(at: Pushing) -> None:
    order_id = at.sell_one()
    announce(at, order_id, "budbee")
    at.push()
    at.run()
    call_it(at, "carrier.Budbee=DPD")
    assert at.push(minutes=31 * 24 * 60).sent.edited == 0


def test_a_line_that_says_what_was_told_already_changes_nothing(at: Pushing) -> None:
    order_id = at.sell_one()
    announce(at, order_id, "dhl_de")
    at.push()
    at.run()
    call_it(at, "carrier.dhl_de=DHL")
    assert at.push().sent.edited == 0


def test_a_carrier_that_the_store_calls_other_is_not_asked_about(at: Pushing) -> None:
    call_it(at, "carrier.Pferdepost=Other")
    order_id = at.sell_one()
    report = at.push_file(row(order_id, "PF00001", carrier="Pferdepost"))
    assert (report.sent.confirmed, dict(report.planned.as_other)) == (1, {})
    assert "carrier-unknown" not in [problem.name.value for problem in at.world.reported.warnings]
    assert told(at, order_id)[0][0] == "Pferdepost"


def test_an_unknown_carrier_is_warned_of_with_the_command(at: Pushing) -> None:
    order_id = at.sell_one()
    at.push_file(row(order_id, "PF00001", carrier="DPD-Partner Süd"))
    (warning,) = [each for each in at.world.reported.warnings if each.name.value == "carrier-unknown"]
    assert f"`amzlink stores set carrier.'DPD-Partner Süd'=DPD --store {SLUG}`" in warning.next_step
