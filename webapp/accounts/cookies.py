"""The session cookie: Secure wherever the page came by https, also behind a trusted proxy."""

from flask import Flask, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf

SESSION_KEY = "key"


class SessionCookies(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure or bool(app.config["SESSION_COOKIE_SECURE"])


def put_in_cookie(secret: str, *, remembered: bool) -> str:
    """A new session in the cookie; nothing of the one before lives on. Returns the new CSRF token."""
    session.clear()
    g.pop("csrf_token", None)
    session[SESSION_KEY] = secret
    session.permanent = remembered
    return str(generate_csrf())


def empty_cookie() -> None:
    session.clear()
    g.pop("csrf_token", None)
