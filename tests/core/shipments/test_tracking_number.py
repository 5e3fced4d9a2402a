"""Tracking numbers: what carriers print passes, whatever else stands in the cell is refused by name."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.core.files.spreadsheet_cells import tidied
from amzlink.core.shipments.tracking_number import BadTrackingNumberError, failed_check, read_tracking_number
from tests.support.rows import each_row


def read(cell: str) -> str:
    return read_tracking_number(tidied(cell))


def why(cell: str) -> str:
    with pytest.raises(BadTrackingNumberError) as caught:
        read(cell)
    return str(caught.value)


DIGITS = "0123456789"


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=count, max_size=count)


def gs1(body: str) -> str:
    """With the check digit by its definition: the whole, from the right on times 1 and 3 in turn, is a round number."""
    for digit in DIGITS:
        whole = body + digit
        if sum(int(each) * (1, 3)[at % 2] for at, each in enumerate(reversed(whole))) % 10 == 0:
            return whole
    raise AssertionError(body)


def s10(service: str, serial: str, country: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    check = 11 - total % 11
    return f"{service}{serial}{0 if check == 10 else 5 if check == 11 else check}{country}"


def ups(body: str) -> str:
    values = ["0123456789".index(sign) if sign in DIGITS else "ABCDEFGHIJ".find(sign) + 2 for sign in body]
    total = sum(values[0::2]) + 2 * sum(values[1::2])
    return f"1Z{body}{(10 - total % 10) % 10}"


parcels_of_dhl = st.builds(lambda rest: "00" + gs1("3404" + rest), digits(13))
genuine = st.one_of(
    parcels_of_dhl,
    st.builds(
        lambda prefix, rest: "00" + gs1("3" + prefix + rest),
        st.sampled_from(["59", "70", "73", "76", "64"]),
        digits(14),
    ),
    st.builds(
        s10,
        st.sampled_from(["RR", "CX", "LX", "EE", "HA", "UA", "VV", "AV", "XN"]),
        digits(8),
        st.sampled_from(["DE", "NL", "GB", "PL", "IT", "ES"]),
    ),
    st.builds(ups, st.text(DIGITS + "ABCDEFGH", min_size=15, max_size=15)),
    st.builds(lambda prefix, rest: gs1(prefix + rest), st.sampled_from(["92", "93", "94", "95"]), digits(19)),
    digits(10),  # DHL Express
    digits(11),  # GLS
    digits(12),  # FedEx, DHL's Identcode
    digits(14).map(lambda rest: "0" + rest[1:]),  # DPD
    digits(15),  # FedEx Ground
    st.builds(lambda letters, rest: f"3S{letters}{rest}", st.text("ABCDEFGHJKLMN", min_size=4, max_size=4), digits(9)),
    st.builds("JJD0149{}".format, digits(14)),
    st.builds("JVGL{}".format, digits(20)),
    st.builds("6A{}".format, digits(11)),  # Colissimo
    st.builds("99{}".format, digits(16)),  # Swiss Post
    st.from_regex(r"[A-Z0-9]{8}", fullmatch=True),  # GLS's track id
    st.from_regex(r"TBA[0-9]{12}", fullmatch=True),
    st.from_regex(r"H[0-9]{19}", fullmatch=True),  # Hermes
    st.from_regex(r"[A-Z]{2}[0-9]{9}YP", fullmatch=True),  # Yanwen, which looks like S10 and keeps to it not
)


def is_told_from_nothing(number: str) -> bool:
    """What the two rules against fillers and lost digits leave; no carrier numbers a parcel with zeros alone."""
    if number.isdecimal() and number[0] != "0" and len(number[15:]) >= 3 and not number[15:].strip("0"):
        return False
    return len(set(number)) > 2 and not number.isalpha() and number.strip("0") != ""


class TestGenuineNumbers:
    @given(genuine.filter(is_told_from_nothing))
    def test_none_is_refused_or_changed(self, number: str) -> None:
        assert read(number) == number

    @given(genuine.filter(is_told_from_nothing), st.integers(3, 5), st.sampled_from([" ", "\u00a0", "\u202f", "  "]))
    def test_groups_as_they_are_printed_are_one_number(self, number: str, width: int, space: str) -> None:
        printed = space.join(number[at : at + width] for at in range(0, len(number), width))
        groups = re.split(r"\s+", printed)
        if not any(group.isalpha() and len(group) > 4 for group in groups):
            assert read(printed) == number

    @each_row(
        "number",
        [
            "00340434161094042557", "00340434292135100186", "340434161094042557", "RR473124829GB", "1Z5R89390357567127",
            "1ZXX3150YW44070023", "1Z12345E0205271688", "9400111201080805483016", "03071790000523483741",
            "6A12345678901",
            "JJD014900001234567890", "3SABCD123456789", "GM295117494011169042", "12E45678", "1E10",
            "340434161094000700",
            "1234567890123456700", "NEW-1", "1", "ABCDEFGH", "(00)340434161094042557", "99.00.123456.12345678",
            "7890/1", "2026-13-45",
        ],
    )  # fmt: skip
    def test_what_looks_odd_and_is_right_passes(self, number: str) -> None:
        assert read(number) == number

    @pytest.mark.parametrize(
        ("cell", "number"),
        [
            ('="00340434161094042557"', "00340434161094042557"),
            ("'00340434161094042557", "00340434161094042557"),
            ("\ufeff 00340434161094042557\u200b\t", "00340434161094042557"),
            ("1Z\u2013999\u2013AA1", "1Z-999-AA1"),
            ("1234567890.0", "1234567890"),
            ("1.23456789012E+11", "123456789012"),
            ("JJD 0003 4043", "JJD00034043"),
            ("3S ABCD 1234567", "3SABCD1234567"),
        ],
    )
    def test_what_programs_put_around_a_number_goes(self, cell: str, number: str) -> None:
        assert read(cell) == number


class TestOtherThings:
    @pytest.mark.parametrize(
        "cell",
        [
            "https://www.dhl.de/en/privatkunden.html?piececode=00340434161094042557", "HTTP://t.co/1",
            "www.dpd.de/1234",
            "nolp.dhl.de/nextt-online-public/set_identcodes.do?idc=003", "tracking.example?id=1",
            "<a href='x'>00340434161094042557</a>", '=HYPERLINK("https://www.dhl.de","00340434161094042557")',
        ],
    )  # fmt: skip
    def test_a_link_is_refused(self, cell: str) -> None:
        assert why(cell) == "tracking_number is a link"

    @pytest.mark.parametrize(
        "cell",
        ['=HYPERLINK(A1,"00340434161094042557")', "=A2", '="0034"&"0434"', "+491701234567", "@SUM(A1)", "-12345"],
    )
    def test_a_formula_is_refused(self, cell: str) -> None:
        assert "spreadsheet formula" in why(cell)

    @each_row(
        "cell",
        [
            "n/a", "N/A", "#N/A", "-", "--", "\u2014", "?", ".", "0", "000", "0.0", "none", "NULL", "nan", "tba", "TBD",
            "keine", "Keine Sendungsnummer", "folgt", "FOLGT NOCH", "k.A.", "ohne", "geen", "n.v.t.",
            "onbekend", "aucun",
            "à venir", "sans suivi", "nessuno", "non disponibile", "ninguno", "sin número", "pendiente",
            "brak", "saknas",
            "yok", "nenhum", "wird nachgereicht", "Abholung", "ABHOLUNG", "BRIEF", "xxxxx", "XXXXXXXX",
            "99999999", "DHL",
        ],
    )  # fmt: skip
    def test_a_word_for_nothing_is_refused(self, cell: str) -> None:
        assert "leave the cell empty" in why(cell)

    @pytest.mark.parametrize(
        "cell",
        [
            "00340434161094042557,00340434161094042564", "00340434161094042557; 00340434161094042564",
            "00340434161094042557 / 00340434161094042564", "00340434161094042557\n00340434161094042564",
            "00340434161094042557 00340434161094042564", "JJD0001|JJD0002", "JJD0001 und JJD0002", "JJD0001 & JJD0002",
            "00340434161094042557 - 00340434161094042564", "1234567/7654321",
        ],
    )  # fmt: skip
    def test_two_numbers_in_a_cell_are_refused(self, cell: str) -> None:
        assert "more than one number" in why(cell)

    @pytest.mark.parametrize(
        "cell", ["3.40434E+17", "3,40434E+17", "3E+19", "3.40434e19", "12345678901234567.0", "340434161094042557,00"]
    )
    def test_a_number_that_a_spreadsheet_rounded_is_refused(self, cell: str) -> None:
        assert "was rounded by a spreadsheet" in why(cell)

    @pytest.mark.parametrize(
        "cell", ["340434161094042000", "9400111201080800000000", "123456789012345000", "3404341610940420000"]
    )
    def test_zeros_from_the_sixteenth_digit_on_are_digits_that_are_lost(self, cell: str) -> None:
        assert "16th digit" in why(cell)

    @each_row(
        "cell",
        [
            "12.99", "12,99", "12.99 EUR", "EUR 12.99", "12.99EUR", "€12.99", "$5.99", "4.99 zł", "49 SEK", "1.299,00",
            "1299.00", "5.90", "5kg", "1,5 kg", "x2", "2 x", "2 pcs", "2 Stück", "1/2", "10%", "12:30",
        ],
    )  # fmt: skip
    def test_a_price_a_weight_and_a_count_are_refused(self, cell: str) -> None:
        assert "is an amount" in why(cell)

    @each_row(
        "cell",
        [
            "00340434161094042557 x2", "00340434161094042557x2", "00340434161094042557 (2)", "JJD000390012345 2x",
            "2x 00340434161094042557", "00340434161094042557 × 2",
        ],
    )  # fmt: skip
    def test_a_number_with_a_count_is_refused(self, cell: str) -> None:
        assert "has a count beside the number" in why(cell)

    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            ("302-1234567-1234567", "Amazon order number"),
            ("2026-11-23", "is a date"),
            ("23.11.2026", "is a date"),
            ("03.12.", "is a date"),
            ("11/23/2026", "is a date"),
            ("DHL 00340434161094042557", "words beside the number"),
            ("Paket 1234567890", "words beside the number"),
            ("Nr. 00340434161094042557", "words beside the number"),
            ("OO340434161094042557", "check digit of its kind (SSCC)"),
            ("0034043416l094042557", "check digit of its kind (SSCC)"),
            ("IZ999AA10123456784", "check digit of its kind (UPS)"),
            ("jana@example.test 1", "characters that no carrier prints"),
            ("#1234", "characters that no carrier prints"),
            ("номер", "not Latin"),
            ("1" + "23" * 26, "more than 50 characters"),
        ],
    )
    def test_other_things_are_refused_by_name(self, cell: str, reason: str) -> None:
        assert reason in why(cell)

    @given(parcels_of_dhl, st.integers(6, 19), st.integers(1, 9))
    def test_a_parcel_of_dhls_with_a_digit_mistyped_is_refused(self, number: str, at: int, by: int) -> None:
        wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
        assert failed_check(wrong) == "SSCC"

    @given(parcels_of_dhl)
    def test_what_excel_makes_of_a_parcel_of_dhls_is_refused(self, number: str) -> None:
        kept = number[2:17] + "000"
        assert "digits are lost" in why(kept)
        assert "digits are lost" in why(f"{kept[0]}.{kept[1:6]}E+17")

    @pytest.mark.parametrize(
        ("number", "standard"),
        [
            ("RR473124828GB", "UPU S10"),
            ("00340434161094042558", "SSCC"),
            ("340434161094042558", "SSCC"),
            ("1Z5R89390357567128", "UPS"),
            ("1z5r89390357567128", "UPS"),
            ("9400111201080805483017", "USPS"),
        ],
    )
    def test_a_check_digit_that_fails_is_named_by_its_standard(self, number: str, standard: str) -> None:
        assert f"({standard})" in why(number)

    @given(st.text(min_size=1, max_size=60))
    def test_whatever_stands_there_is_a_number_without_spaces_or_is_refused(self, cell: str) -> None:
        text = tidied(cell)
        if not text:
            return
        try:
            number = read_tracking_number(text)
        except BadTrackingNumberError:
            return
        assert number.isascii()
        assert number.isprintable()
        assert " " not in number
        assert any(sign.isalnum() for sign in number)
