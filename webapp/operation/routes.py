"""For those who run the server: is it alive, is it ready, how is it doing."""

import logging

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask_login import current_user
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from webapp.accounts.rules import Scope, has_scope
from webapp.core import clock, trouble
from webapp.core.proxy import FORWARDED
from webapp.core.refusals import NotFound
from webapp.operation import metrics
from webapp.operation.health import Faults, Readiness

log = logging.getLogger(__name__)
bp = Blueprint("operation", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """Answered by the loop that serves the sockets: if this is late, so are they. Asks nobody, so it cannot hang."""
    as_of = clock.to_tokyo(clock.now()).isoformat()
    return jsonify(status="ok", as_of=as_of, troubles=trouble.current())


@bp.get("/readyz")
def readyz() -> tuple[Response, int]:
    """503 with the faults in words; the log says the same once when they come and once when they go."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    faults = app.extensions.setdefault("readiness", Readiness()).faults(app)
    _log_once(app, faults)
    status = "unavailable" if faults else "ready"
    answer = jsonify(status=status, faults=faults)
    if faults:
        answer.headers["Retry-After"] = "5"
    return answer, 503 if faults else 200


def _log_once(app: Flask, faults: Faults) -> None:
    before = app.extensions.get("readiness_told", frozenset())
    for name in faults.keys() - before:
        log.error("not ready: %s: %s", name, faults[name])
    if before and not faults:
        log.warning("ready again")
    app.extensions["readiness_told"] = frozenset(faults)


@bp.get("/metrics")
def prometheus() -> Response:
    """From this machine itself (not through a proxy), or with a token that may."""
    direct = request.remote_addr in {"127.0.0.1", "::1"} and not request.environ.get(FORWARDED)
    by_token = current_user.is_authenticated and has_scope(current_user.scopes, Scope.ADMIN)
    if not direct and not by_token:
        raise NotFound
    metrics.observe(current_app.extensions["hub"])
    return Response(generate_latest(metrics.REGISTRY), content_type=CONTENT_TYPE_LATEST)
