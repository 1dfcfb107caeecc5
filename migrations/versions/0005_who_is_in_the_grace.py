"""who is in the grace after a lost connection, and how often a server process kept somebody out"""

from datetime import timedelta

import sqlalchemy as sa
from alembic import op

from webapp.core import clock
from webapp.core.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Until now who had left was shown as gone by the time alone; from now on it is written.
    connection = sa.table(
        "connection", sa.column("connected", sa.Boolean), sa.column("lost_at", UtcDateTime())
    )
    gone = sa.and_(
        connection.c.connected.is_(sa.true()),
        connection.c.lost_at < clock.now() - timedelta(minutes=1),
    )
    op.execute(connection.update().where(gone).values(connected=sa.false()))
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.create_index(
            "ix_connection_in_grace",
            ["lost_at"],
            unique=False,
            sqlite_where=sa.text("connected IS 1"),
            postgresql_where=sa.text("connected IS true"),
        )
    with op.batch_alter_table("server_process", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kept_out", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("server_process", schema=None) as batch_op:
        batch_op.drop_column("kept_out")
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.drop_index("ix_connection_in_grace")
