"""Attacks on the sign-in: what an outsider, a former colleague or a careless network could try."""

import logging
import re
import sqlite3
from datetime import date, timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.stage import CAST, Stage
from webapp import create_app, errors
from webapp.accounts import lockout, passwords, queries, service, signing
from webapp.accounts.models import Account, ApiToken, SignInSession
from webapp.config import Config
from webapp.core import clock, trouble
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.org.models import Posting

PASSWORD = "korokke-teigi-83"
CODE = "7KQ4MX2PAB"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "SHORTEST_REFUSAL_S", 0.0)
    lockout.forget()


@pytest.fixture(scope="module")
def hashed() -> str:
    return passwords.HASHER.hash(PASSWORD)


@pytest.fixture
def hall(stage: Stage, hashed: str) -> Stage:
    with transaction():
        db.session.add(Account(staff_id=stage.ids["121"], password_hash=hashed))
        db.session.add(
            Account(
                staff_id=stage.ids["122"],
                code_hash=passwords.hashed_code(CODE),
                code_expires_at=clock.now() + timedelta(days=14),
            )
        )
    return stage


def csrf(client: FlaskClient, path: str = "/signin") -> str:
    page = client.get(path, follow_redirects=True).get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def sign_in(client: FlaskClient, number: str, password: str = PASSWORD, **more):
    form = {"csrf_token": csrf(client), "number": number, "password": password} | more
    return client.post("/signin", data=form)


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("zaiseki")
    assert cookie is not None
    return cookie.value


def words(answer) -> str:
    """What a person reads, without tokens."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.mark.parametrize("wrong", [1, 4, 5, 6])
def test_nothing_tells_whether_a_number_exists(hall: Stage, wrong: int) -> None:
    """The same status, words and headers for a colleague, for one without an account, and for nobody."""
    answers = []
    for number in ("121", "122", "130", "nobody"):
        client = hall.app.test_client()
        for _ in range(wrong):
            answer = sign_in(client, number, "wrong-wrong-wrong")
        text = words(answer).replace(number, "")
        answers.append((answer.status_code, answer.headers.get("Retry-After"), text))
    assert len(set(answers)) == 1


def test_the_right_password_does_not_open_a_lock(hall: Stage, client: FlaskClient, at) -> None:
    for _ in range(5):
        locked = sign_in(client, "121", "wrong-wrong-wrong")
    right = sign_in(client, "121")
    assert (right.status_code, words(right)) == (locked.status_code, words(locked))
    at("10:22")
    assert sign_in(client, "121").status_code == 302


def test_many_guesses_checked_at_once_count_one_by_one(hall: Stage) -> None:
    """Checked before any of them was counted: of twenty at once only five are heard, the right one last."""
    now = clock.now()
    guesses = [*["wrong-wrong-wrong"] * 5, PASSWORD]
    attempts = [service.Attempt("121", guess) for guess in guesses]
    checked = [service.check(attempt, now=now) for attempt in attempts]
    for one, attempt in zip(checked, attempts, strict=True):
        with transaction():
            outcome = service.sign_in(one, attempt, now=now)
    assert isinstance(outcome, service.Locked)


def test_a_decoy_is_checked_for_unknown_numbers(
    hall: Stage, client: FlaskClient, monkeypatch
) -> None:
    checked: list[str] = []
    fits = passwords._fits

    def noting(stored: str, word: str) -> bool:
        checked.append(stored)
        return fits(stored, word)

    monkeypatch.setattr(passwords, "_fits", noting)
    for number in ("nobody", "130", "122", "121"):
        sign_in(client, number, "wrong-wrong-wrong")
    assert len(checked) == 4
    assert all(stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for stored in checked)


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        " //evil.example",
        "/\n/evil.example",
        "evil.example",
        "/signout",
        "http:/evil.example",
        "///evil.example",
    ],
)
def test_nobody_is_sent_elsewhere(hall: Stage, client: FlaskClient, target: str) -> None:
    assert sign_in(client, "121", next=target).location == "/"


def test_a_planted_cookie_gains_nothing(hall: Stage, client: FlaskClient) -> None:
    """Session fixation: what the browser held before the sign-in is worth nothing after it."""
    token = csrf(client)
    before = cookie_of(client)
    client.post("/signin", data={"csrf_token": token, "number": "121", "password": PASSWORD})
    assert client.get("/me/account").status_code == 200
    thief = hall.app.test_client()
    thief.set_cookie("zaiseki", before)
    assert thief.get("/me/account").status_code == 302


def test_the_cookie_after_signing_out_is_dead(hall: Stage, client: FlaskClient) -> None:
    sign_in(client, "121")
    kept = cookie_of(client)
    client.post("/signout", data={"csrf_token": csrf(client, "/me/account")})
    thief = hall.app.test_client()
    thief.set_cookie("zaiseki", kept)
    assert thief.get("/me/account").status_code == 302


def test_signing_in_again_in_one_browser_leaves_one_session(
    hall: Stage, client: FlaskClient
) -> None:
    sign_in(client, "121")
    with client.session_transaction() as session:
        first = session["key"]
    token = csrf(client, "/me/account")
    client.post(
        "/signin", json={"number": "121", "password": PASSWORD}, headers={"X-CSRFToken": token}
    )
    assert client.get("/me/account").status_code == 200
    with client.session_transaction() as session:
        assert session["key"] != first
    assert len(list(db.session.scalars(select(SignInSession)))) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/signin",
        "/signout",
        "/password/change",
        "/me/account/tokens",
        "/me/account/sessions/end-others",
    ],
)
def test_a_foreign_form_is_refused(hall: Stage, client: FlaskClient, path: str) -> None:
    sign_in(client, "121")
    form = {"number": "121", "password": PASSWORD, "label": "x", "scopes": "self"}
    assert client.post(path, data=form).status_code == 400
    assert client.post(path, data=form | {"csrf_token": "x"}).status_code == 400
    db.session.rollback()
    assert list(db.session.scalars(select(ApiToken))) == []
    assert client.get("/me/account").status_code == 200


def test_a_bearer_does_not_excuse_a_cookie(hall: Stage, client: FlaskClient) -> None:
    """A made-up Authorization header switches off the cookie as well as its CSRF check."""
    sign_in(client, "121")
    answer = client.post(
        "/me/account/sessions/end-others", headers={"Authorization": "Bearer zsk_x"}
    )
    assert answer.status_code == 401


def test_a_token_cannot_make_another(hall: Stage) -> None:
    headers = {"Authorization": f"Bearer {hall.token('121', 'admin')}"}
    answer = hall.app.test_client().post(
        "/me/account/tokens", data={"label": "x", "scopes": "self"}, headers=headers
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("scope", ["admin", "punch:write", "org:read"])
def test_nobody_grants_what_they_do_not_hold(hall: Stage, client: FlaskClient, scope: str) -> None:
    sign_in(client, "121")
    form = {
        "csrf_token": csrf(client, "/me/account"),
        "label": "x",
        "scopes": ["self", scope],
        "days": "30",
    }
    assert client.post("/me/account/tokens", data=form).status_code == 422
    assert list(db.session.scalars(select(ApiToken))) == []


def test_another_persons_session_and_token_are_not_there(hall: Stage, client: FlaskClient) -> None:
    other = hall.browser("130")
    hall.token("130")
    sign_in(client, "121")
    session_id = db.session.scalar(
        select(SignInSession.id).where(SignInSession.staff_id == hall.ids["130"])
    )
    token_id = db.session.scalar(select(ApiToken.id))
    form = {"csrf_token": csrf(client, "/me/account")}
    assert client.post(f"/me/account/sessions/{session_id}/end", data=form).status_code == 404
    assert client.post(f"/me/account/tokens/{token_id}/revoke", data=form).status_code == 404
    assert other.get("/me/account").status_code == 200


def leave(hall: Stage, number: str, last: date) -> None:
    with transaction():
        posting = db.session.scalars(select(Posting).filter_by(staff_id=hall.ids[number])).one()
        posting.ends_on = last


def test_who_has_left_is_nobody(hall: Stage, client: FlaskClient, at) -> None:
    leave(hall, "121", date(2026, 11, 24))
    api = hall.api("121")
    sign_in(client, "121")
    assert (client.get("/me/account").status_code, api.get("/me").status_code) == (200, 200)
    at("2026-11-25 08:30")
    assert (client.get("/me/account").status_code, api.get("/me").status_code) == (302, 401)
    refused = sign_in(hall.app.test_client(), "121")
    unknown = sign_in(hall.app.test_client(), "nobody")
    assert words(refused).replace("121", "") == words(unknown).replace("nobody", "")


def test_a_role_ends_with_its_last_day(hall: Stage, at) -> None:
    leave(hall, "900", date(2026, 11, 24))
    with transaction():
        hall.hire(CAST["900"], roles="member", starts_on=date(2026, 11, 25))
    browser = hall.browser("900")
    assert browser.get("/admin/settings").status_code == 200
    at("2026-11-25 00:01")
    assert browser.get("/admin/settings").status_code == 403
    assert browser.get("/me/account").status_code == 200


@pytest.mark.parametrize("typed", [CODE, "7kq4m-x2pab", " ７ＫＱ４Ｍ Ｘ２ＰＡＢ ", "7KQ4M　X2PAB"])
def test_a_code_as_people_type_it(hall: Stage, client: FlaskClient, typed: str) -> None:
    assert sign_in(client, "122", typed).location.startswith("/password/change")


def test_a_code_works_once_and_only_for_a_password(hall: Stage, client: FlaskClient) -> None:
    sign_in(client, "122", CODE)
    for path in ("/", "/board/W12", "/me/account", "/admin/"):
        assert client.get(path).location == "/password/change"
    assert client.get("/api/v1/me").status_code == 401
    assert sign_in(hall.app.test_client(), "122", CODE).status_code == 401
    form = {
        "new": "yuugure-sanpo-41",
        "again": "yuugure-sanpo-41",
        "csrf_token": csrf(client, "/password/change"),
    }
    assert client.post("/password/change", data=form).status_code == 302
    assert client.get("/me/account").status_code == 200
    assert sign_in(hall.app.test_client(), "122", "yuugure-sanpo-41").location == "/"


def test_a_code_out_of_date(hall: Stage, client: FlaskClient, at) -> None:
    at("2026-12-08 10:21")
    assert sign_in(client, "122", CODE).status_code == 401


def test_the_empty_secret_opens_nothing(hall: Stage, client: FlaskClient) -> None:
    for number in ("122", "130"):
        for secret in ("", " ", "None", "$", "-"):
            assert sign_in(client, number, secret).status_code in {401, 422, 429}


def test_secrets_stay_out_of_log_audit_and_page(hall: Stage, client: FlaskClient, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(client, "121", "mistyped-secret-77")
    sign_in(client, "mistyped-secret-77", "x-mistyped-78")
    page = sign_in(client, "121", "mistyped-secret-77").get_data(as_text=True)
    sign_in(client, "121")
    form = {
        "csrf_token": csrf(client, "/me/account"),
        "label": "表示板",
        "scopes": "self",
        "days": "30",
    }
    shown = client.post("/me/account/tokens", data=form).get_data(as_text=True)
    token = re.search(r"zsk_[\w-]{43}\b", shown)
    assert token
    assert token[0] not in client.get("/me/account").get_data(as_text=True)
    assert "mistyped-secret-77" not in page
    trail = " ".join(f"{e.action} {e.detail}" for e in db.session.scalars(select(AuditEntry)))
    export = client.get("/me/data.json").get_data(as_text=True)
    for secret in ("mistyped-secret-77", "x-mistyped-78", PASSWORD, token[0]):
        assert secret not in caplog.text + trail + export
    assert "argon2" not in export + trail + caplog.text


def test_a_page_left_open_signs_in_again(hall: Stage, client: FlaskClient) -> None:
    """A fetch gets the token of the new session, so that the form behind the dialog can still be sent."""
    token = csrf(client)
    answer = client.post(
        "/signin",
        json={"number": "121", "password": PASSWORD, "remember": False},
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 204
    fresh = answer.headers["X-CSRFToken"]
    done = client.post("/me/account/sessions/end-others", headers={"X-CSRFToken": fresh})
    assert done.status_code == 302
    wrong = client.post(
        "/signin", json={"number": "121", "password": "wrong"}, headers={"X-CSRFToken": fresh}
    )
    assert wrong.status_code == 401
    assert wrong.get_json()["error"]["code"] == "unauthorized"


def test_the_user_header_counts_from_the_proxy_alone(database_url: str) -> None:
    """And signing out stays signed out, until one asks to come back."""
    app = create_app(
        Config(
            database_url=database_url,
            secret_key="test-" * 8,
            async_mode="threading",
            testing=True,
            trusted_proxies=(ip_network("10.1.2.3"),),
            remote_user_header="X-Remote-User",
        )
    )
    with app.app_context():
        Stage(app).set_up()
    client = app.test_client()

    def by(address: str, path: str, user: str = "CITY\\121"):
        return client.get(
            path, headers={"X-Remote-User": user}, environ_base={"REMOTE_ADDR": address}
        )

    assert by("10.9.9.9", "/signin?next=/me/account").status_code == 200
    assert by("10.1.2.3", "/signin", "nobody").status_code == 401
    into = by("10.1.2.3", "/signin?next=/me/account")
    assert (into.status_code, into.location) == (302, "/me/account")
    assert client.get("/me/account").status_code == 200
    gone = client.post("/signout", data={"csrf_token": csrf(client, "/me/account")})
    assert by("10.1.2.3", gone.location).status_code == 200
    assert by("10.1.2.3", "/signin").status_code == 302


def test_a_stale_signin_page_keeps_the_number(hall: Stage, client: FlaskClient) -> None:
    answer = client.post(
        "/signin", data={"number": "121", "password": PASSWORD, "csrf_token": "old"}
    )
    assert answer.status_code == 400
    assert 'value="121"' in answer.get_data(as_text=True)


def test_signing_out_twice(hall: Stage, client: FlaskClient) -> None:
    sign_in(client, "121")
    token = csrf(client, "/me/account")
    client.post("/signout", data={"csrf_token": token})
    again = client.post("/signout", data={"csrf_token": token})
    assert again.status_code == 302


def test_last_used_is_noted(
    hall: Stage, client: FlaskClient, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, "121")
    monkeypatch.setattr(hall.app.extensions["last_use"], "_written_at", None)
    moved = at("11:00")
    client.get("/me/account")
    db.session.rollback()
    assert db.session.scalar(select(SignInSession.seen_at)) == moved


def test_reading_goes_on_where_the_use_cannot_be_noted(
    hall: Stage, client: FlaskClient, at, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk a page that is only read is shown; what is wrong is told."""

    def full(*_: Any, **__: Any) -> None:
        raise OperationalError("UPDATE", None, sqlite3.OperationalError("database or disk is full"))

    sign_in(client, "121")
    at("11:00")
    monkeypatch.setattr(queries, "note_seen", full)
    monkeypatch.setattr(hall.app.extensions["last_use"], "_written_at", None)
    assert client.get("/me/account").status_code == 200
    assert errors.WRITING in trouble.current()


def test_the_cookie_is_out_of_reach(hall: Stage) -> None:
    for scheme, secure in (("http", False), ("https", True)):
        page = hall.app.test_client().get("/signin", base_url=f"{scheme}://localhost")
        head = page.headers["Set-Cookie"]
        assert "HttpOnly" in head
        assert "SameSite=Lax" in head
        assert ("Secure" in head) is secure
