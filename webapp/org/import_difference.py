"""The difference an import would make, as people read it: who joins, leaves, moves. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from webapp.core.hours import clock_of
from webapp.org.import_plan import Dated, Held, Steps
from webapp.org.import_rules import STAFF_FIELDS, UNIT_FIELDS, StaffRow, UnitRow
from webapp.org.rules import POSTING_WORDS, REACH_WORDS, ROLE_WORDS, PostingKind, Reach, roles_from

R = TypeVar("R", bound=Dated)


class What(StrEnum):
    JOINED = "joined"
    LEFT = "left"
    MOVED = "moved"
    RENAMED = "renamed"
    CHANGED = "changed"
    RENEWED = "renewed"


STAFF_WORDS = {
    What.JOINED: "新しく入る人",
    What.LEFT: "いなくなる人",
    What.MOVED: "異動する人",
    What.CHANGED: "内容が変わる人",
    What.RENEWED: "期間だけが変わる人",
}
UNIT_WORDS = {
    What.JOINED: "新しい所属",
    What.LEFT: "なくなる所属",
    What.MOVED: "上位が変わる所属",
    What.RENAMED: "名前が変わる所属",
    What.CHANGED: "内容が変わる所属",
    What.RENEWED: "期間だけが変わる所属",
}


# Codes are shown as the names they stand for.
_LABELS = {
    "unit_code": "所属",
    "parent_code": "上位所属",
    "successor_code": "引継先",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One person or unit. fields: (column, before, after) as words."""

    what: What
    code: str
    name: str
    before: str = ""
    after: str = ""
    fields: tuple[tuple[str, str, str], ...] = ()
    line: int = 0


def counted(changes: Iterable[Change]) -> dict[str, int]:
    found = Counter(change.what.value for change in changes)
    return {what.value: found[what.value] for what in What if found[what.value]}


def _sides(
    held: Iterable[Held[R]], steps: Steps[R], effective: date
) -> dict[str, tuple[dict[tuple[str, ...], R], dict[tuple[str, ...], R]]]:
    """{number or code: (rows before, rows after)}; before: in force on the day, or on its eve."""
    eve = effective - timedelta(days=1)
    ended = {old.id for old, last in steps.close if last < effective}
    ended |= {old.id for old in steps.remove}
    sides: dict[str, tuple[dict[tuple[str, ...], R], dict[tuple[str, ...], R]]] = {}
    for old in held:
        before, after = sides.setdefault(old.row.key[0], ({}, {}))
        if old.in_force(effective):
            before[old.row.key] = old.row
            if old.id not in ended:
                after[old.row.key] = old.row
        elif old.in_force(eve):
            before.setdefault(old.row.key, old.row)
    for addition in steps.add:
        sides.setdefault(addition.row.key[0], ({}, {}))[1][addition.row.key] = addition.row
    return {key: both for key, both in sides.items() if both[0] or both[1]}


def staff_changes(
    held: Iterable[Held[StaffRow]],
    steps: Steps[StaffRow],
    effective: date,
    unit_names: Mapping[str, str],
) -> list[Change]:
    found = []
    for number, (before, after) in _sides(held, steps, effective).items():
        change = _person(number, before, after, unit_names)
        if change is not None:
            found.append(change)
    return sorted(
        found, key=lambda change: (list(What).index(change.what), change.line, change.code)
    )


def people_before(held: Iterable[Held[StaffRow]], effective: date) -> set[str]:
    eve = effective - timedelta(days=1)
    return {old.row.number for old in held if old.in_force(effective) or old.in_force(eve)}


def _main(rows: Mapping[tuple[str, ...], StaffRow]) -> StaffRow | None:
    return next((row for row in rows.values() if row.is_main), next(iter(rows.values()), None))


def _person(
    number: str,
    before: Mapping[tuple[str, ...], StaffRow],
    after: Mapping[tuple[str, ...], StaffRow],
    names: Mapping[str, str],
) -> Change | None:
    old, new = _main(before), _main(after)
    if old is None and new is not None:
        return Change(What.JOINED, number, new.name, "", _post(new, names), line=new.line)
    if new is None and old is not None:
        return Change(What.LEFT, number, old.name, _post(old, names))
    if old is None or new is None:
        return None
    fields = tuple(_person_fields(before, after, names))
    moved = old.is_main and new.is_main and old.unit_code != new.unit_code
    if moved or fields:
        what = What.MOVED if moved else What.CHANGED
        return Change(
            what, number, new.name, _post(old, names), _post(new, names), fields, new.line
        )
    if _periods(before) != _periods(after):
        return Change(What.RENEWED, number, new.name, _until(old), _until(new), line=new.line)
    return None


def _periods(rows: Mapping[tuple[str, ...], StaffRow]) -> set[tuple[tuple[str, ...], date | None]]:
    return {(key, row.ends_on) for key, row in rows.items()}


def _until(row: StaffRow | UnitRow) -> str:
    return f"{row.ends_on} まで" if row.ends_on else "期限なし"


def _post(row: StaffRow, names: Mapping[str, str]) -> str:
    return f"{names.get(row.unit_code, row.unit_code)} {row.title}".strip()


def _person_fields(
    before: Mapping[tuple[str, ...], StaffRow],
    after: Mapping[tuple[str, ...], StaffRow],
    names: Mapping[str, str],
) -> Iterable[tuple[str, str, str]]:
    for key, old in before.items():
        if key not in after:
            yield POSTING_WORDS[PostingKind(old.kind)], _post(old, names), "なくなる"
            continue
        new = after[key]
        for field, column in STAFF_FIELDS.items():
            first, second = getattr(old, field), getattr(new, field)
            if first != second:
                label = _LABELS.get(field, column)
                yield label, _word(field, first, names), _word(field, second, names)
    for key, new in after.items():
        if key not in before:
            yield POSTING_WORDS[PostingKind(new.kind)], "", _post(new, names)


def roles_in_words(stored: str) -> str:
    held = roles_from(stored)
    return " ".join(word for role, word in ROLE_WORDS.items() if role in held)


def _word(field: str, value: Any, names: Mapping[str, str]) -> str:
    match field:
        case "unit_code":
            return names.get(value, value)
        case "roles":
            return roles_in_words(value)
        case "weekly_minutes":
            return "" if value is None else clock_of(value)
        case "reach":
            return REACH_WORDS[Reach(value)]
        case "telework":
            return {True: "対象", False: "対象外", None: "規則による"}[value]
        case _:
            return str(value)


def unit_changes(
    held: Iterable[Held[UnitRow]],
    steps: Steps[UnitRow],
    effective: date,
    successors: Mapping[str, str],
    names: Mapping[str, str],
) -> list[Change]:
    found = []
    for code, (before, after) in _sides(held, steps, effective).items():
        old, new = before.get((code,)), after.get((code,))
        change = _unit(code, old, new, successors.get(code, ""), names)
        if change is not None:
            found.append(change)
    return sorted(
        found, key=lambda change: (list(What).index(change.what), change.line, change.code)
    )


def _unit(
    code: str, old: UnitRow | None, new: UnitRow | None, successor: str, names: Mapping[str, str]
) -> Change | None:
    if old is None and new is not None:
        above = names.get(new.parent_code, new.parent_code)
        return Change(What.JOINED, code, new.name, "", above, line=new.line)
    if new is None and old is not None:
        after = f"引継先 {names.get(successor, successor)}" if successor else ""
        return Change(What.LEFT, code, old.name, old.name, after)
    if old is None or new is None:
        return None
    fields = tuple(_unit_fields(old, new, names))
    if not fields:
        if old.ends_on == new.ends_on:
            return None
        return Change(What.RENEWED, code, new.name, _until(old), _until(new), line=new.line)
    columns = {column for column, _, _ in fields}
    what = What.CHANGED
    if UNIT_FIELDS["name"] in columns:
        what = What.RENAMED
    elif _LABELS["parent_code"] in columns:
        what = What.MOVED
    return Change(what, code, new.name, old.name, new.name, fields, new.line)


def _unit_fields(
    old: UnitRow, new: UnitRow, names: Mapping[str, str]
) -> Iterable[tuple[str, str, str]]:
    for field, column in UNIT_FIELDS.items():
        first, second = getattr(old, field), getattr(new, field)
        if first == second:
            continue
        if field in {"parent_code", "successor_code"}:
            first, second = names.get(first, first), names.get(second, second)
        yield _LABELS.get(field, column), str(first), str(second)
