"""What it costs to look through a catalogue: calls, and time under Amazon's quotas on a virtual clock."""

import tempfile
from pathlib import Path

from tests.support.shop import Shop, looked

from amzlink.sandbox.table import SEARCH_LISTINGS
from benchmarks.figures import Figure, Floor, Limit

LISTINGS = 10_000
PAGE = 20
TOUCHED = 50
MAKING = 15  # seconds: the report is made in one, and looked for every fifteen
ORDERS, SKUS = 2_400, 560


def figures() -> list[Figure]:
    """A first and a second sweep, and two imports."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_sweeps(Path(folder) / "sweep"), *_imports(Path(folder) / "import")]


def _sweeps(folder: Path) -> list[Figure]:
    shop = Shop(folder, orders=0, listings=LISTINGS, quota="real")
    shop.tell("/reports", {"seconds": 1})
    first = shop.check(all_listings=True)
    allowed = (LISTINGS // PAGE - SEARCH_LISTINGS.burst) / SEARCH_LISTINGS.rate
    shop.world.clock.advance(3600)
    shop.tell("/listings", {"touch": TOUCHED})
    shop.world.clock.advance(60)
    second = looked(shop.check(all_listings=True))
    return [
        Figure(
            subject="weights",
            name=f"sweep of {LISTINGS:,} listings",
            value=first.seconds - MAKING,
            unit="s virtual",
            floor=Floor("what the quota allows", allowed),
            limits=(Limit(1.1),),
        ),
        Figure(
            subject="weights",
            name=f"calls of that sweep, {first.api_calls['searchCatalogItems']} of the catalogue aside",
            value=looked(first),
            unit="calls",
            floor=Floor("full pages", LISTINGS / PAGE),
        ),
        _calls(f"second sweep, {TOUCHED} changed", second, 5),
    ]


def _imports(folder: Path) -> list[Figure]:
    shop = Shop(folder, orders=ORDERS, listings=SKUS)
    return [
        _calls(f"import of 2,000 orders, {SKUS} listings", looked(shop.bring()), 25),
        _calls("import when the weights are known", looked(shop.bring()), 0),
    ]


def _calls(name: str, calls: int, limit: int) -> Figure:
    return Figure(subject="weights", name=name, value=calls, unit="calls", limits=(Limit(limit, of="value"),))
