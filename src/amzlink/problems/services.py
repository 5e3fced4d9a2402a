"""What a service answers to any call: throttled, unavailable, unreadable, refused; and the reports and documents it makes."""

from collections.abc import Mapping
from typing import Final

from amzlink.problems.entry import ASKING_AMAZON, ASKING_SENDCLOUD, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Amazon's and Sendcloud's answers"

# Details of answers that cannot be read.
UNPROTECTED_LINK: Final = "the link in it is not an https link"
NO_LINK: Final = "the link in it is not an address"
NO_TOKEN_IN_IT: Final = "it is not a token"
NO_NEXT_PAGE: Final = "its next page cannot be requested"
NO_SUCH_PAGE: Final = "the next page that it names does not exist"
MENTIONS_PAGE_TOKEN: Final = "it mentions a page token, and none was sent"
PAGE_TOKENS_REFUSED: Final = "its page tokens are refused at once"
PAGES_IN_A_CIRCLE: Final = "its pages go round in a circle"
UNEXPECTED_FORM: Final = "it does not have the expected form"
EMPTY: Final = "it is empty"
DAMAGED_TEXT: Final = "its text is damaged"
DAMAGED_PAGE: Final = "the text of its page is damaged, and it was not asked for on its own yet"
NO_SUCH_TIME: Final = "it has a time that no order can have"
ANOTHER_ORDER: Final = "it is another order than the one that was asked for"
NO_ITEMS: Final = "it came without the items that it had before"
NOT_MADE_KNOWN: Final = "Amazon's answer does not say whether it may be shipped"
NO_MARKETPLACES: Final = "it is not a list of marketplaces"
NO_ACCOUNT: Final = "there is no account in it"
NO_LISTINGS: Final = "it is not a list of listings"
NO_LISTING: Final = "it is not a listing"
NO_PRODUCTS: Final = "it is not a list of products"
NO_PATCH_RESULT: Final = "it does not say what became of the change"

# Details of documents that cannot be read.
NO_SKU_COLUMN: Final = "it has no column of SKUs"
DAMAGED_COMPRESSION: Final = "its compression is damaged"
COMPRESSION_CUT_OFF: Final = "its compressed data is cut off"
ENDLESS_LINE: Final = "a line in it is too long"
NO_PROCESSING_REPORT: Final = "it is not a processing report"
ERRORS_MISSING: Final = "it counts more errors than it lists"
COUNTS_CONTRADICT: Final = "its counts contradict what it lists"
TOO_DEEP: Final = "it is nested too deeply"
TOO_MANY_COLUMNS: Final = "it has too many columns"
DOCUMENT_TYPE: Final = "it declares a document type"
NO_NUMBER: Final = "something in it should be a number and is not"

NOT_REPEATED: Final = "the same run does not repeat this call"
"""Detail of a throttled call that is made once."""


REASON_NOT_KEPT: Final = "an earlier version did not keep the reason"
"""In place of why a service refused something."""


def code_and_status(*, code: str, status: int, place: str = "") -> str:
    """A refusal that has no sentence of its own, and the place in the request that it names."""
    where = f" at {place}" if place else ""
    return f"{code or 'no code'}{where}, status {status}"


def no_json(*, status: int, size: int) -> str:
    """An answer that is not in the service's form."""
    return f"status {status} with a body of {size} bytes that is not JSON"


def no_error_in_it(*, status: int, size: int) -> str:
    """A refusal that does not say what is refused."""
    return f"status {status} with a body of {size} bytes that does not name an error"


def cut_off(size: int) -> str:
    """An answer that should be JSON."""
    return f"it is cut off, or is not JSON ({size} bytes)"


def columns_missing(names: str) -> str:
    """A report of orders without columns that it cannot do without."""
    return f"it has no column {names}"


def too_large_unpacked(most_bytes: int) -> str:
    """A document beyond the limit on its unpacked size."""
    return f"unpacked it is larger than {most_bytes} bytes"


def another_count(*, counted: int, sent: int) -> str:
    """A feed's report that speaks of other messages than the feed had."""
    if counted == sent:
        return "it names a message that was not sent"
    return f"it counts {counted} messages, and {sent} were sent"


def broken_xml(line: int) -> str:
    """A document that should be XML."""
    return f"its XML breaks at line {line}"


ENTRIES: Final = {
    ProblemName.THROTTLED: Entry(
        title="Amazon's quota is used up",
        what="Amazon allows no more calls of {operation} for now. amzlink may wait {max_wait} at most.",
        what_exactly="Amazon allows no more calls of {operation} for now: {detail}.",
        why="Each app may make only so many calls per account and hour. What was fetched is stored.",
        why_exactly="{reason}",
        next_step_exactly="{advice}",
        next_step="Nothing to do: the next run continues. If this happens often, check whether another program uses the same app.",
        exit_code=Exit.TRY_AGAIN,
        checks=("lwa-token", *ASKING_AMAZON),
    ),
    ProblemName.QUOTA_LOW: Entry(
        title="No calls are left for now",
        what="By amzlink's own count, the quota of {operation} is used up for now.",
        why="Amazon returns calls one by one. Another program that uses the same app takes from the same quota.",
        next_step="Nothing to do: the next import waits as long as it may, and the one after it continues.",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
        checks=("quota",),
    ),
    ProblemName.SERVICE_UNAVAILABLE: Entry(
        title="The service is having problems",
        what="{service} is having problems: it answered {operation} with status {status}.",
        why="The cause is at {service} and usually passes by itself.",
        next_step="Nothing to do: the next run continues. {service}'s request id: {request_id}.",
        next_step_exactly="{advice} {service}'s request id: {request_id}.",
        exit_code=Exit.TRY_AGAIN,
        checks=("lwa-token", *ASKING_AMAZON, *ASKING_SENDCLOUD),
    ),
    ProblemName.RESPONSE_MALFORMED: Entry(
        title="An answer cannot be read",
        what="The answer to {operation} cannot be read: {detail}.",
        why="It was cut off, something other than {service} gave it, or this version does not know its form.",
        next_step="Try again. If it happens again, report it with the file that `amzlink verify --bundle support.zip` writes. {service}'s request id: {request_id}. What was read before is stored.",
        exit_code=Exit.TRY_AGAIN,
        checks=("lwa-token", *ASKING_AMAZON, *ASKING_SENDCLOUD),
    ),
    ProblemName.REQUEST_REFUSED: Entry(
        title="A request is refused as invalid",
        what="{service} refused {operation} as invalid: {detail}.",
        why="{service} may have problems. Or this version of amzlink, or a setting of the store, asks for something that {service} does not accept.",
        next_step="Try again later: it often passes by itself. If it continues, look at {service}'s status page. If this has never worked, look for a newer version of amzlink. When you report it, give the request id: {request_id}.",
        exit_code=Exit.REFUSED,
        checks=("lwa-token", *ASKING_AMAZON, *ASKING_SENDCLOUD),
    ),
    ProblemName.REFUSED_FOR_NOW: Entry(
        title="A request is refused that worked before",
        what="{service} refused {operation} as invalid ({detail}), although it accepted this request before.",
        why="The request has not changed, so {service} very likely has a problem, which usually passes by itself.",
        next_step="Try again later. See Amazon's status page at https://sellercentral.amazon.com/sp-api-status. If it continues for a day, report it. Amazon's request id: {request_id}.",
        exit_code=Exit.TRY_AGAIN,
        checks=("orders-access",),
    ),
    ProblemName.DOCUMENT_REFUSED: Entry(
        title="The link to a document has expired",
        what="The link to a document answered {operation} with status {status}.",
        why="Amazon's links are valid for five minutes. The network was slow, or this machine was asleep.",
        next_step="Nothing to do: the next run asks for a new link and continues.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.REPORT_FAILED: Entry(
        title="Amazon could not make the report",
        what="Amazon could not make the report {report_type} (report {report_id}).",
        why="Amazon had a temporary problem, or the app may not read this report.",
        next_step="Try again later: amzlink then asks for a new report. `amzlink verify{store_option}` checks whether the app has the role for reports.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.REPORT_CANCELLED: Entry(
        title="Amazon cancelled the report",
        what="Amazon cancelled the report {report_type} (report {report_id}).",
        why="There was nothing to report for this period. Or somebody cancelled it in Seller Central or with another program.",
        next_step="Nothing to do: amzlink treats it as empty, and finds what is missing by search.",
        exit_code=Exit.DONE,
        severity="warning",
    ),
    ProblemName.REPORT_LATE: Entry(
        title="A report is not ready yet",
        what="Amazon has not finished a report yet ({detail}).",
        why="Amazon makes reports when it has time. Large accounts wait longer.",
        next_step="Run the command again later: it uses the same report.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.REPORT_LINES_UNREADABLE: Entry(
        title="Lines of a report cannot be read",
        what="{count:line} of Amazon's report of orders cannot be read: number {lines}.",
        why="The line is cut off, or a value in it has a tab or a line break. The other lines are in the order book.",
        next_step="Nothing to do: amzlink reads these orders one by one, or finds them by search.",
        exit_code=Exit.DONE,
        severity="warning",
    ),
}


# What comes after a wait for a quota, by the operation that waits.
_COMES_NEXT: Final[Mapping[str, str]] = {
    "searchOrders": "the next page",
    "getOrder": "the next order",
    "createReport": "the next report",
    "confirmShipment": "the next confirmation",
    "searchListingsItems": "the next listings",
    "searchCatalogItems": "the next products",
    "patchListingsItem": "the next listing",
}


def comes_next(operation: str) -> str:
    """What the quota of an operation allows once the wait for it is over."""
    return _COMES_NEXT.get(operation, "the next call")


def paused(*, booked: int, read: int, at: str, next_is: str) -> str:
    """What an import says that used up Amazon's quota: it has not failed. It `read` so many of the orders in the book.

    `next_is` is what the quota does not allow before that time (`the next page`).
    """
    these = f", {read:,} of them from this run" if read else ""
    orders = "1 order" if booked == 1 else f"{booked:,} orders"
    return f"Paused with {orders} in the order book{these}. Amazon's quota allows {next_is} {at}."


PAUSED_NEXT: Final = "Run the command again then, or leave it to your schedule: the import continues where it stopped."
