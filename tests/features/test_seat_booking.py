"""Booking a seat: who may, what overlaps, who is told what is free instead, giving up and taking back."""

import threading

import pytest
from sqlalchemy import func, select

from tests.features.seats_at import DAY, TUESDAY, WEDNESDAY, actor_of, book, site
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.core.refusals import Conflict, NotAllowed, NotFound, RuleBroken
from webapp.seats import queries, releasing, service
from webapp.seats.models import SeatBooking
from webapp.seats.service import SeatTaken


def test_one_books_for_oneself_and_colleagues_of_the_kakari(stage: Stage) -> None:
    _, (a, b) = site("駅前", "A-1", "A-2")
    stranger, colleague = actor_of(stage, "220"), actor_of(stage, "120")
    with pytest.raises(NotAllowed), transaction():
        service.book_seat(a, stage.ids["121"], WEDNESDAY, *DAY, actor=stranger, now=clock.now())
    assert db.session.scalar(select(func.count(SeatBooking.id))) == 0
    with transaction():
        row = service.book_seat(
            a, stage.ids["121"], WEDNESDAY, *DAY, actor=colleague, now=clock.now()
        )
    assert (row.staff_id, row.made_by) == (stage.ids["121"], stage.ids["120"])
    assert book(stage, "122", b).state == "booked"


def test_a_double_tap_is_one_booking(stage: Stage) -> None:
    _, (a,) = site("駅前", "A-1")
    assert book(stage, "121", a).id == book(stage, "121", a, request_id=7).id
    assert [row.request_id for row in db.session.scalars(select(SeatBooking))] == [7]


def test_who_comes_second_is_offered_the_nearest(stage: Stage) -> None:
    _, (a, b) = site("駅前", "A-1", "A-2", near="港、北", sort_order=2)
    _, (far,) = site("西", "W-1", sort_order=0)
    _, (north,) = site("北", "N-1", sort_order=1)
    book(stage, "121", a)
    with pytest.raises(SeatTaken) as taken:
        book(stage, "220", a, span=(600, 700))
    assert [seat.id for seat in taken.value.nearest] == [b, north, far]
    assert "A-1 はほかの人が先に予約しました" in taken.value.message
    assert book(stage, "220", a, span=(1035, 1100)).state == "booked"  # touching is not overlapping


def test_one_seat_a_person_at_a_time(stage: Stage) -> None:
    _, (a, b) = site("駅前", "A-1", "A-2")
    book(stage, "121", a, span=(510, 720))
    with pytest.raises(RuleBroken) as fault:
        book(stage, "121", b, span=(700, 800))
    assert "start" in fault.value.fields
    book(stage, "121", b, span=(720, 1035))


@pytest.mark.parametrize(
    ("day", "span", "field"),
    [
        ("2026-11-23", DAY, "day"),
        ("2026-11-24", (510, 600), "end"),
        ("2026-11-25", (600, 600), "end"),
        ("2026-11-25", (600, 1500), "end"),
        ("2027-03-01", DAY, "day"),
        ("2026-11-28", DAY, "start"),  # a Saturday
        ("2026-11-25", (480, 600), "start"),  # before the site opens
    ],
)
def test_times_that_cannot_be_booked(
    stage: Stage, day: str, span: tuple[int, int], field: str
) -> None:
    _, (a,) = site("駅前", "A-1", open_minute=510, close_minute=1200)
    with pytest.raises(RuleBroken) as fault:
        book(stage, "121", a, type(WEDNESDAY).fromisoformat(day), span)
    assert list(fault.value.fields) == [field]
    assert db.session.scalar(select(func.count(SeatBooking.id))) == 0


def test_a_closed_seat_is_not_found(stage: Stage) -> None:
    _, (a,) = site("駅前", "A-1", closed_on=WEDNESDAY)
    book(stage, "121", a, TUESDAY, (660, 700))
    with pytest.raises(NotFound):
        book(stage, "121", a, WEDNESDAY)


def test_cancelling_and_taking_it_back(stage: Stage) -> None:
    site_id, (a,) = site("駅前", "A-1")
    row = book(stage, "121", a)
    me, other = actor_of(stage, "121"), actor_of(stage, "220")
    with pytest.raises(NotFound), transaction():
        service.cancel_seat(row.id, actor=other, now=clock.now())
    with transaction():
        service.cancel_seat(row.id, actor=me, now=clock.now())
    assert [seat.id for seat in queries.free_seats(site_id, WEDNESDAY, *DAY)] == [a]
    with pytest.raises(Conflict), transaction():
        service.cancel_seat(row.id, actor=me, now=clock.now())
    with transaction():
        service.restore_seat(row.id, actor=me, now=clock.now())
    assert queries.free_seats(site_id, WEDNESDAY, *DAY) == []
    with transaction():
        service.cancel_seat(row.id, actor=me, now=clock.now())
    book(stage, "220", a)
    with pytest.raises(SeatTaken), transaction():
        service.restore_seat(row.id, actor=me, now=clock.now())


def test_a_refused_request_frees_its_seat(stage: Stage) -> None:
    site_id, (a, b) = site("駅前", "A-1", "A-2")
    book(stage, "121", a, request_id=7)
    book(stage, "122", b, request_id=8)
    with transaction():
        assert releasing.release_of_request(7, now=clock.now()) == 1
    assert [seat.id for seat in queries.free_seats(site_id, WEDNESDAY, *DAY)] == [a]


def test_twenty_at_once_for_one_seat(stage: Stage) -> None:
    """Exactly one gets it; everybody else is told, with the nearest free ones."""
    _, (a, b, c) = site("駅前", "A-1", "A-2", "A-3")
    numbers = ["100", "110", "120", "121", "122", "130", "131", "200", "220", "800"] * 2
    won: list[str] = []
    told: list[list[int]] = []
    gate = threading.Barrier(len(numbers))

    def run(number: str) -> None:
        with stage.app.app_context():
            actor = actor_of(stage, number)
            gate.wait()
            try:
                with transaction():
                    service.book_seat(
                        a, actor.staff_id, WEDNESDAY, *DAY, actor=actor, now=clock.now()
                    )
                won.append(number)
            except SeatTaken as taken:
                told.append([seat.id for seat in taken.nearest])
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (
        len(set(won)) == 1
    )  # each came twice: the second call of the winner finds the same booking
    assert len(won) == 2
    assert told == [[b, c]] * 18
    held = select(func.count(SeatBooking.id)).where(SeatBooking.state == "booked")
    assert db.session.scalar(held) == 1
