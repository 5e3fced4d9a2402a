"""push-status and Amazon's answers: lost ones, refusals, throttling; a run that dies between call and answer."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from amzlink.amazon.shipment_refusals import Reason
from amzlink.core.shipments.confirmation import State
from amzlink.jobs.orders.browse import confirmed
from amzlink.jobs.shipments.confirm_singly import Confirmer, ConfirmTally
from amzlink.jobs.status import status_of
from amzlink.orderbook.orders.browse import Filter
from amzlink.orderbook.schema import CONFIRMATIONS, SEALED
from amzlink.problems import Exit, Problem, ProblemName
from amzlink.run import StoreRun
from tests.support.lists import list_orders
from tests.support.pushing import Pushing, messages_of, row
from tests.support.world import SLUG


def with_parcels(at: Pushing, count: int) -> list[str]:
    """Orders whose parcels are announced."""
    ids = at.sell(count)
    at.parcels("announce", *ids)
    return ids


def kept(at: Pushing) -> list[tuple[str, str, str | None]]:
    """The refusals that `status` shows."""
    (found,) = status_of(at.world.deps, [SLUG])
    return [(entry.order_id, entry.problem.value, entry.reason) for entry in found.shipping.refused]


def words(at: Pushing) -> dict[str, str]:
    """What `orders list` says of each order's confirmation."""
    return {order.order_id: confirmed(order) for order, _ in list_orders(at.world.deps, SLUG, Filter())}


@pytest.mark.parametrize("fault", ["confirm-lost-answer", "confirm-lost-answer-hang"])
def test_after_a_lost_answer_the_order_is_read_and_nothing_is_sent_again(tmp_path: Path, fault: str) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.switch(fault)
    report = at.push()
    assert report.problem is None
    assert report.counts()["confirmed"] == 2
    assert report.api_calls["getOrder"] == 2
    at.check_once(ids)


@pytest.mark.parametrize("fault", ["service-unavailable", "timeout"])
def test_what_never_arrived_is_sent_by_the_next_run(tmp_path: Path, fault: str) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.push(dry_run=True)  # the token is not asked for again
    at.switch(fault)
    at.push()
    at.switch(off=[fault])
    assert at.push().counts()["waiting"] == 0
    at.check_once(ids)


def test_three_unknown_answers_in_a_row_end_the_run_and_the_next_finds_out(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 8)
    at.switch("confirm-lost-answer")
    report = at.push()
    assert report.problem is not None
    assert report.problem.exit_code == Exit.TRY_AGAIN
    assert (report.api_calls["confirmShipment"], report.sent.confirmed, report.waiting) == (3, 0, 8)
    at.switch(off=["confirm-lost-answer"])
    after = at.push()
    assert (after.api_calls["confirmShipment"], after.sent.confirmed, after.waiting) == (5, 8, 0)
    at.check_once(ids)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(7))
def test_a_run_that_dies_at_any_call_confirms_nothing_twice_and_loses_nothing(
    tmp_path: Path, call: int, after: bool
) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 3)
    died = at.push_dying(after=call) if after else at.push_dying(before=call)
    assert died == (call < 4)  # the token, and three confirmations
    at.push()
    at.check_once(ids)


def test_the_row_is_written_before_the_call_and_after_it(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = with_parcels(at, 1)
    assert at.push_dying(before=1)
    assert at.states(order_id) == {"1": "calling"}
    at.push()
    assert at.states(order_id) == {"1": "accepted"}
    at.run()
    assert at.states(order_id) == {"1": "stored"}


def damage(at: Pushing, order_id: str, created: object = 5) -> object:
    """From now on the order cannot be read; gives what is to be put back for that to end."""
    before: object = at.order(order_id).body["createdTime"]
    at.alter(order_id, lambda body: body.__setitem__("createdTime", created))
    return before


def test_an_order_that_cannot_be_read_after_a_lost_answer_holds_back_no_other(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    first, second = with_parcels(at, 2)
    assert at.push_dying(after=1)
    (lost,) = [entry.order_id for entry in at.outbox(State.CALLING)]
    (other,) = {first, second} - {lost}
    created = damage(at, lost)
    report = at.push()
    assert report.problem is None
    assert messages_of(report) == [(lost, "response-malformed")]
    assert (at.states(lost), at.states(other)) == ({"1": "calling"}, {"1": "accepted"})
    damage(at, lost, created)
    assert at.push().failures == []
    at.check_once([first, second])


def test_a_refusal_of_which_the_order_cannot_be_read_stays_open_until_it_can(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    taken, other = at.sell(2)
    at.change(taken, "ship")
    created = damage(at, taken)
    report = at.push_file(row(taken, "MINE1"), row(other, "MINE2"))
    assert messages_of(report) == [(taken, "response-malformed")]
    assert (report.problem, at.states(taken), at.states(other)) == (None, {"1": "calling"}, {"1": "accepted"})
    damage(at, taken, created)
    assert messages_of(at.push()) == [(taken, "shipment-refused")]


def test_a_number_that_changes_while_the_answer_is_unknown_is_sent_as_an_edit_later(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = with_parcels(at, 1)
    assert at.push_dying(after=1)
    at.parcels("relabel", order_id)
    report = at.push()
    assert (report.sent.confirmed, report.sent.edited) == (1, 1)
    (package,) = at.packages(order_id).values()
    assert (package["confirmed"], package["edited"]) == (1, 1)


def test_throttling_is_waited_out(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.switch("throttled-once")
    assert at.push().sent.confirmed == 2
    at.check_once(ids)


def test_throttling_without_an_end_is_tried_again_later(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.switch("throttled")
    report = at.push()
    assert report.problem is not None
    assert (report.problem.name.value, report.problem.exit_code, report.waiting) == ("throttled", Exit.TRY_AGAIN, 2)
    at.switch(off=["throttled"])
    at.push()
    at.check_once(ids)


def test_a_missing_role_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    ids = with_parcels(at, 2)
    at.switch("role-missing-confirm")
    report = at.push()
    assert report.problem is not None
    assert (report.problem.exit_code, report.waiting) == (Exit.NOT_ALLOWED, 2)
    at.switch(off=["role-missing-confirm"])
    at.push()
    at.check_once(ids)


def test_a_refusal_holds_back_nobody_is_kept_and_is_not_tried_again(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    refused, fine = with_parcels(at, 2)
    at.change(refused, "cancel")  # and the book does not know it yet
    report = at.push()
    assert messages_of(report) == [(refused, "shipment-refused")]
    assert report.sent.confirmed == 1
    assert kept(at) == [(refused, "shipment-refused", "order-cancelled")]
    assert words(at)[refused] == "refused"
    assert at.push().api_calls["confirmShipment"] == 0
    assert at.packages(fine)


def test_a_number_that_amazon_refuses_is_kept_until_another_comes(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = with_parcels(at, 1)
    at.switch("shipment-refused")
    assert messages_of(at.push()) == [(order_id, "shipment-refused")]
    assert kept(at) == [(order_id, "shipment-refused", "tracking-format")]
    assert at.push().failures == []
    at.switch(off=["shipment-refused"])
    at.parcels("relabel", order_id)
    assert at.push().sent.confirmed == 1
    assert kept(at) == []
    at.check_once([order_id])


def test_an_order_that_somebody_confirmed_with_the_same_number_is_known_already(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.change(order_id, "ship")
    (package,) = at.order(order_id).body["packages"]
    report = at.push_file(row(order_id, package["trackingNumber"]))
    assert (report.already, report.failures) == (1, [])
    assert kept(at) == []


def test_a_package_that_the_book_has_not_seen_yet_is_never_edited(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.change(order_id, "ship")
    theirs = at.order(order_id).body["packages"]
    before = [dict(package) for package in theirs]
    at.push_file(row(order_id, "MINE1"))
    assert theirs == before


def test_an_order_that_somebody_confirmed_with_another_number_is_refused_and_shown(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    at.change(order_id, "ship")
    assert messages_of(at.push_file(row(order_id, "MINE1"))) == [(order_id, "shipment-refused")]
    at.run()
    assert kept(at) == [(order_id, "shipment-refused", "already-confirmed")]


def test_what_is_confirmed_by_hand_after_a_refusal_is_settled(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = with_parcels(at, 1)
    at.switch("shipment-refused")
    at.push()
    at.change(order_id, "ship")
    at.run()
    assert kept(at) == []
    assert words(at)[order_id] == "yes"


def test_too_many_edits_are_told_of_and_stay_visible(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = at.sell()
    for number in range(6):
        assert at.push_file(row(order_id, f"N{number}")).failures == []
    assert messages_of(at.push_file(row(order_id, "N6"))) == [(order_id, "shipment-refused")]
    at.run()
    assert kept(at) == [(order_id, "shipment-refused", "too-many-edits")]


def test_a_package_that_changed_in_between_is_read_back(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = with_parcels(at, 1)
    at.push()
    at.switch("package-stale")
    at.parcels("relabel", order_id)
    report = at.push()
    assert (messages_of(report), report.api_calls["getOrder"]) == ([(order_id, "shipment-refused")], 1)
    assert kept(at) == [(order_id, "shipment-refused", "stale-package")]


def test_a_number_that_was_purged_before_it_was_sent_confirms_nothing(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = with_parcels(at, 1)
    at.switch("throttled")
    at.push()
    at.switch(off=["throttled"])
    with at.world.deps.book(SLUG) as book, book.writing() as connection:
        connection.execute(delete(SEALED))
    report = at.push()
    assert messages_of(report) == [(order_id, "shipment-refused")]
    assert (at.packages(order_id), at.outbox(State.PLANNED)) == ({}, [])


def test_a_call_of_an_unknown_time_is_read_back_at_once(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = with_parcels(at, 1)
    assert at.push_dying(after=1)
    with at.world.deps.book(SLUG) as book, book.writing() as connection:
        connection.execute(update(CONFIRMATIONS).values(asked_at=None))
    assert at.push().sent.confirmed == 1
    at.check_once([order_id])


def test_an_order_that_amazon_no_longer_knows_is_sent_again_and_refused(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    (order_id,) = with_parcels(at, 1)
    assert at.push_dying(before=1)
    del at.world.sandbox.world.orders[order_id]
    report = at.push()
    assert (report.problem, messages_of(report)) == (None, [(order_id, "order-not-found")])
    assert at.states(order_id) == {"1": "refused"}


def test_what_amazon_confirms_by_itself_is_no_failure(tmp_path: Path) -> None:
    at = Pushing(tmp_path)
    with_parcels(at, 1)
    assert at.push_dying(before=1)
    (entry,) = at.outbox(State.CALLING)
    tally = ConfirmTally()
    with StoreRun(at.world.deps, SLUG) as run:
        refusal = Problem(ProblemName.SHIPMENT_REFUSED, order_id=entry.order_id, detail="Amazon confirms it")
        Confirmer(run, tally).refuse(entry, refusal, Reason.AMAZON_CONFIRMS)
    assert (tally.amazon_confirms, tally.failed) == (1, [])
