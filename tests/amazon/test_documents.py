"""Documents in pieces: packing, encodings, line ends."""

import gzip
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.amazon.documents import LONGEST_LINE, charset_of, is_utf8, lines, pieces
from tests.support.rows import each_row

MOST = 10_000_000


def whole(body: bytes, *, compressed: bool = False, most: int = MOST) -> bytes:
    return b"".join(pieces(body, compressed=compressed, most_bytes=most))


class TestPieces:
    @given(st.binary(max_size=2000))
    def test_a_document_comes_through_packed_or_not(self, body: bytes) -> None:
        assert whole(body) == body
        assert whole(gzip.compress(body), compressed=True) == body

    def test_a_large_one_comes_in_several(self) -> None:
        body = bytes(range(256)) * 4000
        for made in (pieces(body, compressed=False, most_bytes=MOST),
                     pieces(gzip.compress(body), compressed=True, most_bytes=MOST)):  # fmt: skip
            parts = list(made)
            assert len(parts) > 2
            assert b"".join(parts) == body

    def test_a_small_one_that_swells_up_is_stopped_on_the_way(self) -> None:
        bomb = gzip.compress(b"\0" * 50_000_000)
        assert len(bomb) < 100_000
        with pytest.raises(ValueError, match="larger than 1000000 bytes"):
            whole(bomb, compressed=True, most=1_000_000)

    @pytest.mark.parametrize(
        ("body", "why"),
        [(b"plain", "is damaged"), (gzip.compress(b"x" * 999, mtime=0)[:-4], "cut off"), (b"", "cut off")],
        ids=["not packed", "cut off", "empty"],
    )
    def test_damaged_packing_is_told(self, body: bytes, why: str) -> None:
        with pytest.raises(ValueError, match=why):
            whole(body, compressed=True)


class TestCharset:
    @each_row(
        ("content_type", "codec"),
        [
            ("text/plain; charset=Cp1252", "cp1252"),
            ("text/plain; charset=Windows-31J", "cp932"),
            ("text/plain;charset=windows-1252", "cp1252"),
            ("text/plain; charset=ISO-8859-1", "cp1252"),
            ("text/plain; charset=us-ascii", "cp1252"),
            ('text/plain; charset="UTF-8"', "utf-8-sig"),
            ("text/tab-separated-values; header=present; charset=utf8", "utf-8-sig"),
            ("text/plain; charset=cp932", "cp932"),
            ("text/plain; charset=unicode_escape", None),
            ("text/plain; charset=utf-7", None),
            ("text/plain; charset=Shift_JIS", "cp932"),
            ("text/plain; charset=ISO-8859-2", "iso8859-2"),
            ("text/plain", None),
            ("", None),
            ("text/plain; charset=", None),
            ("text/plain; charset=klingon", None),
            ("text/plain; charset=base64", None),
            ("text/plain; charset=rot13", None),
            ("text/plain; charset=x\x00y", None),
            ("charset=utf-8", "utf-8-sig"),
            ("\r\nset-cookie: a", None),
        ],
    )
    def test_a_header_names_a_codec_or_none(self, content_type: str, codec: str | None) -> None:
        assert charset_of(content_type) == codec

    @given(st.text(max_size=60))
    def test_no_header_breaks_it(self, content_type: str) -> None:
        codec = charset_of(f"text/plain; charset={content_type}")
        assert codec is None or list(lines([b"a\n"], codec))

    def test_a_letter_of_several_bytes_may_lie_across_two_pieces(self) -> None:
        body = "Ł".encode()
        assert is_utf8([body[:1], body[1:]])
        assert list(lines([body[:1], body[1:]], "utf-8")) == ["Ł"]
        assert not is_utf8([body[:1]])
        assert not is_utf8([b"\xe4"])
        assert is_utf8([])


def cut(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


class TestLines:
    @given(
        st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=9), max_size=9),
        st.sampled_from(["\n", "\r\n"]),
        st.integers(1, 7),
        st.booleans(),
    )
    def test_they_are_what_stands_between_the_line_ends(
        self, texts: list[str], end: str, size: int, closed: bool
    ) -> None:
        texts = [text.removeprefix("\ufeff") or "x" for text in texts]
        body = (end.join(texts) + (end if closed and texts else "")).encode()
        assert list(lines(cut(body, size), "utf-8-sig")) == texts

    def test_signs_that_only_look_like_line_ends_are_data(self) -> None:
        body = "a\x85b\u2028c\x0bd\x1ce\rf".encode()
        assert len(list(lines([body], "utf-8"))) == 1

    def test_what_is_not_of_the_encoding_shows_that_it_is_damaged(self) -> None:
        assert list(lines([b"T\xfccher\n"], "utf-8")) == ["T\ufffdcher"]

    def test_a_line_without_an_end_does_not_fill_the_memory(self) -> None:
        with pytest.raises(ValueError, match="too long"):
            list(lines((b"x" * 100_000 for _ in range(1000)), "utf-8"))

    def test_a_long_line_that_ends_is_a_line(self) -> None:
        body = b"x" * (LONGEST_LINE - 10) + b"\nb"
        assert [len(line) for line in lines(cut(body, 100_000), "utf-8")] == [LONGEST_LINE - 10, 1]
