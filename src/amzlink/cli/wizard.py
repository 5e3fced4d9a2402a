"""The guided set-up: one question at a time, each answer checked as it is given, and asked for again if need be.

Many who come here hold a guide from the time of MWS. Whatever they paste from it is named for what it is, and the way
to what is needed instead is shown, without leaving the prompt.
"""

import textwrap
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, Literal

from amzlink.amazon.marketplaces import BY_COUNTRY, MARKETPLACES, REGION_NAMES, Marketplace
from amzlink.cli.browser import open_page
from amzlink.cli.connect_draft import Draft, adopt_store, finish, parse_countries, slug_of_draft
from amzlink.cli.console import Console
from amzlink.core.credentials import Wanted, clean, is_usual_seller_id
from amzlink.deps import Deps
from amzlink.jobs.connect_proof import Answers, Proof, Standing, Trigger, prove
from amzlink.problems import Exit, Problem
from amzlink.secrets import SecretName

_WIDTH: Final = 88
_USUAL_TOKEN_LENGTH: Final = 200  # characters; Amazon's refresh tokens have several hundred

_APP_STEPS: Final = (
    "Sign in at {page} as the account's primary user; a Professional selling plan is needed. "
    "By the menu of Seller Central: Apps and Services, Develop Apps.",
    "The first time, fill in the developer profile as a private developer and ask for three roles: Inventory and Order "
    "Tracking (orders), Direct-to-Consumer Shipping (names and addresses), Product Listing (weights). The second is "
    "restricted: Amazon asks some questions, and may take its time.",
    "Add a new app client for the business entity Sellers, with the same three roles, and save it. It may stay a draft.",
    "Open the arrow beside Edit App, choose Authorize, then Authorize app. That shows the refresh token, once only.",
    "Choose View under LWA credentials. That shows the client id and the client secret.",
)
_DATA_PROTECTION: Final = (
    "Amazon's Data Protection Policy binds your own app too: buyers' names and addresses may be kept for at most 30 days "
    "after delivery. amzlink sees to that for what it stores; docs/data-protection.md says what else it asks of you."
)
_REASONS: Final[Mapping[Wanted, str]] = {
    "Seller ID": "It says whose listings are meant. Seller Central calls it Merchant Token: Settings, Account Info, "
    "Business Information.",
    "client id": "It names your app. On the page above: View under LWA credentials.",
    "client secret": "It is your app's password and stands beside the client id. What you paste is not shown.",
    "refresh token": "It is your own permission to the app. On the page above: the arrow beside Edit App, Authorize, "
    "Authorize app. What you paste is not shown.",
}
_TRIGGERS: Final[tuple[tuple[Trigger, str], ...]] = (
    ("processed", "processed at carrier: the carrier has the parcel, as Amazon wants it"),
    ("announced", "announced to carrier: the label is made"),
)
_ANNOUNCED_NOTE: Final = (
    "Mind: Amazon wants no confirmation before a parcel is handed over. It charges the buyer at that moment, and a "
    "confirmation cannot be taken back, not even when the label is cancelled."
)

# Which answers may cure which problem.
_CURES: Final[Mapping[str, tuple[str, ...]]] = {
    "client-unknown": ("client id", "client secret"),
    "client-secret-expired": ("client secret",),
    "authorisation-revoked": ("refresh token",),
    "app-mismatch": ("client id", "client secret", "refresh token"),
    "access-token-rejected": ("client id", "client secret", "refresh token"),
    "access-denied": ("refresh token",),
    "role-missing-orders": ("refresh token",),
    "role-missing-pii": ("refresh token",),
    "role-missing-listings": ("refresh token",),
    "seller-id-wrong": ("Seller ID",),
    "region-mismatch": ("country",),
    "not-participating": ("country",),
}


class Wizard:
    """A conversation that turns a draft into answers that work."""

    def __init__(self, console: Console, deps: Deps, draft: Draft, *, browser: bool, assume_yes: bool) -> None:
        self._console = console
        self._deps = deps
        self._draft = draft
        self._browser = browser
        self._assume_yes = assume_yes

    # The two conversations

    def connect(self) -> Answers:
        """Ask for everything that is open."""
        self._say(
            "This links your Amazon seller account to amzlink. Nothing is stored before the link is proved; Ctrl-C "
            "stops, and a ? as an answer shows a question's explanation again."
        )
        if not self._draft.marketplaces:
            self._ask_country()
        if not (self._draft.client_id and self._draft.refresh_token):
            self._show_app()
        if not self._draft.seller_id:
            self._ask_seller_id()
        self._tell_what_is_connected()
        if not self._draft.client_id:
            self._ask_client_id()
        self._ask_secret_unless_given("client secret", "client-secret")
        self._ask_secret_unless_given("refresh token", "refresh-token")
        self._ask_wishes()
        return finish(self._deps, self._draft)

    def renew(self) -> Answers:
        """Ask for a connected store's secrets anew; what is left out stays as it is."""
        self._say(f"New secrets for the store {self._draft.wanted_slug}. Enter keeps what is there.")
        self._say_page("The app's page is")
        self._ask_client_id()
        self._draft.client_secret = self._ask_checked("client secret", secret=True, may_be_empty=True) or None
        self._draft.refresh_token = self._ask_checked("refresh token", secret=True, may_be_empty=True) or None
        return finish(self._deps, self._draft)

    # Single questions

    def _ask_country(self) -> None:
        self._heading("Country")
        self._say("Where do you sell? The marketplace id follows from it. More countries can be added at the end.")
        self._list_countries()
        while True:
            text = clean(self._console.ask("Country (code or name)", option="--country"))
            if text in ("", "?"):
                self._list_countries()
                continue
            try:
                self._draft.marketplaces = parse_countries(text.split(","))
            except Problem as problem:
                self._say(self._country_guess(text) or problem.summary)
            else:
                names = ", ".join(marketplace.name for marketplace in self._draft.marketplaces)
                self._say(f"{names}: region {REGION_NAMES[self._draft.marketplaces[0].region]}.")
                return

    def _show_app(self) -> None:
        self._heading("Your app at Amazon")
        self._say(
            "amzlink works through an app of your own, which only you use. It takes the place of what older guides ask "
            "for: since March 2024 Amazon takes no Developer ID and no MWS auth token any more."
        )
        self._say_page("Apps are made and authorised at")
        self._say(_DATA_PROTECTION)
        if self._browser and open_page(self._draft.page):
            self._say("The page is opening in your browser.")
        if not self._assume_yes and not self._console.confirm("Is your app registered and authorised?", default=True):
            self._say_steps()
            self._console.ask("Press Enter when that is done, or Ctrl-C to come back later")

    def _ask_seller_id(self) -> None:
        self._heading("Seller ID")
        self._draft.seller_id = self._ask_checked("Seller ID")
        if not is_usual_seller_id(self._draft.seller_id):
            self._say("That is an unusual Seller ID: most are A with 12 or 13 capitals and digits. Amazon will tell.")

    def _ask_client_id(self) -> None:
        self._heading("Client id")
        self._draft.client_id = self._ask_checked("client id", default=self._draft.client_id)

    def _ask_secret_unless_given(self, wanted: Literal["client secret", "refresh token"], name: SecretName) -> None:
        field: Literal["client_secret", "refresh_token"] = (
            "client_secret" if wanted == "client secret" else "refresh_token"
        )
        if getattr(self._draft, field):
            return
        slug = slug_of_draft(self._deps, self._draft) or self._draft.wanted_slug
        if slug and self._deps.secrets.overridden(slug, name):
            self._say(f"The {wanted} comes from this machine's environment.")
            return
        connected = slug in self._deps.load_config().stores
        self._heading(wanted.capitalize())
        setattr(self._draft, field, self._ask_checked(wanted, secret=True, may_be_empty=connected) or None)

    def _ask_wishes(self) -> None:
        if self._draft.name is None:
            self._ask_name()
        if self._draft.import_weights is None:
            self._heading("Weights")
            self._say("A parcel needs a weight. amzlink can read your products' weights from your listings.")
            self._draft.import_weights = self._assume_yes or self._console.confirm(
                "Import weights from the shop?", default=True
            )
        if self._draft.update_status_when is None:
            self._ask_trigger()

    def _ask_name(self) -> None:
        self._heading("Store name")
        self._say("What you want to call it; commands use a short form of it.")
        example = f"Amazon {self._draft.marketplaces[0].name}"
        self._draft.name = example if self._assume_yes else clean(self._console.ask("Store name", default=example))
        slug = slug_of_draft(self._deps, self._draft)
        self._say(f"On the command line it is --store {slug}.")

    def _ask_trigger(self) -> None:
        self._heading("Order status")
        self._say("When is an order reported to Amazon as shipped?")
        labels = [f"{label} (recommended)" if key == "processed" else label for key, label in _TRIGGERS]
        chosen = 0 if self._assume_yes else self._choose("Update the order's status when the parcel is", labels)
        self._draft.update_status_when = _TRIGGERS[chosen][0]
        if self._draft.update_status_when == "announced":
            self._say(_ANNOUNCED_NOTE)

    def _tell_what_is_connected(self) -> None:
        if slug := adopt_store(self._deps, self._draft):
            self._say(f"This account is connected already, as the store {slug}. It will be updated, not replaced.")

    # Proving, until it works or the person stops

    def prove(self, answers: Answers) -> tuple[Answers, Proof | None]:
        """Prove the link, asking for other answers where it fails; no proof where the person goes on without one.

        Raises:
            Problem: the failure, where the person stops.
        """
        while True:
            self._heading("Proving the link")
            self._console.progress("asking Amazon")
            try:
                proof = prove(self._deps, answers)
            except Problem as problem:
                if not self._settle(problem):
                    return finish(self._deps, self._draft), None
                answers = finish(self._deps, self._draft)
            else:
                show_findings(self._console, proof)
                return self._with_more_countries(answers, proof), proof

    def _settle(self, problem: Problem) -> bool:
        """Show what is wrong and what can be done; true to try again, false to go on without a proof."""
        self._explain(problem)
        cures = _CURES.get(problem.name, ())
        choices = []
        if problem.name == "role-missing-listings":
            choices.append(("no weights", "Go on without importing weights"))
        if cures:
            choices.append(("again", f"Give another {' and '.join(cures)}"))
        choices.append(("retry", "Try once more with the same answers"))
        if problem.exit_code != Exit.TRY_AGAIN or cures:
            choices.append(("unproved", "Store it all the same, unproved"))
        choices.append(("stop", "Stop and store nothing"))
        key = choices[self._choose("What now?", [label for _, label in choices])][0]
        if key == "stop":
            raise problem
        if key == "no weights":
            self._draft.import_weights = False
        if key == "again":
            self._ask_again(cures)
        return key != "unproved"

    def _ask_again(self, cures: Sequence[str]) -> None:
        if "country" in cures:
            self._ask_country()
        if "Seller ID" in cures:
            self._ask_seller_id()
        if "client id" in cures:
            self._ask_client_id()
        if "client secret" in cures:
            self._heading("Client secret")
            self._draft.client_secret = self._ask_checked("client secret", secret=True)
        if "refresh token" in cures:
            self._heading("Refresh token")
            self._draft.refresh_token = self._ask_checked("refresh token", secret=True)

    def _with_more_countries(self, answers: Answers, proof: Proof) -> Answers:
        """Offer the region's other marketplaces: where the account sells, as far as Amazon tells."""
        known = proof.selling_in
        region = [marketplace for marketplace in MARKETPLACES if marketplace.region == answers.region]
        others = [marketplace for marketplace in (known or region) if marketplace not in answers.marketplaces]
        if self._assume_yes or answers.amazon_sandbox or not others:
            return answers
        self._heading("More countries")
        codes = ", ".join(f"{marketplace.country} ({marketplace.name})" for marketplace in others)
        intro = "This account sells in more countries" if known else "The same permission holds for more countries"
        self._say(f"{intro}: {codes}.")
        self._draft.marketplaces = (*answers.marketplaces, *self._ask_added(others, all_allowed=known is not None))
        return finish(self._deps, self._draft)

    def _ask_added(self, others: Sequence[Marketplace], *, all_allowed: bool) -> tuple[Marketplace, ...]:
        while True:
            hint = "codes, “all”, or Enter for none" if all_allowed else "codes, or Enter for none"
            text = clean(self._console.ask(f"Import their orders too? ({hint})"))
            if all_allowed and text.casefold() == "all":
                return tuple(others)
            try:
                added = parse_countries(text.split(","))
            except Problem as problem:
                self._say(problem.summary)
                continue
            if all(marketplace in others for marketplace in added):
                return added
            self._say(f"Please choose from {', '.join(marketplace.country for marketplace in others)}.")

    # Ways of asking and telling

    def _ask_checked(
        self, wanted: Wanted, *, secret: bool = False, may_be_empty: bool = False, default: str | None = None
    ) -> str:
        self._say(_REASONS[wanted])
        question = wanted[0].upper() + wanted[1:] + (" (Enter keeps the present one)" if may_be_empty else "")
        while True:
            text = self._console.ask_secret(question) if secret else self._console.ask(question, default=default)
            if may_be_empty and not clean(text):
                return ""
            if clean(text) == "?":
                self._say(_REASONS[wanted])
                self._say_page("The page is")
                continue
            try:
                value = self._draft.check(wanted, text)
            except Problem as problem:
                self._explain(problem)
                continue
            if self._is_whole(wanted, value):
                return value

    def _is_whole(self, wanted: Wanted, value: str) -> bool:
        """Hidden input shows nothing, so its length is told; a terminal also cuts a pasted text at its line breaks."""
        if wanted == "refresh token" and len(value) < _USUAL_TOKEN_LENGTH:
            self._say(f"That has {len(value)} characters; Amazon's refresh tokens mostly have several hundred.")
            return self._assume_yes or self._console.confirm("Is it whole?", default=False)
        if wanted in ("client secret", "refresh token"):
            self._say(f"Taken: {len(value)} characters.")
        return True

    def _choose(self, question: str, labels: Sequence[str]) -> int:
        """The index of the label chosen; Enter takes the first."""
        for number, label in enumerate(labels, 1):
            self._console.say(f"  {number}  {label}")
        while True:
            text = self._console.ask(question, default="1").strip()
            if text.isdecimal() and 1 <= int(text) <= len(labels):
                return int(text) - 1
            matches = [index for index, label in enumerate(labels) if text and label.startswith(text)]
            if len(matches) == 1:
                return matches[0]
            self._console.say(f"Please answer with a number from 1 to {len(labels)}.")

    def _explain(self, problem: Problem) -> None:
        self._console.say(_wrapped(problem.summary), style="yellow")
        if problem.name == "mws-credentials":
            self._say(problem.cause)
            self._say_steps()
        else:
            self._say(problem.next_step)

    def _country_guess(self, text: str) -> str | None:
        names = {marketplace.name.casefold(): marketplace for marketplace in MARKETPLACES}
        close = get_close_matches(text.casefold(), names, n=1)
        return (
            f"There is no “{text}”. Did you mean {names[close[0]].name} ({names[close[0]].country})?" if close else None
        )

    def _list_countries(self) -> None:
        for region, name in REGION_NAMES.items():
            entries = [f"{m.country} {m.name}" for m in sorted(BY_COUNTRY.values(), key=_by_name) if m.region == region]
            self._console.say(
                textwrap.fill(", ".join(entries), _WIDTH, initial_indent=f"  {name}: ", subsequent_indent="    ")
            )

    def _say_steps(self) -> None:
        for number, step in enumerate(_APP_STEPS, 1):
            text = step.format(page=self._draft.page)
            self._console.say(_wrapped(text, first=f"  {number}. ", rest="     "))

    def _say_page(self, words: str) -> None:
        self._say(f"{words} {self._draft.page} (Seller Central: Apps and Services, Develop Apps).")

    def _heading(self, text: str) -> None:
        self._console.say()
        self._console.say(text, style="bold")

    def _say(self, text: str) -> None:
        self._console.say(_wrapped(text))


def show_findings(console: Console, proof: Proof) -> None:
    """Tell what was proved and what was not."""
    for finding in proof.findings:
        note = f": {finding.note}" if finding.note else ""
        style = "" if finding.standing is Standing.PROVED else "yellow"
        console.say(f"  {finding.standing:<12} {finding.subject}{note}", style=style)


def _by_name(marketplace: Marketplace) -> str:
    return marketplace.name


def _wrapped(text: str, *, first: str = "", rest: str = "") -> str:
    """Broken at spaces only, so that addresses and commands stay whole and can be clicked or copied."""
    return textwrap.fill(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
