"""Keeping 貸出物品・回線: by 管理者 and 人事担当 all of them, by 所属長 and 係長 those of their unit."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor, current_actor
from webapp.core import clock
from webapp.core.db import db, snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotAllowed, NotFound, Refusal, RuleBroken
from webapp.org import queries as org
from webapp.seats import access, administering
from webapp.seats.admin_forms import ItemForm
from webapp.seats.admin_pages import page
from webapp.seats.administering import ItemWanted
from webapp.seats.blueprint import bp
from webapp.seats.models import LoanItem


def _keeper() -> Actor:
    actor = current_actor()
    if not access.keeps_any(actor):
        raise NotAllowed
    return actor


def _page(actor: Actor, item: LoanItem | None, values: Any, fault: Refusal | None = None) -> Any:
    tree = org.current_tree()
    units = [(node.code, node.name) for node in tree.nodes if access.keeps(actor, node.id, tree)]
    whole = [("", _("全庁"))] if access.administers(actor) else []
    return page("item", actor, fault, item=item, values=values, units=whole + units)


@bp.get("/seats/admin/items/new")
def new_item() -> Any:
    actor = _keeper()
    with snapshot():
        return _page(actor, None, {"quantity": 1})


@bp.post("/seats/admin/items/new")
def add_item() -> Any:
    return _put(_keeper(), None)


@bp.get("/seats/admin/items/<int:item_id>")
def item(item_id: int) -> Any:
    actor = _keeper()
    with snapshot():
        row = _item(item_id, actor)
        node = org.current_tree().by_id(row.unit_id) if row.unit_id else None
        names = ("number", "kind", "name", "telephone", "reach", "quantity", "needed_at_home")
        values = {name: getattr(row, name) for name in (*names, "note")}
        more = {"unit": node.code if node else "", "closed_on": row.closed_on or ""}
        return _page(actor, row, values | more)


def _item(item_id: int, actor: Actor) -> LoanItem:
    """NotFound also for what somebody else keeps."""
    row = db.session.get(LoanItem, item_id)
    if row is None or not access.keeps(actor, row.unit_id, org.current_tree()):
        raise NotFound
    return row


@bp.post("/seats/admin/items/<int:item_id>")
def change_item(item_id: int) -> Any:
    return _put(_keeper(), item_id)


def _put(actor: Actor, item_id: int | None) -> Any:
    try:
        wanted = valid_or_422(ItemForm).wanted()
        _may_keep(actor, wanted)
        with transaction():
            row = _item(item_id, actor) if item_id is not None else None
            administering.put_item(row, wanted, actor=actor, now=clock.now())
    except RuleBroken as fault:
        row = _item(item_id, actor) if item_id is not None else None
        return _page(actor, row, request.form, fault)
    flash(_("保存しました。"), "done")
    return redirect(url_for("seats.admin_page"), 303)


def _may_keep(actor: Actor, wanted: ItemWanted) -> None:
    """Nobody gives a thing to a unit whose things they do not keep."""
    if not access.keeps(actor, wanted.unit_id, org.current_tree()):
        words = "あなたが所属長・係長を務める所属を選んでください"
        raise RuleBroken(f"{words}。", {"unit": words})
