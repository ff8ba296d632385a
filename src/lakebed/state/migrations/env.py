"""How Alembic runs the migrations: in the transaction that it is given, so that they happen wholly or not at all."""

from alembic import context

from lakebed.state.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
context.run_migrations()
