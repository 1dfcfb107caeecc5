"""API tokens: made on the account page or the command line, worth no more than their person."""

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.doors import PASSWORD, post, sign_in
from tests.stage import Person, Stage
from webapp.accounts import lockout, signing, tokens
from webapp.accounts.commands import create_admin, token_group
from webapp.accounts.models import Account, ApiToken
from webapp.accounts.queries import hashed
from webapp.accounts.rules import Scope
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.org.models import Posting


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "SHORTEST_REFUSAL_S", 0.0)
    lockout.forget()


def bearer(stage: Stage, secret: str, path: str = "/api/v1/me") -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return stage.app.test_client().get(path, headers=headers).status_code


def create(client: FlaskClient, *scopes: str, label: str = "受付の表示板", **more: str) -> Any:
    return post(client, "/me/account/tokens", {"label": label, "scopes": list(scopes)} | more)


def secret_of(answer: Any) -> str:
    found = re.search(r'id="once"[^>]*>(zsk_[\w-]{43})<', answer.get_data(as_text=True))
    assert found
    return found[1]


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(ApiToken.id))) or 0


def test_a_token_is_shown_once_and_kept_as_a_hash(stage: Stage):
    me = stage.browser("121")
    answer = create(me, "self")
    assert answer.status_code == 201
    secret = secret_of(answer)
    assert bearer(stage, secret) == 200
    page = me.get("/me/account").get_data(as_text=True)
    assert secret not in page
    assert "受付の表示板" in page
    assert db.session.scalar(select(ApiToken.token_hash)) == hashed(secret)


@pytest.mark.parametrize("scope", ["unit:write", "org:read", "punch:write", "admin"])
def test_nobody_gives_more_than_they_have(stage: Stage, scope: str):
    answer = create(stage.browser("121"), "self", scope)
    assert answer.status_code == 422
    assert "できることを選んでください" in answer.get_data(as_text=True)
    assert "受付の表示板" in answer.get_data(as_text=True)  # what was typed stays
    assert count() == 0
    assert create(stage.browser("900"), scope).status_code == (
        422 if "write" in scope and "unit" in scope else 201
    )


def test_a_scope_that_is_missing_is_refused(stage: Stage):
    only_read = stage.token("121", "unit:read")
    assert bearer(stage, only_read) == 403
    assert bearer(stage, stage.token("121", "self")) == 200


def test_a_token_ends_on_its_day_and_when_revoked(stage: Stage, at):
    me = stage.browser("121")
    short, long = secret_of(create(me, "self", days="30")), secret_of(create(me, "self"))
    at("2026-12-24 10:21")
    assert bearer(stage, short) == 401
    assert bearer(stage, long) == 200
    token_id = db.session.scalar(select(ApiToken.id).filter_by(token_hash=hashed(long)))
    stranger = stage.browser("122")
    assert post(stranger, f"/me/account/tokens/{token_id}/revoke").status_code == 404
    assert bearer(stage, long) == 200
    assert post(me, f"/me/account/tokens/{token_id}/revoke").status_code == 302
    assert bearer(stage, long) == 401


def test_a_token_makes_no_token(stage: Stage):
    headers = {"Authorization": f"Bearer {stage.token('900', 'admin')}"}
    answer = stage.app.test_client().post(
        "/me/account/tokens", data={"label": "x", "scopes": ["admin"]}, headers=headers
    )
    assert answer.status_code == 403
    assert count() == 1


def test_the_token_of_somebody_who_left_is_refused(stage: Stage, at):
    secret = stage.token("121")
    with transaction():
        posting = db.session.scalars(select(Posting).filter_by(staff_id=stage.ids["121"])).one()
        posting.ends_on = date(2026, 11, 24)
    assert bearer(stage, secret) == 200
    at("2026-11-25 08:00")
    assert bearer(stage, secret) == 401


# --- commands -------------------------------------------------------------------------------


def run(command: Any, *args: str, **kwargs: Any) -> Any:
    return CliRunner().invoke(command, list(args), **kwargs)


def test_one_token_alone_on_one_line(stage: Stage):
    result = run(token_group, "create", "--staff", "121", "--scope", "self,unit:read")
    assert result.exit_code == 0
    assert re.fullmatch(r"zsk_[\w-]{43}\n", result.stdout)
    assert bearer(stage, result.stdout.strip()) == 200
    assert db.session.scalar(select(ApiToken.scopes)) == "self unit:read"


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (["--staff", "999", "--scope", "self"], 1),
        (["--staff", "121", "--scope", "all"], 2),
        (["--staff", "121"], 2),
        (["--scope", "self"], 2),
        (["--all", "--scope", "self"], 2),
        (["--all", "--staff", "121", "--scope", "self", "--csv"], 2),
        (["--all", "--scope", "self", "--csv"], 1),
    ],
)
def test_wrong_use_and_refusals_change_nothing(stage: Stage, args: list[str], status: int):
    result = run(token_group, "create", *args)
    assert result.exit_code == status
    assert result.stdout == ""
    assert result.stderr
    assert count() == 0


def test_tokens_for_everybody(stage: Stage):
    result = run(token_group, "create", "--all", "--scope", "self", "--csv", "--yes")
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == ["職員番号", "所属コード", "token"]
    assert {row["職員番号"]: row["所属コード"] for row in rows}["121"] == "W12"
    assert len(rows) == 11
    assert bearer(stage, rows[3]["token"]) == 200


def test_a_demonstration_needs_no_yes(stage: Stage):
    with transaction():
        facts.put("demonstration", "1")
    result = run(token_group, "create", "--all", "--scope", "self", "--csv")
    assert result.exit_code == 0


def test_tokens_for_thousands_at_once(stage: Stage):
    with transaction():
        for n in range(2000):
            stage.hire(Person(f"7{n:04}", f"若葉 {n}", "わかば", "W22"))
    ids = [stage.ids[f"7{n:04}"] for n in range(2000)]
    with transaction():
        made = tokens.create_many(ids, tokens.Wish("x", frozenset({Scope.SELF})), now=clock.now())
    assert len(set(made.values())) == 2000


def test_the_first_administrator(stage: Stage, client: FlaskClient):
    args = ("--number", "1", "--name", "情報政策課 山田", "--password-stdin")
    assert run(create_admin, *args, input="12345678\n").exit_code == 1
    assert run(create_admin, *args, input=f"{PASSWORD}\n").exit_code == 0
    assert sign_in(client, "1").status_code == 302
    assert client.get("/admin/accounts").status_code == 200
    assert "情報政策課 山田" in client.get("/me/account").get_data(as_text=True)
    again = run(create_admin, *args, input="another-word-77\n")
    assert again.exit_code == 1
    assert "--reset" in again.stderr
    assert run(create_admin, *args, "--reset", input="another-word-77\n").exit_code == 0
    assert client.get("/me/account").status_code == 302
    assert sign_in(client, "1", "another-word-77").status_code == 302
    assert PASSWORD not in str(db.session.scalars(select(Account.password_hash)).all())


def test_tokens_by_command_do_not_end(stage: Stage, at):
    secret = run(token_group, "create", "--staff", "121", "--scope", "self").stdout.strip()
    at((date(2026, 11, 24) + timedelta(days=900)).isoformat() + " 09:00")
    assert bearer(stage, secret) == 200
