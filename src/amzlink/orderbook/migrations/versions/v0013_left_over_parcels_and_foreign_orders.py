"""Parcels of which nothing is left to confirm, and orders of marketplaces that the store does not have.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns, which stay empty for what was before."""
    op.add_column("passed_over", sa.Column("foreign_marketplace_id", sa.Text()))
    op.add_column("parcels", sa.Column("nothing_left", sa.Boolean()))
