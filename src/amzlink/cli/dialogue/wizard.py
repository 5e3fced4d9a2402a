"""The guided set-up: one question at a time, each answer checked as it is given, and asked for again if need be.

Many who come here hold a guide from the time of MWS. Whatever they paste from it is named for what it is, and the way
to what is needed instead is shown, without leaving the prompt.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from amzlink.amazon.marketplaces import MARKETPLACES, REGION_NAMES, Marketplace
from amzlink.cli.dialogue import talk as words
from amzlink.cli.dialogue.ask import Asker
from amzlink.cli.dialogue.draft import (
    Draft,
    find_connected,
    finish,
    marketplaces_of,
    parse_countries,
    slug_of_draft,
)
from amzlink.cli.dialogue.sendcloud import SendcloudQuestions
from amzlink.cli.shell.browser import open_page
from amzlink.cli.shell.console import Console
from amzlink.config import Store
from amzlink.core.stores.pasted_values import clean, is_usual_seller_id
from amzlink.deps import Deps
from amzlink.jobs.connect_proof import Answers, Proof, prove
from amzlink.problems import Problem, ProblemName

# Which answers may cure which problem.
_CURES: Final[Mapping[ProblemName, tuple[str, ...]]] = {
    ProblemName.CLIENT_UNKNOWN: ("client id", "client secret"),
    ProblemName.CLIENT_SECRET_EXPIRED: ("client secret",),
    ProblemName.AUTHORISATION_REVOKED: ("refresh token",),
    ProblemName.APP_MISMATCH: ("client id", "client secret", "refresh token"),
    ProblemName.ACCESS_TOKEN_REJECTED: ("client id", "client secret", "refresh token"),
    ProblemName.ACCESS_DENIED: ("refresh token",),
    ProblemName.ROLE_MISSING_ORDERS: ("refresh token",),
    ProblemName.ROLE_MISSING_PII: ("refresh token",),
    ProblemName.ROLE_MISSING_LISTINGS: ("refresh token",),
    ProblemName.SELLER_ID_WRONG: ("Seller ID",),
    ProblemName.REGION_MISMATCH: ("country",),
    ProblemName.NOT_PARTICIPATING: ("country",),
}


class Wizard:
    """A conversation that turns a draft into answers that work. With `assume_yes` what has a default is not asked.

    Without `verify` nobody is asked whether Sendcloud's keys are good.
    """

    def __init__(
        self, console: Console, deps: Deps, draft: Draft, *, browser: bool, assume_yes: bool, verify: bool
    ) -> None:
        self._console = console
        self._deps = deps
        self._draft = draft
        self._browser = browser
        self._assume_yes = assume_yes
        self._asker = Asker(console, deps, draft, assume_yes=assume_yes)
        self._talk = self._asker.talk
        self._sendcloud = SendcloudQuestions(console, deps, draft, self._asker, verify=verify, assume_yes=assume_yes)

    @property
    def _before(self) -> Store | None:
        """The store as it is connected already."""
        return self._asker.before

    # The two conversations

    def connect(self) -> Answers:
        """Ask for everything that is open."""
        self._talk.say(words.WELCOME)
        self._look_whether_connected()
        if not self._draft.marketplaces:
            self._ask_country()
        if not self._before and not (self._draft.client_id and self._draft.refresh_token):
            self._show_app()
        if not self._draft.seller_id:
            self._ask_seller_id()
        self._look_whether_connected()
        if not self._draft.client_id:
            self._ask_client_id()
        if not self._draft.client_secret:
            self._draft.client_secret = self._asker.ask_secret("client secret", "client-secret")
        if not self._draft.refresh_token:
            self._draft.refresh_token = self._asker.ask_secret("refresh token", "refresh-token")
        self._ask_wishes()
        return finish(self._deps, self._draft)

    def renew(self, before: Store) -> Answers:
        """Ask for a connected store's secrets anew; what is left out stays as it is."""
        self._asker.before = before
        self._talk.say(f"New secrets for the store {self._draft.wanted_slug}. Enter keeps what is there.")
        self._asker.say_page("They are found at")
        self._ask_client_id()
        self._draft.client_secret = self._asker.ask_secret("client secret", "client-secret")
        self._draft.refresh_token = self._asker.ask_secret("refresh token", "refresh-token")
        if before.destination == "sendcloud":
            self._sendcloud.ask_keys()
        return finish(self._deps, self._draft)

    # Questions, one by one

    def _look_whether_connected(self) -> None:
        slug = find_connected(self._deps, self._draft)
        if slug and not self._before:
            self._asker.before = self._deps.load_config().stores[slug]
            self._talk.say(
                f"This account is connected already, as the store {slug}. It is updated, not replaced; Enter keeps "
                "what is there."
            )

    def _ask_country(self) -> None:
        self._talk.heading("Country")
        self._talk.say(words.COUNTRY)
        self._talk.countries()
        default = ", ".join(m.country for m in marketplaces_of(self._before)) if self._before else None
        while True:
            text = clean(self._console.ask("Country, by code or name", default=default, option="--country"))
            if text in ("", "?"):
                self._talk.countries()
                continue
            try:
                self._draft.marketplaces = parse_countries(text.split(","))
            except Problem as problem:
                self._talk.say(_country_guess(text) or problem.summary)
            else:
                names = ", ".join(marketplace.name for marketplace in self._draft.marketplaces)
                self._talk.say(f"{names}: region {REGION_NAMES[self._draft.marketplaces[0].region]}.")
                return

    def _show_app(self) -> None:
        self._talk.heading("Your app at Amazon")
        self._talk.say(words.APP)
        self._asker.say_page("Apps are made and authorised at")
        self._talk.say(words.DATA_PROTECTION)
        if self._browser and open_page(self._draft.page):
            self._talk.say("The page is opening in your browser.")
        if not self._assume_yes and not self._console.confirm("Is your app registered and authorised?", default=True):
            self._talk.app_steps(self._draft.page)
            self._console.ask("Press Enter when that is done, or Ctrl-C to come back later")

    def _ask_seller_id(self) -> None:
        self._talk.heading("Seller ID")
        while True:
            default = self._before.seller_id if self._before else None
            self._draft.seller_id = self._asker.ask_checked("Seller ID", default=default)
            if not is_usual_seller_id(self._draft.seller_id):
                self._talk.say(words.UNUSUAL_SELLER_ID)
            try:
                slug_of_draft(self._deps, self._draft, name=self._draft.name or "")
            except Problem as problem:  # the store that --store names is another account's
                self._talk.explain(problem, self._draft.page)
            else:
                return

    def _ask_client_id(self) -> None:
        self._talk.heading("Client id")
        default = self._draft.client_id or (self._before.client_id if self._before else None)
        self._draft.client_id = self._asker.ask_checked("client id", default=default)

    def _ask_wishes(self) -> None:
        if self._draft.name is None:
            self._ask_name()
        if self._draft.import_weights is None:
            self._ask_weights()
        if self._draft.update_status_when is None:
            self._ask_trigger()
        self._sendcloud.ask()

    def _ask_name(self) -> None:
        default = self._before.name if self._before else f"Amazon {self._draft.marketplaces[0].name}"
        if self._assume_yes:
            self._draft.name = default
            return
        self._talk.heading("Store name")
        self._talk.say(words.NAME)
        self._draft.name = clean(self._console.ask("Store name", default=default, option="--name"))
        self._talk.say(f"On the command line it is --store {slug_of_draft(self._deps, self._draft)}.")

    def _ask_weights(self) -> None:
        default = self._before.import_weights if self._before else True
        if self._assume_yes:
            self._draft.import_weights = default
            return
        self._talk.heading("Weights")
        self._talk.say(words.WEIGHTS)
        self._draft.import_weights = self._console.confirm("Import weights from the shop?", default=default)

    def _ask_trigger(self) -> None:
        keys = [key for key, _ in words.TRIGGERS]
        default = keys.index(self._before.update_status_when) if self._before else 0
        chosen = default
        if not self._assume_yes:
            self._talk.heading("Order status")
            self._talk.say(words.TRIGGER)
            labels = [label for _, label in words.TRIGGERS]
            chosen = self._talk.choose("Update the order's status when the parcel is", labels, default=default)
        self._draft.update_status_when = keys[chosen]
        if keys[chosen] == "announced":
            self._talk.say(words.ANNOUNCED, style="yellow")

    # Proving, until it works or the person stops

    def prove(self, answers: Answers) -> tuple[Answers, Proof | None]:
        """Prove the link, asking for other answers where it fails; no proof where the person goes on without one.

        Raises:
            Problem: the failure, where the person stops.
        """
        while True:
            self._talk.heading("Proving the link")
            self._console.progress("asking Amazon")
            try:
                proof = prove(self._deps, answers)
            except Problem as problem:
                again = self._settle(problem)
                answers = finish(self._deps, self._draft)
                if not again:
                    return answers, None
            else:
                words.show_findings(self._console, proof.findings)
                return answers, proof

    def _settle(self, problem: Problem) -> bool:
        """Show what is wrong and what can be done; true to try again, false to go on without a proof."""
        self._talk.explain(problem, self._draft.page)
        cures = _CURES.get(problem.name, ())
        choices = {"retry": "Try once more with the same answers"}
        if cures:
            choices = {"again": f"Give another {' and '.join(cures)}", **choices}
        if problem.name == ProblemName.ROLE_MISSING_LISTINGS:
            choices = {"no weights": "Go on without importing weights", **choices}
        choices |= {"unproved": "Store it all the same, unproved", "stop": "Stop and store nothing"}
        key = list(choices)[self._talk.choose("What now?", list(choices.values()))]
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
            self._draft.client_secret = self._asker.ask_secret("client secret", "client-secret")
        if "refresh token" in cures:
            self._draft.refresh_token = self._asker.ask_secret("refresh token", "refresh-token")

    # More countries, once the link stands

    def offer_more_countries(self, answers: Answers, proof: Proof) -> Answers:
        """Offer the region's other marketplaces: where the account sells, as far as Amazon tells."""
        known = proof.selling_in
        region = [marketplace for marketplace in MARKETPLACES if marketplace.region == answers.region]
        others = [marketplace for marketplace in (known or region) if marketplace not in answers.marketplaces]
        if self._assume_yes or answers.amazon_sandbox or not others:
            return answers
        self._talk.heading("More countries")
        introduction = "The account also sells in" if known else "The same permission is good for"
        self._talk.say(f"{introduction} {', '.join(f'{other.name} {other.country}' for other in others)}.")
        self._draft.marketplaces = (*answers.marketplaces, *self._ask_added(others, all_allowed=known is not None))
        return finish(self._deps, self._draft)

    def _ask_added(self, others: Sequence[Marketplace], *, all_allowed: bool) -> tuple[Marketplace, ...]:
        hint = "codes, “all”, or Enter for none" if all_allowed else "codes, or Enter for none"
        while True:
            text = clean(self._console.ask(f"Import orders from there too? ({hint})"))
            if all_allowed and text.casefold() == "all":
                return tuple(others)
            if text.casefold() in ("", "n", "no", "none"):
                return ()
            try:
                added = parse_countries(text.split(","))
            except Problem as problem:
                self._talk.say(problem.summary)
                continue
            if all(marketplace in others for marketplace in added):
                return added
            self._talk.say(f"Please choose from {', '.join(other.country for other in others)}.")


def _country_guess(text: str) -> str | None:
    names = {marketplace.name.casefold(): marketplace for marketplace in MARKETPLACES}
    close = get_close_matches(text.casefold(), names, n=1, cutoff=0.7)
    return f"There is no “{text}”. Did you mean {names[close[0]].name} ({names[close[0]].country})?" if close else None
