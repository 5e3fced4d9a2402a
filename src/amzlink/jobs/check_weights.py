"""check-weights: find products without a shipping weight, and fix them here and, where wanted, at Amazon."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.amazon.catalog import package_weights
from amzlink.amazon.marketplaces import BY_ID
from amzlink.config import Store
from amzlink.core.weight_rows import WeightEntry
from amzlink.core.weights import Finding
from amzlink.deps import Deps, amazon_offset_is_large, skew_problem
from amzlink.jobs.patch_weights import Patcher, PatchOutcome
from amzlink.jobs.sweep import CatalogueSweep
from amzlink.jobs.weighing import Weigher
from amzlink.orderbook import listings as booked
from amzlink.orderbook.book import Book
from amzlink.orderbook.listings import BookedListing
from amzlink.orderbook.runs import Run, note_run
from amzlink.problems import Problem

if TYPE_CHECKING:
    from amzlink.amazon.transport import Link

JOB: Final = "check-weights"
_MAX_WAIT: Final = timedelta(hours=2)
_CHUNK: Final = 500
_WORST_FIRST: Final = (Finding.MISSING, Finding.ZERO, Finding.IMPLAUSIBLE, Finding.OK)


class CheckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for. `weights` are those that the merchant gives, in grams by SKU.

    With `apply` they go to Amazon's listings too; a `dry_run` only asks Amazon what it would say, and keeps nothing.
    """

    all_listings: bool = False
    weights: Mapping[str, int] = {}
    accept_suggestions: bool = False
    apply: bool = False
    dry_run: bool = False


class SkuRefusal(msgspec.Struct, frozen=True):
    """A weight that was given and is not kept, and why."""

    sku: str
    problem: str
    message: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A product: its listing as the book has it, and what was found."""

    listing: BookedListing
    entry: WeightEntry


class CheckReport(msgspec.Struct, kw_only=True):
    """What one store's run found and did. `problem` is what stopped it."""

    store: str
    skus: list[Checked] = msgspec.field(default_factory=list)
    set_here: int = 0
    refused: list[SkuRefusal] = msgspec.field(default_factory=list)
    patches: list[PatchOutcome] = msgspec.field(default_factory=list)
    missing_orders: int = 0
    api_calls: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float = 0.0
    problem: Problem | None = None

    @property
    def findings(self) -> dict[str, int]:
        """How many products have which finding."""
        counted = Counter(checked.entry.verdict.finding for checked in self.skus)
        return {finding.value: counted[finding] for finding in Finding}

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was done."""
        return self.problem is None and not self.refused and all(patch.is_taken for patch in self.patches)


def check_weights(deps: Deps, slug: str, options: CheckOptions) -> CheckReport:
    """Look up, judge, and do what was asked for. What was found before a problem is in the report too."""
    report = CheckReport(store=slug)
    started = deps.clock.now()
    try:
        with deps.lock(slug, JOB), deps.book() as book:
            store = deps.load_config().stores[slug]
            with deps.link(deps.account_of(slug, store), _MAX_WAIT) as link:
                try:
                    check = _Check(deps=deps, link=link, book=book, slug=slug, store=store, report=report)
                    check.run(options)
                except Problem as problem:
                    report.problem = problem
                finally:
                    report.api_calls.update(link.calls)
            if not options.dry_run:
                _note(book, slug, report, started, deps.clock.now())
    except Problem as problem:
        report.problem = report.problem or problem
    if report.problem:
        report.problem = report.problem.with_facts(store=slug, store_option=f" --store {slug}")
    report.seconds = (deps.clock.now() - started).total_seconds()
    deps.log.write(
        deps.clock.now(),
        "run",
        store=slug,
        job=JOB,
        problem=report.problem.name if report.problem else None,
        seconds=round(report.seconds, 1),
        **report.findings,
    )
    return report


class _Check:
    """One store's run, once everything is open."""

    def __init__(
        self, *, deps: Deps, link: "Link", book: Book, slug: str, store: Store, report: CheckReport
    ) -> None:  # fmt: skip
        self._deps = deps
        self._link = link
        self._book = book
        self._slug = slug
        self._store = store
        self._report = report

    def run(self, options: CheckOptions) -> None:
        """The steps, one after the other; each is stored before the next begins."""
        now = self._link.learn_time()
        if amazon_offset_is_large(self._link.offset):
            self._deps.observer.warn(skew_problem(self._link.offset))
        weigher = Weigher(
            link=self._link,
            book=self._book,
            slug=self._slug,
            store=self._store,
            now=now,
            progress=self._deps.observer.progress,
        )
        patcher = Patcher(
            link=self._link, book=self._book, slug=self._slug, store=self._store, weigher=weigher, now=now
        )
        waiting = booked.open_orders_by_sku(self._book, self._slug)
        skus = self._look(weigher, options, now, waiting)
        self._report.patches += patcher.look_again()
        given = self._keep_given(options, set(waiting))
        self._suggest(weigher, skus)
        if options.accept_suggestions:
            given |= self._accept(weigher, skus, dry_run=options.dry_run)
        self._report.set_here = len(given)
        if options.apply or options.dry_run:
            self._report.patches += patcher.send(given or self._set_earlier(skus), preview_only=options.dry_run)
        if not options.dry_run:
            weigher.weigh_lines(waiting)
            self._report.missing_orders = booked.hold_missing_weights(self._book, self._slug, now)
        self._tell(weigher, skus, waiting)

    def _look(
        self, weigher: Weigher, options: CheckOptions, now: datetime, waiting: Mapping[str, int]
    ) -> list[str]:  # fmt: skip
        """Look up what is to be judged: the products of open orders, or all; and those that a weight was given for."""
        if options.all_listings:
            CatalogueSweep(
                link=self._link,
                book=self._book,
                slug=self._slug,
                store=self._store,
                weigher=weigher,
                clock=self._deps.clock,
                now=now,
                progress=self._deps.observer.progress,
            ).run()
            unknown = [sku for sku in options.weights if not self._known(sku)]
            weigher.look_up(unknown)
            listed = [listing.sku for listing in booked.iterate_listings(self._book, self._slug) if listing.is_listed]
            return list(dict.fromkeys([*listed, *waiting]))
        skus = list(dict.fromkeys([*waiting, *options.weights]))
        weigher.look_up(skus)
        return skus

    def _known(self, sku: str) -> bool:
        return sku in booked.find_listings(self._book, self._slug, [sku])

    def _keep_given(self, options: CheckOptions, waiting: set[str]) -> dict[str, int]:
        """Keep the merchant's weights; a SKU that neither the account nor an open order has is a slip of the pen."""
        known = booked.find_listings(self._book, self._slug, options.weights.keys())
        given = {}
        for sku, grams in options.weights.items():
            listing = known.get(sku)
            if (listing and listing.is_listed) or sku in waiting:
                given[sku] = grams
            else:
                problem = Problem("sku-unknown", sku=sku, store=self._slug)
                self._report.refused.append(SkuRefusal(sku, problem.name, problem.summary))
        if not options.dry_run:
            booked.set_local_weights(self._book, self._slug, given)
        return given

    def _suggest(self, weigher: Weigher, skus: Sequence[str]) -> None:
        """Ask the catalogue about products with a finding; what it says is a suggestion and no more."""
        found = weigher.judge(skus)
        asked = [sku for sku in skus if found[sku].finding is not Finding.OK]
        listings = booked.find_listings(self._book, self._slug, asked)
        asins = {
            listing.sku: listing.asin
            for listing in listings.values()
            if listing.asin and listing.catalogue_grams is None
        }
        if not asins:
            return
        self._deps.observer.progress(f"asking the catalogue about {len(asins)} products")
        try:
            weights = package_weights(self._link, self._store.marketplace_ids[0], list(asins.values()))
        except Problem as problem:
            if problem.name != "access-denied":
                raise
            return  # the role for the catalogue is missing: there are fewer suggestions then, and that is all
        booked.note_catalogue(
            self._book, self._slug, {sku: weights[asin].package for sku, asin in asins.items() if asin in weights}
        )

    def _accept(self, weigher: Weigher, skus: Sequence[str], *, dry_run: bool) -> dict[str, int]:
        accepted = {
            sku: verdict.suggestion_grams
            for sku, verdict in weigher.judge(skus).items()
            if verdict.finding is not Finding.OK and verdict.suggestion_grams
        }
        if not dry_run:
            booked.set_local_weights(self._book, self._slug, accepted)
        return accepted

    def _set_earlier(self, skus: Sequence[str]) -> dict[str, int]:
        """Weights that the merchant has set in earlier runs and that the listings do not show."""
        listings = booked.find_listings(self._book, self._slug, skus)
        return {sku: listing.local_grams for sku, listing in listings.items() if listing.local_grams}

    def _tell(self, weigher: Weigher, skus: Sequence[str], waiting: Mapping[str, int]) -> None:
        """Every product with what was found, the worst first, and of those the ones that most orders wait for."""
        for start in range(0, len(skus), _CHUNK):
            chunk = skus[start : start + _CHUNK]
            known = booked.find_listings(self._book, self._slug, chunk)
            listings = [known.get(sku) or BookedListing(sku=sku) for sku in chunk]
            verdicts = weigher.judge_listings(listings)
            self._report.skus += [
                Checked(
                    listing=listing,
                    entry=WeightEntry(
                        sku=listing.sku,
                        verdict=verdicts[listing.sku],
                        asin=listing.asin,
                        title=listing.title,
                        open_orders=waiting.get(listing.sku, 0),
                        listing_link=self._link_to(listing.sku),
                    ),
                )
                for listing in listings
            ]
        self._report.skus.sort(
            key=lambda checked: (
                _WORST_FIRST.index(checked.entry.verdict.finding),
                -checked.entry.open_orders,
                checked.listing.sku,
            )
        )

    def _link_to(self, sku: str) -> str:
        return BY_ID[self._store.marketplace_ids[0]].listing_url(sku)


def _note(book: Book, slug: str, report: CheckReport, started: datetime, finished: datetime) -> None:
    run = Run(
        job=JOB,
        started_at=started,
        finished_at=finished,
        problem=report.problem.name if report.problem else None,
        counts=report.findings,
        amazon_time=None,
    )
    note_run(book, slug, run)
