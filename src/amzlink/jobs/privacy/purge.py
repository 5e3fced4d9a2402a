"""Destroying personal data that is due, and proving it.

The order of the steps lets them stop anywhere: archive written and synced, the new floor noted in the
book, the keyring moved on and read back, the rows deleted and the record written in one transaction, the journal
emptied, and last of all the attempt to open what was destroyed.
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.core.diagnosis.alarms import Part
from amzlink.core.privacy.retention import Rule, expected_last_day, keeping_of
from amzlink.core.privacy.trusted_time import Trust
from amzlink.jobs.privacy.due import Due, all_due, due_of, kept_after_renewal, overdue
from amzlink.jobs.privacy.renew import renew_leases
from amzlink.orderbook.destination.outbox import dispatch_rows
from amzlink.orderbook.orders.browse import find_order
from amzlink.orderbook.privacy.purges import (
    KeptOrder,
    copies_at_sendcloud,
    day_of_purge,
    destroy,
    empty_journal,
    forget_old_orders,
    kept_order,
    let_go,
    note_copy_gone,
    perhaps_due,
    records_of,
    still_sealed,
    tombstone_of,
    with_copy_at_sendcloud,
)
from amzlink.orderbook.upgrade_copies import purge_copies
from amzlink.problems import Problem, ProblemName, orders
from amzlink.problems.failures import Refused
from amzlink.run import JOBS, StoreRun

if TYPE_CHECKING:
    from amzlink.sealed import SealedOrders

JOB: Final = "purge-pii"
_DAYS_A_MONTH: Final = 30.44
_TRIES: Final = 5
_PAUSE_SECONDS: Final = 1.0


class PurgeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for. Without `order_id` all that is due goes."""

    archive_dir: Path | None = None
    recipients: tuple[str, ...] = ()
    order_id: str | None = None
    include_destination: bool = False
    dry_run: bool = False


class PurgeReport(msgspec.Struct, kw_only=True):
    """What one store's run did.

    `due` is what goes, or would go; `kept` counts the orders whose data stays, `next_due` is when the next of it goes.
    `gone_since` is when there was nothing left already of the order that was asked for. `copies_left` are orders of
    which Sendcloud still has a copy; both `copies` of a dry run are as if it were none. `problem` is what stopped the
    run, or what stays to be done. `left_out`: another run had just done the store.
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
    problem: Problem | None = None
    left_out: bool = False

    def counts(self) -> dict[str, int]:
        """The plain numbers, for the log and the record of runs."""
        return {"purged": self.purged, "archived": self.archived, "kept": self.kept, "forgotten": self.forgotten}


def purge_in_passing(run: StoreRun) -> PurgeReport | None:
    """What import-orders does at its end: destroy what is due. None where another job of the store is running.

    Raises:
        Problem: `lease-lost`.
    """
    report = PurgeReport(store=run.slug)
    try:
        with run.lock(*(job for job in JOBS if job != "import-orders")):
            Purger(run, PurgeOptions(), report, job="import-orders").purge()
    except Problem as problem:
        if problem.name == ProblemName.LEASE_LOST:
            raise  # the whole run is over
        if problem.name == ProblemName.RUN_IN_PROGRESS:
            return None
        report.problem = problem
    return report


class Purger:
    """One store's purge, while nobody else works on the store. `job` is whose purge it is."""

    def __init__(self, run: StoreRun, options: PurgeOptions, report: PurgeReport, *, job: str = JOB) -> None:
        self._run = run
        self._options = options
        self._report = report
        self._job = job

    def purge(self) -> None:
        """Destroy what is due at a time that is sure; in a dry run, tell what that is.

        Raises:
            Problem: `clock-jumped`, once everything is done that is sure; and whatever stops it before.
        """
        run, sure = self._run, self._run.time_to_purge_by.sure
        stopped = None
        try:
            self._purge_all(sure)
        except Problem as problem:
            stopped = problem
        if self._job == JOB:  # an import does not tell
            self._survey(sure)
        if stopped:
            raise stopped
        if self._options.archive_dir:  # a mistake in it is told on the first day, though nothing was due for it yet
            from amzlink.archive import check_archive  # noqa: PLC0415 - age is loaded only where it is used

            check_archive(self._options.archive_dir, self._recipients)
        self._forget_copies()
        # An import has told of a doubt when it asked for the time.
        if self._job == JOB and not self._options.order_id and self._must_wait():
            raise run.doubt()

    def _purge_all(self, sure: datetime | None) -> None:
        run = self._run
        if self._options.order_id:
            self._purge_requested(self._options.order_id, run.now())
        elif sure and not run.dry_run:
            self._purge_due(sure)
        if self._report.purged:
            run.reporter.works(Part.PURGE, run.slug)
        if not run.dry_run:
            purge_copies(run.book.database.location.in_file(), run.slug, sure)
            self._empty_journal()

    def _must_wait(self) -> bool:
        """Whether something may be due that cannot go, because the time is not trusted.

        That Amazon has not told the time is no sign of a wrong clock: then it counts whether anything would be due.
        """
        run, time = self._run, self._run.time_to_purge_by
        if time.trust is Trust.UNKNOWN and time.sure:
            return overdue(run.book, run.clock.now().date(), run.retention) > 0
        return not time.is_trusted

    def _purge_due(self, sure: datetime) -> None:
        book, policy = self._run.book, self._run.retention
        today = day_of_purge(book, sure.date())
        sealed = self._run.sealed
        sealed.read_again()
        self._run.reporter.step("checking for personal data that is due")
        # What is still needed stays, though nobody was there to renew its lease in time.
        renew_leases(sealed, today=today, policy=policy)
        archived = self._archive(sealed, lambda: (due.order_id for due in all_due(book, today, policy)), sure)
        sealed.move_floor(today)
        self._destroy_due(sealed, today, sure, archived=archived)
        months = round(policy.order_months * _DAYS_A_MONTH)
        self._report.forgotten = forget_old_orders(book, sure - timedelta(days=months))

    def _purge_requested(self, order_id: str, now: datetime) -> None:
        entry = kept_order(self._run.book, order_id)
        if entry is None:
            self._purge_nothing(order_id, now)
            return
        self._report.due = [Due(order_id, Rule.REQUESTED, None)]
        if self._run.dry_run:
            return
        sealed = None
        try:
            sealed = self._run.sealed
        except Problem as problem:
            # Nobody can open it, so nothing is lost with the row. But an archive wants it read, once the key is back.
            if problem.name != ProblemName.VAULT_KEY_MISSING or self._archive_folder:
                raise
        archived = sealed is not None and self._archive(sealed, lambda: [order_id], now)
        self._destroy(sealed, [entry], {order_id: Rule.REQUESTED}, now, archived=archived)

    def _purge_nothing(self, order_id: str, now: datetime) -> None:
        """Nothing of it is sealed (any more): see that nothing ever will be, and that a copy elsewhere can go."""
        book = self._run.book
        there = tombstone_of(book, order_id)
        if there is None and find_order(book, order_id) is None:
            raise Problem(
                ProblemName.ORDER_NOT_FOUND, order_id=order_id, detail=orders.in_the_book_of(store=book.store)
            )
        self._report.gone_since = there.at if there else now
        if there is None:
            destroy(book, {order_id: Rule.REQUESTED}, [], now)

    @property
    def _archive_folder(self) -> Path | None:
        return self._options.archive_dir or self._run.settings.archive.folder

    @property
    def _recipients(self) -> tuple[str, ...]:
        return self._options.recipients or self._run.settings.archive.recipients

    def _archive(self, sealed: "SealedOrders", order_ids: Callable[[], Iterable[str]], now: datetime) -> bool:
        """Write the archive; where it cannot be written, nothing is purged. False: none is wanted."""
        folder = self._archive_folder
        if folder is None:
            return False
        from amzlink.jobs.privacy.archive import archive_orders  # noqa: PLC0415 - age is loaded only where it is used

        written = archive_orders(
            self._run.book,
            sealed,
            order_ids,
            country=self._run.store.country,
            folder=folder,
            recipients=self._recipients,
            now=now,
            on_record=functools.partial(self._run.reporter.step, "writing the archive"),
        )
        if written:
            self._report.archive, self._report.archived = written.path, written.orders
        return True

    def _destroy_due(self, sealed: "SealedOrders", today: date, now: datetime, *, archived: bool) -> None:
        """What is due goes, a chunk at a time; and what is needed still and nobody can open is fetched anew."""
        book, policy = self._run.book, self._run.retention
        for chunk in perhaps_due(book, today, policy.days):
            due = {entry.order_id: found.rule for entry in chunk if (found := due_of(entry, today, policy))}
            self._run.reporter.step("deleting personal data", self._report.purged or None)
            self._destroy(sealed, [entry for entry in chunk if entry.order_id in due], due, now, archived=archived)
            lost = {entry.order_id for entry in chunk if entry.order_id not in due and entry.is_lost}
            if lost:
                let_go(book, lost, now)

    def _destroy(
        self,
        sealed: "SealedOrders | None",
        entries: Sequence[KeptOrder],
        rules: Mapping[str, Rule],
        now: datetime,
        *,
        archived: bool,
    ) -> None:
        """Delete what is sealed of these orders, and try to open it: no row may be left, and no key of a purged day."""
        if not entries:
            return
        book = self._run.book
        sales = [entry.order_id for entry in entries if archived and entry.is_sale]
        records = records_of(rules, sales, at=now, floor=sealed.floor if sealed else None, job=self._job)
        gone = sealed.remember(rules) if sealed else {}
        destroy(book, rules, records, now)
        self._report.purged += len(rules)
        left = still_sealed(book, rules) | (sealed.readable(gone) if sealed else set())
        if left:
            raise Problem(ProblemName.PURGE_INCOMPLETE, count=len(left), store=self._run.slug)

    def _survey(self, sure: datetime | None) -> None:
        """Count what is kept and when the next of it goes; a dry run notes what would go today."""
        run = self._run
        list_due = run.dry_run and sure is not None and not self._options.order_id
        today = (sure or run.now()).date()
        if list_due:
            today = day_of_purge(run.book, today)
        requested = self._options.order_id if run.dry_run else None
        for chunk in kept_after_renewal(run.book, today, run.retention):
            due = [found for entry in chunk if (found := due_of(entry, today, run.retention))] if list_due else []
            self._report.due += due
            going = {requested, *(found.order_id for found in due)}
            self._count([entry for entry in chunk if entry.order_id not in going], today)

    def _count(self, kept: Sequence[KeptOrder], today: date) -> None:
        self._report.kept += len(kept)
        for entry in kept:
            keeping = keeping_of(entry.order, today, self._run.retention)
            last = expected_last_day(keeping, entry.lease_day, today) or today
            goes = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
            self._report.next_due = min(goes, self._report.next_due or goes)

    def _empty_journal(self) -> None:
        """Nothing that was deleted may be left in the journal; who reads the book at the moment is soon done.

        An import that has deleted nothing tries once: where many stores are worked on at once, somebody always reads,
        and what an earlier run left there was told by that run. `purge-pii` waits for it, once a day.
        """
        insists = self._report.purged or self._job == JOB
        for _ in range(_TRIES):
            if empty_journal(self._run.book.database) or not insists:
                return
            self._run.reporter.step("waiting for another program that reads the order book")
            self._run.clock.sleep(_PAUSE_SECONDS)
        raise Problem(ProblemName.JOURNAL_IN_USE, store=self._run.slug)

    def _forget_copies(self) -> None:
        """Delete what was handed to Sendcloud of purged orders, where that is wanted; else say how many there are."""
        copies = copies_at_sendcloud(self._run.book)
        wanted = self._options.include_destination or self._run.store.purge_destination
        if self._run.dry_run:
            due = with_copy_at_sendcloud(self._run.book, [due.order_id for due in self._report.due])
            count = len(due | copies.keys())
            self._report.copies_deleted, self._report.copies_left = (count, 0) if wanted else (0, count)
            return
        self._report.copies_left = len(copies)
        if not copies or not wanted:
            return
        from amzlink.jobs.destination.read_back import may_still_appear  # noqa: PLC0415 - as below
        from amzlink.sendcloud.orders import delete_order, find_order  # noqa: PLC0415 - only stores that hand orders on

        client, now = self._run.sendcloud, self._run.now()
        rows = dispatch_rows(self._run.book, [order_id for order_id, known_id in copies.items() if known_id is None])
        kept: Refused | None = None
        for number, (order_id, known_id) in enumerate(copies.items(), 1):
            self._run.reporter.step("deleting copies at Sendcloud", number, len(copies))
            sendcloud_id = known_id
            if sendcloud_id is None:  # it was handed over, and nobody has read back yet what Sendcloud calls it
                found = find_order(client, self._run.integration_id, order_id)
                if found is None and may_still_appear(rows[order_id], now):
                    continue
                sendcloud_id = found.id if found else None
            if sendcloud_id is not None:
                try:
                    delete_order(client, sendcloud_id)
                except Refused as refusal:  # it is this order's own: the others go
                    kept = kept or refusal
                    continue
                self._report.copies_deleted += 1
            note_copy_gone(self._run.book, order_id, now)
            self._report.copies_left -= 1
        if kept:
            raise kept
