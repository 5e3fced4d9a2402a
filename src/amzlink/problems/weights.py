"""Weights of products."""

from collections.abc import Sequence
from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Weights"

ENTRIES: Final = {
    ProblemName.WEIGHT_MISSING: Entry(
        title="A product has no weight",
        what="The product {sku} has no weight: not in its listing, not here, and the store has no default.",
        why="Amazon's orders have no weights. They come from the listings, and many listings have none.",
        next_step="Run `amzlink check-weights --set {sku}=0.45kg{store_option}` with the right weight. Or set it in Seller Central on the listing's edit page, Shipping or More Details, Shipping Weight.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.SKU_UNKNOWN: Entry(
        title="A SKU that this account does not have",
        what="The account of the store {store} has no listing and no open order with the SKU {sku}.{meant}",
        why="The SKU was mistyped, belongs to another account or marketplace, or its listing was deleted.",
        next_step="Compare it with Seller Central, Inventory, Manage All Inventory. Capital letters, spaces and punctuation must match.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.WEIGHT_NOT_TAKEN: Entry(
        title="Amazon did not save the weight",
        what="Amazon accepted the weight of the product {sku}, but its listing does not show it.",
        why="Amazon confirms receipt before it changes a listing. The brand's owner or the catalogue can overrule a seller. Some changes are refused later: the listing's issues say so.",
        next_step="For orders, amzlink uses the weight that you set here. To change it at Amazon, open the listing's edit page in Seller Central, Shipping or More Details, Shipping Weight. Or ask Seller Support.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.WEIGHT_REFUSED: Entry(
        title="Amazon refuses the weight",
        what="Amazon refuses the weight of the product {sku}. Its listing was not changed.",
        why="Amazon's own message is shown with it. Some product types have no weight, and some listings can be changed only by the brand's owner.",
        next_step="For orders, amzlink uses the weight that you set here. To set it at Amazon, open the listing's edit page in Seller Central (Advanced View if offered). The field is under Shipping or More Details, Shipping Weight. amzlink sends it again only if you change it, or give it again with --apply.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.WEIGHT_LOST_ELSEWHERE: Entry(
        title="A weight was lost in another marketplace",
        what="The listing of the product {sku} has the new weight, but lost its weight for {detail}.",
        why="Amazon replaces the whole attribute. What happens to the entries of other marketplaces is not documented.",
        next_step="In Seller Central choose the country and open the listing's edit page, Shipping or More Details, Shipping Weight. For orders, amzlink uses the weight that you set here in every marketplace.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.WEIGHT_IMPLAUSIBLE: Entry(
        title="A weight that cannot be right",
        what="The product {sku} weighs {detail}.",
        why="It is zero, or far too high or too low. Usually the unit is wrong, for example grams instead of kilograms.",
        next_step="Run `amzlink check-weights --set {sku}=0.45kg{store_option}` with the right weight. Or correct it in Seller Central on the listing's edit page.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.WEIGHT_ROW_UNUSABLE: Entry(
        title="A line of the weights file cannot be used",
        what="Line {line} of the file cannot be used: {detail}.",
        why="A weight is a number with one of the units kg, g, lb and oz. Each SKU may be there once. The other lines were read.",
        next_step="Correct the line and run `amzlink check-weights --from FILE{store_option}` again. Weights that are set already do not change.",
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
