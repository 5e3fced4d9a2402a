"""Customs data of products: what lacks it is named and held, and what is set goes to Sendcloud with the order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from amzlink.core.weights.customs import NO_CUSTOMS, CustomsData, CustomsState
from amzlink.jobs.check_weights import Checked, CheckOptions, CheckReport, check_weights
from amzlink.jobs.orders.holds import release_order
from amzlink.jobs.stores.settings import set_settings
from amzlink.jobs.weights.customs import customs_problem
from amzlink.orderbook.orders.browse import Filter
from amzlink.orderbook.weights.customs import MissingCustoms
from amzlink.problems import ProblemName
from tests.support import books
from tests.support.destination import NONE, Destination
from tests.support.lists import list_orders
from tests.support.world import SLUG

MUG = CustomsData("691110", "PT")


class Exporter(Destination):
    """A store whose orders go to Sendcloud, in Germany, with orders to other countries."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__(folder, orders=NONE, **settings)

    def order_to(self, place: str, *more: str) -> str:
        """A plain order of amazon.de for a place that the sandbox has as a kind."""
        [order_id] = self.tell("/control/orders", {"add": 1, "kinds": [place, *more], "country": "DE"})["added"]
        return str(order_id)

    def skus_of(self, order_id: str) -> list[str]:
        return [item["product"]["sellerSku"] for item in self.order(order_id).body["orderItems"]]

    def check(self, **options: Any) -> CheckReport:
        report = check_weights(self.world.deps, SLUG, CheckOptions(**options))
        assert report.problem is None
        return report

    def give(self, *order_ids: str, data: CustomsData = MUG) -> CheckReport:
        """Say of all products of these orders what customs ask."""
        return self.check(customs={sku: data for order_id in order_ids for sku in self.skus_of(order_id)})

    def items(self, order_id: str) -> list[Mapping[str, Any]]:
        """The order's items as Sendcloud has them."""
        found: list[Mapping[str, Any]] = self.stored()[order_id]["order_details"]["order_items"]
        return found

    def holds(self, order_id: str) -> tuple[str, ...]:
        return {order.order_id: held for order, held in list_orders(self.world.deps, SLUG, Filter())}[order_id]

    def execute(self, statement: str) -> None:
        """Change the book behind everybody's back."""
        books.execute(self.world.deps.home.database_file, statement)


def state(report: CheckReport, sku: str) -> CustomsState:
    return checked(report, sku).entry.customs_state


def checked(report: CheckReport, sku: str) -> Checked:
    return next(each for each in report.skus if each.listing.sku == sku)


@pytest.mark.parametrize("place", ["to-switzerland", "to-great-britain", "to-the-canaries"])
def test_products_of_orders_beyond_the_customs_union_lack_customs_data(tmp_path: Path, place: str) -> None:
    at = Exporter(tmp_path)
    abroad, home = at.order_to(place), at.order_to("to-austria")
    report = at.run()
    assert report.problem is None
    assert report.tally.customs.orders == 1
    assert set(report.tally.customs.by_sku) == set(at.skus_of(abroad))
    found = at.check()
    assert {state(found, sku) for sku in at.skus_of(abroad)} == {CustomsState.MISSING}
    assert {state(found, sku) for sku in set(at.skus_of(home)) - set(at.skus_of(abroad))} <= {CustomsState.NOT_NEEDED}
    assert found.customs.orders == 1


@pytest.mark.parametrize("place", ["to-austria", "to-northern-ireland"])
def test_within_the_customs_union_nothing_is_missing(tmp_path: Path, place: str) -> None:
    at = Exporter(tmp_path, hold_missing_customs=True)
    order_id = at.order_to(place)
    assert at.run().tally.customs.orders == 0
    assert order_id in at.stored()
    assert "customs_details" not in at.stored()[order_id]


def test_the_sender_is_the_country_of_the_store(tmp_path: Path) -> None:
    at = Exporter(tmp_path, country="GB")
    abroad, home = at.order_to("to-austria"), at.order_to("to-great-britain")
    assert at.run().tally.customs.orders == 1
    assert "customs_details" in at.stored()[abroad]
    assert "customs_details" not in at.stored()[home]


@pytest.mark.parametrize(("kinds", "export_type"), [((), "commercial_b2c"), (("business",), "commercial_b2b")])
def test_what_is_set_goes_to_sendcloud_with_the_order(
    tmp_path: Path, kinds: tuple[str, ...], export_type: str
) -> None:  # fmt: skip
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland", *kinds)
    at.run()
    assert all("hs_code" not in item for item in at.items(order_id))
    report = at.give(order_id)
    assert (report.customs_set, report.refused, report.customs.orders) == (len(set(at.skus_of(order_id))), [], 0)
    again = at.run()
    assert (again.tally.customs.orders, again.sent.sent) == (0, 1)
    assert {(item["hs_code"], item["country_of_origin"]) for item in at.items(order_id)} == {("691110", "PT")}
    details = at.stored()[order_id]["customs_details"]
    assert (details["shipment_type"], details["export_type"]) == ("commercial_goods", export_type)
    at.hold_calls()


def test_it_is_sent_once_and_again_only_when_it_changes(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland")
    at.run()
    at.give(order_id)
    at.run()
    at.run()
    assert at.writes(order_id) == 2
    at.give(order_id)
    at.run()
    assert at.writes(order_id) == 2
    at.give(order_id, data=CustomsData(None, "CN"))
    at.run()
    assert at.writes(order_id) == 3
    assert {(item["hs_code"], item["country_of_origin"]) for item in at.items(order_id)} == {("691110", "CN")}


def test_an_order_with_a_parcel_is_left_as_it_is(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland")
    at.run()
    at.parcels("announce", order_id)
    at.give(order_id)
    at.run()
    assert at.writes(order_id) == 1


def test_with_the_setting_an_order_waits_until_its_products_have_customs_data(tmp_path: Path) -> None:
    at = Exporter(tmp_path, hold_missing_customs=True)
    abroad, home = at.order_to("to-great-britain"), at.order_to("to-austria")
    at.run()
    assert at.stored().keys() == {home}
    assert at.holds(abroad) == ("missing-customs",)
    at.give(abroad)
    assert at.holds(abroad) == ()
    at.run()
    assert at.stored().keys() == {home, abroad}
    assert {item["hs_code"] for item in at.items(abroad)} == {"691110"}


def test_half_of_it_is_not_enough(tmp_path: Path) -> None:
    at = Exporter(tmp_path, hold_missing_customs=True)
    order_id = at.order_to("to-great-britain")
    at.run()
    report = at.give(order_id, data=CustomsData("691110"))
    assert {state(report, sku) for sku in at.skus_of(order_id)} == {CustomsState.MISSING}
    at.run()
    assert at.holds(order_id) == ("missing-customs",)
    at.give(order_id, data=CustomsData(None, "PT"))
    at.run()
    assert {(item["hs_code"], item["country_of_origin"]) for item in at.items(order_id)} == {("691110", "PT")}


def test_a_hold_that_a_person_lifts_stays_lifted(tmp_path: Path) -> None:
    at = Exporter(tmp_path, hold_missing_customs=True)
    order_id = at.order_to("to-great-britain")
    at.run()
    release_order(at.world.deps, SLUG, order_id)
    at.run()
    at.run()
    assert at.holds(order_id) == ()
    assert order_id in at.stored()


def test_switching_the_setting_on_takes_back_what_lacks_customs_data(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-great-britain")
    at.run()
    assert order_id in at.stored()
    set_settings(at.world.deps, None, ["hold_missing_customs=true"])
    assert at.run().sent.recalled == 1
    assert at.stored() == {}


def test_what_is_forgotten_is_missing_again_and_taken_out_at_sendcloud(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland")
    at.run()
    at.give(order_id)
    at.run()
    skus = tuple(dict.fromkeys(at.skus_of(order_id)))
    report = at.check(forget=skus)
    assert (report.forgotten, report.customs_forgotten, report.refused) == (0, len(skus), [])
    assert {checked(report, sku).listing.customs for sku in skus} == {NO_CUSTOMS}
    assert {state(report, sku) for sku in skus} == {CustomsState.MISSING}
    at.run()
    assert all("hs_code" not in item for item in at.items(order_id))


def test_a_sku_that_is_nobodys_is_refused_and_the_others_are_set(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland")
    at.run()
    sku = at.skus_of(order_id)[0]
    report = check_weights(
        at.world.deps, SLUG, CheckOptions(weights={"NOBODYS": 5}, customs={"NOBODYS": MUG, sku: MUG})
    )  # fmt: skip
    assert [(each.sku, each.problem) for each in report.refused] == [("NOBODYS", ProblemName.SKU_UNKNOWN)]
    assert report.customs_set == 1
    assert checked(report, sku).listing.customs == MUG


def test_a_dry_run_shows_what_would_be_and_keeps_nothing(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland")
    at.run()
    customs = dict.fromkeys(at.skus_of(order_id), MUG)
    report = at.check(customs=customs, dry_run=True)
    assert {state(report, sku) for sku in customs} == {CustomsState.OK}
    assert {state(at.check(), sku) for sku in customs} == {CustomsState.MISSING}


def test_a_look_at_the_listing_leaves_what_was_set(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland")
    at.run()
    at.give(order_id)
    report = at.check(all_listings=True)
    assert {state(report, sku) for sku in at.skus_of(order_id)} == {CustomsState.OK}
    assert report.customs_states["not-needed"] > 10


def test_what_stands_in_the_book_and_cannot_be_right_is_said_and_never_sent(tmp_path: Path) -> None:
    at = Exporter(tmp_path, hold_missing_customs=True)
    order_id = at.order_to("to-switzerland")
    at.run()
    at.give(order_id)
    at.execute("UPDATE listings SET hs_code = '6911' WHERE hs_code IS NOT NULL")
    assert {state(at.check(), sku) for sku in at.skus_of(order_id)} == {CustomsState.INVALID}
    assert at.run().tally.customs.orders == 1
    assert at.stored() == {}


@pytest.mark.parametrize("command", ["import-orders", "check-weights"])
def test_an_order_that_an_earlier_version_took_in_is_looked_up(tmp_path: Path, command: str) -> None:
    """Its column is empty after the migration."""
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland")
    at.run()
    at.execute("UPDATE orders SET leaves_customs_union = NULL")
    at.execute("DELETE FROM holds")
    found = at.run().tally.customs if command == "import-orders" else at.check().customs
    assert set(found.by_sku) == set(at.skus_of(order_id))


def test_a_vault_that_stays_shut_is_told_and_stops_no_check(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland")
    at.run()
    at.execute("UPDATE orders SET leaves_customs_union = NULL")
    at.world.deps.secrets.delete(SLUG, "vault-key")
    report = at.give(order_id)
    assert report.customs_set
    assert [problem.name for problem in at.world.reported.warnings] == [ProblemName.VAULT_KEY_MISSING]


def test_the_buyer_who_moves_abroad_makes_it_needed(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-austria")
    assert at.run().tally.customs.orders == 0

    def move(body: dict[str, Any]) -> None:
        body["recipient"]["deliveryAddress"] |= {"countryCode": "CH", "city": "Zürich", "postalCode": "8001"}

    at.alter(order_id, move)
    assert at.run().tally.customs.orders == 1


def test_once_shipped_an_order_asks_for_nothing(tmp_path: Path) -> None:
    at = Exporter(tmp_path)
    order_id = at.order_to("to-switzerland")
    assert at.run().tally.customs.orders == 1
    at.change(order_id, "cancel")
    assert at.run().tally.customs.orders == 0
    assert at.check().customs.orders == 0


def test_products_without_a_sku_get_no_command_that_cannot_work() -> None:
    """Nothing can be set for them: what is left is to let the orders go, and to complete them in Sendcloud."""
    problem = customs_problem(MissingCustoms(2, {}, {}), SLUG)
    assert problem is not None
    assert "Amazon gives no SKU for them" in problem.summary
    assert "--customs" not in problem.next_step
    assert f"amzlink orders release ID --store {SLUG}" in problem.next_step
