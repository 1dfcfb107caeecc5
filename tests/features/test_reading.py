"""Selects made once say what SQLAlchemy says of the same select, on both databases."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, func, literal_column, select
from sqlalchemy.exc import DBAPIError

from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.core.reading import MOST_AMONG, among, read
from webapp.presence.models import StatusClaim
from webapp.realtime.models import RowVersion

CLAIM: Any = StatusClaim.__table__
ALL = select(CLAIM).where(among(CLAIM.c.staff_id)).order_by(CLAIM.c.id)
LATER = (
    select(CLAIM.c.staff_id, CLAIM.c.since)
    .where(CLAIM.c.since >= bindparam("since"), CLAIM.c.state == "busy", among(CLAIM.c.staff_id))
    .order_by(CLAIM.c.staff_id)
)


@pytest.fixture
def said(stage: Stage) -> list[int]:
    """Four people with a claim each."""
    people = sorted(stage.ids.values())[:4]
    with transaction():
        for minute, staff_id in enumerate(people):
            since = clock.now() + timedelta(minutes=minute)
            db.session.add(
                StatusClaim(
                    staff_id=staff_id, source="manual", state="busy", since=since, set_by=staff_id
                )
            )
    return people


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 100, MOST_AMONG, MOST_AMONG + 1])
def test_a_list_of_any_length(said: list[int], size: int) -> None:
    ids = [said[i % 3] for i in range(size)]
    asked = select(CLAIM).where(CLAIM.c.staff_id.in_(ids)).order_by(CLAIM.c.id)
    expected = [tuple(row) for row in db.session.execute(asked)]
    found = read(ALL, ids=ids)
    assert [tuple(row) for row in found] == expected
    assert [row.staff_id for row in found] == [row[1] for row in expected]
    assert found[0].since.tzinfo is not None


def test_a_list_of_any_kind(said: list[int]) -> None:
    for ids in (set(said), dict.fromkeys(said).keys(), tuple(said)):
        assert len(read(ALL, ids=ids)) == 4


def test_nobody_is_found_among_none(said: list[int]) -> None:
    assert list(read(ALL, ids=[])) == []


def test_instants_and_constants(said: list[int]) -> None:
    since = clock.now() + timedelta(minutes=2)
    found = read(LATER, since=since, ids=said)
    assert [(row.staff_id, row.since) for row in found] == [
        (said[2], since),
        (said[3], since + timedelta(minutes=1)),
    ]


def test_an_instant_is_compared_as_it_is_stored_from_whatever_zone(said: list[int]) -> None:
    """As the driver of SQLite writes it, `+00:00` would stand where the fraction begins: never equal."""
    until = select(CLAIM.c.staff_id).where(CLAIM.c.since <= bindparam("until"))
    query = until.order_by(CLAIM.c.staff_id)
    for at in (clock.now(), clock.to_tokyo(clock.now())):
        assert [row.staff_id for row in read(query, until=at)] == said[:1]
        assert len(read(query, until=at + timedelta(minutes=1))) == 2


def test_days_come_back_as_days(stage: Stage) -> None:
    from webapp.org.models import Posting

    term: Any = Posting.__table__.c
    query = select(term.starts_on).where(term.starts_on <= bindparam("day"))
    found = read(query, day=date(2026, 11, 24))
    assert found
    assert all(type(row.starts_on) is date for row in found)
    assert read(query, day=date(1999, 1, 1)) == []


def test_what_the_transaction_has_pending_is_read(said: list[int]) -> None:
    with transaction():
        now = clock.now()
        db.session.add(
            StatusClaim(staff_id=said[0], source="manual", state="dnd", since=now, set_by=said[0])
        )
        assert [row.state for row in read(ALL, ids=said[:1])] == ["busy", "dnd"]


def test_an_error_is_as_from_sqlalchemy_and_the_session_goes_on(said: list[int]) -> None:
    broken: Any = select(literal_column("no_such_column")).select_from(RowVersion.__table__)
    with pytest.raises(DBAPIError, match="no_such_column"):
        read(broken)
    db.session.rollback()
    assert len(read(ALL, ids=said)) == 4


def test_a_lost_connection_is_given_up(said: list[int]) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("there is no connection to lose")
    read(ALL, ids=said)
    pid = db.session.scalar(select(func.pg_backend_pid()))
    with db.engine.connect() as other:
        other.execute(select(func.pg_terminate_backend(pid)))
    with pytest.raises(DBAPIError) as lost:
        read(ALL, ids=said)
    assert lost.value.connection_invalidated
    db.session.rollback()
    assert len(read(ALL, ids=said)) == 4
