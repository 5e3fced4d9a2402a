"""connect and connect --renew, once the options are read: ask or take, prove, store, show."""

from dataclasses import replace

from amzlink.amazon.marketplaces import BY_ID
from amzlink.cli.dialogue.conversation import WELCOME, Conversation
from amzlink.cli.dialogue.options import ConnectOptions, state_of
from amzlink.cli.dialogue.terminal import Terminal, show_proof
from amzlink.cli.shell.browser import open_page
from amzlink.cli.shell.session import Session
from amzlink.cli.views.secret_files import show_lines, variables_of_files
from amzlink.cli.views.stores import show_connected
from amzlink.core.diagnosis.proof import Proof
from amzlink.core.stores.draft import Service, State
from amzlink.core.stores.next_step import missing
from amzlink.jobs.connect import (
    finish,
    is_proved,
    look_up,
    named_by_environment,
    offering_files,
    prove_all,
    refuse_idle_keys,
    renewal,
)
from amzlink.jobs.schedule.install import can_install
from amzlink.jobs.stores.answers import Answers
from amzlink.jobs.stores.save import GIVEN, keep, require_place, vault_fault
from amzlink.problems import stores, usage
from amzlink.problems.schedule import ABOUT, QUESTION
from amzlink.secrets.files import FileSecrets


def connect_store(session: Session, options: ConnectOptions, terminal: Terminal) -> None:
    """Link a store that is new, or update the one that is this account's. Raises what is in the way."""
    deps, console = session.deps, session.console
    state = named_by_environment(deps, state_of(options))
    state = look_up(deps, offering_files(deps, state) if console.interactive and missing(state) else state)
    if state.present and state.slug:
        session.is_about(state.slug)
    asking = console.interactive and bool(missing(state))
    if asking:
        terminal.say(WELCOME)
        state = _converse(session, terminal, state, browser=options.browser)
    else:
        if state.present:
            console.say(f"This account is connected already, as the store {state.slug}. These answers update it.")
            state = replace(state, draft=state.draft.filled_from(state.present))
        state = _take(session, state)
    _store(session, finish(deps, state), verified=is_proved(state), asking=asking)


def renew_store(session: Session, options: ConnectOptions, terminal: Terminal) -> None:
    """Give a connected store new secrets, and its app's client id if that is another. Raises what is in the way."""
    deps, console = session.deps, session.console
    if options.changes_settings:
        console.usage(stores.RENEW_TAKES_NO_SETTINGS)
    slug = session.store()
    overridden = any(deps.secrets.overridden(slug, name) for name in GIVEN)
    deps.secrets = FileSecrets(deps.secrets, renewing=True)
    given = state_of(options)
    given = replace(given, draft=replace(given.draft, wanted_slug=slug))
    asking = console.interactive and options.secrets_from is None
    state = renewal(deps, offering_files(deps, given) if asking else given)
    if asking:
        terminal.say(f"New secrets for the store {slug}. Enter keeps what is there.")
        state = _converse(session, terminal, state, browser=False)
    else:
        require_place(deps, slug)
        if options.secrets_from is None and not overridden:
            console.usage(stores.NO_SECRETS_TO_RENEW)
        state = _take(session, replace(state, again=frozenset()))
    _store(session, finish(deps, state), verified=is_proved(state), renewing=True)


def _converse(session: Session, terminal: Terminal, state: State, *, browser: bool) -> State:
    """Ask for what is missing."""
    return Conversation(session.deps, terminal, lambda page: browser and open_page(page)).hold(state)


def _take(session: Session, state: State) -> State:
    """Take what is given, where nobody is asked. Raises `usage` for what is missing, or a proven failure."""
    console = session.console
    refuse_idle_keys(state.draft)
    state = replace(state, attended=False)
    answers = finish(session.deps, state)
    if state.draft.sendcloud_secret_key and answers.sendcloud is None:
        console.say(stores.SECRET_KEY_NOT_USED)
    require_place(session.deps, answers.slug)
    if not state.verify:
        if answers.sendcloud and not answers.sendcloud.integration_id:
            console.usage(stores.INTEGRATION_MISSING)
        return state

    def show(_service: Service, proof: Proof) -> None:
        show_proof(console, proof, answers.update_status_when)

    return prove_all(session.deps, state, show)


def _offer_schedule(session: Session, slug: str) -> None:
    """The last step of a person's set-up, where this machine can run amzlink and does not do so yet."""
    deps = replace(session.deps, environ={**session.deps.environ, **variables_of_files(session.deps, slug)})
    if not can_install(deps):
        return
    session.console.say()
    if session.console.confirm(QUESTION, default=True, option="--yes", explanation=ABOUT):
        session.run(["schedule", "install"], deps)
    else:
        session.console.say("`amzlink schedule install` sets it up later.")
    session.console.say()


def _store(session: Session, answers: Answers, *, verified: bool, renewing: bool = False, asking: bool = False) -> None:
    deps, console = session.deps, session.console
    before = deps.load_config().stores.get(answers.slug)
    try:
        connected = keep(deps, answers, verified=verified, renewing=renewing)
    except KeyboardInterrupt:  # the secrets are put back, unless the settings were written before
        if deps.load_config().stores.get(answers.slug) != before:
            session.interruption = usage.CONNECTED_ALREADY
        raise
    session.interruption = usage.CONNECTED_ALREADY
    session.is_about(answers.slug)
    if before and (gone := set(before.marketplace_ids) - set(connected.store.marketplace_ids)):
        names = sorted(BY_ID[marketplace_id].name for marketplace_id in gone if marketplace_id in BY_ID)
        console.say(f"The store no longer covers {', '.join(names)}, which it did before.")
    if fault := vault_fault(deps, answers.slug):
        console.warn(fault)

    def before_next() -> None:
        show_lines(console, deps, answers.slug)
        if asking:
            _offer_schedule(session, answers.slug)

    show_connected(console, connected, before_next)
