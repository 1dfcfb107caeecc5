"""Coverage as a board shows it: lamps of the positions, テレワーク可能, who is on it, who is missing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.coverage import entries, queries, service
from webapp.coverage.models import Shortage
from webapp.coverage.queries import UnitCover
from webapp.coverage.rules import Level
from webapp.coverage.service import Taker
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.positions import queries as positions
from webapp.positions.rules import Post

Body = dict[str, Any]


class Told(NamedTuple):
    """Of one unit: its part of `body`, and of `missing_names`."""

    body: Body
    missing: dict[str, list[Body]]


def of_units(unit_ids: Sequence[int], *, now: datetime) -> dict[int, UnitCover]:
    """The coverage of the units among these that have positions, in their order."""
    return queries.covers(unit_ids, now=now)


def body(found: Mapping[int, UnitCover], tree: UnitTree) -> Body:
    """coverage: one entry a position; room: テレワーク可能 by unit, in the order of the units. No names but of who
    said 対応する."""
    rows = service.open_shortages(found)
    takers = service.takers(rows)
    coverage: list[Body] = []
    room: dict[str, Any] = {}
    for unit_id, one in found.items():
        node = tree.by_id(unit_id)
        code = node.code if node else ""
        coverage += [_with_taker(entry, rows, takers) for entry in entries.entries(one, code)]
        room[code] = entries.rooms(one)
    return {"coverage": coverage, "room": room}


def told(unit_id: int, one: UnitCover | None, tree: UnitTree) -> Told:
    """Of one unit as it is; None = without positions."""
    return Told(body({unit_id: one} if one else {}, tree), missing_names([one] if one else []))


def bodies(told: Iterable[Told]) -> Body:
    """As `body`, of what was told unit by unit, in their order."""
    coverage: list[Body] = []
    room: Body = {}
    for one in told:
        coverage += one.body["coverage"]
        room |= one.body["room"]
    return {"coverage": coverage, "room": room}


def with_positions(unit_ids: Sequence[int], *, now: datetime) -> list[int]:
    """Those that have a part of their own in `body`."""
    town = queries.city(org.today(now), now=now)
    return [unit_id for unit_id in dict.fromkeys(unit_ids) if unit_id in town.by_unit]


def _with_taker(entry: Body, rows: Sequence[Shortage], takers: Mapping[int, Taker]) -> Body:
    if entry["short"] is None:
        return entry
    mine = [row for row in rows if str(row.position_id) == entry["position"]]
    row = next((row for row in mine if row.level == entry["short"]["level"]), None)
    taken = _taken(row, takers) if row else None
    return entry | {"short": entry["short"] | {"id": row.id if row else None, "taken": taken}}


def _taken(row: Shortage, takers: Mapping[int, Taker]) -> Body | None:
    """対応中: by whom and since when; None = nobody said so."""
    if row.taken_at is None or row.id not in takers:
        return None
    who = takers[row.id]
    return {"by": who.name, "staff": who.number, "at": entries.iso(row.taken_at)}


def missing_names(found: Iterable[UnitCover]) -> dict[str, list[Body]]:
    """{position: who is missing and why}. For who leads the unit alone."""
    covers = list(found)
    ids = sorted({m.staff_id for one in covers for d in one.cover.positions for m in d.missing})
    if not ids:
        return {}
    people = {
        staff_id: (held[0].number, held[0].name)
        for staff_id, held in org.postings_of(ids, covers[0].on, known_at=covers[0].as_of).items()
    }
    return {key: rows for one in covers for key, rows in entries.missing(one, people).items()}


def led_by(actor: Actor, found: Mapping[int, UnitCover], tree: UnitTree) -> list[UnitCover]:
    return [one for unit_id, one in found.items() if access.leads_duties(actor, unit_id, tree)]


def alert_body(row: Shortage, tree: UnitTree, posts: Mapping[int, Post]) -> Body:
    """As the socket's `alert`."""
    node, post = tree.by_id(row.unit_id), posts.get(row.position_id)
    return {
        "id": row.id,
        "unit": node.code if node else "",
        "unit_name": node.name if node else "",
        "position": str(row.position_id),
        "name": post.name if post else "",
        "from": entries.iso(row.starts_at),
        "to": entries.iso(row.ends_at),
        "missing": row.missing,
        "level": row.level,
    }


def shortages(unit_ids: Sequence[int], tree: UnitTree, *, now: datetime) -> list[Body]:
    """The shortages of a city view: now first (most missing, then longest), then those of later today by time."""
    rows = [row for row in service.open_shortages(unit_ids) if row.ends_at > now]
    takers = service.takers(rows)
    posts = positions.posts_by_id({row.position_id for row in rows})
    present = {
        entry["position"]: entry["now"]
        for one in queries.covers({row.unit_id for row in rows}, now=now).values()
        for entry in entries.entries(one, "")
    }
    rows.sort(key=lambda r: (r.level == Level.AHEAD, *_weight(r), tree.place(r.unit_id)))
    return [_listed(row, tree, posts, takers, present) for row in rows]


def _weight(row: Shortage) -> tuple[Any, ...]:
    if row.level == Level.AHEAD:
        return row.starts_at, -row.missing
    return -row.missing, row.starts_at


def _listed(
    row: Shortage,
    tree: UnitTree,
    posts: Mapping[int, Post],
    takers: Mapping[int, Taker],
    present: Mapping[str, Body | None],
) -> Body:
    post = posts.get(row.position_id)
    return alert_body(row, tree, posts) | {
        "kind": post.kind.value if post else "other",
        "now": present.get(str(row.position_id)),
        "taken": _taken(row, takers),
    }
