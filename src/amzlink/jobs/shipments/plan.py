"""Deciding, order by order, what Amazon is to be told of the parcels, and writing it into the outbox."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from amzlink.amazon.carriers import AmazonCarrier, amazon_carrier, nearest_code
from amzlink.amazon.marketplaces import BY_ID
from amzlink.core.orders.order import TO_SHIP
from amzlink.core.orders.refusal import Refusal
from amzlink.core.privacy.sealed_data import keyed_hash
from amzlink.core.shipments.confirmation import Confirmation, State
from amzlink.core.shipments.parcels import FILE, Parcel, SealedParcels
from amzlink.core.shipments.plan import Outlook, Situation, plan
from amzlink.core.shipments.trigger import TriggerRule, ship_date
from amzlink.jobs.shipments.collect import ParcelUpdates
from amzlink.orderbook.shipments.carriers import carriers_told
from amzlink.orderbook.shipments.outbox import OrderFacts, Outgoing, plan_confirmations, situations
from amzlink.orderbook.shipments.parcels import note_nothing_left, note_superseded, orders_to_look_at
from amzlink.problems import Problem, ProblemName
from amzlink.problems.shipments import why_stopped
from amzlink.run import StoreRun

_CHUNK: Final = 200
CORRECTED_FOR: Final = timedelta(days=30)
"""How long after its confirmation a parcel's carrier is corrected, as Amazon's rates look at the last weeks only."""
_NO_CODES: Final = ProblemName.TRANSPARENCY_CODES_MISSING
_NEAR: Final = timedelta(hours=24)


class Planned(msgspec.Struct, kw_only=True):
    """What the decision came to, in parcels.

    `confirm` and `edit` are to be sent, decided now or waiting in the queue; `already` and `amazon_confirms`, of orders
    that Amazon confirms by itself, count only parcels of which something was heard. `nothing_left` are parcels whose
    items are all in other parcels, by order. `deleted` are parcels of orders whose personal data is deleted, the
    tracking numbers with it. Of those that wait for a scan, `numberless` have no tracking number.
    `due` are orders that wait for the trigger and have to be shipped soon. `as_other` are the carriers, by name, for
    which no table has a code of Amazon's, with the number of their parcels.
    """

    confirm: int = 0
    edit: int = 0
    waiting: int = 0
    already: int = 0
    amazon_confirms: int = 0
    nothing_left: Counter[str] = msgspec.field(default_factory=Counter)
    deleted: Counter[str] = msgspec.field(default_factory=Counter)
    numberless: int = 0
    due: int = 0
    as_other: Counter[str] = msgspec.field(default_factory=Counter)
    failed: list[Refusal] = msgspec.field(default_factory=list)


class Planner:
    """Decides for one store, by Amazon's time."""

    def __init__(self, run: StoreRun, updates: ParcelUpdates) -> None:
        self._book = run.book
        self._sealed = run.sealed
        self._reporter = run.reporter
        self._naming_store = run.naming_store
        # The guard confirms a parcel before its time, which cannot be taken back: only a trusted time sets it off.
        guard_hours = run.store.ship_by_guard_hours if run.time.is_trusted else 0
        self._trigger = TriggerRule(run.store.update_status_when, guard_hours)
        self._own_carriers = run.store.own_carriers
        self._updates = updates
        self._now = run.now()
        self._warned: set[str] = set()
        self.planned = Planned()

    def decide(self) -> Planned:
        """Decide for every order with something new, that Amazon still waits for, or whose carrier has another name.

        The last are those for which the store's own table of carriers was changed since.
        """
        ids = list(
            dict.fromkeys([*sorted(self._updates.touched), *orders_to_look_at(self._book), *self._told_otherwise()])
        )
        for start in range(0, len(ids), _CHUNK):
            self._decide(ids[start : start + _CHUNK])
        return self.planned

    def _decide(self, order_ids: Sequence[str]) -> None:
        found, facts = situations(self._book, order_ids)
        sealed = self._sealed.parcels(order_ids)
        outgoing: list[Outgoing] = []
        withdrawn: list[Confirmation] = []
        superseded: list[str] = []
        nothing_left: dict[str, bool] = {}
        for order_id, order in facts.items():
            situation = found[order_id]
            parcels = situation.parcels
            if order.amazon_confirms:
                live = {parcel.key for parcel in parcels if parcel.is_live}
                self.planned.amazon_confirms += len(self._updates.reported & live)
                continue
            carriers = {parcel.key: self._carrier(parcel, order) for parcel in parcels if parcel.is_live}
            # Without the salt nobody can tell whether anything has changed: the order's data is gone.
            contents = dict(_contents(parcels, carriers, sealed[order_id])) if order_id in sealed else {}
            reached = frozenset(
                parcel.key for parcel in parcels if self._trigger.reached(parcel, order.ship_by, self._now)
            )
            reported = frozenset(self._updates.reported & {parcel.key for parcel in parcels})
            outlook = plan(msgspec.structs.replace(situation, contents=contents, reported=reported), reached)
            self._count(situation, order, outlook, reached)
            nothing_left |= {
                parcel.key: parcel.key in outlook.nothing_left
                for parcel in parcels
                if parcel.nothing_left != (parcel.key in outlook.nothing_left)
            }
            by_key = {parcel.key: parcel for parcel in parcels}
            outgoing += [
                self._outgoing(entry, order, by_key[entry.parcel], carriers[entry.parcel])
                for entry in (*outlook.confirm, *outlook.edit, *outlook.without_codes)
            ]
            withdrawn += outlook.withdraw
            superseded += outlook.superseded
        plan_confirmations(self._book, outgoing, withdrawn, self._now)
        note_superseded(self._book, superseded)
        if nothing_left:
            note_nothing_left(self._book, nothing_left)

    def _told_otherwise(self) -> Iterable[str]:
        """Orders of the last weeks that were confirmed under another code than the store's own table has now."""
        if not self._own_carriers:
            return
        for told in carriers_told(self._book, self._now - CORRECTED_FOR):
            now = self._translated(told.carrier, told.carrier_label, told.marketplace_id)
            if now.is_own and (now.code != told.code or (now.method or told.method) != told.method):
                yield told.order_id

    def _carrier(self, parcel: Parcel, order: OrderFacts) -> AmazonCarrier:
        return self._translated(parcel.carrier, parcel.carrier_label, order.marketplace_id)

    def _translated(self, carrier: str | None, label: str | None, marketplace_id: str | None) -> AmazonCarrier:
        country = BY_ID[marketplace_id].country if marketplace_id in BY_ID else ""
        return amazon_carrier(carrier or "", country, label, self._own_carriers)

    def _note_other(self, carrier: AmazonCarrier) -> None:
        if not carrier.listed and not carrier.is_own:
            self.planned.as_other[carrier.name] += 1
        if not carrier.known and carrier.name not in self._warned:
            self._warned.add(carrier.name)
            unknown = self._naming_store(Problem(ProblemName.CARRIER_UNKNOWN, carrier=carrier.name))
            nearest = nearest_code(carrier.name)
            self._reporter.warn(unknown.with_facts(advice=nearest) if nearest else unknown)

    def _outgoing(
        self, entry: Confirmation, order: OrderFacts, parcel: Parcel, carrier: AmazonCarrier
    ) -> Outgoing:  # fmt: skip
        self._note_other(carrier)
        # Amazon counts on the words of Seller Central's list, which a person may write and Sendcloud's codes never are.
        in_words = parcel.service if parcel.source == FILE else None
        return Outgoing(
            confirmation=entry,
            marketplace_id=order.marketplace_id or "",
            carrier_code=carrier.code,
            carrier_label=carrier.name,
            shipping_method=carrier.method or in_words,
            ship_date=ship_date(parcel, order.purchased_at, self._now),
            traceable=parcel.traceable,
            problem=_NO_CODES if entry.state is State.REFUSED else None,
        )

    def _count(self, situation: Situation, order: OrderFacts, outlook: Outlook, reached: frozenset[str]) -> None:
        planned, reported = self.planned, self._updates.reported
        queued_edits = sum(entry.is_edit for entry in outlook.queued)
        planned.confirm += len(outlook.confirm) + len(outlook.queued) - queued_edits
        planned.edit += len(outlook.edit) + queued_edits
        if order.is_purged and outlook.waiting:  # for the number that was deleted, and not for a scan
            planned.deleted[situation.order_id] += len(outlook.waiting)
            if reported & reached.intersection(outlook.waiting):
                planned.failed.append(refused_without_data(situation.order_id))
            outlook = msgspec.structs.replace(outlook, waiting=())
        planned.waiting += len(outlook.waiting)
        planned.already += len(reported.intersection(outlook.already))
        by_key = {parcel.key: parcel for parcel in situation.parcels}
        if self._trigger.when == "processed" and not self._trigger.guard_hours:
            planned.numberless += sum(not by_key[key].traceable for key in outlook.waiting if key not in reached)
        if told := [key for key in outlook.nothing_left if key in reported or not by_key[key].nothing_left]:
            planned.nothing_left[situation.order_id] += len(told)
        if outlook.waiting and situation.status in TO_SHIP and order.ship_by and order.ship_by - self._now < _NEAR:
            planned.due += 1
        for problem in _problems(situation.order_id, outlook, reported):
            planned.failed.append(Refusal(situation.order_id, problem.name, problem.summary))


def refused_without_data(order_id: str) -> Refusal:
    """What is told of a parcel that is to be confirmed, and whose tracking number was deleted or may not be kept."""
    problem = Problem(ProblemName.SHIPMENT_DATA_DELETED, order_id=order_id)
    return Refusal(order_id, problem.name, problem.summary)


def _problems(order_id: str, outlook: Outlook, reported: set[str]) -> Iterable[Problem]:
    if outlook.without_codes:
        yield Problem(_NO_CODES, order_id=order_id)
    if reported.intersection(outlook.of_cancelled_order):
        yield Problem(ProblemName.PARCEL_OF_STOPPED_ORDER, order_id=order_id, **why_stopped(cancelled=True))
    if reported.intersection(outlook.unclear):
        yield Problem(ProblemName.CORRECTION_UNCLEAR, order_id=order_id)


def _contents(
    parcels: Sequence[Parcel], carriers: Mapping[str, AmazonCarrier], sealed: SealedParcels
) -> Iterable[tuple[str, str]]:
    """A fingerprint of carrier and number of each parcel that could be confirmed; a number that was purged is gone."""
    for parcel in parcels:
        number = sealed.numbers.get(parcel.key)
        if parcel.key in carriers and (number or not parcel.traceable):
            carrier = carriers[parcel.key]
            codes = [code for item in parcel.items for code in item.transparency_codes]
            method = [carrier.method] if carrier.method else []
            said = "\0".join((carrier.code, carrier.name, number or "", *codes, *method))
            yield parcel.key, keyed_hash(sealed.salt, said.encode())
