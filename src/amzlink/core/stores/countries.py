"""Countries and marketplaces as people write them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Protocol

from amzlink.problems import Problem, ProblemName, stores, usage

# What the countries are called at home, and a few other ways to write them.
_OTHER_NAMES: Final = {
    "america": "US", "belgië": "BE", "belgie": "BE", "belgique": "BE", "belgien": "BE", "brasil": "BR",
    "deutschland": "DE", "allemagne": "DE", "duitsland": "DE", "españa": "ES", "espana": "ES", "spanien": "ES",
    "england": "GB", "great britain": "GB", "frankreich": "FR", "frankrijk": "FR", "holland": "NL", "italia": "IT",
    "italien": "IT", "méxico": "MX", "nederland": "NL", "niederlande": "NL", "pays-bas": "NL", "polen": "PL",
    "polska": "PL", "sverige": "SE", "schweden": "SE", "the netherlands": "NL", "turkey": "TR", "turkiye": "TR",
    "uae": "AE", "usa": "US", "日本": "JP",
}  # fmt: skip


class Marketplace(Protocol):
    """One of Amazon's marketplaces, as far as the set-up needs it."""

    @property
    def country(self) -> str:
        """The code of its country."""

    @property
    def name(self) -> str:
        """The country's English name."""

    @property
    def id(self) -> str:
        """Amazon's id."""

    @property
    def region(self) -> str:
        """The region that one authorisation covers."""

    @property
    def shop(self) -> str:
        """The shop's public host, without `www.`."""

    @property
    def develop_apps_url(self) -> str:
        """The page where a merchant's own app is made and authorised."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """All of Amazon's marketplaces, and what its regions are called. `find` knows codes, English names and ids."""

    marketplaces: Sequence[Marketplace]
    region_names: Mapping[str, str]
    find: Callable[[str], Marketplace | None]

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all marketplaces."""
        return frozenset(marketplace.id for marketplace in self.marketplaces)


def parse_countries(texts: Iterable[str], atlas: Atlas) -> tuple[Marketplace, ...]:
    """The marketplaces that countries' codes, names, ids or shop addresses mean, all of one region, each once.

    Raises:
        Problem: `usage` or `region-mixed`.
    """
    chosen: dict[str, Marketplace] = {}
    for text in filter(None, (text.strip() for text in texts)):
        marketplace = _find(text, atlas)
        if marketplace is None:
            raise Problem(ProblemName.USAGE, command=usage.CONNECT, detail=_unknown(text, atlas))
        chosen[marketplace.id] = marketplace
    if len({marketplace.region for marketplace in chosen.values()}) > 1:
        raise Problem(ProblemName.REGION_MIXED, detail=", ".join(marketplace.name for marketplace in chosen.values()))
    return tuple(chosen.values())


def names_of(marketplaces: Iterable[Marketplace]) -> str:
    """Countries' names with their codes, as a list to choose from."""
    return ", ".join(f"{marketplace.name} {marketplace.country}" for marketplace in marketplaces)


def codes_of(marketplaces: Iterable[Marketplace]) -> str:
    """Countries' codes."""
    return ", ".join(marketplace.country for marketplace in marketplaces)


def _find(text: str, atlas: Atlas) -> Marketplace | None:
    if marketplace := atlas.find(_OTHER_NAMES.get(text.casefold(), text)):
        return marketplace
    shop = text.casefold().removeprefix("https://").removeprefix("www.").rstrip("/")
    return next((marketplace for marketplace in atlas.marketplaces if marketplace.shop == shop), None)


def _unknown(text: str, atlas: Atlas) -> str:
    names = {marketplace.name.casefold(): marketplace for marketplace in atlas.marketplaces}
    if close := get_close_matches(text.casefold(), names, n=1, cutoff=0.7):
        return stores.country_misspelt(text=text, meant=names_of([names[close[0]]]))
    codes = ", ".join(sorted(marketplace.country for marketplace in atlas.marketplaces))
    return stores.country_without_marketplace(text=text, codes=codes)
