"""Before Flask: snapshots that are known, to people who are known, for one statement to the database.

A request through Flask, its guard and its sessions costs several times what a kept snapshot does, and after a restart
ten thousand browsers ask. Nothing is decided here that is not decided elsewhere: who it is by `accounts.queries`, what
they may see by `accounts.access`, whether the snapshot still holds by `board.basis`. Whatever is not plainly well —
another method, an unknown secret, a password to be chosen, a stamp that moved, a database that does not answer — goes
on to Flask, which knows what to say.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import parse_etags

from webapp.accounts import queries
from webapp.accounts.access import Actor
from webapp.accounts.last_use import LastUse
from webapp.accounts.presented import By, Presented
from webapp.accounts.queries import SessionRow, TokenRow
from webapp.accounts.rules import Scope, has_scope
from webapp.api.boards import IS_BOARD
from webapp.board import basis
from webapp.board.basis import Basis, Plan
from webapp.board.snapshots import Kept, Shape, Snapshots
from webapp.core import clock, facts
from webapp.core.db import db
from webapp.core.prepared import Prepared

PREFIX = "/api/v1/boards/"
VIEWS = {"": False, "view=counts": True}
MOST_KNOWN = 20_000
# Said anew with each answer, or by Flask alone.
NOT_KEPT = frozenset({"content-length", "etag", "set-cookie"})

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Start = Callable[..., Any]
WSGI = Callable[[Environ, Start], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Known:
    """An actor, and what they were made from: their row, the facts, the day."""

    made_from: tuple[tuple[Any, ...], str, date]
    expires_at: datetime | None
    actor: Actor


def stand_before(app: Flask) -> None:
    """Inside of the Socket.IO server and of the trusted proxies."""
    app.extensions["snapshots"] = Snapshots()
    app.wsgi_app = Door(app, app.wsgi_app)  # type: ignore[method-assign]


class Door:
    def __init__(self, app: Flask, wsgi: WSGI) -> None:
        self._app, self._wsgi = app, wsgi
        self._snapshots: Snapshots = app.extensions["snapshots"]
        self._last_use: LastUse = app.extensions["last_use"]
        self._presented = Presented(app)
        self._statements = {
            By.TOKEN: Prepared(lambda d: queries.by_token().add_columns(*basis.columns(d))),
            By.SESSION: Prepared(lambda d: queries.by_session().add_columns(*basis.columns(d))),
        }
        self._people: dict[str, Known] = {}
        self._headers: dict[By, Headers] = {}
        self._engine: Engine | None = None

    def __call__(self, environ: Environ, start_response: Start) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX) or environ.get("REQUEST_METHOD") != "GET":
            return self._wsgi(environ, start_response)
        by, secret = self._presented.secret(environ) or (None, "")
        if by is None:
            return self._wsgi(environ, start_response)
        now = clock.now()  # before reading: a snapshot never claims to be newer than it is
        kept = self._kept(environ, path[len(PREFIX) :], by, secret, now)
        if kept is None or by not in self._headers:
            return self._wsgi(environ, self._listening(environ, by, start_response))
        return self._answer(kept, environ.get("HTTP_IF_NONE_MATCH"), by, now, start_response)

    # --- who asks for what ------------------------------------------------------------------

    def _kept(self, environ: Environ, code: str, by: By, secret: str, now: datetime) -> Kept | None:
        plan = self._snapshots.plan(code)
        as_counts = VIEWS.get(environ.get("QUERY_STRING", ""))
        if plan is None or as_counts is None or _has_body(environ):
            return None
        try:
            row = self._statements[by].row(self._bind(), {"secret": secret, **plan.given})
        except SQLAlchemyError:
            return None
        if row is None:
            return None
        who, made_from = row[: -basis.WIDTH], basis.text_of(row[-basis.WIDTH :])
        if not plan.serves(made_from[0], now):
            return None
        actor = self._actor(by, secret, (who, made_from[0], plan.on), now)
        if actor is None or not self._may_pass(actor, now):
            return None
        shape = self._shape(plan, actor, made_from)
        return self._snapshots.found(plan, shape, made_from, as_counts=as_counts, now=now)

    def _bind(self) -> Engine:
        if self._engine is None:
            with self._app.app_context():
                self._engine = db.engine
        return self._engine

    def _actor(
        self, by: By, secret: str, made_from: tuple[tuple[Any, ...], str, date], now: datetime
    ) -> Actor | None:
        known = self._people.get(secret)
        if known is None or known.made_from != made_from:
            known = self._meet(by, secret, made_from, now)
        if known is None or (known.expires_at is not None and known.expires_at <= now):
            return None
        return known.actor

    def _meet(
        self, by: By, secret: str, made_from: tuple[tuple[Any, ...], str, date], now: datetime
    ) -> Known | None:
        self._people.pop(secret, None)
        with self._app.app_context():
            facts.take(made_from[1])
            if by is By.TOKEN:
                token = TokenRow(*made_from[0])
                expires_at, actor = token.expires_at, queries.actor_of_token(token, now=now)
            else:
                session = SessionRow(*made_from[0])
                expires_at, actor = session.expires_at, queries.actor_of_session(session, now=now)
        if actor is None:
            return None
        if len(self._people) >= MOST_KNOWN:
            self._people.clear()
        self._people[secret] = known = Known(made_from, expires_at, actor)
        return known

    def _may_pass(self, actor: Actor, now: datetime) -> bool:
        """Who has to choose a password, or may not, is told so by Flask; 最終利用 is written there."""
        self._last_use.note(actor.session_id, actor.seen_at, now=now)
        return (
            not actor.must_change_password
            and has_scope(actor.scopes, Scope.SELF)
            and not self._last_use.is_due()
        )

    def _shape(self, plan: Plan, actor: Actor, made_from: Basis) -> Shape:
        known = self._snapshots.known_shape(plan, actor)
        if known is not None:
            return known
        with self._app.app_context():
            facts.take(made_from[0])
            return self._snapshots.shape(plan, actor)

    # --- the answer -------------------------------------------------------------------------

    def _listening(self, environ: Environ, by: By, start_response: Start) -> Start:
        """Flask's own headers are said again, whatever they are: the door has none of its own."""

        def start(status: str, headers: Headers, *more: Any) -> Any:
            plain = not any(name.lower() == "set-cookie" for name, _ in headers)
            if status.startswith("200") and plain and environ.get(IS_BOARD):
                kept = [header for header in headers if header[0].lower() not in NOT_KEPT]
                self._headers[by] = kept
            return start_response(status, headers, *more)

        return start

    def _answer(
        self, kept: Kept, if_none_match: str | None, by: By, now: datetime, start_response: Start
    ) -> Iterable[bytes]:
        headers = [*self._headers[by], ("ETag", f'"{kept.etag}"')]
        if if_none_match is not None and _names(if_none_match, kept.etag):
            headers = [header for header in headers if header[0] != "Content-Type"]
            start_response("304 NOT MODIFIED", headers)
            return []
        body = kept.body(now)
        headers.append(("Content-Length", str(sum(map(len, body)))))
        start_response("200 OK", headers)
        return body


def _has_body(environ: Environ) -> bool:
    return environ.get("CONTENT_LENGTH") not in (None, "", "0") or (
        "HTTP_TRANSFER_ENCODING" in environ
    )


def _names(if_none_match: str, etag: str) -> bool:
    """Weakly, as the standard says: a proxy that compresses makes a tag weak."""
    return if_none_match == f'"{etag}"' or parse_etags(if_none_match).contains_weak(etag)
