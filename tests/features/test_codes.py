"""First codes: made by an administrator, good once and for some days, then a password is chosen."""

import csv
import io
import logging
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.doors import PASSWORD, csrf, give_password, post, sign_in
from tests.stage import Person, Stage
from webapp.accounts import issuing, lockout, passwords, signing
from webapp.accounts.access import Actor
from webapp.accounts.models import Account, SignInSession
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry

NEW = "midori-no-jitensha"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "SHORTEST_REFUSAL_S", 0.0)
    lockout.forget()


@pytest.fixture
def admin(stage: Stage) -> FlaskClient:
    return stage.browser("900")


def codes_of(answer: Any) -> dict[str, str]:
    assert answer.status_code == 200
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    return {row["職員番号"]: row["コード"] for row in rows}


def make(admin: FlaskClient, **form: str) -> Any:
    return post(admin, "/admin/accounts/codes", {"as": "csv"} | form)


def account(stage: Stage, number: str) -> Account:
    db.session.rollback()
    return db.session.get_one(Account, stage.ids[number])


@pytest.mark.parametrize("number", ["121", "100", "800"])
def test_only_the_administrator_makes_codes(stage: Stage, client: FlaskClient, number: str):
    form = {"csrf_token": csrf(client), "as": "csv"}
    assert client.post("/admin/accounts/codes", data=form).status_code == 401
    other = stage.browser(number)
    assert other.get("/admin/accounts").status_code == 403
    for path in ("codes", "122/code", "122/unlock", "122/sign-out"):
        assert post(other, f"/admin/accounts/{path}").status_code == 403
    token = {"Authorization": f"Bearer {stage.token('900', 'admin')}"}
    assert stage.app.test_client().post("/admin/accounts/codes", headers=token).status_code == 403
    assert db.session.scalar(select(Account.staff_id)) is None


def test_codes_for_all_as_a_file(stage: Stage, admin: FlaskClient):
    give_password(stage.ids["110"])
    answer = make(admin)
    text = answer.data.decode("utf-8-sig")
    assert text.splitlines()[0] == "職員番号,氏名,所属,コード,期限"
    codes = codes_of(answer)
    assert "110" not in codes  # has a password and keeps it
    assert len(codes) == 10
    assert all(re.fullmatch(r"[2-9A-HJ-NP-Z]{10}", code) for code in codes.values())
    assert '"' not in codes["121"]
    assert "121,桜井 剛,保育課 入所係," in text
    assert "2026-12-08 10:20" in text
    stored = account(stage, "121").code_hash or ""
    assert codes["121"] not in stored


def test_who_holds_a_good_code_keeps_it_unless_asked(stage: Stage, admin: FlaskClient):
    first = codes_of(make(admin, unit="W11"))
    assert sorted(first) == ["100", "110", "120", "121", "122", "130", "131"]
    assert "121" not in codes_of(make(admin))
    nobody = make(admin, unit="W12")
    assert nobody.status_code == 422
    assert "コードの要る人がいません" in nobody.get_data(as_text=True)
    again = codes_of(make(admin, unit="W12", again="1"))
    assert sorted(again) == ["120", "121", "122"]
    assert again["121"] != first["121"]


def test_slips_eight_a_page_with_what_to_do(stage: Stage, admin: FlaskClient):
    page = make(admin, **{"as": "slips"}).get_data(as_text=True)
    assert page.count('class="slip-sheet"') == 2
    assert page.count('class="slip"') == 11
    assert "瀨戸 恵子" in page
    assert "令和8年12月8日（火）" in page
    assert admin.get("/admin/accounts?q=瀨戸").get_data(as_text=True).count("コード待ち") >= 1


def test_a_code_opens_once_and_asks_for_a_password(stage: Stage, admin: FlaskClient):
    code = codes_of(make(admin, unit="W12"))["121"]
    client = stage.app.test_client()
    typed = f"{code[:5].lower()}-{code[5:]} "
    answer = sign_in(client, "121", typed, next="/city")
    assert (answer.status_code, answer.location) == (302, "/password/change?next=/city")
    # Until then nothing else is open, neither page nor program.
    assert client.get("/me/account").location == "/password/change"
    assert client.get("/api/v1/me").status_code == 401
    again = stage.app.test_client()
    assert sign_in(again, "121", code).status_code == 401
    form = {"new": NEW, "again": NEW, "next": "/city"}
    chosen = post(client, "/password/change", form)
    assert (chosen.status_code, chosen.location) == (302, "/city")
    assert client.get("/api/v1/me").status_code == 200
    assert sign_in(again, "121", NEW).status_code == 302


def test_an_expired_code_opens_nothing(stage: Stage, admin: FlaskClient, at):
    code = codes_of(make(admin, unit="W12"))["121"]
    at("2026-12-08 10:20")
    assert sign_in(stage.app.test_client(), "121", code).status_code == 401
    page = stage.browser("900").get("/admin/accounts").get_data(as_text=True)
    assert "コードの期限切れ" in page


def test_guessing_codes_locks_too(stage: Stage, admin: FlaskClient):
    code = codes_of(make(admin, unit="W12"))["121"]
    client = stage.app.test_client()
    for _ in range(5):
        sign_in(client, "121", passwords.new_code())
    assert sign_in(client, "121", code).status_code == 429


def test_a_reset_ends_password_and_sessions(stage: Stage, admin: FlaskClient):
    give_password(stage.ids["121"])
    client = stage.app.test_client()
    sign_in(client, "121")
    page = post(admin, "/admin/accounts/121/code").get_data(as_text=True)
    found = re.search(r'slip-code">(\w{5}) (\w{5})<', page)
    assert found
    assert client.get("/me/account").status_code == 302
    assert sign_in(client, "121").status_code == 401
    assert sign_in(client, "121", found[1] + found[2]).status_code == 302


def test_an_administrator_unlocks_and_signs_out(stage: Stage, admin: FlaskClient):
    give_password(stage.ids["121"])
    client, other = stage.app.test_client(), stage.app.test_client()
    sign_in(client, "121")
    token = stage.api("121")
    assert token.get("/me").status_code == 200
    for _ in range(5):
        sign_in(other, "121", "wrong")
    assert "まで使えません" in admin.get("/admin/accounts/121").get_data(as_text=True)
    assert post(admin, "/admin/accounts/121/unlock").status_code == 302
    assert sign_in(other, "121").status_code == 302
    assert post(admin, "/admin/accounts/121/sign-out").status_code == 302
    assert client.get("/me/account").status_code == 302
    assert other.get("/me/account").status_code == 302
    assert token.get("/me").status_code == 401


def test_all_of_it_is_in_the_trail_and_no_code_is(
    stage: Stage, admin: FlaskClient, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    codes = codes_of(make(admin))
    post(admin, "/admin/accounts/121/code")
    post(admin, "/admin/accounts/121/unlock")
    post(admin, "/admin/accounts/121/sign-out")
    db.session.rollback()
    trail = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    actions = [entry.action for entry in trail]
    assert actions == ["account.code", "account.code", "account.unlock", "account.signout"]
    assert all(entry.actor_id == stage.ids["900"] for entry in trail)
    kept = caplog.text + str([entry.detail for entry in trail])
    assert not any(code in kept for code in codes.values())


# --- choosing a password --------------------------------------------------------------------


@pytest.fixture
def signed_in(stage: Stage) -> FlaskClient:
    give_password(stage.ids["121"])
    client = stage.app.test_client()
    sign_in(client, "121")
    return client


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"current": PASSWORD, "new": "short", "again": "short"}, "new", "8文字以上"),
        ({"current": PASSWORD, "new": "sakura-121-x", "again": "sakura-121-x"}, "new", "職員番号"),
        ({"current": PASSWORD, "new": "桜井 剛です。こんにちは", "again": "x"}, "new", "氏名"),
        ({"current": PASSWORD, "new": "password2026", "again": "x"}, "new", "よく使われる"),
        ({"current": PASSWORD, "new": NEW, "again": NEW + "x"}, "again", "違います"),
        ({"current": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "new", "前と同じ"),
        (
            {"current": "wrong-one", "new": NEW, "again": NEW},
            "current",
            "いまのパスワードが違います",
        ),
        ({"new": NEW, "again": NEW}, "current", "いまのパスワードを入力"),
    ],
)
def test_a_password_that_does_not_fit_is_refused_at_its_field(
    stage: Stage, signed_in: FlaskClient, form: dict[str, str], field: str, said: str
):
    before = account(stage, "121").password_hash
    answer = post(signed_in, "/password/change", form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    fault = re.search(rf'id="f-{field}-bad">([^<]+)<', page)
    assert fault, page
    assert said in fault[1]
    assert NEW not in page
    assert account(stage, "121").password_hash == before


def test_guessing_the_present_password_locks(signed_in: FlaskClient):
    form = {"current": "wrong-one", "new": NEW, "again": NEW}
    said = [post(signed_in, "/password/change", form).status_code for _ in range(6)]
    assert said == [422, 422, 422, 422, 429, 429]


def test_a_new_password_ends_the_other_sessions(stage: Stage, signed_in: FlaskClient):
    other = stage.app.test_client()
    sign_in(other, "121")
    with signed_in.session_transaction() as session:
        key = session["key"]
    answer = post(signed_in, "/password/change", {"current": PASSWORD, "new": NEW, "again": NEW})
    assert answer.status_code == 302
    assert other.get("/me/account").status_code == 302
    page = signed_in.get(answer.location, follow_redirects=True).get_data(as_text=True)
    assert "パスワードを変えました" in page
    with signed_in.session_transaction() as session:
        assert session["key"] != key
    assert sign_in(other, "121").status_code == 401
    assert sign_in(other, "121", NEW).status_code == 302


def test_no_token_changes_a_password(stage: Stage):
    give_password(stage.ids["121"])
    headers = {"Authorization": f"Bearer {stage.token('121', 'admin')}"}
    form = {"current": PASSWORD, "new": NEW, "again": NEW}
    answer = stage.app.test_client().post("/password/change", data=form, headers=headers)
    assert answer.status_code == 403


# --- a whole town hall ----------------------------------------------------------------------


def test_codes_for_a_whole_town_hall(stage: Stage):
    with transaction():
        for n in range(1393):
            stage.hire(Person(f"7{n:04}", f"若葉 {n}", "わかば", "W22"))
        facts.restamp("org")
    actor = Actor(staff_id=stage.ids["900"], number="900", name="髙橋 里奈")
    people = issuing.holders(now=clock.now())
    batch = issuing.prepare(people, now=clock.now())
    with transaction():
        slips, _ended = issuing.put_in_force(batch, actor=actor, now=clock.now())
    assert len({slip.code for slip in slips}) == 1393 + 11
    assert db.session.scalar(select(SignInSession.id)) is None
