"""How Alembic reaches the database: over the connection, and inside the transaction, it is handed."""

from alembic import context

from seawall.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
