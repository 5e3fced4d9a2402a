"""All that is needed to link a store, complete."""

from dataclasses import dataclass

from amzlink.amazon.marketplaces import Marketplace, Region
from amzlink.config.settings import Store
from amzlink.core.store_choices import Destination, Trigger
from amzlink.secrets.store import Secret


@dataclass(frozen=True, slots=True)
class SendcloudKeys:
    """The keys of an integration at Sendcloud. The integration follows from them, unless another one is named."""

    public_key: str
    secret_key: Secret
    integration_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers. The marketplaces are of one region, and the first is the store's country.

    `sendcloud` is there where orders go on to Sendcloud. Where `purge_destination` is None it stays as it is.
    `without_addresses`: the app need not have the role for names and addresses yet.
    """

    slug: str
    name: str
    marketplaces: tuple[Marketplace, ...]
    seller_id: str
    client_id: str
    client_secret: Secret
    refresh_token: Secret
    import_weights: bool = True
    update_status_when: Trigger = "processed"
    amazon_sandbox: bool = False
    without_addresses: bool = False
    sendcloud: SendcloudKeys | None = None
    purge_destination: bool | None = None

    @property
    def destination(self) -> Destination:
        """Where the orders go on."""
        return "sendcloud" if self.sendcloud else "none"

    @property
    def region(self) -> Region:
        """The region of its marketplaces."""
        return self.marketplaces[0].region

    @property
    def marketplace_ids(self) -> tuple[str, ...]:
        """The ids of its marketplaces."""
        return tuple(marketplace.id for marketplace in self.marketplaces)

    @property
    def as_store(self) -> Store:
        """The store that these answers describe, with defaults for what connect does not ask."""
        return Store(
            name=self.name,
            country=self.marketplaces[0].country,
            seller_id=self.seller_id,
            client_id=self.client_id,
            marketplace_ids=self.marketplace_ids,
            import_weights=self.import_weights,
            amazon_sandbox=self.amazon_sandbox,
        )
