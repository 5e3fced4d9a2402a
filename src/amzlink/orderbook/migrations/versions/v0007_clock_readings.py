"""What each run has seen of the time, and the time that was trusted last.

Until now a run noted any time that Amazon told. Those become readings, so that the rule which judges a new run judges
them too; the latest is taken over as the noted time, which trusted runs correct where it was wrong.

Revision ID: 0007
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add both tables, and fill them from the runs."""
    readings = op.create_table(
        "clock_readings",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("machine_time", sa.Text(), nullable=False),
        sa.Column("offset_seconds", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("store", "number"),
    )
    trusted = op.create_table(
        "trusted_times",
        sa.Column("store", sa.Text(), nullable=False),
        sa.Column("trusted_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store"),
    )
    runs = sa.table("runs", *map(sa.column, ("store", "started_at", "finished_at", "amazon_time")))
    heard = op.get_bind().execute(
        sa.select(runs).where(runs.c.amazon_time.is_not(None)).order_by(runs.c.finished_at, runs.c.started_at)
    )
    rows, latest = [], dict[str, str]()
    for number, run in enumerate(heard, 1):
        offset = datetime.fromisoformat(run.amazon_time) - datetime.fromisoformat(run.started_at)
        rows.append(
            {
                "number": number, "store": run.store, "machine_time": run.started_at,
                "offset_seconds": round(offset.total_seconds()),
            }
        )  # fmt: skip
        latest[run.store] = max(run.amazon_time, latest.get(run.store, ""))
    if rows:
        op.bulk_insert(readings, rows)
        op.bulk_insert(trusted, [{"store": store, "trusted_at": moment} for store, moment in latest.items()])
