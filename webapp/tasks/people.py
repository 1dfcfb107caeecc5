"""主担 and 副担 as people write them: 氏名 or 職員番号, several separated by 、. Pure but for who is here."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.import_cells import nearest
from webapp.org.models import Staff
from webapp.org.queries import PersonPosting
from webapp.tasks import queries
from webapp.tasks.models import Task

_BETWEEN = re.compile(r"[、，,;；\n\t]+")
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who may be named on a sheet."""

    staff_id: int
    number: str
    name: str
    title: str = ""
    unit_id: int = 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """A word nobody could be found for, and what would be right."""

    what: str
    right: str


class Book:
    """Who may be named: those posted here, and those still on the sheet who have left (`gone`)."""

    def __init__(self, here: Iterable[Named], gone: Iterable[Named] = ()) -> None:
        self.here = {person.staff_id: person for person in here}
        self.gone = {p.staff_id: p for p in gone if p.staff_id not in self.here}
        self._by_number: dict[str, Named] = {}
        self._by_name: dict[str, list[Named]] = {}
        for person in (*self.here.values(), *self.gone.values()):
            self._by_number[person.number] = person
            self._by_name.setdefault(_squeezed(person.name), []).append(person)

    def find(self, text: str) -> tuple[list[int], list[Unknown]]:
        """(staff ids in the order written, each once; what could not be found)."""
        ids: list[int] = []
        faults: list[Unknown] = []
        for word in filter(None, (part.strip() for part in _BETWEEN.split(text))):
            found = self._one(word)
            if isinstance(found, Unknown):
                faults.append(found)
            elif found.staff_id not in ids:
                ids.append(found.staff_id)
        return ids, faults

    def _one(self, word: str) -> Named | Unknown:
        if (by_number := self._by_number.get(word)) is not None:
            return by_number
        same = self._by_name.get(_squeezed(word), [])
        present = [person for person in same if person.staff_id in self.here] or same
        if len(present) == 1:
            return present[0]
        if present:
            numbers = "、".join(person.number for person in present)
            return Unknown(f"「{word}」は{len(present)}人います", f"職員番号（{numbers}）で")
        known = [person.name for person in self.here.values()]
        right = nearest(word, known) or "この所属の氏名か職員番号を「、」で区切って"
        return Unknown(f"「{word}」という人は、この所属にいません", right)

    def name(self, staff_id: int) -> str:
        person = self.here.get(staff_id) or self.gone.get(staff_id)
        return person.name if person else ""

    def written(self, staff_ids: Iterable[int]) -> str:
        """As `find` reads it again: the name, or the number where a name is not enough."""
        return "、".join(self._written(each) for each in staff_ids)

    def _written(self, staff_id: int) -> str:
        person = self.here.get(staff_id) or self.gone[staff_id]
        return person.name if self._one(person.name) == person else person.number


def _squeezed(name: str) -> str:
    return _BLANK.sub("", name)


def book_of(unit_id: int, tasks: Sequence[Task], *, now: datetime) -> Book:
    """Everybody posted in the 課 of the unit and below, in the order of the board; and who is left on its tasks."""
    tree = org.current_tree()
    nodes = tree.subtree(queries.sheet_home(unit_id))
    by_unit: dict[int, list[PersonPosting]] = {}
    today = org.today(now)
    for posting in org.postings_in([node.id for node in nodes], today, known_at=now):
        by_unit.setdefault(posting.unit_id, []).append(posting)
    here: dict[int, Named] = {}
    for node in nodes:
        for p in by_unit.get(node.id, ()):
            here.setdefault(p.staff_id, Named(p.staff_id, p.number, p.name, p.title, node.id))
    named = {each.staff_id for task in tasks for each in task.people}
    return Book(here.values(), _left(named - here.keys()))


def _left(staff_ids: set[int]) -> list[Named]:
    if not staff_ids:
        return []
    names = org.names_of(staff_ids)
    query = select(Staff.id, Staff.number).where(Staff.id.in_(staff_ids)).order_by(Staff.id)
    return [
        Named(row.id, row.number, names.get(row.id, row.number))
        for row in db.session.execute(query)
    ]
