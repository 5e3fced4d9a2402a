"""Shipments and their confirmation to Amazon."""

from collections.abc import Sequence
from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Shipments"

ENTRIES: Final = {
    ProblemName.SHIPMENT_REFUSED: Entry(
        title="Amazon refuses a confirmation",
        what="Amazon refused the shipment of the order {order_id}: {detail}.",
        why="The order was cancelled or confirmed already, the tracking number does not fit the carrier, or Amazon ships it itself.",
        next_step="Open the order in Seller Central, Manage Orders, and confirm it there if it is still unshipped. amzlink keeps the refusal and does not send it again unless something about the parcel changes.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.CARRIER_UNKNOWN: Entry(
        title="A carrier without a name at Amazon",
        what="The carrier {carrier} has no code at Amazon that amzlink knows; its parcels are confirmed as Other, with this name.",
        why="Amazon counts a tracking number as valid only under its own spelling of the carrier, letter for letter.",
        next_step="Compare with the carriers that Seller Central offers under Confirm Shipment. If it is there under another name, please report it; if not, nothing can be done.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.SHIPMENT_ROW_UNUSABLE: Entry(
        title="A line of the file cannot be used",
        what="Line {line} of the file cannot be used: {detail}.",
        why="It lacks something, or holds something that was changed on its way through a spreadsheet. The other lines have been read.",
        next_step="Correct the line in the program that the file comes from, or as text in the spreadsheet, and give the file again: lines that are confirmed already are passed over.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.CONFIRMATION_NOT_STORED: Entry(
        title="A confirmation has not arrived",
        what="Amazon accepted the shipment of the order {order_id}, but the order does not show it half an hour later.",
        why="Amazon's yes means accepted, not stored, and now and then one is lost.",
        next_step="amzlink sends it once more. If the order still shows no tracking after that, confirm it in Seller Central, Manage Orders, before its ship-by date.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.TRANSPARENCY_CODES_MISSING: Entry(
        title="Codes of the Transparency program are missing",
        what="The shipment of the order {order_id} was not confirmed: Amazon wants a Transparency code for each piece, and there are none.",
        why="The product is in Amazon's Transparency program. Its codes stand on the pieces themselves, so only who packs them knows them.",
        next_step="Confirm it in Seller Central, Manage Orders, or give the codes in a file: `amzlink push-status --from FILE.csv{store_option}` with a column transparency_codes.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.PARCEL_OF_STOPPED_ORDER: Entry(
        title="A parcel that should not go out",
        what="There is a parcel for the order {order_id}, which was cancelled or is held.",
        why="The label was made before the cancellation, or the wish for one, arrived. An order at Sendcloud that has a parcel is not taken back from there.",
        next_step="Stop the parcel: cancel its label in Sendcloud, or keep it back if it is still on the shelf. If it has to go after all, run `amzlink orders release {order_id}{store_option}`.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.SHIP_BY_NEAR: Entry(
        title="Parcels wait for a scan, and time runs out",
        what="{count} orders of the store {store} have to be confirmed within a day, and no carrier has scanned their parcels yet.",
        why="The store confirms when the carrier has processed the parcel. Letters and some services are never scanned, and Amazon counts a late confirmation against the seller.",
        next_step="See that the parcels are handed over. `amzlink stores set ship_by_guard_hours=6{store_option}` confirms announced parcels six hours before the ship-by date, scanned or not.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.FEED_FAILED: Entry(
        title="Amazon did not work on a feed",
        what="Amazon ended a feed with {count} confirmations without a result ({status}).",
        why="It was cancelled, or Amazon could not read it or was disturbed.",
        next_step="Nothing to do: what Amazon did not take is sent again, one by one where there is a tracking number.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
}


# Why a line of a file cannot be used ----------------------------------------------------------------------------------

ORDER_ID_INVALID: Final = "order_id is not an Amazon order number (3, 7 and 7 digits with hyphens between them)"
STATUS_INVALID: Final = "status is not announced, processed, delivered or cancelled, and not a code of Sendcloud"
ORDER_ITEM_ID_INVALID: Final = "order_item_id is not an Amazon item id: it can have digits only"
TRANSPARENCY_CODES_INVALID: Final = "transparency_codes contains something that is not a code"
CARRIER_IS_NUMBER: Final = "carrier is a number and not a name; perhaps two columns are exchanged"
SHIP_DATE_IN_FUTURE: Final = "ship_date is in the future"
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
    return f"the columns {' and '.join(names)} disagree: both are read as {column}"


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
