"""push-status as a program: its document, its exit codes, its silence."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.pushing import HEADER, row
from tests.support.world import SLUG, Shell, shell

KEYS = [
    "store", "confirmed", "edited", "waiting", "already", "failed", "delivered", "api_calls", "as_other",
    "amazon_confirms", "nothing_left", "waiting_without_number", "data_deleted", "unknown_statuses",
]  # fmt: skip


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Shell]:
    with shell(tmp_path, {"destination": "sendcloud", "update_status_when": "announced"}, orders=60) as found:
        assert found.run("import-orders", "--quiet").code in (0, 1)
        found.control("/clock", {"advance": 60})
        found.control("/sendcloud/parcels", {"action": "announce", "orders": "all"})
        yield found


def open_order(at: Shell) -> str:
    """An order that is to ship and that nothing keeps back."""
    listed = at.run("orders", "list", "--status", "UNSHIPPED", "--json").document["orders"]
    order_id: str = next(order["order_id"] for order in listed if not order["holds"] and not order["programs"])
    return order_id


def test_the_document_has_the_promised_form(at: Shell) -> None:
    done = at.run("push-status", "--json")
    assert done.document["schema"] == 1
    (store,) = done.document["stores"]
    assert list(store) == KEYS
    assert store["confirmed"] > 5
    assert {*store["failed"][0]} == {"order_id", "problem", "message"}
    assert store["failed"][0]["problem"] == "transparency-codes-missing"
    assert done.code == 1


def test_a_run_without_news_is_done_and_silent(at: Shell) -> None:
    at.run("push-status")
    again = at.run("push-status")
    assert (again.code, again.out, again.err) == (0, "", "")


def test_a_dry_run_says_what_it_would_do(at: Shell) -> None:
    told = at.run("push-status", "--dry-run", "--json").document["stores"][0]
    assert told["confirmed"] > 5
    assert at.control("/shipments")["shipments"] == []
    assert at.run("push-status", "--json").document["stores"][0]["confirmed"] == told["confirmed"]


def test_the_exit_code_of_a_file_is_that_of_its_worst_row(at: Shell, tmp_path: Path) -> None:
    order_id = open_order(at)
    file = tmp_path / "parcels.csv"
    file.write_text(f"{HEADER}\n{row(order_id, ship_date=at.control('/state')['now'][:10])}\n")
    assert at.run("push-status", "--from", str(file)).code == 0
    good = file.read_text()
    assert at.run("push-status", "--from", "-", stdin=good + "nonsense,DHL,1,2026-11-23\n").code == 1
    assert at.run("push-status", "--from", "-", stdin="a;b\n1;2\n").code == 65
    assert at.run("push-status", "--from", str(tmp_path / "none.csv")).code == 65


def test_a_run_beside_another_is_told_to_come_again(at: Shell) -> None:
    with FileLock(at.home / "state" / "locks" / f"{SLUG}.push-status.lock"):
        assert at.run("push-status").code == 75


def test_all_stores_are_pushed(at: Shell) -> None:
    done = at.run("push-status", "--all-stores", "--json")
    assert [store["store"] for store in done.document["stores"]] == [SLUG]


def test_a_word_that_is_no_route_is_a_usage_error(at: Shell) -> None:
    assert at.run("push-status", "--route", "air").code == 64


def test_a_service_that_is_down_is_to_be_tried_again_and_says_what_was_done(at: Shell) -> None:
    at.control("/faults", {"on": ["sendcloud-broken"]})
    done = at.run("push-status", "--json")
    assert done.code == 75
    assert done.document["stores"][0]["error"] == done.document["error"]
