"""Many rows in a short write: what they cost is worked out before the transaction, while nobody waits for it."""

import time
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert

from webapp.core.db import Base, db

Prepared = tuple[Any, Any]
BREATH = 500


def prepare(model: type[Base], rows: Sequence[dict[str, Any]]) -> Prepared | None:
    """All rows have the same keys. Measured on SQLite, 53,000 punches: 2.8 s through the compiler, 0.5 s like this."""
    if not rows:
        return None
    table, dialect = cast(Table, model.__table__), db.engine.dialect
    statement = insert(table).values({name: bindparam(name) for name in rows[0]})
    names = statement.compile(dialect=dialect).positiontup
    if names is None:  # PostgreSQL: no single writer, so nobody waits
        return insert(table), list(rows)
    types = [table.c[name].type.dialect_impl(dialect) for name in names]
    processors = [kind.bind_processor(dialect) or _as_is for kind in types]
    columns = list(zip(names, processors, strict=True))
    sql = str(statement.compile(dialect=dialect))
    prepared = []
    for count, row in enumerate(rows):
        if count % BREATH == 0:
            time.sleep(0)  # the loop this may run beside goes on
        prepared.append(tuple(process(row[name]) for name, process in columns))
    return sql, prepared


def _as_is(value: Any) -> Any:
    return value


def write(prepared: Prepared | None) -> None:
    """Inside a transaction."""
    if prepared is None:
        return
    statement, rows = prepared
    connection = db.session.connection()
    if isinstance(statement, str):
        connection.exec_driver_sql(statement, rows)
    else:
        connection.execute(statement, rows)
