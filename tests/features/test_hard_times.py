"""When the server itself is in trouble: the answer says so, and nothing is left half done."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.presence import service
from webapp.presence.models import StatusClaim


def test_a_database_gone_is_a_calm_page_and_503(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = stage.browser("121")

    def gone(*_: Any, **__: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("could not connect"))

    monkeypatch.setattr("webapp.accounts.queries.actor_for_session", gone)
    monkeypatch.setattr("webapp.accounts.queries.actor_for_token", gone)
    page = browser.get("/board/W12")
    assert page.status_code == 503
    assert "データベースに接続できません" in page.text
    assert int(page.headers["Retry-After"]) > 0
    answer = stage.app.test_client().get(
        "/api/v1/me", headers={"Authorization": "Bearer zsk_whatever"}
    )
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "unavailable")  # type: ignore[index]


def test_a_huge_call_is_refused_before_it_is_parsed(stage: Stage) -> None:
    answer = stage.api("121").post("/me/status", {"state": "busy", "note": "x" * 300_000})
    assert answer.status_code == 413
    assert answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("until", "now", "left"),
    [
        ("11:00", "2026-11-24T10:59", 1),
        ("11:00", "2026-11-24T11:01", 0),
        (None, "2026-11-24T23:30", 1),
        (None, "2026-11-25T00:30", 1),  # a night may still run
        (None, "2026-11-25T03:00", 0),
    ],
)
def test_no_history_of_states_is_kept(stage: Stage, until: str | None, now: str, left: int) -> None:
    body = {"state": "busy"} | ({"until": f"2026-11-24T{until}:00+09:00"} if until else {})
    stage.api("121").post("/me/status", body)
    clock.freeze(datetime.fromisoformat(f"{now}+09:00").astimezone(UTC))
    with transaction():
        service.forget_spent_claims(now=clock.now())
    assert len(db.session.scalars(select(StatusClaim)).all()) == left
