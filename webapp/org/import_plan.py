"""What an import would do: rows in force against rows of the file, as steps to take. Pure.

The file is the whole as of the effective day. What is in force and not in it ends the day before;
what differs ends the day before too and begins anew; what is the same stays; so does the past.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar


class Dated(Protocol):
    @property
    def key(self) -> tuple[str, ...]: ...
    @property
    def starts_on(self) -> date | None: ...
    @property
    def ends_on(self) -> date | None: ...


R = TypeVar("R", bound=Dated)


@dataclass(frozen=True, slots=True)
class Closing:
    """That a row ends earlier than it says itself, as some import decided."""

    on: date
    known_from: datetime | None
    import_id: int | None


@dataclass(frozen=True, slots=True)
class Held(Generic[R]):
    """A row of the database; `row` is what a file would say to get the same."""

    id: int
    row: R
    starts_on: date
    closing: Closing | None = None
    import_id: int | None = None
    known_from: datetime | None = None
    imported_for: date | None = None  # effective day of the import that brought it

    @property
    def last_day(self) -> date | None:
        ends = [day for day in (self.row.ends_on, self.closing and self.closing.on) if day]
        return min(ends, default=None)

    def in_force(self, day: date) -> bool:
        return self.starts_on <= day and (self.last_day is None or self.last_day >= day)


@dataclass(frozen=True, slots=True)
class Addition(Generic[R]):
    row: R
    starts_on: date
    closing: Closing | None = None  # handed on by the row it replaces, or set by one that waits
    replaces: Held[R] | None = None


@dataclass(slots=True)
class Steps(Generic[R]):
    close: list[tuple[Held[R], date]] = field(default_factory=list)  # last day in force
    remove: list[Held[R]] = field(default_factory=list)  # would end before it begins
    add: list[Addition[R]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.close or self.remove or self.add)


def completed(row: R, old: R | None, given: frozenset[str], fields: Iterable[str]) -> R:
    """A column the file does not have leaves what the row held before."""
    if old is None:
        return row
    kept: dict[str, Any] = {name: getattr(old, name) for name in fields if name not in given}
    return replace(row, **kept) if kept else row  # type: ignore[type-var]


@dataclass(frozen=True, slots=True)
class Comparison:
    effective: date
    fields: tuple[str, ...]
    given: frozenset[str]
    # Whether somebody never seen may begin before the effective day: not if announced ahead.
    past_open: bool = True

    def same(self, first: Any, second: Any) -> bool:
        names = (*self.fields, "ends_on")
        return all(getattr(first, name) == getattr(second, name) for name in names)

    def steps(self, held: Iterable[Held[R]], wanted: Iterable[R], known: set[str]) -> Steps[R]:
        """known: numbers or codes that have had rows before, whose past stays as it is."""
        of_key: dict[tuple[str, ...], tuple[list[Held[R]], list[R]]] = {}
        for old in held:
            of_key.setdefault(old.row.key, ([], []))[0].append(old)
        for row in wanted:
            if row.ends_on is None or row.ends_on >= self.effective:
                of_key.setdefault(row.key, ([], []))[1].append(row)
        steps: Steps[R] = Steps()
        for key, (olds, rows) in of_key.items():
            self._key(steps, olds, rows, is_new=self.past_open and key[0] not in known)
        return steps

    def _key(self, steps: Steps[R], olds: list[Held[R]], rows: list[R], *, is_new: bool) -> None:
        day = self.effective
        present = next((old for old in olds if old.in_force(day)), None)
        model = present or max(olds, key=lambda old: old.starts_on, default=None)
        rows = [
            completed(row, model.row if model else None, self.given, self.fields) for row in rows
        ]
        waiting = sorted(
            (old for old in olds if old.starts_on > day), key=lambda old: old.starts_on
        )
        superseded = [old for old in waiting if (old.imported_for or old.starts_on) <= day]
        pending = [old for old in waiting if old not in superseded]
        now = next((row for row in rows if (row.starts_on or day) <= day), None)
        later = sorted(
            (row for row in rows if row is not now), key=lambda row: row.starts_on or day
        )
        if now is not None:
            self._present(steps, present, now, pending, is_new=is_new)
        elif present is not None:
            self._ends(steps, present, later)
        self._later(steps, superseded, later, present if now is None else None, pending)

    def _present(
        self,
        steps: Steps[R],
        present: Held[R] | None,
        row: R,
        pending: list[Held[R]],
        *,
        is_new: bool,
    ) -> None:
        if present is not None and self.same(present.row, row):
            return
        begins = self.effective
        closing = _closed_by(pending)
        if present is not None:
            self._end(steps, present, self.effective - timedelta(days=1))
            closing = present.closing
        elif is_new and row.starts_on:
            begins = row.starts_on
        steps.add.append(Addition(row, begins, closing, present))

    def _ends(self, steps: Steps[R], present: Held[R], later: list[R]) -> None:
        """Not in the file today. If the file lets it begin anew later, it lasts until then."""
        begins = later[0].starts_on if later else None
        if begins is None:
            self._end(steps, present, self.effective - timedelta(days=1))
        elif not self.same(present.row, later[0]):
            last = begins - timedelta(days=1)
            if present.last_day is None or present.last_day > last:
                self._end(steps, present, last)

    def _later(
        self,
        steps: Steps[R],
        superseded: list[Held[R]],
        later: list[R],
        lasting: Held[R] | None,
        pending: list[Held[R]],
    ) -> None:
        left = list(superseded)
        for row in later:
            begins = row.starts_on or self.effective
            if lasting is not None and self.same(lasting.row, row):
                continue
            match = next(
                (old for old in left if old.starts_on == begins and self.same(old.row, row)), None
            )
            if match is not None:
                left.remove(match)
            else:
                after = [old for old in pending if old.starts_on > begins]
                steps.add.append(Addition(row, begins, _closed_by(after)))
        steps.remove.extend(left)

    def _end(self, steps: Steps[R], old: Held[R], last: date) -> None:
        if last < old.starts_on:
            steps.remove.append(old)
        else:
            steps.close.append((old, last))


def _closed_by(pending: Sequence[Held[Any]]) -> Closing | None:
    """A row that an import announced for later ends what begins before it."""
    if not pending:
        return None
    first = pending[0]
    return Closing(first.starts_on - timedelta(days=1), first.known_from, first.import_id)
