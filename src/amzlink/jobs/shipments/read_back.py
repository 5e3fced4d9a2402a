"""Seeing that what Amazon has accepted is there: a 204 is no proof (docs/services/amazon.md, "Accepted is not stored").

The import that runs anyway brings the packages of every order that a confirmation has changed; only what does not show
there is asked for.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from amzlink.amazon.orders import get_order
from amzlink.clock import age_of
from amzlink.core.orders.order import NOTHING_PERSONAL
from amzlink.core.shipments.confirmation import State
from amzlink.jobs.orders.ingest import Intake
from amzlink.jobs.shipments.confirm_singly import UNREADABLE, shows
from amzlink.orderbook.shipments.outbox import Outgoing, in_state, note_refused, note_seen, situations
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import NotFound
from amzlink.problems.shipments import SENT_TWICE
from amzlink.run import StoreRun

_SHOWN_BY_THEN: Final = timedelta(minutes=4)  # the import's window ends two minutes ago, and Amazon takes its time
_MISSING_AFTER: Final = timedelta(minutes=30)
_MOST_READ: Final = 25  # a run's share of getOrder's burst of 30
_CHUNK: Final = 200


class ConfirmationsShown:
    """Looks for the confirmations of one store, by Amazon's time."""

    def __init__(self, run: StoreRun, intake: Intake) -> None:
        self._run = run
        self._intake = intake
        self._now = run.now()

    def check(self) -> int:
        """Mark what shows; read what does not show in time; what is gone after half an hour is sent once more.

        Gives how many confirmations are missing for good. Only a trusted time says that half an hour has passed.
        """
        waiting = self._not_shown(in_state(self._run.book, State.ACCEPTED))
        late = [entry for entry in waiting if self._age(entry) >= _SHOWN_BY_THEN][:_MOST_READ]
        ids = list(dict.fromkeys(entry.order_id for entry in late))
        unread: set[str] = set()
        for number, order_id in enumerate(ids, 1):
            self._run.reporter.step("checking for confirmations at Amazon", number, len(ids))
            if not self._ask(order_id):
                unread.add(order_id)
        missing = [entry for entry in self._not_shown(late) if entry.order_id not in unread]
        if not self._run.time.is_trusted:
            return 0
        gone = [entry for entry in missing if self._age(entry) >= _MISSING_AFTER]
        return sum(self._give_up(entry) for entry in gone)

    def _ask(self, order_id: str) -> bool:
        """Read the order. False where it cannot be read, which is noted, and says nothing of its packages."""
        try:
            self._intake.take((get_order(self._run.amazon, order_id),))
        except NotFound:
            return True
        except UNREADABLE as problem:
            self._intake.refuse(order_id, problem.name, problem.summary)
            return False
        return True

    def _age(self, entry: Outgoing) -> timedelta:
        return age_of(entry.accepted_at or entry.asked_at or self._now, self._now)

    def _not_shown(self, entries: Sequence[Outgoing]) -> list[Outgoing]:
        """Those whose package the book does not have; the others are marked as stored."""
        missing: list[Outgoing] = []
        for start in range(0, len(entries), _CHUNK):
            chunk = entries[start : start + _CHUNK]
            ids = list(dict.fromkeys(entry.order_id for entry in chunk))
            found, _ = situations(self._run.book, ids)
            sealed = self._run.sealed.parcels(ids)
            personal = self._run.sealed.personal_data(ids)
            stored: list[Outgoing] = []
            for entry in chunk:
                references = frozenset(package.reference for package in found[entry.order_id].packages)
                there = sealed.get(entry.order_id)
                number = there.numbers.get(entry.confirmation.parcel) if there else None
                # What Amazon withholds is no sign that it is missing.
                told = personal.get(entry.order_id, NOTHING_PERSONAL).tracking_numbers
                shown = shows(references, told, entry, number, in_doubt=True)
                (stored if shown else missing).append(entry)
            note_seen(self._run.book, [entry.confirmation for entry in stored], State.STORED, self._now)
        return missing

    def _give_up(self, entry: Outgoing) -> bool:
        """Send it once more; the second time it stays missing."""
        problem = Problem(ProblemName.CONFIRMATION_NOT_STORED, order_id=entry.order_id)
        if entry.confirmation.resent:
            problem = problem.with_facts(advice=SENT_TWICE)
        self._run.reporter.warn(self._run.naming_store(problem))
        if entry.confirmation.resent:
            note_refused(
                self._run.book, entry.confirmation, State.MISSING, problem=problem.name, reason=None, now=self._now
            )  # fmt: skip
            return True
        note_seen(self._run.book, [entry.confirmation], State.PLANNED, self._now, resent=True)
        return False
