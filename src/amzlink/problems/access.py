"""What an Amazon account and its app may do: credentials, roles, regions, the state of the account."""

from datetime import date
from typing import Final

from amzlink.problems.entry import ASKING_AMAZON, DOORS, Entry, Exit
from amzlink.problems.names import ProblemName
from amzlink.problems.words import local_day

AREA: Final = "Amazon account"

ENTRIES: Final = {
    ProblemName.CLIENT_UNKNOWN: Entry(
        title="Amazon does not know this client id and secret",
        what="Amazon refused the client id and client secret of the app.",
        why="The secret was mistyped, was replaced by a newer one, or is older than 180 days and has expired. Or the application id was given instead of the client id.",
        next_step="At {page} choose View under LWA credentials and copy both values. If the secret has expired, choose Rotate secret there first. Then give them with `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token",),
    ),
    ProblemName.CLIENT_SECRET_EXPIRED: Entry(
        title="The client secret has expired",
        what="Amazon says that the app's client secret has expired.",
        why="A client secret is valid for 180 days. The refresh token is still valid.",
        next_step="At {page} choose View under LWA credentials, then Rotate secret. Only the account's primary user can do this. Then run `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token", *ASKING_AMAZON),
    ),
    ProblemName.SECRET_ROTATION_DUE: Entry(
        title="A secret is due for renewal",
        what="The {name} {detail}.",
        why="A client secret is valid for 180 days from the day it was made. A public app's authorisation expires after a year. For a merchant's own app Amazon gives no end date, so the day is only a hint there.",
        next_step="For a new client secret, choose View under LWA credentials at {page}, then Rotate secret. For a new authorisation, authorise the app again there. Then run `amzlink connect{store_option}{renew}`.",
        next_step_exactly="At {page} {advice}. Then run `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        severity="warning",
        checks=("secret-age",),
    ),
    ProblemName.AUTHORISATION_REVOKED: Entry(
        title="The authorisation is not valid",
        what="Amazon refused the refresh token.",
        why="The authorisation was withdrawn or has expired, or the token was not copied completely.",
        next_step="Authorise your app again at {page}. Then give the new token with `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token",),
    ),
    ProblemName.APP_MISMATCH: Entry(
        title="The refresh token and the client id belong to different apps",
        what="Amazon says that this refresh token was not issued for this client id.",
        why="The client id, the client secret and the refresh token must come from the same app.",
        next_step="At {page} open one app. Copy its client id and its client secret, and authorise it: that gives a new refresh token. Then run `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token",),
    ),
    ProblemName.ACCESS_TOKEN_REJECTED: Entry(
        title="Amazon rejects a token that it has just issued",
        what="Amazon issued an access token and then rejected it.",
        why="The authorisation was withdrawn a moment ago, or a proxy removes the header x-amz-access-token. Or the app is a Sandbox app, whose tokens do not work with the production service.",
        next_step="If you use a proxy, try without it. Otherwise authorise a production app at {page} and run `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token", *ASKING_AMAZON),
    ),
    ProblemName.ACCESS_DENIED: Entry(
        title="Amazon refuses access and gives no reason",
        what="Amazon refused {operation} and gave no reason.",
        why="The app lacks a role, the refresh token is older than the role, or the account is blocked. Amazon answers all three in the same way.",
        next_step="At {page} check that the app has the role {role}. Save it, authorise the app again and run `amzlink connect{store_option}{renew}` with the new token. If that does not help, look for messages in Seller Central, Performance, Account Health. Amazon's request id: {request_id}.",
        exit_code=Exit.NOT_ALLOWED,
        checks=ASKING_AMAZON,
    ),
    ProblemName.ROLE_MISSING_ORDERS: Entry(
        title="The app may not read orders",
        what="Amazon lets this app use other services, but not read orders.",
        why="The role Inventory and Order Tracking is missing, or the refresh token is older than the role.",
        next_step="At {page} add the role Inventory and Order Tracking, save, and authorise the app again. Then run `amzlink connect{store_option}{renew}` with the new token.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("orders-access",),
    ),
    ProblemName.ROLE_MISSING_PII: Entry(
        title="Orders come without names and addresses",
        what="Amazon returned {count:order} to ship, none with a recipient's name and street.",
        why="The restricted role Direct-to-Consumer Shipping is missing, or the refresh token is older than the role. Amazon then leaves these fields out and reports no error.",
        next_step="At {page} apply for the role Direct-to-Consumer Shipping. When Amazon has granted it, authorise the app again and run `amzlink connect{store_option}{renew}` with the new token. Until then take the addresses from a file that Seller Central gives: `amzlink import-orders{store_option} --addresses FILE`. `amzlink explain addresses` shows where the file is made.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("pii-access",),
    ),
    ProblemName.ROLE_MISSING_LISTINGS: Entry(
        title="The app may not read listings",
        what="Amazon lets this app read orders, but not listings. Weights come from the listings.",
        why="The role Product Listing is missing, or the refresh token is older than the role.",
        next_step="At {page} add the role Product Listing, save, and authorise the app again. Then run `amzlink connect{store_option}{renew}` with the new token. To work without weights from the listings, run `amzlink connect{store_option} --no-import-weights`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("listings-access",),
    ),
    ProblemName.ROLE_MISSING_REPORTS: Entry(
        title="The app may not read reports",
        what="Amazon lets this app use other services, but not the reports that amzlink asks for.",
        why="Reports of orders need the restricted role Direct-to-Consumer Shipping. The report of listings needs Product Listing, or Inventory and Order Tracking. The role is missing, or the refresh token is older than the role.",
        next_step="At {page} add the role, or apply for it if it is Direct-to-Consumer Shipping. When the app has it, authorise the app again and run `amzlink connect{store_option}{renew}` with the new token. Without reports orders are imported too, but thousands of them take longer.",
        exit_code=Exit.NOT_ALLOWED,
        severity="warning",
        checks=("reports-access",),
    ),
    ProblemName.ROLE_MISSING_CONFIRM: Entry(
        title="The app may not confirm shipments",
        what="Amazon lets this app use other services, but not confirm shipments.",
        why="This needs one of the roles Inventory and Order Tracking and Direct-to-Consumer Shipping. Both are missing, or the refresh token is older than the role.",
        next_step="At {page} add the role Inventory and Order Tracking, save, and authorise the app again. Then run `amzlink connect{store_option}{renew}` with the new token. Until then confirm shipments in Seller Central, so that none is late.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("confirm-access",),
    ),
    ProblemName.ROLE_ADDED_LATER: Entry(
        title="The refresh token is older than the role",
        what="The app has the role that {operation} needs, but its refresh token was issued before the role was added.",
        why="A refresh token has the roles that the app had on the day of its authorisation. A role that is added later is not in it, and Amazon does not say so.",
        next_step="Authorise the app again at {page}. Then run `amzlink connect{store_option}{renew}` with the new token.",
        exit_code=Exit.NOT_ALLOWED,
        checks=(*DOORS, "pii-access"),
    ),
    ProblemName.REGION_MISMATCH: Entry(
        title="The marketplace is not in this region",
        what="Amazon says that the marketplace is not valid in the region that was asked.",
        why="The country of the store and the authorisation belong to different regions.",
        next_step="If the app was authorised in another region, connect that account as a store of its own with `amzlink connect`. If the country is right, authorise the app in that country's Seller Central. Then give the new token with `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("region",),
    ),
    ProblemName.NOT_PARTICIPATING: Entry(
        title="The account does not sell in this country",
        what="The account does not sell in {country}. It sells in: {detail}.",
        why="The shop was never opened there, or it was closed.",
        next_step="Name its countries with `amzlink connect{store_option} --country CODE`, or open the shop in Seller Central first. Repeat --country for each of them.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("participation",),
    ),
    ProblemName.ACCOUNT_SUSPENDED: Entry(
        title="The seller account is inactive",
        what="Amazon accepts the app's credentials, but refuses calls for this seller account.",
        why="The account is suspended or deactivated, was not used for 90 days or more, or has no valid card. If Amazon has withdrawn the app's access, the answer looks the same.",
        next_step="In Seller Central check Performance, Account Health, and the messages there. Also check the card under Settings, Account Info. A new card can take 48 hours to count. If all is well, see at {page} and in Amazon's e-mails whether the app was blocked. Amazon's request id: {request_id}.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("account", *DOORS),
    ),
    ProblemName.ACCESS_WITHDRAWN: Entry(
        title="Amazon has withdrawn the app's access",
        what="Amazon refuses every call of this app, for every seller account.",
        why="The app's keys became public, a question about its use of data was not answered, or it broke a policy.",
        next_step="Look for an e-mail from Amazon to the developer's address and answer it. The app's status is shown at {page}. When the app is active again, choose Rotate secret there and run `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("account",),
    ),
    ProblemName.INDIVIDUAL_PLAN: Entry(
        title="The account is on the Individual plan",
        what="Amazon says that this account sells on the Individual plan.",
        why="Only the primary user of an account on the Professional plan may register an app. An app that was registered earlier may lose its access.",
        next_step="In Seller Central change to Professional under Settings, Account Info, Your Services. Then check the app at {page}.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("account",),
    ),
    ProblemName.LISTINGS_SUSPENDED: Entry(
        title="The listings are inactive",
        what="The account sells in {country}, but Amazon says that its listings are inactive there.",
        why="The shop is on holiday, or Amazon has suspended its listings. Nobody can order until they are active again. Open orders still have to be shipped.",
        next_step="In Seller Central check Settings, Account Info, Listing Status. Also check Performance, Account Health.",
        exit_code=Exit.REFUSED,
        severity="warning",
        checks=("participation",),
    ),
    ProblemName.ONLY_AMAZON_FULFILLED: Entry(
        title="Amazon ships all orders",
        what="Amazon ships all recent orders of this account (FBA). None is for the merchant to ship.",
        why="amzlink imports only orders that the merchant ships.",
        next_step="If this is how you sell, there is nothing to do. If you ship yourself, open Inventory, Manage All Inventory in Seller Central: the offers must be set to Fulfilled by Merchant.",
        exit_code=Exit.REFUSED,
        severity="warning",
        checks=("orders-access",),
    ),
    ProblemName.SANDBOX_CREDENTIALS: Entry(
        title="Sandbox and production are mixed",
        what="Amazon's sandbox refused the request: {detail}.",
        why="Amazon's sandbox knows only a few fixed requests. A Sandbox app works only there, and a production store does not work there.",
        next_step="To try Amazon's sandbox, run `amzlink connect --amazon-sandbox`. For real orders, run `amzlink connect` with the client id, the client secret and the refresh token of a production app.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token", *ASKING_AMAZON),
    ),
    ProblemName.SELLER_ID_WRONG: Entry(
        title="The Seller ID is not this account's",
        what="Amazon says that the Seller ID does not belong to this account and marketplace.",
        why="The Seller ID was mistyped, belongs to another account, or is another kind of value, such as a marketplace id.",
        next_step="Copy the Merchant Token from Seller Central, Settings, Account Info, Business Information. Then run `amzlink connect{store_option}`.",
        exit_code=Exit.BAD_INPUT,
        checks=("seller-id",),
    ),
}


ROTATE_SECRET: Final = (
    "choose View under LWA credentials, then Rotate secret. The old client secret stays valid for seven more days"
)
AUTHORISE_AGAIN: Final = "authorise the app again"


def ends_at_the_latest(*, end: date, today: date) -> str:
    """What a secret does whose latest possible end is near or past; it ends earlier if it was made before it was given."""
    days = (end - today).days
    if days <= 0:
        return f"should have expired by {local_day(end)}"
    return f"expires in {days} {'day' if days == 1 else 'days'} at the latest"


SAMPLE_UNKNOWN: Final = "it does not know Amazon's sample request"
