"""Lines of addresses as buyers type them, and what Sendcloud is sent: the table is `address_lines.txt`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amzlink.core.destination.address import LINE_LIMIT, fit_address
from amzlink.core.destination.streets import HOUSE_NUMBER_LIMIT
from amzlink.core.orders.order import Recipient
from amzlink.problems import Problem
from tests.support.rows import each_row

TABLE = Path(__file__).with_name("address_lines.txt")
# As many as are needed: a code of each country, in its form.
POSTAL_CODES = {
    "AT": "1070", "BE": "1000", "CH": "8001", "DE": "04109", "ES": "28013", "FR": "75011", "GB": "SW1A 1AA",
    "IE": "D02 X285", "IT": "00184", "LU": "1111", "NL": "1012 AB", "PL": "00-001", "US": "10036",
}  # fmt: skip


def rows() -> Iterator[Any]:
    kind = ""
    for row in TABLE.read_text(encoding="utf-8").splitlines():
        if row.startswith("=="):
            kind = row.strip("= ")
        elif row and not row.startswith("#"):
            country, _, rest = row.partition(":")
            lines, _, wanted = rest.partition("=>")
            yield pytest.param(country.strip(), parts(lines), parts(wanted), id=f"{kind}: {row}")


def parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("¦"))


def recipient(country: str, *lines: str, **fields: Any) -> Recipient:
    names = ("address_line_1", "address_line_2", "address_line_3")
    by_name = dict(zip(names, lines, strict=False))
    base = {"name": "Käthe Groß", "city": "Anderswo", "postal_code": POSTAL_CODES[country], "country_code": country}
    return Recipient(**{**base, **by_name, **fields})


@each_row(("country", "given_lines", "wanted"), list(rows()))
def test_lines_are_read_together(country: str, given_lines: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    address = fit_address(recipient(country, *given_lines), "302-1234567-1234567")
    assert (address.address_line_1, address.house_number or "", address.address_line_2 or "") == wanted


class TestPickupPoints:
    @each_row("told", ["PICKUP_POINT", None])
    @each_row(
        ("given_lines", "line", "second", "number"),
        [
            # As in DHL's help, karrio issue 370 and woocommerce-germanized issue 83.
            (("7654321", "Packstation 123"), "Packstation 123", "7654321", "7654321"),
            (("Packstation 145", "Postnummer 12345678"), "Packstation 145", "Postnummer 12345678", "12345678"),
            # Other orders and words.
            (("Packstation 145", "12345678"), "Packstation 145", "12345678", "12345678"),
            (("Packstation 145 Postnummer 12345678",), "Packstation 145", "Postnummer 12345678", "12345678"),
            (("12345678 Packstation 145",), "Packstation 145", "12345678", "12345678"),
            (("Packstation 145, 12345678",), "Packstation 145", "12345678", "12345678"),
            (("Packstation 145 (12345678)",), "Packstation 145", "(12345678)", "12345678"),
            (("Packstation 145 / 12345678",), "Packstation 145", "/ 12345678", "12345678"),
            (("PACKSTATION 145", "Post-Nr.: 1234 5678"), "PACKSTATION 145", "Post-Nr.: 1234 5678", "12345678"),
            (("Packstation", "145", "12345678"), "Packstation 145", "12345678", "12345678"),
            (("DHL Packstation 145", "Kundennummer 123456"), "DHL Packstation 145", "Kundennummer 123456", "123456"),
            (("Postfiliale 502", "1234567890"), "Postfiliale 502", "1234567890", "1234567890"),
            (("1234567890", "Postfiliale 502"), "Postfiliale 502", "1234567890", "1234567890"),
            (("PN 12345678", "DHL Paketshop 456"), "DHL Paketshop 456", "PN 12345678", "12345678"),
            (
                ("Lindenstraße 4", "Packstation 145", "12345678"),
                "Packstation 145",
                "Lindenstraße 4, 12345678",
                "12345678",
            ),
            (
                ("Beispiel GmbH", "12345678", "Packstation 145"),
                "Packstation 145",
                "Beispiel GmbH, 12345678",
                "12345678",
            ),
            (("Packstation 145, Lindenstr. 4", "12345678"), "Packstation 145", "Lindenstr. 4, 12345678", "12345678"),
        ],
    )
    def test_the_point_is_the_street_and_the_post_number_is_told_apart(
        self, given_lines: tuple[str, ...], line: str, second: str, number: str, told: str | None
    ) -> None:
        address = fit_address(recipient("DE", *given_lines, address_type=told), "302-1234567-1234567")
        assert (address.address_line_1, address.house_number) == (line, None)
        assert (address.address_line_2, address.po_box) == (second, number)

    @pytest.mark.parametrize(
        "names",
        [{"name": "Käthe Groß 12345678"}, {"company_name": "12345678"}, {"company_name": "Postnummer: 12345678"}],
    )
    def test_the_post_number_may_stand_beside_the_name(self, names: dict[str, str]) -> None:
        address = fit_address(recipient("DE", "Packstation 145", **names), "302-1234567-1234567")
        assert address.po_box == "12345678"
        assert {address.name, address.company_name} >= {*names.values()}

    @pytest.mark.parametrize(
        ("country", "given_lines"),
        [
            ("DE", ("Packstation 145", "Lindenstraße 4")),
            ("DE", ("Lindenstraße 4", "Packstation 145")),
            ("DE", ("Lindenstraße 4", "12345678")),
            ("DE", ("Packstation 145", "12345678", "87654321")),
            ("DE", ("neben Packstation 145", "12345678")),
            ("PL", ("Paczkomat WAW01A", "12345678")),
        ],
    )
    def test_what_may_be_another_number_is_not_taken_for_a_post_number(
        self, country: str, given_lines: tuple[str, ...]
    ) -> None:
        address = fit_address(recipient(country, *given_lines), "302-1234567-1234567")
        assert address.po_box is None
        assert address.address_line_1.split()[0] == given_lines[0].split()[0]

    def test_a_point_that_amazon_tells_of_stands_first_without_a_post_number_too(self) -> None:
        told = recipient("DE", "Lindenstraße 4", "Packstation 145", address_type="PICKUP_POINT")
        address = fit_address(told, "302-1234567-1234567")
        assert (address.address_line_1, address.address_line_2) == ("Packstation 145", "Lindenstraße 4")


def test_a_line_that_says_the_postal_code_is_no_house_number() -> None:
    address = fit_address(recipient("AT", "Mühlgasse", "1070", postal_code="1070"), "302-1234567-1234567")
    assert (address.address_line_1, address.house_number, address.address_line_2) == ("Mühlgasse", None, "1070")


def test_mannheims_squares_are_streets_in_mannheim_alone() -> None:
    there = fit_address(recipient("DE", "Beispiel GmbH", "Q5, 12", postal_code="68161"), "302-1234567-1234567")
    assert (there.address_line_1, there.address_line_2) == ("Q5, 12", "Beispiel GmbH")
    apart = fit_address(recipient("DE", "Q5", "12", postal_code="68161"), "302-1234567-1234567")
    assert (apart.address_line_1, apart.address_line_2) == ("Q5 12", None)
    elsewhere = fit_address(recipient("DE", "Beispiel GmbH", "Q5, 12"), "302-1234567-1234567")
    assert (elsewhere.address_line_1, elsewhere.address_line_2) == ("Beispiel GmbH", "Q5, 12")


def test_amazons_own_parts_are_not_repeated_when_the_number_has_a_line_of_its_own() -> None:
    parted = recipient("DE", "Eliasstr", "8", street_name="Eliasstr", street_number="8")
    address = fit_address(parted, "302-1234567-1234567")
    assert (address.address_line_1, address.house_number, address.address_line_2) == ("Eliasstr", "8", None)


# Every word of the table, in any order: they are the words that the reader looks for.
pieces = st.sampled_from(
    sorted(
        {"Packstation", "Postnummer", "145", "12345678", "Postfach", "68161", "/", "(", ")", "8,"}
        | {word for row in rows() for line in row.values[1] for word in line.split()}
    )
)
typed_lines = st.lists(pieces, min_size=1, max_size=6).map(" ".join)


def words(*texts: str | None) -> list[str]:
    return sorted(word for text in texts if text for word in re.split(r"[\s,;]+", text) if word)


@settings(max_examples=400)
@given(
    country=st.sampled_from(sorted(POSTAL_CODES)),
    given_lines=st.lists(typed_lines, min_size=1, max_size=3),
    fields=st.fixed_dictionaries(
        {},
        optional={
            "company_name": typed_lines,
            "address_type": st.just("PICKUP_POINT"),
            "postal_code": st.sampled_from(["68161", "1070"]),
        },
    ),
)
def test_every_word_is_in_the_address_once_and_none_is_new(
    country: str, given_lines: list[str], fields: dict[str, str]
) -> None:
    wanted = recipient(country, *given_lines, **fields)
    try:
        address = fit_address(wanted, "302-1234567-1234567")
    except Problem:
        return
    assert words(
        address.name, address.company_name, address.address_line_1, address.house_number, address.address_line_2
    ) == words(wanted.name, wanted.company_name, *given_lines)
    assert max(len(address.address_line_1), len(address.address_line_2 or "")) <= LINE_LIMIT
    assert len(address.house_number or "") <= HOUSE_NUMBER_LIMIT
    if address.po_box:
        assert address.po_box.replace(" ", "") in "".join((*given_lines, wanted.company_name or "")).replace(" ", "")
    assert fit_address(wanted, "302-1234567-1234567") == address
