"""Documents as they come from a signed address: taken piece by piece, unpacked and decoded on the way.

So neither a large document nor a small one that swells up fills the memory.
"""

import codecs
from collections.abc import Iterable, Iterator
from email.message import Message
from typing import Final

from amzlink.http.bodies import CutOffError, UnreadableBodyError, inflated
from amzlink.http.kept_body import KeptBody
from amzlink.problems import services

_PIECE: Final = 256 * 1024
# Who writes the first means the second, which has letters where the first has nothing.
_MEANT: Final = {"iso8859-1": "cp1252", "ascii": "cp1252", "shift_jis": "cp932", "utf-8": "utf-8-sig"}
_OF_JAPAN: Final = frozenset({"windows-31j", "cswindows31j", "x-sjis"})  # names of cp932 that Python does not know
# Python's own, and one that lets half a letter through.
_NONE_OF_TEXT: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
LONGEST_LINE: Final = 2**20


def pieces(body: bytes | KeptBody, *, compressed: bool, most_bytes: int) -> Iterator[bytes]:
    """A document in pieces, unpacked if it is `compressed`.

    Raises:
        ValueError: its compression is damaged or breaks off, or it is larger than `most_bytes`; it quotes nothing.
    """
    size = 0
    parts = _cut(body) if isinstance(body, bytes) else body
    for piece in _unpack(parts) if compressed else parts:
        size += len(piece)
        if size > most_bytes:
            raise ValueError(services.too_large_unpacked(most_bytes))
        yield piece


def _cut(body: bytes) -> Iterator[bytes]:
    view = memoryview(body)
    for start in range(0, len(body), _PIECE):
        yield bytes(view[start : start + _PIECE])


def _unpack(parts: Iterable[bytes]) -> Iterator[bytes]:
    begun = False
    try:
        for piece in inflated(parts):
            begun = True
            yield piece
    except CutOffError:
        raise ValueError(services.COMPRESSION_CUT_OFF) from None
    except UnreadableBodyError:
        raise ValueError(services.DAMAGED_COMPRESSION) from None
    if not begun:
        raise ValueError(services.COMPRESSION_CUT_OFF)


def charset_of(content_type: str) -> str | None:
    """The codec of the charset in a Content-Type header, or None where it names none that there is.

    Java's names (`Cp1252`) are understood, and what is called Latin-1 or ASCII is Windows' extension of it.
    """
    message = Message()
    message["content-type"] = content_type
    charset = message.get_content_charset() if content_type.isprintable() else None
    if charset is None:
        return None
    if charset in _OF_JAPAN:
        return "cp932"
    try:
        name = codecs.lookup(charset).name
        if name in _NONE_OF_TEXT:
            return None
        " ".encode(name)  # some codecs are none of text
    except (LookupError, ValueError, TypeError):
        return None
    return _MEANT.get(name, name)


def is_utf8(parts: Iterable[bytes]) -> bool:
    """Whether all of a document is UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for part in parts:
            decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def lines(parts: Iterable[bytes], codec: str) -> Iterator[str]:
    """The lines of a document without their ends, which are LF or CRLF; what is not of the codec becomes U+FFFD.

    Raises:
        ValueError: a line is longer than `LONGEST_LINE`.
    """
    decoder = codecs.getincrementaldecoder(codec)(errors="replace")
    rest = ""
    for part in parts:
        *whole, rest = (rest + decoder.decode(part)).split("\n")
        yield from (line.removesuffix("\r") for line in whole)
        if len(rest) > LONGEST_LINE:
            raise ValueError(services.ENDLESS_LINE)
    rest += decoder.decode(b"", final=True)
    if rest:
        yield rest.removesuffix("\r")
