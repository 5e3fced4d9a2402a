"""What comes next while a store is being connected: the same state always gives the same step."""

from dataclasses import replace

import pytest

from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.core.diagnosis.proof import Proof
from amzlink.core.stores.draft import Draft, Key, Service, State, Unproved
from amzlink.core.stores.next_step import (
    CURES,
    Ask,
    Choose,
    Cure,
    Done,
    Prove,
    Remedy,
    Step,
    answered,
    chosen,
    missing,
    next_step,
    proved,
    with_defaults,
)
from amzlink.core.stores.question_type import Kept
from amzlink.core.stores.questions import QUESTIONS, TABLE
from amzlink.jobs.connect import ATLAS
from amzlink.problems import Problem, ProblemName
from tests.support.rows import each_row

GERMANY, FRANCE = BY_COUNTRY["DE"], BY_COUNTRY["FR"]
TOKEN = "Atzr|" + "x" * 300
ANSWERS: dict[Key, object] = {
    Key.COUNTRY: (GERMANY,),
    Key.APP_IS_READY: True,
    Key.SELLER_ID: "A3TH9S8BH6GOGM",
    Key.CLIENT_ID: "amzn1.application-oa2-client.0",
    Key.CLIENT_SECRET: "secret",
    Key.REFRESH_TOKEN: TOKEN,
    Key.NAME: "My Shop",
    Key.IMPORT_WEIGHTS: True,
    Key.UPDATE_STATUS_WHEN: "processed",
    Key.DESTINATION: "none",
    Key.SENDCLOUD_PUBLIC_KEY: "public",
    Key.SENDCLOUD_SECRET_KEY: "private",
    Key.PURGE_DESTINATION: False,
    Key.MORE_COUNTRIES: (),
}
GOOD = Proof(findings=(), selling_in=(GERMANY.id, FRANCE.id))


def start(**others: object) -> State:
    return replace(State(atlas=ATLAS), **others)  # type: ignore[arg-type]


def walk(state: State, **answers: object) -> tuple[list[object], State]:
    """All steps with these answers and good proofs: the keys and services in their order."""
    steps: list[object] = []
    given = {**ANSWERS, **{Key[name]: value for name, value in answers.items()}}
    while not isinstance(step := next_step(state), Done):
        assert len(steps) < 40
        match step:
            case Ask(question):
                steps.append(question.key)
                state = answered(state, question.key, given[question.key])
            case Prove(service):
                steps.append(service)
                state = proved(state, service, GOOD)
            case _:
                raise AssertionError(step)
    return steps, state


def until_proof(**answers: object) -> State:
    """The state in which everything is answered and Amazon is asked next."""
    _steps, state = walk(start(), **answers)
    return replace(state, outcomes={})


def failing(problem: ProblemName, state: State | None = None, service: Service = Service.AMAZON) -> Step:
    state = proved(state or until_proof(), service, Proof(findings=(), failure=Problem(problem)))
    return next_step(state)


def test_the_questions_come_in_the_order_of_the_table_with_the_proofs_between_them() -> None:
    steps, _ = walk(start(), DESTINATION="sendcloud")
    asked = [step for step in steps if isinstance(step, Key)]
    assert asked == [question.key for question in TABLE if question.key in asked]
    assert steps[-4:] == [Service.SENDCLOUD, Key.PURGE_DESTINATION, Service.AMAZON, Key.MORE_COUNTRIES]


def test_without_sendcloud_nothing_of_it_is_asked_or_proved() -> None:
    steps, _ = walk(start())
    assert not {Key.SENDCLOUD_PUBLIC_KEY, Key.SENDCLOUD_SECRET_KEY, Key.PURGE_DESTINATION, Service.SENDCLOUD} & set(
        steps
    )


def test_without_verify_nobody_is_asked_for_a_proof() -> None:
    steps, _ = walk(start(verify=False), DESTINATION="sendcloud", SENDCLOUD_INTEGRATION_ID=4711)
    assert not set(Service) & set(steps)
    assert Key.SENDCLOUD_INTEGRATION_ID in steps
    assert Key.MORE_COUNTRIES not in steps


def test_an_app_that_is_not_ready_is_waited_for() -> None:
    steps, _ = walk(start(), APP_IS_READY=False, APP_STEPS=True)
    assert steps[1:3] == [Key.APP_IS_READY, Key.APP_STEPS]


def test_a_token_that_is_not_whole_is_asked_for_again() -> None:
    state = answered(until_proof(), Key.REFRESH_TOKEN, "Atzr|short")
    assert next_step(state) == Ask(QUESTIONS[Key.TOKEN_IS_WHOLE])
    state = answered(state, Key.TOKEN_IS_WHOLE, value=False)
    assert next_step(state) == Ask(QUESTIONS[Key.REFRESH_TOKEN])
    assert isinstance(next_step(answered(state, Key.REFRESH_TOKEN, TOKEN)), Prove)


def test_to_try_once_more_asks_nothing_again_and_only_proves_again() -> None:
    state = until_proof()
    step = failing(ProblemName.SERVICE_UNAVAILABLE, state)
    assert isinstance(step, Choose)
    [again] = [cure for cure in step.cures if cure.remedy is Remedy.RETRY]
    failed = proved(state, Service.AMAZON, Proof(findings=(), failure=Problem(ProblemName.SERVICE_UNAVAILABLE)))
    assert next_step(chosen(failed, Service.AMAZON, again)) == Prove(Service.AMAZON)


def test_a_secret_that_the_store_has_may_stay() -> None:
    state = start(present=Draft(), kept=frozenset({Key.CLIENT_SECRET}))
    state = answered(state, Key.CLIENT_SECRET, Kept.PRESENT)
    assert state.draft.client_secret is None
    assert Key.CLIENT_SECRET in state.settled


def test_what_the_environment_gives_is_not_asked_for() -> None:
    steps, _ = walk(start(elsewhere=frozenset({Key.CLIENT_SECRET, Key.REFRESH_TOKEN})))
    assert not {Key.CLIENT_SECRET, Key.REFRESH_TOKEN} & set(steps)


def test_a_new_answer_is_proved_anew_by_its_own_service_alone() -> None:
    _, state = walk(start(), DESTINATION="sendcloud")
    assert next_step(answered(state, Key.SENDCLOUD_SECRET_KEY, "other")) == Prove(Service.SENDCLOUD)
    assert next_step(answered(state, Key.SELLER_ID, "A1TH9S8BH6GOGM")) == Prove(Service.AMAZON)
    assert next_step(answered(state, Key.NAME, "Other")) == Done()


@pytest.mark.parametrize("problem", CURES)
def test_every_cure_asks_for_the_answers_that_it_names_and_for_nothing_else(problem: ProblemName) -> None:
    service = Service.SENDCLOUD if problem.value.startswith("sendcloud") else Service.AMAZON
    before = until_proof(DESTINATION="sendcloud")
    if service is Service.AMAZON:
        before = proved(before, Service.SENDCLOUD, GOOD)
    state = proved(before, service, Proof(findings=(), failure=Problem(problem)))
    step = next_step(state)
    assert isinstance(step, Choose)
    for keys in CURES[problem]:
        cure = next(each for each in step.cures if each.keys == keys)
        asked = []
        after = chosen(state, service, cure)
        while isinstance(ask := next_step(after), Ask):
            asked.append(ask.question.key)
            after = answered(after, ask.question.key, ANSWERS[ask.question.key])
        assert set(asked) == set(keys)
        assert ask == Prove(service)


def test_a_wrong_country_offers_the_country_before_another_token() -> None:
    step = failing(ProblemName.REGION_MISMATCH)
    assert isinstance(step, Choose)
    assert [cure.keys for cure in step.cures[:2]] == [(Key.COUNTRY,), (Key.REFRESH_TOKEN,)]


@each_row("problem", ProblemName)
def test_whatever_is_wrong_one_can_try_again_go_on_or_stop(problem: ProblemName) -> None:
    step = failing(problem)
    assert isinstance(step, Choose)
    assert [cure.remedy for cure in step.cures[-3:]] == [Remedy.RETRY, Remedy.UNPROVED, Remedy.STOP]


def test_going_on_unproved_leaves_the_answers_as_they_are() -> None:
    before = until_proof()
    state = proved(before, Service.AMAZON, Proof(findings=(), failure=Problem(ProblemName.TIMEOUT, seconds=1)))
    after = chosen(state, Service.AMAZON, Cure(Remedy.UNPROVED, ""))
    assert after.outcomes == {Service.AMAZON: Unproved.ACCEPTED}
    assert after.draft == before.draft
    assert next_step(after) == Done()


def test_exchanged_keys_are_offered_to_be_exchanged() -> None:
    before = until_proof(DESTINATION="sendcloud")
    refused = Proof(findings=(), failure=Problem(ProblemName.SENDCLOUD_CREDENTIALS), keys_are_exchanged=True)
    state = proved(before, Service.SENDCLOUD, refused)
    step = next_step(state)
    assert isinstance(step, Choose)
    assert step.cures[0].remedy is Remedy.EXCHANGE_KEYS
    after = chosen(state, Service.SENDCLOUD, step.cures[0])
    assert (after.draft.sendcloud_public_key, after.draft.sendcloud_secret_key) == ("private", "public")


def test_without_a_terminal_what_is_missing_is_what_has_no_default() -> None:
    assert [question.key for question in missing(start())] == [
        Key.COUNTRY, Key.SELLER_ID, Key.CLIENT_ID, Key.CLIENT_SECRET, Key.REFRESH_TOKEN, Key.NAME,
    ]  # fmt: skip
    to_sendcloud = start(draft=Draft(destination="sendcloud"))
    assert {Key.SENDCLOUD_PUBLIC_KEY, Key.SENDCLOUD_SECRET_KEY} < {each.key for each in missing(to_sendcloud)}


def test_defaults_send_nothing_to_sendcloud_unless_its_keys_are_given() -> None:
    assert with_defaults(start(attended=False)).destination == "none"
    given = start(attended=False, draft=Draft(sendcloud_public_key="public"))
    assert with_defaults(given).destination == "sendcloud"


def test_no_secret_is_in_what_a_draft_shows_of_itself() -> None:
    draft = Draft(client_secret="hidden", refresh_token="hidden", sendcloud_secret_key="hidden")
    assert "hidden" not in repr(start(draft=draft))
