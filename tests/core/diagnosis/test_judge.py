"""What Amazon's answers mean, taken together."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from amzlink.core.diagnosis.checks import Check, Result, Status
from amzlink.core.diagnosis.judge import Asked, Probe, Reply, diagnose, needs_other_regions
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import Denied, Refused, Throttled

ASKED = Asked(countries={"A1PA6795UKMFR9": "Germany"}, selling_plan_told=True)
GOOD: Mapping[Probe, Reply] = {
    Probe.ORDERS: Reply(facts={"orders": 3, "to_ship": 3, "addressed": 2}),
    Probe.PARTICIPATIONS: Reply(
        facts={"selling_in": ["A1PA6795UKMFR9"], "selling_in_names": ["Germany"], "suspended_in": []}
    ),
    Probe.ACCOUNT: Reply(facts={"selling_plan": "PROFESSIONAL"}),
    Probe.LISTINGS: Reply(),
    Probe.REPORTS: Reply(),
}
DENIED = Reply(
    Denied(ProblemName.ACCESS_DENIED, operation="searchOrders", role="Inventory and Order Tracking", request_id="R")
)


def told(replies: Mapping[Probe, Reply], **more: Any) -> dict[str, tuple[str, str | None]]:
    """Status and problem by check."""
    return {
        result.id.value: (result.status.value, result.problem.name.value if result.problem else None)
        for result in diagnose({**GOOD, **replies}, ASKED, **more)
    }


def one(replies: Mapping[Probe, Reply], check: Check) -> Result:
    return next(result for result in diagnose({**GOOD, **replies}, ASKED) if result.id is check)


def bad(found: dict[str, tuple[str, str | None]]) -> dict[str, str | None]:
    return {check: problem for check, (status, problem) in found.items() if status in ("failed", "warning")}


def test_good_answers_leave_nothing_to_fix() -> None:
    assert bad(told({})) == {}


@pytest.mark.parametrize(
    ("probe", "check", "problem"),
    [
        (Probe.ORDERS, "orders-access", "role-missing-orders"),
        (Probe.LISTINGS, "listings-access", "role-missing-listings"),
        (Probe.REPORTS, "reports-access", "role-missing-reports"),
        (Probe.CONFIRM, "confirm-access", "role-missing-confirm"),
    ],
)
def test_one_shut_door_among_open_ones_is_a_missing_role(probe: Probe, check: str, problem: str) -> None:
    assert bad(told({probe: DENIED})) == {check: problem}
    result = one({probe: DENIED}, Check(check))
    assert result.evidence["not_told_apart"] == ["role-added-later"]


NO_ORDERS = Reply(facts={"orders": 0, "to_ship": 0, "addressed": 0})
NO_ROLE = Reply(Denied(ProblemName.ROLE_MISSING_REPORTS, operation="createRestrictedDataToken", status=403))
SILENT = Reply(Problem(ProblemName.TIMEOUT, seconds=9))


def test_a_token_for_a_report_proves_the_restricted_role_and_what_stays_open_is_said() -> None:
    result = one({Probe.ORDERS: NO_ORDERS, Probe.TOKEN_FOR_REPORT: Reply()}, Check.REPORTS_ACCESS)
    assert result.status is Status.OK
    assert "restricted role" in result.summary
    assert "shows only when it is asked for" in result.summary
    assert result.evidence == {"shown_by": "createRestrictedDataToken", "not_proven": "createReport"}


@pytest.mark.parametrize("token", [SILENT, DENIED])
def test_addresses_of_orders_prove_the_restricted_role_where_no_token_does(token: Reply) -> None:
    result = one({Probe.TOKEN_FOR_REPORT: token}, Check.REPORTS_ACCESS)
    assert (result.status, result.evidence["shown_by"]) == (Status.OK, "searchOrders")


@pytest.mark.parametrize("token", [SILENT, DENIED, Reply(Throttled(ProblemName.THROTTLED, operation="x"))])
def test_a_list_of_reports_alone_proves_nothing_of_the_report_of_orders(token: Reply) -> None:
    result = one({Probe.ORDERS: NO_ORDERS, Probe.TOKEN_FOR_REPORT: token}, Check.REPORTS_ACCESS)
    assert result.status is Status.SKIPPED
    assert result.summary.startswith("Reports can be listed. No answer shows whether the app has the restricted role")


def test_a_token_that_is_refused_for_want_of_access_is_the_missing_role() -> None:
    result = one({Probe.TOKEN_FOR_REPORT: NO_ROLE}, Check.REPORTS_ACCESS)
    assert (result.status, result.problem) == (Status.WARNING, NO_ROLE.problem)
    assert result.evidence["not_told_apart"] == ["role-added-later"]


def test_a_restricted_role_that_is_missing_is_told_once() -> None:
    without = Reply(facts={"orders": 3, "to_ship": 3, "addressed": 0})
    found = told({Probe.ORDERS: without, Probe.TOKEN_FOR_REPORT: NO_ROLE})
    assert bad(found) == {"pii-access": "role-missing-pii"}
    assert found["reports-access"] == ("skipped", None)


@pytest.mark.parametrize("probe", [Probe.PARTICIPATIONS, Probe.ACCOUNT])
def test_a_refusal_of_what_few_roles_open_proves_nothing(probe: Probe) -> None:
    assert bad(told({probe: DENIED})) == {}


def test_doors_that_are_all_shut_are_the_accounts_and_the_doubt_is_said() -> None:
    shut = dict.fromkeys(GOOD, DENIED)
    assert needs_other_regions(shut)
    assert bad(told(shut)) == {"account": "account-suspended"}
    assert one(shut, Check.ACCOUNT).evidence["not_told_apart"] == ["access-withdrawn"]


def test_doors_that_another_region_opens_are_the_wrong_regions() -> None:
    assert bad(told(dict.fromkeys(GOOD, DENIED), open_region="na")) == {"region": "region-mismatch"}


def test_amazons_own_word_on_the_region_is_taken() -> None:
    wrong = Reply(Problem(ProblemName.REGION_MISMATCH))
    assert bad(told({Probe.ORDERS: wrong, Probe.LISTINGS: wrong})) == {"region": "region-mismatch"}


@pytest.mark.parametrize("name", [ProblemName.CLIENT_SECRET_EXPIRED, ProblemName.ACCESS_TOKEN_REJECTED])
def test_a_word_on_the_token_refutes_the_token_and_spares_the_rest(name: ProblemName) -> None:
    found = told(dict.fromkeys(GOOD, Reply(Problem(name))))
    assert bad(found) == {"lwa-token": name.value}
    assert {status for check, (status, _problem) in found.items() if check != "lwa-token"} == {"skipped"}


def test_orders_without_addresses_are_a_missing_role_and_no_orders_are_none() -> None:
    without = Reply(facts={"orders": 3, "to_ship": 3, "addressed": 0})
    assert bad(told({Probe.ORDERS: without})) == {"pii-access": "role-missing-pii"}
    none = Reply(facts={"orders": 0, "to_ship": 0, "addressed": 0})
    assert told({Probe.ORDERS: none})["pii-access"] == ("skipped", None)


def test_a_wrong_seller_id_shows_that_listings_can_be_read() -> None:
    found = told({Probe.LISTINGS: Reply(Problem(ProblemName.SELLER_ID_WRONG))})
    assert bad(found) == {"seller-id": "seller-id-wrong"}
    assert found["listings-access"] == ("ok", None)


@pytest.mark.parametrize("name", [ProblemName.REQUEST_REFUSED, ProblemName.ORDER_NOT_FOUND])
@pytest.mark.parametrize(
    ("probe", "check"),
    [
        (Probe.ORDERS, "orders-access"),
        (Probe.LISTINGS, "listings-access"),
        (Probe.REPORTS, "reports-access"),
        (Probe.CONFIRM, "confirm-access"),
    ],
)
def test_a_refusal_that_says_nothing_of_what_was_asked_for_shows_no_access(
    probe: Probe, check: str, name: ProblemName
) -> None:
    refused = Reply(Refused(name, operation=probe.value, status=400, code="InvalidInput"))
    assert told({probe: refused})[check] == ("failed", name.value)


def test_a_refusal_of_the_orders_is_no_open_door_for_the_others() -> None:
    invalid = Reply(Refused(ProblemName.REQUEST_REFUSED, operation="searchOrders", status=400))
    found = told({**dict.fromkeys(GOOD, DENIED), Probe.ORDERS: invalid})
    assert found["orders-access"] == ("failed", "request-refused")
    assert found["listings-access"] == ("failed", "access-denied")
    assert not any(str(problem).startswith("role-missing") for _status, problem in found.values())


def test_one_denial_among_answers_that_did_not_come_is_not_given_a_cause() -> None:
    silent = Reply(Problem(ProblemName.TIMEOUT, seconds=9))
    found = told({**dict.fromkeys(GOOD, silent), Probe.ORDERS: DENIED})
    assert found["orders-access"] == ("failed", "access-denied")


def test_a_selling_plan_that_is_not_known_is_neither_good_nor_bad() -> None:
    assert told({Probe.ACCOUNT: Reply(facts={"selling_plan": "SOMETHING_NEW"})})["account"] == ("skipped", None)


def test_a_token_that_is_refused_leaves_nothing_to_ask() -> None:
    refused = {Probe.TOKEN: Reply(Problem(ProblemName.AUTHORISATION_REVOKED))}
    results = diagnose(refused, ASKED)
    assert [result.problem.name for result in results if result.problem] == [ProblemName.AUTHORISATION_REVOKED]


def test_a_shop_that_is_closed_is_named() -> None:
    closed = Reply(facts={"selling_in": ["A13V1IB3VIYZZH"], "selling_in_names": ["France"], "suspended_in": []})
    assert bad(told({Probe.PARTICIPATIONS: closed})) == {"participation": "not-participating"}


def test_every_mixture_of_answers_gives_each_check_one_result_and_names_no_role_while_no_door_is_open() -> None:
    kinds = (
        Reply(),
        DENIED,
        Reply(Throttled(ProblemName.THROTTLED, operation="x")),
        Reply(Problem(ProblemName.TIMEOUT, seconds=9)),
    )
    for orders, listings, reports, others in product(kinds, repeat=4):
        replies = {
            Probe.ORDERS: orders if orders.problem else GOOD[Probe.ORDERS],
            Probe.LISTINGS: listings,
            Probe.REPORTS: reports,
            Probe.PARTICIPATIONS: others if others.problem else GOOD[Probe.PARTICIPATIONS],
        }
        results = diagnose(replies, ASKED)
        assert len({result.id for result in results}) == len(results) == 10
        if not any(reply.shows_access for reply in replies.values()):
            names = [result.problem.name for result in results if result.problem]
            assert not any(name.value.startswith("role-missing") for name in names)
        assert all(result.problem for result in results if result.status in (Status.FAILED, Status.WARNING))


def test_a_sandbox_of_amazons_that_does_not_answer_proves_its_token_alone() -> None:
    sample = Reply(Problem(ProblemName.SERVICE_UNAVAILABLE, service="Amazon", host="sandbox"))
    found = told({Probe.SAMPLE: sample})
    assert found.pop("lwa-token") == ("ok", None)
    assert found.pop("region") == ("failed", "service-unavailable")
    assert set(found.values()) == {("skipped", None)}
