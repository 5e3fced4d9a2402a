"""Reading orders back: Sendcloud takes a while to store what it has accepted, and sometimes loses it.

Source: docs/services/sendcloud.md, "Accepted is not stored".
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.clock import age_of
from amzlink.jobs.destination.shippable import stopped
from amzlink.jobs.destination.tally import SendTally
from amzlink.orderbook.destination.outbox import DispatchRow, DispatchState, save_dispatches, unsettled_rows
from amzlink.problems import Problem, ProblemName
from amzlink.run import StoreRun

if TYPE_CHECKING:
    from amzlink.sendcloud.orders import StoredOrder

STORED_WITHIN: Final = timedelta(minutes=30)
"""What was asked for so long ago and is not there will not come any more."""

_MAY_COME: Final = timedelta(minutes=1)
"""What was asked for so lately, and had no answer, may be on its way: a run died or was stopped a moment ago."""

_PAUSES: Final = (2.0, 4.0, 8.0)  # seconds; as a rule Sendcloud stores within about two
# Look-ups of single orders in one run: where nothing was stored, further ones say the same.
_MOST_SINGLES: Final = 100
_NOT_STORED: Final = ProblemName.SENDCLOUD_NOT_STORED


def may_still_appear(row: DispatchRow, now: datetime) -> bool:
    """Whether an order that Sendcloud does not have was given to it so lately that it may still be stored."""
    return row.asked_at is not None and age_of(row.asked_at, now) <= STORED_WITHIN


class OrdersThere:
    """Looks at Sendcloud for one store's orders. An update is there once its version is: an older one is no proof."""

    def __init__(self, run: StoreRun, tally: SendTally) -> None:
        self._run = run
        self._tally = tally

    def settle(self) -> list[DispatchRow]:
        """Look for what earlier runs left open: asked without an answer, or accepted and not seen yet.

        Gives what was accepted and is not there. What was asked for a moment ago is waited for: else it would be
        written twice.
        """
        now = self._run.now()
        missing = self._look(unsettled_rows(self._run.book))
        self._wait_for(
            lambda row: (
                row.state is DispatchState.ASKED and row.asked_at is not None and age_of(row.asked_at, now) < _MAY_COME
            )
        )
        return [row for row in missing if row.state is DispatchState.ACCEPTED]

    def wait(self, since: datetime) -> None:
        """Look for what was accepted since then, a few times; what is not there yet is left to the next run."""
        since = since.replace(microsecond=0)  # the book's times are to the second
        self._wait_for(
            lambda row: row.state is DispatchState.ACCEPTED and row.accepted_at is not None and row.accepted_at >= since
        )

    def _wait_for(self, is_meant: Callable[[DispatchRow], bool]) -> None:
        for pause in _PAUSES:
            waiting = [row for row in unsettled_rows(self._run.book) if is_meant(row)]
            if not waiting:
                return
            self._run.reporter.step("orders that Sendcloud has not saved yet", len(waiting))
            self._run.pause(pause, "next check")
            self._look(waiting)

    def give_up(self, missing: Sequence[DispatchRow]) -> None:
        """Of what is missing for half an hour: ask for it once more, and the second time let it be and report it.

        Orders that nobody should ship are left out: whoever takes orders back looks for those.
        """
        now = self._run.now()
        late = [row for row in missing if row.accepted_at and age_of(row.accepted_at, now) > STORED_WITHIN]
        unwanted = stopped(self._run, [row.order_id for row in late])
        late = [row for row in late if row.order_id not in unwanted]
        again, lost = list[DispatchRow](), list[DispatchRow]()
        for row in late:
            problem = Problem(_NOT_STORED, order_id=row.order_id)
            if row.problem != problem.name:
                self._run.reporter.warn(self._run.naming_store(problem))
                again.append(msgspec.structs.replace(row, state=DispatchState.ASKED, problem=problem.name))
            elif len(lost) < _MOST_SINGLES and not self._is_there(row):
                self._tally.refuse(row.order_id, problem)
                lost.append(msgspec.structs.replace(row, state=DispatchState.REFUSED))
        save_dispatches(self._run.book, [*again, *lost], now)

    def _look(self, rows: Sequence[DispatchRow]) -> list[DispatchRow]:
        """Mark what is there; gives what is not, or only in an older version."""
        from amzlink.sendcloud.orders import find_orders  # noqa: PLC0415 - only for this destination

        ids = [row.order_id for row in rows]
        found = find_orders(self._run.sendcloud, self._run.integration_id, ids, most_singles=_MOST_SINGLES)
        marked = [_seen(row, found[row.order_id]) for row in rows if row.order_id in found]
        save_dispatches(self._run.book, marked, self._run.now())
        there = {row.order_id for row in marked if row.state is DispatchState.SENT}
        self._tally.sent += len(there)
        older = {row.order_id: row for row in marked}
        return [older.get(row.order_id, row) for row in rows if row.order_id not in there]

    def _is_there(self, row: DispatchRow) -> bool:
        """A look at one order alone, before it is given up."""
        return not self._look([row])


def _seen(row: DispatchRow, stored: "StoredOrder") -> DispatchRow:
    """The row of an order that Sendcloud has, in whatever version."""
    row = msgspec.structs.replace(row, sendcloud_id=stored.id)
    if row.version and stored.updated_at and stored.updated_at < row.version:
        return row
    return msgspec.structs.replace(row, state=DispatchState.SENT, problem=None, code=None, pointer=None, message=None)
