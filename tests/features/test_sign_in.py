"""Signing in and out over HTTP."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.stage import Stage
from webapp.accounts import lockout, passwords, signing
from webapp.accounts.models import Account, SignInSession
from webapp.core import clock
from webapp.core.db import db, transaction

PASSWORD = "korokke-teigi-83"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(signing, "SHORTEST_REFUSAL_S", 0.0)
    lockout.forget()


@pytest.fixture(scope="module")
def hashed() -> str:
    return passwords.HASHER.hash(PASSWORD)


@pytest.fixture
def hall(stage: Stage, hashed: str) -> Stage:
    with transaction():
        for number in ("121", "122", "900"):
            db.session.add(Account(staff_id=stage.ids[number], password_hash=hashed))
    return stage


def csrf(client: FlaskClient, path: str = "/signin") -> str:
    page = client.get(path, follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def sign_in(client: FlaskClient, number: str, password: str = PASSWORD, **more):
    form = {"csrf_token": csrf(client), "number": number, "password": password} | more
    return client.post("/signin", data=form)


def test_a_stranger_is_sent_to_sign_in_and_back(hall: Stage, client: FlaskClient):
    away = client.get("/me/account?x=1")
    assert away.status_code == 302
    assert away.location == "/signin?next=/me/account?x%3D1"
    answer = sign_in(client, "121", next="/me/account?x=1")
    assert (answer.status_code, answer.location) == (302, "/me/account?x=1")
    assert client.get("/me/account").status_code == 200
