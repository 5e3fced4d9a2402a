"""How long confirmations take under Amazon's real quotas, on a clock that only waits move, and what they cost."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.pushing import Pushing, row

MANY, FEW = 1_500, 200
FEED_SECONDS = 120.0
RATE, BURST = 2.0, 10


def booked(folder: Path, count: int) -> tuple[Pushing, list[str]]:
    """Orders in the book, and Amazon's quotas as they are."""
    at = Pushing(folder, quota="real", destination="none")
    ids = at.add(count)
    assert at.run(max_wait=timedelta(days=3)).problem is None
    at.world.clock.advance(3600)
    return at, ids


def rows_of(at: Pushing, ids: list[str]) -> list[str]:
    """A row for each line, with its Transparency codes where it needs them."""
    found = []
    for number, order_id in enumerate(ids):
        for item in at.order(order_id).body["orderItems"]:
            quantity = item["quantityOrdered"]
            codes = " ".join(f"AZ{number}x{piece}" for piece in range(quantity))
            needed = codes if "TRANSPARENCY" in item.get("programs", []) else ""
            found.append(
                row(
                    order_id, f"N{number}",
                    order_item_id=item["orderItemId"], quantity=str(quantity), transparency_codes=needed,
                )
            )  # fmt: skip
    return found


@pytest.mark.parametrize("count", [FEW, MANY])
def test_the_route_takes_at_most_a_fifth_longer_than_the_cheaper_one(tmp_path: Path, count: int) -> None:
    at, ids = booked(tmp_path, count)
    report = at.push_file(*rows_of(at, ids), minutes=0)
    assert report.sent.confirmed >= count * 0.99
    singly = (count - BURST) / RATE
    assert report.seconds <= 1.2 * min(singly, FEED_SECONDS)
    at.check_once(ids)


def test_one_by_one_costs_a_call_each_and_a_feed_four_calls_and_the_looking(tmp_path: Path) -> None:
    at, ids = booked(tmp_path, FEW)
    half = FEW // 2
    single = at.push_file(*rows_of(at, ids[:half]), route="single", minutes=0)
    assert single.api_calls["confirmShipment"] == half
    feed = at.push_file(*rows_of(at, ids[half:]), route="feed", minutes=0)
    to_amazon = feed.api_calls.keys() - {"getToken", "uploadDocument", "downloadDocument"}
    assert to_amazon == {"createFeedDocument", "createFeed", "getFeed", "getFeedDocument"}
    assert all(feed.api_calls[name] == 1 for name in to_amazon - {"getFeed"})
