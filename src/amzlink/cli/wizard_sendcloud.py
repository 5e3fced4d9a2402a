"""The part of the guided set-up that is about Sendcloud: whether orders go there, and keys that are proved at once."""

from amzlink.cli import wizard_talk as words
from amzlink.cli.connect_draft import Draft, fill_sendcloud_from, sendcloud_link, slug_of_draft
from amzlink.cli.console import Console
from amzlink.cli.wizard_ask import Asker
from amzlink.core.credentials import clean
from amzlink.deps import Deps
from amzlink.jobs.connect_proof import Trigger
from amzlink.jobs.connect_sendcloud import SendcloudProof, prove_sendcloud
from amzlink.problems import Problem

# Problems that other keys may cure; `wrong-value` in a key is asked about at once.
_OF_THE_KEYS = (
    "sendcloud-credentials", "sendcloud-oauth-only", "sendcloud-forbidden", "sendcloud-integration-missing",
)  # fmt: skip


class SendcloudQuestions:
    """Asks about Sendcloud and puts the answers into the draft; without `verify` nobody asks Sendcloud."""

    def __init__(
        self, console: Console, deps: Deps, draft: Draft, asker: Asker, *, verify: bool, assume_yes: bool
    ) -> None:
        self._console = console
        self._deps = deps
        self._draft = draft
        self._asker = asker
        self._verify = verify
        self._assume_yes = assume_yes

    def ask(self) -> None:
        """Whether orders go to Sendcloud; if so, with which keys, and how long their data stays there.

        Raises:
            Problem: the failure of the keys, where the person stops.
        """
        if self._draft.destination is None:
            self._draft.destination = "sendcloud" if self._wants() else "none"
        if self._draft.destination == "none":
            self._draft.forget_sendcloud()
            return
        if self._asker.before and not self._draft.sendcloud_secret_key:
            fill_sendcloud_from(self._asker.before, self._draft)
        if not self._draft.sendcloud_public_key or not self._link():
            self.ask_keys()
        else:
            self._settle()
        if self._draft.destination == "sendcloud" and self._draft.purge_destination is None:
            self._ask_purge()

    def ask_keys(self) -> None:
        """Ask for both keys and prove them."""
        before = self._asker.before
        default = self._draft.sendcloud_public_key or (before.sendcloud_public_key if before else None)
        self._asker.talk.heading("Sendcloud public key")
        public_key = self._asker.ask_checked("Sendcloud public key", default=default)
        if public_key != default:
            self._draft.sendcloud_integration_id = None  # it follows from the keys
        self._draft.sendcloud_public_key = public_key
        self._draft.sendcloud_secret_key = self._asker.ask_secret("Sendcloud secret key", "sendcloud-secret-key")
        self._settle()

    def _wants(self) -> bool:
        before = self._asker.before
        default = before is not None and before.destination == "sendcloud"
        if self._assume_yes:
            return default
        self._asker.talk.heading("Sendcloud")
        self._asker.talk.say(words.SENDCLOUD)
        return self._console.confirm("Send orders to Sendcloud?", default=default)

    def _settle(self) -> None:
        """Prove the keys, asking for others where they fail, until they work or the person does something else."""
        while self._verify and self._draft.destination == "sendcloud":
            self._console.progress("asking Sendcloud")
            try:
                proof = self._prove()
            except Problem as problem:
                if not self._ask_what_now(problem):
                    break
            else:
                self._draft.sendcloud_integration_id = proof.integration_id
                show_sendcloud_proof(self._console, proof, self._draft.update_status_when or "processed")
                return
        if self._draft.destination == "sendcloud" and not self._draft.sendcloud_integration_id:
            self._ask_integration()

    def _prove(self) -> SendcloudProof:
        slug, link = slug_of_draft(self._deps, self._draft), self._link()
        if slug is None or link is None:
            raise Problem("sendcloud-keys-missing")
        return prove_sendcloud(self._deps, slug, link)

    def _link(self) -> object:
        return sendcloud_link(self._deps, self._draft, slug_of_draft(self._deps, self._draft))

    def _ask_what_now(self, problem: Problem) -> bool:
        """Show what is wrong and what can be done; true to try again, false to go on without a proof."""
        self._asker.talk.explain(problem, self._draft.page)
        choices = {"retry": "Try once more with the same keys"}
        if problem.name in _OF_THE_KEYS:
            choices = {"again": "Give other keys", **choices}
        choices |= {
            "without": "Go on without Sendcloud",
            "unproved": "Go on with these keys, unproved",
            "stop": "Stop and store nothing",
        }
        key = list(choices)[self._asker.talk.choose("What now?", list(choices.values()))]
        if key == "stop":
            raise problem
        if key == "without":
            self._draft.forget_sendcloud()
        if key == "again":
            self._draft.sendcloud_integration_id = None
            self.ask_keys()
        return key == "retry"

    def _ask_integration(self) -> None:
        self._asker.talk.heading("Integration")
        self._asker.talk.say(words.INTEGRATION)
        while not self._draft.sendcloud_integration_id:
            text = clean(self._console.ask("Integration id", option="--sendcloud-integration-id"))
            self._draft.sendcloud_integration_id = int(text) if text.isascii() and text.isdecimal() else None

    def _ask_purge(self) -> None:
        before = self._asker.before
        default = before.purge_destination if before else False
        if self._assume_yes:
            self._draft.purge_destination = default
            return
        self._asker.talk.say(words.PURGE_DESTINATION)
        question = "Delete orders at Sendcloud too when their time is over?"
        self._draft.purge_destination = self._console.confirm(question, default=default)


def show_sendcloud_proof(console: Console, proof: SendcloudProof, chosen: Trigger) -> None:
    """What Sendcloud has shown; and where it is set to another moment than was chosen here."""
    words.show_findings(console, proof.findings)
    if proof.trigger and proof.trigger != chosen:
        text = words.OTHER_TRIGGER.format(
            theirs=words.SENDCLOUD_TRIGGERS[proof.trigger], ours=words.SENDCLOUD_TRIGGERS[chosen], theirs_key=proof.trigger
        )
        words.Talk(console).say(text)
    if proof.warning:
        console.warn(proof.warning)
