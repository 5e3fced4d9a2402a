"""Which calls are made again, when, and as what: each cell of the tables, none left out."""

import contextlib
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Literal

import httpx
import pytest

from amzlink.amazon.transport import DeadPageToken
from amzlink.http.patience import Patience
from amzlink.http.retry import (
    ATTEMPTS,
    NO_WAIT,
    Again,
    Attempt,
    Call,
    GiveUp,
    Meaning,
    Outcome,
    Retrier,
    Wait,
    WhenThrottled,
    judge,
)
from amzlink.problems import Problem, ProblemName
from amzlink.problems.failures import CallFailed
from tests.amazon import bench as amazon
from tests.sendcloud import bench as sendcloud
from tests.support.rows import each_row
from tests.support.world import VirtualClock

FAILURE = CallFailed(ProblemName.SERVICE_UNAVAILABLE, operation="ask")
BACKOFF = {1: Wait(0.5, 1.0), 2: Wait(1.0, 2.0), 3: Wait(2.0, 4.0), 4: Wait(4.0, 8.0), 5: Wait(8.0, 16.0)}
LONGEST = Wait(15.0, 30.0)

# The policy -----------------------------------------------------------------------------------------------------------

UNDONE = [meaning for meaning in Meaning if meaning is not Meaning.DONE]
CELLS = list(
    itertools.product(
        UNDONE, (True, False), WhenThrottled, range(1, ATTEMPTS + 1), (0, 1, 9), (False, True), (None, 7.0)
    )
)


@pytest.mark.parametrize("meaning", UNDONE)
def test_what_follows_from_an_outcome(meaning: Meaning) -> None:
    """Every meaning, for calls of every kind, at every attempt."""
    seen = 0
    for of, repeatable, when_throttled, number, pauses, renewed, told in CELLS:
        if of is not meaning:
            continue
        call, attempt = Call("ask", repeatable, when_throttled), Attempt(number, pauses, renewed)
        outcome = Outcome(meaning, FAILURE, told)
        assert judge(call, attempt, outcome) == expected(call, attempt, meaning, told), (call, attempt, outcome)
        seen += 1
    assert seen == len(CELLS) / len(UNDONE)


def expected(call: Call, attempt: Attempt, meaning: Meaning, told: float | None) -> Again | GiveUp:
    """The rules once more, one a line."""
    number, pauses, renewed = attempt.number, attempt.pauses, attempt.credentials_renewed
    asked = Wait(told, told) if told else None
    is_last = number == 4
    rules: dict[Meaning, Any] = {
        Meaning.FINAL: GiveUp(FAILURE),
        Meaning.CREDENTIALS_REFUSED: GiveUp(FAILURE) if renewed else Again(NO_WAIT, Attempt(number, pauses, True)),
        Meaning.MAY_PASS: GiveUp(FAILURE)
        if is_last or not call.repeatable
        else Again(asked or BACKOFF[number], Attempt(number + 1, pauses, renewed)),
        Meaning.THROTTLED: {
            WhenThrottled.GIVE_UP: GiveUp(FAILURE),
            WhenThrottled.WAIT: Again(asked or BACKOFF.get(pauses + 1, LONGEST), Attempt(number, pauses + 1, renewed)),
            WhenThrottled.TRY_AGAIN: GiveUp(FAILURE)
            if is_last
            else Again(asked or (NO_WAIT if number == 1 else BACKOFF[number]), Attempt(number + 1, pauses, renewed)),
        }[call.when_throttled],
    }
    verdict: Again | GiveUp = rules[meaning]
    return verdict


def test_what_did_not_end_well_has_a_failure_to_raise() -> None:
    with pytest.raises(ValueError, match="without a failure"):
        judge(Call("ask", repeatable=True, when_throttled=WhenThrottled.WAIT), Attempt(), Outcome(Meaning.FINAL))


@pytest.mark.parametrize("passes", [True, False])
def test_a_network_error_is_tried_again_only_where_it_may_pass(passes: bool) -> None:
    clock, sent = VirtualClock(), list[bool]()

    def fail() -> httpx.Response:
        sent.append(True)
        raise CallFailed(ProblemName.CONNECT_REFUSED, operation="ask", passes=passes)

    retrier = Retrier(Patience(clock, timedelta(minutes=5)), random.Random(1))
    call = Call("ask", repeatable=True, when_throttled=WhenThrottled.WAIT)
    with pytest.raises(CallFailed):
        retrier.run(call, fail, lambda _: Outcome(Meaning.DONE))
    assert len(sent) == (ATTEMPTS if passes else 1)
    assert len(clock.slept) == len(sent) - 1


# The services ---------------------------------------------------------------------------------------------------------

Answer = httpx.Response | Exception
Follows = Literal["done", "again", "pause", "renewed", "given up"]
HTML = "<!doctype html><html></html>"


def statuses(status: int, body: object = None) -> dict[str, Callable[[], Answer]]:
    return {str(status): lambda: httpx.Response(status, json={} if body is None else body)}


ANSWERS: dict[str, Callable[[], Answer]] = {
    **{key: make for status in (200, 201, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504, 599)
       for key, make in statuses(status).items()},
    "302": lambda: httpx.Response(302, headers={"location": "https://elsewhere.test"}),
    "407": lambda: httpx.Response(407, text=HTML),
    "page 200": lambda: httpx.Response(200, text=HTML),
    "page 401": lambda: httpx.Response(401, text=HTML),
    "page 403": lambda: httpx.Response(403, text=HTML),
    "page 429": lambda: httpx.Response(429, text=HTML),
    "page 503": lambda: httpx.Response(503, text=HTML),
    "token expired": lambda: amazon.denied("The access token you provided has expired."),
    "dead page token": lambda: amazon.refused(400, "InvalidInput", "We could not decode your NextToken"),
    "cannot connect": lambda: httpx.ConnectError("refused"),
    "connection broke": lambda: httpx.ReadError("reset"),
    "hung up": lambda: httpx.RemoteProtocolError("closed"),
    "no connection in time": lambda: httpx.ConnectTimeout("late"),
    "no answer in time": lambda: httpx.ReadTimeout("late"),
    "proxy refuses": lambda: httpx.ProxyError("407"),
    "damaged compression": lambda: httpx.DecodingError("damaged"),
}  # fmt: skip

_DONE = {"200", "201"}
_MAY_PASS = {"500", "502", "503", "504", "599", "page 503", "cannot connect", "connection broke", "hung up"}


def row(
    *, done: set[str] = _DONE, again: set[str], pause: set[str] | None = None, renewed: set[str] | None = None
) -> dict[str, Follows]:
    """What follows from each answer; from those that are not named, the end."""
    named: dict[str, Follows] = dict.fromkeys(done, "done")
    named |= dict.fromkeys(again, "again")
    named |= dict.fromkeys(pause or (), "pause")
    named |= dict.fromkeys(renewed or (), "renewed")
    assert ANSWERS.keys() >= named.keys()
    return {name: named.get(name, "given up") for name in ANSWERS}


THROTTLED = {"429", "page 429"}
# By service and kind of call. A call that is not repeatable ends with any lost answer.
TABLE: dict[tuple[str, str], dict[str, Follows]] = {
    ("amazon", "repeatable"): row(again=_MAY_PASS | THROTTLED, renewed={"token expired"}),
    ("amazon", "once"): row(again=set(), renewed={"token expired"}),
    ("amazon", "once, outlasts throttling"): row(again=THROTTLED, renewed={"token expired"}),
    ("amazon", "upload"): row(again=_MAY_PASS - {"page 503"}),
    ("amazon", "download"): row(again=_MAY_PASS - {"page 503"}),
    ("amazon", "token"): row(again=_MAY_PASS | THROTTLED),
    ("sendcloud", "repeatable"): row(again=_MAY_PASS, pause=THROTTLED, renewed={"401"}),
    ("sendcloud", "once"): row(again=set(), pause=THROTTLED, renewed={"401"}),
    ("sendcloud", "token"): row(again=_MAY_PASS, pause=THROTTLED),
}
WORKS: Callable[[], Answer] = ANSWERS["200"]
_SIGNED = "https://documents.test/signed"


@contextlib.contextmanager
def service(
    key: tuple[str, str], answers: list[Answer], *, ends_well: bool
) -> Iterator[tuple[Callable[[], object], Callable[[], int]]]:
    """A client that is given these answers: the call of this kind, and how many requests it made."""
    match key:
        case ("amazon", "token"):
            with amazon.bench(lwa=answers) as there:
                yield there.link.learn_time, lambda: len(there.amazon.lwa_requests)
        case ("amazon", kind):
            with amazon.bench(*answers) as there:
                yield _amazon_call(there, kind), lambda: len(there.amazon.requests)
        case (_, "token"):
            calls = [sendcloud.unknown_keys(), *([sendcloud.ok()] if ends_well else [])]
            with sendcloud.bench(*calls, tokens=answers) as other:
                yield other.ask, lambda: len(other.sendcloud.token_requests)
        case (_, kind):
            spare = [sendcloud.token_answer()] if any(_status(answer) == 401 for answer in answers) else []
            with sendcloud.bench(*answers, tokens=spare) as other:
                yield (other.ask if kind == "repeatable" else other.tell), lambda: len(other.sent)


def _amazon_call(there: amazon.Bench, kind: str) -> Callable[[], object]:
    link = there.link
    calls: dict[str, Callable[[], object]] = {
        "repeatable": there.ask,
        "once": lambda: link.post_json(amazon.ASK, "/reports", {}),
        "once, outlasts throttling": lambda: link.patch_json(amazon.ASK, "/items", {}, {}, changes_nothing=False),
        "upload": lambda: link.upload(_SIGNED, b"<a/>", "text/xml"),
        "download": lambda: link.download(_SIGNED),
    }
    return calls[kind]


def _status(answer: Answer) -> int:
    """401 only where it is Sendcloud's word about the keys, and no page."""
    is_word = isinstance(answer, httpx.Response) and not answer.text.startswith("<!")
    return answer.status_code if is_word and isinstance(answer, httpx.Response) else 0


def _worth_another(key: tuple[str, str]) -> Callable[[], Answer] | None:
    """An answer that counts as an attempt and is tried again."""
    return next((ANSWERS[name] for name, follows in TABLE[key].items() if follows == "again"), None)


REACHABLE = [
    (key, name, attempt)
    for key, name, attempt in itertools.product(TABLE, ANSWERS, range(1, ATTEMPTS + 1))
    if attempt == 1 or _worth_another(key)
]


@each_row(("key", "name", "attempt"), REACHABLE)
def test_what_a_service_does_after_an_answer(key: tuple[str, str], name: str, attempt: int) -> None:
    """The answer comes at each attempt, after others that were worth another; what follows is in the table."""
    follows, before = TABLE[key][name], _worth_another(key)
    answers: list[Answer] = [before() for _ in range(attempt - 1)] if before else []
    goes_on = follows in ("pause", "renewed") or (follows == "again" and attempt < ATTEMPTS)
    if goes_on:
        answers += [ANSWERS[name](), _good(key)]
    else:
        answers += [_good(key) if follows == "done" else ANSWERS[name]()]
    with service(key, answers, ends_well=goes_on or follows == "done") as (call, count):
        if goes_on or follows == "done":
            call()
        else:
            with pytest.raises((Problem, DeadPageToken)):
                call()
        assert count() == len(answers)


def _good(key: tuple[str, str]) -> Answer:
    """An answer that ends the call well."""
    if key[1] == "token":
        return amazon.token_answer() if key[0] == "amazon" else sendcloud.token_answer()
    return WORKS()


def test_no_cell_is_missing() -> None:
    """At every attempt that a call of the kind can come to."""
    attempts = Counter((key, name) for key, name, _ in REACHABLE)
    assert attempts == {
        (key, name): ATTEMPTS if _worth_another(key) else 1 for key, name in itertools.product(TABLE, ANSWERS)
    }
    assert all(rows.keys() == ANSWERS.keys() for rows in TABLE.values())
