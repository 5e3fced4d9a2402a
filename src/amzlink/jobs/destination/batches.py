"""Giving Sendcloud a batch of orders: all of it is taken or nothing, so the refused ones are put aside.

Source: docs/services/sendcloud.md, "Refused orders".
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.core.destination.currencies import currency_at
from amzlink.core.service_message import without_quotes, words_of
from amzlink.jobs.destination.tally import SendTally
from amzlink.orderbook.destination.outbox import DispatchRow, DispatchState, save_dispatches
from amzlink.problems import Problem, ProblemName
from amzlink.problems.destination import refused_field
from amzlink.run import StoreRun

if TYPE_CHECKING:
    from amzlink.sendcloud.order_json import OrderPayload
    from amzlink.sendcloud.orders import BatchRefused, FieldRefusal

# Refusals that name no order, one after the other, by which halving gets from a full batch to a single order. If none
# of its neighbours is taken then either, the refusal is not about an order.
_MOST_UNEXPLAINED: Final = 8


class ReadyOrder(msgspec.Struct, frozen=True):
    """An order ready to go, and the row that goes before it."""

    payload: "OrderPayload"
    row: DispatchRow


def post_batch(run: StoreRun, tally: SendTally, ready: Sequence[ReadyOrder]) -> int:
    """Write the batch down, send it, and write down what came of it. How many orders were accepted.

    The refused orders are put aside by what Sendcloud points at, and the rest is sent once more. Where it points at
    nothing, the batch is halved until the order is found that it does not take.

    Raises:
        Problem: as `upsert_orders`, or `request-refused`, where Sendcloud takes nothing and does not say of what order
            that is. What was not accepted is asked again by the next run.
    """
    from amzlink.sendcloud.orders import BatchRefused, upsert_orders  # noqa: PLC0415 - only for this destination

    save_dispatches(run.book, [order.row for order in ready], run.now())
    parts, alone = [list(ready)], list[tuple[ReadyOrder, BatchRefused]]()
    accepted = unexplained = 0
    while parts:
        part = parts.pop()
        try:
            upsert_orders(run.sendcloud, [order.payload for order in part])
        except BatchRefused as refusal:
            if refusal.pinned:
                _put_aside(run, tally, part, refusal.refusals)
                part = [order for index, order in enumerate(part) if index not in refusal.refusals]
                parts += [part] if part else []
                continue
            unexplained += 1
            if unexplained > _MOST_UNEXPLAINED:
                raise _unexplained(refusal) from None
            if len(part) == 1:
                alone.append((part[0], refusal))
            else:
                parts += [part[len(part) // 2 :], part[: len(part) // 2]]
        else:
            _accept(run, part)
            accepted, unexplained = accepted + len(part), 0
    if alone and not accepted:
        raise _unexplained(alone[0][1])
    for order, reason in alone:
        _put_aside(run, tally, [order], reason.refusals)
    return accepted


def _accept(run: StoreRun, ready: Sequence[ReadyOrder]) -> None:
    now = run.now()
    save_dispatches(
        run.book,
        [
            msgspec.structs.replace(
                order.row, state=DispatchState.ACCEPTED, accepted_at=now, code=None, pointer=None, message=None
            )
            for order in ready
        ],
        now,
    )


def _put_aside(
    run: StoreRun, tally: SendTally, batch: Sequence[ReadyOrder], refusals: "Mapping[int, tuple[FieldRefusal, ...]]"
) -> None:
    rows = []
    for index, told in refusals.items():
        order = batch[index]
        first = msgspec.structs.replace(told[0], message=without_quotes(told[0].message, _sent_words(order)))
        problem, asked = _refusal(order, (first, *told[1:])), order.row.payload_hash
        tally.refuse(order.row.order_id, problem)
        rows.append(
            msgspec.structs.replace(
                order.row,
                state=DispatchState.REFUSED,
                # A currency is asked for again without any change of the order.
                payload_hash=None if problem.name is ProblemName.CURRENCY_UNSUPPORTED else asked,
                problem=problem.name,
                code=first.code,
                pointer=first.pointer,
                message=first.message or None,
            )
        )
    save_dispatches(run.book, rows, run.now())


def _refusal(order: ReadyOrder, reasons: "Sequence[FieldRefusal]") -> Problem:
    order_id = order.row.order_id
    if all(reason.pointer.rpartition("/")[2] == "currency" for reason in reasons):
        of_items = [item.total_price.currency for item in order.payload.order_details.order_items]
        currency = currency_at(reasons[0].pointer, order.payload.payment_details.total_price.currency, of_items)
        return Problem(ProblemName.CURRENCY_UNSUPPORTED, order_id=order_id, currency=currency)
    return Problem(ProblemName.SENDCLOUD_REFUSED, order_id=order_id, detail=_spell(reasons[0]))


def _unexplained(refusal: "BatchRefused") -> Problem:
    from amzlink.sendcloud.orders import CREATE_ORDERS  # noqa: PLC0415

    return Problem(
        ProblemName.REQUEST_REFUSED, service="Sendcloud", operation=CREATE_ORDERS, detail=_spell(refusal.refusals[0][0])
    )


def _spell(reason: "FieldRefusal") -> str:
    return refused_field(code=reason.code, pointer=reason.pointer, message=reason.message)


def _sent_words(order: ReadyOrder) -> frozenset[str]:
    """The words of what is personal in an order as it was sent."""
    personal = (order.payload.shipping_address, order.payload.customer_details)
    values = (value for part in personal for value in msgspec.structs.astuple(part))
    return words_of([value for value in values if isinstance(value, str)])
