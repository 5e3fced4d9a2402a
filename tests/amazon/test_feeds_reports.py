"""Reading the processing report of a feed, as it is and as it must not be."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amzlink.amazon.feed_reports import MOST_REPORT_BYTES, FeedResult, read_report
from amzlink.amazon.shipment_refusals import Reason
from amzlink.core.service_message import without_quotes

ORDER = "302-1234567-7654321"
TRACKING = "JJD000390007882823"
QUANTITIES = "The quantities you provided for order id ({}) were larger than the quantities that could be fulfilled."


def result(message: int | str, code: str = "18021", text: str = "", level: str = "Error", order: str = ORDER) -> str:
    extra = f"<AdditionalInfo><AmazonOrderID>{order}</AmazonOrderID></AdditionalInfo>" if order else ""
    return (
        f"<Result><MessageID>{message}</MessageID><ResultCode>{level}</ResultCode>"
        f"<ResultMessageCode>{code}</ResultMessageCode><ResultDescription>{text}</ResultDescription>{extra}</Result>"
    )


def report(
    *results: str, errors: int | str = 0, processed: int | None = None, successful: int = 1, warnings: int = 0
) -> bytes:
    """A report whose counts add up, unless it is told others."""
    if processed is None:
        processed = successful + (errors if isinstance(errors, int) else 0)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<AmazonEnvelope><Header><DocumentVersion>1.02</DocumentVersion>'
        "</Header><MessageType>ProcessingReport</MessageType><Message><MessageID>1</MessageID><ProcessingReport>"
        "<DocumentTransactionID>5</DocumentTransactionID><StatusCode>Complete</StatusCode><ProcessingSummary>"
        f"<MessagesProcessed>{processed}</MessagesProcessed><MessagesSuccessful>{successful}</MessagesSuccessful>"
        f"<MessagesWithError>{errors}</MessagesWithError><MessagesWithWarning>{warnings}</MessagesWithWarning>"
        f"</ProcessingSummary>{''.join(results)}</ProcessingReport></Message></AmazonEnvelope>"
    ).encode()


def read(body: bytes) -> dict[int, FeedResult]:
    """Read plain and packed, which has to come to the same."""
    plain = read_report(body, compressed=False)
    assert read_report(gzip.compress(body), compressed=True) == plain
    return plain


def test_a_report_in_an_encoding_that_there_is_not_is_no_report() -> None:
    with pytest.raises(ValueError, match="line 1"):
        read(report().replace(b"UTF-8", b"UTs-8"))


class TestResults:
    def test_a_report_without_refusals_has_none(self) -> None:
        assert read(report()) == {}

    def test_each_refused_message_has_its_reason_and_its_order(self) -> None:
        found = read(
            report(
                result(2, "18021", QUANTITIES.format(ORDER)),
                result(5, "5004", "The carrier-code field contains an invalid value: dhl.", order=""),
                result(7, "18028", "Your order cannot be found."),
                result(8, "18999", "Something new"),
                errors=4,
            )
        )
        quantities = without_quotes(QUANTITIES.format(ORDER))
        carrier = "The carrier-code field contains an invalid value: …"
        assert found == {
            2: FeedResult("18021", True, Reason.ALREADY_CONFIRMED, ORDER, quantities),
            5: FeedResult("5004", True, Reason.CARRIER_UNKNOWN, None, carrier),
            7: FeedResult("18028", True, Reason.ORDER_UNKNOWN, ORDER, "Your order cannot be found."),
            8: FeedResult("18999", True, Reason.OTHER, ORDER),
        }

    @pytest.mark.parametrize(
        ("code", "reason"),
        [("5004", "carrier-unknown"), ("18021", "already-confirmed"), ("18028", "order-unknown"), ("25", "other")],
    )
    def test_a_number_tells_the_reason_where_the_text_is_one_that_nobody_knows(self, code: str, reason: str) -> None:
        assert read(report(result(1, code, "In andern Worten"), errors=1))[1].reason == reason

    def test_a_doubt_is_no_error(self) -> None:
        text = f"The tracking ID {TRACKING} does not match the expected format for the carrier"
        found = read(report(result(3, "1", text, level="Warning")))
        assert found == {
            3: FeedResult("1", False, Reason.TRACKING_FORMAT, ORDER, text.replace(f"ID {TRACKING}", "ID …"))
        }

    @pytest.mark.parametrize("first", ["Error", "Warning"])
    def test_of_several_results_an_error_counts_most(self, first: str) -> None:
        second = {"Error": "Warning", "Warning": "Error"}[first]
        found = read(report(result(3, "1", level=first), result(3, "2", level=second), errors=1))
        assert found[3].is_error

    def test_what_amazon_quotes_is_not_kept(self) -> None:
        found = read(report(result(1, "1", f"The tracking ID {TRACKING} for {ORDER} is wrong"), errors=1))
        assert TRACKING not in repr(found)

    def test_a_feed_that_was_not_read_has_one_result_for_the_whole(self) -> None:
        ill_formed = result(0, "5000", "The XML you submitted is ill-formed", order="")
        found = read(report(ill_formed, errors=1, processed=0, successful=0))
        assert found == {0: FeedResult("5000", True, Reason.OTHER, None, "The … you submitted is …")}

    def test_texts_in_several_pieces_and_with_marks_of_xml_are_put_together(self) -> None:
        body = report(result(1, "1", "A &lt; B &amp; <![CDATA[InvalidPackageVersion]]>"), errors=1)
        assert read(body)[1].reason is Reason.STALE_PACKAGE


class TestCounts:
    def test_each_message_that_is_not_named_is_counted_as_taken(self) -> None:
        body = report(result(2), errors=1, successful=2)
        assert read_report(body, compressed=False, messages=3).keys() == {2}

    @pytest.mark.parametrize("successful", [1, 3])
    def test_a_message_taken_with_a_doubt_may_count_among_the_successful_ones_or_not(self, successful: int) -> None:
        body = report(
            result(1), result(2, level="Warning"), result(3, level="Warning"), errors=1, processed=4, warnings=2,
            successful=successful,
        )  # fmt: skip
        assert read_report(body, compressed=False, messages=4).keys() == {1, 2, 3}

    @pytest.mark.parametrize(
        ("body", "messages"),
        [
            (report(result(1), errors=1, processed=3, successful=0), 3),  # who took the other two?
            (report(processed=3, successful=0), 3),
            (report(result(1), result(2), errors=1, successful=2), 3),
            (report(result(0), errors=1, processed=3, successful=2), 3),
            (report(processed=3, successful=4), 3),
        ],
    )
    def test_counts_that_contradict_what_is_listed_make_it_worthless(self, body: bytes, messages: int) -> None:
        with pytest.raises(ValueError, match="its counts contradict what it lists"):
            read_report(body, compressed=False, messages=messages)

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (report(successful=2), "it counts 2 messages, and 3 were sent"),
            (report(result(7), errors=1, successful=2), "it names a message that was not sent"),
            (report(successful=4), "it counts 4 messages, and 3 were sent"),
        ],
    )
    def test_a_report_on_other_messages_than_were_sent_is_worthless(self, body: bytes, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            read_report(body, compressed=False, messages=3)


class TestWhatIsNoReport:
    def test_elements_within_elements_without_end_are_refused_at_once(self) -> None:
        with pytest.raises(ValueError, match="nested too deeply"):
            read_report(b"<a>" * 1_000_000, compressed=False)

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b"", "breaks at line 1"),
            (b"<AmazonEnvelope/>", "not a processing report"),
            (report()[:-40], "breaks at line 2"),
            (report(errors="many"), "should be a number"),
            (report(result("x"), errors=1), "should be a number"),
            (report(result(1), errors=2), "counts more errors than it lists"),
            (report(result(1, level="Warning"), errors=1), "counts more errors than it lists"),
            (b"<html><body>Sign in</body></html>", "not a processing report"),
        ],
    )
    def test_it_is_told_why(self, body: bytes, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            read_report(body, compressed=False)

    @pytest.mark.parametrize(
        "body",
        [
            b'<!DOCTYPE a SYSTEM "http://elsewhere.test/a.dtd"><a/>',
            b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;&b;">]><a>&d;</a>',
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        ],
    )
    def test_a_document_type_is_refused_before_anything_of_it_counts(self, body: bytes) -> None:
        with pytest.raises(ValueError, match="declares a document type"):
            read_report(body, compressed=False)

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b"not packed", "compression is damaged"),
            (gzip.compress(report(), mtime=0)[:-9], "compressed data is cut off"),
            (b"", "compressed data is cut off"),
        ],
    )
    def test_damaged_packing_is_told(self, body: bytes, message: str) -> None:
        with pytest.raises(ValueError, match=message):
            read_report(body, compressed=True)

    def test_a_small_report_that_swells_up_is_given_up_without_filling_the_memory(self) -> None:
        head, tail = report().split(b"</ProcessingSummary>")
        piece = b" " * 1024 * 1024
        packer = zlib.compressobj(9, wbits=31)
        parts = [packer.compress(head)]
        parts += [packer.compress(piece) for _ in range(MOST_REPORT_BYTES // len(piece) + 1)]
        bomb = b"".join([*parts, packer.compress(tail), packer.flush()])
        assert len(bomb) < 1024 * 1024
        tracemalloc.start()
        with pytest.raises(ValueError, match="larger than"):
            read_report(bomb, compressed=True)
        assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
        tracemalloc.stop()

    @given(body=st.binary(max_size=300), compressed=st.booleans())
    def test_any_bytes_are_a_report_or_told_to_be_none(self, body: bytes, compressed: bool) -> None:
        with pytest.raises(ValueError, match=r"\b(it|its|number)\b"):
            read_report(body, compressed=compressed)
