"""Amazon's marketplaces: which id, region, Seller Central host and currency belong to which country.

Source: Amazon's "Marketplace IDs" (updated 2026-09-30), "SP-API Endpoints" and "Seller Central URLs".
The sandbox reads this table too, so it imports nothing but the standard library.
"""

from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

Region = Literal["na", "eu", "fe"]

LWA_URL: Final = "https://api.amazon.com"
ENDPOINTS: Final[dict[Region, str]] = {
    "na": "https://sellingpartnerapi-na.amazon.com",
    "eu": "https://sellingpartnerapi-eu.amazon.com",
    "fe": "https://sellingpartnerapi-fe.amazon.com",
}
SANDBOX_ENDPOINTS: Final[dict[Region, str]] = {
    region: url.replace("https://", "https://sandbox.") for region, url in ENDPOINTS.items()
}
REGION_NAMES: Final[dict[Region, str]] = {"na": "North America", "eu": "Europe", "fe": "Far East"}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One Amazon shop front.

    `country` is the ISO 3166 code that Amazon's answers use (`GB`, never `UK`); `shop` is its public host without
    `www.`; `locale` is the primary language as the Sellers API spells it.
    """

    country: str
    name: str
    id: str
    region: Region
    seller_central: str
    shop: str
    currency: str
    locale: str

    @property
    def seller_central_url(self) -> str:
        """The page a merchant signs in at."""
        return f"https://{self.seller_central}"

    @property
    def develop_apps_url(self) -> str:
        """The page where a merchant's own app is made and authorised."""
        return f"{self.seller_central_url}/sellingpartner/developerconsole"

    def listing_url(self, sku: str) -> str:
        """The page where a merchant finds a listing, to edit it."""
        return f"{self.seller_central_url}/skucentral?mSku={quote(sku, safe='')}"


_EUROPE: Final = "sellercentral-europe.amazon.com"
MARKETPLACES: Final = (
    Marketplace("CA", "Canada", "A2EUQ1WTGCTBG2", "na", "sellercentral.amazon.ca", "amazon.ca", "CAD", "en_CA"),
    Marketplace("US", "United States", "ATVPDKIKX0DER", "na", "sellercentral.amazon.com", "amazon.com", "USD", "en_US"),
    Marketplace("MX", "Mexico", "A1AM78C64UM0Y8", "na", "sellercentral.amazon.com.mx", "amazon.com.mx", "MXN", "es_MX"),
    Marketplace("BR", "Brazil", "A2Q3Y263D00KWC", "na", "sellercentral.amazon.com.br", "amazon.com.br", "BRL", "pt_BR"),
    Marketplace("IE", "Ireland", "A28R8C7NBKEWEA", "eu", "sellercentral.amazon.ie", "amazon.ie", "EUR", "en_IE"),
    Marketplace("ES", "Spain", "A1RKKUPIHCS9HS", "eu", _EUROPE, "amazon.es", "EUR", "es_ES"),
    Marketplace("GB", "United Kingdom", "A1F83G8C2ARO7P", "eu", _EUROPE, "amazon.co.uk", "GBP", "en_GB"),
    Marketplace("FR", "France", "A13V1IB3VIYZZH", "eu", _EUROPE, "amazon.fr", "EUR", "fr_FR"),
    Marketplace("BE", "Belgium", "AMEN7PMS3EDWL", "eu", "sellercentral.amazon.com.be", "amazon.com.be", "EUR", "fr_BE"),
    Marketplace("NL", "Netherlands", "A1805IZSGTT6HS", "eu", "sellercentral.amazon.nl", "amazon.nl", "EUR", "nl_NL"),
    Marketplace("DE", "Germany", "A1PA6795UKMFR9", "eu", _EUROPE, "amazon.de", "EUR", "de_DE"),
    Marketplace("IT", "Italy", "APJ6JRA9NG5V4", "eu", _EUROPE, "amazon.it", "EUR", "it_IT"),
    Marketplace("SE", "Sweden", "A2NODRKZP88ZB9", "eu", "sellercentral.amazon.se", "amazon.se", "SEK", "sv_SE"),
    Marketplace(
        "ZA", "South Africa", "AE08WJ6YKNBMC", "eu", "sellercentral.amazon.co.za", "amazon.co.za", "ZAR", "en_ZA"
    ),
    Marketplace("PL", "Poland", "A1C3SOZRARQ6R3", "eu", "sellercentral.amazon.pl", "amazon.pl", "PLN", "pl_PL"),
    Marketplace("EG", "Egypt", "ARBP9OOSHTCHU", "eu", "sellercentral.amazon.eg", "amazon.eg", "EGP", "ar_EG"),
    Marketplace(
        "TR", "Türkiye", "A33AVAJ2PDY3EV", "eu", "sellercentral.amazon.com.tr", "amazon.com.tr", "TRY", "tr_TR"
    ),
    Marketplace("SA", "Saudi Arabia", "A17E79C6D8DWNP", "eu", "sellercentral.amazon.sa", "amazon.sa", "SAR", "ar_AE"),
    Marketplace(
        "AE", "United Arab Emirates", "A2VIGQ35RCS4UG", "eu", "sellercentral.amazon.ae", "amazon.ae", "AED", "en_AE"
    ),
    Marketplace("IN", "India", "A21TJRUUN4KGV", "eu", "sellercentral.amazon.in", "amazon.in", "INR", "en_IN"),
    Marketplace("SG", "Singapore", "A19VAU5U5O7RUS", "fe", "sellercentral.amazon.sg", "amazon.sg", "SGD", "en_SG"),
    Marketplace(
        "AU", "Australia", "A39IBJ37TRP1C6", "fe", "sellercentral.amazon.com.au", "amazon.com.au", "AUD", "en_AU"
    ),
    Marketplace("JP", "Japan", "A1VC38T7YXB528", "fe", "sellercentral.amazon.co.jp", "amazon.co.jp", "JPY", "ja_JP"),
)
BY_ID: Final = {marketplace.id: marketplace for marketplace in MARKETPLACES}
BY_COUNTRY: Final = {marketplace.country: marketplace for marketplace in MARKETPLACES}


def find_country(text: str) -> Marketplace | None:
    """The marketplace that a country code, an English country name or an id means; `UK` is taken for `GB`."""
    wanted = text.strip().casefold()
    code = {"uk": "GB"}.get(wanted, wanted.upper())
    if code in BY_COUNTRY:
        return BY_COUNTRY[code]
    return next((m for m in MARKETPLACES if m.name.casefold() == wanted or m.id.casefold() == wanted), None)
