"""who is in the grace after a lost connection, and how often a server process kept somebody out"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
