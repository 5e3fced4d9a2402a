"""Taking orders in: each gets a verdict and its holds, its personal data is sealed, and a page is stored as a whole."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from amzlink.amazon.orders import UnreadableOrder
from amzlink.core.orders.changes import Known, Verdict, digest, judge
from amzlink.core.orders.holds import HeldFor, causes, counting
from amzlink.core.orders.order import NOTHING_PERSONAL, Order
from amzlink.core.privacy.retention import Rule, keeping_of, lease_for, lifetime_as_told
from amzlink.orderbook.orders.browse import any_deliverable, holds
from amzlink.orderbook.orders.pages import (
    OrderChange,
    Page,
    Refusal,
    Search,
    known_orders,
    save_page,
)
from amzlink.problems import Problem, ProblemName
from amzlink.run import StoreRun
from amzlink.sealed import TakingIn

_BY_AMAZON: Final = "AMAZON"
_DATED_BY: Final = "sendcloud"


class Tally(msgspec.Struct, kw_only=True):
    """The counts of a run: `fetched` is the sum of the four verdicts and of what was refused on the pages."""

    fetched: int = 0
    verdicts: Counter[str] = msgspec.field(default_factory=Counter)
    held: Counter[str] = msgspec.field(default_factory=Counter)
    missing_weight: int = 0
    refused: list[Refusal] = msgspec.field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The plain numbers, for the log and the record of runs."""
        return {
            "fetched": self.fetched,
            **{verdict.value: self.verdicts[verdict] for verdict in Verdict},
            "refused": len(self.refused),
        }


class Intake:
    """Takes in the orders of one store's run. Its time is Amazon's when the run began to take orders in."""

    def __init__(self, run: StoreRun, tally: Tally) -> None:
        self._policy = run.store.hold_policy
        self._retention = run.retention
        self._book = run.book
        self._sealed = run.sealed
        self._now = run.now()
        self._today = self._sealed.today(self._now)
        self._tally = tally
        self._to_ship = 0
        self._deliverable = 0

    def take(
        self, orders: Sequence[Order], refused: Sequence[UnreadableOrder] = (), search: Search | None = None
    ) -> None:
        """Store what one answer brought. `search` is the search it belongs to, with the resume point moved on."""
        changes = self._changes(orders)
        refusals = [Refusal(entry.order_id, entry.problem, entry.message) for entry in refused]
        self._tally.fetched += len(orders) + len(refused)
        self._tally.refused += refusals
        done = search is not None and search.page_token is None
        page = Page(
            changes=changes,
            refusals=refusals,
            settled=[order.order_id for order in orders],
            chain_ids=self._sealed.chain_ids,
            search=search,
            done=done,
            # A wrong Date must not move the next window's start beyond the time to go by.
            covered_until=min(search.window_end, self._now) if search and done and search.kind == "changes" else None,
        )
        save_page(self._book, page, self._now)
        self._count_holds(changes)

    def refuse(self, order_id: str, problem: ProblemName, message: str) -> None:
        """Note a single order that could not be had; one that Amazon does not know is not asked for again."""
        refusal = Refusal(order_id, problem, message)
        self._tally.refused.append(refusal)
        gone = problem == ProblemName.ORDER_NOT_FOUND
        page = Page(changes=(), refusals=() if gone else (refusal,), settled=(order_id,) if gone else ())
        save_page(self._book, page, self._now)

    def missing_addresses(self) -> Problem | None:
        """`role-missing-pii`, where every order still to ship came without name and street, and none ever came with."""
        if not self._to_ship or self._deliverable or any_deliverable(self._book):
            return None
        return Problem(ProblemName.ROLE_MISSING_PII, count=self._to_ship)

    def _changes(self, orders: Sequence[Order]) -> list[OrderChange]:
        if not orders:
            return []
        ids = [order.order_id for order in orders]
        known, purged = known_orders(self._book, ids)
        sealed = self._sealed.taking_in(list(known))
        changes = []
        for order in orders:
            if order.fulfilled_by == _BY_AMAZON:
                problem = Problem(ProblemName.ORDER_AMAZON_FULFILLED, order_id=order.order_id)
                self._tally.refused.append(Refusal(order.order_id, problem.name, problem.summary))
                continue
            fingerprint = digest(order)
            before = known.get(order.order_id)
            if before and before.deliverable and order.order_id not in sealed and order.order_id not in purged:
                # Its box is gone, or can be opened by nobody (a book put back): the address is welcome again.
                before = msgspec.structs.replace(before, deliverable=False)
            verdict = judge(order, fingerprint, before)
            self._tally.verdicts[verdict] += 1
            if verdict in (Verdict.UNCHANGED, Verdict.PENDING):
                continue
            change = self._change(order, fingerprint, sealed, before, purged=order.order_id in purged)
            changes.append(change)
            self._count(order)
            # The same order may stand on a page twice; the second time it is known.
            known[order.order_id] = Known(order.changed_at, fingerprint, order.personal.recipient.deliverable)
        return changes

    def _change(
        self, order: Order, fingerprint: str, there: TakingIn, known: Known | None, *, purged: bool
    ) -> OrderChange:
        sealed, rule = None, None
        if not purged:
            dated = known is not None and known.delivered_by == _DATED_BY
            delivered_on = known.delivered_on if known else None
            lifetime = lifetime_as_told(order, self._today, delivered_on, delivery_dated=dated)
            lease = lease_for(lifetime, self._today, self._retention)
            if lease is None:
                found_rule = keeping_of(lifetime, self._today, self._retention).rule
                # What tax may want goes with the purge at the end of the run, which archives it first.
                at_once = found_rule is Rule.CANCELLED and order.shipped_at is None
                rule = found_rule.value if at_once or order.order_id not in there else None
            elif order.personal != NOTHING_PERSONAL:
                order = there.completed(order)
                sealed = there.seal(order, lease)
        found = {hold.value: cause for hold, cause in causes(order).items()}
        return OrderChange(order, fingerprint, known is None, found, sealed, rule)

    def _count(self, order: Order) -> None:
        if not order.to_ship:
            return
        self._to_ship += 1
        self._deliverable += order.personal.recipient.deliverable

    def _count_holds(self, changes: Sequence[OrderChange]) -> None:
        """Count what keeps the changed orders back. What a person lifted does not; the book knows that."""
        seen = [change.order.order_id for change in changes if not change.is_new]
        lifted = holds(self._book, seen) if seen else {}
        for change in changes:
            fresh = tuple(HeldFor(hold, cause) for hold, cause in change.causes.items())
            held = lifted.get(change.order.order_id, fresh) if not change.is_new else fresh
            self._tally.held.update(counting(held, self._policy, self._now))
