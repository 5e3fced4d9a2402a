"""What an Amazon account and its app may do: credentials, roles, regions, the state of the account."""

from typing import Final

from amzlink.problems.entry import ASKING_AMAZON, DOORS, Entry, Exit
from amzlink.problems.names import ProblemName

AREA: Final = "Amazon account"

ENTRIES: Final = {
    ProblemName.CLIENT_UNKNOWN: Entry(
        title="Amazon does not know this client id and secret",
        what="Amazon refused the client id and client secret of the app.",
        why="The secret was mistyped, was replaced by a newer one, or has run out (they live 180 days); or the application id was given in the client id's place.",
        next_step="At {page} choose View under LWA credentials, and give both again with `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token",),
    ),
    ProblemName.CLIENT_SECRET_EXPIRED: Entry(
        title="The client secret has run out",
        what="Amazon says that the app's client secret has run out.",
        why="A client secret lives 180 days. The refresh token stays good.",
        next_step="At {page} make a new secret under LWA credentials, then run `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token", *ASKING_AMAZON),
    ),
    ProblemName.SECRET_ROTATION_DUE: Entry(
        title="A secret has to be renewed",
        what="The {name} {detail}.",
        why="A client secret lives 180 days. A public app's authorisation lapses after a year, and for a merchant's own app Amazon names no end, so there the day is a hint.",
        next_step="At {page} make a new client secret, or authorise the app again, and run `amzlink connect{store_option}{renew}`. An old client secret stays good for seven days beside the new one.",
        exit_code=Exit.NOT_ALLOWED,
        severity="warning",
        checks=("secret-age",),
    ),
    ProblemName.AUTHORISATION_REVOKED: Entry(
        title="The authorisation is not valid",
        what="Amazon refused the refresh token.",
        why="The authorisation was withdrawn or has run out, or the token was not copied whole.",
        next_step="Authorise your app again at {page} and give the new token with `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token",),
    ),
    ProblemName.APP_MISMATCH: Entry(
        title="Refresh token and client id belong to different apps",
        what="Amazon says that this refresh token was not made for this client id.",
        why="Client id, client secret and refresh token have to come from the same app.",
        next_step="At {page} copy all three from one app, and run `amzlink connect{store_option}{renew}`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token",),
    ),
    ProblemName.ACCESS_TOKEN_REJECTED: Entry(
        title="Amazon rejects a token that it has just issued",
        what="Amazon issued an access token and then rejected it.",
        why="The authorisation was withdrawn a moment ago, a proxy removes the header x-amz-access-token, or the app is a Sandbox app whose token does not open the real service.",
        next_step="Authorise a production app at {page} and run `amzlink connect{store_option}{renew}`; behind a proxy try without it.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token", *ASKING_AMAZON),
    ),
    ProblemName.ACCESS_DENIED: Entry(
        title="Amazon refuses and does not say why",
        what="Amazon refused {operation} and gave no reason.",
        why="A role of the app is missing, the refresh token is older than the role, or the account is blocked: Amazon's answer is the same.",
        next_step=(
            "At {page} check that the app has the role {role}, save it, authorise it again and run `amzlink connect{store_option}{renew}` with the new token. "
            "If that does not help, look for messages under Account Health. Amazon's request id: {request_id}."
        ),
        exit_code=Exit.NOT_ALLOWED,
        checks=ASKING_AMAZON,
    ),
    ProblemName.ROLE_MISSING_ORDERS: Entry(
        title="The app may not read orders",
        what="Amazon lets this app use other services, but not orders.",
        why="The role Inventory and Order Tracking is missing, or the refresh token is older than the role.",
        next_step="At {page} add the role Inventory and Order Tracking, save, authorise the app again, and run `amzlink connect{store_option}{renew}` with the new token.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("orders-access",),
    ),
    ProblemName.ROLE_MISSING_PII: Entry(
        title="Orders come without names and addresses",
        what="None of the {count} orders still to ship that Amazon returned has a recipient's name and street.",
        why="The restricted role Direct-to-Consumer Shipping is missing, or the refresh token is older than the role: Amazon then leaves the fields out without an error.",
        next_step="Apply for the role Direct-to-Consumer Shipping at {page}; once it is granted, authorise the app again and run `amzlink connect{store_option}{renew}` with the new token.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("pii-access",),
    ),
    ProblemName.ROLE_MISSING_LISTINGS: Entry(
        title="The app may not read listings",
        what="Amazon lets this app read orders, but not listings, and weights come from the listings.",
        why="The role Product Listing is missing, or the refresh token is older than the role.",
        next_step="At {page} add the role Product Listing, save and authorise the app again; or connect with `--no-import-weights`.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("listings-access",),
    ),
    ProblemName.ROLE_MISSING_REPORTS: Entry(
        title="The app may not read reports",
        what="Amazon lets this app use other services, but not reports.",
        why="Reports of orders open with the restricted role Direct-to-Consumer Shipping, the report of listings with Product Listing or Inventory and Order Tracking. The role is missing, or the refresh token is older than the role.",
        next_step=(
            "At {page} add the role, or apply for it where it is Direct-to-Consumer Shipping; once it is granted, authorise the app again and run `amzlink connect{store_option}{renew}` with the new token. "
            "Orders are imported without reports as well, only more slowly when there are thousands."
        ),
        exit_code=Exit.NOT_ALLOWED,
        severity="warning",
        checks=("reports-access",),
    ),
    ProblemName.ROLE_MISSING_CONFIRM: Entry(
        title="The app may not confirm shipments",
        what="Amazon lets this app use other services, but not confirm shipments.",
        why="Either of the roles Inventory and Order Tracking and Direct-to-Consumer Shipping opens this. Both are missing, or the refresh token is older than the role.",
        next_step=(
            "At {page} add the role Inventory and Order Tracking, save, authorise the app again, and run `amzlink connect{store_option}{renew}` with the new token. "
            "Until then confirm shipments in Seller Central, so that none is late."
        ),
        exit_code=Exit.NOT_ALLOWED,
        checks=("confirm-access",),
    ),
    ProblemName.ROLE_ADDED_LATER: Entry(
        title="The refresh token is older than the role",
        what="The app has the role that {operation} needs, but its refresh token was made before the role was added.",
        why="A refresh token carries the roles that the app had on the day of its authorisation. A role that is added later is not in it, and Amazon does not say so.",
        next_step="At {page} authorise the app again and run `amzlink connect{store_option}{renew}` with the new token.",
        exit_code=Exit.NOT_ALLOWED,
        checks=(*DOORS, "pii-access"),
    ),
    ProblemName.REGION_MISMATCH: Entry(
        title="The marketplace is not in this region",
        what="Amazon says that the marketplace is not valid for the region that was asked.",
        why="The country chosen for the store and the authorisation belong to different regions.",
        next_step="Connect the store again with the country in which the app was authorised.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("region",),
    ),
    ProblemName.NOT_PARTICIPATING: Entry(
        title="The account does not sell in this country",
        what="The account does not take part in the marketplace of {country}. It sells in: {detail}.",
        why="The shop was never opened there, or was closed.",
        next_step="Choose one of the countries above, or open the shop in Seller Central first.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("participation",),
    ),
    ProblemName.ACCOUNT_SUSPENDED: Entry(
        title="Amazon treats the account as not active",
        what="Amazon accepts the log-in and refuses the calls for this account.",
        why=(
            "The account is suspended or deactivated, has lain unused for 90 days or more, or Amazon has no valid card to charge. "
            "That Amazon has withdrawn the app's access looks the same from outside."
        ),
        next_step=(
            "Sign in to Seller Central and look at Account Health, the messages there, and the card under Account Info; "
            "a new card counts after up to 48 hours. If all is well there, see at {page} and in Amazon's mail whether the app was blocked. Amazon's request id: {request_id}."
        ),
        exit_code=Exit.NOT_ALLOWED,
        checks=("account", *DOORS),
    ),
    ProblemName.ACCESS_WITHDRAWN: Entry(
        title="Amazon has withdrawn the app's access",
        what="Amazon refuses every call of this app, whoever it calls for.",
        why="Amazon closes an app or a developer account when its keys were seen in public, when a question about the use of data stayed unanswered, or when its policy was broken.",
        next_step=(
            "Look for Amazon's mail to the developer's address and answer it; the state of the app stands at {page}. "
            "Once it is open again, make a new client secret there and run `amzlink connect{store_option}{renew}`."
        ),
        exit_code=Exit.NOT_ALLOWED,
        checks=("account",),
    ),
    ProblemName.INDIVIDUAL_PLAN: Entry(
        title="The account is on the Individual plan",
        what="Amazon says that this account sells on the Individual plan.",
        why="Only the primary user of an account on the Professional plan may register an app of their own; an app from better days may lose its access.",
        next_step="Change to Professional in Seller Central, Settings, Account Info, Your Services; then check the app at {page}.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("account",),
    ),
    ProblemName.LISTINGS_SUSPENDED: Entry(
        title="The listings are switched off",
        what="The account sells in {country}, but Amazon says that its listings are inactive there.",
        why="The shop is on holiday, or Amazon has suspended listings. Nothing can be ordered meanwhile; orders that are open still have to be shipped.",
        next_step="Look at Seller Central, Settings, Account Info, Listing Status, and at Account Health.",
        exit_code=Exit.REFUSED,
        severity="warning",
        checks=("participation",),
    ),
    ProblemName.ONLY_AMAZON_FULFILLED: Entry(
        title="Amazon ships all orders itself",
        what="This account's orders of the last days are all fulfilled by Amazon (FBA); there is none for the merchant to ship.",
        why="amzlink fetches orders that the merchant ships. Amazon sends the others from its own warehouses.",
        next_step="Nothing to do, if that is how you sell. If you ship yourself, see in Seller Central, Manage Inventory, whether the offers are set to Fulfilled by Merchant.",
        exit_code=Exit.REFUSED,
        severity="warning",
        checks=("orders-access",),
    ),
    ProblemName.SANDBOX_CREDENTIALS: Entry(
        title="Sandbox and production are mixed",
        what="Amazon's sandbox refused the request: {detail}.",
        why="Amazon's sandbox knows only a few fixed requests. A sandbox app works there and nowhere else, and a production store not at all.",
        next_step="Connect with `--amazon-sandbox` to try, and with a production app's values to work.",
        exit_code=Exit.NOT_ALLOWED,
        checks=("lwa-token", *ASKING_AMAZON),
    ),
    ProblemName.SELLER_ID_WRONG: Entry(
        title="The Seller ID is not this account's",
        what="Amazon says that the Seller ID does not belong to this account and marketplace.",
        why="The Seller ID was mistyped, is another account's, or is something else (a marketplace id, say).",
        next_step="Copy the Merchant Token from Seller Central, Settings, Account Info, Business Information.",
        exit_code=Exit.BAD_INPUT,
        checks=("seller-id",),
    ),
}
