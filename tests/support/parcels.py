"""A desk's parcels: made at Sendcloud, told of in a file, and as Amazon has them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.pushing import HEADER, row
from tests.support.questions import Desk

NUMBER = "00340434161094042557"


def order_with_parcel(desk: Desk, carrier: str | None = None) -> str:
    """A new order that is imported, at Sendcloud, and has a label there."""
    (order_id,) = desk.add()
    assert desk.cron("import-orders").code == 0
    desk.wait(minutes=2)
    desk.parcels(action="announce", orders=[order_id], carrier=carrier)
    return order_id


def parcel_file(folder: Path, order_id: str, number: str = NUMBER, carrier: str = "DHL") -> str:
    """A file with one parcel that was shipped today."""
    file = folder / "parcels.csv"
    today = datetime.now(UTC).date().isoformat()
    file.write_text(f"{HEADER}\n{row(order_id, number, carrier=carrier, ship_date=today)}\n")
    return str(file)


def packages_at_amazon(desk: Desk, order_id: str) -> list[dict[str, Any]]:
    """What Amazon was told of an order."""
    told = desk.at.control("/shipments")["shipments"]
    return [package for shipment in told if shipment["order_id"] == order_id for package in shipment["packages"]]
