"""An import that is killed at any point loses no order, doubles none, and leaves nothing that cannot be opened."""

import random
import signal
from functools import cache
from pathlib import Path

import pytest

from tests.support import books
from tests.support.world import Shell, shell, to_be_booked

ORDERS = 420
IMPORT = ("import-orders", "--since", "700d", "--json")


@cache
def calls_of_a_whole_run(folder: Path) -> int:
    folder.mkdir()
    counter = folder / "calls"
    with shell(folder, with_book=False, orders=ORDERS) as at:
        assert at.run_mortal(0, counter, *IMPORT) == 0
    return int(counter.read_text())


def check_killed_runs(tmp_path: Path, base: Path, seed: int, deaths: int) -> None:
    total = calls_of_a_whole_run(base)
    chance = random.Random(seed)
    with shell(tmp_path, with_book=False, orders=ORDERS) as at:
        for _ in range(deaths):
            code = at.run_mortal(chance.randrange(1, total), tmp_path / "calls", *IMPORT)
            assert code in (-signal.SIGKILL, 0)
        assert at.run(*IMPORT).code == 0
        check_complete(at)


def check_complete(at: Shell) -> None:
    exported = at.run("orders", "export", "--with-pii", "--json").document["rows"]
    assert {row["order_id"]: row["status"] for row in exported} == to_be_booked(at.sandbox)
    lines = [(row["order_id"], row["order_item_id"]) for row in exported]
    assert len(lines) == len(set(lines))
    addressed = [row for row in exported if row["status"] == "UNSHIPPED" and "no-address" not in row["holds"]]
    assert addressed
    assert all(row["address_line_1"] for row in addressed)
    books.check(at.book)
    assert books.execute(at.book, "SELECT count(*) FROM searches") == [(0,)]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("whole") / "run"


@pytest.mark.parametrize("seed", range(20))
def test_a_killed_run_loses_no_order_and_doubles_none(tmp_path: Path, base: Path, seed: int) -> None:
    check_killed_runs(tmp_path, base, seed, deaths=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_a_run_that_is_killed_three_times_in_a_row_still_ends_whole(tmp_path: Path, base: Path, seed: int) -> None:
    check_killed_runs(tmp_path, base, seed, deaths=3)
