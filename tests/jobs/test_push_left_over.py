"""Parcels that are never confirmed: push-status, orders show, orders list and status tell the same of each."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from amzlink.cli.shell.console import Console
from amzlink.cli.views.orders.lists import show_list
from amzlink.cli.views.orders.story import story_parts, waits_in_words
from amzlink.cli.views.shipments import show
from amzlink.clock import to_iso
from amzlink.core.orders.story import Wait, WaitsFor
from amzlink.jobs.orders.browse import look_at_orders
from amzlink.jobs.orders.show import OrderDetail, show_order
from amzlink.jobs.push_status import PushReport
from amzlink.jobs.status import status_of
from amzlink.orderbook.orders.browse import Filter
from amzlink.sandbox.order_plan import Trait
from tests.support.pushing import Pushing, row
from tests.support.world import SLUG


def detail(at: Pushing, order_id: str) -> OrderDetail:
    return show_order(at.world.deps, SLUG, order_id, with_personal=False)


def wait(at: Pushing, order_id: str) -> Wait | None:
    found = detail(at, order_id).story.waits_for
    return found.wait if found else None


def waiting(at: Pushing, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What `orders list --waiting --json` says."""
    wanted = Filter(waiting=True)
    with look_at_orders(at.world.deps, SLUG, wanted) as seen:
        show_list(Console(as_json=True), SLUG, seen, wanted)
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["orders"]
    return {order["order_id"]: order["waits_for"] for order in found}


def said(report: PushReport, capsys: pytest.CaptureFixture[str], trigger: str = "processed") -> str:
    show(Console(), None, [report], {SLUG: trigger}, dry_run=False, asked=True)
    return " ".join(capsys.readouterr().out.split())


def waits_for_trigger(at: Pushing) -> int:
    return status_of(at.world.deps, [SLUG])[0].shipping.waiting_for_trigger


def warned(at: Pushing) -> set[str]:
    return {problem.name.value for problem in status_of(at.world.deps, [SLUG])[0].problems}


def test_an_order_that_amazon_confirms_itself_waits_for_no_scan_of_ours(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = Pushing(tmp_path, orders=60, update_status_when="processed")
    at.run()
    order_id = next(key for key, order in at.world.sandbox.world.orders.items() if order.traits == {Trait.EASY_SHIP})
    report = at.push_file(row(order_id, status="announced"))
    assert "1 parcel left to Amazon, which confirms the order itself." in said(report, capsys)
    assert order_id not in waiting(at, capsys)
    assert waits_for_trigger(at) == 0
    at.world.clock.advance(10 * 86_400)
    assert "ship-by-near" not in warned(at)


def test_a_parcel_of_which_nothing_is_left_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(1)
    report = at.push_file(row(order_id, "N1"), row(order_id, "N2"))
    assert (report.sent.confirmed, report.nothing_left, report.already, report.failures) == (1, 1, 0, [])
    text = said(report, capsys)
    assert "1 parcel confirmed, 1 not confirmed, because other parcels hold all the items." in text
    assert f"Nothing is left to confirm for parcels of {order_id}." in text
    assert wait(at, order_id) is Wait.AMAZON_SHOWS
    shown = story_parts(detail(at, order_id).story)
    assert sorted(parcel.nothing_left for parcel in shown.parcels) == [False, True]
    assert (waiting(at, capsys), waits_for_trigger(at)) == ({}, 0)
    assert at.push().nothing_left == 0  # it is told once, when it is heard of


def test_a_parcel_of_which_nothing_was_left_takes_over_from_a_cancelled_one(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(1)
    at.push_file(row(order_id, "N1"), row(order_id, "N2"))
    (told,) = at.numbers(order_id).values()
    other = "N2" if told == "N1" else "N1"
    assert at.push_file(row(order_id, told or "", status="cancelled")).sent.edited == 1
    assert list(at.numbers(order_id).values()) == [other]
    assert not any(parcel.nothing_left for parcel in detail(at, order_id).story.parcels)


def test_a_letter_waits_for_a_scan_that_may_never_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    letter, parcel = at.sell(2)
    at.parcels("letter", letter)
    at.parcels("announce", parcel)
    text = said(at.push(), capsys)
    assert "2 parcels wait for the carrier's first scan." in text
    assert "1 of these has no tracking number, so a scan may never come." in text
    assert (wait(at, letter), wait(at, parcel)) == (Wait.SCAN_IN_DOUBT, Wait.SCAN)
    assert waiting(at, capsys) == {letter: "scan-in-doubt", parcel: "first-scan"}
    settings = at.world.deps.load_config()
    at.world.deps.save_config(settings.with_store(SLUG, replace(settings.stores[SLUG], ship_by_guard_hours=6)))
    found = detail(at, letter).story.waits_for
    assert found is not None
    assert found.unscanned_from is not None
    words = waits_in_words(found, to_iso)
    assert f"push-status confirms it from {to_iso(found.unscanned_from)} on, scanned or not" in words
    assert "no tracking number, so" not in said(at.push(), capsys)


def test_an_order_that_amazon_collects_is_not_said_to_wait_for_its_release_alone() -> None:
    words = waits_in_words(WaitsFor(Wait.RELEASE, holds=("amazon-ships",)), to_iso)
    assert words.startswith(
        "you to handle it in Seller Central, or to release it if you ship it yourself. It is on hold"
    )


def test_a_letter_that_waits_for_a_scan_is_confirmed_by_a_file(tmp_path: Path) -> None:
    at = Pushing(tmp_path, update_status_when="processed")
    letter = at.sell_one(1)
    at.parcels("letter", letter)
    at.push()
    report = at.push_file(row(letter, ""))
    assert (report.planned.nothing_left, report.planned.failed) == ({}, [])
    assert list(at.numbers(letter).values()) == [None]
    at.push()
    assert wait(at, letter) is Wait.AMAZON_SHOWS
