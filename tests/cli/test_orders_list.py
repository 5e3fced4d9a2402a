"""orders list and orders export as people ask them: what is found, what is shown at which width, and what is said."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amzlink.core.orders.refusal import Refusal
from amzlink.core.shipments.parcels import Kind, Parcel
from amzlink.files.home import find_home
from amzlink.orderbook.database import Database
from amzlink.orderbook.destination.outbox import DispatchRow, DispatchState, save_dispatches
from amzlink.orderbook.shipments.parcels import ParcelsSeen, save_parcels
from amzlink.problems import ProblemName
from tests.orderbook.samples import change_of, line_of, order_of, save
from tests.support.questions import Desk
from tests.support.world import SLUG, shell

# Tomorrow morning, so that what is to ship within hours is to ship on the same day.
NOW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=30, second=0, microsecond=0)
HOUR = timedelta(hours=1)
LATE, HELD, REFUSED, LABELLED, FAR, DONE = (f"302-000000{last}-0000000" for last in range(1, 7))
OPEN = [LATE, HELD, REFUSED, LABELLED, FAR]


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Desk]:
    """A shop whose order book has nothing in it."""
    with shell(tmp_path, {"destination": "sendcloud", "update_status_when": "processed"}, orders=0) as at:
        at.environ["TZ"] = "UTC"
        desk = Desk(at)
        desk.wait(seconds=(NOW - datetime.now(UTC)).total_seconds())
        yield desk


@pytest.fixture
def desk(empty: Desk) -> Desk:
    """A shop with an order of each kind."""
    with Database.open(find_home(empty.at.environ).database_file) as book:
        save(
            book,
            change_of(order_of(LATE, ship_by=NOW - 50 * HOUR)),
            change_of(order_of(HELD, ship_by=NOW + HOUR, programs=("PREORDER",))),
            change_of(order_of(REFUSED, ship_by=NOW + 2 * HOUR)),
            change_of(order_of(LABELLED, ship_by=NOW + 3 * HOUR, status="PARTIALLY_SHIPPED")),
            change_of(order_of(FAR, ship_by=NOW + 900 * HOUR, lines=(line_of("1", sku="=1+1"), line_of("2")))),
            change_of(order_of(DONE, ship_by=NOW - 90 * HOUR, status="SHIPPED")),
            store=SLUG,
            refusals=[Refusal("302-9999999-9999999", ProblemName.RESPONSE_MALFORMED, "a price is no number")],
        )
        here = book.of(SLUG)
        save_dispatches(
            here,
            [
                DispatchRow(
                    order_id=REFUSED, state=DispatchState.REFUSED, problem=ProblemName.ADDRESS_UNFIT,
                    pointer="shipping_address/postal_code",
                ),
                DispatchRow(order_id=LABELLED, state=DispatchState.SENT),
            ],
            NOW,
        )  # fmt: skip
        parcel = Parcel(
            key="sendcloud:1", order_id=LABELLED, status="1000", kind=Kind.LABELLED, updated_at=NOW, carrier="dhl",
            carrier_label="DHL", traceable=True,
        )  # fmt: skip
        save_parcels(here, ParcelsSeen(parcels=[parcel], boxes={}, chain_ids={}), NOW)
    return empty


def listed(desk: Desk, *words: str) -> list[str]:
    """The order numbers that a program gets."""
    return [order["order_id"] for order in desk.json("orders", "list", *words)["orders"]]


class TestWhatIsFound:
    @pytest.mark.parametrize(
        ("words", "ids"),
        [
            (("--held",), [HELD]),
            (("--held", "preorder"), [HELD]),
            (("--held=prime",), []),
            (("--held", "--overdue"), []),
            (("--refused",), [REFUSED]),
            (("--overdue",), [LATE]),
            (("--waiting",), [LABELLED]),
            (("--status", "shipped", "--status", "PARTIALLY_SHIPPED"), [DONE, LABELLED]),
            (("--status", "UNSHIPPED", "--due-before", "4h"), [LATE, HELD, REFUSED]),
            (("--status", "UNSHIPPED", "--limit", "2"), [LATE, HELD]),
            ((), [DONE, *OPEN]),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
    )
    def test_by_each_option_and_by_several(self, desk: Desk, words: tuple[str, ...], ids: list[str]) -> None:
        assert listed(desk, *words) == ids

    def test_a_program_gets_what_the_filter_is_about(self, desk: Desk) -> None:
        def one(*words: str) -> dict[str, Any]:
            order: dict[str, Any]
            (order,) = desk.json("orders", "list", *words)["orders"]
            return order

        assert one("--refused")["refusals"] == [
            {"by": "sendcloud", "problem": "address-unfit", "reason": "shipping_address/postal_code"}
        ]
        waiting = one("--waiting")
        assert (waiting["waits_for"], waiting["carriers"]) == ("first-scan", ["DHL"])
        assert one("--held")["held_since"].endswith("Z")
        assert "refusals" not in one("--held")

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (("--status", "foo"), ("--status", "UNSHIPPED", "CANCELLED", "all")),
            (("--held", "foo"), ("--held", "prime", "manual")),
            (("--limit", "0"), ("--limit", "all")),
            (("--due-before", "soon"), ("--due-before", "today, tomorrow")),
        ],
    )
    def test_what_nobody_knows_is_a_usage_error_that_names_what_is_known(
        self, desk: Desk, words: tuple[str, ...], named: tuple[str, ...]
    ) -> None:
        ran = desk.cron("orders", "list", *words)
        assert ran.code == 64
        assert all(name in ran.err for name in named)
        assert "`amzlink orders list --help`" in " ".join(ran.err.split())


@pytest.mark.parametrize("columns", [60, 80, 140])
class TestOnATerminal:
    def test_what_is_still_to_ship_is_shown_with_its_number_and_keys_are_whole(self, desk: Desk, columns: int) -> None:
        screen = desk.ask("orders", "list", columns=columns)
        assert [line.split()[0] for line in screen.lines if line.startswith("302-")] == OPEN
        screen.shows("5 orders to ship.").lacks(DONE, "…")

    def test_only_so_many_and_how_many_there_are(self, desk: Desk, columns: int) -> None:
        screen = desk.ask("orders", "list", "--limit", "2", columns=columns)
        screen.shows(LATE, HELD, "2 of 5 orders to ship; --limit all shows all.").lacks(REFUSED)

    @pytest.mark.parametrize(
        ("option", "phrases"),
        [
            ("--held", ("HELD SINCE", "preorder")),
            (
                "--refused",
                ("REASON", "Sendcloud: postal code of shipping address", "(address-unfit)", "could not be imported"),
            ),
            ("--overdue", ("LATE BY", "2 days")),
            ("--waiting", ("the first scan", "DHL")),
        ],
    )
    def test_a_filter_brings_the_columns_that_it_is_about(
        self, desk: Desk, columns: int, option: str, phrases: tuple[str, ...]
    ) -> None:
        screen = desk.ask("orders", "list", option, columns=columns)
        found = " ".join(screen.text.split())
        assert all(phrase in found for phrase in phrases), screen.text
        screen.shows("1 order with this filter.")

    @pytest.mark.parametrize("option", ["--overdue", "--waiting"])
    def test_a_column_without_a_word_takes_no_room_from_the_others(self, desk: Desk, columns: int, option: str) -> None:
        screen = desk.ask("orders", "list", option, columns=columns)
        head = next(line for line in screen.lines if line.startswith("ORDER"))
        assert screen.lines[screen.lines.index(head) + 1].startswith("302-"), screen.text  # the head is one line


class TestWhatIsSaid:
    def test_nothing_found_is_not_no_orders(self, desk: Desk) -> None:
        desk.ask("orders", "list", "--held", "prime").shows("Nothing found with this filter.").lacks("No orders")

    def test_what_is_not_paid_for_is_said_to_be_in_no_list(self, desk: Desk) -> None:
        desk.ask("orders", "list", "--status", "pending").shows("Orders that await payment come in once they are paid")

    @pytest.mark.parametrize(
        ("order", "said"),
        [
            (LABELLED, "Sendcloud has it already: `amzlink import-orders` removes it there, unless it has a label."),
            (DONE, "It is shipped at Amazon, so the hold changes nothing now."),
        ],
    )
    def test_a_hold_says_what_it_cannot_stop_by_itself(self, desk: Desk, order: str, said: str) -> None:
        desk.ask("orders", "hold", order).shows(f"{order} is on hold until you release it.", said)
        desk.ask("orders", "hold", FAR).lacks("Sendcloud", "Amazon")

    def test_an_empty_book_says_how_to_fill_it(self, empty: Desk) -> None:
        empty.ask("orders", "list", "--held").shows("No orders.", "amzlink import-orders")

    def test_where_all_is_shipped_the_rest_is_pointed_out(self, empty: Desk) -> None:
        with Database.open(find_home(empty.at.environ).database_file) as book:
            save(book, change_of(order_of(DONE, status="SHIPPED")), store=SLUG)
        empty.ask("orders", "list").shows("No orders to ship.", "--status all")
        empty.ask("orders", "list", "--status", "all").shows(DONE, "1 order found.")

    def test_in_a_pipe_all_are_there_below_the_usual_columns_and_nothing_is_said(self, desk: Desk) -> None:
        ran = desk.cron("orders", "list")
        head, *lines = ran.out.splitlines()
        assert head.split() == ["ORDER", "STATUS", "SHIP", "BY", "UNITS", "SERVICE", "ON", "HOLD", "FOR"]
        assert [line.split()[0] for line in lines] == [DONE, *OPEN]
        assert ran.err == ""


class TestExport:
    def test_a_file_begins_with_a_byte_order_mark_and_standard_output_does_not(
        self, desk: Desk, tmp_path: Path
    ) -> None:
        file = tmp_path / "orders.csv"
        assert desk.cron("orders", "export", "--output", str(file)).code == 0
        content = file.read_bytes()
        printed = desk.cron("orders", "export").out
        assert content.startswith(b"\xef\xbb\xbfstore,")
        assert printed.startswith("store,")
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        assert {row["marketplace_country"] for row in rows} == {"DE"}
        times = [row[name] for row in rows for name in ("purchased_at", "changed_at", "ship_by")]
        assert all(datetime.fromisoformat(time).tzinfo and len(time) == len("2026-11-29T10:00:00Z") for time in times)

    def test_it_is_asked_like_a_list(self, desk: Desk) -> None:
        ran = desk.cron("orders", "export", "--format", "jsonl", "--held")
        assert [json.loads(line)["order_id"] for line in ran.out.splitlines()] == [HELD]

    def test_without_a_terminal_a_file_is_overwritten(self, desk: Desk, tmp_path: Path) -> None:
        file = tmp_path / "orders.csv"
        file.write_text("old")
        assert desk.cron("orders", "export", "--output", str(file)).code == 0
        assert file.read_text() != "old"

    @pytest.mark.parametrize(
        ("typed", "force", "kept"),
        [("\n", (), True), ("n\n", (), True), ("ja\n", (), False), ("", ("--force",), False)],
    )
    def test_on_a_terminal_it_asks_unless_it_is_forced(
        self, desk: Desk, tmp_path: Path, typed: str, force: tuple[str, ...], kept: bool
    ) -> None:
        file = tmp_path / "orders.csv"
        file.write_text("old")
        screen = desk.ask("orders", "export", "--output", str(file), *force, typed=typed, columns=200)
        assert screen.code == 0
        assert (file.read_text() == "old") == kept
        assert ("Overwrite it?" in screen.flat) == (not force)


def test_a_mistyped_status_is_asked_back(empty: Desk) -> None:
    empty.ask("orders", "list", "--status", "shiped").shows("Did you mean SHIPPED")
