"""Proving a link to Sendcloud live, before anything of it is stored."""

from dataclasses import dataclass
from typing import Final

from amzlink.deps import Deps
from amzlink.jobs.connect_proof import PATIENCE, Finding, SendcloudLink, Standing, Trigger, about_store
from amzlink.jobs.diagnosis.sendcloud import amazon_active
from amzlink.problems import Problem, ProblemName
from amzlink.sendcloud.account import API, Integration, list_integrations, who_am_i
from amzlink.sendcloud.transport import Client

# What the merchant has told Sendcloud already about the moment at which a parcel counts as sent
# (docs/services/sendcloud.md, "Integrations").
_TRIGGERS: Final[dict[str | None, Trigger]] = {"eager": "announced", "delayed": "processed"}


@dataclass(frozen=True, slots=True)
class SendcloudProof:
    """What the live check has shown.

    `trigger` is the moment that the integration itself is set to. `warning` is Sendcloud's own link with Amazon, by
    which every order would arrive twice.
    """

    integration_id: int
    findings: tuple[Finding, ...]
    trigger: Trigger | None = None
    warning: Problem | None = None


def prove_sendcloud(deps: Deps, slug: str, link: SendcloudLink) -> SendcloudProof:
    """Ask Sendcloud, in two calls, whose the keys are and what their integration is. Nothing is stored.

    Raises:
        Problem: a proven failure by its name, or what kept Sendcloud from answering.
    """
    with (
        about_store(deps, slug),
        deps.sendcloud_client(
            slug, link.public_key, link.secret_key.reveal, integration_id=link.integration_id, max_wait=PATIENCE
        ) as client,
    ):
        own = who_am_i(client).integration_id
        accepted = Finding(f"Sendcloud's keys{' (by OAuth2)' if client.uses_oauth else ''}", Standing.PROVED)
        wanted = link.integration_id or own
        integrations = _integrations(client)
        if integrations is None:
            note = "Sendcloud does not show it to these keys"
            return SendcloudProof(wanted, (accepted, Finding("The integration", Standing.NOT_CHECKED, note)))
        found = next((each for each in integrations if each.id == wanted and each.type == API), None)
        if found is None:
            raise Problem(ProblemName.SENDCLOUD_INTEGRATION_MISSING, integration_id=wanted)
        proved = Finding(f"Integration {found.id} takes orders", Standing.PROVED)
        return SendcloudProof(
            found.id, (accepted, proved), _TRIGGERS.get(found.feedback_type), amazon_active(integrations)
        )


def _integrations(client: Client) -> list[Integration] | None:
    """None where the keys may do other things and not this."""
    try:
        return list_integrations(client)
    except Problem as problem:
        if problem.name == ProblemName.SENDCLOUD_FORBIDDEN:
            return None
        raise
