"""Whose the keys are, and which shops are connected to the account.

Source: docs/services/sendcloud.md, "Whose the keys are" and "Integrations".
"""

from typing import Final

import msgspec

from amzlink.sendcloud.transport import SendcloudClient

AUTH_METADATA: Final = "sendcloud/user_auth_metadata"
LIST_INTEGRATIONS: Final = "sendcloud/list_integrations"


class Keys(msgspec.Struct, frozen=True):
    """The owner of a key pair, and the one integration that it belongs to."""

    user_id: int
    integration_id: int


class Integration(msgspec.Struct, frozen=True):
    """One shop that is connected to the account.

    `feedback_type` records when the merchant wants a parcel to count as sent: `eager` once its label is made, `delayed`
    once the carrier has scanned it, or `none`.
    """

    id: int
    type: str
    shop_name: str | None = None
    feedback_type: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    data: Keys


class _Integrations(msgspec.Struct, frozen=True):
    data: list[Integration]


def who_am_i(client: SendcloudClient) -> Keys:
    """Whose the keys are: the cheapest proof that they are good.

    Raises:
        Problem: `sendcloud-credentials`, or as `SendcloudClient.get`.
    """
    return client.decode(client.get(AUTH_METADATA, "/user/auth/metadata"), _Metadata).data


def list_integrations(client: SendcloudClient) -> list[Integration]:
    """All integrations of the account, whichever of them the keys belong to.

    Raises:
        Problem: as `SendcloudClient.pages`.
    """
    replies = client.pages(LIST_INTEGRATIONS, "/integrations", {})
    return [integration for reply in replies for integration in client.decode(reply, _Integrations).data]
