"""What the first page of a search tells of how many orders there are, where Amazon's pages follow no sequence in time.

Such a page is a sample. If the oldest twentieth of it was placed until Monday, and a search finds eighty orders that
were placed until then, there are about 1,600 in all.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

import msgspec

_FEWEST: Final = 50  # a smaller sample tells nothing
_SMALLEST, _LARGEST = 0.02, 0.15  # what a part may be of its page


class Part(msgspec.Struct, frozen=True):
    """The orders of a page that were placed `until` a time, and their `share` of it."""

    until: datetime
    share: float


def oldest_part(placed: Sequence[datetime], share: float) -> Part | None:
    """The oldest orders of a page, by when its orders were placed: as many as are nearest to a share of it.

    None where the page is no sample because it follows a sequence in time, or no part is of any use.
    """
    rises = all(here <= there for here, there in pairwise(placed))
    falls = all(here >= there for here, there in pairwise(placed))
    if len(placed) < _FEWEST or rises or falls:
        return None
    oldest = sorted(placed)
    parts = [
        Part(here, number / len(placed)) for number, (here, there) in enumerate(pairwise(oldest), 1) if here < there
    ]
    fit = [part for part in parts if _SMALLEST <= part.share <= _LARGEST]
    return min(fit, key=lambda part: abs(part.share - share), default=None)
