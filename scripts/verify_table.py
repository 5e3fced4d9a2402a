"""What `amzlink verify --deep` finds for each fault of the sandbox: the failed checks, and those that warn, by problem.

The test of verify demands this table, and the documentation shows it.
"""

from typing import Final

_ALL_APIS: Final = ("participation", "account", "orders-access", "listings-access", "reports-access", "confirm-access")
_READ_APIS: Final = ("participation", "account", "orders-access", "listings-access", "reports-access")


def _each(checks: tuple[str, ...], problem: str) -> dict[str, str]:
    return dict.fromkeys(checks, problem)


# Windows and hand-overs are reckoned in Amazon's time: where that is wrong, Amazon refuses them as lying in the future.
# The store has imported before, so a search that is refused without a reason is refused for now.
_AT_A_WRONG_TIME: Final = {"orders-access": "refused-for-now", "confirm-access": "request-refused"}

FOUND: Final[dict[str, dict[str, str]]] = {
    # Login with Amazon
    "client-unknown": {"lwa-token": "client-unknown"},
    "authorisation-revoked": {"lwa-token": "authorisation-revoked"},
    "app-mismatch": {"lwa-token": "app-mismatch"},
    "client-secret-expired": {"lwa-token": "client-secret-expired"},
    "access-token-rejected": {"lwa-token": "access-token-rejected"},
    "sandbox-credentials": {"lwa-token": "access-token-rejected"},
    "sandbox-host": {"lwa-token": "sandbox-credentials"},
    "header-missing": {"lwa-token": "access-token-rejected"},
    "lwa-down": {"lwa-token": "service-unavailable"},
    "lwa-malformed": {"lwa-token": "response-malformed"},
    "lwa-form-lost": {"lwa-token": "request-refused"},
    "lwa-body-nested": {"lwa-token": "response-malformed"},
    "lwa-hostile-text": {"lwa-token": "request-refused"},
    # Account and region
    "region-mismatch": {"region": "region-mismatch"},
    "account-in-other-region": {"region": "region-mismatch"},
    "account-suspended": {"account": "account-suspended"},
    "access-withdrawn": {"account": "account-suspended"},
    "dormant-account": {"account": "account-suspended"},
    "individual-plan": {"account": "individual-plan"},
    "seller-id-wrong": {"seller-id": "seller-id-wrong"},
    "not-participating": {"participation": "not-participating"},
    "wrong-marketplace-empty": {"participation": "not-participating"},
    "listings-suspended": {"participation": "listings-suspended"},
    # Roles
    "role-missing-orders": {"orders-access": "role-missing-orders"},
    "path-unknown": {"orders-access": "role-missing-orders"},
    "role-missing-pii": {"pii-access": "role-missing-pii"},
    "role-missing-listings": {"listings-access": "role-missing-listings"},
    "role-added-later": {"listings-access": "role-missing-listings"},
    "role-missing-reports": {"reports-access": "role-missing-reports"},
    "role-missing-orders-report": {"reports-access": "role-missing-reports"},
    "role-missing-confirm": {"confirm-access": "role-missing-confirm"},
    "role-missing-participations": {},
    "role-missing-account": {},
    # Orders
    "only-amazon-fulfilled": {"orders-access": "only-amazon-fulfilled"},
    "only-pending-orders": {},
    "no-orders": {},
    "unknown-fields": {},
    "orders-incomplete": {},
    "request-id-missing": {},
    # Network and service
    "timeout": {"network": "timeout"},
    "lwa-timeout": {"network": "timeout"},
    "lwa-html": {"network": "proxy-interferes"},
    "proxy-502": {"network": "proxy-interferes"},
    "proxy-interferes": {"network": "proxy-interferes"},
    "proxy-redirects": {"network": "proxy-interferes"},
    "proxy-wants-log-in": {"network": "proxy-interferes"},
    "request-broken": {"network": "proxy-interferes"},
    "gateway-200-html": {"network": "proxy-interferes"},
    "gateway-404-html": {"network": "proxy-interferes"},
    "refused-vaguely": {**_each(_ALL_APIS, "request-refused"), "orders-access": "refused-for-now"},
    "orders-refused-vaguely": {"orders-access": "refused-for-now"},
    "refusal-hostile-text": {**_each(_ALL_APIS, "request-refused"), "orders-access": "refused-for-now"},
    "refusal-nested": _each(_ALL_APIS, "response-malformed"),
    "gateway-404-empty": _each(_ALL_APIS, "response-malformed"),
    "gateway-403-empty": _each(_ALL_APIS, "response-malformed"),
    "body-nested": _each(_READ_APIS, "response-malformed"),
    "lwa-endless-life": {"lwa-token": "response-malformed"},
    "body-ends-early": _each(_READ_APIS, "response-malformed"),
    "lwa-body-ends-early": {"lwa-token": "response-malformed"},
    "clock-skewed": {"clock": "clock-skewed"},
    "date-two-years-ahead": {"clock": "clock-skewed", **_AT_A_WRONG_TIME},
    "date-40-days-ahead": {"clock": "clock-skewed", **_AT_A_WRONG_TIME},
    "date-40-days-behind": {"clock": "clock-skewed"},
    "throttled": {"quota": "throttled"},
    "listings-throttled": {"quota": "throttled"},
    "service-unavailable": _each(_ALL_APIS, "service-unavailable"),
    "server-error": _each(_ALL_APIS, "service-unavailable"),
    "response-empty": _each(_READ_APIS, "response-malformed"),
    "response-truncated": _each(_READ_APIS, "response-malformed"),
    # Sendcloud
    "sendcloud-credentials": {"sendcloud-access": "sendcloud-credentials"},
    "sendcloud-oauth-only": {},
    "sendcloud-token-refused": {"sendcloud-access": "sendcloud-oauth-only"},
    "sendcloud-forbidden": {"sendcloud-access": "sendcloud-forbidden"},
    "sendcloud-integration-missing": {"sendcloud-integration": "sendcloud-integration-missing"},
    "sendcloud-not-found": {"sendcloud-integration": "sendcloud-integration-missing"},
    "sendcloud-amazon-active": {"sendcloud-duplicate": "sendcloud-amazon-active"},
    "sendcloud-throttled": {"sendcloud-access": "sendcloud-throttled"},
    "sendcloud-broken": {"sendcloud-access": "service-unavailable"},
    "sendcloud-malformed": {"sendcloud-access": "response-malformed"},
    "sendcloud-body-nested": {"sendcloud-access": "response-malformed"},
    "sendcloud-hostile-text": {"sendcloud-access": "request-refused"},
    "sendcloud-body-ends-early": {"sendcloud-access": "response-malformed"},
    "sendcloud-hang": {"network": "timeout"},
    "sendcloud-html": {"network": "proxy-interferes"},
}

AROUND_PAGES: Final = frozenset(
    {
        "throttled-once", "service-unavailable-once", "page-repeats-order", "token-repeats", "token-expires-mid-paging",
        "page-token-dies", "malformed-order", "date-two-years-ahead-once", "page-token-huge",
    }
)  # fmt: skip
"""Faults that only a run over several pages meets, or that pass with the second try."""

AROUND_SHIPMENTS: Final = frozenset(
    {
        "role-missing-feeds", "confirmation-not-stored", "confirmation-not-stored-once", "shipment-refused",
        "tracking-doubted", "package-stale", "confirm-lost-answer", "confirm-lost-answer-hang", "feed-fatal",
        "feed-fatal-halfway", "feed-cancelled", "feed-lost-answer", "feed-hang-in-progress", "feed-document-expired",
        "feed-throttled", "feed-report-contradicts", "feed-report-contradicts-and-stores",
    }
)  # fmt: skip
"""Faults that only a confirmation meets, or a feed of them; verify changes nothing, so it sends neither."""

AROUND_WEIGHTS: Final = frozenset(
    {
        "role-missing-catalog", "role-missing-listings-write", "listing-patch-refused",
        "listing-patch-refused-after-preview", "listing-patch-refused-later", "listing-patch-lost",
        "listing-patch-spoils-others", "listing-patch-lost-answer", "listing-patch-lost-answer-hang",
    }
)  # fmt: skip
"""Faults that only a change to a listing meets, or a look into the catalogue; verify asks for neither."""

AROUND_REPORTS: Final = frozenset(
    {
        "report-denied", "report-failed", "report-cancelled", "report-hang-in-progress", "report-without-document",
        "report-document-expired", "report-document-expired-once", "report-gzip-ends-early", "report-gzip-bomb",
        "report-without-charset", "report-utf8", "report-utf8-misnamed", "report-shift-jis", "report-empty",
        "report-header-only", "report-columns-chosen", "report-columns-doubled", "report-column-missing",
        "report-line-short", "report-line-long", "report-line-break", "report-quotation-mark", "report-order-twice",
        "report-lost-answer",
    }
)  # fmt: skip
"""Faults that only a report meets; verify has none made, so even a request that is denied stays unseen."""

AROUND_SENDING: Final = frozenset(
    {
        "sendcloud-throttled-once", "sendcloud-broken-once", "sendcloud-conflict", "sendcloud-busy",
        "sendcloud-busy-once", "sendcloud-refuses-one", "sendcloud-refuses-vaguely", "sendcloud-keeps-orders",
        "sendcloud-slow", "sendcloud-forgets", "sendcloud-lost-answer",
        "sendcloud-updated-at-still", "sendcloud-any-currency",
    }
)  # fmt: skip
"""Faults that only orders on their way to Sendcloud meet, or that pass with the second try."""

_DAMAGES: Final = (
    "unquoted-word", "missing-comma", "line-break", "stray-quote", "wrong-utf8", "no-number", "not-a-number",
    "word-for-number", "unknown-status", "cut-object",
)  # fmt: skip

AROUND_ANSWERS: Final = frozenset(
    {
        *(f"order-damaged-{damage}{lasting}" for damage in _DAMAGES for lasting in ("", "-for-good")),
        "order-404-empty", "order-404-html", "order-403-empty", "order-200-html",
        "body-huge", "body-gzip-bomb", "body-drips",
        "lwa-body-huge", "lwa-body-gzip-bomb", "lwa-body-drips",
        "document-body-nested", "document-body-huge", "document-body-gzip-bomb", "document-body-drips",
        "document-body-ends-early", "document-url-control-characters", "document-url-huge", "sendcloud-body-huge",
        "sendcloud-body-gzip-bomb", "sendcloud-body-drips",
    }
)  # fmt: skip
"""Single answers that are damaged, foreign or hostile.

Some meet only calls that verify does not make. What verify makes of the others is not in the table yet.
"""
