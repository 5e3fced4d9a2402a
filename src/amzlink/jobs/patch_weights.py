"""Writing weights to Amazon's listings: previewed, sent, and looked at again, because accepted is only queued."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.amazon.listings import Issue, Listing, PatchAnswer, find_listings, patch_weight
from amzlink.amazon.marketplaces import BY_ID
from amzlink.amazon.transport import is_answer_unknown
from amzlink.config import Store
from amzlink.jobs.weighing import Weigher
from amzlink.orderbook.book import Book
from amzlink.orderbook.listings import BookedListing, Patch, PatchState, note_patch, patched
from amzlink.problems import Problem

if TYPE_CHECKING:
    from amzlink.amazon.transport import Link

_TAKES: Final = timedelta(minutes=5)  # Amazon works on a change by and by (facts 8.3)
_GIVEN_UP_AFTER: Final = timedelta(days=2)


class PatchOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What Amazon says to a weight: `state` is that of the patch, `preview` for one that was only asked about."""

    sku: str
    grams: int
    state: str
    issues: tuple[Issue, ...] = ()
    message: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether Amazon has nothing against it, as far as is known."""
        return self.state in ("preview", PatchState.QUEUED, PatchState.TAKEN)


class Patcher:
    """Writes the weights of one store. `now` is Amazon's time."""

    def __init__(
        self, *, link: "Link", book: Book, slug: str, store: Store, weigher: Weigher, now: datetime
    ) -> None:  # fmt: skip
        self._link = link
        self._book = book
        self._slug = slug
        self._store = store
        self._weigher = weigher
        self._now = now

    def look_again(self) -> list[PatchOutcome]:
        """See what has become of the weights that Amazon accepted in earlier runs; tells of those that are settled."""
        queued = [
            listing
            for listing in patched(self._book, self._slug, PatchState.QUEUED)
            if listing.patch and self._now - listing.patch.at >= _TAKES
        ]
        if not queued:
            return []
        skus = [listing.sku for listing in queued]
        found = find_listings(self._link, self._store.seller_id, self._store.marketplace_ids, skus)
        self._weigher.keep(found.values())
        settled = [self._settle(listing, found.get(listing.sku)) for listing in queued]
        return [outcome for outcome in settled if outcome]

    def send(self, grams: Mapping[str, int], *, preview_only: bool) -> list[PatchOutcome]:
        """Send these weights, each after a preview; one that is refused leaves the others, and its listing, alone.

        Listings that show the weight already, or have it queued, are passed over.
        """
        if not grams:
            return []
        found = find_listings(self._link, self._store.seller_id, self._store.marketplace_ids, list(grams))
        queued = {
            listing.sku: listing.patch.grams
            for listing in patched(self._book, self._slug, PatchState.QUEUED)
            if listing.patch
        }
        outcomes = []
        for sku, weight in grams.items():
            listing = found.get(sku)
            if listing is None or not listing.product_type:
                outcomes.append(self._not_possible(sku, weight))
            elif self._shown(listing) != weight and queued.get(sku) != weight:
                outcomes.append(self._send(listing, listing.product_type, weight, preview_only=preview_only))
        return outcomes

    def _send(self, listing: Listing, product_type: str, grams: int, *, preview_only: bool) -> PatchOutcome:
        answer = self._ask(listing, product_type, grams, preview=True)
        # A preview names old faults of the listing too (facts 8.3): only what is about the weight keeps it back.
        errors = tuple(issue for issue in answer.issues_of(listing.weight_attribute) if issue.is_error)
        if errors or (not answer.is_taken and not answer.issues):
            return self._refused(listing.sku, grams, errors, keep=not preview_only)
        if preview_only:
            return PatchOutcome(sku=listing.sku, grams=grams, state="preview", issues=answer.issues)
        note_patch(self._book, self._slug, listing.sku, Patch(state=PatchState.QUEUED, grams=grams, at=self._now))
        try:
            answer = self._ask(listing, product_type, grams, preview=False)
        except Problem as problem:
            if not is_answer_unknown(problem):
                note_patch(
                    self._book,
                    self._slug,
                    listing.sku,
                    Patch(state=PatchState.REFUSED, grams=grams, at=self._now, reason=problem.name),
                )
            raise
        if not answer.is_taken:
            return self._refused(listing.sku, grams, answer.issues, keep=True)
        return PatchOutcome(sku=listing.sku, grams=grams, state=PatchState.QUEUED.value, issues=answer.issues)

    def _ask(self, listing: Listing, product_type: str, grams: int, *, preview: bool) -> PatchAnswer:
        marketplace_id = self._store.marketplace_ids[0]
        return patch_weight(
            self._link,
            self._store.seller_id,
            listing.sku,
            marketplace_id=marketplace_id,
            product_type=product_type,
            attribute=listing.weight_attribute,
            grams=grams,
            preview=preview,
            locale="en_GB" if BY_ID[marketplace_id].region == "eu" else BY_ID[marketplace_id].locale,
            unit=listing.unit_of(listing.weight_attribute, marketplace_id),
        )

    def _shown(self, listing: Listing) -> int | None:
        """What the listing says in the attribute that would be written."""
        grams = listing.grams_in(self._store.marketplace_ids[:1])
        return grams.shipping if listing.shipping else grams.package

    def _settle(self, listing: BookedListing, found: Listing | None) -> PatchOutcome | None:
        patch = listing.patch
        if patch is None:
            return None
        if found is not None and self._shown(found) == patch.grams:
            state = PatchState.TAKEN
        elif self._now - patch.at >= _GIVEN_UP_AFTER:
            state = PatchState.LOST
        else:
            return None
        settled = msgspec.structs.replace(patch, state=state)
        note_patch(self._book, self._slug, listing.sku, settled)
        problem = Problem("weight-not-taken", sku=listing.sku)
        message = problem.summary if state is PatchState.LOST else ""
        return PatchOutcome(sku=listing.sku, grams=patch.grams, state=state.value, message=message)

    def _refused(self, sku: str, grams: int, issues: tuple[Issue, ...], *, keep: bool) -> PatchOutcome:
        if keep:
            reason = issues[0].code if issues else None
            note_patch(
                self._book, self._slug, sku, Patch(state=PatchState.REFUSED, grams=grams, at=self._now, reason=reason)
            )
        return PatchOutcome(sku=sku, grams=grams, state=PatchState.REFUSED.value, issues=issues)

    def _not_possible(self, sku: str, grams: int) -> PatchOutcome:
        problem = Problem("sku-unknown", sku=sku, store=self._slug)
        return PatchOutcome(sku=sku, grams=grams, state=PatchState.REFUSED.value, message=problem.summary)
