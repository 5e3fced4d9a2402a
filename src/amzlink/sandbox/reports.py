"""The Reports API: this seller has never asked for a report."""

from typing import Final

from amzlink.sandbox.access import check_marketplaces
from amzlink.sandbox.messages import Response, json_response
from amzlink.sandbox.parameters import Arguments
from amzlink.sandbox.refusals import not_valid, page_token_dead
from amzlink.sandbox.world import World

_MOST_DAYS: Final = 90


def get_reports(world: World, arguments: Arguments) -> Response:
    """The reports of some types; without a type there has to be the token of a next page."""
    refused = check_marketplaces(world, arguments.items("marketplaceIds"))
    if refused:
        return refused
    if arguments.has("nextToken"):
        if len(arguments.raw) > 1:
            raise not_valid("nextToken", "It is given alone.")
        return page_token_dead()  # no list was ever long enough to have a next page
    if not arguments.has("reportTypes"):
        raise not_valid("reportTypes", "Either reportTypes or nextToken must be given.")
    since = arguments.time("createdSince")
    if since is not None and (world.now() - since).days > _MOST_DAYS:
        raise not_valid("createdSince", f"Reports are kept for {_MOST_DAYS} days.")
    return json_response(200, {"reports": []})
