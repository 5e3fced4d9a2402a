"""A report of orders to ship as a benchmark wants it: a line for each item, three items for every two orders."""

import gzip
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from amzlink.sandbox.shipping_report import COLUMNS

_CITIES: Final = ("Köln", "Lübeck", "Düsseldorf", "Bremen", "Frankfurt (Oder)", "Nürnberg")
_LETTERS: Final = "abcdefghiklmnoprstuvw"
_A_PIECE: Final = 10_000


def write_report(file: Path, orders: int) -> None:
    """Write a packed report with so many orders, a piece at a time."""
    rng = random.Random(orders)
    now = datetime.now(UTC).replace(microsecond=0)
    columns = (*COLUMNS, "sales-channel")
    with gzip.open(file, "wt", encoding="utf-8", newline="") as out:
        out.write("\t".join(columns) + "\r\n")
        for first in range(0, orders, _A_PIECE):
            out.write("".join(_lines(rng, range(first, min(first + _A_PIECE, orders)), now, columns)))


def _lines(rng: random.Random, numbers: range, now: datetime, columns: tuple[str, ...]) -> list[str]:
    return [
        "\t".join(cells.get(column, "") for column in columns) + "\r\n"
        for number in numbers
        for cells in _order(rng, number, now)
    ]


def _order(rng: random.Random, number: int, now: datetime) -> list[dict[str, str]]:
    def word() -> str:
        return "".join(rng.choices(_LETTERS, k=8)).capitalize()

    bought = (now - timedelta(minutes=rng.randrange(4000))).isoformat()
    told = {
        "order-id": f"302-{number:07}-{rng.randrange(10_000_000):07}",
        "purchase-date": bought,
        "payments-date": bought,
        "reporting-date": bought,
        "promise-date": (now + timedelta(hours=rng.randrange(1, 90))).isoformat(),
        "days-past-promise": "-1",
        "buyer-email": f"{word().lower()}@marketplace.example",
        "buyer-phone-number": f"+49 {rng.randrange(10**9)}",
        "ship-service-level": "Standard",
        "recipient-name": f"{word()} {word()}",
        "ship-address-1": f"{word()}straße {rng.randrange(200)}",
        "ship-city": rng.choice(_CITIES),
        "ship-postal-code": f"{rng.randrange(100_000):05}",
        "ship-country": "DE",
        "is-business-order": "false",
        "is-prime": "false",
        "sales-channel": "Amazon.de",
    }
    items = [
        {
            "order-item-id": f"{number:09}{position}",
            "sku": f"SKU-{number % 500}",
            "product-name": "Wasserkocher 1,7 l aus Edelstahl, cremeweiß, mit Temperaturanzeige",
            "quantity-purchased": "1",
            "quantity-shipped": "0",
            "quantity-to-ship": "1",
        }
        for position in range(1 + number % 2)
    ]
    return [{**told, **item} for item in items]
