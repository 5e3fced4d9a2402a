"""The tables of the order book.

Times are text, ISO 8601 in UTC with `Z`, to the second (`changed_at` to the millisecond): they sort, and a person with
the `sqlite3` program can read them.
Nothing personal stands outside `sealed`: not a name, not a city, not a tracking number.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

METADATA: Final = MetaData()

ORDERS: Final = Table(
    "orders",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("marketplace_id", Text),
    Column("status", Text, nullable=False),
    Column("purchased_at", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("ship_by", Text),
    Column("deliver_by", Text),
    Column("shipped_at", Text),
    Column("service_level", Text),
    Column("programs", Text, nullable=False),  # separated by spaces
    Column("replaces", Text),
    Column("total", Text),
    Column("currency", Text),
    Column("lines", Integer, nullable=False),
    Column("units", Integer, nullable=False),
    Column("deliverable", Boolean, nullable=False),  # whether the sealed address has a name and a street
    Column("digest", Text, nullable=False),  # of everything that is not personal
    PrimaryKeyConstraint("store", "order_id"),
    Index("orders_by_status", "store", "status", "ship_by"),
)

ORDER_LINES: Final = Table(
    "order_lines",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("order_item_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("sku", Text),
    Column("asin", Text),
    Column("title", Text),
    Column("quantity", Integer, nullable=False),
    Column("quantity_unshipped", Integer, nullable=False),
    Column("unit_price", Text),
    Column("currency", Text),
    Column("programs", Text, nullable=False),
    Column("ioss_number", Text),
    Column("weight_grams", Integer),  # of one piece
    PrimaryKeyConstraint("store", "order_id", "order_item_id"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
)

PACKAGES: Final = Table(
    "packages",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("status", Text),
    Column("detailed_status", Text),
    Column("carrier", Text),
    Column("service", Text),
    Column("shipped_at", Text),
    Column("items", Text, nullable=False),  # JSON: [[order_item_id, quantity], ...]
    PrimaryKeyConstraint("store", "order_id", "reference"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
)

HOLDS: Final = Table(
    "holds",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("hold", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("set_at", Text, nullable=False),
    Column("lifted_at", Text),
    PrimaryKeyConstraint("store", "order_id", "hold"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
)

SEALED: Final = Table(
    "sealed",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("lease_day", Text, nullable=False),  # the last day on which the box may be opened
    Column("chain_id", Text, nullable=False),
    Column("box", LargeBinary, nullable=False),
    PrimaryKeyConstraint("store", "order_id"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
    Index("sealed_by_lease", "store", "lease_day"),
)

TOMBSTONES: Final = Table(
    "tombstones",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("purged_at", Text, nullable=False),
    Column("rule", Text, nullable=False),
    PrimaryKeyConstraint("store", "order_id"),
)

VAULT_CHAINS: Final = Table(
    "vault_chains",
    METADATA,
    Column("store", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("chain_id", Text, nullable=False),
    PrimaryKeyConstraint("store", "month"),
)

VAULT_FLOORS: Final = Table(
    "vault_floors",
    METADATA,
    Column("store", Text, nullable=False),
    Column("floor", Text, nullable=False),  # boxes whose lease ended before this day are never opened again
    PrimaryKeyConstraint("store"),
)

SEARCHES: Final = Table(
    "searches",
    METADATA,
    Column("store", Text, nullable=False),
    Column("kind", Text, nullable=False),  # changes, sweep
    Column("position", Integer, nullable=False),  # the order in which a run's searches are made
    Column("query", Text, nullable=False),  # JSON, as sent: a page token is good for this query only
    Column("window_start", Text, nullable=False),
    Column("window_end", Text, nullable=False),
    Column("marketplace_ids", Text, nullable=False),
    Column("page_token", Text),
    Column("page_token_at", Text),
    PrimaryKeyConstraint("store", "kind"),
)

COVERAGE: Final = Table(
    "coverage",
    METADATA,
    Column("store", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("marketplace_ids", Text, nullable=False),
    PrimaryKeyConstraint("store"),
)

REFUSED_ORDERS: Final = Table(
    "refused_orders",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    PrimaryKeyConstraint("store", "order_id"),
)

RUNS: Final = Table(
    "runs",
    METADATA,
    Column("store", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text, nullable=False),
    Column("problem", Text),
    Column("counts", Text, nullable=False),  # JSON
    Column("amazon_time", Text),  # borne out by a Date header, where there was an answer
    PrimaryKeyConstraint("store", "job", "started_at"),
)
