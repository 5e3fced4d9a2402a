"""import-orders with Sendcloud as its destination, as cron, a script and a merchant meet it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.destination import ready
from tests.support.world import Shell, shell

SETTINGS = {"destination": "sendcloud"}
POLAND = "PL"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Shell]:
    """A shop with orders of every kind, but for those in a currency that Sendcloud does not take."""
    with shell(tmp_path, SETTINGS) as found:
        orders = found.sandbox.world.orders
        for order_id in found.sandbox.world.shippable():
            if orders[order_id].country == POLAND:
                found.control(f"/orders/{order_id}", {"action": "ship"})
        assert len(ready(found.sandbox)) > 10
        yield found


def test_under_cron_a_run_that_is_fine_prints_nothing_and_everything_is_there(at: Shell) -> None:
    words = [f"{name}={value}" for name, value in at.environ.items()]
    cron = ["env", "-i", *words, "/bin/sh", "-c", f"{sys.executable} -m amzlink import-orders"]
    for _ in range(2):
        done = subprocess.run(cron, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    there = {order["order_id"] for order in at.control("/sendcloud/orders")["orders"]}
    assert there == ready(at.sandbox)


def test_the_document_counts_what_was_sent_and_names_what_was_refused(at: Shell) -> None:
    bad = min(ready(at.sandbox))
    at.control("/sendcloud/refusals", {"orders": [bad]})
    ran = at.run("import-orders", "--json")
    assert ran.code == 1
    assert ran.err == ""
    [store] = ran.document["stores"]
    assert store["sent"] == len(ready(at.sandbox)) - 1
    assert store["refused"] == [
        {
            "order_id": bad,
            "problem": "sendcloud-refused",
            "message": f"Sendcloud refused the order {bad}: postal code of shipping address: "
            "Input should be a valid value, not … (invalid).",
        }
    ]
    assert store["api_calls"]["sendcloud/create_orders"] == 2
    listed = {order["order_id"]: order["sent"] for order in at.run("orders", "list", "--json").document["orders"]}
    assert listed[bad] == "refused"
    assert {listed[order_id] for order_id in ready(at.sandbox) - {bad}} == {"yes"}
    assert {sent for order_id, sent in listed.items() if order_id not in ready(at.sandbox)} <= {"no"}


def test_a_person_is_told_what_was_refused_once_and_can_look_it_up(at: Shell) -> None:
    bad = min(ready(at.sandbox))
    at.control("/sendcloud/refusals", {"orders": [bad]})
    ran = at.run("import-orders")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count(bad) == 1
    assert f"demo-shop: Order {bad} is not at Sendcloud" in ran.err
    assert at.run("import-orders").code == 0
    status = at.run("status").out
    assert f"At Sendcloud  {len(ready(at.sandbox)) - 1} of the orders to ship" in status
    assert f"Not sent      {bad} (sendcloud-refused: postal code of shipping address)" in status


def test_a_parcel_that_should_not_go_out_is_told_on_stderr_and_stands_in_the_status(at: Shell) -> None:
    at.run("import-orders")
    order_id = min(ready(at.sandbox))
    at.control("/sendcloud/parcels", {"action": "announce", "orders": [order_id]})
    at.run("orders", "hold", order_id)
    ran = at.run("import-orders", "--quiet")
    assert ran.code == 0
    assert "parcel-of-stopped-order" in ran.err
    assert order_id in ran.err
    assert at.run("import-orders").err == ""
    assert f"Stop          {order_id} should not be shipped" in at.run("status").out


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(at: Shell) -> None:
    at.control("/faults", {"on": ["sendcloud-busy"]})
    assert at.run("import-orders", "--max-wait", "1s").code == 75
    at.control("/faults", {"off": ["sendcloud-busy"]})
    posts = at.control("/sendcloud")["order_posts"]
    ran = at.run("import-orders", "--dry-run", "--verbose")
    assert f"Sendcloud: {len(ready(at.sandbox))} orders would be sent." in ran.out
    assert at.control("/sendcloud")["order_posts"] == posts
    assert at.control("/sendcloud")["orders_stored"] == 0


@pytest.mark.parametrize(
    ("fault", "problem", "code"),
    [
        ("sendcloud-credentials", "sendcloud-credentials", 77),
        ("sendcloud-forbidden", "sendcloud-forbidden", 77),
        ("sendcloud-token-refused", "sendcloud-oauth-only", 77),
        ("sendcloud-not-found", "sendcloud-integration-missing", 69),
        ("sendcloud-conflict", "request-refused", 69),
        ("sendcloud-throttled", "sendcloud-throttled", 75),
        ("sendcloud-broken", "service-unavailable", 75),
        ("sendcloud-busy", "sendcloud-busy", 75),
        ("sendcloud-html", "proxy-interferes", 75),
        ("sendcloud-malformed", "response-malformed", 75),
    ],
)
def test_a_trouble_of_sendclouds_has_its_name_and_its_exit_code_and_the_import_is_stored(
    at: Shell, fault: str, problem: str, code: int
) -> None:
    at.control("/faults", {"on": [fault]})
    ran = at.run("import-orders", "--max-wait", "1s", "--json")
    assert (ran.code, ran.document["error"]["problem"]) == (code, problem)
    [store] = ran.document["stores"]
    assert store["new"] >= len(ready(at.sandbox))
    assert (store["sent"], store["refused"]) == (0, [])
    assert store["error"]["problem"] == problem
    told = at.run("import-orders", "--max-wait", "1s")
    assert (told.code, told.out) == (code, "")
    assert "Traceback" not in told.err
