"""Faults that can be switched on by name: a table of what each does, at which of four points of a call.

`intercept` sees a call before its token is looked at, `refuse` after that and in place of the answer, `distort` gets
the answer, `lose` a call that was carried out and whose answer does not arrive. Two more are no matter of a single
call: `region` moves the seller's account, `ahead` the sandbox's time. Where a fault causes a problem that amzlink has
a name for, the fault has that name. Faults for everything mean Amazon; those of Sendcloud's half are in a table of
their own, and some of them are asked for by name where that half does its work.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from amzlink.amazon.marketplaces import BY_COUNTRY, Region
from amzlink.sandbox import distortions, refusals
from amzlink.sandbox.account import CLOSED_COUNTRY, COUNTRIES, ELSEWHERE, HOME
from amzlink.sandbox.damage import DAMAGE_FAULTS, struck_orders
from amzlink.sandbox.distortions import Distortion
from amzlink.sandbox.fault import (
    HUGE_MEGABYTES,
    Call,
    Choice,
    Fault,
    Memory,
    Stop,
    always,
    either,
    first_call_of_each,
)
from amzlink.sandbox.foreign_faults import FOREIGN_FAULTS
from amzlink.sandbox.hostile_faults import HOSTILE_FAULTS
from amzlink.sandbox.listing_faults import LISTING_CALLS, LISTING_FAULTS
from amzlink.sandbox.messages import Response, json_response
from amzlink.sandbox.refusals import denied
from amzlink.sandbox.report_faults import REPORT_CALLS, REPORT_FAULTS
from amzlink.sandbox.sendcloud.faults import SENDCLOUD_FAULTS
from amzlink.sandbox.shipment_faults import SHIPMENT_FAULTS
from amzlink.sandbox.table import (
    API_CALLS,
    EVERY_CALL,
    GET_ACCOUNT,
    GET_ORDER,
    GET_PARTICIPATIONS,
    LWA_CALL,
    SEARCH_ORDERS,
)

_LWA: Final = frozenset({LWA_CALL})
ROLE_MISSING_PII: Final = "role-missing-pii"
_ORDERS: Final = frozenset({SEARCH_ORDERS.id, GET_ORDER.id})
_SEARCH: Final = frozenset({SEARCH_ORDERS.id})
_SELLERS: Final = frozenset({GET_PARTICIPATIONS.id, GET_ACCOUNT.id})
_ACCOUNT: Final = frozenset({GET_ACCOUNT.id})
_MAIN_MARKETPLACE: Final = BY_COUNTRY[COUNTRIES[0]].id
_CLOSED_MARKETPLACE: Final = BY_COUNTRY[CLOSED_COUNTRY].id


def _first_later_page(answer: Response) -> Stop:
    def stop(call: Call, memory: Memory) -> Response | None:
        if call.operation != SEARCH_ORDERS.id or "paginationToken" not in call.query or memory:
            return None
        memory.add(call.operation)
        return answer

    return stop


def _wrong_region(call: Call, _memory: Memory) -> Response | None:
    # Only a call that names marketplaces is told why; any other meets a 403 without a word.
    named = call.region == HOME and "marketplaceIds" in call.query
    return denied(refusals.WRONG_REGION) if named else None


def _until_renewed(operations: frozenset[str], answer: Response) -> Stop:
    return lambda call, _memory: answer if call.operation in operations and not call.renewed else None


def _wrong_marketplaces(call: Call, _memory: Memory) -> Response | None:
    # A listing is asked for with marketplace and Seller ID together, and is told that they do not fit.
    return refusals.seller_unknown() if call.operation in LISTING_CALLS else None


def _empty_in_named_marketplaces(call: Call, _memory: Memory) -> Distortion | None:
    if call.operation in _SEARCH and "marketplaceIds" in call.query:
        return distortions.no_orders
    return distortions.sells_only_in(_CLOSED_MARKETPLACE) if call.operation in _SELLERS else None


def _only_amazons(call: Call, _memory: Memory) -> Distortion | None:
    if call.operation not in _ORDERS:
        return None
    wanted = call.query.get("fulfilledBy", "AMAZON").split(",")
    return distortions.all_by_amazon if "AMAZON" in wanted else distortions.no_orders


def _only_pending(call: Call, _memory: Memory) -> Distortion | None:
    if call.operation not in _ORDERS:
        return None
    wanted = call.query.get("fulfillmentStatuses", "PENDING").split(",")
    return distortions.all_pending if "PENDING" in wanted else distortions.no_orders


def _change(operations: frozenset[str], distortion: Distortion) -> Choice:
    return lambda call, _memory: distortion if call.operation in operations else None


def _repeat_token(call: Call, _memory: Memory) -> Distortion | None:
    token = call.query.get("paginationToken")
    return distortions.repeat_token(token) if token and call.operation == SEARCH_ORDERS.id else None


_TABLE: Final = (
    Fault(
        "client-unknown",
        "LWA does not know the client id or its secret",
        intercept=always(_LWA, refusals.client_unknown()),
    ),
    Fault(
        "client-secret-expired",
        "LWA still gives tokens, but every API call says that the client secret has expired",
        refuse=always(API_CALLS, denied(refusals.SECRET_EXPIRED)),
    ),
    Fault(
        "authorisation-revoked",
        "the seller has withdrawn the authorisation: no new tokens, and the old ones are refused",
        intercept=either(always(_LWA, refusals.grant_invalid()), always(API_CALLS, denied(refusals.TOKEN_REJECTED))),
    ),
    Fault(
        "app-mismatch",
        "the refresh token belongs to another app",
        intercept=always(_LWA, refusals.app_mismatch()),
    ),
    Fault(
        "access-token-rejected",
        "LWA gives tokens that the API does not accept",
        refuse=always(API_CALLS, denied(refusals.TOKEN_REJECTED)),
    ),
    Fault(
        "sandbox-credentials",
        "the app is one for Amazon's sandbox: production refuses its tokens as invalid",
        refuse=always(API_CALLS, denied(refusals.TOKEN_REJECTED)),
    ),
    Fault(
        "sandbox-host",
        "the calls end at Amazon's static sandbox, whose samples match none of them",
        refuse=always(API_CALLS - _SELLERS, refusals.no_sample()),
    ),
    Fault(
        "header-missing",
        "something in between removes the header with the access token",
        intercept=always(API_CALLS, denied(refusals.TOKEN_MISSING)),
    ),
    Fault(
        "path-unknown",
        "Amazon has retired the operations for orders",
        intercept=always(_ORDERS, refusals.unknown_path()),
    ),
    Fault(
        "region-mismatch",
        "the account is in North America; Amazon says so for European marketplaces, and gives no reason otherwise",
        refuse=_wrong_region,
        region=ELSEWHERE,
    ),
    Fault(
        "account-in-other-region",
        "the account is in North America, and Amazon refuses every call to another region without a reason",
        region=ELSEWHERE,
    ),
    Fault("role-missing-orders", "the app may not read orders", refuse=always(_ORDERS, denied())),
    Fault(
        ROLE_MISSING_PII,
        "the app may not read personal data: orders come without it",
        distort=_change(_ORDERS, distortions.drop_personal_data),
    ),
    Fault("role-missing-listings", "the app may not read listings", refuse=always(LISTING_CALLS, denied())),
    Fault(
        "role-missing-reports",
        "the app may not read reports",
        refuse=always(REPORT_CALLS, refusals.resource_forbidden()),
    ),
    Fault(
        "role-added-later",
        "the app got the role for listings later than its refresh token: only a new token may read them",
        refuse=_until_renewed(LISTING_CALLS, denied()),
    ),
    Fault(
        "role-missing-participations",
        "the app may not read participations, like most European apps that can read orders",
        refuse=always(_SELLERS, denied()),
    ),
    Fault(
        "role-missing-account",
        "the app may not read the selling plan, like most apps",
        refuse=always(_ACCOUNT, denied()),
    ),
    Fault(
        "account-suspended",
        "the seller's account is suspended: every call is denied",
        refuse=always(API_CALLS, denied()),
    ),
    Fault(
        "access-withdrawn",
        "Amazon has withdrawn the developer's access: LWA gives tokens, and every call is denied",
        refuse=always(API_CALLS, denied()),
    ),
    Fault(
        "dormant-account",
        "the account was not used for a long time and is inactive: every call is refused as invalid",
        refuse=always(API_CALLS, refusals.account_inactive()),
    ),
    Fault(
        "seller-id-wrong",
        "the Seller ID is not this account's",
        refuse=always(LISTING_CALLS, refusals.seller_unknown()),
    ),
    Fault(
        "not-participating",
        "the seller has no shop in the main marketplace",
        distort=_change(_SELLERS, distortions.set_participation("isParticipating", _MAIN_MARKETPLACE, value=False)),
    ),
    Fault(
        "listings-suspended",
        "the seller's listings are suspended, or the seller is on vacation",
        distort=_change(_SELLERS, distortions.set_participation("hasSuspendedListings", None, value=True)),
    ),
    Fault(
        "individual-plan",
        "the account has no Professional selling plan",
        distort=_change(_ACCOUNT, distortions.individual_plan),
    ),
    Fault(
        "wrong-marketplace-empty",
        "the seller has a shop only in Italy: searches in other marketplaces find nothing, listings do not fit",
        refuse=_wrong_marketplaces,
        distort=_empty_in_named_marketplaces,
    ),
    Fault(
        "only-amazon-fulfilled",
        "Amazon ships all orders: a search for orders that the merchant ships finds nothing",
        distort=_only_amazons,
    ),
    Fault("only-pending-orders", "none of the orders is paid for yet, so none has an address", distort=_only_pending),
    Fault("no-orders", "a search finds no order, as in a new shop", distort=_change(_SEARCH, distortions.no_orders)),
    Fault("clock-skewed", "Amazon's time is 20 minutes ahead of this machine's", ahead=timedelta(minutes=20)),
    Fault("throttled", "every call is over quota", intercept=always(API_CALLS, refusals.quota_exceeded())),
    Fault(
        "throttled-once",
        "the first call of every operation is over quota",
        intercept=first_call_of_each(API_CALLS, refusals.quota_exceeded()),
    ),
    Fault(
        "service-unavailable", "every call is answered with 503", intercept=always(API_CALLS, refusals.unavailable())
    ),
    Fault(
        "service-unavailable-once",
        "the first call of every operation is answered with 503",
        intercept=first_call_of_each(API_CALLS, refusals.unavailable()),
    ),
    Fault("server-error", "every call is answered with 500", intercept=always(API_CALLS, refusals.internal_failure())),
    Fault("lwa-down", "LWA answers everything with 503", intercept=always(_LWA, refusals.lwa_unavailable())),
    Fault(
        "lwa-html",
        "something answers instead of LWA, with a page to sign in; the API can be reached",
        intercept=always(_LWA, distortions.proxy_page()),
    ),
    Fault(
        "lwa-malformed",
        "LWA answers with something that is not a token",
        intercept=always(_LWA, json_response(200, {"token_type": "bearer"})),
    ),
    Fault(
        "lwa-form-lost",
        "something in between removes the body of the request for a token",
        intercept=always(_LWA, refusals.form_unread()),
    ),
    Fault("lwa-timeout", "LWA never answers", intercept=always(_LWA, Response(200, silent=True))),
    Fault("timeout", "no call is ever answered", intercept=always(EVERY_CALL, Response(200, silent=True))),
    Fault("response-empty", "answers have no body", distort=_change(API_CALLS, distortions.empty_body)),
    Fault(
        "response-truncated",
        "answers are cut off in the middle",
        distort=_change(API_CALLS, distortions.truncated_body),
    ),
    Fault(
        "proxy-interferes",
        "something in between answers everything with a page to sign in",
        intercept=always(EVERY_CALL, distortions.proxy_page()),
    ),
    Fault(
        "proxy-redirects",
        "a guest network redirects everything to its page to sign in",
        intercept=always(EVERY_CALL, distortions.proxy_redirect()),
    ),
    Fault(
        "proxy-wants-log-in",
        "a proxy asks for a user name and a password",
        intercept=always(EVERY_CALL, distortions.proxy_log_in()),
    ),
    Fault(
        "request-broken",
        "something in between damages the requests, so that a gateway refuses them with a page",
        intercept=always(API_CALLS, refusals.request_broken()),
    ),
    Fault(
        "page-repeats-order",
        "every page of orders has its first order twice",
        distort=_change(_SEARCH, distortions.repeat_an_order),
    ),
    Fault("token-repeats", "the token of the next page is always the one just used", distort=_repeat_token),
    Fault(
        "token-expires-mid-paging",
        "once, the access token expires before the second page of orders",
        intercept=_first_later_page(denied(refusals.TOKEN_EXPIRED)),
    ),
    Fault(
        "page-token-dies",
        "once, the page token of a search cannot be used any more",
        refuse=_first_later_page(refusals.page_token_dead()),
    ),
    Fault(
        "unknown-fields",
        "orders have fields, programs and statuses that amzlink does not know",
        distort=_change(_ORDERS, distortions.add_unknown_fields),
    ),
    Fault(
        "orders-incomplete",
        "three of twenty orders come without name, street and telephone number for as long as this is on",
        distort=_change(_ORDERS, distortions.leave_out_parts),
    ),
    Fault(
        "malformed-order",
        "one order of every page lacks a required field, or has it with a wrong type",
        distort=_change(_SEARCH, distortions.damage_an_order),
    ),
)
_TABLES: Final = (
    _TABLE, DAMAGE_FAULTS, FOREIGN_FAULTS, HOSTILE_FAULTS, SHIPMENT_FAULTS, LISTING_FAULTS, REPORT_FAULTS,
    SENDCLOUD_FAULTS,
)  # fmt: skip
FAULTS: Final[Mapping[str, Fault]] = MappingProxyType({fault.name: fault for table in _TABLES for fault in table})


@dataclass(frozen=True, slots=True)
class _Plan:
    """Faults that are switched at a later moment of the sandbox's clock."""

    at: datetime
    on: tuple[str, ...]
    off: tuple[str, ...]


_DAMAGES: Final = frozenset(fault.name for fault in DAMAGE_FAULTS)


class Switchboard:
    """Which faults are on, each with its memory. Those switched on first get hold of a call first."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.megabytes = HUGE_MEGABYTES  # the size of huge answers
        self._memories: dict[str, Memory] = {}
        self._plans: list[_Plan] = []
        self.switch(on=names)

    @property
    def names(self) -> list[str]:
        """The faults that are on."""
        return list(self._memories)

    def has(self, name: str) -> bool:
        """Whether that fault is on."""
        return name in self._memories

    def strikes_once(self, name: str) -> bool:
        """Whether that fault is on and was not asked for since it was switched on."""
        memory = self._memories.get(name)
        if memory is None or name in memory:
            return False
        memory.add(name)
        return True

    @property
    def region(self) -> Region | None:
        """The region into which a fault has put the seller's account."""
        return next((FAULTS[name].region for name in self._memories if FAULTS[name].region), None)

    @property
    def ahead(self) -> timedelta:
        """How far the faults have put the sandbox's time ahead."""
        return sum((FAULTS[name].ahead for name in self._memories), timedelta())

    def switch(self, *, on: Iterable[str] = (), off: Iterable[str] = ()) -> None:
        """Switches faults; one that is on already begins anew. An unknown name is a ValueError and switches nothing."""
        on, off = list(on), list(off)
        _check_names({*on, *off})
        for name in off:
            self._memories.pop(name, None)
        for name in on:
            self._memories[name] = set()

    def plan(self, at: datetime, *, on: Iterable[str] = (), off: Iterable[str] = ()) -> None:
        """Switches faults at that moment of the sandbox's clock. An unknown name is a ValueError and plans nothing."""
        plan = _Plan(at, tuple(on), tuple(off))
        _check_names({*plan.on, *plan.off})
        self._plans = sorted([*self._plans, plan], key=lambda each: each.at)

    def settle(self, now: datetime) -> None:
        """Switches what was planned for this moment or an earlier one."""
        while self._plans and self._plans[0].at <= now:
            due = self._plans.pop(0)
            self.switch(on=due.on, off=due.off)

    def shift_date(self, *, of_the_api: bool) -> timedelta:
        """By how much the header of the next answer tells another time than Amazon goes by."""
        shift = timedelta()
        for name, memory in self._memories.items():
            fault = FAULTS[name]
            if not fault.date_once:
                shift += fault.date
            elif of_the_api and name not in memory:
                memory.add(name)
                shift += fault.date
        return shift

    def damaged_orders(self) -> list[str]:
        """Ids of the orders that came damaged since the faults that damage them were switched on."""
        struck = (struck_orders(memory) for name, memory in self._memories.items() if name in _DAMAGES)
        return sorted(set().union(*struck))

    def intercept(self, call: Call) -> Response | None:
        """The answer of a fault that strikes before the token is looked at."""
        return self._first(call, lambda fault: fault.intercept)

    def refuse(self, call: Call) -> Response | None:
        """The answer of a fault that strikes a call with a good token."""
        return self._first(call, lambda fault: fault.refuse)

    def distort(self, call: Call, answer: Response) -> Response:
        """A success as the faults that are on leave it; anything else stays."""
        for name, memory in self._memories.items():
            distortion = FAULTS[name].distort(replace(call, megabytes=self.megabytes), memory)
            if distortion is not None and answer.status in FAULTS[name].strikes and answer.body:
                answer = distortion(answer)
        return answer

    def lose(self, call: Call) -> Response | None:
        """What takes the place of the answer to a call that was carried out."""
        return self._first(call, lambda fault: fault.lose)

    def _first(self, call: Call, point: Callable[[Fault], Stop]) -> Response | None:
        for name, memory in self._memories.items():
            answer = point(FAULTS[name])(call, memory)
            if answer is not None:
                return answer
        return None


def _check_names(names: set[str]) -> None:
    unknown = sorted(names - FAULTS.keys())
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}; there are {', '.join(FAULTS)}")
