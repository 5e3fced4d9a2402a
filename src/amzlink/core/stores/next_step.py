"""What comes next while a store is being connected: a question, a proof, a choice, or the end. Nothing is done here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final, assert_never

from amzlink.core.stores.draft import Draft, Key, Service, State, Unproved
from amzlink.core.stores.question_type import Kept, Question
from amzlink.core.stores.questions import QUESTIONS, TABLE
from amzlink.problems import Problem, ProblemName

if TYPE_CHECKING:
    from amzlink.core.diagnosis.proof import Proof


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask this question."""

    question: Question


@dataclass(frozen=True, slots=True)
class Prove:
    """Have this service prove the answers."""

    service: Service


@dataclass(frozen=True, slots=True)
class Choose:
    """The proof has failed: ask what to do about it."""

    service: Service
    problem: Problem
    cures: "tuple[Cure, ...]"


@dataclass(frozen=True, slots=True)
class Done:
    """Everything is answered, and proved as far as the person wants it."""


Step = Ask | Prove | Choose | Done


class Remedy(Enum):
    """What can be done about a failed proof."""

    OTHER_ANSWERS = "other answers"
    EXCHANGE_KEYS = "exchange keys"
    WITHOUT_WEIGHTS = "without weights"
    WITHOUT_ADDRESSES = "without addresses"
    RETRY = "retry"
    WITHOUT_SENDCLOUD = "without Sendcloud"
    UNPROVED = "unproved"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Cure:
    """One of the things that can be done. `keys` are the questions to ask again."""

    remedy: Remedy
    label: str
    keys: tuple[Key, ...] = ()


def next_step(state: State) -> Step:
    """The next step; the same state always gives the same."""
    for item in _ORDER:
        if isinstance(item, Question):
            if is_open(item, state):
                return Ask(item)
        elif step := _proof_step(item, state):
            return step
    return Done()


def is_open(question: Question, state: State) -> bool:
    """Whether this has still to be asked."""
    if question.key in state.again:
        return True
    answered = question.key in state.settled or state.draft.has(question.key) or question.key in state.elsewhere
    if answered or not question.asked(state):
        return False
    if not state.attended:
        return question.required and question.key not in state.kept
    return not (state.assume_defaults and question.unasked(state) is not None)


def missing(state: State) -> list[Question]:
    """The questions that have no answer and no default, so that nothing can be connected without a terminal."""
    alone = replace(state, attended=False)
    return [question for question in TABLE if is_open(question, alone)]


def with_defaults(state: State) -> Draft:
    """The answers, each that was not asked for as it is by default."""
    draft = state.draft
    for question in TABLE:
        if question.required and not state.attended:
            continue
        if not draft.has(question.key) and question.asked(state) and (value := question.unasked(state)) is not None:
            draft = draft.with_answer(question.key, value)
    return draft


def answered(state: State, key: Key, value: object) -> State:
    """The state after an answer. What it makes doubtful is proved again."""
    service = QUESTIONS[key].proved_by
    outcomes = {each: outcome for each, outcome in state.outcomes.items() if each is not service}
    draft = state.draft if value is Kept.PRESENT else state.draft.with_answer(key, value)
    state = replace(state, draft=draft, outcomes=outcomes, settled=state.settled | {key}, again=state.again - {key})
    if key is Key.TOKEN_IS_WHOLE and value is False:
        return _asked_again(state, Key.REFRESH_TOKEN)
    if key is Key.REFRESH_TOKEN:
        return replace(
            state, draft=draft.with_answer(Key.TOKEN_IS_WHOLE, None), settled=state.settled - {Key.TOKEN_IS_WHOLE}
        )
    if key is Key.DESTINATION and value == "none":
        return replace(state, draft=draft.without_sendcloud())
    if key is Key.SENDCLOUD_PUBLIC_KEY:  # the integration follows from the keys
        draft = draft.with_answer(Key.SENDCLOUD_INTEGRATION_ID, None)
        return replace(state, draft=draft.with_sendcloud_of(state.present) if state.present else draft)
    return state


def proved(state: State, service: Service, proof: "Proof") -> State:
    """The state after a proof, be it good or not."""
    draft = state.draft
    if proof.failure is None and proof.integration_id is not None:
        draft = draft.with_answer(Key.SENDCLOUD_INTEGRATION_ID, proof.integration_id)
    return replace(state, draft=draft, outcomes={**state.outcomes, service: proof})


def chosen(state: State, service: Service, cure: Cure) -> State:
    """The state after a choice. To stop is nothing that a state can show."""
    if cure.remedy is Remedy.UNPROVED:
        return replace(state, outcomes={**state.outcomes, service: Unproved.ACCEPTED})
    outcomes = {each: outcome for each, outcome in state.outcomes.items() if each is not service}
    state, draft = replace(state, outcomes=outcomes), state.draft
    match cure.remedy:
        case Remedy.OTHER_ANSWERS:
            return _asked_again(state, *cure.keys)
        case Remedy.WITHOUT_WEIGHTS:
            draft = draft.with_answer(Key.IMPORT_WEIGHTS, value=False)
        case Remedy.WITHOUT_ADDRESSES:
            draft = replace(draft, without_addresses=True)
        case Remedy.WITHOUT_SENDCLOUD:
            draft = draft.without_sendcloud()
        case Remedy.EXCHANGE_KEYS:
            public, secret = draft.sendcloud_public_key, draft.sendcloud_secret_key
            draft = replace(draft, sendcloud_public_key=secret, sendcloud_secret_key=public)
        case Remedy.RETRY | Remedy.STOP:
            pass
        case _:
            assert_never(cure.remedy)
    return replace(state, draft=draft)


def _asked_again(state: State, *keys: Key) -> State:
    return replace(state, again=state.again | set(keys), settled=state.settled - set(keys))


def _proof_step(service: Service, state: State) -> Step | None:
    if not state.verify or (service is Service.SENDCLOUD and state.draft.destination != "sendcloud"):
        return None
    outcome = state.outcomes.get(service)
    if outcome is None:
        return Prove(service)
    if outcome is Unproved.ACCEPTED or outcome.failure is None:
        return None
    return Choose(service, outcome.failure, _cures(service, outcome, outcome.failure, state))


def _cures(service: Service, proof: "Proof", problem: Problem, state: State) -> tuple[Cure, ...]:
    cures = []
    if proof.keys_are_exchanged and state.draft.sendcloud_secret_key:
        cures.append(Cure(Remedy.EXCHANGE_KEYS, "Exchange the two keys"))
    if problem.name is ProblemName.ROLE_MISSING_LISTINGS:
        cures.append(Cure(Remedy.WITHOUT_WEIGHTS, "Go on without importing weights"))
    if problem.name is ProblemName.ROLE_MISSING_PII:  # Amazon takes weeks to grant the role, and the rest works
        cures.append(Cure(Remedy.WITHOUT_ADDRESSES, "Go on without names and addresses until Amazon grants the role"))
    cures += [_other_answers(keys) for keys in CURES.get(problem.name, ()) if not state.elsewhere.issuperset(keys)]
    same = "keys" if service is Service.SENDCLOUD else "answers"
    cures.append(Cure(Remedy.RETRY, f"Try once more with the same {same}"))
    if service is Service.SENDCLOUD:
        cures.append(Cure(Remedy.WITHOUT_SENDCLOUD, "Go on without Sendcloud"))
        cures.append(Cure(Remedy.UNPROVED, "Go on with these keys, unproved"))
    else:
        cures.append(Cure(Remedy.UNPROVED, "Store it all the same, unproved"))
    return (*cures, Cure(Remedy.STOP, "Stop and store nothing"))


def _other_answers(keys: tuple[Key, ...]) -> Cure:
    if keys == _BOTH_KEYS:
        return Cure(Remedy.OTHER_ANSWERS, "Give other keys", keys)
    return Cure(Remedy.OTHER_ANSWERS, f"Give another {' and '.join(QUESTIONS[key].called for key in keys)}", keys)


_BOTH_KEYS: Final = (Key.SENDCLOUD_PUBLIC_KEY, Key.SENDCLOUD_SECRET_KEY)
_OF_THE_APP: Final = (Key.CLIENT_ID, Key.CLIENT_SECRET, Key.REFRESH_TOKEN)

CURES: Final[Mapping[ProblemName, tuple[tuple[Key, ...], ...]]] = {
    ProblemName.CLIENT_UNKNOWN: ((Key.CLIENT_ID, Key.CLIENT_SECRET),),
    ProblemName.CLIENT_SECRET_EXPIRED: ((Key.CLIENT_SECRET,),),
    ProblemName.AUTHORISATION_REVOKED: ((Key.REFRESH_TOKEN,),),
    ProblemName.APP_MISMATCH: (_OF_THE_APP,),
    ProblemName.ACCESS_TOKEN_REJECTED: (_OF_THE_APP,),
    ProblemName.SANDBOX_CREDENTIALS: (_OF_THE_APP,),
    ProblemName.ACCESS_DENIED: ((Key.REFRESH_TOKEN,),),
    ProblemName.ROLE_MISSING_ORDERS: ((Key.REFRESH_TOKEN,),),
    ProblemName.ROLE_MISSING_PII: ((Key.REFRESH_TOKEN,),),
    ProblemName.ROLE_MISSING_LISTINGS: ((Key.REFRESH_TOKEN,),),
    # Amazon refuses Seller ID and marketplace as a pair.
    ProblemName.SELLER_ID_WRONG: ((Key.SELLER_ID,), (Key.COUNTRY,)),
    ProblemName.REGION_MISMATCH: ((Key.COUNTRY,), (Key.REFRESH_TOKEN,)),
    ProblemName.NOT_PARTICIPATING: ((Key.COUNTRY,),),
    ProblemName.SENDCLOUD_CREDENTIALS: (_BOTH_KEYS,),
    ProblemName.SENDCLOUD_KEYS_MISSING: (_BOTH_KEYS,),
    ProblemName.SENDCLOUD_OAUTH_ONLY: (_BOTH_KEYS,),
    ProblemName.SENDCLOUD_FORBIDDEN: (_BOTH_KEYS,),
    ProblemName.SENDCLOUD_INTEGRATION_MISSING: (_BOTH_KEYS,),
}
"""Which other answers may cure which problem, the likeliest first."""


def _in_order() -> tuple[Question | Service, ...]:
    """The questions of the table, each service's proof before what is asked only once it is made."""
    before: Mapping[Key, Service] = {
        Key.SENDCLOUD_INTEGRATION_ID: Service.SENDCLOUD,
        Key.MORE_COUNTRIES: Service.AMAZON,
    }
    items: list[Question | Service] = []
    for question in TABLE:
        items += [before[question.key]] if question.key in before else []
        items.append(question)
    return tuple(items)


_ORDER: Final = _in_order()
