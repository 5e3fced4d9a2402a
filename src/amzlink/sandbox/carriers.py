"""Carrier codes as Amazon spells them, case included.

No call of Amazon's lists them: they are the enumeration in its feed schema `amzn-base.xsd` and the choices of Seller
Central's page "Confirm shipment", as far as they were read (2026-11). The sandbox keeps a list of its own, so that a
wrong spelling in a client's table does not find itself confirmed here.
"""

from typing import Final

OTHER: Final = "Other"
CARRIER_CODES: Final = frozenset(
    {
        "AMZL", "AMZL_UK", "APC", "APC Overnight", "APC-Overnight", "AT POST", "AT Post", "ATS", "Amazon Shipping",
        "Andere", "Arco Spedizioni", "Arrow XL", "Asendia", "B2C Europe", "BPOST", "BRT", "Bartolini", "CELERITAS",
        "COLIS PRIVE", "CTT EXPRESS", "CTTExpress", "Chronopost", "Citypost", "Colis Prive", "Coliposte", "Colissimo",
        "Correos", "Correos Express", "Cubyn", "DACHSER", "DB Schenker", "DHL", "DHL Express", "DHL Freight",
        "DHL Global Mail", "DHL Home Delivery", "DHL Parcel UK", "DHL eCommerce", "DHL-Paket", "DHLPL", "DPD",
        "DPD Local", "DSV", "DX", "DX Express", "DX Freight", "DX Secure", "Der Kurier", "Deutsche Post", "Envialia",
        "Europaczka", "Exapaq", "FERCAM", "FedEx", "FedEx SmartPost", "Fedex", "Fedex Freight", "France Express",
        "GEL Express", "GEODIS", "GLS", "GO!", "Heppner", "Hermes", "Hermes (Corporate)",
        "Hermes Einrichtungsservice", "Hermes Logistik Gruppe", "Hermes UK", "ITD Global", "InPost", "Interno",
        "Jersey Post", "Kuehne+Nagel", "La Poste", "Landmark", "Landmark Global", "Lasership", "MBE", "MRW",
        "Milkman", "Mondial Relay", "NACEX", "Nacex", "Newgistics", "Nexive", "OSM", "OnTrac", "Otro", "PIN",
        "Parcel Monkey", "Parcel2go", "ParcelOne", "Parcelforce", "Parcelhub", "Polish Post", "Post Modern",
        "Post NL", "PostNL", "PostNord", "Poste Italiane", "RMLGB", "ROYAL_MAIL", "Raben", "Rhenus", "Royal Mail",
        "SDA", "Schweizer Post", "Self Delivery", "Sendcloud", "Seur", "Seven Senders", "Sonstige", "Spring GDS",
        "Streamlite", "Swiss post", "TIPSA", "TNT", "TNTIT", "Tourline", "Trans-o-Flex", "Transoflex", "Tuffnells",
        "UK MAIL", "UKMail", "UPS", "UPS Freight", "UPS Mail Innovations", "UPSMI", "USPS", "Whistl", "Yodel",
        "Zeleris", "geodis", OTHER,
    }
)  # fmt: skip


def filed_as(code: str, name: str | None) -> str:
    """Under which carrier Amazon files a single confirmation: a code that it does not know, or only nearly, is Other.

    With `Other` buyers are shown the carrier's name.
    """
    if code == OTHER:
        return name or OTHER
    return code if code in CARRIER_CODES else OTHER
