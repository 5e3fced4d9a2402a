"""check-weights: find products without a shipping weight or customs data, and fix them here and at Amazon."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.amazon.marketplaces import BY_ID
from amzlink.core.nearest import nearest
from amzlink.core.weights.customs import NO_CUSTOMS, CustomsData, CustomsState, assess_customs
from amzlink.core.weights.rows import WeightEntry
from amzlink.core.weights.weights import Finding
from amzlink.deps import Deps
from amzlink.jobs.weights.catalogue import CatalogueSweep
from amzlink.jobs.weights.customs import find_missing_customs
from amzlink.jobs.weights.look_up import Weigher, judge_booked
from amzlink.jobs.weights.update_listings import Patcher, PatchOutcome
from amzlink.orderbook.weights import listings as booked
from amzlink.orderbook.weights import order_lines as line_weights
from amzlink.orderbook.weights.customs import NOTHING_MISSING, MissingCustoms, orders_abroad_by_sku
from amzlink.orderbook.weights.listings import BookedListing, PatchState
from amzlink.problems import Problem, ProblemName, usage
from amzlink.problems.failures import Denied
from amzlink.run import StoreRun, run_job

if TYPE_CHECKING:
    from amzlink.orderbook.database import StoreBook

JOB: Final = "check-weights"
_MAX_WAIT: Final = timedelta(hours=2)
_CHUNK: Final = 500
_MOST_GUESSED: Final = 10  # a file with thousands of wrong SKUs has another fault than the hand that typed it
_WORST_FIRST: Final = (Finding.MISSING, Finding.ZERO, Finding.IMPLAUSIBLE, Finding.OK)


class CheckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command was asked for.

    `weights` are those that the merchant gives, in grams by SKU, `customs` the HS codes and countries of origin, and
    `bad_customs` the products whose customs data in a file could not be used. For what is in `forget`, what was given
    earlier no longer counts, and Amazon's weight counts again.

    With `apply` the weights go to Amazon's listings too; a `dry_run` only asks Amazon what it would say, and keeps
    nothing.
    """

    all_listings: bool = False
    weights: Mapping[str, int] = {}
    customs: Mapping[str, CustomsData] = {}
    bad_customs: frozenset[str] = frozenset()
    forget: tuple[str, ...] = ()
    accept_suggestions: bool = False
    apply: bool = False
    dry_run: bool = False

    @property
    def named(self) -> list[str]:
        """The SKUs that something is said of."""
        return list(dict.fromkeys([*self.weights, *self.customs, *self.forget]))


class SkuRefusal(msgspec.Struct, frozen=True):
    """Something that was given for a SKU and is not kept, and why."""

    sku: str
    problem: ProblemName
    message: str


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A product: its listing as the book has it, and what was found."""

    listing: BookedListing
    entry: WeightEntry


class CheckReport(msgspec.Struct, kw_only=True):
    """What one store's run found and did.

    `problem` is what stopped it, or kept it from reading listings. `passed_over` counts weights that Amazon refused or
    lost before, and that are not sent again unless they are given again. `set_here` and `forgotten` count weights, of
    which `accepted` were suggestions; `customs_set` and `customs_forgotten` count products with customs data; `customs`
    is what orders to ship lack of that. `never_set` are the SKUs to forget of which nothing was set here.
    """

    store: str
    skus: list[Checked] = msgspec.field(default_factory=list)
    set_here: int = 0
    accepted: int = 0
    forgotten: int = 0
    refused: list[SkuRefusal] = msgspec.field(default_factory=list)
    patches: list[PatchOutcome] = msgspec.field(default_factory=list)
    passed_over: int = 0
    missing_orders: int = 0
    customs_set: int = 0
    customs_forgotten: int = 0
    never_set: list[str] = msgspec.field(default_factory=list)
    customs: MissingCustoms = NOTHING_MISSING
    api_calls: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float = 0.0
    problem: Problem | None = None

    @property
    def findings(self) -> dict[str, int]:
        """How many products have which finding."""
        counted = Counter(checked.entry.verdict.finding for checked in self.skus)
        return {finding.value: counted[finding] for finding in Finding}

    @property
    def customs_states(self) -> dict[str, int]:
        """How many products stand how with customs."""
        counted = Counter(checked.entry.customs_state for checked in self.skus)
        return {state.value: counted[state] for state in CustomsState}

    def counts(self) -> dict[str, int]:
        """The plain numbers, for the log and the record of runs."""
        return self.findings

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for was done."""
        return self.problem is None and not self.refused and all(patch.is_taken for patch in self.patches)


def check_weights(deps: Deps, slug: str, options: CheckOptions) -> CheckReport:
    """Look up, judge, and do what was asked for. What was found before a problem is in the report too."""
    report = CheckReport(store=slug)

    def work(run: StoreRun) -> None:
        _Check(run, report).steps(options)

    run_job(deps, JOB, report, work, dry_run=options.dry_run, max_wait=_MAX_WAIT)
    return report


class KnownHere:
    """What the order book has of products now, to hold a file against; it is opened when it is first asked."""

    def __init__(self, deps: Deps, slug: str, held: contextlib.ExitStack) -> None:
        self._deps = deps
        self._slug = slug
        self._held = held

    @cached_property
    def _book(self) -> "StoreBook":
        return self._held.enter_context(self._deps.book(self._slug))

    def weight(self, sku: str) -> int | None:
        """What a product weighs, in grams."""
        store = self._deps.load_config().stores[self._slug]
        return judge_booked(self._book, store, [sku])[sku].weight_grams

    def customs(self, sku: str) -> CustomsData:
        """Its customs data."""
        known = booked.find_listings(self._book, [sku])
        return known[sku].customs if sku in known else NO_CUSTOMS


@contextlib.contextmanager
def known_here(deps: Deps, slug: str) -> Iterator[KnownHere]:
    """What the order book has of products now, as long as the context is open."""
    with contextlib.ExitStack() as held:
        yield KnownHere(deps, slug, held)


class _Check:
    """One store's run."""

    def __init__(self, run: StoreRun, report: CheckReport) -> None:
        self._run = run
        self._book = run.book
        self._report = report

    def steps(self, options: CheckOptions) -> None:
        """One after the other; each is stored before the next begins."""
        self._run.learn_time()
        weigher = Weigher(self._run)
        waiting = line_weights.open_orders_by_sku(self._book)
        try:
            self._look(weigher, options, waiting)
        except Denied as problem:
            self._report.problem = problem  # what the merchant says himself counts all the same
        skus = self._skus(options, waiting)
        given = self._keep_given(options, set(waiting))
        self._forget(options, set(waiting))
        weigher.ask_catalogue(skus)
        if options.accept_suggestions:
            accepted = self._accept(weigher, skus)
            self._report.accepted = len(accepted)
            given |= accepted
        self._report.set_here = len(given)
        self._report.customs = find_missing_customs(self._run)
        if self._run.store.import_weights and not self._run.dry_run:
            self._report.missing_orders = weigher.weigh_orders()
        if self._report.problem is None:
            self._patch(weigher, options, given, skus)
        self._tell(weigher, skus, waiting, options.bad_customs)

    def _look(self, weigher: Weigher, options: CheckOptions, waiting: Mapping[str, int]) -> None:
        """Look up what is to be judged: the products of open orders, or all; and those that a weight was given for."""
        if not options.all_listings:
            weigher.look_up(list(dict.fromkeys([*waiting, *options.named])))
            return
        CatalogueSweep(self._run, weigher).look_through()
        known = booked.find_listings(self._book, options.named)
        weigher.look_up([sku for sku in options.named if sku not in known])

    def _skus(self, options: CheckOptions, waiting: Mapping[str, int]) -> list[str]:
        """What is judged and shown; a slip of the pen is not."""
        listed = booked.listed_skus(self._book) if options.all_listings else []
        known = booked.find_listings(self._book, options.named)
        given = [sku for sku in options.named if sku in known and known[sku].is_listed]
        return list(dict.fromkeys([*waiting, *listed, *given]))

    def _patch(
        self, weigher: Weigher, options: CheckOptions, given: Mapping[str, int], skus: Sequence[str]
    ) -> None:  # fmt: skip
        """See what became of what was sent to Amazon before, and send what is to be sent now."""
        patcher = Patcher(self._run, weigher)
        # One by one, so that what is known is told where something stops the run.
        for outcome in patcher.look_again():
            self._report.patches.append(outcome)
        if options.apply or self._run.dry_run:
            for outcome in patcher.send(given or self._set_earlier(skus), preview_only=self._run.dry_run):
                self._report.patches.append(outcome)

    def _keep_given(self, options: CheckOptions, waiting: set[str]) -> dict[str, int]:
        """Keep what the merchant gives; a SKU that neither the account nor an open order has is a slip of the pen.

        Gives the weights that are kept.
        """
        given = [*options.weights, *options.customs]
        known = booked.find_listings(self._book, given)
        unknown = {sku for sku in given if not ((sku in known and known[sku].is_listed) or sku in waiting)}
        for sku in dict.fromkeys(sku for sku in given if sku in unknown):
            self._refuse_unknown(sku)
        weights = {sku: grams for sku, grams in options.weights.items() if sku not in unknown}
        customs = {sku: data for sku, data in options.customs.items() if sku not in unknown}
        booked.set_local_weights(self._book, weights)
        booked.set_customs(self._book, customs)
        self._report.customs_set = len(customs)
        return weights

    def _forget(self, options: CheckOptions, waiting: set[str]) -> None:
        """Drop what was set here. What nobody has set is forgotten already."""
        known = booked.find_listings(self._book, options.forget)
        weighed = [sku for sku, listing in known.items() if listing.local_grams is not None]
        with_customs = [sku for sku, listing in known.items() if listing.customs != NO_CUSTOMS]
        listed = [sku for sku, listing in known.items() if listing.is_listed]
        for sku in dict.fromkeys(options.forget):
            if sku not in {*weighed, *with_customs, *listed, *waiting}:
                self._refuse_unknown(sku)
            elif sku not in {*weighed, *with_customs}:
                self._report.never_set.append(sku)
        booked.forget_local_weights(self._book, weighed)
        booked.forget_customs(self._book, with_customs)
        self._report.forgotten, self._report.customs_forgotten = len(weighed), len(with_customs)

    def _refuse_unknown(self, sku: str) -> None:
        meant: Sequence[str] = ()
        if len(self._report.refused) < _MOST_GUESSED:
            known = (*booked.listed_skus(self._book), *line_weights.open_orders_by_sku(self._book))
            meant = nearest(sku, known)
        problem = Problem(ProblemName.SKU_UNKNOWN, sku=sku, store=self._run.slug, meant=usage.did_you_mean(meant))
        self._report.refused.append(SkuRefusal(sku, problem.name, problem.summary))

    def _accept(self, weigher: Weigher, skus: Sequence[str]) -> dict[str, int]:
        accepted = {
            sku: verdict.suggestion_grams
            for sku, verdict in weigher.judge(skus).items()
            if verdict.finding is not Finding.OK and verdict.suggestion_grams
        }
        booked.set_local_weights(self._book, accepted)
        return accepted

    def _set_earlier(self, skus: Sequence[str]) -> dict[str, int]:
        """Weights that the merchant has set in earlier runs. What Amazon has answered already is not asked again."""
        found = {}
        for sku, listing in booked.find_listings(self._book, skus).items():
            if not listing.local_grams:
                continue
            patch = listing.patch
            if patch is None or patch.grams != listing.local_grams or patch.state is PatchState.ASKED:
                found[sku] = listing.local_grams
            elif patch.state in (PatchState.REFUSED, PatchState.LOST):
                self._report.passed_over += 1
        return found

    def _tell(
        self, weigher: Weigher, skus: Sequence[str], waiting: Mapping[str, int], bad_customs: frozenset[str]
    ) -> None:
        """Every product with what was found, the worst first, and of those the ones that most orders wait for."""
        abroad = orders_abroad_by_sku(self._book)
        for start in range(0, len(skus), _CHUNK):
            chunk = skus[start : start + _CHUNK]
            known = booked.find_listings(self._book, chunk)
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
                        customs=listing.customs,
                        customs_state=assess_customs(
                            listing.customs,
                            is_needed=listing.sku in abroad,
                            is_refused=listing.sku in bad_customs,
                        ),
                        orders_abroad=abroad.get(listing.sku, 0),
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
        return BY_ID[self._run.store.marketplace_ids[0]].listing_url(sku)
