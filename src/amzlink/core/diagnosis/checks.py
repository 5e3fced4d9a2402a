"""The checks of verify: their names, their order, and the form of what each finds."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from amzlink.problems import Problem


class Check(StrEnum):
    """The checks, by the ids that scripts rely on, in the order in which they are shown."""

    CONFIG = "config"
    KEYRING = "keyring"
    NETWORK = "network"
    CLOCK = "clock"
    LWA_TOKEN = "lwa-token"  # noqa: S105 - a check's name
    SECRET_AGE = "secret-age"  # noqa: S105 - a check's name
    REGION = "region"
    PARTICIPATION = "participation"
    ACCOUNT = "account"
    SELLER_ID = "seller-id"
    ORDERS_ACCESS = "orders-access"
    PII_ACCESS = "pii-access"
    LISTINGS_ACCESS = "listings-access"
    REPORTS_ACCESS = "reports-access"
    CONFIRM_ACCESS = "confirm-access"
    SENDCLOUD_ACCESS = "sendcloud-access"
    SENDCLOUD_INTEGRATION = "sendcloud-integration"
    SENDCLOUD_DUPLICATE = "sendcloud-duplicate"
    ORDER_BOOK = "order-book"
    VAULT = "vault"
    RETENTION = "retention"
    FRESHNESS = "freshness"
    QUOTA = "quota"


class Status(StrEnum):
    """How a check ended. A skipped one says why: it was pointless, or nothing could be told."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


Evidence = Mapping[str, object]
NO_EVIDENCE: Final[Evidence] = {}
_FACTS_OF_EVIDENCE: Final = ("status", "code", "message", "request_id", "operation", "host", "kind", "seconds")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. `evidence` holds statuses, codes, ids, counts and times; nothing secret, nothing personal."""

    id: Check
    status: Status
    summary: str
    problem: Problem | None = None
    evidence: Evidence = NO_EVIDENCE

    def about(self, facts: Mapping[str, object]) -> "Result":
        """The same, its problem knowing more: the page for the store's country, the store's option."""
        if self.problem is None:
            return self
        problem = self.problem.with_facts(**facts)
        # A summary that was worded for the occasion stays.
        summary = problem.summary if self.summary == self.problem.summary else self.summary
        return msgspec.structs.replace(self, problem=problem, summary=summary)


def passed(check: Check, summary: str, **evidence: object) -> Result:
    """The check is fine."""
    return Result(id=check, status=Status.OK, summary=summary, evidence=evidence)


def skipped(check: Check, why: str, **evidence: object) -> Result:
    """The check was not made, or could tell nothing."""
    return Result(id=check, status=Status.SKIPPED, summary=why, evidence=evidence)


def found(check: Check, problem: Problem, **evidence: object) -> Result:
    """The check found a problem; a warning or a failure, as the problem's own severity says."""
    status = Status.WARNING if problem.entry.severity == "warning" else Status.FAILED
    facts = {name: problem.facts[name] for name in _FACTS_OF_EVIDENCE if problem.facts.get(name) not in (None, "")}
    return Result(id=check, status=status, summary=problem.summary, problem=problem, evidence={**facts, **evidence})
