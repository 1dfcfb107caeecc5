"""Reading the sheet: by unit, by person, and who else can answer. Tasks of a unit that is no more are its heir's."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from webapp.core import clock
from webapp.core.db import db
from webapp.org import queries as org
from webapp.positions import handover
from webapp.tasks.models import Task, TaskPerson
from webapp.tasks.rules import Duty, Part, Telework


def _in_force() -> Select[Task]:
    return (
        select(Task)
        .where(Task.removed_at.is_(None))
        .options(selectinload(Task.people))
        .order_by(Task.sort_order, Task.id)
    )


def tasks_of(staff_id: int) -> Sequence[Task]:
    """What a person is 主担 or 副担 of; 主担 first, then in the order of the sheet. Of every unit."""
    query = _in_force().where(Task.people.any(TaskPerson.staff_id == staff_id))
    return sorted(
        db.session.scalars(query), key=lambda task: staff_id not in people_of(task, Part.MAIN)
    )


def tasks_of_unit(unit_id: int) -> Sequence[Task]:
    """The sheet of a unit (of a 係: that of its 課), with what it took over from units it is 引継先 of."""
    wanted = sheet_units(unit_id)
    return db.session.scalars(_in_force().where(Task.unit_id.in_(wanted))).all()


def sheet_home(unit_id: int) -> int:
    """A 課 has one sheet; a 係 writes on it."""
    section = org.current_tree().section(unit_id)
    return section.id if section is not None else unit_id


def sheet_units(unit_id: int) -> set[int]:
    """The units whose lines stand on the sheet of this unit: those below, and those they stand for."""
    below = org.current_tree().subtree_ids(sheet_home(unit_id))
    return handover.family(below, org.today())


def tasks_by_id(task_ids: Iterable[int]) -> dict[int, Task]:
    """{id: task}, also those removed since: a request keeps what it named."""
    query = select(Task).where(Task.id.in_(list(task_ids))).options(selectinload(Task.people))
    return {task.id: task for task in db.session.scalars(query)}


def people_of(task: Task, part: Part) -> list[int]:
    """Staff ids of the 主担 or 副担 of a task, in their order."""
    return [each.staff_id for each in task.people if each.role == part]


def duty_of(task: Task) -> Duty:
    return Duty(
        task.id,
        Telework(task.telework),
        tuple(people_of(task, Part.MAIN)),
        tuple(people_of(task, Part.SUB)),
    )


def backups_for(staff_id: int) -> list[tuple[Task, list[int]]]:
    """What a person is in charge of, each with the ids of who else can answer: 副担 first, then other 主担.

    Only people still posted anywhere; whether one can be reached now is for the floors above.
    """
    found = [(task, duty_of(task).others(staff_id)) for task in tasks_of(staff_id)]
    everybody = sorted({each for _task, others in found for each in others})
    posted = org.postings_of(everybody, org.today(), known_at=clock.now())
    return [(task, [each for each in others if each in posted]) for task, others in found]
