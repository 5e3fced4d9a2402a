"""Several stores on one screen."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from amzlink.cli.shell.console import Console
from amzlink.cli.views.status import show_status
from amzlink.core.shipments.rates import Rate, Rates
from amzlink.jobs.diagnosis.needs import FailingJob, Need
from amzlink.jobs.status import NotSeen, StoreStatus
from amzlink.orderbook.orders.fulfilment import Progress
from amzlink.orderbook.orders.overview import Overview
from amzlink.orderbook.runs import Ends
from amzlink.problems import Problem, ProblemName

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
NONE_OF = Rate(count=0, of=0, unknown=0, allowed=4)


def a_store(slug: str, *needs: Need, to_ship: int = 3, overdue: int = 0) -> StoreStatus:
    return StoreStatus(
        store=slug,
        name=slug.title(),
        last_import=Ends(success=NOON),
        booked_so_far=None,
        orders=Overview(to_ship=to_ship, due=0, overdue=overdue, held=0, refused=0, by_status={}),
        shipping=Progress(
            at_sendcloud=0,
            waiting_for_parcel=0,
            waiting_for_trigger=0,
            being_confirmed=0,
            confirmed=0,
            overdue=overdue,
            refused=(),
            not_sent=(),
            stopped_with_parcel=(),
        ),
        last_push=Ends(success=NOON),
        last_purge=Ends(),
        seen_at=NOON,
        problems=(),
        failing=(),
        scheduled=True,
        overdue=(),
        rates=Rates(since=NOON, late=NONE_OF, untracked=NONE_OF, delivered_late=NONE_OF),
        as_other={},
        needs=needs,
    )


def revoked(slug: str) -> Need:
    problem = Problem(ProblemName.AUTHORISATION_REVOKED, store_option=f" --store {slug}", page="Seller Central")
    return Need(problem=problem.name, summary=problem.summary, next_step=problem.next_step)


def late(count: int) -> Need:
    return Need(problem=ProblemName.ORDERS_OVERDUE, summary=f"{count} orders are late.", next_step="Ship them.")


def screen(capsys: pytest.CaptureFixture[str], *stores: StoreStatus, verbose: int = 0) -> list[str]:
    show_status(Console(verbose=verbose), stores)
    return capsys.readouterr().out.splitlines()


def test_a_healthy_store_of_several_takes_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = screen(capsys, a_store("one"), a_store("two", to_ship=41), a_store("three"))
    assert [line.split()[0] for line in lines[:4]] == ["STORE", "one", "two", "three"]
    assert "41" in lines[2]
    assert lines[-1] == "No store needs you."


def test_a_store_that_needs_a_person_comes_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    lines = screen(capsys, a_store("one"), a_store("two", revoked("two")))
    (told,) = [line for line in lines if line.startswith("two: ")]
    assert "Amazon refused the refresh token. (authorisation-revoked)" in told
    assert "amzlink connect --store two --renew" in lines[lines.index(told) + 1]
    assert lines[-1] == "1 store needs you: two."


def test_three_hundred_stores_are_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    well = [a_store(f"well-{number}") for number in range(200)]
    ill = [a_store(f"ill-{number}", revoked(f"ill-{number}"), late(number)) for number in range(1, 101)]
    lines = screen(capsys, *well, *ill)
    assert len(lines) <= 24
    text = "\n".join(lines)
    assert "ill-1, ill-2, ill-3 and 97 more: Amazon refused the refresh token. (authorisation-revoked)" in text
    assert "ill-1, ill-2, ill-3 and 97 more: Orders are overdue to ship. (orders-overdue)" in text
    assert "200 stores need nothing." in text
    assert lines[-1].endswith(", ill-10 and 90 more.")
    assert "well-199: Well-199" in screen(capsys, *well, verbose=1)


def test_where_nothing_is_listed_the_screen_does_not_begin_with_a_gap(capsys: pytest.CaptureFixture[str]) -> None:
    lines = screen(capsys, *(a_store(f"well-{number}") for number in range(11)))
    assert lines[0] == "11 stores need nothing."
    assert lines[1] == "`amzlink status --store well-0` shows one store whole, and -v all of them."
    unseen = [NotSeen(store=slug, problem=Problem(ProblemName.DATABASE_BUSY, file="orders.db")) for slug in ("a", "b")]
    show_status(Console(), unseen)
    assert capsys.readouterr().out.splitlines() == ["2 stores need you: a, b."]


def test_a_failure_that_this_version_does_not_know_is_told_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    ends = Ends(failure=NOON, failed_with="of-a-newer-version", failing_since=NOON)
    failing = FailingJob(job="import-orders", ends=ends, problem=None)
    store = replace(a_store("one"), last_import=ends, booked_so_far=120, failing=(failing,))
    text = "\n".join(screen(capsys, store))
    assert "failed today 12:00: of-a-newer-version" in text
    assert "120 orders in the order book so far." in text
