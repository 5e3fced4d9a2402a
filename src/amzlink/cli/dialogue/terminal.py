"""The guided set-up at a terminal: it shows what it is given and reads what is typed. It decides nothing."""

from collections.abc import Iterable, Sequence
from typing import Final

from amzlink.cli.shell.console import Console
from amzlink.core.diagnosis.proof import Proof, Standing
from amzlink.core.store_choices import Trigger
from amzlink.core.stores.draft import Key, State
from amzlink.core.stores.next_step import Cure, Remedy
from amzlink.core.stores.pasted_values import clean, refuse_pasted
from amzlink.core.stores.question_texts import app_steps
from amzlink.core.stores.question_type import Form, Kept, Paragraph, Question
from amzlink.problems import Problem, ProblemName, usage

_WHEN_SENT: Final[dict[Trigger, str]] = {
    "announced": "once its label is made (announced)",
    "processed": "once the carrier has scanned it (processed)",
}


_A_CHOICE: Final = "number of a choice"


class Terminal:
    """Somebody who can be asked."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._steps_shown = False

    def say(self, text: str, *, style: str = "") -> None:
        """A paragraph."""
        self.console.say(_one_line(text), style=style)

    def heading(self, text: str) -> None:
        """What comes now."""
        self.console.say()
        self.console.say(text, style="bold")

    def show(self, question: Question, state: State) -> None:
        """What a question is about, and why it is asked; `?` shows it once more."""
        self._show([Paragraph(question.reason), *question.more(state)], state.draft.page)
        self._steps_shown |= question.key is Key.APP_STEPS

    def read(self, question: Question, state: State) -> str:
        """What was typed; an empty text for Enter."""
        prompt, enter = question.prompt, question.enter(state)
        match question.form:
            case Form.YES_NO if enter is None:
                prompt += " (y/n)"
            case Form.YES_NO:
                prompt += f" ({'Y/n' if enter == question.yes else 'y/N'})"
            case Form.CHOICE:
                values = [choice.value for choice in question.choices]
                self._number([choice.label for choice in question.choices])
                prompt += f" [{values.index(str(enter)) + 1}]" if enter in values else ""
            case Form.HIDDEN if enter is Kept.PRESENT:
                prompt += " (Enter keeps the present one)"
            case Form.TEXT if enter:
                prompt += f" [{_spelled(enter)}]"
        return self.read_line(question, prompt)

    def read_line(self, question: Question, prompt: str) -> str:
        """A line as it was typed, or pasted."""
        if question.form is Form.HIDDEN:
            return self.console.ask_secret(prompt)
        return self.console.ask(prompt, option=question.option)

    def choose(self, problem: Problem, cures: Sequence[Cure], state: State) -> Cure:
        """Show what is wrong, and ask what to do about it."""
        self._show_choice(problem, cures, state)
        while True:
            given = self.console.ask("What now?", default="1")
            text = clean(given).casefold()
            if text.isdecimal() and 1 <= int(text) <= len(cures):
                return cures[int(text) - 1]
            if is_a_call_for_help(given):
                self._show_choice(problem, cures, state)
                continue
            matches = [cure for cure in cures if text and cure.label.casefold().startswith(text)]
            if len(matches) == 1:
                return matches[0]
            try:
                refuse_pasted(_A_CHOICE, given, state.atlas.ids, page=state.draft.page, allowed=())
            except Problem as pasted:
                self.explain(pasted, state)
                continue
            self.console.say(usage.none_of_the_choices(count=len(cures)))

    def _show_choice(self, problem: Problem, cures: Sequence[Cure], state: State) -> None:
        """What is wrong, what to do about it, and what can be done here."""
        self.say(problem.summary, style="yellow")
        if cures[0].remedy is not Remedy.EXCHANGE_KEYS:  # which needs no look at Sendcloud's pages
            self._advise(problem, state)
        self._number([cure.label for cure in cures])

    def explain(self, problem: Problem, state: State) -> None:
        """What is wrong, and what to do about it. How an app is made is told in full once."""
        self.say(problem.summary, style="yellow")
        self._advise(problem, state)

    def _advise(self, problem: Problem, state: State) -> None:
        if problem.name is ProblemName.MWS_CREDENTIALS:
            self.say(f"{problem.cause} What takes their place is an app of your own.")
            if not state.draft.marketplaces:
                self.say("The next questions lead there.")
            elif self._steps_shown:
                self.say(f"The steps above lead there, beginning at {state.draft.page}.")
            else:
                self._show(app_steps(state), state.draft.page)
                self._steps_shown = True
        elif problem.name is not ProblemName.USAGE:
            self.say(problem.next_step)

    def proof(self, proof: Proof, chosen: Trigger) -> None:
        """What a proof has shown."""
        show_proof(self.console, proof, chosen)

    def _show(self, paragraphs: Iterable[Paragraph], page: str) -> None:
        for paragraph in paragraphs:
            text = paragraph.text.replace("{page}", page)
            self.console.say(_one_line(text), lead=paragraph.lead)

    def _number(self, labels: Sequence[str]) -> None:
        for number, label in enumerate(labels, 1):
            self.console.say(label, lead=f"  {number}  ")


def show_proof(console: Console, proof: Proof, chosen: Trigger) -> None:
    """What a proof has shown, one line each; where nobody looks on, only what was not proved, and the warnings."""
    for finding in proof.findings:
        if finding.standing is Standing.WARNING or (finding.standing is Standing.PROVED and not console.watched):
            continue
        note = f": {finding.note}" if finding.note else ""
        style = "" if finding.standing is Standing.PROVED else "yellow"
        console.say(f"{finding.subject}{note}", style=style, lead=f"  {finding.standing:<12} ")
    if proof.trigger and proof.trigger != chosen:
        console.say(
            f"In Sendcloud this integration counts a parcel as sent {_WHEN_SENT[proof.trigger]}; here you have "
            f"chosen: {_WHEN_SENT[chosen]}. amzlink uses your answer. "
            f"Once the store is connected, `amzlink stores set update_status_when={proof.trigger}` changes it."
        )
    for warning in proof.warnings:
        console.warn(warning)


def is_a_call_for_help(text: str) -> bool:
    """Whether somebody wants the question explained."""
    return clean(text) == "?"


def _spelled(value: object) -> str:
    """A default answer as it would be typed."""
    if isinstance(value, tuple):
        return ", ".join(marketplace.country for marketplace in value)
    return str(value)


def _one_line(paragraph: str) -> str:
    """A paragraph as the console takes it, which breaks it to the terminal's width."""
    return " ".join(paragraph.split())
