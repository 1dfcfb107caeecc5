"""several server processes: who runs, whose sockets they hold, whose turn a periodic job is"""

import sqlalchemy as sa
from alembic import op

import webapp.core.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_turn",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("last_at", webapp.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_turn")),
    )
    op.create_table(
        "server_process",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("started_at", webapp.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", webapp.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_process")),
    )
    with op.batch_alter_table("server_process", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_server_process_place"), ["place"], unique=False)
    op.create_table(
        "connection_lease",
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("process_id", sa.String(length=16), nullable=False),
        sa.Column("sockets", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_connection_lease_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("staff_id", "process_id", name=op.f("pk_connection_lease")),
    )
    with op.batch_alter_table("connection_lease", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_connection_lease_process_id"), ["process_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("connection_lease", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_connection_lease_process_id"))
    op.drop_table("connection_lease")
    with op.batch_alter_table("server_process", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_server_process_place"))
    op.drop_table("server_process")
    op.drop_table("job_turn")
