"""A week's rota as the API tells it: everything the page draws, in one answer."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from webapp.core import calendar, clock
from webapp.core.calendar import WEEKDAYS, BusinessCalendar
from webapp.core.hours import clock_of
from webapp.duties import queries as duties
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.positions import queries as positions
from webapp.positions.rules import Need, Post
from webapp.rota import drafts, openings, runs
from webapp.rota.breaks import breaks_on_duty
from webapp.rota.day_weights import is_after_closed, is_month_end
from webapp.rota.desk import Desk
from webapp.rota.horizon import MAIN, Segment
from webapp.rota.rules import Cell, RotaKind, by_where, less
from webapp.rota.solver.conflicts import Conflict
from webapp.rota.solver.measure import Load, spread, uncovered_minutes, unfairness
from webapp.rota.weeks import week_of

Json = dict[str, Any]
DIGITS = 2
_UNTOLD: Json = {"load": None, "limits": False}


def hhmm(minute: int) -> str:
    return clock_of(minute, padded=True)


def week(desk: Desk, *, may_edit: bool, viewer: str = "") -> Json:
    """viewer: staff number. Who only reads is told what is fixed: no draft, no conflicts, nobody else's burden and
    limits."""
    desk = desk if may_edit else desk.as_fixed()
    horizon, rota = desk.horizon, desk.rota
    tree = org.tree(horizon.first, known_at=horizon.now)
    unit = tree.by_id(horizon.unit_id)
    fixed_on = _fixed_days(desk)
    return {
        "unit": unit.code if unit else "",
        "name": unit.name if unit else "",
        "week": week_of(horizon.first),
        "kind": horizon.kind.value,
        "first": horizon.first.isoformat(),
        "last": horizon.last.isoformat(),
        **(_standing(desk, fixed_on) if may_edit else _standing_fixed(desk, fixed_on)),
        "slot_minutes": horizon.slot,
        "days": [_day(day, desk, fixed_on) for day in calendar.days(horizon.first, horizon.last)],
        "positions": [_position(post, desk) for post in horizon.posts.values()],
        "people": [
            person if may_edit or person["staff"] == viewer else person | _UNTOLD
            for person in _people(desk, tree)
        ],
        "cells": cells(desk, fixed_on),
        "fixed": [_fixed_row(cell, desk) for cell in desk.fixed],
        "gone": sorted({_number(cell.staff, desk) for cell in desk.gone}),
        "open": openings.rows(desk),
        "conflicts": conflicts(desk) if may_edit else [],
        "figures": figures(desk),
        "elsewhere": _elsewhere(desk, tree),
        "may": {"edit": may_edit, "fix": may_edit},
        "revision": rota.revision if rota else 0,
        **_turns(desk, may_edit=may_edit),
    }


def _turns(desk: Desk, *, may_edit: bool) -> Json:
    """The run under way, and what 元に戻す and やり直す would do. Nothing of it for who only reads."""
    rota = desk.rota
    if rota is None or not may_edit:
        return {"run": None, "undo": None, "redo": None}
    run, now = runs.latest_of(rota), drafts.step_of(rota, rota.revision)
    back, ahead = drafts.turn_target(rota, "back"), drafts.turn_target(rota, "ahead")
    return {
        "run": runs.run_json(run) if run is not None else None,
        "undo": {"what": now.what, "revision": back.revision} if now and back else None,
        "redo": {"what": ahead.what, "revision": ahead.revision} if ahead else None,
    }


def _standing(desk: Desk, fixed_on: set[date]) -> Json:
    rota = desk.rota
    ids = {rota.changed_by, rota.fixed_by} if rota else set()
    names = org.names_of({staff_id for staff_id in ids if staff_id is not None})
    equal = not desk.come and not desk.go
    status = "none" if rota is None and not desk.fixed else "draft"
    return {
        "status": "fixed" if status == "draft" and equal and fixed_on else status,
        "changed_at": _iso(rota.changed_at) if rota else None,
        "changed_by": names.get(rota.changed_by or 0) if rota else None,
        "fixed_at": _iso(rota.fixed_at) if rota and rota.fixed_at else None,
        "fixed_by": names.get(rota.fixed_by or 0) if rota else None,
    }


def _standing_fixed(desk: Desk, fixed_on: set[date]) -> Json:
    changed = {"changed_at": None, "changed_by": None}
    return _standing(desk, fixed_on) | changed | {"status": "fixed" if fixed_on else "none"}


def _iso(instant: Any) -> str:
    return clock.to_tokyo(instant).isoformat()


def _fixed_days(desk: Desk) -> set[date]:
    horizon = desk.horizon
    days = list(calendar.days(horizon.first, horizon.last))
    if horizon.kind is RotaKind.TEAM:
        return set(horizon.needs) if desk.rota and desk.rota.fixed_revision else set()
    return {day for _, day in duties.fixed_days([horizon.unit_id], days)}


# --- days and positions ---------------------------------------------------------------------


def _day(day: date, desk: Desk, fixed_on: set[date]) -> Json:
    business = org.business_calendar()
    hours = next((d for d in desk.horizon.days if d.date == day.isoformat()), None)
    return {
        "date": day.isoformat(),
        "weekday": WEEKDAYS[day.weekday()],
        "closed": None if hours else business.closed_because(day) or "当番なし",
        "open": hhmm(hours.open) if hours else None,
        "close": hhmm(hours.close) if hours else None,
        "labels": list(_labels(day, business)),
        "fixed": day in fixed_on,
        "past": desk.horizon.begins(day) >= 24 * 60,
        "past_until": hhmm(min(desk.horizon.begins(day), 24 * 60)),
    }


def _labels(day: date, business: BusinessCalendar) -> Iterable[str]:
    if is_after_closed(day, business) and day.weekday() != 0:
        yield "休日の翌日"
    if is_month_end(day, business):
        yield "月末"


def _position(post: Post, desk: Desk) -> Json:
    return {
        "id": str(post.id),
        "name": post.name,
        "kind": post.kind.value,
        "site": post.site or None,
        "skills": sorted(post.skills),
        "contractor": post.contractor,
        "burden": post.burden,
        "needs": {
            day.isoformat(): [_need(need) for need in found[post.id]]
            for day, found in sorted(desk.horizon.needs.items())
            if found.get(post.id)
        },
    }


def _need(need: Need) -> Json:
    return {
        "from": hhmm(need.start),
        "to": hhmm(need.end),
        "min": need.need,
        "ideal": need.ideal,
        "experienced": need.experienced,
        "burden": need.burden,
    }


def _elsewhere(desk: Desk, tree: UnitTree) -> list[Json]:
    """Units below with rotas of their own."""
    nodes = tree.subtree(desk.horizon.unit_id)[1:]
    posts = positions.posts_of([node.id for node in nodes], desk.horizon.first) if nodes else []
    homes = {post.unit_id for post in posts if post.staffed.value == "duty"}
    return [{"unit": node.code, "name": node.name} for node in nodes if node.id in homes]


# --- people ---------------------------------------------------------------------------------


def _people(desk: Desk, tree: UnitTree) -> list[Json]:
    loads = {load.staff: load for load in desk.loads}
    breaks = breaks_on_duty(desk)
    order = [desk.ids[person.id] for person in desk.facts.people]
    return [_person(staff_id, desk, tree, loads, breaks) for staff_id in order]


def _person(
    staff_id: int,
    desk: Desk,
    tree: UnitTree,
    loads: dict[str, Load],
    breaks: dict[tuple[str, str], tuple[int, int]],
) -> Json:
    horizon = desk.horizon
    held, profile = horizon.people[staff_id], horizon.profiles[staff_id]
    node = tree.by_id(held.unit_id)
    limits = profile.max_consecutive_minutes or profile.max_daily_minutes or profile.forbidden
    days = [day.date for day in horizon.days]
    return {
        "staff": held.number,
        "name": held.name,
        "kana": held.kana,
        "title": held.title,
        "unit": node.code if node else None,
        "group": profile.group.value,
        "skills": sorted(profile.skills),
        "experienced": profile.experienced,
        "limits": bool(limits),
        "segments": {
            day: [_segment(each) for each in found]
            for day in days
            if (found := horizon.segments(staff_id, date.fromisoformat(day)))
        },
        "breaks": {
            day: [[hhmm(span[0]), hhmm(span[1])]]
            for day in days
            if (span := breaks.get((day, held.number)))
        },
        "load": _load(loads[held.number]),
    }


def _segment(each: Segment) -> Json:
    return {
        "from": hhmm(each.start),
        "to": hhmm(each.end),
        "place": each.place,
        "site": None if each.site == MAIN else each.site,
        "reach": each.reach,
    }


def _load(load: Load) -> Json:
    return {
        "counter": round(load.counter, DIGITS),
        "phone": round(load.phone, DIGITS),
        "target_counter": round(load.target_counter, DIGITS),
        "target_phone": round(load.target_phone, DIGITS),
    }


# --- cells ----------------------------------------------------------------------------------


def cells(desk: Desk, fixed_on: set[date]) -> list[Json]:
    fixed = by_where(desk.fixed)
    return [
        cell_row(cell, desk)
        | {
            "id": cell.id,
            "changed": cell.day in fixed_on
            and bool(less([(cell.start, cell.end)], fixed.get(cell.where, []))),
        }
        for cell in sorted(desk.cells)
    ]


def cell_row(cell: Cell, desk: Desk) -> Json:
    return _row(cell, desk) | {"pinned": cell.pinned}


def named_row(cell: Cell, desk: Desk) -> Json:
    """For lists: name is that of the position, person that of who stands there."""
    post = desk.horizon.posts.get(cell.position)
    name = {"name": post.name if post else "", "person": _name(cell.staff, desk)}
    return _row(cell, desk) | name


def who(staff_id: int, desk: Desk) -> tuple[str, str]:
    """(number, name)."""
    return _number(staff_id, desk), _name(staff_id, desk)


def _fixed_row(cell: Cell, desk: Desk) -> Json:
    return _row(cell, desk) | {"duty": -cell.id if cell.id < 0 else None}


def _row(cell: Cell, desk: Desk) -> Json:
    return {
        "position": str(cell.position),
        "date": cell.day.isoformat(),
        "from": hhmm(cell.start),
        "to": hhmm(cell.end),
        "staff": _number(cell.staff, desk),
        "name": _name(cell.staff, desk),
    }


def _number(staff_id: int, desk: Desk) -> str:
    held = desk.horizon.people.get(staff_id)
    return held.number if held else desk.strangers.get(staff_id, ("", ""))[0]


def _name(staff_id: int, desk: Desk) -> str:
    held = desk.horizon.people.get(staff_id)
    return held.name if held else desk.strangers.get(staff_id, ("", ""))[1]


# --- what is wrong with it, and what it is worth ----------------------------------------------


def conflicts(desk: Desk) -> list[Json]:
    found = [_conflict(each, desk) for each in desk.conflicts]
    found += [_note("gone", cell, desk, "この所属の職員ではありません") for cell in desk.gone]
    found += [
        _note("closed", cell, desk, "開いていない日か、なくなった持ち場です") for cell in desk.shut
    ]
    return sorted(found, key=lambda each: (each["date"], each["from"], each["position"] or ""))


def _conflict(each: Conflict, desk: Desk) -> Json:
    names = [_name(desk.ids[number], desk) for number in each.staff]
    what = each.text.split(": ", 1)[-1]
    day = date.fromisoformat(each.date)
    return {
        "code": each.code,
        "words": _words(day, each.start, each.end, each.position, names, what, desk),
        "cells": [cell.id for cell in desk.cells if _concerns(cell, each, desk)],
        "staff": list(each.staff),
        "date": each.date,
        "from": hhmm(each.start),
        "to": hhmm(each.end),
        "position": each.position or None,
        "pinned": each.pinned,
    }


def _concerns(cell: Cell, each: Conflict, desk: Desk) -> bool:
    return (
        cell.day.isoformat() == each.date
        and cell.start < each.end
        and each.start < cell.end
        and _number(cell.staff, desk) in each.staff
        and (each.code == "double" or each.position in ("", str(cell.position)))
    )


def _note(code: str, cell: Cell, desk: Desk, what: str) -> Json:
    name = _name(cell.staff, desk)
    position = str(cell.position)
    return {
        "code": code,
        "words": _words(cell.day, cell.start, cell.end, position, [name], what, desk),
        "cells": [cell.id],
        "staff": [_number(cell.staff, desk)],
        "date": cell.day.isoformat(),
        "from": hhmm(cell.start),
        "to": hhmm(cell.end),
        "position": position,
        "pinned": cell.pinned,
    }


def _words(
    day: date, start: int, end: int, position: str, names: list[str], what: str, desk: Desk
) -> str:
    post = desk.horizon.posts.get(int(position)) if position else None
    where = f" {post.name}" if post else ""
    when = f"{day.month}/{day.day}（{WEEKDAYS[day.weekday()]}） {clock_of(start)}〜{clock_of(end)}"
    return f"{when}{where} {'・'.join(names)}: {what}"


def figures(desk: Desk) -> Json:
    return {
        "uncovered_minutes": uncovered_minutes(desk.facts, desk.shortages),
        "changes": desk.changes,
        "spread": round(spread(desk.facts, desk.loads), DIGITS),
        "unfairness": round(unfairness(desk.loads), DIGITS),
    }
