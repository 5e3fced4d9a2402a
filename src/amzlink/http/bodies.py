"""What a body is, before anybody reads it."""

from typing import Final

import msgspec

# What msgspec raises at a body that it cannot read; bytes that are no UTF-8, and lists nested too deeply, it reports as
# Python itself does.
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_HTML_MARKS: Final = (b"<!doctype html", b"<html")
_BEFORE_MARKUP: Final = b"\xef\xbb\xbf \t\r\n"  # a byte order mark, and white space


def is_html(body: bytes) -> bool:
    """Whether an answer is a page for people; a declaration or a comment may stand before its first tag."""
    beginning = body.lstrip(_BEFORE_MARKUP)[:500].lower()
    return beginning.startswith(b"<") and any(mark in beginning for mark in _HTML_MARKS)
