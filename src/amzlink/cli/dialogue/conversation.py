"""The guided set-up: what `next_step` says comes next is asked, proved or chosen, until everything is done.

Many who come here hold a guide from the time of MWS. Whatever they paste from it is named for what it is, and the steps
to what is needed instead are shown, without leaving the prompt.
"""

from collections.abc import Callable

from amzlink.cli.dialogue.terminal import Terminal, is_a_call_for_help
from amzlink.core.diagnosis.proof import Proof
from amzlink.core.stores.draft import Key, Service, State
from amzlink.core.stores.next_step import Ask, Choose, Prove, Remedy, answered, chosen, next_step
from amzlink.core.stores.pasted_values import clean
from amzlink.core.stores.question_type import Question, answer_of
from amzlink.core.stores.questions import QUESTIONS
from amzlink.deps import Deps
from amzlink.jobs.connect import look_up, prove
from amzlink.jobs.stores.save import AnotherStoreError
from amzlink.problems import Problem, ProblemName

WELCOME = (
    "This links your Amazon seller account to amzlink. Nothing is stored before the link is proved. Ctrl-C stops; "
    "answer ? to have a question explained."
)


class Conversation:
    """One set-up with somebody at a terminal. `open_page` opens a page in a browser and tells whether it could."""

    def __init__(self, deps: Deps, terminal: Terminal, open_page: Callable[[str], bool]) -> None:
        self._deps = deps
        self._terminal = terminal
        self._open_page = open_page

    def hold(self, state: State) -> State:
        """Ask, prove and choose until everything is done; gives the state with all answers.

        Raises:
            Problem: the failure at which the person stops, or what keeps the secrets from being read.
        """
        self._say_what_is_known(State(atlas=state.atlas), state)
        while True:
            match next_step(state):
                case Ask(question):
                    state = self._ask(question, state)
                case Prove(service):
                    state = self._prove(service, state)
                case Choose(service, problem, cures):
                    cure = self._terminal.choose(problem, cures, state)
                    if cure.remedy is Remedy.STOP:
                        raise problem
                    state = chosen(state, service, cure)
                case _:
                    return state

    def _ask(self, question: Question, state: State) -> State:
        """Ask until there is an answer that can be one."""
        if question.heading:
            self._terminal.heading(question.heading)
        self._terminal.show(question, state)
        if question.key is Key.APP_IS_READY and self._open_page(state.draft.page):
            self._terminal.say("The page is opening in your browser.")
        while True:
            text = self._terminal.read(question, state)
            enter = question.enter(state)
            if is_a_call_for_help(text) or (not clean(text) and enter is None):
                if not is_a_call_for_help(text) and question.why_no_enter:
                    self._terminal.say(question.why_no_enter)
                else:
                    self._terminal.show(question, state)
                continue
            try:
                value = enter if not clean(text) else answer_of(question, clean(text), state)
            except Problem as problem:
                self._refuse(question, problem, state)
                continue
            try:
                after = look_up(self._deps, answered(state, question.key, value))
            except Problem as problem:
                if isinstance(problem, AnotherStoreError) or problem.name is not ProblemName.USAGE:
                    raise  # no other answer puts it right
                self._refuse(question, problem, state)
                continue
            if remark := question.remark(after):
                self._terminal.say(remark)
            self._say_what_is_known(state, after)
            return after

    def _refuse(self, question: Question, problem: Problem, state: State) -> None:
        self._terminal.explain(problem, state)
        if problem.name is ProblemName.MWS_CREDENTIALS and question.takes_pasted:
            self._terminal.say(f"The {question.called} is needed in any case. {question.reason}")

    def _prove(self, service: Service, state: State) -> State:
        if service is Service.AMAZON:
            self._terminal.heading("Proving the link")
        after = prove(self._deps, state, service)
        proof = after.outcomes[service]
        if isinstance(proof, Proof) and proof.failure is None:
            self._terminal.proof(proof, state.draft.update_status_when or "processed")
        return after

    def _say_what_is_known(self, before: State, after: State) -> None:
        """What has turned out after an answer: the store is connected already, the environment gives a secret."""
        if after.present and not before.present and not after.again:
            self._terminal.say(
                f"This account is connected already, as the store {after.slug}. It is updated, not replaced. Enter "
                "keeps what is there."
            )
        if after.folder_in_use and not before.folder_in_use:
            self._terminal.say(f"Secrets are kept in files in {after.folder_in_use}.")
        known = {key for key in before.elsewhere if QUESTIONS[key].asked(before)}
        for key in sorted(after.elsewhere - known, key=lambda key: key.value):
            if QUESTIONS[key].asked(after):
                self._terminal.say(f"The {QUESTIONS[key].called} is given by this machine's environment.")
