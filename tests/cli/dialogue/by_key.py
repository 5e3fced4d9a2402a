"""Somebody who answers the guided set-up by key, and keeps what was said: no terminal is needed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amzlink.cli.dialogue.options import ConnectOptions
from amzlink.cli.dialogue.set_up import connect_store, renew_store
from amzlink.cli.dialogue.terminal import Terminal
from amzlink.cli.main import run
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.global_options import GlobalOptions
from amzlink.cli.shell.session import Session
from amzlink.config.settings import Store
from amzlink.core.diagnosis.alarms import Part
from amzlink.core.stores.draft import Key, State
from amzlink.core.stores.next_step import Cure, Remedy
from amzlink.core.stores.question_type import Question
from amzlink.deps import Deps
from amzlink.problems import Problem
from tests.support.world import StoreOnSandbox

Answers = Mapping[Key, str | Sequence[str]]
CTRL_C = "\x03"
NOTHING = ConnectOptions(
    store=None, name=None, countries=(), seller_id=None, client_id=None, import_weights=None, update_status_when=None,
    destination=None, sendcloud_public_key=None, sendcloud_integration_id=None, secrets_from=None, secrets_to=None,
    verify=True, amazon_sandbox=False, browser=False, assume_yes=False,
)  # fmt: skip


class Screen(Console):
    """A console that somebody looks at; what is said is kept."""

    interactive = True
    watched = True

    def __init__(self) -> None:
        super().__init__(color=False)
        self.texts: list[str] = []

    def say(self, text: str = "", *, style: str = "", lead: str = "") -> None:
        self.texts.append(lead + text)

    def step(self, what: str, done: int | None = None, total: int | None = None, *, about: bool = False) -> None:
        pass

    def waiting(self, seconds: float, why: str) -> None:
        pass

    def warn(self, problem: Problem, *, part: Part | None = None) -> None:
        self.texts += [problem.summary, problem.cause, str(problem.name)]

    def works(self, part: Part, store: str) -> None:
        pass

    def note(self, text: str) -> None:
        self.texts.append(text)

    def line(self, text: str = "", *, style: str = "", lead: str = "", lead_style: str = "") -> None:
        self.texts.append(lead + text)


class Typed(Screen):
    """Somebody who types these lines."""

    def __init__(self, *lines: str) -> None:
        super().__init__()
        self._lines: Iterator[str] = iter(lines)

    def ask(self, question: str, default: str | None = None, option: str = "") -> str:
        line = next(self._lines)
        if line == CTRL_C:
            raise KeyboardInterrupt
        return line or default or ""


class ByKey(Terminal):
    """Gives the answers to each question in their order; a question without one is a failure of the test."""

    def __init__(self, screen: Screen, answers: Answers, cures: Sequence[Remedy | tuple[Key, ...]]) -> None:
        super().__init__(screen)
        self.screen = screen
        self.asked: list[Key] = []
        self.prompts: list[str] = []
        self.offered: list[list[str]] = []
        self._answers = {key: [each] if isinstance(each, str) else list(each) for key, each in answers.items()}
        self._cures = list(cures)

    def read_line(self, question: Question, prompt: str) -> str:
        self.asked.append(question.key)
        self.prompts.append(prompt)
        waiting = self._answers.get(question.key)
        assert waiting, f"{question.key} was asked, and nobody answers it; said before:\n{self.said[-600:]}"
        return waiting.pop(0)

    def choose(self, problem: Problem, cures: Sequence[Cure], state: State) -> Cure:
        self.explain(problem, state)
        self.offered.append([cure.label for cure in cures])
        assert self._cures, f"“{problem.name}” was not expected: {problem.summary}"
        wanted = self._cures.pop(0)
        return next(cure for cure in cures if wanted in (cure.remedy, cure.keys))

    @property
    def said(self) -> str:
        """All that was said, as one line."""
        return " ".join(" ".join(self.screen.texts).split())


@dataclass
class Talked:
    """How a set-up ended. `problem` is what stopped it."""

    deps: Deps
    terminal: ByKey
    problem: Problem | None = None
    stores: Mapping[str, Store] = field(default_factory=dict)

    @property
    def said(self) -> str:
        return self.terminal.said

    def secret(self, slug: str, name: Any) -> str | None:
        found = self.deps.secrets.get(slug, name)
        return found.reveal() if found else None


def right_answers(world: StoreOnSandbox) -> dict[Key, str | Sequence[str]]:
    """The right answers to all questions, Enter where that will do; orders do not go to Sendcloud."""
    credentials = world.sandbox.world.account.credentials()
    enter = (Key.NAME, Key.IMPORT_WEIGHTS, Key.UPDATE_STATUS_WHEN, Key.PURGE_DESTINATION)
    return {
        **dict.fromkeys(enter, ""),
        Key.COUNTRY: "DE",
        Key.APP_IS_READY: "y",
        Key.SELLER_ID: credentials["seller_id"],
        Key.CLIENT_ID: credentials["client_id"],
        Key.CLIENT_SECRET: credentials["client_secret"],
        Key.REFRESH_TOKEN: credentials["refresh_token"],
        Key.DESTINATION: "n",
        Key.SENDCLOUD_PUBLIC_KEY: credentials["sendcloud_public_key"],
        Key.SENDCLOUD_SECRET_KEY: credentials["sendcloud_secret_key"],
        Key.MORE_COUNTRIES: "",
    }


def talk(
    world: StoreOnSandbox,
    answers: Answers,
    *cures: Remedy | tuple[Key, ...],
    options: ConnectOptions = NOTHING,
    renew: bool = False,
) -> Talked:
    """Hold the set-up, and see how it ends."""
    screen = Screen()
    terminal = ByKey(screen, answers, cures)
    session = Session(GlobalOptions(store=options.store), screen, run, world.deps)
    world.deps.observer = screen
    talked = Talked(world.deps, terminal)
    try:
        (renew_store if renew else connect_store)(session, options, terminal)
    except Problem as problem:
        talked.problem = problem
    talked.stores = world.deps.load_config().stores
    return talked


def secrets_file(folder: Path, world: StoreOnSandbox) -> str:
    """A file as `--secrets-from` reads it."""
    credentials = world.sandbox.world.account.credentials()
    file = folder / "secrets.toml"
    file.write_text("".join(f'{key} = "{credentials[key]}"\n' for key in ("client_secret", "refresh_token")))
    return str(file)
