"""GET /boards/{unit}: the snapshot of a board. In front of it stands a door (`api.door`) for what is known already."""

from flask import Response, current_app, request

from webapp.accounts import access
from webapp.api.blueprint import bp, self_actor
from webapp.board.snapshots import Snapshots
from webapp.core import clock
from webapp.core.db import db, snapshot

IS_BOARD = "zaiseki.board"  # in the environment: an answer whose headers the door may say again


def snapshots() -> Snapshots:
    found: Snapshots = current_app.extensions["snapshots"]
    return found


@bp.get("/boards/<code>")
def board(code: str) -> Response:
    """ETag: of everything in it but the time."""
    actor = self_actor()
    as_counts = request.args.get("view") == "counts"
    db.session.rollback()  # who waits for a turn holds no connection that whose turn it is may need
    with snapshots().turn(code), snapshot():
        now = clock.now()
        unit = access.unit_or_404(code)
        kept = snapshots().of(unit, actor, as_counts=as_counts, now=now)
    if request.if_none_match.contains_weak(kept.etag):
        response = Response(status=304)
    else:
        response = Response(b"".join(kept.body(now)), mimetype="application/json")
    response.set_etag(kept.etag)
    response.headers["Cache-Control"] = "private, no-cache"
    request.environ[IS_BOARD] = True
    return response
