"""What goes out: orders to Sendcloud, confirmations to Amazon; the parcels in between; sealed data in parts.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables, and give what is sealed of an order room for a second part."""
    op.add_column("orders", sa.Column("delivered_at", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("delivered_by", sa.Text(), nullable=True))
    _split_sealed()
    _make_parcels()
    _make_outboxes()


def _split_sealed() -> None:
    op.drop_index("sealed_by_lease", "sealed")
    op.rename_table("sealed", "sealed_whole")
    op.create_table(
        "sealed",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("lease_day", sa.Text(), nullable=False),
        sa.Column("chain_id", sa.Text(), nullable=False),
        sa.Column("box", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("store", "order_id", "part"),
    )
    op.execute("INSERT INTO sealed SELECT store, order_id, 'order', lease_day, chain_id, box FROM sealed_whole")
    op.drop_table("sealed_whole")
    op.create_index("sealed_by_lease", "sealed", ["store", "lease_day"], unique=False)


def _make_parcels() -> None:
    op.create_table(
        "parcels",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("parcel", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("announced_at", sa.Text(), nullable=True),
        sa.Column("processed_at", sa.Text(), nullable=True),
        sa.Column("delivered_at", sa.Text(), nullable=True),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("carrier_label", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("traceable", sa.Boolean(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("store", "parcel"),
    )
    op.create_index("parcels_by_order", "parcels", ["store", "order_id"], unique=False)
    op.create_index("parcels_by_age", "parcels", ["store", "kind", "seen_at"], unique=False)
    op.create_table(
        "parcel_polls",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store"),
    )


def _make_outboxes() -> None:
    op.create_table(
        "dispatches",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=True),
        sa.Column("considered", sa.Text(), nullable=True),
        sa.Column("sendcloud_id", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("pointer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("store", "order_id"),
    )
    op.create_index("dispatches_by_state", "dispatches", ["store", "state"], unique=False)
    op.create_table(
        "confirmations",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("parcel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_edit", sa.Boolean(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("carrier_code", sa.Text(), nullable=False),
        sa.Column("carrier_label", sa.Text(), nullable=True),
        sa.Column("shipping_method", sa.Text(), nullable=True),
        sa.Column("ship_date", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.Text(), nullable=True),
        sa.Column("resent", sa.Boolean(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("feed", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("store", "order_id", "reference"),
    )
    op.create_index("confirmations_by_state", "confirmations", ["store", "state"], unique=False)
    op.create_index("confirmations_by_feed", "confirmations", ["store", "feed"], unique=False)
    op.create_table(
        "feeds",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("feed_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("store", "feed"),
    )
