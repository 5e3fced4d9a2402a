"""Proving a link to Amazon live, before anything of it is stored.

What Amazon's answers cannot show stays “not checked”; only a proven failure is a problem. What each answer proves
stands in Amazon's documentation of authorisation errors and of the roles that open each operation.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Literal

from amzlink.amazon.listings import prove_seller_id
from amzlink.amazon.marketplaces import BY_ID, REGION_NAMES, Marketplace, Region
from amzlink.amazon.orders import SANDBOX_QUERIES, search_orders, to_ship_created_between
from amzlink.amazon.sellers import Participation, get_marketplace_participations
from amzlink.amazon.transport import DeadPageToken, Link
from amzlink.core.orders.import_window import SETTLED
from amzlink.core.orders.order import Order
from amzlink.deps import Account, Deps
from amzlink.problems import Problem, ProblemName
from amzlink.secrets import Secret

Trigger = Literal["announced", "processed"]
Destination = Literal["none", "sendcloud"]

PATIENCE: Final = timedelta(minutes=5)  # a search that meets an empty quota waits three
_LOOK_BACK: Final = timedelta(days=30)
_SAMPLE: Final = 20  # orders: enough to judge by


@dataclass(frozen=True, slots=True)
class SendcloudLink:
    """The keys of an integration at Sendcloud. The integration follows from them, unless another one is named."""

    public_key: str
    secret_key: Secret
    integration_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All that is needed to link a store. Its marketplaces are of one region, and the first is the store's country.

    `sendcloud` is there where orders go on to Sendcloud. Where `purge_destination` is None it stays as it is.
    """

    slug: str
    name: str
    marketplaces: tuple[Marketplace, ...]
    seller_id: str
    client_id: str
    client_secret: Secret
    refresh_token: Secret
    import_weights: bool = True
    update_status_when: Trigger = "processed"
    amazon_sandbox: bool = False
    sendcloud: SendcloudLink | None = None
    purge_destination: bool | None = None

    @property
    def destination(self) -> Destination:
        """Where the orders go on."""
        return "sendcloud" if self.sendcloud else "none"

    @property
    def region(self) -> Region:
        """The region of its marketplaces."""
        return self.marketplaces[0].region

    @property
    def marketplace_ids(self) -> tuple[str, ...]:
        """The ids of its marketplaces."""
        return tuple(marketplace.id for marketplace in self.marketplaces)


class Standing(StrEnum):
    """How far a thing is proved."""

    PROVED = "proved"
    NOT_CHECKED = "not checked"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `note` says why it could not be checked, or what to mind."""

    subject: str
    standing: Standing
    note: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the live check has shown; `selling_in` is None where Amazon does not tell this app."""

    findings: tuple[Finding, ...]
    selling_in: tuple[Marketplace, ...] | None = None


def prove(deps: Deps, answers: Answers) -> Proof:
    """Ask Amazon, in three cheap calls, whether the link works. Nothing is stored.

    Raises:
        Problem: a proven failure by its name, or what kept Amazon from answering.
    """
    page = answers.marketplaces[0].develop_apps_url
    with about_store(deps, answers.slug, page=page), deps.link(_account(answers), PATIENCE) as link:
        if answers.amazon_sandbox:
            return _prove_in_sandbox(link, answers)
        orders = _read_orders(link, answers)
        participations = _read_participations(link)
        return Proof(
            (
                Finding("Client id, client secret and refresh token", Standing.PROVED),
                Finding(f"Region {REGION_NAMES[answers.region]}", Standing.PROVED),
                Finding("Reading orders", Standing.PROVED),
                _judge_addresses(orders),
                *_judge_participation(answers, participations),
                *_judge_listings(link, answers),
            ),
            None
            if participations is None
            else tuple(BY_ID[p.marketplace_id] for p in participations if p.participating),
        )


@contextlib.contextmanager
def about_store(deps: Deps, slug: str, **known: object) -> Iterator[None]:
    """Add to problems what is known; and a store that is not stored yet cannot be renewed, only connected again."""
    try:
        yield
    except Problem as problem:
        facts: dict[str, object] = {**known, "store_option": f" --store {slug}", **problem.facts}
        if slug not in deps.load_config().stores:
            facts |= {"store_option": "", "renew": ""}
        raise Problem(problem.name, **facts) from problem


def _account(answers: Answers) -> Account:
    return Account(
        answers.slug,
        answers.marketplaces[0].country,
        answers.seller_id,
        answers.client_id,
        lambda: (answers.client_secret.reveal(), answers.refresh_token.reveal()),
        answers.amazon_sandbox,
    )


def _prove_in_sandbox(link: Link, answers: Answers) -> Proof:
    """Amazon's sandbox answers every app with the same samples: only the log-in and the way there are proved."""
    try:
        search_orders(link, SANDBOX_QUERIES[answers.region])
    except DeadPageToken:
        raise Problem(ProblemName.SANDBOX_CREDENTIALS, detail="it does not know Amazon's sample request") from None
    samples = "Amazon's sandbox shows samples and no account"
    return Proof(
        (
            Finding("Client id, client secret and refresh token", Standing.PROVED),
            Finding("Amazon's sandbox answers", Standing.PROVED),
            Finding("Everything else", Standing.NOT_CHECKED, samples),
        )
    )


def _read_orders(link: Link, answers: Answers) -> Sequence[Order]:
    """Some orders still to ship; their coming proves the token, the region and the role for orders."""
    now = link.learn_time()
    query = to_ship_created_between(now - _LOOK_BACK, now - SETTLED, answers.marketplace_ids, _SAMPLE)
    try:
        return search_orders(link, query).orders
    except Problem as problem:
        if problem.name == ProblemName.ACCESS_DENIED and _anything_open(link, answers):
            raise Problem(ProblemName.ROLE_MISSING_ORDERS, **problem.facts) from problem
        raise


def _anything_open(link: Link, answers: Answers) -> bool:
    """Whether Amazon lets the app use something else: then not the account is barred, but a role is missing."""
    if _read_participations(link) is not None:
        return True
    try:
        prove_seller_id(link, answers.seller_id, answers.marketplace_ids[0])
    except Problem as problem:
        return problem.name == ProblemName.SELLER_ID_WRONG  # it has read the Seller ID, so the door is open
    return True


def _read_participations(link: Link) -> tuple[Participation, ...] | None:
    """None where Amazon refuses, which in Europe and North America says nothing about the link."""
    try:
        return get_marketplace_participations(link)
    except Problem as problem:
        if problem.name == ProblemName.ACCESS_DENIED:
            return None
        raise


def _judge_addresses(orders: Sequence[Order]) -> Finding:
    """Without the restricted role Amazon answers all the same, and leaves name and street out of every order."""
    subject = "Names and addresses"
    recipients = [order.personal.recipient for order in orders if "IN_STORE_PICK_UP" not in order.programs]
    if not recipients:
        note = "no order is waiting to be shipped; `amzlink verify` can tell once there is one"
        return Finding(subject, Standing.NOT_CHECKED, note)
    if any(recipient.name or recipient.company_name or recipient.address_line_1 for recipient in recipients):
        return Finding(subject, Standing.PROVED)
    raise Problem(ProblemName.ROLE_MISSING_PII, count=len(recipients))


def _judge_participation(answers: Answers, participations: tuple[Participation, ...] | None) -> tuple[Finding, ...]:
    chosen = answers.marketplaces
    subject = f"Selling in {_names(chosen)}"
    if participations is None:
        note = "Amazon does not tell an app with these roles"
        return (Finding(subject, Standing.NOT_CHECKED, note),)
    selling = {entry.marketplace_id for entry in participations if entry.participating}
    if closed := [marketplace for marketplace in chosen if marketplace.id not in selling]:
        raise Problem(
            ProblemName.NOT_PARTICIPATING,
            country=_names(closed),
            detail=_names([BY_ID[marketplace_id] for marketplace_id in selling]) or "no country of this region",
        )
    suspended = {entry.marketplace_id for entry in participations if entry.listings_suspended}
    if paused := [marketplace for marketplace in chosen if marketplace.id in suspended]:
        note = "the shop is on holiday, or Amazon has suspended listings: see Account Info, Listing Status"
        return (Finding(subject, Standing.PROVED), Finding(f"Listings in {_names(paused)}", Standing.WARNING, note))
    return (Finding(subject, Standing.PROVED),)


def _judge_listings(link: Link, answers: Answers) -> tuple[Finding, ...]:
    """Only a call for listings reads the Seller ID; all others are content with the token."""
    try:
        prove_seller_id(link, answers.seller_id, answers.marketplace_ids[0])
    except Problem as problem:
        if problem.name != ProblemName.ACCESS_DENIED:
            raise
        if answers.import_weights:
            raise Problem(ProblemName.ROLE_MISSING_LISTINGS, **problem.facts) from problem
        note = "Amazon shows it only to apps with the role Product Listing"
        return (Finding("Seller ID", Standing.NOT_CHECKED, note),)
    proved = Finding("Seller ID", Standing.PROVED)
    return (proved, Finding("Reading listings", Standing.PROVED)) if answers.import_weights else (proved,)


def _names(marketplaces: Sequence[Marketplace]) -> str:
    return ", ".join(sorted(marketplace.name for marketplace in marketplaces))
