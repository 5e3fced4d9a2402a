"""How the guided set-up asks for a value that has to be of a certain kind, until it is."""

from typing import Final

from amzlink.cli.dialogue import talk as words
from amzlink.cli.dialogue.draft import Draft, find_connected, slug_of_draft
from amzlink.cli.shell.console import Console
from amzlink.config import Store
from amzlink.core.stores.pasted_values import Wanted, clean
from amzlink.deps import Deps
from amzlink.problems import Problem, ProblemName
from amzlink.secrets import SecretName

_USUAL_TOKEN_LENGTH: Final = 200  # characters; Amazon's refresh tokens have several hundred


class Asker:
    """Asks for ids, keys and tokens. `before` is the store as it is connected already, once that is known."""

    def __init__(self, console: Console, deps: Deps, draft: Draft, *, assume_yes: bool) -> None:
        self.talk = words.Talk(console)
        self.before: Store | None = None
        self._console = console
        self._deps = deps
        self._draft = draft
        self._assume_yes = assume_yes

    def ask_secret(self, wanted: Wanted, name: SecretName) -> str | None:
        """The secret, or None where the environment or the connected store has it."""
        slug = slug_of_draft(self._deps, self._draft) or find_connected(self._deps, self._draft)
        if slug and self._deps.secrets.overridden(slug, name):
            self.talk.say(f"The {wanted} is given by this machine's environment.")
            return None
        self.talk.heading(wanted[0].upper() + wanted[1:])
        is_there = bool(self.before and slug and self._deps.secrets.get(slug, name))
        return self.ask_checked(wanted, secret=True, may_be_empty=is_there) or None

    def ask_checked(
        self, wanted: Wanted, *, secret: bool = False, may_be_empty: bool = False, default: str | None = None
    ) -> str:
        """Ask until the answer can be what is wanted; empty only where that may be."""
        question = wanted[0].upper() + wanted[1:] + (" (Enter keeps the present one)" if may_be_empty else "")
        self.talk.say(words.REASONS[wanted])
        while True:
            text = self._console.ask_secret(question) if secret else self._console.ask(question, default=default)
            if may_be_empty and not clean(text):
                return ""
            if clean(text) == "?":
                self._explain_again(wanted)
                continue
            try:
                value = self._draft.check(wanted, text)
            except Problem as problem:
                self.talk.explain(problem, self._draft.page)
                if problem.name == ProblemName.MWS_CREDENTIALS:
                    self.talk.say(f"The {wanted} is needed in any case. {words.REASONS[wanted]}")
                continue
            if not secret or self._is_whole(wanted, value):
                return value

    def say_page(self, introduction: str) -> None:
        """Where Amazon's apps are managed."""
        self.talk.say(f"{introduction} {self._draft.page} (in Seller Central's menu: Apps and Services, Develop Apps).")

    def _explain_again(self, wanted: Wanted) -> None:
        self.talk.say(words.REASONS[wanted])
        if not wanted.startswith("Sendcloud"):
            self.say_page("The app's page is")

    def _is_whole(self, wanted: Wanted, value: str) -> bool:
        """Hidden input shows nothing, so its length is told; a terminal may have cut a pasted text at a line break."""
        if wanted == "refresh token" and len(value) < _USUAL_TOKEN_LENGTH:
            self.talk.say(f"That has {len(value)} characters; Amazon's refresh tokens have several hundred.")
            return self._assume_yes or self._console.confirm("Is it whole?", default=False)
        self.talk.say(f"Taken: {len(value)} characters.")
        return True
