"""What a question is, and how an answer to it is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from amzlink.core.stores.draft import Key, Service, State
from amzlink.core.stores.pasted_values import Kind, refuse_pasted


class Form(Enum):
    """How a question is shown and answered."""

    TEXT = "a line"
    HIDDEN = "a line that is not shown"
    YES_NO = "yes or no"
    CHOICE = "one of a list"
    PAUSE = "Enter"


class Kept(Enum):
    """The answer by which the value of the connected store stays."""

    PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A text to be wrapped. Its lines begin below the end of the `lead`, which stands before the first."""

    text: str
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers of a list."""

    value: str
    label: str


def _nothing(_state: State) -> None:
    return None


def _always(_state: State) -> bool:
    return True


def _no_more(_state: State) -> Sequence[Paragraph]:
    return ()


def _no_remark(_state: State) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question.

    `called` is what is asked for, in the middle of a sentence. `reason` says in one line why; `more` is shown with it,
    and both are the explanation that `?` gives. They may hold `{page}`, where the merchant's apps are managed.
    `option` gives the answer on the command line. `enter` is what Enter answers, and
    `unasked` what is taken where the question is not asked; None means that there is no such answer. `why_no_enter`
    says why Enter is none, where that is not plain. `required`:
    without a terminal it has to be given. `asked` tells whether it is asked at all, `remark` is said after an answer.
    A new answer undoes the proof of `proved_by`. `takes_pasted`: the parser judges pasted keys, tokens and ids itself;
    elsewhere only those in `may_be_pasted` are an answer. `default` says in words what Enter answers.
    """

    key: Key
    called: str
    prompt: str
    reason: str
    parse: Callable[[str, State], object]
    heading: str = ""
    more: Callable[[State], Sequence[Paragraph]] = _no_more
    option: str = ""
    form: Form = Form.TEXT
    choices: tuple[Choice, ...] = ()
    yes: object = True
    enter: Callable[[State], object] = _nothing
    unasked: Callable[[State], object] = _nothing
    why_no_enter: str = ""
    required: bool = False
    asked: Callable[[State], bool] = _always
    remark: Callable[[State], str] = _no_remark
    proved_by: Service | None = None
    takes_pasted: bool = False
    may_be_pasted: frozenset[Kind] = frozenset()
    default: str = ""


def answer_of(question: Question, text: str, state: State) -> object:
    """The answer that a text means. A key or token that was pasted at the wrong prompt is recognised at each.

    Raises:
        Problem: `usage` for an answer that it cannot have, or what was given in its place.
    """
    if not question.takes_pasted:
        refuse_pasted(question.called, text, state.atlas.ids, page=state.draft.page, allowed=question.may_be_pasted)
    return question.parse(text, state)
