"""The JSON problem of `design/rota.md`, built from what the database knows of a unit's days."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from webapp.core import clock, facts, settings
from webapp.core.db import db
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.positions.rules import Need, Post
from webapp.rota import burden
from webapp.rota.horizon import MAIN, Horizon, Segment
from webapp.rota.planning_settings import MOST_A_DAY, MOST_AT_ONCE, SECONDS, rules_of
from webapp.rota.rules import Cell, RotaKind, without_doubles
from webapp.rota.settings import day_weights
from webapp.rota.solver.clock_text import hhmm

Json = dict[str, Any]
SEED = 1
MOST_CARRIED = 50
# The ledger of four weeks is more than half of the work of drawing a week, and every edit draws it again.
_carried: dict[tuple[object, ...], dict[int, dict[str, float]]] = {}


@dataclass(frozen=True, slots=True)
class Given:
    """What the plan starts from: pins stay, published is changed as little as possible."""

    pins: Sequence[Cell] = ()
    published: Sequence[Cell] = ()
    others: Sequence[Cell] = ()  # whose people belong in the problem as well

    @property
    def holders(self) -> set[int]:
        return {cell.staff for cell in (*self.pins, *self.published, *self.others)}


def problem(horizon: Horizon, given: Given, *, seconds: float | None = None) -> Json:
    ids = horizon.rotating(given.holders)
    numbers = {staff_id: horizon.people[staff_id].number for staff_id in ids}
    found: Json = {
        "slot_minutes": horizon.slot,
        "time_limit_s": seconds or settings.value(SECONDS),
        "seed": SEED,
        "now": clock.to_tokyo(horizon.now).strftime("%Y-%m-%dT%H:%M"),
        "days": [
            {"date": day.date, "open": hhmm(day.open), "close": hhmm(day.close)}
            for day in horizon.days
        ],
        "positions": [_position(post, horizon) for post in horizon.rostered],
        "staff": _staff(ids, horizon),
        "forbidden_pairs": [
            [numbers[one], numbers[other]] for one, other in positions.forbidden_pairs(ids)
        ],
        "pins": [row(cell, numbers) for cell in pinnable(given.pins, horizon)],
        "published": [row(cell, numbers) for cell in _known(given.published, horizon)],
        "rules": _rules(horizon),
    }
    return found


def row(cell: Cell, numbers: Mapping[int, str]) -> Json:
    return {
        "position": str(cell.position),
        "date": cell.day.isoformat(),
        "from": hhmm(cell.start),
        "to": hhmm(cell.end),
        "staff": numbers[cell.staff],
    }


def _known(cells: Iterable[Cell], horizon: Horizon) -> list[Cell]:
    return without_doubles(cell for cell in cells if horizon.fits(cell))


def pinnable(cells: Iterable[Cell], horizon: Horizon) -> list[Cell]:
    """Pins lie in whole slots; one off the grid (opening hours changed since) is a conflict, not a pin."""
    found = []
    for cell in _known(cells, horizon):
        grid = horizon.grid(cell.day)
        if cell.start in {start for start, _ in grid} and cell.end in {end for _, end in grid}:
            found.append(cell)
    return found


# --- positions ------------------------------------------------------------------------------


def _position(post: Post, horizon: Horizon) -> Json:
    needs = {day: found.get(post.id, []) for day, found in horizon.needs.items()}
    experienced = [need.experienced for found in needs.values() for need in found]
    return {
        "id": str(post.id),
        "name": post.name,
        "kind": post.kind.value,
        "site": post.site or MAIN,
        "skills": sorted(post.skills),
        "burden": post.burden,
        "experienced_min": max(experienced, default=0),
        "demand": _demand(needs, horizon),
    }


def _demand(needs: Mapping[date, Sequence[Need]], horizon: Horizon) -> list[Json]:
    """Days with the same bands share their rows."""
    weights, business = day_weights(horizon.path), org.business_calendar()
    bands: dict[tuple[Any, ...], list[str]] = {}
    for day, found in sorted(needs.items()):
        for need in found:
            burden_here = round(need.burden * weights.of(day, business), 4)
            key = (need.start, need.end, need.need, need.ideal, burden_here)
            bands.setdefault(key, []).append(day.isoformat())
    return [
        {
            "days": days,
            "from": hhmm(start),
            "to": hhmm(end),
            "min": least,
            "ideal": ideal,
            "burden": weight,
        }
        for (start, end, least, ideal, weight), days in bands.items()
    ]


# --- people ---------------------------------------------------------------------------------


def _staff(ids: Sequence[int], horizon: Horizon) -> list[Json]:
    carried = _carry_in(ids, horizon)
    weekly = burden.contract_minutes(
        {staff_id: [horizon.people[staff_id]] for staff_id in ids}, horizon.first
    )
    return [
        _person(staff_id, horizon)
        | {
            "carry_in": carried.get(staff_id, {"counter": 0.0, "phone": 0.0}),
            "contract_minutes": _contract(
                weekly.get(staff_id, burden.FULL_WEEK), staff_id, horizon
            ),
        }
        for staff_id in ids
    ]


def _carry_in(ids: Sequence[int], horizon: Horizon) -> dict[int, dict[str, float]]:
    """Attendance leaves no duties behind: each of its weeks is fair in itself."""
    if horizon.kind is RotaKind.TEAM:
        return {}
    stamps = (facts.stamp(name) for name in ("org", "settings", "positions", "duties"))
    minute = int(horizon.now.timestamp()) // 60  # leave of past days has no stamp of its own
    key = (facts.epoch(), *stamps, horizon.first, minute, tuple(ids))
    if key not in _carried or db.session.info.get("writing"):
        if len(_carried) > MOST_CARRIED:
            _carried.clear()
        found = _rounded(burden.carry_in(ids, horizon.first, now=horizon.now))
        if db.session.info.get("writing"):
            return found
        _carried[key] = found
    return _carried[key]


def _rounded(found: Mapping[int, Mapping[str, float]]) -> dict[int, dict[str, float]]:
    return {
        staff_id: {kind: round(hours, 4) for kind, hours in one.items()}
        for staff_id, one in found.items()
    }


def _contract(weekly: int, staff_id: int, horizon: Horizon) -> float:
    """Of the days on which the person is posted here at all."""
    days = [date.fromisoformat(day.date) for day in horizon.days]
    posted = sum(
        any(staff_id in horizon.allowed[day, post] for post in horizon.needs[day]) for day in days
    )
    return weekly * posted / 5


def _person(staff_id: int, horizon: Horizon) -> Json:
    profile = horizon.profiles[staff_id]
    found: Json = {
        "id": horizon.people[staff_id].number,
        "skills": sorted(profile.skills),
        "experienced": profile.experienced,
        "group": profile.group.value,
        "max_consecutive_minutes": profile.max_consecutive_minutes or _limit(MOST_AT_ONCE, horizon),
        "max_duty_minutes_per_day": profile.max_daily_minutes or _limit(MOST_A_DAY, horizon),
        "segments": [
            segment_row(day.date, each)
            for day in horizon.days
            for each in horizon.segments(staff_id, date.fromisoformat(day.date))
        ],
        "preferences": [
            {"position": str(post), "weight": weight}
            for post, weight in profile.preferences
            if post in horizon.posts and not horizon.posts[post].contractor
        ],
        "forbidden": [
            str(post.id) for post in horizon.rostered if _barred(staff_id, post, horizon)
        ],
    }
    return found


def _limit(setting: Any, horizon: Horizon) -> int:
    """日直 and 出勤班 are whole days: the ordinary limits of a counter do not hold there."""
    limit: int = settings.value(setting, horizon.path)
    return limit if horizon.kind is RotaKind.WEEK else 24 * 60


def _barred(staff_id: int, post: Post, horizon: Horizon) -> bool:
    """By the profile, or because the position draws from units the person is not of."""
    days = [day for day, found in horizon.needs.items() if post.id in found]
    posted = any(staff_id in horizon.allowed[day, post.id] for day in days)
    return post.id in horizon.profiles[staff_id].forbidden or not posted


def segment_row(day: str, each: Segment) -> Json:
    return {
        "date": day,
        "from": hhmm(each.start),
        "to": hhmm(each.end),
        "place": each.place,
        "site": each.site,
        "reach": each.reach,
    }


def _rules(horizon: Horizon) -> Json:
    if horizon.kind is RotaKind.WEEK:
        return dict(rules_of(horizon.path))
    return {"rest_minutes": 0, "min_block_minutes": 0}
