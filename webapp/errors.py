"""Errors that say what happened and what to do, as JSON for programs and as a calm page for people."""

import logging
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask_babel import gettext
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from webapp.core import trouble
from webapp.core.outages import (
    DAMAGED,
    FULL,
    OVERTAKEN,
    READ_ONLY,
    Outage,
    collided,
    recognised,
    sqlstate,
)
from webapp.core.refusals import Refusal, TooMany

log = logging.getLogger(__name__)
WRITING, READING = "writing to the database", "answering requests"

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
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_works_again)


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
        response = current_app.make_response(_page(status, message, fields))
    response.status_code = status
    return response


def _page(status: int, message: str, fields: dict[str, str]) -> str:
    said = {"status": status, "message": message, "fields": fields}
    try:
        return render_template("errors/error.html", **said, unsent=_unsent(status))
    except Exception as error:
        if g.get("frameless"):
            raise
        if recognised(error) is None:
            log.exception("the page of an error on %s", request.path)
        show_without_frame()  # the frame asks who is looking, and the asking failed
        return render_template("errors/error.html", **said, unsent=_unsent(status))


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
    first = getattr(error, "original_exception", None)  # raised while another error was answered
    if first is not None:
        return _unexpected(first)
    if status < 400:
        return error
    response = answer(status, MESSAGES.get(status, error.description or ""))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def show_without_frame() -> None:
    """Do not ask again who is looking: the asking may be what failed."""
    g.frameless, g._login_user = True, AnonymousUserMixin()  # noqa: SLF001


def _collided(error: Exception) -> Response:
    """What was not foreseen is told with all of it: a rule should have said in words what happened."""
    where = (request.method, request.path)
    if sqlstate(error) in OVERTAKEN:
        log.warning("two at once on %s %s: %s", *where, error)
    else:
        log.error("two at once, unforeseen, on %s %s", *where, exc_info=error)
    return answer(
        409,
        "ほかの人の操作とちょうど重なりました。いまの内容を確かめて、もう一度操作してください。",
    )


def _unexpected(error: Exception) -> Response:
    if collided(error):
        return _collided(error)
    outage = recognised(error)
    if outage is not None:
        return _during(outage, error)
    log.exception("unexpected error on %s %s", request.method, request.path, exc_info=error)
    if current_app.testing:
        raise error
    show_without_frame()
    return answer(500, MESSAGES[500])


def _during(outage: Outage, error: Exception) -> Response:
    """503 with a sentence that says what to do. The log has it once, however many ask meanwhile."""
    trouble.tell(WRITING if outage in (FULL, READ_ONLY, DAMAGED) else READING, error)
    show_without_frame()
    response = answer(503, outage.people)
    response.headers["Retry-After"] = str(outage.retry_s)
    return response


def _works_again(response: Response) -> Response:
    """Whoever is signed in has been read from the database; whoever changed something has written to it."""
    if response.status_code < 400 and trouble.current():
        known = g.get("_login_user")
        if known is not None and known.is_authenticated:
            trouble.over(READING)
            if request.method not in {"GET", "HEAD", "OPTIONS"}:
                trouble.over(WRITING)
    return response


# Never written into a page: passwords and PINs, as their fields are called.
SECRET_FIELDS = frozenset({"password", "current", "new", "again", "pin", "secret"})
LONGEST_KEPT = 100_000  # characters of a form handed back


def _unsent(status: int) -> list[tuple[str, str]]:
    """What was typed into the form that could not be saved, to be sent once more from the page of the error."""
    if (
        status != 503
        or request.method != "POST"
        or request.mimetype != "application/x-www-form-urlencoded"
    ):
        return []
    pairs = [(name, value) for name, value in request.form.items(multi=True)]
    too_long = sum(len(value) for _, value in pairs) > LONGEST_KEPT
    return [] if too_long or SECRET_FIELDS & {name for name, _ in pairs} else pairs
