"""Errors that say what happened and what to do, as JSON for programs and as a calm page for people."""

import logging
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from webapp.core.db import DatabaseBusy
from webapp.core.refusals import Refusal, TooMany

log = logging.getLogger(__name__)

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "unprocessable",
    429: "too_many",
    500: "server_error",
    503: "unavailable",
}
MESSAGES = {
    400: "送られた内容を読み取れませんでした。",
    401: "サインインしてください。",
    403: "この操作は許可されていません。",
    404: "見つかりません。",
    405: "この方法では呼び出せません。",
    413: "送られた内容が大きすぎます。",
    415: "この形式では受け取れません。JSON で送ってください。",
    500: "サーバーで問題が起きました。入力した内容は保存されていません。もう一度お試しください。",
    503: "混み合っています。しばらくしてからもう一度お試しください。",
}


def register_errors(app: Flask) -> None:
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DatabaseBusy, _busy)
    app.register_error_handler(OperationalError, _database_gone)
    app.register_error_handler(Exception, _unexpected)


def wants_json() -> bool:
    if request.path.startswith("/api/") or request.is_json:
        return True
    return (
        request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    )


def answer(
    status: int, message: str, fields: dict[str, str] | None = None, code: str | None = None
) -> Response:
    """Refusals are written in Japanese where the rule stands; other languages look them up here."""
    message = gettext(message)
    fields = {name: gettext(text) for name, text in (fields or {}).items()}
    if wants_json():
        body: dict[str, Any] = {"code": code or CODES.get(status, "error"), "message": message}
        body["fields"] = fields
        response = jsonify(error=body)
    else:
        page = render_template("errors/error.html", status=status, message=message, fields=fields)
        response = current_app.make_response(page)
    response.status_code = status
    return response


def _refused(error: Refusal) -> Response:
    response = answer(error.status, error.message, error.fields, error.code)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _csrf(_error: CSRFError) -> Response:
    return answer(
        400,
        "画面を開いてから時間がたちました。画面を読み直して、もう一度お試しください。",
        code="csrf",
    )


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    response = answer(status, MESSAGES.get(status, error.description or ""))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _busy(_error: DatabaseBusy) -> Response:
    response = answer(503, MESSAGES[503])
    response.headers["Retry-After"] = "2"
    return response


def show_without_frame() -> None:
    """Do not ask again who is looking: the asking may be what failed."""
    g.frameless, g._login_user = True, AnonymousUserMixin()  # noqa: SLF001


DEADLOCK = (
    "40P01"  # of PostgreSQL: two waited for each other, and one of them was told to begin again
)


def _database_gone(error: OperationalError) -> Response:
    if getattr(error.orig, "sqlstate", None) == DEADLOCK:
        log.warning("deadlock on %s %s: %s", request.method, request.path, error.orig)
        return answer(
            409,
            "ほかの人の操作とちょうど重なりました。いまの内容を確かめて、もう一度操作してください。",
        )
    log.error("database on %s %s: %s", request.method, request.path, error.orig)
    show_without_frame()
    response = answer(
        503, "データベースに接続できません。しばらくしてから、もう一度お試しください。"
    )
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected error on %s %s", request.method, request.path, exc_info=error)
    if current_app.testing:
        raise error
    show_without_frame()
    return answer(500, MESSAGES[500])
