"""import-orders: bring the order book up to date with Amazon.

Each page and its resume point are stored in one transaction, so a run may die anywhere: the next one goes on from the
last page, and an order that comes twice is one order.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from amzlink.amazon.marketplaces import Region
from amzlink.amazon.orders import (
    SANDBOX_QUERIES,
    changed_between,
    get_order,
    search_orders,
    to_ship_created_between,
)
from amzlink.amazon.transport import DeadPageToken, Link
from amzlink.clock import to_iso
from amzlink.config import Store
from amzlink.core.orders.import_window import Coverage, plan_run
from amzlink.core.shipments.parcels import SENDCLOUD
from amzlink.deps import DEFAULT_MAX_WAIT, Deps, amazon_offset_is_large, skew_problem
from amzlink.jobs.destination.desk import SendTally
from amzlink.jobs.destination.send import send_orders
from amzlink.jobs.orders.ingest import Intake, Tally
from amzlink.jobs.privacy.renew import renew_leases
from amzlink.jobs.purge_pii import overdue, purge_in_passing
from amzlink.jobs.recording import run_job
from amzlink.jobs.shipments.collect import ParcelNews
from amzlink.jobs.shipments.read_back import ReadBack
from amzlink.jobs.weights.look_up import Weigher
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.orders.pages import Refusal, Search, begin_searches, coverage, refused_orders, searches_under_way
from amzlink.orderbook.weights.order_lines import forget_missing_weights
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import Denied, Refused, Unreadable
from amzlink.vault import Vault

JOB: Final = "import-orders"
_ORDER_ID: Final = re.compile(r"[0-9]{3}-[0-9]{7}-[0-9]{7}")
_PAGE_TOKEN_LIFE: Final = timedelta(hours=23)  # Amazon says 24; one that is nearly dead is not worth a call
_RETRIED_ORDERS: Final = 20
# What getOrder can answer for one order while others are well: a 403 may mean that it is another seller's
# (docs/services/amazon.md, "When a role is missing").
_ONE_ORDERS_OWN: Final = (Refused, Denied, Unreadable)
_RESTARTS: Final = 2


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for. `since` is for the first run, or reaches further back than the last one."""

    since: datetime | None = None
    order_ids: tuple[str, ...] = ()
    route: Literal["auto", "search", "report"] = "auto"
    max_wait: timedelta = DEFAULT_MAX_WAIT
    dry_run: bool = False


class ImportReport(msgspec.Struct, kw_only=True):
    """What one store's run did. `problem` is what stopped it, or what a person should know of.

    `time_counts` says whether personal data may be destroyed by `amazon_time`.
    """

    store: str
    window: tuple[datetime, datetime] | None = None
    route: str = "search"
    tally: Tally = msgspec.field(default_factory=Tally)
    sent: SendTally = msgspec.field(default_factory=SendTally)
    api_calls: Counter[str] = msgspec.field(default_factory=Counter)
    purged: int = 0
    seconds: float = 0.0
    amazon_time: datetime | None = None
    time_counts: bool = False
    problem: Problem | None = None

    @property
    def complete(self) -> bool:
        """Whether everything that came could be taken in."""
        return self.problem is None and not self.refused

    @property
    def borne_out(self) -> datetime | None:
        """Amazon's time, where personal data may be destroyed by it."""
        return self.amazon_time if self.time_counts else None

    def counts(self) -> dict[str, int]:
        """The plain numbers, for the log and the record of runs."""
        return {**self.tally.counts(), "sent": self.sent.sent}

    @property
    def refused(self) -> list[Refusal]:
        """What could not be taken in, and what the destination does not take."""
        return [*self.tally.refused, *self.sent.refused]


def stops(problem: Problem) -> bool:
    """Whether a run ends there. Orders without addresses are stored and held, and it goes on."""
    return problem.name != ProblemName.ROLE_MISSING_PII


def import_orders(deps: Deps, slugs: Sequence[str], options: ImportOptions) -> list[ImportReport]:
    """Import the stores one after the other; one that fails does not hold back the others.

    Raises:
        Problem: `not-built-yet` or `usage`, before anything is done.
    """
    if options.route == "report":
        raise Problem(ProblemName.NOT_BUILT_YET, detail="The report route")
    for order_id in options.order_ids:
        if not _ORDER_ID.fullmatch(order_id):
            raise Problem(
                ProblemName.USAGE, command="amzlink import-orders", detail=f"{order_id!r} is no Amazon order number."
            )
    return [_import_store(deps, slug, options) for slug in slugs]


def _import_store(deps: Deps, slug: str, options: ImportOptions) -> ImportReport:
    report = ImportReport(store=slug, route="order" if options.order_ids else "search")

    def work(book: StoreBook) -> None:
        _import_into(book, deps, slug, options, report=report)

    run_job(deps, JOB, report, work, dry_run=options.dry_run)
    return report


def _import_into(book: StoreBook, deps: Deps, slug: str, options: ImportOptions, *, report: ImportReport) -> None:
    settings = deps.load_config()
    store = settings.stores[slug]
    vault = deps.vault(book)
    account = deps.account_of(slug, store)
    with deps.link(account, options.max_wait) as link:
        try:
            report.amazon_time = link.learn_time()
            report.time_counts = deps.bears_out(store) and link.was_told_the_time
            if amazon_offset_is_large(link.offset):
                deps.observer.warn(skew_problem(link.offset))
            intake = Intake(
                slug=slug,
                store=store,
                retention=settings.retention,
                book=book,
                vault=vault,
                now=report.amazon_time,
                tally=report.tally,
                dry_run=options.dry_run,
            )
            run = _Run(deps=deps, link=link, intake=intake, book=book, slug=slug, store=store)
            if options.order_ids:
                run.fetch(options.order_ids)
            elif store.amazon_sandbox:
                run.sample(account.region)
            else:
                if not options.dry_run:
                    run.fetch(refused_orders(book, _RETRIED_ORDERS))
                report.window = run.search(options.since, resume=not options.dry_run)
            if not options.dry_run:
                today = max(report.amazon_time.date(), vault.floor or report.amazon_time.date())
                renew_leases(book, vault, today=today, policy=settings.retention)
                _read_back(deps, link, book, vault, slug=slug, intake=intake)
                if store.import_weights:
                    report.tally.missing_weight = _weigh(deps, link, book, slug, store)
                else:
                    forget_missing_weights(book)
            report.problem = intake.missing_addresses()
        except Problem as problem:
            # What was stored before counts, and so does the time that Amazon told.
            report.problem = problem
        finally:
            report.api_calls.update(link.calls)
    if store.destination == SENDCLOUD:
        _send_on(deps, book, vault, slug, store=store, report=report, options=options)
    if not options.dry_run:
        _purge(deps, book, slug, report)


def _read_back(deps: Deps, link: Link, book: StoreBook, vault: Vault, *, slug: str, intake: Intake) -> None:
    """See that the confirmations of earlier runs are there."""
    policy = deps.load_config().retention
    news = ParcelNews(book=book, vault=vault, slug=slug, policy=policy, now=link.amazon_now(), dry_run=False)
    ReadBack(
        deps=deps, link=link, book=book, vault=vault, slug=slug, intake=intake, news=news, now=link.amazon_now()
    ).run()


def _purge(deps: Deps, book: StoreBook, slug: str, report: ImportReport) -> None:
    """Destroy what is due. Where another job is at work on the store, the next run does it."""
    done = purge_in_passing(deps, book, slug, report.borne_out)
    if done is not None:
        report.purged = done.purged
    if done is None or done.problem:
        _tell_overdue(deps, book, slug, report, done.problem if done else None)


def _tell_overdue(deps: Deps, book: StoreBook, slug: str, report: ImportReport, problem: Problem | None) -> None:
    """Say why not all could be destroyed, and of how many orders the time is over."""
    count = overdue(book, (report.amazon_time or deps.clock.now()).date(), deps.load_config().retention)
    late = Problem(ProblemName.RETENTION_OVERDUE, count=count) if count else None
    for each in (problem, late):
        if each:
            deps.observer.warn(each.with_facts(store=slug, store_option=f" --store {slug}"))


def _weigh(deps: Deps, link: Link, book: StoreBook, slug: str, store: Store) -> int:
    """Give the lines of orders their weights; a listing that cannot be read holds up no import."""
    weigher = Weigher(
        link=link, book=book, slug=slug, store=store, now=link.amazon_now(), progress=deps.observer.progress
    )
    try:
        weigher.look_up_orders()
    except Problem as problem:
        name = ProblemName.ROLE_MISSING_LISTINGS if isinstance(problem, Denied) else problem.name
        deps.observer.warn(Problem(name, **{**problem.facts, "store": slug, "store_option": f" --store {slug}"}))
    return weigher.weigh_orders()


def _send_on(
    deps: Deps, book: StoreBook, vault: Vault, slug: str, *, store: Store, report: ImportReport, options: ImportOptions
) -> None:
    """Hand on what is ready, whether or not Amazon has told everything: what it told before is in the book."""
    try:
        with deps.sendcloud(slug, store, options.max_wait) as client:
            try:
                send_orders(
                    deps, client, book, vault, slug=slug, store=store, tally=report.sent, dry_run=options.dry_run
                )
            finally:
                report.api_calls.update(client.calls)
    except Problem as problem:
        # Two things can go wrong at once: what stops more is the run's, and of the other somebody has to hear too.
        ours, other = report.problem, problem
        if ours is None or not stops(ours):
            ours, other = problem, ours
        report.problem = ours
        if other:
            deps.observer.warn(other)


class _Run:
    """One store's run, once everything is open."""

    def __init__(self, *, deps: Deps, link: Link, intake: Intake, book: StoreBook, slug: str, store: Store) -> None:
        self._deps = deps
        self._link = link
        self._intake = intake
        self._book = book
        self._slug = slug
        self._store = store

    def fetch(self, order_ids: Sequence[str]) -> None:
        """Single orders by getOrder, whose quota is ninety times that of a search."""
        for order_id in order_ids:
            self._deps.observer.progress(f"order {order_id}")
            try:
                order = get_order(self._link, order_id)
            except _ONE_ORDERS_OWN as problem:
                self._intake.refuse(order_id, problem.name, problem.summary)
            else:
                self._intake.take((order,))

    def sample(self, region: Region) -> None:
        """Amazon's static sandbox has one fixed answer per region."""
        page = search_orders(self._link, SANDBOX_QUERIES[region])
        self._intake.take(page.orders, page.refused)

    def search(self, since: datetime | None, *, resume: bool) -> tuple[datetime, datetime]:
        """Finish what an earlier run began, then bring in what has changed since. Returns the window of changes."""
        if resume and (left := searches_under_way(self._book)):
            for search in left:
                self._go_through(search)
        planned = self._plan(since)
        if resume:
            begin_searches(self._book, planned)
        for search in planned:
            self._go_through(search)
        changes = planned[-1]
        return changes.window_start, changes.window_end

    def _plan(self, since: datetime | None) -> list[Search]:
        ids = self._store.marketplace_ids
        known = coverage(self._book)
        plan = plan_run(Coverage(*known) if known else None, ids, self._link.amazon_now(), since)
        searches = []
        if plan.sweep:
            # First, because what lies longest is most urgent. What was created later has changed later too.
            start, end = plan.sweep.start, plan.sweep.end
            searches.append(
                Search(
                    kind="sweep",
                    position=1,
                    query=to_ship_created_between(start, end, plan.sweep_marketplace_ids),
                    window_start=start,
                    window_end=end,
                    marketplace_ids=plan.sweep_marketplace_ids,
                )
            )
        start, end = plan.changes.start, plan.changes.end
        searches.append(
            Search(
                kind="changes",
                position=2,
                query=changed_between(start, end, ids),
                window_start=start,
                window_end=end,
                marketplace_ids=ids,
            )
        )
        return searches

    def _go_through(self, search: Search) -> None:
        if search.page_token_at and self._link.amazon_now() - search.page_token_at > _PAGE_TOKEN_LIFE:
            search = _from_the_start(search)
        for _ in range(_RESTARTS):
            try:
                for page_number, at in enumerate(self._pages(search), 1):
                    self._deps.observer.progress(f"{search.kind}: page {page_number}, up to {to_iso(at)}")
            except DeadPageToken:
                search = _from_the_start(search)
            else:
                return
        raise Problem(ProblemName.RESPONSE_MALFORMED, operation="searchOrders", detail="its page tokens die at once")

    def _pages(self, search: Search) -> Iterator[datetime]:
        token, seen = search.page_token, set[int]()
        while True:
            page = search_orders(self._link, search.query, token)
            token = page.next_token
            if token and hash(token) in seen:
                raise Problem(
                    ProblemName.RESPONSE_MALFORMED, operation="searchOrders", detail="its page tokens go in a circle"
                )
            seen.add(hash(token))
            here = msgspec.structs.replace(search, page_token=token, page_token_at=self._link.amazon_now())
            self._intake.take(page.orders, page.refused, search=here)
            yield here.window_end
            if token is None:
                return


def _from_the_start(search: Search) -> Search:
    return msgspec.structs.replace(search, page_token=None, page_token_at=None)
