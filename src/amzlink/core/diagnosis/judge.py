"""What Amazon's answers to the probes of verify mean, taken together.

One refusal has several causes, and Amazon names few of them; which it is shows only beside the other answers
(docs/services/amazon.md, "What an answer proves" and "What a refusal means"). This is the place that weighs them:
replies in, results out, no call made.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from amzlink.core.diagnosis.checks import Check, Result, found, passed, skipped
from amzlink.problems import Problem, ProblemName


class Probe(StrEnum):
    """The calls that verify makes, one per API."""

    ORDERS = "searchOrders"
    PARTICIPATIONS = "getMarketplaceParticipations"
    ACCOUNT = "getAccount"
    LISTINGS = "searchListingsItems"
    REPORTS = "getReports"
    CONFIRM = "confirmShipment"


class Reply(msgspec.Struct, frozen=True):
    """What a probe brought: `facts` of an answer, or the problem that a refusal means."""

    problem: Problem | None = None
    facts: Mapping[str, Any] = {}

    @property
    def answered(self) -> bool:
        """Whether the door is open: an answer, or a refusal that only who is inside gets to hear."""
        if self.problem is None:
            return True
        return self.problem.name in _INSIDE and self.problem.facts.get("operation") != "getToken"

    @property
    def throttled(self) -> bool:
        """Whether the quota did not allow the call: nothing is known then."""
        return self.problem is not None and self.problem.name == ProblemName.THROTTLED

    @property
    def denied(self) -> bool:
        """Whether it was refused without a reason."""
        return self.problem is not None and self.problem.name == ProblemName.ACCESS_DENIED


Replies = Mapping[Probe, Reply]

_INSIDE: Final = frozenset(
    {
        ProblemName.SELLER_ID_WRONG,
        ProblemName.ORDER_NOT_FOUND,
        ProblemName.REQUEST_REFUSED,
        ProblemName.SHIPMENT_REFUSED,
    }
)
# What Amazon says of the token as a whole, whichever API is asked.
_OF_THE_TOKEN: Final = frozenset(
    {ProblemName.CLIENT_SECRET_EXPIRED, ProblemName.ACCESS_TOKEN_REJECTED, ProblemName.SANDBOX_CREDENTIALS}
)
# Causes that end in the same answer as the one that is named.
_SAME_ANSWER: Final = {
    ProblemName.ACCESS_TOKEN_REJECTED: [
        ProblemName.AUTHORISATION_REVOKED.value,
        ProblemName.SANDBOX_CREDENTIALS.value,
        ProblemName.PROXY_INTERFERES.value,
    ],
    ProblemName.ACCOUNT_SUSPENDED: [ProblemName.ACCESS_WITHDRAWN.value],
}
_AMAZON_CHECKS: Final = (
    Check.REGION, Check.PARTICIPATION, Check.ACCOUNT, Check.SELLER_ID, Check.ORDERS_ACCESS, Check.PII_ACCESS,
    Check.LISTINGS_ACCESS, Check.REPORTS_ACCESS, Check.CONFIRM_ACCESS,
)  # fmt: skip
_NO_QUOTA: Final = "Amazon's quota for this call is used up for now."
_ROLE_PROBLEMS: Final = {
    Check.ORDERS_ACCESS: (Probe.ORDERS, ProblemName.ROLE_MISSING_ORDERS, "Orders can be read."),
    Check.LISTINGS_ACCESS: (Probe.LISTINGS, ProblemName.ROLE_MISSING_LISTINGS, "Listings can be read."),
    Check.REPORTS_ACCESS: (Probe.REPORTS, ProblemName.ROLE_MISSING_REPORTS, "Reports can be read."),
    Check.CONFIRM_ACCESS: (Probe.CONFIRM, ProblemName.ROLE_MISSING_CONFIRM, "Shipments can be confirmed."),
}


def used_up(replies: Replies) -> Problem | None:
    """The quota that was found used up, for the check `quota`."""
    return next((reply.problem for reply in replies.values() if reply.throttled), None)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the store is, as far as a verdict depends on it."""

    countries: Mapping[str, str]
    """Country names by marketplace id: the store's own marketplaces."""
    selling_plan_told: bool
    """Whether Amazon tells the selling plan in this region."""
    deep: bool = False


def needs_other_regions(replies: Replies) -> bool:
    """Whether doors are shut without a reason and none is open, so that only another region can tell more."""
    asked = [replies[probe] for probe in (Probe.ORDERS, Probe.LISTINGS, Probe.REPORTS) if probe in replies]
    # One that was not answered for want of quota says nothing, and must not make the others look like missing roles.
    return any(reply.denied for reply in asked) and not any(reply.answered for reply in replies.values())


def diagnose(replies: Replies, asked: Asked, open_region: str | None = None) -> list[Result]:
    """The results of the checks that rest on Amazon's answers, and of `lwa-token`, which they can still refute.

    `open_region` is the name of another region whose host let the token in, where all of this region's doors are shut.
    """
    if problem := _of_the_token(replies):
        token = found(Check.LWA_TOKEN, problem, **_doubt(problem))
        return [token, *_pointless("Amazon does not accept the token.", _AMAZON_CHECKS)]
    token = passed(Check.LWA_TOKEN, "Client id, client secret and refresh token are good.")
    if open_region:
        denial = replies[Probe.ORDERS].problem
        region = found(
            Check.REGION,
            Problem(ProblemName.REGION_MISMATCH, **(denial.facts if denial else {})),
            open_region=open_region,
        )
        region = msgspec.structs.replace(
            region, summary=f"Amazon lets this account in in {open_region}, and not in the store's own region."
        )
        return [token, region, *_pointless("The account is in another region.", _without(Check.REGION))]
    if (wrong := _first(replies, ProblemName.REGION_MISMATCH)) is not None:
        return [
            token,
            found(Check.REGION, wrong),
            *_pointless("The marketplace is not in the region that was asked.", _without(Check.REGION)),
        ]
    if needs_other_regions(replies):
        denial = replies[Probe.ORDERS].problem
        return [token, *_barred(Problem(ProblemName.ACCOUNT_SUSPENDED, **(denial.facts if denial else {})), "likely")]
    if (barred := _first(replies, ProblemName.ACCOUNT_SUSPENDED)) is not None:
        return [token, *_barred(barred, "certain")]
    return [
        token,
        _region(replies),
        _participation(replies, asked),
        _account(replies, asked),
        _seller_id(replies, asked),
        *(_access(check, replies, asked) for check in _ROLE_PROBLEMS if check is Check.ORDERS_ACCESS),
        _personal_data(replies),
        *(_access(check, replies, asked) for check in _ROLE_PROBLEMS if check is not Check.ORDERS_ACCESS),
    ]


def _of_the_token(replies: Replies) -> Problem | None:
    return next(
        (reply.problem for reply in replies.values() if reply.problem and reply.problem.name in _OF_THE_TOKEN), None
    )


def _barred(problem: Problem, confidence: str) -> list[Result]:
    """The account or the developer is barred: every API refuses and no other region opens, or Amazon says so."""
    account = found(Check.ACCOUNT, problem, confidence=confidence, **_doubt(problem))
    return [account, *_pointless("Amazon bars the account, so nothing else can be told.", _without(Check.ACCOUNT))]


def _doubt(problem: Problem) -> dict[str, object]:
    others = _SAME_ANSWER.get(problem.name)
    return {"not_told_apart": others} if others else {}


def _region(replies: Replies) -> Result:
    if replies[Probe.ORDERS].problem is None:
        return passed(Check.REGION, "The marketplaces belong to the region of the authorisation.", **_told(replies))
    if _answered(replies, Probe.LISTINGS):
        return passed(Check.REGION, "A call with the store's marketplace was let in.", shown_by=Probe.LISTINGS.value)
    return skipped(Check.REGION, "No answer of Amazon's shows the region.")


def _told(replies: Replies) -> dict[str, object]:
    return {name: value for name, value in replies[Probe.ORDERS].facts.items() if name == "orders"}


def _participation(replies: Replies, asked: Asked) -> Result:
    reply = replies.get(Probe.PARTICIPATIONS, Reply())
    if reply.denied:
        return skipped(
            Check.PARTICIPATION, "Amazon does not tell an app with these roles in which countries the account sells."
        )
    if reply.throttled:
        return skipped(Check.PARTICIPATION, _NO_QUOTA)
    if reply.problem:
        return found(Check.PARTICIPATION, reply.problem)
    selling: Sequence[str] = reply.facts["selling_in"]
    suspended: Sequence[str] = reply.facts["suspended_in"]
    if closed := sorted(name for marketplace, name in asked.countries.items() if marketplace not in selling):
        elsewhere = ", ".join(reply.facts["selling_in_names"]) or "no country of this region"
        return found(
            Check.PARTICIPATION, Problem(ProblemName.NOT_PARTICIPATING, country=", ".join(closed), detail=elsewhere)
        )
    if paused := sorted(name for marketplace, name in asked.countries.items() if marketplace in suspended):
        return found(Check.PARTICIPATION, Problem(ProblemName.LISTINGS_SUSPENDED, country=", ".join(paused)))
    return passed(Check.PARTICIPATION, f"The account sells in {', '.join(sorted(asked.countries.values()))}.")


def _account(replies: Replies, asked: Asked) -> Result:
    reply = replies.get(Probe.ACCOUNT)
    if reply is None or not asked.selling_plan_told:
        return skipped(Check.ACCOUNT, "Amazon tells the selling plan in Europe only.")
    if reply.denied:
        return skipped(Check.ACCOUNT, "Amazon does not tell an app with these roles the selling plan.")
    if reply.throttled:
        return skipped(Check.ACCOUNT, _NO_QUOTA)
    if reply.problem:
        return found(Check.ACCOUNT, reply.problem)
    plan = str(reply.facts.get("selling_plan", ""))
    if plan == "INDIVIDUAL":
        return found(Check.ACCOUNT, Problem(ProblemName.INDIVIDUAL_PLAN), selling_plan=plan)
    return passed(Check.ACCOUNT, "The account has a professional selling plan.", selling_plan=plan)


def _seller_id(replies: Replies, asked: Asked) -> Result:
    reply = replies.get(Probe.LISTINGS, Reply())
    if reply.problem is None:
        return passed(Check.SELLER_ID, "The Seller ID is this account's.")
    if _participation(replies, asked).problem:
        # Amazon refuses the pair of Seller ID and marketplace, and the marketplace alone would be reason enough.
        return skipped(Check.SELLER_ID, "It can be judged only in a country where the account sells.")
    if reply.problem.name == ProblemName.SELLER_ID_WRONG:
        return found(Check.SELLER_ID, reply.problem)
    return skipped(Check.SELLER_ID, "Only a call for listings reads the Seller ID, and that was refused.")


def _access(check: Check, replies: Replies, asked: Asked) -> Result:
    probe, role_problem, fine = _ROLE_PROBLEMS[check]
    reply = replies.get(probe)
    if reply is None:
        why = "Asked only with --deep." if probe is Probe.CONFIRM and not asked.deep else "Not asked."
        return skipped(check, why)
    if reply.denied and reply.problem:
        # The other doors are open, so it is this one's key: the role is missing, or the token is older than the role.
        problem = Problem(role_problem, **reply.problem.facts)
        return found(check, problem, confidence="certain", not_told_apart=[ProblemName.ROLE_ADDED_LATER.value])
    if reply.throttled:
        return skipped(check, _NO_QUOTA)
    if reply.problem and not reply.answered:
        return found(check, reply.problem)
    if check is Check.ORDERS_ACCESS and reply.facts.get("only_amazon_fulfilled"):
        return found(check, Problem(ProblemName.ONLY_AMAZON_FULFILLED))
    return passed(check, fine)


def _personal_data(replies: Replies) -> Result:
    reply = replies[Probe.ORDERS]
    if reply.problem:
        return skipped(Check.PII_ACCESS, "No order could be read to judge by.")
    shown, addressed = int(reply.facts["to_ship"]), int(reply.facts["addressed"])
    if not shown:
        return skipped(Check.PII_ACCESS, "No order is waiting to be shipped, so nothing can be told.")
    if not addressed:
        return found(Check.PII_ACCESS, Problem(ProblemName.ROLE_MISSING_PII, count=shown), to_ship=shown, addressed=0)
    return passed(Check.PII_ACCESS, "Names and addresses come with the orders.", to_ship=shown, addressed=addressed)


def _answered(replies: Replies, probe: Probe) -> bool:
    return probe in replies and replies[probe].answered


def _first(replies: Replies, name: ProblemName) -> Problem | None:
    return next((reply.problem for reply in replies.values() if reply.problem and reply.problem.name == name), None)


def _pointless(why: str, checks: Sequence[Check]) -> list[Result]:
    return [skipped(check, why) for check in checks]


def _without(check: Check) -> list[Check]:
    return [each for each in _AMAZON_CHECKS if each is not check]
