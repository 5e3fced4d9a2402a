"""The checks of the link to Sendcloud: good keys, an integration that takes orders, and no second link with Amazon."""

from collections.abc import Sequence
from typing import Final

from amzlink.core.diagnosis.checks import Check, Result, found, passed
from amzlink.problems import Problem, ProblemName
from amzlink.sendcloud.account import AMAZON, API, Integration, list_integrations, who_am_i
from amzlink.sendcloud.transport import Client

CHECKS: Final = (Check.SENDCLOUD_ACCESS, Check.SENDCLOUD_INTEGRATION, Check.SENDCLOUD_DUPLICATE)


def check_access(client: Client) -> Result:
    """The keys open Sendcloud, as they are or by way of OAuth2."""
    keys = who_am_i(client)
    way = "OAuth2" if client.uses_oauth else "keys"
    evidence = {"signs_in_with": way, "user_id": keys.user_id, "integration_id": keys.integration_id}
    return passed(Check.SENDCLOUD_ACCESS, "Sendcloud accepts the keys.", **evidence)


def check_integrations(client: Client, integration_id: int | None) -> list[Result]:
    """The store's integration is there and takes orders, and Sendcloud has no link of its own with Amazon."""
    return judge_integrations(list_integrations(client), integration_id)


def judge_integrations(integrations: Sequence[Integration], integration_id: int | None) -> list[Result]:
    """The same, of a list that has been fetched."""
    own = next((each for each in integrations if each.id == integration_id), None)
    evidence = {"integration_id": integration_id, "type": own.type if own else None, "integrations": len(integrations)}
    if own is None or own.type != API:
        problem = Problem(ProblemName.SENDCLOUD_INTEGRATION_MISSING, integration_id=integration_id or "(none is set)")
        integration = found(Check.SENDCLOUD_INTEGRATION, problem, **evidence)
    else:
        evidence["feedback_type"] = own.feedback_type
        integration = passed(Check.SENDCLOUD_INTEGRATION, "The integration takes orders.", **evidence)
    if problem_of_duplicate := amazon_active(integrations):
        return [integration, found(Check.SENDCLOUD_DUPLICATE, problem_of_duplicate)]
    return [integration, passed(Check.SENDCLOUD_DUPLICATE, "Sendcloud itself fetches no orders from Amazon.")]


def amazon_active(integrations: Sequence[Integration]) -> Problem | None:
    """`sendcloud-amazon-active`, where Sendcloud has a link of its own with Amazon, in whichever of its versions."""
    if ids := [str(each.id) for each in integrations if each.type.startswith(AMAZON)]:
        word = "integration" if len(ids) == 1 else "integrations"
        return Problem(ProblemName.SENDCLOUD_AMAZON_ACTIVE, detail=f"{word} {', '.join(ids)}")
    return None
