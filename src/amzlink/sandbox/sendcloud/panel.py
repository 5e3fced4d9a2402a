"""Sendcloud's side of the world: one account with its integrations, orders, shipments, tokens and limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

from amzlink.sandbox.clock import Clock
from amzlink.sandbox.faults import Switchboard
from amzlink.sandbox.quota import QuotaMode
from amzlink.sandbox.sendcloud.account import API, Integration, Keys
from amzlink.sandbox.sendcloud.faults import AMAZON_ACTIVE, INTEGRATION_MISSING, OAUTH_ONLY
from amzlink.sandbox.sendcloud.limits import Limits
from amzlink.sandbox.sendcloud.order_store import OrderStore
from amzlink.sandbox.sendcloud.shipment_store import ShipmentStore

TOKEN_LIFE: Final = timedelta(hours=1)
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_OLD: Final = timedelta(days=200)


@dataclass(frozen=True, slots=True)
class Token:
    """What an access token opens until when; without scopes, all that the integration may do."""

    integration_id: int
    expires: datetime
    scopes: frozenset[str]


class Panel:
    """Everything of Sendcloud's that the operations read and change, under the world's lock."""

    def __init__(self, seed: int, keys: Keys, clock: Clock, quota: QuotaMode, faults: Switchboard) -> None:
        self.keys = keys
        self.faults = faults
        self.rng = Random(f"{seed}/sendcloud")
        self.limits = Limits(quota)
        self.tokens: dict[str, Token] = {}
        self.refusals: dict[str, str] = {}  # order_id to the path of the field that is refused in it
        self._clock = clock
        created = clock.now() - _OLD
        self._integrations = {
            keys.integration_id: Integration(keys.integration_id, API, "Kontor am Markt", created, created)
        }
        self._next_integration = keys.integration_id + self.rng.randrange(11, 99)
        self.neighbour = self.add_integration("magento", "Kontor am Markt, own shop", created)
        self._amazons_own = self._make_integration("amazon", "Kontor am Markt at Amazon", created)
        self.orders = OrderStore(self.rng.randrange(10**7, 10**8))
        self.shipments = ShipmentStore(self.rng, first_parcel=self.rng.randrange(10**8, 4 * 10**8))

    @property
    def integrations(self) -> list[Integration]:
        """The account's integrations, as far as the faults that are on show them."""
        found = list(self._integrations.values())
        if self.faults.has(INTEGRATION_MISSING):
            found = [integration for integration in found if integration.id != self.keys.integration_id]
        return [*found, self._amazons_own] if self.faults.has(AMAZON_ACTIVE) else found

    def now(self) -> datetime:
        """Sendcloud's time."""
        return self._clock.now()

    def integration(self, key: int) -> Integration | None:
        """The account's integration of that id."""
        return next((integration for integration in self.integrations if integration.id == key), None)

    def add_integration(self, kind: str, shop_name: str, created: datetime | None = None) -> Integration:
        """Connects another shop."""
        integration = self._make_integration(kind, shop_name, created or self.now())
        self._integrations[integration.id] = integration
        return integration

    def remove_integration(self, key: int) -> None:
        """Disconnects a shop; its keys, and the tokens given for them, open nothing any more."""
        self._integrations.pop(key, None)
        self.tokens = {name: token for name, token in self.tokens.items() if token.integration_id != key}

    def knows_keys(self, public_key: str, secret_key: str) -> bool:
        """Whether these are the keys of an integration that is there."""
        own = (self.keys.public_key, self.keys.secret_key)
        return (public_key, secret_key) == own and self.keys.integration_id in self._integrations

    @property
    def wants_oauth(self) -> bool:
        """Whether the integration of the keys refuses them when they come as they are."""
        return self.faults.has(OAUTH_ONLY) or self._integrations[self.keys.integration_id].oauth

    def issue_token(self, scopes: frozenset[str]) -> str:
        """A token that opens the API for an hour."""
        name = "ory_at_" + ".".join("".join(self.rng.choices(_ALPHABET, k=43)) for _ in range(2))
        self.tokens[name] = Token(self.keys.integration_id, self.now() + TOKEN_LIFE, scopes)
        return name

    def _make_integration(self, kind: str, shop_name: str, created: datetime) -> Integration:
        key = self._next_integration
        self._next_integration += self.rng.randrange(11, 99)
        return Integration(key, kind, shop_name, created, created)
