"""Where archives were written, and an index by which leases can be gone through a chunk at a time.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table, and widen the index."""
    op.create_table(
        "archive_folders",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store", "folder"),
    )
    op.drop_index("sealed_by_lease", "sealed")
    op.create_index("sealed_by_lease", "sealed", ["store", "lease_day", "order_id", "part"])
