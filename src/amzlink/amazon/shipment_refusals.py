"""Why Amazon refuses a confirmation, in a word of our own: by a single call, or in a feed's report.

Amazon's text may quote the tracking number, which is personal data here; so the word decides, and of the text only goes
on what quotes nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from amzlink.core.orders.holds import AMAZON_CONFIRMS
from amzlink.problems.shipments import REFUSED_BECAUSE


class Reason(StrEnum):
    """Why a confirmation is refused (docs/services/amazon.md, "Refused confirmations")."""

    ITEM_UNKNOWN = "item-unknown"
    ALREADY_CONFIRMED = "already-confirmed"
    """Nothing, or less, is left to send; or an edit of a package that the order does not have. Read the order back."""
    ORDER_CANCELLED = "order-cancelled"
    STALE_PACKAGE = "stale-package"
    TOO_MANY_EDITS = "too-many-edits"
    TRACKING_FORMAT = "tracking-format"
    TRANSPARENCY_CODES = "transparency-codes"
    AMAZON_CONFIRMS = AMAZON_CONFIRMS
    BAD_DATE = "bad-date"
    CARRIER_UNKNOWN = "carrier-unknown"
    ORDER_UNKNOWN = "order-unknown"
    OTHER = "other"


IN_WORDS: Final[Mapping[Reason, str]] = MappingProxyType({reason: REFUSED_BECAUSE[reason] for reason in Reason})

# A part of Amazon's text, in lower case. The first that fits counts: some texts name an item or an order by the way.
# How Amazon words a bad date, missing Transparency codes and an order that it confirms itself was never seen.
_BY_TEXT: Final = (
    ("packagetoupdatenotfound", Reason.ALREADY_CONFIRMED),
    ("order already fulfilled", Reason.ALREADY_CONFIRMED),
    ("larger than the quantities", Reason.ALREADY_CONFIRMED),
    ("nonexistentorderitem", Reason.ORDER_CANCELLED),
    ("failed to find order item list", Reason.ORDER_CANCELLED),
    ("invalidpackageversion", Reason.STALE_PACKAGE),
    ("maximum number of allowed updates", Reason.TOO_MANY_EDITS),
    ("does not match the expected format", Reason.TRACKING_FORMAT),
    ("transparency", Reason.TRANSPARENCY_CODES),
    ("carrier-code field", Reason.CARRIER_UNKNOWN),
    ("confirmed by amazon", Reason.AMAZON_CONFIRMS),
    ("ship+", Reason.AMAZON_CONFIRMS),
    ("ship plus", Reason.AMAZON_CONFIRMS),
    ("ship_plus", Reason.AMAZON_CONFIRMS),
    ("shipdate", Reason.BAD_DATE),
    ("ship date", Reason.BAD_DATE),
    ("ship-date", Reason.BAD_DATE),
    ("fulfillmentdate", Reason.BAD_DATE),
    ("orderitemid", Reason.ITEM_UNKNOWN),
    ("order cannot be found", Reason.ORDER_UNKNOWN),
    ("order was not found", Reason.ORDER_UNKNOWN),
    ("order not found", Reason.ORDER_UNKNOWN),
)
# Where the text has nothing: numbers that were seen in reports, and the code of the model's sample for a bad date.
_BY_CODE: Final[Mapping[str, Reason]] = MappingProxyType(
    {
        "5004": Reason.CARRIER_UNKNOWN,
        "18021": Reason.ALREADY_CONFIRMED,
        "18028": Reason.ORDER_UNKNOWN,
        "Invalid Input": Reason.BAD_DATE,
    }
)


def reason_of(code: str, text: str) -> Reason:
    """The reason behind Amazon's code and text."""
    text = text.lower()
    found = next((reason for part, reason in _BY_TEXT if part in text), None)
    return found or _BY_CODE.get(code, Reason.OTHER)
