"""Asking Sendcloud whose the keys are and which integrations there are. `core.diagnosis.judge_sendcloud` weighs it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from amzlink.core.diagnosis.checks import Result
from amzlink.core.diagnosis.judge import Reply
from amzlink.core.diagnosis.judge_sendcloud import SendcloudReplies, diagnose_sendcloud
from amzlink.jobs.diagnosis.probing import Call, Limits, replies_within
from amzlink.problems import ProblemName
from amzlink.sendcloud.account import list_integrations, who_am_i
from amzlink.sendcloud.transport import SendcloudClient


class Examined(msgspec.Struct, frozen=True):
    """Sendcloud's replies, and the results that they give."""

    replies: SendcloudReplies
    results: list[Result]


def examine_sendcloud(
    limits: Limits,
    client: SendcloudClient,
    exchanged: Callable[[], SendcloudClient],
    wanted: int | None,
    *,
    own_by_default: bool,
) -> Examined:
    """Ask Sendcloud whether the link works, and judge the answers. Nothing is changed and nothing is stored.

    `exchanged` makes a client with the two keys exchanged, for keys that are refused. `wanted` is the store's
    integration; where there is none, `own_by_default` takes the one that the keys belong to.
    """
    with client:
        keys = _reply(limits, lambda: _keys(client))
        if keys.problem:
            is_exchanged = keys.problem.name is ProblemName.SENDCLOUD_CREDENTIALS and _is_accepted(limits, exchanged)
            replies = SendcloudReplies(keys=keys, exchanged=is_exchanged)
            return Examined(replies, diagnose_sendcloud(replies))
        if wanted is None and own_by_default:
            wanted = int(keys.facts["integration_id"])
        listed = _reply(limits, lambda: {"integrations": list_integrations(client)})
    replies = SendcloudReplies(
        keys=keys, listed=listed, integrations=listed.facts.get("integrations", ()), wanted=wanted
    )
    return Examined(replies, diagnose_sendcloud(replies))


def _reply(limits: Limits, call: Call) -> Reply:
    return replies_within(limits, {"sendcloud": call})["sendcloud"]


def _keys(client: SendcloudClient) -> Mapping[str, Any]:
    """The keys are good, as they are or by way of OAuth2."""
    keys = who_am_i(client)
    way = "OAuth2" if client.uses_oauth else "keys"
    return {"signs_in_with": way, "user_id": keys.user_id, "integration_id": keys.integration_id}


def _is_accepted(limits: Limits, exchanged: Callable[[], SendcloudClient]) -> bool:
    with exchanged() as client:
        return _reply(limits, lambda: _keys(client)).problem is None
