"""A dry run's connections refuse to change anything, and what it has asked of the vault is forgotten with it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from amzlink.amazon.feeds import create_document, create_feed, upload_document
from amzlink.amazon.listings import find_listings, patch_weight
from amzlink.amazon.orders import get_order
from amzlink.amazon.reports import request_listings_report
from amzlink.amazon.shipments import Confirmation, confirm_shipment
from amzlink.core.shipments.parcels import SealedParcels
from amzlink.run import StoreRun
from amzlink.sendcloud.account import who_am_i
from amzlink.sendcloud.orders import delete_order, find_order, upsert_orders
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

ORDER_ID = "302-1234567-1234567"


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=5, destination="sendcloud")


@pytest.fixture
def run(world: StoreOnSandbox) -> Iterator[StoreRun]:
    with StoreRun(world.deps, SLUG, dry_run=True) as dry:
        yield dry


def confirm(run: StoreRun) -> None:
    confirmation = Confirmation(
        order_id=ORDER_ID, marketplace_id="A1PA6795UKMFR9", reference="1", carrier_code="DHL", carrier_name=None,
        shipping_method=None, tracking_number="1", ship_date=datetime(2026, 11, 23, tzinfo=UTC), items=(),
    )  # fmt: skip
    confirm_shipment(run.amazon, confirmation)


def weigh(run: StoreRun, *, preview: bool = False) -> None:
    store = run.store
    patch_weight(
        run.amazon, store.seller_id, "SKU", marketplace_id=store.marketplace_ids[0], product_type="PRODUCT",
        attribute="item_package_weight", grams=100, preview=preview, locale="en_US", unit="grams",
    )  # fmt: skip


WRITES: dict[str, Callable[[StoreRun], object]] = {
    "confirming": confirm,
    "a feed's document": lambda run: create_document(run.amazon),
    "a feed": lambda run: create_feed(run.amazon, run.store.marketplace_ids, "document"),
    "a weight": weigh,
    "sending": lambda run: upsert_orders(run.sendcloud, [{}]),
    "taking back": lambda run: delete_order(run.sendcloud, "1"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_what_would_change_something_is_a_bug_and_is_never_sent(
    world: StoreOnSandbox, run: StoreRun, write: Callable[[StoreRun], object]
) -> None:
    run.learn_time()
    who_am_i(run.sendcloud)
    asked = len(world.transport.calls)
    with pytest.raises(RuntimeError, match="a dry run"):
        write(run)
    assert len(world.transport.calls) == asked


def test_a_document_is_not_uploaded(world: StoreOnSandbox, run: StoreRun) -> None:
    with StoreRun(world.deps, SLUG) as real:
        document = create_document(real.amazon)
    with pytest.raises(RuntimeError, match="a dry run"):
        upload_document(run.amazon, document, b"<xml/>")


def test_what_only_asks_passes(world: StoreOnSandbox, run: StoreRun) -> None:
    order_id, order = next(iter(world.sandbox.world.orders.items()))
    assert get_order(run.amazon, order_id).order_id == order.order_id
    assert find_order(run.sendcloud, run.integration_id, order_id) is None
    assert request_listings_report(run.amazon, run.store.marketplace_ids)
    sku = next(iter(world.sandbox.world.catalogue.by_sku))
    assert find_listings(run.amazon, run.store.seller_id, run.store.marketplace_ids, [sku])


def test_a_real_runs_connections_refuse_nothing(world: StoreOnSandbox) -> None:
    with StoreRun(world.deps, SLUG) as real:
        assert create_document(real.amazon)


def test_a_key_that_a_dry_run_makes_is_forgotten_with_it(world: StoreOnSandbox, run: StoreRun) -> None:
    run.sealed.seal_parcels(ORDER_ID, SealedParcels("00"), world.clock.now().date() + timedelta(days=30))
    assert run.sealed.chain_ids
    assert world.deps.secrets.get(SLUG, "vault-key") is None
    with StoreRun(world.deps, SLUG) as real:
        assert real.sealed.chain_ids == {}
