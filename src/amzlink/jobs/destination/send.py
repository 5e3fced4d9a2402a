"""Handing orders on to Sendcloud: an outbox row first, then the call, then the answer in the row.

An order is sent when it is ready, and again only when what would be sent has changed and no parcel exists. One that was
cancelled or held since is taken back while no parcel exists. Sendcloud takes a while to store what it has
accepted, so every order is read back before it counts as sent.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from amzlink.core.destination.currencies import orders_to_try_again
from amzlink.core.destination.outgoing_order import OutgoingOrder, outgoing
from amzlink.core.orders.holds import counting
from amzlink.core.orders.order import OrderId
from amzlink.core.privacy.sealed_data import keyed_hash
from amzlink.jobs.destination.batches import ReadyOrder, post_batch
from amzlink.jobs.destination.read_back import OrdersThere
from amzlink.jobs.destination.shippable import has_parcel_there
from amzlink.jobs.destination.tally import SendTally
from amzlink.jobs.destination.withdraw import Recall
from amzlink.orderbook.destination.outbox import (
    DispatchRow,
    DispatchState,
    accepted_currencies,
    considered,
    dispatch_rows,
    orders_to_consider,
    refused_currencies,
    save_dispatches,
)
from amzlink.orderbook.orders.browse import holds
from amzlink.orderbook.orders.rows import weighed_orders_of
from amzlink.orderbook.shipments.parcels import have_parcels
from amzlink.orderbook.weights.customs import customs_of
from amzlink.problems import Problem
from amzlink.run import StoreRun

MOST_IN_A_BATCH: Final = 100
_CHUNK: Final = 200
_READ_BACK_EVERY: Final = 1000  # orders: five pages of Sendcloud's list, while they are still its newest
_UNDECIDED: Final = (DispatchState.ASKED, DispatchState.RECALLED)
_PARTLY: Final = "PARTIALLY_SHIPPED"


def send_orders(run: StoreRun, tally: SendTally) -> None:
    """Bring one store's orders to Sendcloud, and back from there. What was done before a problem stays done and noted.

    A dry run counts what would be sent.

    Raises:
        Problem: as the calls to Sendcloud, `sendcloud-busy`, `sendcloud-integration-missing`, or `request-refused`; and
            what opening the vault raises.
    """
    batches = _Post(run, tally).batches()
    if run.dry_run:
        tally.would_send = sum(map(len, batches))
        return
    started, accepted = run.now(), 0
    there, recall = OrdersThere(run, tally), Recall(run, tally)
    missing = there.settle()
    coming = recall.run()
    there.give_up(missing)
    sent = 0
    for batch in batches:
        sent += len(batch)
        run.reporter.step("sending orders to Sendcloud", sent)
        accepted += post_batch(run, tally, batch)
        if accepted >= _READ_BACK_EVERY:
            there.wait(started)
            accepted = 0
    there.wait(started)
    if coming:
        recall.run()


class _Post:
    """What goes out of one store."""

    def __init__(self, run: StoreRun, tally: SendTally) -> None:
        self._run = run
        self._tally = tally
        # Besides the order itself a payload depends on these.
        self._basis = (
            f"{run.integration_id}{' weighed' if run.store.import_weights else ''}"
            f"{'' if run.store.notes_for_demands else ' without-demands'}"
        )

    def batches(self) -> Iterator[list[ReadyOrder]]:
        """The orders that have to be sent now, the most urgent first; memory stays flat."""
        ready = self._ready()
        while batch := list(itertools.islice(ready, MOST_IN_A_BATCH)):
            yield batch

    def _ready(self) -> Iterator[ReadyOrder]:
        ids = iter(dict.fromkeys([*orders_to_consider(self._run.book, self._basis), *self._refused_for_currency()]))
        while chunk := list(itertools.islice(ids, _CHUNK)):
            decided = list(self._decide_all(chunk))
            save_dispatches(
                self._run.book, [each for each in decided if isinstance(each, DispatchRow)], self._run.now()
            )
            yield from (each for each in decided if isinstance(each, ReadyOrder))

    def _refused_for_currency(self) -> Iterator[str]:
        refused = refused_currencies(self._run.book)
        accepted = accepted_currencies(self._run.book, {order.currency for order in refused}) if refused else {}
        return orders_to_try_again(refused, accepted, self._run.now())

    def _decide_all(self, order_ids: Sequence[str]) -> Iterator[ReadyOrder | DispatchRow]:
        book, store = self._run.book, self._run.store
        policy, now = store.hold_policy, self._run.now()
        held = holds(book, order_ids)
        ready = [order_id for order_id in order_ids if not counting(held[order_id], policy, now)]
        known = dispatch_rows(book, ready)
        with_parcel = have_parcels(book, ready)
        damaged: list[Problem] = []
        personal = self._run.sealed.personal_data(ready, damaged=damaged)
        for problem in damaged:
            self._tally.refuse(str(problem.facts["order_id"]), problem)
        orders = weighed_orders_of(book, list(personal), personal)
        customs = customs_of(book, {line.sku for order, _ in orders for line in order.lines if line.sku})
        found = {
            order.order_id: outgoing(order, weights if store.import_weights else {}, customs, store.country)
            for order, weights in orders
        }
        for order_id in ready:
            order = found.get(OrderId(order_id))
            if order is None:
                continue
            row = known.get(order_id) or DispatchRow(order_id=order_id, state=DispatchState.ASKED)
            row = msgspec.structs.replace(row, considered=considered(order.order.changed_at, self._basis))
            decided = self._decide(order, row, parcel_known=order_id in with_parcel)
            if decided is not None:
                yield decided

    def _decide(
        self, outgoing: OutgoingOrder, row: DispatchRow, *, parcel_known: bool
    ) -> ReadyOrder | DispatchRow | None:
        """An order to be sent, a row to be noted, or neither: then the order is looked at again by the next run."""
        from amzlink.sendcloud.payload import build_payload, payload_bytes  # noqa: PLC0415

        try:
            payload = build_payload(outgoing, self._run.integration_id, with_demands=self._run.store.notes_for_demands)
        except Problem as problem:
            if self._is_packed(outgoing, row, parcel_known=parcel_known):
                return None
            self._tally.refuse(row.order_id, problem)
            return _refused(row, problem)
        fingerprint = keyed_hash(outgoing.order.personal.salt, payload_bytes(payload))
        if row.payload_hash == fingerprint and row.state not in _UNDECIDED:
            return row
        if self._is_packed(outgoing, row, parcel_known=parcel_known):
            return _packed(row)
        return ReadyOrder(payload, self._asked(row, fingerprint))

    def _is_packed(self, outgoing: OutgoingOrder, row: DispatchRow, *, parcel_known: bool) -> bool:
        """Whether a parcel exists already: one that is known here, or that Sendcloud has of an order that is there.

        An order that Sendcloud never had may be under way by other means; what is left of it goes to Sendcloud.
        """
        if row.is_there:
            return parcel_known or has_parcel_there(self._run, row.order_id)
        return parcel_known and outgoing.order.status != _PARTLY

    def _asked(self, row: DispatchRow, fingerprint: str) -> DispatchRow:
        return msgspec.structs.replace(
            row,
            state=DispatchState.ASKED,
            payload_hash=fingerprint,
            asked_at=self._run.now(),
            # That it was lost before counts only for what is the same now.
            problem=row.problem if row.payload_hash == fingerprint else None,
            code=None,
            pointer=None,
            message=None,
        )


def _packed(row: DispatchRow) -> DispatchRow | None:
    """What has changed is not in the parcel. Should that be cancelled, the order has to be sent after all."""
    if row.state is not DispatchState.ASKED or not row.is_there:
        return None
    return msgspec.structs.replace(
        row, state=DispatchState.SENT, payload_hash=None, considered=None, problem=None, code=None, pointer=None
    )


def _refused(row: DispatchRow, problem: Problem) -> DispatchRow:
    """Refused before it was sent. What `build_payload` says of the reason names fields, never what is in them."""
    detail = problem.facts.get("detail")
    return msgspec.structs.replace(
        row,
        state=DispatchState.REFUSED,
        payload_hash=None,
        problem=problem.name,
        code=None,
        pointer=None,
        message=str(detail) if detail else None,
    )
