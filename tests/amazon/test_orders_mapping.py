"""What an order of Amazon's becomes: nothing needed is lost, nothing unknown is fatal."""

import json
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx
import pytest

from amzlink.amazon.orders import DATASETS, get_order
from amzlink.core.orders.order import (
    NO_MONEY,
    NOTHING_PERSONAL,
    Amount,
    LineMoney,
    Order,
    OrderLine,
    PackageItem,
    Part,
    Recipient,
    TaxCollection,
    TaxRegistration,
)
from amzlink.problems import Problem
from tests.amazon.bench import bench, ok

Json = dict[str, Any]
ORDER_ID = "302-1234567-1234567"


def bare_item(**changes: object) -> Json:
    """A line with only what Amazon's model requires."""
    return {"orderItemId": "11111111111111", "quantityOrdered": 3, "product": {}, **changes}


def bare_order(**changes: object) -> Json:
    """An order with only what Amazon's model requires, and its state."""
    return {
        "orderId": ORDER_ID,
        "createdTime": "2026-11-20T08:00:00Z",
        "lastUpdatedTime": "2026-11-21T09:30:00Z",
        "salesChannel": {"channelName": "AMAZON"},
        "orderItems": [bare_item()],
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
        **changes,
    }


def read(document: Json) -> Order:
    """The order as the client gives it."""
    with bench(ok({"order": document})) as made:
        return get_order(made.link, ORDER_ID)


def refusal(document: Json) -> Problem:
    """The problem that the client raises."""
    with bench(ok({"order": document}, x_amzn_RequestId="abc-123")) as made, pytest.raises(Problem) as caught:
        get_order(made.link, ORDER_ID)
    assert caught.value.name.value == "response-malformed"
    assert caught.value.facts["request_id"] == "abc-123"
    return caught.value


def line_of(**changes: object) -> OrderLine:
    """The only line of an open order."""
    return read(bare_order(orderItems=[bare_item(**changes)])).lines[0]


def closed_line(status: str, **fulfillment: object) -> OrderLine:
    """The only line of an order in that state."""
    item = bare_item(fulfillment=fulfillment) if fulfillment else bare_item()
    return read(bare_order(fulfillment={"fulfillmentStatus": status}, orderItems=[item])).lines[0]


class TestWhatIsMissing:
    def test_an_order_with_the_required_fields_only_is_read(self) -> None:
        order = read(bare_order())
        assert (order.order_id, order.status) == (ORDER_ID, "UNSHIPPED")
        assert order.purchased_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
        assert order.changed_at == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
        assert (order.marketplace_id, order.fulfilled_by, order.service_level) == (None, None, None)
        assert (order.ship_by, order.deliver_by, order.label_from) == (None, None, None)
        assert (order.programs, order.packages, order.replaces) == ((), (), None)
        assert (order.total, order.currency) == (None, None)
        assert order.personal == NOTHING_PERSONAL
        assert order.lines == (
            OrderLine(
                order_item_id="11111111111111", sku=None, asin=None, title=None, quantity=3, quantity_unshipped=3,
                unit_price=None, currency=None, programs=(), ioss_number=None, cancellation_requested=False,
            ),
        )  # fmt: skip

    @pytest.mark.parametrize(
        "name",
        ["programs", "associatedOrders", "buyer", "recipient", "proceeds", "tax", "packages", "payment"],
    )
    def test_an_optional_part_that_is_null_is_as_good_as_absent(self, name: str) -> None:
        assert read(bare_order(**{name: None})) == read(bare_order())

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("recipient", {"deliveryAddress": None, "deliveryPreference": None}),
            ("recipient", {"deliveryAddress": {"name": None, "extendedFields": None}}),
            ("recipient", {"deliveryAddress": {"name": "", "addressLine1": "", "phone": ""}}),
            ("buyer", {"buyerName": None, "buyerEmail": ""}),
        ],
    )
    def test_an_empty_text_is_as_good_as_absent(self, name: str, value: Json) -> None:
        personal = read(bare_order(**{name: value})).personal
        assert personal.recipient == Recipient()
        assert personal.buyer == NOTHING_PERSONAL.buyer

    @pytest.mark.parametrize("name", ["programs", "cancellation", "fulfillment", "measurement", "tax"])
    def test_an_optional_part_of_a_line_that_is_null_is_as_good_as_absent(self, name: str) -> None:
        assert line_of(**{name: None}) == line_of()

    @pytest.mark.parametrize(
        "fulfillment",
        [
            {"packing": None, "shipping": None},
            {"packing": {"giftOption": None}, "shipping": {"internationalShipping": None}},
            {"packing": {"giftOption": {"giftMessage": ""}}},
        ],
    )
    def test_a_line_without_gift_and_customs_has_none(self, fulfillment: Json) -> None:
        order = read(bare_order(orderItems=[bare_item(fulfillment=fulfillment)]))
        assert order.personal == NOTHING_PERSONAL
        assert order.lines[0].ioss_number is None

    def test_a_package_with_its_number_only_is_read(self) -> None:
        (package,) = read(bare_order(packages=[{"packageReferenceId": "1"}])).packages
        assert (package.reference, package.status, package.carrier, package.shipped_at) == ("1", None, None, None)
        assert package.items == ()

    @pytest.mark.parametrize("name", ["packageItems", "packageStatus", "shipTime", "trackingNumber"])
    def test_a_part_of_a_package_that_is_null_is_as_good_as_absent(self, name: str) -> None:
        bare = read(bare_order(packages=[{"packageReferenceId": "1"}]))
        assert read(bare_order(packages=[{"packageReferenceId": "1", name: None}])) == bare

    def test_a_list_of_tax_numbers_that_is_null_is_as_good_as_absent(self) -> None:
        assert read(bare_order(tax={"taxRegistrations": None})) == read(bare_order())

    @pytest.mark.parametrize("name", ["orderId", "createdTime", "lastUpdatedTime", "orderItems", "fulfillment"])
    def test_an_order_without_what_is_needed_is_refused_with_the_fields_name(self, name: str) -> None:
        document = bare_order()
        del document[name]
        assert f"`{name}`" in refusal(document).facts["detail"]  # type: ignore[operator]


class TestWhatTheParcelMustHave:
    def test_mandatory_constraints_are_demands_even_those_that_nobody_has_seen_yet(self) -> None:
        constraints = {"signatureConfirmation": "MANDATORY", "cashOnDelivery": None, "coldChain": "MANDATORY",
                       "palletDelivery": "SOMETHING_ELSE", "odd": {"deeper": 1}}  # fmt: skip
        assert line_of(fulfillment={"shipping": {"shippingConstraints": constraints}}).demands == (
            "coldChain", "signatureConfirmation",
        )  # fmt: skip

    def test_gift_wrap_has_its_level(self) -> None:
        assert line_of(fulfillment={"packing": {"giftOption": {"giftWrapLevel": "STANDARD"}}}).gift_wrap == "STANDARD"
        assert line_of(fulfillment={"packing": {"giftOption": {"giftWrapLevel": ""}}}).gift_wrap is None

    @pytest.mark.parametrize("customization", [None, {}, {"customizedUrl": None}, {"customizedUrl": ""}])
    def test_a_line_without_wishes_is_not_customised(self, customization: Json | None) -> None:
        assert not line_of(product={"customization": customization}).customised

    def test_a_line_with_wishes_is_customised(self) -> None:
        assert line_of(product={"customization": {"customizedUrl": "https://wishes.test/1"}}).customised


class TestWhatPricesConsistOf:
    PARTS: ClassVar = [
        {"type": "ITEM", "subtotal": {"amount": "33.60", "currencyCode": "EUR"}},
        {
            "type": "TAX",
            "subtotal": {"amount": "6.38", "currencyCode": "EUR"},
            "detailedBreakdowns": [{"subtype": "ITEM", "value": {"amount": "6.38", "currencyCode": "EUR"}}, {}],
        },
        {"type": "TIP", "subtotal": None},
    ]

    def test_the_tax_comes_first_with_its_details_and_who_collects_it(self) -> None:
        collection = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon"}
        item = bare_item(
            proceeds={"breakdowns": self.PARTS},
            tax={"taxCalculationBreakdowns": [{"reportingScheme": "UOSS"}], "taxCollections": [collection]},
        )
        money = read(bare_order(orderItems=[item], proceeds={"breakdowns": self.PARTS})).money
        assert money.parts == (Part("TAX", "6.38", "EUR"), Part("ITEM", "33.60", "EUR"))
        expected = (Part("TAX", "6.38", "EUR", (Amount("ITEM", "6.38", "EUR"),)), Part("ITEM", "33.60", "EUR"))
        assert money.lines == {
            "11111111111111": LineMoney(
                parts=expected, tax_collections=(TaxCollection("MARKETPLACE_FACILITATOR", "Amazon"),), schemes=("UOSS",)
            )
        }

    @pytest.mark.parametrize("proceeds", [None, {}, {"breakdowns": None}, {"breakdowns": []}])
    def test_an_order_without_them_has_none(self, proceeds: Json | None) -> None:
        assert read(bare_order(proceeds=proceeds)).money == NO_MONEY


class TestWhatIsUnknown:
    def test_fields_that_nobody_has_seen_yet_are_passed_over(self) -> None:
        strange = {"mood": ["calm"], "nested": {"deeper": [1, None, {}]}}
        document = bare_order(
            orderItems=[bare_item(**strange, product=strange)],
            fulfillment={"fulfillmentStatus": "UNSHIPPED", **strange},
        )
        assert read({**document, **strange}) == read(bare_order())

    def test_values_that_nobody_has_seen_yet_are_kept_as_they_came(self) -> None:
        order = read(
            bare_order(
                programs=["PRIME", "AMAZON_MOONSHOT"],
                fulfillment={
                    "fulfillmentStatus": "INVOICE_UNCONFIRMED",
                    "fulfilledBy": "ROBOT",
                    "fulfillmentServiceLevel": "DRONE",
                },
                orderItems=[bare_item(programs=["ITEM_MOONSHOT"])],
                packages=[{"packageReferenceId": "1", "packageStatus": {"status": "IN_ORBIT", "detailedStatus": "X"}}],
                recipient={"deliveryAddress": {"name": "N", "addressType": "IGLOO"}},
            )
        )
        assert (order.status, order.fulfilled_by, order.service_level) == ("INVOICE_UNCONFIRMED", "ROBOT", "DRONE")
        assert order.programs == ("PRIME", "AMAZON_MOONSHOT")
        assert order.lines[0].programs == ("ITEM_MOONSHOT",)
        assert (order.packages[0].status, order.packages[0].detailed_status) == ("IN_ORBIT", "X")
        assert order.personal.recipient.address_type == "IGLOO"

    def test_an_order_of_an_unknown_state_keeps_its_unshipped_quantity(self) -> None:
        assert closed_line("INVOICE_UNCONFIRMED").quantity_unshipped == 3


class TestTimes:
    @pytest.mark.parametrize(
        "text",
        ["2026-11-21T09:30:00Z", "2026-11-21T09:30:00.000Z", "2026-11-21T18:30:00+09:00", "2026-11-21T01:30:00-08:00"],
    )
    def test_a_time_with_its_offset_is_the_same_moment(self, text: str) -> None:
        assert read(bare_order(lastUpdatedTime=text)).changed_at == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    @pytest.mark.parametrize("text", ["2026-11-21T09:30:00", "2026-11-21", "yesterday", "", 1795253400])
    def test_a_time_without_an_offset_or_none_at_all_is_refused(self, text: object) -> None:
        assert "lastUpdatedTime" in str(refusal(bare_order(lastUpdatedTime=text)).facts["detail"])

    def test_a_naive_time_deep_in_an_order_is_refused_with_its_place(self) -> None:
        window = {"latestDateTime": "2026-11-24T23:59:59"}
        document = bare_order(fulfillment={"fulfillmentStatus": "UNSHIPPED", "shipByWindow": window})
        assert "shipByWindow.latestDateTime" in str(refusal(document).facts["detail"])

    def test_windows_give_their_deciding_end(self) -> None:
        early, late = "2026-11-24T00:00:00Z", "2026-11-25T23:59:59Z"
        window = {"earliestDateTime": early, "latestDateTime": late}
        order = read(
            bare_order(
                fulfillment={
                    "fulfillmentStatus": "UNSHIPPED",
                    "shipByWindow": window,
                    "deliverByWindow": {**window, "latestDateTime": "2026-11-28T23:59:59Z"},
                    "labelPrintingWindow": window,
                }
            )
        )
        assert order.ship_by == datetime(2026, 11, 25, 23, 59, 59, tzinfo=UTC)
        assert order.deliver_by == datetime(2026, 11, 28, 23, 59, 59, tzinfo=UTC)
        assert order.label_from == datetime(2026, 11, 24, tzinfo=UTC)

    def test_windows_that_are_open_on_that_side_give_none(self) -> None:
        order = read(
            bare_order(
                fulfillment={
                    "fulfillmentStatus": "UNSHIPPED",
                    "shipByWindow": {"earliestDateTime": "2026-11-24T00:00:00Z"},
                    "deliverByWindow": {},
                    "labelPrintingWindow": {"latestDateTime": "2026-11-24T00:00:00Z"},
                }
            )
        )
        assert (order.ship_by, order.deliver_by, order.label_from) == (None, None, None)


class TestQuantities:
    def test_what_amazon_counts_as_unfulfilled_is_still_to_ship(self) -> None:
        fulfillment = {"quantityFulfilled": 1, "quantityUnfulfilled": 2}
        assert line_of(fulfillment=fulfillment).quantity_unshipped == 2

    def test_no_more_is_to_ship_than_was_ordered(self) -> None:
        assert line_of(fulfillment={"quantityUnfulfilled": 9}).quantity_unshipped == 3

    def test_nothing_unfulfilled_is_nothing_and_not_unknown(self) -> None:
        assert line_of(fulfillment={"quantityFulfilled": 3, "quantityUnfulfilled": 0}).quantity_unshipped == 0

    @pytest.mark.parametrize("status", ["SHIPPED", "CANCELLED"])
    @pytest.mark.parametrize("fulfillment", [{}, {"quantityFulfilled": 0}, {"quantityUnfulfilled": 3}])
    def test_of_an_order_that_is_closed_nothing_is_left_to_ship_whatever_is_counted(
        self, status: str, fulfillment: Json
    ) -> None:
        assert closed_line(status, **fulfillment).quantity_unshipped == 0

    @pytest.mark.parametrize("status", ["UNSHIPPED", "PARTIALLY_SHIPPED", "PENDING"])
    def test_of_an_open_order_without_counts_everything_is_left_to_ship(self, status: str) -> None:
        assert closed_line(status).quantity_unshipped == 3

    @pytest.mark.parametrize("quantity", ["two", None, 1.5])
    def test_a_quantity_that_is_no_whole_number_is_refused(self, quantity: object) -> None:
        assert "quantityOrdered" in str(refusal(bare_order(orderItems=[bare_item(quantityOrdered=quantity)])).facts)


class TestCancellation:
    BUYER: ClassVar = {"requester": "BUYER", "cancelReason": "Ordered by mistake"}

    def test_a_buyers_wish_is_seen(self) -> None:
        assert line_of(cancellation={"cancellationRequest": self.BUYER}).cancellation_requested

    @pytest.mark.parametrize("by", ["BUYER", "MERCHANT", "AMAZON", None])
    def test_a_wish_that_was_carried_out_is_history(self, by: str | None) -> None:
        cancellation = {"cancellationRequest": self.BUYER, "cancellationExecution": {"cancelledBy": by}}
        assert not line_of(cancellation=cancellation).cancellation_requested

    @pytest.mark.parametrize("request_", [None, {}, {"requester": None}, {"requester": "MERCHANT"}])
    def test_only_a_buyers_wish_counts(self, request_: Json | None) -> None:
        assert not line_of(cancellation={"cancellationRequest": request_}).cancellation_requested

    def test_a_wish_is_seen_where_the_execution_is_null(self) -> None:
        cancellation = {"cancellationRequest": self.BUYER, "cancellationExecution": None}
        assert line_of(cancellation=cancellation).cancellation_requested

    def test_each_line_has_its_own(self) -> None:
        wished = bare_item(orderItemId="2", cancellation={"cancellationRequest": self.BUYER})
        lines = read(bare_order(orderItems=[bare_item(), wished])).lines
        assert [line.cancellation_requested for line in lines] == [False, True]


class TestPersonalData:
    ADDRESS: ClassVar[Json] = {
        "name": "Zoë Łukasiewicz", "companyName": "Kontor GmbH", "addressLine1": "Speicherweg 3", "addressLine2": "Hof",
        "addressLine3": "3. OG", "city": "Kassel", "districtOrCounty": "Nord", "stateOrRegion": "Hessen",
        "municipality": "K", "postalCode": "34117", "countryCode": "DE", "phone": "+49 561 1",
        "addressType": "COMMERCIAL",
        "extendedFields": {"streetName": "Speicherweg", "streetNumber": "3", "complement": "H", "neighborhood": "N"},
    }  # fmt: skip

    def test_every_part_of_the_address_arrives(self) -> None:
        preference = {"dropOffLocation": "FRONT_DOOR", "addressInstruction": "ring twice"}
        recipient = {"deliveryAddress": self.ADDRESS, "deliveryPreference": preference}
        assert read(bare_order(recipient=recipient)).personal.recipient == Recipient(
            name="Zoë Łukasiewicz", company_name="Kontor GmbH", address_line_1="Speicherweg 3", address_line_2="Hof",
            address_line_3="3. OG", street_name="Speicherweg", street_number="3", complement="H", neighborhood="N",
            city="Kassel", district_or_county="Nord", municipality="K", state_or_region="Hessen", postal_code="34117",
            country_code="DE", phone="+49 561 1", address_type="COMMERCIAL", drop_off_location="FRONT_DOOR",
            address_instruction="ring twice",
        )  # fmt: skip

    def test_the_buyer_is_not_the_recipient(self) -> None:
        buyer = {
            "buyerName": "B", "buyerEmail": "b@marketplace.amazon.de", "buyerCompanyName": "C",
            "buyerPurchaseOrderNumber": "PO-1",
        }  # fmt: skip
        personal = read(bare_order(buyer=buyer)).personal
        assert (personal.buyer.name, personal.buyer.email) == ("B", "b@marketplace.amazon.de")
        assert (personal.buyer.company_name, personal.buyer.purchase_order_number) == ("C", "PO-1")
        assert personal.recipient == Recipient()

    def test_gifts_customisations_and_tracking_numbers_are_personal_and_keep_their_place(self) -> None:
        gift = {"packing": {"giftOption": {"giftMessage": "Alles Gute!", "giftWrapLevel": "STANDARD"}}}
        made = {"customization": {"customizedUrl": "https://zme-caps.amazon.com/t/1/custom.zip"}}
        order = read(
            bare_order(
                orderItems=[
                    bare_item(orderItemId="1", fulfillment=gift),
                    bare_item(orderItemId="2", product=made),
                    bare_item(orderItemId="3"),
                ],
                packages=[
                    {"packageReferenceId": "7", "trackingNumber": "JJD0001"},
                    {"packageReferenceId": "8", "trackingNumber": ""},
                ],
            )
        )
        assert order.personal.gift_messages == {"1": "Alles Gute!"}
        assert order.personal.customization_urls == {"2": "https://zme-caps.amazon.com/t/1/custom.zip"}
        assert order.personal.tracking_numbers == {"7": "JJD0001"}

    def test_of_the_tax_numbers_the_buyers_are_kept_and_the_sellers_left_out(self) -> None:
        registrations = [
            {"entityType": "BUYER", "legalName": "L", "taxRegistrationType": "VAT", "taxRegistrationNumber": "1"},
            {"entityType": "MARKETPLACE", "taxRegistrationType": "CNPJ", "taxRegistrationNumber": "2"},
            {"entityType": "MERCHANT", "legalName": "Us"},
            {},
        ]
        personal = read(bare_order(tax={"taxRegistrations": registrations})).personal
        assert personal.tax_registrations == (
            TaxRegistration(entity_type="BUYER", type="VAT", number="1", legal_name="L"),
        )

    def test_nothing_personal_stands_outside_the_personal_part(self) -> None:
        from msgspec import json as coder
        from msgspec.structs import replace

        gift = {"packing": {"giftOption": {"giftMessage": "GIFT-TEXT"}}}
        order = read(
            bare_order(
                recipient={"deliveryAddress": self.ADDRESS},
                buyer={"buyerName": "BUYER-NAME", "buyerEmail": "b@marketplace.amazon.de"},
                orderItems=[bare_item(fulfillment=gift, product={"customization": {"customizedUrl": "CUSTOM-URL"}})],
                packages=[{"packageReferenceId": "1", "trackingNumber": "TRACKING-1"}],
                tax={"taxRegistrations": [{"entityType": "BUYER", "taxRegistrationNumber": "TAX-1"}]},
            )
        )
        rest = coder.encode(replace(order, personal=NOTHING_PERSONAL)).decode()
        personal = coder.encode(order.personal).decode()
        texts = [text for text in self.ADDRESS.values() if isinstance(text, str) and len(text) > 3]
        for text in (*texts, "BUYER-NAME", "GIFT-TEXT", "CUSTOM-URL", "TRACKING-1", "TAX-1"):
            assert text in personal
            assert text not in rest


def test_lines_prices_packages_and_origin_are_kept() -> None:
    order = read(
        bare_order(
            salesChannel={"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
            proceeds={"grandTotal": {"amount": "35.98", "currencyCode": "EUR"}},
            associatedOrders=[
                {"orderId": "302-0000000-0000001", "associationType": "EXCHANGE_ORIGINAL_ID"},
                {"orderId": "302-0000000-0000002", "associationType": "REPLACEMENT_ORIGINAL_ID"},
            ],
            orderItems=[
                bare_item(
                    quantityOrdered=2,
                    programs=["TRANSPARENCY"],
                    product={
                        "asin": "B000000001",
                        "title": "Kanne",
                        "sellerSku": "K/1 #blue",
                        "price": {"unitPrice": {"amount": "17.99", "currencyCode": "EUR"}},
                    },
                    fulfillment={"shipping": {"internationalShipping": {"iossNumber": "IM2760000001"}}},
                )
            ],
            packages=[
                {
                    "packageReferenceId": "1",
                    "packageStatus": {"status": "IN_TRANSIT", "detailedStatus": "PICKED_UP"},
                    "carrier": "DHL",
                    "shippingService": "Paket",
                    "shipTime": "2026-11-22T12:00:00Z",
                    "packageItems": [{"orderItemId": "11111111111111", "quantity": 2}],
                }
            ],
        )
    )
    assert (order.marketplace_id, order.total, order.currency) == ("A1PA6795UKMFR9", "35.98", "EUR")
    assert order.replaces == "302-0000000-0000002"
    (line,) = order.lines
    assert (line.sku, line.asin, line.title) == ("K/1 #blue", "B000000001", "Kanne")
    assert (line.unit_price, line.currency, line.ioss_number) == ("17.99", "EUR", "IM2760000001")
    (package,) = order.packages
    assert (package.carrier, package.service, package.status) == ("DHL", "Paket", "IN_TRANSIT")
    assert package.shipped_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert package.items == (PackageItem("11111111111111", 2),)


class TestAskingForOne:
    def test_every_dataset_that_is_read_is_asked_for(self) -> None:
        with bench(ok({"order": bare_order()})) as made:
            get_order(made.link, ORDER_ID)
            (request,) = made.amazon.requests
        assert request.url.path == f"/orders/2026-01-01/orders/{ORDER_ID}"
        assert dict(request.url.params) == {"includedData": DATASETS}

    @pytest.mark.parametrize("order_id", ["../../sellers/v1", "1?x=y", "1#2", "a b", "100%"])
    def test_an_order_number_stays_one_segment_of_the_path_whatever_it_holds(self, order_id: str) -> None:
        with bench(ok({"order": bare_order(orderId=order_id)})) as made:
            get_order(made.link, order_id)
            (request,) = made.amazon.requests
        path, _, query = request.url.raw_path.decode().partition("?")
        assert path.startswith("/orders/2026-01-01/orders/")
        assert path.count("/") == 4
        assert query == f"includedData={DATASETS}"

    @pytest.mark.parametrize(
        ("body", "detail"),
        [
            (b"", "it is empty"),
            (b"  \n", "it is empty"),
            (b'{"order": {"orderId": "302', "it is cut off, or is not JSON (26 bytes)"),
            (b"upstream error", "it is cut off, or is not JSON (14 bytes)"),
        ],
    )
    def test_an_answer_that_is_no_order_is_malformed(self, body: bytes, detail: str) -> None:
        with bench(httpx.Response(200, content=body)) as made, pytest.raises(Problem) as caught:
            get_order(made.link, ORDER_ID)
        assert (caught.value.name.value, caught.value.facts["detail"]) == ("response-malformed", detail)

    @pytest.mark.parametrize("document", [{}, [], None, {"order": None}, {"orders": []}, {"payload": {}}])
    def test_json_of_another_shape_is_malformed(self, document: object) -> None:
        body = json.dumps(document).encode()
        with bench(httpx.Response(200, content=body)) as made, pytest.raises(Problem, match="response-malformed"):
            get_order(made.link, ORDER_ID)

    def test_bytes_that_are_no_text_are_malformed(self) -> None:
        body = json.dumps({"order": bare_order(programs=["KEIN-TEXT"])}).encode().replace(b"KEIN", b"\xff\xfe")
        with bench(httpx.Response(200, content=body)) as made, pytest.raises(Problem, match="response-malformed"):
            get_order(made.link, ORDER_ID)


def test_the_answer_for_another_order_is_none() -> None:
    assert "another order" in refusal(bare_order(orderId="302-1234567-7654321")).summary


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"])
class TestATimeThatNoOrderCanHave:
    @pytest.mark.parametrize("name", ["createdTime", "lastUpdatedTime"])
    def test_makes_the_order_one_that_cannot_be_read(self, time: str, name: str) -> None:
        assert "a time that no order can have" in refusal(bare_order(**{name: time})).summary

    def test_is_none_where_one_may_be_missing(self, time: str) -> None:
        window = {"earliestDateTime": time, "latestDateTime": time}
        order = read(
            bare_order(
                fulfillment={
                    "fulfillmentStatus": "UNSHIPPED",
                    "shipByWindow": window,
                    "deliverByWindow": window,
                    "labelPrintingWindow": window,
                },
                packages=[{"packageReferenceId": "1", "shipTime": time}],
            )
        )
        assert (order.ship_by, order.deliver_by, order.label_from, order.shipped_at) == (None, None, None, None)
