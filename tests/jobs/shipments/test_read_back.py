"""The import sees to it that what Amazon has accepted is there."""

from pathlib import Path

import pytest

from amzlink.jobs.status import status_of
from amzlink.problems import ProblemName
from tests.support.pushing import Pushing
from tests.support.world import SLUG


def confirmed(at: Pushing, count: int = 1) -> list[str]:
    ids = at.sell(count)
    at.parcels("announce", *ids)
    assert at.push().sent.confirmed == count
    return ids


def test_what_the_import_shows_costs_no_call(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = confirmed(at)
    report = at.run()
    assert at.states(order_id) == {"1": "stored"}
    assert report.api_calls["getOrder"] == 0


def test_what_does_not_show_is_asked_for_after_some_minutes_and_not_before(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    at.switch("confirmation-not-stored")
    (order_id,) = confirmed(at)
    at.world.clock.advance(60)
    assert at.run(settle=False).api_calls["getOrder"] == 0
    report = at.run()
    assert report.api_calls["getOrder"] == 1
    assert at.states(order_id) == {"1": "accepted"}
    assert at.warned("confirmation-not-stored") == []


def test_after_half_an_hour_it_is_a_problem_and_sent_once_more(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    at.switch("confirmation-not-stored-once")
    (order_id,) = confirmed(at)
    at.world.clock.advance(1800)
    at.run()
    assert len(at.warned("confirmation-not-stored")) == 1
    assert at.states(order_id) == {"1": "planned"}
    assert at.push().sent.confirmed == 1
    at.run()
    assert at.states(order_id) == {"1": "stored"}
    at.check_once([order_id])


def test_what_is_missing_twice_is_given_up_and_shown(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    at.switch("confirmation-not-stored")
    (order_id,) = confirmed(at)
    for _ in range(3):
        at.world.clock.advance(1800)
        at.run()
        at.push()
    assert at.states(order_id) == {"1": "missing"}
    assert at.asked("confirmShipment") == 2
    shown = status_of(at.world.deps, [SLUG])[0].shipping.refused
    assert [(entry.order_id, entry.problem) for entry in shown] == [(order_id, ProblemName.CONFIRMATION_NOT_STORED)]


def test_an_edit_that_was_not_stored_is_noticed_by_its_number(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = confirmed(at)
    at.run()
    at.switch("confirmation-not-stored-once")
    at.parcels("relabel", order_id)
    at.push()
    before = at.numbers(order_id)
    at.world.clock.advance(1800)
    at.run()
    at.push()
    at.run()
    assert at.numbers(order_id) != before
    assert at.states(order_id) == {"1": "stored"}


@pytest.mark.parametrize("role", [["role-missing-pii"]])
def test_a_number_that_amazon_withholds_is_no_sign_that_it_is_missing(tmp_path: Path, role: list[str]) -> None:
    at = Pushing(tmp_path)
    ids = confirmed(at, 2)
    at.switch(*role)
    at.world.clock.advance(3600)
    at.run()
    assert at.warned("confirmation-not-stored") == []
    assert [at.states(order_id) for order_id in ids] == [{"1": "stored"}] * 2


def test_an_order_that_amazon_does_not_know_any_more_does_not_stop_the_import(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    at.switch("confirmation-not-stored")
    (order_id,) = confirmed(at)
    with at.world.sandbox.world.lock:
        del at.world.sandbox.world.orders[order_id]
        paged = at.world.sandbox.world._paged
        paged[:] = [entry for entry in paged if entry[1] != order_id]
    assert at.run().problem is None


def test_a_letter_is_seen_by_its_package_alone(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.parcels("letter", order_id)
    at.push()
    at.run()
    assert at.states(order_id) == {"1": "stored"}


def test_an_order_that_cannot_be_read_is_told_of_and_not_taken_for_missing(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    at.switch("confirmation-not-stored")
    unread, missing = confirmed(at, 2)
    at.alter(unread, lambda body: body.__setitem__("createdTime", 5))
    at.world.clock.advance(1800)
    report = at.run()
    assert report.problem is None
    assert unread in {refusal.order_id for refusal in report.tally.refused}
    assert (at.states(unread), at.states(missing)) == ({"1": "accepted"}, {"1": "planned"})
