"""Alembic's environment: runs inside an application context, on the application's own engine."""

from alembic import context

from webapp.core.db import WRITER, db

with db.engine.connect().execution_options(**{WRITER: True}) as connection:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
