"""The file with addresses, as Amazon writes it and as people damage it."""

import io
from typing import Any

import pytest

from amzlink.core.orders.address_file import (
    AddressRefusal,
    AddressRow,
    contradicts,
    letters_lost,
    read_addresses,
)
from amzlink.core.orders.order import Recipient
from amzlink.problems import Problem

HEAD = "order-id\torder-item-id\trecipient-name\tship-address-1\tship-city\tship-postal-code\tship-country\r\n"
ID = "302-1234567-1234567"


def row(*cells: str) -> str:
    return "\t".join(cells) + "\r\n"


def good(**changed: str) -> str:
    cells = {
        "id": ID, "item": "1", "name": "Jörg Müller", "street": "Hauptstr. 5", "city": "Köln", "code": "50667",
        "country": "DE",
    } | changed  # fmt: skip
    return row(*cells.values())


def read(text: str, encoding: str = "cp1252", **options: Any) -> list[AddressRow | AddressRefusal]:
    return read_addresses(io.BytesIO(text.encode(encoding)), file="unshipped.txt", **options)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_an_order_comes_once_whatever_the_encoding_and_however_many_lines_it_has(encoding: str) -> None:
    [found] = read(HEAD + good() + good(item="2"), encoding)
    assert isinstance(found, AddressRow)
    assert (found.line, found.order_id) == (2, ID)
    assert found.recipient == Recipient(
        name="Jörg Müller", address_line_1="Hauptstr. 5", city="Köln", postal_code="50667", country_code="DE",
        from_file=True,
    )  # fmt: skip


@pytest.mark.parametrize("name", ['"Haus Sonne', 'Haus "Sonne"', "'t Hooft", 'a " b " c'])
def test_quotes_are_letters_of_a_name_and_swallow_no_rows(name: str) -> None:
    rows = read(HEAD + good(name=name) + good(id="302-1234567-0000001") + good(id="302-1234567-0000002"))
    assert [row.order_id for row in rows] == [ID, "302-1234567-0000001", "302-1234567-0000002"]
    assert isinstance(rows[0], AddressRow)
    assert rows[0].recipient.name == name


def test_a_file_that_a_spreadsheet_has_saved_is_read_too() -> None:
    quoted = HEAD.replace("\t", ";") + good(name='"Müller; Jörg"', street='"Haus ""Sonne"" 3"').replace("\t", ";")
    [found] = read(quoted)
    assert isinstance(found, AddressRow)
    assert (found.recipient.name, found.recipient.address_line_1) == ("Müller; Jörg", 'Haus "Sonne" 3')
    [found] = read(HEAD + good(name='"Haus ""Sonne"""'))
    assert isinstance(found, AddressRow)
    assert found.recipient.name == 'Haus "Sonne"'


def test_japanese_letters_are_read_in_every_encoding() -> None:
    text = HEAD + good(name="山田 太郎", street="丸の内1-9-1", city="千代田区", code="100-0005", country="JP")
    for encoding in ("cp932", "utf-8", "utf-16"):
        [found] = read(text, encoding, japanese=True)
        assert isinstance(found, AddressRow)
        assert (found.recipient.name, found.recipient.letters_lost) == ("山田 太郎", False)


@pytest.mark.parametrize(
    ("changed", "malformed"),
    [
        ({"id": ""}, True),
        ({"id": "30212345671234567"}, True),
        ({"id": "3.02E+16"}, True),
        ({"name": ""}, False),
        ({"street": " "}, False),
        ({"country": "Germany"}, True),
        ({"code": "1067"}, True),
        ({"name": "x" * 300}, True),
    ],
    ids=["no number", "a number without signs", "rounded", "no name", "no street", "country", "zero lost", "too long"],
)
def test_a_row_that_cannot_be_used_is_named_without_quoting_it_and_the_others_are_read(
    changed: dict[str, str], malformed: bool
) -> None:
    refused, kept = read(HEAD + good(**changed) + good(id="302-1234567-0000001"))
    assert isinstance(refused, AddressRefusal)
    assert isinstance(kept, AddressRow)
    assert (refused.line, refused.malformed) == (2, malformed)
    for text in ("Müller", "Hauptstr", "x" * 50, "1067"):
        assert text not in refused.message.replace("01067", "")


def test_two_addresses_of_one_order_are_refused() -> None:
    [refused] = read(HEAD + good() + good(street="Nebenstr. 7"))
    assert isinstance(refused, AddressRefusal)
    assert (refused.line, refused.order_id) == (3, ID)
    assert "line 2" in refused.message


@pytest.mark.parametrize(
    "text", ["", "hello\n", "order-id\tsku\n1\t2\n", "<html><body>Sign in</body></html>"],
    ids=["empty", "text", "other columns", "a web page"],
)  # fmt: skip
def test_a_file_of_another_kind_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(Problem, match="cannot be used"):
        read(text)


@pytest.mark.parametrize(
    "damaged", ["Wroc?aw", "?ód?", "M\ufffdller", "MÃ¼ller", "StraÃŸe", "Micha³", "MŸller", "Stra§e", "G”tz"]
)
def test_lost_and_changed_letters_are_noticed(damaged: str) -> None:
    assert letters_lost(Recipient(name="A", address_line_1=damaged))
    assert letters_lost(Recipient(name=damaged, address_line_1="A"))
    assert letters_lost(Recipient(name="A", address_line_1="B", city=damaged))


@pytest.mark.parametrize(
    "whole",
    [
        "Wrocław",
        "Müller",
        "Straße",
        "Åsa",
        "Ça va",
        "山田",
        "Crème brûlée",
        "Ü",
        "Â",
        "Café §7",
        "Dům Š",
        "Besançon – Île",
    ],
)
def test_letters_of_all_languages_are_whole(whole: str) -> None:
    assert not letters_lost(Recipient(name=whole, address_line_1=whole, city=whole))


def test_another_country_or_postal_code_shows_that_the_address_is_another() -> None:
    told = Recipient(postal_code="1012 AB", country_code="NL")
    assert not contradicts(told, Recipient(postal_code="1012ab", country_code="NL"))
    assert not contradicts(told, Recipient(city="Amsterdam"))
    assert contradicts(told, Recipient(postal_code="1013 AB"))
    assert contradicts(told, Recipient(country_code="BE"))
