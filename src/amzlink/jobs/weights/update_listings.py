"""Writing weights to Amazon's listings: previewed, sent, and looked at again, because accepted is only queued."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

import msgspec

from amzlink.amazon.listing_json import ListedWeight
from amzlink.amazon.listings import Issue, Listing, PatchAnswer, find_listings, patch_weight
from amzlink.amazon.marketplaces import BY_ID
from amzlink.clock import age_of
from amzlink.core.weights.weights import to_grams
from amzlink.jobs.weights.look_up import Weigher
from amzlink.orderbook.weights.listings import Patch, PatchState, forget_patch, note_patch, patched
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import AnswerUnknown, Denied, Refused
from amzlink.run import StoreRun

# Amazon takes a while for a change (docs/services/amazon.md, "Changing a listing").
_TAKES: Final = timedelta(minutes=5)
_GIVEN_UP_AFTER: Final = timedelta(hours=1)
_LOOKED_FOR: Final = timedelta(days=7)  # one that was given up may still turn up
_A_MINUTE: Final = timedelta(minutes=1)
# Stands for all types (docs/services/amazon.md, "Changing a listing"), for a listing that does not tell its own.
_ANY_PRODUCT: Final = "PRODUCT"
# amzlink speaks English; Amazon has these texts in every marketplace (model, issueLocale).
_LOCALE: Final = "en_US"


class PatchOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What Amazon says to a weight: `state` is that of the patch, `preview` for one that was only asked about.

    `problem` and `message` are there where a person has something to do.
    """

    sku: str
    grams: int
    state: str
    issues: tuple[Issue, ...] = ()
    problem: ProblemName | None = None
    message: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether Amazon has nothing against it, as far as is known."""
        return self.problem is None and self.state in (
            "preview", PatchState.ASKED, PatchState.QUEUED, PatchState.TAKEN,
        )  # fmt: skip


class Patcher:
    """Writes the weights of one store, by Amazon's time."""

    def __init__(self, run: StoreRun, weigher: Weigher) -> None:
        self._link = run.amazon
        self._book = run.book
        self._store = run.store
        self._reporter = run.reporter
        self._weigher = weigher
        self._now = weigher.now

    def look_again(self) -> Iterator[PatchOutcome]:
        """See what has become of the weights that Amazon accepted in earlier runs.

        One that is taken or given up is told of once, one that is not seen yet each time.
        """
        waiting = [
            listing
            for listing in patched(self._book, PatchState.ASKED, PatchState.QUEUED, PatchState.LOST)
            if listing.patch and self._is_worth_a_look(listing.patch)
        ]
        if not waiting:
            return
        skus = [listing.sku for listing in waiting]
        found = find_listings(self._link, self._store.seller_id, self._store.marketplace_ids, skus)
        self._weigher.keep(found.get(sku, sku) for sku in skus)
        for listing in waiting:
            outcome = self._settle(listing.sku, listing.patch, found.get(listing.sku)) if listing.patch else None
            if outcome:
                yield outcome

    def send(self, grams: Mapping[str, int], *, preview_only: bool) -> Iterator[PatchOutcome]:
        """Send these weights, each after a preview; one that is refused leaves the others, and its listing, alone.

        Listings that show the weight already, or have it queued, are passed over.
        """
        if not grams:
            return
        found = find_listings(self._link, self._store.seller_id, self._store.marketplace_ids, list(grams))
        queued = {
            listing.sku: listing.patch.grams for listing in patched(self._book, PatchState.QUEUED) if listing.patch
        }
        what = "trying weights at Amazon" if preview_only else "writing weights to Amazon's listings"
        for number, (sku, weight) in enumerate(grams.items(), 1):
            self._reporter.step(what, number, len(grams))
            listing = found.get(sku)
            if listing is None:
                yield self._not_possible(sku, weight, Problem(ProblemName.SKU_UNKNOWN, sku=sku, store=self._book.store))
            elif shown_grams(listing, self._marketplace_id) != weight and queued.get(sku) != weight:
                yield self._send(listing, weight, preview_only=preview_only)

    @property
    def _marketplace_id(self) -> str:
        """Where weights are written: the store's own. Naming one is all that is known to be safe.

        Source: docs/services/amazon.md, "Changing a listing".
        """
        return self._store.marketplace_ids[0]

    def _send(self, listing: Listing, grams: int, *, preview_only: bool) -> PatchOutcome:
        answer = self._preview(listing, grams, keep=not preview_only)
        if isinstance(answer, PatchOutcome):
            return answer
        # A preview names old faults of the listing too (docs/services/amazon.md, "Changing a listing"): only what is
        # about the weight keeps it back.
        errors = tuple(issue for issue in answer.issues_of(listing.weight_attribute) if issue.is_error)
        if errors or (not answer.is_taken and not answer.issues):
            return self._refused(listing.sku, grams, errors, keep=not preview_only)
        if preview_only:
            return PatchOutcome(sku=listing.sku, grams=grams, state="preview", issues=answer.issues)
        patch = Patch(
            state=PatchState.ASKED,
            grams=grams,
            at=self._now,
            beside=tuple(sorted(_marketplaces_of(listing) - {self._marketplace_id})),
        )
        # Written down before the call: where its answer is lost, the listing will show whether it was taken, and until
        # then it may be sent again.
        note_patch(self._book, listing.sku, patch)
        try:
            answer = self._ask(listing, grams, preview=False)
        except AnswerUnknown:
            raise
        except Refused as problem:  # of this listing alone
            refused = msgspec.structs.replace(patch, state=PatchState.REFUSED, reason=problem.name.value)
            note_patch(self._book, listing.sku, refused)
            return self._not_possible(listing.sku, grams, problem)
        except Problem:  # nothing was sent, and Amazon has said nothing of this weight: a later run sends it
            forget_patch(self._book, listing.sku)
            raise
        if not answer.is_taken:
            return self._refused(listing.sku, grams, answer.issues, keep=True)
        note_patch(self._book, listing.sku, msgspec.structs.replace(patch, state=PatchState.QUEUED))
        return PatchOutcome(sku=listing.sku, grams=grams, state=PatchState.QUEUED.value, issues=answer.issues)

    def _preview(self, listing: Listing, grams: int, *, keep: bool) -> PatchAnswer | PatchOutcome:
        try:
            return self._ask(listing, grams, preview=True)
        except Refused as problem:  # of this listing alone
            return self._not_possible(listing.sku, grams, problem)
        except Denied:
            # Amazon's gateway at times takes a slash for the end of the SKU even where it is encoded, and denies a path
            # that it does not know; whoever has no right to write is denied every SKU. Source:
            # https://github.com/amzn/selling-partner-api-docs/issues/467
            if "/" not in listing.sku:
                raise
            return self._refused(listing.sku, grams, (), keep=keep)

    def _ask(self, listing: Listing, grams: int, *, preview: bool) -> PatchAnswer:
        return patch_weight(
            self._link,
            self._store.seller_id,
            listing.sku,
            marketplace_id=self._marketplace_id,
            product_type=listing.product_type or _ANY_PRODUCT,
            attribute=listing.weight_attribute,
            grams=grams,
            preview=preview,
            locale=_LOCALE,
            unit=listing.unit_of(listing.weight_attribute, self._marketplace_id),
        )

    def _is_worth_a_look(self, patch: Patch) -> bool:
        age = age_of(patch.at, self._now)
        return age >= _TAKES and (patch.state is not PatchState.LOST or age < _LOOKED_FOR)

    def _settle(self, sku: str, patch: Patch, found: Listing | None) -> PatchOutcome | None:
        """What has become of a patch; None where nothing is told of it.

        That is one that was given up and is still not there, and one whose answer was lost and that did not arrive.
        """
        if found is not None and shown_grams(found, self._marketplace_id) == patch.grams:
            return self._taken(sku, patch, found)
        if patch.state is PatchState.LOST:
            return None
        age = age_of(patch.at, self._now)
        attribute = found.weight_attribute if found else ""
        errors = tuple(issue for issue in (found.issues if found else ()) if attribute in issue.attribute_names)
        if not errors and age < _GIVEN_UP_AFTER:
            message = f"Sent {age // _A_MINUTE} minutes ago; the listing does not show it yet."
            return PatchOutcome(sku=sku, grams=patch.grams, state=patch.state.value, message=message)
        if not errors and patch.state is PatchState.ASKED:  # Amazon has never said that it accepts it
            forget_patch(self._book, sku)
            return None
        problem = Problem(ProblemName.WEIGHT_NOT_TAKEN, sku=sku)
        reason = errors[0].code if errors else None
        note_patch(self._book, sku, msgspec.structs.replace(patch, state=PatchState.LOST, reason=reason))
        return PatchOutcome(
            sku=sku, grams=patch.grams, state=PatchState.LOST.value, issues=errors, problem=problem.name,
            message=problem.summary,
        )  # fmt: skip

    def _taken(self, sku: str, patch: Patch, found: Listing) -> PatchOutcome:
        note_patch(self._book, sku, msgspec.structs.replace(patch, state=PatchState.TAKEN))
        outcome = PatchOutcome(sku=sku, grams=patch.grams, state=PatchState.TAKEN.value)
        gone = sorted(set(patch.beside) - _marketplaces_of(found))
        if not gone:
            return outcome
        problem = Problem(ProblemName.WEIGHT_LOST_ELSEWHERE, sku=sku, detail=", ".join(_country(each) for each in gone))
        return msgspec.structs.replace(outcome, problem=problem.name, message=problem.summary)

    def _refused(self, sku: str, grams: int, issues: tuple[Issue, ...], *, keep: bool) -> PatchOutcome:
        if keep:
            reason = issues[0].code if issues else None
            note_patch(self._book, sku, Patch(state=PatchState.REFUSED, grams=grams, at=self._now, reason=reason))
        problem = Problem(ProblemName.WEIGHT_REFUSED, sku=sku)
        return PatchOutcome(
            sku=sku, grams=grams, state=PatchState.REFUSED.value, issues=issues, problem=problem.name,
            message=problem.summary,
        )  # fmt: skip

    def _not_possible(self, sku: str, grams: int, problem: Problem) -> PatchOutcome:
        return PatchOutcome(
            sku=sku, grams=grams, state=PatchState.REFUSED.value, problem=problem.name, message=problem.summary
        )


def shown_grams(listing: Listing, marketplace_id: str) -> int | None:
    """What the listing says in a marketplace, in the attribute that would be written; None where it says nothing."""
    entries = _entries(listing)
    own = next((entry for entry in entries if entry.marketplace_id in (marketplace_id, None)), None)
    return to_grams(own.value, own.unit) if own else None


def _entries(listing: Listing) -> tuple[ListedWeight, ...]:
    return listing.shipping or listing.package


def _marketplaces_of(listing: Listing) -> set[str]:
    """For which marketplaces the attribute that would be written says something."""
    return {entry.marketplace_id for entry in _entries(listing) if entry.marketplace_id}


def _country(marketplace_id: str) -> str:
    marketplace = BY_ID.get(marketplace_id)
    return marketplace.country if marketplace else marketplace_id
