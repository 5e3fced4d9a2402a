"""The whole catalogue: all of it once, then what has changed; stopped anywhere, gone on with."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from amzlink.amazon.reports import ReportedListing
from amzlink.cli.shell.progress import Work
from amzlink.jobs.check_weights import CheckReport
from amzlink.jobs.weights.catalogue import CatalogueSweep
from amzlink.jobs.weights.look_up import Weigher
from amzlink.orderbook.weights.listings import find_listings, note_sweep, sweep_of
from amzlink.run import StoreRun
from tests.support.shop import Shop, looked
from tests.support.world import SLUG

MANY = 1100


def listed(report: CheckReport) -> set[str]:
    return {checked.listing.sku for checked in report.skus}


def sold(shop: Shop) -> set[str]:
    """What the account sells; what only holds a family together is none of it."""
    return {product.sku for product in shop.amazon.catalogue.by_sku.values() if not product.is_parent}


def test_a_small_catalogue_is_paged_through(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, listings=300)
    report = shop.check(all_listings=True)
    assert report.problem is None
    assert listed(report) == sold(shop)
    assert looked(report) == 15
    assert report.api_calls["createReport"] == 0


def test_a_large_catalogue_comes_by_the_report_with_damaged_skus_whole(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, listings=MANY)
    report = shop.check(all_listings=True)
    assert report.problem is None
    assert listed(report) == sold(shop)
    assert {"ZŁOTY_NOTES", "PUZZLE?=1000"} <= listed(report)
    assert report.api_calls["createReport"] == 1
    assert looked(report) <= -(-MANY // 20) + 3


def test_ten_thousand_listings_take_hardly_longer_than_the_quota_says(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, listings=10_000, quota="real")
    shop.tell("/reports", {"seconds": 1})
    report = shop.check(all_listings=True)
    assert report.problem is None
    assert len(report.skus) == len(sold(shop))
    making = 15  # the report is looked for every so many seconds
    allowed = (500 - 5) / 5  # five at once, then five a second
    assert report.seconds - making <= 1.1 * allowed
    work, estimates = Work(), []
    for at, (what, done, total) in shop.world.reported.steps:
        work.step(at, what, done, total, about=False)
        estimates.append(work.line(at, shop.world.clock.now()))
    assert any(re.fullmatch(r"looking up weights: [\d,]+ of [\d,]+; 1:\d\d left", line) for line in estimates)


def test_a_second_sweep_asks_only_for_what_has_changed(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, listings=MANY)
    shop.check(all_listings=True)
    shop.world.clock.advance(3600)
    changed = shop.tell("/listings", {"touch": 50})["changed"]
    sku = next(each for each in changed if each in sold(shop))
    shop.weigh(sku, {"value": 2.5, "unit": "kilograms"})
    shop.world.clock.advance(60)
    report = shop.check(all_listings=True)
    assert sum(count for name, count in report.api_calls.items() if name != "getToken") <= 5
    assert listed(report) == sold(shop)
    assert next(each for each in report.skus if each.listing.sku == sku).listing.package_grams == 2500


def test_more_changes_than_can_be_paged_through_are_asked_for_in_shorter_spans(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, listings=MANY)
    shop.check(all_listings=True)
    for _ in range(3):
        shop.world.clock.advance(3600)
        shop.tell("/listings", {"touch": 400})
    shop.world.clock.advance(60)
    report = shop.check(all_listings=True)
    assert report.problem is None
    assert report.api_calls["createReport"] == 0
    assert listed(report) == sold(shop)


def test_a_listing_that_is_deleted_or_new_is_noticed(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0)
    before = listed(shop.check(all_listings=True))
    shop.world.clock.advance(3600)
    gone = min(before)
    shop.remove(gone)
    [new] = shop.tell("/listings", {"add": 1})["changed"]
    other = sorted(before)[1]
    shop.remove(other)
    assert listed(shop.check(all_listings=True)) == before - {gone, other} | {new}


@pytest.mark.parametrize("calls", [2, 3, 4, 6, 11, 12, 13, 14, 20, 40, 62])
def test_a_sweep_that_dies_anywhere_is_gone_on_with(tmp_path: Path, calls: int) -> None:
    shop = Shop(tmp_path, orders=0, listings=MANY)
    assert shop.die(calls, all_listings=True)
    shop.world.clock.advance(600)
    report = shop.check(all_listings=True)
    assert report.problem is None
    assert listed(report) == sold(shop)
    asked = shop.world.sandbox.world.count_calls()
    assert asked.get("createReport", 0) == 1
    assert looked(report) + max(0, calls - 12) <= -(-MANY // 20) + 30


@pytest.mark.parametrize("fault", ["report-failed", "report-cancelled"])
def test_a_report_that_is_not_made_is_named_and_the_next_run_asks_for_another(tmp_path: Path, fault: str) -> None:
    shop = Shop(tmp_path, orders=0, listings=MANY, faults=[fault])
    report = shop.check(all_listings=True)
    assert report.problem is not None
    assert report.problem.name.value == fault
    shop.switch(off=[fault])
    assert listed(shop.check(all_listings=True)) == sold(shop)


def test_a_report_that_is_late_is_waited_for_by_the_next_run(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, listings=MANY)
    shop.tell("/reports", {"seconds": 3600})
    report = shop.check(all_listings=True)
    assert report.problem is not None
    assert report.problem.name.value == "report-late"
    assert report.seconds <= 1900
    shop.world.clock.advance(2000)
    later = shop.check(all_listings=True)
    assert later.problem is None
    assert later.api_calls["createReport"] == 0
    assert listed(later) == sold(shop)


def test_a_report_that_never_comes_is_asked_for_anew_a_day_later(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, listings=MANY, faults=["report-hang-in-progress"])
    shop.check(all_listings=True)
    shop.world.clock.advance(timedelta(days=1).total_seconds())
    assert shop.check(all_listings=True).problem is not None
    shop.switch(off=["report-hang-in-progress"])
    report = shop.check(all_listings=True)
    assert report.api_calls["createReport"] == 1
    assert listed(report) == sold(shop)


def test_a_report_that_amazon_has_forgotten_is_asked_for_anew(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, listings=MANY, faults=["report-hang-in-progress"])
    shop.check(all_listings=True)
    shop.switch(off=["report-hang-in-progress"])
    shop.world.clock.advance(timedelta(days=91).total_seconds())
    report = shop.check(all_listings=True)
    assert report.problem is None
    assert report.api_calls["createReport"] == 1
    assert listed(report) == sold(shop)


def test_a_clock_that_went_back_does_not_keep_a_sweep_from_its_end(tmp_path: Path) -> None:
    shop = Shop(tmp_path, orders=0, listings=MANY)
    shop.die(30, all_listings=True)
    with shop.book() as book:
        sweep = sweep_of(book)
        assert sweep.begun_at is not None
        ahead = type(sweep)(until=sweep.until, begun_at=sweep.begun_at + timedelta(days=2), report_id=sweep.report_id)
        note_sweep(book, ahead)
    report = shop.check(all_listings=True)
    assert report.problem is None
    assert listed(report) == sold(shop)


def test_a_report_whose_skus_are_all_readable_asks_for_nothing_by_asin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path, orders=0)
    lines = [ReportedListing(sku="A-1", asin="B0000000A1"), ReportedListing(sku="A-2")]
    monkeypatch.setattr("amzlink.jobs.weights.catalogue.listing_skus", lambda *_: iter(lines))
    with StoreRun(shop.world.deps, SLUG) as run:
        CatalogueSweep(run, Weigher(run))._write_down("document")
        assert find_listings(run.book, ["A-1", "A-2"]).keys() == {"A-1", "A-2"}
        assert "searchListingsItems" not in run.calls
