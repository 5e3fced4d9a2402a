"""What a broken or malicious service could send: bodies without end or sense or too large, and text for terminals."""

import struct
import zlib
from collections.abc import Iterable
from functools import cache
from itertools import chain, repeat
from typing import Final

from amzlink.sandbox.messages import Delivery, Json, Response, raw_json

NESTED: Final = b"[" * 100_000
MEGABYTE: Final = 1_000_000
DRIP_SECONDS: Final = 2.0
_MOST_DRIPS: Final = 20_000  # about eleven hours: for ever, as far as any client is concerned
_OPEN, _FILLER, _CLOSE = b'{"orders":[', b" " * MEGABYTE, b"]}"
_GZIP_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_RAW_DEFLATE: Final = -zlib.MAX_WBITS
_HUGE_NUMBER: Final = b"1" + b"0" * 400

# Clears the screen, sets the window's title, hides a link (ESC, BEL and the C1 form), overwrites the line, and turns
# the direction of what follows.
TEXT: Final = "Kerze\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil.invalid\x1b\\\x9b31m\rgut\u202egnp.exe\u2066\u200f\x00"


def nested(answer: Response, _megabytes: int) -> Response:
    """Lists within lists, a hundred thousand deep."""
    return raw_json(answer.status, NESTED)


def huge(answer: Response, megabytes: int) -> Response:
    """An answer of many megabytes, sent without keeping them: spaces within JSON that is valid."""

    def pieces() -> Iterable[bytes]:
        return chain([_OPEN], repeat(_FILLER, megabytes), [_CLOSE])

    length = len(_OPEN) + megabytes * MEGABYTE + len(_CLOSE)
    return Response(answer.status, {"Content-Type": "application/json"}, delivery=Delivery(pieces, length))


def gzip_bomb(answer: Response, megabytes: int) -> Response:
    """The same, packed to a thousandth."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    opening, filler, ending = _pack(_OPEN, megabytes, _CLOSE)
    length = len(opening) + megabytes * len(filler) + len(ending)

    def pieces() -> Iterable[bytes]:
        return chain([opening], repeat(filler, megabytes), [ending])

    return Response(answer.status, headers, delivery=Delivery(pieces, length))


def gzip_swelling(text: bytes, megabytes: int) -> bytes:
    """A gzip stream of this text and so many megabytes of spaces behind it."""
    opening, filler, ending = _pack(text, megabytes, b"")
    return opening + filler * megabytes + ending


def drips(answer: Response, _megabytes: int) -> Response:
    """One byte every two seconds, and never an end."""

    def pieces() -> Iterable[bytes]:
        return repeat(b" ", _MOST_DRIPS)

    return Response(answer.status, {"Content-Type": "application/json"}, delivery=Delivery(pieces, pause=DRIP_SECONDS))


def ends_early(answer: Response, _megabytes: int) -> Response:
    """Half of the body that the header promises; then the connection is closed."""
    half = answer.body[: len(answer.body) // 2]
    return Response(answer.status, answer.headers, delivery=Delivery(lambda: [half], len(answer.body)))


def endless_life(answer: Response) -> Response:
    """A token that is said to live for 10^400 seconds."""
    given = str(answer.json()["expires_in"]).encode()
    return raw_json(answer.status, answer.body.replace(b":" + given, b":" + _HUGE_NUMBER))


def huge_page_token(document: Json) -> None:
    """A page whose token of the next one has a million characters."""
    document["pagination"] = {"nextToken": "A" * MEGABYTE}


def control_character_in_url(document: Json) -> None:
    """A signed address that no request can be made for."""
    document["url"] = document["url"].replace("/documents/", "/documents/\x00\r\n", 1)


def huge_url(document: Json) -> None:
    """A signed address of a million characters."""
    document["url"] += "&X-Amz-Padding=" + "A" * MEGABYTE


@cache
def _pack(before: bytes, megabytes: int, after: bytes) -> tuple[bytes, bytes, bytes]:
    """One gzip stream in three parts, of which the middle one is sent once for each megabyte.

    After a full flush a packer refers to nothing that came before, so a part that begins and ends with one can be
    repeated as it is.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, _RAW_DEFLATE)
    opening = _GZIP_HEAD + packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    filler = packer.compress(_FILLER) + packer.flush(zlib.Z_FULL_FLUSH)
    ending = packer.compress(after) + packer.flush()
    check = zlib.crc32(before)
    for _ in range(megabytes):
        check = zlib.crc32(_FILLER, check)
    check = zlib.crc32(after, check)
    size = len(before) + megabytes * MEGABYTE + len(after)
    return opening, filler, ending + struct.pack("<II", check, size % 2**32)
