"""The catalogue of problems: every entry whole, every sentence fillable, every name stable in form."""

import json
import re
import string
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.problems import CATALOGUE, DEFAULT_FACTS, Entry, Exit, Problem, ProblemName
from amzlink.problems.network import clock_off_by
from tests.support.problems import texts_of
from tests.support.rows import each_row

NAMES = sorted(CATALOGUE, key=str)
TEMPLATES = ("what", "why", "next_step")
# What the contract says of exit codes.
CODES = {0, 1, 64, 65, 69, 70, 73, 74, 75, 77, 78, 130}
# Names that the contract fixes.
CONTRACTED = {
    "no-store", "config-invalid", "keyring-unavailable", "keyring-locked", "secret-missing", "secret-looks-wrong",
    "mws-credentials", "dns-failed", "connect-refused", "tls-failed", "proxy-interferes", "timeout", "clock-skewed",
    "client-unknown", "client-secret-expired", "authorisation-revoked", "refresh-token-malformed", "app-mismatch",
    "access-token-rejected", "region-mismatch", "not-participating", "account-suspended", "individual-plan",
    "access-withdrawn", "only-amazon-fulfilled", "listings-suspended", "role-missing-orders", "role-missing-pii",
    "role-missing-listings", "role-missing-reports", "role-added-later", "sandbox-credentials", "seller-id-wrong",
    "throttled", "service-unavailable", "response-malformed", "report-failed", "report-cancelled", "order-not-found",
    "shipment-refused", "carrier-unknown", "weight-missing", "weight-implausible", "sendcloud-credentials",
    "sendcloud-integration-missing", "sendcloud-oauth-only", "sendcloud-amazon-active", "sendcloud-refused",
    "sendcloud-throttled", "currency-unsupported", "confirmation-not-stored", "database-unreachable",
    "database-corrupt", "database-newer", "run-in-progress", "vault-key-missing", "clock-jumped", "retention-overdue",
    "import-stale", "not-scheduled", "secret-rotation-due", "machine-incomplete", "environment-invalid",
}  # fmt: skip
# The checks of `verify` that the contract fixes.
CHECKS = {
    "config", "keyring", "network", "clock", "lwa-token", "secret-age", "region", "participation", "account",
    "seller-id", "orders-access", "pii-access", "listings-access", "reports-access", "confirm-access",
    "sendcloud-access", "sendcloud-integration", "sendcloud-duplicate", "order-book", "vault", "retention", "freshness",
    "quota",
}  # fmt: skip


def facts_in(entry: Entry) -> set[str]:
    """The names that the sentences of an entry have to be given."""
    texts = (getattr(entry, part) for part in TEMPLATES)
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def with_all_facts(name: ProblemName, value: str = "something") -> Problem:
    facts: dict[str, object] = dict.fromkeys(facts_in(CATALOGUE[name]) - DEFAULT_FACTS.keys(), value)
    numbers = {"count", "seconds"} & facts.keys()
    return Problem(name, **{**facts, **dict.fromkeys(numbers, 2)})


def test_the_exit_codes_are_those_of_the_contract() -> None:
    assert {code.value for code in Exit} == CODES


def test_the_names_that_the_contract_fixes_are_there() -> None:
    assert CONTRACTED - {name.value for name in CATALOGUE} == set()


@each_row("name", NAMES)
class TestEveryEntry:
    def test_its_name_is_in_kebab_case(self, name: ProblemName) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z]+)*", name.value)

    def test_it_has_all_its_parts(self, name: ProblemName) -> None:
        entry = CATALOGUE[name]
        parts = (entry.title, entry.what, entry.why, entry.next_step)
        assert all(part.strip() for part in parts)
        assert isinstance(entry.exit_code, Exit)
        assert entry.severity in ("error", "warning")

    def test_its_title_is_a_heading_and_its_sentences_are_sentences(self, name: ProblemName) -> None:
        entry = CATALOGUE[name]
        assert not entry.title.endswith(".")
        assert not re.search("[{}]", entry.title)
        for part in TEMPLATES:
            text = getattr(entry, part)
            assert text == text.strip()
            assert text.endswith((".", "}"))
            assert "  " not in text

    def test_its_sentences_have_twenty_words_at_most(self, name: ProblemName) -> None:
        """A command or a field counts as one word; a colon ends a sentence."""
        for part in ("title", *TEMPLATES, "what_exactly"):
            text = re.sub(r"\{[^}]*\}", "FIELD", re.sub("`[^`]*`", "COMMAND", getattr(CATALOGUE[name], part)))
            for sentence in re.split(r"(?<=[.:!?])\s+", text):
                assert len(sentence.split()) <= 20, sentence

    def test_its_sentences_can_be_filled(self, name: ProblemName) -> None:
        problem = with_all_facts(name)
        for text in (problem.summary, problem.cause, problem.next_step, str(problem)):
            assert text
            assert "{" not in text
            assert "}" not in text

    def test_who_knows_no_fact_tells_it_with_gaps_that_are_named(self, name: ProblemName) -> None:
        """`explain` does."""
        entry = CATALOGUE[name]
        often_empty = {"store_option", "renew", "named", "meant", "exchanged", "first", "safe", "again"}
        gaps = {f"<{fact.upper()}>" for fact in facts_in(entry) - often_empty}
        gaps |= {"<STORE>"} if "store_option" in facts_in(entry) else set()
        texts = (entry.general_what, entry.general_why, entry.general_next_step)
        assert {gap for text in texts for gap in re.findall("<[A-Z_]+>", text)} == gaps
        for text in texts:
            assert not re.search(r"[{}]|  | [.,:;]|[:,] ?\.", re.sub("`[^`]*`", "CODE", text))
            assert text

    def test_as_json_it_has_the_five_fields_of_the_contract(self, name: ProblemName) -> None:
        document = json.loads(json.dumps(texts_of(with_all_facts(name))))
        assert list(document) == ["problem", "summary", "cause", "next_step", "docs"]
        assert document["problem"] == name.value
        assert document["docs"] == f"docs/troubleshooting.md#{name}"
        assert all(isinstance(value, str) and value for value in document.values())

    def test_an_option_that_it_names_can_be_pasted(self, name: ProblemName) -> None:
        """No word processor has made one dash of two."""
        assert not re.search("[\u2012-\u2015]", "".join(getattr(CATALOGUE[name], part) for part in TEMPLATES))


@each_row("name", NAMES)
def test_the_checks_that_can_find_a_problem_are_checks_that_there_are(name: ProblemName) -> None:
    checks = CATALOGUE[name].checks
    assert set(checks) <= CHECKS
    assert len(set(checks)) == len(checks)


def test_every_check_can_find_something() -> None:
    assert {check for entry in CATALOGUE.values() for check in entry.checks} == CHECKS


def test_a_page_that_is_known_stands_in_the_advice() -> None:
    page = "https://sellercentral.test/apps"
    for name in (name for name in NAMES if "{page}" in CATALOGUE[name].next_step):
        assert page in Problem(name, page=page).next_step


def test_no_two_entries_have_the_same_title() -> None:
    titles = [entry.title for entry in CATALOGUE.values()]
    assert len(set(titles)) == len(titles)


def test_every_fact_with_a_default_is_used() -> None:
    used = set().union(*(facts_in(entry) for entry in CATALOGUE.values()))
    assert DEFAULT_FACTS.keys() - used == set()


def test_an_unknown_name_is_a_bug_and_no_problem() -> None:
    with pytest.raises(ValueError, match="no-such-problem"):
        ProblemName("no-such-problem")


def test_every_name_is_in_the_catalogue() -> None:
    assert set(CATALOGUE) == set(ProblemName)


@given(st.text())
@settings(deadline=None)
def test_a_fact_stands_as_it_is_even_with_braces_in_it(text: str) -> None:
    problem = Problem(ProblemName.REQUEST_REFUSED, operation="searchOrders", detail=text)
    assert problem.summary == f"Amazon refused searchOrders as invalid: {text}.".strip()


def test_a_given_fact_wins_over_the_default() -> None:
    refused = ProblemName.REQUEST_REFUSED
    assert Problem(refused, operation="createOrders", service="Sendcloud").summary.startswith("Sendcloud refused")
    assert Problem(refused, operation="createFeed").summary.startswith("Amazon refused")


def test_a_fact_that_the_raiser_forgot_is_a_gap_and_no_phrase() -> None:
    assert Problem(ProblemName.DNS_FAILED).summary == "The name <HOST> cannot be looked up."


def test_facts_that_are_added_do_not_replace_those_that_are_there() -> None:
    problem = Problem(ProblemName.RUN_IN_PROGRESS, job="import-orders").with_facts(job="push-status", store="my-shop")
    assert problem.facts == {"job": "import-orders", "store": "my-shop"}
    assert problem.name.value == "run-in-progress"


def test_a_problem_shows_its_name_and_its_summary() -> None:
    assert str(Problem(ProblemName.ORDER_NOT_FOUND, order_id="302-1", detail="here")).startswith(
        "order-not-found: The order 302-1"
    )


@pytest.mark.parametrize(
    ("count", "told"), [(1, "data of 1 order is"), (2, "data of 2 orders is"), (0, "of 0 orders is")]
)
def test_numbers_agree_with_what_is_counted(count: int, told: str) -> None:
    assert told in Problem(ProblemName.RETENTION_OVERDUE, count=count).summary


def test_a_clock_that_is_days_off_is_told_in_days() -> None:
    assert clock_off_by(timedelta(minutes=7)) == "7 min behind"
    assert clock_off_by(-timedelta(hours=47, minutes=59)) == "47 h 59 min ahead of"
    assert clock_off_by(timedelta(days=400, hours=3)) == "400 days behind"
