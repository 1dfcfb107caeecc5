"""The statement at the head of every request: what it finds, what it leaves behind, and what it raises in trouble."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import String, bindparam, create_engine, literal_column, select, text
from sqlalchemy.exc import OperationalError

from tests.stage import Stage
from webapp.accounts.models import ApiToken
from webapp.accounts.queries import by_token, hashed
from webapp.core import facts
from webapp.core.db import db, transaction
from webapp.core.prepared import Prepared

WHO = Prepared(lambda _: by_token().add_columns(facts.as_text()))


def given(secret: str) -> dict[str, str]:
    return {"secret": hashed(secret)}


def test_it_finds_what_the_session_finds(stage: Stage) -> None:
    secret = stage.token("121")
    with transaction():
        ends_at = datetime(2027, 3, 31, 14, 59, 59, 123456, tzinfo=UTC)
        db.session.query(ApiToken).update({"expires_at": ends_at})
    row = WHO.row(db.engine, given(secret))
    by_session = db.session.execute(by_token().add_columns(facts.as_text()), given(secret)).one()
    assert row == tuple(by_session)
    assert row is not None
    assert row[3] == ends_at
    assert WHO.row(db.engine, given("zsk_other")) is None


def test_the_facts_of_one_text_are_those_of_the_table(stage: Stage) -> None:
    with transaction():
        facts.put("odd", "a=b 在席")
        facts.restamp("lines")
    read = facts.all_facts() | {}
    facts.take(db.session.scalar(select(facts.as_text())))
    assert facts.all_facts() == read
    assert facts.get("odd") == "a=b 在席"


def test_it_leaves_no_transaction_open(stage: Stage) -> None:
    """A read mark left behind would stop SQLite's checkpoint; an open transaction on PostgreSQL its vacuum."""
    for _ in range(3):
        WHO.row(db.engine, given(stage.token("121")))
    assert db.engine.pool.checkedout() <= 1  # type: ignore[attr-defined]
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        assert busy == 0
    else:
        query = text("select count(*) from pg_stat_activity where state like 'idle in trans%'")
        with db.engine.connect() as connection:
            assert connection.scalar(query) == 0


def test_it_sees_what_is_committed_alone(stage: Stage) -> None:
    secret = stage.token("121")
    with transaction():
        db.session.query(ApiToken).update({"scopes": "admin"})
        db.session.flush()
        row = WHO.row(db.engine, given(secret))
    assert row is not None
    assert row[2] == "self"


def test_trouble_is_named_as_everywhere_else(stage: Stage) -> None:
    """The handlers of errors know SQLAlchemy's names, not the driver's."""
    nowhere = create_engine("sqlite:////nowhere/at/all.db")
    with pytest.raises(OperationalError, match="unable to open"):
        WHO.row(nowhere, given("x"))
    if db.engine.dialect.name == "sqlite":
        broken = Prepared(lambda _: select(literal_column("no_such_function()")))
        with pytest.raises(OperationalError, match="no_such_function"):
            broken.row(db.engine, {})
        assert WHO.row(db.engine, given(stage.token("121"))) is not None


def test_parameters_go_where_they_belong(stage: Stage) -> None:
    """By place on SQLite, by name on PostgreSQL, also twice, also beside constants."""
    a, b = bindparam("a", type_=String), bindparam("b", type_=String)
    statement = Prepared(lambda _: select(b + "-" + a, a + "%", literal_column("7")))
    row = statement.row(db.engine, {"a": "1", "b": "2"})
    assert row == ("2-1", "1%", 7)
