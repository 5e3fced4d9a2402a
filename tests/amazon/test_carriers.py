"""Carriers in Amazon's spelling: every one that Sendcloud knows, and what people write in files."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.amazon.carriers import AMAZON_CODES, CARRIERS, amazon_carrier, find_code, nearest_code
from amzlink.amazon.marketplaces import BY_COUNTRY
from amzlink.core.shipments.own_carriers import OTHER, OwnCarrier
from tests.support.models import load_table
from tests.support.rows import each_row


def test_every_carrier_of_sendclouds_older_api_has_an_entry() -> None:
    listed = load_table("sendcloud/carriers.json")["v2"]
    assert len(listed) > 80
    assert set(listed) - CARRIERS.keys() == set()


def test_every_carrier_of_the_list_of_100_has_an_entry_and_no_other() -> None:
    assert set(load_table("sendcloud/carriers.json")["v3"]) == set(CARRIERS)
    assert len(CARRIERS) == 100


@each_row("code", CARRIERS)
def test_an_entry_has_amazons_spelling_or_other_with_a_name(code: str) -> None:
    carrier = CARRIERS[code]
    assert carrier.code in (*AMAZON_CODES, OTHER)
    assert carrier.name == carrier.name.strip() != ""
    assert carrier.listed == (carrier.code != OTHER)
    assert amazon_carrier(code, "DE") == carrier


def test_no_parcel_is_confirmed_under_the_hub_that_hides_its_carrier() -> None:
    assert "Sendcloud" not in {carrier.code for carrier in CARRIERS.values()}
    assert amazon_carrier("Sendcloud", "NL").code == OTHER


@each_row("code", [code for code in AMAZON_CODES if code not in CARRIERS])
def test_amazons_own_spelling_stays_to_the_letter(code: str) -> None:
    assert amazon_carrier(code, "FR").code == code


@each_row("code", [code for code in AMAZON_CODES if code.lower() not in CARRIERS])
def test_amazons_codes_are_known_in_any_case(code: str) -> None:
    for written in (code.lower(), code.upper(), f" {code} "):
        assert letters(amazon_carrier(written, "FR").code) == letters(code)


def letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.casefold())


@pytest.mark.parametrize(
    ("written", "country", "code"),
    [
        ("DHL Paket", "DE", "DHL-Paket"),
        ("dhl", "DE", "DHL"),
        ("Deutsche Post", "DE", "Deutsche Post"),
        ("deutsche post ag", "DE", "Deutsche Post"),
        ("ups", "GB", "UPS"),
        ("United Parcel Service", "GB", "UPS"),
        ("Colis Privé", "FR", "Colis Prive"),
        ("Österreichische Post", "DE", "AT POST"),
        ("Post AT", "DE", "AT POST"),
        ("royal-mail", "GB", "Royal Mail"),
        ("Poczta Polska", "PL", "Polish Post"),
        ("fedex", "US", "FedEx"),
        ("TNT", "DE", "TNT"),
        ("TNT", "IT", "TNTIT"),
        ("Hermes", "DE", "Hermes"),
        ("Hermes", "GB", "Hermes UK"),
        ("Evri", "GB", "Hermes UK"),
        ("GO!", "DE", "GO!"),
        ("CTT Express", "ES", "CTTExpress"),
    ],
)
def test_a_name_that_people_write_is_amazons_code(written: str, country: str, code: str) -> None:
    carrier = amazon_carrier(written, country)
    assert (carrier.code, carrier.known) == (code, True)


def test_a_carrier_that_sendcloud_has_and_amazon_lacks_is_other_with_its_name_and_known() -> None:
    carrier = amazon_carrier("budbee", "NL")
    assert (carrier.code, carrier.name, carrier.known, carrier.listed) == ("Other", "Budbee", True, False)


@pytest.mark.parametrize(
    ("written", "name", "called"),
    [("Eilbote 24", None, "Eilbote 24"), ("eil", "Eilbote 24", "Eilbote 24"), ("Andere", "Eilbote 24", "Eilbote 24"),
     ("Other", None, "Other"), ("", "", "Other"), ("東京便", None, "東京便")],
)  # fmt: skip
def test_a_carrier_that_nobody_lists_is_other_and_says_so(written: str, name: str | None, called: str) -> None:
    carrier = amazon_carrier(written, "DE", name)
    assert (carrier.code, carrier.name, carrier.known, carrier.listed) == ("Other", called, False, False)


@pytest.mark.parametrize("written", ["dpd_be", "Other"])
def test_the_name_beside_a_code_that_says_nothing_is_looked_up_too(written: str) -> None:
    assert amazon_carrier(written, "BE", "DPD").code == "DPD"


@given(st.text(max_size=40), st.sampled_from(sorted(BY_COUNTRY)), st.none() | st.text(max_size=40))
def test_whatever_is_written_gives_a_code_of_amazons_and_a_name_that_is_not_blank(
    written: str, country: str, name: str | None
) -> None:
    carrier = amazon_carrier(written, country, name)
    assert carrier.code in (*AMAZON_CODES, OTHER)
    assert carrier.name.strip()


OWN = {
    "budbee": OwnCarrier("DPD", "Classic"),
    "redjepakketje": OwnCarrier("PostNL"),
    "dhl": OwnCarrier("DHL-Paket"),
    "evri": OwnCarrier("Hermes UK"),
    "homerr": OwnCarrier(OTHER),
}


@pytest.mark.parametrize(
    ("code", "label", "expected"),
    [
        ("budbee", "Budbee", ("DPD", "DPD", "Classic")),
        ("x-17", "BUD BEE", ("DPD", "DPD", "Classic")),
        ("rjp", None, ("PostNL", "PostNL", None)),  # by the name under which it is reported
        ("dhl", None, ("DHL-Paket", "DHL-Paket", None)),
        ("dhl_de", "DHL", ("DHL-Paket", "DHL-Paket", None)),
        ("dhl_de", "DHL Paket", ("DHL", "DHL", None)),
        ("Evri", None, ("Hermes UK", "Evri", None)),  # the same code, so all stays as it was told
        ("homerr", None, (OTHER, "Homerr", None)),
        ("gls_de", None, ("GLS", "GLS", None)),
    ],
)
def test_the_store_s_own_table_goes_first(code: str, label: str | None, expected: tuple[str, str, str | None]) -> None:
    carrier = amazon_carrier(code, "DE", label, OWN)
    assert (carrier.code, carrier.name, carrier.method) == expected


def test_what_a_store_has_named_is_known_even_as_other() -> None:
    assert amazon_carrier("Pferdepost", "DE", None, {"pferdepost": OwnCarrier(OTHER)}).known
    assert not amazon_carrier("Pferdepost", "DE").known


@pytest.mark.parametrize(
    ("text", "code"), [("dpd", "DPD"), ("Royal mail", "Royal Mail"), ("andere", OTHER), ("Evry", None)]
)
def test_a_code_is_found_in_any_writing(text: str, code: str | None) -> None:
    assert find_code(text) == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("DPD Classic", "DPD"),
        ("royal_mail_tracked", "Royal Mail"),
        ("Chronpost", "Chronopost"),
        ("Budbee", None),
        ("FedEx Cross Border", None),
        ("Skymail", None),
        ("", None),
    ],
)
def test_the_code_that_a_name_may_mean(name: str, code: str | None) -> None:
    assert nearest_code(name) == code
