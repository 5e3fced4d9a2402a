"""A purge that is killed at any point: the next run completes it, and nothing else is lost."""

import json
import random
import signal
from functools import cache
from pathlib import Path

import pytest

from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.orderbook.privacy.boxes import boxes_of
from amzlink.secrets.system import SystemSecrets
from tests.support import books
from tests.support.sealed import vault_of
from tests.support.world import SLUG, Shell, shell

ORDERS = 120
PURGE = ("purge-pii", "--json")
IMPORT = ("import-orders", "--since", "700d", "--json")
HALF_A_MONTH = 15 * 86_400


def bring_and_wait(at: Shell) -> None:
    assert at.run(*IMPORT).code == 0
    at.control("/clock", {"advance": HALF_A_MONTH})


@cache
def calls_of_a_whole_run(folder: Path) -> int:
    folder.mkdir()
    counter = folder / "calls"
    with shell(folder, orders=ORDERS) as at:
        bring_and_wait(at)
        assert at.run_mortal(0, counter, *PURGE) == 0
    return int(counter.read_text())


def sealed(at: Shell) -> set[str]:
    books.check(at.book)
    return {order_id for (order_id,) in books.execute(at.book, "SELECT order_id FROM sealed")}


def check_killed_purges(tmp_path: Path, base: Path, seed: int, deaths: int) -> None:
    total = calls_of_a_whole_run(base)
    chance = random.Random(seed)
    with shell(tmp_path, orders=ORDERS) as at:
        bring_and_wait(at)
        before = sealed(at)
        due = {row["order_id"] for row in at.run("purge-pii", "--dry-run", "--json").document["stores"][0]["orders"]}
        assert due
        assert due < before
        deps = Deps(at.environ, find_home(at.environ), SystemSecrets(at.environ, find_home(at.environ)))
        with deps.book(SLUG) as book:
            boxes = boxes_of(book, due)
        for _ in range(deaths):
            assert at.run_mortal(chance.randrange(1, total), tmp_path / "calls", *PURGE) in (-signal.SIGKILL, 0)
        done = at.run(*PURGE)
        assert done.code == 0, done.err
        assert sealed(at) == before - due
        with deps.book(SLUG) as book:
            vault = vault_of(deps, book)
            floor = vault.floor
        assert floor is not None
        for place, box in boxes.items():
            assert box.lease_day >= floor or not vault.reaches(place.order_id, box, part=place.part)
        shown = at.run("orders", "show", min(before - due), "--with-pii", "--json")
        assert shown.code == 0
        assert json.loads(shown.out)["recipient"]
        assert at.run(*IMPORT).code == 0


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("purged") / "run"


@pytest.mark.parametrize("seed", range(12))
def test_a_killed_purge_is_completed_by_the_next_and_loses_nothing_else(
    tmp_path: Path, base: Path, seed: int
) -> None:  # fmt: skip
    check_killed_purges(tmp_path, base, seed, deaths=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_a_purge_that_is_killed_three_times_in_a_row_still_ends_whole(tmp_path: Path, base: Path, seed: int) -> None:
    check_killed_purges(tmp_path, base, seed, deaths=3)
