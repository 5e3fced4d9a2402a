"""The bodies of answers: read within limits, whoever sent them, and told apart before anybody decodes them.

A service that is broken into, or something that answers in its place, may send without end, slowly, or a little that
unpacks to a lot. So a body is taken piece by piece, unpacked piece by piece, and given up beyond a limit.
"""

import io
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Final

from amzlink.core.decoding import UndecodableError, UnexpectedFormError, json_decoder, read_json
from amzlink.problems.network import BROKEN_OFF, DAMAGED_COMPRESSION, larger_than

__all__ = [
    "ENCODINGS", "LONGEST_TOKEN_LIFE", "MOST_BYTES", "BodyLateError", "CutOffError", "UndecodableError",
    "UnexpectedFormError", "UnreadableBodyError", "body_parts", "inflated", "is_gateway_page", "is_html",
    "json_decoder", "read_body", "read_json",
]  # fmt: skip

MOST_BYTES: Final = 32 * 1024 * 1024
"""What an answer may measure unpacked; a page of a hundred large orders has a twentieth of it."""
ENCODINGS: Final = "gzip, deflate"
"""The compressions that are understood; each request asks for these."""

LONGEST_TOKEN_LIFE: Final = 366 * 24 * 3600
"""Seconds; the services' tokens live an hour. A time without end is a mistake."""

_PIECE: Final = 256 * 1024
_WINDOW_BITS: Final = {
    "gzip": zlib.MAX_WBITS | 16,  # zlib's way to say: with gzip's header
    "x-gzip": zlib.MAX_WBITS | 16,
    "deflate": zlib.MAX_WBITS,
}
_GZIP_MARK: Final = b"\x1f"
_RAW_DEFLATE: Final = -zlib.MAX_WBITS  # what some servers send as deflate, without zlib's header

_HTML_MARKS: Final = (b"<!doctype html", b"<html")
_FROM_GATEWAYS: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
_IDS: Final = ("x-amzn-requestid", "x-amz-request-id", "x-amz-cf-id", "x-request-id", "cf-ray")
_OWN_GATEWAYS: Final = ("awselb", "cloudfront", "amazons3", "cloudflare")
_BEFORE_MARKUP: Final = b"\xef\xbb\xbf \t\r\n"  # a byte order mark, and white space


class UnreadableBodyError(ValueError):
    """A body beyond the limits, or one that cannot be unpacked; the text says why and quotes nothing."""


class CutOffError(UnreadableBodyError):
    """Packed data that ends too early."""


class BodyLateError(Exception):
    """A body that was not complete in time."""


def is_html(body: bytes) -> bool:
    """Whether an answer is a page for people; a declaration or a comment may stand before its first tag."""
    beginning = body.lstrip(_BEFORE_MARKUP)[:500].lower()
    return beginning.startswith(b"<") and any(mark in beginning for mark in _HTML_MARKS)


def is_gateway_page(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether something on the way says with a page for people that it cannot reach the service.

    The service's own gateways say so too; these have a request id, or a server name of Amazon's.
    """
    if status not in _FROM_GATEWAYS or not is_html(body):
        return False
    is_own = any(name in headers for name in _IDS) or headers.get("server", "").lower().startswith(_OWN_GATEWAYS)
    return not is_own


def read_body(parts: Iterable[bytes]) -> bytes:
    """All of a body (`body_parts`) at once."""
    body = io.BytesIO()  # gives what it holds without a copy, which many megabytes would feel
    for part in parts:
        body.write(part)
    return body.getvalue()


def body_parts(parts: Iterable[bytes], *, encoding: str, most_bytes: int, until: float) -> Iterator[bytes]:
    """A body as it was before it was packed. `encoding` is the answer's Content-Encoding, or empty.

    `until` is on `time.monotonic`'s scale, and is looked at whenever a part has come.

    Raises:
        UnreadableBodyError: it is larger than `most_bytes`, packed or unpacked, or cannot be unpacked.
        BodyLateError: it was not complete by then.
    """
    size = 0
    for piece in _unpacked(_in_time(parts, most_bytes, until), encoding):
        size += len(piece)
        if size > most_bytes:
            raise UnreadableBodyError(larger_than(most_bytes))
        yield piece


def _in_time(parts: Iterable[bytes], most_bytes: int, until: float) -> Iterator[bytes]:
    size = 0
    for part in parts:
        if time.monotonic() > until:
            raise BodyLateError
        size += len(part)
        if size > most_bytes:
            raise UnreadableBodyError(larger_than(most_bytes))
        yield part


def _unpacked(parts: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    if not names:
        return parts
    if len(names) > 1 or names[0] not in _WINDOW_BITS:
        # Nobody asked for it; and what is packed twice may unpack to a million times its size.
        raise UnreadableBodyError(DAMAGED_COMPRESSION)
    return inflated(parts, names[0])


def inflated(parts: Iterable[bytes], name: str = "gzip") -> Iterator[bytes]:
    """Packed data in pieces of a size that is no burden. A gzip file may be several in a row (RFC 1952, 2.2).

    Raises:
        UnreadableBodyError: it is damaged; `CutOffError` where it ends too early.
    """
    unpacker, is_open = zlib.decompressobj(_WINDOW_BITS[name]), False
    for part in parts:
        rest = part
        if not is_open and name == "deflate" and rest and not _has_zlib_header(rest):
            unpacker = zlib.decompressobj(_RAW_DEFLATE)
        while rest:
            if unpacker.eof:
                if name == "deflate" or not rest.startswith(_GZIP_MARK):
                    return  # what follows is filling, zeros mostly
                unpacker = zlib.decompressobj(_WINDOW_BITS[name])
            is_open = True
            yield _inflate(unpacker, rest)
            rest = unpacker.unconsumed_tail or unpacker.unused_data
    while is_open and not unpacker.eof and (piece := _inflate(unpacker, b"")):
        yield piece
    if is_open and not unpacker.eof:
        raise CutOffError(BROKEN_OFF)


def _inflate(unpacker: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return unpacker.decompress(data, _PIECE)
    except zlib.error:
        raise UnreadableBodyError(DAMAGED_COMPRESSION) from None


def _has_zlib_header(part: bytes) -> bool:
    """Whether data begins as RFC 1950 (2.2) has it."""
    return len(part) > 1 and part[0] & 0x0F == zlib.DEFLATED and int.from_bytes(part[:2]) % 31 == 0
