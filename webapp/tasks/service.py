"""Changing the sheet: add, change, remove and take back, order. Inside transactions.

Every change reads the line under a lock and checks what was seen of it (`revision`): who comes second gets Conflict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from webapp.accounts.access import Actor
from webapp.core import audit
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.org.models import Unit
from webapp.tasks import access, queries
from webapp.tasks.models import Task, TaskPerson
from webapp.tasks.rules import Act, Part, Telework

UNDO = timedelta(seconds=60)  # the page offers it for 10 s; slow networks and slow hands
MOST = 500
OVERTAKEN = "この画面を開いた後で、ほかの人が保存しました。まだ何も変えていません。"
GONE = "この業務は、もう表から外されています。"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one line is to say. mains, subs: staff ids in the order shown."""

    name: str
    process: str = ""
    timing: str = ""
    telework: Telework = Telework.YES
    remark: str = ""
    personal_data: bool = False
    mains: tuple[int, ...] = ()
    subs: tuple[int, ...] = ()


def add(unit_id: int, wanted: Wanted, *, actor: Actor, now: datetime) -> Task:
    """A new line at the end. A member is 主担 or 副担 of what they add. Raises NotAllowed, RuleBroken."""
    access.require(actor, Act.ADD, unit_id, wanted.mains, wanted.subs)
    take_turns(unit_id)
    _refuse_twin(unit_id, wanted.name, None)
    task = Task(unit_id=unit_id, sort_order=_last(unit_id) + 1, revision=0)
    db.session.add(task)
    _write(task, wanted, actor, now)
    return task


def change(
    task_id: int, wanted: Wanted, *, revision: int, actor: Actor, now: datetime
) -> tuple[Task, bool]:
    """(the task, whether anything changed). Raises NotFound, NotAllowed, RuleBroken, Conflict."""
    task = _locked(task_id, actor, Act.EDIT)
    if wanted_of(task) == wanted:
        return task, False  # also the second of a double click
    if task.revision != revision:
        raise Conflict(OVERTAKEN)
    _refuse_twin(task.unit_id, wanted.name, task.id)
    _write(task, wanted, actor, now)
    return task, True


def remove(task_id: int, *, revision: int, actor: Actor, now: datetime) -> Task:
    task = _locked(task_id, actor, Act.REMOVE)
    if task.revision != revision:
        raise Conflict(OVERTAKEN)
    _mark(task, actor, now)
    task.removed_at = now
    audit.record(actor, "task.remove", detail={"task": task.id, "name": task.name}, now=now)
    return task


def restore(task_id: int, *, actor: Actor, now: datetime) -> Task:
    """By whoever removed it, at once after. Raises NotFound, Conflict."""
    task = _found(task_id)
    access.require_reading(actor, task.unit_id)
    if not may_restore(task, actor, now=now):
        raise Conflict("元に戻せる時間を過ぎました。")
    _refuse_twin(task.unit_id, task.name, task.id)
    _mark(task, actor, now)
    task.removed_at = None
    return task


def may_restore(task: Task, actor: Actor, *, now: datetime) -> bool:
    fresh = task.removed_at is not None and now - task.removed_at <= UNDO
    return fresh and task.changed_by == actor.staff_id


def put_at(task_id: int, place: int, *, actor: Actor) -> None:
    """Move a line to a place of its sheet (0 = first), for who leads. Content and revision stay as they are."""
    task = _locked(task_id, actor, Act.ORDER)
    home = access.unit_of(task.unit_id)
    take_turns(home)
    rows = [row for row in queries.tasks_of_unit(home) if row.id != task.id]
    rows.insert(max(0, min(place, len(rows))), task)
    for number, row in enumerate(rows, 1):
        row.sort_order = number
    db.session.flush()


def write_all(
    unit_id: int,
    changed: Iterable[tuple[int | None, Wanted]],
    removed: Iterable[int],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """What a file says, all or nothing: (task id or None for a new one, content); ids that go."""
    access.require(actor, Act.FILE, unit_id)
    take_turns(unit_id)
    last = _last(unit_id)
    for task_id, wanted in changed:
        if task_id is None:
            last += 1
            task = Task(unit_id=unit_id, sort_order=last, revision=0)
            db.session.add(task)
        else:
            task = _found(task_id)
        _write(task, wanted, actor, now)
    for task_id in removed:
        task = _found(task_id)
        _mark(task, actor, now)
        task.removed_at = now


def wanted_of(task: Task) -> Wanted:
    duty = queries.duty_of(task)
    return Wanted(
        task.name,
        task.process,
        task.timing,
        duty.telework,
        task.remark,
        task.personal_data,
        duty.mains,
        duty.subs,
    )


def take_turns(unit_id: int) -> None:
    """Whoever adds to one sheet waits for the other: two must not put the same name on it."""
    db.session.execute(select(Unit.id).where(Unit.id == unit_id).with_for_update())


def _locked(task_id: int, actor: Actor, act: Act) -> Task:
    """The line as committed by now. NotFound also for who may not read it; Conflict if it was removed meanwhile."""
    task = _found(task_id)
    duty = queries.duty_of(task)
    access.require(actor, act, task.unit_id, duty.mains, duty.subs)
    if task.removed_at is not None:
        raise Conflict(GONE)
    return task


def _found(task_id: int) -> Task:
    query = select(Task).where(Task.id == task_id).with_for_update()
    task = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if task is None:
        raise NotFound("この業務は見つかりません。")
    db.session.refresh(task, ["people"])
    return task


def _refuse_twin(unit_id: int, name: str, task_id: int | None) -> None:
    rows = queries.tasks_of_unit(access.unit_of(unit_id))
    if any(row.name == name and row.id != task_id for row in rows):
        message = "同じ名前の業務が、もうこの表にあります。"
        raise RuleBroken(message, {"name": "名前を変えるか、いまある業務を直してください"})
    if task_id is None and len(rows) >= MOST:
        raise RuleBroken(f"1つの表は{MOST}件までです。", {"name": "業務をまとめてください"})


def _last(unit_id: int) -> int:
    units = queries.sheet_units(access.unit_of(unit_id))
    found = db.session.scalar(select(func.max(Task.sort_order)).where(Task.unit_id.in_(units)))
    return found or 0


def _mark(task: Task, actor: Actor, now: datetime) -> None:
    task.revision += 1
    task.changed_at, task.changed_by = now, actor.staff_id


def _write(task: Task, wanted: Wanted, actor: Actor, now: datetime) -> None:
    _mark(task, actor, now)
    task.name, task.process, task.timing = wanted.name, wanted.process, wanted.timing
    task.telework, task.remark = wanted.telework.value, wanted.remark
    task.personal_data = wanted.personal_data
    task.removed_at = None
    _put_people(task, wanted)
    db.session.flush()


def _put_people(task: Task, wanted: Wanted) -> None:
    """One row a person: whoever is 主担 is not 副担 as well."""
    parts: list[tuple[Part, Sequence[int]]] = [
        (Part.MAIN, wanted.mains),
        (Part.SUB, [each for each in wanted.subs if each not in wanted.mains]),
    ]
    old = {person.staff_id: person for person in task.people}
    people = []
    for part, staff_ids in parts:
        for order, staff_id in enumerate(staff_ids):
            person = old.get(staff_id) or TaskPerson(staff_id=staff_id)
            person.role, person.sort_order = part.value, order
            people.append(person)
    task.people = people
