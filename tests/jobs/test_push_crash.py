"""A run of push-status that is killed at any point confirms every shipment once, by the sandbox's own count."""

import random
import signal
from functools import cache
from pathlib import Path

import pytest

from amzlink.sandbox.order_plan import Trait
from tests.support import books
from tests.support.world import Shell, shell

ORDERS = 60
ROUTES = ("single", "feed")
SETTINGS = {"destination": "sendcloud", "update_status_when": "announced"}


def push(route: str) -> tuple[str, ...]:
    return ("push-status", "--route", route, "--json")


def prepare(at: Shell) -> None:
    """Orders at Sendcloud, with parcels; feeds that are quick."""
    assert at.run("import-orders", "--quiet").code in (0, 1)
    at.control("/clock", {"advance": 60})
    at.control("/sendcloud/parcels", {"action": "announce", "orders": "all"})
    at.control("/feeds", {"seconds": 1})


@cache
def calls_of_a_whole_run(folder: Path, route: str) -> int:
    folder.mkdir()
    counter = folder / "calls"
    with shell(folder, SETTINGS, orders=ORDERS) as at:
        prepare(at)
        assert at.run_mortal(0, counter, *push(route)) == 1, "some need Transparency codes"
    return int(counter.read_text())


def check_killed_runs(tmp_path: Path, base: Path, seed: int, deaths: int) -> None:
    route = ROUTES[seed % 2]
    total = calls_of_a_whole_run(base / route, route)
    chance = random.Random(seed)
    with shell(tmp_path, SETTINGS, orders=ORDERS) as at:
        prepare(at)
        for _ in range(deaths):
            # The first calls of a run are the command line's; the work comes after them.
            code = at.run_mortal(chance.randrange(total // 10, total), tmp_path / "calls", *push(route))
            assert code in (-signal.SIGKILL, 0, 1)
        run_until_nothing_waits(at, route)
        check_whole(at)


def run_until_nothing_waits(at: Shell, route: str) -> None:
    """A feed that the killed run has submitted may not be worked on yet when the next run looks at it."""
    for _ in range(4):
        ran = at.run(*push(route))
        assert ran.code in (0, 1)
        if not ran.document["stores"][0]["waiting"]:
            return
        at.control("/clock", {"advance": 150})
    pytest.fail("something waits for ever")


def check_whole(at: Shell) -> None:
    orders = at.sandbox.world.orders
    parcels = at.control("/sendcloud/parcels")["parcels"]
    wanted = {
        parcel["order_number"]
        for parcel in parcels
        if parcel["order_number"] in orders and Trait.TRANSPARENCY not in orders[parcel["order_number"]].traits
    }
    assert len(wanted) > 10
    told = {entry["order_id"]: entry["packages"] for entry in at.control("/shipments")["shipments"]}
    assert set(told) == wanted
    for packages in told.values():
        assert [(package["confirmed"], package["edited"]) for package in packages] == [(1, 0)]
    books.check(at.book)
    states = dict(books.execute(at.book, "SELECT state, count(*) FROM confirmations GROUP BY state"))
    assert {"accepted", "refused"} >= states.keys()
    assert states["accepted"] == len(wanted)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pushed")


@pytest.mark.parametrize("seed", range(20))
def test_a_killed_run_confirms_every_shipment_once(tmp_path: Path, base: Path, seed: int) -> None:
    check_killed_runs(tmp_path, base, seed, deaths=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2000, 2200))
def test_a_run_that_is_killed_three_times_in_a_row_confirms_every_shipment_once(
    tmp_path: Path, base: Path, seed: int
) -> None:
    check_killed_runs(tmp_path, base, seed, deaths=3)
