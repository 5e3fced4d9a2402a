"""check-weights: what is found, what is suggested, what is set, and that a dry run keeps nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from amzlink.core.weights.weights import Finding, Source
from amzlink.orderbook.weights.listings import find_listings
from amzlink.problems import ProblemName
from amzlink.sandbox.weights import WeightKind
from amzlink.store_locks import store_lock
from tests.orderbook.samples import kept_in
from tests.support.shop import Shop, found, looked
from tests.support.world import SLUG

_K = WeightKind
ODD = ("KETTLE/BLU 1", "LAMP 100%", "TÜCHER-ÄÖÜ-5", "MUG+GRN", "KNIFE,20CM", "LOCK#7&8", "ZŁOTY_NOTES")


def dump(shop: Shop) -> Mapping[str, Sequence[Any]]:
    with shop.world.deps.database() as book:
        return kept_in(book)


def test_the_products_of_open_orders_are_judged_unless_the_whole_catalogue_is_asked_for(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.bring()
    report = shop.check()
    assert report.problem is None
    assert {checked.listing.sku for checked in report.skus} == shop.waiting()
    everything = shop.check(all_listings=True)
    sold = {product.sku for product in shop.amazon.catalogue.products}
    assert {checked.listing.sku for checked in everything.skus} == sold


def test_every_kind_of_weight_gets_its_finding(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    report = shop.check(all_listings=True)
    wrong = {
        _K.NONE: Finding.MISSING, _K.ITEM_ONLY: Finding.MISSING, _K.CATALOGUE_ONLY: Finding.MISSING,
        _K.UNKNOWN_UNIT: Finding.MISSING, _K.NO_ATTRIBUTE: Finding.MISSING, _K.SUPPRESSED: Finding.MISSING,
        _K.ZERO: Finding.ZERO, _K.OLD_ISSUE: Finding.ZERO, _K.GRAMS_AS_KILOGRAMS: Finding.IMPLAUSIBLE,
        _K.LIGHTER_THAN_ITEM: Finding.IMPLAUSIBLE, _K.THOUSANDFOLD: Finding.IMPLAUSIBLE,
        _K.THOUSANDTH: Finding.IMPLAUSIBLE, _K.UNDER_A_GRAM: Finding.IMPLAUSIBLE, _K.OUTWEIGHED: Finding.IMPLAUSIBLE,
    }  # fmt: skip
    seen = set()
    for checked in report.skus:
        kind = shop.amazon.catalogue.by_sku[checked.listing.sku].kind
        assert checked.entry.verdict.finding == wrong.get(kind, Finding.OK), (checked.listing.sku, kind)
        seen.add(kind)
    assert wrong.keys() <= seen
    assert report.findings == {
        finding.value: sum(checked.entry.verdict.finding is finding for checked in report.skus) for finding in Finding
    }


def test_the_worst_comes_first_and_of_those_what_most_orders_wait_for(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.bring()
    report = shop.check(all_listings=True)
    rank = {Finding.MISSING: 0, Finding.ZERO: 1, Finding.IMPLAUSIBLE: 2, Finding.OK: 3}
    keys = [(rank[each.entry.verdict.finding], -each.entry.open_orders) for each in report.skus]
    assert keys == sorted(keys)
    assert sum(each.entry.open_orders for each in report.skus) > 20


def test_the_catalogues_weight_is_suggested_and_never_used_by_itself(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    product = shop.product(_K.CATALOGUE_ONLY)
    verdict = found(shop.check(all_listings=True), product.sku).entry.verdict
    assert (verdict.weight_grams, verdict.source) == (None, None)
    assert verdict.suggestion_grams is not None
    assert abs(verdict.suggestion_grams - product.grams) <= 1
    report = shop.check(all_listings=True, accept_suggestions=True)
    assert report.set_here > 10
    after = found(report, product.sku).entry.verdict
    assert (after.weight_grams, after.source, after.finding) == (verdict.suggestion_grams, Source.LOCAL, Finding.OK)
    assert shop.check(all_listings=True, accept_suggestions=True).set_here == 0


def test_without_the_catalogues_role_there_are_fewer_suggestions_and_no_failure(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, faults=["role-missing-catalog"])
    report = shop.check(all_listings=True)
    assert report.problem is None
    assert found(report, shop.product(_K.CATALOGUE_ONLY).sku).entry.verdict.suggestion_grams is None


@pytest.mark.parametrize("sku", ODD)
def test_a_sku_with_signs_of_its_own_is_found_set_and_sent(tmp_path: Path, sku: str) -> None:
    shop = Shop(tmp_path, orders=0)
    product = shop.amazon.catalogue.by_sku[sku]
    product.kind = _K.NONE
    report = shop.check(weights={sku: 1500}, apply=True)
    assert [(outcome.sku, outcome.state) for outcome in report.patches] == [(sku, "queued")]
    shop.world.clock.advance(600)
    assert [outcome.state for outcome in shop.check(weights={sku: 1500}).patches] == ["taken"]
    assert any(entry["value"] == 1.5 for entry in product.attributes["item_package_weight"])


def test_a_mistyped_sku_is_asked_back_where_a_weight_is_set_and_where_one_is_dropped(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=20)
    shop.check(all_listings=True)
    sku = shop.product(_K.NONE).sku
    report = shop.check(weights={sku.swapcase(): 500, "ZZZZZZZZZZZZ": 500}, forget=(sku[:-1],))
    asked_back = {refusal.sku: f"Did you mean {sku}" in refusal.message for refusal in report.refused}
    assert asked_back == {sku.swapcase(): True, sku[:-1]: True, "ZZZZZZZZZZZZ": False}


def test_a_sku_that_the_account_does_not_have_is_refused_and_the_others_are_set(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    sku = shop.product(_K.NONE).sku
    report = shop.check(weights={"NO-SUCH-SKU": 500, sku: 600})
    assert [(refusal.sku, refusal.problem) for refusal in report.refused] == [("NO-SUCH-SKU", ProblemName.SKU_UNKNOWN)]
    assert (report.set_here, report.complete) == (1, False)
    assert [checked.listing.sku for checked in report.skus] == [sku]
    with shop.book() as book:
        known = find_listings(book, ["NO-SUCH-SKU", sku])
    assert known["NO-SUCH-SKU"].local_grams is None
    assert known[sku].local_grams == 600


def test_the_weight_of_a_product_whose_listing_is_gone_can_be_set_for_its_open_orders(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    sku = shop.product(_K.PACKAGE, ordered=True).sku
    shop.remove(sku)
    shop.bring()
    report = shop.check(weights={sku: 800})
    assert report.refused == []
    assert found(report, sku).entry.verdict.weight_grams == 800
    assert found(report, sku).listing.is_listed is False


def test_without_the_role_for_listings_a_weight_still_counts_and_the_problem_is_named(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.bring()
    sku = min(shop.waiting())
    shop.switch("role-missing-listings")
    report = shop.check(weights={sku: 800}, apply=True)
    assert report.problem is not None
    assert report.problem.name.value == "access-denied"
    assert report.patches == []
    assert found(report, sku).entry.verdict.weight_grams == 800
    shop.switch(off=["role-missing-listings"])
    assert found(shop.check(), sku).entry.verdict.weight_grams == 800


def test_a_dry_run_shows_what_amazon_would_say_and_keeps_nothing_anywhere(tmp_path: Path) -> None:
    shop = Shop(tmp_path, hold_missing_weight=True)
    shop.bring()
    good, bad = shop.product(_K.NONE).sku, shop.product(_K.NO_ATTRIBUTE).sku
    before = dump(shop)
    report = shop.check(all_listings=True, weights={good: 450, bad: 300}, accept_suggestions=True, dry_run=True)
    assert dump(shop) == before
    states = {outcome.sku: outcome.state for outcome in report.patches}
    assert (states[good], states[bad]) == ("preview", "refused")
    assert found(report, good).entry.verdict.weight_grams == 450
    assert shop.patched(good) == {"preview VALID": 1}
    assert not shop.amazon.patches.open
    assert len(report.skus) == len(shop.amazon.catalogue.products)


def test_a_dry_run_after_a_sweep_shows_the_same_as_a_real_one(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.bring()
    shop.check(all_listings=True)
    tried, real = (shop.check(all_listings=True, accept_suggestions=True, dry_run=dry) for dry in (True, False))
    assert [(each.listing.sku, each.entry.verdict) for each in tried.skus] == [
        (each.listing.sku, each.entry.verdict) for each in real.skus
    ]
    assert tried.set_here == real.set_here > 0


def test_a_suppressed_listing_is_told_of(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    checked = found(shop.check(all_listings=True), shop.product(_K.SUPPRESSED).sku)
    assert checked.listing.is_suppressed
    assert checked.entry.listing_link is not None


def test_import_weights_off_leaves_the_orders_alone(tmp_path: Path) -> None:
    shop = Shop(tmp_path, import_weights=False)
    shop.bring()
    sku = min(shop.waiting())
    assert found(shop.check(weights={sku: 500}), sku).entry.verdict.weight_grams == 500
    assert all(order.weight_grams is None for order in shop.orders().values())


def test_a_second_check_at_the_same_time_is_turned_away(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    with store_lock(shop.world.deps, SLUG, "check-weights"):
        report = shop.check()
    assert report.problem is not None
    assert report.problem.name.value == "run-in-progress"


@pytest.mark.parametrize(
    ("fault", "problem"), [("server-error", "service-unavailable"), ("listings-throttled", "throttled")]
)
def test_a_fault_stops_the_check_by_its_name_and_the_next_one_is_whole(
    tmp_path: Path, fault: str, problem: str
) -> None:
    shop = Shop(tmp_path)
    shop.bring()
    known: dict[str, Any] = shop.tell("/faults")["faults"]
    if fault not in known:
        fault = next(name for name in known if "503" in known[name] or "unavailable" in name)
    shop.switch(fault)
    report = shop.check()
    assert report.problem is not None
    assert report.problem.name.value == problem
    shop.switch(off=[fault])
    assert shop.check().problem is None


def test_a_second_check_asks_the_catalogue_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    assert shop.check(all_listings=True).api_calls["searchCatalogItems"] >= 1
    report = shop.check(all_listings=True)
    assert report.api_calls["searchCatalogItems"] == 0
    assert looked(report) <= 3


def test_a_weight_that_is_forgotten_leaves_amazons_to_count_again(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.bring()
    sku = next(each.listing.sku for each in shop.check().skus if each.entry.verdict.source is Source.SHIPPING)
    before = found(shop.check(), sku).entry.verdict
    assert found(shop.check(weights={sku: 77}), sku).entry.verdict.source is Source.LOCAL
    dry = shop.check(forget=(sku,), dry_run=True)
    assert (dry.forgotten, found(shop.check(), sku).entry.verdict.weight_grams) == (1, 77)
    report = shop.check(forget=(sku,))
    assert (report.forgotten, report.refused, found(report, sku).entry.verdict) == (1, [], before)
    again = shop.check(forget=(sku,))
    assert (again.forgotten, again.refused, again.complete) == (0, [], True)


def test_a_sku_to_forget_that_is_nobodys_is_named(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.bring()
    report = shop.check(forget=("NOBODYS",))
    assert [(refusal.sku, refusal.problem) for refusal in report.refused] == [("NOBODYS", ProblemName.SKU_UNKNOWN)]
    assert report.forgotten == 0
