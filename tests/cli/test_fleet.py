"""Two machines with homes of their own share one order book on a server, and one of them is stopped in the middle."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from amzlink.files.home import find_home
from amzlink.orderbook.database import Database
from amzlink.orderbook.schema import LEASES
from tests.support import postgres
from tests.support.stop_before_call import SLEPT
from tests.support.world import Shell, shell

pytestmark = pytest.mark.needs_postgres
ORDERS = 30
SETTINGS = {"destination": "sendcloud", "update_status_when": "announced"}
ROOT = Path(__file__).resolve().parents[2]
CALLING = """
import os, sys
from amzlink.amazon.orders import get_order
from amzlink.deps import system_deps
deps = system_deps(os.environ, interactive=False)
with deps.link(deps.account_of("demo-shop", deps.load_config().stores["demo-shop"])) as link:
    for _ in range(int(sys.argv[2])):
        get_order(link, sys.argv[1])
"""


@contextmanager
def fleet(folder: Path, **sandbox: Any) -> Iterator[tuple[Shell, Shell, str]]:
    """Two machines with the same settings, secrets and vault key, and the address of their order book."""
    url = postgres.new_database()
    with shell(folder, SETTINGS, with_book=False, **{"orders": ORDERS, **sandbox}) as one:
        file = find_home(one.environ).config_file
        file.write_text(f'{file.read_text()}\n[database]\nurl = "{url}"\n')
        two = replace(one, home=folder / "two", environ={**one.environ, "AMZLINK_HOME": str(folder / "two")})
        home = find_home(two.environ)
        home.prepare()
        home.config_file.write_text(file.read_text())
        yield one, two, url


def stopped(at: Shell, part: str, count: int, *words: str) -> "subprocess.Popen[str]":
    """A run that was stopped before its `count`-th change at an address with `part` in it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.stop_before_call", part, str(count), *words],
        cwd=ROOT, env=at.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    how = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    assert how is not None
    assert how.si_code == os.CLD_STOPPED, process.communicate()
    return process


def sleep(at: Shell, url: str) -> None:
    """Ten minutes pass for the services, the server and the machine that works."""
    at.control("/clock", {"advance": SLEPT})
    with Database.open(Path("unused"), url) as book, book.writing() as connection:
        connection.execute(update(LEASES).values(expires_at=LEASES.c.expires_at - SLEPT * 1000))


def wake(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """How the run ends that was stopped, and what it says."""
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=300)
    return process.returncode, out + err


def calls(at: Shell) -> tuple[dict[str, int], int]:
    """Every call that the services have had."""
    return at.control("/state")["calls"], at.control("/sendcloud")["order_posts"]


def test_a_machine_that_slept_in_the_middle_of_sending_sends_nothing_more(tmp_path: Path) -> None:
    with fleet(tmp_path) as (one, two, url):
        asleep = stopped(one, "/api/v3/orders", 1, "import-orders", "--json")
        busy = two.run("import-orders", "--json")
        assert busy.code == 75
        held = busy.document["error"]
        assert held["problem"] == "run-in-progress"
        assert f"process {asleep.pid}" in held["summary"]
        assert re.search(r"since (today|\w{3} \d+ \w{3}) \d\d:\d\d\.", held["summary"])
        sleep(two, url)
        assert two.run("import-orders", "--json").code in (0, 1)
        before = calls(two)
        code, said = wake(asleep)
        assert (code, "lease-lost" in said) == (75, True), said
        assert calls(two) == before
        assert one.run("import-orders", "--json").document["stores"][0]["sent"] == 0


def test_a_machine_that_slept_in_the_middle_of_confirming_confirms_nothing_twice(tmp_path: Path) -> None:
    with fleet(tmp_path) as (one, two, url):
        assert one.run("import-orders", "--quiet").code in (0, 1)
        two.environ.update(one.environ | {"AMZLINK_HOME": str(two.home)})
        one.control("/sendcloud/parcels", {"action": "announce", "orders": "all"})
        asleep = stopped(one, "shipmentConfirmation", 3, "push-status", "--route", "single", "--json")
        sleep(two, url)
        assert two.run("push-status", "--route", "single", "--json").code in (0, 1)
        before = calls(two)
        code, said = wake(asleep)
        assert (code, "lease-lost" in said) == (75, True), said
        assert calls(two) == before
        told = [package for entry in one.control("/shipments")["shipments"] for package in entry["packages"]]
        assert len(told) > 3
        assert {(package["confirmed"], package["edited"]) for package in told} == {(1, 0)}


def test_two_machines_never_exceed_a_quota_together(tmp_path: Path) -> None:
    """A full bucket has 30 calls, and 50 come in a second."""
    with fleet(tmp_path, quota="fast") as machines:
        one, two, _ = machines
        order_id = one.sandbox.world.shippable()[0]
        words = [sys.executable, "-c", CALLING, order_id, "22"]
        calling = [subprocess.Popen(words, env=at.environ, stdin=subprocess.DEVNULL) for at in (one, two)]
        assert [process.wait() for process in calling] == [0, 0]
        logs = [file.read_text() for at in (one, two) for file in (at.home / "log").iterdir()]
        made = [json.loads(line) for log in logs for line in log.splitlines()]
        assert Counter((call["operation"], call["status"]) for call in made) == {
            ("getOrder", 200): 44,
            ("getToken", 200): 2,
        }
