"""purge-pii: destroy personal data that is due, and be able to prove it.

The steps stand in an order in which they may stop anywhere: archive written and synced, the new floor noted in the
book, the keyring moved on and read back, the rows deleted and the record written in one transaction, the journal
emptied, and last of all the attempt to open what was destroyed.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.config import Config, Store
from amzlink.core.privacy.retention import Retention, Rule, expected_last_day, last_day_of, stay_of
from amzlink.core.privacy.sealed_data import Box, Place
from amzlink.deps import Deps
from amzlink.jobs.privacy.renew import renew_leases, renewed_lease
from amzlink.jobs.recording import run_job
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.browse import find_order
from amzlink.orderbook.privacy.leases import note_floor
from amzlink.orderbook.privacy.purges import (
    Kept,
    borne_out,
    boxes_of,
    copies_at_sendcloud,
    destroy,
    empty_journal,
    forget_old_orders,
    kept_order,
    kept_orders,
    let_go,
    note_copy_gone,
    perhaps_due,
    records_of,
    tombstone_of,
)
from amzlink.orderbook.runs import sealed_marks
from amzlink.problems import Problem, ProblemName

if TYPE_CHECKING:
    from amzlink.vault import Vault

JOB: Final = "purge-pii"
OTHER_JOBS: Final = ("import-orders", "push-status", "check-weights")
_NOT_FAR: Final = timedelta(days=2)  # a machine without Amazon's word for it may be so far ahead of what is sure
_DAYS_A_MONTH: Final = 30.44
_MAX_WAIT: Final = timedelta(minutes=1)
_TRIES: Final = 5
_PAUSE_SECONDS: Final = 1.0


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
    `gone_since` is when there was nothing left already of the order that was asked for. `copies_left` are orders of
    which Sendcloud still has a copy. `problem` is what stopped the run, or what stays to be done.
    """

    store: str
    due: list[Due] = msgspec.field(default_factory=list)
    purged: int = 0
    archived: int = 0
    archive: Path | None = None
    gone_since: datetime | None = None
    kept: int = 0
    next_due: datetime | None = None
    forgotten: int = 0
    copies_deleted: int = 0
    copies_left: int = 0
    api_calls: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float = 0.0
    amazon_time: datetime | None = None
    problem: Problem | None = None

    @property
    def borne_out(self) -> datetime | None:
        """Amazon's time; one that does not count for this store was never asked for."""
        return self.amazon_time

    def counts(self) -> dict[str, int]:
        """The plain numbers, for the log and the record of runs."""
        return {"purged": self.purged, "archived": self.archived, "kept": self.kept, "forgotten": self.forgotten}


def purge_pii(deps: Deps, slugs: Sequence[str], options: PurgeOptions) -> list[PurgeReport]:
    """Purge the stores one after the other; one that fails does not hold back the others."""
    return [_purge_store(deps, slug, options) for slug in slugs]


def _purge_store(deps: Deps, slug: str, options: PurgeOptions) -> PurgeReport:
    report = PurgeReport(store=slug)

    def work(book: StoreBook) -> None:
        settings = deps.load_config()
        report.amazon_time = _ask_the_time(deps, slug, settings.stores[slug], report)
        purge = Purger(deps=deps, book=book, slug=slug, settings=settings, options=options, report=report)
        try:
            purge.run(report.amazon_time)
        except Problem as problem:
            report.problem = problem

    run_job(deps, JOB, report, work, dry_run=options.dry_run, also_locked=OTHER_JOBS)
    return report


def purge_in_passing(deps: Deps, book: StoreBook, slug: str, amazon_time: datetime | None) -> PurgeReport | None:
    """What import-orders does at its end: destroy what is due. None where another job of the store is at work."""
    report = PurgeReport(store=slug)
    try:
        with contextlib.ExitStack() as held:
            for job in (JOB, *(job for job in OTHER_JOBS if job != "import-orders")):
                held.enter_context(deps.lock(slug, job))
            settings = deps.load_config()
            options = PurgeOptions()
            Purger(
                deps=deps, book=book, slug=slug, settings=settings, options=options, report=report, job="import-orders"
            ).run(amazon_time)
    except Problem as problem:
        if problem.name == ProblemName.RUN_IN_PROGRESS:
            return None
        report.problem = problem
    return report


class Purger:
    """One store's purge, once everything is open and nobody else is at work on the store."""

    def __init__(
        self,
        *,
        deps: Deps,
        book: StoreBook,
        slug: str,
        settings: Config,
        options: PurgeOptions,
        report: PurgeReport,
        job: str = JOB,
    ) -> None:
        self._deps = deps
        self._book = book
        self._slug = slug
        self._store: Store = settings.stores[slug]
        self._settings = settings
        self._policy: Retention = settings.retention
        self._options = options
        self._report = report
        self._job = job

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
        if not self._options.dry_run:
            self._empty_journal()
        surveyed = sure and self._options.dry_run and not self._options.order_id
        if self._job == JOB and not surveyed:  # an import does not tell
            self._survey((sure or self._deps.clock.now()).date(), list_due=False)
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
        earlier = borne_out(self._book.database, {self._slug} if self._slug not in stores else stores)
        now = self._deps.clock.now()
        if earlier is None:
            return None, Problem(ProblemName.CLOCK_JUMPED, detail="no run has heard a time from Amazon yet")
        if now - earlier > _NOT_FAR or earlier - now > _NOT_FAR:
            told = f"it says {now:%Y-%m-%d}, and Amazon was last heard of at {earlier:%Y-%m-%d}"
            return earlier, Problem(ProblemName.CLOCK_JUMPED, detail=told)
        return earlier, None

    def _purge_due(self, sure: datetime) -> None:
        floor = sealed_marks(self._book).floor
        today = max(sure.date(), floor or sure.date())  # what once was sure is
        if self._options.dry_run:
            self._survey(today, list_due=True)
            return
        vault = self._deps.vault(self._book)
        # What is still needed stays, though nobody was there to renew its lease in time.
        renew_leases(self._book, vault, today=today, policy=self._policy)
        archived = self._archive(vault, lambda: (due.order_id for due in self._all_due(today)), sure)
        if vault.floor is None or today > vault.floor:
            # From here on rows below the floor are never opened again, however far the rest gets.
            note_floor(self._book, today)
            vault.move_on(today)
        self._destroy_due(today, sure, archived=archived)
        months = round(self._policy.order_months * _DAYS_A_MONTH)
        self._report.forgotten = forget_old_orders(self._book, sure - timedelta(days=months))

    def _purge_requested(self, order_id: str, now: datetime) -> None:
        entry = kept_order(self._book, order_id)
        if entry is None:
            self._purge_nothing(order_id, now)
            return
        self._report.due = [Due(order_id, Rule.REQUESTED, None)]
        if self._options.dry_run:
            return
        try:
            vault = self._deps.vault(self._book)
        except Problem as problem:
            # Nobody can open it, so nothing is lost with the row. But an archive wants it read, once the key is back.
            if problem.name != ProblemName.VAULT_KEY_MISSING or self._archive_folder:
                raise
            vault = None
        archived = vault is not None and self._archive(vault, lambda: [order_id], now)
        self._destroy(vault, [entry], {order_id: Rule.REQUESTED}, now, archived=archived)

    def _purge_nothing(self, order_id: str, now: datetime) -> None:
        """Nothing of it is sealed (any more): see that nothing ever will be, and that a copy elsewhere can go."""
        there = tombstone_of(self._book, order_id)
        if there is None and find_order(self._book, order_id) is None:
            raise Problem(ProblemName.ORDER_NOT_FOUND, order_id=order_id, detail="in the order book")
        self._report.gone_since = there.at if there else now
        if there is None and not self._options.dry_run:
            destroy(self._book, {order_id: Rule.REQUESTED}, [], now)

    @property
    def _archive_folder(self) -> Path | None:
        return self._options.archive_dir or self._settings.archive.folder

    def _archive(self, vault: "Vault", order_ids: Callable[[], Iterable[str]], now: datetime) -> bool:
        """Write the archive; where it cannot be written, nothing is purged. False: none is wanted."""
        folder = self._archive_folder
        if folder is None:
            return False
        from amzlink.jobs.privacy.archive import archive_orders  # noqa: PLC0415 - age is loaded only where it is used

        written = archive_orders(
            self._book,
            vault,
            order_ids,
            country=self._store.country,
            folder=folder,
            recipients=self._options.recipients or self._settings.archive.recipients,
            now=now,
        )
        if written:
            self._report.archive, self._report.archived = written.path, written.orders
        return True

    def _all_due(self, today: date) -> Iterator[Due]:
        for chunk in perhaps_due(self._book, today, self._policy.days):
            for entry in chunk:
                if due := due_of(entry, today, self._policy):
                    yield due

    def _destroy_due(self, today: date, now: datetime, *, archived: bool) -> None:
        """What is due goes, a chunk at a time; and what is needed still and nobody can open is fetched anew."""
        vault = self._deps.vault(self._book)  # anew: the proof asks what the keyring holds now
        for chunk in perhaps_due(self._book, today, self._policy.days):
            due = {entry.order_id: found.rule for entry in chunk if (found := due_of(entry, today, self._policy))}
            self._destroy(vault, [entry for entry in chunk if entry.order_id in due], due, now, archived=archived)
            lost = {entry.order_id for entry in chunk if entry.order_id not in due and _is_lost(entry, vault.floor)}
            if lost:
                let_go(self._book, lost, now)

    def _destroy(
        self,
        vault: "Vault | None",
        entries: Sequence[Kept],
        rules: Mapping[str, Rule],
        now: datetime,
        *,
        archived: bool,
    ) -> None:
        if not entries:
            return
        sales = [entry.order_id for entry in entries if archived and entry.is_sale]
        records = records_of(rules, sales, at=now, floor=vault.floor if vault else None, job=self._job)
        gone = boxes_of(self._book, rules)
        destroy(self._book, rules, records, now)
        self._report.purged += len(rules)
        self._prove(vault, gone)

    def _prove(self, vault: "Vault | None", gone: Mapping[Place, Box]) -> None:
        """Try to open what was destroyed: no row may be left, and no key of a day that has been purged."""
        left = {place.order_id for place in boxes_of(self._book, {place.order_id for place in gone})}
        if vault and vault.floor:
            left |= {
                place.order_id
                for place, box in gone.items()
                if box.lease_day < vault.floor and vault.reaches(place.order_id, box, part=place.part)
            }
        if left:
            raise Problem(ProblemName.PURGE_INCOMPLETE, count=len(left), store=self._slug)

    def _survey(self, today: date, *, list_due: bool) -> None:
        """Count what is kept and when the next of it goes; with `list_due` note what would go today."""
        requested = self._options.order_id if self._options.dry_run else None
        for chunk in _as_renewed(kept_orders(self._book), self._book, today, self._policy):
            due = [found for entry in chunk if (found := due_of(entry, today, self._policy))] if list_due else []
            self._report.due += due
            going = {requested, *(found.order_id for found in due)}
            self._count([entry for entry in chunk if entry.order_id not in going], today)

    def _count(self, kept: Sequence[Kept], today: date) -> None:
        self._report.kept += len(kept)
        for entry in kept:
            last = expected_last_day(stay_of(entry.order, today, self._policy), entry.lease_day, today) or today
            goes = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
            self._report.next_due = min(goes, self._report.next_due or goes)

    def _empty_journal(self) -> None:
        """Nothing that was deleted may be left in the journal; who reads the book at the moment is soon done."""
        for _ in range(_TRIES):
            if empty_journal(self._book.database):
                return
            self._deps.clock.sleep(_PAUSE_SECONDS)
        raise Problem(ProblemName.JOURNAL_IN_USE, store=self._slug)

    def _forget_copies(self) -> None:
        """Delete what was handed to Sendcloud of purged orders, where that is wanted; else say how many there are."""
        copies = copies_at_sendcloud(self._book)
        wanted = self._options.include_destination or self._store.purge_destination
        self._report.copies_left = len(copies)
        if not copies or not wanted or self._options.dry_run:
            return
        from amzlink.sendcloud.orders import delete_order, find_order  # noqa: PLC0415 - only stores that hand orders on

        with self._deps.sendcloud(self._slug, self._store) as client:
            try:
                integration_id = self._store.sendcloud_integration_id
                for order_id, known_id in copies.items():
                    sendcloud_id = known_id
                    if sendcloud_id is None and integration_id is not None:
                        # It was handed over, and nobody has read back yet what Sendcloud calls it.
                        found = find_order(client, integration_id, order_id)
                        sendcloud_id = found.id if found else None
                    if sendcloud_id is not None:
                        delete_order(client, sendcloud_id)
                        self._report.copies_deleted += 1
                    note_copy_gone(self._book, order_id)
                    self._report.copies_left -= 1
            finally:
                self._report.api_calls.update(client.calls)


def overdue(book: StoreBook, today: date, policy: Retention) -> int:
    """Of how many orders personal data is still there that was to be destroyed before today."""
    chunks = _as_renewed(perhaps_due(book, today, policy.days), book, today, policy)
    return sum(1 for chunk in chunks for entry in chunk if due_of(entry, today, policy))


def due_of(entry: Kept, today: date, policy: Retention) -> Due | None:
    """Whether an order's data is due: by its rule, or because its lease is over and nobody may renew it."""
    stay = stay_of(entry.order, today, policy)
    last = last_day_of(stay, entry.lease_day)
    if stay.rule is Rule.OPEN:
        return None  # it is renewed
    return Due(entry.order_id, stay.rule, last) if last is None or last < today else None


def _as_renewed(
    chunks: Iterator[list[Kept]], book: StoreBook, today: date, policy: Retention
) -> Iterator[list[Kept]]:  # fmt: skip
    """These orders with the leases that a purge of today would give them before it destroys anything."""
    floor = sealed_marks(book).floor
    for chunk in chunks:
        yield [
            msgspec.structs.replace(
                entry, lease_day=renewed_lease(entry.order, entry.lease_day, today=today, policy=policy, floor=floor)
            )
            for entry in chunk
        ]


def _is_lost(entry: Kept, floor: date | None) -> bool:
    """Whether what is needed still of an order can be opened by nobody: an old book was put back."""
    return floor is not None and (entry.own_lease_day or entry.lease_day) < floor


def _ask_the_time(deps: Deps, slug: str, store: Store, report: PurgeReport) -> datetime | None:
    """Amazon's time, if it can be had and counts for this store."""
    if not deps.bears_out(store):
        return None
    try:
        with deps.link(deps.account_of(slug, store), _MAX_WAIT) as link:
            try:
                told = link.learn_time()
                return told if link.was_told_the_time else None
            finally:
                report.api_calls.update(link.calls)
    except Problem:
        return None  # what earlier runs have heard counts then
