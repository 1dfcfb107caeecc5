"""Reading the live board: rows rendered for the instant of their version, snapshots, counts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import Form
from webapp.board.rows import Row, directory_row, full_row, iso
from webapp.core import facts, settings
from webapp.core.db import db
from webapp.core.kept import Kept
from webapp.coverage import board as coverage
from webapp.coverage import service as shortages
from webapp.day import queries as day
from webapp.org import queries as org
from webapp.org.models import Posting
from webapp.org.rules import UnitNode, UnitTree
from webapp.org.settings import MUNICIPALITY
from webapp.presence.facts import TELEWORK, Place, State
from webapp.presence.rules import next_change, resolve, said_before
from webapp.realtime import versions
from webapp.realtime.models import RowVersion

TOPIC = "staff"
LARGEST_BOARD = 300  # people a page; above that a unit is a tree of counts


@dataclass(frozen=True, slots=True)
class LiveRow:
    """One person in one unit, as shown; due_at = when the clock changes it next."""

    staff_id: int
    unit_id: int
    version: int
    due_at: datetime
    full: Row


# {staff id: (version, rows)}, of one state of organisation and settings. Same version, same content: so what has
# been rendered once serves everybody who opens the board.
_kept: dict[int, tuple[int, list[LiveRow]]] = {}
_kept_for: list[tuple[str, ...]] = []
_MOST_KEPT = 20_000


def rows_of(staff_ids: Sequence[int], *, afresh: bool = False) -> list[LiveRow]:
    """The rows of these people, one a posting, each rendered for the instant its version was made.

    Shared with other readers: not to be changed. afresh: where due_at counts, which can move within a version.
    """
    made = versions.read(db.session, TOPIC, staff_ids)
    kept = {} if afresh or db.session.info.get("writing") else _kept_rows(made)
    rows = [row for of_one in kept.values() for row in of_one]
    missing = {staff_id: at for staff_id, at in made.items() if staff_id not in kept}
    if missing:
        rendered = _render(missing)
        _keep(missing, rendered)
        rows.extend(rendered)
    return rows


def _render(made: Mapping[int, tuple[int, datetime]]) -> list[LiveRow]:
    business = org.business_calendar()
    by_day: dict[date, dict[int, tuple[int, datetime]]] = {}
    for staff_id, (version, made_at) in made.items():
        by_day.setdefault(business.business_date(made_at), {})[staff_id] = (version, made_at)
    rows: list[LiveRow] = []
    for of_day in by_day.values():
        rows.extend(_rows_of_one_day(of_day))
    return rows


def _kept_rows(made: Mapping[int, tuple[int, datetime]]) -> dict[int, list[LiveRow]]:
    state = (facts.epoch(), facts.stamp("org"), facts.stamp("settings"))
    if _kept_for != [state]:
        _kept.clear()
        _kept_for[:] = [state]
    return {
        staff_id: _kept[staff_id][1]
        for staff_id, (version, _) in made.items()
        if staff_id in _kept and _kept[staff_id][0] == version
    }


def _keep(made: Mapping[int, tuple[int, datetime]], rendered: Iterable[LiveRow]) -> None:
    """Only what certainly belongs to its version: nothing from inside a transaction or between two commits."""
    state = (facts.epoch(), facts.stamp("org"), facts.stamp("settings"))
    if db.session.info.get("writing") or _kept_for != [state]:
        return
    if db.engine.dialect.name != "sqlite" and versions.read(db.session, TOPIC, list(made)) != made:
        return
    if len(_kept) > _MOST_KEPT:
        _kept.clear()
    by_staff: dict[int, list[LiveRow]] = {}
    for row in rendered:
        by_staff.setdefault(row.staff_id, []).append(row)
    for staff_id, rows in by_staff.items():
        _kept[staff_id] = (rows[0].version, rows)


def _rows_of_one_day(made: Mapping[int, tuple[int, datetime]]) -> Iterable[LiveRow]:
    latest = max(made_at for _, made_at in made.values())
    people = day.days_of(list(made), now=latest)
    tree = org.tree(org.business_calendar().business_date(latest), known_at=latest)
    for staff_id, person in people.items():
        version, made_at = made[staff_id]
        known = replace(person.facts, claims=said_before(person.facts.claims, made_at))
        shown = resolve(known, made_at)
        due_at = next_change(known, made_at)
        for posting in person.postings:
            unit = tree.by_id(posting.unit_id)
            if unit is not None:
                row = full_row(posting, unit.code, version, shown)
                yield LiveRow(staff_id, unit.id, version, due_at, row)


def row_of(staff_id: int) -> Row | None:
    """The full row of the main posting, as committed."""
    rows = rows_of([staff_id])
    return rows[0].full if rows else None


# --- snapshots ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InHand:
    """What need not be asked for: everybody posted in the unit or below, in the order of a board; and the coverage of
    its units as the rooms know it, where that will do instead of as it is now."""

    postings: Sequence[org.PersonPosting]
    told: Mapping[int, coverage.Told] | None = None


def board(
    unit: UnitNode,
    forms: Mapping[int, Form],
    *,
    now: datetime,
    as_counts: bool = False,
    actor: Actor | None = None,
    in_hand: InHand | None = None,
) -> dict[str, Any]:
    """The snapshot of a unit and all below it, in the fixed order. Above 300 people: counts of the children."""
    tree = org.tree(org.today(now), known_at=now)
    nodes = tree.subtree(unit.id)
    head = _head(unit, tree, now)
    in_hand = in_hand or InHand(
        org.postings_in([node.id for node in nodes], org.today(now), known_at=now)
    )
    postings = in_hand.postings
    if as_counts or len({posting.staff_id for posting in postings}) > LARGEST_BOARD:
        return head | _large(unit, tree, now)
    live = {(r.staff_id, r.unit_id): r for r in rows_of([p.staff_id for p in postings])}
    groups: list[dict[str, Any]] = []
    rows: list[tuple[Form, LiveRow]] = []
    for node in nodes:
        found = [live.get((p.staff_id, node.id)) for p in postings if p.unit_id == node.id]
        members = [row for row in found if row is not None]
        if members:
            groups.append({"unit": node.code, "name": node.name, "people": len(members)})
            rows.extend((forms[node.id], row) for row in members)
    shown = [row.full if form is Form.FULL else directory_row(row.full) for form, row in rows]
    return (
        head
        | _covered(nodes, tree, actor, in_hand.told, now)
        | {
            "leads": [
                node.code for node in nodes if actor and access.leads_duties(actor, node.id, tree)
            ],
        }
        | {
            "forms": {node.code: forms[node.id].value for node in nodes},
            "groups": groups,
            "rows": shown,
            "counts": counts_of(shown) | {"people": len({row.staff_id for _, row in rows})},
            "children": None,
        }
    )


def _covered(
    nodes: Sequence[UnitNode],
    tree: UnitTree,
    actor: Actor | None,
    told: Mapping[int, coverage.Told] | None,
    now: datetime,
) -> dict[str, Any]:
    """coverage, room, and missing of the units one leads."""
    if told is None:
        covered = coverage.of_units([node.id for node in nodes], now=now)
        led = coverage.led_by(actor, covered, tree) if actor else []
        return coverage.body(covered, tree) | {"missing": coverage.missing_names(led)}
    missing: dict[str, Any] = {}
    for unit_id, one in told.items():
        if actor and access.leads_duties(actor, unit_id, tree):
            missing |= one.missing
    return coverage.bodies(told.values()) | {"missing": missing}


def _head(unit: UnitNode, tree: UnitTree, now: datetime) -> dict[str, Any]:
    parent = tree.by_id(unit.parent_id) if unit.parent_id is not None else None
    return {
        "unit": unit.code,
        "name": unit.name,
        "kana": unit.kana,
        "kind": unit.kind,
        "parent": {"unit": parent.code, "name": parent.name} if parent else None,
        "epoch": facts.epoch(),
        "as_of": iso(now),
        "coverage": [],
        "room": {},
        "missing": {},
    }


def _large(unit: UnitNode, tree: UnitTree, now: datetime) -> dict[str, Any]:
    children = children_counts(unit, tree, now=now)
    nodes = tree.subtree(unit.id)
    whole = _counted(unit, nodes, _summaries(now=now), shortages.short_by_unit())
    total = {name: whole[name] for name in ("people", "states", "places", "short")}
    return {
        "forms": {},
        "groups": [],
        "rows": [],
        "counts": total,
        "children": children,
        "shortages": coverage.shortages([node.id for node in nodes], tree, now=now),
    }


def nothing_yet(now: datetime) -> dict[str, Any]:
    """The snapshot of a town hall without any unit: the page says what comes first."""
    return {
        "unit": "",
        "name": settings.value(MUNICIPALITY) or "全庁",
        "kana": "",
        "kind": "",
        "parent": None,
        "epoch": facts.epoch(),
        "as_of": iso(now),
        "coverage": [],
        "room": {},
        "missing": {},
        "shortages": [],
        "forms": {},
        "groups": [],
        "rows": [],
        "counts": counts_of([]) | {"short": 0},
        "children": {},
    }


def is_large(unit: UnitNode, tree: UnitTree, *, now: datetime) -> bool:
    """By people, as `board` decides: 兼務 within the unit makes two rows of one person. Asked at every `watch`."""
    on = org.today(now)
    passed = org.publications_passed(now)
    key = (facts.epoch(), facts.stamp("org"), facts.stamp("settings"), on, passed, unit.id)

    def count() -> int:
        people = select(func.count(Posting.staff_id.distinct())).where(
            Posting.unit_id.in_(tree.subtree_ids(unit.id)), org.in_force(Posting, on, now)
        )
        return db.session.scalar(people) or 0

    return _crowds.of(key, count) > LARGEST_BOARD


_crowds: Kept[int] = Kept(2_000)


# --- counts ---------------------------------------------------------------------------------


def counts_of(rows: Iterable[Row]) -> dict[str, Any]:
    """Counts of the rows as shown: people, planned only, by state, by place, on duty, teleworking."""
    rows = list(rows)
    states = Counter(row["state"] for row in rows)
    places = Counter(place for row in rows if (place := counted_place(row)) is not None)
    return {
        "people": len(rows),
        "planned": sum(1 for row in rows if row.get("planned")),
        "states": dict(states),
        "places": dict(places),
        "duty": sum(1 for row in rows if row.get("duty") is not None),
        "telework": sum(places[place.value] for place in TELEWORK),
    }


def counted_place(row: Row) -> str | None:
    """Where someone counts as being: not who is expected and missing, nor who has gone home."""
    place: str | None = row.get("place")
    if row["state"] == State.NO_REPORT or (row["state"] == State.OFF and place != Place.LEAVE):
        return None
    return place


Summary = tuple[int, str, str | None]
_city_rows: dict[tuple[str, int, int], tuple[int, str, str | None]] = {}


def _summaries(*, now: datetime) -> dict[int, list[Summary]]:
    """{unit id: [(staff id, state, place)]} of everybody.

    Kept by version: a city of 10,000 is not rendered each second.
    """
    epoch = facts.epoch()
    known = dict(
        db.session.execute(
            select(RowVersion.key, RowVersion.version).where(RowVersion.topic == TOPIC)
        ).all()
    )
    on = org.today(now)
    posted = db.session.execute(
        select(Posting.staff_id, Posting.unit_id).where(org.in_force(Posting, on, now))
    ).all()
    wanted = dict.fromkeys((epoch, staff_id, unit_id) for staff_id, unit_id in posted)
    stale = {
        key[1] for key in wanted if _city_rows.get(key, (None,))[0] != known.get(key[1])
    } & known.keys()
    for row in rows_of(sorted(stale)):
        key = (epoch, row.staff_id, row.unit_id)
        _city_rows[key] = (row.version, row.full["state"], counted_place(row.full))
    for key in _city_rows.keys() - wanted.keys():
        _city_rows.pop(key, None)
    found: dict[int, list[Summary]] = {}
    for key in wanted:  # not over what is kept: with threads another may be at it
        if (kept := _city_rows.get(key)) is not None:
            found.setdefault(key[2], []).append((key[1], *kept[1:]))
    return found


def children_counts(unit: UnitNode, tree: UnitTree, *, now: datetime) -> dict[str, dict[str, Any]]:
    """{child code: counts of it and all below}, in 建制順; people of the unit itself come first, under its own code."""
    summaries, short = _summaries(now=now), shortages.short_by_unit()
    counts: dict[str, dict[str, Any]] = {}
    if unit.id in summaries:
        counts[unit.code] = _counted(unit, [unit], summaries, short, own=True)
    for child in tree.children(unit.id):
        part = _counted(child, tree.subtree(child.id), summaries, short)
        if part["people"]:
            counts[child.code] = part | {"has_children": bool(tree.children(child.id))}
    return counts


def _counted(
    unit: UnitNode,
    nodes: Iterable[UnitNode],
    summaries: Mapping[int, list[Summary]],
    short: Mapping[int, int],
    *,
    own: bool = False,
) -> dict[str, Any]:
    nodes = list(nodes)
    people = {who: seen for node in nodes for who, *seen in summaries.get(node.id, ())}
    pairs = list(people.values())  # who has several postings below counts once
    return {
        "name": f"{unit.name}（直属）" if own else unit.name,
        "kind": unit.kind,
        "has_children": False,
        "people": len(pairs),
        "states": dict(Counter(state for state, _ in pairs)),
        "places": dict(Counter(place for _, place in pairs if place is not None)),
        "short": sum(short.get(node.id, 0) for node in nodes),
    }


# --- permission -----------------------------------------------------------------------------


def forms_below(actor: Actor, unit: UnitNode) -> dict[int, Form]:
    tree = org.current_tree()
    return access.forms_of(actor, tree.subtree(unit.id), tree)
