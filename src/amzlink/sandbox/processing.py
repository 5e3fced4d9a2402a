"""What the Feeds and the Reports API do alike: jobs that are created, looked at, listed and processed when it is time.

In which order the two check a request is their own, and stays with them.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from amzlink.sandbox.documents import LIFE, Document
from amzlink.sandbox.job_queue import OPEN, AnyJob, JobQueue, Status
from amzlink.sandbox.messages import Json, Request, Response, json_response
from amzlink.sandbox.parameters import Arguments
from amzlink.sandbox.refusals import RefusalError, invalid_input, not_valid, page_token_dead, refusal
from amzlink.sandbox.world import World

KEPT: Final = timedelta(days=90)
_DEFAULT_PAGE: Final = 10
_MOST_MARKETPLACES: Final = 25


def bad_input(details: str) -> RefusalError:
    """The refusal of a request of which only `details` says what is wrong."""
    return invalid_input("Invalid input", details)


def read_marketplaces(body: Json) -> tuple[str, ...]:
    """The marketplaces that a new job is for, whether they exist or not."""
    marketplace_ids = body.get("marketplaceIds")
    if not isinstance(marketplace_ids, list) or not all(isinstance(each, str) for each in marketplace_ids):
        raise bad_input("marketplaceIds is a list of ids.")
    if not 0 < len(marketplace_ids) <= _MOST_MARKETPLACES:
        raise bad_input(f"marketplaceIds holds one to {_MOST_MARKETPLACES} ids.")
    return tuple(marketplace_ids)


def make_job_id(world: World) -> str:
    """The id of a new job."""
    return f"{world.random().randrange(10**10, 10**11)}"


def answer_job(world: World, queue: JobQueue[Any], job_id: str) -> Response:
    """How far a job has come."""
    job = queue.jobs.get(job_id)
    if job is None or world.now() - job.created > KEPT:
        return refusal(404, "NotFound", f"The requested {queue.noun} was not found.", job_id)
    return json_response(200, job.tell())


def answer_next_page(world: World, queue: JobQueue[Any], arguments: Arguments) -> Response:
    """The page that the request's token stands for; the token stands alone."""
    if len(arguments.raw) > 1:
        raise not_valid("nextToken", "It is given alone.")
    kept = queue.pages.get(arguments.raw["nextToken"])
    return page_token_dead() if kept is None else _page(world, queue, *kept)


def check_types(queue: JobQueue[Any], arguments: Arguments) -> None:
    """Raises the refusal of a search that names no types."""
    if not arguments.has(f"{queue.noun}Types"):
        raise not_valid(f"{queue.noun}Types", f"Either {queue.noun}Types or nextToken must be given.")


def answer_first_page(world: World, queue: JobQueue[Any], arguments: Arguments) -> Response:
    """The jobs that were asked for, the newest first."""
    now = world.now()
    since = arguments.time("createdSince") or now - KEPT
    if now - since > KEPT:
        raise not_valid("createdSince", f"{queue.noun.capitalize()}s are kept for {KEPT.days} days.")
    found = _find(queue, arguments, since, arguments.time("createdUntil") or now)
    return _page(world, queue, found, arguments.number("pageSize", _DEFAULT_PAGE))


def answer_document(
    world: World,
    queue: JobQueue[Any],
    document: Document,
    arguments: Arguments,
    request: Request,
    *,
    expired: str,
) -> Response:
    """The address from which a document is downloaded; `expired` is the fault under which it opens nothing."""
    encoding = "gzip" if document.compressed and arguments.flag("enableContentEncodingUrlHeader") else None
    url = world.documents.sign(document, "GET", request.origin, expiry(world, expired), encoding=encoding)
    told = {f"{queue.noun}DocumentId": document.id, "url": url}
    return json_response(200, told | ({"compressionAlgorithm": "GZIP"} if document.compressed else {}))


def expiry(world: World, expired: str) -> datetime:
    """Until when the address of a document is good; under the fault `expired` it is not even now."""
    return world.now() if world.faults.has(expired) else world.now() + LIFE


def settle(
    world: World, queue: JobQueue[AnyJob], process: Callable[[World, AnyJob], None], *, cancelled: str, stuck: str
) -> None:
    """Brings a queue up to the present: what is due by now is processed as of the moment at which it was due.

    `cancelled` and `stuck` are the faults that keep a job from being processed, and from coming to its end.
    """
    if not queue.open:
        return
    now = world.now()
    for job in queue.open:
        if job.status is Status.IN_QUEUE and now >= job.starts:
            job.status = Status.CANCELLED if world.faults.has(cancelled) else Status.IN_PROGRESS
        if job.status is Status.IN_PROGRESS and now >= job.ends and not world.faults.has(stuck):
            process(world, job)
    queue.open = [job for job in queue.open if job.status in OPEN]


def _find(queue: JobQueue[AnyJob], arguments: Arguments, since: datetime, until: datetime) -> list[AnyJob]:
    types, statuses = arguments.items(f"{queue.noun}Types"), arguments.items("processingStatuses")
    marketplaces = set(arguments.items("marketplaceIds"))
    return [
        job
        for job in reversed(queue.jobs.values())
        if since <= job.created <= until
        and job.type in types
        and (not statuses or job.status in statuses)
        and (not marketplaces or marketplaces & set(job.marketplace_ids))
    ]


def _page(world: World, queue: JobQueue[AnyJob], found: list[AnyJob], size: int) -> Response:
    told: Json = {f"{queue.noun}s": [job.tell() for job in found[:size]]}
    if len(found) > size:
        told["nextToken"] = token = world.make_request_id()
        queue.pages[token] = found[size:], size
    return json_response(200, told)
