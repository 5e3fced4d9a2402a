"""The seller that the sandbox knows: credentials in Amazon's forms and in Sendcloud's, all from the seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final

from amzlink.amazon.marketplaces import BY_COUNTRY, Marketplace, Region
from amzlink.sandbox.messages import Json
from amzlink.sandbox.sendcloud.account import Keys, make_keys

_OPAQUE_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_ID_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
HOME: Final[Region] = "eu"
COUNTRIES: Final = ("DE", "FR", "NL", "PL")
CLOSED_COUNTRY: Final = "IT"  # known to the seller's account, but the shop there was never opened
ELSEWHERE: Final[Region] = "na"  # where the account is found when a fault has put it into another region
_SHOPS: Final[Mapping[Region, tuple[str, ...]]] = MappingProxyType({HOME: COUNTRIES, ELSEWHERE: ("US", "CA")})


@dataclass(frozen=True, slots=True)
class App:
    """A registered app and the refresh token that the seller gave it."""

    client_id: str
    client_secret: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class Account:
    """A seller in one region: the app that is authorised, another one of the same developer, the keys for Sendcloud."""

    seller_id: str
    store_name: str
    region: Region
    app: App
    other_app: App
    sendcloud: Keys

    @property
    def marketplaces(self) -> tuple[Marketplace, ...]:
        """Where the seller has a shop, the main one first."""
        return shops_in(self.region)

    def credentials(self) -> Json:
        """What a person would paste into a program that connects to this seller."""
        return {
            "country": COUNTRIES[0],
            "marketplace_ids": [marketplace.id for marketplace in self.marketplaces],
            "seller_id": self.seller_id,
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
            "refresh_token": self.app.refresh_token,
            "sendcloud_public_key": self.sendcloud.public_key,
            "sendcloud_secret_key": self.sendcloud.secret_key,
            "sendcloud_integration_id": self.sendcloud.integration_id,
        }


def shops_in(region: Region) -> tuple[Marketplace, ...]:
    """The marketplaces in which the seller has a shop if the account is one of that region."""
    return tuple(BY_COUNTRY[country] for country in _SHOPS[region])


def make_account(seed: int) -> Account:
    """The account of a seed."""
    rng = Random(f"{seed}/account")
    return Account(
        seller_id="A" + _pick(rng, _ID_ALPHABET, 13),
        store_name="Kontor am Markt",
        region=HOME,
        app=_make_app(rng),
        other_app=_make_app(rng),
        sendcloud=make_keys(seed),
    )


def opaque_token(rng: Random, prefix: str, length: int) -> str:
    """A token of Amazon's look: prefix, bar, then `length` characters without meaning."""
    return f"{prefix}|{_pick(rng, _OPAQUE_ALPHABET, length)}"


def make_refresh_token(rng: Random) -> str:
    """A refresh token; its length is one that was seen."""
    return opaque_token(rng, "Atzr", 340)


def _make_app(rng: Random) -> App:
    return App(
        client_id=f"amzn1.application-oa2-client.{rng.getrandbits(128):032x}",
        client_secret=f"amzn1.oa2-cs.v1.{rng.getrandbits(256):064x}",
        refresh_token=make_refresh_token(rng),
    )


def _pick(rng: Random, alphabet: str, length: int) -> str:
    return "".join(rng.choices(alphabet, k=length))
