"""Whatever happens to orders, clock, book and keyring: nothing that was purged when due is ever read again."""

import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from amzlink.core.retention import Retention, Rule, lease_for, lifetime_as_told, stay_of
from amzlink.jobs.leases import renew_leases
from amzlink.jobs.purge_pii import PurgeOptions, Purger, PurgeReport
from amzlink.orderbook.leases import note_floor
from amzlink.orderbook.orders import boxes
from amzlink.orderbook.purges import boxes_of, kept_order
from tests.orderbook.samples import NOW, change_of, order_of, package_of, save
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

if TYPE_CHECKING:
    from amzlink.core.sealing import Box, Place

POLICY = Retention()
NUMBERS = st.integers(1, 4)


class Histories(RuleBasedStateMachine):
    """The vault and the order book are real, the keyring is in memory; the model knows who may read what."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.world: StoreOnSandbox = store_on_sandbox(self.folder, orders=0, test=True)
        self.now = NOW
        self.dark: list[tuple[Place, Box]] = []
        self.backup: Path | None = None
        self.floor: date | None = None

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def number(self, index: int) -> str:
        return f"302-{index:07}-0000000"

    def store(self, index: int, **fields: Any) -> None:
        """What an import does with an order that Amazon tells of today."""
        order = order_of(self.number(index), changed_at=self.now, ship_by=self.now + timedelta(days=2), **fields)
        today = max(self.now.date(), self.floor or self.now.date())
        with self.world.deps.book() as book:
            vault = self.world.deps.vault(SLUG, book)
            lease = lease_for(lifetime_as_told(order, today), today, POLICY)
            there = boxes(book, SLUG, [order.order_id]).get(order.order_id)
            sealed = None
            if lease and order.order_id not in self.purged():
                day = max(lease, there.lease_day) if there else lease
                assert there is None or day >= there.lease_day, "a lease never shortens"
                sealed = vault.seal(order.order_id, b"data of " + order.order_id.encode(), day)
            save(book, change_of(order, sealed=sealed), store=SLUG, now=self.now, chain_ids=vault.chain_ids)

    def purged(self) -> set[str]:
        with self.world.deps.book() as book, book.reading() as connection:
            return set(connection.exec_driver_sql("SELECT order_id FROM tombstones").scalars())

    @rule(index=NUMBERS)
    def an_order_to_ship(self, index: int) -> None:
        self.store(index)

    @rule(index=NUMBERS, ago=st.integers(0, 60))
    def a_shipped_order(self, index: int, ago: int) -> None:
        package = package_of(shipped_at=self.now - timedelta(days=ago))
        self.store(index, status="SHIPPED", packages=(package,))

    @rule(index=NUMBERS)
    def a_cancellation(self, index: int) -> None:
        self.store(index, status="CANCELLED")

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule()
    def leases_are_renewed(self) -> None:
        with self.world.deps.book() as book:
            vault = self.world.deps.vault(SLUG, book)
            today = max(self.now.date(), vault.floor or self.now.date())
            renew_leases(book, vault, SLUG, today=today, policy=POLICY)

    @rule()
    def the_book_is_copied(self) -> None:
        self.backup = self.folder / "backup.db"
        with self.world.deps.book():
            pass
        shutil.copy(self.world.deps.home.database_file, self.backup)

    @rule()
    def an_old_book_is_put_back(self) -> None:
        if self.backup is None:
            return
        file = self.world.deps.home.database_file
        for each in file.parent.glob("orders.db*"):
            each.unlink()
        shutil.copy(self.backup, file)

    @rule()
    def a_purge_stops_after_it_has_noted_the_floor(self) -> None:
        """What lies below may be lost to nobody who still needs it, so leases are renewed first, as a purge does."""
        self.leases_are_renewed()
        today = max(self.now.date(), self.floor or self.now.date())
        with self.world.deps.book() as book:
            note_floor(book, SLUG, today)
        self.floor = today

    @rule(index=NUMBERS)
    def somebody_asks_to_be_forgotten(self, index: int) -> None:
        with self.world.deps.book() as book:
            there = kept_order(book, SLUG, self.number(index)) is not None
        if there:
            self.purge(order_id=self.number(index))
            with self.world.deps.book() as book:
                assert boxes_of(book, SLUG, [self.number(index)]) == {}

    @rule()
    def all_that_is_due_is_purged(self) -> None:
        with self.world.deps.book() as book:
            every = boxes_of(book, SLUG, [self.number(index) for index in range(1, 5)])
        self.purge()
        self.floor = max(self.now.date(), self.floor or self.now.date())
        with self.world.deps.book() as book:
            for index in range(1, 5):
                entry = kept_order(book, SLUG, self.number(index))
                if entry is None:
                    continue
                stay = stay_of(entry.order, self.floor, POLICY)
                assert entry.lease_day >= self.floor
                assert stay.rule in (Rule.OPEN, Rule.NOT_CONFIRMED) or (stay.until and stay.until >= self.floor)
        self.dark += [(place, box) for place, box in every.items() if box.lease_day < self.floor]

    def purge(self, **options: Any) -> None:
        report = PurgeReport(store=SLUG)
        with self.world.deps.book() as book:
            settings = self.world.deps.load_config()
            Purger(
                deps=self.world.deps,
                book=book,
                slug=SLUG,
                settings=settings,
                options=PurgeOptions(**options),
                report=report,
            ).run(self.now)
        assert report.problem is None

    @invariant()
    def what_can_be_opened_is_what_was_sealed_and_nothing_below_the_floor(self) -> None:
        with self.world.deps.book() as book:
            vault = self.world.deps.vault(SLUG, book)
            assert (vault.floor or date.min) >= (self.floor or date.min), "a floor never goes back"
            for order_id, box in boxes(book, SLUG, [self.number(index) for index in range(1, 5)]).items():
                assert vault.open(order_id, box) == b"data of " + order_id.encode()
            for place, box in self.dark:
                assert not vault.reaches(place.order_id, box, part=place.part)


Histories.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestHistories = Histories.TestCase
