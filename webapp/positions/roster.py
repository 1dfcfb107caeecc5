"""The people who can be put at a unit's positions, each with as much as the viewer may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.core.refusals import NotFound
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode
from webapp.positions import queries, stored
from webapp.positions.blueprint import Desk, may_edit_person
from webapp.positions.rules import Post
from webapp.positions.wanted import ProfileWanted


@dataclass(frozen=True, slots=True)
class Line:
    """profile None: 「個別の設定」 without its content, where is_limited; skills: those that may be seen."""

    posting: PersonPosting
    unit: str
    skills: tuple[str, ...]
    is_limited: bool
    profile: ProfileWanted | None
    may_edit: bool


@dataclass(frozen=True, slots=True)
class Roster:
    own: list[Line]
    feeding: list[Line]

    def line_of(self, number: str) -> Line:
        """Raises NotFound."""
        for line in (*self.own, *self.feeding):
            if line.posting.number == number:
                return line
        raise NotFound("この職員は、この所属の持ち場には入りません。")

    def after(self, number: str) -> Line | None:
        """The next whose settings the viewer may change."""
        lines = [line for line in self.own if line.may_edit]
        places = [place for place, line in enumerate(lines) if line.posting.number == number]
        return lines[places[0] + 1] if places and places[0] + 1 < len(lines) else None


def roster(desk: Desk, posts: Sequence[Post], *, now: datetime) -> Roster:
    """Everybody of the unit and below once, then those of feeding units."""
    today, tree = org.today(now), org.current_tree()
    inside = tree.subtree_ids(desk.unit.id)
    outside = {
        unit_id for post in posts for unit_id in queries.candidate_units(post, tree)
    } - inside
    postings = [*_people(inside, now), *_people(outside, now)]
    first = {posting.staff_id: posting for posting in reversed(postings)}
    held = org.postings_of(list(first), today, known_at=now)
    said = stored.profiles(first)
    asked = frozenset(skill for post in posts for skill in post.skills)
    lines = {
        staff_id: _line(desk, posting, held.get(staff_id, []), said[staff_id], asked)
        for staff_id, posting in first.items()
    }
    order = list(dict.fromkeys(posting.staff_id for posting in postings))
    own = [lines[staff_id] for staff_id in order if first[staff_id].unit_id in inside]
    feeding = [lines[staff_id] for staff_id in order if first[staff_id].unit_id not in inside]
    return Roster(own, feeding)


def _people(unit_ids: set[int], now: datetime) -> list[PersonPosting]:
    """In 建制順, within a unit as on the board."""
    tree = org.current_tree()
    found = org.postings_in(unit_ids, org.today(now), known_at=now)
    return sorted(found, key=lambda posting: tree.place(posting.unit_id))


def _line(
    desk: Desk,
    posting: PersonPosting,
    held: Sequence[PersonPosting],
    said: ProfileWanted,
    asked: frozenset[str],
) -> Line:
    """Of people whom the viewer does not lead only what the positions here ask for is shown."""
    editor = may_edit_person(desk.actor, held)
    knows = editor or posting.staff_id == desk.actor.staff_id
    skills = said.skills if knows or not desk.may_edit else said.skills & asked
    if not knows and not desk.may_edit:
        skills = frozenset()
    unit: UnitNode | None = org.current_tree().by_id(posting.unit_id)
    return Line(
        posting,
        unit.name if unit else "",
        tuple(sorted(skills)),
        said.is_limited,
        said if knows else None,
        editor,
    )
