"""The table of questions, and what answers mean."""

import inspect
from dataclasses import replace

import pytest

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.cli.connect import connect_command
from amzlink.core.stores.draft import Draft, Key, State
from amzlink.core.stores.option_help import HELP
from amzlink.core.stores.question_type import Form, answer_of
from amzlink.core.stores.questions import QUESTIONS, TABLE
from amzlink.core.stores.yes_no import parse_yes_no
from amzlink.jobs.connect import ATLAS
from amzlink.problems import Problem
from tests.support.rows import each_row

STATE = State(atlas=ATLAS)


def test_every_answer_has_a_place_in_the_draft() -> None:
    assert {question.key for question in TABLE} == set(Key)
    assert {key.value for key in Key} < set(Draft.__slots__)


def test_every_option_with_a_help_line_is_a_questions_and_of_the_command() -> None:
    options = {question.option for question in TABLE if question.option and "--secrets-from" not in question.option}
    assert options == set(HELP)
    parameters = set(inspect.signature(connect_command).parameters)
    assert {option.split("/")[0].removeprefix("--").replace("-", "_") for option in HELP} <= parameters


def test_the_moment_of_the_confirmation_is_asked_for_with_what_an_early_one_costs() -> None:
    (reason,) = [question.reason for question in TABLE if question.key is Key.UPDATE_STATUS_WHEN]
    assert "no confirmation before the parcel is handed over" in reason
    assert "cannot be taken back" in reason


def test_secrets_are_hidden_and_come_from_a_file_alone() -> None:
    hidden = [question for question in TABLE if question.form is Form.HIDDEN]
    assert len(hidden) == 3
    assert all(question.option.startswith("--secrets-from with ") for question in hidden)


@pytest.mark.parametrize("question", TABLE, ids=lambda question: question.key.name)
def test_every_question_says_why_it_is_asked_in_a_line(question: object) -> None:
    reason = QUESTIONS[question.key].reason  # type: ignore[attr-defined]
    assert reason.endswith((".", "?"))
    assert "\n" not in reason


@each_row(
    "word",
    [
        "y",
        "Yes",
        "ja",
        "J",
        "oui",
        "sí",
        "sì",
        "si",
        "tak",
        "evet",
        "sim",
        "はい",
        "نعم",
        "ok",
        "Ja, graag!",
        "ja bitte",
        "yes please",
        "oui merci",
        "tak, proszę",
        "sí, por favor",
        "evet lütfen",
    ],
)
def test_yes_is_understood(word: str) -> None:
    assert parse_yes_no(word) is True


@pytest.mark.parametrize(
    "word",
    [
        "n",
        "NO",
        "nein",
        "nee",
        "non",
        "nie",
        "nej",
        "não",
        "hayır",
        "いいえ",
        "لا",
        "no thanks",
        "nein danke",
        "Nee, dank je.",
        "non, merci",
        "nie dziękuję",
        "nej tack",
        "no gracias",
        "não, obrigado",
    ],
)
def test_no_is_understood(word: str) -> None:
    assert parse_yes_no(word) is False


@pytest.mark.parametrize("word", ["Nederland", "yesterday", "Norge", "", "1", "maybe", "bitte", "ja nein", "no way"])
def test_other_words_are_neither(word: str) -> None:
    assert parse_yes_no(word) is None


@each_row("key", [key for key in Key if not QUESTIONS[key].takes_pasted])
@each_row(
    "pasted", ["Atzr|" + "x" * 40, "amzn1.application-oa2-client." + "0" * 32, "AKIAIOSFODNN7EXAMPLE", "3244-7764-4129"]
)
def test_a_paste_is_recognised_at_every_prompt(key: Key, pasted: str) -> None:
    with pytest.raises(Problem) as caught:
        answer_of(QUESTIONS[key], pasted, STATE)
    assert caught.value.name.value in ("secret-looks-wrong", "mws-credentials")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Niemcy", "DE"),
        ("Paesi Bassi", "NL"),
        ("Großbritannien", "GB"),
        ("İtalya", "IT"),
        ("ESPAÑA", "ES"),
        ("Sverige", "SE"),
    ],
)
def test_a_country_is_known_by_its_names_in_the_languages_of_the_marketplaces(text: str, code: str) -> None:
    assert answer_of(QUESTIONS[Key.COUNTRY], text, STATE) == (BY_COUNTRY[code],)


def test_only_a_question_with_a_sensible_answer_takes_enter() -> None:
    ready = QUESTIONS[Key.APP_IS_READY]
    assert ready.enter(STATE) is None
    assert "Enter is no answer here" in ready.why_no_enter
    assert QUESTIONS[Key.DESTINATION].enter(STATE) == "sendcloud"


@pytest.mark.parametrize("text", ["keys", "./keys", "my shop", "client-secret", "no"])
def test_a_folder_is_a_whole_path(text: str) -> None:
    with pytest.raises(Problem) as caught:
        answer_of(QUESTIONS[Key.SECRETS_FOLDER], text, STATE)
    assert caught.value.name.value == "usage"
    assert answer_of(QUESTIONS[Key.SECRETS_FOLDER], " '~/keys' ", STATE) == "~/keys"


@pytest.mark.parametrize(
    "pasted", ["Atzr|" + "x" * 40, "amzn1.application-oa2-client." + "0" * 32, "AKIAIOSFODNN7EXAMPLE", "3244-7764-4129"]
)
def test_a_paste_is_no_folder(pasted: str) -> None:
    with pytest.raises(Problem) as caught:
        answer_of(QUESTIONS[Key.SECRETS_FOLDER], pasted, STATE)
    assert caught.value.name.value in ("secret-looks-wrong", "mws-credentials")


GERMAN = State(draft=Draft(marketplaces=(BY_COUNTRY["DE"],)), atlas=ATLAS)


@each_row(("text", "countries"), [("none", []), ("Nein", []), ("fr, it", ["FR", "IT"]), ("amazon.nl", ["NL"])])
def test_further_countries_are_those_that_are_named(text: str, countries: list[str]) -> None:
    added = answer_of(QUESTIONS[Key.MORE_COUNTRIES], text, GERMAN)
    assert isinstance(added, tuple)
    assert [each.country for each in added] == countries


@each_row("text", ["yes", "US", "DE"])
def test_where_several_countries_are_offered_a_yes_or_another_one_is_no_answer(text: str) -> None:
    with pytest.raises(Problem) as caught:
        answer_of(QUESTIONS[Key.MORE_COUNTRIES], text, GERMAN)
    assert caught.value.summary.startswith("Please choose from ")
    assert "FR" in caught.value.summary
    assert "DE" not in caught.value.summary


@each_row(("text", "destination"), [("none", "none"), ("sendcloud", "sendcloud"), ("ja", "sendcloud"), ("no", "none")])
def test_the_destination_is_named_as_its_option_has_it_or_by_yes_and_no(text: str, destination: str) -> None:
    assert answer_of(QUESTIONS[Key.DESTINATION], text, GERMAN) == destination


def test_where_keys_of_sendcloud_are_given_enter_sends_orders_there() -> None:
    """Whatever the store's destination was before."""
    given = replace(GERMAN, draft=replace(GERMAN.draft, sendcloud_public_key="0" * 32))
    enter = QUESTIONS[Key.DESTINATION].enter
    before = Draft(destination="none")
    assert enter(replace(given, present=before)) == "sendcloud"
    assert enter(replace(GERMAN, present=before)) == "none"


def test_where_enter_is_waited_for_a_yes_will_do_and_a_no_will_not() -> None:
    pause = QUESTIONS[Key.APP_STEPS]
    assert answer_of(pause, "ok", GERMAN) is True
    with pytest.raises(Problem, match="usage"):
        answer_of(pause, "no", GERMAN)


def test_the_integration_is_taken_over_with_the_keys_and_not_with_others() -> None:
    present = Draft(sendcloud_public_key="a" * 32, sendcloud_integration_id=7)
    found = [
        Draft(sendcloud_public_key=key).with_sendcloud_of(present).sendcloud_integration_id
        for key in (None, "a" * 32, "b" * 32)
    ]
    assert found == [7, 7, None]
