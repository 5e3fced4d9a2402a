"""A report that is not as it should be: what is damaged costs itself alone, and it is said."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from amzlink.amazon.orders import SEARCH_ORDERS
from amzlink.amazon.orders_report import ReportedOrders, reported_orders
from amzlink.core.orders.holds import Hold
from amzlink.jobs.import_orders import ImportReport
from amzlink.jobs.orders.show import show_order
from amzlink.orderbook.orders.incomplete import orders_not_read
from amzlink.orderbook.orders.pages import refused_orders
from amzlink.run import StoreRun
from amzlink.sandbox.order_changes import CHANGES
from amzlink.sandbox.shipping_report import COLUMNS
from tests.amazon.test_orders_report import GERMANY, line
from tests.jobs.orders.test_report_route import AT_ONCE, in_the_book, not_read, open_at_amazon, run, shop
from tests.support.world import SLUG, StoreOnSandbox

ORDERS = 6
STREET = "Łużycka ulica 5, Gdańsk"
KANJI = "東京都千代田区丸の内1丁目"
Rows = list[list[str]]
A_PAGE = timedelta(seconds=180)
"""How long the next page of a search has to be waited for at most."""


@dataclass
class Between(httpx.BaseTransport):
    """Amazon, with its report of orders rewritten (`report`) and everything that reads single orders out of order.

    So the book has what the report alone told. `singly` lets orders be read by number; `calls` counts what came.
    """

    inner: httpx.BaseTransport
    report: Callable[[bytes], bytes]
    charset: str | None = "Cp1252"
    packed: bool = False
    singly: bool = False
    calls: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.calls.append(path.rsplit("/", 1)[-1])
        if path.endswith("/orders/2026-01-01/orders") and not self.singly:
            return httpx.Response(200, json={"orders": []}, request=request)
        if "/orders/2026-01-01/orders/" in path and not self.singly:
            return httpx.Response(400, json={"errors": [{"code": "InvalidInput", "message": "No."}]}, request=request)
        answer = self.inner.handle_request(request)
        body = answer.read()
        if answer.headers.get("content-type", "").startswith("text/plain"):
            kind = f"text/plain; charset={self.charset}" if self.charset else "text/plain"
            return httpx.Response(200, headers={"content-type": kind}, content=self.report(body), request=request)
        if self.packed and "/documents/" in path:
            body = body[:-1] + b',"compressionAlgorithm":"GZIP"}'
        headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
        return httpx.Response(answer.status_code, headers=headers, content=body, request=request)


def rewritten(change: Callable[[list[str], Rows], object], encoding: str = "cp1252") -> Callable[[bytes], bytes]:
    """A report with its header and its cells changed."""

    def rewrite(body: bytes) -> bytes:
        header, *rows = [line.split("\t") for line in body.decode("cp1252").splitlines()]
        change(header, rows)
        return "\r\n".join("\t".join(row) for row in [header, *rows]).encode(encoding)

    return rewrite


def taken(
    tmp_path: Path, report: Callable[[bytes], bytes], orders: int = ORDERS, **options: Any
) -> tuple[StoreOnSandbox, ImportReport]:
    at = shop(tmp_path, orders)
    at.deps.transport = Between(at.transport, report, **options)
    return at, run(at, route="report")


def put(column: str, value: str) -> Callable[[list[str], Rows], None]:
    """Give a column of every line a value."""

    def change(header: list[str], rows: Rows) -> None:
        for row in rows:
            row[header.index(column)] = value

    return change


def busy_shop(tmp_path: Path, **options: Any) -> StoreOnSandbox:
    """A shop with several pages of open orders, whose quota of searches is spent."""
    at = shop(tmp_path, 450, **options)
    with StoreRun(at.deps, SLUG) as spending:
        spending.quotas.drain(SEARCH_ORDERS, at.clock.now().timestamp())
    return at


def told(at: StoreOnSandbox) -> list[str]:
    return [problem.name.value for problem in at.reported.warnings]


def street(at: StoreOnSandbox, order_id: str) -> str | None:
    personal = show_order(at.deps, SLUG, order_id, with_personal=True).personal
    return personal.recipient.address_line_1 if personal else None


def holds(at: StoreOnSandbox, order_id: str) -> set[str]:
    return set(show_order(at.deps, SLUG, order_id, with_personal=False).holds)


def refused(at: StoreOnSandbox) -> set[str]:
    with at.deps.book(SLUG) as book:
        return set(refused_orders(book, 100))


# Lines ---------------------------------------------------------------------------------------------------------------


def cut_short(row: list[str], _header: list[str]) -> list[list[str]]:
    return [row[:-3]]


def without_a_tab(row: list[str], header: list[str]) -> list[list[str]]:
    place = header.index("ship-address-1")
    return [[*row[:place], row[place] + row[place + 1], *row[place + 2 :]]]


def with_a_tab(row: list[str], header: list[str]) -> list[list[str]]:
    place = header.index("ship-address-1")
    return [[*row[:place], "Hof", row[place], *row[place + 1 :]]]


def torn_apart(row: list[str], header: list[str]) -> list[list[str]]:
    place = header.index("ship-address-1")
    return [[*row[:place], "Hof"], ["", *row[place + 1 :]][0:1] + row[place + 1 :]]


@pytest.mark.parametrize("damage", [cut_short, without_a_tab, with_a_tab, torn_apart])
def test_a_line_with_more_or_fewer_fields_is_not_taken_and_its_order_is_read_by_its_number(
    tmp_path: Path, damage: Callable[[list[str], list[str]], list[list[str]]]
) -> None:
    damaged: list[str] = []

    def change(header: list[str], rows: Rows) -> None:
        damaged.append(rows[2][0])
        rows[2:3] = damage(rows[2], header)

    at, _ = taken(tmp_path, rewritten(change))
    assert told(at) == ["report-lines-unreadable"]
    assert "number 4" in at.reported.warnings[0].summary
    assert in_the_book(at) == open_at_amazon(at) - {damaged[0]}
    assert damaged[0] in refused(at)
    at.deps.transport = at.transport
    at.clock.advance(3600)
    assert run(at, max_wait=timedelta(minutes=30)).problem is None
    assert in_the_book(at) == open_at_amazon(at)
    assert (
        street(at, damaged[0])
        == at.sandbox.world.orders[damaged[0]].body["recipient"]["deliveryAddress"]["addressLine1"]
    )


def test_a_line_that_names_no_order_leaves_the_search_for_all_orders_to_be_made(tmp_path: Path) -> None:
    gone: list[str] = []

    def change(_header: list[str], rows: Rows) -> None:
        order_ids = [row[0] for row in rows]
        place = next(place for place, order_id in enumerate(order_ids) if order_ids.count(order_id) == 1)
        gone.append(order_ids[place])
        rows[place] = ["\ufffd" * 9]

    at, _ = taken(tmp_path, rewritten(change, "utf-8"), charset="utf-8")
    assert told(at) == ["report-lines-unreadable"]
    assert in_the_book(at) == open_at_amazon(at) - set(gone)
    at = shop(tmp_path / "2", ORDERS)
    at.deps.transport = Between(at.transport, rewritten(change, "utf-8"), charset="utf-8", singly=True)
    run(at, route="report")
    assert in_the_book(at) == open_at_amazon(at)


def test_a_quotation_mark_is_a_letter_like_any(tmp_path: Path) -> None:
    at, _ = taken(tmp_path, rewritten(put("ship-address-1", 'Hof "Zur Linde" 5"')))
    assert {street(at, each) for each in open_at_amazon(at)} == {'Hof "Zur Linde" 5"'}
    assert told(at) == []


def test_columns_may_be_new_fewer_and_in_another_order(tmp_path: Path) -> None:
    def change(header: list[str], rows: Rows) -> None:
        left_out = header.index("days-past-promise")
        for row in (header, *rows):
            del row[left_out]
            row.append("new-column" if row is header else "anything")
            row.reverse()

    at, _ = taken(tmp_path, rewritten(change))
    assert in_the_book(at) == open_at_amazon(at)
    for order_id in open_at_amazon(at):
        amazons = at.sandbox.world.orders[order_id].body["recipient"]["deliveryAddress"]["addressLine1"]
        assert street(at, order_id) in (amazons, amazons.encode("cp1252", "replace").decode("cp1252"))
    assert told(at) == []


def test_the_same_order_twice_is_one_order(tmp_path: Path) -> None:
    at, report = taken(tmp_path, rewritten(lambda _header, rows: rows.extend([list(row) for row in rows])))
    assert in_the_book(at) == open_at_amazon(at)
    assert report.tally.verdicts["new"] == ORDERS


# Encodings -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "encoding", "charset"),
    [
        ("Straße ‚Höfe‘ 5 – €", "cp1252", "Cp1252"),
        ("Straße ‚Höfe‘ 5 – €", "cp1252", "ISO-8859-1"),
        ("Straße ‚Höfe‘ 5 – €", "cp1252", None),
        (KANJI, "cp932", "Shift_JIS"),
        (STREET, "utf-8", "Cp1252"),
        (STREET, "utf-8", None),
    ],
    ids=["cp1252", "cp1252 named ISO-8859-1", "cp1252 not named", "Shift-JIS", "UTF-8 named cp1252", "UTF-8 not named"],
)
def test_text_is_read_in_the_encoding_that_it_has(
    tmp_path: Path, text: str, encoding: str, charset: str | None
) -> None:
    def change(header: list[str], rows: Rows) -> None:
        put("ship-address-1", text)(header, rows)
        for column in ("recipient-name", "ship-city", "product-name"):  # other letters, which Shift-JIS does not have
            put(column, "Ada")(header, rows)

    at, _ = taken(tmp_path, rewritten(change, encoding), charset=charset)
    assert {street(at, each) for each in open_at_amazon(at)} == {text}
    assert told(at) == []


def test_bytes_that_are_no_letters_hold_the_order(tmp_path: Path) -> None:
    change = rewritten(put("ship-address-1", "M@hle"))
    at, _ = taken(tmp_path, lambda body: change(body).replace(b"@", b"\x81\xff"), charset="utf-8")
    assert all({Hold.DAMAGED_TEXT.value, Hold.NOT_READ_YET.value} <= holds(at, each) for each in open_at_amazon(at))


# Whole documents -----------------------------------------------------------------------------------------------------


def swollen(_body: bytes) -> bytes:
    """A gzip of three megabytes that unpacks to three gigabytes: one deflated block, over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress("\t".join(COLUMNS).encode() + b"\n") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(2**23)) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * 384


@pytest.mark.parametrize(
    ("report", "packed", "charset", "cause"),
    [
        (lambda body: gzip.compress(body, mtime=0)[:-30], True, None, "cut off"),
        (swollen, True, "utf-8", "too long"),
        (lambda _: b"not gzip", True, None, "damaged"),
        (lambda _: b"", False, None, "has no column order-id"),
        (lambda body: "注文番号\t商品\r\n".encode() + body.split(b"\n", 1)[1], False, None, "has no column order-id"),
        (lambda _: bytes(range(256)) * 40, False, None, "has no column order-id"),
    ],
    ids=["gzip ends early", "gzip to gigabytes", "no gzip", "empty", "other header", "no text"],
)
def test_a_document_that_cannot_be_read_is_named_tried_a_few_times_and_left_to_the_search(
    tmp_path: Path,
    report: Callable[[bytes], bytes],
    packed: bool,
    charset: str | None,
    cause: str,
) -> None:
    at = shop(tmp_path, ORDERS)
    at.deps.transport = between = Between(at.transport, report, packed=packed, singly=True, charset=charset)
    outcome = run(at, route="report", max_wait=timedelta(minutes=30))
    assert (outcome.route, outcome.problem, told(at)) == ("search", None, ["response-malformed"])
    assert cause in at.reported.warnings[0].summary
    assert between.calls.count("restrictedDataToken") == 3
    assert in_the_book(at) == open_at_amazon(at)
    assert not_read(at) == []


def test_a_damaged_report_is_not_fetched_again_by_the_next_runs_and_a_second_one_is_the_last(tmp_path: Path) -> None:
    at = busy_shop(tmp_path)
    at.deps.transport = Between(at.transport, lambda _: b"damaged", singly=True)
    for _ in range(4):
        run(at, max_wait=A_PAGE)
    counts = at.sandbox.world.count_calls()
    assert (counts["createReport"], counts["getReportDocument"]) == (2, 6)
    assert told(at) == ["response-malformed"] * 2


def test_one_broken_line_in_a_large_report_costs_itself_alone_and_is_told_by_its_number() -> None:
    noted = ReportedOrders()
    lines = ({} if number == 9_999 else line(order_id=f"302-0000000-{number:07d}") for number in range(20_000))
    assert sum(1 for _ in reported_orders(lines, (GERMANY,), noted)) == 19_999
    assert (noted.broken, noted.broken_at) == (1, [10_001])


# Outcomes ------------------------------------------------------------------------------------------------------------


def test_a_cancelled_report_is_named_where_there_are_orders_to_ship_and_the_search_finds_them(tmp_path: Path) -> None:
    at = shop(tmp_path, ORDERS)
    run(at)
    at.sandbox.world.faults.switch(on=["report-cancelled"])
    at.sandbox.world.add_orders(3)
    at.clock.advance(3600)
    assert run(at, route="report").route == "search"
    assert told(at) == ["report-cancelled"]
    assert in_the_book(at) == open_at_amazon(at)


def test_a_missing_role_is_said_once_and_searches_go_on_without_asking_again(tmp_path: Path) -> None:
    at = busy_shop(tmp_path, faults=["role-missing-pii"])
    for _ in range(3):
        run(at, max_wait=A_PAGE)
    assert told(at) == ["role-missing-reports"]
    assert at.sandbox.world.count_calls()["createReport"] == 1


def test_a_wait_for_a_report_has_its_own_limit_whatever_max_wait_is(tmp_path: Path) -> None:
    at = shop(tmp_path, ORDERS, faults=["report-hang-in-progress"])
    before = at.clock.now()
    run(at, route="report", max_wait=AT_ONCE)
    assert timedelta(minutes=10) <= at.clock.now() - before <= timedelta(minutes=11)


@pytest.mark.parametrize(("status", "calls"), [(404, 5), (403, 9), (400, 9)])
def test_an_order_that_amazon_refuses_is_asked_for_more_rarely_and_within_an_hour_where_the_refusal_may_pass(
    tmp_path: Path, status: int, calls: int
) -> None:
    at = shop(tmp_path, ORDERS)
    gone = min(open_at_amazon(at))
    asked: list[float] = []

    class Refusing(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/orders"):  # a search that is behind the report
                return httpx.Response(200, json={"orders": []}, request=request)
            if not request.url.path.endswith(gone):
                return at.transport.handle_request(request)
            asked.append(at.clock.now().timestamp())
            error = {"code": "NotFound" if status == 404 else "Unauthorized", "message": "No."}
            return httpx.Response(status, json={"errors": [error]}, request=request)

    at.deps.transport = Refusing()
    begun = at.clock.now()
    run(at, route="report")
    for hour in (0.1, 0.2, 0.3, 0.4, 0.6, 1, 2, 3, 5, 8, 12):
        at.clock.moment = begun + timedelta(hours=hour)
        run(at)
    assert len(asked) == calls
    assert not_read(at) == [gone]
    assert refused(at) == {gone}
    assert Hold.NOT_READ_YET.value in holds(at, gone)


def test_an_order_that_was_cancelled_while_the_report_was_made_is_cancelled_in_the_book(tmp_path: Path) -> None:
    at = shop(tmp_path, ORDERS)
    gone = min(open_at_amazon(at))

    def cancelled(body: bytes) -> bytes:
        world = at.sandbox.world
        CHANGES["cancel"](world.orders[gone], world.now(), world.random())
        return body

    at.deps.transport = Between(at.transport, cancelled, singly=True)
    assert run(at, route="report", max_wait=timedelta(minutes=30)).problem is None
    assert show_order(at.deps, SLUG, gone, with_personal=False).order.order.status == "CANCELLED"


def test_what_has_become_ready_too_late_for_the_report_comes_by_the_search_after_it(tmp_path: Path) -> None:
    at = shop(tmp_path, ORDERS)
    late = set(at.sandbox.world.add_orders(3))
    at.clock.advance(600)  # a report lags by a quarter of an hour
    assert run(at, route="report", max_wait=timedelta(minutes=30)).problem is None
    assert late & open_at_amazon(at) <= in_the_book(at)
    with at.deps.book(SLUG) as book:
        assert orders_not_read(book, 10) == []
