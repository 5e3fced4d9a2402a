"""Telling Amazon of shipments one by one: a row before the call, and its answer in the row.

Where the answer is lost nobody knows whether the package is there, so the order is read before anything is sent again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from amzlink.amazon import shipments as api
from amzlink.amazon.orders import DamagedOrder, get_order
from amzlink.amazon.shipment_refusals import Reason
from amzlink.core.orders.order import Order
from amzlink.core.orders.refusal import Refusal
from amzlink.core.shipments.confirmation import State
from amzlink.orderbook.shipments.outbox import Outgoing, in_state, note_asking, note_refused, note_states
from amzlink.problems import Problem
from amzlink.problems.failures import AnswerUnknown, NotFound, Refused
from amzlink.run import StoreRun

_CHUNK: Final = 200
_UNKNOWN_IN_A_ROW: Final = 3  # then it is not this order, but the service
# Amazon may still be working on a call whose answer was lost. If it takes longer than this, the same package is sent
# once more under the same reference, which edits it into what it is.
_SETTLING: Final = timedelta(seconds=5)
# After these the order shows what is so: nothing left of it, or a package that was changed in between.
_READ_BACK_FIRST: Final = frozenset({Reason.ALREADY_CONFIRMED, Reason.STALE_PACKAGE})

UNREADABLE: Final = (Refused, DamagedOrder)
"""What getOrder can answer for one order that was confirmed, while others are well."""


class ConfirmTally(msgspec.Struct, kw_only=True):
    """What became of the confirmations. `amazon_confirms`: of orders that Amazon confirms by itself, as it says."""

    confirmed: int = 0
    edited: int = 0
    already: int = 0
    amazon_confirms: int = 0
    failed: list[Refusal] = msgspec.field(default_factory=list)


class Confirmer:
    """Sends the outbox of one store to Amazon."""

    def __init__(self, run: StoreRun, tally: ConfirmTally) -> None:
        self._run = run
        self._tally = tally
        self._unknown = 0
        self._unreadable: set[str] = set()

    def settle(self) -> None:
        """Find out what became of the calls whose answer was lost, in this run or an earlier one.

        An order that cannot be read holds back no other. It is told of, and read again by the next run.
        """
        for entry in in_state(self._run.book, State.CALLING):
            if entry.asked_at:
                rest = (entry.asked_at + _SETTLING - self._run.now()).total_seconds()
                self._run.pause(max(0.0, min(rest, _SETTLING.total_seconds())), "next check")
            self._run.reporter.step("reading back confirmations whose answer was lost")
            try:
                self._read_back(entry)
            except UNREADABLE as problem:
                self._note_unreadable(entry.order_id, problem)

    def send_singly(self, entries: Sequence[Outgoing]) -> None:
        """Make a call for each. Those that Amazon refuses hold back nobody; what stops the service ends the run."""
        for number, (entry, tracking) in enumerate(self.with_numbers(entries), 1):
            self._run.reporter.step("confirming shipments", number, len(entries))
            self._send(entry, tracking)

    def with_numbers(self, entries: Sequence[Outgoing]) -> Iterator[tuple[Outgoing, str | None]]:
        """Each with its tracking number, which lies in the vault."""
        for start in range(0, len(entries), _CHUNK):
            chunk = entries[start : start + _CHUNK]
            sealed = self._run.sealed.parcels(list(dict.fromkeys(entry.order_id for entry in chunk)))
            for entry in chunk:
                there = sealed.get(entry.order_id)
                yield entry, there.numbers.get(entry.confirmation.parcel) if there else None

    def accept(self, entries: Iterable[Outgoing]) -> None:
        """Amazon has taken these."""
        taken = list(entries)
        said = [entry.confirmation for entry in taken]
        note_states(self._run.book, {State.ACCEPTED: said}, self._run.now())
        edits = sum(entry.is_edit for entry in said)
        self._tally.edited += edits
        self._tally.confirmed += len(said) - edits

    def refuse(self, entry: Outgoing, problem: Problem, reason: str | None, message: str = "") -> None:
        """Amazon does not take this one. Where it says that it has it already, the order shows whether that is so.

        `message` is Amazon's, without what it quotes.
        """
        if reason in _READ_BACK_FIRST:
            try:
                order = self._ask(entry.order_id)
            except UNREADABLE:  # `settle` reads it again, and tells of it
                note_states(self._run.book, {State.CALLING: [entry.confirmation]}, self._run.now())
                return
            if self._has_number(entry, order):
                note_states(self._run.book, {State.STORED: [entry.confirmation]}, self._run.now())
                self._tally.already += 1
                return
        note_refused(
            self._run.book, entry.confirmation, State.REFUSED, problem=problem.name,
            reason=str(reason) if reason else None, message=message or None, now=self._run.now(),
        )  # fmt: skip
        if reason == Reason.AMAZON_CONFIRMS:
            self._tally.amazon_confirms += 1
            return
        self._tally.failed.append(Refusal(entry.order_id, problem.name, problem.summary))

    def put_back(self, entries: Iterable[Outgoing]) -> None:
        """These were not told to Amazon, for certain."""
        states = {State.PLANNED: [entry.confirmation for entry in entries]}
        note_states(self._run.book, states, self._run.now())

    def _send(self, entry: Outgoing, tracking: str | None) -> None:
        note_asking(self._run.book, entry.confirmation, self._run.now())
        try:
            api.confirm_shipment(self._run.amazon, to_api(entry, tracking))
        except api.ShipmentRefused as refusal:
            self._unknown = 0
            self.refuse(entry, refusal, refusal.reason, refusal.message)
        except AnswerUnknown as lost:
            self._lost(lost)
        except Problem:
            self.put_back([entry])
            raise
        else:
            self._unknown = 0
            self.accept([entry])

    def _lost(self, problem: Problem) -> None:
        self._unknown += 1
        if self._unknown == _UNKNOWN_IN_A_ROW:
            raise problem

    def _note_unreadable(self, order_id: str, problem: Problem) -> None:
        if order_id not in self._unreadable:
            self._unreadable.add(order_id)
            self._tally.failed.append(Refusal(order_id, problem.name, problem.summary))

    def _read_back(self, entry: Outgoing) -> None:
        order = self._ask(entry.order_id)
        if self._shown(entry, order):
            self.accept([entry])
        else:
            self.put_back([entry])

    def _ask(self, order_id: str) -> Order | None:
        try:
            return get_order(self._run.amazon, order_id)
        except NotFound:
            return None

    def _has_number(self, entry: Outgoing, order: Order | None) -> bool:
        """Whether the order has a package with this tracking number, whoever told Amazon of it."""
        ((_, number),) = self.with_numbers([entry])
        if order is None or number is None:
            return False
        return bare(number) in map(bare, order.personal.tracking_numbers.values())

    def _shown(self, entry: Outgoing, order: Order | None) -> bool:
        """Whether the order has the package: under its reference and with its tracking number, where it has one."""
        if order is None:
            return False
        ((_, number),) = self.with_numbers([entry])
        return shows(order.packages_by_reference, order.personal.tracking_numbers, entry, number)


def shows(
    references: frozenset[str],
    numbers: Mapping[str, str],
    entry: Outgoing,
    number: str | None,
    *,
    in_doubt: bool = False,
) -> bool:
    """Whether an order's packages, by reference, and their tracking numbers show a confirmation.

    Amazon leaves the number out where it withholds personal data. Of an edit nothing can be told then: `in_doubt`.
    """
    reference = entry.confirmation.reference
    if reference not in references:
        return False
    told = numbers.get(reference)
    if number is None or told is None:
        return in_doubt or not entry.confirmation.is_edit
    return bare(told) == bare(number)


def bare(number: str) -> str:
    """A tracking number as it is compared: people and services space it as they like."""
    return "".join(number.split()).upper()


def to_api(entry: Outgoing, tracking: str | None) -> api.Confirmation:
    """The confirmation as the client takes it."""
    said = entry.confirmation
    return api.Confirmation(
        order_id=said.order_id,
        marketplace_id=entry.marketplace_id,
        reference=said.reference,
        carrier_code=entry.carrier_code,
        carrier_name=entry.carrier_label,
        shipping_method=entry.shipping_method,
        tracking_number=tracking,
        ship_date=entry.ship_date,
        items=said.items,
    )
