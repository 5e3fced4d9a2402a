"""Carriers with which the sandbox makes labels: how their tracking numbers look, and who takes what to where."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import Final

LETTER: Final = "sendcloud"  # the unstamped letter: it has no number, and nobody ever scans it
_DIGITS: Final = "0123456789"
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_S10_EXCEPTIONS: Final = {10: 0, 11: 5}


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier by Sendcloud's code. In `number`, # stands for a digit and @ for a letter; empty: no tracking."""

    code: str
    name: str
    option: str
    number: str

    def draw_number(self, rng: Random) -> str:
        """A tracking number of the carrier's look."""
        kinds = {"#": _DIGITS, "@": _LETTERS}
        return _with_check_digit("".join(rng.choice(kinds[sign]) if sign in kinds else sign for sign in self.number))


def _with_check_digit(number: str) -> str:
    """The number with the digit that its kind sets, where it is one that programs check (GS1, UPU S10, UPS)."""
    if re.fullmatch(r"0034\d{16}", number):
        total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(number[:-1])))
        return f"{number[:-1]}{-total % 10}"
    if re.fullmatch(r"[A-Z]{2}\d{9}[A-Z]{2}", number):
        check = 11 - sum(int(digit) * weight for digit, weight in zip(number[2:10], _S10_WEIGHTS, strict=True)) % 11
        return f"{number[:10]}{_S10_EXCEPTIONS.get(check, check)}{number[11:]}"
    if number.startswith("1Z"):
        values = [int(sign) if sign in _DIGITS else (ord(sign) - ord("A") + 2) % 10 for sign in number[2:-1]]
        return f"{number[:-1]}{-(sum(values[::2]) + 2 * sum(values[1::2])) % 10}"
    return number


_TABLE: Final = (
    Carrier("postnl", "PostNL", "postnl:standard", "3S@@@@#########"),
    Carrier("bpost", "bpost", "bpost:bpack24hpro", "3232############00######"),
    Carrier("dhl", "DHL Parcel", "dhl:parcel/standard", "JVGL####################"),
    Carrier("dhl_de", "DHL", "dhl_de:paket", "00340434############"),
    Carrier("dhl_express", "DHL Express", "dhl_express:worldwide", "##########"),
    Carrier("dp", "Deutsche Post", "dp:warenpost", "RR#########DE"),
    Carrier("dpd", "DPD", "dpd:classic", "0#############"),
    Carrier("dpd_gb", "DPD UK", "dpd_gb:next_day", "155###########"),
    Carrier("dpd_fr", "DPD France", "dpd_fr:classic", "250#############"),
    Carrier("hermes_de", "Hermes", "hermes_de:standard", "H###################"),
    Carrier("hermes_gb", "Evri", "hermes_gb:standard", "T00@@A##########"),
    Carrier("gls_de", "GLS", "gls_de:business_parcel", "###########"),
    Carrier("gls_es", "GLS Spain", "gls_es:economy", "6###############"),
    Carrier("ups", "UPS", "ups:standard", "1Z@##@#############"),
    Carrier("fedex", "FedEx", "fedex:international_economy", "############"),
    Carrier("colissimo", "Colissimo", "colissimo:home", "6A###########"),
    Carrier("chronopost", "Chronopost", "chronopost:chrono13", "XN#########FR"),
    Carrier("mondial_relay", "Mondial Relay", "mondial_relay:service_point", "########"),
    Carrier("correos", "Correos", "correos:paq_premium", "PQ####################@"),
    Carrier("seur", "SEUR", "seur:24", "##############"),
    Carrier("brt", "BRT", "brt:classic", "15############"),
    Carrier("poste_italiane", "Poste Italiane", "poste_italiane:crono", "1UW##@#######"),
    Carrier("inpost_pl", "InPost", "inpost_pl:courier", "6#######################"),
    Carrier("postnord", "PostNord", "postnord:mypack", "00370############"),
    Carrier("royal_mail", "Royal Mail", "royal_mail:tracked48", "@@#########GB"),
    Carrier(LETTER, "Sendcloud", "sendcloud:letter", ""),
)
CARRIERS: Final[Mapping[str, Carrier]] = MappingProxyType({carrier.code: carrier for carrier in _TABLE})
_USUAL: Final = {
    "DE": "dhl_de",
    "NL": "postnl",
    "BE": "bpost",
    "FR": "colissimo",
    "PL": "inpost_pl",
    "GB": "royal_mail",
}


def find_carrier(code: str | None, country: str) -> Carrier:
    """The carrier of that code, or the usual one to a country; Sendcloud's codes are free text, so any code will do."""
    code = code or _USUAL.get(country, "dpd")
    return CARRIERS.get(code) or Carrier(code, code.replace("_", " ").title(), f"{code}:standard", "##############")
