"""connect: which store it is, what is known of it, and the proof of its link. `stores.save` stores it afterwards.

The command line asks for the answers, or takes them from options.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from amzlink.amazon.marketplaces import BY_ID, MARKETPLACES, REGION_NAMES, find_country
from amzlink.config.settings import Config, Store
from amzlink.core.diagnosis.proof import Proof
from amzlink.core.stores import countries
from amzlink.core.stores.draft import Draft, Key, Service, State
from amzlink.core.stores.next_step import Prove, missing, next_step, with_defaults
from amzlink.core.stores.next_step import proved as with_proof
from amzlink.core.stores.slug import is_slug, slug_of
from amzlink.deps import Deps
from amzlink.jobs.stores.answers import Answers, SendcloudKeys
from amzlink.jobs.stores.prove import prove_amazon, prove_sendcloud
from amzlink.jobs.stores.save import choose_slug, find_store, pick_secret, require_place, usage_problem
from amzlink.jobs.stores.secret_files import has_files, keep_in_files, usual_folder
from amzlink.problems import Problem, ProblemName, secrets, stores
from amzlink.secrets.names import NAMES, SecretName, stores_given

ATLAS: Final = countries.Atlas(MARKETPLACES, {str(region): name for region, name in REGION_NAMES.items()}, find_country)
_SECRETS: Final[Mapping[Key, SecretName]] = {
    Key.CLIENT_SECRET: "client-secret",
    Key.REFRESH_TOKEN: "refresh-token",
    Key.SENDCLOUD_SECRET_KEY: "sendcloud-secret-key",
}
_NO_KEYRING: Final = (ProblemName.KEYRING_UNAVAILABLE, ProblemName.KEYRING_LOCKED)
_ASKED_BY_THE_WAY: Final = {
    Key.WRITE_FILES, Key.SECRETS_FOLDER, Key.TOKEN_IS_WHOLE, Key.SENDCLOUD_INTEGRATION_ID,
}  # fmt: skip
"""What a renewal may have to ask beside the secrets."""


def look_up(deps: Deps, state: State) -> State:
    """The state with what this machine knows: which store it is, whether it is connected, which secrets are there.

    Raises:
        Problem: `usage`, where the short name cannot be this account's; or what keeps the secrets from being read.
    """
    config, draft = deps.load_config(), state.draft
    connected = _find_connected(deps, config, draft)
    slug = _slug_of(deps, draft) or connected or draft.wanted_slug
    present = _draft_of(config.stores[connected]) if connected else None
    state, moved = _with_place(deps, state, slug, connected=connected is not None)
    if (slug, present) == (state.slug, state.present) and not moved:
        return state
    overridden = {key for key, name in _SECRETS.items() if slug and deps.secrets.overridden(slug, name)}
    kept = {
        key for key, name in _SECRETS.items() if connected and key not in overridden and _is_kept(deps, connected, name)
    }
    return replace(state, slug=slug, present=present, elsewhere=frozenset(overridden), kept=frozenset(kept))


def _with_place(deps: Deps, state: State, slug: str | None, *, connected: bool) -> tuple[State, bool]:
    """The state with the place for secrets, and whether that is another one now.

    Without a keyring that is a folder: the one that was given, or the usual one where it has this store's files.

    Raises:
        Problem: what keeps the keyring from being used, where nobody is asked or a person wants no files; or `usage`.
    """
    draft = state.draft
    if draft.write_files is False and state.keyring_fault:
        raise state.keyring_fault
    if state.keyring_fault and connected and slug and not draft.secrets_folder:
        noted = deps.load_config().stores[slug].secrets_folder
        usual = Path(noted) if noted else usual_folder(deps.home)
        if has_files(usual, slug):
            draft = replace(draft, secrets_folder=str(usual))
    if not draft.secrets_folder or draft.secrets_folder == state.folder_in_use:
        return state, False
    if connected and slug and state.keyring_fault is None and _opens_with_keyring(deps, slug):
        raise usage_problem(secrets.vault_key_is_in_keyring(slug=slug))
    folder = str(keep_in_files(deps, draft.secrets_folder))
    return replace(state, draft=replace(draft, secrets_folder=folder), folder_in_use=folder), True


def _is_kept(deps: Deps, slug: str, name: SecretName) -> bool:
    """Whether the connected store has this secret; a keyring that does not work stops only those who need it."""
    try:
        return deps.secrets.get(slug, name) is not None
    except Problem as problem:
        if problem.name in (*_NO_KEYRING, ProblemName.SECRET_MISSING):
            return False
        raise


def _opens_with_keyring(deps: Deps, slug: str) -> bool:
    """Whether the key to the store's personal data is in a keyring that works."""
    return not deps.secrets.overridden(slug, "vault-key") and _is_kept(deps, slug, "vault-key")


def offering_files(deps: Deps, state: State) -> State:
    """The state with what keeps the keyring from being used, so that a person is offered files in its place.

    Raises:
        Problem: what is wrong with a file or a variable that gives a secret.
    """
    if state.draft.secrets_folder:
        return state
    slug = state.draft.wanted_slug or _find_connected(deps, deps.load_config(), state.draft)
    try:
        require_place(deps, slug, state.draft.name, wanted=NAMES)
    except Problem as problem:
        if problem.name not in _NO_KEYRING:
            raise
        return replace(
            state,
            keyring_fault=problem,
            usual_folder=str(usual_folder(deps.home)),
            some_are_given=slug is None and bool(stores_given(deps.environ)),
        )
    return state


def named_by_environment(deps: Deps, state: State) -> State:
    """The state with the short name under which this machine's environment gives secrets, where only one can be meant.

    Somebody who has set them was told to, and should not be asked for them because no name was given once more.
    """
    draft = state.draft
    if draft.wanted_slug is not None:
        return state
    given = stores_given(deps.environ) - set(deps.load_config().stores)
    fitting = [slug for slug in given if is_slug(slug) and (draft.name is None or slug == slug_of(draft.name))]
    return replace(state, draft=replace(draft, wanted_slug=fitting[0])) if len(fitting) == 1 else state


def prove(deps: Deps, state: State, service: Service) -> State:
    """The state with the proof that the service gives of its answers.

    Raises:
        Problem: `usage`, where an answer is missing.
    """
    return with_proof(state, service, _proof(deps, state, service))


def _proof(deps: Deps, state: State, service: Service) -> Proof:
    deps.observer.step(f"asking {service.value}")
    if service is Service.AMAZON:
        return prove_amazon(deps, finish(deps, state))
    keys = _sendcloud_keys(deps, state.draft, state.slug)
    if keys is None or state.slug is None:  # the secret key that Enter kept is no longer there
        return Proof(findings=(), failure=Problem(ProblemName.SENDCLOUD_KEYS_MISSING))
    return prove_sendcloud(deps, state.slug, keys)


def prove_all(deps: Deps, state: State, on_proof: Callable[[Service, Proof], None]) -> State:
    """Have every service prove its answers, where nobody can be asked for others.

    Raises:
        Problem: the first failure, or `usage`, where an answer is missing.
    """
    while isinstance(step := next_step(state), Prove):
        proof = _proof(deps, state, step.service)
        if proof.failure:
            raise proof.failure
        state = with_proof(state, step.service, proof)
        on_proof(step.service, proof)
    return state


def renewal(deps: Deps, state: State) -> State:
    """The state in which only a connected store's client id and secrets are asked for; all else stays as it is."""
    state = look_up(deps, state)
    present = state.present or Draft()
    keys = {Key.CLIENT_ID, Key.CLIENT_SECRET, Key.REFRESH_TOKEN}
    if present.destination == "sendcloud":
        keys |= {Key.SENDCLOUD_PUBLIC_KEY, Key.SENDCLOUD_SECRET_KEY}
    return replace(
        state,
        draft=state.draft.filled_from(present),
        again=frozenset(keys - state.elsewhere),
        settled=frozenset(Key) - keys - _ASKED_BY_THE_WAY,
    )


def finish(deps: Deps, state: State) -> Answers:
    """The answers, complete; what has a default gets it.

    Raises:
        Problem: `usage`, naming every option that is missing, or as `choose_slug` and `pick_secret`.
    """
    draft = with_defaults(state)
    slug = _slug_of(deps, draft)
    client_secret = pick_secret(deps, slug, "client-secret", draft.client_secret)
    refresh_token = pick_secret(deps, slug, "refresh-token", draft.refresh_token)
    sendcloud = _sendcloud_keys(deps, draft, slug) if draft.destination == "sendcloud" else None
    no_keys = draft.destination == "sendcloud" and sendcloud is None
    if slug is None or client_secret is None or refresh_token is None or draft.client_id is None or no_keys:
        options = ", ".join(question.option for question in missing(state))
        raise usage_problem(stores.answers_missing(options=options))
    return Answers(
        slug=slug,
        name=draft.name or slug,
        marketplaces=tuple(BY_ID[marketplace.id] for marketplace in draft.all_marketplaces),
        seller_id=draft.seller_id or "",
        client_id=draft.client_id,
        client_secret=client_secret,
        refresh_token=refresh_token,
        import_weights=draft.import_weights is not False,
        update_status_when=draft.update_status_when or "processed",
        amazon_sandbox=draft.amazon_sandbox,
        without_addresses=draft.without_addresses,
        sendcloud=sendcloud,
        purge_destination=draft.purge_destination,
    )


def refuse_idle_keys(draft: Draft) -> None:
    """Raises `usage`, where something of Sendcloud's is given and the orders do not go there.

    Where it is known that they go nowhere, a file of secrets may have one more than this store needs.
    """
    more_than_needed = draft.destination == "none" and draft.client_secret and draft.refresh_token
    secret = None if more_than_needed else draft.sendcloud_secret_key
    given = (draft.sendcloud_public_key, draft.sendcloud_integration_id, secret)
    if draft.destination != "sendcloud" and any(given):
        raise usage_problem(stores.KEYS_WITHOUT_DESTINATION)


def is_proved(state: State) -> bool:
    """Whether each service that the store uses has proved its answers."""
    services = [Service.AMAZON, *([Service.SENDCLOUD] if state.draft.destination == "sendcloud" else [])]
    outcomes = [state.outcomes.get(service) for service in services]
    return all(isinstance(outcome, Proof) and outcome.failure is None for outcome in outcomes)


def _find_connected(deps: Deps, config: Config, draft: Draft) -> str | None:
    """The store that is meant, if it is connected already: the one that is named, or that of the same account."""
    if draft.wanted_slug in config.stores:
        return draft.wanted_slug
    if not draft.seller_id or not draft.marketplaces:
        return None
    region = BY_ID[draft.marketplaces[0].id].region
    return find_store(
        config, draft.seller_id, region, test=deps.endpoints_overridden, amazon_sandbox=draft.amazon_sandbox
    )


def _slug_of(deps: Deps, draft: Draft) -> str | None:
    """The short name that the store has or will get; None as long as too little is known. Raises as `choose_slug`."""
    wanted = draft.wanted_slug
    if wanted is not None and not is_slug(wanted):
        raise usage_problem(stores.slug_malformed(slug=wanted))
    if draft.seller_id is None or not draft.marketplaces or (draft.name is None and wanted is None):
        return None
    return choose_slug(
        deps,
        wanted,
        name=draft.name or "",
        seller_id=draft.seller_id,
        marketplace=BY_ID[draft.marketplaces[0].id],
        amazon_sandbox=draft.amazon_sandbox,
    )


def _draft_of(store: Store) -> Draft:
    """A connected store's answers, its own country first; ids that somebody made up are passed over."""
    known = [BY_ID[marketplace_id] for marketplace_id in store.marketplace_ids if marketplace_id in BY_ID]
    known.sort(key=lambda marketplace: marketplace.country != store.country)
    return Draft(
        marketplaces=tuple(known),
        seller_id=store.seller_id,
        client_id=store.client_id,
        name=store.name,
        import_weights=store.import_weights,
        update_status_when=store.update_status_when,
        amazon_sandbox=store.amazon_sandbox,
        destination=store.destination,
        sendcloud_public_key=store.sendcloud_public_key,
        sendcloud_integration_id=store.sendcloud_integration_id,
        purge_destination=store.purge_destination,
    )


def _sendcloud_keys(deps: Deps, draft: Draft, slug: str | None) -> SendcloudKeys | None:
    """Sendcloud's keys, if both are there. Raises as `pick_secret`."""
    secret = pick_secret(deps, slug, "sendcloud-secret-key", draft.sendcloud_secret_key)
    if not draft.sendcloud_public_key or secret is None:
        return None
    return SendcloudKeys(draft.sendcloud_public_key, secret, draft.sendcloud_integration_id)
