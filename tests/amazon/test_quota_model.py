"""The buckets against a model of Amazon's own: whatever runs do at the same time, no call of theirs is refused."""

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Final

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.amazon.auth import LwaAuth
from amzlink.amazon.orders import GET_ORDER, SEARCH_ORDERS
from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import SpApiClient
from amzlink.http.patience import Patience
from amzlink.problems import Problem, ProblemName
from tests.support.quotas import FileQuotas
from tests.support.world import SLUG, StoreOnSandbox, VirtualClock, store_on_sandbox

ROOT: Final = Path(__file__).resolve().parents[2]
START: Final = 1_795_000_000
# Rates and times are whole multiples of a power of two, so that the file's floats and the model's fractions agree.
TICK: Final = 2**-6
SLOW: Final = Operation("slow", 2**-5, 4, "role")
FAST: Final = Operation("fast", 4.0, 5, "role")


@dataclass
class Model:
    """Amazon's bucket as its documentation has it, in exact numbers."""

    operation: Operation
    level: Fraction = Fraction()
    at: Fraction = Fraction(START)
    rate: Fraction = Fraction()

    def __post_init__(self) -> None:
        self.level, self.rate = Fraction(self.operation.burst), Fraction(self.operation.rate)

    def refill(self, now: Fraction) -> None:
        grown = self.level + max(Fraction(), now - self.at) * self.rate
        self.level, self.at = min(Fraction(self.operation.burst), grown), now

    def takes(self, now: Fraction) -> bool:
        """Whether a call that arrives now is within quota; it is debited if so."""
        self.refill(now)
        if self.level < 1:
            return False
        self.level -= 1
        return True

    def wait(self) -> Fraction:
        return (1 - self.level) / self.rate


ticks = st.integers(0, 6000).map(lambda count: count * TICK)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.integers(1, 8)),
        st.tuples(st.just("wait"), ticks),
        st.tuples(st.just("wait"), st.just(1 / SLOW.rate)),
        st.tuples(st.just("clock goes back"), ticks),
        st.tuples(st.just("rate"), st.sampled_from([2**-7, 2**-5, 2**-2, 8.0])),
        st.tuples(st.just("throttled"), st.just(0)),
        st.tuples(st.just("another process"), st.integers(0, 2)),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(operation=st.sampled_from([SLOW, FAST]), steps=steps)
def test_the_file_counts_as_a_model_bucket_does(
    operation: Operation, steps: list[tuple[str, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("quota") / "quota.json"
    processes = [FileQuotas(file, "account") for _ in range(3)]
    quotas, model, now = processes[0], Model(operation), float(START)
    for step, number in steps:
        match step:
            case "call":
                for _ in range(int(number)):
                    wait = quotas.take(operation, now)
                    if model.takes(Fraction(now)):
                        assert wait == 0
                        quotas.answered(operation, now, None)
                    else:
                        assert wait == pytest.approx(float(model.wait()), abs=0.001)
                        assert wait >= float(model.wait()) - 1e-6
            case "wait":
                now += number
            case "clock goes back":
                now -= number
            case "rate":
                model.refill(Fraction(now))
                model.rate = Fraction(number)
                quotas.answered(operation, now, number)
            case "throttled":
                model.refill(Fraction(now))
                model.level = Fraction()
                quotas.drain(operation, now)
            case "another process":
                quotas = processes[int(number)]


@dataclass
class Run:
    """A process that makes calls one after the other, each of which takes its time to Amazon and back."""

    quotas: FileQuotas
    calls: list[tuple[float, float, float]]
    """How long it rests before each call, and how long the call takes to Amazon and back."""
    is_killed: bool = False
    refused: int = 0
    made: int = 0

    def events(self, operation: Operation, amazon: Model, begin: float) -> Iterator[float]:
        """Yields when it goes on."""
        now = begin
        for rest, there, back in self.calls:
            now += rest
            yield now
            while (wait := self.quotas.take(operation, now)) > 0:
                now += wait
                yield now
            now += there
            yield now
            self.refused += not amazon.takes(Fraction(now))
            self.made += 1
            if self.is_killed and self.made == len(self.calls):
                return
            now += back
            yield now
            self.quotas.answered(operation, now, operation.rate)


def play(operation: Operation, amazon: Model, runs: list[Run]) -> None:
    """Let the runs go side by side, whoever is first in time."""
    going = {number: run.events(operation, amazon, float(START)) for number, run in enumerate(runs)}
    due = {number: next(events, None) for number, events in going.items()}
    while moments := {number: moment for number, moment in due.items() if moment is not None}:
        first = min(moments, key=lambda number: (moments[number], number))
        due[first] = next(going[first], None)


latencies = st.floats(0.01, 5) | st.just(0.05) | st.just(15.0)
calls_of_a_run = st.lists(st.tuples(st.just(0.0) | st.floats(0, 200), latencies, latencies), min_size=1, max_size=12)


@settings(max_examples=30, deadline=None)
@given(
    operation=st.sampled_from([SLOW, FAST, Operation("two", 2.0, 2, "role"), Operation("one", 0.25, 1, "role")]),
    plans=st.lists(st.tuples(calls_of_a_run, st.booleans()), min_size=2, max_size=3),
)
def test_runs_at_the_same_time_whose_calls_take_their_time_are_never_refused_together(
    operation: Operation,
    plans: list[tuple[list[tuple[float, float, float]], bool]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Amazon debits a call when it arrives; some runs are killed with their last call on the way."""
    file = tmp_path_factory.mktemp("quota") / "quota.json"
    runs = [Run(FileQuotas(file, "account"), calls, is_killed) for calls, is_killed in plans]
    play(operation, Model(operation), runs)
    assert [run.refused for run in runs] == [0] * len(runs)
    assert [run.made for run in runs] == [len(run.calls) for run in runs]


@settings(max_examples=25, deadline=None)
@given(
    operation=st.sampled_from([SLOW, FAST]),
    steps=st.lists(
        st.tuples(st.integers(1, 6), st.floats(0, 300), st.sampled_from([0.0, 0.0, 3600.0, -3600.0, 1e7])), max_size=15
    ),
)
def test_a_clock_that_jumps_costs_one_refused_call_at_most(
    operation: Operation, steps: list[tuple[int, float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What the clock has filled too early, the first 429 empties. Each step makes calls, rests, and moves the clock."""
    quotas = FileQuotas(tmp_path_factory.mktemp("quota") / "quota.json", "account")
    amazon, now, ahead, refused, jumps = Model(operation), float(START), 0.0, 0, 0
    for calls, rest, jump in steps:
        for _ in range(calls):
            while (wait := quotas.take(operation, now + ahead)) > 0:
                now += wait
            is_refused = not amazon.takes(Fraction(now))
            quotas.answered(operation, now + ahead, None)
            if is_refused:
                refused += 1
                quotas.drain(operation, now + ahead)
        now += rest
        ahead += jump
        jumps += jump > 0
    assert refused <= jumps


# Calls a machine's clock can follow: the time at which each arrives is noted by the process that makes it.
_PROCESS: Final = """
import random, sys, time
from pathlib import Path
from amzlink.amazon.quota import Operation
from amzlink.clock import SystemClock
from tests.support.quotas import FileQuotas
quotas, chance = FileQuotas(Path(sys.argv[1]), "account", SystemClock()), random.Random(sys.argv[2])
call = Operation("call", 64.0, 8, "role")
print("ready", flush=True); sys.stdin.readline()
for _ in range(40):
    while (wait := quotas.take(call, time.time())) > 0:
        time.sleep(wait)
    time.sleep(chance.choice([0, 0, 0.001, 0.02]))
    print(time.time())
    time.sleep(chance.choice([0, 0.001]))
    quotas.answered(call, time.time(), 64.0)
"""


def test_two_processes_at_the_same_time_stay_within_the_quota_together(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PROCESS, str(tmp_path / "quota.json")]
    running = [
        subprocess.Popen([*command, seed], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for seed in "12"
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    arrived = sorted(Fraction(line) for process in running for line in process.communicate(timeout=120)[0].split())
    amazon = Model(Operation("call", 64.0, 8, "role"), at=arrived[0])
    assert len(arrived) == 80
    assert [moment for moment in arrived if not amazon.takes(moment)] == []


class Distant(httpx.BaseTransport):
    """Amazon, with the time that calls take: the first one also opens the connection."""

    def __init__(self, at: StoreOnSandbox) -> None:
        self._at, self._chance, self._calls = at, random.Random(3), 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._calls += 1
        self._at.clock.advance(1.5 if self._calls == 1 else self._chance.uniform(0.03, 0.4))
        answer = self._at.transport.handle_request(request)
        self._at.clock.advance(self._chance.uniform(0.02, 0.5))
        return answer


@pytest.mark.parametrize("operation", [GET_ORDER, SEARCH_ORDERS], ids=lambda operation: operation.name)
def test_a_call_that_takes_its_time_lets_no_later_one_be_refused(operation: Operation, tmp_path: Path) -> None:
    at = store_on_sandbox(tmp_path, orders=20, quota="real")
    account = at.deps.account_of(SLUG, at.deps.load_config().stores[SLUG])
    at.deps.transport = Distant(at)
    order_id = next(iter(at.sandbox.world.orders))
    path, query = {
        "getOrder": (f"/orders/2026-01-01/orders/{order_id}", {}),
        "searchOrders": ("/orders/2026-01-01/orders", {"createdAfter": "2026-11-01T00:00:00Z"}),
    }[operation.name]
    with at.deps.link(account, timedelta(days=1)) as link:
        for _ in range(operation.burst + 15):
            link.get(operation, path, query)
        assert link.calls[operation.name] == operation.burst + 15


def test_an_answer_is_not_lost_where_its_quota_cannot_be_noted(tmp_path: Path) -> None:
    class Unwritable(FileQuotas):
        def answered(self, operation: Operation, now: float, rate: float | None) -> None:
            raise Problem(ProblemName.DISK_FULL, file="quota.json")

    at = store_on_sandbox(tmp_path, orders=5)
    app = at.sandbox.world.account.app
    auth = LwaAuth("http://127.0.0.1:1", app.client_id, lambda: (app.client_secret, app.refresh_token), at.clock)
    with SpApiClient(
        base_url="http://127.0.0.1:1", auth=auth, quotas=Unwritable(tmp_path / "quota.json", "account"), clock=at.clock,
        patience=Patience(at.clock, timedelta()), transport=at.transport,
    ) as link:  # fmt: skip
        order_id = next(iter(at.sandbox.world.orders))
        assert link.get(GET_ORDER, f"/orders/2026-01-01/orders/{order_id}", {}).body


class TestWhoSharesABucket:
    def test_two_stores_of_one_seller_and_app_share_it_and_other_accounts_do_not(self, tmp_path: Path) -> None:
        at = store_on_sandbox(tmp_path, orders=0)
        store = at.deps.load_config().stores[SLUG]
        now = at.clock.now().timestamp()
        one = at.deps.account_of(SLUG, store)
        at.deps.quotas(one).drain(SEARCH_ORDERS, now)

        def left(**changes: object) -> int:
            return at.deps.quotas(replace(one, **changes)).left(SEARCH_ORDERS, now)  # type: ignore[arg-type]

        assert left(slug="second-slug") == 0
        assert left(country="FR") == 0, "another country of the same region"
        assert left(country="US") == left(seller_id="A2OTHER") == left(client_id="other") == SEARCH_ORDERS.burst

    def test_what_amazons_own_sandbox_tells_of_rates_counts_for_it_alone(self, tmp_path: Path) -> None:
        at = store_on_sandbox(tmp_path, orders=0)
        account = at.deps.account_of(SLUG, at.deps.load_config().stores[SLUG])
        now = at.clock.now().timestamp()
        at.deps.quotas(replace(account, amazon_sandbox=True)).answered(SEARCH_ORDERS, now, 5.0)
        assert at.deps.quotas(account).standing(SEARCH_ORDERS, now).rate is None

    def test_a_call_to_another_region_leaves_the_stores_own_bucket_as_it_is(self, tmp_path: Path) -> None:
        at = store_on_sandbox(tmp_path, orders=5, quota="real")
        account = at.deps.account_of(SLUG, at.deps.load_config().stores[SLUG])
        order_id = next(iter(at.sandbox.world.orders))
        with at.deps.link(account, region="na") as link:
            link.get(GET_ORDER, f"/orders/2026-01-01/orders/{order_id}", {})
        now = at.clock.now().timestamp()
        assert at.deps.quotas(account).left(GET_ORDER, now) == GET_ORDER.burst
        assert at.deps.quotas(account, "na").left(GET_ORDER, now) == GET_ORDER.burst - 1


class Contested(FileQuotas):
    """Whenever this run wants the file, another one has it first and counts up to a second later."""

    def __init__(self, file: Path, at: VirtualClock, other: FileQuotas) -> None:
        super().__init__(file, "account", at)
        self._at, self._other = at, other

    def take(self, operation: Operation, now: float) -> float:
        self._at.advance(1)
        self._other.left(operation, self._at.now().timestamp())
        self._other.answered(operation, self._at.now().timestamp(), None)
        return super().take(operation, now)


def test_time_is_counted_once_however_long_the_file_has_to_be_waited_for(tmp_path: Path) -> None:
    file, clock = tmp_path / "quota.json", VirtualClock()
    other = FileQuotas(file, "account", clock)
    contested, amazon, refused = Contested(file, clock, other), Model(SLOW, at=Fraction(clock.now().timestamp())), 0
    for _ in range(40):
        while (wait := contested.take(SLOW, clock.now().timestamp())) > 0:
            clock.sleep(wait)
        refused += not amazon.takes(Fraction(clock.now().timestamp()))
        contested.answered(SLOW, clock.now().timestamp(), None)
    assert refused == 0


@pytest.mark.parametrize(
    ("age", "left"), [(0, 3), (299, 3), (301, 4)], ids=["just now", "minutes ago", "longer than any call takes"]
)
def test_a_call_whose_run_died_keeps_its_place_only_as_long_as_a_call_can_take(
    age: int, left: int, tmp_path: Path
) -> None:
    file = tmp_path / "quota.json"
    FileQuotas(file, "account").take(SLOW, START)
    assert FileQuotas(file, "account").left(SLOW, START + age) == left
