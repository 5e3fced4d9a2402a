"""What tax needs is in the archive before anything is destroyed, whoever destroys it; and nobody forgets the file."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyrage
import pytest

from amzlink.core.diagnosis.checks import Status
from amzlink.jobs.diagnosis.machine import check_retention
from amzlink.jobs.disconnect import disconnect
from amzlink.jobs.import_orders import ImportOptions, import_orders
from amzlink.jobs.privacy.purge import PurgeOptions, PurgeReport
from amzlink.jobs.purge_pii import purge_pii
from amzlink.orderbook.orders.browse import Filter, iterate_orders
from amzlink.orderbook.privacy.purges import kept_orders
from amzlink.problems import Problem
from tests.support.purges import purges
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

OWNER = pyrage.x25519.Identity.generate()
PUBLIC = str(OWNER.to_public())
FOUR_MONTHS = timedelta(days=120).total_seconds()
OVER_A_CHUNK = 380


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """The folder that archives are written into."""
    folder = tmp_path / "away"
    folder.mkdir()
    return folder


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    """A test store with imported orders."""
    return filled(tmp_path, orders=60)


def filled(folder: Path, orders: int) -> StoreOnSandbox:
    world = store_on_sandbox(folder, orders=orders, test=True)
    (report,) = import_orders(world.deps, [SLUG], ImportOptions(since=world.clock.now() - timedelta(days=700)))
    assert report.problem is None
    return world


def bind(world: StoreOnSandbox, folder: Path, recipients: tuple[str, ...] = (PUBLIC,)) -> None:
    """Have every purge archive first, as people do."""
    with world.deps.home.config_file.open("a") as file:
        file.write(f"\n[archive]\ndir = {str(folder)!r}\nrecipients = {list(recipients)!r}\n")


def purge(world: StoreOnSandbox, **options: Any) -> PurgeReport:
    return purge_pii(world.deps, [SLUG], PurgeOptions(**options))[0]


def kept(world: StoreOnSandbox) -> set[str]:
    with world.deps.book(SLUG) as book:
        return {entry.order_id for chunk in kept_orders(book) for entry in chunk}


def sales_of(world: StoreOnSandbox) -> set[str]:
    with world.deps.book(SLUG) as book:
        return {order.order_id for order in iterate_orders(book, Filter()) if order.order.status != "CANCELLED"}


def archived(folder: Path) -> dict[str, dict[str, Any]]:
    """What the files in a folder hold, by order."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.iterdir()):
        manifest, *records = [json.loads(line) for line in pyrage.decrypt(path.read_bytes(), [OWNER]).splitlines()]
        assert manifest["records"] == len(records)
        found |= {record["order_id"]: record for record in records}
    return found


def retention(world: StoreOnSandbox) -> tuple[Status, str | None]:
    result = check_retention(world.deps, SLUG, world.clock.now().date())
    return result.status, result.problem.name.value if result.problem else None


def test_every_sale_whose_data_goes_is_in_the_file_with_its_buyer(tmp_path: Path, away: Path) -> None:
    world = filled(tmp_path, OVER_A_CHUNK)
    bind(world, away)
    before = kept(world)
    assert len(before) > 200
    world.clock.advance(FOUR_MONTHS)
    report = purge(world)
    assert (report.problem, kept(world)) == (None, set())
    assert report.archive is not None
    assert archived(away).keys() == before & sales_of(world)
    orders = world.sandbox.world.orders
    for order_id, record in archived(away).items():
        told = orders[order_id].body.get("recipient", {}).get("deliveryAddress", {})
        assert record["recipient"]["name"] == told.get("name"), order_id
        assert record["recipient"]["address_line_1"] == told.get("addressLine1"), order_id
    assert any(record["recipient"]["name"] for record in archived(away).values())
    with world.deps.book(SLUG) as book:
        assert sum(record.archived for record in purges(book)) == report.archived == len(archived(away))


class TestDisconnecting:
    def test_archives_first(self, world: StoreOnSandbox, away: Path) -> None:
        bind(world, away)
        sales = kept(world) & sales_of(world)
        done = disconnect(world.deps, SLUG, keep_orders=False)
        assert archived(away).keys() == sales
        assert (done.archived, done.archive and done.archive.parent) == (len(sales), away)
        with world.deps.book(SLUG) as book:
            assert [(record.job, record.archived) for record in purges(book)] == [("disconnect", len(sales))]

    def test_where_the_archive_cannot_be_written_changes_nothing(self, world: StoreOnSandbox, tmp_path: Path) -> None:
        bind(world, tmp_path / "unplugged")
        before = kept(world)
        with pytest.raises(Problem, match="archive-folder-missing"):
            disconnect(world.deps, SLUG, keep_orders=False)
        assert kept(world) == before
        assert world.deps.secrets.get(SLUG, "vault-key") is not None
        assert SLUG in world.deps.load_config().stores

    def test_with_a_lost_key_has_nothing_to_archive(self, world: StoreOnSandbox, away: Path) -> None:
        bind(world, away)
        world.deps.secrets.delete(SLUG, "vault-key")
        done = disconnect(world.deps, SLUG, keep_orders=True)
        assert (done.archive, done.purged > 0) == (None, True)
        assert kept(world) == set()

    def test_without_personal_data_writes_no_file(self, world: StoreOnSandbox, away: Path) -> None:
        bind(world, away)
        world.clock.advance(FOUR_MONTHS)
        purge(world)
        (earlier,) = away.iterdir()
        assert disconnect(world.deps, SLUG, keep_orders=False).archive is None
        assert list(away.iterdir()) == [earlier]


class TestALostKey:
    def test_does_not_keep_an_order_from_being_erased_on_request(self, world: StoreOnSandbox) -> None:
        before = kept(world)
        order_id = min(before)
        world.deps.secrets.delete(SLUG, "vault-key")
        assert purge(world).problem is not None
        report = purge(world, order_id=order_id)
        assert (report.problem, report.purged, kept(world)) == (None, 1, before - {order_id})
        assert world.deps.secrets.get(SLUG, "vault-key") is None

    def test_stops_the_erasure_where_an_archive_wants_the_data_first(self, world: StoreOnSandbox, away: Path) -> None:
        bind(world, away)
        before = kept(world)
        world.deps.secrets.delete(SLUG, "vault-key")
        report = purge(world, order_id=min(before))
        assert report.problem is not None
        assert report.problem.name.value == "vault-key-missing"
        assert kept(world) == before


class TestWhatVerifyAndStatusSay:
    def test_a_file_that_was_not_moved_is_named_after_a_week_though_its_folder_was_for_one_run(
        self, world: StoreOnSandbox, away: Path
    ) -> None:
        world.clock.advance(FOUR_MONTHS)
        assert purge(world, archive_dir=away, recipients=(PUBLIC,)).archived > 0
        assert retention(world) == (Status.OK, None)
        world.clock.advance(timedelta(days=8).total_seconds())
        assert retention(world) == (Status.WARNING, "archive-not-moved")
        for path in away.iterdir():
            path.unlink()
        assert retention(world) == (Status.OK, None)

    def test_a_folder_that_is_gone_is_named_before_a_purge_needs_it(
        self, world: StoreOnSandbox, tmp_path: Path
    ) -> None:
        bind(world, tmp_path / "unplugged")
        assert retention(world) == (Status.FAILED, "archive-folder-missing")

    def test_a_recipient_to_whom_nothing_can_be_encrypted_is_named(self, world: StoreOnSandbox, away: Path) -> None:
        of_low_order = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z"
        bind(world, away, (PUBLIC, of_low_order))
        assert retention(world) == (Status.FAILED, "recipient-unusable")


def test_the_parts_of_every_price_in_the_file_add_up_to_its_total(world: StoreOnSandbox, away: Path) -> None:
    bind(world, away)
    world.clock.advance(FOUR_MONTHS)
    purge(world)
    records = archived(away).values()
    assert any(part["kind"] == "SHIPPING" for record in records for part in record["price_parts"])
    for record in records:
        orders_parts = sum(Decimal(part["amount"]) for part in record["price_parts"])
        lines_parts = sum(Decimal(part["amount"]) for line in record["lines"] for part in line["price_parts"])
        assert orders_parts == lines_parts == Decimal(record["total"])
