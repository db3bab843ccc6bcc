"""What Alembic runs, on a connection inside a transaction: a step is done whole or not at all."""

from __future__ import annotations

from alembic import context

from kapmonitor.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
