"""connect, once its options are read: answers, proof, storing, result."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from amzlink.amazon.marketplaces import BY_ID
from amzlink.cli.dialogue.draft import (
    Draft,
    fill_from,
    find_connected,
    finish,
    missing_options,
    parse_countries,
    parse_integration_id,
    read_secrets,
    refuse_idle_keys,
)
from amzlink.cli.dialogue.sendcloud import show_sendcloud_proof
from amzlink.cli.dialogue.talk import show_findings
from amzlink.cli.dialogue.wizard import Wizard
from amzlink.cli.shell.console import Console
from amzlink.cli.shell.session import Session
from amzlink.cli.shell.values import parse_choice
from amzlink.cli.views.stores import show_connected
from amzlink.deps import Deps
from amzlink.jobs.connect import GIVEN, keep, require_place, vault_fault
from amzlink.jobs.connect_proof import Answers, prove
from amzlink.jobs.connect_sendcloud import prove_sendcloud


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectOptions:
    """What the command line gave; None was not given."""

    store: str | None
    name: str | None
    countries: tuple[str, ...]
    seller_id: str | None
    client_id: str | None
    import_weights: bool | None
    update_status_when: str | None
    destination: str | None
    sendcloud_public_key: str | None
    sendcloud_integration_id: str | None
    secrets_from: str | None
    verify: bool
    amazon_sandbox: bool
    browser: bool
    assume_yes: bool

    @property
    def changes_settings(self) -> bool:
        """Whether anything was given that --renew leaves alone."""
        settings = (self.name, self.seller_id, self.import_weights, self.update_status_when, self.destination)
        return bool(self.countries or self.amazon_sandbox) or any(setting is not None for setting in settings)


def connect_store(session: Session, options: ConnectOptions) -> None:
    """Link a store that is new, or update the one that is this account's. Raises what is in the way."""
    deps, console = session.deps, session.console
    draft = _read_options(options)
    if console.interactive and missing_options(deps, draft):
        require_place(deps, find_connected(deps, draft) or draft.wanted_slug)
        wizard = _wizard(session, draft, options)
        with _goodbye(console):
            answers, verified = _settle(wizard, wizard.connect(), verify=options.verify)
    else:
        if slug := find_connected(deps, draft):
            console.say(f"This account is connected already, as the store {slug}. It is updated.")
            fill_from(deps.load_config().stores[slug], draft)
        refuse_idle_keys(draft)
        answers = finish(deps, draft)
        require_place(deps, answers.slug)
        answers, verified = _prove(deps, console, answers, verify=options.verify)
    _store(deps, console, answers, verified=verified)


def renew_store(session: Session, options: ConnectOptions) -> None:
    """Give a connected store new secrets, and its app's client id if that is another. Raises what is in the way."""
    deps, console = session.deps, session.console
    if options.changes_settings:
        console.usage("--renew replaces secrets and nothing else; settings change by `amzlink stores set`.")
    slug = session.store()
    before = deps.load_config().stores[slug]
    require_place(deps, slug)
    draft = _read_options(options)
    draft.wanted_slug = slug
    fill_from(before, draft)
    if console.interactive and options.secrets_from is None:
        wizard = _wizard(session, draft, options)
        with _goodbye(console):
            answers, verified = _settle(wizard, wizard.renew(before), verify=options.verify, more_countries=False)
    else:
        overridden = any(deps.secrets.overridden(slug, name) for name in GIVEN)
        if options.secrets_from is None and not overridden:
            console.usage("--secrets-from is missing, and there is no terminal to ask at.")
        refuse_idle_keys(draft)
        answers = finish(deps, draft)
        answers, verified = _prove(deps, console, answers, verify=options.verify)
    _store(deps, console, answers, verified=verified)


def _read_options(options: ConnectOptions) -> Draft:
    """The draft that the options give. Raises `usage`, or what is wrong with a value."""
    draft = Draft(
        wanted_slug=options.store,
        marketplaces=parse_countries(options.countries),
        name=options.name,
        import_weights=options.import_weights,
        amazon_sandbox=options.amazon_sandbox,
    )
    if options.update_status_when is not None:
        trigger = parse_choice("--update-status-when", options.update_status_when, "announced", "processed")
        draft.update_status_when = "announced" if trigger == "announced" else "processed"
    if options.seller_id is not None:
        draft.seller_id = draft.check("Seller ID", options.seller_id)
    if options.client_id is not None:
        draft.client_id = draft.check("client id", options.client_id)
    if options.destination is not None:
        destination = parse_choice("--destination", options.destination, "none", "sendcloud")
        draft.destination = "sendcloud" if destination == "sendcloud" else "none"
    if options.sendcloud_public_key is not None:
        draft.sendcloud_public_key = draft.check("Sendcloud public key", options.sendcloud_public_key)
    if options.sendcloud_integration_id is not None:
        draft.sendcloud_integration_id = parse_integration_id(options.sendcloud_integration_id)
    if options.secrets_from is not None:
        read_secrets(options.secrets_from, draft)
    return draft


def _wizard(session: Session, draft: Draft, options: ConnectOptions) -> Wizard:
    return Wizard(
        session.console,
        session.deps,
        draft,
        browser=options.browser,
        assume_yes=options.assume_yes,
        verify=options.verify,
    )


@contextlib.contextmanager
def _goodbye(console: Console) -> Iterator[None]:
    """Somebody who leaves in the middle should know that nothing has changed."""
    try:
        yield
    except KeyboardInterrupt:
        console.say()
        console.say("Nothing was stored.")
        raise


def _settle(wizard: Wizard, answers: Answers, *, verify: bool, more_countries: bool = True) -> tuple[Answers, bool]:
    """Prove the answers, changing them until they work or the person goes on without; tells whether they are proved."""
    if not verify:
        return answers, False
    answers, proof = wizard.prove(answers)
    if proof is None:
        return answers, False
    return (wizard.offer_more_countries(answers, proof) if more_countries else answers), True


def _prove(deps: Deps, console: Console, answers: Answers, *, verify: bool) -> tuple[Answers, bool]:
    """The answers with what the proof adds to them, and whether they are proved. Raises a proven failure."""
    if not verify:
        if answers.sendcloud and not answers.sendcloud.integration_id:
            console.usage("--sendcloud-integration-id is missing: with --no-verify nobody asks Sendcloud for it.")
        return answers, False
    console.progress("asking Amazon")
    show_findings(console, prove(deps, answers).findings)
    if answers.sendcloud:
        console.progress("asking Sendcloud")
        proof = prove_sendcloud(deps, answers.slug, answers.sendcloud)
        show_sendcloud_proof(console, proof, answers.update_status_when)
        answers = replace(answers, sendcloud=replace(answers.sendcloud, integration_id=proof.integration_id))
    return answers, True


def _store(deps: Deps, console: Console, answers: Answers, *, verified: bool) -> None:
    before = deps.load_config().stores.get(answers.slug)
    connected = keep(deps, answers, verified=verified)
    if before and (gone := set(before.marketplace_ids) - set(connected.store.marketplace_ids)):
        names = sorted(BY_ID[marketplace_id].name for marketplace_id in gone if marketplace_id in BY_ID)
        console.say(f"The store no longer covers {', '.join(names)}, which it did before.")
    if fault := vault_fault(deps, answers.slug):
        console.warn(fault)
    show_connected(console, connected)
