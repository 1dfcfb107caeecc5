"""貸出物品・回線: booking, handing over, the telephone on the board, and the cap of テレワーク可能."""

import threading

import pytest
from sqlalchemy import func, select

from tests.features.seats_at import DAY, TUESDAY, WEDNESDAY, actor_of, borrow, item
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.core.refusals import Conflict, NotAllowed, NotFound, RuleBroken
from webapp.coverage import queries as coverage
from webapp.seats import loans, queries, releasing
from webapp.seats.models import LoanBooking, LoanItem


def test_what_a_unit_owns_is_for_its_people(stage: Stage) -> None:
    own = item("K-1", unit_id=stage.units["W11"])
    with pytest.raises(NotFound):
        borrow(stage, "220", own)
    assert borrow(stage, "121", own).state == "booked"  # of a 係 of the 課


def test_one_thing_for_one_person_at_a_time(stage: Stage) -> None:
    phone, other = item("K-1"), item("K-2")
    borrow(stage, "121", phone, span=(510, 720))
    with pytest.raises(Conflict) as taken:
        borrow(stage, "122", phone, span=(600, 800))
    assert "「K-2」は空いています" in taken.value.message
    borrow(stage, "122", phone, span=(720, 800))
    borrow(stage, "131", other, span=(600, 800))


def test_over_several_days_it_stays_away_overnight(stage: Stage) -> None:
    phone = item("K-1")
    thursday = WEDNESDAY.replace(day=26)
    borrow(stage, "121", phone, last_day=thursday)
    with pytest.raises(Conflict):
        borrow(stage, "122", phone, thursday, (480, 500))
    borrow(stage, "122", phone, thursday, (1035, 1100))
    with pytest.raises(RuleBroken) as fault:
        borrow(stage, "131", phone, WEDNESDAY, last_day=TUESDAY)
    assert list(fault.value.fields) == ["last_day"]


def test_handing_over_and_taking_back(stage: Stage) -> None:
    phone = item("K-1", unit_id=stage.units["W11"])
    row = borrow(stage, "121", phone, TUESDAY, (630, 720))
    person, chief, stranger = (actor_of(stage, number) for number in ("121", "100", "200"))
    with pytest.raises(NotAllowed), transaction():
        loans.hand_over(row.id, actor=person, now=clock.now())
    with pytest.raises(NotFound), transaction():
        loans.hand_over(row.id, actor=stranger, now=clock.now())
    with transaction():
        assert loans.hand_over(row.id, actor=chief, now=clock.now()).state == "out"
    with pytest.raises(Conflict), transaction():
        loans.hand_over(row.id, actor=chief, now=clock.now())
    with pytest.raises(Conflict), transaction():
        loans.cancel_item(row.id, actor=person, now=clock.now())
    with transaction():
        assert loans.take_back(row.id, actor=chief, now=clock.now()).state == "returned"
    borrow(stage, "122", phone, TUESDAY, (640, 700))


def test_what_is_overdue_is_not_free_today(stage: Stage, at) -> None:
    phone = item("K-1")
    row = borrow(stage, "121", phone, TUESDAY, (630, 720))
    with transaction():
        loans.hand_over(row.id, actor=actor_of(stage, "900"), now=clock.now())
    at("2026-11-24 13:00")
    with pytest.raises(Conflict):
        borrow(stage, "122", phone, TUESDAY, (840, 900))
    borrow(stage, "122", phone, WEDNESDAY, (840, 900))


def test_a_booked_telephone_stands_on_the_board(stage: Stage) -> None:
    phone = item("K-1", telephone="090-1111-2222", reach="transfer")
    stage.telework("122", TUESDAY)
    stage.api("122").punch("start", "k1", place="home")
    stage.settle()
    assert stage.row("122")["reach"] == "callback"
    with stage.frames() as sent:
        row = borrow(stage, "122", phone, TUESDAY, (620, 1035))
    assert (stage.row("122")["reach"], stage.row("122")["telephone"]) == (
        "transfer",
        "090-1111-2222",
    )
    assert any(event == "rows" for event, _, _ in sent)
    me = actor_of(stage, "122")
    with transaction():
        loans.cancel_item(row.id, actor=me, now=clock.now())
    stage.settle()
    assert stage.row("122")["reach"] == "callback"
    with transaction():
        loans.restore_item(row.id, actor=me, now=clock.now())
    stage.settle()
    assert stage.row("122")["reach"] == "transfer"


def test_a_refused_request_takes_the_telephone_back(stage: Stage) -> None:
    phone = item("K-1", telephone="090-1111-2222", reach="transfer")
    stage.telework("122", TUESDAY)
    stage.api("122").punch("start", "k1", place="home")
    borrow(stage, "122", phone, TUESDAY, (620, 1035), request_id=5)
    with transaction():
        assert releasing.release_of_request(5, now=clock.now()) == 1
    stage.settle()
    assert stage.row("122")["reach"] == "callback"


# --- the cap --------------------------------------------------------------------------------


def room(stage: Stage, day=TUESDAY) -> list[tuple[str, int | None]]:
    found = coverage.cover_of_day(stage.units["W11"], day, now=clock.now())
    assert found is not None
    return [(f"{r.start // 3600}:{r.start // 60 % 60:02}", r.count) for r in found.cover.room]


def most(stage: Stage, day=TUESDAY) -> int:
    return max(count or 0 for _, count in room(stage, day))


@pytest.mark.parametrize("day", [TUESDAY, WEDNESDAY])
def test_free_lines_cap_how_many_more_can_telework(stage: Stage, day) -> None:
    stage.position("窓口", need=1)
    assert most(stage, day) == 6
    lines = item("L", kind="回線", quantity=3, needed_at_home=True)
    assert most(stage, day) == 3
    row = borrow(stage, "122", lines, day, (780, 1035))
    assert queries.free_lines(day, 510, 1035) == 2
    assert queries.free_lines(day, 510, 780) == 3
    counts = dict(room(stage, day))
    assert (counts["13:00"], most(stage, day)) == (2, 3)
    item("T", kind="端末", quantity=1, needed_at_home=True)  # one of each is needed
    assert most(stage, day) == 1
    item("X", kind="端末", quantity=9, needed_at_home=True, unit_id=stage.units["W21"])
    assert most(stage, day) == 1  # those of another 課 do not count here
    with transaction():
        loans.cancel_item(row.id, actor=actor_of(stage, "122"), now=clock.now())
    assert queries.free_lines(day, 510, 1035) == 3


def test_a_line_of_another_unit_alone_caps_nobody_else(stage: Stage) -> None:
    stage.position("窓口", need=1)
    item("X", kind="回線", quantity=0, needed_at_home=True, unit_id=stage.units["W21"])
    assert most(stage) == 6
    assert queries.free_lines(TUESDAY, 510, 1035) == 0


def test_coverage_is_told_where_lines_are_scarce_and_nowhere_else(stage: Stage) -> None:
    stage.position("窓口", need=1)
    lines = item("L", kind="回線", quantity=40, needed_at_home=True)
    stage.settle()
    with stage.frames() as sent:
        borrow(stage, "122", lines, TUESDAY, (620, 1035))
    assert [event for event, _, _ in sent if event == "coverage"] == []
    with stage.frames() as sent, transaction():
        row = db.session.get_one(LoanItem, lines)
        row.quantity = 4
        loans.told(row)
    told = [payload for event, payload, _ in sent if event == "coverage"]
    assert {r["count"] for r in told[-1]["room"]["W11"] if r["count"]} == {3, 4}


def test_twenty_at_once_for_a_pool_of_five(stage: Stage) -> None:
    """Five get one, fifteen are told; テレワーク可能 ends at nought."""
    stage.position("窓口", need=1)
    pool = item("L", kind="回線", quantity=5, needed_at_home=True)
    numbers = [*("100", "110", "120", "121", "122", "130", "131", "200", "220", "800")] * 2
    won: list[int] = []
    told: list[str] = []
    gate = threading.Barrier(len(numbers))

    def run(place: int, number: str) -> None:
        with stage.app.app_context():
            actor = actor_of(stage, number)
            gate.wait()
            try:
                with transaction():  # each at a minute of its own: nobody taps twice
                    loans.book_item(
                        pool,
                        actor.staff_id,
                        WEDNESDAY,
                        DAY[0] + place,
                        DAY[1],
                        actor=actor,
                        now=clock.now(),
                    )
                won.append(place)
            except Conflict as taken:
                told.append(taken.message)
            finally:
                db.session.remove()

    threads = [
        threading.Thread(target=run, args=(place, number)) for place, number in enumerate(numbers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(told)) == (5, 15)
    assert all("もう空いていません" in words for words in told)
    assert db.session.scalar(select(func.count(LoanBooking.id))) == 5
    assert queries.free_lines(WEDNESDAY, 600, 1035) == 0
    assert most(stage, WEDNESDAY) == max(n or 0 for at, n in room(stage, WEDNESDAY) if at < "8:50")
