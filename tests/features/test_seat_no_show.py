"""Who reported from the site has the seat; who did not is told that it is free again. Also retention and own data."""

from typing import Any

import pytest

from tests.features.seats_at import TUESDAY, book, borrow, item, site
from tests.stage import Stage
from webapp import jobs
from webapp.accounts import owndata
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.notices.models import Notice
from webapp.seats import queries
from webapp.seats.models import LoanBooking, SeatBooking
from webapp.seats.rules import Span
from webapp.seats.settings import NO_SHOW

AFTERNOON = (780, 1035)


def minute(stage: Stage) -> str:
    jobs.free_seats(stage.app)
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(SeatBooking).one().state


@pytest.fixture
def seat(stage: Stage) -> int:
    stage.telework("121")
    return site("駅前", "A-1")[1][0]


def test_nobody_came_and_is_told(stage: Stage, seat: int, at) -> None:
    book(stage, "121", seat, TUESDAY, AFTERNOON)
    at("2026-11-24 13:29")
    assert minute(stage) == "booked"
    at("2026-11-24 13:30")
    with stage.frames() as sent:
        assert minute(stage) == "released"
    assert ("seat", "seats:page") in {(event, room) for event, _, room in sent}
    assert ("notice", "121:person") in {(event, room) for event, _, room in sent}
    (told,) = db.session.query(Notice).all()
    assert told.staff_id == stage.ids["121"]
    assert "13:00〜17:15 駅前 A-1: 始業の報告がなかったため" in told.text
    assert [s.id for s in queries.free_everywhere(TUESDAY, Span(*AFTERNOON))] == [seat]
    assert minute(stage) == "released"
    assert db.session.query(Notice).count() == 1


@pytest.mark.parametrize(
    ("place", "where", "state"),
    [
        ("satellite", "駅前", "used"),
        ("satellite", None, "used"),
        ("satellite", "北", "released"),
        ("home", None, "released"),
        ("office", "駅前", "used"),
    ],
)
def test_by_where_the_report_came_from(
    stage: Stage, seat: int, at, place: str, where: str | None, state: str
) -> None:
    book(stage, "121", seat, TUESDAY, AFTERNOON)
    at("2026-11-24 13:05")
    more = {"site": where} if where else {}
    stage.api("121").punch("start", "k1", place=place, **more)
    at("2026-11-24 13:31")
    assert minute(stage) == state


def test_a_late_booking_waits_from_when_it_was_made(stage: Stage, seat: int, at) -> None:
    at("2026-11-24 15:00")
    book(stage, "121", seat, TUESDAY, AFTERNOON)
    at("2026-11-24 15:29")
    assert minute(stage) == "booked"
    at("2026-11-24 15:30")
    assert minute(stage) == "released"


def test_nought_minutes_is_off(stage: Stage, seat: int, at) -> None:
    with transaction():
        settings.put(NO_SHOW, 0, by=None, now=clock.now())
    book(stage, "121", seat, TUESDAY, AFTERNOON)
    at("2026-11-24 16:59")
    assert minute(stage) == "booked"


def test_who_makes_no_report_keeps_the_seat(stage: Stage, at) -> None:
    """Planned at the office: no report is due by default, so nobody can tell who came."""
    _, (seat,) = site("駅前", "A-1")
    book(stage, "122", seat, TUESDAY, AFTERNOON)
    at("2026-11-24 16:59")
    assert minute(stage) == "booked"


def test_old_bookings_are_forgotten_and_what_is_out_is_not(stage: Stage, at) -> None:
    _, (seat,) = site("駅前", "A-1")
    phone, other = item("K-1"), item("K-2")
    book(stage, "121", seat, TUESDAY, AFTERNOON)
    borrow(stage, "121", phone, TUESDAY, AFTERNOON)
    out = borrow(stage, "121", other, TUESDAY, AFTERNOON)
    with transaction():
        db.session.get_one(LoanBooking, out.id).state = "out"
    titles: Any = owndata.stored_about(stage.ids["121"])
    assert titles["席の予約"][0]["席"] == "駅前 A-1"
    assert len(titles["貸出"]) == 2
    at("2027-02-22 09:00")
    jobs.every_hour(stage.app)
    db.session.rollback()
    assert db.session.query(SeatBooking).count() == 1
    at("2027-02-23 09:00")
    jobs.every_hour(stage.app)
    db.session.rollback()
    assert db.session.query(SeatBooking).count() == 0
    assert [row.state for row in db.session.query(LoanBooking)] == ["out"]
