"""What a request presents before Flask has looked at it: a token, or the secret in the browser's session cookie."""

from enum import Enum
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature
from werkzeug.http import parse_cookie

from webapp.accounts.cookies import SESSION_KEY
from webapp.accounts.guard import bearer_of
from webapp.accounts.queries import hashed

MOST_COOKIES = 20_000
LONGEST_KEPT = 2_000  # characters: whoever is signed in may send what they like beside ours


class By(Enum):
    TOKEN = "token"  # noqa: S105 a kind, not one
    SESSION = "session"


class Presented:
    """As the guard reads it: a bearer token wins, another cookie than ours is none.

    Checking a cookie's signature costs 40 µs, so the hashes of cookies that passed are kept; whether the sign-in
    still holds is for the database to say, each time.
    """

    def __init__(self, app: Flask) -> None:
        self._name: str = app.config["SESSION_COOKIE_NAME"]
        self._longest = int(app.permanent_session_lifetime.total_seconds())
        self._serializer = SecureCookieSessionInterface().get_signing_serializer(app)
        self._passed: dict[str, str] = {}

    def secret(self, environ: dict[str, Any]) -> tuple[By, str] | None:
        """(how, the hash by which the database knows it)."""
        token = bearer_of(environ.get("HTTP_AUTHORIZATION"))
        if token is not None:
            return By.TOKEN, hashed(token)
        header = environ.get("HTTP_COOKIE")
        if header is None:
            return None
        known = self._passed.get(header) or self._check(header)
        return (By.SESSION, known) if known is not None else None

    def _check(self, header: str) -> str | None:
        signed = parse_cookie(header).get(self._name)
        if not signed or self._serializer is None:
            return None
        try:
            content = self._serializer.loads(signed, max_age=self._longest)
        except BadSignature:
            return None
        secret = content.get(SESSION_KEY)
        if not isinstance(secret, str):
            return None
        found = hashed(secret)
        if len(header) <= LONGEST_KEPT:
            if len(self._passed) >= MOST_COOKIES:
                self._passed.clear()
            self._passed[header] = found
        return found
