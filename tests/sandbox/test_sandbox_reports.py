"""The Reports API: the report of all listings, from the request to its text."""

import gzip
from datetime import timedelta

import pytest

from amzlink.sandbox.report_documents import add_document
from amzlink.sandbox.weights import WeightKind
from tests.sandbox.driver import RDT_PATH, REPORTS_PATH, SHIPPING_REPORT, Driver, error_of
from tests.sandbox.shelf import (
    FRANCE,
    GERMANY,
    REPORT_DOCUMENTS_PATH,
    REPORT_TYPE,
    create_report,
    download_report,
    make_report,
    product_of,
    read_report,
)

US = "ATVPDKIKX0DER"
JAPAN = "A1VC38T7YXB528"


@pytest.fixture
def driver() -> Driver:
    return Driver()


def lines_of(driver: Driver) -> list[dict[str, str]]:
    return read_report(download_report(driver, make_report(driver)["reportDocumentId"]).body)


class TestWay:
    def test_a_report_waits_is_made_and_is_done(self, driver: Driver) -> None:
        created = create_report(driver)
        report_id = created.json()["reportId"]
        seen = []
        for seconds in (0, 14, 1, 74, 1):
            driver.control("clock", {"advance": seconds})
            seen.append(driver.get(f"{REPORTS_PATH}/{report_id}").json())
        assert [report["processingStatus"] for report in seen] == [
            "IN_QUEUE",
            "IN_QUEUE",
            "IN_PROGRESS",
            "IN_PROGRESS",
            "DONE",
        ]
        assert ["reportDocumentId" in report for report in seen] == [False] * 4 + [True]
        assert seen[-1]["createdTime"] == driver.ago(seconds=90)
        assert seen[-1]["processingStartTime"] == driver.ago(seconds=75)
        assert seen[-1]["processingEndTime"] == driver.ago()

    def test_its_time_can_be_set(self, driver: Driver) -> None:
        driver.control("reports", {"seconds": 0})
        report_id = create_report(driver).json()["reportId"]
        assert driver.get(f"{REPORTS_PATH}/{report_id}").json()["processingStatus"] == "DONE"

    def test_it_tells_what_was_so_when_it_was_made(self, driver: Driver) -> None:
        create_report(driver)
        (added,) = driver.control("listings", {"add": 1})["changed"]
        driver.control("clock", {"advance": 90})
        (report,) = driver.world.reports.jobs
        document_id = driver.get(f"{REPORTS_PATH}/{report}").json()["reportDocumentId"]
        assert added in {line["seller-sku"] for line in read_report(download_report(driver, document_id).body)}

    def test_a_shop_without_listings_gets_none(self, driver: Driver) -> None:
        for product in list(driver.world.catalogue.by_sku.values()):
            driver.world.catalogue.remove(product)
        report = make_report(driver)
        assert (report["processingStatus"], "reportDocumentId" in report) == ("CANCELLED", False)

    def test_reports_are_listed_the_newest_first_and_page_by_page(self, driver: Driver) -> None:
        made = []
        for _ in range(3):
            made.append(create_report(driver).json()["reportId"])
            driver.control("clock", {"advance": 60})
        first = driver.get(REPORTS_PATH, reportTypes=REPORT_TYPE, pageSize=2).json()
        second = driver.get(REPORTS_PATH, nextToken=first["nextToken"]).json()
        assert [each["reportId"] for each in first["reports"] + second["reports"]] == made[::-1]
        assert "nextToken" not in second

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ({}, 2),
            ({"processingStatuses": "DONE"}, 1),
            ({"processingStatuses": "FATAL,CANCELLED"}, 0),
            ({"marketplaceIds": FRANCE}, 1),
            ({"reportTypes": SHIPPING_REPORT}, 0),
        ],
    )
    def test_filters_narrow_the_list(self, driver: Driver, query: dict[str, object], found: int) -> None:
        make_report(driver)
        create_report(driver, marketplaceIds=[FRANCE])
        answer = driver.get(REPORTS_PATH, **{"reportTypes": REPORT_TYPE, **query})
        assert len(answer.json()["reports"]) == found
        since = {"createdSince": driver.ago(seconds=1)}
        assert len(driver.get(REPORTS_PATH, reportTypes=REPORT_TYPE, **since).json()["reports"]) == 1

    def test_a_report_is_kept_for_ninety_days(self, driver: Driver) -> None:
        report = make_report(driver)
        driver.control("clock", {"advance": timedelta(days=91).total_seconds()})
        driver.token = driver.world.issue_token()
        assert driver.get(f"{REPORTS_PATH}/{report['reportId']}").status == 404
        assert driver.get(REPORTS_PATH, reportTypes=REPORT_TYPE).json()["reports"] == []

    def test_the_document_of_orders_is_kept_for_thirty_days(self, driver: Driver) -> None:
        report = make_report(driver, reportType=SHIPPING_REPORT, dataStartTime=driver.ago(days=60))
        path = f"{REPORT_DOCUMENTS_PATH}/{report['reportDocumentId']}"
        wanted = {"restrictedResources": [{"method": "GET", "path": path}]}
        assert driver.post_json(RDT_PATH, wanted).status == 200
        driver.control("clock", {"advance": timedelta(days=31).total_seconds()})
        driver.token = driver.world.issue_token()
        answer = driver.post_json(RDT_PATH, wanted)
        assert (answer.status, error_of(answer)["message"]) == (400, "Invalid or unsupported document ID found")
        assert driver.get(f"{REPORTS_PATH}/{report['reportId']}").status == 200

    def test_reports_are_asked_for_rarely_and_looked_at_often(self) -> None:
        driver = Driver(quota="real")
        assert [create_report(driver).status for _ in range(16)] == [202] * 15 + [429]
        report_id = next(iter(driver.world.reports.jobs))
        assert [driver.get(f"{REPORTS_PATH}/{report_id}").status for _ in range(16)] == [200] * 15 + [429]


class TestText:
    def test_it_has_a_line_for_every_listing_and_no_weight(self, driver: Driver) -> None:
        lines = lines_of(driver)
        assert len(lines) == len(driver.world.catalogue.by_sku)
        assert not any("weight" in column for column in lines[0])
        for line, product in zip(lines, driver.world.catalogue.by_sku.values(), strict=True):
            assert line["asin1"] == product.asin
            assert line["status"] == ("Active" if "BUYABLE" in product.statuses else "Inactive")

    def test_what_the_encoding_has_no_sign_for_is_a_question_mark_in_skus_too(self, driver: Driver) -> None:
        lines = lines_of(driver)
        skus = {line["seller-sku"] for line in lines}
        assert {"TÜCHER-ÄÖÜ-5", "Z?OTY_NOTES", "PUZZLE?=1000"} <= skus
        assert "ZŁOTY_NOTES" not in skus
        assert any(set(line["item-name"]) <= {"?", " ", ",", "(", ")", "L", "E", "D"} for line in lines)

    def test_nothing_is_quoted_and_quotes_are_data(self, driver: Driver) -> None:
        lines = lines_of(driver)
        assert '@HOME;"B"' in {line["seller-sku"] for line in lines}
        assert any('27"' in line["item-name"] for line in lines)

    def test_parents_of_families_are_listed_without_price_and_quantity(self, driver: Driver) -> None:
        parent = product_of(driver, WeightKind.PARENT)
        (line,) = [line for line in lines_of(driver) if line["seller-sku"] == parent.sku]
        assert (line["price"], line["quantity"]) == ("", "")

    def test_names_are_in_the_language_of_the_first_marketplace(self, driver: Driver) -> None:
        document_id = make_report(driver, marketplaceIds=[FRANCE, GERMANY])["reportDocumentId"]
        lines = read_report(download_report(driver, document_id).body)
        product = driver.world.catalogue.products[0]
        assert next(line["item-name"] for line in lines if line["asin1"] == product.asin) == product.titles["fr"]

    def test_it_tells_its_encoding_and_is_packed_when_it_is_large(self, driver: Driver) -> None:
        small = download_report(driver, make_report(driver)["reportDocumentId"])
        assert small.headers["Content-Type"] == "text/plain; charset=Cp1252"
        large = Driver(orders=0, listings=2000)
        document_id = make_report(large)["reportDocumentId"]
        told = large.get(f"{REPORT_DOCUMENTS_PATH}/{document_id}").json()
        assert told["compressionAlgorithm"] == "GZIP"
        packed = download_report(large, document_id)
        assert "Content-Encoding" not in packed.headers
        assert len(read_report(gzip.decompress(packed.body))) == 2000
        wanted = download_report(large, document_id, enableContentEncodingUrlHeader="true")
        assert wanted.headers["Content-Encoding"] == "gzip"


class TestRefusals:
    def test_a_seller_who_never_asked_for_a_report_has_none(self, driver: Driver) -> None:
        answer = driver.get(REPORTS_PATH, reportTypes=SHIPPING_REPORT, pageSize=1)
        assert (answer.status, answer.json()) == (200, {"reports": []})

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"pageSize": 1},
            {"reportTypes": ",".join(["A"] * 11)},
            {"reportTypes": SHIPPING_REPORT, "pageSize": 101},
            {"reportTypes": SHIPPING_REPORT, "processingStatuses": "READY"},
            {"reportTypes": SHIPPING_REPORT, "createdSince": "2026-01-01T00:00:00Z"},
            {"reportTypes": SHIPPING_REPORT, "marketplaceIds": "AMAZON"},
            {"reportTypes": SHIPPING_REPORT, "nextToken": "more"},
            {"nextToken": "more"},
        ],
    )
    def test_wrong_parameters_are_refused(self, driver: Driver, parameters: dict[str, object]) -> None:
        assert driver.get(REPORTS_PATH, **parameters).status == 400

    def test_a_marketplace_of_another_region_is_denied(self, driver: Driver) -> None:
        assert driver.get(REPORTS_PATH, reportTypes=SHIPPING_REPORT, marketplaceIds=US).status == 403
        assert create_report(driver, marketplaceIds=[US]).status == 403

    @pytest.mark.parametrize(
        "changes",
        [
            {"reportType": None},
            {"reportType": "GET_EVERYTHING"},
            {"marketplaceIds": None},
            {"marketplaceIds": []},
            {"marketplaceIds": GERMANY},
            {"marketplaceIds": [1]},
            {"marketplaceIds": [GERMANY] * 26},
            {"dataStartTime": "2026-11-23T12:00:01Z"},
            {"dataEndTime": "yesterday"},
            {"reportOptions": ["ShowSalesChannel"]},
            {"reportOptions": {"ShowSalesChannel": True}},
        ],
    )
    def test_a_wrong_request_for_a_report_is_refused(self, driver: Driver, changes: dict[str, object]) -> None:
        assert create_report(driver, **changes).status == 400
        assert driver.world.reports.jobs == {}

    def test_a_request_that_is_no_json_is_refused(self, driver: Driver) -> None:
        assert driver.send("POST", REPORTS_PATH, body=b"{").status == 400
        headers = {"x-amz-access-token": driver.token, "content-type": "text/plain"}
        assert driver.send("POST", REPORTS_PATH, body=b"{}", headers=headers).status == 415

    def test_what_is_no_report_is_not_found(self, driver: Driver) -> None:
        assert driver.get(f"{REPORTS_PATH}/1").status == 404
        assert driver.get(f"{REPORT_DOCUMENTS_PATH}/1").status == 400
        feeds = driver.world.documents.add("text/xml", b"<a/>")
        assert driver.get(f"{REPORT_DOCUMENTS_PATH}/{feeds.id}").status == 400


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "status"),
        [
            ("report-failed", "FATAL"),
            ("report-cancelled", "CANCELLED"),
            ("report-hang-in-progress", "IN_PROGRESS"),
            ("report-without-charset", "DONE"),
        ],
    )
    def test_a_report_can_end_otherwise(self, fault: str, status: str) -> None:
        assert make_report(Driver(faults=(fault,)))["processingStatus"] == status

    def test_the_document_of_a_fatal_report_says_why(self) -> None:
        driver = Driver(faults=("report-failed",))
        document = download_report(driver, make_report(driver)["reportDocumentId"])
        assert (document.headers["Content-Type"], b"errorDetails" in document.body) == ("application/json", True)

    def test_an_address_can_have_expired_when_it_arrives_and_the_next_is_good(self) -> None:
        driver = Driver(faults=("report-document-expired",))
        document_id = make_report(driver)["reportDocumentId"]
        assert b"Request has expired" in download_report(driver, document_id).body
        driver.control("faults", {"off": ["report-document-expired"]})
        assert download_report(driver, document_id).status == 200

    def test_a_report_may_not_tell_its_encoding(self) -> None:
        driver = Driver(faults=("report-without-charset",))
        document = download_report(driver, make_report(driver)["reportDocumentId"])
        assert document.headers["Content-Type"] == "text/plain"

    @pytest.mark.parametrize(
        ("fault", "codec", "charset"),
        [
            ("report-utf8", "utf-8", "UTF-8"),
            ("report-utf8-misnamed", "utf-8", "Cp1252"),
            ("report-shift-jis", "cp932", "Shift_JIS"),
        ],
    )
    def test_a_report_can_have_another_encoding(self, fault: str, codec: str, charset: str) -> None:
        driver = Driver(faults=(fault,))
        document = download_report(driver, make_report(driver)["reportDocumentId"])
        assert document.headers["Content-Type"] == f"text/plain; charset={charset}"
        text = document.body.decode(codec)
        assert ("ZŁOTY_NOTES" in text, "T?CHER-???-5" in text) == (codec == "utf-8", codec == "cp932")

    @pytest.mark.parametrize(
        ("marketplace_id", "charset", "body"),
        [
            (GERMANY, "Cp1252", b"\xfc?"),
            (US, "utf8", "\N{LATIN SMALL LETTER U WITH DIAERESIS}\N{KATAKANA LETTER A}".encode()),
            (JAPAN, "Shift_JIS", b"?\x83A"),
        ],
    )
    def test_each_marketplace_has_its_encoding(
        self, driver: Driver, marketplace_id: str, charset: str, body: bytes
    ) -> None:
        text = "\N{LATIN SMALL LETTER U WITH DIAERESIS}\N{KATAKANA LETTER A}"
        document = add_document(driver.world, text, marketplace_id)
        assert (document.content_type, document.body) == (f"text/plain; charset={charset}", body)

    def test_a_report_can_be_done_without_a_document(self) -> None:
        report = make_report(Driver(faults=("report-without-document",)))
        assert (report["processingStatus"], "reportDocumentId" in report) == ("DONE", False)

    def test_only_the_first_address_may_have_expired(self) -> None:
        driver = Driver(faults=("report-document-expired-once",))
        document_id = make_report(driver)["reportDocumentId"]
        assert [download_report(driver, document_id).status for _ in range(3)] == [403, 200, 200]

    def test_a_packed_text_can_break_off(self) -> None:
        driver = Driver(faults=("report-gzip-ends-early",))
        document_id = make_report(driver)["reportDocumentId"]
        assert driver.get(f"{REPORT_DOCUMENTS_PATH}/{document_id}").json()["compressionAlgorithm"] == "GZIP"
        with pytest.raises(EOFError):
            gzip.decompress(download_report(driver, document_id).body)

    def test_a_packed_text_can_swell_to_three_times_the_size_of_huge_answers(self) -> None:
        driver = Driver(faults=("report-gzip-bomb",))
        driver.control("bodies", {"megabytes": 2})
        packed = download_report(driver, make_report(driver)["reportDocumentId"]).body
        assert len(packed) < 100_000
        assert len(gzip.decompress(packed)) > 6_000_000

    def test_a_document_can_be_empty_and_have_a_header_alone(self) -> None:
        driver = Driver(faults=("report-empty",))
        assert download_report(driver, make_report(driver)["reportDocumentId"]).body == b""
        driver.control("faults", {"off": ["report-empty"], "on": ["report-header-only"]})
        assert read_report(download_report(driver, make_report(driver)["reportDocumentId"]).body) == []

    @pytest.mark.parametrize(
        ("fault", "cells", "lines"),
        [
            ("report-line-short", {29, 14}, 97),
            ("report-line-long", {29, 30}, 97),
            ("report-line-break", {29, 1}, 98),
            ("report-quotation-mark", {29}, 97),
            ("report-order-twice", {29}, 98),
            ("report-columns-doubled", {30}, 97),
            ("report-column-missing", {28}, 97),
            ("report-columns-chosen", {30}, 97),
        ],
    )
    def test_a_text_can_have_broken_lines_and_other_columns(self, fault: str, cells: set[int], lines: int) -> None:
        driver = Driver()
        usual = download_report(driver, make_report(driver)["reportDocumentId"]).body
        driver.control("faults", {"on": [fault]})
        changed = download_report(driver, make_report(driver)["reportDocumentId"]).body
        rows = [line.split("\t") for line in changed.decode("cp1252").removesuffix("\r\n").split("\r\n")]
        assert (changed != usual, {len(row) for row in rows}, len(rows)) == (True, cells, lines)

    @pytest.mark.parametrize("fault", ["role-missing-pii", "role-missing-orders-report"])
    def test_without_the_restricted_role_neither_report_nor_token_is_to_be_had(self, fault: str) -> None:
        driver = Driver()
        document_id = make_report(driver, reportType=SHIPPING_REPORT, dataStartTime=driver.ago(days=60)).get(
            "reportDocumentId"
        )
        driver.control("faults", {"on": [fault]})
        assert create_report(driver, reportType=SHIPPING_REPORT).status == 403
        assert create_report(driver).status == 202
        document = {"method": "GET", "path": f"{REPORT_DOCUMENTS_PATH}/{document_id}"}
        orders = {"method": "GET", "path": "/orders/v0/orders", "dataElements": ["shippingAddress"]}
        for resource, text in ((document, "do not have access"), (orders, "[shippingAddress]")):
            answer = driver.post_json(RDT_PATH, {"restrictedResources": [resource]})
            assert (answer.status, text in error_of(answer)["message"]) == (403, True)

    def test_a_request_for_orders_can_be_denied_although_all_else_is_open(self) -> None:
        driver = Driver(faults=("report-denied",))
        answer = create_report(driver, reportType=SHIPPING_REPORT)
        assert (answer.status, error_of(answer)["message"]) == (403, "Access to the resource is forbidden")
        resource = {"method": "GET", "path": "/orders/v0/orders", "dataElements": ["shippingAddress"]}
        assert driver.post_json(RDT_PATH, {"restrictedResources": [resource]}).status == 200

    def test_a_report_can_be_on_its_way_although_the_answer_was_an_error(self) -> None:
        driver = Driver(faults=("report-lost-answer",))
        assert create_report(driver).status == 500
        assert len(driver.get(REPORTS_PATH, reportTypes=REPORT_TYPE).json()["reports"]) == 1

    def test_without_the_role_every_call_for_reports_is_denied_in_their_own_words(self) -> None:
        driver = Driver(faults=("role-missing-reports",))
        answers = [
            create_report(driver),
            driver.get(REPORTS_PATH, reportTypes=REPORT_TYPE),
            driver.get(f"{REPORTS_PATH}/1"),
            driver.get(f"{REPORT_DOCUMENTS_PATH}/1"),
        ]
        assert {answer.status for answer in answers} == {403}
        assert {error_of(answer)["message"] for answer in answers} == {"Access to the resource is forbidden"}
