"""What an import costs the client where the order book is on a PostgreSQL server, beside one in a file.

Both import the same orders from one sandbox with its quota off. The server's own CPU time is not counted.
"""

import tempfile
from pathlib import Path

from tests.support.postgres import started

from benchmarks.figures import Figure, Floor, Limit, middle
from benchmarks.processes import child, fresh
from benchmarks.shop import sandbox

ORDERS_OF_A_SANDBOX = 6_000
RUNS = 3


def figures() -> list[Figure]:
    """CPU for a thousand orders."""
    pairs = []
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory(prefix="amzlink-bench-") as of_server,
        sandbox(orders=ORDERS_OF_A_SANDBOX) as addresses,
    ):
        Path(of_server).chmod(0o755)
        with started(Path(of_server)) as server:
            for run in range(RUNS):
                server.execute(f"CREATE DATABASE run_{run}")
                in_file = child("import_amzlink", [addresses, fresh(folder, f"f{run}")])
                url = server.url(f"run_{run}")
                on_server = child("import_amzlink", [{**addresses, "database_url": url}, fresh(folder, f"s{run}")])
                pairs.append(tuple(side["cpu_seconds"] / side["fetched"] * 1000 for side in (on_server, in_file)))
    value, at_least = middle((ours, floor) for ours, floor in pairs)
    return [
        Figure(
            subject="postgresql",
            name=f"1,000 orders by search into PostgreSQL, of {in_file['fetched']:,} orders",
            value=value,
            unit="s CPU",
            floor=Floor("the same into a file", at_least),
            limits=(Limit(2.5),),
        )
    ]
