"""Signing in and out over HTTP."""

import logging
from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.doors import PASSWORD, csrf, give_password, post, sign_in
from tests.stage import FreshClient, Stage
from webapp import create_app
from webapp.accounts import lockout, passwords, service, signing
from webapp.accounts.models import Account, SignInSession
from webapp.config import Config, _networks
from webapp.core import facts
from webapp.core.db import db, transaction
from webapp.org.models import Posting


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "SHORTEST_REFUSAL_S", 0.0)
    lockout.forget()


@pytest.fixture
def hall(stage: Stage) -> Stage:
    for number in ("121", "122", "900"):
        give_password(stage.ids[number])
    return stage


def account(stage: Stage, number: str) -> Account:
    db.session.rollback()
    return db.session.get_one(Account, stage.ids[number])


def sessions() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(SignInSession.id))) or 0


def test_a_stranger_is_sent_to_sign_in_and_back(hall: Stage, client: FlaskClient):
    away = client.get("/me/account?x=1")
    assert (away.status_code, away.location) == (302, "/signin?next=/me/account?x%3D1")
    answer = sign_in(client, "121", next="/me/account?x=1")
    assert (answer.status_code, answer.location) == (302, "/me/account?x=1")
    assert client.get("/me/account").status_code == 200


def test_the_number_may_be_typed_in_full_width(hall: Stage, client: FlaskClient):
    assert sign_in(client, " １２１　").status_code == 302


def test_unknown_number_and_wrong_password_get_one_answer(hall: Stage, app: Flask):
    answers = []
    for number in ("121", "999999", "131"):  # wrong; nobody; somebody without an account
        page = sign_in(app.test_client(), number, "wrong-password").get_data(as_text=True)
        answers.append(page.split("<main", 1)[1].replace(number, "N").split("csrf_token")[0])
    assert service.WRONG in answers[0]
    assert len(set(answers)) == 1
    assert sessions() == 0


def test_what_was_typed_stays_but_for_the_password(hall: Stage, client: FlaskClient):
    answer = sign_in(client, "121", "wrong-password", remember="1", next="/city")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 401
    assert 'value="121"' in page
    assert 'value="/city"' in page
    assert "checked" in page
    assert "wrong-password" not in page


def test_empty_fields_are_named(hall: Stage, client: FlaskClient):
    answer = sign_in(client, "", "")
    assert answer.status_code == 422
    assert answer.get_data(as_text=True).count("入力してください") >= 2


@pytest.mark.parametrize("number", ["121", "424242"])
def test_five_failures_lock_for_a_while_and_longer_each_time(
    hall: Stage, app: Flask, at, number: str
):
    client = app.test_client()
    said = [sign_in(client, number, "wrong").status_code for _ in range(6)]
    assert said == [401, 401, 401, 401, 429, 429]
    at("2026-11-24 10:21:30")
    assert sign_in(client, number, "wrong").status_code == 429  # two minutes now
    at("2026-11-24 10:22:40")
    locked = sign_in(client, number)
    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "1800"  # the longest: how long is left tells
    assert service.LOCKED in locked.get_data(as_text=True)


def test_after_the_lock_the_right_password_opens_and_failures_are_forgotten(
    hall: Stage, client: FlaskClient, at
):
    for _ in range(5):
        sign_in(client, "121", "wrong")
    assert sign_in(client, "121").status_code == 429
    at("10:22")
    assert sign_in(client, "121").status_code == 302
    assert account(hall, "121").failures == 0


def test_a_lock_is_of_one_account_only(hall: Stage, client: FlaskClient):
    for _ in range(6):
        sign_in(client, "121", "wrong")
    assert sign_in(client, "122").status_code == 302


def test_of_guesses_sent_at_once_only_the_free_ones_count(hall: Stage, at):
    """All were checked before the first failure was written down; the right one came last."""
    now = at("10:20")
    tries = [service.Attempt("121", "wrong")] * 5 + [service.Attempt("121", PASSWORD)]
    checked = [service.check(attempt, now=now) for attempt in tries]
    outcomes = []
    for one, attempt in zip(checked, tries, strict=True):
        with transaction():
            outcomes.append(service.sign_in(one, attempt, now=now))
    assert isinstance(outcomes[-1], service.Locked)
    assert sessions() == 0


def test_who_left_cannot_sign_in(hall: Stage, client: FlaskClient):
    with transaction():
        posting = db.session.scalars(select(Posting).filter_by(staff_id=hall.ids["121"])).one()
        posting.ends_on = date(2026, 11, 23)
    answer = sign_in(client, "121")
    assert answer.status_code == 401
    assert service.WRONG in answer.get_data(as_text=True)


def test_a_role_ends_with_the_last_day_of_its_posting(hall: Stage, client: FlaskClient, at):
    with transaction():
        posting = db.session.scalars(select(Posting).filter_by(staff_id=hall.ids["900"])).one()
        posting.ends_on = date(2026, 11, 24)
        elsewhere = Posting(
            staff_id=hall.ids["900"],
            unit_id=hall.units["W22"],
            name="髙橋 里奈",
            starts_on=date(2026, 11, 25),
        )
        db.session.add(elsewhere)
        facts.restamp("org")
    sign_in(client, "900", remember="1")
    at("2026-11-24 23:59")
    assert client.get("/admin/accounts").status_code == 200
    at("2026-11-25 00:00")
    assert client.get("/admin/accounts").status_code == 403
    assert client.get("/me/account").status_code == 200


# --- the session ----------------------------------------------------------------------------


def cookie_of(answer) -> str:
    return next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("zaiseki="))


def test_not_remembered_ends_with_the_browser_and_after_twelve_hours(
    hall: Stage, client: FlaskClient, at
):
    cookie = cookie_of(sign_in(client, "121"))
    assert "Expires" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    at("22:19")
    assert client.get("/me/account").status_code == 200
    at("22:21")
    assert client.get("/me/account").status_code == 302


def test_a_remembered_device_stays_for_thirty_days(hall: Stage, client: FlaskClient, at):
    assert "Expires" in cookie_of(sign_in(client, "121", remember="1"))
    at("2026-12-24 10:19")
    assert client.get("/me/account").status_code == 200
    at("2026-12-24 10:21")
    assert client.get("/me/account").status_code == 302


def test_the_cookie_is_secure_where_the_page_is(hall: Stage, client: FlaskClient):
    token = csrf(client)
    form = {"csrf_token": token, "number": "121", "password": PASSWORD}
    assert "Secure" not in cookie_of(client.post("/signin", data=form))
    again = hall.app.test_client()
    page = again.get("/signin", base_url="https://zaiseki.example")
    token = page.get_data(as_text=True).split('name="csrf-token" content="')[1].split('"')[0]
    answer = again.post(
        "/signin", data=form | {"csrf_token": token}, base_url="https://zaiseki.example"
    )
    assert answer.status_code == 302
    assert "Secure" in cookie_of(answer)


def test_each_sign_in_gets_a_session_of_its_own_and_keeps_nothing(hall: Stage, client: FlaskClient):
    client.get("/signin")
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
    sign_in(client, "121")
    with client.session_transaction() as session:
        first = session["key"]
        assert set(session) <= {"key", "csrf_token", "_permanent"}
    post(client, "/signout")
    sign_in(client, "121")
    with client.session_transaction() as session:
        assert session["key"] != first


def test_signing_out_ends_the_session_for_good(hall: Stage, client: FlaskClient):
    sign_in(client, "121")
    with client.session_transaction() as session:
        key = session["key"]
    answer = post(client, "/signout")
    assert (answer.status_code, answer.location) == (302, "/signin?out=1")
    assert sessions() == 0
    with client.session_transaction() as session:
        session["key"] = key
    assert client.get("/me/account").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "javascript:alert(1)",
        "/\tevil",
        "evil",
        "/signout",
        "/" + "x" * 600,
    ],
)
def test_nobody_is_sent_to_another_host(hall: Stage, client: FlaskClient, target: str):
    assert sign_in(client, "121", next=target).location == "/"
    assert client.get("/signin", query_string={"next": target}).location == "/"


# --- tokens of the page, fetch --------------------------------------------------------------


def test_without_the_token_of_the_page_nothing_happens(hall: Stage, client: FlaskClient):
    answer = client.post("/signin", data={"number": "121", "password": PASSWORD})
    assert answer.status_code == 400
    assert sessions() == 0
    sign_in(client, "121")
    assert client.post("/signout").status_code == 400
    assert sessions() == 1


def test_by_fetch_a_new_token_comes_in_a_header(hall: Stage, client: FlaskClient):
    headers = {"Accept": "application/json", "X-CSRFToken": csrf(client)}
    body = {"number": "121", "password": "wrong", "remember": False}
    refused = client.post("/signin", json=body, headers=headers)
    assert refused.status_code == 401
    assert refused.get_json()["error"]["message"] == service.WRONG
    answer = client.post("/signin", json=body | {"password": PASSWORD}, headers=headers)
    assert (answer.status_code, answer.data) == (204, b"")
    fresh = {"X-CSRFToken": answer.headers["X-CSRFToken"], "Accept": "application/json"}
    assert client.post("/signout", headers=headers).status_code == 400  # the old one is void
    assert client.post("/signout", headers=fresh).status_code == 302


def test_when_too_many_sign_in_at_once_one_waits_and_then_hears_so(
    hall: Stage, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(passwords, "WAIT_S", 0.05)
    token = csrf(client)
    with passwords._turn(), passwords._turn():
        answer = client.post(
            "/signin", data={"csrf_token": token, "number": "121", "password": PASSWORD}
        )
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert account(hall, "121").failures == 0


def test_a_hash_of_older_parameters_is_renewed(hall: Stage, client: FlaskClient):
    old = passwords.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with transaction():
        db.session.get_one(Account, hall.ids["121"]).password_hash = old
    assert sign_in(client, "121").status_code == 302
    renewed = account(hall, "121").password_hash
    assert renewed is not None
    assert "m=19456,t=2,p=1" in renewed
    assert sign_in(hall.app.test_client(), "121").status_code == 302


def test_no_secret_reaches_the_log(hall: Stage, client: FlaskClient, caplog):
    caplog.set_level(logging.DEBUG)
    sign_in(client, "121", "wrong-secret-word")
    sign_in(client, "121")
    with client.session_transaction() as session:
        key = session["key"]
    client.get("/me/account")
    for secret in ("wrong-secret-word", PASSWORD, key):
        assert secret not in caplog.text


# --- a proxy that signs on ------------------------------------------------------------------


@pytest.fixture
def behind_proxy(hall: Stage, database_url: str) -> Iterator[Flask]:
    app = create_app(
        Config(
            database_url=database_url,
            secret_key="test-" * 8,
            async_mode="threading",
            testing=True,
            trusted_proxies=_networks("10.0.0.0/8"),
            remote_user_header="X-Remote-User",
        )
    )
    app.test_client_class = FreshClient
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_trusted_proxy_says_who_it_is(behind_proxy: Flask):
    header = {"X-Remote-User": "CITY\\121"}
    stranger = behind_proxy.test_client()
    answer = stranger.get("/signin", headers=header, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 200  # the page, as for anybody
    client = behind_proxy.test_client()
    inside = {"REMOTE_ADDR": "10.1.2.3"}
    answer = client.get("/signin?next=/city", headers=header, environ_overrides=inside)
    assert (answer.status_code, answer.location) == (302, "/city")
    assert client.get("/me/account", environ_overrides=inside).status_code == 200
    unknown = behind_proxy.test_client().get(
        "/signin", headers={"X-Remote-User": "77"}, environ_overrides=inside
    )
    assert unknown.status_code == 401
