"""The rota page of one unit and week, made from the same JSON that /api/v1 gives. Pure but for the words of the day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from webapp.core.calendar import wareki
from webapp.core.hours import minute_of
from webapp.rota.page_cells import Group, Slot, groups, needs_of, open_runs
from webapp.rota.page_parts import DayCut, cut_day, whole_day
from webapp.rota.page_people import PeopleGroup, people_groups
from webapp.rota.page_words import hours, short_names, weekday

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DayHead:
    """bad: something is open on that day."""

    number: int
    iso: str
    day: date
    width: int
    text: str
    weekday: str
    closed: str | None
    need: str
    bad: bool
    labels: tuple[str, ...]
    past: bool
    today: bool

    @property
    def words(self) -> str:
        """12月2日（水）."""
        return f"{self.day.month}月{self.day.day}日（{self.weekday}）"


@dataclass(frozen=True, slots=True)
class WeekPage:
    """What the template draws. shown: the day that a narrow screen begins with."""

    week: Json
    status: str
    days: tuple[DayHead, ...]
    groups: tuple[Group, ...]
    people: tuple[PeopleGroup, ...]
    open_runs: tuple[Slot, ...]
    shown: int
    rows: str
    empty: str

    @property
    def may_edit(self) -> bool:
        return bool(self.week["may"]["edit"])

    @property
    def span(self) -> str:
        """令和8年11月30日（月）〜12月4日（金）."""
        first, last = self.days[0].day, self.days[-1]
        return f"{wareki(first)}〜{last.words}"

    @property
    def spread(self) -> str:
        return hours((self.week.get("figures") or {}).get("spread"))

    @property
    def changes(self) -> int:
        return int((self.week.get("figures") or {}).get("changes") or 0)

    @property
    def mostly_open(self) -> bool:
        slots = [s for g in self.groups for r in g.rows for b in r.boxes for s in b.slots]
        return sum(s.missing > 0 for s in slots) * 3 > len(slots)

    @property
    def width(self) -> int:
        return sum(day.width for day in self.days)

    def day_slots(self, number: int) -> list[Slot]:
        """The open stretches of one day, for the row above the people."""
        return [run for run in self.open_runs if run.date == self.days[number].iso]


def page(
    week: Json, *, viewer: str, today: date, rows: str, fixed: bool = False, day: str = ""
) -> WeekPage:
    """rows: position or person. fixed: what is 確定, not the draft; whoever may not edit sees nothing else."""
    edits = bool(week["may"]["edit"]) and not fixed
    runs = open_runs(week["open"]) if edits else []
    slots = _slots(week, viewer, edits=edits)
    days = [d for d in week["days"] if _counts(d, week, slots)] or week["days"][:5]
    cuts = [_cut(week, d["date"], slots) for d in days]
    heads = tuple(
        _head(number, d, max(cut.width, 1), runs, week, today)
        for number, (d, cut) in enumerate(zip(days, cuts, strict=True))
    )
    empty = _empty(week, slots, edits=edits)
    return WeekPage(
        week,
        _status(week, empty, edits=edits),
        heads,
        tuple(groups(week, days, cuts, [*slots, *runs])),
        tuple(people_groups(week, days, slots, viewer=viewer)) if rows == "person" else (),
        tuple(runs),
        _first_shown(heads, day, today),
        rows,
        empty,
    )


def _status(week: Json, empty: str, *, edits: bool) -> str:
    """none, draft, fixed. A draft that was only begun, for a run of the solver, is none yet."""
    if not edits:
        return "fixed"
    return "none" if empty == "draft" else str(week["status"])


def _slots(week: Json, viewer: str, *, edits: bool) -> list[Slot]:
    short = short_names((p["staff"], p["name"]) for p in week["people"])
    full = {p["staff"]: p["name"] for p in week["people"]}
    odd = {cell for each in week.get("conflicts", ()) for cell in each["cells"]}
    found = []
    for cell in week["cells"] if edits else week["fixed"]:
        start, end = minute_of(cell["from"]), minute_of(cell["to"])
        staff = cell["staff"]
        name = full.get(staff) or cell.get("name") or staff
        found.append(
            Slot(
                "",
                cell["position"],
                cell["date"],
                start,
                end,
                cell=cell["id"] if edits else None,
                duty=None if edits else cell.get("duty"),
                staff=staff,
                name=short.get(staff, name),
                full_name=name,
                pinned=bool(cell.get("pinned")),
                changed=bool(cell.get("changed")),
                mine=staff == viewer,
                odd=edits and cell["id"] in odd,
                whole=(start, end),
            )
        )
    return found


def _counts(day: Json, week: Json, slots: Sequence[Slot]) -> bool:
    """A closed Saturday or Sunday takes no column; a holiday in the week says why it is empty."""
    if date.fromisoformat(day["date"]).weekday() < 5 or not day["closed"]:
        return True
    used = any(slot.date == day["date"] for slot in slots)
    return used or any(position["needs"].get(day["date"]) for position in week["positions"])


def _cut(week: Json, day: str, slots: Sequence[Slot]) -> DayCut:
    needs = [needs_of(position, day) for position in week["positions"]]
    duties = [(slot.start, slot.end) for slot in slots if slot.date == day]
    if week.get("kind", "week") != "week":
        return whole_day([*(band for bands in needs for band in bands), *duties])
    return cut_day(needs, duties, slot=week.get("slot_minutes") or 30)


def _head(
    number: int, day: Json, width: int, runs: Sequence[Slot], week: Json, today: date
) -> DayHead:
    on = date.fromisoformat(day["date"])
    here = [run for run in runs if run.date == day["date"]]
    return DayHead(
        number,
        day["date"],
        on,
        width,
        f"{on.month}/{on.day}",
        weekday(on),
        day["closed"],
        _need_words(here, week),
        bool(here),
        tuple(day.get("labels") or ()),
        bool(day.get("past")),
        on == today,
    )


def _need_words(runs: Sequence[Slot], week: Json) -> str:
    if not runs:
        return "不足なし"
    total = sum((run.end - run.start) * run.missing for run in runs)
    if len({run.position for run in runs}) > 1:
        return f"{len(runs)}か所 {total}分"
    names = {position["id"]: position["name"] for position in week["positions"]}
    return f"{names.get(runs[0].position, '')} {total}分"


def _first_shown(heads: Sequence[DayHead], day: str, today: date) -> int:
    """The day asked for, else today, else the first that is open."""
    for wanted in (day, today.isoformat()):
        for head in heads:
            if head.iso == wanted:
                return head.number
    return next((head.number for head in heads if not head.closed), 0)


def _empty(week: Json, slots: Sequence[Slot], *, edits: bool) -> str:
    """Why there is nothing to draw yet: positions, needs, people, fixed, draft; or ""."""
    if not week["positions"]:
        return "positions"
    if not slots and not any(position["needs"] for position in week["positions"]):
        return "needs"
    if slots:
        return ""
    if not edits:
        return "fixed"
    if not any((p.get("group") or "rotate") != "exempt" for p in week["people"]):
        return "people"
    return "draft" if not week["revision"] else ""


def script_data(found: WeekPage) -> dict[str, Any]:
    """What the page's script needs to know of the week; the rest it reads from the table."""
    week = found.week
    short = short_names((p["staff"], p["name"]) for p in week["people"])
    return {
        **{name: week.get(name) for name in _FOR_SCRIPT},
        "positions": {p["id"]: p["name"] for p in week["positions"]},
        "people": {
            p["staff"]: {"name": p["name"], "short": short[p["staff"]]} for p in week["people"]
        },
        "days": [day.iso for day in found.days if not day.closed and not day.past],
        "open": [
            {"position": run.position, "date": run.date, "missing": run.missing}
            for run in found.open_runs
        ],
    }


_FOR_SCRIPT = (
    "unit", "name", "week", "kind", "revision", "status", "changed_by", "changed_at",
    "slot_minutes", "cells", "may", "run", "undo", "redo", "figures",
)  # fmt: skip
