"""The table of questions, and what answers mean."""

import inspect

import pytest

from amzlink.cli.connect import connect_command
from amzlink.core.stores.draft import Draft, Key, State
from amzlink.core.stores.option_help import HELP
from amzlink.core.stores.question_type import Form, answer_of
from amzlink.core.stores.questions import QUESTIONS, TABLE
from amzlink.core.stores.yes_no import parse_yes_no
from amzlink.jobs.connect import ATLAS
from amzlink.problems import Problem

STATE = State(atlas=ATLAS)


def test_every_answer_has_a_place_in_the_draft() -> None:
    assert {question.key for question in TABLE} == set(Key)
    assert {key.value for key in Key} < set(Draft.__slots__)


def test_every_option_with_a_help_line_is_a_questions_and_of_the_command() -> None:
    options = {question.option for question in TABLE if question.option and "--secrets-from" not in question.option}
    assert options == set(HELP)
    parameters = set(inspect.signature(connect_command).parameters)
    assert {option.split("/")[0].removeprefix("--").replace("-", "_") for option in HELP} <= parameters


def test_secrets_are_hidden_and_come_from_a_file_alone() -> None:
    hidden = [question for question in TABLE if question.form is Form.HIDDEN]
    assert len(hidden) == 3
    assert all(question.option.startswith("--secrets-from with ") for question in hidden)


@pytest.mark.parametrize("question", TABLE, ids=lambda question: question.key.name)
def test_every_question_says_why_it_is_asked_in_a_line(question: object) -> None:
    reason = QUESTIONS[question.key].reason  # type: ignore[attr-defined]
    assert reason.endswith((".", "?"))
    assert "\n" not in reason


@pytest.mark.parametrize(
    "word", ["y", "Yes", "ja", "J", "oui", "sí", "sì", "si", "tak", "evet", "sim", "はい", "نعم", "ok"]
)
def test_yes_is_understood(word: str) -> None:
    assert parse_yes_no(word) is True


@pytest.mark.parametrize("word", ["n", "NO", "nein", "nee", "non", "nie", "nej", "não", "hayır", "いいえ", "لا"])
def test_no_is_understood(word: str) -> None:
    assert parse_yes_no(word) is False


@pytest.mark.parametrize("word", ["Nederland", "yesterday", "Norge", "", "1", "maybe"])
def test_other_words_are_neither(word: str) -> None:
    assert parse_yes_no(word) is None


@pytest.mark.parametrize("key", [key for key in Key if not QUESTIONS[key].takes_pasted])
@pytest.mark.parametrize(
    "pasted", ["Atzr|" + "x" * 40, "amzn1.application-oa2-client." + "0" * 32, "AKIAIOSFODNN7EXAMPLE", "3244-7764-4129"]
)
def test_a_paste_is_recognised_at_every_prompt(key: Key, pasted: str) -> None:
    with pytest.raises(Problem) as caught:
        answer_of(QUESTIONS[key], pasted, STATE)
    assert caught.value.name.value in ("secret-looks-wrong", "mws-credentials")
