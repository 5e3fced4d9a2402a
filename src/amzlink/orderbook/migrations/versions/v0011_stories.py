"""When an order's rows came to where they stand, why something was refused, and what rows have forgotten since.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns, which stay empty for what was before, and the table."""
    for column in ("settled_at", "message"):
        op.add_column("dispatches", sa.Column(column, sa.Text()))
    for column in ("planned_at", "settled_at", "message"):
        op.add_column("confirmations", sa.Column(column, sa.Text()))
    op.create_table(
        "order_events",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text()),
        sa.PrimaryKeyConstraint("store", "order_id", "at", "what", "about"),
        sa.ForeignKeyConstraint(["store", "order_id"], ["orders.store", "orders.order_id"], ondelete="CASCADE"),
    )
