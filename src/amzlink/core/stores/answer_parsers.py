"""What an answer means: the text that was typed, pasted or given as an option, to the value that it stands for."""

from collections.abc import Callable
from pathlib import PurePath

from amzlink.core.stores.answer_rules import others, selling_in
from amzlink.core.stores.countries import codes_of, parse_countries
from amzlink.core.stores.draft import State
from amzlink.core.stores.pasted_values import Wanted, check, clean, refuse_pasted
from amzlink.core.stores.question_texts import TRIGGERS
from amzlink.core.stores.yes_no import parse_yes_no
from amzlink.problems import Problem, ProblemName, secrets, stores, usage


def credential(wanted: Wanted) -> Callable[[str, State], str]:
    """One of the values that merchants paste. Raises as `pasted_values.check`."""

    def parse(text: str, state: State) -> str:
        value = check(wanted, text, state.atlas.ids, page=state.draft.page)
        if wanted == "Sendcloud secret key" and value == state.draft.sendcloud_public_key:
            raise Problem(
                ProblemName.SECRET_LOOKS_WRONG,
                wanted=wanted,
                found=secrets.PUBLIC_KEY_AGAIN,
                where=secrets.WITH_THE_PUBLIC_KEY,
            )
        return value

    return parse


def folder(text: str, state: State) -> str:
    """A folder's whole path. Raises `usage`, or what was pasted in its place."""
    path = text.strip().strip("\"'")
    if PurePath(path).is_absolute() or path == "~" or path.startswith(("~/", "~\\")):
        return path
    refuse_pasted("folder", text, state.atlas.ids, page=state.draft.page, allowed=())
    raise _usage(secrets.FOLDER_NOT_WHOLE)


def countries(text: str, state: State) -> object:
    """Countries by code, name, id or shop. Raises as `parse_countries`."""
    return parse_countries(text.split(","), state.atlas)


def more_countries(text: str, state: State) -> object:
    """Further countries of the region; none for a no. Raises as `parse_countries`, or `usage`."""
    offered = others(state)
    word = clean(text).casefold()
    meant = parse_yes_no(word)
    if meant is False or word == "none":
        return ()
    if (word == "all" and selling_in(state) is not None) or (meant and len(offered) == 1):
        return tuple(offered)
    if meant:
        raise _usage(stores.not_offered(codes=codes_of(offered)))
    added = parse_countries(text.split(","), state.atlas)
    if any(marketplace not in offered for marketplace in added):
        raise _usage(stores.not_offered(codes=codes_of(offered)))
    return added


def name(text: str, _state: State) -> str:
    """A shop's name, as it is written."""
    return clean(text)


def yes_no(text: str, _state: State) -> bool:
    """Yes or no, in any of the languages. Raises `usage`."""
    answer = parse_yes_no(text)
    if answer is None:
        raise _usage(usage.NEITHER_YES_NOR_NO)
    return answer


def destination(text: str, state: State) -> str:
    """Where orders go: as the option names it, or yes or no to Sendcloud. Raises `usage`."""
    if text in ("none", "sendcloud"):
        return text
    return "sendcloud" if yes_no(text, state) else "none"


def trigger(text: str, _state: State) -> str:
    """The moment of the confirmation, by number or by its first letters. Raises `usage`."""
    if text.isdecimal() and 1 <= int(text) <= len(TRIGGERS):
        return TRIGGERS[int(text) - 1].value
    matches = [choice.value for choice in TRIGGERS if choice.label.casefold().startswith(text.casefold())]
    if len(matches) != 1:
        raise _usage(usage.none_of_the_choices(count=len(TRIGGERS)))
    return matches[0]


def integration(text: str, _state: State) -> int:
    """The number of an integration. Raises `usage`."""
    cleaned = clean(text)
    if cleaned.isascii() and cleaned.isdecimal() and int(cleaned):
        return int(cleaned)
    raise _usage(stores.integration_not_a_number(text=text))


def enter_alone(text: str, _state: State) -> bool:
    """Where Enter is waited for, a yes will do as well. Raises `usage`."""
    if parse_yes_no(text):
        return True
    raise _usage(usage.ENTER_IS_WAITED_FOR)


def _usage(detail: str) -> Problem:
    return Problem(ProblemName.USAGE, command=usage.CONNECT, detail=detail)
