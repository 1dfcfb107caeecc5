"""The live side of the board: what the pump sends, who may watch what, and the digest that finds silent loss."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import Form, Scope, has_scope
from webapp.board import queries
from webapp.board.rows import directory_row, iso
from webapp.core import clock, facts
from webapp.core.db import db, snapshot
from webapp.coverage import live as coverage
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered, Renderer
from webapp.realtime.rooms import room


@dataclass(slots=True)
class Ledger:
    """What this process has handed out: {unit code: {staff number: version}}. From it come `gone` and the digest."""

    by_unit: dict[str, dict[str, int]] = field(default_factory=dict)
    units_of: dict[str, set[str]] = field(default_factory=dict)

    def hand_out(self, number: str, units: dict[str, int]) -> set[str]:
        """Note a person's versions by unit; returns the units the person has left."""
        left = self.units_of.get(number, set()) - units.keys()
        for code in left:
            self.by_unit.get(code, {}).pop(number, None)
        for code, version in units.items():
            self.by_unit.setdefault(code, {})[number] = version
        if units:
            self.units_of[number] = set(units)
        else:
            self.units_of.pop(number, None)
        return left

    def version(self, unit_code: str, number: str) -> int:
        return self.by_unit.get(unit_code, {}).get(number, 0)

    def digest(self, unit_code: str) -> dict[str, Any]:
        rows = self.by_unit.get(unit_code, {})
        total = sum(zlib.crc32(f"{number}:{version}".encode()) for number, version in rows.items())
        return {"unit": unit_code, "count": len(rows), "sum": total % 2**32}


class LiveBoard:
    """The renderer of the topic "staff", and the answers the sockets need."""

    def __init__(self, reconsidered: Callable[[Sequence[int]], set[int]]) -> None:
        """reconsidered: which of these ids must be rendered anew though their version stands."""
        self._reconsidered = reconsidered
        self.ledger = Ledger()
        self._counted: dict[str, tuple[float, dict[str, Any]]] = {}
        self._moved = 1  # counts the renders: nobody counts the city again while nothing moved
        self._counted_at: dict[str, int] = {}

    def load(self) -> None:
        """Before the first client connects: what a snapshot read from now on will contain."""
        now = clock.now()
        with snapshot():
            ids = org.posted_staff_ids(org.today(now), known_at=now)
            made = versions.read(db.session, queries.TOPIC, sorted(ids))
            tree = org.tree(org.today(now), known_at=now)
            units: dict[str, dict[str, int]] = {}
            for posting in org.postings_in(
                [node.id for node in tree.nodes], org.today(now), known_at=now
            ):
                unit = tree.by_id(posting.unit_id)
                if unit is not None and posting.staff_id in made:
                    units.setdefault(posting.number, {})[unit.code] = made[posting.staff_id][0]
        for number, versions_by_unit in units.items():
            self.ledger.hand_out(number, versions_by_unit)

    def render(self, staff_ids: Sequence[int]) -> Rendered:
        """Whole rows in both forms, to the rooms of their units, and the people who left one."""
        self._moved += 1
        with snapshot():
            live = self._rows(staff_ids)
            numbers = dict(
                db.session.execute(
                    select(Staff.id, Staff.number).where(Staff.id.in_(staff_ids))
                ).all()
            )
            tree = org.current_tree()
            codes = {row.unit_id: node.code for row in live if (node := tree.by_id(row.unit_id))}
            epoch = facts.epoch()
        rendered = Rendered(then=coverage.touched(staff_ids))
        frames: dict[str, tuple[list[queries.LiveRow], list[str]]] = {}
        by_staff: dict[int, list[queries.LiveRow]] = {staff_id: [] for staff_id in numbers}
        for row in live:
            by_staff[row.staff_id].append(row)
            rendered.due[row.staff_id] = (row.version, row.due_at)
        for staff_id, rows in by_staff.items():
            self._collect(numbers[staff_id], rows, codes, frames)
        self._no_rows(staff_ids, by_staff, rendered)
        as_of = iso(clock.now())
        for code, (changed, gone) in frames.items():
            for form in Form:
                payload = {
                    "unit": code,
                    "epoch": epoch,
                    "as_of": as_of,
                    "rows": [
                        r.full if form is Form.FULL else directory_row(r.full) for r in changed
                    ],
                    "gone": gone,
                }
                rendered.frames.append(Frame(room(code, form), "rows", payload))
        return rendered

    def _rows(self, staff_ids: Sequence[int]) -> list[queries.LiveRow]:
        """Mostly whoever changed a row has just read it to answer: the same version, the same content."""
        anew = self._reconsidered(staff_ids)
        known = [staff_id for staff_id in staff_ids if staff_id not in anew]
        return queries.rows_of(known) + queries.rows_of(sorted(anew), afresh=True)

    def counted_again(self, render: Renderer) -> Renderer:
        """Views of counts hold shortages too: whatever this renders makes them count again."""

        def and_counted(ids: Sequence[int]) -> Rendered:
            self._moved += 1
            return render(ids)

        return and_counted

    def counts(self, unit_code: str) -> dict[str, Any] | None:
        """What watchers of a large unit get: None while nothing changed, and at most once a second."""
        if self._counted_at.get(unit_code) == self._moved:
            return None
        before = self._counted.get(unit_code)
        began = clock.monotonic()
        if before is not None and began - before[0] < 1.0:
            return None
        moved = self._moved
        with snapshot():
            now = clock.now()
            tree = org.current_tree()
            unit = tree.by_code(unit_code)
            children = queries.children_counts(unit, tree, now=now) if unit else {}
        self._counted_at[unit_code] = moved
        self._counted[unit_code] = (began, children)
        if before is not None and before[1] == children:
            return None
        return {"unit": unit_code, "as_of": iso(now), "children": children}

    def _collect(
        self,
        number: str,
        rows: list[queries.LiveRow],
        codes: dict[int, str],
        frames: dict[str, tuple[list[queries.LiveRow], list[str]]],
    ) -> None:
        units = {codes[row.unit_id]: row for row in rows if row.unit_id in codes}
        newer = {
            code: row
            for code, row in units.items()
            if row.version > self.ledger.version(code, number)
        }
        left = self.ledger.hand_out(number, {code: row.version for code, row in units.items()})
        for code, row in newer.items():
            frames.setdefault(code, ([], []))[0].append(row)
        for code in left:
            frames.setdefault(code, ([], []))[1].append(number)

    def _no_rows(
        self,
        staff_ids: Sequence[int],
        by_staff: dict[int, list[queries.LiveRow]],
        rendered: Rendered,
    ) -> None:
        """Who is posted nowhere today is looked at again at 日替わり, when a posting may begin."""
        nowhere = [staff_id for staff_id in staff_ids if not by_staff.get(staff_id)]
        if not nowhere:
            return
        business = org.business_calendar()
        for staff_id, (version, made_at) in versions.read(
            db.session, queries.TOPIC, nowhere
        ).items():
            _, ends_at = business.day_bounds(business.business_date(made_at))
            rendered.due[staff_id] = (version, ends_at)


@dataclass(frozen=True, slots=True)
class Watch:
    """rooms to join by unit code, the form of each, and what was refused."""

    rooms: dict[str, str]
    forms: dict[str, str]
    refused: list[str]


def plan_watch(actor: Actor, codes: Iterable[str]) -> Watch:
    """A unit and all below in the form the person may see; a large unit gives counts, never rows."""
    tree = org.current_tree()
    now = clock.now()
    rooms: dict[str, str] = {}
    forms: dict[str, str] = {}
    refused: list[str] = []
    may_watch = has_scope(actor.scopes, Scope.SELF)
    for code in codes:
        unit = tree.by_code(code) if may_watch else None
        if unit is None:
            refused.append(code)
        elif queries.is_large(unit, tree, now=now):
            rooms[f"{code}/counts"] = room(code, "counts")
            forms[code] = "counts"
        else:
            for unit_id, form in access.forms_of(actor, tree.subtree(unit.id), tree).items():
                node = tree.by_id(unit_id)
                if node is not None:
                    rooms[node.code] = room(node.code, form)
                    forms[node.code] = form.value
    return Watch(rooms, forms, refused)
