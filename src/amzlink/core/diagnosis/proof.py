"""What the results of the probes prove of a link that is being made: proved, not checked, or failed."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from amzlink.core.diagnosis.checks import Check, Result, Status
from amzlink.core.store_choices import Trigger
from amzlink.problems import Exit, Problem, ProblemName


class Standing(StrEnum):
    """How far a thing is proved."""

    PROVED = "proved"
    NOT_CHECKED = "not checked"
    MISSING = "missing"
    WARNING = "warning"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at; `note` says why it could not be checked, or what to mind."""

    subject: str
    standing: Standing
    note: str = ""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a check is about, in words, and how much a link depends on it.

    `in_doubt` is what a warning is about. `essential`: without its answer nothing is proved. `quiet`: said only where
    it is a warning or a failure. `may_be_missing` says how a person gets what they go on without; where it is
    said, a failure stops nothing.
    """

    text: str
    in_doubt: str = ""
    essential: bool = False
    quiet: bool = False
    may_be_missing: str = ""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was found, and what was learnt by the way. With a `failure` the link does not work.

    `selling_in` has the ids of the marketplaces where the account sells, or None where Amazon does not tell this app.
    `integration_id` and `trigger` are Sendcloud's integration, and the moment at which it counts a parcel as sent.
    `keys_are_exchanged`: Sendcloud accepts the two keys the other way round.
    """

    findings: tuple[Finding, ...]
    warnings: tuple[Problem, ...] = ()
    failure: Problem | None = None
    selling_in: tuple[str, ...] | None = None
    integration_id: int | None = None
    trigger: Trigger | None = None
    keys_are_exchanged: bool = False


def proof_of(results: Sequence[Result], subjects: Mapping[Check, Subject]) -> Proof:
    """The proof that these results give of the `subjects`; what is no subject is not needed, so it counts for nothing.

    A failure is proved only by an answer that names it. Trouble that passes by itself, and a refusal that only says
    that the request is invalid, leave a thing unchecked, unless nothing at all is proved without it.
    """
    needed = [result for result in results if result.id in subjects]
    failure = next((result.problem for result in needed if _is_failure(result, subjects[result.id])), None)
    findings = [finding for result in needed if (finding := _finding(result, subjects[result.id]))]
    warnings = [result.problem for result in needed if result.problem and result.status is Status.WARNING]
    return Proof(findings=tuple(findings), warnings=tuple(warnings), failure=failure)


def _is_failure(result: Result, subject: Subject) -> bool:
    if result.status is not Status.FAILED or result.problem is None or subject.may_be_missing:
        return False
    shows_nothing = result.problem.exit_code is Exit.TRY_AGAIN or result.problem.name is ProblemName.REQUEST_REFUSED
    return subject.essential or not shows_nothing


def _finding(result: Result, subject: Subject) -> Finding | None:
    if result.status is Status.WARNING and result.problem:
        note = f"{result.problem.summary} {result.problem.cause}"
        return Finding(subject.in_doubt or subject.text, Standing.WARNING, note)
    if subject.quiet:
        return None
    if result.status is Status.OK:
        return Finding(subject.text, Standing.PROVED)
    if result.status is Status.FAILED and result.problem and subject.may_be_missing:
        return Finding(subject.text, Standing.MISSING, f"{result.problem.summary} {subject.may_be_missing}")
    return Finding(subject.text, Standing.NOT_CHECKED, result.summary)
