"""Snapshots as kept bytes, for everybody who sees the same of a unit: made once for each state of the database.

At 8:30, and after a restart, all the browsers of a section ask for the same board at once. Nothing here is trusted
without a look at the database: a snapshot serves while what it was made from (`basis`), read in the same request, is as
it was, and until the clock changes it. So another process may write as it likes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from flask import current_app

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import Form, Held
from webapp.board import basis, queries
from webapp.board.basis import Basis, Plan
from webapp.board.rows import iso
from webapp.coverage import board as coverage
from webapp.coverage import service as shortages
from webapp.org.rules import UnitNode

MOST_BYTES = 32 * 1024 * 1024
MOST_PLANS = 1_000
TURNS = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a unit somebody sees: the form of each part, and where they are told who is missing."""

    forms: dict[int, Form]
    name: str  # equal for who sees the same


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot without its `as_of`. etag: of the content, so the same from every process and after a restart."""

    of_plan: object
    made_from: Basis
    since: datetime
    until: datetime
    etag: str
    rest: bytes
    told: dict[int, coverage.Told] | None = None  # coverage taken from there; None = counted

    def serves(self, plan: Plan, found: Basis, now: datetime) -> bool:
        return (
            self.of_plan is plan.token
            and self.made_from == found
            and self.since <= now < self.until
        )

    def body(self, now: datetime) -> list[bytes]:
        """JSON with the time at which it was found to be still so."""
        return [f'{{"as_of":"{iso(now)}",'.encode(), self.rest]


Key = tuple[str, bool, str]  # code of the unit, as counts, name of the shape


@dataclass(frozen=True, slots=True)
class Room:
    """Coverage as the rooms of this process know it, unit by unit; lend: what they were not told yet, for the next who
    ask; is_behind: more is to be told as soon as there is time. Lent by the live side."""

    told: Callable[[int], coverage.Told | None] = lambda _: None
    lend: Callable[[int, coverage.Told], coverage.Told] = lambda _, one: one
    is_behind: Callable[[int], bool] = lambda _: False


@dataclass(slots=True)
class Snapshots:
    """Those of one process."""

    room: Room = field(default_factory=Room)
    _plans: dict[str, Plan] = field(default_factory=dict)
    _kept: dict[Key, Kept] = field(default_factory=dict)
    _shapes: dict[tuple[str, tuple[Held, ...]], tuple[object, Shape]] = field(default_factory=dict)
    _turns: list[threading.Lock] = field(
        default_factory=lambda: [threading.Lock() for _ in range(TURNS)]
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _bytes: int = 0

    @contextmanager
    def turn(self, code: str) -> Iterator[None]:
        """To be taken before a connection to the database is: fifty who ask at once for what has just changed wait
        for the first of them, and find it made."""
        with self._turns[hash(code) % TURNS]:
            yield

    def plan(self, code: str) -> Plan | None:
        return self._plans.get(code)

    def found(
        self, plan: Plan, shape: Shape, made_from: Basis, *, as_counts: bool, now: datetime
    ) -> Kept | None:
        """What is kept, if it is what the database says."""
        kept = self._kept.get(_key(plan, shape, as_counts))
        if kept is None or not kept.serves(plan, made_from, now):
            return None
        if any(self.room.told(unit_id) is not one for unit_id, one in (kept.told or {}).items()):
            return None
        return kept

    def of(self, unit: UnitNode, actor: Actor, *, as_counts: bool, now: datetime) -> Kept:
        """As it is now, kept or made. Inside a snapshot."""
        plan = self._plan_now(unit, now)
        shape = self.shape(plan, actor)
        made_from = basis.read(plan)
        kept = self.found(plan, shape, made_from, as_counts=as_counts, now=now)
        return kept or self._keep(plan, shape, made_from, actor, as_counts, now)

    def _plan_now(self, unit: UnitNode, now: datetime) -> Plan:
        known = self._plans.get(unit.code)
        if known is not None and known.serves(basis.facts_now(), now):
            return known
        if len(self._plans) > MOST_PLANS:
            self._plans.clear()
        self._plans[unit.code] = plan = basis.plan_of(unit, now=now)
        return plan

    def known_shape(self, plan: Plan, actor: Actor) -> Shape | None:
        known = self._shapes.get((plan.unit.code, actor.held))
        return known[1] if known is not None and known[0] is plan.token else None

    def shape(self, plan: Plan, actor: Actor) -> Shape:
        """By the rules of `access`, worked out once for all who hold the same posts."""
        known = self.known_shape(plan, actor)
        if known is not None:
            return known
        if len(self._shapes) > 20 * MOST_PLANS:
            self._shapes.clear()
        shape = _shape(plan, actor)
        self._shapes[plan.unit.code, actor.held] = (plan.token, shape)
        return shape

    def _keep(
        self,
        plan: Plan,
        shape: Shape,
        made_from: Basis,
        actor: Actor,
        as_counts: bool,
        now: datetime,
    ) -> Kept:
        is_large = _is_large(plan, as_counts)
        told = None if is_large else self._told(plan, now)
        in_hand = queries.InHand(plan.postings, told)
        body = queries.board(
            plan.unit, shape.forms, now=now, as_counts=is_large, actor=actor, in_hand=in_hand
        )
        del body["as_of"]
        rest = current_app.json.dumps(body).encode()[1:]
        etag = blake2b(rest, digest_size=16).hexdigest()
        until = _until(plan, now, large=is_large) if told is None else plan.until
        kept = Kept(plan.token, made_from, now, min(plan.until, until), etag, rest, told)
        self._put(_key(plan, shape, as_counts), kept)
        return kept

    def _told(self, plan: Plan, now: datetime) -> dict[int, coverage.Told] | None:
        """None, and coverage is counted now, unless the live side is behind with it: then as the rooms know it.

        Two thirds of a snapshot are its coverage (15 of 25 ms for 50 people), and after a restart every report makes it
        anew for everybody who comes. Who asks is in the room already and hears what is told from here on.
        """
        units = coverage.with_positions([node.id for node in plan.nodes], now=now)
        if not any(self.room.is_behind(unit_id) for unit_id in units):
            return None
        found = {unit_id: self.room.told(unit_id) for unit_id in units}
        unknown = [unit_id for unit_id, one in found.items() if one is None]
        for unit_id, one in coverage.of_units(unknown, now=now).items():
            found[unit_id] = self.room.lend(unit_id, coverage.told(unit_id, one, plan.tree))
        return {unit_id: one for unit_id, one in found.items() if one is not None}

    def _put(self, key: Key, kept: Kept) -> None:
        """The oldest go first; those of this moment are asked for again within seconds or not at all."""
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += len(kept.rest) - (len(before.rest) if before else 0)
            self._kept[key] = kept
            while self._bytes > MOST_BYTES and len(self._kept) > 1:
                self._bytes -= len(self._kept.pop(next(iter(self._kept))).rest)


def _key(plan: Plan, shape: Shape, as_counts: bool) -> Key:
    is_large = _is_large(plan, as_counts)
    return plan.unit.code, is_large, "" if is_large else shape.name


def _is_large(plan: Plan, as_counts: bool) -> bool:
    """Counts are shown, no rows: asked for, or for too many people to be listed."""
    return as_counts or plan.people > queries.LARGEST_BOARD


def _shape(plan: Plan, actor: Actor) -> Shape:
    forms = access.forms_of(actor, list(plan.nodes), plan.tree)
    seen = [
        f"{unit_id}{form}{access.leads_duties(actor, unit_id, plan.tree):d}"
        for unit_id, form in forms.items()
    ]
    return Shape(forms, ",".join(seen))


def _until(plan: Plan, now: datetime, *, large: bool) -> datetime:
    """When the clock alone may change it: its coverage, or the list of shortages of a city view."""
    ids = [node.id for node in plan.nodes]
    if not large:
        ends = [one.until for one in coverage.of_units(ids, now=now).values()]
        return min(ends, default=plan.until)
    rows = [row for row in shortages.open_shortages(ids) if row.ends_at > now]
    covers = coverage.of_units(sorted({row.unit_id for row in rows}), now=now)
    ends = [one.until for one in covers.values()] + [row.ends_at for row in rows]
    return min(ends, default=plan.until)
