"""What a service answers to any call: throttled, unavailable, unreadable, refused; and the reports and documents it makes."""

from typing import Final

from amzlink.problems.entry import ASKING_AMAZON, ASKING_SENDCLOUD, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Amazon's and Sendcloud's answers"

# Details of failed calls.
UNPROTECTED_LINK: Final = "the link in it is not an https link"
NO_SUCH_PAGE: Final = "the next page that it names does not exist"
PAGES_IN_A_CIRCLE: Final = "its pages go round in a circle"
NO_TOKEN_IN_IT: Final = "it is no token"


def code_and_status(*, code: str, status: int) -> str:
    """A refusal that has no words of its own."""
    return f"{code or 'no code'}, status {status}"


def no_json(*, status: int, size: int) -> str:
    """An answer whose form is not the service's."""
    return f"status {status} with a body of {size} bytes that is no JSON"


ENTRIES: Final = {
    ProblemName.THROTTLED: Entry(
        title="Amazon's quota is used up",
        what="Amazon allows no more calls of {operation} for now; waiting longer than {max_wait} was not allowed.",
        why="Each app may make only so many calls per account and hour. What was fetched so far is stored.",
        next_step="Nothing to do: the next run goes on where this one stopped. If it happens often, see whether another program uses the same app.",
        exit_code=Exit.TRY_AGAIN,
        checks=("lwa-token", *ASKING_AMAZON),
    ),
    ProblemName.QUOTA_LOW: Entry(
        title="No calls are left at the moment",
        what="By amzlink's own count, the quota of {operation} is used up for now.",
        why="Amazon gives back one call after the other. Another program that uses the same app takes from the same quota.",
        next_step="Nothing to do: the next import waits for as long as it may, and goes on in the run after it.",
        exit_code=Exit.TRY_AGAIN,
        severity="warning",
        checks=("quota",),
    ),
    ProblemName.SERVICE_UNAVAILABLE: Entry(
        title="The service is disturbed",
        what="{service} answered {operation} with status {status}.",
        why="The fault is at {service}'s end and mostly passes by itself.",
        next_step="Nothing to do: the next run goes on where this one stopped. {service}'s request id: {request_id}.",
        exit_code=Exit.TRY_AGAIN,
        checks=("lwa-token", *ASKING_AMAZON, *ASKING_SENDCLOUD),
    ),
    ProblemName.RESPONSE_MALFORMED: Entry(
        title="An answer cannot be read",
        what="The answer to {operation} cannot be read: {detail}.",
        why="It was cut off on its way, or its form is one that this version does not know.",
        next_step="Try again; if it stays so, report it with the request id {request_id}. What was read before is stored.",
        exit_code=Exit.TRY_AGAIN,
        checks=("lwa-token", *ASKING_AMAZON, *ASKING_SENDCLOUD),
    ),
    ProblemName.REQUEST_REFUSED: Entry(
        title="The request itself is refused",
        what="{service} refused {operation} as invalid: {detail}.",
        why="The account or this version of amzlink asks for something that {service} does not accept here.",
        next_step="Look for a newer version of amzlink; if it stays so, report it with the request id {request_id}.",
        exit_code=Exit.REFUSED,
        checks=("lwa-token", *ASKING_AMAZON, *ASKING_SENDCLOUD),
    ),
    ProblemName.DOCUMENT_REFUSED: Entry(
        title="A document's place is closed",
        what="The place for a document answered {operation} with status {status}.",
        why="Amazon gives such a place for five minutes; the network was slow, or this machine's sleep came in between.",
        next_step="Nothing to do: the next run asks for a new one and goes on.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.REPORT_FAILED: Entry(
        title="Amazon could not make the report",
        what="Amazon gave up the report {report_type} (report {report_id}).",
        why="The disturbance was a passing one at Amazon's end, or the app may not have this report.",
        next_step="Try again later: amzlink then asks for a new one. `amzlink verify{store_option}` tells whether the role for reports is there.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.REPORT_CANCELLED: Entry(
        title="Amazon has called the report off",
        what="Amazon called off the report {report_type} (report {report_id}).",
        why="There was nothing to report for the time that was asked for; or somebody called it off in Seller Central or with another program.",
        next_step="Nothing to do: it counts as an empty report, and what it would have held is found by search.",
        exit_code=Exit.DONE,
        severity="warning",
    ),
    ProblemName.REPORT_LATE: Entry(
        title="A report takes its time",
        what="Amazon is still at work on a report after half an hour ({detail}).",
        why="Amazon makes reports when it has time for them; large accounts wait longer.",
        next_step="Run the command again later: it asks for the same report.",
        exit_code=Exit.TRY_AGAIN,
    ),
}
