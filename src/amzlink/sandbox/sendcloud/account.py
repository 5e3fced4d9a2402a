"""The Sendcloud account that the sandbox knows: its keys, all from the seed, and its integrations."""

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

from amzlink.sandbox.messages import Json
from amzlink.sandbox.sendcloud.times import stamp

FEEDBACK_TYPES: Final = ("eager", "delayed", "none")
API: Final = "api"
SHOP_URL: Final = "https://kontor-am-markt.example/"


@dataclass(frozen=True, slots=True)
class Keys:
    """The key pair of one integration of the kind Sendcloud API, and who it belongs to."""

    public_key: str
    secret_key: str
    integration_id: int
    user_id: int


@dataclass(slots=True)
class Integration:
    """A shop that is connected to the account. `oauth` is the switch that closes the door to plain keys."""

    id: int
    type: str
    shop_name: str
    created: datetime
    updated: datetime
    feedback_type: str = "none"
    oauth: bool = False
    webhook_active: bool = False
    webhook_url: str | None = None
    service_point_enabled: bool = False
    service_point_carriers: tuple[str, ...] = ()

    def render(self) -> Json:
        """The row that the Integrations API shows."""
        return {
            "id": self.id,
            "shop_name": self.shop_name,
            "shop_url": SHOP_URL,
            "type": self.type,
            "feedback_type": self.feedback_type,
            "webhook_active": self.webhook_active,
            "webhook_url": self.webhook_url,
            "service_point_enabled": self.service_point_enabled,
            "service_point_carriers": list(self.service_point_carriers),
            "started_failing_at": None,
            "last_fetched_at": None,
            "created_at": stamp(self.created),
            "updated_at": stamp(self.updated),
        }


def make_keys(seed: int) -> Keys:
    """The keys of a seed."""
    rng = Random(f"{seed}/sendcloud/keys")
    return Keys(
        public_key=f"{rng.getrandbits(128):032x}",
        secret_key=f"{rng.getrandbits(128):032x}",
        integration_id=rng.randrange(200_000, 700_000),
        user_id=rng.randrange(100_000, 600_000),
    )
