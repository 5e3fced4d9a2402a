"""The processing report of a feed: which messages Amazon refused, and why.

It is unpacked and read piece by piece, so that neither a large report nor a small one that swells up fills the memory.
"""

from typing import Final
from xml.parsers import expat

import msgspec

from amzlink.amazon.documents import pieces
from amzlink.amazon.shipment_refusals import Reason, reason_of
from amzlink.core.service_message import without_quotes
from amzlink.http.kept_body import KeptBody
from amzlink.problems import services

MOST_REPORT_BYTES: Final = 256 * 1024 * 1024
"""What a report may measure unpacked."""
_LONGEST_TEXT: Final = 10_000
_RESULT: Final = "AmazonEnvelope/Message/ProcessingReport/Result"
_SUMMARY: Final = "AmazonEnvelope/Message/ProcessingReport/ProcessingSummary"
_THE_WHOLE: Final = 0  # the number under which a report speaks of the feed as a whole
_DEEPEST: Final = 20  # elements within each other; a report has six
_READ: Final = frozenset(
    {
        f"{_SUMMARY}/MessagesProcessed",
        f"{_SUMMARY}/MessagesSuccessful",
        f"{_SUMMARY}/MessagesWithError",
        f"{_SUMMARY}/MessagesWithWarning",
        f"{_RESULT}/MessageID",
        f"{_RESULT}/ResultCode",
        f"{_RESULT}/ResultMessageCode",
        f"{_RESULT}/ResultDescription",
        f"{_RESULT}/AdditionalInfo/AmazonOrderID",
    }
)


class FeedResult(msgspec.Struct, frozen=True):
    """What became of one message that Amazon refused, or took with a doubt (`is_error` false).

    `code` is Amazon's number. `message` is Amazon's text without what it quotes: that may be a tracking number.
    """

    code: str
    is_error: bool
    reason: Reason
    order_id: str | None
    message: str = ""


class _Counts(msgspec.Struct, frozen=True):
    """What a report says of itself: how many messages were read, taken, refused, and taken with a doubt."""

    processed: int
    successful: int
    errors: int
    warnings: int


def read_report(body: bytes | KeptBody, *, compressed: bool, messages: int | None = None) -> dict[int, FeedResult]:
    """The results by message number; of several for one message, an error counts more than a warning.

    `messages` is how many the feed had, where that is known. A message that a report does not name counts as taken, so
    the report's own counts have to bear that out.

    Raises:
        ValueError: it is no report, not a whole one, or its counts contradict each other, what it lists or `messages`.
    """
    reader = _Reader(messages)
    for piece in pieces(body, compressed=compressed, most_bytes=MOST_REPORT_BYTES):
        reader.feed(piece)
    return reader.close()


class _Reader:
    """Follows the report's elements.

    A document type is refused where it begins: without one there are no entities, so none that swell up and none that
    lead elsewhere.
    """

    def __init__(self, messages: int | None) -> None:
        self._messages = messages
        self._results: dict[int, FeedResult] = {}
        self._counts: _Counts | None = None
        self._path: list[str] = []
        self._text: list[str] | None = None
        self._fields: dict[str, str] = {}
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = _refuse_document_type
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._take

    def feed(self, piece: bytes) -> None:
        """Read on."""
        self._parse(piece, last=False)

    def close(self) -> dict[int, FeedResult]:
        """The results, once all has been read."""
        self._parse(b"", last=True)
        if self._counts is None:
            raise ValueError(services.NO_PROCESSING_REPORT)
        self._hold_against(self._counts)
        return self._results

    def _hold_against(self, counts: _Counts) -> None:
        """Refuse results that the report's own counts do not bear out."""
        refused = {number for number, result in self._results.items() if result.is_error}
        if len(refused) < counts.errors:
            raise ValueError(services.ERRORS_MISSING)
        if _THE_WHOLE in refused:
            if counts.successful:
                raise ValueError(services.COUNTS_CONTRADICT)
            return
        # Whether a message that was taken with a doubt counts among the successful ones, Amazon does not say.
        taken = counts.processed - counts.errors
        bears_out = taken in (counts.successful, counts.successful + counts.warnings)
        if len(refused) > counts.errors or not bears_out:
            raise ValueError(services.COUNTS_CONTRADICT)
        if self._messages is not None and (
            counts.processed != self._messages or any(number > self._messages for number in self._results)
        ):
            raise ValueError(services.another_count(counted=counts.processed, sent=self._messages))

    def _parse(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise ValueError(services.broken_xml(error.lineno)) from None
        except LookupError:  # it names an encoding that there is not
            raise ValueError(services.broken_xml(1)) from None

    def _start(self, name: str, _attributes: object) -> None:
        self._path.append(name)
        if len(self._path) > _DEEPEST:
            raise ValueError(services.TOO_DEEP)
        if "/".join(self._path) in _READ:
            self._text = []

    def _take(self, text: str) -> None:
        if self._text is not None and sum(map(len, self._text)) < _LONGEST_TEXT:
            self._text.append(text)

    def _end(self, name: str) -> None:
        path = "/".join(self._path)
        self._path.pop()
        if self._text is not None:
            self._fields[name] = "".join(self._text).strip()
            self._text = None
        if path == _SUMMARY:
            fields, self._fields = self._fields, {}
            self._counts = _Counts(
                processed=_number(fields.get("MessagesProcessed", "")),
                successful=_number(fields.get("MessagesSuccessful", "")),
                errors=_number(fields.get("MessagesWithError", "")),
                warnings=_number(fields.get("MessagesWithWarning") or "0"),
            )
        elif path == _RESULT:
            self._note(self._fields)
            self._fields = {}

    def _note(self, fields: dict[str, str]) -> None:
        message = _number(fields.get("MessageID", ""))
        code = fields.get("ResultMessageCode", "")
        result = FeedResult(
            code=code,
            is_error=fields.get("ResultCode") != "Warning",
            reason=reason_of(code, fields.get("ResultDescription", "")),
            message=without_quotes(fields.get("ResultDescription", "")),
            order_id=fields.get("AmazonOrderID") or None,
        )
        known = self._results.get(message)
        if known is None or not known.is_error:
            self._results[message] = result


def _refuse_document_type(*_declaration: object) -> None:
    raise ValueError(services.DOCUMENT_TYPE)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 20:  # noqa: PLR2004 - Amazon's numbers have 20 digits
        raise ValueError(services.NO_NUMBER)
    return int(text)
