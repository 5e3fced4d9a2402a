"""The part of the guided set-up that is about Sendcloud: whether orders go there, and keys that are proved at once."""

from typing import Final

from amzlink.cli.dialogue import talk as words
from amzlink.cli.dialogue.ask import Asker
from amzlink.cli.dialogue.draft import Draft, fill_sendcloud_from, sendcloud_link, slug_of_draft
from amzlink.cli.shell.console import Console
from amzlink.core.stores.pasted_values import clean
from amzlink.deps import Deps
from amzlink.jobs.connect_proof import SendcloudLink, Trigger
from amzlink.jobs.connect_sendcloud import SendcloudProof, prove_sendcloud
from amzlink.problems import Problem, ProblemName

# Problems that other keys may cure.
_OF_THE_KEYS: Final = frozenset(
    {
        ProblemName.SENDCLOUD_CREDENTIALS,
        ProblemName.SENDCLOUD_KEYS_MISSING,
        ProblemName.SENDCLOUD_OAUTH_ONLY,
        ProblemName.SENDCLOUD_FORBIDDEN,
        ProblemName.SENDCLOUD_INTEGRATION_MISSING,
    }
)


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
        if not self._draft.sendcloud_public_key:
            self._ask_public_key()
        if not self._draft.sendcloud_secret_key:
            self._ask_secret_key()
        self._settle()
        if self._draft.destination == "sendcloud" and self._draft.purge_destination is None:
            self._ask_purge()

    def ask_keys(self) -> None:
        """Ask for both keys and prove them. Raises as `ask`."""
        self._ask_public_key()
        self._ask_secret_key()
        self._settle()

    def _ask_public_key(self) -> None:
        before = self._asker.before
        self._asker.talk.heading("Sendcloud public key")
        default = self._draft.sendcloud_public_key or (before.sendcloud_public_key if before else None)
        self._draft.sendcloud_public_key = self._asker.ask_checked("Sendcloud public key", default=default)
        self._draft.sendcloud_integration_id = None  # it follows from the keys
        if before:
            fill_sendcloud_from(before, self._draft)

    def _ask_secret_key(self) -> None:
        self._draft.sendcloud_secret_key = self._asker.ask_secret("Sendcloud secret key", "sendcloud-secret-key")

    def _wants(self) -> bool:
        before = self._asker.before
        is_given = bool(self._draft.sendcloud_public_key or self._draft.sendcloud_secret_key)
        default = is_given or (before is not None and before.destination == "sendcloud")
        if self._assume_yes:
            return default
        self._asker.talk.heading("Sendcloud")
        self._asker.talk.say(words.SENDCLOUD)
        return self._console.confirm("Send orders to Sendcloud?", default=default)

    def _settle(self) -> None:
        """Prove the keys, asking for others where they fail, until they work or the person does something else."""
        while self._verify:
            self._console.progress("asking Sendcloud")
            try:
                proof = self._prove()
            except Problem as problem:
                choice = self._choose(problem)
                if choice == "stop":
                    raise
                if choice == "without":
                    self._draft.forget_sendcloud()
                    return
                if choice == "again":
                    self._ask_public_key()
                    self._ask_secret_key()
                if choice == "unproved":
                    break
            else:
                self._draft.sendcloud_integration_id = proof.integration_id
                show_sendcloud_proof(self._console, proof, self._draft.update_status_when or "processed")
                return
        if not self._draft.sendcloud_integration_id:
            self._ask_integration()

    def _prove(self) -> SendcloudProof:
        slug, link = slug_of_draft(self._deps, self._draft), self._link()
        if slug is None or link is None:  # Enter kept a secret key that is no longer there
            raise Problem(ProblemName.SENDCLOUD_KEYS_MISSING)
        return prove_sendcloud(self._deps, slug, link)

    def _link(self) -> SendcloudLink | None:
        return sendcloud_link(self._deps, self._draft, slug_of_draft(self._deps, self._draft))

    def _choose(self, problem: Problem) -> str:
        """Show what is wrong, and ask what to do about it."""
        self._asker.talk.explain(problem, self._draft.page)
        choices = {"again": "Give other keys"} if problem.name in _OF_THE_KEYS else {}
        choices |= {
            "retry": "Try once more with the same keys",
            "without": "Go on without Sendcloud",
            "unproved": "Go on with these keys, unproved",
            "stop": "Stop and store nothing",
        }
        return list(choices)[self._asker.talk.choose("What now?", list(choices.values()))]

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
            theirs=words.SENDCLOUD_TRIGGERS[proof.trigger],
            ours=words.SENDCLOUD_TRIGGERS[chosen],
            theirs_key=proof.trigger,
        )
        words.Talk(console).say(text)
    if proof.warning:
        console.warn(proof.warning)
