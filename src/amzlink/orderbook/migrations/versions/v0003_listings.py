"""The listings and their weights.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "listings",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("asin", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("product_type", sa.Text(), nullable=True),
        sa.Column("attribute", sa.Text(), nullable=True),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("is_listed", sa.Boolean(), nullable=True),
        sa.Column("is_suppressed", sa.Boolean(), nullable=False),
        sa.Column("local_grams", sa.Integer(), nullable=True),
        sa.Column("shipping_grams", sa.Integer(), nullable=True),
        sa.Column("package_grams", sa.Integer(), nullable=True),
        sa.Column("item_grams", sa.Integer(), nullable=True),
        sa.Column("catalogue_grams", sa.Integer(), nullable=True),
        sa.Column("catalogue_at", sa.Text(), nullable=True),
        sa.Column("unknown_unit", sa.Text(), nullable=True),
        sa.Column("looked_at", sa.Text(), nullable=True),
        sa.Column("patch_state", sa.Text(), nullable=True),
        sa.Column("patched_grams", sa.Integer(), nullable=True),
        sa.Column("patched_at", sa.Text(), nullable=True),
        sa.Column("patch_reason", sa.Text(), nullable=True),
        sa.Column("patch_beside", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("store", "sku"),
    )
    op.create_index("listings_by_family", "listings", ["store", "family"], unique=False)
    op.create_index("listings_by_look", "listings", ["store", "looked_at"], unique=False)
    op.create_table(
        "listing_sweeps",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.Text(), nullable=True),
        sa.Column("report_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("store"),
    )
    op.create_index("order_lines_by_sku", "order_lines", ["store", "sku"], unique=False)
