"""What a line demands of its parcel, and what prices consist of.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns. They stay empty until an order comes again."""
    op.add_column("orders", sa.Column("price_parts", sa.Text()))
    for column in ("demands", "wrap_level"):
        op.add_column("order_lines", sa.Column(column, sa.Text()))
    op.add_column("order_lines", sa.Column("customised", sa.Boolean()))
    op.add_column("order_lines", sa.Column("money", sa.Text()))
