"""Seats and loans for programs: what is free, booking, the nearest in a 409, scopes."""

import pytest

from tests.features.seats_at import WEDNESDAY, book, item, site
from tests.stage import Stage

WHEN = {"day": WEDNESDAY.isoformat(), "start": "8:30", "end": "17:15"}


def test_seats_of_a_day_without_names(stage: Stage) -> None:
    _, (a, _b) = site("駅前", "A-1", "A-2", personal_data=True)
    book(stage, "121", a)
    answer = stage.api("122").get(f"/seats?day={WEDNESDAY}").json
    assert (answer["day"], answer["start"], answer["end"]) == ("2026-11-25", "8:30", "17:15")
    (found,) = answer["sites"]
    assert (found["name"], found["free"], found["personal_data"]) == ("駅前", 1, True)
    assert [seat["state"] for seat in found["seats"]] == ["taken", "free"]
    assert "桜井" not in str(answer)


def test_booking_conflict_and_giving_up(stage: Stage) -> None:
    _, (a, b) = site("駅前", "A-1", "A-2")
    answer = stage.api("121").post("/seats/bookings", WHEN | {"seat": a})
    assert answer.status_code == 201
    late = stage.api("220").post("/seats/bookings", WHEN | {"seat": a})
    assert late.status_code == 409
    assert late.json["error"]["code"] == "conflict"
    assert [seat["id"] for seat in late.json["nearest"]] == [b]
    path = f"/seats/bookings/{answer.json['id']}"
    assert stage.api("220").post(f"{path}/cancel").status_code == 404
    assert stage.api("121").post(f"{path}/cancel").json["state"] == "cancelled"
    assert stage.api("121").post(f"{path}/restore").json["state"] == "booked"
    (own,) = stage.api("121").get("/me/bookings").json["seats"]
    assert (own["seat"]["site"], own["start"]) == ("駅前", "08:30")


@pytest.mark.parametrize(
    ("scopes", "staff", "status"),
    [
        ("self", "", 201),
        ("self", "122", 403),
        ("self unit:write", "122", 201),
        ("self unit:write", "220", 403),
        ("self unit:write", "999", 404),
        ("unit:read", "", 403),
    ],
)
def test_scopes(stage: Stage, scopes: str, staff: str, status: int) -> None:
    _, (a,) = site("駅前", "A-1")
    body = WHEN | {"seat": a, "staff": staff}
    assert stage.api("121", scopes).post("/seats/bookings", body).status_code == status


def test_loans(stage: Stage) -> None:
    phone = item("K-1", unit_id=stage.units["W12"])
    item("L", kind="回線", quantity=3)
    assert [i["free"] for i in stage.api("220").get(f"/loans?day={WEDNESDAY}").json["items"]] == [3]
    body = WHEN | {"item": phone, "last_day": "2026-11-27"}
    booked = stage.api("121").post("/loans/bookings", body)
    assert booked.status_code == 201
    assert stage.api("122").post("/loans/bookings", WHEN | {"item": phone}).status_code == 409
    path = f"/loans/bookings/{booked.json['id']}/hand-over"
    assert stage.api("120").post(path).status_code == 403  # the scope
    assert stage.api("121", "self unit:write").post(path).status_code == 403
    assert stage.api("220", "self unit:write").post(path).status_code == 404
    assert stage.api("120", "self unit:write").post(path).json["state"] == "out"
    (own,) = stage.api("121").get("/me/bookings").json["loans"]
    assert (own["state"], own["last_day"]) == ("out", "2026-11-27")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"day": "x"}, "day"),
        ({"start": "25:99"}, "start"),
        ({"end": "8:00"}, "end"),
        ({"seat": None}, "seat"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_bodies_name_the_field(stage: Stage, change: dict[str, object], field: str) -> None:
    _, (a,) = site("駅前", "A-1")
    answer = stage.api("121").post("/seats/bookings", WHEN | {"seat": a} | change)
    assert answer.status_code == 422
    assert field in answer.json["error"]["fields"]
