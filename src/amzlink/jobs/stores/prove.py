"""Proving a link before it is stored, by the probes and the judge of `verify`. Nothing is stored here."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from amzlink.account import Account
from amzlink.amazon.marketplaces import REGION_NAMES
from amzlink.core.diagnosis.checks import Check, Result
from amzlink.core.diagnosis.judge import Probe, used_up
from amzlink.core.diagnosis.proof import Finding, Proof, Standing, Subject, proof_of
from amzlink.core.store_choices import Trigger
from amzlink.deps import Deps
from amzlink.jobs.diagnosis.amazon import examine_amazon
from amzlink.jobs.diagnosis.probing import PATIENT
from amzlink.jobs.diagnosis.sendcloud import examine_sendcloud
from amzlink.jobs.stores.answers import Answers, SendcloudKeys
from amzlink.problems import Problem, ProblemName, store_option, stores

if TYPE_CHECKING:
    from amzlink.sendcloud.transport import SendcloudClient

_ADDRESSES_LATER: Final = (
    "When Amazon has granted the role, authorise the app again and run `amzlink connect --renew` with the new token."
)
_TOKEN: Final = Subject(text="Client id, client secret and refresh token", essential=True)
# What the merchant has told Sendcloud already about the moment at which a parcel counts as sent
# (docs/services/sendcloud.md, "Integrations").
_TRIGGERS: Final[Mapping[str | None, Trigger]] = {"eager": "announced", "delayed": "processed"}

# Of these the next run is said to go on; a link that is being made has none.
_NEXT_RUN_CONTINUES: Final = {
    ProblemName.THROTTLED, ProblemName.SERVICE_UNAVAILABLE, ProblemName.SENDCLOUD_THROTTLED,
}  # fmt: skip


def prove_amazon(deps: Deps, answers: Answers) -> Proof:
    """Ask Amazon whether the link works."""
    store = answers.as_store
    account = Account(
        answers.slug,
        store.country,
        answers.seller_id,
        answers.client_id,
        lambda: (answers.client_secret.reveal(), answers.refresh_token.reveal()),
        answers.amazon_sandbox,
    )
    examined = examine_amazon(deps, account, store, PATIENT)
    facts: dict[str, object] = {"page": answers.marketplaces[0].develop_apps_url, "country": store.country}
    results = _about_store(deps, answers.slug, examined.results, facts)
    if answers.amazon_sandbox:
        return _of_the_sandbox(results)
    proof = proof_of(results, _of_amazon(answers))
    orders, throttled = examined.replies.get(Probe.ORDERS), used_up(examined.replies)
    if proof.failure is None and orders is not None and orders.throttled and throttled:
        # Nothing is proved without this call.
        proof = msgspec.structs.replace(proof, failure=_about(deps, answers.slug, throttled, facts))
    selling = examined.replies.get(Probe.PARTICIPATIONS)
    known = selling.facts.get("selling_in") if selling else None
    return msgspec.structs.replace(proof, selling_in=None if known is None else tuple(known))


def prove_sendcloud(deps: Deps, slug: str, keys: SendcloudKeys) -> Proof:
    """Ask Sendcloud whose the keys are and what their integration is."""
    client = deps.sendcloud_client(
        slug, keys.public_key, keys.secret_key.reveal, integration_id=keys.integration_id, max_wait=PATIENT.waits
    )

    def exchanged() -> "SendcloudClient":
        return deps.sendcloud_client(slug, keys.secret_key.reveal(), lambda: keys.public_key, max_wait=PATIENT.waits)

    examined = examine_sendcloud(PATIENT, client, exchanged, keys.integration_id, own_by_default=True)
    own = examined.replies.own
    subjects = {
        Check.SENDCLOUD_ACCESS: Subject(
            text=f"Sendcloud's keys{' (by OAuth2)' if client.uses_oauth else ''}", essential=True
        ),
        Check.SENDCLOUD_INTEGRATION: Subject(text=f"Integration {own.id} takes orders" if own else "The integration"),
        Check.SENDCLOUD_DUPLICATE: Subject(text="Sendcloud's own link with Amazon", quiet=True),
    }
    return msgspec.structs.replace(
        proof_of(_about_store(deps, slug, examined.results, {}), subjects),
        integration_id=examined.replies.wanted,
        trigger=_TRIGGERS.get(own.feedback_type) if own else None,
        keys_are_exchanged=examined.replies.exchanged,
    )


def _of_amazon(answers: Answers) -> dict[Check, Subject]:
    """What the chosen settings need, and what is worth a warning."""
    countries = ", ".join(sorted(marketplace.name for marketplace in answers.marketplaces))
    subjects = {
        Check.LWA_TOKEN: _TOKEN,
        Check.REGION: Subject(text=f"Region {REGION_NAMES[answers.region]}"),
        Check.ORDERS_ACCESS: Subject(text="Reading orders", essential=True),
        Check.PII_ACCESS: Subject(
            text="Names and addresses", may_be_missing=_ADDRESSES_LATER if answers.without_addresses else ""
        ),
        Check.PARTICIPATION: Subject(text=f"Selling in {countries}", in_doubt=f"Listings in {countries}"),
        Check.ACCOUNT: Subject(text="Selling plan", quiet=True),
        Check.SELLER_ID: Subject(text="Seller ID"),
        Check.REPORTS_ACCESS: Subject(text="Reading reports", quiet=True),
    }
    if answers.import_weights:
        subjects[Check.LISTINGS_ACCESS] = Subject(text="Reading listings")
    return subjects


def _of_the_sandbox(results: Iterable[Result]) -> Proof:
    """Amazon's own sandbox shows samples and no account."""
    subjects = {Check.LWA_TOKEN: _TOKEN, Check.REGION: Subject(text="Everything else", essential=True)}
    proof = proof_of(list(results), subjects)
    if proof.failure:
        return proof
    token, everything_else = proof.findings
    answers = Finding("Amazon's sandbox answers", Standing.PROVED)
    return msgspec.structs.replace(proof, findings=(token, answers, everything_else))


def _about_store(deps: Deps, slug: str, results: Iterable[Result], facts: Mapping[str, object]) -> list[Result]:
    return [
        msgspec.structs.replace(result, problem=_about(deps, slug, result.problem, facts)) if result.problem else result
        for result in results
    ]


def _about(deps: Deps, slug: str, problem: Problem, facts: Mapping[str, object]) -> Problem:
    """The problem with what is known; and a store that is not stored yet cannot be renewed, only connected again."""
    told = problem.with_facts(**facts, store_option=store_option(slug))
    if told.name in _NEXT_RUN_CONTINUES:
        told = told.with_facts(advice=stores.NOT_PROVED, reason=stores.QUOTA_BEFORE_PROOF)
    if slug not in deps.load_config().stores:
        told.facts = {**told.facts, "store_option": "", "renew": ""}
    return told
