"""Shipments and their confirmation to Amazon."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName
from amzlink.problems.services import REASON_NOT_KEPT

AREA: Final = "Shipments"

# By the reason that amazon/shipment_refusals gives for a confirmation that Amazon refused.
REFUSED_BECAUSE: Final[Mapping[str, str]] = {
    "item-unknown": "an item in it is not in the order",
    "already-confirmed": "fewer units of the order are left to be confirmed",
    "order-cancelled": "the order, or an item in it, was cancelled",
    "stale-package": "the package was changed elsewhere in the meantime",
    "too-many-edits": "the package was changed as often as Amazon allows",
    "tracking-format": "the tracking number does not look like one of the carrier's",
    "transparency-codes": "its items need Transparency codes, one for each unit",
    "amazon-confirms": "Amazon confirms this order itself",
    "bad-date": "the shipping date is in the future, or before the order",
    "carrier-unknown": "Amazon does not know the carrier code",
    "order-unknown": "Amazon does not know the order",
    "other": "for a reason that amzlink does not know",
}

ENTRIES: Final = {
    ProblemName.SHIPMENT_REFUSED: Entry(
        title="Amazon refuses a confirmation",
        what="Amazon refused the shipment of the order {order_id}: {detail}.",
        why="The order was cancelled or is confirmed already, the tracking number does not fit the carrier, or Amazon ships it.",
        next_step="If the tracking number or the carrier is wrong, give the right one with `amzlink push-status --from FILE.csv{store_option}`. Otherwise open the order in Seller Central, Manage Orders. If it is still unshipped, confirm it there. amzlink does not send it again unless the parcel changes.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.CARRIER_UNKNOWN: Entry(
        title="A carrier that Amazon does not list",
        what="amzlink knows no Amazon code for the carrier {carrier}. Its parcels are confirmed as Other, with this name.",
        why="Amazon accepts a tracking number as valid only if the carrier's name is spelled exactly as in its own list.",
        next_step="Look for it in Seller Central under Confirm Shipment. If it is there, run `amzlink stores set carrier.{carrier}=CODE{store_option}` with Amazon's spelling as CODE. If not, run the same with Other as CODE.",
        next_step_exactly="Perhaps Amazon calls it {advice}. If so, run `amzlink stores set carrier.{carrier}={advice}{store_option}`. The next push-status corrects what it confirmed in the last 30 days.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.CARRIER_CODE_UNLISTED: Entry(
        title="A carrier code that is not in the list",
        what="The carrier code {code} was saved, but Amazon's list of carriers, as amzlink has it, does not have it.",
        why="Amazon publishes no complete list. The list in amzlink is of 2024, so the code may be new, or misspelt.",
        next_step="Compare it with the carriers in Seller Central under Confirm Shipment: each letter counts. `amzlink stores set carrier.{carrier}={store_option}` takes it back.",
        next_step_exactly="Did you mean {advice}? Then run `amzlink stores set carrier.{carrier}={advice}{store_option}`. Otherwise compare it with the carriers in Seller Central under Confirm Shipment.",
        exit_code=Exit.DONE,
        severity="warning",
    ),
    ProblemName.SHIPMENT_ROW_UNUSABLE: Entry(
        title="A line of the file with parcels cannot be used",
        what="Line {line} of the file with parcels cannot be used: {detail}.",
        why="A value is missing, or a spreadsheet has changed it. The other lines were read.",
        next_step="Correct the line in the program that writes the file, or as text in the spreadsheet. Then give the file again: confirmed lines are skipped.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.CONFIRMATION_NOT_STORED: Entry(
        title="Amazon did not save a confirmation",
        what="Amazon accepted the shipment of the order {order_id}, but the order does not show it half an hour later.",
        why="Amazon confirms receipt before it stores the data, and sometimes loses it.",
        next_step="amzlink sends it once more. If the order still shows no tracking after that, confirm it in Seller Central, Manage Orders, before its ship-by date.",
        next_step_exactly="amzlink has sent it {advice} and does not send it again. Confirm it in Seller Central, Manage Orders, before its ship-by date.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.TRANSPARENCY_CODES_MISSING: Entry(
        title="Transparency codes are missing",
        what="The shipment of the order {order_id} was not confirmed: Amazon needs a Transparency code for each unit, and there is none.",
        why="The product is in Amazon's Transparency program. Its codes are printed on the units, so only the person who packs them knows them.",
        next_step="Confirm it in Seller Central, Manage Orders. Or run `amzlink push-status --from FILE.csv{store_option}` with a file that has a column transparency_codes.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.CORRECTION_UNCLEAR: Entry(
        title="A line that fits several parcels",
        what="It is not clear which parcel of the order {order_id} the file means.",
        why="The order has several parcels. The line of the file does not say which items are in the parcel.",
        next_step="Fill in the columns order_item_id and quantity as in the parcel that you mean, and give the file again. Or enter the number in Seller Central, Manage Orders.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.SHIPMENT_DATA_DELETED: Entry(
        title="A parcel of an order whose personal data is deleted",
        what="The personal data of the order {order_id} is deleted here, and its tracking numbers with it.",
        why="A tracking number is personal data too. After the deletion amzlink saves none for the order, so it cannot confirm its parcels.",
        next_step="Confirm the shipment in Seller Central, Manage Orders, before its ship-by date.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.PARCEL_OF_STOPPED_ORDER: Entry(
        title="A parcel that should not be shipped",
        what="There is a parcel for the order {order_id}, which is cancelled or on hold.",
        what_exactly="There is a parcel for the order {order_id}, which is {detail}.",
        why="The label was made before the order was stopped. amzlink does not remove an order with a parcel from Sendcloud.",
        next_step="Stop the parcel: cancel its label in Sendcloud, or keep the parcel back if it is still with you. If the order is on hold and you want to ship it, run `amzlink orders release {order_id}{store_option}`.",
        next_step_exactly="Stop the parcel: cancel its label in Sendcloud, or keep the parcel back if it is still with you. {advice}",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.SHIP_BY_NEAR: Entry(
        title="Orders are due, but their parcels have no scan",
        what="{count:order} of the store {store} must be confirmed within a day, or should have been by now. No carrier has scanned the parcels yet.",
        why="The store confirms when the carrier has processed the parcel. Letters and some services are never scanned. Amazon counts a late confirmation against the seller.",
        next_step="Make sure that the carrier gets the parcels. `amzlink stores set ship_by_guard_hours=6{store_option}` confirms announced parcels six hours before the ship-by date, scanned or not.",
        next_step_exactly="Make sure that the carrier gets the parcels, and that `amzlink push-status{store_option}` runs regularly. From {advice:hour} before the ship-by date on, it confirms announced parcels, scanned or not.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.FEED_FAILED: Entry(
        title="Amazon did not process a feed",
        what="Amazon ended a feed with {count:confirmation} and gave no result ({status}).",
        why="The feed was cancelled, Amazon could not read it, or Amazon had problems.",
        next_step="Nothing to do: the next run sends what Amazon did not accept, one by one if there is a tracking number.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
}

SENT_TWICE: Final = "twice"

_IS_CANCELLED: Final = {"detail": "cancelled", "advice": "If it is on its way already, ask the carrier to return it."}
_IS_ON_HOLD: Final = {"detail": "on hold"}


def why_stopped(*, cancelled: bool) -> dict[str, str]:
    """Why an order with a parcel should not be shipped, and what else can be done. A cancelled one cannot be released."""
    return _IS_CANCELLED if cancelled else _IS_ON_HOLD


def set_carrier_command(carrier: str, code: str | None, option: str) -> str:
    """The command that gives a carrier a code of Amazon's; CODE stands for one that nobody here can guess."""
    return f"amzlink stores set carrier.{shlex.quote(carrier)}={shlex.quote(code or 'CODE')}{option}"


# Why a line of a file cannot be used ----------------------------------------------------------------------------------

ORDER_ID_INVALID: Final = "order_id is not an Amazon order number (3, 7 and 7 digits with hyphens between them)"
STATUS_INVALID: Final = "status is not announced, processed, delivered or cancelled, and not a code of Sendcloud"
ORDER_ITEM_ID_INVALID: Final = "order_item_id is not an Amazon item id: it can have digits only"
QUANTITY_OF_NO_ITEM: Final = (
    "quantity is given without order_item_id, and the order has several products; fill in both, or neither if all of "
    "the order is in the parcel"
)
TRANSPARENCY_CODES_INVALID: Final = "transparency_codes contains something that is not a code"
CARRIER_IS_NUMBER: Final = "carrier is a number and not a name; perhaps two columns are exchanged"
SHIP_DATE_IN_FUTURE: Final = "ship_date is in the future"
SHIP_DATE_BEFORE_ORDER: Final = (
    "ship_date is more than 30 days before the order was placed; check the year, and whose row it is"
)
SHIP_DATE_TOO_OLD: Final = "ship_date is more than two years ago"
SHIP_DATE_AMBIGUOUS: Final = "ship_date can be read in two ways, month first or day first; write it as YYYY-MM-DD"
SHIP_DATE_IS_NUMBER: Final = "ship_date was turned into a number by a spreadsheet; format the column as a date"
SHIP_DATE_INVALID: Final = "ship_date is not a date; write it as YYYY-MM-DD"
SHIP_DATE_NO_SUCH_DAY: Final = "ship_date is a day that does not exist"
SHIP_DATE_TIME_INVALID: Final = (
    "ship_date has a time that cannot be read; write it as HH:MM, with a time zone if you like"
)
SHIP_DATE_NO_SUCH_TIME: Final = "ship_date has a time that does not exist"
TRACKING_NUMBER_INVALID: Final = "tracking_number has no letter or digit, or has letters that are not Latin"
TRACKING_NUMBER_NOTHING: Final = (
    "tracking_number is a word or a filler and not a number; leave the cell empty if the parcel has no tracking"
)
TRACKING_NUMBER_TWICE: Final = "tracking_number holds more than one number; give each parcel a line of its own"
TRACKING_NUMBER_SIGNS: Final = "tracking_number has characters that no carrier prints in a number"
TRACKING_NUMBER_WORDS: Final = "tracking_number has words beside the number; give the number alone"
TRACKING_NUMBER_IS_ORDER: Final = "tracking_number is an Amazon order number"
TRACKING_NUMBER_IS_DATE: Final = "tracking_number is a date"
TRACKING_NUMBER_AND_COUNT: Final = "tracking_number has a count beside the number; give the number alone"
TRACKING_NUMBER_IS_AMOUNT: Final = "tracking_number is an amount, such as a price, a weight or a count"
TRACKING_NUMBER_ZEROS: Final = (
    "tracking_number ends in zeros from its 16th digit on, as a spreadsheet leaves long numbers, so digits are lost"
)


def value_missing(*, column: str) -> str:
    """A column that has to be filled."""
    return f"{column} is missing"


def value_is_list(*, column: str) -> str:
    """A JSON list where one value belongs."""
    return f"{column} is a list"


def value_unprintable(*, column: str) -> str:
    """Control characters in a value."""
    return f"{column} contains characters that cannot be printed, such as a line break"


def value_disagrees(*, column: str, names: Sequence[str]) -> str:
    """Columns of a file that mean the same, and say different things."""
    which = "both" if len(names) == 2 else "all"  # noqa: PLR2004
    return f"the columns {', '.join(names[:-1])} and {names[-1]} disagree: {which} are read as {column}"


def quantity_invalid(*, most: int) -> str:
    """A number of pieces that cannot be one."""
    return f"quantity is not a whole number from 1 to {most}"


def value_rounded(*, column: str) -> str:
    """A long number that a spreadsheet took for a quantity."""
    return f"{column} was rounded by a spreadsheet, so digits are lost"


def value_too_long(*, column: str, most: int) -> str:
    """A value that no real one comes near."""
    return f"{column} has more than {most} characters"


def value_is_link(*, column: str) -> str:
    """A web address where something else belongs."""
    return f"{column} is a link"


def value_is_formula(*, column: str) -> str:
    """A formula that the spreadsheet wrote out instead of its result."""
    return f"{column} is a spreadsheet formula; give its value"


def tracking_number_check_failed(*, standard: str) -> str:
    """A number that its own check digit contradicts; `standard` is the one that sets the digit."""
    return f"tracking_number fails the check digit of its kind ({standard}): digits are lost or mistyped"


NUMBER_PURGED: Final = "number-purged"
NUMBER_DELETED: Final = "its tracking number was deleted with the buyer's data"


def too_many_codes(*, most: int) -> str:
    """More Transparency codes than a feed takes; mail without a tracking number goes by feed."""
    return f"an item has more than {most} Transparency codes, and without a tracking number it is confirmed by feed"


def refused_because(*, reason: str, message: str) -> str:
    """Why Amazon refused a confirmation: the reason in words, and Amazon's message without what it quotes."""
    words = NUMBER_DELETED if reason == NUMBER_PURGED else REFUSED_BECAUSE.get(reason, "")
    if not message:
        return words or REASON_NOT_KEPT
    return f"{words} (Amazon: {message})" if words else f"Amazon: {message}"
