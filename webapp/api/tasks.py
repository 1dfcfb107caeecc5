"""The task sheet of a unit."""

from typing import Any

from flask import Response, jsonify

from webapp.accounts.access import current_actor, require_scope
from webapp.accounts.rules import Scope
from webapp.api.blueprint import bp
from webapp.core import clock
from webapp.core.db import snapshot
from webapp.tasks.blueprint import asked, reading
from webapp.tasks.people import Book
from webapp.tasks.sheet import Line, sheet_of


@bp.get("/units/<code>/tasks")
def task_sheet(code: str) -> Response:
    """?q=…&person=100123&telework=yes|partly|no&gaps=1. A 係 has the sheet of its 課."""
    require_scope(current_actor(), Scope.UNIT_READ)
    with snapshot():
        desk = reading(code)
        sheet = sheet_of(desk.unit.id, asked(), actor=desk.actor, now=clock.now())
        figures = sheet.figures
        return jsonify(
            unit=desk.unit.code,
            tasks=[_line(line, sheet.book) for line in sheet.lines],
            figures={
                "tasks": figures.tasks,
                "yes": figures.yes,
                "partly": figures.partly,
                "no": figures.no,
            },
        )


def _line(line: Line, book: Book) -> dict[str, Any]:
    task = line.task
    return {
        "id": task.id,
        "revision": task.revision,
        "name": task.name,
        "process": task.process,
        "timing": task.timing,
        "telework": task.telework,
        "personal_data": task.personal_data,
        "remark": task.remark,
        "main": [_person(each, book) for each in line.duty.mains],
        "sub": [_person(each, book) for each in line.duty.subs],
    }


def _person(staff_id: int, book: Book) -> dict[str, Any]:
    """here: whether the person is still posted in the unit."""
    person = book.here.get(staff_id) or book.gone[staff_id]
    return {"staff": person.number, "name": person.name, "here": staff_id in book.here}
