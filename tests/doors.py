"""Going in by the front door: pages with their CSRF token, forms, the sign-in itself."""

import re
import secrets
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from webapp.accounts import passwords
from webapp.accounts.cookies import SESSION_KEY
from webapp.accounts.models import Account
from webapp.core.db import db, transaction

PASSWORD = "korokke-teigi-83"
_hash: list[str] = []


def hashed_once() -> str:
    if not _hash:
        _hash.append(passwords.HASHER.hash(PASSWORD))
    return _hash[0]


def give_password(staff_id: int, **more: Any) -> None:
    with transaction():
        db.session.merge(Account(staff_id=staff_id, password_hash=hashed_once(), **more))


def csrf(client: FlaskClient, path: str | None = None) -> str:
    """The token of the page at `path`; without one, of any page (who is signed in would be sent to 在席の home)."""
    if path is None and (made := _made_for(client)) is not None:
        return made
    page = client.get(path or "/signin", follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def _made_for(client: FlaskClient) -> str | None:
    """As Flask-WTF makes it for who is signed in: fetched from the home page it was a fifth of all that tests do."""
    with client.session_transaction() as session:
        if SESSION_KEY not in session:
            return None
        raw = session.setdefault("csrf_token", secrets.token_hex(20))
    key: str = client.application.config["SECRET_KEY"]
    made: str = URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(raw)
    return made


def post(client: FlaskClient, path: str, form: dict[str, Any] | None = None, **more: Any) -> Any:
    """A form as a browser sends it, with the token of the page it stands on."""
    data = {"csrf_token": csrf(client)} | (form or {})
    return client.post(path, data=data, **more)


def sign_in(client: FlaskClient, number: str, password: str = PASSWORD, **more: Any) -> Any:
    return post(client, "/signin", {"number": number, "password": password} | more)
