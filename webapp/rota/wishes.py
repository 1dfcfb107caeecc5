"""What somebody wants in the draft: cells as they were sent, checked against the week on the desk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from webapp.core.hours import clock_of, minute_of
from webapp.core.refusals import RuleBroken
from webapp.positions.rules import Need
from webapp.rota.desk import Desk
from webapp.rota.forms import CellBody, EditBody, RotaBody
from webapp.rota.rules import Cell, doubles, missing_from, until_minute

Faults = dict[str, str]
LOOK = "当番表を確かめてください。"


@dataclass(slots=True)
class Reading:
    """Cells out of bodies, with every fault by its place: "cells.3.staff"."""

    desk: Desk
    faults: Faults = field(default_factory=dict)

    def cells(self, bodies: Sequence[CellBody], key: str) -> list[Cell]:
        found = [self._cell(body, f"{key}.{n}") for n, body in enumerate(bodies)]
        if self.faults:
            raise RuleBroken(LOOK, self.faults)
        return [cell for cell in found if cell is not None]

    def _cell(self, body: CellBody, at: str) -> Cell | None:
        cell = self.read(body, at)
        if cell is not None and cell not in (*self.desk.cells, *_unpinned(self.desk.cells)):
            self._new(cell, at)  # what lies there already may be out of date; it stays until mended
        return cell

    def read(self, body: CellBody, at: str) -> Cell | None:
        """Without asking whether it fits."""
        span = self._span(body, at)
        staff = self._staff(body, at)
        position = self._position(body, at)
        if span is None or staff is None or position is None:
            return None
        return Cell(body.date, *span, position, staff, body.pinned, body.id or 0)

    def _span(self, body: CellBody, at: str) -> tuple[int, int] | None:
        found: list[int] = []
        for key, text in (("from", body.from_), ("to", body.to)):
            try:
                found.append(minute_of(text))
            except ValueError as fault:
                self.faults[f"{at}.{key}"] = str(fault)
        if len(found) < 2:
            return None
        if found[0] >= found[1]:
            self.faults[f"{at}.to"] = f"{body.from_} より後にしてください"
            return None
        return found[0], found[1]

    def _staff(self, body: CellBody, at: str) -> int | None:
        strangers = {number: staff_id for staff_id, (number, _) in self.desk.strangers.items()}
        found = self.desk.ids.get(body.staff, strangers.get(body.staff))
        if found is None:
            self.faults[f"{at}.staff"] = (
                f"職員番号 {body.staff[:20]} は、この当番表に入れる職員ではありません"
            )
        return found

    def _position(self, body: CellBody, at: str) -> int | None:
        known = {str(post.id): post.id for post in self.desk.horizon.rostered}
        held = {str(cell.position): cell.position for cell in self.desk.cells}
        found = known.get(str(body.position), held.get(str(body.position)))
        if found is None:
            self.faults[f"{at}.position"] = "この当番表の持ち場ではありません"
        return found

    def _new(self, cell: Cell, at: str) -> None:
        horizon = self.desk.horizon
        if not horizon.first <= cell.day <= horizon.last:
            self.faults[f"{at}.date"] = f"{horizon.first}〜{horizon.last} の日にしてください"
        elif not horizon.is_open(cell.day):
            self.faults[f"{at}.date"] = "この日は開いていません"
        elif not horizon.is_posted(cell):
            self.faults[f"{at}.staff"] = (
                f"{self.name(cell.staff)}さんは、{cell.day.month}月{cell.day.day}日にはこの持ち場の職員ではありません"
            )
        else:
            self._times(cell, at)

    def _times(self, cell: Cell, at: str) -> None:
        grid = self.desk.horizon.grid(cell.day)
        starts, ends = {start for start, _ in grid}, {end for _, end in grid}
        needs = self.desk.horizon.needs[cell.day].get(cell.position, [])
        for key, minute, allowed in (("from", cell.start, starts), ("to", cell.end, ends)):
            if minute not in allowed:
                self.faults[f"{at}.{key}"] = _near(minute, allowed)
                return
        if not _is_open(cell, needs, grid):
            hours = "・".join(f"{clock_of(n.start)}〜{clock_of(n.end)}" for n in needs)
            words = (
                f"開いている時間（{hours}）の中にしてください"
                if hours
                else "この日は開いていません"
            )
            self.faults[f"{at}.from"] = words

    def name(self, staff_id: int) -> str:
        held = self.desk.horizon.people.get(staff_id)
        return held.name if held else self.desk.strangers.get(staff_id, ("", ""))[1]


def _unpinned(cells: Iterable[Cell]) -> list[Cell]:
    return [replace(cell, pinned=not cell.pinned) for cell in cells]


def _near(minute: int, allowed: Iterable[int]) -> str:
    near = sorted(allowed, key=lambda each: abs(each - minute))[:2]
    choices = " か ".join(clock_of(each) for each in sorted(near))
    return f"{clock_of(minute)} はコマの境ではありません。{choices} にしてください"


def _is_open(cell: Cell, needs: Sequence[Need], grid: Sequence[tuple[int, int]]) -> bool:
    """Every slot of it touches a need (rule 3)."""
    slots = [(start, end) for start, end in grid if cell.start <= start and end <= cell.end]
    return all(any(n.start < end and start < n.end for n in needs) for start, end in slots)


def edited(desk: Desk, body: EditBody) -> list[Cell]:
    """The draft after the change. RuleBroken names every cell that is not there any more."""
    put = Reading(desk).cells(body.put, "put")
    known = {cell.id for cell in desk.cells}
    faults = {
        f"{key}.{n}": "このコマはもうありません"
        for key in ("remove", "pin", "unpin")
        for n, cell_id in enumerate(getattr(body, key))
        if cell_id not in known
    }
    if faults:
        raise RuleBroken(LOOK, faults)
    gone = set(body.remove) | {cell.id for cell in put if cell.id}
    kept = [_pin(cell, body) for cell in desk.cells if cell.id not in gone]
    check(desk, kept, put, key="put", force=body.force)
    return sorted([*kept, *put])


def whole(desk: Desk, body: RotaBody) -> list[Cell]:
    """The draft as it was sent; what lies there already may lie there again."""
    cells = Reading(desk).cells(body.cells, "cells")
    check(desk, [], cells, key="cells", force=body.force)
    return sorted(cells)


def as_meant(desk: Desk, body: EditBody, base: Sequence[Cell]) -> list[Cell]:
    """An edit of an older version, laid on that version: for showing both side by side. Ids are of the present one."""
    reading = Reading(desk)
    put = [cell for n, one in enumerate(body.put) if (cell := reading.read(one, f"put.{n}"))]
    gone = set(body.remove) | {one.id for one in body.put if one.id}
    removed = [cell for cell in desk.cells if cell.id in gone]
    return sorted([*missing_from(base, removed), *put])


def _pin(cell: Cell, body: EditBody) -> Cell:
    if cell.id in body.pin:
        return replace(cell, pinned=True)
    return replace(cell, pinned=False) if cell.id in body.unpin else cell


def check(desk: Desk, kept: Sequence[Cell], put: Sequence[Cell], *, key: str, force: bool) -> None:
    """Nobody at two positions at once by hand, unless wanted; and the past stays. Raises RuleBroken."""
    faults: Faults = {}
    names = Reading(desk)
    where = {id(cell): n for n, cell in enumerate(put)}
    if not force:
        for one, other in doubles([*kept, *put]):
            late, early = (other, one) if id(other) in where else (one, other)
            if id(late) in where and late not in desk.cells:
                faults[f"{key}.{where[id(late)]}.staff"] = _double(
                    desk, early, names.name(late.staff)
                )
    faults |= past_faults(desk, [*kept, *put], key)
    if faults:
        raise RuleBroken(LOOK, faults)


def _double(desk: Desk, other: Cell, name: str) -> str:
    post = desk.horizon.posts.get(other.position)
    at = f"{clock_of(other.start)}〜{clock_of(other.end)}"
    return f"{name}さんは {at} に{post.name if post else '別の持ち場'}に入っています"


def past_faults(desk: Desk, cells: Iterable[Cell], key: str) -> Faults:
    begins = desk.horizon.begins
    before, after = until_minute(desk.cells, begins), until_minute(cells, begins)
    changed = [*missing_from(after, before), *missing_from(before, after)]
    if not changed:
        return {}
    first: date = changed[0].day
    at = clock_of(changed[0].start)
    return {key: f"{first.month}月{first.day}日 {at} からの当番は過ぎたので変えられません"}
