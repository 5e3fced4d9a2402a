"""Carriers: Sendcloud's codes, and the names that people write, in Amazon's spelling.

Amazon counts a tracking number as valid only under its own carrier code, letter for letter; a near miss is filed as
`Other` and hurts the seller's rate (docs/services/amazon.md, "The confirmation call"). No API lists the codes. Source
of the spellings: the `CarrierCode` enumeration of Amazon's feed schema `amzn-base.xsd` (copy of 2024-01) and what is
published of Seller Central's drop-downs; of Sendcloud's codes: the carrier list of its API v3 (`CarrierCodeField`,
2026-08).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from amzlink.core.nearest import nearest
from amzlink.core.shipments.own_carriers import NO_OWN_CARRIERS, OTHER, OwnCarrier, OwnCarriers, comparable


@dataclass(frozen=True, slots=True)
class AmazonCarrier:
    """A carrier as a confirmation names it.

    `code` is Amazon's `carrierCode`; `name` the name that people know, which Amazon demands with `Other`. `known` is
    False for a carrier that neither Sendcloud's nor Amazon's list has. `is_own`: the store's own table has it, perhaps
    with a shipping `method`.
    """

    code: str
    name: str
    note: str = ""
    known: bool = True
    is_own: bool = False
    method: str | None = None

    @property
    def listed(self) -> bool:
        """Whether Amazon has a code for it, so that its tracking numbers count."""
        return self.code != OTHER


def _other(name: str, note: str = "") -> AmazonCarrier:
    return AmazonCarrier(OTHER, name, note)


_DHL: Final = AmazonCarrier("DHL", "DHL")
_DPD: Final = AmazonCarrier("DPD", "DPD")
_GLS: Final = AmazonCarrier("GLS", "GLS")
_INPOST: Final = AmazonCarrier("InPost", "InPost")
_POSTNL: Final = AmazonCarrier("PostNL", "PostNL", "`Post NL` is listed too")
_POSTE: Final = AmazonCarrier("Poste Italiane", "Poste Italiane")
_LA_POSTE: Final = AmazonCarrier("La Poste", "La Poste", "a letter service of La Poste")
_HERMES_UK: Final = AmazonCarrier("Hermes UK", "Evri", "Evri's old name; `Evri` itself is not in the list of 2024")
_ROYAL_MAIL: Final = AmazonCarrier("Royal Mail", "Royal Mail", "`ROYAL_MAIL` is listed too")
_RED_JE_PAKKETJE: Final = _other("Red je Pakketje")

CARRIERS: Final[Mapping[str, AmazonCarrier]] = MappingProxyType(
    {
        # Benelux
        "postnl": _POSTNL,
        "postnl_fulfilment": _POSTNL,
        "postnl_large": _POSTNL,
        "bpost": AmazonCarrier("BPOST", "bpost"),
        "trunkrs": _other("Trunkrs"),
        "budbee": _other("Budbee"),
        "fietskoeriers": _other("Fietskoeriers.nl", "belongs to Cycloon"),
        "homerr": _other("Homerr"),
        "van_straaten": _other("Van Straaten"),
        "transforce": _other("TransForce"),
        "transmission": _other("TransMission"),
        "jongstra": _other("Jongstra"),
        "sandd": _other("Sandd"),
        "mhi": _other("MHI", "Sendcloud's code; what it stands for is not published"),
        "fadello": _other("Fadello"),
        "dhl": AmazonCarrier("DHL", "DHL", "DHL Parcel in the Netherlands"),
        "rjp": _RED_JE_PAKKETJE,
        "rjpv2": _RED_JE_PAKKETJE,
        "packs": _other("Packs"),
        "quicargo": _other("Quicargo"),
        "bol": _other("bol"),
        # Germany, Austria
        "dhl_de": AmazonCarrier("DHL", "DHL", "DHL Paket; `DHL-Paket` is listed too"),
        "dp": AmazonCarrier("Deutsche Post", "Deutsche Post"),
        "dpd": _DPD,
        "dpd_at": _DPD,
        "hermes_de": AmazonCarrier("Hermes", "Hermes", "as in the drop-down list in Germany"),
        "hermes_at": AmazonCarrier("Hermes", "Hermes"),
        "gls_de": _GLS,
        "postat": AmazonCarrier("AT POST", "Österreichische Post", "`AT Post` is listed too"),
        "fairsenden": _other("fairsenden"),
        "der_kurier": AmazonCarrier("Der Kurier", "Der Kurier"),
        "dachser": AmazonCarrier("DACHSER", "Dachser"),
        "dbschenker": AmazonCarrier("DB Schenker", "DB Schenker"),
        # France
        "colissimo": AmazonCarrier("Colissimo", "Colissimo"),
        "colissimo_ec2c": AmazonCarrier("Colissimo", "Colissimo"),
        "colisprive": AmazonCarrier("Colis Prive", "Colis Privé", "`COLIS PRIVE` is listed too"),
        "chronopost": AmazonCarrier("Chronopost", "Chronopost"),
        "mondial_relay": AmazonCarrier("Mondial Relay", "Mondial Relay"),
        "relais_colis": _other("Relais Colis"),
        "dpd_fr": _DPD,
        "lettresuivie": _LA_POSTE,
        "delivengo": _LA_POSTE,
        "geodis": AmazonCarrier("GEODIS", "GEODIS", "`geodis` is listed too"),
        "viatim": _other("Viatim"),
        # Iberia
        "correos": AmazonCarrier("Correos", "Correos"),
        "correos_express": AmazonCarrier("Correos Express", "Correos Express"),
        "ctt_express": AmazonCarrier("CTTExpress", "CTT Express", "`CTT EXPRESS` is listed too"),
        "mrw": AmazonCarrier("MRW", "MRW"),
        "nacex": AmazonCarrier("Nacex", "Nacex", "`NACEX` is listed too"),
        "seur": AmazonCarrier("Seur", "SEUR"),
        "tipsa": AmazonCarrier("TIPSA", "TIPSA"),
        "paack": _other("Paack"),
        "dhl_parcel_iberia": _DHL,
        "gls_es": _GLS,
        "inpost_es": _INPOST,
        "glovo": _other("Glovo"),
        "ontime": _other("Ontime"),
        # Italy
        "poste_italiane": _POSTE,
        "poste_it_delivery": _POSTE,
        "brt": AmazonCarrier("BRT", "BRT", "`Bartolini`, its old name, is listed too"),
        "gls_it": _GLS,
        "inpost_it": _INPOST,
        "tnt_it": AmazonCarrier("TNTIT", "TNT", "Italy's own code"),
        "plx": _other("PLX", "Sendcloud's code; what it stands for is not published"),
        "skymail": _other("Skymail"),
        # United Kingdom
        "royal_mail": _ROYAL_MAIL,
        "royal_mailv2": _ROYAL_MAIL,
        "parcelforce": AmazonCarrier("Parcelforce", "Parcelforce"),
        "dpd_gb": _DPD,
        "dpd_local": AmazonCarrier("DPD Local", "DPD Local"),
        "hermes_gb": _HERMES_UK,
        "hermes_c2c_gb": _HERMES_UK,
        "evri_international": _other("Evri International", "`Evri` is not in the list of 2024"),
        "yodel": AmazonCarrier("Yodel", "Yodel"),
        "hived": _other("HIVED"),
        "hurby": _other("Hurby"),
        "inpost_gb": _INPOST,
        "dhl_parcel_gb": AmazonCarrier("DHL", "DHL", "`DHL Parcel UK` is said to be in the drop-down list"),
        "dhl_gb": _DHL,
        "storeshippers": _other("Storeshippers"),
        "amazon": AmazonCarrier("Amazon Shipping", "Amazon Shipping", "the carrier, not the shop"),
        # Nordics, Poland
        "postnord": AmazonCarrier("PostNord", "PostNord"),
        "bring": _other("Bring"),
        "inpost_pl": _INPOST,
        # Across borders
        "dhl_express": AmazonCarrier("DHL Express", "DHL Express"),
        "dhl_ecommerce": AmazonCarrier("DHL eCommerce", "DHL eCommerce"),
        "dhl_2_man_handling": AmazonCarrier("DHL", "DHL", "no code of its own"),
        "dhl_freight": AmazonCarrier("DHL Freight", "DHL Freight"),
        "ups": AmazonCarrier("UPS", "UPS"),
        "fedex": AmazonCarrier("FedEx", "FedEx", "the British drop-down list is said to have `Fedex`"),
        "fedexcrossborder": _other("FedEx Cross Border", "not FedEx's own network, so not its code"),
        "gls_eu": _GLS,
        "gls_nl": _GLS,
        "spring": AmazonCarrier("Spring GDS", "Spring GDS"),
        "asendia": AmazonCarrier("Asendia", "Asendia"),
        "landmark": AmazonCarrier("Landmark Global", "Landmark Global", "`Landmark` is listed too"),
        "europaket": _other("Europaket"),
        "cainiao": _other("Cainiao"),
        "cirro": _other("CIRRO"),
        "sendcloud": _other(
            "Sendcloud", "the unstamped letter; under Amazon's code `Sendcloud` nothing can be tracked"
        ),
    }
)
"""By Sendcloud's carrier code (the 100 of its API v3)."""

# As Amazon writes them; where one is listed in several spellings, the first is taken for any other writing of it.
AMAZON_CODES: Final = (
    "DHL", "DHL Express", "DHL eCommerce", "DHL-Paket", "DHL Freight", "DHL Home Delivery", "DHLPL", "DHL Global Mail",
    "Deutsche Post", "DPD", "DPD Local", "GLS", "UPS", "UPSMI", "UPS Mail Innovations", "UPS Freight", "FedEx",
    "FedEx SmartPost", "Fedex Freight", "TNT", "TNTIT", "USPS", "OnTrac", "Lasership", "Newgistics", "OSM",
    "Streamlite", "PostNL", "Post NL", "BPOST", "Landmark", "Landmark Global", "Hermes", "Hermes Logistik Gruppe",
    "Hermes Einrichtungsservice", "Hermes UK", "Hermes (Corporate)", "Royal Mail", "ROYAL_MAIL", "RMLGB",
    "Parcelforce", "Yodel", "APC", "APC Overnight", "APC-Overnight", "DX", "DX Express", "DX Secure", "DX Freight",
    "UKMail", "UK MAIL", "Whistl", "Tuffnells", "Arrow XL", "Parcel2go", "Jersey Post", "La Poste", "Colissimo",
    "Coliposte", "Chronopost", "Colis Prive", "COLIS PRIVE", "Mondial Relay", "GEODIS", "geodis", "Heppner",
    "France Express", "Cubyn", "Exapaq", "Correos", "Correos Express", "Seur", "MRW", "Nacex", "NACEX", "CTTExpress",
    "CTT EXPRESS", "TIPSA", "Zeleris", "Envialia", "CELERITAS", "Tourline", "Poste Italiane", "SDA", "BRT",
    "Bartolini", "Nexive", "FERCAM", "Milkman", "Arco Spedizioni", "MBE", "InPost", "Polish Post", "Europaczka",
    "PostNord", "AT POST", "AT Post", "Swiss post", "Schweizer Post", "DB Schenker", "DSV", "DACHSER", "Kuehne+Nagel",
    "Raben", "Rhenus", "GEL Express", "GO!", "Trans-o-Flex", "Transoflex", "Der Kurier", "Citypost", "PIN",
    "Post Modern", "Seven Senders", "Asendia", "Spring GDS", "B2C Europe", "Parcel Monkey", "Parcelhub", "ITD Global",
    "ParcelOne", "Amazon Shipping", "ATS", "AMZL", "AMZL_UK", "Self Delivery",
)  # fmt: skip
"""The codes of docs/services/amazon.md, "Carrier codes", but `Sendcloud`, which hides the carrier from the buyer, and
the words for `Other`."""

_OTHER_WORDS: Final = frozenset({"other", "otro", "andere", "sonstige", "interno"})

# Names that people write, spelt as `_key` spells them, where Amazon's code is another.
_COMMON_NAMES: Final[Mapping[str, AmazonCarrier]] = {
    "dhlparcel": _DHL,
    "dhlgermany": _DHL,
    "dhlparcelnl": _DHL,
    "dhlparceluk": CARRIERS["dhl_parcel_gb"],
    "deutschepostdhl": _DHL,
    "deutschepostag": CARRIERS["dp"],
    "warenpost": CARRIERS["dp"],
    "unitedparcelservice": CARRIERS["ups"],
    "federalexpress": CARRIERS["fedex"],
    "evri": _HERMES_UK,
    "myhermes": _HERMES_UK,
    "hermesde": CARRIERS["hermes_de"],
    "dpduk": _DPD,
    "generallogisticssystems": _GLS,
    "osterreichischepost": CARRIERS["postat"],
    "postat": CARRIERS["postat"],
    "austrianpost": CARRIERS["postat"],
    "pocztapolska": AmazonCarrier("Polish Post", "Poczta Polska"),
    "dieschweizerischepost": AmazonCarrier("Swiss post", "Die Schweizerische Post", "`Schweizer Post` is listed too"),
    "springglobaldeliverysolutions": CARRIERS["spring"],
    "paczkomaty": _INPOST,
    "amazonlogistics": AmazonCarrier("AMZL", "Amazon Logistics"),
}

# By the marketplace's country, where Amazon writes it otherwise there.
_IN_COUNTRY: Final[Mapping[tuple[str, str], AmazonCarrier]] = {
    ("IT", "tnt"): CARRIERS["tnt_it"],
    ("GB", "hermes"): _HERMES_UK,
}


def amazon_carrier(
    code_or_name: str, country: str, carrier_name: str | None = None, own: OwnCarriers = NO_OWN_CARRIERS
) -> AmazonCarrier:
    """The carrier that a Sendcloud code, an Amazon code in any case, or a common name means.

    The store's `own` table goes first. `country` is that of the marketplace (`GB`, not `UK`). Where the first says
    nothing, `carrier_name` is looked up too. A carrier that nobody lists is `Other`, with `carrier_name` (or what was
    given) as its name, and not `known`.
    """
    given, name = code_or_name.strip(), (carrier_name or "").strip()
    found = _look_up(given, country) or (_look_up(name, country) if name else None)
    usual = found or AmazonCarrier(OTHER, name or given or OTHER, known=False)
    # By the name under which it is reported, too, which may be neither of those that were given.
    named = (given, name) if usual.listed else (given, name, usual.name)
    chosen = next((entry for text in named if text and (entry := own.get(comparable(text)))), None)
    return _as_chosen(chosen, usual) if chosen else usual


def _as_chosen(chosen: OwnCarrier, usual: AmazonCarrier) -> AmazonCarrier:
    """As the store's table has it. The name stays where the code does, so that nothing seems to have changed."""
    name = usual.name if chosen.code in (usual.code, OTHER) else chosen.code
    return replace(usual, code=chosen.code, name=name, known=True, is_own=True, method=chosen.method)


def find_code(text: str) -> str | None:
    """Amazon's code that this is, in Amazon's own spelling; None where its list has none."""
    if _key(text) in _OTHER_WORDS:
        return OTHER
    return text if text in _EXACT else _BY_KEY.get(_key(text))


def nearest_code(name: str) -> str | None:
    """The code of Amazon's list that a name may mean: one that it begins with, or that is spelled much like it.

    A carrier of which it is known that Amazon does not list it means none.
    """
    known = _look_up(name, "")
    if known or _key(name) in _UNLISTED:
        return known.code if known and known.listed else None
    words = re.split(r"[\W_]+", name)
    for count in range(len(words) - 1, 0, -1):
        found = _look_up(" ".join(words[:count]), "")
        if found and found.listed:
            return found.code
    return next((_BY_KEY[key] for key in nearest(_key(name), _BY_KEY, _MUCH_ALIKE)), None)


def _look_up(given: str, country: str) -> AmazonCarrier | None:
    key = _key(given)
    if key in _OTHER_WORDS:
        return None
    if found := _IN_COUNTRY.get((country, key)) or CARRIERS.get(given):
        return found
    if given in _EXACT:
        return AmazonCarrier(given, given)
    if found := CARRIERS.get(given.casefold()):
        return found
    if found := _COMMON_NAMES.get(key):
        return found
    code = _BY_KEY.get(key)
    return AmazonCarrier(code, code) if code else None


def _key(name: str) -> str:
    """A name without case, accents and signs, so that `Colis Privé` and `COLIS-PRIVE` are one."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss")))


_UNLISTED: Final = frozenset(_key(carrier.name) for carrier in CARRIERS.values() if not carrier.listed)
_MUCH_ALIKE: Final = 0.8  # names of companies: at less, other companies of the list are alike too
_EXACT: Final = frozenset(AMAZON_CODES)
_BY_KEY: Final = {_key(code): code for code in reversed(AMAZON_CODES)}
