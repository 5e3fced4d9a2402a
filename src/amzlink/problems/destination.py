"""Sendcloud: its keys, its integration, and the orders it is given."""

from typing import Final

from amzlink.problems.entry import ASKING_SENDCLOUD, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Sendcloud"

ENTRIES: Final = {
    ProblemName.SENDCLOUD_CREDENTIALS: Entry(
        title="Sendcloud does not know these keys",
        what="Sendcloud refused the public and the secret key.",
        why="A key was mistyped, the two belong to different integrations, or the integration was removed.",
        next_step="In Sendcloud, Settings, Integrations, Sendcloud API, look at the keys of your integration (make one if there is none), and give both with `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("sendcloud-access",),
    ),
    ProblemName.SENDCLOUD_KEYS_MISSING: Entry(
        title="Sendcloud's keys have not been given",
        what="No keys of Sendcloud's are known for {store}.",
        why="Orders are sent to Sendcloud with the two keys of an integration of the kind Sendcloud API, and they were never given here.",
        next_step="Run `amzlink connect{store_option}` and say yes to Sendcloud: it asks for both keys and says where they stand.",
        exit_code=Exit.CONFIGURATION,
        checks=("sendcloud-access",),
    ),
    ProblemName.SENDCLOUD_OAUTH_ONLY: Entry(
        title="The integration wants another way to sign in",
        what="Sendcloud refuses the keys when they come as they are; it gives an OAuth2 token for them, and refuses that as well.",
        why="The integration's switch Use OAuth2 authentication is on. amzlink then signs in by OAuth2, but Sendcloud does not let this account do so yet.",
        next_step="In Sendcloud, Settings, Integrations, open the integration and switch Use OAuth2 authentication off; or make a second Sendcloud API integration and connect its keys.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("sendcloud-access",),
    ),
    ProblemName.SENDCLOUD_FORBIDDEN: Entry(
        title="Sendcloud knows the keys and refuses all the same",
        what="Sendcloud knows the keys, but does not allow {operation} with them ({detail}).",
        why="The account is closed or waits for a payment, its plan does not include this, or the integration may not do it.",
        next_step=(
            "Sign in to Sendcloud and look for messages about the account, its plan and its invoices. If all is well there, make a new integration of the kind Sendcloud API "
            "and give its keys with `amzlink connect{store_option}{renew}`."
        ),
        exit_code=Exit.NOT_ALLOWED,
        checks=ASKING_SENDCLOUD,
    ),
    ProblemName.SENDCLOUD_INTEGRATION_MISSING: Entry(
        title="The integration is not there",
        what="Sendcloud knows no API integration {integration_id} in this account.",
        why="It was removed in Sendcloud, is of another kind, or belongs to another account than the keys.",
        next_step="In Sendcloud, Settings, Integrations, make an integration of the kind Sendcloud API, and connect its keys with `amzlink connect{store_option}{renew}`; the number follows from the keys.",
        exit_code=Exit.REFUSED,
        checks=("sendcloud-integration",),
    ),
    ProblemName.SENDCLOUD_AMAZON_ACTIVE: Entry(
        title="Sendcloud fetches Amazon's orders itself",
        what="This Sendcloud account has an Amazon integration of its own as well: {detail}.",
        why="Both bring the same orders, so every order would arrive twice, and labels could be bought twice.",
        next_step="Decide for one: remove the Amazon integration in Sendcloud, Settings, Integrations; or run `amzlink stores set destination=none{store_option}`.",
        exit_code=Exit.CONFIGURATION,
        severity="warning",
        checks=("sendcloud-duplicate",),
    ),
    ProblemName.SENDCLOUD_REFUSED: Entry(
        title="Sendcloud refuses an order",
        what="Sendcloud refused the order {order_id}: {detail}.",
        why="Something in the order is not as Sendcloud wants it. The other orders have gone on.",
        next_step="Correct what can be corrected in Seller Central, or make the label in Sendcloud by hand. amzlink tries again when the order changes.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.SENDCLOUD_NOT_STORED: Entry(
        title="An order has not arrived at Sendcloud",
        what="Sendcloud accepted the order {order_id}, but does not have it half an hour later.",
        why="Sendcloud's yes means accepted, not stored, and now and then one is lost.",
        next_step="amzlink sends it once more. If it is still not there after that, make the label in Sendcloud by hand.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.ADDRESS_UNFIT: Entry(
        title="An address that does not fit",
        what="The address of the order {order_id} does not fit what Sendcloud takes: {detail}.",
        why="amzlink moves the words of an address to where there is room, but it cuts nothing off and makes nothing up. The other orders have gone on.",
        next_step="Make its label in Sendcloud by hand with the address that Seller Central shows, or ask the buyer there for a shorter or complete one. If it is shipped another way, hold it with `amzlink orders hold {order_id}{store_option}`. The next import tries again when the address changes.",
        exit_code=Exit.PARTLY,
    ),
    ProblemName.SENDCLOUD_THROTTLED: Entry(
        title="Sendcloud asks for a pause",
        what="Sendcloud takes no more calls for now.",
        why="An integration may make 100 changing calls and 1,000 reading ones a minute; all programs that use its keys share them.",
        next_step="Nothing to do: what was not sent is sent by the next run.",
        exit_code=Exit.TRY_AGAIN,
        checks=ASKING_SENDCLOUD,
    ),
    ProblemName.SENDCLOUD_BUSY: Entry(
        title="Sendcloud is still at work on the same orders",
        what="Sendcloud turned the orders away again and again, because it is still busy with an earlier request.",
        why="It takes no two requests for the same order at a time; another program may be sending the same orders.",
        next_step="Nothing to do: what was not sent is sent by the next run.",
        exit_code=Exit.TRY_AGAIN,
    ),
    ProblemName.CURRENCY_UNSUPPORTED: Entry(
        title="Sendcloud does not take this currency",
        what="The order {order_id} is in {currency}, which Sendcloud's orders do not have.",
        why="Sendcloud's interface names EUR, GBP and USD only. The order is in the order book all the same.",
        next_step="Make its label in Sendcloud by hand, or hold the order with `amzlink orders hold {order_id}` if it is shipped another way.",
        exit_code=Exit.PARTLY,
    ),
}
