"""A seller's account at Amazon: what a call for it needs, and how two accounts are told apart."""

from collections.abc import Callable
from dataclasses import dataclass

from amzlink.amazon.marketplaces import BY_COUNTRY, Marketplace, Region
from amzlink.config.settings import Store
from amzlink.problems import Problem, ProblemName, stores


@dataclass(frozen=True, slots=True)
class Account:
    """What it takes to speak to Amazon for a seller. `credentials` gives client secret and refresh token when asked."""

    slug: str
    country: str
    seller_id: str
    client_id: str
    credentials: Callable[[], tuple[str, str]]
    amazon_sandbox: bool = False

    @property
    def marketplace(self) -> Marketplace:
        """The marketplace of the store's country."""
        try:
            return BY_COUNTRY[self.country]
        except KeyError:
            raise Problem(
                ProblemName.CONFIG_INVALID,
                file="config.toml",
                detail=stores.country_unknown(slug=self.slug, country=self.country),
            ) from None

    @property
    def region(self) -> Region:
        """The region of the store's country."""
        return self.marketplace.region


def account_key(seller_id: str, region: Region | None, *, test: bool, amazon_sandbox: bool) -> str:
    """What tells one account from another, for machines that share an order book."""
    kinds = [kind for kind, is_one in (("test", test), ("sandbox", amazon_sandbox)) if is_one]
    return " ".join([seller_id, str(region), *kinds])


def account_key_of(store: Store) -> str:
    """The same for a store that is connected."""
    marketplace = BY_COUNTRY.get(store.country)
    region = marketplace.region if marketplace else None
    return account_key(store.seller_id, region, test=store.test, amazon_sandbox=store.amazon_sandbox)
