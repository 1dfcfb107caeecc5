"""Copying from another unit, and files in and out. A file comes in as at the administration: checked, shown, taken."""

from datetime import datetime
from typing import Any

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.core import clock, facts
from webapp.core.csvfile import to_csv
from webapp.core.db import db, transaction
from webapp.core.refusals import Conflict, NotAllowed, NotFound
from webapp.org import drafts, importing
from webapp.org import queries as org
from webapp.org.commands import words_of
from webapp.org.import_order import Checked, Order
from webapp.org.models import ImportDraft
from webapp.positions import exporting, queries, service, stored
from webapp.positions.blueprint import Desk, bp, editing, may_edit, may_edit_people, page
from webapp.positions.importing import KINDS
from webapp.positions.models import Position
from webapp.positions.roster import roster
from webapp.positions.start_pages import sources

LONGEST_PASTE = 1_000_000


@bp.get("/positions/<code>/files")
def files(code: str) -> Any:
    return _files(editing(code), {"kind": "positions"}, {})


def _files(desk: Desk, values: dict[str, str], errors: dict[str, str], status: int = 200) -> Any:
    return page(
        "files",
        desk,
        at="files",
        status=status,
        sources=sources(desk),
        kinds=list(KINDS.items()),
        values=values,
        errors=errors,
    )


# --- out -----------------------------------------------------------------------------------------


@bp.get("/positions/<code>/<kind>.csv")
def export(code: str, kind: str) -> Response:
    desk = editing(code)
    now = clock.now()
    match kind:
        case "positions":
            header, rows = exporting.positions(_rows(desk, now))
        case "demand":
            header, rows = exporting.demand(_rows(desk, now))
        case "skills":
            posts = queries.posts_of(org.current_tree().subtree_ids(desk.unit.id), org.today(now))
            header, rows = exporting.skills(roster(desk, posts, now=now).own)
        case _:
            raise NotFound
    encoding = "cp932" if request.args.get("encoding") == "cp932" else "utf-8"
    content, _missing = to_csv(header, rows, encoding=encoding)
    answer = Response(content, mimetype="text/csv")
    name = f"{kind}-{desk.unit.code}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _rows(desk: Desk, now: datetime) -> list[Position]:
    """Of the unit and those below, in 建制順."""
    today = org.today(now)
    nodes = org.current_tree().subtree(desk.unit.id)
    return [row for node in nodes for row in stored.rows_of(node.id, today)]


# --- in ------------------------------------------------------------------------------------------


@bp.post("/positions/<code>/import")
def upload(code: str) -> Any:
    desk = editing(code)
    now = clock.now()
    kind = request.form.get("kind", "")
    name, content = _content()
    errors = {}
    if kind not in KINDS:
        errors["kind"] = _("種類を選んでください")
    if not content.strip():
        errors["file"] = _("ファイルを選ぶか、表を貼り付けてください")
    if errors:
        values = {"kind": kind, "text": request.form.get("text", "")}
        return _files(desk, values, errors, status=422)
    with transaction():
        draft = drafts.keep(Order(kind, name, content), by=desk.actor.staff_id, now=now)
    return redirect(url_for("positions.preview", code=code, draft_id=draft.id), 303)


def _content() -> tuple[str, bytes]:
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        return sent.filename.replace("\\", "/").rsplit("/", 1)[-1], sent.read()
    return _("貼り付けた表"), request.form.get("text", "")[:LONGEST_PASTE].encode()


def _order(desk: Desk, draft_id: int) -> Order:
    """One's own file of these kinds. Raises NotFound."""
    draft = db.session.get(ImportDraft, draft_id)
    if draft is None or draft.kind not in KINDS or draft.made_by != desk.actor.staff_id:
        raise NotFound("このファイルは取り込み済みか、取り下げられました。もう一度選んでください。")
    return drafts.order_of(draft_id)


def _refuse(desk: Desk, checked: Checked) -> None:
    """A file of one unit must not change another. Raises NotAllowed."""
    may = may_edit_people if checked.order.kind == "skills" else may_edit
    for units in checked.concerned:
        if not any(may(desk.actor, unit_id) for unit_id in units):
            raise NotAllowed(
                "ほかの所属の持ち場か職員が入っています。自分が担当する所属の分だけにしてください。"
            )


@bp.get("/positions/<code>/import/<int:draft_id>")
def preview(code: str, draft_id: int) -> Any:
    desk = editing(code)
    checked = importing.check(_order(desk, draft_id), now=clock.now())
    _refuse(desk, checked)
    return _preview(desk, draft_id, checked)


def _preview(desk: Desk, draft_id: int, checked: Checked, status: int = 200) -> Any:
    words = words_of(checked.order.kind)
    return page(
        "preview",
        desk,
        at="files",
        status=status,
        draft_id=draft_id,
        checked=checked,
        order=checked.order,
        kind_word=KINDS[checked.order.kind],
        stamp=facts.stamp(service.STAMP),
        sorts=[
            (word, of_sort)
            for what, word in words.items()
            if (of_sort := [change for change in checked.changes if change.what is what])
        ],
    )


@bp.post("/positions/<code>/import/<int:draft_id>/apply")
def take_in(code: str, draft_id: int) -> Any:
    desk = editing(code)
    order = _order(desk, draft_id)
    back = url_for("positions.preview", code=code, draft_id=draft_id)
    if request.form.get("stamp") != facts.stamp(service.STAMP):
        flash(_("見ている間に持ち場が変わりました。違いをもう一度確かめてください。"), "error")
        return redirect(back, 303)
    try:
        checked = importing.take_in(
            order, actor=desk.actor, now=clock.now(), refuse=lambda found: _refuse(desk, found)
        )
    except Conflict as other:
        flash(other.message, "error")
        return redirect(back, 303)
    if not checked.may_write:
        return _preview(desk, draft_id, checked, status=422)
    with transaction():
        drafts.throw_away(draft_id)
    flash(_("%(name)s を取り込みました。", name=order.file), "done")
    to = "positions.people" if order.kind == "skills" else "positions.index"
    return redirect(url_for(to, code=code), 303)


@bp.post("/positions/<code>/import/<int:draft_id>/discard")
def discard(code: str, draft_id: int) -> Any:
    desk = editing(code)
    _order(desk, draft_id)
    with transaction():
        drafts.throw_away(draft_id)
    flash(_("取り込まずに取り下げました。"), "done")
    return redirect(url_for("positions.files", code=code), 303)
