"""An order book of a shop that has been in business for a while, with as many orders as a benchmark wants.

It is written by the order book's own functions, a thousand orders a transaction, on a store without a sandbox: who only
looks at the book asks nobody. What is sealed is sealed for real, once, and lies in every order's box: nobody opens it.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from amzlink.config.settings import Config, Store
from amzlink.core.orders.changes import digest
from amzlink.core.orders.holds import causes
from amzlink.core.orders.order import Order, OrderId, OrderLine, Package, PackageItem, PersonalData, Recipient
from amzlink.core.privacy.sealed_data import Box
from amzlink.core.privacy.trusted_time import Sighting
from amzlink.core.shipments.confirmation import Confirmation, State
from amzlink.core.shipments.packing import Item
from amzlink.core.shipments.parcels import Kind, Parcel, ParcelItem
from amzlink.deps import Deps
from amzlink.files.home import find_home
from amzlink.orderbook.database import StoreBook
from amzlink.orderbook.destination.outbox import DispatchRow, DispatchState, save_dispatches
from amzlink.orderbook.orders.pages import OrderChange, Page, save_page
from amzlink.orderbook.privacy.clock_readings import note_reading
from amzlink.orderbook.runs import Run, note_run
from amzlink.orderbook.shipments.outbox import Outgoing, plan_confirmations
from amzlink.orderbook.shipments.parcels import ParcelsSeen, save_parcels
from amzlink.problems import ProblemName
from amzlink.secrets.memory import MemorySecrets

SLUG: Final = "demo"
_A_TRANSACTION: Final = 1000
_BOX: Final = Box(date(2099, 12, 31), "chain", bytes(700))
_PERSONAL: Final = PersonalData(recipient=Recipient(name="N", address_line_1="A 1", city="C", postal_code="1"))
# One order in a hundred is still to ship: what a shop sells in five of the days that the book holds.
_ROUND: Final = 400
_STATUSES: Final = {0: "UNSHIPPED", 100: "UNSHIPPED", 200: "PARTIALLY_SHIPPED", 300: "UNSHIPPED"}
_LABELLED, _CONFIRMED, _HELD = 100, 200, 300
_REFUSED_OF: Final = 20_000  # one in so many was refused by Sendcloud, and one confirmation by Amazon
_DAYS: Final = 541  # eighteen months
_KEPT: Final = timedelta(days=30)


def order_number(number: int) -> str:
    """The number of the order that was written as the so-manyth."""
    return f"302-{number:07}-{number % 9_999_991:07}"


def write_book(folder: Path, orders: int) -> dict[str, str]:
    """A home in this folder whose book has so many orders. Gives the environment that a command needs to look at it."""
    environ = {"AMZLINK_HOME": str(folder), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    home = find_home(environ)
    home.prepare()
    deps = Deps(environ, home, MemorySecrets())
    store = Store(
        name="Demo", country="DE", seller_id="A1EXAMPLE", client_id="amzn1.application-oa2-client.example",
        marketplace_ids=("A1PA6795UKMFR9",), import_weights=False,
    )  # fmt: skip
    deps.save_config(Config().with_store(SLUG, store))
    now = datetime.now(UTC).replace(microsecond=0)
    with deps.book(SLUG) as book:
        for first in range(0, orders, _A_TRANSACTION):
            _write(book, range(first, min(first + _A_TRANSACTION, orders)), now)
        for job in ("import-orders", "push-status"):
            note_run(book, Run(job=job, started_at=now, finished_at=now, problem=None, counts={}, amazon_time=now))
        note_reading(book, Sighting(now, timedelta()))
    return environ


def _write(book: StoreBook, numbers: range, now: datetime) -> None:
    orders = [_order(number, now) for number in numbers]
    changes = [
        OrderChange(
            order=order,
            digest=digest(order),
            is_new=True,
            causes={hold.value: cause for hold, cause in causes(order).items()},
            sealed=None if rule else _BOX,
            purge=rule,
        )
        for order in orders
        for rule in [_rule(order, now)]
    ]
    save_page(book, Page(changes=changes, chain_ids={"2099-12": "chain"}), now)
    with_number = list(zip(numbers, orders, strict=True))
    save_dispatches(book, [_dispatch(number, order) for number, order in with_number if number % _ROUND != _HELD], now)
    sent = [
        (number, order) for number, order in with_number if order.status == "SHIPPED" or number % _ROUND == _CONFIRMED
    ]
    labelled = [order for number, order in with_number if number % _ROUND == _LABELLED]
    parcels = [_parcel(order) for order in (*labelled, *(order for _, order in sent))]
    save_parcels(book, ParcelsSeen(parcels=parcels, boxes={}, chain_ids={}), now)
    plan_confirmations(book, [_confirmation(number, order) for number, order in sent], [], now)


def _rule(order: Order, now: datetime) -> str | None:
    """The rule by which nothing is sealed of an order any more: a cancelled one's data goes when it is imported."""
    if order.status == "CANCELLED":
        return "cancelled"
    return "shipped" if order.changed_at < now - _KEPT else None


def _status(number: int) -> str:
    return _STATUSES.get(number % _ROUND, "CANCELLED" if number % 10 == 0 else "SHIPPED")


def _order(number: int, now: datetime) -> Order:
    status = _status(number)
    open_ = status in ("UNSHIPPED", "PARTIALLY_SHIPPED")
    # Those that are done are of the last eighteen months, alike many of each.
    age = timedelta(hours=number % 48) if open_ else timedelta(days=number % _DAYS, hours=1)
    package = Package(
        reference="1001",
        status="SHIPPED",  # when it arrived the parcel says: Amazon's word would count from today
        detailed_status=None,
        carrier="DHL",
        service="DHL Paket",
        shipped_at=now - age,
        items=(PackageItem(f"{number}-1", 1),),
    )
    line = OrderLine(
        order_item_id=f"{number}-1",
        sku=f"SKU-{number % 500}",
        asin=f"B{number % 500:09}",
        title="Wasserkocher 1,7 l aus Edelstahl, cremeweiß, mit Temperaturanzeige",
        quantity=1 + number % 3,
        quantity_unshipped=1 if open_ else 0,
        unit_price="19.99",
        currency="EUR",
        programs=(),
        ioss_number=None,
        cancellation_requested=False,
    )
    return Order(
        order_id=OrderId(order_number(number)),
        marketplace_id="A1PA6795UKMFR9",
        status=status,
        fulfilled_by="MERCHANT",
        purchased_at=now - age - timedelta(hours=20),
        changed_at=now - age,
        ship_by=now - age + timedelta(hours=47, minutes=number % 60),
        deliver_by=now - age + timedelta(days=5),
        label_from=None,
        service_level="STANDARD",
        programs=("PREORDER",) if number % _ROUND == _HELD else (),
        replaces=None,
        total="19.99",
        currency="EUR",
        lines=(line,),
        packages=(package,) if status == "SHIPPED" else (),
        personal=_PERSONAL,
    )


def _dispatch(number: int, order: Order) -> DispatchRow:
    refused = order.status == "UNSHIPPED" and number % _REFUSED_OF == 0
    return DispatchRow(
        order_id=order.order_id,
        state=DispatchState.REFUSED if refused else DispatchState.SENT,
        sendcloud_id=None if refused else str(number),
        asked_at=order.changed_at,
        accepted_at=None if refused else order.changed_at,
        problem=ProblemName.ADDRESS_UNFIT if refused else None,
        code="invalid" if refused else None,
        pointer="shipping_address/postal_code" if refused else None,
    )


def _parcel(order: Order) -> Parcel:
    delivered = order.status == "SHIPPED"
    return Parcel(
        key=f"sendcloud:{order.order_id}",
        order_id=order.order_id,
        status="11" if delivered else "1000",
        kind=Kind.DELIVERED if delivered else Kind.LABELLED,
        updated_at=order.changed_at,
        announced_at=order.changed_at,
        processed_at=order.changed_at if delivered else None,
        delivered_at=order.changed_at if delivered else None,
        carrier="dhl",
        carrier_label="DHL",
        service="DHL Paket",
        traceable=True,
        items=(ParcelItem(order.lines[0].order_item_id, order.lines[0].sku, 1),),
    )


def _confirmation(number: int, order: Order) -> Outgoing:
    stored = order.status == "SHIPPED"
    refused = not stored and number % _REFUSED_OF == _CONFIRMED
    state = State.STORED if stored else State.REFUSED if refused else State.ACCEPTED
    return Outgoing(
        confirmation=Confirmation(
            order_id=order.order_id,
            reference="1001",
            parcel=f"sendcloud:{order.order_id}",
            state=state,
            items=(Item(order.lines[0].order_item_id, 1),),
            content="0" * 64,
        ),
        marketplace_id="A1PA6795UKMFR9",
        carrier_code="DHL",
        carrier_label="DHL",
        shipping_method="DHL Paket",
        ship_date=order.changed_at,
        traceable=True,
        asked_at=order.changed_at,
        accepted_at=None if refused else order.changed_at,
        problem=ProblemName.SHIPMENT_REFUSED if refused else None,
        reason="InvalidInput" if refused else None,
    )
