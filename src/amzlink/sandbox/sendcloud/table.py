"""The operations of Sendcloud's API that the sandbox serves.

An id is `sendcloud/` and the last part of Sendcloud's own operationId. A scope is what a token must hold.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

ROOT: Final = "/api/v3"
TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 (a path)
_PREFIX: Final = "sendcloud/"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; the path's last segment may be a variable."""

    id: str
    method: str
    path: str
    scope: str = ""

    @property
    def reads(self) -> bool:
        """Whether it counts against the rate of reading calls; all others count as writing ones."""
        return self.method == "GET"

    def match(self, path: str) -> str | None:
        """The path's variable, decoded, or an empty text if it has none; None if it is another path."""
        found = re.fullmatch(re.escape(self.path).replace(r"\{id\}", "([^/]+)") + "/?", path)
        return None if found is None else unquote("".join(found.groups()))


TOKEN_EXCHANGE: Final = Operation(f"{_PREFIX}OAuth2TokenExchange", "POST", TOKEN_PATH)
AUTH_METADATA: Final = Operation(f"{_PREFIX}user_auth_metadata", "GET", f"{ROOT}/user/auth/metadata")
LIST_INTEGRATIONS: Final = Operation(f"{_PREFIX}list_integrations", "GET", f"{ROOT}/integrations", "read:integration")
GET_INTEGRATION: Final = Operation(
    f"{_PREFIX}retrieve_integration", "GET", f"{ROOT}/integrations/{{id}}", "read:integration"
)
PATCH_INTEGRATION: Final = Operation(
    f"{_PREFIX}update_integration", "PATCH", f"{ROOT}/integrations/{{id}}", "write:integration"
)
CREATE_ORDERS: Final = Operation(f"{_PREFIX}create_orders", "POST", f"{ROOT}/orders", "write:order")
LIST_ORDERS: Final = Operation(f"{_PREFIX}list_orders", "GET", f"{ROOT}/orders", "read:order")
GET_ORDER: Final = Operation(f"{_PREFIX}retrieve_order", "GET", f"{ROOT}/orders/{{id}}", "read:order")
PATCH_ORDER: Final = Operation(f"{_PREFIX}partial_update_order", "PATCH", f"{ROOT}/orders/{{id}}", "write:order")
DELETE_ORDER: Final = Operation(f"{_PREFIX}delete_order", "DELETE", f"{ROOT}/orders/{{id}}", "write:order")
LIST_SHIPMENTS: Final = Operation(f"{_PREFIX}all_shipments", "GET", f"{ROOT}/shipments", "read:parcel")
GET_SHIPMENT: Final = Operation(f"{_PREFIX}shipment_by_id", "GET", f"{ROOT}/shipments/{{id}}", "read:parcel")
LIST_STATUSES: Final = Operation(f"{_PREFIX}all_parcel_statuses", "GET", f"{ROOT}/parcels/statuses")
NO_OPERATION: Final = f"{_PREFIX}unknown"

OPERATIONS: Final = (
    AUTH_METADATA,
    LIST_INTEGRATIONS,
    GET_INTEGRATION,
    PATCH_INTEGRATION,
    CREATE_ORDERS,
    LIST_ORDERS,
    GET_ORDER,
    PATCH_ORDER,
    DELETE_ORDER,
    LIST_SHIPMENTS,
    GET_SHIPMENT,
    LIST_STATUSES,
)
SCOPES: Final = frozenset(operation.scope for operation in OPERATIONS if operation.scope) | {"write:parcel"}


def find_operation(method: str, path: str) -> tuple[Operation, str] | None:
    """The operation that answers there, and its path's variable."""
    for operation in OPERATIONS:
        if operation.method == method and (variable := operation.match(path)) is not None:
            return operation, variable
    return None


def knows_path(path: str) -> bool:
    """Whether any method is served there."""
    return any(operation.match(path) is not None for operation in OPERATIONS)
