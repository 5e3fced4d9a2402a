"""Handing orders on to Sendcloud: an outbox row first, then the call, then the answer in the row.

An order is sent when it is ready, and again only when what would be sent has changed and no parcel exists. One that was
cancelled or held since is taken back while no parcel exists. Sendcloud stores what it has accepted by and by, so every
order is read back before it counts as sent.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.config import Store
from amzlink.core.holds import counting
from amzlink.core.orders import CANCELLED, PersonalData
from amzlink.core.parcels import DEAD, Kind
from amzlink.core.sealing import keyed_hash
from amzlink.deps import Deps
from amzlink.orderbook.book import Book
from amzlink.orderbook.dispatches import (
    DispatchRow,
    DispatchState,
    dispatch_rows,
    dispatches_of,
    note_considered,
    orders_to_consider,
    orders_to_recall,
    rows_in_state,
    save_dispatches,
)
from amzlink.orderbook.imports import Refusal
from amzlink.orderbook.orders import booked_status, boxes, holds
from amzlink.orderbook.parcels import have_parcels
from amzlink.problems import Problem
from amzlink.vault import Vault

if TYPE_CHECKING:
    from amzlink.sendcloud.order_wire import OrderPayload
    from amzlink.sendcloud.orders import BatchRefused
    from amzlink.sendcloud.transport import Client

MOST_IN_A_BATCH: Final = 100
_CHUNK: Final = 200
_READ_BACK_AFTER: Final = (2.0, 4.0, 8.0)  # seconds; Sendcloud stores within about two (facts 2.5)
_NOT_STORED_AFTER: Final = timedelta(minutes=30)
_STILL_COMING: Final = timedelta(minutes=10)  # what was accepted so lately may yet appear
_decode_personal: Final = msgspec.json.Decoder(PersonalData).decode


class SendTally(msgspec.Struct, kw_only=True):
    """What became of the orders.

    `sent` are there, read back; `recalled` were taken back; `too_late` have a parcel although nobody should ship them
    any more. `would_send` is a dry run's count.
    """

    sent: int = 0
    would_send: int = 0
    recalled: int = 0
    refused: list[Refusal] = msgspec.field(default_factory=list)
    too_late: list[str] = msgspec.field(default_factory=list)


class _Letter(msgspec.Struct, frozen=True):
    """An order ready to go, and the row that goes before it."""

    payload: "OrderPayload"
    row: DispatchRow


class Sender:
    """Brings one store's orders to Sendcloud. `now` is Amazon's time at the start of the run."""

    def __init__(
        self,
        *,
        deps: Deps,
        client: "Client",
        book: Book,
        vault: Vault,
        slug: str,
        store: Store,
        now: datetime,
        tally: SendTally,
        dry_run: bool = False,
    ) -> None:
        self._deps = deps
        self._client = client
        self._book = book
        self._vault = vault
        self._slug = slug
        self._store = store
        self._now = now
        self._tally = tally
        self._dry_run = dry_run

    def run(self) -> None:
        """Take back, send, read back; what was done before a problem is raised stays done and noted."""
        if not self._dry_run:
            self._recall()
        letters = self._letters()
        while batch := list(itertools.islice(letters, MOST_IN_A_BATCH)):
            if self._dry_run:
                self._tally.would_send += len(batch)
            else:
                self._deps.observer.progress(f"sending {len(batch)} orders to Sendcloud")
                self._post(batch)
        if not self._dry_run:
            self._read_back()

    # What goes out.

    def _letters(self) -> Iterator[_Letter]:
        ids = orders_to_consider(self._book, self._slug)
        for start in range(0, len(ids), _CHUNK):
            yield from self._letters_of(ids[start : start + _CHUNK])

    def _letters_of(self, order_ids: Sequence[str]) -> Iterator[_Letter]:
        from amzlink.sendcloud.payload import build_payload, payload_bytes  # noqa: PLC0415 - only for this destination

        policy, now = self._store.hold_policy, self._deps.clock.now()
        held = holds(self._book, self._slug, order_ids)
        ready = [order_id for order_id in order_ids if not counting(held[order_id], policy, now)]
        known = dispatch_rows(self._book, self._slug, ready)
        sealed = boxes(self._book, self._slug, ready)
        personal = {
            order_id: _decode_personal(self._vault.open(order_id, box))
            for order_id, box in sealed.items()
            if self._vault.floor is None or box.lease_day >= self._vault.floor
        }
        dispatches = dispatches_of(self._book, self._slug, personal, import_weights=self._store.import_weights)
        as_before, settled = [], []
        for order_id in ready:
            if order_id not in dispatches or not dispatches[order_id][0].lines:
                continue
            dispatch, change = dispatches[order_id]
            row = known.get(order_id) or DispatchRow(order_id=order_id, state=DispatchState.ASKED)
            try:
                payload = build_payload(dispatch, self._store.sendcloud_integration_id or 0)
            except Problem as problem:
                self._tally.refused.append(Refusal(order_id, problem.name, problem.summary))
                settled.append(_refused(row, change, problem.name))
                continue
            fingerprint = keyed_hash(dispatch.personal.salt, payload_bytes(payload))
            if row.payload_hash == fingerprint and row.state not in (DispatchState.ASKED, DispatchState.RECALLED):
                as_before.append(order_id)
            elif order_id in known and self._has_parcel(order_id):
                # Whatever has changed, what is in the parcel has not; and where a call's answer was lost, it arrived.
                settled.append(msgspec.structs.replace(row, state=DispatchState.SENT, considered=change))
            else:
                yield _Letter(payload, _asked(row, fingerprint, change, self._now))
        if not self._dry_run:
            save_dispatches(self._book, self._slug, settled)
            note_considered(self._book, self._slug, as_before)

    def _has_parcel(self, order_id: str) -> bool:
        """Whether a parcel exists, by what is known here and what Sendcloud says now."""
        from amzlink.sendcloud.shipments import shipments_of_order  # noqa: PLC0415
        from amzlink.sendcloud.statuses import kind_of  # noqa: PLC0415

        if have_parcels(self._book, self._slug, [order_id]):
            return True
        shipments = shipments_of_order(self._client, self._store.sendcloud_integration_id or 0, order_id)
        kinds = {kind_of(parcel.status_code) for shipment in shipments for parcel in shipment.parcels}
        return bool(kinds - DEAD - {Kind.BEFORE})

    # Sending.

    def _post(self, batch: Sequence[_Letter]) -> None:
        """One batch; the refused ones are put aside by what Sendcloud points at, and the rest is sent again."""
        from amzlink.sendcloud.orders import BatchRefused, upsert_orders  # noqa: PLC0415

        save_dispatches(self._book, self._slug, [letter.row for letter in batch])
        while batch:
            try:
                upsert_orders(self._client, [letter.payload for letter in batch])
            except BatchRefused as refusal:
                self._put_aside(batch, refusal)
                batch = [letter for index, letter in enumerate(batch) if index not in refusal.refusals]
            else:
                accepted = [
                    msgspec.structs.replace(
                        letter.row, state=DispatchState.ACCEPTED, accepted_at=self._deps.clock.now()
                    )
                    for letter in batch
                ]
                save_dispatches(self._book, self._slug, accepted)
                return

    def _put_aside(self, batch: Sequence[_Letter], refusal: "BatchRefused") -> None:
        rows = []
        for index, reasons in refusal.refusals.items():
            row, first = batch[index].row, reasons[0]
            problem = Problem("sendcloud-refused", order_id=row.order_id, detail=f"{first.code} at {first.pointer}")
            self._tally.refused.append(Refusal(row.order_id, problem.name, problem.summary))
            rows.append(
                msgspec.structs.replace(
                    row, state=DispatchState.REFUSED, problem=problem.name, code=first.code, pointer=first.pointer
                )
            )
        save_dispatches(self._book, self._slug, rows)

    def _read_back(self) -> None:
        """Look for what was accepted, now and earlier; what does not appear within half an hour is sent once more."""
        from amzlink.sendcloud.orders import find_orders  # noqa: PLC0415

        waiting = {row.order_id: row for row in rows_in_state(self._book, self._slug, DispatchState.ACCEPTED)}
        for pause in _READ_BACK_AFTER:
            if not waiting:
                return
            self._deps.clock.sleep(pause)
            found = find_orders(self._client, self._store.sendcloud_integration_id or 0, list(waiting))
            there = [
                msgspec.structs.replace(
                    waiting.pop(order_id), state=DispatchState.SENT, sendcloud_id=order.id, problem=None
                )
                for order_id, order in found.items()
            ]
            save_dispatches(self._book, self._slug, there)
            self._tally.sent += len(there)
        self._give_up(waiting.values())

    def _give_up(self, rows: Iterable[DispatchRow]) -> None:
        lost = []
        for row in rows:
            if row.accepted_at and self._deps.clock.now() - row.accepted_at > _NOT_STORED_AFTER:
                problem = Problem("sendcloud-not-stored", order_id=row.order_id)
                self._tally.refused.append(Refusal(row.order_id, problem.name, problem.summary))
                again = row.problem != problem.name
                state = DispatchState.ASKED if again else DispatchState.REFUSED
                lost.append(msgspec.structs.replace(row, state=state, problem=problem.name))
        save_dispatches(self._book, self._slug, lost)

    # Taking back.

    def _recall(self) -> None:
        ids = orders_to_recall(self._book, self._slug)
        self._see_what_is_free_again()
        if not ids:
            return
        status = booked_status(self._book, self._slug, ids)
        held = holds(self._book, self._slug, ids)
        policy, now = self._store.hold_policy, self._deps.clock.now()
        rows = dispatch_rows(self._book, self._slug, ids)
        for order_id in ids:
            if status[order_id] == CANCELLED or counting(held[order_id], policy, now):
                self._take_back(rows[order_id])

    def _take_back(self, row: DispatchRow) -> None:
        from amzlink.sendcloud.orders import delete_order, find_order  # noqa: PLC0415

        if self._has_parcel(row.order_id):
            self._tally.too_late.append(row.order_id)
            self._deps.observer.warn(Problem("parcel-of-stopped-order", order_id=row.order_id, store=self._slug))
            save_dispatches(self._book, self._slug, [msgspec.structs.replace(row, state=DispatchState.TOO_LATE)])
            return
        order = find_order(self._client, self._store.sendcloud_integration_id or 0, row.order_id)
        if order is None and _may_still_appear(row, self._deps.clock.now()):
            return
        if order is not None:
            delete_order(self._client, order.id)
        self._tally.recalled += 1
        gone = msgspec.structs.replace(row, state=DispatchState.RECALLED, payload_hash=None, sendcloud_id=None)
        save_dispatches(self._book, self._slug, [gone])

    def _see_what_is_free_again(self) -> None:
        """An order with a parcel whose hold was lifted is at Sendcloud as it should be."""
        rows = rows_in_state(self._book, self._slug, DispatchState.TOO_LATE)
        ids = [row.order_id for row in rows]
        if not ids:
            return
        status = booked_status(self._book, self._slug, ids)
        held = holds(self._book, self._slug, ids)
        policy, now = self._store.hold_policy, self._deps.clock.now()
        free = [
            msgspec.structs.replace(row, state=DispatchState.SENT)
            for row in rows
            if status[row.order_id] != CANCELLED and not counting(held[row.order_id], policy, now)
        ]
        save_dispatches(self._book, self._slug, free)


def _asked(row: DispatchRow, fingerprint: str, change: str, now: datetime) -> DispatchRow:
    return msgspec.structs.replace(
        row,
        state=DispatchState.ASKED,
        payload_hash=fingerprint,
        considered=change,
        asked_at=now,
        accepted_at=None,
        code=None,
        pointer=None,
    )


def _refused(row: DispatchRow, change: str, problem: str) -> DispatchRow:
    return msgspec.structs.replace(
        row, state=DispatchState.REFUSED, payload_hash=None, considered=change, problem=problem, code=None, pointer=None
    )


def _may_still_appear(row: DispatchRow, now: datetime) -> bool:
    asked = row.accepted_at or row.asked_at
    return row.state is not DispatchState.SENT and asked is not None and now - asked < _STILL_COMING
