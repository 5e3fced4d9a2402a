"""The Listings Items API, write side: a change is looked at, taken, and seen some minutes later.

Amazon takes a change before it knows what becomes of it: the answer says no more than that it is queued. What Amazon's
pages leave open is decided here: a marketplace's entries are changed and those of the others stay, and a product type
that is not the listing's makes a change invalid.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from amzlink.sandbox.listing_bodies import OLD_ATTRIBUTE, issues_of
from amzlink.sandbox.listing_faults import (
    PATCH_LOST,
    PATCH_REFUSED,
    PATCH_REFUSED_AFTER_PREVIEW,
    PATCH_REFUSED_LATER,
    PATCH_SPOILS_OTHERS,
)
from amzlink.sandbox.listing_issues import (
    ATTRIBUTE_MISSING,
    ATTRIBUTES_INVALID,
    REJECTED_LATER,
    TOO_SMALL,
    VALUE_INVALID,
    localise,
    make_issue,
)
from amzlink.sandbox.listings import check_seller
from amzlink.sandbox.messages import Json, Request, Response, json_response
from amzlink.sandbox.parameters import Arguments, read_payload
from amzlink.sandbox.patch_queue import Patch, Submission
from amzlink.sandbox.products import PRODUCT_TYPES, Product, has_attribute
from amzlink.sandbox.refusals import invalid_input, not_valid
from amzlink.sandbox.weights import GRAMS, WEIGHT_ATTRIBUTES, WeightKind
from amzlink.sandbox.world import World

PREVIEW: Final = "VALIDATION_PREVIEW"
_OPS: Final = ("add", "replace", "merge", "delete")
_PATH: Final = re.compile(r"/attributes/([a-z][a-z0-9_]*)")


def patch_listings_item(world: World, arguments: Arguments, request: Request) -> Response:
    """Looks at a change to one listing, and queues it unless it is invalid or only a preview was asked for.

    A SKU that does not exist is no error: its change is taken, and nothing comes of it.
    """
    refused = check_seller(world, arguments)
    if refused:
        return refused
    sku, preview = arguments.text("sku") or "", arguments.text("mode") == PREVIEW
    wanted = arguments.items("includedData") or ("issues",)
    if "identifiers" in wanted and not preview:
        raise not_valid("includedData", "identifiers can only be asked for with VALIDATION_PREVIEW.")
    product_type, patches = _read_body(read_payload(request))
    marketplace_ids = arguments.items("marketplaceIds")
    product = world.catalogue.by_sku.get(sku)
    issues = list(_judge(world, product, product_type, patches, marketplace_ids, preview=preview))
    status = "INVALID" if issues else "VALID" if preview else "ACCEPTED"
    world.patches.count(sku, status, preview=preview)
    if status == "ACCEPTED" and not world.faults.has(PATCH_LOST):
        world.patches.take(sku, patches, world.now())
    answer: Json = {"sku": sku, "status": status, "submissionId": world.make_request_id()}
    if "issues" in wanted:
        answer["issues"] = localise(issues, arguments.text("issueLocale"), marketplace_ids)
    if "identifiers" in wanted:
        answer["identifiers"] = [{"marketplaceId": each, "asin": product.asin} for each in marketplace_ids if product]
    return json_response(200, answer)


def settle(world: World) -> None:
    """Brings the listings up to the present: changes that are due by now are seen as of the moment they were due."""
    if not world.patches.open:
        return
    now = world.now()
    for submission in world.patches.take_due(now):
        product = world.catalogue.by_sku.get(submission.sku)
        if product is not None:
            _apply(world, product, submission)


def _read_body(body: Json) -> tuple[str, tuple[Patch, ...]]:
    product_type, patches = body.get("productType"), body.get("patches")
    if not isinstance(product_type, str) or product_type not in PRODUCT_TYPES:
        raise invalid_input("Invalid product type provided.", "This sandbox knows the types of its own products.")
    if not isinstance(patches, list) or not patches:
        raise invalid_input("Invalid empty patches provided.")
    return product_type, tuple(_read_patch(at, patch) for at, patch in enumerate(patches))


def _read_patch(at: int, patch: object) -> Patch:
    if not isinstance(patch, dict) or patch.get("op") not in _OPS:
        raise invalid_input(f"Invalid operation provided in patch at index of {at}.")
    path = patch.get("path")
    found = _PATH.fullmatch(path) if isinstance(path, str) else None
    if found is None:
        # Only an attribute as a whole can be patched, nothing inside it.
        raise invalid_input(f"Invalid path provided in patch at index of {at}.")
    value = patch.get("value", [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value) or not value:
        raise invalid_input(f"Invalid value provided in patch at index of {at}.")
    return Patch(patch["op"], found[1], tuple(value))


def _judge(
    world: World,
    product: Product | None,
    product_type: str,
    patches: tuple[Patch, ...],
    marketplace_ids: tuple[str, ...],
    *,
    preview: bool,
) -> Iterator[Json]:
    """What is wrong with the change."""
    if product is None:
        return
    if product_type != product.product_type:
        yield make_issue(ATTRIBUTES_INVALID, "product_type")
        return
    refuses_all = world.faults.has(PATCH_REFUSED)
    if not preview:
        refuses_all = refuses_all or world.faults.has(PATCH_REFUSED_AFTER_PREVIEW)
    for patch in patches:
        if not has_attribute(product_type, patch.attribute):
            yield make_issue(ATTRIBUTES_INVALID, patch.attribute, action="ATTRIBUTE_SUPPRESSED")
        elif refuses_all or not all(_is_sound(patch, entry, marketplace_ids) for entry in patch.value):
            yield make_issue(VALUE_INVALID, patch.attribute)
    if preview:
        yield from _old_issues(product, {patch.attribute for patch in patches if patch.op != "delete"})


def _old_issues(product: Product, attributes: set[str]) -> Iterator[Json]:
    """What a preview names although the change has nothing to do with it; the change itself would be taken."""
    if product.kind is WeightKind.OLD_ISSUE:
        yield make_issue(TOO_SMALL, OLD_ATTRIBUTE)
    for issue in issues_of(product):
        if issue["code"] == ATTRIBUTE_MISSING and attributes.isdisjoint(issue["attributeNames"]):
            yield issue


def _is_sound(patch: Patch, entry: Json, marketplace_ids: tuple[str, ...]) -> bool:
    """Whether an entry names one of the call's marketplaces, and what it sets can be a weight where it has to be."""
    if entry.get("marketplace_id") not in marketplace_ids:
        return False
    if patch.op == "delete" or patch.attribute not in WEIGHT_ATTRIBUTES:
        return True
    value: Any = entry.get("value")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and value > 0 and entry.get("unit") in GRAMS and set(entry) == {"value", "unit", "marketplace_id"}


def _apply(world: World, product: Product, submission: Submission) -> None:
    for patch in submission.patches:
        product.issues = [issue for issue in product.issues if patch.attribute not in issue["attributeNames"]]
        if world.faults.has(PATCH_REFUSED_LATER):
            product.issues.append(make_issue(REJECTED_LATER, patch.attribute, action="ATTRIBUTE_SUPPRESSED"))
        elif product.kind is not WeightKind.OUTWEIGHED or patch.attribute not in WEIGHT_ATTRIBUTES:
            spoils = world.faults.has(PATCH_SPOILS_OTHERS)
            kept = [] if spoils else _others(product.attributes.get(patch.attribute, []), patch)
            product.own[patch.attribute] = [*kept, *(() if patch.op == "delete" else patch.value)]
    world.catalogue.note_change(product, submission.due)


def _others(entries: list[Json], patch: Patch) -> list[Json]:
    """The entries of marketplaces that the patch does not name."""
    named = {entry["marketplace_id"] for entry in patch.value}
    return [entry for entry in entries if entry.get("marketplace_id") not in named]
