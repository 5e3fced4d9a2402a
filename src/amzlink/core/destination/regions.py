"""States and provinces as ISO 3166-2 has them, for the countries where a parcel's papers want one.

Sendcloud asks for them in Australia, Canada, Italy and the United States (its page "International shipping"); Spain's
provinces stand in its postal codes, so they cost nothing. Anywhere else no code is made up from a name.
"""

import re
from collections.abc import Mapping
from typing import Final

from amzlink.core.stores.slug import slug_of

_NAMES: Final[Mapping[str, str]] = {
    "AU": "ACT Australian Capital Territory, NSW New South Wales, NT Northern Territory, QLD Queensland, "
    "SA South Australia, TAS Tasmania, VIC Victoria, WA Western Australia",
    "CA": "AB Alberta, BC British Columbia, MB Manitoba, NB New Brunswick, NL Newfoundland and Labrador, "
    "NS Nova Scotia, NT Northwest Territories, NU Nunavut, ON Ontario, PE Prince Edward Island, QC Quebec, "
    "SK Saskatchewan, YT Yukon",
    "IT": "AG Agrigento, AL Alessandria, AN Ancona, AO Aosta, AP Ascoli Piceno, AQ L'Aquila, AR Arezzo, AT Asti, "
    "AV Avellino, BA Bari, BG Bergamo, BI Biella, BL Belluno, BN Benevento, BO Bologna, BR Brindisi, BS Brescia, "
    "BT Barletta-Andria-Trani, BZ Bolzano, CA Cagliari, CB Campobasso, CE Caserta, CH Chieti, CL Caltanissetta, "
    "CN Cuneo, CO Como, CR Cremona, CS Cosenza, CT Catania, CZ Catanzaro, EN Enna, FC Forlì-Cesena, FE Ferrara, "
    "FG Foggia, FI Firenze, FM Fermo, FR Frosinone, GE Genova, GO Gorizia, GR Grosseto, IM Imperia, IS Isernia, "
    "KR Crotone, LC Lecco, LE Lecce, LI Livorno, LO Lodi, LT Latina, LU Lucca, MB Monza e Brianza, MC Macerata, "
    "ME Messina, MI Milano, MN Mantova, MO Modena, MS Massa-Carrara, MT Matera, NA Napoli, NO Novara, NU Nuoro, "
    "OR Oristano, PA Palermo, PC Piacenza, PD Padova, PE Pescara, PG Perugia, PI Pisa, PN Pordenone, PO Prato, "
    "PR Parma, PT Pistoia, PU Pesaro e Urbino, PV Pavia, PZ Potenza, RA Ravenna, RC Reggio Calabria, "
    "RE Reggio Emilia, RG Ragusa, RI Rieti, RM Roma, RN Rimini, RO Rovigo, SA Salerno, SI Siena, SO Sondrio, "
    "SP La Spezia, SR Siracusa, SS Sassari, SU Sud Sardegna, SV Savona, TA Taranto, TE Teramo, TN Trento, TO Torino, "
    "TP Trapani, TR Terni, TS Trieste, TV Treviso, UD Udine, VA Varese, VB Verbano-Cusio-Ossola, VC Vercelli, "
    "VE Venezia, VI Vicenza, VR Verona, VT Viterbo, VV Vibo Valentia",
    "US": "AK Alaska, AL Alabama, AR Arkansas, AZ Arizona, CA California, CO Colorado, CT Connecticut, "
    "DC District of Columbia, DE Delaware, FL Florida, GA Georgia, HI Hawaii, IA Iowa, ID Idaho, IL Illinois, "
    "IN Indiana, KS Kansas, KY Kentucky, LA Louisiana, MA Massachusetts, MD Maryland, ME Maine, MI Michigan, "
    "MN Minnesota, MO Missouri, MS Mississippi, MT Montana, NC North Carolina, ND North Dakota, NE Nebraska, "
    "NH New Hampshire, NJ New Jersey, NM New Mexico, NV Nevada, NY New York, OH Ohio, OK Oklahoma, OR Oregon, "
    "PA Pennsylvania, PR Puerto Rico, RI Rhode Island, SC South Carolina, SD South Dakota, TN Tennessee, TX Texas, "
    "UT Utah, VA Virginia, VT Vermont, WA Washington, WI Wisconsin, WV West Virginia, WY Wyoming",
}
# By the first two digits of a Spanish postal code, from 01 to 52.
_SPAIN: Final = (
    "VI", "AB", "A", "AL", "AV", "BA", "PM", "B", "BU", "CC", "CA", "CS", "CR", "CO", "C", "CU", "GI", "GR", "GU",
    "SS", "H", "HU", "J", "LE", "L", "LO", "LU", "M", "MA", "MU", "NA", "OR", "O", "P", "GC", "PO", "SA", "TF", "S",
    "SG", "SE", "SO", "T", "TE", "TO", "V", "VA", "BI", "ZA", "Z", "CE", "ML",
)  # fmt: skip


def _read(names: str) -> dict[str, str]:
    pairs = [entry.split(" ", 1) for entry in names.split(", ")]
    return {slug_of(spelling): code for code, name in pairs for spelling in (code, name)}


_CODES: Final = {country: _read(names) for country, names in _NAMES.items()}


def region_code(country: str, region: str | None, postal_code: str | None) -> str | None:
    """The ISO 3166-2 code (`IT-RM`) of a state or province; None where it cannot be told for certain.

    `region` is a code or a name, with the country in front or not, in any case; in Spain the postal code decides.
    """
    if country == "ES":
        prefix = re.fullmatch(r"(\d\d)\d{3}", postal_code or "", re.ASCII)
        number = int(prefix[1]) if prefix else 0
        return f"ES-{_SPAIN[number - 1]}" if 1 <= number <= len(_SPAIN) else None
    codes = _CODES.get(country)
    if not codes or not region:
        return None
    code = codes.get(slug_of(region).removeprefix(f"{country.casefold()}-"))
    return f"{country}-{code}" if code else None
