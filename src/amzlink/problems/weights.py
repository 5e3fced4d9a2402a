"""Weights of products, and their customs data."""

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from amzlink.problems.entry import Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Weights"

_MOST_SHOWN: Final = 5

ENTRIES: Final = {
    ProblemName.WEIGHT_MISSING: Entry(
        title="A product has no weight",
        what="The product {sku} has no weight: not in its listing, not here, and the store has no default.",
        why="Amazon's orders have no weights. They come from the listings, and many listings have none.",
        next_step="Run `amzlink check-weights --set {sku}=0.45kg{store_option}` with the right weight. Or set it in Seller Central on the listing's edit page, under Shipping or More Details: Shipping Weight or Item Package Weight.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.CUSTOMS_MISSING: Entry(
        title="A product has no customs data",
        what="Customs data is missing for {count:order} to ship beyond the customs union. Products: {detail}.",
        why="Beyond the customs union a label needs the HS code and the country of origin of each product. Amazon's orders have neither.",
        next_step="Run `amzlink check-weights --customs {sku}={customs}{store_option}`, once --customs for each product. Replace HS by the product's HS code of 6, 8 or 10 digits. Replace CC by the two letters of the country where it was made, such as PT. The next import sends it to Sendcloud.",
        next_step_exactly="{advice}",
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
        next_step="For orders, amzlink uses the weight that you set here. To change it at Amazon, open the listing's edit page in Seller Central. The field is under Shipping or More Details: Shipping Weight or Item Package Weight. Or ask Seller Support.",
        exit_code=Exit.PARTLY,
        severity="warning",
    ),
    ProblemName.WEIGHT_REFUSED: Entry(
        title="Amazon refuses the weight",
        what="Amazon refuses the weight of the product {sku}. Its listing was not changed.",
        why="Amazon's own message is shown with it. Some product types have no weight, and some listings can be changed only by the brand's owner.",
        next_step="For orders, amzlink uses the weight that you set here. To set it at Amazon, open the listing's edit page in Seller Central (Advanced View if offered). The field is under Shipping or More Details: Shipping Weight or Item Package Weight. amzlink sends it again only if you change it, or give it again with --apply.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.WEIGHT_LOST_ELSEWHERE: Entry(
        title="A weight was lost in another marketplace",
        what="The listing of the product {sku} has the new weight, but lost its weight for {detail}.",
        why="Amazon replaces the whole attribute. What happens to the entries of other marketplaces is not documented.",
        next_step="In Seller Central choose the country and open the listing's edit page. The field is under Shipping or More Details: Shipping Weight or Item Package Weight. For orders, amzlink uses the weight that you set here in every marketplace.",
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
        title="A line of the file with weights cannot be used",
        what="Line {line} of the file with weights cannot be used: {detail}.",
        why="A weight is a number with one of the units kg, g, lb and oz. An HS code has 6, 8 or 10 digits, a country two letters. Each SKU may be there once. The other lines were read.",
        next_step="Correct the line and run `amzlink check-weights --from FILE{store_option}` again. What is set already does not change.",
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


# Why customs data that was given cannot be used -----------------------------------------------------------------------

NOT_AN_HS_CODE: Final = "the HS code is not one of 6, 8 or 10 digits, such as 610910"
HS_CODE_ROUNDED: Final = "the HS code was rounded by a spreadsheet (E+), so digits are lost"
HS_CODE_DOT: Final = "a dot in the HS code is not between pairs of digits; write its digits alone"
NO_SUCH_CHAPTER: Final = "the HS code begins with 00, and there is no such chapter"
NOT_A_COUNTRY: Final = "the country of origin is not a code of two letters, such as PT for Portugal"
NOT_A_CUSTOMS_SETTING: Final = "it is not of the form SKU=HS,CC, such as MUG=691110,PT"


def hs_code_zero_lost(*, digits: int) -> str:
    """A code that is a digit short, as spreadsheets leave those that begin with a zero."""
    return (
        f"the HS code has {digits} digits and needs 6, 8 or 10; a spreadsheet drops a zero at the beginning or the end"
    )


def hs_code_length(*, digits: int) -> str:
    """A code of another length."""
    return f"the HS code has {digits} digit{'' if digits == 1 else 's'} and needs 6, 8 or 10"


def hs_code_ambiguous(*, codes: Sequence[str]) -> str:
    """A code with decimals that are zeros."""
    return f"the HS code can be read as {' or '.join(codes)}"


def country_unknown(*, code: str) -> str:
    """Two letters that no country has."""
    return f"the country of origin {code} is no country code (ISO 3166), such as PT for Portugal"


NO_SKU_TOLD: Final = "Amazon gives no SKU for them"


def customs_without_sku(*, store_option: str) -> str:
    """What helps orders whose products have no SKU: nothing can be set for these here."""
    return (
        f"`amzlink orders list --held missing-customs{store_option}` shows the orders on hold. "
        f"`amzlink orders release ID{store_option}` sends the order with this number to Sendcloud. "
        "Enter HS code and country of origin there."
    )


def customs_setting(*, hs_code: str | None, country: str | None) -> str:
    """What stands for a product in `--customs`, with HS and CC in place of what is not known."""
    return f"{hs_code or 'HS'},{country or 'CC'}"


def spell_skus(skus: Sequence[str]) -> str:
    """The first products, and how many more there are."""
    more = [f"{len(skus) - _MOST_SHOWN} more"] if len(skus) > _MOST_SHOWN else []
    return ", ".join([*skus[:_MOST_SHOWN], *more])


def customs_command(*, products: Mapping[str, str], store_option: str) -> str:
    """The command that sets the customs data of products, as it is pasted; by SKU what `customs_setting` gives."""
    settings = "".join(f" --customs {shlex.quote(f'{sku}={setting}')}" for sku, setting in products.items())
    return f"amzlink check-weights{settings}{store_option}"


# Why a line of a file cannot be used ----------------------------------------------------------------------------------

SKU_MISSING: Final = "its SKU is missing"
SKU_ROUNDED: Final = "its SKU was rounded by a spreadsheet, so digits are lost"
SKU_INVALID: Final = "its SKU is too long, or contains characters that cannot be printed"


def weights_differ(*, lines: Sequence[int]) -> str:
    """One SKU with several weights."""
    return f"its SKU has different weights on the lines {', '.join(map(str, lines))}"


def customs_differ(*, lines: Sequence[int]) -> str:
    """One SKU with several HS codes or countries."""
    return f"its SKU has different customs data on the lines {', '.join(map(str, lines))}"


def values_disagree(*, names: Sequence[str]) -> str:
    """Keys that mean the same, and say different things."""
    return f"its {', '.join(names[:-1])} and {names[-1]} disagree"


def value_is_list(*, column: str) -> str:
    """A JSON list where one value belongs."""
    return f"its {column} is a list"
