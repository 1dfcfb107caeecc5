"""Taking files in: choose, look at the difference, take in; the history with withdrawal."""

from datetime import date, datetime
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor
from webapp.admin import queries
from webapp.admin.blueprint import bp, hr_or_admin, local_day_time, page
from webapp.core import clock
from webapp.core.db import transaction
from webapp.core.refusals import RuleBroken
from webapp.org import drafts, importing, withdrawal
from webapp.org.commands import words_of
from webapp.org.import_cells import date_of
from webapp.org.import_facts import org_stamp
from webapp.org.import_order import Checked, Order
from webapp.org.queries import today

# A pasted table is far smaller; a file has the limit of every request.
LONGEST_PASTE = 5_000_000


@bp.get("/admin/import")
def imports() -> Any:
    return _choose(hr_or_admin(), {"kind": request.args.get("kind", "staff")}, {})


def _choose(actor: Actor, values: dict[str, str], errors: dict[str, str], status: int = 200) -> Any:
    now = clock.now()
    return page(
        "imports",
        actor,
        at="import",
        status=status,
        kinds=list(importing.KINDS.items()),
        values=values,
        errors=errors,
        waiting=[d for d in drafts.waiting(now=now) if d.kind in importing.KINDS],
        history=queries.import_history(now=now),
        today=today(now),
    )


@bp.post("/admin/import")
def upload() -> Any:
    actor = hr_or_admin()
    now = clock.now()
    try:
        order = _order_of_form()
        importing.check(order, now=now)  # days that do not fit are told at their fields
    except RuleBroken as error:
        values = {key: text for key, text in request.form.items() if key != "csrf_token"}
        return _choose(actor, values, error.fields, status=422)
    with transaction():
        draft = drafts.keep(order, by=actor.staff_id, now=now)
    return redirect(url_for("admin.preview", draft_id=draft.id), 303)


def _order_of_form() -> Order:
    faults: dict[str, str] = {}
    kind = request.form.get("kind", "")
    if kind not in importing.KINDS:
        faults["kind"] = _("種類を選んでください")
    name, content = _content()
    if not content.strip():
        faults["file"] = _("ファイルを選ぶか、表を貼り付けてください")
    effective, publish_at = None, None
    if kind in importing.DATED:
        effective = _day("effective", faults)
        publish_at = _instant("publish_at", faults)
    if faults:
        raise RuleBroken(_("入力内容を確かめてください。"), faults)
    part = kind in importing.DATED and "part" in request.form
    return Order(kind, name, content, effective, publish_at, part)


def _content() -> tuple[str, bytes]:
    sent = request.files.get("file")
    if sent is not None and sent.filename:
        return sent.filename.replace("\\", "/").rsplit("/", 1)[-1], sent.read()
    return _("貼り付けた表"), request.form.get("text", "")[:LONGEST_PASTE].encode()


def _day(name: str, faults: dict[str, str]) -> date | None:
    text = request.form.get(name, "").strip()
    found = date_of(text) if text else None
    if text and found is None:
        faults[name] = _("日付は 2027-04-01 のようにしてください")
    return found


def _instant(name: str, faults: dict[str, str]) -> datetime | None:
    text = request.form.get(name, "").strip()
    try:
        return local_day_time(text) if text else None
    except ValueError:
        faults[name] = _("日時は 2027-03-24 09:00 のようにしてください")
        return None


@bp.get("/admin/import/<int:draft_id>")
def preview(draft_id: int) -> Any:
    actor = hr_or_admin()
    checked = importing.check(drafts.order_of(draft_id), now=clock.now())
    return _preview(actor, draft_id, checked)


def _preview(actor: Actor, draft_id: int, checked: Checked, status: int = 200) -> Any:
    return page(
        "preview",
        actor,
        at="import",
        status=status,
        draft_id=draft_id,
        checked=checked,
        order=checked.order,
        kind_word=importing.KINDS[checked.order.kind],
        words=words_of(checked.order.kind),
        dated=checked.order.kind in importing.DATED,
        sorts=_by_sort(checked),
    )


def _by_sort(checked: Checked) -> list[tuple[str, list[Any]]]:
    words = words_of(checked.order.kind)
    return [
        (word, of_sort)
        for what, word in words.items()
        if (of_sort := [change for change in checked.changes if change.what is what])
    ]


@bp.post("/admin/import/<int:draft_id>/apply")
def take_in(draft_id: int) -> Any:
    actor = hr_or_admin()
    order = drafts.order_of(draft_id, confirmed="confirmed" in request.form)
    if request.form.get("stamp") != org_stamp():
        flash(_("見ている間に組織が変わりました。違いをもう一度確かめてください。"), "error")
        return redirect(url_for("admin.preview", draft_id=draft_id), 303)
    checked = importing.take_in(order, actor=actor, now=clock.now())
    if not checked.may_write:
        return _preview(actor, draft_id, checked, status=422)
    with transaction():
        drafts.throw_away(draft_id)
    flash(_("%(name)s を取り込みました。", name=order.file), "done")
    return redirect(url_for("admin.imports") + "#history", 303)


@bp.post("/admin/import/<int:draft_id>/discard")
def discard(draft_id: int) -> Any:
    hr_or_admin()
    with transaction():
        drafts.throw_away(draft_id)
    flash(_("取り込まずに取り下げました。"), "done")
    return redirect(url_for("admin.imports"), 303)


@bp.post("/admin/imports/<int:import_id>/withdraw")
def withdraw(import_id: int) -> Any:
    actor = hr_or_admin()
    with transaction():
        withdrawal.withdraw(import_id, actor=actor, now=clock.now())
    flash(_("取込を取り消しました。前の予定に戻っています。"), "done")
    return redirect(url_for("admin.imports") + "#history", 303)
