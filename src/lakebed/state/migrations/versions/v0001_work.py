"""The first tables: work, leases, cursors, backfills, requests.

Written out, not made from `tables.py`: that one changes, this one does not.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Creates them."""
    op.create_table(
        "lakebed_meta",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    _create_work()
    op.create_table(
        "lakebed_leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("until_s", sa.Double, nullable=False),
    )
    op.create_table(
        "lakebed_cursors",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "lakebed_backfills",
        sa.Column("id", ID, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("after_key", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_s", sa.Double, nullable=False),
        sa.Column("updated_s", sa.Double, nullable=False),
        sa.Column("outcome", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "lakebed_requests",
        sa.Column("hour", sa.BigInteger, primary_key=True),
        sa.Column("operation", sa.String(64), primary_key=True),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("bytes_read", sa.BigInteger, nullable=False),
        sa.Column("bytes_written", sa.BigInteger, nullable=False),
    )


def _create_work() -> None:
    op.create_table(
        "lakebed_work",
        sa.Column("id", ID, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("modified_ns", sa.BigInteger, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("road", sa.Text, nullable=False),
        sa.Column("found_s", sa.Double, nullable=False),
        sa.Column("later", sa.Integer, nullable=False),
        sa.Column("owner", sa.Text),
        sa.Column("free_at_s", sa.Double, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lost", sa.Integer, nullable=False),
        sa.Column("set_aside_s", sa.Double),
        sa.Column("reason", sa.Text),
        sqlite_autoincrement=True,
    )
    waiting, aside = sa.text("set_aside_s IS NULL"), sa.text("set_aside_s IS NOT NULL")
    op.create_index(
        "lakebed_work_next", "lakebed_work", ["later", "id"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_index(
        "lakebed_work_source",
        "lakebed_work",
        ["source", "later", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index(
        "lakebed_work_set_aside", "lakebed_work", ["set_aside_s"], sqlite_where=aside, postgresql_where=aside
    )
