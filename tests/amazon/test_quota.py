"""The buckets of Amazon's quotas: never more calls than allowed, never a wait without end, one count for all runs."""

import json
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.amazon.auth import LwaAuth
from amzlink.amazon.orders import GET_ORDER, SEARCH_ORDERS
from amzlink.amazon.quota import Bucket, Operation, refill, take
from amzlink.amazon.transport import SpApiClient
from amzlink.http.patience import Patience
from amzlink.problems import Problem, ProblemName
from amzlink.sandbox.quota import Bucket as AmazonsBucket
from amzlink.sandbox.server import Sandbox
from tests.support.quotas import FileQuotas
from tests.support.world import InProcess, VirtualClock

if TYPE_CHECKING:
    from amzlink.http.client import CallRecord

ROOT = Path(__file__).resolve().parents[2]
START = 1_795_000_000.0
CALL = Operation("call", 0.5, 3, "role")
operations = st.builds(
    Operation,
    st.just("call"),
    st.floats(0.001, 50),
    st.integers(1, 30),
    st.just("role"),
)
seconds = st.floats(0, 10_000)


class Pen:
    """A bucket that is written down after every step, as the file does."""

    def __init__(self, operation: Operation, rate: float | None = None) -> None:
        self.operation = operation
        self.bucket: Bucket | None = None if rate is None else Bucket(operation.burst, START, rate)

    def take(self, now: float) -> float:
        self.bucket, wait = take(refill(self.bucket, self.operation, now), self.operation)
        return wait


@settings(deadline=None)
@given(operation=operations, steps=st.lists(seconds | st.just(0.0), max_size=120))
def test_no_span_of_time_holds_more_calls_than_burst_and_rate_allow(operation: Operation, steps: list[float]) -> None:
    pen, now, granted = Pen(operation), START, []
    for step in steps:
        now += step
        while pen.take(now) == 0:
            granted.append(now)
            if len(granted) > 150:
                break
    for first, start in enumerate(granted):
        for count, end in enumerate(granted[first:], 1):
            assert count <= operation.burst + operation.rate * (end - start) + 0.001


@settings(deadline=None)
@given(operation=operations, part=st.floats(0, 0.999))
def test_no_call_is_granted_before_a_whole_one_has_grown(operation: Operation, part: float) -> None:
    pen = Pen(operation)
    while pen.take(START) == 0:
        pass
    assert pen.take(START + part / operation.rate - 1e-5) > 0


@settings(deadline=None)
@given(operation=operations, calls=st.integers(1, 200))
def test_after_waiting_as_long_as_told_there_is_a_call(operation: Operation, calls: int) -> None:
    pen, clock = Pen(operation), VirtualClock()
    for _ in range(calls):
        asked = 0
        while (wait := pen.take(clock.now().timestamp())) > 0:
            clock.sleep(wait)
            asked += 1
            assert asked <= 3, "a wait is followed by ever smaller ones"


@settings(deadline=None)
@given(operation=operations, idle=st.floats(0, 1e9))
def test_however_long_it_rests_no_more_than_the_burst_gathers(operation: Operation, idle: float) -> None:
    pen = Pen(operation)
    pen.take(START)
    granted = 0
    while pen.take(START + idle) == 0:
        granted += 1
    assert granted <= operation.burst


@settings(deadline=None)
@given(operation=operations, used=st.integers(0, 40), back=st.floats(0, 1e7))
def test_a_clock_that_goes_back_adds_nothing_and_takes_nothing(operation: Operation, used: int, back: float) -> None:
    pen = Pen(operation)
    for _ in range(used):
        pen.take(START)
    before = pen.bucket or Bucket(operation.burst, START)
    after = refill(before, operation, START - back)
    assert after.tokens == before.tokens


@settings(deadline=None)
@given(operation=operations, back=st.floats(1, 1e7))
def test_after_a_clock_went_back_the_wait_is_no_longer_than_for_one_call(operation: Operation, back: float) -> None:
    pen = Pen(operation)
    while pen.take(START) == 0:
        pass
    wait = pen.take(START - back)
    assert 0 < wait <= 1 / operation.rate + 0.001
    assert pen.take(START - back + wait + 0.001) == 0


@pytest.mark.parametrize(("rate", "burst"), [(0.0056, 20), (0.56, 20), (0.0167, 15), (0.5, 30)])
def test_who_waits_as_long_as_told_comes_never_too_early_for_amazon(rate: float, burst: int) -> None:
    clock = VirtualClock()
    pen, amazon = Pen(Operation("any", rate, burst, "role")), AmazonsBucket(rate, burst, burst, clock.now())
    for number in range(600):
        while (wait := pen.take(clock.now().timestamp())) > 0:
            clock.sleep(wait)
        assert amazon.take(clock.now())
        clock.advance(number % 7 / 3)


@settings(deadline=None)
@given(operation=operations, rate=st.floats(0.001, 50), used=st.integers(1, 40))
def test_a_learned_rate_sets_the_wait_from_then_on(operation: Operation, rate: float, used: int) -> None:
    pen = Pen(operation, rate)
    wait = 0.0
    for _ in range(operation.burst + used):
        wait = pen.take(START)
    assert 1 / rate <= wait + 1e-9
    assert wait <= 1 / rate + 0.001 + 1e-9


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "quota.json"


def call(quotas: FileQuotas, operation: Operation = CALL, now: float = START) -> float:
    """Make a call that takes no time, or tell how long to wait for it."""
    if not (wait := quotas.take(operation, now)):
        quotas.answered(operation, now, None)
    return wait


def empty(quotas: FileQuotas, operation: Operation = CALL, now: float = START) -> int:
    """Take all that is left; how many calls that was."""
    taken = 0
    while call(quotas, operation, now) == 0:
        taken += 1
    return taken


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(st.tuples(st.floats(-100, 100), st.booleans()), max_size=25))
def test_the_file_counts_as_the_bucket_does_over_restarts_and_jumps_of_the_clock(
    steps: list[tuple[float, bool]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("quota") / "quota.json"
    quotas, pen, now = FileQuotas(file, "account"), Pen(CALL), START
    for step, restart in steps:
        now += step
        if restart:
            quotas = FileQuotas(file, "account")
        assert call(quotas, CALL, now) == pen.take(now)


class TestTheFile:
    def test_a_run_finds_what_the_last_one_left(self, file: Path) -> None:
        assert empty(FileQuotas(file, "account")) == 3
        assert FileQuotas(file, "account").take(CALL, START) == pytest.approx(2.0)
        assert FileQuotas(file, "account").take(CALL, START + 2) == 0

    def test_accounts_and_operations_have_their_own(self, file: Path) -> None:
        empty(FileQuotas(file, "account"))
        assert FileQuotas(file, "another").take(CALL, START) == 0
        assert FileQuotas(file, "account").take(SEARCH_ORDERS, START) == 0
        assert FileQuotas(file, "account").take(CALL, START) > 0

    def test_a_call_is_debited_in_the_file_before_it_is_made(self, file: Path) -> None:
        FileQuotas(file, "account").take(CALL, START)
        assert json.loads(file.read_bytes())["account call"]["tokens"] == 2

    def test_a_learned_rate_outlives_the_run(self, file: Path) -> None:
        FileQuotas(file, "account").answered(CALL, START, 5.0)
        assert empty(FileQuotas(file, "account")) == 3
        assert FileQuotas(file, "account").take(CALL, START) == pytest.approx(0.2)

    def test_time_before_a_rate_was_learned_counts_at_the_old_one(self, file: Path) -> None:
        quotas = FileQuotas(file, "account")
        empty(quotas)
        quotas.answered(CALL, START + 1, 50.0)  # by then half a call has grown
        assert quotas.take(CALL, START + 1) == pytest.approx(0.5 / 50)

    def test_the_last_rate_that_amazon_told_wins(self, file: Path) -> None:
        quotas = FileQuotas(file, "account")
        quotas.answered(CALL, START, 5.0)
        quotas.answered(CALL, START, 0.25)
        empty(quotas)
        assert quotas.take(CALL, START) == pytest.approx(4.0)

    def test_after_amazon_said_that_nothing_is_left_a_whole_call_has_to_grow(self, file: Path) -> None:
        quotas = FileQuotas(file, "account")
        quotas.drain(CALL, START)
        assert quotas.take(CALL, START) == pytest.approx(2.0)
        assert quotas.take(CALL, START + 2.001) == 0

    def test_draining_keeps_what_was_learned(self, file: Path) -> None:
        quotas = FileQuotas(file, "account")
        quotas.answered(CALL, START, 5.0)
        quotas.drain(CALL, START)
        assert quotas.take(CALL, START) == pytest.approx(0.2)

    def test_a_file_from_a_clock_that_was_ahead_does_not_block(self, file: Path) -> None:
        empty(FileQuotas(file, "account"), now=START + 30 * 86400)
        assert FileQuotas(file, "account").take(CALL, START) == pytest.approx(2.0)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{",
            b"null",
            b"[]",
            b"\x00" * 100,
            b'{"account call": 5}',
            b'{"account call": {"tokens": "many", "at": 0}}',
            b'{"account call": {"at": 1795000000.0}}',
            b'{"account call": {"tokens": 0, "at": 1795000000.0, "rate": "fast"}}',
            b'{"account call": {"tokens": 0, "at": 1795000000.0, "rate": -5}}',
            b'{"account call": {"tokens": 0, "at": 1795000000.0, "rate": 0}}',
            b'{"account call": {"tokens": -1e9, "at": 1795000000.0}}',
            b'{"account \xff call": {"tokens": 0, "at": 1795000000.0}}',
        ],
    )
    def test_a_file_that_cannot_be_read_counts_as_full_and_is_written_anew(self, content: bytes, file: Path) -> None:
        file.parent.mkdir()
        file.write_bytes(content)
        assert empty(FileQuotas(file, "account")) == 3
        assert set(json.loads(file.read_bytes())) == {"account call"}

    def test_it_is_nobody_elses_business(self, file: Path) -> None:
        quotas = FileQuotas(file, "account")
        quotas.take(CALL, START)
        with quotas._held(START):
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}
        assert modes == {"quota.json": 0o600, "quota.lock": 0o600}

    def test_it_holds_no_more_than_the_account_the_operation_and_numbers(self, file: Path) -> None:
        FileQuotas(file, "client seller eu").answered(CALL, START, 5.0)
        entries = msgspec.json.decode(file.read_bytes(), type=dict[str, dict[str, float | None]])
        assert entries == {"client seller eu call": {"tokens": 3.0, "at": START, "rate": 5.0}}

    def test_no_half_written_file_is_left_behind(self, file: Path) -> None:
        quotas = FileQuotas(file, "account")
        for _ in range(3):
            quotas.take(CALL, START)
        assert sorted(path.name for path in file.parent.iterdir()) in (["quota.json"], ["quota.json", "quota.lock"])


def test_processes_at_the_same_time_share_one_bucket(file: Path) -> None:
    file.parent.mkdir()
    program = (
        "import sys; from pathlib import Path; from amzlink.amazon.quota import Operation\n"
        "from tests.support.quotas import FileQuotas\n"
        "quotas = FileQuotas(Path(sys.argv[1]), 'account')\n"
        "call = Operation('call', 0.001, 300, 'role')\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(sum(quotas.take(call, float(sys.argv[2])) == 0 for _ in range(100)))\n"
    )
    command = [sys.executable, "-c", program, str(file), str(START)]
    running = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    granted = [int(process.communicate(timeout=300)[0]) for process in running]
    assert sum(granted) == 300


@pytest.mark.parametrize(
    ("operation", "calls"), [(GET_ORDER, 120), (SEARCH_ORDERS, 45)], ids=lambda v: getattr(v, "name", "")
)
def test_a_client_that_keeps_its_own_count_is_never_throttled(operation: Operation, calls: int, file: Path) -> None:
    """Against a service that counts as Amazon says it does; and a client that is too careful fails here as well."""
    clock = VirtualClock(datetime(2026, 11, 23, 9, 30, 0, 123457, tzinfo=UTC))
    sandbox = Sandbox(orders=40, seed=7, quota="real", clock=clock)
    app = sandbox.world.account.app
    records: list[CallRecord] = []
    patience = Patience(clock, timedelta(days=1))
    auth = LwaAuth("http://sandbox.test", app.client_id, lambda: (app.client_secret, app.refresh_token), clock)
    path = {
        "getOrder": f"/orders/2026-01-01/orders/{next(iter(sandbox.world.orders))}",
        "searchOrders": "/orders/2026-01-01/orders",
    }[operation.name]
    query = {} if operation is GET_ORDER else {"createdAfter": "2026-11-01T00:00:00Z"}
    began = clock.now()
    with SpApiClient(
        base_url="http://sandbox.test", auth=auth, quotas=FileQuotas(file, "account"), clock=clock, patience=patience,
        transport=InProcess(sandbox), on_call=records.append,
    ) as link:  # fmt: skip
        for _ in range(calls):
            link.get(operation, path, query)
    assert {record.status for record in records} == {200}
    took = (clock.now() - began).total_seconds()
    assert took == pytest.approx((calls - operation.burst) / operation.rate, abs=1)


def test_waits_for_an_empty_bucket_end_when_patience_does(file: Path) -> None:
    clock = VirtualClock()
    quotas, patience = FileQuotas(file, "account"), Patience(clock, timedelta(seconds=5))
    empty(quotas, now=clock.now().timestamp())

    def wait_and_call() -> None:
        while (wait := call(quotas, now=clock.now().timestamp())) > 0:
            patience.wait(wait, Problem(ProblemName.THROTTLED))

    wait_and_call()
    wait_and_call()
    with pytest.raises(Problem, match="throttled"):
        wait_and_call()
    assert sum(clock.slept) == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"a": ' + b"[" * 100_000, b"\xff", b""])
def test_a_file_that_is_made_to_break_its_reader_counts_as_full_buckets(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    assert FileQuotas(file, "account").take(CALL, START) == 0
