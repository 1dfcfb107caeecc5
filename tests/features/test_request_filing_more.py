"""What is booked with a request, an emergency that lifts the caps, and who decides nothing."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from tests.features.seats_at import item, site
from tests.stage import Stage
from webapp.core import clock, facts, settings
from webapp.core.db import db, transaction
from webapp.org.models import Posting
from webapp.requests import settings as municipal
from webapp.requests.models import TeleworkRequest
from webapp.seats.models import LoanBooking, SeatBooking

ME, TUESDAY, THURSDAY = "122", "2026-12-01", "2026-12-03"


def rows() -> list[TeleworkRequest]:
    db.session.rollback()
    return list(db.session.scalars(select(TeleworkRequest).order_by(TeleworkRequest.day)))


def seats_of_yotsuya() -> list[int]:
    return site("四ツ谷サテライト", "席1", "席2", personal_data=True)[1]


def telephone() -> int:
    return item("T-1", name="1号", telephone="090-1111-2222", reach="transfer")


def body(*days: str, **more: Any) -> dict[str, Any]:
    return {"days": list(days), "work": "入園案内の改訂"} | more


def at_seat(seat: int, **more: Any) -> dict[str, Any]:
    return {"place": "satellite", "site": "四ツ谷サテライト", "seat": seat} | more


def test_a_seat_and_a_telephone_are_booked_with_the_request(stage: Stage) -> None:
    (first, _second), item = seats_of_yotsuya(), telephone()
    told = body(TUESDAY, THURSDAY, **at_seat(first, item=item))
    answer = stage.api(ME).post("/requests", told)
    assert answer.status_code == 201, answer.json
    found = rows()
    booked = list(db.session.scalars(select(SeatBooking).order_by(SeatBooking.day)))
    assert [(b.day, b.request_id, b.state) for b in booked] == [
        (row.day, row.id, "booked") for row in found
    ]
    assert len(db.session.scalars(select(LoanBooking)).all()) == 2
    page = stage.browser(ME).get(f"/requests/{found[0].id}").text
    assert "席1" in page
    assert "公用携帯 1号" in page


def test_a_taken_seat_is_told_with_the_nearest_and_nothing_is_filed(stage: Stage) -> None:
    first, _second = seats_of_yotsuya()
    assert stage.api("121").post("/requests", body(THURSDAY, **at_seat(first))).status_code == 201
    answer = stage.api(ME).post("/requests", body(TUESDAY, THURSDAY, **at_seat(first)))
    assert answer.status_code == 409
    words = answer.json["error"]["fields"]["seat"]
    assert "12月3日（木）" in words
    assert "席2" in words
    assert [row.staff_id for row in rows()] == [stage.ids["121"]]
    assert len(db.session.scalars(select(SeatBooking)).all()) == 1


def test_withdrawn_gives_the_seat_back(stage: Stage) -> None:
    first, _second = seats_of_yotsuya()
    stage.api(ME).post("/requests", body(TUESDAY, **at_seat(first)))
    (row,) = rows()
    answer = stage.api(ME).post(f"/requests/{row.id}/withdraw", {"revision": row.revision})
    assert answer.status_code == 200, answer.json
    db.session.rollback()
    (booked,) = db.session.scalars(select(SeatBooking))
    assert booked.state != "booked"
    assert stage.api("121").post("/requests", body(TUESDAY, **at_seat(first))).status_code == 201


def held() -> list[tuple[int, int, int | None]]:
    """(seat, start, request) of what is booked."""
    db.session.rollback()
    booked = db.session.scalars(
        select(SeatBooking).filter_by(state="booked").order_by(SeatBooking.id)
    )
    return [(each.seat_id, each.start_minute, each.request_id) for each in booked]


def change(stage: Stage, request_id: int, **more: Any) -> int:
    """Other hours, another seat: filed as a change; its id."""
    answer = stage.api(ME).call("PUT", f"/requests/{request_id}", json=body(TUESDAY, **more))
    assert answer.status_code == 200, answer.json
    return int(answer.json["id"])


def decide(stage: Stage, request_id: int, what: str) -> None:
    answer = stage.api("100", "self unit:read unit:write").post(
        f"/requests/{request_id}/{what}", {} if what == "undo" else {"reason": "x"}
    )
    assert answer.status_code == 200, answer.json


AFTERNOON = {"extent": "hours", "from": "13:00", "to": "17:15"}


def test_what_is_approved_is_changed_to_other_hours_and_another_seat(stage: Stage) -> None:
    (one, two), phone = seats_of_yotsuya(), telephone()
    stage.api(ME).post("/requests", body(TUESDAY, **at_seat(one, item=phone)))
    first = rows()[0].id
    decide(stage, first, "approve")
    shorter = change(stage, first, **at_seat(one, item=phone, **AFTERNOON))
    assert held() == [(one, 510, first), (one, 780, shorter)]  # either may hold in the end
    again = change(stage, shorter, **at_seat(two, item=phone, **AFTERNOON))
    assert again == shorter
    clock.freeze(clock.now() + timedelta(minutes=1))
    decide(stage, shorter, "approve")
    assert held() == [(two, 780, shorter)]
    loans = db.session.scalars(select(LoanBooking).filter_by(state="booked"))
    assert [(each.start_minute, each.request_id) for each in loans] == [(780, shorter)]
    decide(stage, shorter, "undo")
    assert held() == [(two, 780, shorter), (one, 510, first)]
    decide(stage, shorter, "refuse")
    assert held() == [(one, 510, first)]
    decide(stage, shorter, "undo")
    assert sorted(held()) == [(one, 510, first), (two, 780, shorter)]


def test_changed_to_another_seat_alone_gives_the_former_back(stage: Stage) -> None:
    one, two = seats_of_yotsuya()
    stage.api(ME).post("/requests", body(TUESDAY, **at_seat(one)))
    first = rows()[0].id
    decide(stage, first, "approve")
    moved = change(stage, first, **at_seat(two))
    decide(stage, moved, "approve")
    assert held() == [(two, 510, moved)]


def test_an_emergency_lifts_the_caps_and_the_deadline(stage: Stage) -> None:
    with transaction():
        settings.put(municipal.STRICT, "strict", by=None, now=clock.now())
        settings.put(municipal.WEEK_MOST, 1, by=None, now=clock.now())
    assert stage.api(ME).post("/requests", body(TUESDAY)).status_code == 201
    answer = stage.api(ME).post("/requests", body("2026-12-02"))
    assert answer.status_code == 422
    assert "上限は週1日" in answer.json["error"]["fields"]["days"]
    declare(stage)
    assert stage.api(ME).post("/requests", body("2026-12-02")).status_code == 201
    assert stage.api(ME).post("/requests", body("2026-11-24")).status_code == 201
    assert [row.late for row in rows()] == [False, False, False]


def declare(stage: Stage) -> None:
    answer = stage.api("100", "self unit:write").post(
        "/emergencies", {"unit": "W11", "name": "台風15号", "confirm": "保育課"}
    )
    assert answer.status_code == 201, answer.json


def test_where_nobody_decides_the_form_says_so(stage: Stage) -> None:
    assert "承認する人が登録されていません" not in stage.browser(ME).get("/requests/new").text
    with transaction():
        for posting in db.session.scalars(select(Posting)):
            posting.roles = "member"
        facts.restamp("org")
    assert "承認する人が登録されていません" in stage.browser(ME).get("/requests/new").text


def test_days_at_the_end_of_the_calendar_are_told(stage: Stage) -> None:
    far = {"weekdays": [1], "since": "9999-12-31", "until": "9999-12-31"}
    for told in (body(repeat=far), body("9999-12-31"), body("0001-01-01")):
        assert stage.api(ME).post("/requests", told).status_code == 422
    hr = stage.browser("800")
    for month in ("9999-12", "0001-01"):
        assert hr.get(f"/requests/month?month={month}").status_code == 422
    chosen = "/requests/orders/new?first=9999-12-31&last=9999-12-31&staff=121"
    assert stage.browser("100").get(chosen).status_code == 200
    lent = {"item": telephone(), "day": "9999-12-30", "last_day": "9999-12-31"}
    lent |= {"start": "09:00", "end": "10:00"}
    assert stage.api(ME).post("/loans/bookings", lent).status_code == 422
    assert rows() == []
