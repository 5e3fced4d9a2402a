"""Every failure that a user can meet: its name, what happened, why, and what to do next.

The terminal's message, `--json`, `explain` and `docs/troubleshooting.md` all come from `CATALOGUE`.
Nobody else writes error sentences. Facts put into them are ids, counts, times and codes: never a name, an address,
a secret or the body of an answer, because a message ends up in a support ticket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal


class Exit(IntEnum):
    """Exit codes, after sysexits.h."""

    DONE = 0
    PARTLY = 1
    USAGE = 64
    BAD_INPUT = 65
    REFUSED = 69
    BUG = 70
    CANNOT_CREATE = 73
    DISK = 74
    TRY_AGAIN = 75
    NOT_ALLOWED = 77
    CONFIGURATION = 78
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Entry:
    """One problem as the documentation tells it.

    `what`, `why` and `next_step` may hold `{facts}`; a fact that the raiser does not know is filled from `DEFAULT_FACTS`.
    `what_exactly` takes the place of `what` where the raiser knows a `detail`. `area` groups the entries in the
    documentation. `checks` are the checks of `verify` that can find it; none where only the work itself meets it.
    """

    title: str
    what: str
    why: str
    next_step: str
    exit_code: Exit
    area: str
    severity: Literal["error", "warning"] = "error"
    what_exactly: str = ""
    checks: tuple[str, ...] = ()


DEFAULT_FACTS: Final[Mapping[str, str]] = {
    "page": "Seller Central, Apps and Services, Develop Apps",
    "store": "the store",
    "store_option": "",
    "renew": " --renew",
    "host": "the service",
    "named": "",
    "file": "the file",
    "bus": "unix:path=/run/user/UID/bus",
    "status": "an error",
    "operation": "the call",
    "request_id": "none given",
    "service": "Amazon",
}

_SETUP, _SECRETS, _NETWORK, _AMAZON, _ORDERS, _SHIPPING, _WEIGHTS, _SENDCLOUD, _DATA, _MACHINE, _USE = (
    "Set-up",
    "Secrets",
    "Network",
    "Amazon account",
    "Orders",
    "Shipments",
    "Weights",
    "Sendcloud",
    "Order book and vault",
    "This machine",
    "Use",
)

# Checks of `verify` that meet the same failures, because they make the same kind of call.
_DOORS: Final = ("orders-access", "listings-access", "reports-access", "confirm-access")
_ASKING_AMAZON: Final = ("region", "participation", "account", "seller-id", *_DOORS)
_ASKING_SENDCLOUD: Final = ("sendcloud-access", "sendcloud-integration")
_CALLING: Final = ("network", "lwa-token", *_ASKING_AMAZON, *_ASKING_SENDCLOUD)
_READING_THE_BOOK: Final = ("order-book", "vault", "retention", "freshness")

CATALOGUE: Final[Mapping[str, Entry]] = {
    # Set-up
    "no-store": Entry(
        "No store is connected",
        "There is no store {named}to work on.",
        "amzlink keeps its stores in {file}, and the one asked for is not there.",
        "Run `amzlink stores list` to see the stores, or `amzlink connect` to link one.",
        Exit.CONFIGURATION,
        _SETUP,
    ),
    "which-store": Entry(
        "Several stores are connected",
        "Several stores are connected and none was named: {detail}.",
        "With more than one store, amzlink does not guess.",
        "Add `--store SLUG`, or choose one for good with `amzlink stores default SLUG`.",
        Exit.CONFIGURATION,
        _SETUP,
    ),
    "config-invalid": Entry(
        "The configuration cannot be used",
        "The configuration in {file} cannot be used: {detail}.",
        "The file was edited by hand or damaged; amzlink does not go on with half of it.",
        "Correct the line, or move the file away and run `amzlink connect` again; orders and secrets stay where they are.",
        Exit.CONFIGURATION,
        _SETUP,
        checks=("config",),
    ),
    "region-mixed": Entry(
        "Countries of several regions in one store",
        "{detail} are in different Amazon regions.",
        "One authorisation covers the marketplaces of one region (North America, Europe or Far East), so each region is a store of its own.",
        "Connect one store per region, each with its own refresh token.",
        Exit.USAGE,
        _SETUP,
        checks=("config",),
    ),
    "not-built-yet": Entry(
        "Not in this version",
        "{detail} is not part of this version of amzlink.",
        "It is announced, but this version does not build it yet.",
        "Leave it out for now; the changelog says when it arrives.",
        Exit.USAGE,
        _USE,
    ),
    # Secrets
    "keyring-unavailable": Entry(
        "No keyring at hand",
        "The keyring of this machine cannot be used: {detail}.",
        "amzlink keeps secrets in the operating system's keyring, and servers, containers and cron often have none.",
        "Three ways out: (1) set AMZLINK_SECRET_{variable}_FILE to a file that only you can read, or AMZLINK_SECRET_{variable} to the value itself; "
        "(2) put a file {slug}.{name} into systemd's credentials directory; "
        "(3) give this session a keyring: under cron, the line DBUS_SESSION_BUS_ADDRESS={bus} in the crontab reaches that of a desktop where you are signed in; "
        "on a server, `dbus-run-session` with gnome-keyring, unlocked; one that hangs, by signing out and in again. "
        "For the vault key, which amzlink rewrites, only (3) and the _FILE of (1) will do, with a file outside amzlink's own folders.",
        Exit.CONFIGURATION,
        _SECRETS,
        checks=("keyring", "vault"),
    ),
    "keyring-locked": Entry(
        "The keyring is locked",
        "The keyring is there but locked: {detail}.",
        "The keyring opens when you sign in at the desktop; over ssh or in cron nobody has unlocked it.",
        "Unlock it (sign in at the desktop, or pipe the password to `gnome-keyring-daemon --unlock`), or give the secrets as "
        "AMZLINK_SECRET_... variables or files.",
        Exit.CONFIGURATION,
        _SECRETS,
        checks=("keyring", "vault"),
    ),
    "secret-too-long": Entry(
        "The keyring takes no secret as long as this",
        "The keyring of this machine takes other secrets, but not the {name}, which has {length} characters.",
        "Keyrings have limits (that of Windows takes 1,280 characters), and Amazon sets none for its tokens.",
        "Write the value into a file that only you can read, set AMZLINK_SECRET_{variable}_FILE to its path, and run the command again: the keyring is then not asked.",
        Exit.CONFIGURATION,
        _SECRETS,
        checks=("keyring",),
    ),
    "secret-missing": Entry(
        "A secret is missing",
        "The {name} of the store {store} is neither in the keyring nor in AMZLINK_SECRET_{variable}, its _FILE, or systemd's credentials.",
        "It was never stored, was removed, or belongs to another user or home.",
        "Run `amzlink connect{store_option}{renew}` to give it again.",
        Exit.CONFIGURATION,
        _SECRETS,
        checks=("keyring", "sendcloud-access"),
    ),
    "secret-file-unreadable": Entry(
        "A file with a secret cannot be read",
        "{file} should hold a secret but cannot be read: {detail}.",
        "A variable AMZLINK_SECRET_..._FILE or systemd's credentials name this file.",
        "Correct the file or its permissions, or take the variable away so that the keyring is asked.",
        Exit.CONFIGURATION,
        _SECRETS,
        checks=("keyring", "vault"),
    ),
    "secret-looks-wrong": Entry(
        "The wrong kind of value",
        "The {wanted} was expected, but what was given is {found}.",
        "Seller Central and Sendcloud show several values that look alike, and they are easily exchanged.",
        "{where}",
        Exit.BAD_INPUT,
        _SECRETS,
        checks=("keyring",),
    ),
    "refresh-token-malformed": Entry(
        "The refresh token is not whole",
        "The refresh token is not whole: {detail}.",
        "A refresh token starts with Atzr| and is several hundred characters long; when copied, its beginning or end is easily lost.",
        "Authorise your app again at {page} and copy the new token with the copy button; it is shown only once.",
        Exit.BAD_INPUT,
        _SECRETS,
        checks=("keyring",),
    ),
    "mws-credentials": Entry(
        "A value from Amazon's old MWS",
        "What was given is {found}, from Amazon's Marketplace Web Service (MWS).",
        "MWS ended on 31 March 2024 and its keys were deleted; they cannot be converted.",
        "Make and authorise an app of your own at {page}; it gives you a client id, a client secret and a refresh token. `amzlink connect` leads through it.",
        Exit.BAD_INPUT,
        _SECRETS,
        checks=("keyring",),
    ),
    # Network
    "dns-failed": Entry(
        "A host name cannot be found",
        "The name {host} cannot be looked up.",
        "There is no internet connection, or the network's DNS does not answer.",
        "Check the connection and try again. A firewall must let {host} through.",
        Exit.TRY_AGAIN,
        _NETWORK,
        what_exactly="The name {host} cannot be looked up: {detail}.",
        checks=_CALLING,
    ),
    "connect-refused": Entry(
        "No connection",
        "No connection to {host} could be made.",
        "The network, a firewall or a proxy setting stands between, or the service is down.",
        "Check the connection and the HTTPS_PROXY setting, and try again.",
        Exit.TRY_AGAIN,
        _NETWORK,
        what_exactly="No connection to {host} could be made: {detail}.",
        checks=_CALLING,
    ),
    "tls-failed": Entry(
        "The secure connection failed",
        "The certificate of {host} could not be trusted.",
        "An inspecting proxy, a virus scanner or a guest network answers in its place, the machine's date is wrong, or its certificates are old.",
        "Where the certificate has run out or is not valid yet, set the machine's date. Where its issuer is not known, an inspecting proxy or a virus scanner has made it: set SSL_CERT_FILE to a file with that issuer's certificate, or have {host} left out of the inspection. Where it is another host's or there is no TLS at all, sign in to the network or use another one.",
        Exit.TRY_AGAIN,
        _NETWORK,
        what_exactly="The secure connection to {host} failed: {detail}.",
        checks=_CALLING,
    ),
    "proxy-interferes": Entry(
        "Something else answers in the service's place",
        "{host} answered with a web page (status {status}) where data was expected.",
        "A proxy, a firewall or the sign-in page of a guest network stands between.",
        "Correct HTTPS_PROXY (a proxy that asks for a log-in takes it as http://USER:PASSWORD@HOST:PORT), have the proxy or firewall let {host} through, or sign in to the network; then try again.",
        Exit.TRY_AGAIN,
        _NETWORK,
        what_exactly="Something stands between this machine and {host}: {detail}.",
        checks=_CALLING,
    ),
    "timeout": Entry(
        "No answer in time",
        "{host} did not answer within {seconds} seconds.",
        "The network or the service is slow, or a firewall swallows the connection.",
        "Try again later; nothing that was fetched so far is lost.",
        Exit.TRY_AGAIN,
        _NETWORK,
        what_exactly="{host} did not answer within {seconds} seconds: {detail}.",
        checks=_CALLING,
    ),
    "check-timeout": Entry(
        "A check did not come to its end",
        "The check had no result after {seconds} seconds and was given up.",
        "What it looks at does not answer: a network, the keyring, or the disk. The other checks were made all the same.",
        "Run `amzlink verify{store_option} --timeout 60s` to give it longer. If it never ends, the checks above it often show why.",
        Exit.TRY_AGAIN,
        _NETWORK,
        checks=("keyring", *_CALLING, *_READING_THE_BOOK),
    ),
    "ipv6-black-hole": Entry(
        "IPv6 leads nowhere",
        "{host} answers over IPv4, but connections over IPv6 vanish without an answer.",
        "This machine has an IPv6 address, but a router or firewall drops what is sent over it; every connection first waits for IPv6 in vain.",
        "Have the router's IPv6 repaired or switched off. On Linux the line `precedence ::ffff:0:0/96 100` in /etc/gai.conf makes this machine prefer IPv4.",
        Exit.TRY_AGAIN,
        _NETWORK,
        "warning",
        checks=("network",),
    ),
    "clock-skewed": Entry(
        "This machine's clock is wrong",
        "This machine's clock is {detail} Amazon's.",
        "The clock is not set by the network. amzlink reckons in Amazon's time, so that orders are not missed.",
        "Set the clock (on Linux: `timedatectl set-ntp true`).",
        Exit.TRY_AGAIN,
        _NETWORK,
        "warning",
        checks=("clock",),
    ),
    # Amazon account
    "client-unknown": Entry(
        "Amazon does not know this client id and secret",
        "Amazon refused the client id and client secret of the app.",
        "The secret was mistyped, was replaced by a newer one, or has run out (they live 180 days); or the application id was given in the client id's place.",
        "At {page} choose View under LWA credentials, and give both again with `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("lwa-token",),
    ),
    "client-secret-expired": Entry(
        "The client secret has run out",
        "Amazon says that the app's client secret has run out.",
        "A client secret lives 180 days. The refresh token stays good.",
        "At {page} make a new secret under LWA credentials, then run `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("lwa-token", *_ASKING_AMAZON),
    ),
    "secret-rotation-due": Entry(
        "A secret has to be renewed",
        "The {name} {detail}.",
        "A client secret lives 180 days. A public app's authorisation lapses after a year, and for a merchant's own app Amazon names no end, so there the day is a hint.",
        "At {page} make a new client secret, or authorise the app again, and run `amzlink connect{store_option}{renew}`. An old client secret stays good for seven days beside the new one.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        "warning",
        checks=("secret-age",),
    ),
    "authorisation-revoked": Entry(
        "The authorisation is not valid",
        "Amazon refused the refresh token.",
        "The authorisation was withdrawn or has run out, or the token was not copied whole.",
        "Authorise your app again at {page} and give the new token with `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("lwa-token",),
    ),
    "app-mismatch": Entry(
        "Refresh token and client id belong to different apps",
        "Amazon says that this refresh token was not made for this client id.",
        "Client id, client secret and refresh token have to come from the same app.",
        "At {page} copy all three from one app, and run `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("lwa-token",),
    ),
    "access-token-rejected": Entry(
        "Amazon rejects a token that it has just issued",
        "Amazon issued an access token and then rejected it.",
        "The authorisation was withdrawn a moment ago, a proxy removes the header x-amz-access-token, or the app is a Sandbox app whose token does not open the real service.",
        "Authorise a production app at {page} and run `amzlink connect{store_option}{renew}`; behind a proxy try without it.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("lwa-token", *_ASKING_AMAZON),
    ),
    "access-denied": Entry(
        "Amazon refuses and does not say why",
        "Amazon refused {operation} and gave no reason.",
        "A role of the app is missing, the refresh token is older than the role, or the account is blocked: Amazon's answer is the same.",
        "At {page} check that the app has the role {role}, save it, authorise it again and run `amzlink connect{store_option}{renew}` with the new token. "
        "If that does not help, look for messages under Account Health. Amazon's request id: {request_id}.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=_ASKING_AMAZON,
    ),
    "role-missing-orders": Entry(
        "The app may not read orders",
        "Amazon lets this app use other services, but not orders.",
        "The role Inventory and Order Tracking is missing, or the refresh token is older than the role.",
        "At {page} add the role Inventory and Order Tracking, save, authorise the app again, and run `amzlink connect{store_option}{renew}` with the new token.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("orders-access",),
    ),
    "role-missing-pii": Entry(
        "Orders come without names and addresses",
        "None of the {count} orders still to ship that Amazon returned has a recipient's name and street.",
        "The restricted role Direct-to-Consumer Shipping is missing, or the refresh token is older than the role: Amazon then leaves the fields out without an error.",
        "Apply for the role Direct-to-Consumer Shipping at {page}; once it is granted, authorise the app again and run `amzlink connect{store_option}{renew}` with the new token.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("pii-access",),
    ),
    "role-missing-listings": Entry(
        "The app may not read listings",
        "Amazon lets this app read orders, but not listings, and weights come from the listings.",
        "The role Product Listing is missing, or the refresh token is older than the role.",
        "At {page} add the role Product Listing, save and authorise the app again; or connect with `--no-import-weights`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("listings-access",),
    ),
    "role-missing-reports": Entry(
        "The app may not read reports",
        "Amazon lets this app use other services, but not reports.",
        "Reports of orders open with the restricted role Direct-to-Consumer Shipping, the report of listings with Product Listing or Inventory and Order Tracking. The role is missing, or the refresh token is older than the role.",
        "At {page} add the role, or apply for it where it is Direct-to-Consumer Shipping; once it is granted, authorise the app again and run `amzlink connect{store_option}{renew}` with the new token. "
        "Orders are imported without reports as well, only more slowly when there are thousands.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        "warning",
        checks=("reports-access",),
    ),
    "role-missing-confirm": Entry(
        "The app may not confirm shipments",
        "Amazon lets this app use other services, but not confirm shipments.",
        "Either of the roles Inventory and Order Tracking and Direct-to-Consumer Shipping opens this. Both are missing, or the refresh token is older than the role.",
        "At {page} add the role Inventory and Order Tracking, save, authorise the app again, and run `amzlink connect{store_option}{renew}` with the new token. "
        "Until then confirm shipments in Seller Central, so that none is late.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("confirm-access",),
    ),
    "role-added-later": Entry(
        "The refresh token is older than the role",
        "The app has the role that {operation} needs, but its refresh token was made before the role was added.",
        "A refresh token carries the roles that the app had on the day of its authorisation. A role that is added later is not in it, and Amazon does not say so.",
        "At {page} authorise the app again and run `amzlink connect{store_option}{renew}` with the new token.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=(*_DOORS, "pii-access"),
    ),
    "region-mismatch": Entry(
        "The marketplace is not in this region",
        "Amazon says that the marketplace is not valid for the region that was asked.",
        "The country chosen for the store and the authorisation belong to different regions.",
        "Connect the store again with the country in which the app was authorised.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("region",),
    ),
    "not-participating": Entry(
        "The account does not sell in this country",
        "The account does not take part in the marketplace of {country}. It sells in: {detail}.",
        "The shop was never opened there, or was closed.",
        "Choose one of the countries above, or open the shop in Seller Central first.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("participation",),
    ),
    "account-suspended": Entry(
        "Amazon treats the account as not active",
        "Amazon accepts the log-in and refuses the calls for this account.",
        "The account is suspended or deactivated, has lain unused for 90 days or more, or Amazon has no valid card to charge. "
        "That Amazon has withdrawn the app's access looks the same from outside.",
        "Sign in to Seller Central and look at Account Health, the messages there, and the card under Account Info; "
        "a new card counts after up to 48 hours. If all is well there, see at {page} and in Amazon's mail whether the app was blocked. Amazon's request id: {request_id}.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("account", *_DOORS),
    ),
    "access-withdrawn": Entry(
        "Amazon has withdrawn the app's access",
        "Amazon refuses every call of this app, whoever it calls for.",
        "Amazon closes an app or a developer account when its keys were seen in public, when a question about the use of data stayed unanswered, or when its policy was broken.",
        "Look for Amazon's mail to the developer's address and answer it; the state of the app stands at {page}. "
        "Once it is open again, make a new client secret there and run `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("account",),
    ),
    "individual-plan": Entry(
        "The account is on the Individual plan",
        "Amazon says that this account sells on the Individual plan.",
        "Only the primary user of an account on the Professional plan may register an app of their own; an app from better days may lose its access.",
        "Change to Professional in Seller Central, Settings, Account Info, Your Services; then check the app at {page}.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("account",),
    ),
    "listings-suspended": Entry(
        "The listings are switched off",
        "The account sells in {country}, but Amazon says that its listings are inactive there.",
        "The shop is on holiday, or Amazon has suspended listings. Nothing can be ordered meanwhile; orders that are open still have to be shipped.",
        "Look at Seller Central, Settings, Account Info, Listing Status, and at Account Health.",
        Exit.REFUSED,
        _AMAZON,
        "warning",
        checks=("participation",),
    ),
    "only-amazon-fulfilled": Entry(
        "Amazon ships all orders itself",
        "This account's orders of the last days are all fulfilled by Amazon (FBA); there is none for the merchant to ship.",
        "amzlink fetches orders that the merchant ships. Amazon sends the others from its own warehouses.",
        "Nothing to do, if that is how you sell. If you ship yourself, see in Seller Central, Manage Inventory, whether the offers are set to Fulfilled by Merchant.",
        Exit.REFUSED,
        _AMAZON,
        "warning",
        checks=("orders-access",),
    ),
    "sandbox-credentials": Entry(
        "Sandbox and production are mixed",
        "Amazon's sandbox refused the request: {detail}.",
        "Amazon's sandbox knows only a few fixed requests. A sandbox app works there and nowhere else, and a production store not at all.",
        "Connect with `--amazon-sandbox` to try, and with a production app's values to work.",
        Exit.NOT_ALLOWED,
        _AMAZON,
        checks=("lwa-token", *_ASKING_AMAZON),
    ),
    "seller-id-wrong": Entry(
        "The Seller ID is not this account's",
        "Amazon says that the Seller ID does not belong to this account and marketplace.",
        "The Seller ID was mistyped, is another account's, or is something else (a marketplace id, say).",
        "Copy the Merchant Token from Seller Central, Settings, Account Info, Business Information.",
        Exit.BAD_INPUT,
        _AMAZON,
        checks=("seller-id",),
    ),
    "throttled": Entry(
        "Amazon's quota is used up",
        "Amazon allows no more calls of {operation} for now; waiting longer than {max_wait} was not allowed.",
        "Each app may make only so many calls per account and hour. What was fetched so far is stored.",
        "Nothing to do: the next run goes on where this one stopped. If it happens often, see whether another program uses the same app.",
        Exit.TRY_AGAIN,
        _AMAZON,
        checks=("lwa-token", *_ASKING_AMAZON),
    ),
    "quota-low": Entry(
        "No calls are left at the moment",
        "By amzlink's own count, the quota of {operation} is used up for now.",
        "Amazon gives back one call after the other. Another program that uses the same app takes from the same quota.",
        "Nothing to do: the next import waits for as long as it may, and goes on in the run after it.",
        Exit.TRY_AGAIN,
        _AMAZON,
        "warning",
        checks=("quota",),
    ),
    "service-unavailable": Entry(
        "The service is disturbed",
        "{service} answered {operation} with status {status}.",
        "The fault is at {service}'s end and mostly passes by itself.",
        "Nothing to do: the next run goes on where this one stopped. {service}'s request id: {request_id}.",
        Exit.TRY_AGAIN,
        _AMAZON,
        checks=("lwa-token", *_ASKING_AMAZON, *_ASKING_SENDCLOUD),
    ),
    "response-malformed": Entry(
        "An answer cannot be read",
        "The answer to {operation} cannot be read: {detail}.",
        "It was cut off on its way, or its form is one that this version does not know.",
        "Try again; if it stays so, report it with the request id {request_id}. What was read before is stored.",
        Exit.TRY_AGAIN,
        _AMAZON,
        checks=("lwa-token", *_ASKING_AMAZON, *_ASKING_SENDCLOUD),
    ),
    "request-refused": Entry(
        "The request itself is refused",
        "{service} refused {operation} as invalid: {detail}.",
        "The account or this version of amzlink asks for something that {service} does not accept here.",
        "Look for a newer version of amzlink; if it stays so, report it with the request id {request_id}.",
        Exit.REFUSED,
        _AMAZON,
        checks=("lwa-token", *_ASKING_AMAZON, *_ASKING_SENDCLOUD),
    ),
    # Orders
    "order-not-found": Entry(
        "No such order",
        "The order {order_id} is not known {detail}.",
        "The number is mistyped, belongs to another account or region, or is older than two years.",
        "Compare the number with Seller Central; `amzlink orders list` shows what has been imported.",
        Exit.REFUSED,
        _ORDERS,
    ),
    "order-amazon-fulfilled": Entry(
        "Amazon ships this order itself",
        "The order {order_id} is fulfilled by Amazon (FBA).",
        "Amazon sends it from its own warehouse; there is nothing for the merchant to ship.",
        "Nothing to do.",
        Exit.REFUSED,
        _ORDERS,
    ),
    "hold-not-found": Entry(
        "Nothing to lift",
        "The order {order_id} is not held.",
        "Its holds were lifted before, or their cause is gone.",
        "Nothing to do.",
        Exit.DONE,
        _ORDERS,
    ),
    "run-in-progress": Entry(
        "Another run is at work",
        "Another {job} of the store {store} is still at work.",
        "Only one run of a kind works on a store at a time, so that nothing is done twice.",
        "Nothing to do: the next run finds what is left. If none is running, the machine may share its home with another.",
        Exit.TRY_AGAIN,
        _ORDERS,
        checks=("order-book",),
    ),
    "import-stale": Entry(
        "Orders have not been imported lately",
        "The order book is not up to date: {detail}.",
        "No import has come to its end lately: none was started, or each was stopped by something.",
        "Run `amzlink import-orders{store_option}`; if it fails, its message names the cause. For regular runs see docs/servers.md.",
        Exit.TRY_AGAIN,
        _ORDERS,
        "warning",
        checks=("freshness",),
    ),
    "not-scheduled": Entry(
        "Nothing runs amzlink regularly",
        "Neither a timer nor a crontab line that runs amzlink was found for this user.",
        "Orders arrive, and personal data is destroyed in time, only when something starts amzlink again and again.",
        "Set up a timer or a crontab line (docs/servers.md has both). If another user or machine runs it, there is nothing to do.",
        Exit.CONFIGURATION,
        _ORDERS,
        "warning",
        checks=("freshness",),
    ),
    "report-failed": Entry(
        "Amazon could not make the report",
        "Amazon gave up the report {report_type} (report {report_id}).",
        "The disturbance was a passing one at Amazon's end, or the app may not have this report.",
        "Try again later: amzlink then asks for a new one. `amzlink verify{store_option}` tells whether the role for reports is there.",
        Exit.TRY_AGAIN,
        _ORDERS,
    ),
    "report-cancelled": Entry(
        "Amazon has called the report off",
        "Amazon called off the report {report_type} (report {report_id}).",
        "There was nothing to report for the time that was asked for; or somebody called it off in Seller Central or with another program.",
        "Nothing to do: it counts as an empty report, and what it would have held is found by search.",
        Exit.DONE,
        _ORDERS,
        "warning",
    ),
    "currency-unsupported": Entry(
        "Sendcloud does not take this currency",
        "The order {order_id} is in {currency}, which Sendcloud's orders do not have.",
        "Sendcloud's interface names EUR, GBP and USD only. The order is in the order book all the same.",
        "Make its label in Sendcloud by hand, or hold the order with `amzlink orders hold {order_id}` if it is shipped another way.",
        Exit.PARTLY,
        _ORDERS,
    ),
    # Shipments
    "shipment-refused": Entry(
        "Amazon refuses a confirmation",
        "Amazon refused the shipment of the order {order_id}: {detail}.",
        "The order was cancelled or confirmed already, the tracking number does not fit the carrier, or Amazon ships it itself.",
        "Open the order in Seller Central, Manage Orders, and confirm it there if it is still unshipped. amzlink keeps the refusal and does not send it again unless something about the parcel changes.",
        Exit.PARTLY,
        _SHIPPING,
    ),
    "carrier-unknown": Entry(
        "A carrier without a name at Amazon",
        "The carrier {carrier} has no code at Amazon that amzlink knows; its parcels are confirmed as Other, with this name.",
        "Amazon counts a tracking number as valid only under its own spelling of the carrier, letter for letter.",
        "Compare with the carriers that Seller Central offers under Confirm Shipment. If it is there under another name, please report it; if not, nothing can be done.",
        Exit.PARTLY,
        _SHIPPING,
        "warning",
    ),
    "shipment-row-unusable": Entry(
        "A line of the file cannot be used",
        "Line {line} of the file cannot be used: {detail}.",
        "It lacks something, or holds something that was changed on its way through a spreadsheet. The other lines have been read.",
        "Correct the line in the program that the file comes from, or as text in the spreadsheet, and give the file again: lines that are confirmed already are passed over.",
        Exit.PARTLY,
        _SHIPPING,
    ),
    "confirmation-not-stored": Entry(
        "A confirmation has not arrived",
        "Amazon accepted the shipment of the order {order_id}, but the order does not show it half an hour later.",
        "Amazon's yes means accepted, not stored, and now and then one is lost.",
        "amzlink sends it once more. If the order still shows no tracking after that, confirm it in Seller Central, Manage Orders, before its ship-by date.",
        Exit.PARTLY,
        _SHIPPING,
    ),
    "document-refused": Entry(
        "A document's place is closed",
        "The place for a document answered {operation} with status {status}.",
        "Amazon gives such a place for five minutes; the network was slow, or this machine's sleep came in between.",
        "Nothing to do: the next run asks for a new one and goes on.",
        Exit.TRY_AGAIN,
        _SHIPPING,
    ),
    "transparency-codes-missing": Entry(
        "Codes of the Transparency program are missing",
        "The shipment of the order {order_id} was not confirmed: Amazon wants a Transparency code for each piece, and there are none.",
        "The product is in Amazon's Transparency program. Its codes stand on the pieces themselves, so only who packs them knows them.",
        "Confirm it in Seller Central, Manage Orders, or give the codes in a file: `amzlink push-status --from FILE.csv{store_option}` with a column transparency_codes.",
        Exit.PARTLY,
        _SHIPPING,
    ),
    "parcel-of-stopped-order": Entry(
        "A parcel that should not go out",
        "There is a parcel for the order {order_id}, which was cancelled or is held.",
        "The label was made before the cancellation, or the wish for one, arrived. An order at Sendcloud that has a parcel is not taken back from there.",
        "Stop the parcel: cancel its label in Sendcloud, or keep it back if it is still on the shelf. If it has to go after all, run `amzlink orders release {order_id}{store_option}`.",
        Exit.PARTLY,
        _SHIPPING,
        "warning",
    ),
    "ship-by-near": Entry(
        "Parcels wait for a scan, and time runs out",
        "{count} orders of the store {store} have to be confirmed within a day, and no carrier has scanned their parcels yet.",
        "The store confirms when the carrier has processed the parcel. Letters and some services are never scanned, and Amazon counts a late confirmation against the seller.",
        "See that the parcels are handed over. `amzlink stores set ship_by_guard_hours=6{store_option}` confirms announced parcels six hours before the ship-by date, scanned or not.",
        Exit.PARTLY,
        _SHIPPING,
        "warning",
    ),
    "feed-failed": Entry(
        "Amazon did not work on a feed",
        "Amazon ended a feed with {count} confirmations without a result ({status}).",
        "It was cancelled, or Amazon could not read it or was disturbed.",
        "Nothing to do: what Amazon did not take is sent again, one by one where there is a tracking number.",
        Exit.PARTLY,
        _SHIPPING,
        "warning",
    ),
    # Weights
    "weight-missing": Entry(
        "A product has no weight",
        "The product {sku} has no weight in its listing, here, or as the store's default.",
        "Amazon's orders carry no weight; it comes from the listing, where many products have none.",
        "Set it with `amzlink check-weights --set {sku}=0.45kg`, or in Seller Central in the listing's edit page (Shipping or More Details, Shipping Weight).",
        Exit.PARTLY,
        _WEIGHTS,
        "warning",
    ),
    "sku-unknown": Entry(
        "A product that this account does not have",
        "The account of the store {store} has no listing with the SKU {sku}, and no open order has it.",
        "The SKU was mistyped, belongs to another account or marketplace, or its listing was deleted.",
        "Compare it with Seller Central, Inventory, Manage All Inventory: capitals, spaces and signs count.",
        Exit.PARTLY,
        _WEIGHTS,
    ),
    "weight-not-taken": Entry(
        "A weight that Amazon has not taken over",
        "Amazon accepted the weight of the product {sku}, but its listing does not show it.",
        "Amazon's yes means queued. The brand's owner, or the catalogue, can outweigh what a seller says; and some changes are refused later, which the listing's issues tell.",
        "The weight that was set here counts for orders all the same. At Amazon, change it in Seller Central: the listing's edit page, Shipping or More Details, Shipping Weight; or write to Seller Support.",
        Exit.PARTLY,
        _WEIGHTS,
        "warning",
    ),
    "weight-refused": Entry(
        "A weight that Amazon does not take",
        "Amazon refuses the weight of the product {sku}; its listing stays as it was.",
        "Amazon's own words stand beside it. Some product types have no attribute for a weight, and some listings may be changed by the brand's owner only.",
        "The weight that was set here counts for orders all the same. At Amazon, set it in Seller Central: the listing's edit page (Advanced View where it is offered), Shipping or More Details, Shipping Weight. It is sent again only when you change it, or give it again with --apply.",
        Exit.PARTLY,
        _WEIGHTS,
    ),
    "weight-lost-elsewhere": Entry(
        "A weight is gone in another marketplace",
        "The listing of the product {sku} has the new weight, and none any more for {detail}, where it had one.",
        "Amazon replaces an attribute as a whole; what it does with the entries of other marketplaces is not documented.",
        "Set the weight there in Seller Central: choose the country, then the listing's edit page, Shipping or More Details, Shipping Weight. For orders the weight that was set here counts in every marketplace.",
        Exit.PARTLY,
        _WEIGHTS,
    ),
    "report-late": Entry(
        "A report takes its time",
        "Amazon is still at work on a report after half an hour ({detail}).",
        "Amazon makes reports when it has time for them; large accounts wait longer.",
        "Run the command again later: it asks for the same report.",
        Exit.TRY_AGAIN,
        _WEIGHTS,
    ),
    "weight-implausible": Entry(
        "A weight that cannot be right",
        "The product {sku} weighs {detail}.",
        "It is nothing, or far too much or too little: mostly a slip of the unit, such as grams where kilograms were meant.",
        "Set it right with `amzlink check-weights --set {sku}=0.45kg`, or in Seller Central in the listing's edit page.",
        Exit.PARTLY,
        _WEIGHTS,
        "warning",
    ),
    "weight-row-unusable": Entry(
        "A line of the file of weights cannot be used",
        "Line {line} of the file cannot be used: {detail}.",
        "A weight is a number with one of the units kg, g, lb and oz, for a SKU that is there once. The other lines have been read.",
        "Correct the line and give the file again with `amzlink check-weights --from FILE`: weights that are set already are set again, which changes nothing.",
        Exit.PARTLY,
        _WEIGHTS,
    ),
    # Sendcloud
    "sendcloud-credentials": Entry(
        "Sendcloud does not know these keys",
        "Sendcloud refused the public and the secret key.",
        "A key was mistyped, the two belong to different integrations, or the integration was removed.",
        "In Sendcloud, Settings, Integrations, Sendcloud API, look at the keys of your integration (make one if there is none), and give both with `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _SENDCLOUD,
        checks=("sendcloud-access",),
    ),
    "sendcloud-keys-missing": Entry(
        "Sendcloud's keys have not been given",
        "No keys of Sendcloud's are known for {store}.",
        "Orders are sent to Sendcloud with the two keys of an integration of the kind Sendcloud API, and they were never given here.",
        "Run `amzlink connect{store_option}` and say yes to Sendcloud: it asks for both keys and says where they stand.",
        Exit.CONFIGURATION,
        _SENDCLOUD,
        checks=("sendcloud-access",),
    ),
    "sendcloud-oauth-only": Entry(
        "The integration wants another way to sign in",
        "Sendcloud refuses the keys when they come as they are; it gives an OAuth2 token for them, and refuses that as well.",
        "The integration's switch Use OAuth2 authentication is on. amzlink then signs in by OAuth2, but Sendcloud does not let this account do so yet.",
        "In Sendcloud, Settings, Integrations, open the integration and switch Use OAuth2 authentication off; or make a second Sendcloud API integration and connect its keys.",
        Exit.NOT_ALLOWED,
        _SENDCLOUD,
        checks=("sendcloud-access",),
    ),
    "sendcloud-forbidden": Entry(
        "Sendcloud knows the keys and refuses all the same",
        "Sendcloud knows the keys, but does not allow {operation} with them ({detail}).",
        "The account is closed or waits for a payment, its plan does not include this, or the integration may not do it.",
        "Sign in to Sendcloud and look for messages about the account, its plan and its invoices. If all is well there, make a new integration of the kind Sendcloud API "
        "and give its keys with `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _SENDCLOUD,
        checks=_ASKING_SENDCLOUD,
    ),
    "sendcloud-integration-missing": Entry(
        "The integration is not there",
        "Sendcloud knows no API integration {integration_id} in this account.",
        "It was removed in Sendcloud, is of another kind, or belongs to another account than the keys.",
        "In Sendcloud, Settings, Integrations, make an integration of the kind Sendcloud API, and connect its keys with `amzlink connect{store_option}{renew}`; the number follows from the keys.",
        Exit.REFUSED,
        _SENDCLOUD,
        checks=("sendcloud-integration",),
    ),
    "sendcloud-amazon-active": Entry(
        "Sendcloud fetches Amazon's orders itself",
        "This Sendcloud account has an Amazon integration of its own as well: {detail}.",
        "Both bring the same orders, so every order would arrive twice, and labels could be bought twice.",
        "Decide for one: remove the Amazon integration in Sendcloud, Settings, Integrations; or run `amzlink stores set destination=none{store_option}`.",
        Exit.CONFIGURATION,
        _SENDCLOUD,
        "warning",
        checks=("sendcloud-duplicate",),
    ),
    "sendcloud-refused": Entry(
        "Sendcloud refuses an order",
        "Sendcloud refused the order {order_id}: {detail}.",
        "Something in the order is not as Sendcloud wants it. The other orders have gone on.",
        "Correct what can be corrected in Seller Central, or make the label in Sendcloud by hand. amzlink tries again when the order changes.",
        Exit.PARTLY,
        _SENDCLOUD,
    ),
    "sendcloud-not-stored": Entry(
        "An order has not arrived at Sendcloud",
        "Sendcloud accepted the order {order_id}, but does not have it half an hour later.",
        "Sendcloud's yes means accepted, not stored, and now and then one is lost.",
        "amzlink sends it once more. If it is still not there after that, make the label in Sendcloud by hand.",
        Exit.PARTLY,
        _SENDCLOUD,
    ),
    "address-unfit": Entry(
        "An address that does not fit",
        "The address of the order {order_id} does not fit what Sendcloud takes: {detail}.",
        "amzlink moves the words of an address to where there is room, but it cuts nothing off and makes nothing up. The other orders have gone on.",
        "Make its label in Sendcloud by hand with the address that Seller Central shows, or ask the buyer there for a shorter or complete one. If it is shipped another way, hold it with `amzlink orders hold {order_id}{store_option}`. The next import tries again when the address changes.",
        Exit.PARTLY,
        _SENDCLOUD,
    ),
    "sendcloud-throttled": Entry(
        "Sendcloud asks for a pause",
        "Sendcloud takes no more calls for now.",
        "An integration may make 100 changing calls and 1,000 reading ones a minute; all programs that use its keys share them.",
        "Nothing to do: what was not sent is sent by the next run.",
        Exit.TRY_AGAIN,
        _SENDCLOUD,
        checks=_ASKING_SENDCLOUD,
    ),
    "sendcloud-busy": Entry(
        "Sendcloud is still at work on the same orders",
        "Sendcloud turned the orders away again and again, because it is still busy with an earlier request.",
        "It takes no two requests for the same order at a time; another program may be sending the same orders.",
        "Nothing to do: what was not sent is sent by the next run.",
        Exit.TRY_AGAIN,
        _SENDCLOUD,
    ),
    # Order book and vault
    "database-corrupt": Entry(
        "The order book is damaged",
        "The order book {file} cannot be read: {detail}.",
        "The disk failed, or something else wrote into the file.",
        "Put back a backup, or move the file away and run `amzlink import-orders`: orders still to ship are fetched again.",
        Exit.DISK,
        _DATA,
        checks=_READING_THE_BOOK,
    ),
    "database-newer": Entry(
        "The order book is from a newer version",
        "The order book {file} was written by a newer version of amzlink (schema {detail}).",
        "An older version must not write to it.",
        "Update amzlink.",
        Exit.CONFIGURATION,
        _DATA,
        checks=_READING_THE_BOOK,
    ),
    "database-unreachable": Entry(
        "The order book cannot be opened",
        "The order book {file} cannot be opened: {detail}.",
        "It is locked by another program, on a disk that is not there, or not yours to read.",
        "Close what else uses it, check the disk and its permissions, and try again.",
        Exit.TRY_AGAIN,
        _DATA,
        checks=_READING_THE_BOOK,
    ),
    "vault-key-missing": Entry(
        "The key to the personal data is missing",
        "The order book holds sealed personal data of the store {store}, but its key is not here ({detail}).",
        "The keyring belongs to another user or machine, was emptied, or a backup of only one of the two was put back. Without the key the data cannot be read by anybody.",
        "Put the keyring back. If it is lost for good, run `amzlink disconnect{store_option} --keep-orders`, connect again, and import: open orders are fetched anew. A single order can be destroyed all the same: `amzlink purge-pii{store_option} --order ID`.",
        Exit.CONFIGURATION,
        _DATA,
        checks=("vault",),
    ),
    "vault-key-stuck": Entry(
        "The key to old personal data does not go",
        "The keyring took the new key of the store {store}, but still gives the old one.",
        "What is destroyed is gone only when its key is, so amzlink looks again after it has set a new one. The keyring did not keep it, or another program put the old one back.",
        "See that only one amzlink uses this keyring entry and that nothing restores it, then run `amzlink purge-pii{store_option}` again.",
        Exit.REFUSED,
        _DATA,
    ),
    "purge-incomplete": Entry(
        "Personal data can still be read after a purge",
        "After the purge of the store {store}, data of {count} orders could still be read.",
        "amzlink tries to open what it has destroyed, and it could. This should never happen.",
        "Run `amzlink purge-pii{store_option}` again, and report it with `amzlink verify --bundle FILE.zip`.",
        Exit.BUG,
        _DATA,
    ),
    "journal-in-use": Entry(
        "The order book's journal could not be emptied",
        "Personal data of the store {store} was destroyed, but the order book's journal could not be emptied.",
        "Another program is reading the order book, so the database keeps its journal, in which sealed data may still stand.",
        "Close what reads the order book, then run `amzlink purge-pii{store_option}` again.",
        Exit.TRY_AGAIN,
        _DATA,
    ),
    "clock-jumped": Entry(
        "The time cannot be trusted",
        "This machine's time has jumped: {detail}.",
        "Personal data is destroyed by the calendar, so amzlink acts only on a time that Amazon or earlier runs bear out.",
        "Set the clock and run again.",
        Exit.TRY_AGAIN,
        _DATA,
        checks=("vault",),
    ),
    "retention-overdue": Entry(
        "Personal data is overdue",
        "The personal data of {count} orders is still here although its time is over.",
        "Amazon allows 30 days after delivery. Data goes when amzlink runs, and it has not run, or could not be sure of the time.",
        "Run `amzlink import-orders{store_option}`, which destroys what is due; see that something runs it every day.",
        Exit.PARTLY,
        _DATA,
        checks=("retention",),
    ),
    "archive-folder-missing": Entry(
        "The archive's folder is not there",
        "The archive should go to {file}, and there is no such folder.",
        "Its disk is not connected, or the folder was moved. amzlink does not make it, because what is to leave this machine would then stay on it. Nothing was destroyed.",
        "Connect the disk or correct the folder (`--archive`, or `dir` under `[archive]` in config.toml), and run again.",
        Exit.CANNOT_CREATE,
        _DATA,
        checks=("retention",),
    ),
    "archive-not-moved": Entry(
        "Archives still lie where they were written",
        "In {file}, {count} archive files have not been moved away; the oldest is of {since}.",
        "What tax law wants kept belongs apart from the machine that reads orders, and amzlink cannot tell whether a copy exists elsewhere.",
        "Copy them to where they are to be kept, make sure that the offline key opens them, and delete them here.",
        Exit.PARTLY,
        _DATA,
        severity="warning",
        checks=("retention",),
    ),
    "private-key-given": Entry(
        "A private key where a public one belongs",
        "The recipient no. {number} is a private key, or a file that holds one.",
        "An archive is for the holder of the private key alone, and this machine must not be able to open it. So the private key belongs on another machine or on paper, and only the public one (age1...) comes here.",
        "Take this private key for known: it has been on this machine, perhaps in the shell's history. Make a new pair elsewhere with `age-keygen`, and give only the line that begins with age1.",
        Exit.BAD_INPUT,
        _DATA,
        checks=("retention",),
    ),
    "recipient-unusable": Entry(
        "A recipient is no public key",
        "The recipient no. {number} cannot be used: it is {found}.",
        "An archive is encrypted to public keys of age, which begin with age1 and have 62 characters. Keys of ssh and of plugins are not taken.",
        "Copy the public key again, whole: `age-keygen` shows it, and `age-keygen -y FILE` shows it once more.",
        Exit.BAD_INPUT,
        _DATA,
        checks=("retention",),
    ),
    # This machine
    "not-writable": Entry(
        "A file cannot be written",
        "{file} cannot be written: {detail}.",
        "The folder is read-only, belongs to somebody else, or does not exist.",
        "Correct its permissions, or choose another place (AMZLINK_HOME for amzlink's own files).",
        Exit.CANNOT_CREATE,
        _MACHINE,
        checks=("config",),
    ),
    "home-of-another-user": Entry(
        "These files belong to another user",
        "{file} belongs to the user {owner}, and you are {user}.",
        "Two users who write into the same files lock each other out, and each has a keyring of their own.",
        "Run amzlink as {owner}, or set AMZLINK_HOME to a folder of your own.",
        Exit.CONFIGURATION,
        _MACHINE,
    ),
    "disk-full": Entry(
        "The disk is full",
        "{file} could not be written: the disk is full.",
        "Nothing was lost: what could not be stored was not marked as done.",
        "Make room and run again.",
        Exit.DISK,
        _MACHINE,
    ),
    "disk-broken": Entry(
        "The disk does not answer as it should",
        "{file} could not be read or written: {detail}.",
        "The disk, or the connection to it, is failing.",
        "Check the disk, and make a copy of the folder.",
        Exit.DISK,
        _MACHINE,
        checks=_READING_THE_BOOK,
    ),
    # Use
    "usage": Entry(
        "The command was not understood",
        "{detail}",
        "An option or an argument is missing, misspelt or has a value that it cannot have.",
        "Run `{command} --help` to see what it takes.",
        Exit.USAGE,
        _USE,
    ),
    "input-malformed": Entry(
        "A file cannot be read",
        "{file} cannot be used: {detail}.",
        "It is not in the form that this command reads.",
        "Correct the file; the documentation shows the form.",
        Exit.BAD_INPUT,
        _USE,
    ),
    "interrupted": Entry(
        "Stopped",
        "Stopped on request.",
        "Ctrl-C was pressed or the process was told to end. Everything stored so far is safe.",
        "Run the same command again: it goes on where it stopped.",
        Exit.INTERRUPTED,
        _USE,
    ),
    "internal-error": Entry(
        "A bug in amzlink",
        "amzlink came upon a bug of its own.",
        "This is our fault, not yours. What was stored before is safe.",
        "Please report it with the file {file}; it holds no personal data and no secrets.",
        Exit.BUG,
        _USE,
    ),
}


class _Facts(dict[str, object]):
    """A fact that nobody has told is shown as a gap: `explain` knows none of them."""

    def __missing__(self, name: str) -> str:
        return f"<{name.upper()}>"


class Problem(Exception):  # noqa: N818 - the word the users and the documentation have for it
    """A named failure. `facts` fill the sentences of its entry and go, as they are, into evidence."""

    def __init__(self, name: str, /, **facts: object) -> None:
        self.name = name
        self.entry = CATALOGUE[name]
        self.facts = facts
        super().__init__(name)

    def _fill(self, template: str) -> str:
        return template.format_map(_Facts({**DEFAULT_FACTS, **self.facts})).strip()

    @property
    def summary(self) -> str:
        """What happened, in a sentence."""
        return self._fill(
            self.entry.what_exactly if self.entry.what_exactly and "detail" in self.facts else self.entry.what
        )

    @property
    def cause(self) -> str:
        """Why, as far as is known."""
        return self._fill(self.entry.why)

    @property
    def next_step(self) -> str:
        """What to do now."""
        return self._fill(self.entry.next_step)

    @property
    def docs(self) -> str:
        """Where the long explanation stands."""
        return f"docs/troubleshooting.md#{self.name}"

    @property
    def exit_code(self) -> Exit:
        """The code that a command ends with when this stops it."""
        return self.entry.exit_code

    def with_facts(self, **facts: object) -> "Problem":
        """The same problem, knowing more; facts it has already stay as they are."""
        return Problem(self.name, **{**facts, **self.facts})

    def as_dict(self) -> dict[str, str]:
        """The form in which `--json` shows it."""
        return {
            "problem": self.name,
            "summary": self.summary,
            "cause": self.cause,
            "next_step": self.next_step,
            "docs": self.docs,
        }

    def __str__(self) -> str:
        return f"{self.name}: {self.summary}"
