"""The blueprint of the accounts pages, and what their routes share."""

from flask import Blueprint, current_app, request

from webapp.accounts.access import Actor
from webapp.accounts.devices import device_of
from webapp.core.refusals import NotAllowed
from webapp.realtime import sockets

bp = Blueprint("accounts", __name__)


def browser_only(actor: Actor) -> Actor:
    """Passwords, sessions and tokens are a person's, at a browser: no token makes another one."""
    if actor.session_id is None:
        raise NotAllowed("ブラウザーでサインインして行ってください。")
    return actor


def this_device() -> tuple[str, str]:
    return device_of(request.headers.get("User-Agent")), request.remote_addr or ""


def close_sessions(session_ids: list[int]) -> None:
    """After the commit: a live socket keeps what it came with, so it has to go, in whichever process it is."""
    if session_ids:
        sockets.disconnect_sessions(current_app, session_ids)
        current_app.extensions["pump"].tell("sessions", session_ids)


def close_tokens(token_ids: list[int]) -> None:
    if token_ids:
        sockets.disconnect_tokens(current_app, token_ids)
        current_app.extensions["pump"].tell("tokens", token_ids)
