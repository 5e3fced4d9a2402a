"""What others wrote as JSON or TOML is read, or refused in one way, whatever is wrong with it."""

import pytest

from amzlink.core.decoding import (
    UndecodableError,
    UndecodableTextError,
    UnexpectedFormError,
    json_decoder,
    read_json,
    read_toml,
)
from tests.support.rows import each_row

DEEP = 100_000


@each_row("form", [object, dict[str, int], list[object], int])
@each_row(
    "body",
    [
        b"", b"{", b"\xff", b'{"a": "\xff"}', b"[" * DEEP, b'{"a":' * DEEP, b'{"a":' + b"[" * DEEP, b"1e400",
        b'{"a": ' + b"1" * 5000 + b"}", b"[1e99999999999]", b'"\\ud800"', b"nul", b"<html></html>",
    ],
)  # fmt: skip
def test_json_that_cannot_be_read_ends_in_one_way(body: bytes, form: type[object]) -> None:
    for read in (json_decoder(form), lambda data: read_json(data, form)):
        with pytest.raises(UndecodableError):
            read(body)


def test_a_byte_order_mark_before_json_counts_for_nothing_and_two_are_damage() -> None:
    assert read_json(b'\xef\xbb\xbf{"a": 1}', dict[str, int]) == read_json('\ufeff{"a": 1}', dict[str, int]) == {"a": 1}
    with pytest.raises(UndecodableError):
        read_json(b"\xef\xbb\xbf" * 5000 + b"{}", dict[str, int])


def test_json_of_another_form_is_told_from_what_is_no_json_and_quotes_nothing() -> None:
    with pytest.raises(UnexpectedFormError, match=r"^Expected `int`, got `str` - at `\$\[\.\.\.\]`$"):
        read_json(b'{"name": "Erika"}', dict[str, int])


@pytest.mark.parametrize(
    "text",
    [
        b"a = ", b"a = " + b"[" * DEEP, b"a = " + b"{b=" * DEEP, b"a = " + b"1" * 5000, b"a." * DEEP + b"a = 1",
        b"[" + b"a." * DEEP + b"a]", b"a = 1\na = 2", b"[[[[[[",
    ],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_toml_that_cannot_be_read_ends_in_one_way(text: bytes) -> None:
    with pytest.raises(UndecodableError):
        read_toml(text)


def test_toml_in_other_letters_than_utf_8_is_told_apart() -> None:
    with pytest.raises(UndecodableTextError):
        read_toml(b'a = "\xff"')


def test_what_is_whole_is_read() -> None:
    assert read_toml(b'\xef\xbb\xbf[a.b]\nc = "1.2.3.4"') == {"a": {"b": {"c": "1.2.3.4"}}}
    assert read_json('{"a": [1]}', object) == {"a": [1]}
