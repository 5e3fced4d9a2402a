"""Who may call: the access token, and the region of the marketplaces that a call names."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from amzlink.amazon.marketplaces import BY_ID, Region
from amzlink.sandbox.messages import Request, Response
from amzlink.sandbox.refusals import TOKEN_EXPIRED, TOKEN_MISSING, TOKEN_REJECTED, WRONG_REGION, denied, not_valid
from amzlink.sandbox.world import World

HEADER: Final = "x-amz-access-token"


def check_token(world: World, request: Request) -> Response | None:
    """The refusal of a call without a token that opens it, or None."""
    token = request.headers.get(HEADER, "")
    if not token:
        return denied(TOKEN_MISSING)
    grant = world.grants.get(token)
    if grant is None:
        return denied(TOKEN_REJECTED)
    if world.now() >= grant.expires:
        return denied(TOKEN_EXPIRED)
    if grant.resources is not None and (request.method, unquote(request.path)) not in grant.resources:
        return denied()
    return None


def is_restricted(world: World, request: Request) -> bool:
    """Whether a call came with a restricted data token, which `check_token` has held to the call's own path."""
    grant = world.grants.get(request.headers.get(HEADER, ""))
    return grant is not None and grant.resources is not None


def check_region(world: World, asked: Region, marketplace_ids: Iterable[str]) -> Response | None:
    """The refusal of a call to the host of a region that the seller's account is not in, or None.

    Only marketplaces that the host does not have are named as the reason; a stranger among its own is denied mutely.
    """
    if asked == world.region:
        return None
    known = [BY_ID[marketplace_id].region for marketplace_id in marketplace_ids if marketplace_id in BY_ID]
    return denied(WRONG_REGION if any(region != asked for region in known) else "")


def check_marketplaces(world: World, marketplace_ids: Iterable[str]) -> Response | None:
    """The refusal of marketplaces of another region, or None; an id that no marketplace has is invalid input."""
    for marketplace_id in marketplace_ids:
        marketplace = BY_ID.get(marketplace_id)
        if marketplace is None:
            raise not_valid("marketplaceIds", f"Unknown marketplace: {marketplace_id}")
        if marketplace.region != world.region:
            return denied(WRONG_REGION)
    return None
