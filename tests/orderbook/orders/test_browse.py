"""Looking at the book: which orders, in what sequence, with what weights and holds; and forgetting a store."""

import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from amzlink.core.orders.holds import HeldFor
from amzlink.core.orders.order import NOTHING_PERSONAL
from amzlink.core.orders.refusal import Refusal
from amzlink.core.privacy.retention import Lifetime
from amzlink.core.privacy.sealed_data import Box
from amzlink.orderbook.database import Database
from amzlink.orderbook.orders.browse import (
    BookedOrder,
    Filter,
    any_deliverable,
    find_order,
    holds,
    iterate_orders,
    lift_holds,
    set_manual_hold,
)
from amzlink.orderbook.orders.fulfilment import Outcome
from amzlink.orderbook.orders.pages import known_orders
from amzlink.orderbook.privacy.boxes import boxes
from amzlink.orderbook.privacy.disconnected import forget_store
from amzlink.orderbook.runs import Run, note_run
from amzlink.orderbook.schema import HOLDS, METADATA, ORDER_LINES, RUNS
from amzlink.problems import ProblemName
from tests.orderbook.machine import common_folder
from tests.orderbook.samples import (
    MONEY,
    NOW,
    ORDER_ID,
    STORE,
    book_in,
    change_of,
    contents,
    empty_book_in,
    line_of,
    order_of,
    package_of,
    rows_of,
    save,
    search_of,
)

pytestmark = pytest.mark.on_both_engines

OTHER_ID = "302-7654321-7654321"
EVERY = Filter()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        yield found


def numbers(book: Database, wanted: Filter = EVERY, store: str = STORE) -> list[str]:
    return [order.order_id for order in iterate_orders(book.of(store), wanted)]


def weigh(book: Database, item: str, grams: int) -> None:
    with book.writing() as connection:
        connection.execute(update(ORDER_LINES).where(ORDER_LINES.c.order_item_id == item).values(weight_grams=grams))


class TestOneOrder:
    def test_it_is_as_it_came_but_for_what_is_sealed(self, book: Database) -> None:
        ordered = order_of(programs=("PREORDER", "PREMIUM"), replaces=OTHER_ID, money=MONEY)
        save(book, change_of(ordered))
        assert find_order(book.of(STORE), ORDER_ID) == BookedOrder(
            order=msgspec.structs.replace(ordered, personal=NOTHING_PERSONAL),
            weights={},
            held_for=(HeldFor("preorder", "PREORDER", None),),
            lifetime=Lifetime(status="UNSHIPPED", changed_on=date(2026, 11, 22), ship_by=date(2026, 11, 25)),
            lease_day=date(2026, 12, 23),
            delivered_by=None,
            kept_until=None,
            outcome=Outcome("no", confirmation_refused=False),
        )

    def test_one_that_is_not_there_is_none(self, book: Database) -> None:
        save(book, change_of(order_of()))
        assert find_order(book.of(STORE), OTHER_ID) is None
        assert find_order(book.of("my-other-shop"), ORDER_ID) is None

    def test_without_a_box_it_has_no_lease(self, book: Database) -> None:
        save(book, change_of(order_of(), sealed=None))
        order = find_order(book.of(STORE), ORDER_ID)
        assert order is not None
        assert order.lease_day is None

    def test_its_lines_come_in_amazons_sequence(self, book: Database) -> None:
        lines = (line_of("20", programs=("TRANSPARENCY",)), line_of("3"), line_of("100"))
        save(book, change_of(order_of(lines=lines)), change_of(order_of(OTHER_ID)))
        found = {order.order_id: order.order.lines for order in iterate_orders(book.of(STORE), EVERY)}
        assert found == {ORDER_ID: lines, OTHER_ID: (line_of("1"),)}

    def test_its_packages_come_in_the_sequence_of_their_shipment(self, book: Database) -> None:
        sent = (
            package_of("P2", shipped_at=NOW - timedelta(days=1)),
            package_of("P9", shipped_at=NOW - timedelta(days=3)),
            package_of("P1", shipped_at=NOW - timedelta(days=1)),
        )
        save(book, change_of(order_of(packages=sent)))
        found = find_order(book.of(STORE), ORDER_ID)
        assert found is not None
        assert found.order.packages == (sent[1], sent[2], sent[0])

    def test_its_box_is_given_as_it_was_sealed(self, book: Database) -> None:
        sealed = Box(date(2026, 12, 1), "chain", bytes(range(256)))
        save(book, change_of(order_of(), sealed=sealed), change_of(order_of(OTHER_ID), sealed=None))
        assert boxes(book.of(STORE), [ORDER_ID, OTHER_ID]) == {ORDER_ID: sealed}
        assert boxes(book.of("my-other-shop"), [ORDER_ID]) == {}

    def test_its_holds_are_told_with_those_of_others_that_have_none(self, book: Database) -> None:
        save(book, change_of(order_of(programs=("PREORDER",))), change_of(order_of(OTHER_ID)))
        assert holds(book.of(STORE), [ORDER_ID, OTHER_ID]) == {
            ORDER_ID: (HeldFor("preorder", "PREORDER"),),
            OTHER_ID: (),
        }


class TestWeights:
    def test_an_order_weighs_what_its_pieces_weigh(self, book: Database) -> None:
        save(book, change_of(order_of(lines=(line_of("1", quantity=2), line_of("2", quantity=3)))))
        weigh(book, "1", 450)
        weigh(book, "2", 100)
        order = find_order(book.of(STORE), ORDER_ID)
        assert order is not None
        assert order.weight_grams == 2 * 450 + 3 * 100

    def test_an_order_of_which_one_line_has_no_weight_has_none(self, book: Database) -> None:
        save(book, change_of(order_of(lines=(line_of("1"), line_of("2")))))
        weigh(book, "1", 450)
        order = find_order(book.of(STORE), ORDER_ID)
        assert order is not None
        assert order.weight_grams is None


class TestManyOrders:
    def test_the_most_urgent_comes_first_and_what_has_no_date_last(self, book: Database) -> None:
        days = {"302-0000001-0000000": 3, "302-0000002-0000000": 1, "302-0000003-0000000": None}
        save(
            book,
            *(
                change_of(order_of(number, ship_by=NOW + timedelta(days=in_days) if in_days else None))
                for number, in_days in days.items()
            ),
        )
        assert numbers(book) == ["302-0000002-0000000", "302-0000001-0000000", "302-0000003-0000000"]

    def test_of_two_with_the_same_date_the_older_comes_first(self, book: Database) -> None:
        save(book, change_of(order_of()), change_of(order_of(OTHER_ID, purchased_at=NOW - timedelta(days=9))))
        assert numbers(book) == [OTHER_ID, ORDER_ID]

    def test_a_status_narrows_them(self, book: Database) -> None:
        save(book, change_of(order_of()), change_of(order_of(OTHER_ID, status="SHIPPED")))
        assert numbers(book, Filter(statuses=("SHIPPED",))) == [OTHER_ID]
        assert numbers(book, Filter(statuses=("SOMETHING_NEW",))) == []

    def test_a_due_time_narrows_them_to_what_is_due_before_it(self, book: Database) -> None:
        save(
            book,
            change_of(order_of(ship_by=NOW)),
            change_of(order_of(OTHER_ID, ship_by=NOW + timedelta(seconds=1))),
            change_of(order_of("302-0000000-0000000", ship_by=None)),
        )
        assert numbers(book, Filter(due_before=NOW)) == []
        assert numbers(book, Filter(due_before=NOW + timedelta(seconds=1))) == [ORDER_ID]
        assert numbers(book, Filter(due_before=NOW + timedelta(days=1))) == [ORDER_ID, OTHER_ID]

    def test_each_store_has_its_own(self, book: Database) -> None:
        save(book, change_of(order_of()))
        save(book, change_of(order_of(OTHER_ID)), store="my-other-shop")
        assert numbers(book) == [ORDER_ID]
        assert numbers(book, store="my-other-shop") == [OTHER_ID]
        assert numbers(book, store="nobody") == []

    def test_each_comes_once_with_its_own_parts_over_many_chunks(self, book: Database) -> None:
        many = [
            change_of(
                order_of(
                    f"302-{number:07}-0000000",
                    programs=("PREORDER",) if number % 3 == 0 else (),
                    lines=tuple(line_of(f"{number}-{item}") for item in range(number % 3 + 1)),
                )
            )
            for number in range(650)
        ]
        save(book, *many)
        weigh(book, "7-0", 10)
        weigh(book, "7-1", 10)
        found = list(iterate_orders(book.of(STORE), EVERY))
        assert [order.order_id for order in found] == [f"302-{number:07}-0000000" for number in range(650)]
        assert [bool(order.held_for) for order in found] == [number % 3 == 0 for number in range(650)]
        assert [len(order.order.lines) for order in found] == [number % 3 + 1 for number in range(650)]
        assert [order.order_id for order in found if order.weight_grams] == ["302-0000007-0000000"]

    @pytest.mark.on_sqlite  # it takes long
    def test_the_first_ones_are_there_before_the_last_ones_are_read(self, book: Database) -> None:
        """Memory stays flat: what was looked at is let go of."""

        def peak(count: int) -> int:
            tracemalloc.start()
            seen = sum(1 for _ in iterate_orders(book.of(STORE), EVERY))
            _, highest = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert seen == count
            return highest

        save(book, *(change_of(order_of(f"302-{number:07}-0000000")) for number in range(1000)))
        peak(1000)  # the first look fills caches
        few = peak(1000)
        for block in range(1, 4):
            save(book, *(change_of(order_of(f"302-{number:07}-{block:07}")) for number in range(1000)))
        assert peak(4000) < few * 2

    @pytest.mark.on_sqlite
    def test_who_stops_looking_early_keeps_nothing_locked(self, book: Database) -> None:
        save(book, *(change_of(order_of(f"302-{number:07}-0000000")) for number in range(500)))
        orders = iterate_orders(book.of(STORE), EVERY)
        next(orders)
        del orders
        save(book, change_of(order_of(status="SHIPPED")))
        assert len(numbers(book)) == 501

    def test_an_order_that_is_stored_meanwhile_does_not_disturb(self, book: Database) -> None:
        save(book, *(change_of(order_of(f"302-{number:07}-0000000")) for number in range(500)))
        seen = []
        for order in iterate_orders(book.of(STORE), EVERY):
            seen.append(order.order_id)
            if len(seen) == 1:
                save(book, change_of(order_of(OTHER_ID, ship_by=None)))
        assert len(seen) == 500

    @given(
        st.lists(
            st.tuples(st.sampled_from(["UNSHIPPED", "SHIPPED"]), st.none() | st.integers(-3, 3), st.integers(0, 3)),
            max_size=15,
        ),
        st.none() | st.sampled_from(["UNSHIPPED", "SHIPPED"]),
        st.none() | st.integers(-3, 3),
    )
    @settings(deadline=None, max_examples=30)
    @pytest.mark.on_sqlite
    def test_any_filter_gives_what_a_plain_loop_would(
        self, made: list[tuple[str, int | None, int]], status: str | None, due_in: int | None
    ) -> None:
        orders = [
            order_of(
                f"302-{number:07}-0000000",
                status=state,
                ship_by=NOW + timedelta(days=in_days) if in_days is not None else None,
                purchased_at=NOW - timedelta(days=age),
            )
            for number, (state, in_days, age) in enumerate(made)
        ]
        due_before = NOW + timedelta(days=due_in) if due_in is not None else None
        with common_folder() as folder, book_in(folder) as book:
            save(book, *(change_of(order) for order in orders))
            found = numbers(book, Filter(statuses=(status,) if status else (), due_before=due_before))
        wanted = [
            order
            for order in orders
            if (status is None or order.status == status)
            and (due_before is None or (order.ship_by is not None and order.ship_by < due_before))
        ]
        wanted.sort(key=lambda o: (o.ship_by is None, o.ship_by or NOW, o.purchased_at, o.order_id))
        assert found == [order.order_id for order in wanted]


class TestSettingAndLifting:
    def test_a_manual_hold_is_set_and_set_again(self, book: Database) -> None:
        save(book, change_of(order_of()))
        set_manual_hold(book.of(STORE), ORDER_ID, NOW)
        set_manual_hold(book.of(STORE), ORDER_ID, NOW + timedelta(hours=1))
        assert [(row["hold"], row["set_at"], row["lifted_at"]) for row in rows_of(book, HOLDS)] == [
            ("manual", "2026-11-23T10:30:00Z", None)
        ]

    def test_lifting_marks_what_amazon_caused_and_removes_what_a_person_set(self, book: Database) -> None:
        save(book, change_of(order_of(programs=("PREORDER",))), change_of(order_of(OTHER_ID, programs=("PREORDER",))))
        set_manual_hold(book.of(STORE), ORDER_ID, NOW)
        lift_holds(book.of(STORE), ORDER_ID, NOW)
        found = {(row["order_id"], row["hold"]): row["lifted_at"] for row in rows_of(book, HOLDS)}
        assert found == {(ORDER_ID, "preorder"): "2026-11-23T09:30:00Z", (OTHER_ID, "preorder"): None}

    def test_lifting_again_keeps_the_time_of_the_first(self, book: Database) -> None:
        save(book, change_of(order_of(programs=("PREORDER",))))
        lift_holds(book.of(STORE), ORDER_ID, NOW)
        lift_holds(book.of(STORE), ORDER_ID, NOW + timedelta(hours=1))
        assert rows_of(book, HOLDS)[0]["lifted_at"] == "2026-11-23T09:30:00Z"


class TestAddresses:
    def test_without_any_order_that_could_be_addressed_there_is_none(self, book: Database) -> None:
        save(book, change_of(order_of(personal=NOTHING_PERSONAL)))
        assert not any_deliverable(book.of(STORE))

    def test_one_is_enough_but_not_another_stores(self, book: Database) -> None:
        save(book, change_of(order_of()))
        assert any_deliverable(book.of(STORE))
        assert not any_deliverable(book.of("my-other-shop"))


class TestForgettingAStore:
    def fill(self, book: Database, store: str) -> None:
        order = order_of(programs=("PREORDER",), packages=(package_of(),))
        save(
            book,
            change_of(order),
            change_of(order_of(OTHER_ID, status="CANCELLED"), sealed=None, purge="cancelled"),
            store=store,
            refusals=[Refusal("302-0000000-0000000", ProblemName.RESPONSE_MALFORMED, "no status")],
            search=search_of(),
            covered_until=NOW,
        )
        run = Run(job="import-orders", started_at=NOW, finished_at=NOW, problem=None, counts={}, amazon_time=NOW)
        note_run(book.of(store), run)

    def test_nothing_of_it_is_left_and_all_of_the_others(self, book: Database) -> None:
        self.fill(book, STORE)
        self.fill(book, "my-other-shop")
        others = {table.name: rows_of(book, table, "my-other-shop") for table in METADATA.sorted_tables}
        assert forget_store(book.of(STORE), keep_orders=False) == 1
        assert {table.name for table in METADATA.sorted_tables if rows_of(book, table)} == set()
        assert {table.name: rows_of(book, table, "my-other-shop") for table in METADATA.sorted_tables} == others

    def test_the_orders_can_stay_but_nothing_sealed_and_no_mark_of_the_vault(self, book: Database) -> None:
        self.fill(book, STORE)
        assert forget_store(book.of(STORE), keep_orders=True) == 1
        left = {table.name for table in METADATA.sorted_tables if rows_of(book, table)}
        assert left == {"orders", "order_lines", "packages", "holds", "tombstones", "runs"}
        assert numbers(book) == [ORDER_ID, OTHER_ID]

    def test_the_orders_that_stay_are_taken_in_anew_with_their_addresses(self, book: Database) -> None:
        self.fill(book, STORE)
        forget_store(book.of(STORE), keep_orders=True)
        known, purged = known_orders(book.of(STORE), [ORDER_ID, OTHER_ID])
        assert not known[ORDER_ID].deliverable
        assert purged == {OTHER_ID}

    def test_forgetting_what_is_not_there_changes_nothing(self, book: Database) -> None:
        self.fill(book, STORE)
        before = contents(book)
        assert forget_store(book.of("nobody"), keep_orders=False) == 0
        assert contents(book) == before


class TestRuns:
    def run_at(self, hours: int, *, amazon: bool = True, problem: str | None = None) -> Run:
        at = NOW + timedelta(hours=hours)
        return Run(
            job="import-orders",
            started_at=at,
            finished_at=at + timedelta(minutes=1),
            problem=ProblemName(problem) if problem else None,
            counts={"new": 3},
            amazon_time=at if amazon else None,
        )

    def test_a_run_is_kept_with_its_counts(self, book: Database) -> None:
        note_run(book.of(STORE), self.run_at(0, problem="throttled"))
        assert rows_of(book, RUNS) == [
            {
                "store": STORE,
                "job": "import-orders",
                "started_at": "2026-11-23T09:30:00Z",
                "finished_at": "2026-11-23T09:31:00Z",
                "problem": "throttled",
                "counts": '{"new":3}',
                "amazon_time": "2026-11-23T09:30:00Z",
                "facts": None,
            }
        ]
