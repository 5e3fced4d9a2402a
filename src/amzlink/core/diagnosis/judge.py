"""What Amazon's answers to the probes mean, taken together. `connect` and `verify` both judge by it.

One refusal has several causes, and Amazon names few of them. Which cause it is shows only beside the other answers
(docs/services/amazon.md, "What an answer proves" and "What a refusal means"). Replies in, results out; no call is made.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from amzlink.core.diagnosis.checks import Check, Result, Status, found, passed, skipped
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import Denied, Throttled


class Probe(StrEnum):
    """The calls that are made to prove a link: the token, then one call per API."""

    TOKEN = "getToken"  # noqa: S105 - a call's name
    SAMPLE = "sandbox sample"
    """The one call that Amazon's own sandbox has an answer to; nothing else is asked there."""
    ORDERS = "searchOrders"
    PARTICIPATIONS = "getMarketplaceParticipations"
    ACCOUNT = "getAccount"
    LISTINGS = "searchListingsItems"
    REPORTS = "getReports"
    TOKEN_FOR_REPORT = "createRestrictedDataToken"  # noqa: S105 - a call's name
    """Asked for only where reports can be listed."""
    CONFIRM = "confirmShipment"


class Reply(msgspec.Struct, frozen=True):
    """What a probe brought: `facts` of an answer, or the problem that it ended with."""

    problem: Problem | None = None
    facts: Mapping[str, Any] = {}

    @property
    def shows_access(self) -> bool:
        """Whether the app may use this API: an answer, or a refusal that speaks of what was asked for.

        Any other refusal shows nothing: a 400 and an empty 404 may come from Amazon's front door, or from a proxy.
        """
        return self.problem is None or self.problem.name is ProblemName.SELLER_ID_WRONG

    @property
    def throttled(self) -> bool:
        """Whether the quota did not allow the call, so that nothing is known."""
        return isinstance(self.problem, Throttled)

    @property
    def denied(self) -> bool:
        """Whether it was refused without a reason."""
        return isinstance(self.problem, Denied)


Replies = Mapping[Probe, Reply]

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
AMAZON_CHECKS: Final = (
    Check.REGION, Check.PARTICIPATION, Check.ACCOUNT, Check.SELLER_ID, Check.ORDERS_ACCESS, Check.PII_ACCESS,
    Check.LISTINGS_ACCESS, Check.REPORTS_ACCESS, Check.CONFIRM_ACCESS,
)  # fmt: skip
_NO_QUOTA: Final = "Amazon's quota for this call is used up for now."
_NOT_ASKED: Final = "Not asked."
_DOORS: Final = (Probe.ORDERS, Probe.LISTINGS, Probe.REPORTS, Probe.CONFIRM)
_FEWEST_SHUT: Final = 2
"""How many APIs have to deny access before the account, and not a role, is the likely cause."""
_REPORTS_LISTED: Final = "Reports can be listed."
_ROLE_PROVEN: Final = "The app has the restricted role that the report of orders needs."
_REQUEST_UNPROVEN: Final = "Whether Amazon makes one shows only when it is asked for."
_ROLE_UNPROVEN: Final = "No answer shows whether the app has the restricted role that the report of orders needs."
_ROLE_FOUND_MISSING: Final = "The report of orders needs the role that pii-access found missing."
_ROLE_MISSING: Final = "But the app lacks the restricted role that the report of orders needs."
_ROLE_PROBLEMS: Final = {
    Check.ORDERS_ACCESS: (Probe.ORDERS, ProblemName.ROLE_MISSING_ORDERS, "Orders can be read."),
    Check.LISTINGS_ACCESS: (Probe.LISTINGS, ProblemName.ROLE_MISSING_LISTINGS, "Listings can be read."),
    Check.REPORTS_ACCESS: (Probe.REPORTS, ProblemName.ROLE_MISSING_REPORTS, _REPORTS_LISTED),
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
    """Whether an API denied access without a reason and none allowed it, so that another region can tell more."""
    return any(reply.denied for reply in _doors(replies)) and not _any_access(replies)


def diagnose(replies: Replies, asked: Asked, open_region: str | None = None) -> list[Result]:
    """The results of `lwa-token` and of the checks that rest on Amazon's answers.

    `open_region` is the name of another region that accepts the token, where this region denies every call.
    """
    if problem := _of_the_token(replies):
        token = found(Check.LWA_TOKEN, problem, **_doubt(problem))
        why = "Without a token Amazon answers nothing." if _no_token(replies) else "Amazon does not accept the token."
        return [token, *_pointless(why, AMAZON_CHECKS)]
    token = passed(Check.LWA_TOKEN, "Client id, client secret and refresh token are good.")
    if sample := replies.get(Probe.SAMPLE):
        return [token, *_of_the_sandbox(sample)]
    return [token, *_of_the_account(replies, asked, open_region)]


def _no_token(replies: Replies) -> bool:
    return replies.get(Probe.TOKEN, Reply()).problem is not None


def _of_the_sandbox(sample: Reply) -> list[Result]:
    """Amazon's sandbox answers every app with the same samples: only the log-in and the connection are proved."""
    if sample.problem:
        why = "Amazon's sandbox did not answer as it should."
        return [found(Check.REGION, sample.problem), *_pointless(why, _without(Check.REGION))]
    return _pointless("Amazon's sandbox shows samples and no account.", AMAZON_CHECKS)


def _of_the_account(replies: Replies, asked: Asked, open_region: str | None) -> list[Result]:
    denial = next((reply.problem for reply in _doors(replies) if reply.denied and reply.problem), None)
    if open_region:
        region = found(
            Check.REGION,
            Problem(ProblemName.REGION_MISMATCH, **(denial.facts if denial else {})),
            open_region=open_region,
        )
        region = msgspec.structs.replace(
            region, summary=f"Amazon accepts this account in {open_region}, and not in the store's own region."
        )
        return [region, *_pointless("The account is in another region.", _without(Check.REGION))]
    if (wrong := _first(replies, ProblemName.REGION_MISMATCH)) is not None:
        why = "The marketplace is not in the region that was asked."
        return [found(Check.REGION, wrong), *_pointless(why, _without(Check.REGION))]
    if denial and _is_barred(replies):
        return _barred(Problem(ProblemName.ACCOUNT_SUSPENDED, **denial.facts), "likely")
    if (barred := _first(replies, ProblemName.ACCOUNT_SUSPENDED)) is not None:
        return _barred(barred, "certain")
    return [
        _region(replies),
        _participation(replies, asked),
        _account(replies, asked),
        _seller_id(replies, asked),
        _access(Check.ORDERS_ACCESS, replies, asked),
        _personal_data(replies),
        _access(Check.LISTINGS_ACCESS, replies, asked),
        _reports_access(replies, asked),
        _access(Check.CONFIRM_ACCESS, replies, asked),
    ]


def _doors(replies: Replies) -> list[Reply]:
    return [replies[probe] for probe in _DOORS if probe in replies]


def _any_access(replies: Replies) -> bool:
    return any(reply.shows_access for probe, reply in replies.items() if probe is not Probe.TOKEN)


def _is_barred(replies: Replies) -> bool:
    """Whether every API that could be asked denies access. A single one may as well lack a role."""
    told = [reply for reply in _doors(replies) if not reply.throttled]
    return len(told) >= _FEWEST_SHUT and all(reply.denied for reply in told) and not _any_access(replies)


def _of_the_token(replies: Replies) -> Problem | None:
    if problem := replies.get(Probe.TOKEN, Reply()).problem:
        return problem
    return next(
        (reply.problem for reply in replies.values() if reply.problem and reply.problem.name in _OF_THE_TOKEN), None
    )


def _barred(problem: Problem, confidence: str) -> list[Result]:
    """The account or the developer is barred: every API refuses and no other region accepts it, or Amazon says so."""
    account = found(Check.ACCOUNT, problem, confidence=confidence, **_doubt(problem))
    return [account, *_pointless("Amazon refuses the account, so nothing else can be told.", _without(Check.ACCOUNT))]


def _doubt(problem: Problem) -> dict[str, object]:
    others = _SAME_ANSWER.get(problem.name)
    return {"not_told_apart": others} if others else {}


def _region(replies: Replies) -> Result:
    if replies[Probe.ORDERS].problem is None:
        return passed(Check.REGION, "The marketplaces belong to the region of the authorisation.", **_told(replies))
    if Probe.LISTINGS in replies and replies[Probe.LISTINGS].shows_access:
        why = "Amazon answered a call with the store's marketplace."
        return passed(Check.REGION, why, shown_by=Probe.LISTINGS.value)
    return skipped(Check.REGION, "No answer of Amazon's shows the region.")


def _told(replies: Replies) -> dict[str, object]:
    return {name: value for name, value in replies[Probe.ORDERS].facts.items() if name == "orders"}


def _participation(replies: Replies, asked: Asked) -> Result:
    reply = replies[Probe.PARTICIPATIONS]
    hidden = "Amazon does not tell an app with these roles in which countries the account sells."
    if reply.problem:
        return _without_answer(Check.PARTICIPATION, reply, reply.problem, hidden)
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
    if reply.problem:
        hidden = "Amazon does not tell an app with these roles the selling plan."
        return _without_answer(Check.ACCOUNT, reply, reply.problem, hidden)
    plan = str(reply.facts.get("selling_plan", ""))
    if plan == "INDIVIDUAL":
        return found(Check.ACCOUNT, Problem(ProblemName.INDIVIDUAL_PLAN), selling_plan=plan)
    if plan != "PROFESSIONAL":
        return skipped(Check.ACCOUNT, "Amazon names a selling plan that amzlink does not know.", selling_plan=plan)
    return passed(Check.ACCOUNT, "The account has a professional selling plan.", selling_plan=plan)


def _without_answer(check: Check, reply: Reply, problem: Problem, hidden: str) -> Result:
    """A call that few roles allow: a denial proves nothing, and `hidden` says so."""
    if reply.denied:
        return skipped(check, hidden)
    return skipped(check, _NO_QUOTA) if reply.throttled else found(check, problem)


def _seller_id(replies: Replies, asked: Asked) -> Result:
    reply = replies[Probe.LISTINGS]
    if reply.problem is None:
        return passed(Check.SELLER_ID, "The Seller ID is this account's.")
    if _participation(replies, asked).problem:
        # Amazon refuses the pair of Seller ID and marketplace, and the marketplace alone would be reason enough.
        return skipped(Check.SELLER_ID, "It can be judged only in a country where the account sells.")
    if reply.problem.name is ProblemName.SELLER_ID_WRONG:
        return found(Check.SELLER_ID, reply.problem)
    return skipped(Check.SELLER_ID, "Only a call for listings reads the Seller ID, and that was refused.")


def _access(check: Check, replies: Replies, asked: Asked) -> Result:
    probe, role_problem, fine = _ROLE_PROBLEMS[check]
    reply = replies.get(probe)
    if reply is None:
        why = "Asked only with --deep." if probe is Probe.CONFIRM and not asked.deep else _NOT_ASKED
        return skipped(check, why)
    if reply.denied and reply.problem and _any_access(replies):
        # Amazon lets the app use something else, so the role is missing here, or the token is older than the role.
        problem = Problem(role_problem, **reply.problem.facts)
        return found(check, problem, confidence="certain", not_told_apart=[ProblemName.ROLE_ADDED_LATER.value])
    if reply.throttled:
        return skipped(check, _NO_QUOTA)
    if reply.problem and not reply.shows_access:
        return found(check, reply.problem)
    if check is Check.ORDERS_ACCESS and reply.facts.get("only_amazon_fulfilled"):
        return found(check, Problem(ProblemName.ONLY_AMAZON_FULFILLED))
    return passed(check, fine)


def _reports_access(replies: Replies, asked: Asked) -> Result:
    """Whether a report of orders can be asked for and read, as far as that shows without having one made.

    Its documents open to the role that opens the addresses of orders, so each shows the other (docs/services/amazon.md,
    "Roles").
    """
    listed = _access(Check.REPORTS_ACCESS, replies, asked)
    if listed.status is not Status.OK:
        return listed
    token, personal = replies.get(Probe.TOKEN_FOR_REPORT, Reply()), _personal_data(replies)
    if personal.status is Status.FAILED:
        return skipped(Check.REPORTS_ACCESS, f"{_REPORTS_LISTED} {_ROLE_FOUND_MISSING}")
    if token.problem and token.problem.name is ProblemName.ROLE_MISSING_REPORTS:
        result = found(
            Check.REPORTS_ACCESS, token.problem, not_told_apart=[ProblemName.ROLE_ADDED_LATER.value], listed=True
        )
        return msgspec.structs.replace(result, summary=f"{_REPORTS_LISTED} {_ROLE_MISSING}")
    if Probe.TOKEN_FOR_REPORT in replies and token.problem is None:
        shown_by = Probe.TOKEN_FOR_REPORT
    elif personal.status is Status.OK:
        shown_by = Probe.ORDERS
    else:
        return skipped(Check.REPORTS_ACCESS, f"{_REPORTS_LISTED} {_ROLE_UNPROVEN}")
    return passed(
        Check.REPORTS_ACCESS,
        f"{_REPORTS_LISTED} {_ROLE_PROVEN} {_REQUEST_UNPROVEN}",
        shown_by=shown_by.value,
        not_proven="createReport",
    )


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


def _first(replies: Replies, name: ProblemName) -> Problem | None:
    return next((reply.problem for reply in replies.values() if reply.problem and reply.problem.name is name), None)


def _pointless(why: str, checks: Sequence[Check]) -> list[Result]:
    return [skipped(check, why) for check in checks]


def _without(check: Check) -> list[Check]:
    return [each for each in AMAZON_CHECKS if each is not check]
