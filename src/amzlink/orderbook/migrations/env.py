"""Alembic's entry: runs the migrations on the connection that `upgrade` hands over, in its transaction."""

from alembic import context

from amzlink.orderbook.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
