"""The sheet as a file: out as xlsx and CSV; in from a file or a pasted table, checked, shown, taken."""

from typing import Any
from urllib.parse import quote

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.core import audit, clock, workbook
from webapp.core.csvfile import to_csv
from webapp.core.db import db, snapshot, transaction
from webapp.core.refusals import NotFound
from webapp.org import drafts
from webapp.org.import_order import Order
from webapp.org.models import ImportDraft
from webapp.tasks import access, exporting, importing, queries, service, sheet
from webapp.tasks.blueprint import Desk, asked, bp, page, reading
from webapp.tasks.importing import Checked
from webapp.tasks.people import book_of
from webapp.tasks.rules import Act

LONGEST_PASTE = 1_000_000
LOST = "このファイルは取り込み済みか、取り下げられました。もう一度選んでください。"


def _filing(code: str) -> Desk:
    """Raises NotAllowed for who does not lead here."""
    desk = reading(code)
    access.require(desk.actor, Act.FILE, desk.unit.id)
    return desk


# --- out ------------------------------------------------------------------------------------


@bp.get("/tasks/<code>/sheet.xlsx")
def export_xlsx(code: str) -> Response:
    with snapshot():
        desk = reading(code)
        found = sheet.sheet_of(desk.unit.id, asked(), actor=desk.actor, now=clock.now())
        title = _("担当業務の見える化シート　%(unit)s", unit=desk.unit.name)
        content = exporting.xlsx(title, found.lines, found.book)
    return _download(content, workbook.TYPE, desk, "xlsx")


@bp.get("/tasks/<code>/sheet.csv")
def export_csv(code: str) -> Response:
    """?encoding=cp932 for programs that know nothing else."""
    encoding = "cp932" if request.args.get("encoding") == "cp932" else "utf-8"
    with snapshot():
        desk = reading(code)
        found = sheet.sheet_of(desk.unit.id, asked(), actor=desk.actor, now=clock.now())
        rows = exporting.rows(found.lines, found.book)
        content, _missing = to_csv(exporting.HEAD, rows, encoding=encoding)
    return _download(content, "text/csv", desk, "csv")


def _download(content: bytes, mimetype: str, desk: Desk, ending: str) -> Response:
    answer = Response(content, mimetype=mimetype)
    name = quote(f"担当業務_{desk.unit.name}.{ending}")
    answer.headers["Content-Disposition"] = (
        f"attachment; filename=\"tasks-{desk.unit.code}.{ending}\"; filename*=UTF-8''{name}"
    )
    return answer


# --- in -------------------------------------------------------------------------------------


@bp.get("/tasks/<code>/files")
def files(code: str) -> Any:
    with snapshot():
        return _files(reading(code))


def _files(desk: Desk, fault: str = "") -> Any:
    return page(
        "files",
        desk,
        status=422 if fault else 200,
        total=len(queries.tasks_of_unit(desk.unit.id)),
        columns=exporting.HEAD,
        typed=request.form,
        fault=fault,
    )


@bp.post("/tasks/<code>/files")
def upload(code: str) -> Any:
    desk, now = _filing(code), clock.now()
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        name, content = sent.filename.replace("\\", "/").rsplit("/", 1)[-1], sent.read()
    else:
        name = _("貼り付けた表")
        content = request.form.get("text", "")[:LONGEST_PASTE].encode()
    if not content.strip():
        return _files(desk, _("ファイルを選ぶか、表を貼り付けてください"))
    order = Order(_kind(desk), name, content, part=request.form.get("whole") != "1")
    with transaction():
        draft = drafts.keep(order, by=desk.actor.staff_id, now=now)
    return redirect(url_for("tasks.preview", code=desk.unit.code, draft_id=draft.id), 303)


def _kind(desk: Desk) -> str:
    """A file belongs to the sheet it was chosen for."""
    return f"tasks:{desk.unit.id}"


def _order(desk: Desk, draft_id: int) -> Order:
    draft = db.session.get(ImportDraft, draft_id)
    if draft is None or draft.kind != _kind(desk) or draft.made_by != desk.actor.staff_id:
        raise NotFound(LOST)
    return drafts.order_of(draft_id)


def _check(desk: Desk, order: Order) -> Checked:
    tasks = queries.tasks_of_unit(desk.unit.id)
    book = book_of(desk.unit.id, tasks, now=clock.now())
    return importing.check(order.content, order.file, tasks, book, whole=not order.part)


@bp.get("/tasks/<code>/files/<int:draft_id>")
def preview(code: str, draft_id: int) -> Any:
    with snapshot():
        desk = _filing(code)
        return _preview(desk, draft_id, _check(desk, _order(desk, draft_id)))


def _preview(desk: Desk, draft_id: int, checked: Checked, status: int = 200) -> Any:
    tasks = queries.tasks_of_unit(desk.unit.id)
    return page(
        "preview",
        desk,
        status=422 if checked.faults else status,
        draft_id=draft_id,
        checked=checked,
        book=book_of(desk.unit.id, tasks, now=clock.now()),
        stamp=_stamp(desk),
    )


def _stamp(desk: Desk) -> str:
    """Changes with every change of the sheet: what was shown is what is taken in."""
    tasks = queries.tasks_of_unit(desk.unit.id)
    return f"{len(tasks)}.{sum(task.revision for task in tasks)}.{max((t.id for t in tasks), default=0)}"


@bp.post("/tasks/<code>/files/<int:draft_id>/apply")
def take_in(code: str, draft_id: int) -> Any:
    desk, now = _filing(code), clock.now()
    order = _order(desk, draft_id)
    with transaction():
        service.take_turns(desk.unit.id)
        checked = _check(desk, order)
        is_current = request.form.get("stamp") == _stamp(desk)
        if checked.may_write and is_current:
            rows = [(row.task.id if row.task else None, row.wanted) for row in _all(checked)]
            gone = [task.id for task in checked.gone]
            service.write_all(desk.unit.id, rows, gone, actor=desk.actor, now=now)
            detail = {"unit": desk.unit.code, "lines": len(rows), "removed": len(gone)}
            audit.record(desk.actor, "import.tasks", detail=detail, now=now)
            drafts.throw_away(draft_id)
    if not is_current:
        flash(_("見ている間に表が変わりました。違いをもう一度確かめてください。"), "error")
        return redirect(url_for("tasks.preview", code=desk.unit.code, draft_id=draft_id), 303)
    if not checked.may_write:
        return _preview(desk, draft_id, checked, status=422)
    flash(_("%(name)s を取り込みました。", name=order.file), "done")
    return redirect(url_for("tasks.sheet_page", code=desk.unit.code), 303)


def _all(checked: Checked) -> list[importing.Changed]:
    """New lines in the order of the file."""
    return sorted([*checked.new, *checked.changed], key=lambda row: row.line)


@bp.post("/tasks/<code>/files/<int:draft_id>/discard")
def discard(code: str, draft_id: int) -> Any:
    desk = _filing(code)
    _order(desk, draft_id)
    with transaction():
        drafts.throw_away(draft_id)
    flash(_("取り込まずにやめました。"), "done")
    return redirect(url_for("tasks.files", code=desk.unit.code), 303)
