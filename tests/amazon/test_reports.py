"""The calls of the Reports API, step by step, and the lines of a report in all the encodings that there are."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from amzlink.amazon.reports import (
    ALL_LISTINGS,
    Report,
    ReportedListing,
    listing_skus,
    report_lines,
    report_status,
    request_listings_report,
    request_report,
)
from amzlink.amazon.transport import SpApiClient
from amzlink.problems import Problem
from amzlink.problems.failures import AnswerUnknown
from tests.amazon.bench import Bench, bench, denied, ok, refused, unavailable
from tests.amazon.test_listings import open_link, seller_of
from tests.support.models import Model
from tests.support.rows import each_row
from tests.support.world import StoreOnSandbox, store_on_sandbox

MARKETPLACES = ("A1PA6795UKMFR9", "A13V1IB3VIYZZH")
SIGNED = "https://documents.test/amzn1.spdoc.1?X-Amz-Expires=300&X-Amz-Signature=5ecre7"
HEADER = "item-name\tseller-sku\tasin1\tfulfillment-channel\tstatus"
LINE = "Keramikbecher, grün\tMUG-1\tB0CHX1W1XY\tDEFAULT\tActive"


def accepted(document: object) -> httpx.Response:
    return httpx.Response(202, json=document)


def address(**fields: object) -> httpx.Response:
    return ok({"reportDocumentId": "amzn1.spdoc.1", "url": SIGNED, **fields})


def text(body: str | bytes, charset: str | None = "Cp1252", encoding: str = "cp1252") -> httpx.Response:
    headers = {"content-type": f"text/plain; charset={charset}" if charset else "text/plain"}
    return httpx.Response(200, content=body.encode(encoding) if isinstance(body, str) else body, headers=headers)


def problem_of(call: Callable[[SpApiClient], object], *answers: Any) -> Problem:
    with bench(*answers) as made, pytest.raises(Problem) as caught:
        call(made.link)
    return caught.value


def held(made: Bench) -> list[str]:
    model = Model.load("reports_2021-06-30.json")
    found = []
    for request in made.amazon.requests:
        path, _, query = request.url.raw_path.decode().partition("?")
        if path.startswith("/reports/"):
            found.append(model.check_request(request.method, path, query, request.content))
    return found


def read(*answers: Any, **options: Any) -> list[dict[str, str]]:
    with bench(*answers) as made:
        return list(report_lines(made.link, "amzn1.spdoc.1", **options))


def skus(*answers: Any) -> list[ReportedListing]:
    with bench(*answers) as made:
        return list(listing_skus(made.link, "amzn1.spdoc.1"))


class TestSteps:
    def test_a_report_is_asked_for_by_its_type_and_marketplaces(self) -> None:
        with bench(accepted({"reportId": "50021"})) as made:
            assert request_listings_report(made.link, MARKETPLACES) == "50021"
        assert held(made) == ["createReport"]
        assert json.loads(made.amazon.requests[0].content) == {
            "reportType": ALL_LISTINGS,
            "marketplaceIds": list(MARKETPLACES),
        }

    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            (refused(403, "Unauthorized", "Access to the resource is forbidden"), "role-missing-reports"),
            (denied(), "access-denied"),
            (refused(400, "InvalidInput", "no such type"), "request-refused"),
            (accepted({}), "response-malformed"),
        ],
    )
    def test_what_keeps_a_report_from_being_made_has_a_name(self, answer: httpx.Response, name: str) -> None:
        problem = problem_of(lambda link: request_report(link, ALL_LISTINGS, MARKETPLACES), answer)
        assert problem.name.value == name
        assert problem.facts["operation"] == "createReport"

    def test_after_a_lost_answer_nobody_knows_whether_there_is_one(self) -> None:
        problem = problem_of(lambda link: request_listings_report(link, MARKETPLACES), unavailable())
        assert isinstance(problem, AnswerUnknown)

    @pytest.mark.parametrize(
        ("status", "over"),
        [("IN_QUEUE", False), ("IN_PROGRESS", False), ("RESTING", False), ("DONE", True), ("CANCELLED", True),
         ("FATAL", True)],
    )  # fmt: skip
    def test_a_report_is_over_when_its_status_is_a_last_one(self, status: str, over: bool) -> None:
        told = {"reportId": "7", "reportType": ALL_LISTINGS, "processingStatus": status, "createdTime": "x", "new": 1}
        with bench(ok(told)) as made:
            assert report_status(made.link, "7") == Report(
                report_id="7", report_type=ALL_LISTINGS, processing_status=status
            )
        assert held(made) == ["getReport"]
        assert Report(report_id="7", report_type="", processing_status=status).is_over is over

    def test_an_odd_id_stays_one_segment_of_the_path(self) -> None:
        told = {"reportId": "7", "reportType": ALL_LISTINGS, "processingStatus": "DONE"}
        with bench(ok(told)) as made:
            report_status(made.link, "../7 8")
        assert made.amazon.requests[0].url.raw_path == b"/reports/2021-06-30/reports/..%2F7%208?"

    @pytest.mark.parametrize(
        ("status", "document_id", "name"),
        [
            ("CANCELLED", None, "report-cancelled"),
            ("FATAL", None, "report-failed"),
            ("FATAL", "amzn1.spdoc.why", "report-failed"),
            ("DONE", None, "report-failed"),
        ],
    )
    def test_a_report_that_came_to_nothing_says_so(self, status: str, document_id: str | None, name: str) -> None:
        report = Report(
            report_id="7", report_type=ALL_LISTINGS, processing_status=status, report_document_id=document_id
        )
        with pytest.raises(Problem, match=rf"^{name}:") as caught:
            report.document()
        assert caught.value.facts == {"report_type": ALL_LISTINGS, "report_id": "7"}

    def test_its_document_is_known_once_it_is_done(self) -> None:
        report = Report(report_id="7", report_type="", processing_status="DONE", report_document_id="amzn1.spdoc.1")
        assert report.document() == "amzn1.spdoc.1"
        assert Report(report_id="7", report_type="", processing_status="IN_PROGRESS").document() is None


class TestLines:
    def test_each_line_goes_by_the_names_of_the_header(self) -> None:
        assert read(address(), text(f"{HEADER}\r\n{LINE}\r\n")) == [
            {
                "item-name": "Keramikbecher, grün",
                "seller-sku": "MUG-1",
                "asin1": "B0CHX1W1XY",
                "fulfillment-channel": "DEFAULT",
                "status": "Active",
            }
        ]

    def test_the_document_is_asked_for_as_the_model_says_and_its_address_needs_no_token(self) -> None:
        with bench(address(), text(HEADER)) as made:
            assert list(report_lines(made.link, "amzn1.spdoc.1")) == []
        assert held(made) == ["getReportDocument"]
        assert "x-amz-access-token" not in made.amazon.requests[1].headers

    @each_row(
        ("charset", "encoding"),
        [
            ("Cp1252", "cp1252"), ("ISO-8859-1", "cp1252"), ("UTF-8", "utf-8"), ("utf-8", "utf-8-sig"),
            ("windows-1252", "cp1252"), ("Cp1252", "utf-8"), ("Cp1252", "utf-8-sig"), (None, "utf-16"),
            (None, "utf-8"), (None, "utf-8-sig"), (None, "cp1252"), ("klingon", "cp1252"),
        ],
    )  # fmt: skip
    @each_row("packed", [False, True])
    def test_the_encoding_is_the_one_that_is_named_or_that_fits(
        self, charset: str | None, encoding: str, packed: bool
    ) -> None:
        body = "a\tb\nBücher – „5 €“\tœuvre\n".encode(encoding)
        answers = (
            [address(compressionAlgorithm="GZIP"), text(gzip.compress(body), charset)]
            if packed
            else [address(), text(body, charset)]
        )
        assert read(*answers) == [{"a": "Bücher – „5 €“", "b": "œuvre"}]

    @pytest.mark.parametrize("charset", ["cp932", "Shift_JIS", None])
    def test_a_japanese_report_is_read(self, charset: str | None) -> None:
        body = "商品名\t出品者SKU\nマグカップ①\tMUG-1\n"
        assert read(address(), text(body, charset, "cp932"), without_charset="cp932") == [
            {"商品名": "マグカップ①", "出品者sku": "MUG-1"}
        ]

    def test_a_quotation_mark_is_a_letter_like_any(self) -> None:
        body = 'item-name\tseller-sku\n9" tray\tA\n"quoted\tB\nan "inner" one\t"C"\n'
        found = read(address(), text(body))
        assert [(line["item-name"], line["seller-sku"]) for line in found] == [
            ('9" tray', "A"),
            ('"quoted', "B"),
            ('an "inner" one', '"C"'),
        ]

    def test_lines_may_be_short_blank_or_without_an_end(self) -> None:
        found = read(address(), text("a\tb\tc\r\n1\r\n\r\n1\t2\t3\t\t\r\n4\t5"))
        assert found == [{"a": "1", "b": "", "c": ""}, {"a": "1", "b": "2", "c": "3"}, {"a": "4", "b": "5", "c": ""}]

    def test_a_line_with_too_many_cells_says_nothing_because_nobody_knows_what_stands_where(self) -> None:
        assert read(address(), text("a\tb\n1\t2\t3\n4\t5\n")) == [{}, {"a": "4", "b": "5"}]

    @pytest.mark.parametrize("body", ["", "\r\n", HEADER])
    def test_an_empty_report_has_no_lines(self, body: str) -> None:
        assert read(address(), text(body)) == []

    def test_an_address_that_has_expired_is_asked_for_once_more(self) -> None:
        expired = httpx.Response(403, text="<Error><Message>Request has expired</Message></Error>")
        with bench(address(), expired, address(), text("a\n1\n")) as made:
            assert list(report_lines(made.link, "amzn1.spdoc.1")) == [{"a": "1"}]
        problem = problem_of(lambda link: report_lines(link, "1"), address(), expired, address(), expired)
        assert problem.name.value == "document-refused"
        assert "5ecre7" not in str(problem.facts)

    @pytest.mark.parametrize(
        ("answers", "detail"),
        [
            ([ok({"reportDocumentId": "1"})], "it does not have the expected form"),
            ([address(compressionAlgorithm="GZIP"), text("plain")], "its compression is damaged"),
            ([address(compressionAlgorithm="GZIP"), text(gzip.compress(b"x" * 99)[:-3], None)], "cut off"),
            ([address(), text("a\n" + "x" * 3_000_000)], "a line in it is too long"),
        ],
    )
    def test_a_document_that_cannot_be_read_is_malformed(self, answers: list[httpx.Response], detail: str) -> None:
        problem = problem_of(lambda link: list(report_lines(link, "1")), *answers)
        assert problem.name.value == "response-malformed"
        assert detail in str(problem.facts["detail"])


class TestListings:
    def test_each_line_is_a_listing(self) -> None:
        assert skus(address(), text(f"{HEADER}\r\n{LINE}\r\n")) == [
            ReportedListing(sku="MUG-1", asin="B0CHX1W1XY", title="Keramikbecher, grün", status="Active")
        ]

    def test_a_header_of_no_report_is_not_read_on(self) -> None:
        columns = text("\t".join(f"c{number}" for number in range(501)))
        with pytest.raises(Problem, match="response-malformed") as caught:
            read(address(), columns)
        assert "it has too many columns" in caught.value.summary

    def test_columns_may_be_more_fewer_and_in_another_order(self) -> None:
        body = "Business Price\tSTATUS\tseller-sku \nx\tInactive\tMUG-1\n"
        assert skus(address(), text(body)) == [ReportedListing(sku="MUG-1", status="Inactive")]

    @pytest.mark.parametrize("header", ["出品者SKU", "Verkäufer-SKU", "sku", "SKU del vendedor"])
    def test_in_another_language_the_skus_column_is_the_one_that_says_so(self, header: str) -> None:
        body = f"商品名\t{header}\nマグ\tMUG-1\n"
        assert [found.sku for found in skus(address(), text(body, "utf-8", "utf-8"))] == ["MUG-1"]

    @pytest.mark.parametrize("header", ["name\tnumber", "sku-a\tsku-b"])
    def test_without_a_column_of_skus_it_is_malformed(self, header: str) -> None:
        problem = problem_of(lambda link: list(listing_skus(link, "1")), address(), text(f"{header}\n1\t2\n"))
        assert problem.name.value == "response-malformed"

    def test_a_short_first_line_does_not_hide_the_column(self) -> None:
        found = skus(address(), text(f"{HEADER}\nonly a name\n{LINE}\n"))
        assert [(each.sku, each.is_damaged) for each in found] == [("", True), ("MUG-1", False)]

    @pytest.mark.parametrize(
        ("sku", "damaged"), [("?Y?KA", True), ("PUZZLE?=1000", True), ("\ufffd", True), ("TÜCHER", False), ("", True)]
    )
    def test_a_sku_with_a_question_mark_may_be_damaged(self, sku: str, damaged: bool) -> None:
        body = f"seller-sku\tasin1\tproduct-id\n{sku}\tB0CHX1W1XY\t\n"
        (found,) = skus(address(), text(body, "utf-8", "utf-8"))
        assert (found.sku, found.is_damaged, found.asin) == (sku, damaged, "B0CHX1W1XY")

    def test_a_broken_line_is_told_without_a_sku(self) -> None:
        assert skus(address(), text(f"{HEADER}\na\tb\tc\td\te\tf\n")) == [ReportedListing(sku="", is_damaged=True)]

    def test_the_product_id_stands_in_for_the_asin_where_it_is_one(self) -> None:
        body = "seller-sku\tasin1\tproduct-id\tproduct-id-type\nA\t\tB0CHX1W1XY\t1\nB\t\t4006381333931\t4\n"
        assert [found.asin for found in skus(address(), text(body))] == ["B0CHX1W1XY", None]


@pytest.fixture
def store(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=5)


def make(store: StoreOnSandbox, link: SpApiClient) -> Report:
    report_id = request_listings_report(link, seller_of(store)[1])
    for _ in range(50):
        report = report_status(link, report_id)
        if report.is_over:
            return report
        store.clock.advance(30)
    raise AssertionError("the report is never over")


class TestOnTheSandbox:
    @pytest.mark.parametrize("fault", [None, "report-without-charset"])
    def test_the_report_names_every_listing_and_marks_those_it_has_damaged(
        self, fault: str | None, store: StoreOnSandbox
    ) -> None:
        store.sandbox.world.faults.switch(on=[fault] if fault else [])
        with open_link(store) as link:
            found = list(listing_skus(link, make(store, link).document() or ""))
        known = store.sandbox.world.catalogue.by_sku
        assert len(found) == len(known)
        assert {each.sku for each in found if not each.is_damaged} <= known.keys()
        lost = known.keys() - {each.sku for each in found}
        assert lost, "some SKUs have letters that the report's encoding lacks"
        assert lost <= {sku for each in found if each.is_damaged for sku in known if known[sku].asin == each.asin}

    @pytest.mark.parametrize(("fault", "name"), [("report-failed", "report-failed"),
                                                 ("report-cancelled", "report-cancelled")])  # fmt: skip
    def test_one_that_comes_to_nothing_is_told(self, fault: str, name: str, store: StoreOnSandbox) -> None:
        store.sandbox.world.faults.switch(on=[fault])
        with open_link(store) as link, pytest.raises(Problem, match=rf"^{name}:"):
            make(store, link).document()

    def test_a_missing_role_is_told_by_its_name(self, store: StoreOnSandbox) -> None:
        store.sandbox.world.faults.switch(on=["role-missing-reports"])
        with open_link(store) as link, pytest.raises(Problem, match=r"^role-missing-reports:"):
            make(store, link)

    def test_the_calls_are_as_the_model_says(self, store: StoreOnSandbox) -> None:
        with open_link(store) as link:
            list(report_lines(link, make(store, link).document() or ""))
        model = Model.load("reports_2021-06-30.json")
        operations = set()
        for call in store.transport.calls:
            path, _, query = call.url.raw_path.decode().partition("?")
            if path.startswith("/reports/"):
                operations.add(model.check_request(call.method, path, query, call.content))
        assert operations == {"createReport", "getReport", "getReportDocument"}
