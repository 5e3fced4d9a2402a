"""The calls of the Feeds API, step by step: what is asked, what the answers mean, and what is told to nobody."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from amzlink.amazon import feeds
from amzlink.amazon.feeds import (
    CONTENT_TYPE,
    FULFILMENT_FEED,
    Feed,
    UploadPlace,
    create_document,
    create_feed,
    feed_results,
    get_feed,
    recent_feeds,
    upload_document,
)
from amzlink.amazon.fulfilment_feed import fulfilment_feed
from amzlink.amazon.orders import get_order
from amzlink.amazon.shipment_refusals import Reason
from amzlink.amazon.transport import MOST_DOCUMENT_BYTES, SpApiClient
from amzlink.core.shipments.packing import Item
from amzlink.problems import Problem
from amzlink.problems.failures import AnswerUnknown
from tests.amazon.bench import Bench, bench, denied, ok, refused, unavailable
from tests.amazon.test_feeds_document import changed
from tests.amazon.test_feeds_reports import report, result
from tests.support.models import Model
from tests.support.problems import texts_of
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

SIGNED = "https://documents.test/amzn1.tortuga.1?X-Amz-Expires=300&X-Amz-Signature=5ecre7"
PLACE = UploadPlace("amzn1.tortuga.1", SIGNED)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EXPIRED = "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
MARKETPLACES = ("A1PA6795UKMFR9", "A13V1IB3VIYZZH")


def accepted(document: object, status: int = 202) -> httpx.Response:
    return httpx.Response(status, json=document)


def feed_entry(feed_id: str = "1", status: str = "DONE", **fields: object) -> dict[str, object]:
    return {
        "feedId": feed_id, "feedType": FULFILMENT_FEED, "createdTime": "2026-11-23T12:00:00.250Z",
        "processingStatus": status, **fields,
    }  # fmt: skip


def problem_of(call: Callable[[SpApiClient], object], *answers: Any) -> Problem:
    with bench(*answers) as made, pytest.raises(Problem) as caught:
        call(made.link)
    return caught.value


def held(made: Bench) -> list[str]:
    """The operations of the requests to the API, each held to its model."""
    model = Model.load("feeds_2021-06-30.json")
    found = []
    for request in made.amazon.requests:
        path, _, query = request.url.raw_path.decode().partition("?")
        found.append(model.check_request(request.method, path, query, request.content))
    return found


class TestSteps:
    def test_a_document_has_a_place_that_shows_its_address_to_nobody(self) -> None:
        with bench(accepted({"feedDocumentId": "amzn1.tortuga.1", "url": SIGNED}, 201)) as made:
            place = create_document(made.link)
        assert place == PLACE
        assert "5ecre7" not in repr(place)
        assert held(made) == ["createFeedDocument"]
        assert json.loads(made.amazon.requests[0].content) == {"contentType": CONTENT_TYPE}

    def test_a_feed_names_its_document_its_kind_and_its_marketplaces(self) -> None:
        with bench(accepted({"feedId": "50021"})) as made:
            assert create_feed(made.link, MARKETPLACES, "amzn1.tortuga.1") == "50021"
        assert held(made) == ["createFeed"]
        assert json.loads(made.amazon.requests[0].content) == {
            "feedType": FULFILMENT_FEED,
            "marketplaceIds": list(MARKETPLACES),
            "inputFeedDocumentId": "amzn1.tortuga.1",
        }

    @pytest.mark.parametrize(
        ("status", "over"),
        [
            ("IN_QUEUE", False),
            ("IN_PROGRESS", False),
            ("RESTING", False),
            ("DONE", True),
            ("CANCELLED", True),
            ("FATAL", True),
        ],
    )
    def test_a_feed_is_over_when_its_status_is_a_last_one(self, status: str, over: bool) -> None:
        with bench(ok(feed_entry("7", status, resultFeedDocumentId="amzn1.tortuga.2", novel=1))) as made:
            feed = get_feed(made.link, "7")
        assert feed == Feed("7", status, NOON + timedelta(milliseconds=250), "amzn1.tortuga.2")
        assert feed.is_over is over
        assert held(made) == ["getFeed"]

    def test_recent_feeds_come_from_all_pages_the_newest_first(self) -> None:
        later = feed_entry("2", "IN_QUEUE", createdTime="2026-11-23T12:30:00Z")
        with bench(
            ok({"feeds": [feed_entry("1")], "nextToken": "more"}), ok({"feeds": [later], "nextToken": "more"})
        ) as made:
            found = recent_feeds(made.link, NOON)
        assert [feed.feed_id for feed in found] == ["2", "1"]
        assert held(made) == ["getFeeds", "getFeeds"]
        first, second = (dict(request.url.params) for request in made.amazon.requests)
        assert first == {"feedTypes": FULFILMENT_FEED, "createdSince": "2026-11-23T12:00:00Z", "pageSize": "100"}
        assert second == {"nextToken": "more"}

    @pytest.mark.parametrize("compressed", [False, True])
    def test_results_are_read_from_the_document_behind_the_address(self, compressed: bool) -> None:
        body = report(result(2), errors=1)
        told = {"feedDocumentId": "d", "url": SIGNED} | ({"compressionAlgorithm": "GZIP"} if compressed else {})
        with bench(ok(told), httpx.Response(200, content=gzip.compress(body) if compressed else body)) as made:
            found = feed_results(made.link, "d")
        assert found[2].reason is Reason.ALREADY_CONFIRMED
        assert made.link.calls == {"getToken": 1, "getFeedDocument": 1, "downloadDocument": 1}
        del made.amazon.requests[1]
        assert held(made) == ["getFeedDocument"]

    def test_an_address_that_has_expired_is_asked_for_once_more(self) -> None:
        told = ok({"feedDocumentId": "d", "url": SIGNED})
        with bench(told, httpx.Response(403, text=EXPIRED), told, httpx.Response(200, content=report())) as made:
            assert feed_results(made.link, "d") == {}
        problem = problem_of(
            lambda link: feed_results(link, "d"), *[told, httpx.Response(403, text=EXPIRED)] * 2
        )  # fmt: skip
        assert (problem.name.value, problem.facts["operation"]) == ("document-refused", "downloadDocument")


class TestAnswersThatAreNone:
    @pytest.mark.parametrize(
        "call",
        [
            create_document,
            lambda link: create_feed(link, MARKETPLACES, "d"),
            lambda link: get_feed(link, "1"),
            lambda link: recent_feeds(link, NOON),
            lambda link: feed_results(link, "d"),
        ],
    )
    @pytest.mark.parametrize("answer", [{"feedId": 5, "url": 5, "note": SIGNED}, [], "text"])
    def test_they_are_malformed_unknown_and_quote_nothing(
        self, call: Callable[[SpApiClient], object], answer: object
    ) -> None:
        problem = problem_of(call, accepted(answer))
        assert problem.name.value == "response-malformed"
        assert "5ecre7" not in repr(problem.facts)
        assert isinstance(problem, AnswerUnknown)

    def test_a_feed_whose_answer_is_lost_may_exist(self) -> None:
        for answer in (unavailable(), httpx.ReadTimeout("late")):
            assert isinstance(problem_of(lambda link: create_feed(link, MARKETPLACES, "d"), answer), AnswerUnknown)

    def test_a_feed_that_was_refused_does_not_exist(self) -> None:
        for answer, name in (
            (denied(), "access-denied"),
            (refused(400, "InvalidInput", "Invalid request parameters"), "account-suspended"),
            (refused(400, "InvalidInput", "Invalid input"), "request-refused"),
        ):
            problem = problem_of(lambda link: create_feed(link, MARKETPLACES, "d"), answer)
            assert (problem.name.value, isinstance(problem, AnswerUnknown)) == (name, False)

    def test_a_next_page_that_cannot_be_asked_for_is_malformed(self) -> None:
        dead = refused(400, "InvalidInput", "We could not decode your NextToken")
        first = ok({"feeds": [], "nextToken": "more"})
        assert problem_of(lambda link: recent_feeds(link, NOON), first, dead).name.value == "response-malformed"

    def test_a_report_that_is_none_is_malformed(self) -> None:
        told = ok({"feedDocumentId": "d", "url": SIGNED})
        problem = problem_of(lambda link: feed_results(link, "d"), told, httpx.Response(200, content=report()[:-30]))
        assert problem.name.value == "response-malformed"
        assert "breaks at line" in problem.summary


class TestDocuments:
    def test_an_upload_carries_its_content_type_and_no_token(self) -> None:
        with bench(httpx.Response(200)) as made:
            upload_document(made.link, PLACE, b"<a/>")
        (request,) = made.amazon.requests
        assert (request.method, str(request.url), request.content) == ("PUT", SIGNED, b"<a/>")
        assert request.headers["content-type"] == CONTENT_TYPE
        assert "x-amz-access-token" not in request.headers
        assert "authorization" not in request.headers
        assert made.amazon.lwa_requests == []

    @pytest.mark.parametrize("fault", [httpx.ConnectError("reset"), httpx.Response(503, text="<Error/>")])
    def test_it_is_tried_again_when_the_fault_is_one_that_passes(self, fault: Any) -> None:
        with bench(fault, httpx.Response(200)) as made:
            upload_document(made.link, PLACE, b"<a/>")
        assert made.clock.slept == [1.0]

    @pytest.mark.parametrize(
        ("answers", "name"),
        [
            ([httpx.Response(403, text=EXPIRED)], "document-refused"),
            ([httpx.Response(400, text="<Error/>")], "document-refused"),
            ([httpx.Response(503)] * 4, "service-unavailable"),
            ([httpx.ConnectError("closed")] * 4, "connect-refused"),
            ([httpx.ReadTimeout("late")], "timeout"),
            ([httpx.Response(200, text="<!DOCTYPE html><html></html>")], "proxy-interferes"),
            ([httpx.Response(302, headers={"location": "http://portal.test"})], "proxy-interferes"),
        ],
    )
    @pytest.mark.parametrize("way", ["upload", "download"])
    def test_what_stands_in_its_way_has_a_name_and_the_address_is_told_to_nobody(
        self, answers: list[Any], name: str, way: str
    ) -> None:
        def call(link: SpApiClient) -> None:
            if way == "upload":
                link.upload(SIGNED, b"<a/>", CONTENT_TYPE)
            else:
                link.download(SIGNED)

        with bench(*answers) as made, pytest.raises(Problem) as caught:
            call(made.link)
        assert caught.value.name.value == name
        for told in (repr(caught.value.facts), repr(made.calls), json.dumps(texts_of(caught.value))):
            assert "5ecre7" not in told
            assert "Signature" not in told

    @pytest.mark.parametrize(
        "url",
        [
            "http://documents.test/a?sig=5ecre7",
            "http://127.0.0.1:9/a?sig=5ecre7",
            "http://169.254.169.254/5ecre7",
            "file:///etc/passwd",
            "ftp://127.0.0.1/a",
            "/a",
            "https://",
            "x",
        ],
    )
    def test_an_address_that_others_could_read_is_not_used(self, url: str) -> None:
        problem = problem_of(lambda link: link.download(url))
        assert (problem.name.value, "5ecre7" in repr(problem.facts)) == ("response-malformed", False)

    def test_on_this_machine_http_is_enough(self) -> None:
        """The sandbox serves its documents so. Amazon's own answers lead to no program of this machine."""
        with bench(httpx.Response(200, content=b"<a/>")) as made:
            made.link.base_url = "http://127.0.0.1:9"
            assert made.link.download("http://127.0.0.1:9/documents/1?sig=1").body == b"<a/>"

    def test_a_document_that_is_too_large_is_given_up_while_it_comes(self) -> None:
        given = 0

        def endless() -> Any:
            nonlocal given
            while True:
                given += 1
                yield b" " * 1024 * 1024

        problem = problem_of(lambda link: link.download(SIGNED), httpx.Response(200, content=endless()))
        assert (problem.name.value, "larger than" in problem.summary) == ("response-malformed", True)
        assert given == MOST_DOCUMENT_BYTES // (1024 * 1024) + 1

    def test_what_comes_packed_by_the_way_is_unpacked(self) -> None:
        packed = httpx.Response(200, content=gzip.compress(b"<a/>"), headers={"content-encoding": "gzip"})
        with bench(packed) as made:
            assert made.link.download(SIGNED).body == b"<a/>"


@pytest.fixture
def store(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path)


def open_link(store: StoreOnSandbox) -> SpApiClient:
    return store.deps.link(store.deps.account_of(SLUG, store.deps.load_config().stores[SLUG]))


def send(store: StoreOnSandbox, link: SpApiClient, count: int = 3) -> tuple[list[str], str]:
    """A feed of so many good parcels and a bad one at its end: the orders, and the feed's id."""
    chosen = [order for order in store.sandbox.world.orders.values() if order.is_shippable and not order.traits][:count]
    confirmations = [
        changed(
            order_id=order.order_id,
            reference="1",
            ship_date=link.amazon_now() - timedelta(minutes=1),
            tracking_number=None if at == 0 else f"JJD{at:012d}",
            items=tuple(Item(line["orderItemId"], line["quantityOrdered"]) for line in order.body["orderItems"]),
        )
        for at, order in enumerate(chosen)
    ]
    seller = store.sandbox.world.account.seller_id
    body = fulfilment_feed([*confirmations, changed(order_id="000-0000000-0000000")], seller)
    place = create_document(link)
    upload_document(link, place, body)
    marketplaces = [each.id for each in store.sandbox.world.account.marketplaces]
    return [order.order_id for order in chosen], create_feed(link, marketplaces, place.document_id)


class TestAgainstTheSandbox:
    def test_a_feed_goes_all_the_way(self, store: StoreOnSandbox) -> None:
        with open_link(store) as link:
            order_ids, feed_id = send(store, link)
            while not (feed := get_feed(link, feed_id)).is_over:
                link.clock.sleep(30)
            assert feed.status == feeds.DONE
            assert [each.feed_id for each in recent_feeds(link, link.amazon_now() - timedelta(hours=1))] == [feed_id]
            assert feed.result_document_id
            results = feed_results(link, feed.result_document_id)
            assert {number: (each.is_error, each.reason.value) for number, each in results.items()} == {
                len(order_ids) + 1: (True, "order-unknown")
            }
            assert [get_order(link, order_id).status for order_id in order_ids] == ["SHIPPED"] * len(order_ids)
            numbers = [get_order(link, order_id).personal.tracking_numbers for order_id in order_ids[:2]]
            assert numbers == [{}, {"1": "JJD000000000001"}]

    def test_the_answer_to_a_feed_that_is_taken_may_be_lost(self, store: StoreOnSandbox) -> None:
        store.sandbox.world.faults.switch(on=["feed-lost-answer"])
        with open_link(store) as link:
            before = link.amazon_now()
            with pytest.raises(Problem) as caught:
                send(store, link)
            assert isinstance(caught.value, AnswerUnknown)
            assert len(recent_feeds(link, before)) == 1

    def test_an_upload_that_comes_too_late_is_refused(self, store: StoreOnSandbox) -> None:
        with open_link(store) as link:
            place = create_document(link)
            link.clock.sleep(300)
            with pytest.raises(Problem) as caught:
                upload_document(link, place, b"<a/>")
        assert caught.value.name.value == "document-refused"

    def test_without_the_role_nothing_is_made(self, store: StoreOnSandbox) -> None:
        store.sandbox.world.faults.switch(on=["role-missing-feeds"])
        with open_link(store) as link, pytest.raises(Problem) as caught:
            create_document(link)
        assert caught.value.name.value == "access-denied"

    def test_a_long_report_comes_packed(self, store: StoreOnSandbox) -> None:
        nowhere = [changed(order_id=f"000-0000000-{at:07d}") for at in range(1000)]
        with open_link(store) as link:
            place = create_document(link)
            upload_document(link, place, fulfilment_feed(nowhere, store.sandbox.world.account.seller_id))
            feed_id = create_feed(link, [store.sandbox.world.account.marketplaces[0].id], place.document_id)
            link.clock.sleep(120)
            results = feed_results(link, get_feed(link, feed_id).result_document_id or "")
        assert results.keys() == set(range(1, 1001))
        assert {each.order_id for each in results.values()} == {parcel.order_id for parcel in nowhere}
