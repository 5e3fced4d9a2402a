"""What customs ask of products, and which orders leave the customs union.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns. The next run finds out where the orders to ship go."""
    op.add_column("orders", sa.Column("leaves_customs_union", sa.Boolean()))
    for column in ("hs_code", "country_of_origin"):
        op.add_column("listings", sa.Column(column, sa.Text()))
