"""Sendcloud's rates hold for all runs together, however long their calls take."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.http.shared_file import SharedFile
from amzlink.sendcloud.pace import WRITES, Made, Paces
from tests.support.world import VirtualClock, store_on_sandbox

steps = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.integers(1, 40),
        st.sampled_from([0.0, 0.05, 1.0, 20.0]),
        st.sampled_from([0.0, 0.01, 2.0]),
    ),
    max_size=12,
)


@settings(max_examples=8, deadline=None)
@given(steps=steps)
def test_two_processes_never_make_too_many_changes_together(
    steps: list[tuple[int, int, float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each step is a process, its calls, how long it rests before, and how long a call takes to arrive."""
    file, clock = tmp_path_factory.mktemp("pace") / "pace.json", VirtualClock()
    processes = [Paces(clock, "integration", SharedFile(file, Made)) for _ in range(2)]
    arrived: list[float] = []
    for process, calls, rest, there in steps:
        clock.advance(rest)
        for _ in range(calls):
            while (wait := processes[process].take("writes")) > 0:
                clock.sleep(wait)
            clock.advance(there)
            arrived.append(clock.now().timestamp())
            processes[process].answered("writes")
    for calls, seconds in WRITES:
        pairs = zip(arrived, arrived[calls:], strict=False)
        assert all(later - earlier >= seconds - 1e-4 for earlier, later in pairs)


def test_integrations_and_kinds_of_calls_are_counted_apart(tmp_path: Path) -> None:
    clock, made = VirtualClock(), Counter[str]()
    for integration in ("one", "another"):
        while Paces(clock, integration, SharedFile(tmp_path / "pace.json", Made)).take("writes") == 0:
            made[integration] += 1
    assert made == {"one": 15, "another": 15}
    assert Paces(clock, "one", SharedFile(tmp_path / "pace.json", Made)).take("reads") == 0


def test_a_file_that_cannot_be_read_counts_as_no_calls(tmp_path: Path) -> None:
    (tmp_path / "pace.json").write_bytes(b"[" * 100_000)
    assert Paces(VirtualClock(), "one", SharedFile(tmp_path / "pace.json", Made)).take("writes") == 0


def test_what_one_run_has_sent_the_next_one_counts_too(tmp_path: Path) -> None:
    at = store_on_sandbox(tmp_path, orders=0, quota="real", destination="sendcloud")
    store = at.deps.load_config().stores["demo-shop"]
    for _ in range(2):
        with at.deps.sendcloud("demo-shop", store) as client:
            for number in range(10):
                client.delete("sendcloud/delete_order", f"/orders/{number}", accept=(404,))
    assert client.calls == {"sendcloud/delete_order": 10}
    assert sum(at.clock.slept) == pytest.approx(1.0)
