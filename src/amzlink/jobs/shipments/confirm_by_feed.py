"""Telling Amazon of many shipments at once, in a feed; and of those without a tracking number, which only a feed takes.

The feed is a row before anything is asked of Amazon, so that the next run continues where one has died.
"""

import secrets
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from amzlink.amazon import feeds as api
from amzlink.amazon import shipments
from amzlink.amazon.feed_reports import FeedResult
from amzlink.amazon.fulfilment_feed import fulfilment_feed
from amzlink.amazon.shipment_refusals import IN_WORDS
from amzlink.clock import age_of
from amzlink.core.diagnosis.alarms import Part
from amzlink.core.shipments.confirmation import State
from amzlink.core.shipments.route import FEED_SECONDS, FEEDS_APART, Pace, to_send_singly
from amzlink.jobs.shipments.confirm_singly import Confirmer, to_api
from amzlink.orderbook.shipments.feeds import (
    UNDER_WAY,
    FeedRow,
    FeedState,
    feeds_under_way,
    known_feed_ids,
    last_feed,
    note_feed,
    note_feed_state,
)
from amzlink.orderbook.shipments.outbox import Outgoing, note_in_feed, note_states, of_feed
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import AnswerUnknown, Denied, Refused, Unreadable
from amzlink.run import StoreRun

_POLL_EVERY: Final = (2.0, 3.0, 5.0, 10.0)  # seconds; the last one again and again
_WAITED_FOR: Final = timedelta(minutes=10)  # then the next run asks again
_LISTED_AFTER: Final = timedelta(seconds=30)  # when a feed whose answer was lost would show in the list
# How long a feed took is known as well as it was looked at: one that a later run found done may have been quick.
_LONGEST_TIME: Final = 30 * 60.0
_WARY_FOR: Final = timedelta(days=1)  # after Amazon would not take a feed, what has a number goes by single calls
_STUCK_AFTER: Final = timedelta(days=1)
_FEED_NAME_BYTES: Final = 8
_THE_WHOLE: Final = 0  # the number under which a report speaks of the feed as a whole


class FeedRoute:
    """The feeds of one store's run."""

    def __init__(self, run: StoreRun, confirmer: Confirmer) -> None:
        self._run = run
        self._confirmer = confirmer

    def go_on(self) -> None:
        """Bring to an end what earlier runs began, as far as Amazon has come with it."""
        for feed in feeds_under_way(self._run.book):
            if feed.state is FeedState.PREPARING:
                self._undo(feed, FeedState.DROPPED)
            elif feed.state is FeedState.SUBMITTING:
                self._find(feed)
            else:
                self._look(feed)

    def singly_first(self, count: int) -> int:
        """How many of so many tracked confirmations to send one by one before a feed."""
        failed = last_feed(self._run.book, FeedState.FAILED)
        done = last_feed(self._run.book, FeedState.DONE)
        if failed and self._age(failed) < _WARY_FOR and (done is None or done.asked_at < failed.asked_at):
            return count
        took = (done.finished_at - done.asked_at).total_seconds() if done and done.finished_at else FEED_SECONDS
        pace = Pace(
            tokens=self._run.quotas.left(shipments.CONFIRM_SHIPMENT, self._run.clock.now().timestamp()),
            rate=shipments.CONFIRM_SHIPMENT.rate,
            feed_seconds=min(took, _LONGEST_TIME),
            feed_in=self._next_in(),
        )
        return to_send_singly(count, pace)

    def may_feed(self) -> bool:
        """Whether Amazon's advice, a feed every twenty minutes at most, allows one now."""
        return not self._next_in()

    def _next_in(self) -> float:
        """Seconds until Amazon's advice allows another feed; one that Amazon never got does not count."""
        last = last_feed(self._run.book, *UNDER_WAY, FeedState.DONE, FeedState.FAILED)
        return max(0.0, FEEDS_APART - self._age(last).total_seconds()) if last else 0.0

    def _age(self, feed: FeedRow) -> timedelta:
        return age_of(feed.asked_at, self._run.now())

    def send(self, entries: Sequence[Outgoing]) -> None:
        """Send these in as few feeds as Amazon's limit on their size allows, and wait a while for the results."""
        for part, body in self._parts(list(self._confirmer.with_numbers(entries))):
            self._send_part(part, body)
        until = self._run.clock.now() + _WAITED_FOR
        pauses = iter(_POLL_EVERY)
        pause = next(pauses)
        while waiting := [feed for feed in feeds_under_way(self._run.book) if feed.feed_id]:
            if self._run.clock.now() >= until:
                return
            messages = sum(feed.messages for feed in waiting)
            self._run.reporter.step(f"confirmations that Amazon works on: {messages:,}")
            self._run.pause(pause, "next check")
            pause = next(pauses, pause)
            for feed in waiting:
                self._look(feed)

    def _parts(self, entries: Sequence[tuple[Outgoing, str | None]]) -> Iterator[tuple[list[Outgoing], bytes]]:
        """As few documents as the limit on their size allows."""
        try:
            body = fulfilment_feed((to_api(entry, number) for entry, number in entries), self._run.store.seller_id)
        except ValueError:
            if len(entries) == 1:
                raise
            half = len(entries) // 2
            yield from self._parts(entries[:half])
            yield from self._parts(entries[half:])
        else:
            yield [entry for entry, _ in entries], body

    def _send_part(self, entries: Sequence[Outgoing], body: bytes) -> None:
        now = self._run.now()
        feed = FeedRow(
            name=secrets.token_hex(_FEED_NAME_BYTES),
            feed_id=None,
            state=FeedState.PREPARING,
            messages=len(entries),
            asked_at=now,
        )
        note_feed(self._run.book, feed)
        note_in_feed(self._run.book, feed.name, [entry.confirmation for entry in entries], now)
        try:
            document = api.create_document(self._run.amazon)
            api.upload_document(self._run.amazon, document, body)
        except Problem as problem:
            self._undo(feed, _why_not(problem))
            raise
        note_feed_state(self._run.book, feed.name, FeedState.SUBMITTING)
        try:
            feed_id = api.create_feed(self._run.amazon, self._run.store.marketplace_ids, document.document_id)
        except Problem as problem:
            if not isinstance(problem, AnswerUnknown):
                self._undo(feed, _why_not(problem))
            raise
        note_feed_state(self._run.book, feed.name, FeedState.SUBMITTED, feed_id=feed_id)

    def _warn(self, feed: FeedRow, status: str) -> None:
        failed = Problem(ProblemName.FEED_FAILED, status=status, count=feed.messages)
        self._run.reporter.warn(self._run.naming_store(failed), part=Part.FEED)

    def _undo(self, feed: FeedRow, state: FeedState) -> None:
        """Nothing of this feed has reached Amazon's work, or will: its confirmations are to be sent again."""
        self._confirmer.put_back(of_feed(self._run.book, feed.name))
        note_feed_state(self._run.book, feed.name, state, finished_at=self._run.now())

    def _find(self, feed: FeedRow) -> None:
        """A feed whose submission was not answered: Amazon's list tells whether it is there.

        The list does not say what a feed was made of. A single new one is taken for ours: were it another program's,
        the next imports would not show our packages, and they would be sent again.
        """
        rest = feed.asked_at + _LISTED_AFTER - self._run.now()
        if rest > 2 * _LISTED_AFTER:  # noted under a wrong clock: the list, which goes by time, would not show it
            self._read_back_one_by_one(feed)
            return
        self._run.reporter.step("checking for confirmations that Amazon may have")
        self._run.pause(max(0.0, rest.total_seconds()), "next check")
        known = known_feed_ids(self._run.book)
        listed = [
            found
            for found in api.recent_feeds(self._run.amazon, feed.asked_at - _LISTED_AFTER)
            if found.feed_id not in known
        ]
        if not listed:
            self._undo(feed, FeedState.DROPPED)
        elif len(listed) == 1:
            note_feed_state(
                self._run.book, feed.name, FeedState.SUBMITTED, feed_id=listed[0].feed_id
            )  # fmt: skip
            self._look(msgspec.structs.replace(feed, feed_id=listed[0].feed_id))
        else:
            self._read_back_one_by_one(feed)

    def _look(self, feed: FeedRow) -> None:
        try:
            found = api.get_feed(self._run.amazon, feed.feed_id or "")
            if found.status == api.DONE and found.result_document_id is not None:
                self._take(feed, found.result_document_id)
                return
        except (Refused, Unreadable) as problem:  # it will be the same tomorrow
            self._warn(feed, f"what became of it cannot be read, {problem.name}")
            self._read_back_one_by_one(feed)
            return
        if found.is_over or self._age(feed) >= _STUCK_AFTER:
            self._warn(feed, found.status)
            if found.status == api.CANCELLED:
                self._undo(feed, FeedState.FAILED)
            else:
                self._read_back_one_by_one(feed)

    def _take(self, feed: FeedRow, document_id: str) -> None:
        """Give each confirmation its own result."""
        results = api.feed_results(self._run.amazon, document_id, feed.messages)
        refused = {number: result for number, result in results.items() if result.is_error}
        if _THE_WHOLE in refused:
            self._warn(feed, f"it was not read, code {refused[_THE_WHOLE].code}")
            self._undo(feed, FeedState.FAILED)
            return
        entries = of_feed(self._run.book, feed.name)
        self._confirmer.accept([entry for entry in entries if entry.message_id not in refused])
        for entry in entries:
            if entry.message_id in refused:
                result = refused[entry.message_id]
                self._confirmer.refuse(entry, _refusal(entry.order_id, result), result.reason, result.message)
        note_feed_state(self._run.book, feed.name, FeedState.DONE, finished_at=self._run.now())
        self._run.reporter.works(Part.FEED, self._run.slug)

    def _read_back_one_by_one(self, feed: FeedRow) -> None:
        """Nobody can tell what became of it: each order is read before anything is sent again."""
        lost = [entry.confirmation for entry in of_feed(self._run.book, feed.name)]
        note_states(self._run.book, {State.CALLING: lost}, self._run.now())
        note_feed_state(self._run.book, feed.name, FeedState.FAILED, finished_at=self._run.now())


def _why_not(problem: Problem) -> FeedState:
    """Whether it was Amazon that would not have the feed, or something that passes."""
    return FeedState.FAILED if isinstance(problem, Denied | Refused) else FeedState.DROPPED


def _refusal(order_id: str, result: FeedResult) -> Problem:
    return Problem(
        ProblemName.SHIPMENT_REFUSED, order_id=order_id, detail=IN_WORDS[result.reason]
    )  # fmt: skip
