"""Countries and marketplaces as people write them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Protocol

from amzlink.problems import Problem, ProblemName, stores, usage

# What the countries are called at home, and a few other ways to write them.
_OTHER_NAMES: Final = {
    "america": "US", "usa": "US", "états-unis": "US", "stati uniti": "US", "estados unidos": "US",
    "stany zjednoczone": "US", "vereinigte staaten": "US", "verenigde staten": "US", "förenta staterna": "US",
    "allemagne": "DE", "almanya": "DE", "alemania": "DE", "alemanha": "DE", "deutschland": "DE", "duitsland": "DE",
    "germania": "DE", "niemcy": "DE", "tyskland": "DE",
    "francia": "FR", "francja": "FR", "frankreich": "FR", "frankrijk": "FR", "frankrike": "FR", "frança": "FR",
    "fransa": "FR",
    "holanda": "NL", "holandia": "NL", "holland": "NL", "hollanda": "NL", "nederland": "NL", "nederländerna": "NL",
    "niederlande": "NL", "niderlandy": "NL", "paesi bassi": "NL", "pays-bas": "NL", "países bajos": "NL",
    "países baixos": "NL", "the netherlands": "NL",
    "belgia": "BE", "belgie": "BE", "belgien": "BE", "belgio": "BE", "belgique": "BE", "belgië": "BE", "bélgica": "BE",
    "belçika": "BE",
    "espagne": "ES", "espana": "ES", "espanha": "ES", "españa": "ES", "hiszpania": "ES", "ispanya": "ES",
    "spagna": "ES", "spanien": "ES", "spanje": "ES",
    "italia": "IT", "italie": "IT", "italien": "IT", "italië": "IT", "itália": "IT", "italya": "IT", "włochy": "IT",
    "irland": "IE", "irlanda": "IE", "irlande": "IE", "irlandia": "IE", "ierland": "IE",
    "lehistan": "PL", "polen": "PL", "pologne": "PL", "polonia": "PL", "polonya": "PL", "polónia": "PL", "polska": "PL",
    "schweden": "SE", "suecia": "SE", "suède": "SE", "suécia": "SE", "sverige": "SE", "svezia": "SE", "szwecja": "SE",
    "zweden": "SE", "isveç": "SE",
    "turchia": "TR", "turcja": "TR", "turkei": "TR", "turkey": "TR", "turkije": "TR", "turkiet": "TR", "turkiye": "TR",
    "turquia": "TR", "turquie": "TR", "turquía": "TR", "türkei": "TR",
    "england": "GB", "great britain": "GB", "grossbritannien": "GB", "groot-brittannië": "GB", "grande-bretagne": "GB",
    "gran bretaña": "GB", "gran bretagna": "GB", "royaume-uni": "GB", "regno unito": "GB", "reino unido": "GB",
    "storbritannien": "GB", "vereinigtes königreich": "GB", "verenigd koninkrijk": "GB", "wielka brytania": "GB",
    "brasil": "BR", "brasilien": "BR", "brazilië": "BR", "kanada": "CA", "mexiko": "MX", "méxico": "MX",
    "uae": "AE", "日本": "JP",
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
    word = text.casefold().replace("\u0307", "")  # the dot that Turkish capitals leave behind
    if marketplace := atlas.find(_OTHER_NAMES.get(word, text)):
        return marketplace
    shop = text.casefold().removeprefix("https://").removeprefix("www.").rstrip("/")
    return next((marketplace for marketplace in atlas.marketplaces if marketplace.shop == shop), None)


def _unknown(text: str, atlas: Atlas) -> str:
    names = {marketplace.name.casefold(): marketplace for marketplace in atlas.marketplaces}
    if close := get_close_matches(text.casefold(), names, n=1, cutoff=0.7):
        return stores.country_misspelt(text=text, meant=names_of([names[close[0]]]))
    codes = ", ".join(sorted(marketplace.country for marketplace in atlas.marketplaces))
    return stores.country_without_marketplace(text=text, codes=codes)
