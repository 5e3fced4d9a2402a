"""Weights of products."""

from collections.abc import Sequence
from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Weights"

ENTRIES: Final = {
    ProblemName.WEIGHT_MISSING: Entry(
        title="A product has no weight",
        what="The product {sku} has no weight in its listing, here, or as the store's default.",
        why="Amazon's orders carry no weight; it comes from the listing, where many products have none.",
        next_step="Set it with `amzlink check-weights --set {sku}=0.45kg`, or in Seller Central in the listing's edit page (Shipping or More Details, Shipping Weight).",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.SKU_UNKNOWN: Entry(
        title="A product that this account does not have",
        what="The account of the store {store} has no listing with the SKU {sku}, and no open order has it.",
        why="The SKU was mistyped, belongs to another account or marketplace, or its listing was deleted.",
        next_step="Compare it with Seller Central, Inventory, Manage All Inventory: capitals, spaces and signs count.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.WEIGHT_NOT_TAKEN: Entry(
        title="A weight that Amazon has not taken over",
        what="Amazon accepted the weight of the product {sku}, but its listing does not show it.",
        why="Amazon's yes means queued. The brand's owner, or the catalogue, can outweigh what a seller says; and some changes are refused later, which the listing's issues tell.",
        next_step="The weight that was set here counts for orders all the same. At Amazon, change it in Seller Central: the listing's edit page, Shipping or More Details, Shipping Weight; or write to Seller Support.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.WEIGHT_REFUSED: Entry(
        title="A weight that Amazon does not take",
        what="Amazon refuses the weight of the product {sku}; its listing stays as it was.",
        why="Amazon's own words stand beside it. Some product types have no attribute for a weight, and some listings may be changed by the brand's owner only.",
        next_step="The weight that was set here counts for orders all the same. At Amazon, set it in Seller Central: the listing's edit page (Advanced View where it is offered), Shipping or More Details, Shipping Weight. It is sent again only when you change it, or give it again with --apply.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.WEIGHT_LOST_ELSEWHERE: Entry(
        title="A weight is gone in another marketplace",
        what="The listing of the product {sku} has the new weight, and none any more for {detail}, where it had one.",
        why="Amazon replaces an attribute as a whole; what it does with the entries of other marketplaces is not documented.",
        next_step="Set the weight there in Seller Central: choose the country, then the listing's edit page, Shipping or More Details, Shipping Weight. For orders the weight that was set here counts in every marketplace.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.WEIGHT_IMPLAUSIBLE: Entry(
        title="A weight that cannot be right",
        what="The product {sku} weighs {detail}.",
        why="It is nothing, or far too much or too little: mostly a slip of the unit, such as grams where kilograms were meant.",
        next_step="Set it right with `amzlink check-weights --set {sku}=0.45kg`, or in Seller Central in the listing's edit page.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.WEIGHT_ROW_UNUSABLE: Entry(
        title="A line of the file of weights cannot be used",
        what="Line {line} of the file cannot be used: {detail}.",
        why="A weight is a number with one of the units kg, g, lb and oz, for a SKU that is there once. The other lines have been read.",
        next_step="Correct the line and give the file again with `amzlink check-weights --from FILE`: weights that are set already are set again, which changes nothing.",
        exit_code=Exit.PARTLY,
    ),
}


# Why a weight that was given cannot be used ---------------------------------------------------------------------------

NOT_A_WEIGHT: Final = "the weight is not a number with a unit, such as 0.45kg"
WEIGHT_NEGATIVE: Final = "the weight is negative"
WEIGHT_AMBIGUOUS: Final = "the weight has a thousands separator or three decimals, so it can be read in two ways"
WEIGHT_ZERO: Final = "the weight is zero"
WEIGHT_UNDER_A_GRAM: Final = "the weight is under 1 g"
NOT_A_SETTING: Final = "it is not of the form SKU=0.45kg"


def weight_too_heavy(*, most: str) -> str:
    """A weight that no parcel may have."""
    return f"the weight is over {most}, the most that a parcel may have"


def unit_missing(*, units: Sequence[str]) -> str:
    """A bare number."""
    return f"the weight has no unit; use one of {', '.join(units)}"


def unit_unknown(*, unit: str, units: Sequence[str]) -> str:
    """A unit that is not known; empty where it is not fit to be shown."""
    return f"the weight has a unit{f' ({unit})' if unit else ''} that is not one of {', '.join(units)}"


# Why a line of a file cannot be used ----------------------------------------------------------------------------------

SKU_MISSING: Final = "its SKU is missing"
SKU_ROUNDED: Final = "its SKU was rounded by a spreadsheet, so digits are lost"
SKU_INVALID: Final = "its SKU is too long, or contains characters that cannot be printed"


def weights_differ(*, lines: Sequence[int]) -> str:
    """One SKU with several weights."""
    return f"its SKU has different weights on the lines {', '.join(map(str, lines))}"


def values_disagree(*, names: Sequence[str]) -> str:
    """Keys that mean the same, and say different things."""
    return f"its {' and '.join(names)} disagree"


def value_is_list(*, column: str) -> str:
    """A JSON list where one value belongs."""
    return f"its {column} is a list"
