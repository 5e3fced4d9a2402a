"""What it costs to look through a catalogue: calls, and time under Amazon's quotas on a virtual clock."""

import tempfile
from pathlib import Path

from tests.support.shop import Shop, looked

LISTINGS = 10_000
CALLS = LISTINGS // 20
BURST, RATE = 5, 5
MAKING = 15  # seconds: the report is made in one, and looked for every fifteen


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder) / "sweep", orders=0, listings=LISTINGS, quota="real")
        shop.tell("/reports", {"seconds": 1})
        first = shop.check(all_listings=True)
        allowed = (CALLS - BURST) / RATE
        print(f"sweep of {LISTINGS}: {(first.seconds - MAKING) / allowed:.2f} times the quota's time (at most 1.1)")
        print(f"  {looked(first)} listing calls, {first.api_calls['searchCatalogItems']} of the catalogue")
        shop.world.clock.advance(3600)
        shop.tell("/listings", {"touch": 50})
        shop.world.clock.advance(60)
        print(f"second sweep, 50 changed: {looked(shop.check(all_listings=True))} calls (at most 5)")
        shop = Shop(Path(folder) / "import", orders=2_400, listings=560)
        print(f"import of 2,000 orders: {looked(shop.bring())} listing calls (at most 25)")
        print(f"import when weights are known: {looked(shop.bring())} listing calls (at most 0)")


if __name__ == "__main__":
    main()
