"""Indexes, so that a look at a book of many orders takes no longer than at a book of few.

Revision ID: 0012
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the indexes, and make those anew that get more columns."""
    for name, table in (
        ("orders_by_status", "orders"),
        ("parcels_by_order", "parcels"),
        ("confirmations_by_state", "confirmations"),
    ):
        op.drop_index(name, table_name=table)
    op.create_index("orders_by_urgency", "orders", ["store", "status", "ship_by", "purchased_at"])
    op.create_index("orders_by_status", "orders", ["store", "status", "deliverable"])
    op.create_index("parcels_by_order", "parcels", ["store", "order_id", "parcel", "kind"])
    op.create_index("confirmations_by_state", "confirmations", ["store", "state", "accepted_at"])
    op.create_index("confirmations_by_order", "confirmations", ["store", "order_id", "parcel", "state"])
