"""push-status by feed: when it is chosen, what it brings back, and what is done when it goes wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from amzlink.amazon import feeds as api
from amzlink.amazon.feed_reports import FeedResult
from amzlink.amazon.fulfilment_feed import MOST_FEED_BYTES, fulfilment_feed
from amzlink.amazon.shipment_refusals import Reason
from amzlink.core.shipments.confirmation import Confirmation, State
from amzlink.core.shipments.packing import Item
from amzlink.jobs.shipments.confirm_by_feed import FeedRoute
from amzlink.jobs.shipments.confirm_singly import Confirmer, ConfirmTally
from amzlink.orderbook.schema import FEEDS
from amzlink.orderbook.shipments.feeds import FeedState, last_feed
from amzlink.orderbook.shipments.outbox import Outgoing
from amzlink.problems import Exit
from amzlink.run import StoreRun
from tests.support.pushing import Pushing, messages_of, row
from tests.support.world import SLUG

STATES = tuple(FeedState)


def with_parcels(at: Pushing, count: int) -> list[str]:
    """Orders whose parcels are announced."""
    ids = at.sell(count)
    at.parcels("announce", *ids)
    return ids


def feed_state(at: Pushing) -> FeedState | None:
    with at.world.deps.book(SLUG) as book:
        feed = last_feed(book, *STATES)
    return feed.state if feed else None


def test_a_feed_costs_four_calls_and_the_looking(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 5)
    report = at.push(route="feed")
    assert report.counts()["confirmed"] == 5
    calls = {name: count for name, count in report.api_calls.items() if "eed" in name or "ocument" in name}
    looks = calls.pop("getFeed")
    assert calls == {
        "createFeedDocument": 1, "uploadDocument": 1, "createFeed": 1, "getFeedDocument": 1, "downloadDocument": 1,
    }  # fmt: skip
    assert looks <= 16
    at.check_once(ids)


def test_each_order_has_its_own_result(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    gone, *fine = with_parcels(at, 4)
    at.change(gone, "cancel")
    report = at.push(route="feed")
    assert messages_of(report) == [(gone, "shipment-refused")]
    assert report.sent.confirmed == 3
    at.check_once(fine)


def test_a_doubt_is_no_refusal(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.switch("tracking-doubted")
    assert at.push(route="feed").failures == []
    at.check_once(ids)


def test_few_go_one_by_one_and_letters_alone_by_feed_at_most_every_twenty_minutes(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    first, second, parcel = at.sell(3)
    at.parcels("letter", first)
    at.push()
    at.parcels("letter", second)
    at.parcels("announce", parcel)
    report = at.push(minutes=5)
    assert (report.sent.confirmed, report.waiting, report.api_calls["createFeed"]) == (1, 1, 0)
    assert at.push(minutes=20).sent.confirmed == 1
    at.check_once([first, second, parcel])


def test_a_feed_that_takes_too_long_is_gone_on_with_by_the_next_run(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 3)
    at.tell("/control/feeds", {"seconds": 3600})
    report = at.push(route="feed")
    assert (report.problem, report.sent.confirmed, report.waiting) == (None, 0, 3)
    assert at.push(minutes=5).api_calls["createFeed"] == 0
    assert at.push(minutes=60).sent.confirmed == 3
    at.check_once(ids)


def test_a_feed_that_is_never_done_is_read_back_after_a_day(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.switch("feed-hang-in-progress")
    at.push(route="feed")
    report = at.push(minutes=25 * 60)
    assert len(at.warned("feed-failed")) == 1
    assert report.sent.confirmed == 2
    at.check_once(ids)


@pytest.mark.parametrize("fault", ["feed-fatal", "feed-fatal-halfway", "feed-cancelled"])
def test_what_a_failed_feed_did_not_take_is_sent_one_by_one(tmp_path: Path, fault: str) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 4)
    at.switch(fault)
    at.push(route="feed")
    assert len(at.warned("feed-failed")) == 1
    at.switch(off=[fault])
    at.push()
    at.check_once(ids)
    assert feed_state(at) is FeedState.FAILED


def test_a_failed_feed_does_not_keep_later_ones_from_being_chosen(tmp_path: Path) -> None:
    at = Pushing(tmp_path, orders=1)
    at.switch("feed-cancelled")
    with_parcels(at, 1)
    at.push(route="feed")
    at.switch(off=["feed-cancelled"])
    with _feeds(at) as route:
        assert route.singly_first(10_000) == 10_000
        at.world.clock.advance(25 * 3600)
        assert route.singly_first(10_000) == 0


def test_a_feed_that_a_later_run_found_done_does_not_count_as_slow(tmp_path: Path) -> None:
    at = Pushing(tmp_path, orders=1)
    with_parcels(at, 1)
    at.push_dying(after=3, route="feed")
    at.push(minutes=3 * 24 * 60)
    at.world.clock.advance(3600)
    with _feeds(at) as route:
        assert route.singly_first(10_000) == 0


@contextmanager
def _feeds(at: Pushing) -> Iterator[FeedRoute]:
    with StoreRun(at.world.deps, SLUG) as run:
        yield FeedRoute(run, Confirmer(run, ConfirmTally()))


def test_a_feed_whose_answer_was_lost_is_found_again(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 3)
    report = at.push_feed_without_answer()
    assert report.problem is not None
    assert report.waiting == 3
    assert at.push().sent.confirmed == 3
    at.check_once(ids)


def test_a_feed_noted_under_a_wrong_clock_is_read_back_at_once_and_not_sent_twice(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 3)
    at.push_feed_without_answer()
    with at.world.deps.book(SLUG) as book, book.writing() as connection:
        connection.execute(update(FEEDS).values(asked_at="2029-01-01T00:00:00Z"))
    before = at.world.clock.now()
    at.push()
    assert at.world.clock.now() - before < timedelta(hours=1)
    at.push()
    at.check_once(ids)


def test_a_feed_that_never_arrived_is_sent_again(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 3)
    assert at.push_dying(before=3, route="feed")
    at.push(route="feed")
    at.check_once(ids)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(8))
def test_a_run_that_dies_at_any_step_of_a_feed_is_gone_on_with(tmp_path: Path, call: int, after: bool) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 3)
    assert at.push_dying(after=call, route="feed") if after else at.push_dying(before=call, route="feed")
    at.push(route="feed")
    at.push(route="feed")
    at.check_once(ids)


def test_an_address_that_has_expired_costs_another_try(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.switch("feed-document-expired")
    report = at.push(route="feed")
    assert report.problem is not None
    assert (report.problem.name.value, report.problem.exit_code) == ("document-refused", Exit.TRY_AGAIN)
    at.switch(off=["feed-document-expired"])
    at.push(route="feed")
    at.check_once(ids)


def test_without_the_role_for_feeds_what_has_a_number_goes_one_by_one(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.switch("role-missing-feeds")
    report = at.push(route="feed")
    assert report.problem is not None
    assert report.problem.exit_code == Exit.NOT_ALLOWED
    assert at.push().sent.confirmed == 2
    at.check_once(ids)


def test_a_report_that_cannot_be_read_is_made_up_for_by_reading_the_orders(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.tell("/control/feeds", {"seconds": 3600})
    at.push(route="feed")
    at.world.clock.advance(91 * 86400)  # and Amazon has forgotten the feed
    report = at.push()
    assert len(at.warned("feed-failed")) == 1
    assert report.problem is None
    at.check_once(ids)


def test_a_letter_with_more_codes_than_a_feed_takes_is_refused_here(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    order_id = at.sell_one(12, codes=True)
    (item,) = at.items(order_id)
    codes = " ".join(f"AZ{number}" for number in range(12))
    report = at.push_file(row(order_id, "", order_item_id=item, quantity="12", transparency_codes=codes))
    assert messages_of(report) == [(order_id, "shipment-refused")]
    with_number = at.push_file(row(order_id, "N1", order_item_id=item, quantity="12", transparency_codes=codes))
    assert (with_number.sent.confirmed, with_number.api_calls["createFeed"]) == (1, 0)


def test_a_document_that_is_too_large_is_divided_into_as_few_as_possible(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    codes = tuple("&" * 200 for _ in range(10))
    big = [
        Outgoing(
            confirmation=Confirmation(
                order_id=f"302-0000000-{number:07d}", reference="1", parcel=f"file:{number}", state=State.PLANNED,
                items=tuple(Item(f"{item}", 10, codes) for item in range(40)), content="",
            ),
            marketplace_id="", carrier_code="DHL", carrier_label=None, shipping_method=None, traceable=True,
            ship_date=at.world.clock.now(),
        )
        for number in range(50)
    ]  # fmt: skip
    with _feeds(at) as route:
        parts = list(route._parts([(entry, "N1") for entry in big]))
    assert [entry for entries, _ in parts for entry in entries] == big
    assert all(len(body) <= MOST_FEED_BYTES for _, body in parts)
    assert len(parts) == 2


def test_what_waits_in_a_feed_is_not_sent_again_and_no_feed_follows_too_soon(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.tell("/control/feeds", {"seconds": 3000})
    at.push(route="feed")
    assert [entry.confirmation.state for entry in at.outbox()] == [State.IN_FEED] * 2
    report = at.push(minutes=1)
    assert (report.api_calls["confirmShipment"], report.api_calls["createFeed"], report.waiting) == (0, 0, 2)
    at.push(minutes=60)
    at.check_once(ids)


class Refusing(httpx.BaseTransport):
    """Amazon, which takes no feed for this reason."""

    def __init__(self, inner: httpx.BaseTransport, status: int) -> None:
        self._inner, self._status = inner, status

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith("/feeds"):
            error = {"code": "InvalidInput", "message": "No."}
            return httpx.Response(self._status, json={"errors": [error]}, request=request)
        return self._inner.handle_request(request)


@pytest.mark.parametrize(("status", "state"), [(400, FeedState.FAILED), (429, FeedState.DROPPED)])
def test_what_is_in_a_feed_that_amazon_does_not_take_waits_for_the_next_run(
    tmp_path: Path, status: int, state: FeedState
) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.world.deps.transport = Refusing(at.world.transport, status)
    report = at.push(route="feed")
    assert report.problem is not None
    assert (feed_state(at), report.waiting) == (state, 2)
    at.world.deps.transport = at.world.transport
    assert at.push().sent.confirmed == 2
    at.check_once(ids)


def test_of_two_feeds_that_may_be_ours_neither_is_taken_for_it(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.push_feed_without_answer()
    with StoreRun(at.world.deps, SLUG) as other:  # another program's, at the same time
        document = api.create_document(other.amazon)
        api.upload_document(other.amazon, document, fulfilment_feed([], "A1"))
        api.create_feed(other.amazon, other.store.marketplace_ids, document.document_id)
    report = at.push()
    assert (report.problem, feed_state(at), report.sent.confirmed) == (None, FeedState.FAILED, 2)
    at.push()
    at.check_once(ids)


def test_a_feed_that_was_not_read_at_all_is_told_of_and_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Pushing(tmp_path)
    with_parcels(at, 2)
    whole = FeedResult(code="5000", is_error=True, reason=Reason.OTHER, order_id=None)
    monkeypatch.setattr(api, "feed_results", lambda *_: {0: whole})
    report = at.push(route="feed")
    assert (report.sent.confirmed, report.waiting, feed_state(at)) == (0, 2, FeedState.FAILED)
    assert [problem.facts["status"] for problem in at.warned("feed-failed")] == ["it was not read, code 5000"]


def test_a_confirmation_that_fits_no_feed_is_no_reason_to_divide_it_for_ever(tmp_path: Path) -> None:
    at = Pushing(tmp_path, orders=1)
    entry = Outgoing(
        confirmation=Confirmation(
            order_id="302-0000000-0000000", reference="1", parcel="file:1", state=State.PLANNED,
            items=(Item("1", 11, tuple(f"AZ{number}" for number in range(11))),), content="",
        ),
        marketplace_id="", carrier_code="DHL", carrier_label=None, shipping_method=None, traceable=True,
        ship_date=at.world.clock.now(),
    )  # fmt: skip
    with _feeds(at) as route, pytest.raises(ValueError, match="Transparency"):
        list(route._parts([(entry, None)]))
