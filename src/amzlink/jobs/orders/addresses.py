"""Addresses that a person gives, while Amazon withholds them: joined to the orders by number, and sealed.

They fill a gap and never replace an address: what Amazon tells, now or later, counts for more.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from amzlink.core.orders.address_file import AddressRefusal, AddressRow, contradicts, read_addresses
from amzlink.core.orders.holds import causes_of_address
from amzlink.core.orders.order import NOTHING_PERSONAL, Order
from amzlink.core.privacy.retention import lease_for, lifetime_as_told
from amzlink.files.reading import given_file
from amzlink.orderbook.orders.addresses import GivenAddress, damaged_orders, save_addresses
from amzlink.orderbook.orders.pages import known_orders
from amzlink.orderbook.orders.rows import orders_of
from amzlink.problems import Problem, ProblemName, orders
from amzlink.run import StoreRun
from amzlink.sealed import TakingIn

_CHUNK: Final = 200
_JAPAN: Final = "JP"


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that changes nothing, and why; the order's number where it could be read."""

    row: int
    order_id: str | None
    problem: ProblemName
    message: str
    malformed: bool = False


class AddressTally(msgspec.Struct, kw_only=True):
    """What became of the addresses in a file, each of which is of one order.

    `already`: the order has one. `unknown` and `damaged` are among the others: orders that the book does not know, and
    addresses that were taken although letters are lost, so that they hold their orders back.
    """

    taken: list[str] = []
    already: int = 0
    unknown: int = 0
    damaged: list[str] = []
    refused: list[RefusedRow] = []


def addresses_of(file: Path, country: str) -> list[AddressRow | AddressRefusal]:
    """The addresses in a file of a store in this country.

    Raises:
        Problem: `input-malformed`.
    """
    with given_file(file) as stream:
        return read_addresses(stream, file=str(file), japanese=country == _JAPAN)


def take_addresses(run: StoreRun, rows: Sequence[AddressRow | AddressRefusal]) -> AddressTally:
    """Give the orders to ship that lack one their addresses, and seal them like any other."""
    tally = AddressTally()
    tally.refused += [
        _refused(row, row.message, malformed=row.malformed) for row in rows if isinstance(row, AddressRefusal)
    ]
    usable = [row for row in rows if isinstance(row, AddressRow)]
    for start in range(0, len(usable), _CHUNK):
        given = list(_fitting(run, usable[start : start + _CHUNK], tally))
        if given:
            save_addresses(run.book, given, run.sealed.chain_ids, run.now())
    tally.refused.sort(key=lambda refused: refused.row)
    return tally


def _fitting(run: StoreRun, rows: Sequence[AddressRow], tally: AddressTally) -> Iterator[GivenAddress]:
    ids = [row.order_id for row in rows]
    known, purged = known_orders(run.book, ids)
    booked = {str(order.order_id): order for order in orders_of(run.book, ids)}
    there, damaged = run.sealed.taking_in(list(known)), damaged_orders(run.book, ids)
    for row in rows:
        order = booked.get(row.order_id)
        if order is None:
            tally.unknown += 1
            tally.refused.append(_unknown(run, row))
            continue
        has_one = known[row.order_id].deliverable and row.order_id in there
        if not order.to_ship:
            tally.refused.append(_refused(row, orders.no_address_needed(status=order.status)))
        elif row.order_id in purged:
            tally.refused.append(_refused(row, orders.DATA_DELETED))
        elif has_one and (row.order_id not in damaged or row.recipient.letters_lost):
            tally.already += 1
        elif not has_one and contradicts(row.recipient, (there.known(row.order_id) or NOTHING_PERSONAL).recipient):
            tally.refused.append(_refused(row, orders.ADDRESS_DIFFERS))
        else:
            tally.taken.append(row.order_id)
            if row.recipient.letters_lost:
                tally.damaged.append(row.order_id)
            yield _sealed(run, there, order, row)


def _sealed(run: StoreRun, there: TakingIn, order: Order, row: AddressRow) -> GivenAddress:
    known = there.known(row.order_id) or NOTHING_PERSONAL
    recipient = msgspec.structs.replace(
        row.recipient,
        country_code=row.recipient.country_code or known.recipient.country_code,
        phone=row.recipient.phone or known.recipient.phone,
    )
    personal = msgspec.structs.replace(known, recipient=recipient)
    today = run.sealed.today(run.now())
    lease = lease_for(lifetime_as_told(order, today), today, run.retention)
    box = there.seal(msgspec.structs.replace(order, personal=personal), lease or today)
    return GivenAddress(row.order_id, box, {hold.value: cause for hold, cause in causes_of_address(recipient).items()})


def _unknown(run: StoreRun, row: AddressRow) -> RefusedRow:
    where = orders.in_the_book_of(store=run.slug)
    message = Problem(ProblemName.ORDER_NOT_FOUND, order_id=row.order_id, detail=where).summary
    return RefusedRow(row=row.line, order_id=row.order_id, problem=ProblemName.ORDER_NOT_FOUND, message=message)


def _refused(row: AddressRow | AddressRefusal, why: str, *, malformed: bool = False) -> RefusedRow:
    problem = Problem(ProblemName.ADDRESS_ROW_UNUSABLE, row=row.line, detail=why)
    return RefusedRow(
        row=row.line, order_id=row.order_id, problem=problem.name, message=problem.summary, malformed=malformed
    )
