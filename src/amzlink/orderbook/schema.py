"""The tables of the order book.

Times are text, ISO 8601 in UTC with `Z`, to the second (`changed_at` to the millisecond): they sort, and a person with
the `sqlite3` program can read them.
Nothing personal stands outside `sealed`: not a name, not a city, not a tracking number.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
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
    text,
)

METADATA: Final = MetaData()
WHOLE_NUMBER: Final = Integer().with_variant(BigInteger(), "postgresql")
"""A whole number of 64 bits, as SQLite's are."""

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
    Column("lines", WHOLE_NUMBER, nullable=False),
    Column("units", WHOLE_NUMBER, nullable=False),
    Column("deliverable", Boolean, nullable=False),  # whether the sealed address has a name and a street
    Column("digest", Text, nullable=False),  # of everything that is not personal
    Column("delivered_at", Text),  # of the slowest parcel, once all of the order has been handed over
    Column("delivered_by", Text),  # who told: amazon, sendcloud, file
    Column("imported_at", Text),  # of the first answer that brought it; null: an older version took it in
    Column("price_parts", Text),  # JSON: tax, shipping, discount and so on; null: none told, or of an earlier version
    Column("leaves_customs_union", Boolean),  # null: its country was not told, or an earlier version took it in
    PrimaryKeyConstraint("store", "order_id"),
    # None with the order id: SQLite would read all of such an index to look up a few orders.
    Index("orders_by_urgency", "store", "status", "ship_by", "purchased_at"),
    Index("orders_by_status", "store", "status", "deliverable"),
    Index("orders_by_delivery", "store", "delivered_at", "delivered_by", "deliver_by"),
    info={"about": "An order's plain facts. Nothing in it is personal."},
)

ORDER_LINES: Final = Table(
    "order_lines",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("order_item_id", Text, nullable=False),
    Column("position", WHOLE_NUMBER, nullable=False),
    Column("sku", Text),
    Column("asin", Text),
    Column("title", Text),
    Column("quantity", WHOLE_NUMBER, nullable=False),
    Column("quantity_unshipped", WHOLE_NUMBER, nullable=False),
    Column("unit_price", Text),
    Column("currency", Text),
    Column("programs", Text, nullable=False),
    Column("ioss_number", Text),
    Column("weight_grams", WHOLE_NUMBER),  # of one piece
    Column("demands", Text),  # what the parcel must have, separated by spaces; null: of an earlier version
    Column("wrap_level", Text),
    Column("customised", Boolean),  # made to the buyer's wishes, which lie sealed; null: of an earlier version
    Column("money", Text),  # JSON: the parts of its price, who collects its tax, and under which schemes
    PrimaryKeyConstraint("store", "order_id", "order_item_id"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
    Index("order_lines_by_sku", "store", "sku"),
    info={"about": "The lines of an order, with the weight of one piece."},
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
    info={"about": "Packages that Amazon shows for an order, without their tracking numbers."},
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
    info={"about": "Holds: why an order is not sent, since when, and whether a person lifted the hold."},
)

SEALED: Final = Table(
    "sealed",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("part", Text, nullable=False),  # order, parcels
    Column("lease_day", Text, nullable=False),  # the last day on which the box may be opened
    Column("chain_id", Text, nullable=False),
    Column("box", LargeBinary, nullable=False),
    PrimaryKeyConstraint("store", "order_id", "part"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
    Index("sealed_by_lease", "store", "lease_day", "order_id", "part"),
    info={"about": "Encrypted personal data: one box per order and part, and the last day on which it may be opened."},
)

TOMBSTONES: Final = Table(
    "tombstones",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("purged_at", Text, nullable=False),
    Column("rule", Text, nullable=False),
    PrimaryKeyConstraint("store", "order_id"),
    info={"about": "What stays of deleted personal data, so that a later change brings nothing back."},
)

VAULT_CHAINS: Final = Table(
    "vault_chains",
    METADATA,
    Column("store", Text, nullable=False),
    Column("month", Text, nullable=False),
    Column("chain_id", Text, nullable=False),
    PrimaryKeyConstraint("store", "month"),
    info={"about": "The chains of day keys that encrypt the boxes, one per month. The keys are in the keyring."},
)

VAULT_FLOORS: Final = Table(
    "vault_floors",
    METADATA,
    Column("store", Text, nullable=False),
    Column("floor", Text, nullable=False),  # boxes whose lease ended before this day are never opened again
    PrimaryKeyConstraint("store"),
    info={"about": "The first day whose boxes may still be opened."},
)

SEARCHES: Final = Table(
    "searches",
    METADATA,
    Column("store", Text, nullable=False),
    Column("kind", Text, nullable=False),  # changes, sweep
    Column("position", WHOLE_NUMBER, nullable=False),  # the order in which a run's searches are made
    Column("query", Text, nullable=False),  # JSON, as sent: a page token is good for this query only
    Column("window_start", Text, nullable=False),
    Column("window_end", Text, nullable=False),
    Column("marketplace_ids", Text, nullable=False),
    Column("page_token", Text),
    Column("page_token_at", Text),
    PrimaryKeyConstraint("store", "kind"),
    info={"about": "Searches in progress: window, query and page token, to continue where a run stopped."},
)

COVERAGE: Final = Table(
    "coverage",
    METADATA,
    Column("store", Text, nullable=False),
    Column("until", Text, nullable=False),
    Column("marketplace_ids", Text, nullable=False),
    PrimaryKeyConstraint("store"),
    info={"about": "The moment (of Amazon's time) up to which all changes are in the order book."},
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
    info={"about": "Orders that could not be read. Each import asks for them again."},
)

PASSED_OVER: Final = Table(
    "passed_over",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("by_amazon", Boolean, nullable=False),  # Amazon ships it
    Column("seen_at", Text, nullable=False),
    Column("foreign_marketplace_id", Text),  # the marketplace that the store does not have; null: another reason
    PrimaryKeyConstraint("store", "order_id"),
    info={
        "about": "Orders that are not imported: those that are not paid for yet, those that Amazon ships, and those of "
        "marketplaces that the store does not have."
    },
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
    Column("amazon_time", Text),  # as Amazon told it, trusted or not, where there was an answer
    Column("facts", Text),  # JSON: what fills the sentences of the problem; null: none, or of an earlier version
    PrimaryKeyConstraint("store", "job", "started_at"),
    Index(
        "runs_with_problems",
        "store",
        "job",
        "started_at",
        # PostgreSQL's is in the migration alone: named here too, every run would load its dialect.
        sqlite_where=text("problem IS NOT NULL"),
    ),
    info={"about": "The runs of all jobs, with their result and Amazon's time."},
)

CLOCK_READINGS: Final = Table(
    "clock_readings",
    METADATA,
    Column("store", Text, nullable=False),
    Column("number", WHOLE_NUMBER, nullable=False),  # over all stores, in the order in which runs noted them
    Column("machine_time", Text, nullable=False),
    Column("offset_seconds", WHOLE_NUMBER),  # Amazon's time minus the machine's; null: Amazon told none
    PrimaryKeyConstraint("store", "number"),
    info={"about": "What each run has seen of the time. amzlink decides by it whether a time can be trusted."},
)

TRUSTED_TIMES: Final = Table(
    "trusted_times",
    METADATA,
    Column("store", Text, nullable=False),
    Column("trusted_at", Text, nullable=False),
    PrimaryKeyConstraint("store"),
    info={"about": "The latest trusted time of each store."},
)

DISPATCHES: Final = Table(
    "dispatches",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # orderbook.dispatches.DispatchState
    Column("payload_hash", Text),  # keyed: of what was last asked to be stored
    Column("considered", Text),  # `changed_at` when it was last decided whether to send the order, and the basis
    Column("sendcloud_id", Text),
    Column("asked_at", Text),
    Column("accepted_at", Text),
    Column("problem", Text),
    Column("code", Text),
    Column("pointer", Text),
    Column("settled_at", Text),  # when it came to its state; null: an earlier version moved it there
    Column("message", Text),  # why it was refused, without what the refusal quotes
    PrimaryKeyConstraint("store", "order_id"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
    Index("dispatches_by_state", "store", "state"),
    info={"about": "The outbox to Sendcloud: one row per order, written before the call."},
)

PARCELS: Final = Table(
    "parcels",
    METADATA,
    Column("store", Text, nullable=False),
    Column("parcel", Text, nullable=False),  # "sendcloud:ID", or "file:" and a keyed digest of the row
    Column("order_id", Text, nullable=False),
    Column("status", Text, nullable=False),  # Sendcloud's code, or the file's word
    Column("kind", Text, nullable=False),  # core.parcels.Kind
    Column("announced_at", Text),
    Column("processed_at", Text),
    Column("delivered_at", Text),
    Column("carrier", Text),
    Column("carrier_label", Text),  # the carrier as people call it
    Column("service", Text),
    Column("traceable", Boolean, nullable=False),  # whether it has a number to follow it by, which lies sealed
    Column("items", Text, nullable=False),  # JSON: [[order_item_id | null, sku | null, quantity, [codes]], ...]
    Column("updated_at", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    Column("nothing_left", Boolean),  # whether other parcels hold all its items, so that it is not confirmed; null: no
    PrimaryKeyConstraint("store", "parcel"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
    Index("parcels_by_order", "store", "order_id", "parcel", "kind"),
    Index("parcels_by_age", "store", "kind", "seen_at"),
    info={"about": "Parcels from Sendcloud or from a file, without their tracking numbers."},
)

PARCEL_POLLS: Final = Table(
    "parcel_polls",
    METADATA,
    Column("store", Text, nullable=False),
    Column("until", Text, nullable=False),  # every parcel that changed before is in
    PrimaryKeyConstraint("store"),
    info={"about": "The moment up to which all changes of parcels are in the order book."},
)

CONFIRMATIONS: Final = Table(
    "confirmations",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("reference", Text, nullable=False),  # Amazon's packageReferenceId
    Column("parcel", Text, nullable=False),
    Column("state", Text, nullable=False),  # core.confirming.State
    Column("is_edit", Boolean, nullable=False),
    Column("items", Text, nullable=False),  # JSON: [[order_item_id, quantity, [codes]], ...]
    Column("carrier_code", Text, nullable=False),
    Column("carrier_label", Text),  # the carrier as people call it
    Column("shipping_method", Text),
    Column("ship_date", Text, nullable=False),
    Column("content_hash", Text, nullable=False),  # keyed: of what the call says, tracking number and all
    Column("asked_at", Text),
    Column("accepted_at", Text),
    Column("resent", Boolean, nullable=False),
    Column("problem", Text),
    Column("reason", Text),
    Column("feed", Text),
    Column("message_id", WHOLE_NUMBER),
    Column("confirmed_at", Text),  # when Amazon first accepted the package, whatever was edited since; null: not known
    Column("late", Boolean),  # whether that was after the order's ship-by date; null: not known
    Column("traceable", Boolean),  # whether it has a number to follow it by; null: not known
    Column("planned_at", Text),  # null: an earlier version planned it
    Column("settled_at", Text),  # when it was seen to be stored, refused or withdrawn
    Column("message", Text),  # why Amazon refused it, without what the refusal quotes
    PrimaryKeyConstraint("store", "order_id", "reference"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
    Index("confirmations_by_state", "store", "state", "accepted_at"),
    Index("confirmations_by_order", "store", "order_id", "parcel", "state"),
    Index("confirmations_by_time", "store", "confirmed_at", "state", "late", "traceable", "carrier_code"),
    Index("confirmations_by_feed", "store", "feed"),
    info={"about": "The outbox to Amazon: one row per parcel and package, written before the call."},
)

ORDER_EVENTS: Final = Table(
    "order_events",
    METADATA,
    Column("store", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("what", Text, nullable=False),  # core.orders.story.What
    Column("about", Text, nullable=False),  # the hold or the package that it is about
    Column("problem", Text),
    PrimaryKeyConstraint("store", "order_id", "at", "what", "about"),
    ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
    info={"about": "Events of an order that its other rows do not show any more, because they have changed since."},
)

FEEDS: Final = Table(
    "feeds",
    METADATA,
    Column("store", Text, nullable=False),
    Column("feed", Text, nullable=False),  # our own name of it, because Amazon's comes with the answer
    Column("feed_id", Text),
    Column("state", Text, nullable=False),  # orderbook.feeds.FeedState
    Column("messages", WHOLE_NUMBER, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("finished_at", Text),
    PrimaryKeyConstraint("store", "feed"),
    info={"about": "Feeds with many confirmations, from their first step to their result."},
)

LISTINGS: Final = Table(
    "listings",
    METADATA,
    Column("store", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("asin", Text),
    Column("title", Text),
    Column("product_type", Text),
    Column("attribute", Text),  # the one that holds its weight at Amazon, or would
    Column("family", Text),  # the SKU of the variation parent
    Column("is_listed", Boolean),  # whether the account has it; null: not looked up yet
    Column("is_suppressed", Boolean, nullable=False),
    Column("local_grams", WHOLE_NUMBER),  # set by the merchant here
    Column("shipping_grams", WHOLE_NUMBER),
    Column("package_grams", WHOLE_NUMBER),
    Column("item_grams", WHOLE_NUMBER),
    Column("catalogue_grams", WHOLE_NUMBER),
    Column("catalogue_at", Text),  # when the catalogue was asked
    Column("unknown_unit", Text),  # of a weight that could not be read
    Column("looked_at", Text),
    Column("patch_state", Text),  # orderbook.listings.PatchState
    Column("patched_grams", WHOLE_NUMBER),
    Column("patched_at", Text),
    Column("patch_reason", Text),
    Column("patch_beside", Text),  # other marketplaces that had a weight then
    Column("hs_code", Text),  # set by the merchant here: digits alone
    Column("country_of_origin", Text),  # set by the merchant here: ISO 3166-1 alpha-2
    PrimaryKeyConstraint("store", "sku"),
    Index("listings_by_family", "store", "family"),
    Index("listings_by_look", "store", "looked_at"),
    info={
        "about": "Products: what each weighs here and at Amazon, which change of it was sent to Amazon, and what "
        "customs need to know."
    },
)

LISTING_SWEEPS: Final = Table(
    "listing_sweeps",
    METADATA,
    Column("store", Text, nullable=False),
    Column("until", Text),  # every listing that changed before has been looked up
    Column("begun_at", Text),  # of a sweep that is under way
    Column("report_id", Text),  # of the report that names its SKUs, until they are written down
    PrimaryKeyConstraint("store"),
    info={"about": "How far amzlink has read the whole catalogue."},
)

PURGES: Final = Table(
    "purges",
    METADATA,
    Column("store", Text, nullable=False),
    Column("number", WHOLE_NUMBER, nullable=False),  # two purges can fall into one second
    Column("purged_at", Text, nullable=False),
    Column("rule", Text, nullable=False),  # core.retention.Rule
    Column("orders", WHOLE_NUMBER, nullable=False),
    Column("archived", WHOLE_NUMBER, nullable=False),
    Column("floor", Text),  # the first day that can be opened since
    Column("job", Text, nullable=False),
    PrimaryKeyConstraint("store", "number"),
    info={"about": "The record of each deletion: when, how many, why. Rows are only added."},
)

ARCHIVE_FOLDERS: Final = Table(
    "archive_folders",
    METADATA,
    Column("store", Text, nullable=False),
    Column("folder", Text, nullable=False),  # files lie in it until somebody moves them away
    PrimaryKeyConstraint("store", "folder"),
    info={"about": "Folders with archives, so that amzlink can remind you of files that are still there."},
)

FORMER_STORES: Final = Table(
    "former_stores",
    METADATA,
    Column("store", Text, nullable=False),  # disconnected, its orders kept
    Column("seller_id", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("test", Boolean, nullable=False),
    PrimaryKeyConstraint("store"),
    info={"about": "Disconnected stores whose orders were kept."},
)

LEASES: Final = Table(
    "leases",
    METADATA,
    Column("store", Text, nullable=False),
    Column("job", Text, nullable=False),
    Column("number", BigInteger, nullable=False),  # grows with every holder
    Column("holder", Text, nullable=False),  # the run's own random id
    Column("machine", Text, nullable=False),  # in words, for people
    Column("account", Text, nullable=False),  # whose store it is, so that all machines mean the same by its name
    Column("taken_at", BigInteger, nullable=False),  # milliseconds since 1970, by the server's clock
    Column("expires_at", BigInteger, nullable=False),  # the same; 0: given back
    PrimaryKeyConstraint("store", "job"),
    info={"about": "Which machine works on a store, on a server that several machines share."},
)

SHARED_COUNTS: Final = Table(
    "shared_counts",
    METADATA,
    Column("store", Text, nullable=False),  # empty: of all stores that use the same account
    Column("counted", Text, nullable=False),  # whose calls, and to whom
    Column("document", LargeBinary, nullable=False),  # JSON
    PrimaryKeyConstraint("store", "counted"),
    info={"about": "What all machines count together: calls to Amazon and Sendcloud."},
)
