"""Lines of addresses as buyers type them, and what Sendcloud is sent: the table is `address_lines.txt`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from amzlink.core.destination.address import fit_address
from amzlink.core.orders.order import Recipient

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
            given, _, wanted = rest.partition("=>")
            yield pytest.param(country.strip(), parts(given), parts(wanted), id=f"{kind}: {row}")


def parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("¦"))


def recipient(country: str, *lines: str, **fields: Any) -> Recipient:
    names = ("address_line_1", "address_line_2", "address_line_3")
    given = dict(zip(names, lines, strict=False))
    base = {"name": "Käthe Groß", "city": "Anderswo", "postal_code": POSTAL_CODES[country], "country_code": country}
    return Recipient(**{**base, **given, **fields})


@pytest.mark.parametrize(("country", "given", "wanted"), list(rows()))
def test_lines_are_read_together(country: str, given: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    address = fit_address(recipient(country, *given), "302-1234567-1234567")
    assert (address.address_line_1, address.house_number or "", address.address_line_2 or "") == wanted
