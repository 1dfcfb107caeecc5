"""One's own browsers: seen, ended elsewhere at once; and what is stored about oneself."""

from datetime import date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.doors import csrf, give_password, post, sign_in
from tests.stage import Stage
from webapp.accounts import lockout, owndata, signing
from webapp.accounts.models import SignInSession
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.org.models import Posting

EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "SHORTEST_REFUSAL_S", 0.0)
    lockout.forget()


@pytest.fixture
def hall(stage: Stage) -> Stage:
    give_password(stage.ids["121"])
    give_password(stage.ids["122"])
    return stage


def browser(hall: Stage, agent: str, number: str = "121") -> FlaskClient:
    client = hall.app.test_client()
    form = {"csrf_token": csrf(client), "number": number, "password": "korokke-teigi-83"}
    client.post("/signin", data=form, headers={"User-Agent": agent})
    return client


def ids(hall: Stage, number: str) -> list[int]:
    db.session.rollback()
    query = select(SignInSession.id).filter_by(staff_id=hall.ids[number])
    return list(db.session.scalars(query.order_by(SignInSession.id)))


def test_devices_in_plain_words(hall: Stage):
    browser(hall, PHONE)
    page = browser(hall, EDGE).get("/me/account").get_data(as_text=True)
    assert "Windows の Edge" in page
    assert "iPhone の Safari" in page
    assert page.count("この端末") == 1


def test_sign_out_elsewhere_ends_that_session_at_once(hall: Stage, monkeypatch: pytest.MonkeyPatch):
    closed: list[list[int]] = []
    monkeypatch.setattr(
        "webapp.realtime.sockets.disconnect_sessions", lambda app, some: closed.append(list(some))
    )
    here, there = browser(hall, EDGE), browser(hall, PHONE)
    mine, theirs = ids(hall, "121")
    stranger = browser(hall, EDGE, "122")
    assert post(stranger, f"/me/account/sessions/{theirs}/end").status_code == 404
    assert there.get("/me/account").status_code == 200
    assert post(here, f"/me/account/sessions/{theirs}/end").status_code == 302
    assert closed == [[theirs]]
    assert there.get("/me/account").status_code == 302
    assert here.get("/me/account").status_code == 200
    assert ids(hall, "121") == [mine]


def test_all_the_others_at_once(hall: Stage):
    here, one, two = browser(hall, EDGE), browser(hall, PHONE), browser(hall, PHONE)
    colleague = browser(hall, EDGE, "122")
    assert post(here, "/me/account/sessions/end-others").status_code == 302
    assert "2 台をサインアウトしました" in here.get("/me/account").get_data(as_text=True)
    assert [c.get("/me/account").status_code for c in (one, two)] == [302, 302]
    assert colleague.get("/me/account").status_code == 200


def test_sign_out_elsewhere_needs_the_token_of_the_page(hall: Stage):
    here = browser(hall, EDGE)
    browser(hall, PHONE)
    assert here.post("/me/account/sessions/end-others").status_code == 400
    assert len(ids(hall, "121")) == 2


def test_the_account_page_is_for_people_at_a_browser(hall: Stage, client: FlaskClient):
    headers = {"Authorization": f"Bearer {hall.token('121', 'admin')}"}
    for path in ("/me/account", "/me/data", "/me/data.json"):
        assert client.get(path).status_code == 302
        assert client.get(path, headers=headers).status_code == 403


# --- what is stored -------------------------------------------------------------------------


def test_what_is_stored_about_oneself(hall: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(owndata, "_readers", dict(owndata._readers))
    owndata.register("試験", lambda staff_id: [{"番号": staff_id}, "一行"])
    here = browser(hall, EDGE)
    page = here.get("/me/data").get_data(as_text=True)
    assert "入所係" in page or "桜井 剛" in page
    file = here.get("/me/data.json")
    assert "attachment" in file.headers["Content-Disposition"]
    stored = file.get_json()
    assert stored["職員番号"] == "121"
    assert stored["試験"] == [{"番号": hall.ids["121"]}, "一行"]
    assert stored["サインイン中の端末"][0]["端末"] == "Windows の Edge"
    assert "argon2" not in file.get_data(as_text=True)


def test_a_posting_not_yet_published_is_not_told(hall: Stage):
    published = datetime(2026, 12, 1, 9, tzinfo=clock.TOKYO)
    with transaction():
        now_there = db.session.scalars(select(Posting).filter_by(staff_id=hall.ids["121"])).one()
        now_there.closed_on, now_there.closed_known_from = date(2026, 12, 31), published
        db.session.add(
            Posting(
                staff_id=hall.ids["121"],
                unit_id=hall.units["W22"],
                name="桜井 剛",
                title="課長補佐",
                starts_on=date(2027, 1, 1),
                known_from=published,
            )
        )
    here = browser(hall, EDGE)
    text = here.get("/me/data.json").get_data(as_text=True)
    assert "課長補佐" not in text
    assert "2026-12-31" not in text


def test_sign_in_keeps_few_sessions(hall: Stage, at):
    browser(hall, EDGE)
    at("2026-11-25 10:20")
    sign_in(hall.app.test_client(), "121")
    assert len(ids(hall, "121")) == 1  # the one that ran out is gone
