"""Amazon's addresses in Sendcloud's fields: every word stays, nothing is made up, and what does not fit is named."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.destination.address import (
    CITY_LIMIT,
    COMPANY_LIMIT,
    LINE_LIMIT,
    NAME_LIMIT,
    NO_POSTAL_CODE,
    POSTAL_CODE_LIMIT,
    FittedAddress,
    fit_address,
)
from amzlink.core.destination.streets import HOUSE_NUMBER_LIMIT
from amzlink.core.orders.order import Recipient
from amzlink.problems import Problem
from tests.support.rows import each_row

BASE = Recipient(
    name="Käthe Groß", address_line_1="Lindenstraße 12", city="Leipzig", postal_code="04109", country_code="DE"
)


def fitted(**fields: Any) -> FittedAddress:
    return fit_address(msgspec.structs.replace(BASE, **fields), "302-1234567-1234567")


def outcome(recipient: Recipient) -> FittedAddress | Problem:
    try:
        return fit_address(recipient, "302-1234567-1234567")
    except Problem as problem:
        return problem


def refusal(**fields: Any) -> str:
    with pytest.raises(Problem) as caught:
        fitted(**fields)
    assert caught.value.name.value == "address-unfit"
    return str(caught.value.facts["detail"])


def lines(address: FittedAddress) -> tuple[str, str | None, str | None]:
    return address.address_line_1, address.house_number, address.address_line_2


def test_a_plain_address_stays_as_it_is() -> None:
    assert fitted() == FittedAddress(
        name="Käthe Groß",
        company_name=None,
        address_line_1="Lindenstraße",
        house_number="12",
        address_line_2=None,
        postal_code="04109",
        city="Leipzig",
        state_province_code=None,
        country_code="DE",
        po_box=None,
    )


class TestHouseNumbers:
    @pytest.mark.parametrize(
        ("country", "line", "street", "number"),
        [
            ("DE", "Am Alten Mühlbach 7a", "Am Alten Mühlbach", "7a"),
            ("DE", "Königsallee 12-14", "Königsallee", "12-14"),
            ("NL", "'s-Gravenweg 3", "'s-Gravenweg", "3"),
            ("IT", "Via Roma, 12", "Via Roma", "12"),
            ("ES", "Calle Mayor 5", "Calle Mayor", "5"),
            ("PL", "ul. Kościuszki 4/12", "ul. Kościuszki", "4/12"),
            ("BE", "Rue de la Loi 16", "Rue de la Loi", "16"),
            ("FR", "12 bis, rue de l'Église", "rue de l'Église", "12 bis"),
            ("FR", "3 avenue du Maréchal-Foch", "avenue du Maréchal-Foch", "3"),
            ("LU", "5, rue Plaetis", "rue Plaetis", "5"),
        ],
    )
    def test_the_only_number_where_the_country_writes_it_is_taken_apart(
        self, country: str, line: str, street: str, number: str
    ) -> None:
        assert lines(fitted(country_code=country, address_line_1=line)) == (street, number, None)

    @pytest.mark.parametrize(
        ("country", "line"),
        [
            ("DE", "Straße des 17. Juni 4"),
            ("DE", "Straße des 17. Juni"),
            ("DE", "Packstation 123"),
            ("DE", "Postfach 1234"),
            ("DE", "Haus 5"),
            ("DE", "Q7 24"),
            ("AT", "Grazer Ring 4/Stiege 2/Top 14"),
            ("AT", "Mariahilfer Straße Top 14"),
            ("PL", "3 Maja 7"),
            ("ES", "Calle Mayor 5, 3º B"),
            ("ES", "Calle Mayor km 5"),
            ("DE", "Lindenstraße 12345678"),
            ("FR", "rue de l'Église 12"),
            ("FR", "12 rue du 8 mai"),
            ("US", "350 5th Avenue"),
            ("GB", "10 Downing Street"),
            ("GB", "Flat 3"),
            ("JP", "1-1-2 Oshiage"),
        ],
    )
    def test_a_number_that_may_be_another_stays_where_it_is(self, country: str, line: str) -> None:
        address = fitted(country_code=country, address_line_1=line, postal_code="1000")
        assert lines(address) == (line, None, None)

    @pytest.mark.parametrize("line", ["Rua das Flores 25", "Rua das Flores, 25", "25 Rua das Flores"])
    def test_amazons_own_parts_decide_where_it_gives_them(self, line: str) -> None:
        address = fitted(country_code="BR", address_line_1=line, street_name="Rua das Flores", street_number="25")
        assert lines(address) == ("Rua das Flores", "25", None)

    def test_parts_that_the_lines_do_not_say_are_added_to_them(self) -> None:
        address = fitted(
            country_code="BR", address_line_1="Rua das Flores 25", complement="Apto 4", neighborhood="Centro"
        )
        assert lines(address) == ("Rua das Flores 25", None, "Apto 4, Centro")

    def test_parts_alone_are_the_street(self) -> None:
        address = fitted(country_code="BR", address_line_1=None, street_name="Rua das Flores", street_number="25")
        assert lines(address) == ("Rua das Flores", "25", None)

    def test_nothing_is_taken_apart_at_a_pick_up_point(self) -> None:
        assert fitted(address_type="PICKUP_POINT").address_line_1 == "Lindenstraße 12"


class TestLines:
    def test_the_second_and_third_line_share_one(self) -> None:
        assert lines(fitted(address_line_2="2. OG links", address_line_3="bei Vogt"))[2] == "2. OG links, bei Vogt"

    @pytest.mark.parametrize("before", ["c/o Vogt", "C/O: Vogt", "z.Hd. Frau Vogt", "Bäckerei Sonnenschein GmbH"])
    def test_a_street_that_stands_second_is_put_first_for_the_carriers(self, before: str) -> None:
        address = fitted(address_line_1=before, address_line_2="Lindenstraße 5")
        assert lines(address) == ("Lindenstraße", "5", before)

    @pytest.mark.parametrize(
        ("country", "first", "second"),
        [("DE", "Am Markt", "Eingang 5"), ("DE", "Große Straße", "Weg 5"), ("FR", "Atelier", "12 rue du Bac")],
    )
    def test_lines_are_not_turned_round_on_a_guess(self, country: str, first: str, second: str) -> None:
        address = fitted(country_code=country, address_line_1=first, address_line_2=second)
        assert lines(address) == (first, None, second)

    def test_words_that_have_no_room_go_on_in_the_next_line(self) -> None:
        address = fitted(address_line_1="Sehr " * 15 + "lange Straße 4", address_line_2="Hinterhaus")
        assert address.address_line_1 == ("Sehr " * 12).strip()
        assert address.address_line_2 == "Sehr Sehr Sehr lange Straße, Hinterhaus"
        assert address.house_number == "4"

    def test_a_name_that_is_too_long_goes_on_in_the_company(self) -> None:
        address = fitted(name="Maximiliane-Theodora Freifrau von und zu Hohenstein-Wolkenburg-Rabeneck")
        assert (address.name, address.company_name) == (
            "Maximiliane-Theodora Freifrau von und zu",
            "Hohenstein-Wolkenburg-Rabeneck",
        )

    def test_where_a_company_stands_it_goes_on_in_the_second_line(self) -> None:
        address = fitted(name="Maximiliane-Theodora Freifrau von und zu Hohenstein-Wolkenburg", company_name="Kontor 4")
        assert address.company_name == "Kontor 4"
        assert address.address_line_2 == "Hohenstein-Wolkenburg"

    def test_lines_that_are_longer_than_all_room_are_refused_and_not_cut(self) -> None:
        full = "wort " * 12
        assert refusal(
            company_name="Kontor 4", address_line_1=full, address_line_2=full, address_line_3=full
        ) == "the name and the address lines together are longer than the lines there are"  # fmt: skip

    def test_a_free_company_line_takes_what_is_left(self) -> None:
        full = "wort " * 12
        address = fitted(address_line_1=full, address_line_2=full, address_line_3="im Hof")
        assert address.company_name == "im Hof"

    def test_a_word_that_no_line_can_hold_is_refused(self) -> None:
        assert refusal(address_line_1="x" * 61) == "the street (address line 1) has a word of more than 60 characters"
        assert refusal(name="x" * 51) == "the name has a word of more than 50 characters"

    def test_a_company_alone_is_the_name(self) -> None:
        address = fitted(name=None, company_name="Kontor 4")
        assert (address.name, address.company_name) == ("Kontor 4", None)


class TestMissingAndTooLong:
    def test_everything_that_is_wrong_is_told_at_once(self) -> None:
        detail = refusal(name=None, address_line_1=None, city="x" * 31, postal_code="1" * 13, country_code=None)
        assert detail.split("; ") == [
            "the country is missing",
            "the postal code has more than 12 characters",
            "the city has more than 30 characters",
            "the name is missing",
            "the street (address line 1) is missing",
        ]

    def test_a_country_is_two_letters(self) -> None:
        assert refusal(country_code="Germany") == "the country code has not two letters"
        assert fitted(country_code="de").country_code == "DE"
        assert fitted(country_code="UK").country_code == "GB"

    @pytest.mark.parametrize("country", ["AE", "HK", "IE", "QA"])
    def test_a_country_that_does_without_postal_codes_gets_none_made_up(self, country: str) -> None:
        assert fitted(country_code=country, postal_code=None).postal_code == NO_POSTAL_CODE

    def test_a_postal_code_that_is_there_is_kept_everywhere(self) -> None:
        assert fitted(country_code="IE", postal_code="D02 X285").postal_code == "D02 X285"

    @pytest.mark.parametrize("country", ["DE", "US", "SE", "SA"])
    def test_elsewhere_a_missing_postal_code_is_refused(self, country: str) -> None:
        assert refusal(country_code=country, postal_code=" ") == "the postal code is missing"

    def test_a_city_state_needs_no_city(self) -> None:
        assert fitted(country_code="AE", city=None, state_or_region="Dubai", postal_code=None).city == "Dubai"


class TestRegions:
    @pytest.mark.parametrize(
        ("country", "region", "postal_code", "code"),
        [
            ("IT", "RM", "00184", "IT-RM"),
            ("IT", "Forlì-Cesena", "47121", "IT-FC"),
            ("IT", "it-mi", "20121", "IT-MI"),
            ("US", "New York", "10036", "US-NY"),
            ("US", "ca", "90210", "US-CA"),
            ("CA", "Québec", "H2Y 1C6", "CA-QC"),
            ("AU", "NSW", "2000", "AU-NSW"),
            ("ES", "whatever is typed", "28013", "ES-M"),
            ("ES", None, "07001", "ES-PM"),
            ("ES", None, "52001", "ES-ML"),
            ("ES", None, "53001", None),
            ("IT", "Padania", "20121", None),
            ("DE", "BY", "80331", None),
        ],
    )
    def test_a_code_is_given_where_it_is_certain(
        self, country: str, region: str | None, postal_code: str, code: str | None
    ) -> None:
        address = fitted(country_code=country, state_or_region=region, postal_code=postal_code)
        assert address.state_province_code == code

    def test_a_region_without_a_code_stands_in_the_address_where_no_postal_code_says_it(self) -> None:
        address = fitted(
            country_code="IN", state_or_region="Maharashtra", district_or_county="Pune", postal_code="411001"
        )
        assert address.address_line_2 == "Pune, Maharashtra"

    def test_the_label_does_not_repeat_what_the_postal_code_or_the_city_says(self) -> None:
        assert fitted(state_or_region="Sachsen").address_line_2 is None
        assert fitted(country_code="AE", city="Dubai", state_or_region="Dubai").address_line_2 is None


class TestBoxesAndLockers:
    def test_the_post_number_of_a_locker_is_told_apart_and_kept_in_its_line(self) -> None:
        address = fitted(
            address_line_1="Packstation 123", address_line_2="98765432", address_line_3="Lindenstraße 4",
            address_type="PICKUP_POINT",
        )  # fmt: skip
        assert address.po_box == "98765432"
        assert lines(address) == ("Packstation 123", None, "98765432, Lindenstraße 4")

    @pytest.mark.parametrize(
        "box",
        ["PO Box 678", "P.O. Box 678", "Postfach 12 34", "Postbus 9", "Casella postale 7", "Case postale 7", "Apdo. 9"],
    )
    def test_a_post_box_is_told_and_kept_in_its_line(self, box: str) -> None:
        address = fitted(address_line_1=box)
        assert (address.po_box, address.address_line_1, address.house_number) == (box, box, None)


def test_control_characters_are_spaces_and_every_other_sign_survives() -> None:
    address = fitted(name="Team 👩‍👩‍👧‍👦\tNord\x00licht", city="北京市", address_line_1="שדרות רוטשילד 1")
    assert address.name == "Team 👩‍👩‍👧‍👦 Nord licht"
    assert address.city == "北京市"
    assert f"{address.address_line_1} {address.house_number}" == "שדרות רוטשילד 1"


words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters=",;"), min_size=1, max_size=12
)
known_words = st.sampled_from(["12", "4a", "c/o", "Lindenstraße", "Packstation", "rue", "de", "17.", "98765432"])


def phrases(most: int, least: int = 1) -> st.SearchStrategy[str]:
    return st.lists(words | known_words, min_size=least, max_size=most).map(" ".join)


def bare(*parts: str | None) -> list[str]:
    return sorted(
        word.strip(",;") for part in parts if part for word in part.replace("\x1f", " ").split() if word.strip(",;")
    )


@each_row(
    ("country", "written", "sent"),
    [
        ("DE", "D-10115", "10115"), ("DE", "D 10115", "10115"), ("DE", "DE10115", "10115"), ("AT", "A-1070", "1070"),
        ("NL", "NL-1234 AB", "1234 AB"), ("SE", "SE-123 45", "123 45"), ("PL", "PL 00-950", "00-950"),
        ("LU", "L-1234", "1234"), ("PT", "P-1000-001", "1000-001"),
        ("LV", "LV-1050", "LV-1050"), ("AD", "AD500", "AD500"), ("FI", "AX-22100", "AX-22100"),
        ("DE", "F-75001", "F-75001"),
    ],
)  # fmt: skip
def test_a_postal_code_goes_without_the_country_in_front_of_it(country: str, written: str, sent: str) -> None:
    assert fitted(country_code=country, postal_code=written).postal_code == sent


@each_row(("told", "sent"), [("XI", "GB"), ("uk", "GB"), ("EL", "GR")])
def test_a_country_goes_under_its_iso_code(told: str, sent: str) -> None:
    assert fitted(country_code=told, postal_code="BT1 5GS").country_code == sent


@given(
    recipient=st.builds(
        Recipient, name=phrases(7), company_name=st.none() | phrases(5), address_line_1=phrases(7),
        address_line_2=st.none() | phrases(6, 0), address_line_3=st.none() | phrases(6, 0), city=phrases(2),
        postal_code=st.sampled_from(["04109", "75011"]),
        country_code=st.sampled_from(["DE", "FR", "NL", "US", "AE", "JP", "XX"]),
        address_type=st.sampled_from([None, "PICKUP_POINT"]),
    )
)  # fmt: skip
def test_no_word_is_lost_or_added_and_every_field_keeps_its_limit(recipient: Recipient) -> None:
    address = outcome(recipient)
    if isinstance(address, Problem):
        given = {*bare(recipient.name, recipient.address_line_1, recipient.address_line_2, recipient.city)}
        assert not {word for word in given if len(word) > 9} & {*str(address.facts["detail"]).split()}
        return
    assert bare(
        address.name, address.company_name, address.address_line_1, address.house_number, address.address_line_2,
        address.city,
    ) == bare(
        recipient.name, recipient.company_name, recipient.address_line_1, recipient.address_line_2,
        recipient.address_line_3, recipient.city,
    )  # fmt: skip
    assert 0 < len(address.name) <= NAME_LIMIT
    assert len(address.company_name or "") <= COMPANY_LIMIT
    assert 0 < len(address.address_line_1) <= LINE_LIMIT
    assert len(address.address_line_2 or "") <= LINE_LIMIT
    assert len(address.house_number or "") <= HOUSE_NUMBER_LIMIT
    assert 0 < len(address.city) <= CITY_LIMIT
    assert 0 < len(address.postal_code) <= POSTAL_CODE_LIMIT


@given(recipient=st.builds(Recipient, **dict.fromkeys(Recipient.__struct_fields__, st.none() | st.text(max_size=70))))
def test_any_text_at_all_is_an_address_or_a_problem(recipient: Recipient) -> None:
    address = outcome(recipient)
    if isinstance(address, Problem):
        assert address.name.value == "address-unfit"
    else:
        assert address.name
        assert address.address_line_1
