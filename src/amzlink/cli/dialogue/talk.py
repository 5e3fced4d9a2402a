"""How the guided set-up speaks: its explanations, and the ways in which it asks and tells."""

from collections.abc import Mapping, Sequence
from typing import Final

from amzlink.amazon.marketplaces import MARKETPLACES, REGION_NAMES
from amzlink.cli.shell.console import Console
from amzlink.core.stores.pasted_values import Wanted
from amzlink.jobs.connect_proof import Finding, Standing, Trigger
from amzlink.problems import Problem, ProblemName

WELCOME: Final = """\
This links your Amazon seller account to amzlink. Nothing is stored before the link is proved. Ctrl-C stops; a ? as an
answer explains the question again."""

COUNTRY: Final = """\
Where do you sell? The marketplace id follows from it. More countries can be added at the end."""

APP: Final = """\
amzlink works through an app of your own that nobody else uses. It takes the place of what older guides ask for: since
March 2024 Amazon takes no Developer ID and no MWS auth token any more."""

APP_STEPS: Final = """\
Sign in at {page} as the account's primary user; a Professional selling plan is needed. In Seller Central's menu: Apps
and Services, Develop Apps.

The first time, fill in the developer profile as a private developer and ask for three roles: Inventory and Order
Tracking (orders), Direct-to-Consumer Shipping (names and addresses), Product Listing (weights). The second is
restricted: Amazon asks some questions, and may take its time.

Add a new app client for the business entity Sellers, with the same three roles, and save it. It may stay a draft.

Open the arrow beside Edit App, choose Authorize, then Authorize app. That shows the refresh token, once only.

Choose View under LWA credentials. That shows the client id and the client secret."""

DATA_PROTECTION: Final = """\
Amazon's Data Protection Policy binds your own app too: buyers' names and addresses may be kept for at most 30 days
after delivery. amzlink sees to that for what it stores; docs/data-protection.md says what else it asks of you."""

REASONS: Final[Mapping[Wanted, str]] = {
    "Seller ID": "It says whose listings are meant. Seller Central calls it Merchant Token: Settings, Account Info, "
    "Business Information.",
    "client id": "It names your app. On the app's page: View under LWA credentials.",
    "client secret": "It is your app's password and stands beside the client id. What you paste is not shown.",
    "refresh token": "It is your own permission to the app. On the app's page: the arrow beside Edit App, Authorize, "
    "Authorize app. What you paste is not shown.",
    "Sendcloud public key": "It names your integration. In Sendcloud: Settings, Integrations, your integration of the "
    "kind Sendcloud API.",
    "Sendcloud secret key": "It is the integration's password and stands beside the public key. What you paste is not "
    "shown.",
}

UNUSUAL_SELLER_ID: Final = "That is unusual: most are A with 12 or 13 capital letters and digits. Amazon will tell."

NAME: Final = "What you call this store; commands know it by a short form."

WEIGHTS: Final = "A parcel needs a weight, and amzlink can read your products' weights from your listings."

TRIGGER: Final = "At which moment is Amazon told that an order is shipped?"
TRIGGERS: Final[tuple[tuple[Trigger, str], ...]] = (
    ("processed", "processed at carrier: the carrier has the parcel (what Amazon asks for)"),
    ("announced", "announced to carrier: the label is made"),
)
ANNOUNCED: Final = """\
Mind: Amazon wants no confirmation before a parcel is handed over. It charges the buyer at that moment, and a
confirmation cannot be taken back, not even when the label is cancelled."""

SENDCLOUD: Final = """\
amzlink can hand your orders on to Sendcloud, where labels are made, and tell Amazon of every parcel. It takes an
integration of your own there: in Sendcloud, Settings, Integrations, Sendcloud API, Connect, a name, Save. Then the
public key and the secret key are shown. Sendcloud's own Amazon integration has to be off, or every order arrives
twice."""

INTEGRATION: Final = "Without asking Sendcloud, the number of the keys' integration has to be given as well."

PURGE_DESTINATION: Final = """\
Sendcloud keeps an order for 180 days, and with it the buyer's name and address. Amazon's policy allows 30 days after
delivery. amzlink can delete the orders there too when their time is over; parcels stay."""

SENDCLOUD_TRIGGERS: Final[Mapping[Trigger, str]] = {
    "announced": "once its label is made (announced)",
    "processed": "once the carrier has scanned it (processed)",
}
OTHER_TRIGGER: Final = """\
In Sendcloud this integration counts a parcel as sent {theirs}; here you have chosen: {ours}. amzlink goes by your
answer. `amzlink stores set update_status_when={theirs_key}` changes it."""


class Talk:
    """The set-up's voice: paragraphs, headings, choices."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._steps_shown = False

    def say(self, text: str, *, style: str = "") -> None:
        """A paragraph."""
        self._console.say(_one_line(text), style=style)

    def heading(self, text: str) -> None:
        """What the next question is about."""
        self._console.say()
        self._console.say(text, style="bold")

    def app_steps(self, page: str) -> None:
        """How an app is made and authorised; told once in full."""
        if self._steps_shown:
            self.say(f"The five steps above lead there, beginning at {page}.")
            return
        self._steps_shown = True
        for number, step in enumerate(APP_STEPS.format(page=page).split("\n\n"), 1):
            self._console.say(_one_line(step), lead=f"  {number}. ")

    def countries(self) -> None:
        """All countries with a marketplace, by region."""
        for region, name in REGION_NAMES.items():
            here = sorted(f"{m.name} {m.country}" for m in MARKETPLACES if m.region == region)
            self._console.say(", ".join(here), lead=f"  {name}: ")

    def explain(self, problem: Problem, page: str) -> None:
        """What is wrong, and what to do about it."""
        self.say(problem.summary, style="yellow")
        if problem.name == ProblemName.MWS_CREDENTIALS:
            self.say(f"{problem.cause} What takes their place is an app of your own.")
            self.app_steps(page)
        else:
            self.say(problem.next_step)

    def choose(self, question: str, labels: Sequence[str], *, default: int = 0) -> int:
        """The index of the label chosen by its number or its first letters."""
        for number, label in enumerate(labels, 1):
            self._console.say(label, lead=f"  {number}  ")
        while True:
            text = self._console.ask(question, default=str(default + 1)).strip().casefold()
            if text.isdecimal() and 1 <= int(text) <= len(labels):
                return int(text) - 1
            matches = [index for index, label in enumerate(labels) if label.casefold().startswith(text)]
            if len(matches) == 1:
                return matches[0]
            self._console.say(f"Please answer with a number from 1 to {len(labels)}.")


def show_findings(console: Console, findings: Sequence[Finding]) -> None:
    """What a live check has shown, one line each; where nobody looks on, only what was not proved."""
    for finding in findings:
        if finding.standing is Standing.PROVED and not console.watched:
            continue
        note = f": {finding.note}" if finding.note else ""
        style = "" if finding.standing is Standing.PROVED else "yellow"
        console.say(f"{finding.subject}{note}", style=style, lead=f"  {finding.standing:<12} ")


def _one_line(paragraph: str) -> str:
    """A paragraph as the console takes it, which breaks it to the terminal's width."""
    return " ".join(paragraph.split())
