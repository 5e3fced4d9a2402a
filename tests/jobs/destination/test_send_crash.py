"""A run that is killed while it imports and sends leaves every ready order at Sendcloud once, and the book knows it."""

import random
import signal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support import books
from tests.support.destination import ready
from tests.support.world import Shell, shell

ORDERS = 380
A_MINUTE = 60
SEND = ("import-orders", "--json")
SETTINGS = {"destination": "sendcloud"}


def refuse_some(at: Shell) -> set[str]:
    refused = set(sorted(ready(at.sandbox))[:3])
    at.control("/sendcloud/refusals", {"orders": sorted(refused)})
    return refused


@cache
def calls_of_a_whole_run(folder: Path) -> int:
    folder.mkdir()
    counter = folder / "calls"
    with shell(folder, SETTINGS, orders=ORDERS) as at:
        refuse_some(at)
        assert at.run_mortal(0, counter, *SEND) == 1, "some orders are refused"
    return int(counter.read_text())


def check_killed_runs(tmp_path: Path, base: Path, seed: int, deaths: int) -> None:
    total = calls_of_a_whole_run(base)
    chance = random.Random(seed)
    with shell(tmp_path, SETTINGS, orders=ORDERS) as at:
        refused = refuse_some(at)
        for _ in range(deaths):
            # The import is killed elsewhere: of its calls only the last ones count here.
            assert at.run_mortal(chance.randrange(total // 3, total), tmp_path / "calls", *SEND) in (
                -signal.SIGKILL,
                0,
                1,
            )
        assert at.run(*SEND).code in (0, 1)
        # What was accepted at last may not be stored yet; the run after finds it.
        at.control("/clock", {"advance": A_MINUTE})
        assert at.run(*SEND).code in (0, 1)
        check_whole(at, refused)


def check_whole(at: Shell, refused: set[str]) -> None:
    there: list[dict[str, Any]] = at.control("/sendcloud/orders")["orders"]
    wanted = ready(at.sandbox) - refused
    assert sorted(order["order_id"] for order in there) == sorted(wanted)
    listed = {order["order_id"]: order["sent"] for order in at.run("orders", "list", "--json").document["orders"]}
    assert {order_id for order_id, sent in listed.items() if sent == "yes"} == wanted
    assert {order_id for order_id in refused if listed[order_id] != "refused"} == set()
    books.check(at.book)
    states = dict(books.execute(at.book, "SELECT state, count(*) FROM dispatches GROUP BY state"))
    assert states.keys() == {"sent", "refused"}
    assert states["sent"] == len(wanted)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sent") / "run"


@pytest.mark.parametrize("seed", range(12))
def test_a_killed_run_doubles_no_order_and_forgets_none(tmp_path: Path, base: Path, seed: int) -> None:
    check_killed_runs(tmp_path, base, seed, deaths=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_a_run_that_is_killed_three_times_in_a_row_still_sends_each_order_once(
    tmp_path: Path, base: Path, seed: int
) -> None:
    check_killed_runs(tmp_path, base, seed, deaths=3)
