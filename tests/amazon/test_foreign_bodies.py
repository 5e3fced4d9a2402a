"""Answers that are made to break their reader end as answers that cannot be read, and as nothing else."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from amzlink.amazon import catalog, feeds, listings, orders, reports, sellers
from amzlink.amazon.transport import SpApiClient
from amzlink.http.retry import ATTEMPTS
from amzlink.problems import Exit, Problem
from amzlink.problems.failures import Unreadable
from tests.amazon.bench import bench, token_answer
from tests.support.rows import each_row

DEEP = 100_000
BODIES = [b"[" * DEEP, b'{"x":' + b"[" * DEEP, b'{"x":' * DEEP, b"\xff" * 10, b"1" * 5000]
MARKETPLACE = "A1PA6795UKMFR9"


def search(link: SpApiClient) -> object:
    return orders.search_orders(link, {"createdAfter": "2026-11-01T00:00:00Z"})


CALLS = [
    search,
    lambda link: orders.get_order(link, "302-1234567-7654321"),
    lambda link: feeds.get_feed(link, "1"),
    feeds.create_document,
    lambda link: feeds.create_feed(link, [MARKETPLACE], "1"),
    lambda link: feeds.recent_feeds(link, datetime(2026, 11, 1, tzinfo=UTC)),
    lambda link: feeds.feed_results(link, "1"),
    lambda link: reports.report_status(link, "1"),
    lambda link: reports.request_report(link, "X", [MARKETPLACE]),
    lambda link: reports.report_lines(link, "1"),
    sellers.get_account,
    lambda link: listings.count_listings(link, "A1", MARKETPLACE),
    sellers.get_marketplace_participations,
    lambda link: catalog.package_weights(link, MARKETPLACE, ["B000000001"]),
]


@each_row("call", CALLS)
@each_row("body", BODIES)
def test_a_success_that_is_made_to_break_its_reader_cannot_be_read(call: Any, body: bytes) -> None:
    with bench(httpx.Response(200, content=body)) as made, pytest.raises(Unreadable) as caught:
        call(made.link)
    assert (caught.value.name.value, caught.value.exit_code) == ("response-malformed", Exit.TRY_AGAIN)


@each_row("body", BODIES)
@each_row("status", [400, 401, 403, 404, 429, 503])
def test_a_refusal_that_is_made_to_break_its_reader_is_judged_by_its_status(status: int, body: bytes) -> None:
    times = ATTEMPTS if status in (429, 503) else 1
    with bench(*[httpx.Response(status, content=body)] * times) as made, pytest.raises(Problem):
        search(made.link)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:6]))
@pytest.mark.parametrize("status", [200, 400])
def test_a_token_answer_that_is_made_to_break_its_reader_gives_no_token(status: int, body: bytes) -> None:
    with bench(lwa=[httpx.Response(status, content=body)]) as made, pytest.raises(Problem) as caught:
        made.ask()
    assert caught.value.name.value == "response-malformed"


@pytest.mark.parametrize("life", [10**400, 10**20, -1, 0])
def test_a_token_with_a_life_that_is_none_is_no_token(life: int) -> None:
    with bench(lwa=[token_answer(expires_in=life)]) as made, pytest.raises(Problem) as caught:
        made.ask()
    assert caught.value.name.value == "response-malformed"


@pytest.mark.parametrize(
    "url",
    [
        "https://bucket.test/a\x07b", "https://bucket.test/\x7f", "https://bucket.test/" + "a" * 2**20, "https://",
        "https://bucket.test:99999999/", "https://[::1/", "https://\u2488\u2488.test:x/", "https://bucket.test/\n",
    ],
    ids=lambda url: repr(url[:30]),
)  # fmt: skip
def test_a_signed_address_that_is_none_cannot_be_read(url: str) -> None:
    for call in (made_download, made_upload):
        with bench() as made, pytest.raises(Unreadable) as caught:
            call(made.link, url)
        assert caught.value.name.value == "response-malformed"
        assert url not in str(caught.value)


def made_download(link: SpApiClient, url: str) -> None:
    link.download(url)


def made_upload(link: SpApiClient, url: str) -> None:
    feeds.upload_document(link, feeds.UploadPlace("1", url), b"<a/>")


def test_a_single_feed_that_is_throttled_is_told_in_plain_words() -> None:
    with bench(httpx.Response(429)) as made, pytest.raises(Problem) as caught:
        feeds.create_feed(made.link, [MARKETPLACE], "1")
    assert caught.value.summary == (
        "Amazon allows no more calls of createFeed for now: the same run does not repeat this call."
    )


def test_a_refusal_without_a_request_id_says_that_none_was_given() -> None:
    answer = httpx.Response(400, json={"errors": [{"code": "InvalidInput"}]})
    with bench(answer) as made, pytest.raises(Problem) as caught:
        search(made.link)
    assert "none given" in caught.value.next_step
