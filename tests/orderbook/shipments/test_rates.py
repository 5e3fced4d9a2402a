"""The rates of the last weeks: what counts, for how long, and what is not known."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text, update

from amzlink.core.shipments.confirmation import Confirmation, State
from amzlink.core.shipments.packing import Item
from amzlink.core.shipments.parcels import Kind, Parcel
from amzlink.core.shipments.rates import Rate, Rates
from amzlink.orderbook.database import Database
from amzlink.orderbook.schema import ORDERS
from amzlink.orderbook.shipments.outbox import (
    Outgoing,
    note_asking,
    note_refused,
    note_seen,
    note_states,
    plan_confirmations,
)
from amzlink.orderbook.shipments.parcels import ParcelsSeen, save_parcels
from amzlink.orderbook.shipments.rates import rates, told_as_other
from amzlink.problems import ProblemName
from tests.orderbook.samples import NOW, STORE, change_of, empty_book_in, order_of, save

pytestmark = pytest.mark.on_both_engines

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        yield found


def sell(book: Database, number: int, *, ship_by: datetime | None = NOW) -> str:
    order_id = f"302-0000000-{number:07d}"
    save(book, change_of(order_of(order_id)))
    alter(book, order_id, ship_by=iso(ship_by))
    return order_id


def alter(book: Database, order_id: str, **values: str | None) -> None:
    with book.writing() as connection:
        connection.execute(update(ORDERS).where(ORDERS.c.order_id == order_id).values(**values))


def iso(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def planned(book: Database, order_id: str, *, code: str = "DHL", traceable: bool = True) -> Confirmation:
    """A confirmation that is to be sent, of a parcel that there is."""
    key = f"sendcloud:{order_id[-7:]}"
    parcel = Parcel(
        key=key, order_id=order_id, status="X", kind=Kind.UNDER_WAY, updated_at=NOW, announced_at=NOW, carrier="budbee"
    )
    save_parcels(book.of(STORE), ParcelsSeen(parcels=[parcel], boxes={}, chain_ids={}), NOW)
    entry = Confirmation(
        order_id=order_id, reference="1001", parcel=key, state=State.PLANNED, items=(Item("1", 1),), content="c"
    )
    write(book, entry, code=code, traceable=traceable)
    return entry


def write(book: Database, entry: Confirmation, *, code: str = "DHL", traceable: bool = True) -> None:
    row = Outgoing(
        confirmation=entry,
        marketplace_id="A1PA6795UKMFR9",
        carrier_code=code,
        carrier_label="Budbee",
        shipping_method=None,
        ship_date=NOW,
        traceable=traceable,
    )
    plan_confirmations(book.of(STORE), [row], [], NOW)


def accept(book: Database, entry: Confirmation, at: datetime) -> None:
    note_asking(book.of(STORE), entry, at)
    note_states(book.of(STORE), {State.ACCEPTED: [entry]}, at)


def confirm(book: Database, number: int, at: datetime, *, code: str = "DHL", traceable: bool = True) -> str:
    order_id = sell(book, number)
    accept(book, planned(book, order_id, code=code, traceable=traceable), at)
    return order_id


def now(book: Database, at: datetime = NOW + DAY) -> Rates:
    return rates(book.of(STORE), at)


def test_a_book_without_shipments_has_none(book: Database) -> None:
    found = now(book)
    assert found.is_empty
    assert found.late.tenths is None
    assert not found.late.is_over


def test_a_confirmation_after_the_ship_by_date_is_late(book: Database) -> None:
    confirm(book, 1, NOW - HOUR)
    confirm(book, 2, NOW)
    late = [confirm(book, 3, NOW + HOUR), confirm(book, 4, NOW + 2 * HOUR)]
    found = now(book).late
    assert (found.count, found.of, found.unknown, found.orders) == (2, 4, 0, tuple(reversed(late)))
    assert (found.tenths, found.is_over) == (500, True)


def test_a_date_that_amazon_moves_later_changes_nothing_of_what_was(book: Database) -> None:
    order_id = confirm(book, 1, NOW + HOUR)
    alter(book, order_id, ship_by=iso(NOW + DAY))
    assert now(book).late.orders == (order_id,)


def test_of_an_order_without_a_date_it_is_not_known(book: Database) -> None:
    accept(book, planned(book, sell(book, 1, ship_by=None)), NOW)
    found = now(book).late
    assert (found.count, found.of, found.unknown) == (0, 0, 1)


def test_an_edit_does_not_make_it_late(book: Database) -> None:
    order_id = sell(book, 1)
    entry = planned(book, order_id)
    accept(book, entry, NOW - HOUR)
    edit = msgspec.structs.replace(entry, is_edit=True, content="d")
    write(book, edit)
    accept(book, edit, NOW + 2 * HOUR)
    found = now(book)
    assert (found.late.count, found.late.of, found.untracked.of) == (0, 1, 1)


def test_what_amazon_lost_counts_from_when_it_was_sent_again(book: Database) -> None:
    entry = planned(book, sell(book, 1))
    accept(book, entry, NOW - HOUR)
    accepted = msgspec.structs.replace(entry, state=State.ACCEPTED)
    note_seen(book.of(STORE), [accepted], State.PLANNED, NOW, resent=True)
    assert now(book).late.of == 0
    accept(book, entry, NOW + HOUR)
    assert (now(book).late.count, now(book).late.of) == (1, 1)


@pytest.mark.parametrize("state", [State.MISSING, State.REFUSED])
def test_what_amazon_does_not_have_does_not_count(book: Database, state: State) -> None:
    entry = planned(book, sell(book, 1))
    if state is State.MISSING:
        accept(book, entry, NOW + HOUR)
    note_refused(book.of(STORE), entry, state, problem=ProblemName.SHIPMENT_REFUSED, reason=None, now=NOW)
    assert now(book).is_empty


def test_a_call_whose_answer_was_lost_counts_from_when_it_was_made(book: Database) -> None:
    entry = planned(book, sell(book, 1))
    note_asking(book.of(STORE), entry, NOW + HOUR)
    plan_confirmations(book.of(STORE), [], [msgspec.structs.replace(entry, state=State.STORED)], NOW)
    assert (now(book).late.count, now(book).late.of) == (1, 1)


def test_other_and_no_number_are_no_valid_tracking(book: Database) -> None:
    confirm(book, 1, NOW)
    bad = [confirm(book, 2, NOW, code="Other"), confirm(book, 3, NOW + HOUR, traceable=False)]
    found = now(book).untracked
    assert (found.count, found.of, set(found.orders)) == (2, 3, set(bad))


def test_a_carrier_that_was_corrected_counts_as_it_is_now(book: Database) -> None:
    order_id = sell(book, 1)
    entry = planned(book, order_id, code="Other")
    accept(book, entry, NOW)
    assert now(book).untracked.count == 1
    write(book, msgspec.structs.replace(entry, is_edit=True), code="DPD")
    assert (now(book).untracked.count, now(book).untracked.of) == (0, 1)


def test_after_thirty_days_it_counts_no_more(book: Database) -> None:
    confirm(book, 1, NOW + HOUR, code="Other")
    assert now(book, NOW + 30 * DAY).late.count == 1
    assert now(book, NOW + 31 * DAY).is_empty
    assert told_as_other(book.of(STORE), NOW + 31 * DAY) == []


def test_a_delivery_after_the_promise_is_late_where_both_times_are_known(book: Database) -> None:
    ids = [sell(book, number) for number in range(5)]
    for order_id, at, by, promise in (
        (ids[0], NOW, "sendcloud", NOW + HOUR),
        (ids[1], NOW + HOUR, "sendcloud", NOW),
        (ids[2], NOW + HOUR, "amazon", NOW),  # heard then, and delivered who knows when
        (ids[3], NOW + HOUR, "sendcloud", None),
    ):
        alter(book, order_id, delivered_at=iso(at), delivered_by=by, deliver_by=iso(promise))
    found = now(book).delivered_late
    assert (found.count, found.of, found.unknown, found.orders) == (1, 2, 2, (ids[1],))


def test_carriers_that_went_as_other_are_counted_by_name(book: Database) -> None:
    for number in range(3):
        confirm(book, number, NOW, code="Other")
    confirm(book, 4, NOW)
    (found,) = told_as_other(book.of(STORE), NOW + DAY)
    assert (found.name, found.carrier, found.parcels) == ("Budbee", "budbee", 3)


@pytest.mark.parametrize(
    ("count", "of", "tenths"), [(0, 3, 0), (1, 3, 333), (2, 3, 667), (1, 16, 63), (1, 1, 1000)], ids=str
)
def test_a_rate_is_rounded_to_tenths_of_a_percent(count: int, of: int, tenths: int) -> None:
    assert Rate(count=count, of=of, unknown=0, allowed=4).tenths == tenths


def test_a_rate_at_the_limit_is_not_over_it() -> None:
    assert not Rate(count=4, of=100, unknown=0, allowed=4).is_over
    assert Rate(count=5, of=100, unknown=0, allowed=4).is_over


@pytest.mark.on_sqlite
def test_the_counts_go_through_an_index_over_these_weeks(book: Database) -> None:
    statements = (
        (
            "SELECT count(*), count(late) FROM confirmations WHERE store = 's' AND confirmed_at BETWEEN 'a' AND 'b' "
            "AND state NOT IN ('missing')"
        ),
        "SELECT count(*), count(deliver_by) FROM orders WHERE store = 's' AND delivered_at BETWEEN 'a' AND 'b'",
    )
    with book.reading() as connection:
        plans = [
            " ".join(map(str, connection.execute(text(f"EXPLAIN QUERY PLAN {each}")).one())) for each in statements
        ]
    assert "COVERING INDEX confirmations_by_time" in plans[0]
    assert "COVERING INDEX orders_by_delivery" in plans[1]
