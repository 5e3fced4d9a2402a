"""The vault's promise, played through: who may read what, and until when, whatever happens to orders and to machines.

`Known` is the model: what a book holds, in the words of docs/vault.md and by no code of amzlink's. Each job is a
function from what is known before to what is known after it. A job that is done has led exactly there; one that was
stopped, wherever that was, has led to one of the stages on the way, and nowhere else.

Beside it stand a thief, who has every box that ever was in any copy of the book and tries each key that follows from
today's keyring on each of them; and backups, of which the book, the keyring or both may be put back.
"""

import functools
import itertools
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pyrage
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, precondition, rule

from amzlink.config.settings import Config, Store
from amzlink.core.orders.order import PersonalData
from amzlink.core.privacy.sealed_data import ITS_PARCELS, Box, Place
from amzlink.core.shipments.parcels import Kind, Parcel, SealedParcels
from amzlink.files.home import find_home
from amzlink.jobs.orders.ingest import Intake, Tally
from amzlink.jobs.privacy.purge import PurgeOptions, Purger, PurgeReport
from amzlink.jobs.privacy.renew import lease_arrivals, renew_leases
from amzlink.jobs.shipments.collect import ParcelUpdates, ReportedParcel
from amzlink.orderbook.database import Database
from amzlink.orderbook.privacy.boxes import sealed_marks
from amzlink.orderbook.shipments.parcels import Arrival, note_deliveries
from amzlink.problems import Problem
from amzlink.run import StoreRun
from amzlink.vault import Vault
from tests.orderbook.machine import fill, tiny_disk
from tests.orderbook.samples import NOW, PERSONAL, RECIPIENT, order_of, package_of
from tests.support.destination import DiedError
from tests.support.histories import of_length
from tests.support.sealed import vault_of
from tests.support.vault_machine import (
    Fate,
    Keyring,
    Look,
    Mood,
    MortalDatabase,
    MortalDeps,
    Thief,
    chains_in,
    files_of,
    floor_in,
    look,
    put_back,
)
from tests.support.world import SLUG, VirtualClock

DAYS = timedelta(days=30)
UNKNOWN_DELIVERY = timedelta(days=14)
RENEWED_AHEAD = timedelta(days=2)
STEP = timedelta(days=5)
ORDER_MONTHS = timedelta(days=548)
OPEN, SHIPPED, CANCELLED = "UNSHIPPED", "SHIPPED", "CANCELLED"

IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # that a disk keeps what it is told is not tested here
DIED = "died"
BY_MOOD = {Mood.LOCKED: "keyring-locked", Mood.FORGETFUL: "vault-key-stuck"}
T = TypeVar("T")
Trouble = Mood | int | None  # a number: the process dies at that step


# The model.


@dataclass(frozen=True)
class Order:
    """What the book was last told of an order. `dated`: of its delivery the day is known, and not when it was heard."""

    status: str
    changed_at: datetime
    ship_by: datetime
    handed_over: date | None
    delivered: date | None = None
    dated: bool = False

    @property
    def cancelled_by_amazon(self) -> date:
        """Seven business days after it was to be shipped, if it was not."""
        later = (self.ship_by.date() + timedelta(days=ahead) for ahead in itertools.count(1))
        return next(itertools.islice((day for day in later if day.isoweekday() < 6), 6, None))

    def is_open(self, today: date) -> bool:
        return self.status == OPEN and today <= self.cancelled_by_amazon

    def last_day(self) -> date | None:
        """The last day on which a shipped order may be read; None: a cancelled one, on no day."""
        if self.status == CANCELLED:
            return None
        if self.delivered and self.is_known_to_have_arrived:
            return self.delivered + DAYS
        return self.arrives_by + DAYS

    @property
    def arrives_by(self) -> date:
        """When a parcel is taken to have come, of which nobody tells."""
        return (self.handed_over or min(self.changed_at.date(), self.cancelled_by_amazon)) + UNKNOWN_DELIVERY

    @property
    def is_known_to_have_arrived(self) -> bool:
        """Whether its delivery was heard of in time."""
        return self.delivered is not None and (self.dated or self.delivered <= self.arrives_by)

    def lease(self, today: date) -> date | None:
        """The longest lease that may be given today."""
        if self.status == OPEN:
            return today + DAYS if self.is_open(today) else None
        last = self.last_day()
        return min(today + DAYS, last) if last and last >= today else None

    def renewed_lease(self, today: date) -> date | None:
        """The same for what is renewed: a parcel that may have arrived unheard gets a few days at a time."""
        lease = self.lease(today)
        unheard = self.status == SHIPPED and not self.is_known_to_have_arrived
        return min(lease, today + STEP) if lease and unheard else lease


@dataclass(frozen=True)
class Kept:
    """A box: the day until which it can be read, and what is in it."""

    lease: date
    content: str


@dataclass(frozen=True)
class Known:
    """What a book holds. `floor`: whatever has a lease that ended before that day is gone for good."""

    orders: dict[str, Order] = field(default_factory=dict)
    kept: dict[Place, Kept] = field(default_factory=dict)
    floor: date = date.min
    forgotten: frozenset[str] = frozenset()
    to_fetch: dict[str, datetime] = field(default_factory=dict)

    def readable(self, place: Place) -> Kept | None:
        there = self.kept.get(place)
        return there if there and there.lease >= self.floor else None

    def as_seen(self, *, opened: bool) -> "Known":
        """With the contents alone that can be read."""
        hidden = {
            place: there if opened and there.lease >= self.floor else replace(there, content="")
            for place, there in self.kept.items()
        }
        return replace(self, kept=hidden)

    # What jobs make of it.

    def told(self, order_id: str, order: Order, name: str, today: date) -> "Known":
        """An import has taken in what Amazon says of an order."""
        known = replace(
            self, orders={**self.orders, order_id: order}, to_fetch=without(self.to_fetch, {order_id})
        )  # fmt: skip
        if order_id in self.forgotten:
            return known
        # Whatever the dates say: what Amazon calls open is there to be shipped.
        lease = today + DAYS if order.status == OPEN else order.lease(today)
        there = self.readable(Place(order_id))
        if lease:
            return known.sealed(Place(order_id), max(lease, there.lease if there else lease), name)
        at_once = order.status == CANCELLED and order.handed_over is None
        return known.without_data({order_id}) if at_once or not there else known

    def reported(self, order_id: str, number: str, today: date) -> "Known":
        """A parcel's number is kept as long as the order's own data, and as long as other numbers are."""
        place, own = Place(order_id, ITS_PARCELS), self.readable(Place(order_id))
        numbers = self.readable(place)
        leases = [own.lease if own else self.orders[order_id].lease(today), numbers.lease if numbers else None]
        lease = max((lease for lease in leases if lease), default=None)
        if lease is None or order_id in self.forgotten:
            return self
        return self.sealed(place, lease, f"{numbers.content} {number}" if numbers else number)

    def arrived(self, order_id: str, day: date, today: date, *, dated: bool) -> "list[Known]":
        """A delivery sets the last lease of all that is sealed, where it has not a longer one; then it is noted."""
        order = replace(self.orders[order_id], delivered=day, dated=dated)
        lease = order.lease(today) or date.min
        longer = {
            place: replace(there, lease=max(lease, there.lease)) if there.lease >= self.floor else there
            for place, there in self.kept.items()
            if place.order_id == order_id
        }
        leased = replace(self, kept={**self.kept, **longer})
        return [leased, replace(leased, orders={**self.orders, order_id: order})]

    def renewed(self, today: date) -> "Known":
        """What ends within two days gets what the order may have today, in small steps while no delivery is known."""
        fresh = {
            place: replace(there, lease=lease)
            for place, there in self.kept.items()
            if self.floor <= there.lease < today + RENEWED_AHEAD
            and (lease := self.orders[place.order_id].renewed_lease(today))
            and lease > there.lease
        }
        return replace(self, kept={**self.kept, **fresh})

    def purged(self, now: datetime, today: date) -> "list[Known]":
        """What is still needed is renewed, then what was to be read until yesterday at most is destroyed."""
        renewed = self.renewed(today)
        floored = replace(renewed, floor=max(self.floor, today))
        destroyed = floored.without_data(floored.due(today))
        # Needed, but an old book was put back and the key is gone: it is to be had from Amazon once more.
        lost = {order_id for order_id in destroyed.with_data() if destroyed.own_lease(order_id) < destroyed.floor}
        let_go = replace(
            destroyed,
            kept={place: there for place, there in destroyed.kept.items() if place.order_id not in lost},
            to_fetch={**destroyed.to_fetch, **dict.fromkeys(lost, now)},
        )
        return [renewed, floored, destroyed, let_go, *let_go.after_the_second_clock(now)]

    def due(self, today: date) -> set[str]:
        """The orders whose time is over, all parts of them."""
        over = set()
        for order_id in self.with_data():
            order = self.orders[order_id]
            longest = max(there.lease for place, there in self.kept.items() if place.order_id == order_id)
            # What Amazon has cancelled unheard goes when its lease is over.
            last = longest if order.status == OPEN else order.last_day()
            if not order.is_open(today) and (last is None or min(last, longest) < today):
                over.add(order_id)
        return over

    def after_the_second_clock(self, now: datetime) -> "list[Known]":
        """What is left of orders, and of tries to fetch one, goes after eighteen months; but for the tombstones."""
        old = now - ORDER_MONTHS
        tried = replace(self, to_fetch={each: seen for each, seen in self.to_fetch.items() if seen >= old})
        ended = {
            order_id
            for order_id, order in self.orders.items()
            if order.changed_at < old and order_id not in self.with_data()
            if order.status != OPEN or order.ship_by < old
        }
        return [tried, replace(tried, orders=without(tried.orders, ended))]

    def without_data(self, order_ids: set[str]) -> "Known":
        """Destroyed, every part of it, and never to come back."""
        kept = {place: there for place, there in self.kept.items() if place.order_id not in order_ids}
        return replace(self, kept=kept, forgotten=self.forgotten | order_ids)

    def sealed(self, place: Place, lease: date, content: str) -> "Known":
        return replace(self, kept={**self.kept, place: Kept(lease, content)})

    def with_data(self) -> set[str]:
        return {place.order_id for place in self.kept}

    def own_lease(self, order_id: str) -> date:
        """That of what Amazon told; where only numbers are there, theirs."""
        there = self.kept.get(Place(order_id)) or self.kept[Place(order_id, ITS_PARCELS)]
        return there.lease


def without(mapping: dict[str, T], keys: set[str]) -> dict[str, T]:
    return {key: value for key, value in mapping.items() if key not in keys}


# The machine.


@dataclass(frozen=True)
class Backup:
    """A copy of book and keyring, and what the model knows of both."""

    files: dict[str, bytes]
    text: str | None
    known: Known
    longest: dict[Place, date]


NUMBERS = st.integers(1, 4)
TROUBLES = st.sampled_from([*itertools.repeat(None, 20), *list(Mood) * 4, *range(20)])
SHIP_IN = st.sampled_from([-12, 0, 2, 20, 40, 100])  # days
AGO = st.none() | st.integers(0, 60)


@functools.cache
def empty_book() -> dict[str, bytes]:
    """Made once: its migrations take longer than all that is done with it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.db"
        Database.open(file).close()
        return files_of(file)


@functools.cache
def recipient() -> str:
    return str(pyrage.x25519.Identity.generate().to_public())


class Histories(RuleBasedStateMachine):
    """One store's orders, its book and its keyring. Each rule is a job, a person, a backup program or time."""

    backups: Bundle[Backup] = Bundle("backups")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=IN_MEMORY))
        home = find_home({"AMZLINK_HOME": str(self.folder / "home")})
        home.prepare()
        self.file = home.database_file
        put_back(self.file, empty_book())
        self.fate = Fate()
        self.keyring = Keyring(self.fate, SLUG, self.file)
        self.clock = VirtualClock(NOW)
        self.database = MortalDatabase(self.file, self.fate)
        self.book = self.database.of(SLUG)
        self.deps = MortalDeps(self.database, home, self.keyring, self.clock)
        store = Store(name="Shop", country="DE", seller_id="A1", client_id="c", marketplace_ids=("A1PA6795UKMFR9",))
        self.settings = Config().with_store(SLUG, store)
        self.deps.save_config(self.settings)
        self.count = itertools.count(1)

        self.known = Known()
        self.stages = [self.known]
        self.purged_to = date.min
        self.replaced: set[str] = set()
        self.fits = True
        self.found: tuple[str | None] | None = None
        self.longest: dict[Place, date] = {}
        self.ever: set[tuple[Place, Box]] = set()
        self.thief = Thief(SLUG)

    def opened_run(self, *, dry_run: bool = False) -> StoreRun:
        return StoreRun(self.deps, SLUG, dry_run=dry_run)

    def teardown(self) -> None:
        self.database.close()
        shutil.rmtree(self.folder)

    @property
    def now(self) -> datetime:
        return self.clock.moment

    @property
    def today(self) -> date:
        """What once was sure is: a day that was purged never comes back."""
        return max(self.now.date(), self.known.floor)

    def number(self, index: int) -> str:
        return f"302-{index:07}-0000000"

    def look(self) -> Look:
        return look(self.file, SLUG)

    @property
    def keyring_floor(self) -> date:
        return floor_in(self.keyring.text) or date.min

    def keyring_fits(self) -> bool:
        """It has all chains that the book has boxes of, but for those of months that are purged to their end."""
        seen, held = self.look(), chains_in(self.keyring.text)
        living = max(seen.floor or date.min, self.keyring_floor).isoformat()[:7]
        return all(
            held[month] == chain if month in held else month < living for month, chain in seen.chains.items()
        )  # fmt: skip

    # Jobs.

    @initialize(target=backups, ship_in=SHIP_IN, ago=st.integers(0, 40))
    def three_orders_are_there_and_the_machine_is_copied(self, ship_in: int, ago: int) -> Backup:
        self.amazon_tells(1, OPEN, ship_in, None, arrived=False, trouble=None)
        self.amazon_tells(2, SHIPPED, 1, ago, arrived=False, trouble=None)
        self.amazon_tells(3, OPEN, 100, None, arrived=False, trouble=None)
        for index in (0, 1):
            self.sendcloud_tells_of_a_parcel(index, None)
        return self.backup()

    @rule(
        index=NUMBERS, status=st.sampled_from([OPEN, OPEN, SHIPPED, SHIPPED, CANCELLED]), ship_in=SHIP_IN,
        ago=AGO, arrived=st.booleans(), trouble=TROUBLES,
    )  # fmt: skip
    def amazon_tells(
        self, index: int, status: str, ship_in: int, ago: int | None, *, arrived: bool, trouble: Trouble
    ) -> None:
        """An order is new, to be shipped, shipped, delivered or cancelled, today; an import takes it in."""
        order_id, name = self.number(index), f"Buyer {next(self.count)}"
        shipped_at = None if ago is None or status == OPEN else self.now - timedelta(days=ago)
        package = package_of(status="DELIVERED" if arrived else "SHIPPED", shipped_at=shipped_at)
        packages = () if status == OPEN or (status == CANCELLED and ago is None) else (package,)
        order = order_of(
            order_id,
            status=status,
            changed_at=self.now,
            ship_by=self.now + timedelta(days=ship_in),
            packages=packages,
            personal=msgspec.structs.replace(PERSONAL, recipient=msgspec.structs.replace(RECIPIENT, name=name)),
        )

        def take_in() -> None:
            with self.opened_run() as run:
                Intake(run, Tally()).take([order])

        before = self.known.orders.get(order_id)
        told = Order(status, self.now, self.now + timedelta(days=ship_in), shipped_at.date() if shipped_at else None)
        if before and before.delivered:
            told = replace(told, delivered=before.delivered, dated=before.dated)
        elif arrived and status == SHIPPED:
            told = replace(told, delivered=self.now.date())  # Amazon never says when
        self.run(take_in, trouble, self.known.told(order_id, told, name, self.today))

    @precondition(lambda self: bool(self.known.orders))
    @rule(index=NUMBERS, trouble=TROUBLES)
    def sendcloud_tells_of_a_parcel(self, index: int, trouble: Trouble) -> None:
        """An order's second box: its parcels' numbers."""
        order_id, number = self.one_of(self.known.orders, index), next(self.count)
        reported = ReportedParcel(
            parcel=Parcel(
                key=f"sendcloud:{number}",
                order_id=order_id,
                status="DELIVERED",
                kind=Kind.DELIVERED,
                updated_at=self.now,
            ),
            number=str(number),
        )

        def take_in() -> None:
            with self.opened_run() as run:
                ParcelUpdates(run).take({order_id: [reported]})

        self.run(take_in, trouble, self.known.reported(order_id, str(number), self.today))

    @rule(index=NUMBERS, ago=st.integers(0, 40), teller=st.sampled_from(["sendcloud", "file"]), trouble=TROUBLES)
    def an_order_has_arrived(self, index: int, ago: int, teller: str, trouble: Trouble) -> None:
        """Sendcloud knows the day; of what a file tells only the day is known on which that was heard."""
        dated = teller == "sendcloud"
        arrival = Arrival(self.now - timedelta(days=ago) if dated else self.now, teller)
        order_ids = self.thought_to_arrive_after(arrival.at.date())
        if not order_ids:
            return
        order_id = self.one_of(order_ids, index)

        def note() -> None:
            with self.opened_run() as run:
                policy = self.settings.retention
                lease_arrivals(run.book, run.sealed, {order_id: arrival}, today=self.today, policy=policy)
                note_deliveries(run.book, {order_id: arrival})

        self.run(note, trouble, *self.known.arrived(order_id, arrival.at.date(), self.today, dated=dated))

    @precondition(lambda self: bool(self.known.with_data()))
    @rule(trouble=TROUBLES)
    def leases_are_renewed(self, trouble: Trouble) -> None:
        """As each import does."""

        def renew() -> None:
            with self.opened_run() as run:
                renew_leases(run.sealed, today=self.today, policy=self.settings.retention)

        self.run(renew, trouble, self.known.renewed(self.today))

    @rule(trouble=TROUBLES, archive=st.sampled_from([None, None, "there", "gone"]))
    def all_that_is_due_is_purged(self, trouble: Trouble, archive: str | None) -> None:
        folder = self.folder / archive if archive else None
        if archive == "there":
            (self.folder / archive).mkdir(exist_ok=True)
        self.purge(trouble, folder, refusal="archive-folder-missing" if archive == "gone" else None)

    def purge(self, trouble: Trouble, archive: Path | None, *, refusal: str | None) -> None:
        """What a dry run names goes; `refusal` is the problem of an archive that cannot be written: no sale goes."""
        stages = self.known.purged(self.now, self.today)
        assert {due.order_id for due in self.work(dry_run=True).due} == stages[0].due(self.today)
        sales = {
            order_id
            for order_id in stages[0].due(self.today)
            if self.known.orders[order_id].status != CANCELLED or self.known.orders[order_id].handed_over
        }
        if refusal and sales:  # it stops after the renewals
            stages = stages[:1]
        self.run(lambda: self.work(archive), trouble, *stages, refusal=refusal)

    @precondition(lambda self: bool(self.known.with_data()))
    @rule(index=NUMBERS, trouble=TROUBLES)
    def somebody_asks_to_be_forgotten(self, index: int, trouble: Trouble) -> None:
        """That needs no key: what nobody can open is destroyed as well."""
        order_id = self.one_of(self.known.with_data(), index)
        forgotten = self.known.without_data({order_id})
        self.run(lambda: self.work(order_id=order_id), trouble, forgotten, needs_keys=False)

    def work(
        self, archive: Path | None = None, order_id: str | None = None, *, dry_run: bool = False
    ) -> PurgeReport:  # fmt: skip
        recipients = (recipient(),) if archive else ()
        report = PurgeReport(store=SLUG)
        options = PurgeOptions(archive_dir=archive, recipients=recipients, order_id=order_id, dry_run=dry_run)
        with self.opened_run(dry_run=dry_run) as run:
            run.take_time(timedelta())
            Purger(run, options, report).purge()
        return report

    # Time, and backups.

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.clock.advance(timedelta(days=days).total_seconds())

    @precondition(lambda self: bool(self.leases_to_come()))
    @rule(index=NUMBERS, days_after=st.integers(0, 1), trouble=TROUBLES)
    def a_lease_ends_and_a_purge_comes_on_that_day_or_the_next(
        self, index: int, days_after: int, trouble: Trouble
    ) -> None:
        days = self.leases_to_come()
        day = days[index % len(days)] + timedelta(days=days_after)
        self.time_passes((day - self.now.date()).days)
        self.purge(trouble, None, refusal=None)

    @rule(target=backups)
    def the_machine_is_copied(self) -> Backup:
        return self.backup()

    def backup(self) -> Backup:
        return Backup(files_of(self.file), self.keyring.text, self.known, dict(self.longest))

    @precondition(lambda self: self.fits)
    @rule(backup=backups, what=st.sampled_from(["book", "keyring", "both", "empty keyring"]), trouble=TROUBLES)
    def something_old_is_put_back(self, backup: Backup, what: str, trouble: Trouble) -> None:
        """With both, the documented limit: what was purged since can be read again, until the next purge.

        An empty keyring is another user's, or another machine's.
        """
        if what != "book":
            self.change_keyring(None if what == "empty keyring" else backup.text)
        if what in ("book", "both"):
            self.change_book(backup)
        self.opened(trouble)

    @precondition(lambda self: not self.fits)
    @rule(backup=backups, trouble=TROUBLES)
    def an_old_book_is_put_back_to_an_old_keyring(self, backup: Backup, trouble: Trouble) -> None:
        self.change_book(backup)
        self.opened(trouble)

    @precondition(lambda self: self.found is not None and not self.fits)
    @rule()
    def the_right_keyring_is_found(self) -> None:
        assert self.found is not None
        self.replaced.discard("keyring")
        self.keyring.put_back(self.found[0])
        self.opened(None)

    def change_book(self, backup: Backup) -> None:
        self.replaced.add("book")
        self.database.close()
        put_back(self.file, backup.files)
        self.known, self.longest = backup.known, dict(backup.longest)

    def change_keyring(self, text: str | None) -> None:
        if self.fits:
            self.found = (self.keyring.text,)
        self.replaced.add("keyring")
        self.keyring.put_back(text)

    def opened(self, trouble: Trouble) -> None:
        """The vault is opened: the laggard of book and keyring is brought up to the other."""
        self.fits = self.keyring_fits()
        floor = max(self.known.floor, self.keyring_floor)
        if floor < self.purged_to and self.fits:
            assert self.replaced == {"book", "keyring"}, "either of them knows what was purged"
            self.purged_to = floor
        self.run(lambda: vault_of(self.deps, self.book), trouble, replace(self.known, floor=floor))

    def run(
        self, job: Callable[[], object], trouble: Trouble, *stages: Known, refusal: str | None = None,
        needs_keys: bool = True,
    ) -> None:  # fmt: skip
        """Let a job do its work, which leads through these stages to the last, if nothing stops it."""
        before, text = self.known, self.keyring.text
        stopped_by = self.stopped_by(job, trouble)
        if needs_keys and not self.fits:
            assert stopped_by in ("vault-key-missing", DIED)
            self.stages = [before]
        elif stopped_by is None:
            assert refusal is None
            assert not self.fits or self.keyring_floor == stages[-1].floor
            self.stages = [stages[-1]]
        elif stopped_by == refusal:
            self.stages = [stages[-1]]
        else:
            assert stopped_by == (BY_MOOD[trouble] if isinstance(trouble, Mood) else DIED)
            self.stages = [before, *stages]
        if not self.fits and self.keyring.text != text:
            self.only_what_the_book_has_purged_was_moved_on(text)
        self.the_promise_holds()
        self.clock.advance(1)

    def only_what_the_book_has_purged_was_moved_on(self, before: str | None) -> None:
        """No key is made over sealed data, and no foreign one is changed."""
        old, new, ours = chains_in(before), chains_in(self.keyring.text), sealed_marks(self.book)
        assert old.items() <= ours.chain_ids.items()
        assert new.items() <= old.items()
        assert self.keyring_floor == ours.floor

    def stopped_by(self, job: Callable[[], object], trouble: Trouble) -> str | None:
        """The problem's name; `DIED`, where the process did; None, where the job was done."""
        if isinstance(trouble, Mood):
            self.keyring.mood = trouble
        else:
            self.fate.steps_left = trouble
        try:
            job()
        except Problem as problem:
            return problem.name.value
        except DiedError:
            self.database.close()  # the next to ask it anything opens the file anew
            return DIED
        finally:
            self.keyring.mood = self.fate.steps_left = None
        return None

    # What holds after every job, however it ended.

    def the_promise_holds(self) -> None:
        vault = vault_of(self.deps, self.book) if self.fits else None
        seen = self.look()
        self.who_has_book_and_keyring_reads_what_the_model_allows(seen, vault)
        self.no_copy_outlives_the_newest_lease(seen)
        self.what_is_still_to_ship_can_be_shipped()
        self.who_has_every_box_that_ever_was_reads_nothing_that_was_purged(vault)

    def who_has_book_and_keyring_reads_what_the_model_allows(self, seen: Look, vault: Vault | None) -> None:
        observed = Known(
            orders={order_id: order_in(row) for order_id, row in seen.orders.items()},
            kept={place: Kept(box.lease_day, self.read(vault, place, box)) for place, box in seen.boxes.items()},
            floor=seen.floor or date.min,
            forgotten=seen.tombstones,
            to_fetch={order_id: datetime.fromisoformat(at) for order_id, at in seen.to_fetch.items()},
        )
        allowed = [stage.as_seen(opened=vault is not None) for stage in self.stages]
        if len(allowed) == 1:
            assert observed == allowed[0]
        assert observed in allowed
        self.known = self.stages[allowed.index(observed)]
        self.stages = [self.known]
        if vault is not None:
            assert vault.floor == seen.floor
            self.replaced = set()

    def read(self, vault: Vault | None, place: Place, box: Box) -> str:
        """The content, if it can be opened; what lies below the floor is never opened, though its row is there."""
        if vault is None:
            return ""
        if vault.floor and box.lease_day < vault.floor:
            with pytest.raises(Problem, match="vault-key-missing"):
                vault.open(place.order_id, box, part=place.part)
            return ""
        data = vault.open(place.order_id, box, part=place.part)
        if place.part == ITS_PARCELS:
            return " ".join(msgspec.json.decode(data, type=SealedParcels).numbers.values())
        return msgspec.json.decode(data, type=PersonalData).recipient.name or ""

    def no_copy_outlives_the_newest_lease(self, seen: Look) -> None:
        """What is sealed today is dark in thirty days, and what was sealed before it, of the same order, no later."""
        for place, box in seen.boxes.items():
            if (place, box) not in self.ever:
                assert box.lease_day <= self.today + DAYS
            assert box.lease_day >= self.longest.get(place, date.min), "leases only lengthen"
            self.longest[place] = box.lease_day
        self.ever |= set(seen.boxes.items())

    def what_is_still_to_ship_can_be_shipped(self) -> None:
        """No open order loses its data, unless somebody asked, or the key is lost: then it is fetched anew."""
        known = self.known
        assert not known.forgotten & known.with_data(), "all parts of an order go together"
        for order_id, order in known.orders.items():
            if order.is_open(self.today):
                assert Place(order_id) in known.kept or order_id in known.forgotten or order_id in known.to_fetch

    def who_has_every_box_that_ever_was_reads_nothing_that_was_purged(self, vault: Vault | None) -> None:
        """Tried by the cipher, twice: by keys that this test derives, and by amzlink's own proof of a purge."""
        text = self.keyring.text
        held, floor = set(chains_in(text).values()), self.keyring_floor
        found = self.thief.reads(text, self.ever)
        assert found == {each for each in self.ever if each[1].chain_id in held and each[1].lease_day >= floor}
        if vault is None:
            return  # an old keyring in a thief's hand opens what it opened then
        assert self.known.floor >= self.purged_to, "a floor never goes back"
        self.purged_to = self.known.floor
        assert not [box for _, box in found if box.lease_day < self.purged_to]
        for place, box in self.ever:
            assert vault.reaches(place.order_id, box, part=place.part) == ((place, box) in found)

    def thought_to_arrive_after(self, day: date) -> set[str]:
        """Shipped orders that are under way for all that is known, or were heard to have arrived on a later day."""
        orders = self.known.orders.items()
        return {key for key, order in orders if order.status == SHIPPED and (order.delivered or date.max) > day}

    def leases_to_come(self) -> list[date]:
        return sorted({there.lease for there in self.known.kept.values() if there.lease >= self.now.date()})

    def one_of(self, order_ids: Collection[str], index: int) -> str:
        return sorted(order_ids)[index % len(order_ids)]


def order_in(row: Mapping[str, Any]) -> Order:
    """What a row of the book tells of an order."""
    return Order(
        status=row["status"],
        changed_at=datetime.fromisoformat(row["changed_at"]),
        ship_by=datetime.fromisoformat(row["ship_by"]),
        handed_over=date.fromisoformat(row["shipped_at"][:10]) if row["shipped_at"] else None,
        delivered=date.fromisoformat(row["delivered_at"][:10]) if row["delivered_at"] else None,
        dated=row["delivered_by"] == "sendcloud",
    )


TestHistories = of_length(Histories, examples=80, steps=25)
TestLongHistories = pytest.mark.soak(of_length(Histories, examples=800, steps=50))


# Three stories that chance tells too seldom.


@pytest.fixture
def history() -> Iterator[Histories]:
    history = Histories()
    yield history
    history.teardown()


def wait_and_purge(history: Histories, days: int) -> None:
    history.time_passes(days)
    history.purge(None, None, refusal=None)


def test_an_open_order_whose_key_is_gone_with_an_old_book_is_fetched_anew(history: Histories) -> None:
    history.amazon_tells(1, OPEN, 100, None, arrived=False, trouble=None)
    old = history.backup()
    wait_and_purge(history, 29)
    wait_and_purge(history, 10)
    history.change_book(old)
    history.opened(None)
    assert history.known.with_data()
    wait_and_purge(history, 0)
    assert not history.known.with_data() | history.known.forgotten
    assert set(history.known.to_fetch) == {history.number(1)}
    history.amazon_tells(1, OPEN, 60, None, arrived=False, trouble=None)
    assert history.known.readable(Place(history.number(1)))
    assert not history.known.to_fetch


def test_a_whole_machine_that_is_put_back_reads_what_was_purged_until_the_next_purge(history: Histories) -> None:
    """The documented limit of who copies the keyring together with the book."""
    history.amazon_tells(1, SHIPPED, 1, 20, arrived=False, trouble=None)
    old, place = history.backup(), Place(history.number(1))
    wait_and_purge(history, 40)
    assert history.number(1) in history.known.forgotten
    history.change_keyring(old.text)
    history.change_book(old)
    history.opened(None)
    assert history.known.readable(place)
    wait_and_purge(history, 0)
    assert history.number(1) in history.known.forgotten
    assert history.purged_to == history.now.date()


@pytest.mark.needs("mount")
def test_where_the_archives_disk_is_full_nothing_is_purged(history: Histories, tmp_path: Path) -> None:
    with tiny_disk(tmp_path, 64) as disk:
        history.amazon_tells(1, SHIPPED, 1, 1, arrived=False, trouble=None)
        history.time_passes(58)
        fill(disk)
        history.purge(None, disk, refusal="disk-full")
        assert history.known.with_data()
        (disk / "filler").unlink()
        history.purge(None, disk, refusal=None)
        assert not history.known.with_data()
