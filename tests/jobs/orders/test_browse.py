"""orders: what is listed, shown and exported, and that personal data comes only when it is asked for."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete

from amzlink.cli.shell.console import Console
from amzlink.cli.views.orders.lists import show_list
from amzlink.cli.views.orders.show import show_detail
from amzlink.core.orders.order import PersonalData, TaxRegistration
from amzlink.jobs.orders.browse import confirmed, export_orders, look_at_orders
from amzlink.jobs.orders.holds import hold_order, release_order
from amzlink.jobs.orders.show import show_order
from amzlink.orderbook.orders.browse import Filter
from amzlink.orderbook.orders.pages import OrderChange, Page, save_page
from amzlink.orderbook.privacy.boxes import note_floor, sealed_marks
from amzlink.orderbook.schema import VAULT_FLOORS
from amzlink.problems import Exit, Problem
from tests.orderbook.samples import MONEY, NOW, ORDER_ID, PERSONAL, change_of, line_of, order_of, package_of
from tests.support.lists import list_orders
from tests.support.sealed import vault_of
from tests.support.world import SLUG, StoreOnSandbox, store_on_sandbox

OTHER_ID = "302-7654321-7654321"
LEASE = date(2026, 12, 23)
EVERY = Filter()
PERSONAL_TEXTS = (
    "Žofie", "Nováková", "Dlouhá", "Praha", "110 00", "+420", "Jan Novák", "abc123@", "Všechno", "00340434292135100186",
)  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> StoreOnSandbox:
    return store_on_sandbox(tmp_path, orders=0)


def store(world: StoreOnSandbox, *changes: OrderChange, sealed: bool = True) -> None:
    """Put orders into the book, their personal data sealed as an import does it."""
    with world.deps.book(SLUG) as book:
        vault = vault_of(world.deps, book)
        rows = []
        for change in changes:
            box = vault.seal(change.order.order_id, msgspec.json.encode(change.order.personal), LEASE)
            data = box if sealed else None
            rows.append(msgspec.structs.replace(change, sealed=data))
        save_page(book, Page(changes=rows, chain_ids=vault.chain_ids), NOW)


def set_store(world: StoreOnSandbox, **settings: Any) -> None:
    config = world.deps.load_config()
    world.deps.save_config(config.with_store(SLUG, msgspec.structs.replace(config.stores[SLUG], **settings)))


def listed(world: StoreOnSandbox, wanted: Filter = EVERY) -> dict[str, tuple[str, ...]]:
    """The orders in their sequence, each with the holds that count."""
    return {order.order_id: holds for order, holds in list_orders(world.deps, SLUG, wanted)}


def show(world: StoreOnSandbox, console: Console, wanted: Filter = EVERY) -> None:
    with look_at_orders(world.deps, SLUG, wanted) as seen:
        show_list(console, SLUG, seen, wanted)


def list_document(world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]) -> Any:
    show(world, Console(as_json=True))
    return json.loads(capsys.readouterr().out)


def show_document(world: StoreOnSandbox, capsys: pytest.CaptureFixture[str], *, with_pii: bool = False) -> Any:
    detail = show_order(world.deps, SLUG, ORDER_ID, with_personal=with_pii)
    show_detail(Console(as_json=True), SLUG, detail, world.deps.clock.now(), with_pii=with_pii)
    return json.loads(capsys.readouterr().out)


def shown(world: StoreOnSandbox, capsys: pytest.CaptureFixture[str], *, with_pii: bool = False) -> str:
    detail = show_order(world.deps, SLUG, ORDER_ID, with_personal=with_pii)
    show_detail(Console(), SLUG, detail, world.deps.clock.now(), with_pii=with_pii)
    return capsys.readouterr().out


def no_key_is_touched(world: StoreOnSandbox) -> None:
    """From here on whoever asks for the vault key fails."""
    world.deps.secrets.set(SLUG, "vault-key", "no vault key at all")


class TestTheDocumentsOfTheContract:
    ORDER: Mapping[str, Any] = {
        "order_id": ORDER_ID,
        "marketplace_id": "A1PA6795UKMFR9",
        "status": "PARTIALLY_SHIPPED",
        "purchased_at": "2026-11-21T09:30:00Z",
        "changed_at": "2026-11-22T09:30:00Z",
        "ship_by": "2026-11-25T09:30:00Z",
        "service_level": "STANDARD",
        "programs": ["PREMIUM", "PREORDER"],
        "holds": ["preorder"],
        "lines": 2,
        "units": 3,
        "weight_grams": None,
        "sent": "no",
        "confirmed": "partly",
        "personal_data_until": "2026-12-23",
    }

    def fill(self, world: StoreOnSandbox) -> None:
        order = order_of(
            status="PARTIALLY_SHIPPED",
            programs=("PREMIUM", "PREORDER"),
            lines=(line_of("1", quantity_unshipped=0), line_of("2", quantity=1, quantity_unshipped=1, sku=None)),
            packages=(package_of("P1"),),
        )
        store(world, change_of(order))

    def test_orders_list(self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]) -> None:
        self.fill(world)
        document = list_document(world, capsys)
        assert document == {"schema": 1, "store": SLUG, "orders": [self.ORDER]}
        assert list(document["orders"][0]) == list(self.ORDER)

    def test_orders_list_of_an_empty_book(self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]) -> None:
        assert list_document(world, capsys) == {"schema": 1, "store": SLUG, "orders": []}

    def test_orders_show(self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]) -> None:
        self.fill(world)
        line = {
            "order_item_id": "1",
            "sku": "SKU-1",
            "asin": "B000000001",
            "title": "Tea pot",
            "quantity": 2,
            "quantity_unshipped": 0,
            "unit_price": "19.99",
            "currency": "EUR",
            "weight_grams": None,
            "programs": [],
            "ioss_number": None,
            "demands": [],
            "gift_wrap": None,
            "customised": False,
            "price_parts": [],
            "tax_collections": [],
            "tax_schemes": [],
        }
        package = {
            "reference": "P1",
            "status": "SHIPPED",
            "detailed_status": "PICKED_UP",
            "carrier": "DHL",
            "service": "DHL Paket",
            "shipped_at": "2026-11-22T09:30:00Z",
            "items": [{"order_item_id": "1", "quantity": 2}],
        }
        document = show_document(world, capsys)
        assert document == {
            "schema": 1,
            "store": SLUG,
            **self.ORDER,
            "destination": {"state": "none", "since": None, "problem": None, "message": None},
            "parcels": [],
            "confirmations": [],
            "waits_for": "you to release it. It is on hold for preorder. "
            "Amazon wants it shipped by 2026-11-25T09:30:00Z",
            "events": [
                {"at": "2026-11-21T09:30:00Z", "what": "Ordered at Amazon", "problem": None},
                {"at": "2026-11-22T09:30:00Z", "what": "Last change at Amazon", "problem": None},
                {"at": "2026-11-22T09:30:00Z", "what": "Shipped, as Amazon shows it", "problem": None},
                {"at": "2026-11-23T09:30:00Z", "what": "Imported", "problem": None},
                {"at": "2026-11-23T09:30:00Z", "what": "Put on hold (preorder)", "problem": None},
            ],
            "total": "39.98",
            "currency": "EUR",
            "price_parts": [],
            "replaces": None,
            "deliver_by": "2026-11-28T09:30:00Z",
            "order_lines": [line, {**line, "order_item_id": "2", "quantity": 1, "quantity_unshipped": 1, "sku": None}],
            "packages": [package],
        }
        assert list(document["order_lines"][0]) == list(line)

    def test_orders_show_with_personal_data(self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]) -> None:
        self.fill(world)
        plain = show_document(world, capsys)
        document = show_document(world, capsys, with_pii=True)
        assert set(document) - set(plain) == {
            "buyer", "recipient", "gift_messages", "customisations", "tax_registrations",
        }  # fmt: skip
        assert document["packages"] == [{**plain["packages"][0], "tracking_number": "00340434292135100186"}]
        assert document["gift_messages"] == {"1": "Všechno nejlepší!"}
        assert document["buyer"] == {
            "name": "Jan Novák",
            "email": "abc123@marketplace.amazon.de",
            "company_name": None,
            "purchase_order_number": None,
        }
        assert {name: value for name, value in document["recipient"].items() if value is not None} == {
            "name": "Žofie Nováková",
            "address_line_1": "Dlouhá 12",
            "city": "Praha",
            "postal_code": "110 00",
            "country_code": "CZ",
            "phone": "+420 601 000 000",
        }

    def test_orders_show_of_what_the_parcel_must_have(
        self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        line = line_of(demands=("signatureConfirmation",), gift_wrap="STANDARD", customised=True)
        registrations = (TaxRegistration(entity_type="BUYER", type="VAT", number="CZ12345678", legal_name="Novák"),)
        personal = msgspec.structs.replace(
            PERSONAL, customization_urls={"1": "https://wishes.test/1"}, tax_registrations=registrations
        )
        store(world, change_of(order_of(lines=(line,), personal=personal)))
        plain, opened = show_document(world, capsys), show_document(world, capsys, with_pii=True)
        (told,) = plain["order_lines"]
        assert (told["demands"], told["gift_wrap"], told["customised"]) == (["signatureConfirmation"], "STANDARD", True)
        assert plain["holds"] == ["customised"]
        assert "wishes.test" not in str(plain)
        assert opened["customisations"] == {"1": "https://wishes.test/1"}
        assert opened["tax_registrations"] == [{"type": "VAT", "number": "CZ12345678", "legal_name": "Novák"}]
        text = shown(world, capsys)
        for part in (
            "Required for SKU-1: signature on delivery", "Gift wrap for SKU-1: STANDARD",
            "Made to order: SKU-1; --with-pii shows the buyer's wishes",
        ):  # fmt: skip
            assert part in text
        assert "wishes.test" not in text
        opened_text = shown(world, capsys, with_pii=True)
        assert "The buyer's wishes (1): https://wishes.test/1" in opened_text
        assert "CZ12345678 (VAT)" in opened_text

    def test_orders_show_of_what_the_price_consists_of(
        self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store(world, change_of(order_of(money=MONEY)))
        document = show_document(world, capsys)
        (line,) = document["order_lines"]
        assert document["price_parts"] == line["price_parts"] == [
            {
                "kind": "TAX", "amount": "6.38", "currency": "EUR",
                "details": [{"kind": "ITEM", "amount": "6.38", "currency": "EUR"}],
            },
            {"kind": "ITEM", "amount": "33.60", "currency": "EUR", "details": []},
        ]  # fmt: skip
        assert line["tax_collections"] == [
            {"model": "MARKETPLACE_FACILITATOR", "responsible_party": "Amazon Services Europe S.a.r.L."}
        ]
        assert line["tax_schemes"] == ["UOSS"]
        text = shown(world, capsys)
        assert "Total 39.98 EUR (tax 6.38 EUR, item 33.60 EUR)" in text
        assert "Tax collection: MARKETPLACE_FACILITATOR (Amazon Services Europe S.a.r.L.)" in text

    def test_orders_show_of_data_that_is_gone(self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]) -> None:
        store(world, change_of(order_of(packages=(package_of(),))), sealed=False)
        document = show_document(world, capsys, with_pii=True)
        assert (document["buyer"], document["recipient"], document["gift_messages"]) == (None, None, {})
        assert document["packages"][0]["tracking_number"] is None
        assert document["personal_data_until"] is None

    @pytest.mark.parametrize(
        ("status", "word"),
        [
            ("UNSHIPPED", "no"),
            ("PARTIALLY_SHIPPED", "partly"),
            ("SHIPPED", "yes"),
            ("CANCELLED", "no"),
            ("NEW_ONE", "no"),
        ],
    )
    def test_what_amazon_shows_as_shipped_is_confirmed(self, world: StoreOnSandbox, status: str, word: str) -> None:
        store(world, change_of(order_of(status=status)))
        [(order, _)] = list_orders(world.deps, SLUG, EVERY)
        assert confirmed(order) == word


class TestPersonalData:
    def test_listing_showing_and_exporting_ask_for_no_key(
        self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store(world, change_of(order_of(packages=(package_of(),))))
        no_key_is_touched(world)
        list_document(world, capsys)
        show_document(world, capsys)
        assert len(list(export_orders(world.deps, SLUG, EVERY, with_personal=False, damaged=[]))) == 1
        with pytest.raises(Problem) as error:
            show_document(world, capsys, with_pii=True)
        assert error.value.name.value == "vault-key-missing"

    def test_without_being_asked_for_no_word_of_it_is_shown(
        self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store(world, change_of(order_of(packages=(package_of(),))))
        texts = [
            json.dumps(list_document(world, capsys), ensure_ascii=False),
            json.dumps(show_document(world, capsys), ensure_ascii=False),
            shown(world, capsys),
            repr(list(export_orders(world.deps, SLUG, EVERY, with_personal=False, damaged=[]))),
        ]
        assert [word for word in PERSONAL_TEXTS for text in texts if word in text] == []

    def test_when_asked_for_all_of_it_is_shown_to_people(
        self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store(world, change_of(order_of(packages=(package_of(),))))
        text = shown(world, capsys, with_pii=True)
        of_the_parcel = [word for word in PERSONAL_TEXTS if word not in ("Jan Novák", "abc123@")]
        assert [word for word in of_the_parcel if word not in text] == []

    def test_until_when_it_is_kept_is_shown_to_people(
        self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store(world, change_of(order_of()))
        assert "Personal data until 23 Dec 2026: still to ship" in shown(world, capsys)

    def test_that_it_is_gone_is_shown_to_people(
        self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store(world, change_of(order_of()), sealed=False)
        assert "No personal data of this order is stored" in shown(world, capsys, with_pii=True)

    def test_an_export_has_it_for_each_order_that_has_any(self, world: StoreOnSandbox) -> None:
        other = PersonalData(gift_messages={"1": "other"})
        store(world, change_of(order_of()), change_of(order_of(OTHER_ID, personal=other, ship_by=None)))
        store(world, change_of(order_of("302-0000000-0000000", ship_by=None, purchased_at=NOW)), sealed=False)
        found = {
            order.order_id: personal
            for order, _, personal in export_orders(world.deps, SLUG, EVERY, with_personal=True, damaged=[])
        }
        assert found == {ORDER_ID: PERSONAL, OTHER_ID: other, "302-0000000-0000000": None}

    def test_data_whose_day_is_over_is_not_shown_even_if_its_row_is_still_there(self, world: StoreOnSandbox) -> None:
        """As a purge leaves it that was stopped after it had noted its floor."""
        store(world, change_of(order_of()))
        with world.deps.book(SLUG) as book:
            note_floor(book, LEASE + timedelta(days=1))
        detail = show_order(world.deps, SLUG, ORDER_ID, with_personal=True)
        assert (detail.personal, detail.order.lease_day, detail.order.kept_until) == (None, None, None)

    def test_a_book_that_was_put_back_learns_the_floor_of_the_keyring_again(self, world: StoreOnSandbox) -> None:
        store(world, change_of(order_of()))
        with world.deps.book(SLUG) as book:
            note_floor(book, LEASE)
            vault_of(world.deps, book)
            with book.writing() as connection:
                connection.execute(delete(VAULT_FLOORS))
            vault_of(world.deps, book)
            assert sealed_marks(book).floor == LEASE


class TestHolding:
    def test_a_hold_keeps_the_order_back_until_it_is_released(self, world: StoreOnSandbox) -> None:
        store(world, change_of(order_of()))
        hold_order(world.deps, SLUG, ORDER_ID)
        assert listed(world) == {ORDER_ID: ("manual",)}
        assert release_order(world.deps, SLUG, ORDER_ID) == ("manual",)
        assert listed(world) == {ORDER_ID: ()}

    def test_a_release_lifts_all_holds_and_says_which(self, world: StoreOnSandbox) -> None:
        store(world, change_of(order_of(programs=("DELIVERY_BY_AMAZON", "PREORDER"))))
        hold_order(world.deps, SLUG, ORDER_ID)
        assert release_order(world.deps, SLUG, ORDER_ID) == ("amazon-ships", "manual", "preorder")
        assert listed(world) == {ORDER_ID: ()}

    def test_what_was_released_stays_released_when_the_order_comes_again(self, world: StoreOnSandbox) -> None:
        store(world, change_of(order_of(programs=("PREORDER",))))
        release_order(world.deps, SLUG, ORDER_ID)
        store(world, change_of(order_of(programs=("PREORDER",), changed_at=NOW), is_new=False))
        assert listed(world) == {ORDER_ID: ()}

    def test_an_order_that_is_not_held_cannot_be_released(self, world: StoreOnSandbox) -> None:
        store(world, change_of(order_of()))
        with pytest.raises(Problem) as error:
            release_order(world.deps, SLUG, ORDER_ID)
        assert error.value.name.value == "hold-not-found"
        assert error.value.exit_code is Exit.DONE

    @pytest.mark.parametrize("act", [hold_order, release_order])
    def test_an_order_that_is_not_there_is_told(self, world: StoreOnSandbox, act: Any) -> None:
        with pytest.raises(Problem) as error:
            act(world.deps, SLUG, ORDER_ID)
        assert error.value.name.value == "order-not-found"
        assert f"in the order book of {SLUG}" in error.value.summary

    def test_to_show_one_that_is_not_there_is_told_too(self, world: StoreOnSandbox) -> None:
        with pytest.raises(Problem) as error:
            show_order(world.deps, SLUG, ORDER_ID, with_personal=False)
        assert error.value.name.value == "order-not-found"

    def test_the_stores_settings_decide_which_holds_count(self, world: StoreOnSandbox) -> None:
        store(world, change_of(order_of(programs=("PRIME",))))
        set_store(world, include_prime="always")
        assert listed(world) == {ORDER_ID: ()}
        assert show_order(world.deps, SLUG, ORDER_ID, with_personal=False).holds == ()
        assert [holds for _, holds, _ in export_orders(world.deps, SLUG, EVERY, with_personal=False, damaged=[])] == [
            ()
        ]

    def test_the_clock_decides_when_a_label_is_no_longer_too_early(self, world: StoreOnSandbox) -> None:
        store(world, change_of(order_of(label_from=world.clock.now() + timedelta(hours=1))))
        assert listed(world) == {ORDER_ID: ("label-too-early",)}
        world.clock.advance(3600)
        assert listed(world) == {ORDER_ID: ()}


class TestForPeople:
    def test_the_list_has_a_line_for_each_order(
        self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        store(world, change_of(order_of(programs=("PREORDER",))), change_of(order_of(OTHER_ID, ship_by=None)))
        show(world, Console())
        head, first, second = capsys.readouterr().out.splitlines()
        assert head.split()[:3] == ["ORDER", "STATUS", "SHIP"]
        assert first.split() == [ORDER_ID, "UNSHIPPED", "Wed", "25", "Nov", "09:30", "2", "STANDARD", "preorder"]
        assert second.split() == [OTHER_ID, "UNSHIPPED", "2", "STANDARD"]

    def test_an_empty_book_says_how_to_fill_it(self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]) -> None:
        show(world, Console())
        out, err = capsys.readouterr()
        assert out == ""
        assert "amzlink import-orders" in err

    def test_an_order_is_shown_with_its_lines_packages_and_the_way_to_release_it(
        self, world: StoreOnSandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        order = order_of(programs=("PREORDER",), replaces=OTHER_ID, packages=(package_of(carrier=None, service=None),))
        store(world, change_of(order))
        text = shown(world, capsys)
        for part in (
            f"{ORDER_ID}  UNSHIPPED  STANDARD",
            "Ship by Wed 25 Nov 09:30",
            "Programs: PREORDER",
            f"Replaces order {OTHER_ID}",
            f"On hold for: preorder; `amzlink orders release {ORDER_ID}` lifts it",
            "Tea pot",
            "19.99 EUR",
            "Package P1: carrier unknown, SHIPPED",
        ):
            assert part in text
