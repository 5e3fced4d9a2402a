"""Tokens API 2021-03-01: restricted data tokens, which open the documents of reports with personal data.

Source: docs/services/amazon.md, "Restricted data tokens".
"""

from typing import Final

import msgspec

from amzlink.amazon.errors import SpApiError
from amzlink.amazon.quota import Operation
from amzlink.amazon.transport import SpApiClient
from amzlink.http.bodies import UndecodableError, read_json
from amzlink.http.retry import WhenThrottled
from amzlink.http.token_answer import HeaderText
from amzlink.problems import ProblemName, services
from amzlink.problems.failures import CallFailed, Denied, Refused

CREATE_RESTRICTED_DATA_TOKEN: Final = Operation("createRestrictedDataToken", 1.0, 10, "Direct-to-Consumer Shipping")
_PATH: Final = "/tokens/2021-03-01/restrictedDataToken"
_NO_ACCESS: Final = "access to"
_NO_DATA_ELEMENT: Final = "requested data elements"


class _Resource(msgspec.Struct, frozen=True):
    path: str
    method: str = "GET"


class _AddressResource(msgspec.Struct, frozen=True, rename="camel"):
    """Only the retired reads of Orders v0 name the kinds of personal data that are wanted."""

    path: str = "/orders/v0/orders"
    method: str = "GET"
    data_elements: tuple[str, ...] = ("shippingAddress",)


class _Request(msgspec.Struct, frozen=True, rename="camel"):
    restricted_resources: tuple[_Resource | _AddressResource, ...]


class _Token(msgspec.Struct, frozen=True, rename="camel"):
    restricted_data_token: HeaderText


def token_for(link: SpApiClient, path: str) -> str:
    """A token that opens this one path for an hour; it stands in place of the access token. It is kept nowhere.

    Raises:
        Problem: `role-missing-reports`, or as `SpApiClient.post_json`.
    """
    answer = link.post_json(
        CREATE_RESTRICTED_DATA_TOKEN,
        _PATH,
        _Request((_Resource(path),)),
        explain=_explain,
        when_throttled=WhenThrottled.TRY_AGAIN,
    )
    try:
        return read_json(answer.body, _Token).restricted_data_token
    except UndecodableError:  # whose text may quote the token
        raise link.malformed(CREATE_RESTRICTED_DATA_TOKEN, answer.request_id, services.UNEXPECTED_FORM) from None


def prove_address_role(link: SpApiClient) -> None:
    """Ask for a token that would open addresses of orders, and throw it away: without the restricted role none comes.

    The calls that such a token is for are retired and leave on 2027-03-27. So only a refusal that names the data counts
    as a missing role; what any other means, nobody knows.

    Raises:
        Problem: `role-missing-reports`, or as `SpApiClient.post_json`.
    """
    link.post_json(
        CREATE_RESTRICTED_DATA_TOKEN,
        _PATH,
        _Request((_AddressResource(),)),
        explain=_explain_data_element,
        when_throttled=WhenThrottled.TRY_AGAIN,
    )


def _explain_data_element(refusal: Denied | Refused, error: SpApiError) -> CallFailed | None:
    return refusal.named(ProblemName.ROLE_MISSING_REPORTS) if _NO_DATA_ELEMENT in error.message.lower() else None


def _explain(refusal: Denied | Refused, error: SpApiError) -> CallFailed | None:
    """The Tokens API has words of its own for a missing role.

    Source: docs/services/amazon.md, "Restricted data tokens".
    """
    return refusal.named(ProblemName.ROLE_MISSING_REPORTS) if _NO_ACCESS in error.message.lower() else None
