"""Default deny: every route refuses the anonymous, but for a short list; who must choose a password does that first."""

from dataclasses import replace
from typing import Any

from flask import Flask, Request, Response, current_app, g, redirect, request, session, url_for
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from webapp.accounts import queries
from webapp.accounts.access import Actor, current_actor
from webapp.accounts.cookies import SESSION_KEY, SessionCookies
from webapp.accounts.last_use import LastUse
from webapp.core import clock, facts, trouble
from webapp.core.db import DatabaseBusy, transaction
from webapp.core.refusals import NotAllowed, NotSignedIn
from webapp.errors import WRITING, wants_json
from webapp.extensions import csrf, login_manager
from webapp.org import queries as org

OPEN_ENDPOINTS = frozenset(
    {
        "static",
        "accounts.sign_in",
        "accounts.sign_in_now",
        "accounts.sign_out",
        "operation.healthz",
        "operation.readyz",
        "operation.prometheus",
        "board.service_worker",
        "api.duties_ics",  # its address holds the secret
        # 共有端末: bound to a device by a cookie of their own
        "kiosk.screen",
        "kiosk.rows",
        "kiosk.open_panel",
        "kiosk.act",
    }
)
# Scopes are asked for in the API alone: a page shows whatever its person may see.
TOKEN_BLUEPRINTS = frozenset({"api"})
# Before the first password is chosen nothing else is open.
FIRST_PASSWORD_ENDPOINTS = OPEN_ENDPOINTS | {
    "accounts.change_password",
    "accounts.change_password_now",
}


def register_guard(app: Flask) -> None:
    login_manager.init_app(app)
    login_manager.session_protection = (
        None  # the session's secret is ours, checked against the database
    )
    login_manager.request_loader(_load)
    app.session_interface = SessionCookies()
    app.extensions["last_use"] = LastUse()
    app.before_request(_deny_by_default)
    app.after_request(_note_use)
    csrf.init_app(app)


def bearer_of(header: str | None) -> str | None:
    scheme, _, secret = (header or "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else None


def _load(incoming: Request) -> Actor | None:
    now = clock.now()
    token = bearer_of(incoming.headers.get("Authorization"))
    if token is not None:
        return queries.actor_for_token(token, now=now)
    if SESSION_KEY in session:
        return queries.actor_for_session(session[SESSION_KEY], now=now)
    return None


def authenticate_socket(auth: Any) -> Actor | None:
    """A socket comes with a token in `auth`, or with the browser's session. A page that names its person (`staff`) is
    refused with the session of another: who signs in next in that browser must not feed the old one's pages."""
    now = clock.now()
    if isinstance(auth, dict) and isinstance(auth.get("token"), str):
        return queries.actor_for_token(auth["token"], now=now)
    actor = None
    if SESSION_KEY in session:
        actor = queries.actor_for_session(session[SESSION_KEY], now=now)
    if isinstance(auth, dict) and actor and auth.get("staff", actor.number) != actor.number:
        return None
    return None if actor is None or actor.must_change_password else actor


def socket_standing() -> tuple[str, ...]:
    """Differs whenever what a person may see could have changed: postings, units, settings, the day."""
    return (
        facts.epoch(),
        facts.stamp("org"),
        facts.stamp("settings"),
        org.today(clock.now()).isoformat(),
    )


def renew_sockets(actors: list[Actor], changed: bool) -> list[Actor | None]:
    """With the postings of now, if they may have changed; None for whose session or token ended, or who has left."""
    now = clock.now()
    sessions, tokens = (
        queries.sessions_in_force({a.session_id for a in actors if a.session_id}, now=now),
        queries.tokens_in_force({a.token_id for a in actors if a.token_id}, now=now),
    )
    signed_in = [
        actor if actor.session_id in sessions or actor.token_id in tokens else None
        for actor in actors
    ]
    if not changed:
        return list(signed_in)
    postings = org.postings_of(
        sorted({actor.staff_id for actor in actors}), org.today(now), known_at=now
    )
    return [
        replace(actor, postings=tuple(postings.get(actor.staff_id, ())))
        if actor is not None and (actor.staff_id in postings or actor.is_bootstrap_admin)
        else None
        for actor in signed_in
    ]


def _deny_by_default() -> Any:
    if request.endpoint is None:
        return None  # 404 and 405 tell nothing that is not public
    by_token = bearer_of(request.headers.get("Authorization")) is not None
    if not by_token:
        csrf.protect()  # a foreign page can send a cookie along, but never a token in a header
    if request.endpoint in OPEN_ENDPOINTS:
        return None
    if not current_user.is_authenticated:
        if wants_json() or request.method != "GET":
            raise NotSignedIn
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    if by_token and request.blueprint not in TOKEN_BLUEPRINTS:
        raise NotAllowed("トークンは /api/v1 でだけ使えます。")
    if current_actor().must_change_password and request.endpoint not in FIRST_PASSWORD_ENDPOINTS:
        if wants_json():
            raise NotSignedIn("最初にパスワードを決めてください。")
        return redirect(url_for("accounts.change_password"))
    return None


def _note_use(response: Response) -> Response:
    """最終利用 of this browser, a few times an hour; no answer fails for it."""
    actor, used = g.get("_login_user"), last_use()
    now = clock.now()
    if isinstance(actor, Actor):
        used.note(actor.session_id, actor.seen_at, now=now)
    if session_ids := used.take_due():
        try:
            with transaction():
                queries.note_seen(session_ids, now=now)
        except (DatabaseBusy, SQLAlchemyError) as error:  # a full disk: reading goes on
            trouble.tell(WRITING, error)
    return response


def last_use() -> LastUse:
    found: LastUse = current_app.extensions["last_use"]
    return found
