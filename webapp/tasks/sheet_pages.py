"""担当業務の見える化シート: reading, editing a line, order, removal and its undo, paper. Plain forms."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import current_actor
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import Conflict, NotAllowed, NotFound, Refusal, RuleBroken
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.tasks import access, queries, service, sheet
from webapp.tasks.blueprint import Desk, asked, bp, page, reading
from webapp.tasks.forms import PlaceForm, RevisionForm, TaskForm
from webapp.tasks.models import Task
from webapp.tasks.people import Book, book_of
from webapp.tasks.rules import TELEWORK_WORDS, Act

FIELDS = ("name", "process", "timing", "telework", "remark", "personal_data", "mains", "subs")


@bp.get("/tasks/")
def own_sheet() -> Any:
    actor = current_actor()
    if actor.main is None:
        raise NotFound(_("所属がないので、業務の表はありません。"))
    return redirect(url_for("tasks.sheet_page", code=actor.section_code))


# --- reading --------------------------------------------------------------------------------


@bp.get("/tasks/<code>")
def sheet_page(code: str) -> Any:
    with snapshot():
        desk = reading(code)
        if desk.unit.code != code:
            return redirect(url_for("tasks.sheet_page", code=desk.unit.code))
        if parts := _sections(desk.unit):
            return page("parts", desk, parts=[(p, _figures(p)) for p in parts])
        wanted, now = asked(), clock.now()
        return page(
            "sheet",
            desk,
            sheet=sheet.sheet_of(desk.unit.id, wanted, actor=desk.actor, now=now),
            asked=wanted,
            undo=_undoable(desk),
            ordering=desk.leads and wanted.is_all and request.args.get("order") == "1",
        )


def _sections(unit: UnitNode) -> list[UnitNode]:
    """The 課 below a 部; none for a 課 itself, and for an office without any."""
    tree = org.current_tree()
    below = [node for node in tree.subtree(unit.id) if node.id != unit.id]
    return [node for node in below if queries.sheet_home(node.id) == node.id and node.kind == "課"]


def _figures(unit: UnitNode) -> Any:
    return sheet.rules.figures(queries.duty_of(task) for task in queries.tasks_of_unit(unit.id))


def _undoable(desk: Desk) -> Task | None:
    """What this person has just removed: ?removed=12."""
    given = request.args.get("removed", "")
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        return None
    task = queries.tasks_by_id([int(given)]).get(int(given))
    if task is None or task.unit_id not in queries.sheet_units(desk.unit.id):
        return None
    return task if service.may_restore(task, desk.actor, now=clock.now()) else None


@bp.get("/tasks/<code>/print")
def paper(code: str) -> Any:
    with snapshot():
        desk, wanted, now = reading(code), asked(), clock.now()
        found = sheet.sheet_of(desk.unit.id, wanted, actor=desk.actor, now=now)
        return page("print", desk, sheet=found, asked=wanted)


# --- one line -------------------------------------------------------------------------------


@bp.get("/tasks/<code>/new")
def new_task(code: str) -> Any:
    with snapshot():
        desk = reading(code)
        book = book_of(desk.unit.id, [], now=clock.now())
        mains = "" if desk.leads else book.written({desk.actor.staff_id} & book.here.keys())
        return _form(desk, None, {"telework": "yes", "mains": mains, "revision": 0}, book)


@bp.post("/tasks/<code>/new")
def add_task(code: str) -> Any:
    desk, now = reading(code), clock.now()
    book = book_of(desk.unit.id, [], now=now)
    try:
        wanted = valid_or_422(TaskForm).wanted(book)
        with transaction():
            task = service.add(desk.unit.id, wanted, actor=desk.actor, now=now)
    except RuleBroken as fault:
        return _form(desk, None, request.form, book, fault)
    except NotAllowed as fault:
        if not access.may_read(desk.actor, desk.unit.id):
            raise
        own = {"mains": _("主担か副担に自分を入れてください")}
        return _form(desk, None, request.form, book, RuleBroken(fault.message, own))
    flash(_("「%(name)s」を足しました。", name=task.name), "done")
    return _back(desk, task)


@bp.get("/tasks/<code>/<int:task_id>")
def edit_task(code: str, task_id: int) -> Any:
    with snapshot():
        desk, task, book = _one(code, task_id)
        return _form(desk, task, _values(task, book), book)


@bp.post("/tasks/<code>/<int:task_id>")
def save_task(code: str, task_id: int) -> Any:
    desk, task, book = _one(code, task_id)
    try:
        form = valid_or_422(TaskForm)
        wanted = form.wanted(book)
        with transaction():
            task, changed = service.change(
                task_id, wanted, revision=form.revision, actor=desk.actor, now=clock.now()
            )
    except Conflict as late:
        return _overtaken(code, task_id, late)
    except RuleBroken as fault:
        return _form(desk, task, request.form, book, fault)
    if changed:
        flash(_("「%(name)s」を保存しました。", name=task.name), "done")
    return _back(desk, task)


def _one(code: str, task_id: int) -> tuple[Desk, Task, Book]:
    """A line of this sheet that one may edit. Raises NotFound, NotAllowed."""
    desk = reading(code)
    task = queries.tasks_by_id([task_id]).get(task_id)
    if task is None or task.unit_id not in queries.sheet_units(desk.unit.id):
        raise NotFound(_("この業務は見つかりません。"))
    duty = queries.duty_of(task)
    access.require(desk.actor, Act.EDIT, task.unit_id, duty.mains, duty.subs)
    return desk, task, book_of(desk.unit.id, [task], now=clock.now())


def _values(task: Task, book: Book) -> dict[str, Any]:
    wanted = service.wanted_of(task)
    return {
        **{name: getattr(wanted, name) for name in FIELDS},
        "mains": book.written(wanted.mains),
        "subs": book.written(wanted.subs),
        "revision": task.revision,
    }


def _overtaken(code: str, task_id: int, late: Conflict) -> Any:
    """What is stored now beside what was typed; nothing typed is lost."""
    with snapshot():
        desk, task, book = _one(code, task_id)
        if task.removed_at is not None:
            return _form(desk, task, request.form, book, late, is_gone=True)
        stored = _values(task, book)
        typed = dict(request.form) | {"revision": stored["revision"]}
        both = [
            (label, _said(name, stored.get(name)), _said(name, typed.get(name)))
            for name, label in _LABELS.items()
            if _said(name, stored.get(name)) != _said(name, typed.get(name))
        ]
        return _form(desk, task, typed, book, late, both=both)


_LABELS = {
    "name": "業務名",
    "process": "処理の内容",
    "timing": "処理の時期",
    "telework": "テレワークの可否",
    "personal_data": "個人情報",
    "remark": "説明",
    "mains": "主担",
    "subs": "副担",
}


def _said(name: str, value: Any) -> str:
    match name:
        case "telework":
            return TELEWORK_WORDS.get(value, "")
        case "personal_data":
            return "あつかう" if value else "あつかわない"
    return str(value or "").replace("\r\n", "\n").strip()


def _form(
    desk: Desk,
    task: Task | None,
    values: Any,
    book: Book,
    fault: Refusal | None = None,
    **words: Any,
) -> Any:
    return page(
        "form",
        desk,
        status=fault.status if fault else 200,
        task=task,
        values=values,
        people=list(book.here.values()),
        may_remove=task is not None and _may_remove(desk, task),
        errors=fault.fields if fault else {},
        message=fault.message if fault else "",
        bare=request.headers.get("X-Dialog") == "1",
        **words,
    )


def _may_remove(desk: Desk, task: Task) -> bool:
    duty = queries.duty_of(task)
    return access.may_do(desk.actor, Act.REMOVE, task.unit_id, duty.mains, duty.subs)


def _back(desk: Desk, task: Task) -> Any:
    return redirect(url_for("tasks.sheet_page", code=desk.unit.code, _anchor=f"task-{task.id}"))


# --- removal, order -------------------------------------------------------------------------


@bp.post("/tasks/<code>/<int:task_id>/remove")
def remove_task(code: str, task_id: int) -> Any:
    desk, _task, _book = _one(code, task_id)
    revision = valid_or_422(RevisionForm).revision
    try:
        with transaction():
            task = service.remove(task_id, revision=revision, actor=desk.actor, now=clock.now())
    except Conflict as late:
        flash(_(late.message), "error")
        return redirect(url_for("tasks.sheet_page", code=desk.unit.code))
    return redirect(url_for("tasks.sheet_page", code=desk.unit.code, removed=task.id))


@bp.post("/tasks/<code>/<int:task_id>/restore")
def restore_task(code: str, task_id: int) -> Any:
    desk = reading(code)
    try:
        with transaction():
            task = service.restore(task_id, actor=desk.actor, now=clock.now())
    except (Conflict, RuleBroken) as late:
        flash(_(late.message), "error")
        return redirect(url_for("tasks.sheet_page", code=desk.unit.code))
    flash(_("「%(name)s」を表に戻しました。", name=task.name), "done")
    return _back(desk, task)


@bp.post("/tasks/<code>/<int:task_id>/place")
def place_task(code: str, task_id: int) -> Any:
    desk = reading(code)
    place = valid_or_422(PlaceForm).place
    with transaction():
        service.put_at(task_id, place, actor=desk.actor)
    return redirect(
        url_for("tasks.sheet_page", code=desk.unit.code, order=1, _anchor=f"task-{task_id}")
    )
