"""Storing what an import brings: a page as a whole or not at all, and what outlives the next answer."""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from amzlink.core.orders.changes import digest
from amzlink.core.orders.holds import OWN_CARRIER, STILL_HELD, Hold
from amzlink.core.orders.order import PackageItem
from amzlink.core.orders.refusal import Refusal
from amzlink.core.privacy.sealed_data import Box
from amzlink.orderbook.database import Database
from amzlink.orderbook.orders.browse import holds, lift_holds, note_prime_still_held, set_manual_hold
from amzlink.orderbook.orders.pages import OrderChange, Page, known_orders, refused_orders, save_page
from amzlink.orderbook.orders.searches import begin_searches, coverage, searches_under_way
from amzlink.orderbook.schema import HOLDS, ORDER_LINES, ORDERS, PACKAGES, SEALED, TOMBSTONES, VAULT_CHAINS
from amzlink.problems import Problem, ProblemName
from tests.orderbook.machine import common_folder
from tests.orderbook.samples import (
    MONEY,
    NOW,
    ORDER_ID,
    PERSONAL,
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


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Database]:
    with empty_book_in(tmp_path) as found:
        yield found


def again(**fields: Any) -> OrderChange:
    """The order once more, as one that the book has already; `fields` are the order's."""
    return change_of(order_of(**fields), is_new=False)


def whole_page() -> Page:
    """A page with something for every table that a page can touch."""
    later = search_of(page_token="next", page_token_at=NOW)
    order = order_of(
        programs=("PRIME",), lines=(line_of("1"), line_of("2")), packages=(package_of("P1"), package_of("P2"))
    )
    gone = change_of(order_of(OTHER_ID, status="CANCELLED"), sealed=None, purge="cancelled")
    return Page(
        changes=[change_of(order), gone],
        refusals=[Refusal("302-0000000-0000000", ProblemName.RESPONSE_MALFORMED, "no status")],
        chain_ids={"2026-12": "chain"},
        search=later,
        covered_until=NOW,
    )


class TestAPage:
    def test_all_of_an_order_is_stored(self, book: Database) -> None:
        order = order_of(
            label_from=NOW,
            replaces=OTHER_ID,
            programs=("AMAZON_BUSINESS", "PREMIUM"),
            lines=(
                line_of(
                    "1",
                    programs=("TRANSPARENCY",),
                    ioss_number="IM1",
                    gift_wrap="STANDARD",
                    customised=True,
                    demands=("palletDelivery", "signatureConfirmation"),
                ),
                line_of("2", quantity=3, sku=None),
            ),
            packages=(package_of(items=(PackageItem("1", 2), PackageItem("2", 1))),),
            money=MONEY,
        )
        save(book, change_of(order))
        (row,) = rows_of(book, ORDERS)
        assert row == {
            "store": STORE,
            "order_id": ORDER_ID,
            "marketplace_id": "A1PA6795UKMFR9",
            "status": "UNSHIPPED",
            "purchased_at": "2026-11-21T09:30:00Z",
            "changed_at": "2026-11-22T09:30:00.000Z",
            "ship_by": "2026-11-25T09:30:00Z",
            "deliver_by": "2026-11-28T09:30:00Z",
            "shipped_at": "2026-11-22T09:30:00Z",
            "service_level": "STANDARD",
            "programs": "AMAZON_BUSINESS PREMIUM",
            "replaces": OTHER_ID,
            "total": "39.98",
            "currency": "EUR",
            "lines": 2,
            "units": 5,
            "deliverable": True,
            "digest": digest(order),
            "delivered_at": None,
            "delivered_by": None,
            "imported_at": "2026-11-23T09:30:00Z",
            "price_parts": (
                '[{"kind":"TAX","amount":"6.38","currency":"EUR","details":[{"kind":"ITEM","amount":"6.38",'
                '"currency":"EUR"}]},{"kind":"ITEM","amount":"33.60","currency":"EUR"}]'
            ),
            "leaves_customs_union": None,
        }
        first, second = sorted(rows_of(book, ORDER_LINES), key=lambda row: int(row["position"]))
        assert first == {
            "store": STORE,
            "order_id": ORDER_ID,
            "order_item_id": "1",
            "position": 1,
            "sku": "SKU-1",
            "asin": "B000000001",
            "title": "Tea pot",
            "quantity": 2,
            "quantity_unshipped": 2,
            "unit_price": "19.99",
            "currency": "EUR",
            "programs": "TRANSPARENCY",
            "ioss_number": "IM1",
            "demands": "palletDelivery signatureConfirmation",
            "wrap_level": "STANDARD",
            "customised": True,
            "money": (
                '{"parts":[{"kind":"TAX","amount":"6.38","currency":"EUR","details":[{"kind":"ITEM","amount":"6.38",'
                '"currency":"EUR"}]},{"kind":"ITEM","amount":"33.60","currency":"EUR"}],"tax_collections":[{"model":'
                '"MARKETPLACE_FACILITATOR","responsible_party":"Amazon Services Europe S.a.r.L."}],"schemes":["UOSS"]}'
            ),
            "weight_grams": None,
        }
        assert (second["order_item_id"], second["position"], second["sku"]) == ("2", 2, None)
        (package,) = rows_of(book, PACKAGES)
        assert package == {
            "store": STORE,
            "order_id": ORDER_ID,
            "reference": "P1",
            "status": "SHIPPED",
            "detailed_status": "PICKED_UP",
            "carrier": "DHL",
            "service": "DHL Paket",
            "shipped_at": "2026-11-22T09:30:00Z",
            "items": '[["1",2],["2",1]]',
        }

    def test_nothing_personal_stands_in_any_table(self, book: Database, tmp_path: Path) -> None:
        save(book, change_of(order_of(packages=(package_of(),))))
        everything = repr(contents(book))
        personal = [
            PERSONAL.recipient.name, PERSONAL.recipient.address_line_1, PERSONAL.recipient.city,
            PERSONAL.recipient.phone, PERSONAL.buyer.name, PERSONAL.buyer.email,
            *PERSONAL.gift_messages.values(), *PERSONAL.tracking_numbers.values(),
        ]  # fmt: skip
        assert [text for text in personal if text is None or text in everything] == []

    def test_storing_the_same_page_twice_is_storing_it_once(self, book: Database) -> None:
        save_page(book.of(STORE), whole_page(), NOW)
        once = contents(book)
        save_page(book.of(STORE), whole_page(), NOW)
        assert contents(book) == once

    def test_an_empty_page_changes_nothing_but_the_resume_point(self, book: Database) -> None:
        save_page(book.of(STORE), whole_page(), NOW)
        before = dict(contents(book))
        save_page(book.of(STORE), Page(changes=(), search=search_of(page_token="third", page_token_at=NOW)), NOW)
        after = dict(contents(book))
        assert before.pop("searches") != after.pop("searches")
        assert before == after

    def test_stores_do_not_touch_each_other(self, book: Database) -> None:
        save(book, change_of(order_of()))
        ours = rows_of(book, ORDERS)
        save(book, change_of(order_of(status="SHIPPED")), store="my-other-shop")
        assert rows_of(book, ORDERS) == ours
        assert rows_of(book, ORDERS, "my-other-shop")[0]["status"] == "SHIPPED"


class TestAllOrNothing:
    def statements_of_a_page(self, book: Database, fail_at: int) -> int:
        """Store a page, failing before statement `fail_at`; how many statements there were."""
        seen = 0

        def count(*_: object) -> None:
            nonlocal seen
            seen += 1
            if seen == fail_at:
                raise ZeroDivisionError

        event.listen(book._engine, "before_cursor_execute", count)
        try:
            save_page(book.of(STORE), whole_page(), NOW + timedelta(hours=1))
        finally:
            event.remove(book._engine, "before_cursor_execute", count)
        return seen

    def test_wherever_storing_breaks_off_nothing_of_the_page_is_there(self, book: Database) -> None:
        save(book, change_of(order_of()), search=search_of())
        before = contents(book)
        fail_at = 1
        while True:
            try:
                self.statements_of_a_page(book, fail_at)
            except ZeroDivisionError:
                assert contents(book) == before, f"after statement {fail_at}"
                fail_at += 1
            else:
                break
        assert fail_at > 12
        assert contents(book) != before

    @pytest.mark.parametrize("statement", [2, 5, 9, 12])
    @pytest.mark.on_sqlite
    def test_a_process_that_is_killed_half_way_leaves_nothing_of_the_page(self, tmp_path: Path, statement: int) -> None:
        with book_in(tmp_path) as book:
            save(book, change_of(order_of()), search=search_of())
            before = contents(book)
        code = (
            "import os, signal, sys; from pathlib import Path\n"
            "from sqlalchemy import event\n"
            "from amzlink.orderbook.orders.pages import save_page\n"
            "from tests.orderbook.samples import NOW, STORE, book_in\n"
            "from tests.orderbook.orders.test_pages import whole_page\n"
            "left = int(sys.argv[2])\n"
            "def die(*_):\n"
            "    global left\n"
            "    left -= 1\n"
            "    if left == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
            "with book_in(Path(sys.argv[1])) as book:\n"
            "    event.listen(book._engine, 'after_cursor_execute', die)\n"
            "    save_page(book.of(STORE), whole_page(), NOW)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path), str(statement)],
            cwd=Path(__file__).resolve().parents[3],
            timeout=300,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL
        with book_in(tmp_path) as book:
            assert contents(book) == before


class TestAnOrderThatComesAgain:
    def test_its_facts_are_replaced(self, book: Database) -> None:
        save(book, change_of(order_of()))
        save(book, again(status="SHIPPED", ship_by=None, total="1.00"))
        (row,) = rows_of(book, ORDERS)
        assert (row["status"], row["ship_by"], row["total"]) == ("SHIPPED", None, "1.00")

    def test_its_lines_keep_their_weights(self, book: Database) -> None:
        save(book, change_of(order_of(lines=(line_of("1"), line_of("2")))))
        with book.writing() as connection:
            connection.execute(update(ORDER_LINES).where(ORDER_LINES.c.order_item_id == "1").values(weight_grams=450))
        save(book, again(lines=(line_of("1", quantity_unshipped=0), line_of("2"))))
        assert [
            (row["quantity_unshipped"], row["weight_grams"])
            for row in sorted(rows_of(book, ORDER_LINES), key=lambda row: int(row["position"]))
        ] == [
            (0, 450),
            (2, None),
        ]

    def test_nothing_is_left_to_ship_of_a_line_that_it_has_no_more(self, book: Database) -> None:
        save(book, change_of(order_of(lines=(line_of("1"), line_of("2")))), change_of(order_of(OTHER_ID)))
        save(book, again(lines=(line_of("2"), line_of("3"))))
        rows = {
            (row["order_id"], row["order_item_id"]): (row["quantity"], row["quantity_unshipped"])
            for row in rows_of(book, ORDER_LINES)
        }
        assert rows == {
            (ORDER_ID, "1"): (2, 0), (ORDER_ID, "2"): (2, 2), (ORDER_ID, "3"): (2, 2), (OTHER_ID, "1"): (2, 2),
        }  # fmt: skip

    def test_packages_that_have_vanished_go(self, book: Database) -> None:
        save(book, change_of(order_of(packages=(package_of("P1"), package_of("P2")))))
        save(book, change_of(order_of(OTHER_ID, packages=(package_of("P1"),))))
        save(book, again(packages=(package_of("P2", status="DELIVERED"), package_of("P3"))))
        assert [(row["order_id"], row["reference"], row["status"]) for row in rows_of(book, PACKAGES)] == [
            (ORDER_ID, "P2", "DELIVERED"),
            (ORDER_ID, "P3", "SHIPPED"),
            (OTHER_ID, "P1", "SHIPPED"),
        ]

    def test_without_a_new_box_the_old_one_stays(self, book: Database) -> None:
        save(book, change_of(order_of()))
        before = rows_of(book, SEALED)
        save(book, change_of(order_of(status="SHIPPED"), is_new=False, sealed=None))
        assert rows_of(book, SEALED) == before

    def test_a_new_box_replaces_the_old_one(self, book: Database) -> None:
        save(book, change_of(order_of()))
        save(book, change_of(order_of(), is_new=False, sealed=Box(date(2027, 1, 5), "chain-2", b"newer")))
        (row,) = rows_of(book, SEALED)
        assert (row["lease_day"], row["chain_id"], row["box"]) == ("2027-01-05", "chain-2", b"newer")

    def test_twice_on_one_page_it_is_as_the_second_one_has_it(self, book: Database) -> None:
        """An order that changes while pages are read can stand on one page twice."""
        first = change_of(order_of(programs=("PRIME",), packages=(package_of("P1"),)))
        second = change_of(order_of(packages=(package_of("P2"),)), is_new=False, sealed=None)
        save(book, first, change_of(order_of(OTHER_ID)), second)
        assert [row["reference"] for row in rows_of(book, PACKAGES)] == ["P2"]
        assert rows_of(book, HOLDS) == []
        assert {row["order_id"] for row in rows_of(book, SEALED)} == {ORDER_ID, OTHER_ID}
        (row, _) = rows_of(book, ORDERS)
        assert row["digest"] == second.digest


class TestHolds:
    def held(self, book: Database, order_id: str = ORDER_ID) -> dict[str, tuple[str, bool]]:
        """Hold by hold: its cause, and whether it is lifted."""
        return {
            entry.hold: (entry.cause, entry.lifted_at is not None)
            for entry in holds(book.of(STORE), [order_id])[order_id]
        }

    def with_causes(self, causes: Mapping[str, str], *, is_new: bool = False) -> OrderChange:
        return change_of(order_of(), causes=causes, is_new=is_new)

    def test_causes_are_stored_with_the_order(self, book: Database) -> None:
        save(book, self.with_causes({"prime": "PRIME", "no-address": "absent"}, is_new=True))
        assert self.held(book) == {"prime": ("PRIME", False), "no-address": ("absent", False)}
        assert {row["set_at"] for row in rows_of(book, HOLDS)} == {"2026-11-23T09:30:00Z"}

    def test_a_hold_that_was_lifted_stays_lifted_as_long_as_its_cause_is_the_same(self, book: Database) -> None:
        save(book, self.with_causes({"cancellation-requested": "1"}, is_new=True))
        lift_holds(book.of(STORE), ORDER_ID, NOW)
        save(book, self.with_causes({"cancellation-requested": "1"}))
        assert self.held(book) == {"cancellation-requested": ("1", True)}

    def test_a_new_cause_brings_it_back(self, book: Database) -> None:
        save(book, self.with_causes({"cancellation-requested": "1"}, is_new=True))
        lift_holds(book.of(STORE), ORDER_ID, NOW)
        save(book, self.with_causes({"cancellation-requested": "1,2"}))
        assert self.held(book) == {"cancellation-requested": ("1,2", False)}

    def test_a_cause_that_has_vanished_takes_its_hold_along(self, book: Database) -> None:
        save(book, self.with_causes({"prime": "PRIME", "no-address": "absent"}, is_new=True))
        save(book, self.with_causes({"prime": "PRIME"}))
        assert self.held(book) == {"prime": ("PRIME", False)}

    def test_a_cause_that_had_vanished_and_comes_again_is_new(self, book: Database) -> None:
        save(book, self.with_causes({"no-address": "absent"}, is_new=True))
        lift_holds(book.of(STORE), ORDER_ID, NOW)
        save(book, self.with_causes({}))
        save(book, self.with_causes({"no-address": "absent"}))
        assert self.held(book) == {"no-address": ("absent", False)}

    def test_a_hold_whose_cause_stays_keeps_the_time_at_which_it_was_set(self, book: Database) -> None:
        save(book, self.with_causes({"prime": "PRIME"}, is_new=True))
        save(book, self.with_causes({"prime": "PRIME"}), now=NOW + timedelta(days=1))
        assert [row["set_at"] for row in rows_of(book, HOLDS)] == ["2026-11-23T09:30:00Z"]

    def test_a_manual_hold_stays_whatever_amazon_says(self, book: Database) -> None:
        save(book, self.with_causes({}, is_new=True))
        set_manual_hold(book.of(STORE), ORDER_ID, NOW)
        save(book, self.with_causes({"prime": "PRIME"}))
        save(book, self.with_causes({}))
        assert set(self.held(book)) == {"manual"}
        assert not self.held(book)["manual"][1]

    def test_a_prime_order_that_an_earlier_version_held_stays_held_whatever_changes(self, book: Database) -> None:
        save(book, self.with_causes({"prime": "PRIME"}, is_new=True))
        save(book, self.with_causes({"prime": OWN_CARRIER}))
        assert self.held(book) == {"prime": ("PRIME", False)}
        assert note_prime_still_held(book.of(STORE)) == 1
        assert note_prime_still_held(book.of(STORE)) == 0
        save(book, self.with_causes({"prime": OWN_CARRIER}))
        assert self.held(book) == {"prime": (STILL_HELD, False)}

    def test_other_orders_keep_theirs(self, book: Database) -> None:
        save(book, change_of(order_of(OTHER_ID, programs=("PREORDER",))))
        save(book, self.with_causes({}, is_new=True))
        save(book, self.with_causes({}))
        assert self.held(book, OTHER_ID) == {"preorder": ("PREORDER", False)}

    @given(
        st.lists(
            st.one_of(
                st.dictionaries(
                    st.sampled_from(["prime", "no-address", "cancellation-requested"]), st.sampled_from(["a", "b"])
                ),
                st.sampled_from(["lift", "hold"]),
            ),
            max_size=12,
        )
    )
    @settings(deadline=None, max_examples=25)
    @pytest.mark.on_sqlite
    def test_over_any_history_the_holds_are_those_of_the_model(self, history: list[dict[str, str] | str]) -> None:
        model: dict[str, tuple[str, bool]] = {}
        with common_folder() as folder, book_in(folder) as book:
            save(book, self.with_causes({}, is_new=True))
            for step in history:
                if step == "lift":
                    lift_holds(book.of(STORE), ORDER_ID, NOW)
                    model = {hold: (cause, True) for hold, (cause, _) in model.items() if hold != "manual"}
                elif step == "hold":
                    set_manual_hold(book.of(STORE), ORDER_ID, NOW)
                    model["manual"] = ("2026-11-23T09:30:00Z", False)
                elif isinstance(step, dict):
                    save(book, self.with_causes(step))
                    manual = {"manual": model["manual"]} if "manual" in model else {}
                    model = {
                        hold: (cause, model.get(hold, ("", False)) == (cause, True)) for hold, cause in step.items()
                    } | manual
                assert self.held(book) == model


class TestPersonalData:
    def test_a_box_and_its_chain_are_noted_together(self, book: Database) -> None:
        save(book, change_of(order_of()), chain_ids={"2026-11": "a", "2026-12": "b"})
        assert {row["month"]: row["chain_id"] for row in rows_of(book, VAULT_CHAINS)} == {
            "2026-11": "a",
            "2026-12": "b",
        }

    def test_without_a_box_no_chain_is_noted(self, book: Database) -> None:
        save(book, change_of(order_of(), sealed=None), chain_ids={"2026-12": "a"})
        assert rows_of(book, VAULT_CHAINS) == []

    def test_a_chain_once_noted_is_not_replaced_and_nothing_is_kept_under_another(self, book: Database) -> None:
        save(book, change_of(order_of()), chain_ids={"2026-12": "a"})
        with pytest.raises(Problem) as raised:
            save(book, change_of(order_of(OTHER_ID)), chain_ids={"2026-12": "another"})
        assert raised.value.name is ProblemName.VAULT_KEY_MISSING
        assert rows_of(book, VAULT_CHAINS)[0]["chain_id"] == "a"
        assert [row["order_id"] for row in rows_of(book, SEALED)] == [ORDER_ID]

    def test_a_purge_destroys_the_box_and_puts_up_a_tombstone(self, book: Database) -> None:
        save(book, change_of(order_of()), change_of(order_of(OTHER_ID)))
        save(book, change_of(order_of(status="CANCELLED"), is_new=False, sealed=None, purge="cancelled"))
        assert [row["order_id"] for row in rows_of(book, SEALED)] == [OTHER_ID]
        assert rows_of(book, TOMBSTONES) == [
            {"store": STORE, "order_id": ORDER_ID, "purged_at": "2026-11-23T09:30:00Z", "rule": "cancelled"}
        ]

    def test_the_first_tombstone_stands(self, book: Database) -> None:
        gone = change_of(order_of(status="CANCELLED"), sealed=None, purge="cancelled")
        save(book, gone)
        save(book, change_of(order_of(), sealed=None, purge="shipped too long ago"), now=NOW + timedelta(days=1))
        assert [(row["purged_at"], row["rule"]) for row in rows_of(book, TOMBSTONES)] == [
            ("2026-11-23T09:30:00Z", "cancelled")
        ]

    def test_a_tombstone_is_told_with_what_is_known(self, book: Database) -> None:
        save(
            book, change_of(order_of(status="CANCELLED"), sealed=None, purge="cancelled"), change_of(order_of(OTHER_ID))
        )
        known, purged = known_orders(book.of(STORE), [ORDER_ID, OTHER_ID, "302-0000000-0000000"])
        assert purged == {ORDER_ID}
        assert set(known) == {ORDER_ID, OTHER_ID}

    def test_later_changes_of_an_order_with_a_tombstone_bring_no_box_back(self, book: Database) -> None:
        save(book, change_of(order_of(status="CANCELLED"), sealed=None, purge="cancelled"))
        save(book, again(), change_of(order_of(OTHER_ID)))
        assert [row["order_id"] for row in rows_of(book, SEALED)] == [OTHER_ID]
        assert len(rows_of(book, ORDERS)) == 2

    def test_not_even_on_the_same_page(self, book: Database) -> None:
        save(book, change_of(order_of(status="CANCELLED"), sealed=None, purge="cancelled"), again())
        assert rows_of(book, SEALED) == []

    def test_within_a_page_a_purge_wins_over_a_box(self, book: Database) -> None:
        save(
            book,
            change_of(order_of()),
            change_of(order_of(status="CANCELLED"), is_new=False, sealed=None, purge="cancelled"),
        )
        assert rows_of(book, SEALED) == []

    @pytest.mark.on_sqlite
    def test_what_was_purged_can_be_found_in_no_file(self, book: Database, tmp_path: Path) -> None:
        mark = b"the box of an order that was cancelled"
        save(book, change_of(order_of(), sealed=Box(date(2026, 12, 23), "chain", mark * 300)))
        save(book, change_of(order_of(status="CANCELLED"), is_new=False, sealed=None, purge="cancelled"))
        book.close()
        files = list((tmp_path / "data").iterdir())
        assert files
        assert [file.name for file in files if mark in file.read_bytes()] == []


class TestWhatIsKnown:
    def test_the_time_the_digest_and_whether_it_can_be_addressed(self, book: Database) -> None:
        order = order_of(changed_at=NOW + timedelta(milliseconds=123))
        save(book, change_of(order))
        known, _ = known_orders(book.of(STORE), [ORDER_ID])
        assert known[ORDER_ID].changed_at == order.changed_at
        assert known[ORDER_ID].digest == digest(order)
        assert known[ORDER_ID].deliverable is True

    def test_of_another_store_nothing_is_known(self, book: Database) -> None:
        save(book, change_of(order_of()))
        assert known_orders(book.of("my-other-shop"), [ORDER_ID]) == ({}, frozenset())


class TestSearches:
    def test_a_search_is_gone_on_with_exactly_as_it_stands(self, book: Database) -> None:
        search = search_of(
            query={"lastUpdatedAfter": "2026-11-01T00:00:00Z", "odd": "ä \"quoted\" & 'so'"},
            marketplace_ids=("A1PA6795UKMFR9", "A13V1IB3VIYZZH"),
            page_token="abc/+=\n",
            page_token_at=NOW,
        )
        save(book, search=search)
        assert searches_under_way(book.of(STORE)) == [search]

    def test_searches_are_made_in_their_sequence(self, book: Database) -> None:
        begin_searches(book.of(STORE), [search_of("changes", position=2), search_of("sweep", position=1)])
        assert [search.kind for search in searches_under_way(book.of(STORE))] == ["sweep", "changes"]

    def test_beginning_anew_forgets_the_old_ones(self, book: Database) -> None:
        begin_searches(book.of(STORE), [search_of("sweep", position=1), search_of("changes")])
        begin_searches(book.of(STORE), [search_of("changes", window_end=NOW)])
        assert searches_under_way(book.of(STORE)) == [search_of("changes", window_end=NOW)]

    def test_each_page_moves_the_resume_point(self, book: Database) -> None:
        begin_searches(book.of(STORE), [search_of()])
        for token in ("second", "third"):
            save(book, search=search_of(page_token=token, page_token_at=NOW))
            assert [search.page_token for search in searches_under_way(book.of(STORE))] == [token]
        assert coverage(book.of(STORE)) is None

    def test_the_last_page_ends_the_search_and_moves_the_start_of_the_next_window(self, book: Database) -> None:
        begin_searches(book.of(STORE), [search_of("sweep", position=1), search_of()])
        save(book, search=search_of(), done=True, covered_until=search_of().window_end)
        assert [search.kind for search in searches_under_way(book.of(STORE))] == ["sweep"]
        assert coverage(book.of(STORE)) == (search_of().window_end, ("A1PA6795UKMFR9",))

    def test_the_end_of_a_sweep_moves_no_start(self, book: Database) -> None:
        begin_searches(book.of(STORE), [search_of("sweep", position=1)])
        save(book, search=search_of("sweep", position=1), done=True)
        assert searches_under_way(book.of(STORE)) == []
        assert coverage(book.of(STORE)) is None

    def test_a_page_that_came_from_no_search_moves_nothing(self, book: Database) -> None:
        begin_searches(book.of(STORE), [search_of()])
        save(book, change_of(order_of()))
        assert searches_under_way(book.of(STORE)) == [search_of()]
        assert coverage(book.of(STORE)) is None

    def test_another_stores_searches_are_left_alone(self, book: Database) -> None:
        begin_searches(book.of(STORE), [search_of()])
        begin_searches(book.of("my-other-shop"), [search_of()])
        save(book, search=search_of(), done=True, covered_until=NOW, store="my-other-shop")
        assert searches_under_way(book.of(STORE)) == [search_of()]
        assert coverage(book.of(STORE)) is None


class TestRefusals:
    def test_an_order_that_could_not_be_taken_in_is_noted(self, book: Database) -> None:
        save(book, refusals=[Refusal(ORDER_ID, ProblemName.RESPONSE_MALFORMED, "no status")])
        assert refused_orders(book.of(STORE), 10) == [ORDER_ID]

    def test_one_without_a_number_is_not(self, book: Database) -> None:
        save(book, refusals=[Refusal("", ProblemName.RESPONSE_MALFORMED, "no number")])
        assert refused_orders(book.of(STORE), 10) == []

    def test_the_longest_waiting_come_first_and_no_more_than_are_asked_for(self, book: Database) -> None:
        for number in (3, 1, 2):
            refusal = Refusal(f"302-000000{number}-0000000", ProblemName.RESPONSE_MALFORMED, "no status")
            save(book, refusals=[refusal], now=NOW + timedelta(hours=number))
        assert refused_orders(book.of(STORE), 2) == ["302-0000001-0000000", "302-0000002-0000000"]

    def test_one_that_is_refused_again_waits_at_the_end(self, book: Database) -> None:
        """Else twenty that never come would keep all others from being asked for."""
        for hours, order_id in enumerate((ORDER_ID, OTHER_ID, ORDER_ID)):
            refusal = Refusal(order_id, ProblemName.RESPONSE_MALFORMED, "no status")
            save(book, refusals=[refusal], now=NOW + timedelta(hours=hours))
        assert refused_orders(book.of(STORE), 10) == [OTHER_ID, ORDER_ID]

    def test_one_that_was_taken_in_after_all_is_settled(self, book: Database) -> None:
        for order_id in (ORDER_ID, OTHER_ID):
            save(book, refusals=[Refusal(order_id, ProblemName.RESPONSE_MALFORMED, "no status")])
        save(book, change_of(order_of()))
        assert refused_orders(book.of(STORE), 10) == [OTHER_ID]
        save(book, settled=[OTHER_ID])
        assert refused_orders(book.of(STORE), 10) == []


def test_every_reason_of_an_order_can_be_stored(book: Database) -> None:
    save(book, change_of(order_of(), causes={hold.value: "cause" for hold in Hold}))
    assert len(rows_of(book, HOLDS)) == len(Hold)
