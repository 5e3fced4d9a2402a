"""Feeds that confirm shipments, from the upload to the report."""

import gzip
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from amzlink.sandbox.order_plan import Story, Trait
from tests.sandbox.driver import Driver, error_of
from tests.sandbox.parcels import (
    DOCUMENTS_PATH,
    FEED_TYPE,
    FEEDS_PATH,
    TRACKING,
    XML,
    Report,
    create_document,
    create_feed,
    download,
    envelope,
    find_order,
    finish,
    items_of,
    message,
    process,
    put,
    send_feed,
)

DATA = "<FulfillmentData>{}</FulfillmentData>"


@pytest.fixture
def driver() -> Driver:
    return Driver()


def status_of(driver: Driver, feed_id: str) -> str:
    status: str = driver.get(f"{FEEDS_PATH}/{feed_id}").json()["processingStatus"]
    return status


def packages(driver: Driver, order_id: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = driver.order(order_id, "PACKAGES").get("packages", [])
    return told


class TestDocuments:
    def test_an_upload_needs_nothing_but_its_address(self, driver: Driver) -> None:
        document = create_document(driver)
        assert put(driver, document["url"], b"<a/>").status == 200
        assert driver.world.documents.find(document["feedDocumentId"]).body == b"<a/>"  # type: ignore[union-attr]
        assert driver.world.count_calls()["uploadDocument"] == 1

    def test_the_address_is_on_the_origin_that_was_called(self, driver: Driver) -> None:
        headers = {"x-amz-access-token": driver.token, "content-type": "application/json", "host": "127.0.0.1:4711"}
        answer = driver.send("POST", DOCUMENTS_PATH, body=b'{"contentType":"text/xml"}', headers=headers)
        assert answer.json()["url"].startswith("http://127.0.0.1:4711/documents/")

    def test_a_token_beside_the_address_is_refused(self, driver: Driver) -> None:
        url = create_document(driver)["url"]
        assert put(driver, url, b"<a/>", authorization="Bearer x").status == 400
        assert put(driver, url, b"<a/>", **{"x-amz-access-token": driver.token}).status == 403

    def test_another_content_type_is_refused(self, driver: Driver) -> None:
        answer = put(driver, create_document(driver)["url"], b"<a/>", **{"content-type": "text/plain"})
        assert (answer.status, b"SignatureDoesNotMatch" in answer.body) == (403, True)

    def test_an_address_lives_five_minutes_and_opens_one_method(self, driver: Driver) -> None:
        url = create_document(driver)["url"]
        split = urlsplit(url)
        assert driver.send("GET", split.path, split.query, headers={}).status == 403
        assert driver.send("PUT", split.path, "X-Amz-Signature=00", b"", {"content-type": XML}).status == 403
        driver.control("clock", {"advance": 299})
        assert put(driver, url, b"<a/>").status == 200
        driver.control("clock", {"advance": 1})
        answer = put(driver, url, b"<a/>")
        assert (answer.status, b"Request has expired" in answer.body) == (403, True)

    @pytest.mark.parametrize("body", [{}, {"contentType": ""}, {"contentType": 5}])
    def test_a_content_type_is_required(self, driver: Driver, body: dict[str, object]) -> None:
        assert driver.post_json(DOCUMENTS_PATH, body).status == 400

    def test_what_was_uploaded_can_be_downloaded(self, driver: Driver) -> None:
        document = create_document(driver)
        assert driver.get(f"{DOCUMENTS_PATH}/{document['feedDocumentId']}").status == 400
        put(driver, document["url"], b"<a/>")
        assert download(driver, document["feedDocumentId"]).body == b"<a/>"
        assert driver.get(f"{DOCUMENTS_PATH}/nothing").status == 400


class TestCreateFeed:
    @pytest.mark.parametrize(
        "changes",
        [
            {"feedType": "POST_PRODUCT_DATA"},
            {"marketplaceIds": []},
            {"marketplaceIds": "A1PA6795UKMFR9"},
            {"marketplaceIds": ["A1PA6795UKMFR9"] * 26},
            {"marketplaceIds": ["AMAZON"]},
            {"inputFeedDocumentId": "nothing"},
            {"inputFeedDocumentId": None},
        ],
    )
    def test_wrong_fields_are_refused(self, driver: Driver, changes: dict[str, object]) -> None:
        document = create_document(driver)
        put(driver, document["url"], b"<a/>")
        assert create_feed(driver, document["feedDocumentId"], **changes).status == 400
        assert create_feed(driver, document["feedDocumentId"]).status == 202

    def test_a_document_that_was_not_uploaded_is_refused(self, driver: Driver) -> None:
        assert create_feed(driver, create_document(driver)["feedDocumentId"]).status == 400

    def test_a_marketplace_of_another_region_is_denied(self, driver: Driver) -> None:
        document = create_document(driver)
        put(driver, document["url"], b"<a/>")
        answer = create_feed(driver, document["feedDocumentId"], marketplaceIds=["ATVPDKIKX0DER"])
        assert answer.status == 403

    @pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 400)])
    def test_a_body_that_is_no_object_is_refused(self, driver: Driver, body: bytes, status: int) -> None:
        assert driver.send("POST", FEEDS_PATH, body=body).status == status

    def test_a_body_that_is_not_sent_as_json_is_refused(self, driver: Driver) -> None:
        headers = {"x-amz-access-token": driver.token, "content-type": "text/plain"}
        assert driver.send("POST", FEEDS_PATH, body=b"{}", headers=headers).status == 415


class TestProgress:
    def test_a_feed_waits_is_processed_and_is_done_after_two_minutes(self, driver: Driver) -> None:
        order = find_order(driver)
        feed_id = send_feed(driver, [message(driver, order)])
        assert status_of(driver, feed_id) == "IN_QUEUE"
        driver.control("clock", {"advance": 20})
        assert status_of(driver, feed_id) == "IN_PROGRESS"
        driver.control("clock", {"advance": 99})
        assert status_of(driver, feed_id) == "IN_PROGRESS"
        assert driver.order(order.order_id)["fulfillment"]["fulfillmentStatus"] == "UNSHIPPED"
        driver.control("clock", {"advance": 1})
        assert status_of(driver, feed_id) == "DONE"
        told = driver.order(order.order_id)
        assert (told["fulfillment"]["fulfillmentStatus"], told["lastUpdatedTime"]) == ("SHIPPED", driver.ago())

    def test_nobody_has_to_ask_for_a_feed_to_end(self, driver: Driver) -> None:
        order = find_order(driver)
        send_feed(driver, [message(driver, order)])
        driver.control("clock", {"advance": 500})
        told = driver.order(order.order_id)
        assert (told["fulfillment"]["fulfillmentStatus"], told["lastUpdatedTime"]) == (
            "SHIPPED",
            driver.ago(seconds=380),
        )

    def test_the_next_feed_waits_for_the_one_before(self, driver: Driver) -> None:
        one, two = (send_feed(driver, [message(driver, find_order(driver))]) for _ in range(2))
        driver.control("clock", {"advance": 120})
        assert (status_of(driver, one), status_of(driver, two)) == ("DONE", "IN_PROGRESS")
        driver.control("clock", {"advance": 100})
        assert status_of(driver, two) == "DONE"

    def test_how_long_a_feed_takes_can_be_set(self, driver: Driver) -> None:
        assert driver.control("feeds", {"seconds": 0}) == {"seconds": 0}
        assert status_of(driver, send_feed(driver, [])) == "DONE"
        for seconds in (-1, True, "1", 86_400):
            assert driver.post_json("/control/feeds", {"seconds": seconds}).status == 400

    def test_an_unknown_feed_is_not_found(self, driver: Driver) -> None:
        assert driver.get(f"{FEEDS_PATH}/12345").status == 404


class TestList:
    def test_feeds_come_page_by_page_the_newest_first(self, driver: Driver) -> None:
        sent = []
        for _ in range(5):
            sent.append(send_feed(driver, []))
            driver.control("clock", {"advance": 1})
        page = driver.get(FEEDS_PATH, feedTypes=FEED_TYPE, pageSize=2).json()
        listed = [feed["feedId"] for feed in page["feeds"]]
        while "nextToken" in page:
            page = driver.get(FEEDS_PATH, nextToken=page["nextToken"]).json()
            listed += [feed["feedId"] for feed in page["feeds"]]
        assert listed == sent[::-1]

    def test_filters_narrow_the_list(self, driver: Driver) -> None:
        done = send_feed(driver, [])
        driver.control("clock", {"advance": 200})
        waiting = send_feed(driver, [])
        france = next(each.id for each in driver.world.account.marketplaces if each.country == "FR")

        def listed(**filters: object) -> list[str]:
            page = driver.get(FEEDS_PATH, feedTypes=FEED_TYPE, **filters).json()
            return [feed["feedId"] for feed in page["feeds"]]

        assert listed() == listed(marketplaceIds=france) == [waiting, done]
        assert listed(processingStatuses="DONE,FATAL") == [done]
        assert listed(createdSince=driver.ago(seconds=100)) == [waiting]
        assert listed(createdUntil=driver.ago(seconds=100)) == [done]
        assert driver.get(FEEDS_PATH, feedTypes="POST_PRODUCT_DATA").json() == {"feeds": []}

    @pytest.mark.parametrize(
        "parameters",
        [
            {},
            {"feedTypes": FEED_TYPE, "nextToken": "x"},
            {"nextToken": "x"},
            {"feedTypes": FEED_TYPE, "pageSize": 101},
            {"feedTypes": FEED_TYPE, "createdSince": "2026-01-01T00:00:00Z"},
            {"feedTypes": FEED_TYPE, "processingStatuses": "READY"},
        ],
    )
    def test_wrong_parameters_are_refused(self, driver: Driver, parameters: dict[str, object]) -> None:
        assert driver.get(FEEDS_PATH, **parameters).status == 400

    def test_feeds_are_kept_for_ninety_days(self, driver: Driver) -> None:
        feed_id = send_feed(driver, [])
        driver.control("clock", {"advance": timedelta(days=90).total_seconds()})
        driver.token = driver.world.issue_token()
        assert status_of(driver, feed_id) == "DONE"
        driver.control("clock", {"advance": 1})
        assert driver.get(f"{FEEDS_PATH}/{feed_id}").status == 404


class TestReports:
    def test_what_was_taken_is_counted_and_not_listed(self, driver: Driver) -> None:
        order = find_order(driver)
        report = process(driver, [message(driver, order)])
        assert report.summary == {
            "MessagesProcessed": 1,
            "MessagesSuccessful": 1,
            "MessagesWithError": 0,
            "MessagesWithWarning": 0,
        }
        assert report.results == []
        (package,) = packages(driver, order.order_id)
        assert (package["carrier"], package["shippingService"], package["trackingNumber"]) == (
            "DPD", "Classic", TRACKING,
        )  # fmt: skip
        (entry,) = driver.control("shipments")["shipments"]
        assert entry["packages"][0]["route"] == "feed"

    def test_mail_without_a_number_is_taken(self, driver: Driver) -> None:
        order = find_order(driver)
        data = DATA.format("<CarrierName>Deutsche Post Brief</CarrierName>")
        assert process(driver, [message(driver, order, data=data)]).results == []
        (package,) = packages(driver, order.order_id)
        assert package["carrier"] == "Deutsche Post Brief"
        assert "trackingNumber" not in package
        assert "shippingService" not in package

    def test_a_message_without_items_confirms_all_that_is_left(self, driver: Driver) -> None:
        order = find_order(driver, Trait.SEVERAL_LINES, Trait.SEVERAL_UNITS)
        items = items_of(order)
        assert process(driver, [message(driver, order, items=None)]).results == []
        assert packages(driver, order.order_id)[0]["packageItems"] == items

    def test_transparency_codes_are_kept(self, driver: Driver) -> None:
        order = find_order(driver, Trait.TRANSPARENCY)
        (item,) = items_of(order)
        written = (
            f"<Item><AmazonOrderItemCode>{item['orderItemId']}</AmazonOrderItemCode><Quantity>1</Quantity>"
            "<TransparencyCode>AZ:1</TransparencyCode></Item>"
        )
        assert process(driver, [message(driver, order, items=written)]).results == []
        assert packages(driver, order.order_id)[0]["packageItems"][0]["transparencyCodes"] == ["AZ:1"]

    def test_each_refused_message_has_a_result_and_the_rest_is_taken(self, driver: Driver) -> None:
        good, cancelled, plus = find_order(driver), find_order(driver, Trait.GIFT), find_order(driver, Trait.SHIP_PLUS)
        secret = find_order(driver, Trait.TRANSPARENCY)
        cancelled_message = message(driver, cancelled, 2)
        driver.control(f"orders/{cancelled.order_id}", {"action": "cancel"})
        report = process(
            driver,
            [
                message(driver, good, 1),
                cancelled_message,
                message(driver, plus, 3),
                message(driver, secret, 4),
                message(driver, good, 5, order="<AmazonOrderID>000-0000000-0000000</AmazonOrderID>"),
                message(driver, secret, 6, data=DATA.format("<CarrierCode>dpd</CarrierCode>")),
                message(driver, good, 7, reference="<MerchantFulfillmentID>2</MerchantFulfillmentID>"),
            ],
        )
        assert report.summary["MessagesProcessed"] == 7
        assert (report.summary["MessagesSuccessful"], report.summary["MessagesWithError"]) == (1, 6)
        assert [(each["MessageID"], each["ResultMessageCode"], each["AdditionalInfo"]) for each in report.results] == [
            ("2", "18000", cancelled.order_id),
            ("3", "18000", plus.order_id),
            ("4", "18000", secret.order_id),
            ("5", "18028", "000-0000000-0000000"),
            ("6", "5004", secret.order_id),
            ("7", "18021", good.order_id),
        ]
        assert "NonexistentOrderItem" in report.results[0]["ResultDescription"]
        assert "carrier-code field contains an invalid value" in report.results[4]["ResultDescription"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"order": "<OrderID>1</OrderID>"},
            {"order": None},
            {"reference": None},
            {"date": None},
            {"date": "<FulfillmentDate>yesterday</FulfillmentDate>"},
            {"data": None},
            {"data": DATA.format("")},
            {"data": DATA.format("<CarrierCode>DPD</CarrierCode><CarrierName>DPD</CarrierName>")},
            {"data": DATA.format("<ShippingMethod>Classic</ShippingMethod><CarrierCode>DPD</CarrierCode>")},
            {"items": "<Item><AmazonOrderItemCode>1</AmazonOrderItemCode><Quantity>0</Quantity></Item>"},
            {"items": "<Item><Quantity>1</Quantity></Item>"},
            {
                "items": "<Item><AmazonOrderItemCode>1</AmazonOrderItemCode><Quantity>1</Quantity>"
                + "<TransparencyCode>A</TransparencyCode>" * 11
                + "</Item>"
            },
        ],
    )
    def test_a_message_that_is_not_as_in_the_schema_is_refused(
        self, driver: Driver, changes: dict[str, str | None]
    ) -> None:
        report = process(driver, [message(driver, find_order(driver), **changes)])
        assert report.codes == [("1", "Error", "25")]

    def test_a_message_of_another_kind_is_refused(self, driver: Driver) -> None:
        other = "<Message><MessageID>1</MessageID><Inventory><SKU>A</SKU></Inventory></Message>"
        assert process(driver, [other]).codes == [("1", "Error", "25")]

    def test_a_number_that_is_used_twice_is_refused(self, driver: Driver) -> None:
        one, two = find_order(driver), find_order(driver, Trait.GIFT)
        report = process(driver, [message(driver, one, 4), message(driver, two, 4)])
        assert report.codes == [("4", "Error", "25")]
        assert packages(driver, one.order_id)
        assert not packages(driver, two.order_id)

    def test_dates_may_have_an_offset(self, driver: Driver) -> None:
        order = find_order(driver)
        date = "<FulfillmentDate>2026-11-23T12:30:00+01:00</FulfillmentDate>"
        assert process(driver, [message(driver, order, date=date)]).results == []
        assert packages(driver, order.order_id)[0]["shipTime"] == "2026-11-23T11:30:00Z"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "5000"),
            (b"<AmazonEnvelope>", "5000"),
            (b'<!DOCTYPE a [<!ENTITY b "c">]><AmazonEnvelope>&b;</AmazonEnvelope>', "5000"),
            (b"<AmazonEnvelope/>", "25"),
        ],
    )
    def test_a_document_that_is_no_feed_has_one_result(self, driver: Driver, body: bytes, code: str) -> None:
        document = create_document(driver)
        put(driver, document["url"], body)
        feed = finish(driver, create_feed(driver, document["feedDocumentId"]).json()["feedId"])
        report = Report(download(driver, feed["resultFeedDocumentId"]).body)
        assert report.codes == [("0", "Error", code)]
        assert (report.summary["MessagesProcessed"], report.summary["MessagesSuccessful"]) == (0, 0)

    def test_another_sellers_id_is_refused(self, driver: Driver) -> None:
        document = create_document(driver)
        seller = driver.world.account.seller_id.encode()
        body = envelope(driver, [message(driver, find_order(driver))]).replace(seller, b"A00000000000")
        put(driver, document["url"], body)
        feed = finish(driver, create_feed(driver, document["feedDocumentId"]).json()["feedId"])
        assert Report(download(driver, feed["resultFeedDocumentId"]).body).codes == [("0", "Error", "25")]

    def test_the_same_feed_twice_edits_and_never_doubles(self, driver: Driver) -> None:
        order = find_order(driver)
        messages = [message(driver, order)]
        process(driver, messages)
        assert process(driver, messages).results == []
        (entry,) = driver.control("shipments")["shipments"]
        assert [(each["confirmed"], each["edited"]) for each in entry["packages"]] == [(1, 1)]

    def test_a_long_report_is_compressed(self, driver: Driver) -> None:
        order = "<AmazonOrderID>000-0000000-0000000</AmazonOrderID>"
        written = [message(driver, find_order(driver), at, order=order) for at in range(1, 501)]
        feed = finish(driver, send_feed(driver, written))
        path = f"{DOCUMENTS_PATH}/{feed['resultFeedDocumentId']}"
        assert driver.get(path).json()["compressionAlgorithm"] == "GZIP"
        plain = download(driver, feed["resultFeedDocumentId"])
        assert "Content-Encoding" not in plain.headers
        assert len(Report(gzip.decompress(plain.body)).results) == 500
        told = download(driver, feed["resultFeedDocumentId"], enableContentEncodingUrlHeader="true")
        assert (told.headers["Content-Encoding"], told.body) == ("gzip", plain.body)
        assert driver.get(path, enableContentEncodingUrlHeader="yes").status == 400


class TestFaults:
    def feed(self, fault: str) -> tuple[Driver, dict[str, Any], list[str]]:
        """Two orders in a feed under a fault: the feed at its end, and which of the orders were shipped by it."""
        driver = Driver(faults=(fault,))
        orders = [find_order(driver), find_order(driver, Trait.GIFT)]
        feed = finish(driver, send_feed(driver, [message(driver, order, at) for at, order in enumerate(orders, 1)]))
        shipped = [order.order_id for order in orders if order.status is Story.SHIPPED]
        assert len(shipped) == len(driver.control("shipments")["shipments"])
        return driver, feed, shipped

    @pytest.mark.parametrize(
        ("fault", "status", "shipped"),
        [
            ("feed-fatal", "FATAL", 0),
            ("feed-fatal-halfway", "FATAL", 1),
            ("feed-cancelled", "CANCELLED", 0),
            ("feed-hang-in-progress", "IN_PROGRESS", 0),
            ("confirmation-not-stored", "DONE", 0),
            ("confirmation-not-stored-once", "DONE", 1),
            ("tracking-doubted", "DONE", 2),
            ("shipment-refused", "DONE", 0),
        ],
    )
    def test_how_a_feed_may_end(self, fault: str, status: str, shipped: int) -> None:
        _, feed, done = self.feed(fault)
        assert (feed["processingStatus"], len(done)) == (status, shipped)
        assert ("resultFeedDocumentId" in feed) is (status == "DONE")

    def test_a_doubt_is_a_warning(self) -> None:
        driver, feed, _ = self.feed("tracking-doubted")
        report = Report(download(driver, feed["resultFeedDocumentId"]).body)
        assert [level for _, level, _ in report.codes] == ["Warning", "Warning"]
        assert (report.summary["MessagesSuccessful"], report.summary["MessagesWithWarning"]) == (2, 2)

    def test_a_feed_that_hangs_goes_on_when_the_fault_ends(self) -> None:
        driver, feed, _ = self.feed("feed-hang-in-progress")
        driver.control("clock", {"advance": 86_400 - 200})
        driver.token = driver.world.issue_token()
        assert status_of(driver, feed["feedId"]) == "IN_PROGRESS"
        driver.control("faults", {"off": ["feed-hang-in-progress"]})
        assert status_of(driver, feed["feedId"]) == "DONE"

    def test_the_answer_to_a_feed_may_be_lost(self) -> None:
        driver = Driver(faults=("feed-lost-answer",))
        document = create_document(driver)
        put(driver, document["url"], envelope(driver, [message(driver, find_order(driver))]))
        answer = create_feed(driver, document["feedDocumentId"])
        assert (answer.status, error_of(answer)["code"]) == (500, "InternalFailure")
        (feed,) = driver.get(FEEDS_PATH, feedTypes=FEED_TYPE).json()["feeds"]
        assert finish(driver, feed["feedId"])["processingStatus"] == "DONE"

    def test_addresses_may_have_expired(self) -> None:
        driver = Driver(faults=("feed-document-expired",))
        answer = put(driver, create_document(driver)["url"], b"<a/>")
        assert (answer.status, b"Request has expired" in answer.body) == (403, True)

    def test_the_role_for_feeds_may_be_missing(self) -> None:
        driver = Driver(faults=("role-missing-feeds",))
        assert driver.post_json(DOCUMENTS_PATH, {"contentType": XML}).status == 403
        assert driver.get(FEEDS_PATH, feedTypes=FEED_TYPE).status == 403
        assert driver.confirm().status == 404


def test_a_feed_of_ten_thousand_parcels_fits_and_is_processed_at_once() -> None:
    driver = Driver(orders=0)
    orders = [driver.world.orders[order_id] for order_id in driver.world.add_orders(10_000)]
    date = f"<FulfillmentDate>{driver.ago()}</FulfillmentDate>"
    body = envelope(driver, (message(driver, order, at, date=date) for at, order in enumerate(orders, 1)))
    assert len(body) <= 10 * 1024 * 1024
    document = create_document(driver)
    put(driver, document["url"], body)
    feed_id = create_feed(driver, document["feedDocumentId"]).json()["feedId"]
    began = time.process_time()
    feed = finish(driver, feed_id)
    assert time.process_time() - began < 15  # seconds of work; measured: 1.5
    assert feed["processingStatus"] == "DONE"
    told = driver.control("shipments")["shipments"]
    assert len(told) == sum(order.status is Story.SHIPPED for order in orders) > 9_000
    assert {(each["confirmed"], each["edited"]) for entry in told for each in entry["packages"]} == {(1, 0)}
