"""Who else can answer this? From a word of the caller to the task, and to who of its 主担 and 副担 is there now.

The sheet stands low in the house and knows nobody's state; here both are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request

from webapp.accounts import access as permissions
from webapp.accounts.access import Actor
from webapp.accounts.rules import Form
from webapp.board import card, queries
from webapp.board.blueprint import bp
from webapp.board.rows import Row, directory_row
from webapp.core import clock
from webapp.core.db import snapshot
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.presence.facts import State
from webapp.tasks import queries as tasks
from webapp.tasks.blueprint import Desk, reading
from webapp.tasks.models import Task
from webapp.tasks.people import Book, book_of
from webapp.tasks.rules import PART_WORDS, Duty, Part
from webapp.tasks.sheet import matches

MOST = 30  # tasks a page


@dataclass(frozen=True, slots=True)
class Answerer:
    """Somebody who can answer for a task. row: in the form the viewer may see; reach: how to reach them first."""

    name: str
    number: str
    part: str
    row: Row
    reach: dict[str, Any]
    is_there: bool


@dataclass(frozen=True, slots=True)
class Found:
    task: Task
    people: list[Answerer]

    @property
    def there(self) -> list[Answerer]:
        return [person for person in self.people if person.is_there]


@bp.get("/tasks/<code>/ask")
def who_can_answer(code: str) -> Any:
    """?q=word. Without one: the tasks whose 主担 cannot be reached now."""
    word = request.args.get("q", "").strip()[:80]
    with snapshot():
        now = clock.now()
        desk = reading(code)
        found = answers(desk, word, now=now)
        return render_template(
            "board/ask.html",
            viewer=desk.actor,
            nav="tasks",
            unit=desk.unit,
            desk=desk,
            word=word,
            found=found[:MOST],
            more=len(found) - MOST,
        )


def answers(desk: Desk, word: str, *, now: datetime) -> list[Found]:
    """In the order of the sheet; the people of each: who is there first, 主担 before 副担."""
    rows = tasks.tasks_of_unit(desk.unit.id)
    book = book_of(desk.unit.id, rows, now=now)
    live = _Live(rows, book, desk.actor, now)
    found = [Found(task, live.people_of(tasks.duty_of(task))) for task in _named(rows, word, book)]
    return found if word else [each for each in found if not _is_main_there(each)]


def _named(rows: Sequence[Task], word: str, book: Book) -> list[Task]:
    """Names count too: who looks for a person's work finds who else does it."""
    return [
        task
        for task in rows
        if matches(task, word, [book.name(each.staff_id) for each in task.people])
    ]


def _is_main_there(found: Found) -> bool:
    return any(person.is_there and person.part == PART_WORDS[Part.MAIN] for person in found.people)


class _Live:
    """The rows of everybody on the sheet, read once."""

    def __init__(self, rows: Sequence[Task], book: Book, actor: Actor, now: datetime) -> None:
        ids = sorted({each.staff_id for task in rows for each in task.people} & book.here.keys())
        tree = org.current_tree()
        below = tree.subtree_ids(tasks.sheet_home(rows[0].unit_id)) if rows else set()
        self._book = book
        self._now = now
        self._postings = org.postings_of(ids, org.today(now), known_at=now)
        self._rows: dict[int, queries.LiveRow] = {}
        for row in queries.rows_of(ids):
            if row.staff_id not in self._rows or row.unit_id in below:
                self._rows[row.staff_id] = row
        self._forms = {
            unit_id: permissions.form_of(actor, unit_id, tree)
            for unit_id in {row.unit_id for row in self._rows.values()}
        }

    def people_of(self, duty: Duty) -> list[Answerer]:
        found = [
            *(self._answerer(each, Part.MAIN) for each in duty.mains),
            *(self._answerer(each, Part.SUB) for each in duty.subs),
        ]
        return sorted((each for each in found if each), key=lambda person: not person.is_there)

    def _answerer(self, staff_id: int, part: Part) -> Answerer | None:
        live, postings = self._rows.get(staff_id), self._postings.get(staff_id)
        if live is None or not postings:
            return None  # not posted here any more
        posting = _posting(postings, live.unit_id)
        full = live.full
        shown = full if self._forms[live.unit_id] is Form.FULL else directory_row(full)
        reach = card.reach_first(posting, full, now=self._now)
        there = full["state"] == State.AVAILABLE
        return Answerer(posting.name, posting.number, PART_WORDS[part], shown, reach, there)


def _posting(postings: Sequence[PersonPosting], unit_id: int) -> PersonPosting:
    return next((posting for posting in postings if posting.unit_id == unit_id), postings[0])
