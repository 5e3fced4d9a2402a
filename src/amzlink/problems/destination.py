"""Sendcloud: its keys, its integration, and the orders it is given."""

import re
from typing import Final

from amzlink.problems.entry import ASKING_SENDCLOUD, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Sendcloud"

# Details of answers that cannot be read.
OTHER_ORDERS_LISTED: Final = "it lists other orders than the requested one"

# In place of a currency.
CURRENCY_NOT_NAMED: Final = "a currency that Amazon does not name"

ENTRIES: Final = {
    ProblemName.SENDCLOUD_CREDENTIALS: Entry(
        title="Sendcloud does not know these keys",
        what="Sendcloud refused the public and the secret key{exchanged}.",
        why="A key was mistyped, the two keys belong to different integrations, or the integration was removed.",
        next_step="In Sendcloud, Settings, Integrations, Sendcloud API, open your integration or make one. Then give both of its keys with `amzlink connect{store_option}{renew}`.",
        next_step_exactly="{advice} with `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("sendcloud-access",),
    ),
    ProblemName.SENDCLOUD_KEYS_MISSING: Entry(
        title="No Sendcloud keys",
        what="This store has no Sendcloud keys.",
        why="Orders are sent with the two keys of an integration of the kind Sendcloud API. They have not been given yet.",
        next_step="Run `amzlink connect{store_option}` and answer yes to Sendcloud. It asks for both keys and says where to find them.",
        exit_code=Exit.CONFIGURATION,
        checks=("sendcloud-access",),
    ),
    ProblemName.SENDCLOUD_OAUTH_ONLY: Entry(
        title="The integration needs another way to sign in",
        what="Sendcloud refuses the keys themselves, and also the OAuth2 token that it issues for them.",
        why="The integration's switch Use OAuth2 authentication is on. amzlink then signs in with OAuth2, but Sendcloud does not allow that for this account yet.",
        next_step="In Sendcloud, Settings, Integrations, open the integration and switch Use OAuth2 authentication off. Or make a second Sendcloud API integration and connect with its keys.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("sendcloud-access",),
    ),
    ProblemName.SENDCLOUD_FORBIDDEN: Entry(
        title="Sendcloud knows the keys but refuses access",
        what="Sendcloud knows the keys, but does not allow {operation} with them ({detail}).",
        why="The account is closed or has an unpaid invoice. Or its plan does not include this, or the integration may not do it.",
        next_step="Sign in to Sendcloud and look for messages about the account, its plan and its invoices. If all is well, make a new integration of the kind Sendcloud API. Give its keys with `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=ASKING_SENDCLOUD,
    ),
    ProblemName.SENDCLOUD_INTEGRATION_MISSING: Entry(
        title="The integration does not exist",
        what="This Sendcloud account has no API integration {integration_id}.",
        why="It was removed in Sendcloud, is of another kind, or belongs to another account than the keys.",
        next_step="In Sendcloud, Settings, Integrations, make an integration of the kind Sendcloud API. Give its keys with `amzlink connect{store_option}{renew}`: its number follows from the keys.",
        exit_code=Exit.REFUSED,
        checks=("sendcloud-integration",),
    ),
    ProblemName.SENDCLOUD_AMAZON_ACTIVE: Entry(
        title="Sendcloud imports Amazon's orders too",
        what="This Sendcloud account has an Amazon integration of its own: {detail}.",
        why="Both import the same orders. Every order would arrive twice, and labels could be bought twice.",
        next_step="Use only one of them. Either remove the Amazon integration in Sendcloud, Settings, Integrations, or run `amzlink stores set destination=none{store_option}`.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("sendcloud-duplicate",),
    ),
    ProblemName.SENDCLOUD_REFUSED: Entry(
        title="Sendcloud refuses an order",
        what="Sendcloud refused the order {order_id}: {detail}.",
        why="Sendcloud does not accept something in this order. The other orders were sent.",
        next_step="Make its label in Sendcloud by hand, with the values from Seller Central. amzlink tries again when the order changes, or its weight or customs data.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.SENDCLOUD_NOT_STORED: Entry(
        title="Sendcloud did not save an order",
        what="Sendcloud accepted the order {order_id}, but does not show it half an hour later.",
        why="Sendcloud confirms receipt before it stores an order, and sometimes loses one.",
        next_step="amzlink sends it once more. If it is still missing after that, make its label in Sendcloud by hand.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.ADDRESS_UNFIT: Entry(
        title="An address that Sendcloud cannot take",
        what="Sendcloud cannot take the address of the order {order_id}: {detail}.",
        why="amzlink moves the words of an address to where there is room. It never cuts anything off and never makes anything up. The other orders were sent.",
        next_step="Make its label in Sendcloud by hand with the address from Seller Central. Or ask the buyer there for a shorter or complete address: the next import after the change tries again. If it is shipped another way, hold it with `amzlink orders hold {order_id}{store_option}`.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.SENDCLOUD_THROTTLED: Entry(
        title="Sendcloud allows no more calls for now",
        what="Sendcloud allows no more calls for now.",
        why="An integration may make 100 changing and 1,000 reading calls a minute. All programs with its keys share them.",
        next_step="Nothing to do: the next run sends what is left.",
        next_step_exactly="{advice}",
        exit_code=Exit.TRY_AGAIN,
        checks=ASKING_SENDCLOUD,
    ),
    ProblemName.SENDCLOUD_BUSY: Entry(
        title="Sendcloud is still processing the same orders",
        what="Sendcloud refused the orders several times, because it was still processing an earlier request.",
        why="Sendcloud accepts only one request for an order at a time. Another program may be sending the same orders.",
        next_step="Nothing to do: the next run sends what is left.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.CURRENCY_UNSUPPORTED: Entry(
        title="Sendcloud does not take this currency",
        what="Sendcloud does not take the order {order_id}, because it has prices in {currency}.",
        why="Sendcloud's documentation names EUR, GBP and USD only, but some accounts may use others. The order is in the order book.",
        next_step="Make its label in Sendcloud by hand. amzlink tries one order in this currency again each day. If the order is shipped another way, hold it with `amzlink orders hold {order_id}{store_option}`.",
        exit_code=Exit.PARTLY,
    ),
}

KEYS_EXCHANGED: Final = ", and accepts them the other way round: they were exchanged"
EXCHANGE_KEYS: Final = "Give both keys again, the public key as the secret one and the secret key as the public one,"


def refused_field(*, code: str, pointer: str, message: str) -> str:
    """What Sendcloud refuses of an order: the field in words, its message, and its code.

    `pointer` is a path in the order (`order_details/order_items/[0]/quantity`), `message` quotes nothing.
    """
    told = f"{message.rstrip('.')} ({code})" if message and code else message.rstrip(".") or code or "no code"
    return f"{field}: {told}" if (field := field_in_words(pointer)) else told


def kept_reason(reason: str) -> str:
    """A reason as the order book keeps it: the path of a field, here in words, or a message."""
    return field_in_words(reason) if re.fullmatch(r"[\w\[\]/]+", reason) else reason


def field_in_words(pointer: str) -> str:
    """`quantity of order item 1` for `order_details/order_items/[0]/quantity`; empty for no pointer."""
    words: list[str] = []
    for part in pointer.split("/"):
        if number := re.fullmatch(r"\[?(\d{1,6})\]?", part):
            words[-1:] = [f"{words[-1].removesuffix('s')} {int(number[1]) + 1}"] if words else []
        elif part:
            words.append(part.replace("_", " "))
    if len(words) > 1 and words[0] == "order details":
        del words[0]
    return " of ".join(reversed(words))
