"""check-weights: find products without a shipping weight, and fix them here and, where wanted, at Amazon."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.amazon.catalog import package_weights
from amzlink.amazon.listings import PREVIEW_VALID, changed_listings, count_listings, patch_weight
from amzlink.amazon.marketplaces import BY_ID
from amzlink.amazon.reports import listing_skus, report_status, request_listings_report
from amzlink.config import Store
from amzlink.core.weight_rows import WeightEntry, WeightRefusal
from amzlink.core.weights import Finding, Verdict
from amzlink.deps import Deps, amazon_offset_is_large, skew_problem
from amzlink.jobs.weighing import Weigher
from amzlink.orderbook import listings as booked
from amzlink.orderbook.book import Book
from amzlink.orderbook.listings import BookedListing, Patch, PatchState, Sweep
from amzlink.orderbook.runs import Run, note_run
from amzlink.problems import Problem

if TYPE_CHECKING:
    from amzlink.amazon.transport import Link

JOB: Final = "check-weights"
_MAX_WAIT: Final = timedelta(hours=2)
_PAGED_AT_MOST: Final = 1000  # what the search gives, page after page (facts 8.2)
_SEARCHED_AT_ONCE: Final = 20
_OVERLAP: Final = timedelta(minutes=10)
_POLL_REPORT_EVERY: Final = 15.0
_REPORT_WAITED_FOR: Final = timedelta(minutes=30)
_TAKES_BY_THEN: Final = timedelta(minutes=10)  # Amazon works on a change by and by (facts 8.3)
_LOST_AFTER: Final = timedelta(days=2)
_CHUNK: Final = 500
