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
    `area` groups the entries in the documentation.
    """

    title: str
    what: str
    why: str
    next_step: str
    exit_code: Exit
    area: str
    severity: Literal["error", "warning"] = "error"


DEFAULT_FACTS: Final[Mapping[str, str]] = {
    "page": "Seller Central, Apps and Services, Develop Apps",
    "store": "the store",
    "store_option": "",
    "renew": " --renew",
    "host": "the service",
    "named": "",
    "file": "the file",
    "status": "an error",
    "operation": "the call",
    "request_id": "none given",
}

_SETUP, _SECRETS, _NETWORK, _AMAZON, _ORDERS, _DATA, _MACHINE, _USE = (
    "Set-up",
    "Secrets",
    "Network",
    "Amazon account",
    "Orders",
    "Order book and vault",
    "This machine",
    "Use",
)

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
    ),
    "region-mixed": Entry(
        "Countries of several regions in one store",
        "{detail} are in different Amazon regions.",
        "One authorisation covers the marketplaces of one region (North America, Europe or Far East), so each region is a store of its own.",
        "Connect one store per region, each with its own refresh token.",
        Exit.USAGE,
        _SETUP,
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
        "(3) give this session a keyring, for example `dbus-run-session` with gnome-keyring, unlocked. "
        "For the vault key, which amzlink rewrites, only (3) and the _FILE of (1) will do, with a file outside amzlink's own folders.",
        Exit.CONFIGURATION,
        _SECRETS,
    ),
    "keyring-locked": Entry(
        "The keyring is locked",
        "The keyring is there but locked: {detail}.",
        "The keyring opens when you sign in at the desktop; over ssh or in cron nobody has unlocked it.",
        "Unlock it (sign in at the desktop, or pipe the password to `gnome-keyring-daemon --unlock`), or give the secrets as "
        "AMZLINK_SECRET_... variables or files.",
        Exit.CONFIGURATION,
        _SECRETS,
    ),
    "secret-missing": Entry(
        "A secret is missing",
        "The {name} of the store {store} is neither in the keyring nor in AMZLINK_SECRET_{variable}, its _FILE, or systemd's credentials.",
        "It was never stored, was removed, or belongs to another user or home.",
        "Run `amzlink connect{store_option}{renew}` to give it again.",
        Exit.CONFIGURATION,
        _SECRETS,
    ),
    "secret-file-unreadable": Entry(
        "A file with a secret cannot be read",
        "{file} should hold a secret but cannot be read: {detail}.",
        "A variable AMZLINK_SECRET_..._FILE or systemd's credentials name this file.",
        "Correct the file or its permissions, or take the variable away so that the keyring is asked.",
        Exit.CONFIGURATION,
        _SECRETS,
    ),
    "secret-looks-wrong": Entry(
        "The wrong kind of value",
        "The {wanted} was expected, but what was given is {found}.",
        "Seller Central shows several values that look alike, and they are easily exchanged.",
        "{where}",
        Exit.BAD_INPUT,
        _SECRETS,
    ),
    "refresh-token-malformed": Entry(
        "The refresh token is not whole",
        "The refresh token is not whole: {detail}.",
        "A refresh token starts with Atzr| and is several hundred characters long; when copied, its beginning or end is easily lost.",
        "Authorise your app again at {page} and copy the new token with the copy button; it is shown only once.",
        Exit.BAD_INPUT,
        _SECRETS,
    ),
    "mws-credentials": Entry(
        "A value from Amazon's old MWS",
        "What was given is {found}, from Amazon's Marketplace Web Service (MWS).",
        "MWS ended on 31 March 2024 and its keys were deleted; they cannot be converted.",
        "Make and authorise an app of your own at {page}; it gives you a client id, a client secret and a refresh token. `amzlink connect` leads through it.",
        Exit.BAD_INPUT,
        _SECRETS,
    ),
    # Network
    "dns-failed": Entry(
        "A host name cannot be found",
        "The name {host} cannot be looked up.",
        "There is no internet connection, or the network's DNS does not answer.",
        "Check the connection and try again. A firewall must let {host} through.",
        Exit.TRY_AGAIN,
        _NETWORK,
    ),
    "connect-refused": Entry(
        "No connection",
        "No connection to {host} could be made.",
        "The network, a firewall or a proxy setting stands between, or the service is down.",
        "Check the connection and the HTTPS_PROXY setting, and try again.",
        Exit.TRY_AGAIN,
        _NETWORK,
    ),
    "tls-failed": Entry(
        "The secure connection failed",
        "The certificate of {host} could not be trusted.",
        "An inspecting proxy or virus scanner answers in its place, the machine's date is wrong, or its certificates are old.",
        "Check the machine's date; behind an inspecting proxy set SSL_CERT_FILE to its certificate.",
        Exit.TRY_AGAIN,
        _NETWORK,
    ),
    "proxy-interferes": Entry(
        "Something else answers in the service's place",
        "{host} answered with a web page (status {status}) where data was expected.",
        "A proxy, a firewall or the sign-in page of a guest network stands between.",
        "Sign in to the network, or correct HTTPS_PROXY, and try again.",
        Exit.TRY_AGAIN,
        _NETWORK,
    ),
    "timeout": Entry(
        "No answer in time",
        "{host} did not answer within {seconds} seconds.",
        "The network or the service is slow, or a firewall swallows the connection.",
        "Try again later; nothing that was fetched so far is lost.",
        Exit.TRY_AGAIN,
        _NETWORK,
    ),
    "clock-skewed": Entry(
        "This machine's clock is wrong",
        "This machine's clock is {detail} Amazon's.",
        "The clock is not set by the network. amzlink reckons in Amazon's time, so that orders are not missed.",
        "Set the clock (on Linux: `timedatectl set-ntp true`).",
        Exit.TRY_AGAIN,
        _NETWORK,
        "warning",
    ),
    # Amazon account
    "client-unknown": Entry(
        "Amazon does not know this client id and secret",
        "Amazon refused the client id and client secret of the app.",
        "The secret was mistyped, was replaced by a newer one, or has run out (they live 180 days); or the application id was given in the client id's place.",
        "At {page} choose View under LWA credentials, and give both again with `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "client-secret-expired": Entry(
        "The client secret has run out",
        "Amazon says that the app's client secret has run out.",
        "A client secret lives 180 days. The refresh token stays good.",
        "At {page} make a new secret under LWA credentials, then run `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "authorisation-revoked": Entry(
        "The authorisation is not valid",
        "Amazon refused the refresh token.",
        "The authorisation was withdrawn or has run out, or the token was not copied whole.",
        "Authorise your app again at {page} and give the new token with `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "app-mismatch": Entry(
        "Refresh token and client id belong to different apps",
        "Amazon says that this refresh token was not made for this client id.",
        "Client id, client secret and refresh token have to come from the same app.",
        "At {page} copy all three from one app, and run `amzlink connect{store_option}{renew}`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "access-token-rejected": Entry(
        "Amazon rejects a token that it has just issued",
        "Amazon issued an access token and then rejected it.",
        "The authorisation was withdrawn a moment ago, a proxy removes the header x-amz-access-token, or the app is a Sandbox app whose token does not open the real service.",
        "Authorise a production app at {page} and run `amzlink connect{store_option}{renew}`; behind a proxy try without it.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "access-denied": Entry(
        "Amazon refuses and does not say why",
        "Amazon refused {operation} and gave no reason.",
        "A role of the app is missing, the refresh token is older than the role, or the account is blocked: Amazon's answer is the same.",
        "At {page} check that the app has the role {role}, save it, authorise it again and run `amzlink connect{store_option}{renew}` with the new token. "
        "If that does not help, look for messages under Account Health. Amazon's request id: {request_id}.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "role-missing-orders": Entry(
        "The app may not read orders",
        "Amazon lets this app use other services, but not orders.",
        "The role Inventory and Order Tracking is missing, or the refresh token is older than the role.",
        "At {page} add the role Inventory and Order Tracking, save, authorise the app again, and run `amzlink connect{store_option}{renew}` with the new token.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "role-missing-pii": Entry(
        "Orders come without names and addresses",
        "None of the {count} orders still to ship that Amazon returned has a recipient's name and street.",
        "The restricted role Direct-to-Consumer Shipping is missing, or the refresh token is older than the role: Amazon then leaves the fields out without an error.",
        "Apply for the role Direct-to-Consumer Shipping at {page}; once it is granted, authorise the app again and run `amzlink connect{store_option}{renew}` with the new token.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "role-missing-listings": Entry(
        "The app may not read listings",
        "Amazon lets this app read orders, but not listings, and weights come from the listings.",
        "The role Product Listing is missing, or the refresh token is older than the role.",
        "At {page} add the role Product Listing, save and authorise the app again; or connect with `--no-import-weights`.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "region-mismatch": Entry(
        "The marketplace is not in this region",
        "Amazon says that the marketplace is not valid for the region that was asked.",
        "The country chosen for the store and the authorisation belong to different regions.",
        "Connect the store again with the country in which the app was authorised.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "not-participating": Entry(
        "The account does not sell in this country",
        "The account does not take part in the marketplace of {country}. It sells in: {detail}.",
        "The shop was never opened there, or was closed.",
        "Choose one of the countries above, or open the shop in Seller Central first.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "sandbox-credentials": Entry(
        "Sandbox and production are mixed",
        "Amazon's sandbox refused the request: {detail}.",
        "Amazon's sandbox knows only a few fixed requests. A sandbox app works there and nowhere else, and a production store not at all.",
        "Connect with `--amazon-sandbox` to try, and with a production app's values to work.",
        Exit.NOT_ALLOWED,
        _AMAZON,
    ),
    "seller-id-wrong": Entry(
        "The Seller ID is not this account's",
        "Amazon says that the Seller ID does not belong to this account and marketplace.",
        "The Seller ID was mistyped, is another account's, or is something else (a marketplace id, say).",
        "Copy the Merchant Token from Seller Central, Settings, Account Info, Business Information.",
        Exit.BAD_INPUT,
        _AMAZON,
    ),
    "throttled": Entry(
        "Amazon's quota is used up",
        "Amazon allows no more calls of {operation} for now; waiting longer than {max_wait} was not allowed.",
        "Each app may make only so many calls per account and hour. What was fetched so far is stored.",
        "Nothing to do: the next run goes on where this one stopped. If it happens often, see whether another program uses the same app.",
        Exit.TRY_AGAIN,
        _AMAZON,
    ),
    "service-unavailable": Entry(
        "Amazon's service is disturbed",
        "Amazon answered {operation} with status {status}, several times.",
        "The fault is at Amazon's end and mostly passes by itself.",
        "Nothing to do: the next run goes on where this one stopped. Amazon's request id: {request_id}.",
        Exit.TRY_AGAIN,
        _AMAZON,
    ),
    "response-malformed": Entry(
        "An answer cannot be read",
        "The answer to {operation} cannot be read: {detail}.",
        "It was cut off on its way, or its form is one that this version does not know.",
        "Try again; if it stays so, report it with the request id {request_id}. What was read before is stored.",
        Exit.TRY_AGAIN,
        _AMAZON,
    ),
    "request-refused": Entry(
        "Amazon refuses the request itself",
        "Amazon refused {operation} as invalid: {detail}.",
        "The account or this version of amzlink asks for something that Amazon does not accept here.",
        "Look for a newer version of amzlink; if it stays so, report it with the request id {request_id}.",
        Exit.REFUSED,
        _AMAZON,
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
    ),
    # Order book and vault
    "database-corrupt": Entry(
        "The order book is damaged",
        "The order book {file} cannot be read: {detail}.",
        "The disk failed, or something else wrote into the file.",
        "Put back a backup, or move the file away and run `amzlink import-orders`: orders still to ship are fetched again.",
        Exit.DISK,
        _DATA,
    ),
    "database-newer": Entry(
        "The order book is from a newer version",
        "The order book {file} was written by a newer version of amzlink (schema {detail}).",
        "An older version must not write to it.",
        "Update amzlink.",
        Exit.CONFIGURATION,
        _DATA,
    ),
    "database-unreachable": Entry(
        "The order book cannot be opened",
        "The order book {file} cannot be opened: {detail}.",
        "It is locked by another program, on a disk that is not there, or not yours to read.",
        "Close what else uses it, check the disk and its permissions, and try again.",
        Exit.TRY_AGAIN,
        _DATA,
    ),
    "vault-key-missing": Entry(
        "The key to the personal data is missing",
        "The order book holds sealed personal data of the store {store}, but its key is not here ({detail}).",
        "The keyring belongs to another user or machine, was emptied, or a backup of only one of the two was put back. Without the key the data cannot be read by anybody.",
        "Put the keyring back. If it is lost for good, run `amzlink disconnect{store_option} --keep-orders`, connect again, and import: open orders are fetched anew.",
        Exit.CONFIGURATION,
        _DATA,
    ),
    "clock-jumped": Entry(
        "The time cannot be trusted",
        "This machine's time has jumped: {detail}.",
        "Personal data is destroyed by the calendar, so amzlink acts only on a time that Amazon or earlier runs bear out.",
        "Set the clock and run again.",
        Exit.TRY_AGAIN,
        _DATA,
    ),
    # This machine
    "not-writable": Entry(
        "A file cannot be written",
        "{file} cannot be written: {detail}.",
        "The folder is read-only, belongs to somebody else, or does not exist.",
        "Correct its permissions, or choose another place (AMZLINK_HOME for amzlink's own files).",
        Exit.CANNOT_CREATE,
        _MACHINE,
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
        return self._fill(self.entry.what)

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
