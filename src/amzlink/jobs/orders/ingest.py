"""Taking orders in: each gets a verdict and its holds, its personal data is sealed, and a page is stored as a whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec

from amzlink.amazon.orders import UnreadableOrder
from amzlink.core.destination.customs_union import leaves_customs_union
from amzlink.core.orders.changes import Known, Verdict, digest, judge
from amzlink.core.orders.holds import BY_AMAZON, HeldFor, Hold, causes, counting
from amzlink.core.orders.order import NOTHING_PERSONAL, Order
from amzlink.core.orders.refusal import Refusal
from amzlink.core.privacy.retention import Rule, keeping_of, lease_for, lifetime_as_told
from amzlink.jobs.orders.other_country import of_other_country
from amzlink.orderbook.orders.browse import holds
from amzlink.orderbook.orders.incomplete import IncompleteOrder, orders_without_address
from amzlink.orderbook.orders.pages import OrderChange, Page, PassedOver, known_orders, save_page
from amzlink.orderbook.orders.rows import orders_of
from amzlink.orderbook.orders.searches import Search
from amzlink.orderbook.weights.customs import NOTHING_MISSING, MissingCustoms
from amzlink.problems import Problem, ProblemName, services
from amzlink.run import StoreRun
from amzlink.sealed import TakingIn

_DATED_BY: Final = "sendcloud"
_AHEAD: Final = timedelta(days=1)  # more than any clock or zone explains
_MOST_READ: Final = 5_000  # a quota's burst is 2,000 orders, and then a report is asked for


class Tally(msgspec.Struct, kw_only=True):
    """The counts of a run: `fetched` is the sum of the four verdicts and of what was refused on the pages.

    What a report tells and what is then read of the same order counts once.
    `incomplete` are orders to ship that came incomplete, now or earlier. `customs` is what orders to ship lack.
    """

    fetched: int = 0
    verdicts: Counter[str] = msgspec.field(default_factory=Counter)
    held: Counter[str] = msgspec.field(default_factory=Counter)
    missing_weight: int = 0
    customs: MissingCustoms = NOTHING_MISSING
    incomplete: list[IncompleteOrder] = msgspec.field(default_factory=list)
    refused: list[Refusal] = msgspec.field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The plain numbers, for the log and the record of runs."""
        return {
            "fetched": self.fetched,
            **{verdict.value: self.verdicts[verdict] for verdict in Verdict},
            "refused": len(self.refused),
        }


class _Sorted(msgspec.Struct):
    """Orders by what becomes of them: stored, asked for again, or only remembered by their number."""

    changes: list[OrderChange] = []
    put_off: list[Refusal] = []
    passed_over: list[PassedOver] = []
    counted_before: list[str] = []


class Intake:
    """Takes in the orders of one store's run. Its time is Amazon's when the run began to take orders in."""

    def __init__(self, run: StoreRun, tally: Tally) -> None:
        self._slug = run.slug
        self._store = run.store
        self._policy = run.store.hold_policy
        self._retention = run.retention
        self._book = run.book
        self._sealed = run.sealed
        self._now = run.now()
        self._today = self._sealed.today(self._now)
        self._tally = tally
        self._began = self._now.replace(microsecond=0)  # as the book has it of what this run imports
        self._counted_without_address: set[str] = set()
        self._read: set[str] = set()  # what came before a report, as far as a quota's burst reaches

    def take(
        self,
        orders: Sequence[Order],
        refused: Sequence[UnreadableOrder] = (),
        search: Search | None = None,
        unread: Sequence[str] = (),
    ) -> None:
        """Store what one answer brought. `search` is the search it belongs to, with the resume point moved on.

        Those that are `unread` are written down and not counted: the caller asks for each on its own.
        """
        found = self._sort(orders)
        refusals = [Refusal(entry.order_id, entry.problem, entry.message) for entry in refused] + found.put_off
        self._tally.fetched += len(orders) + len(refused) - len(found.counted_before)
        self._tally.refused += refusals
        waiting = [Refusal(each, ProblemName.RESPONSE_MALFORMED, services.DAMAGED_PAGE) for each in unread]
        done = search is not None and search.page_token is None
        page = Page(
            changes=found.changes,
            refusals=[*refusals, *waiting],
            passed_over=found.passed_over,
            settled={order.order_id for order in orders} - {entry.order_id for entry in found.put_off},
            chain_ids=self._sealed.chain_ids,
            search=search,
            done=done,
            # A wrong Date must not move the next window's start beyond the time to go by.
            covered_until=min(search.window_end, self._now) if search and done and search.kind == "changes" else None,
        )
        counted = holds(self._book, found.counted_before) if found.counted_before else {}
        save_page(self._book, page, self._now)
        self._count_holds(found.changes, counted)

    def refuse(self, order_id: str, problem: ProblemName, message: str) -> None:
        """Note a single order that could not be had; one that Amazon does not know is not asked for again."""
        refusal = Refusal(order_id, problem, message)
        gone = problem == ProblemName.ORDER_NOT_FOUND
        self._tally.fetched += not gone  # what Amazon does not know did not come from there
        self._tally.refused.append(refusal)
        page = Page(changes=(), refusals=() if gone else (refusal,), settled=(order_id,) if gone else ())
        save_page(self._book, page, self._now)

    def addresses_came(self, order_ids: Sequence[str], damaged: Sequence[str]) -> None:
        """Count the holds of these orders anew, whose addresses a person gave after they had come; some `damaged`."""
        self._tally.held[Hold.NO_ADDRESS] -= len(self._counted_without_address.intersection(order_ids))
        self._tally.held[Hold.DAMAGED_TEXT] += len(damaged)
        self._tally.held = +self._tally.held

    def missing_addresses(self) -> Problem | None:
        """`role-missing-pii`, where most of the newest orders to ship came without name and street."""
        count = orders_without_address(self._book)
        return Problem(ProblemName.ROLE_MISSING_PII, count=count) if count else None

    def _sort(self, orders: Sequence[Order]) -> "_Sorted":
        """What is to be stored of these orders, and what becomes of the others."""
        found = _Sorted()
        if not orders:
            return found
        ids = [order.order_id for order in orders]
        known, purged = known_orders(self._book, ids)
        sealed = self._sealed.taking_in(list(known))
        taken: dict[str, Order] = {}  # of these orders, as the book does not have them yet
        for told in orders:
            before = known.get(told.order_id)
            order = self._with_known_lines(told, taken) if before and before.has_lines else told
            if problem := self._foreign(order, before):
                self._tally.refused.append(Refusal(order.order_id, problem.name, problem.summary))
                by_amazon = problem.name is ProblemName.ORDER_AMAZON_FULFILLED
                foreign = None if by_amazon else order.marketplace_id
                found.passed_over.append(PassedOver(order.order_id, order.status, by_amazon, foreign))
                continue
            if before and before.deliverable and order.order_id not in sealed and order.order_id not in purged:
                # Its box is gone, or can be opened by nobody (a book put back): the address is welcome again.
                before = msgspec.structs.replace(before, deliverable=False)
            if before and before.has_lines and not order.lines:
                found.put_off.append(Refusal(order.order_id, ProblemName.RESPONSE_MALFORMED, services.NO_ITEMS))
                continue
            if before and before.changed_at > self._now + _AHEAD:
                # A time that was wrong when it was told: no later change could ever be later than that.
                before = msgspec.structs.replace(before, changed_at=min(before.changed_at, order.changed_at))
            fingerprint = digest(told)
            verdict = judge(order, fingerprint, before, partial(sealed.tells_more, order))
            if self._was_counted(order, before):
                found.counted_before.append(order.order_id)
            else:
                self._tally.verdicts[verdict] += 1
            if verdict is Verdict.PENDING:
                found.passed_over.append(PassedOver(order.order_id, order.status))
            if verdict in (Verdict.UNCHANGED, Verdict.PENDING):
                continue
            change = self._change(order, fingerprint, sealed, before, purged=order.order_id in purged)
            found.changes.append(change)
            # The same order may stand on a page twice; the second time it is known.
            taken[order.order_id] = order
            known[order.order_id] = Known(
                order.changed_at,
                fingerprint,
                change.order.personal.recipient.deliverable,
                has_lines=bool(order.lines),
                reported_at=self._began if order.from_report else None,
            )
        return found

    def _was_counted(self, order: Order, before: Known | None) -> bool:
        """Whether this run has counted the order already: a report and a search tell of the same ones.

        The book says of which a report has told, so that nothing has to be remembered of thousands.
        """
        if order.from_report:
            return order.order_id in self._read
        if len(self._read) < _MOST_READ:
            self._read.add(order.order_id)
        return before is not None and before.reported_at == self._began

    def _with_known_lines(self, order: Order, taken: Mapping[str, Order]) -> Order:
        """An order of which nothing is left to ship has the lines that it had, where they did not come again."""
        if order.lines or order.to_ship:
            return order
        known = taken.get(order.order_id) or orders_of(self._book, [order.order_id])[0]
        return msgspec.structs.replace(
            order, lines=tuple(msgspec.structs.replace(line, quantity_unshipped=0) for line in known.lines)
        )

    def _foreign(self, order: Order, known: Known | None) -> Problem | None:
        """Why an order is none of this store's to ship; one that is in the book is kept up to date in any case.

        So one that Amazon took over to ship itself gets a hold, and Sendcloud does not keep it.
        """
        by_amazon = order.fulfilled_by == BY_AMAZON
        if known and not (by_amazon and known.from_report):
            return None
        if by_amazon:
            return Problem(ProblemName.ORDER_AMAZON_FULFILLED, order_id=order.order_id)
        elsewhere = order.marketplace_id and order.marketplace_id not in self._store.marketplace_ids
        if not elsewhere or self._store.amazon_sandbox:
            return None
        return of_other_country(order.order_id, order.marketplace_id or "", self._slug, self._store)

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
        leaves = leaves_customs_union(self._store.country, order.personal.recipient)
        was_reported = known is not None and known.from_report
        return OrderChange(order, fingerprint, known is None, found, sealed, rule, leaves, was_reported)

    def _count_holds(self, changes: Sequence[OrderChange], counted: Mapping[str, tuple[HeldFor, ...]]) -> None:
        """Count what keeps the changed orders back. What a person lifted does not; the book knows that.

        Holds that were `counted` when a report told of the order in this run no longer count.
        """
        seen = [change.order.order_id for change in changes if not change.is_new]
        lifted = holds(self._book, seen) if seen else {}
        for change in changes:
            order_id = change.order.order_id
            self._tally.held.subtract(counting(counted.get(order_id, ()), self._policy, self._now))
            if change.is_new and not change.causes:
                continue
            fresh = tuple(HeldFor(hold, cause) for hold, cause in change.causes.items())
            held = lifted.get(order_id, fresh) if not change.is_new else fresh
            holding = counting(held, self._policy, self._now)
            self._tally.held.update(holding)
            if Hold.NO_ADDRESS in holding:
                self._counted_without_address.add(order_id)
        self._tally.held = +self._tally.held
