"""What Sendcloud's answers to the probes mean. `connect` and `verify` both judge by it."""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from amzlink.core.diagnosis.checks import Check, Result, found, passed, skipped
from amzlink.core.diagnosis.judge import Reply
from amzlink.problems import Problem, ProblemName, destination
from amzlink.problems.failures import Denied

SENDCLOUD_CHECKS: Final = (Check.SENDCLOUD_ACCESS, Check.SENDCLOUD_INTEGRATION, Check.SENDCLOUD_DUPLICATE)
_API: Final = "api"  # the kind of integration whose keys amzlink uses
_AMAZON: Final = "amazon"  # Sendcloud's own link with Amazon, in whichever of its versions


class Integration(Protocol):
    """An integration of the account, as far as a verdict depends on it."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def type(self) -> str: ...  # noqa: D102
    @property
    def feedback_type(self) -> str | None: ...  # noqa: D102


class SendcloudReplies(msgspec.Struct, frozen=True, kw_only=True):
    """What the probes brought: whose the keys are, and the integrations, which only good keys are asked for.

    `wanted` is the integration that the store uses. `exchanged` tells whether Sendcloud accepts the two keys the other
    way round; that is asked only where it refuses them.
    """

    keys: Reply
    exchanged: bool = False
    listed: Reply = Reply()
    integrations: Sequence[Integration] = ()
    wanted: int | None = None

    @property
    def own(self) -> Integration | None:
        """The integration that the store uses, if it is there."""
        return next((each for each in self.integrations if each.id == self.wanted), None)


def diagnose_sendcloud(replies: SendcloudReplies) -> list[Result]:
    """The results of the checks of the link to Sendcloud."""
    if problem := replies.keys.problem:
        if replies.exchanged:
            problem = problem.with_facts(exchanged=destination.KEYS_EXCHANGED, advice=destination.EXCHANGE_KEYS)
        access = found(Check.SENDCLOUD_ACCESS, problem)
        return [access, *_not_told("Without good keys Sendcloud answers nothing.")]
    access = passed(Check.SENDCLOUD_ACCESS, "Sendcloud accepts the keys.", **replies.keys.facts)
    if problem := replies.listed.problem:
        if isinstance(problem, Denied):
            return [access, *_not_told("Sendcloud does not show its integrations to these keys.")]
        not_told = "Sendcloud does not tell which integrations there are."
        return [access, found(Check.SENDCLOUD_INTEGRATION, problem), skipped(Check.SENDCLOUD_DUPLICATE, not_told)]
    return [access, _integration(replies), _duplicate(replies.integrations)]


def _not_told(why: str) -> list[Result]:
    return [skipped(check, why) for check in SENDCLOUD_CHECKS if check is not Check.SENDCLOUD_ACCESS]


def _integration(replies: SendcloudReplies) -> Result:
    """The store's integration is there and takes orders."""
    own = replies.own
    evidence = {
        "integration_id": replies.wanted,
        "type": own.type if own else None,
        "integrations": len(replies.integrations),
    }
    if own is None or own.type != _API:
        missing = Problem(ProblemName.SENDCLOUD_INTEGRATION_MISSING, integration_id=replies.wanted or "(none is set)")
        return found(Check.SENDCLOUD_INTEGRATION, missing, **evidence)
    evidence["feedback_type"] = own.feedback_type
    return passed(Check.SENDCLOUD_INTEGRATION, "The integration takes orders.", **evidence)


def _duplicate(integrations: Sequence[Integration]) -> Result:
    """Sendcloud has no link of its own with Amazon: every order would arrive twice."""
    if ids := [str(each.id) for each in integrations if each.type.startswith(_AMAZON)]:
        word = "integration" if len(ids) == 1 else "integrations"
        active = Problem(ProblemName.SENDCLOUD_AMAZON_ACTIVE, detail=f"{word} {', '.join(ids)}")
        return found(Check.SENDCLOUD_DUPLICATE, active)
    return passed(Check.SENDCLOUD_DUPLICATE, "Sendcloud itself fetches no orders from Amazon.")
