"""The live side of coverage: what the pump sends when people, duties, demand or the clock change it.

Keyed by the unit the positions are at home in. Numbers go to everybody who watches the unit; names of the missing to
who leads it alone.
"""

from collections.abc import Sequence
from datetime import datetime

from webapp.accounts.access import Actor
from webapp.accounts.rules import LEADING, Form, Scope, has_scope
from webapp.core import clock
from webapp.core.db import db, snapshot, transaction
from webapp.coverage import board, queries, service
from webapp.coverage.entries import iso
from webapp.org import queries as org
from webapp.org.rules import UnitNode, UnitTree
from webapp.realtime import outbox, versions
from webapp.realtime.pump import Frame, Pace, Rendered
from webapp.realtime.rooms import room

LEADS = "leads"
PERSON = "person"
# A section of 50 with 8 positions takes 20–40 ms: one at a time, each at most every 0.4 s, and together no more than
# a third of the loop.
PACE = Pace(batch=1, rest_s=0.4, share=0.3)


class LiveCoverage:
    """The renderer of the topic "coverage"."""

    def __init__(self) -> None:
        self._sent: dict[int, board.Told] = {}
        self._lent: dict[int, board.Told] = {}

    def told(self, unit_id: int) -> board.Told | None:
        """What the rooms of this process were last told of the unit; the same object while that stands."""
        return self._sent.get(unit_id) or self._lent.get(unit_id)

    def lend(self, unit_id: int, one: board.Told) -> board.Told:
        """Worked out for somebody who asked before the rooms were told of the unit for the first time: the next who
        ask get the same. Returns what stands."""
        return self._sent.get(unit_id) or self._lent.setdefault(unit_id, one)

    def render(self, unit_ids: Sequence[int]) -> Rendered:
        now = clock.now()
        with snapshot():
            found = queries.covers(unit_ids, now=now)
            anew = [
                unit_id
                for unit_id in unit_ids
                if service.needs_noting(unit_id, found.get(unit_id), now=now)
            ]
            unknown = found.keys() - versions.read(db.session, queries.TOPIC, list(found)).keys()
        if unknown:  # without a version the clock would never look at it again
            with transaction():
                outbox.touch(queries.TOPIC, unknown)
        self._note(anew, now)
        rendered = Rendered()
        with snapshot():
            now = clock.now()
            found = queries.covers(unit_ids, now=now)
            tree = org.current_tree()
            made = versions.read(db.session, queries.TOPIC, list(unit_ids))
            for unit_id in unit_ids:
                self._frames(unit_id, found.get(unit_id), tree, now, rendered)
                if unit_id in made:
                    until = _until(unit_id, found.get(unit_id), now)
                    rendered.due[unit_id] = (made[unit_id][0], until)
        return rendered

    def _note(self, unit_ids: Sequence[int], now: datetime) -> None:
        """Only units with something to write come here: a lamp that stays as it is costs no transaction.

        All processes come here at once. Looked at under the lock: who comes second finds what the first has written,
        and does not go by a day that has moved on meanwhile.
        """
        if not unit_ids:
            return
        with transaction():
            service.hold(unit_ids)
            found = queries.covers(unit_ids, now=now)
            for unit_id in unit_ids:
                service.note(unit_id, found.get(unit_id), now=now)

    def _frames(
        self,
        unit_id: int,
        found: queries.UnitCover | None,
        tree: UnitTree,
        now: datetime,
        rendered: Rendered,
    ) -> None:
        node = tree.by_id(unit_id)
        if node is None:
            return
        told = board.told(unit_id, found, tree)
        self._lent.pop(unit_id, None)
        if self._sent.get(unit_id) == told:
            return
        self._sent[unit_id] = told
        body, names = told
        payload = {"unit": node.code, "as_of": iso(now)} | body
        rendered.frames += [Frame(room(node.code, form), "coverage", payload) for form in Form]
        named = {"unit": node.code, "as_of": iso(now), "people": names}
        rendered.frames += [
            Frame(room(above.code, LEADS), "missing", named) for above in tree.path(unit_id)
        ]


def _until(unit_id: int, found: queries.UnitCover | None, now: datetime) -> datetime:
    business = org.business_calendar()
    _, ends_at = business.day_bounds(business.business_date(now))
    alert_at = service.next_alert_at(unit_id)
    return min(when for when in (found.until if found else None, alert_at, ends_at) if when)


def led_from(node: UnitNode, tree: UnitTree) -> list[str]:
    """Codes of the units from the 課 down to this one: those who lead there are told of its shortages."""
    section = tree.section(node.id)
    path = tree.path(node.id)
    start = next((i for i, above in enumerate(path) if section and above.id == section.id), 0)
    return [above.code for above in path[start:]]


def own_rooms(actor: Actor) -> set[str]:
    """The rooms a person is in on every page: one's own, and those of the units one leads, up to the 課 whose
    positions a 係長 arranges."""
    if not has_scope(actor.scopes, Scope.SELF):
        return set()  # a card reader's token hears nothing
    tree = org.current_tree()
    rooms = {room(actor.number, PERSON)}
    for posting in actor.postings:
        node = tree.by_id(posting.unit_id)
        if node is not None and posting.roles & LEADING:
            rooms.update(room(code, LEADS) for code in led_from(node, tree))
    return rooms


def touched(staff_ids: Sequence[int]) -> dict[str, set[int]]:
    """What the pump looks at next after these people changed."""
    with snapshot():
        units = queries.units_touched_by(staff_ids, now=clock.now())
    return {queries.TOPIC: units} if units else {}
