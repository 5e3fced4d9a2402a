"""When each package was first confirmed, and what a run's problem was about.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns, and the indexes by which the last weeks are found.

    An edit has overwritten the time of the first confirmation: those are left out of what is reckoned with it.
    """
    op.add_column("confirmations", sa.Column("confirmed_at", sa.Text()))
    op.add_column("confirmations", sa.Column("late", sa.Boolean()))
    op.add_column("confirmations", sa.Column("traceable", sa.Boolean()))
    op.execute("UPDATE confirmations SET confirmed_at = accepted_at WHERE NOT is_edit")
    op.execute(
        "UPDATE confirmations SET late = confirmed_at > (SELECT ship_by FROM orders WHERE "
        "orders.store = confirmations.store AND orders.order_id = confirmations.order_id)"
    )
    op.execute(
        "UPDATE confirmations SET traceable = (SELECT traceable FROM parcels WHERE "
        "parcels.store = confirmations.store AND parcels.parcel = confirmations.parcel)"
    )
    op.create_index(
        "confirmations_by_time",
        "confirmations",
        ["store", "confirmed_at", "state", "late", "traceable", "carrier_code"],
    )
    op.create_index("orders_by_delivery", "orders", ["store", "delivered_at", "delivered_by", "deliver_by"])
    op.add_column("runs", sa.Column("facts", sa.Text()))
    op.create_index(
        "runs_with_problems",
        "runs",
        ["store", "job", "started_at"],
        sqlite_where=sa.text("problem IS NOT NULL"),
        postgresql_where=sa.text("problem IS NOT NULL"),
    )
