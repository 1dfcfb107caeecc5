"""Selects made once and run on the bare cursor of the session's own transaction: for what every tap and row needs.

Measured for the claims of one person (SQLite): 420 µs as a query of entities built anew, 123 as a select made once
through SQLAlchemy, 56 as its driver's SQL, 20 here; the database itself takes 9.
"""

from collections import namedtuple
from collections.abc import Callable, KeysView, Sequence, Set, ValuesView
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, scoped_session

from webapp.core.db import db

MOST_AMONG = 1_024  # above that a list is no longer worth a statement of its own
Statement = Select[*tuple[Any, ...]]
Convert = Callable[[Any], Any]


def among(column: Any, name: str = "ids") -> ColumnElement[bool]:
    """column IN a list given when the statement runs; an empty list finds nothing."""
    chosen: ColumnElement[bool] = column.in_(bindparam(name, expanding=True))
    return chosen


def read(statement: Statement, **values: Any) -> Sequence[Any]:
    """All rows, named by their columns. What this transaction has pending is written first."""
    return read_on(db.session, statement, **values)


def read_on(
    session: Session | scoped_session[Any], statement: Statement, **values: Any
) -> Sequence[Any]:
    if session.info.get("writing"):
        session.flush()
    connection = session.connection()
    for name, value in values.items():
        if isinstance(value, Set | KeysView | ValuesView):
            values[name] = list(value)
    sizes = tuple((name, len(v)) for name, v in values.items() if isinstance(v, list | tuple))
    if any(size == 0 for _, size in sizes):
        return []
    if any(size > MOST_AMONG for _, size in sizes):
        return connection.execute(statement, values).all()
    rounded = tuple((name, _rounded(size)) for name, size in sizes)
    return _ready(statement, connection.dialect.name, rounded, _Of(connection.dialect)).run(
        connection, values
    )


def _rounded(size: int) -> int:
    """To a power of two: few statements serve lists of any length."""
    return 1 << (size - 1).bit_length()


class _Of:
    """A dialect that says nothing as a part of a key: its name does."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Of)

    def __hash__(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class _Parameter:
    """value(values) of one place: of a list its nth element, or its last."""

    name: str
    place: int | None
    convert: Convert | None

    def of(self, values: dict[str, Any]) -> Any:
        value = values[self.name]
        if self.place is not None:
            value = value[self.place] if self.place < len(value) else value[-1]
        return value if self.convert is None else self.convert(value)


@dataclass(frozen=True, slots=True)
class _Ready:
    """Compiled for a dialect and lengths of lists."""

    sql: str
    parameters: tuple[tuple[str, _Parameter], ...]
    is_positional: bool
    constants: dict[str, Any]
    converts: tuple[tuple[int, Convert], ...]
    make: Callable[[Any], Any]

    def run(self, connection: Connection, given: dict[str, Any]) -> list[Any]:
        values = {**self.constants, **given}
        filled: Any
        if self.is_positional:
            filled = [parameter.of(values) for _, parameter in self.parameters]
        else:
            filled = {name: parameter.of(values) for name, parameter in self.parameters}
        rows = _fetched(connection, self.sql, filled)
        if self.converts:
            return [self.make(self._converted(row)) for row in rows]
        return [self.make(row) for row in rows]

    def _converted(self, row: Any) -> list[Any]:
        cells = list(row)
        for place, convert in self.converts:
            cells[place] = convert(cells[place])
        return cells


@cache
def _ready(
    statement: Statement, _name: str, sizes: tuple[tuple[str, int], ...], spoken: _Of
) -> _Ready:
    dialect = spoken.dialect
    compiled: Any = statement.compile(dialect=dialect)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    lists = {name: [0] * size for name, size in sizes}
    expanded = compiled.construct_expanded_state(compiled.params | lists)
    place_of: dict[str, tuple[str, int | None]] = {
        name: (of_list, place)
        for of_list, names in expanded.parameter_expansion.items()
        for place, name in enumerate(names)
    }
    names = expanded.positiontup if compiled.positional else list(expanded.parameters)
    parameters = []
    for name in names:
        of, place = place_of.get(name, (name, None))
        # Not those of the expanded state: they are of the lists alone, and an instant would go as the driver likes.
        convert = compiled.binds[of].type.dialect_impl(dialect).bind_processor(dialect)
        parameters.append((name, _Parameter(of, place, convert)))
    converts = [
        (place, convert)
        for place, column in enumerate(statement.selected_columns)
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
    ]
    row: Any = namedtuple("row", [column.key for column in statement.selected_columns], rename=True)  # type: ignore[misc]
    return _Ready(
        expanded.statement,
        tuple(parameters),
        bool(compiled.positional),
        constants,
        tuple(converts),
        row._make,
    )


def _fetched(connection: Connection, sql: str, values: Any) -> list[Any]:
    """Errors are raised as SQLAlchemy would, and a connection that is lost is given up as it would."""
    driver: Any = connection.connection
    cursor = driver.cursor()
    try:
        cursor.execute(sql, values)
        rows: list[Any] = cursor.fetchall()
    except connection.dialect.loaded_dbapi.Error as error:
        dialect = connection.dialect
        is_lost = dialect.is_disconnect(error, driver.driver_connection, cursor)
        if is_lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            sql,
            None,
            error,
            dialect.loaded_dbapi.Error,
            connection_invalidated=is_lost,
            dialect=dialect,
        ) from error
    cursor.close()
    return rows
