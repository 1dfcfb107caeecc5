"""For those who run the server: is it alive, is it ready, how is it doing."""

from flask import Blueprint, Response, current_app, jsonify, request
from flask_login import current_user
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from webapp.accounts.rules import Scope, has_scope
from webapp.core import clock
from webapp.core.migrate import is_current
from webapp.core.proxy import FORWARDED
from webapp.core.refusals import NotFound
from webapp.operation import metrics

bp = Blueprint("operation", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """Answered by the loop that serves the sockets: if this is late, so are they."""
    return jsonify(status="ok", as_of=clock.to_tokyo(clock.now()).isoformat())


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    faults = {}
    try:
        if not is_current():
            faults["migrations"] = "データベースが古い版です。zaiseki migrate を実行してください"
    except Exception as error:  # noqa: BLE001 whatever it is, the answer names it
        faults["database"] = f"データベースに接続できません（{type(error).__name__}）"
    status = "unavailable" if faults else "ready"
    return jsonify(status=status, faults=faults), 503 if faults else 200


@bp.get("/metrics")
def prometheus() -> Response:
    """From this machine itself (not through a proxy), or with a token that may."""
    direct = request.remote_addr in {"127.0.0.1", "::1"} and not request.environ.get(FORWARDED)
    by_token = current_user.is_authenticated and has_scope(current_user.scopes, Scope.ADMIN)
    if not direct and not by_token:
        raise NotFound
    metrics.observe(current_app.extensions["hub"])
    return Response(generate_latest(metrics.REGISTRY), content_type=CONTENT_TYPE_LATEST)
