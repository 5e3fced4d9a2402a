"""What verify can prove of the report of orders against the sandbox, without having one made."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from amzlink.core.diagnosis.checks import Check, Result
from amzlink.core.diagnosis.judge import Probe
from amzlink.jobs.diagnosis.amazon import Examined, examine_amazon
from amzlink.jobs.diagnosis.probing import PATIENT
from amzlink.jobs.import_orders import ImportOptions, import_orders
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox


def examine(at: StoreOnSandbox) -> Examined:
    store = at.deps.load_config().stores[SLUG]
    return examine_amazon(at.deps, at.deps.account_of(SLUG, store), store, PATIENT)


def reports_access(at: StoreOnSandbox) -> Result:
    return next(result for result in examine(at).results if result.id is Check.REPORTS_ACCESS)


@pytest.mark.parametrize(("days", "of_the_document"), [(1, True), (31, False)])
def test_an_earlier_report_of_orders_is_what_the_token_is_asked_for_as_long_as_it_is_kept(
    tmp_path: Path, days: int, of_the_document: bool
) -> None:
    at = store_on_sandbox(tmp_path, orders=20, quota="off")
    import_orders(at.deps, [SLUG], ImportOptions(route="report", max_wait=timedelta(hours=1)))
    at.clock.advance(timedelta(days=days).total_seconds())
    found = examine(at)
    assert found.replies[Probe.TOKEN_FOR_REPORT].facts == {"document": of_the_document}
    assert all("Atz.sprdt" not in str(result) for result in found.results)


@pytest.mark.parametrize(
    ("faults", "status", "problem"),
    [
        (["no-orders"], "ok", None),
        (["no-orders", "role-missing-pii"], "warning", "role-missing-reports"),
        (["no-orders", "role-missing-orders-report"], "warning", "role-missing-reports"),
        (["role-missing-pii"], "skipped", None),
        # Nothing but a request for a report would show it, and verify makes none.
        (["report-denied"], "ok", None),
    ],
)
def test_the_restricted_role_shows_without_an_order_and_without_a_report(
    tmp_path: Path, faults: list[str], status: str, problem: Any
) -> None:
    at = store_on_sandbox(tmp_path, orders=20, quota="off", faults=faults)
    result = reports_access(at)
    assert (result.status.value, result.problem and result.problem.name.value) == (status, problem)
    assert "createReport" not in at.sandbox.world.count_calls()
