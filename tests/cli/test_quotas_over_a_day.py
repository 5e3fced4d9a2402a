"""Cron every five minutes for two stores, and a person who is in a hurry: no call is refused for its quota.

The sandbox keeps to the published quotas, every call takes its time, and the two jobs' runs use one file of buckets.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import httpx
import pytest

from amzlink.problems import Exit
from tests.support.cron import Office
from tests.support.world import SLUG

OUTLET: Final = "outlet"
THROTTLED: Final = 429
# Every operation that a store's runs use, by the name under which the sandbox counts it.
USED: Final = {
    "searchOrders", "getOrder", "createReport", "getReport", "getReportDocument", "createRestrictedDataToken", "token",
    "createFeedDocument", "createFeed", "getFeed", "getFeedDocument", "confirmShipment",
    "searchListingsItems", "patchListingsItem",
}  # fmt: skip


class Distant(httpx.BaseTransport):
    """The services with the time that calls to them take; it keeps what was throttled."""

    def __init__(self, office: Office) -> None:
        self._inner, self._clock, self._chance = office.deps.transport, office.clock, random.Random(3)
        self.throttled: list[str] = []
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert self._inner is not None
        self.calls += 1
        self._clock.advance(self._chance.uniform(0.03, 0.6))
        answer = self._inner.handle_request(request)
        if answer.status_code == THROTTLED:
            self.throttled.append(f"{self._clock.now()} {request.method} {request.url.path}")
        self._clock.advance(self._chance.uniform(0.02, 0.4))
        return answer


class Day:
    """Cron at two stores. In a busy hour a person works beside it, without a thought of quotas."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder, quota="real", import_weights=True)
        self.office.jobs, self.office.period = {"import-orders": 0, "push-status": 2}, 5
        self.second = self.office.open_second_store(OUTLET, quota="real")
        self.distant = self.office.deps.transport = Distant(self.office)
        self.by_hand: Counter[tuple[str, int]] = Counter()
        self.orders: list[str] = []

    def play(self, until: str, busy: Sequence[int]) -> None:
        plan = self.office.plan
        for hour in range(24):
            plan(f"Tue {hour:02}:04", lambda: self._add(3), lambda: self.second.world.add_orders(2))
        for hour in busy:
            plan(f"Tue {hour:02}:03", lambda: self._add(130))
            plan(f"Tue {hour:02}:08", self._in_a_hurry)
            plan(f"Tue {hour:02}:11", lambda: self._pack(self.orders[-130:-100]))
            plan(f"Tue {hour:02}:18", lambda: self._pack(self.orders[-100:-60]), self._run("push-status --route feed"))
            plan(f"Tue {hour:02}:21", self._run("verify"))
        self.office.play(until)

    def _add(self, count: int) -> None:
        self.orders += self.office.add(count)

    def _pack(self, orders: Sequence[str]) -> None:
        self.office.tell("/control/sendcloud/parcels", {"action": "announce", "orders": orders})

    def _run(self, line: str, *more: str) -> Callable[[], None]:
        def by_hand() -> None:
            words = line.split()
            code, _ = self.office.run(*words, "--store", SLUG, *more)
            self.by_hand[words[0], code] += 1

        return by_hand

    def _in_a_hurry(self) -> None:
        """Everything again and again."""
        for _ in range(12):
            self._run("import-orders --max-wait 0s")()
        for _ in range(2):
            self._run("import-orders --route report --max-wait 10s")()
        self._run("import-orders", *(word for order_id in self.orders[-40:] for word in ("--order", order_id)))()
        self._run("check-weights --all-listings")()
        skus = [listing["sku"] for listing in self.office.tell("/control/listings")["listings"][:12]]
        self._run("check-weights --apply", *(word for sku in skus for word in ("--set", f"{sku}=250g")))()


def check(day: Day, runs: int) -> None:
    """No call was throttled, all kinds of calls were made, and cron's runs all ended well."""
    assert day.distant.throttled == []
    assert set(day.office.world.sandbox.world.count_calls()) >= USED
    codes = [code for _, job, code in day.office.exit_codes if job in day.office.jobs]
    assert len(codes) == runs
    assert set(codes) <= {Exit.DONE, Exit.PARTLY}, "at worst one of two stores is paused by its quota"
    assert day.by_hand["import-orders", Exit.TRY_AGAIN] >= 1, "the quota was never used up"


def test_half_an_hour_of_cron_for_two_stores_and_a_person_meets_no_429(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.play("Tue 00:25", busy=[0])
    check(day, runs=10)


@pytest.mark.soak
def test_a_day_of_cron_for_two_stores_and_a_person_meets_no_429(tmp_path: Path) -> None:
    day = Day(tmp_path)
    day.play("Wed 00:00", busy=[0, 8, 9, 17])
    check(day, runs=576)
