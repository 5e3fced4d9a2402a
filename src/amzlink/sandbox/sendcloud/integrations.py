"""The Integrations API, whose keys these are, and the list of parcel statuses."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from amzlink.sandbox.messages import Response, json_response
from amzlink.sandbox.sendcloud import errors
from amzlink.sandbox.sendcloud.account import FEEDBACK_TYPES, Integration
from amzlink.sandbox.sendcloud.ask import Ask
from amzlink.sandbox.sendcloud.errors import Flaw, SendcloudError
from amzlink.sandbox.sendcloud.fields import Flag, Group, Rows, Text
from amzlink.sandbox.sendcloud.panel import Panel
from amzlink.sandbox.sendcloud.statuses import STATUSES

_SORTS: Final[Mapping[str, Callable[[Integration], Any]]] = MappingProxyType(
    {
        "integration_type": lambda integration: integration.type,
        "created_at": lambda integration: integration.created,
        "updated_at": lambda integration: integration.updated,
    }
)
_CHANGES: Final = Group(
    {
        "shop_name": Text(least=1, most=250),
        "service_point_enabled": Flag(),
        "service_point_carriers": Rows(Text()),
        "webhook_active": Flag(),
        "webhook_url": Text(least=1, nullable=True),
        "feedback_type": Text(choices=FEEDBACK_TYPES),
    }
)


def get_metadata(panel: Panel, _ask: Ask) -> Response:
    """Whose keys these are, and which integration they belong to."""
    return json_response(200, {"data": {"user_id": panel.keys.user_id, "integration_id": panel.keys.integration_id}})


def list_integrations(panel: Panel, ask: Ask) -> Response:
    """All integrations of the account, whichever of them asks."""
    found = panel.integrations
    name = ask.query.get("sort", "")
    if name.removeprefix("-") in _SORTS:
        found.sort(key=_SORTS[name.removeprefix("-")], reverse=name.startswith("-"))
    return json_response(200, {"data": [integration.render() for integration in found]})


def get_integration(panel: Panel, ask: Ask) -> Response:
    """One integration."""
    return json_response(200, {"data": _find(panel, ask).render()})


def patch_integration(panel: Panel, ask: Ask) -> Response:
    """Changes what is given."""
    integration = _find(panel, ask)
    flaws: list[Flaw] = []
    changes = _CHANGES.read(ask.json(), "/data/attributes", flaws)
    if flaws:
        return errors.flawed(flaws)
    if changes.get("webhook_active") and not changes.get("webhook_url", integration.webhook_url):
        detail = "Webhook URL required when enable webhook is set to true"
        return errors.failure(400, "invalid", detail, title="Invalid")
    for name, value in changes.items():
        setattr(integration, name, tuple(value) if isinstance(value, list) else value)
    integration.updated = panel.now()
    return Response(204)


def list_statuses(_panel: Panel, _ask: Ask) -> Response:
    """All statuses that a parcel can have."""
    return json_response(200, {"data": [{"code": code, "message": text} for code, text in STATUSES.items()]})


def _find(panel: Panel, ask: Ask) -> Integration:
    integration = panel.integration(ask.number(errors.INTEGRATION_GONE))
    if integration is None:
        raise SendcloudError(errors.not_found(errors.INTEGRATION_GONE))
    return integration
