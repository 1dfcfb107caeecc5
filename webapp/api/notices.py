"""お知らせ and the numbers in the menu."""

from typing import Any

from flask import Response, jsonify, request

from webapp.api.blueprint import bp, self_actor
from webapp.board.badges import badges
from webapp.core import clock
from webapp.core.db import snapshot, transaction
from webapp.core.parse import valid_or_422
from webapp.coverage.entries import iso
from webapp.notices import queries
from webapp.notices import service as notices
from webapp.notices.forms import IdsBody
from webapp.notices.queries import Shown


@bp.get("/me/badges")
def my_badges() -> Response:
    actor = self_actor()
    with snapshot():
        return jsonify(badges(actor, now=clock.now()))


@bp.get("/me/notices")
def my_notices() -> Response:
    actor = self_actor()
    with snapshot():
        shown = queries.shown_to(actor, queries.unread_of(actor.staff_id))
    return jsonify(notices=[_json(notice) for notice in shown], count=len(shown))


def _json(notice: Shown) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "text": notice.text,
        "link": notice.link,
        "made_at": iso(notice.made_at),
    }


@bp.post("/me/notices/<int:notice_id>/read")
def read_notice(notice_id: int) -> Response:
    return _read([notice_id])


@bp.post("/me/notices/read")
def read_notices() -> Response:
    """Those named, or all of them where nothing is sent."""
    return _read(valid_or_422(IdsBody).ids if request.get_data() else None)


def _read(ids: list[int] | None) -> Response:
    actor = self_actor()
    with transaction():
        count = notices.mark_read(actor.staff_id, ids, now=clock.now())
    return jsonify(read=count)


@bp.post("/me/notices/unread")
def unread_notices() -> Response:
    """Undo: what was read within the last ten minutes."""
    actor = self_actor()
    ids = valid_or_422(IdsBody).ids or []
    with transaction():
        count = notices.mark_unread(actor.staff_id, ids, now=clock.now())
    return jsonify(unread=count)
