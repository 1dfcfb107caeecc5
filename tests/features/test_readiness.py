"""When the database is gone, hangs or is full, or Redis is: /readyz, pages, programs and the log say so in words."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg2
import pytest
import redis
from flask import Flask
from sqlalchemy import create_engine, event, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tests.doors import csrf
from tests.stage import Stage
from webapp.core import clock, migrate, trouble
from webapp.core.db import DatabaseBusy, db, transaction
from webapp.core.models import StoredSetting
from webapp.core.outages import BUSY, DAMAGED, FULL, GONE, READ_ONLY, REDIS, recognised
from webapp.errors import READING, WRITING
from webapp.operation import health
from webapp.presence import service as presence
from webapp.standup.models import StandupNote


@pytest.fixture(autouse=True)
def no_trouble() -> Iterator[None]:
    trouble.forget_all()
    yield
    trouble.forget_all()


def ready(app: Flask) -> tuple[int, dict[str, str]]:
    answer = app.test_client().get("/readyz")
    return answer.status_code, answer.json["faults"]  # type: ignore[index]


def broken(*_: Any, **__: Any) -> None:
    raise OperationalError("SELECT", {}, Exception("server closed the connection unexpectedly"))


# --- /readyz ---------------------------------------------------------------------------------


def test_ready_when_all_is_well(stage: Stage) -> None:
    assert ready(stage.app) == (200, {})


def test_a_database_behind_is_named(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "newest_revision", lambda: "9999")
    status, faults = ready(stage.app)
    assert status == 503
    assert "zaiseki migrate" in faults["migrations"]


def test_a_database_gone_is_named_and_logged_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as gone:
        gone.setattr(migrate, "current_revision", broken)
        for _ in range(3):
            status, faults = ready(stage.app)
            assert status == 503
            assert faults["database"] == GONE.words
    assert ready(stage.app) == (200, {})
    told = [one.getMessage() for one in caplog.records if "ready" in one.getMessage()]
    assert len(told) == 2
    assert told[0].startswith("not ready: database")
    assert told[1] == "ready again"


def test_a_database_that_hangs_is_named_in_time_and_asked_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, asked = threading.Event(), []

    def hangs() -> str:
        asked.append(1)
        let_go.wait(30)
        return "9999"

    monkeypatch.setattr(migrate, "current_revision", hangs)
    monkeypatch.setattr(health, "WITHIN_S", 0.05)
    readiness = health.Readiness()
    try:
        for _ in range(3):
            assert "答えがありません" in readiness.faults(stage.app, 0.05)["database"]
        assert len(asked) == 1
    finally:
        let_go.set()
    assert "migrations" in readiness.faults(stage.app, 10)


def test_a_redis_gone_is_named(stage: Stage) -> None:
    config = stage.app.config["ZAISEKI"]
    stage.app.config["ZAISEKI"] = replace(config, redis_url="redis://127.0.0.1:1/0")
    status, faults = ready(stage.app)
    assert status == 503
    assert faults["redis"] == REDIS.words


def test_a_disk_nearly_full_is_named(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "free_bytes", lambda _config: 1_000_000)
    status, faults = ready(stage.app)
    assert status == 503
    assert "残り 0 MB" in faults["disk"]


def test_healthz_asks_nobody_and_shows_what_is_known(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "current_revision", broken)
    trouble.tell("the pump", OperationalError("SELECT", {}, Exception("connection refused")))
    answer = stage.app.test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json["status"] == "ok"  # type: ignore[index]
    assert answer.json["troubles"] == {"the pump": GONE.words}  # type: ignore[index]


# --- a full disk, for real --------------------------------------------------------------------


@pytest.fixture
def full_disk(stage: Stage) -> Iterator[Stage]:
    """No page more than there are: what SQLite answers is what it answers on a full disk."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the limit of pages is SQLite's")

    def limit(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", limit)
    yield stage
    event.remove(db.engine, "connect", limit)
    db.session.remove()
    db.engine.dispose()


def test_a_full_disk_refuses_what_cannot_be_saved_and_says_so(full_disk: Stage) -> None:
    """Whatever was answered with yes is there, whatever was not is not, and reading goes on."""
    me = full_disk.api("121")
    with pytest.raises(OperationalError, match="full"):
        _fill_up()
    path, kept = "/me/standup/2026-11-24/morning", ["短く"]
    assert me.call("PUT", path, json={"lines": kept}).status_code == 200
    much = [f"{number} " + "長い予定" * 45 for number in range(20)]
    answer = me.call("PUT", path, json={"lines": much})
    assert answer.status_code == 503
    assert answer.json["error"]["message"] == FULL.people
    assert int(answer.headers["Retry-After"]) > 0
    db.session.rollback()
    assert db.session.scalars(select(StandupNote.lines)).one() == kept
    assert me.get("/me").status_code == 200
    assert trouble.current()[WRITING] == FULL.words


def _fill_up() -> None:
    """Every free page taken: the next row that needs one finds none."""
    for count in range(10_000):
        with transaction() as session:
            row = StoredSetting(
                key=f"filling.{count}", unit_code="", value="x" * 3000, changed_at=clock.now()
            )
            session.add(row)


def test_it_is_over_with_the_first_write_that_succeeds(stage: Stage) -> None:
    trouble.tell(WRITING, OperationalError("INSERT", {}, Exception("database or disk is full")))
    trouble.tell(READING, OperationalError("SELECT", {}, Exception("connection refused")))
    browser = stage.browser("121")
    assert browser.get("/me/today").status_code in {200, 302, 404}
    stage.api("121").get("/me")
    assert READING not in trouble.current()
    assert WRITING in trouble.current()
    assert stage.api("121").post("/me/status", {"state": "busy"}).status_code == 200
    assert trouble.current() == {}


def test_readyz_tries_to_write_when_a_write_has_failed(stage: Stage) -> None:
    trouble.tell(WRITING, OperationalError("INSERT", {}, Exception("database or disk is full")))
    assert ready(stage.app) == (200, {})
    assert trouble.current() == {}


# --- what people see ---------------------------------------------------------------------------


def test_a_form_that_could_not_be_saved_can_be_sent_again_from_the_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = stage.browser("121")
    form = {
        "csrf_token": csrf(browser),
        "to": "122",
        "body": "保育料の<件>で\n折り返し",
        "key": "k1",
    }
    with monkeypatch.context() as gone:
        gone.setattr("webapp.messages.memo_pages.transaction", broken)
        page = browser.post("/messages/new?from=card", data=form)
    assert page.status_code == 503
    assert GONE.people in page.text
    assert "もう一度送る" in page.text
    assert 'action="/messages/new?from=card"' in page.text
    for name, value in form.items():
        shown = value.replace("<", "&lt;").replace(">", "&gt;")
        assert f'<input type="hidden" name="{name}" value="{shown}">' in page.text


@pytest.mark.parametrize("secret", ["password", "pin", "new"])
def test_a_secret_is_never_written_into_an_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    browser = stage.browser("121")
    form = {"csrf_token": csrf(browser), "number": "121", secret: "very-secret"}
    monkeypatch.setattr("webapp.accounts.queries.actor_for_session", broken)
    page = browser.post("/me/kiosk-pin", data=form)
    assert page.status_code == 503
    assert "very-secret" not in page.text


def test_a_page_that_is_missing_is_so_without_a_database(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = stage.browser("121")
    monkeypatch.setattr("webapp.accounts.queries.actor_for_session", broken)
    page = browser.get("/no/such/page")
    assert page.status_code == 404
    assert "ページが見つかりません" in page.text


def test_a_program_gets_json_with_a_time_to_try_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = stage.api("121")
    monkeypatch.setattr(presence, "set_status", broken)
    answer = me.post("/me/status", {"state": "busy"})
    assert answer.status_code == 503
    assert answer.json["error"]["code"] == "unavailable"
    assert answer.json["error"]["message"] == GONE.people
    assert answer.headers["Retry-After"] == "5"


def test_an_outage_is_one_line_of_the_log_however_many_ask(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    me = stage.api("121")
    with monkeypatch.context() as gone:
        gone.setattr(presence, "set_status", broken)
        for _ in range(20):
            me.post("/me/status", {"state": "busy"})
    assert len([one for one in caplog.records if one.levelno >= logging.ERROR]) == 1
    me.get("/me")
    assert "works again" in caplog.records[-1].getMessage()


# --- which error means what ---------------------------------------------------------------------


class _Postgres(psycopg2.OperationalError):
    def __init__(self, state: str | None) -> None:
        super().__init__("told by the server")
        self._state = state

    @property
    def pgcode(self) -> str | None:
        return self._state


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (sqlite3.OperationalError("database or disk is full"), FULL),
        (sqlite3.OperationalError("disk I/O error"), FULL),
        (sqlite3.OperationalError("attempt to write a readonly database"), READ_ONLY),
        (sqlite3.OperationalError("database is locked"), BUSY),
        (sqlite3.DatabaseError("database disk image is malformed"), DAMAGED),
        (sqlite3.DatabaseError("file is not a database"), DAMAGED),
        (sqlite3.OperationalError("unable to open database file"), GONE),
        (_Postgres("53100"), FULL),
        (_Postgres("53300"), BUSY),
        (_Postgres("57P01"), GONE),
        (_Postgres("57P03"), GONE),
        (_Postgres("08006"), GONE),
        (_Postgres(None), GONE),
        (_Postgres("25006"), READ_ONLY),
        (_Postgres("40P01"), None),
        (psycopg2.InterfaceError("connection already closed"), GONE),
        (psycopg2.ProgrammingError("no such table"), None),
        (sqlite3.OperationalError("no such table: staff"), None),
    ],
)
def test_what_the_drivers_say(error: Exception, outage: object) -> None:
    wrapped = DBAPIError.instance("SELECT", {}, error, type(error).__mro__[-3])
    if not isinstance(wrapped, DBAPIError):
        wrapped = OperationalError("SELECT", {}, error)
    assert recognised(wrapped) is outage
    assert recognised(error) is outage  # as a plain cursor raises it


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (DatabaseBusy(), BUSY),
        (PoolTimeout(), BUSY),
        (OSError(28, "No space left on device"), FULL),
        (OSError(2, "No such file"), None),
        (redis.ConnectionError("refused"), REDIS),
        (redis.TimeoutError("late"), REDIS),
        (ValueError("our own"), None),
    ],
)
def test_what_others_say(error: Exception, outage: object) -> None:
    assert recognised(error) is outage


def test_a_real_refusal_of_a_connection_is_known() -> None:
    engine = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
    with pytest.raises(OperationalError) as raised:
        engine.connect()
    assert recognised(raised.value) is GONE


# --- told once ----------------------------------------------------------------------------------


def test_an_unknown_error_keeps_its_traceback_once(caplog: pytest.LogCaptureFixture) -> None:
    def fails(error: Exception) -> None:
        with trouble.told("the pump"):
            raise error

    for number in range(5):
        fails(ValueError(f"a fault of our own {number}"))
    assert len(caplog.records) == 1
    assert caplog.records[0].exc_info is not None
    for _ in range(5):  # two that take turns are two lines, not one a round
        fails(KeyError("another"))
        fails(ValueError("and the first again"))
    assert len(caplog.records) == 2
    assert trouble.current() == {"the pump": "ValueError（記録を見てください）"}
    with trouble.told("the pump"):
        pass
    with trouble.told("the pump"):
        pass
    assert len(caplog.records) == 3
    assert "15 failures" in caplog.records[-1].getMessage()
