"""How long open orders take to arrive by each route under Amazon's published quotas, and whether memory stays flat.

Time is what had to be waited for: waiting moves the sandbox's clock (`MovedClock`). "In the book" is when every open
order is there. "Ready to send" is when it has been read as well, so that it is known whether something holds it: a
report does not tell that. `auto` searches until a page would have to be waited for, and then asks for a report, which
takes a minute to make. Its runs follow one another, each with the patience of cron's five minutes.
"""

import tempfile
from typing import Any, Final

import httpx

from amzlink.sandbox.table import GET_ORDER, SEARCH_ORDERS
from benchmarks.figures import MIB, Figure, Floor, Limit
from benchmarks.processes import child, fresh
from benchmarks.shop import sandbox

TIMES: Final = (100, 1_000, 10_000, 50_000, 200_000)
MEMORY: Final = (2_000, 20_000, 200_000)
COUNTS: Final = sorted({*TIMES, *MEMORY})
PAGE: Final = 100
REPORT_SECONDS: Final = 60
LONG: Final = 7 * 86_400  # seconds that a search may wait
AT_ONCE: Final = 1  # second that a run may wait which goes by report
IN_THE_BOOK: Final = {10_000: Limit(150, of="value"), 200_000: Limit(900, of="value")}
FLAT: Final = Limit(1.15)
# Of a shop with so many open orders all are read, the others only brought in.
READ: Final = 10_000
A_WEEK: Final = 7 * 24
READY_AT_ONCE: Final = 2_000
READY_AN_HOUR: Final = 3_800  # of the others


def figures() -> list[Figure]:
    """By search and by `auto`: time, what is ready to send, memory."""
    by_search = {count: imported(count, "search", LONG) for count in COUNTS}
    by_auto = {count: imported(count, _way(count), AT_ONCE, read=count == READ) for count in COUNTS}
    return [
        *(_time_by_search(count, by_search[count]) for count in TIMES),
        *(_time_by_auto(count, by_auto[count]) for count in TIMES),
        *_ready(by_auto[READ]),
        *_memory("search", by_search),
        *_memory("auto", by_auto),
    ]


def _way(count: int) -> str:
    """`auto`; but the smallest shop that memory is held against needs a report too, which `auto` would not ask for."""
    return "report" if count == MEMORY[0] else "auto"


def imported(count: int, route: str, patience: float, *, read: bool = False) -> dict[str, float]:
    """What it costs amzlink to bring so many open orders in, and with `read` also to read each of them."""
    with tempfile.TemporaryDirectory() as folder, sandbox(new=count, hours=A_WEEK, quota="real") as addresses:
        return measured(addresses, "import_amzlink", [fresh(folder, "home"), route, patience, read])


def measured(addresses: dict[str, Any], module: str, argument: list[Any]) -> dict[str, float]:
    """What an import costs in a process of its own, with the calls that the sandbox has counted."""
    control = addresses["control_url"]
    httpx.post(f"{control}/reports", json={"seconds": REPORT_SECONDS}).raise_for_status()
    told = child(module, [addresses, *argument])
    calls = httpx.get(f"{control}/state", timeout=120).raise_for_status().json()["calls"]
    return {**told, "calls": sum(calls.values()), "peak": told["peak"] / MIB}


def _time_by_search(count: int, told: dict[str, float]) -> Figure:
    pages = -(-count // PAGE)
    return Figure(
        subject="open orders",
        name=f"{count:,} by search: in the book, and ready to send",
        value=told["waited"],
        unit="s virtual",
        floor=Floor("full pages under the quota", max(0.0, (pages - SEARCH_ORDERS.burst) / SEARCH_ORDERS.rate)),
    )


def _time_by_auto(count: int, told: dict[str, float]) -> Figure:
    by_report = count > SEARCH_ORDERS.burst * PAGE
    return Figure(
        subject="open orders",
        name=f"{count:,} by {'report' if by_report else 'auto, which searches'}: in the book",
        value=told["waited"],
        unit="s virtual",
        floor=Floor("the report is made", REPORT_SECONDS if by_report else 0),
        limits=(IN_THE_BOOK[count],) if count in IN_THE_BOOK else (),
    )


def _ready(told: dict[str, float]) -> list[Figure]:
    """How many are ready to send when the first run ends, and when the last of them is."""
    most_at_once = SEARCH_ORDERS.burst * PAGE + GET_ORDER.burst
    by_both = (READ - most_at_once) / (SEARCH_ORDERS.rate * PAGE + GET_ORDER.rate)
    return [
        Figure(
            subject="open orders",
            name=f"{READ:,} by report: ready to send at once",
            value=told["ready"],
            unit="orders",
            floor=Floor("both bursts used up", most_at_once),
            limits=(Limit(READY_AT_ONCE, of="value", side="at least"),),
        ),
        Figure(
            subject="open orders",
            name=f"{READ:,} by report: all ready to send",
            value=told["waited_until_read"],
            unit="s virtual",
            floor=Floor("both quotas used up", by_both),
            limits=(Limit((READ - READY_AT_ONCE) / READY_AN_HOUR * 3600, of="value"),),
        ),
    ]


def _memory(route: str, told: dict[int, dict[str, float]]) -> list[Figure]:
    fewest, *others = MEMORY
    return [
        Figure(
            subject="memory",
            name=f"import of {count:,} orders by {'report' if route == 'auto' else route}",
            value=told[count]["peak"],
            unit="MiB",
            floor=Floor(f"that of {fewest:,} orders", told[fewest]["peak"]),
            limits=(FLAT,),
        )
        for count in others
    ]
