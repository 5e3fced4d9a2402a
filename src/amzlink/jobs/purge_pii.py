"""purge-pii: destroy personal data that is due, and be able to prove it.

The steps stand in an order in which they may stop anywhere: archive written and synced, the new floor noted in the
book, the keyring moved on and read back, the rows deleted and the record written in one transaction, the journal
emptied, and last of all the attempt to open what was destroyed.
"""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.config import Config, Store
from amzlink.core.retention import Retention, Rule, Stay, stay_of
from amzlink.core.sealing import Box, Place
from amzlink.deps import Deps
from amzlink.jobs.leases import renew_leases
from amzlink.orderbook.book import Book
from amzlink.orderbook.dispatches import forget_sendcloud_id
from amzlink.orderbook.leases import note_floor
from amzlink.orderbook.purges import (
    Kept,
    Purge,
    borne_out,
    boxes_of,
    destroy,
    forget_orders,
    has_sealed,
    kept_orders,
    old_orders,
    sweep_journal,
    tombstones_at_sendcloud,
)
from amzlink.orderbook.runs import Run, note_run
from amzlink.problems import Problem

if TYPE_CHECKING:
    from amzlink.vault import Vault

JOB: Final = "purge-pii"
OTHER_JOBS: Final = ("import-orders", "push-status")
_NOT_FAR: Final = timedelta(days=2)  # a machine without Amazon's word for it may be so far ahead of what is sure
_DAYS_A_MONTH: Final = 30.44
_MAX_WAIT: Final = timedelta(minutes=1)


class PurgeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for. Without `order_id` all that is due goes."""

    archive_dir: Path | None = None
    recipients: tuple[str, ...] = ()
    order_id: str | None = None
    include_destination: bool = False
    dry_run: bool = False


class Due(msgspec.Struct, frozen=True):
    """An order whose data is to be destroyed: why, and the day on which its time was over."""

    order_id: str
    rule: Rule
    since: date | None


class PurgeReport(msgspec.Struct, kw_only=True):
    """What one store's run did.

    `due` is what goes, or would go; `kept` counts the orders whose data stays, `next_due` is when the next of it goes.
    `copies_left` are orders of which Sendcloud still has a copy. `problem` is what stopped the run, or what stays to be
    done.
    """

    store: str
    due: list[Due] = msgspec.field(default_factory=list)
    purged: int = 0
    archived: int = 0
    archive: Path | None = None
    kept: int = 0
    next_due: datetime | None = None
    forgotten: int = 0
    copies_deleted: int = 0
    copies_left: int = 0
    api_calls: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float = 0.0
    amazon_time: datetime | None = None
    problem: Problem | None = None

    def counts(self) -> dict[str, int]:
        """The plain numbers, for the log and the record of runs."""
        return {"purged": self.purged, "archived": self.archived, "kept": self.kept, "forgotten": self.forgotten}


def purge_pii(deps: Deps, slugs: Sequence[str], options: PurgeOptions) -> list[PurgeReport]:
    """Purge the stores one after the other; one that fails does not hold back the others."""
    return [_purge_store(deps, slug, options) for slug in slugs]


def _purge_store(deps: Deps, slug: str, options: PurgeOptions) -> PurgeReport:
    report = PurgeReport(store=slug)
    started = deps.clock.now()
    try:
        with contextlib.ExitStack() as held:
            held.enter_context(deps.lock(slug, JOB))
            for job in OTHER_JOBS:
                held.enter_context(deps.lock(slug, job))
            with deps.book() as book:
                settings = deps.load_config()
                report.amazon_time = _ask_the_time(deps, slug, settings.stores[slug], report)
                purge = Purger(deps=deps, book=book, slug=slug, settings=settings, options=options, report=report)
                purge.run(report.amazon_time)
                if not options.dry_run:
                    _note(book, slug, report, started, deps.clock.now())
    except Problem as problem:
        report.problem = problem
    if report.problem:
        report.problem = report.problem.with_facts(store=slug, store_option=f" --store {slug}")
    report.seconds = (deps.clock.now() - started).total_seconds()
    deps.log.write(
        deps.clock.now(),
        "run",
        store=slug,
        job=JOB,
        problem=report.problem.name if report.problem else None,
        seconds=round(report.seconds, 1),
        **report.counts(),
    )
    return report


def purge_in_passing(deps: Deps, book: Book, slug: str, amazon_time: datetime | None) -> PurgeReport | None:
    """What import-orders does at its end: destroy what is due. None where another job of the store is at work."""
    report = PurgeReport(store=slug)
    try:
        with contextlib.ExitStack() as held:
            for job in (JOB, *(job for job in OTHER_JOBS if job != "import-orders")):
                held.enter_context(deps.lock(slug, job))
            settings = deps.load_config()
            Purger(
                deps=deps, book=book, slug=slug, settings=settings, options=PurgeOptions(), report=report
            ).run(amazon_time)  # fmt: skip
    except Problem as problem:
        if problem.name == "run-in-progress":
            return None
        report.problem = problem
    return report


class Purger:
    """One store's purge, once everything is open and nobody else is at work on the store."""

    def __init__(
        self, *, deps: Deps, book: Book, slug: str, settings: Config, options: PurgeOptions, report: PurgeReport
    ) -> None:
        self._deps = deps
        self._book = book
        self._slug = slug
        self._store: Store = settings.stores[slug]
        self._settings = settings
        self._policy: Retention = settings.retention
        self._options = options
        self._report = report

    def run(self, amazon_time: datetime | None) -> None:
        """Destroy what is due at a time that is sure.

        Raises:
            Problem: `clock-jumped`, once everything is done that is sure; and whatever stops it before.
        """
        sure, doubt = self._sure_time(amazon_time)
        if self._options.order_id:
            self._purge_requested(self._options.order_id, sure or self._deps.clock.now())
        elif sure:
            self._purge_due(sure)
        self._tell_what_stays(sure)
        if not self._options.dry_run:
            self._forget_copies()
        if doubt and not self._options.order_id:
            raise doubt

    def _sure_time(self, amazon_time: datetime | None) -> tuple[datetime | None, Problem | None]:
        """The latest time that Amazon bears out, now or in an earlier run; and the doubt that is left.

        A test store's time never moves a real store's chain, nor does an endpoint that somebody put in Amazon's place.
        """
        if amazon_time is not None:
            return amazon_time, None
        stores = {slug for slug, store in self._settings.stores.items() if not store.test and not store.amazon_sandbox}
        earlier = borne_out(self._book, {self._slug} if self._slug not in stores else stores)
        now = self._deps.clock.now()
        if earlier is None:
            return None, Problem("clock-jumped", detail="no run has heard a time from Amazon yet")
        if now - earlier > _NOT_FAR or earlier - now > _NOT_FAR:
            told = f"it says {now:%Y-%m-%d}, and Amazon was last heard of at {earlier:%Y-%m-%d}"
            return earlier, Problem("clock-jumped", detail=told)
        return earlier, None

    def _purge_due(self, sure: datetime) -> None:
        today = sure.date()
        vault = self._deps.vault(self._slug, self._book)
        if not self._options.dry_run:
            # What is still needed stays, though nobody was there to renew its lease in time.
            renew_leases(self._book, vault, self._slug, today=today, policy=self._policy)
        kept = kept_orders(self._book, self._slug)
        self._report.due = [due for entry in kept if (due := _due(entry, today, self._policy))]
        if self._options.dry_run:
            return
        self._archive(vault, [due.order_id for due in self._report.due], sure)
        if vault.floor is None or today > vault.floor:
            # From here on rows below the floor are never opened again, however far the rest gets.
            note_floor(self._book, self._slug, today)
            vault.move_on(today)
        self._destroy(vault, {due.order_id: due.rule for due in self._report.due}, sure)
        self._forget_old(sure)

    def _purge_requested(self, order_id: str, now: datetime) -> None:
        if not has_sealed(self._book, self._slug, order_id):
            raise Problem("order-not-found", order_id=order_id, detail="with personal data in the order book")
        self._report.due = [Due(order_id, Rule.REQUESTED, None)]
        if self._options.dry_run:
            return
        vault = self._deps.vault(self._slug, self._book)
        self._archive(vault, [order_id], now)
        self._destroy(vault, {order_id: Rule.REQUESTED}, now)

    def _archive(self, vault: "Vault", order_ids: Sequence[str], now: datetime) -> None:
        """Write the archive, where one is wanted; where it cannot be written, nothing is purged."""
        folder = self._options.archive_dir
        if folder is None and self._settings.archive.dir:
            folder = Path(self._settings.archive.dir)
        recipients = self._options.recipients or self._settings.archive.recipients
        if folder is None or not order_ids:
            return
        from amzlink.jobs.archiving import archive_orders  # noqa: PLC0415 - age is loaded only where it is used

        written = archive_orders(
            self._book, vault, self._slug, order_ids, folder=folder, recipients=recipients, now=now
        )  # fmt: skip
        if written:
            self._report.archive, self._report.archived = written

    def _destroy(self, vault: "Vault", orders: Mapping[str, Rule], now: datetime) -> None:
        if not orders:
            return
        gone = _all_boxes(self._book, self._slug, list(orders))
        rules = Counter(orders.values())
        records = [
            Purge(at=now, rule=rule, orders=count, archived=self._report.archived, floor=vault.floor, job=JOB)
            for rule, count in rules.items()
        ]
        destroy(self._book, self._slug, orders, records, now)
        sweep_journal(self._book)
        self._report.purged = len(orders)
        self._prove(vault, gone)

    def _prove(self, vault: "Vault", gone: Mapping[Place, Box]) -> None:
        """Try to open what was destroyed: no row may be left, and no key of a day that has been purged."""
        left = {place.order_id for place in _all_boxes(self._book, self._slug, [place.order_id for place in gone])}
        for place, box in gone.items():
            if vault.floor and box.lease_day < vault.floor:
                with contextlib.suppress(Problem):
                    vault.open(place.order_id, box, part=place.part)
                    left.add(place.order_id)
        if left:
            raise Problem("purge-incomplete", count=len(left), store=self._slug)

    def _forget_old(self, now: datetime) -> None:
        """The second clock: what is left of an order goes too, after so many months."""
        before = now - timedelta(days=round(self._policy.order_months * _DAYS_A_MONTH))
        ids = old_orders(self._book, self._slug, before)
        forget_orders(self._book, self._slug, ids)
        self._report.forgotten = len(ids)

    def _tell_what_stays(self, sure: datetime | None) -> None:
        going = {due.order_id for due in self._report.due} if self._options.dry_run else set()
        kept = [entry for entry in kept_orders(self._book, self._slug) if entry.order_id not in going]
        self._report.kept = len(kept)
        today = (sure or self._deps.clock.now()).date()
        days = [_last_day(entry, stay_of(entry.order, today, self._policy)) for entry in kept]
        if days:
            next_day = min(days) + timedelta(days=1)
            self._report.next_due = datetime(next_day.year, next_day.month, next_day.day, tzinfo=UTC)

    def _forget_copies(self) -> None:
        """Delete what was handed to Sendcloud of purged orders, where that is wanted; else say how many there are."""
        copies = tombstones_at_sendcloud(self._book, self._slug)
        wanted = self._options.include_destination or self._store.purge_destination
        if not copies or not wanted:
            self._report.copies_left = len(copies)
            return
        from amzlink.sendcloud.orders import delete_order  # noqa: PLC0415 - only stores that hand orders on need it

        with self._deps.sendcloud(self._slug, self._store) as client:
            try:
                for order_id, sendcloud_id in copies.items():
                    delete_order(client, sendcloud_id)
                    forget_sendcloud_id(self._book, self._slug, order_id)
                    self._report.copies_deleted += 1
            finally:
                self._report.copies_left = len(copies) - self._report.copies_deleted
                self._report.api_calls.update(client.calls)


def _last_day(entry: Kept, stay: Stay) -> date:
    """The last day on which an order's data is kept.

    That of an open order moves on with every renewal. What Amazon has cancelled long since, unheard of, may yet be
    needed by somebody: it goes with its lease, which nobody renews any more.
    """
    if stay.until is None or stay.rule is Rule.NOT_CONFIRMED:
        return entry.lease_day
    return stay.until if stay.rule is Rule.OPEN else min(stay.until, entry.lease_day)


def _due(entry: Kept, today: date, policy: Retention) -> Due | None:
    """Whether an order's data is due: by its rule, or because its lease is over and nobody may renew it."""
    stay = stay_of(entry.order, today, policy)
    if stay.until is None:
        return Due(entry.order_id, stay.rule, None)
    last = _last_day(entry, stay)
    return Due(entry.order_id, stay.rule, last) if last < today else None


def _all_boxes(book: Book, slug: str, order_ids: Sequence[str]) -> dict[Place, Box]:
    found: dict[Place, Box] = {}
    for start in range(0, len(order_ids), 500):
        found |= boxes_of(book, slug, order_ids[start : start + 500])
    return found


def _ask_the_time(deps: Deps, slug: str, store: Store, report: PurgeReport) -> datetime | None:
    """Amazon's time, if it can be had and counts for this store."""
    if not deps.bears_out(store):
        return None
    try:
        with deps.link(deps.account_of(slug, store), _MAX_WAIT) as link:
            try:
                return link.learn_time()
            finally:
                report.api_calls.update(link.calls)
    except Problem:
        return None  # what earlier runs have heard counts then


def _note(book: Book, slug: str, report: PurgeReport, started: datetime, finished: datetime) -> None:
    run = Run(
        job=JOB,
        started_at=started,
        finished_at=finished,
        problem=report.problem.name if report.problem else None,
        counts=report.counts(),
        amazon_time=report.amazon_time,
    )
    note_run(book, slug, run)
