"""What is said of a job on many stores, and how the command ends."""

import pytest

from amzlink.cli.shell.alarms import Saying, alike_sayings, tell_causes
from amzlink.cli.shell.alike import alike, several
from amzlink.cli.shell.console import Console
from amzlink.cli.views.diagnosis import VerifyAllView
from amzlink.cli.views.orders.imports import show
from amzlink.cli.views.runs import warn_alike
from amzlink.core.diagnosis.checks import Check, found, passed
from amzlink.jobs.import_orders import ImportReport
from amzlink.jobs.orders.ingest import Tally
from amzlink.jobs.verify import Verification
from amzlink.problems import Exit, Problem, ProblemName

DENIED = Problem(ProblemName.AUTHORISATION_REVOKED, page="https://example.com")
IN_PROGRESS = Problem(ProblemName.RUN_IN_PROGRESS, job="import-orders")
NO_NAME = Problem(ProblemName.DNS_FAILED, host="amazon.example")


def many(count: int, problem: Problem | None = None, *, first: int = 0, left_out: bool = False) -> list[ImportReport]:
    """Reports of so many stores, each with two orders where nothing stopped it."""
    return [
        ImportReport(
            store=f"shop-{number:03}",
            tally=Tally(fetched=0 if problem else 2),
            problem=problem.with_facts(store=f"shop-{number:03}", store_option="") if problem else None,
            left_out=left_out,
        )
        for number in range(first, first + count)
    ]


def shown(
    reports: list[ImportReport], capsys: pytest.CaptureFixture[str], *, verbose: int = 0
) -> tuple[Exit, str, str]:
    code = show(Console(verbose=verbose, color=False), None, reports, dry_run=False, asked=True)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_of_three_hundred_stores_only_those_with_a_problem_are_spelled_out(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = shown([*many(297), *many(2, DENIED, first=297), *many(1, first=299, left_out=True)], capsys)
    assert code is Exit.PARTLY
    assert out.splitlines() == [
        "297 stores without a problem: 594 orders from Amazon, 0 sent to Sendcloud.",
        "1 store left to another run.",
        "2 stores with a problem: shop-297, shop-298.",
    ]
    assert err.count("Amazon refused the refresh token.") == 2


@pytest.mark.parametrize(
    ("problem", "said"), [(None, "without a problem: 24 orders"), (DENIED, "with a problem: shop")]
)
def test_where_all_stores_ended_alike_only_that_is_said(
    problem: Problem | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = shown(many(12, problem), capsys)
    assert out.startswith(f"12 stores {said}")
    assert len(out.splitlines()) == 1


def test_what_many_stores_have_met_is_said_once_with_the_first_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = shown([*many(2), *many(200, NO_NAME, first=2)], capsys)
    assert err.count("(amzlink explain dns-failed)") == 1
    assert "shop-002, shop-003, shop-004 and 197 more" in err


@pytest.mark.parametrize(
    ("reports", "code"),
    [
        (many(3), Exit.DONE),
        ([*many(2), *many(1, DENIED, first=2)], Exit.PARTLY),
        (many(3, NO_NAME), Exit.TRY_AGAIN),
        ([*many(2, NO_NAME), *many(1, DENIED, first=2)], Exit.PARTLY),
        ([*many(2), *many(1, IN_PROGRESS, first=2)], Exit.DONE),
        (many(3, IN_PROGRESS), Exit.TRY_AGAIN),
        (many(3, left_out=True), Exit.DONE),
    ],
    ids=["all well", "one failed", "all failed alike", "all failed", "one in work", "all in work", "all just done"],
)
def test_the_exit_code_of_several_stores(
    reports: list[ImportReport], code: Exit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(reports, capsys)[0] is code


def test_a_store_that_another_run_is_at_is_told_of_only_where_more_words_are_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reports = [*many(1), *many(1, IN_PROGRESS, first=1), *many(1, first=2, left_out=True)]
    _, out, err = shown(reports, capsys)
    assert (len(out.splitlines()), err) == (1, "")
    _, out, _ = shown(reports, capsys, verbose=1)
    assert out.splitlines()[1:] == [
        "shop-001: left out, another run is in progress.",
        "shop-002: left out, another run has just done it.",
    ]


def test_few_stores_are_told_of_one_by_one() -> None:
    met = [(report.store, report.problem) for report in many(3, NO_NAME) if report.problem]
    assert [slugs for slugs, _ in alike(met)] == [["shop-000"], ["shop-001"], ["shop-002"]]
    assert several(["a", "b", "c", "d"]) == "a, b, c and 1 more"
    assert several(["a", "b"], 1, of=9) == "a and 8 more"


def test_a_store_that_works_is_one_line_and_a_fault_of_many_is_explained_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    works = [Verification(store=f"shop-{n}", results=(passed(Check.CONFIG, "Fine."),)) for n in range(3)]
    fails = [Verification(store=f"shop-{n}", results=(found(Check.LWA_TOKEN, DENIED),)) for n in range(3, 9)]
    view = VerifyAllView(Console(color=False))
    for each in (*works, *fails):
        view.store(each)
    assert view.end([*works, *fails]) is Exit.PARTLY
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok       shop-0  Everything that was checked works."
    assert sum("amzlink explain authorisation-revoked" in line for line in lines) == 1
    assert any("shop-3, shop-4, shop-5 and 3 more" in line for line in lines)
    assert lines[-1] == "3 stores without a failed check, 6 with one."


def test_a_sentence_that_is_about_one_store_is_not_told_of_others(capsys: pytest.CaptureFixture[str]) -> None:
    problems = [Problem(ProblemName.VAULT_KEY_MISSING, store=slug, detail="gone") for slug in ("a", "b")]
    fails = [Verification(store=str(each.facts["store"]), results=(found(Check.VAULT, each),)) for each in problems]
    VerifyAllView(Console(color=False)).end(fails)
    shown = capsys.readouterr().out
    assert "Fix first, a: The key to the encrypted personal data of the store a is missing (gone)." in shown
    assert "  Also:  b; see their lines above." in shown


def test_orders_of_one_problem_are_told_with_their_causes_and_what_to_do_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sayings = [
        Saying(
            order_id=f"302-{n}", problem=ProblemName.SHIPMENT_REFUSED, one="was refused", many="were refused", why=why
        )
        for n, why in enumerate(["No number.", "No number.", "No carrier."])
    ]
    tell_causes(Console(), "shop", list(alike_sayings(sayings)), 1)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "shop: Order 302-2 was refused. No carrier."
    assert lines[1] == "shop: 2 more; --json lists them all."
    assert lines[2].startswith("  Next:  ")
    assert lines[3:] == ["  Name:  shipment-refused (amzlink explain shipment-refused)"]


def test_a_warning_of_one_store_of_several_names_the_store(capsys: pytest.CaptureFixture[str]) -> None:
    warn_alike(Console(), [("two", DENIED)], many=True)
    assert capsys.readouterr().err.startswith("two: Warning: Amazon refused the refresh token.")


def test_nothing_is_called_whole_beside_a_store_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    fails = Verification(store="a", results=(found(Check.LWA_TOKEN, DENIED),))
    warned = Verification(store="b", results=(found(Check.FRESHNESS, Problem(ProblemName.NOT_SCHEDULED)),))
    VerifyAllView(Console(color=False)).end([fails, warned])
    shown = capsys.readouterr().out
    assert "Worth a look, b: " in shown
    assert "Nothing is broken" not in shown
