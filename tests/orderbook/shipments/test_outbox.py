"""The outbox to Amazon in the book: what moves a row, and what does not."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from amzlink.core.shipments.confirmation import Confirmation, State
from amzlink.core.shipments.packing import Item
from amzlink.core.shipments.parcels import Kind, Parcel
from amzlink.orderbook.database import Database
from amzlink.orderbook.shipments.outbox import (
    Outgoing,
    in_state,
    note_asking,
    note_refused,
    note_seen,
    note_states,
    plan_confirmations,
    situations,
    state_counts,
)
from amzlink.orderbook.shipments.parcels import ParcelsSeen, orders_to_look_at, save_parcels
from amzlink.problems import ProblemName
from tests.orderbook.samples import NOW, ORDER_ID, STORE, change_of, empty_book_in, order_of, save

pytestmark = pytest.mark.on_both_engines

ENTRY = Confirmation(
    order_id=ORDER_ID, reference="1001", parcel="sendcloud:1", state=State.PLANNED, items=(Item("1", 1),), content="c"
)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        save(found, change_of(order_of()))
        see(found, Kind.UNDER_WAY)
        plan_confirmations(found.of(STORE), [outgoing(ENTRY)], [], NOW)
        yield found


def see(book: Database, kind: Kind) -> None:
    """The parcel, as it is now."""
    parcel = Parcel(
        key="sendcloud:1", order_id=ORDER_ID, status="X", kind=kind, updated_at=NOW, announced_at=NOW, traceable=True
    )
    save_parcels(book.of(STORE), ParcelsSeen(parcels=[parcel], boxes={}, chain_ids={}), NOW)


def outgoing(entry: Confirmation) -> Outgoing:
    """A row of the outbox."""
    return Outgoing(
        confirmation=entry,
        marketplace_id="A1PA6795UKMFR9",
        carrier_code="DHL",
        carrier_label="DHL",
        shipping_method=None,
        ship_date=NOW,
        traceable=True,
    )


def row(book: Database) -> Confirmation:
    (found,) = in_state(book.of(STORE), *State)
    return found.confirmation


def test_a_row_comes_back_as_it_was_planned(book: Database) -> None:
    (found,) = in_state(book.of(STORE), State.PLANNED)
    assert found.confirmation == ENTRY
    assert (found.carrier_code, found.ship_date, found.traceable) == ("DHL", NOW, True)


def test_a_row_knows_that_it_was_sent_before(book: Database) -> None:
    note_asking(book.of(STORE), ENTRY, NOW)
    assert (row(book).state, row(book).asked) == (State.CALLING, True)
    note_states(book.of(STORE), {State.PLANNED: [ENTRY]}, NOW)
    assert situations(book.of(STORE), [ORDER_ID])[0][ORDER_ID].confirmations[0].asked


def test_what_another_job_has_moved_meanwhile_is_left_alone(book: Database) -> None:
    note_states(book.of(STORE), {State.ACCEPTED: [ENTRY]}, NOW)
    seen = row(book)
    edited = msgspec.structs.replace(seen, state=State.PLANNED, content="other", is_edit=True)
    plan_confirmations(book.of(STORE), [outgoing(edited)], [], NOW)
    note_seen(book.of(STORE), [seen], State.STORED, NOW)
    assert (row(book).state, row(book).content) == (State.PLANNED, "other")


def test_what_is_as_it_was_read_is_moved(book: Database) -> None:
    note_states(book.of(STORE), {State.ACCEPTED: [ENTRY]}, NOW)
    note_seen(book.of(STORE), [row(book)], State.PLANNED, NOW, resent=True)
    assert (row(book).state, row(book).resent) == (State.PLANNED, True)


def test_a_withdrawn_row_forgets_why_it_was_refused(book: Database) -> None:
    note_refused(book.of(STORE), ENTRY, State.REFUSED, problem=ProblemName.SHIPMENT_REFUSED, reason="other", now=NOW)
    plan_confirmations(book.of(STORE), [], [msgspec.structs.replace(ENTRY, state=State.WITHDRAWN)], NOW)
    (found,) = in_state(book.of(STORE), State.WITHDRAWN)
    assert (found.problem, found.reason) == (None, None)
    assert state_counts(book.of(STORE)) == {State.WITHDRAWN: 1}


@pytest.mark.parametrize(
    ("status", "state", "kind", "looked_at"),
    [
        ("UNSHIPPED", State.STORED, Kind.UNDER_WAY, True),
        ("SHIPPED", State.PLANNED, Kind.UNDER_WAY, True),
        ("SHIPPED", State.ACCEPTED, Kind.UNDER_WAY, True),
        ("SHIPPED", State.STORED, Kind.UNDER_WAY, False),
        ("SHIPPED", State.STORED, Kind.CANCELLED, True),
        ("CANCELLED", State.PLANNED, Kind.UNDER_WAY, True),
        ("CANCELLED", State.WITHDRAWN, Kind.UNDER_WAY, False),
    ],
)
def test_an_order_is_looked_at_as_long_as_something_may_have_to_be_said(
    book: Database, status: str, state: State, kind: Kind, looked_at: bool
) -> None:
    save(book, change_of(order_of(status=status), is_new=False))
    see(book, kind)
    note_states(book.of(STORE), {state: [ENTRY]}, NOW)
    assert (orders_to_look_at(book.of(STORE)) == [ORDER_ID]) is looked_at
