"""Requests on the stage: 桜井 121 asks, 池田 100 decides, 近藤 110 stands in."""

from datetime import date, datetime
from typing import Any

from tests.features.duty_at import make_position, put_on
from tests.stage import CAST, Stage
from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.plans.models import PlannedSegment
from webapp.requests import deciding
from webapp.requests.models import TeleworkRequest

TUESDAY = date(2026, 11, 24)
NEXT_TUESDAY = date(2026, 12, 1)
LEAD = "self unit:read unit:write"


def asked(
    stage: Stage,
    number: str = "121",
    day: date = NEXT_TUESDAY,
    start: int = 510,
    end: int = 1035,
    *,
    at: datetime | None = None,
    **more: Any,
) -> int:
    """A request as filed by the person; its id."""
    now = at or clock.now()
    staff_id = stage.ids[number]
    with transaction():
        row = TeleworkRequest(
            filing=f"{number}-{day}-{start}",
            staff_id=staff_id,
            unit_id=stage.units[CAST[number].unit],
            filed_at=now,
            filed_by=staff_id,
            day=day,
            extent="whole" if (start, end) == (510, 1035) else "hours",
            start_minute=start,
            end_minute=end,
            place="home",
            **more,
        )
        db.session.add(row)
        db.session.flush()
        actor = Actor(staff_id, number, CAST[number].name)
        if row.oral_by is not None:
            deciding.orally_approved(row, actor=actor, now=now)
        else:
            deciding.filed([row], actor=actor, now=now)
        request_id = row.id
    stage.settle()
    return request_id


def act(stage: Stage, number: str, request_id: int, what: str, **body: Any) -> Any:
    return stage.api(number, LEAD).post(f"/requests/{request_id}/{what}", body)


def done(stage: Stage, number: str, request_id: int, what: str, **body: Any) -> Any:
    answer = act(stage, number, request_id, what, **body)
    assert answer.status_code == 200, answer.json
    return answer.json


def found(request_id: int) -> TeleworkRequest:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(TeleworkRequest, request_id)


def planned(stage: Stage, number: str, day: date = NEXT_TUESDAY) -> list[tuple[int, int, str]]:
    """(start, end, kind) of what requests have planned."""
    db.session.rollback()
    rows = db.session.query(PlannedSegment).filter_by(staff_id=stage.ids[number], day=day)
    return sorted(
        (row.start_minute, row.end_minute, row.kind)
        for row in rows
        if row.source.startswith("request:")
    )


def told(stage: Stage, number: str) -> list[str]:
    return [row["text"] for row in stage.api(number).get("/me/notices").json["notices"]]


def counter_with_duties(stage: Stage, day: date = NEXT_TUESDAY) -> tuple[int, int]:
    """(position, duty): 窓口1 needs one from 9:00 to 16:30; 121 until 10:30, 122 after that."""
    position = make_position(stage, bands=((540, 990, 1, 1.0),))
    duty = put_on(stage, position, "121", 540, 630, day)
    put_on(stage, position, "122", 630, 990, day)
    return position, duty


def pick(duty: int, *to: str, start: str = "09:00", until: str = "10:30") -> dict[str, Any]:
    return {"duty": duty, "from": start, "until": until, "to": list(to)}


# --- for the guard: each changes what a board shows at 10:20 on the Tuesday -------------------


def approved(stage: Stage) -> int:
    request_id = asked(stage, day=TUESDAY)
    done(stage, "100", request_id, "approve", revision=1)
    return request_id


def withdrawn_after(stage: Stage) -> None:
    done(stage, "121", approved(stage), "withdraw")


def returned_after(stage: Stage) -> None:
    done(stage, "100", approved(stage), "return", reason="会議に変わったため")


def undone(stage: Stage) -> None:
    done(stage, "100", approved(stage), "undo")


def proposal_taken(stage: Stage) -> None:
    request_id = asked(stage, day=TUESDAY)
    done(stage, "100", request_id, "propose", **{"from": "10:00", "to": "17:15"})
    done(stage, "121", request_id, "accept-proposal")


def approved_together(stage: Stage) -> None:
    wanted = [{"id": asked(stage, n, TUESDAY), "revision": 1} for n in ("121", "122")]
    answer = stage.api("100", LEAD).post("/requests/approve", {"requests": wanted})
    assert [each["done"] for each in answer.json["results"]] == [True, True]


def running(stage: Stage) -> tuple[int, int]:
    """(request, duty) of the very day, a duty from 10:30 to 12:00 in its way."""
    position = make_position(stage, bands=((600, 720, 1, 1.0),))
    duty = put_on(stage, position, "121", 630, 720)
    return asked(stage, day=TUESDAY), duty


def ordered(stage: Stage) -> None:
    request_id, duty = running(stage)
    picks = [pick(duty, "122", start="10:30", until="12:00")]
    done(stage, "100", request_id, "order", picks=picks, reason="急ぎのため")


def taken(stage: Stage) -> None:
    request_id, duty = running(stage)
    picks = [pick(duty, "122", start="10:30", until="12:00")]
    done(stage, "100", request_id, "ask", picks=picks)
    (offer,) = stage.api("122").get("/me/swaps").json["offered"]
    answer = stage.api("122", LEAD).post(f"/swaps/{offer['id']}/accept")
    assert answer.status_code == 200, answer.json
    assert found(request_id).state == "approved"
