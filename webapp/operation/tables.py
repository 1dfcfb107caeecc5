"""The rows of a database in one form for SQLite and PostgreSQL, so that a backup of either restores into either.

The form is what the embedded database holds: instants as UTC text with microseconds, days as text, truth as 0 and 1,
JSON as its own text (an SQL NULL and a JSON null stay two things), bytes as hexadecimal. Tables and columns are read
from the database itself, not from the models: a backup is made before an upgrade, and restored after it.
"""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    String,
    Table,
    inspect,
)
from sqlalchemy.engine import Connection

# What lives only while servers run, and who is signed in: a restore must bring none of it back.
FLEETING = frozenset({"server_process", "connection_lease", "sign_in_session"})
REVISION = "alembic_version"
BATCH = 2_000  # rows handed over at once

Row = Sequence[Any]
_line = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":")
).encode  # made once: 2.8 µs a row, not 4


class Kind(StrEnum):
    PLAIN = "plain"  # numbers and texts: the same in both
    INSTANT = "instant"
    DAY = "day"
    TRUTH = "truth"
    JSON = "json"
    BYTES = "bytes"


_KINDS: tuple[tuple[type[Any], Kind], ...] = (
    (DateTime, Kind.INSTANT),
    (Date, Kind.DAY),
    (Boolean, Kind.TRUTH),
    (JSON, Kind.JSON),
    (LargeBinary, Kind.BYTES),
)
_OUT_OF = {
    "postgresql": {
        Kind.PLAIN: "{0}",
        Kind.INSTANT: "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
        Kind.DAY: "to_char({0}, 'YYYY-MM-DD')",
        Kind.TRUTH: "{0}::int",
        Kind.JSON: "{0}::text",
        Kind.BYTES: "encode({0}, 'hex')",
    },
    "sqlite": {
        Kind.PLAIN: "{0}",
        # A hand on the database leaves the fraction out.
        Kind.INSTANT: "CASE WHEN length({0}) = 19 THEN {0} || '.000000' ELSE {0} END",
        Kind.DAY: "{0}",
        Kind.TRUTH: "{0}",
        Kind.JSON: "{0}",
        Kind.BYTES: "CASE WHEN {0} IS NOT NULL THEN lower(hex({0})) END",
    },
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A table as it is in this database: columns with their kinds, in order, and its key."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[Kind, ...]
    key: tuple[tuple[str, bool], ...]  # name, and whether it is a text

    def kind_of(self, column: str) -> Kind:
        return self.kinds[self.columns.index(column)]


def kept_shapes(connection: Connection) -> list[Shape]:
    """Every table a backup holds, by name."""
    found = MetaData()
    found.reflect(connection)
    return [
        _shape(table)
        for table in sorted(found.tables.values(), key=lambda table: table.name)
        if table.name not in FLEETING | {REVISION}
    ]


def _shape(table: Table) -> Shape:
    columns = list(table.columns)
    key = list(table.primary_key.columns) or columns
    return Shape(
        name=table.name,
        columns=tuple(column.name for column in columns),
        kinds=tuple(_kind(column) for column in columns),
        key=tuple((column.name, isinstance(column.type, String)) for column in key),
    )


def _kind(column: Column[Any]) -> Kind:
    return next((kind for type_, kind in _KINDS if isinstance(column.type, type_)), Kind.PLAIN)


def lines(connection: Connection, shape: Shape) -> Iterator[str]:
    """Each row as a line of JSON, by key: the same rows are the same lines in either database."""
    streamed = connection.execution_options(stream_results=True, max_row_buffer=BATCH)
    result = streamed.exec_driver_sql(_select(connection, shape))
    for rows in result.partitions(BATCH):
        for row in rows:
            yield _line(list(row)) + "\n"


def _select(connection: Connection, shape: Shape) -> str:
    quote = connection.dialect.identifier_preparer.quote
    out_of = _OUT_OF[connection.dialect.name]
    pairs = zip(shape.columns, shape.kinds, strict=True)
    wanted = ", ".join(out_of[kind].format(quote(name)) for name, kind in pairs)
    # Bytes in order, whatever the language of the server: what SQLite does by itself.
    collate = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""
    order = ", ".join(quote(name) + (collate if text else "") for name, text in shape.key)
    return f"SELECT {wanted} FROM {quote(shape.name)} ORDER BY {order}"  # noqa: S608 own names


def empty(connection: Connection, shapes: Iterable[Shape]) -> None:
    """What migrations put into a new database; foreign keys are off or gone."""
    quote = connection.dialect.identifier_preparer.quote
    for shape in shapes:
        connection.exec_driver_sql(f"DELETE FROM {quote(shape.name)}")  # noqa: S608 own names


def load(
    connection: Connection, shape: Shape, columns: Sequence[str], batch: Sequence[Row]
) -> None:
    """Rows (values in the order of columns) into an empty table."""
    kinds = [shape.kind_of(name) for name in columns]
    if connection.dialect.name == "postgresql":
        _copy(connection, shape, columns, kinds, batch)
    else:
        _insert(connection, shape, columns, kinds, batch)


def _names(connection: Connection, columns: Sequence[str]) -> str:
    return ", ".join(connection.dialect.identifier_preparer.quote(name) for name in columns)


def _insert(
    connection: Connection,
    shape: Shape,
    columns: Sequence[str],
    kinds: Sequence[Kind],
    batch: Sequence[Row],
) -> None:
    places = [at for at, kind in enumerate(kinds) if kind is Kind.BYTES]
    rows = [tuple(row) for row in batch]
    if places:
        rows = [
            tuple(
                bytes.fromhex(value) if at in places and value is not None else value
                for at, value in enumerate(row)
            )
            for row in rows
        ]
    table = connection.dialect.identifier_preparer.quote(shape.name)
    marks = ", ".join("?" * len(columns))
    connection.exec_driver_sql(
        f"INSERT INTO {table} ({_names(connection, columns)}) VALUES ({marks})",  # noqa: S608
        rows,
    )


def _copy(
    connection: Connection,
    shape: Shape,
    columns: Sequence[str],
    kinds: Sequence[Kind],
    batch: Sequence[Row],
) -> None:
    table = connection.dialect.identifier_preparer.quote(shape.name)
    text = "".join(
        "\t".join(_for_copy(value, kind) for value, kind in zip(row, kinds, strict=True)) + "\n"
        for row in batch
    )
    cursor: Any = connection.connection.cursor()
    with cursor:
        cursor.copy_expert(
            f"COPY {table} ({_names(connection, columns)}) FROM STDIN", io.StringIO(text)
        )


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _for_copy(value: Any, kind: Kind) -> str:
    if value is None:
        return "\\N"
    if kind is Kind.INSTANT:
        return f"{value}+00"
    if kind is Kind.BYTES:
        return f"\\\\x{value}"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return "t" if value is True else "f" if value is False else repr(value)


def sequences(connection: Connection, shapes: Iterable[Shape]) -> dict[str, int]:
    """The last number given out per table, where the database counts apart from the rows (PostgreSQL).

    Kept, because a number once given to somebody who has left must not be given again.
    """
    if connection.dialect.name != "postgresql":
        return {}
    found = {}
    for shape in shapes:
        name = _sequence(connection, shape)
        if name:
            last = connection.exec_driver_sql(
                f"SELECT last_value FROM {name} WHERE is_called"  # noqa: S608 quoted by the server
            ).scalar()
            found[shape.name] = last or 0
    return found


def reset_sequences(connection: Connection, shapes: Iterable[Shape], given: dict[str, int]) -> None:
    """Numbering goes on behind the highest row, and behind what had been given out."""
    if connection.dialect.name != "postgresql":
        return
    quote = connection.dialect.identifier_preparer.quote
    for shape in shapes:
        name = _sequence(connection, shape)
        if name:
            key = quote(shape.key[0][0])
            highest = connection.exec_driver_sql(
                f"SELECT max({key}) FROM {quote(shape.name)}"  # noqa: S608 own names
            ).scalar()
            last = max(highest or 0, given.get(shape.name, 0))
            connection.exec_driver_sql("SELECT setval(%s, %s, %s)", (name, max(last, 1), last > 0))


def _sequence(connection: Connection, shape: Shape) -> str | None:
    if len(shape.key) != 1 or shape.key[0][1]:
        return None
    quoted = connection.dialect.identifier_preparer.quote(shape.name)
    found: str | None = connection.exec_driver_sql(
        "SELECT pg_get_serial_sequence(%s, %s)", (quoted, shape.key[0][0])
    ).scalar()
    return found


NOTHING_OF_ITS_OWN = FLEETING | {REVISION, "database_fact", "job_turn"}


def holds_something(connection: Connection) -> bool:
    """Whether anything was ever entered here; a database that was only migrated holds nothing."""
    quote = connection.dialect.identifier_preparer.quote
    names = set(inspect(connection).get_table_names()) - NOTHING_OF_ITS_OWN
    return any(
        connection.exec_driver_sql(f"SELECT 1 FROM {quote(name)} LIMIT 1").first()  # noqa: S608
        for name in sorted(names)
    )
