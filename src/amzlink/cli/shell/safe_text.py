r"""The one door for text to the screen: characters that would steer a terminal, or turn a line about, are shown.

A title, a carrier's name or a service's message can hold an escape sequence that hides a line, or a mark that lets
"gnp.exe" read as "exe.png". They are written out (`\x1b`, `\u202e`) instead of left out, so that a person sees that
something was there.
"""

import re
from typing import IO, Final

# C0, DEL and C1; the bidirectional marks, embeddings, overrides and isolates; the two separators that end a line; and
# lone surrogates, by which Python spells the bytes of a file's name that are no text, and which no stream takes.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What JSON allows as it is, and a terminal acts on or shows in another sequence.
_UNSAFE_IN_JSON: Final = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_SHORT: Final = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}


def visible(text: str) -> str:
    """The text on one line, with every character that a terminal would act on written out."""
    return _UNSAFE.sub(_written_out, text)


def visible_in_json(document: str) -> str:
    """A JSON document with the same meaning and no character that a terminal would act on."""
    return _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def encodable(text: str) -> str:
    """The text with what UTF-8 cannot say written out."""
    return _SURROGATES.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    sign = found[0]
    number = ord(sign)
    return _SHORT.get(sign) or (f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}")  # noqa: PLR2004 - a byte


class VisibleWriter:
    """Writes lines to a terminal, each made visible: for the content of a file that was asked for on the screen."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text that is made of whole lines, ended as a file has it."""
        lines = (visible(line.removesuffix("\r")) for line in text.split("\n"))
        self._stream.write("\n".join(lines))
        return len(text)
