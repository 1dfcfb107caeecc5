"""The guard over every action that can alter a board: snapshot before + emitted rows = snapshot after, in both forms.

A new action belongs in ACTIONS; a route that changes something and is in neither list fails the last test.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.features import approval_play as approval
from tests.features import plan_play
from tests.features.duty_at import make_position, put_on
from tests.features.rota_play import cell, furnish, lead
from tests.features.seats_at import item
from tests.stage import Stage
from webapp.accounts.rules import Form
from webapp.core import clock
from webapp.core.db import transaction
from webapp.plans.service import Entry
from webapp.presence import connections

VIEWERS = {
    Form.FULL: "100",
    Form.DIRECTORY: "220",
}  # the chief of 保育課; somebody of another section
UNITS = ("W11", "W12", "W13")


def status(**body: Any) -> Callable[[Stage], None]:
    def act(stage: Stage) -> None:
        assert stage.api("121").post("/me/status", body).status_code == 200

    return act


def punch(kind: str, **body: Any) -> Callable[[Stage], None]:
    def act(stage: Stage) -> None:
        assert stage.api("121").punch(kind, f"{kind} {body}", **body).status_code == 201

    return act


def undo(stage: Stage) -> None:
    stage.api("121").post("/me/status", {"state": "dnd"})
    assert stage.api("121").post("/me/status/undo").status_code == 200


def take_back(stage: Stage) -> None:
    stage.api("121").punch("start", "s", place="home")
    ended = stage.api("121").punch("end", "e").json
    assert stage.api("121").call("DELETE", f"/me/punches/{ended['id']}").status_code == 200


def by_a_colleague(stage: Stage) -> None:
    assert stage.api("122").post("/staff/121/status", {"state": "away"}).status_code == 200


def undone_by_the_colleague(stage: Stage) -> None:
    stage.api("122").post("/staff/121/status", {"state": "away"})
    assert stage.api("120").post("/staff/121/status/undo").status_code == 409
    assert stage.api("122").post("/staff/121/status/undo").status_code == 200


def report_by_a_colleague(stage: Stage) -> None:
    answer = stage.api("122").post(
        "/staff/121/punches",
        {"kind": "start", "place": "home", "channel": "phone"},
        headers={"Idempotency-Key": "p"},
    )
    assert answer.status_code == 201


def planned(stage: Stage) -> None:
    stage.plan("121", Entry(510, 720, "leave"), Entry(780, 1035, "home"))


def connect(stage: Stage) -> None:
    with transaction():
        connections.record({stage.ids["121"]}, (), (), process="here", now=clock.now())


def clock_to(text: str) -> Callable[[Stage], None]:
    def act(stage: Stage) -> None:
        clock.freeze(datetime.fromisoformat(f"{text}+09:00"))

    return act


def many_at_once(stage: Stage) -> None:
    for number in ("121", "122", "131"):
        stage.api(number).post("/me/status", {"state": "busy", "until": soon(stage)})


def soon(_stage: Stage) -> str:
    return (clock.now() + timedelta(minutes=30)).astimezone(UTC).isoformat()


def help_accepted(stage: Stage) -> None:
    accept(stage)


def accept(stage: Stage) -> int:
    position = stage.position("窓口", unit="W12", need=3)
    call: int = stage.api("122").post(f"/coverage/{position}/help").json["call"]["id"]
    assert stage.api("121").post(f"/help/{call}/accept").status_code == 200
    return call


def help_ended(stage: Stage) -> None:
    call = accept(stage)
    clock.freeze(clock.now() + timedelta(minutes=5))
    assert stage.api("121").post(f"/help/{call}/end").status_code == 200


def rota_fixed(stage: Stage) -> None:
    """On duty in this very half hour from the moment of 確定."""
    phone = furnish(stage)["電話"]
    today = cell(phone, 0, "10:00", "12:00", "121") | {"date": "2026-11-24"}
    clock.freeze(datetime.fromisoformat("2026-11-24T10:00+09:00"))
    path = "/units/W11/rotas/2026-W48"
    assert lead(stage).post(f"{path}/edit", {"revision": 0, "put": [today]}).status_code == 200
    assert lead(stage).post(f"{path}/publish", {"revision": 1}).status_code == 200


def absent(stage: Stage) -> None:
    rota_fixed(stage)
    body = {"staff": "121", "date": "2026-11-24", "leave": True}
    (left,) = lead(stage).post("/units/W11/absence", body).json["duties"]
    taken = {"duty": left["duty"], "to": left["candidates"][0]["staff"]}
    assert lead(stage).post("/units/W11/absence/assign", taken).status_code == 200


def absent_undone(stage: Stage) -> None:
    rota_fixed(stage)
    body = {"staff": "121", "date": "2026-11-24", "leave": True}
    told = lead(stage).post("/units/W11/absence", body).json
    (left,) = told["duties"]
    taken = {"duty": left["duty"], "to": left["candidates"][0]["staff"]}
    given = lead(stage).post("/units/W11/absence/assign", taken).json
    undo = {"undo": [told["undo"], given["undo"]]}
    assert lead(stage).post("/units/W11/absence/undo", undo).status_code == 200


def running_duty(stage: Stage) -> int:
    """桜井 121 at a counter from 10:00 to 12:00."""
    return put_on(stage, make_position(stage, bands=((600, 720, 1, 1.0),)), "121", 600, 720)


def swapped(stage: Stage) -> None:
    """The rest of a running duty changes hands."""
    asked = stage.api("121").post("/swaps", {"duty": running_duty(stage), "from": "10:30"})
    assert asked.status_code == 201, asked.json
    path = f"/swaps/{asked.json['id']}/accept"
    assert stage.api("122", "self unit:write").post(path).status_code == 200
    clock.freeze(datetime.fromisoformat("2026-11-24T10:45+09:00"))


def ordered(stage: Stage) -> None:
    path = f"/duties/{running_duty(stage)}/order"
    body = {"to": "122", "reason": "急な呼出しのため", "from": "10:30"}
    answer = stage.api("100", "self unit:write").post(path, body)
    assert answer.status_code in (200, 201), answer.json
    clock.freeze(datetime.fromisoformat("2026-11-24T10:45+09:00"))


def phone_booked(stage: Stage) -> int:
    """桜井 121, at home by plan, with a telephone of the 係 for the rest of the day."""
    stage.telework("121")
    phone = item("K-1", telephone="090-1", reach="callback", unit_id=stage.units["W12"])
    body = {"item": phone, "day": "2026-11-24", "start": "10:00", "end": "17:15"}
    answer = stage.api("121").post("/loans/bookings", body)
    assert answer.status_code == 201, answer.json
    return int(answer.json["id"])


def phone_given_up(stage: Stage) -> None:
    path = f"/loans/bookings/{phone_booked(stage)}"
    assert stage.api("121").post(f"{path}/cancel").status_code == 200


def phone_kept_after_all(stage: Stage) -> None:
    path = f"/loans/bookings/{phone_booked(stage)}"
    assert stage.api("121").post(f"{path}/cancel").status_code == 200
    assert stage.api("121").post(f"{path}/restore").status_code == 200


def phone_brought_back(stage: Stage) -> None:
    keeper, path = stage.api("120", "self unit:write"), f"/loans/bookings/{phone_booked(stage)}"
    for what in ("hand-over", "take-back"):
        assert keeper.post(f"{path}/{what}").status_code == 200


def begun(stage: Stage) -> int:
    body = {"unit": "W11", "name": "台風", "confirm": "保育課"}
    answer = stage.api("100", "self unit:write").post("/emergencies", body)
    assert answer.status_code == 201, answer.json
    return int(answer.json["id"])


def deployed(stage: Stage) -> int:
    now = clock.now()
    body = {
        "staff": ["121", "122"],
        "site": "災害対策本部",
        "from": now.isoformat(),
        "to": (now + timedelta(hours=20)).isoformat(),
    }
    path = f"/emergencies/{begun(stage)}/deployments"
    answer = stage.api("100", "self unit:write").post(path, body)
    assert answer.status_code == 201, answer.json
    return int(answer.json["id"])


def recalled(stage: Stage) -> None:
    act = deployed(stage)
    clock.freeze(clock.now() + timedelta(minutes=40))
    lead_ = stage.api("100", "self unit:write")
    path = lead_.get("/emergencies").json["emergencies"][0]["id"]
    answer = lead_.post(f"/emergencies/{path}/deployments/{act}/recall", {"staff": ["121"]})
    assert answer.status_code == 200, answer.json


REQUESTS = {
    "request approved": approval.approved,
    "request withdrawn after approval": approval.withdrawn_after,
    "request sent back after approval": approval.returned_after,
    "approval undone": approval.undone,
    "proposal taken": approval.proposal_taken,
    "requests approved together": approval.approved_together,
    "duty ordered for a request": approval.ordered,
    "duty taken for a request": approval.taken,
}
ACTIONS: dict[str, Callable[[Stage], object]] = {
    "busy": status(state="busy"),
    "busy with a reason": status(state="busy", reason="meeting", note="第2会議室"),
    "auto": status(state="auto"),
    "undo": undo,
    "start at home": punch("start", place="home"),
    "start at a satellite": punch("start", place="satellite", site="四ツ谷"),
    "end without start": punch("end"),
    "out": punch("break_out"),
    "place": punch("place", place="trip"),
    "take back": take_back,
    "proxy": by_a_colleague,
    "proxy undone": undone_by_the_colleague,
    "report on behalf": report_by_a_colleague,
    "a plan": planned,
    **plan_play.ACTIONS,
    "a connection": connect,
    "many": many_at_once,
    "help accepted": help_accepted,
    "help ended": help_ended,
    "a rota fixed": rota_fixed,
    "sudden absence": absent,
    "sudden absence undone": absent_undone,
    "a swap": swapped,
    "an order": ordered,
    "a deployment": deployed,
    "a recall": recalled,
    "a telephone booked": phone_booked,
    "a telephone given up": phone_given_up,
    "a telephone kept after all": phone_kept_after_all,
    "a telephone brought back": phone_brought_back,
    **REQUESTS,
    "lunch by the clock": clock_to("2026-11-24T12:00"),
    "the end of hours": clock_to("2026-11-24T17:15"),
    "the next day": clock_to("2026-11-25T00:00"),
    "a holiday": clock_to("2026-11-23T00:00"),
}


def snapshots(stage: Stage) -> dict[tuple[str, Form], dict[str, Any]]:
    found = {}
    for code in UNITS:
        for form, viewer in VIEWERS.items():
            rows = stage.api(viewer).get(f"/boards/{code}").json["rows"]
            own = [row for row in rows if row["unit"] == code]
            found[code, form] = {row["staff"]: row for row in own}
    return found


def merge(shown: dict[str, Any], payload: dict[str, Any]) -> None:
    for row in payload["rows"]:
        if row["version"] > shown.get(row["staff"], {"version": 0})["version"]:
            shown[row["staff"]] = row
    for number in payload["gone"]:
        shown.pop(number, None)


@pytest.mark.parametrize("name", ACTIONS)
def test_emitted_rows_bring_every_watcher_to_the_new_snapshot(stage: Stage, name: str) -> None:
    before = snapshots(stage)
    with stage.frames() as sent:
        ACTIONS[name](stage)
    for event, payload, room in sent:
        code, _, form = room.rpartition(":")
        if event == "rows" and code in UNITS:
            merge(before[code, Form(form)], payload)
    assert before == snapshots(stage)


@pytest.mark.parametrize("name", ACTIONS)
def test_same_version_same_content(stage: Stage, name: str) -> None:
    """Whatever happens, a version that was seen once never looks different later."""
    seen: dict[tuple[str, Form, int], Any] = {}
    ACTIONS[name](stage)
    for minutes in (0, 1, 45, 120):
        clock.freeze(clock.now() + timedelta(minutes=minutes))
        for (code, form), rows in snapshots(stage).items():
            for number, row in rows.items():
                assert seen.setdefault((f"{code}/{number}", form, row["version"]), row) == row
        stage.settle()


def test_a_directory_room_never_carries_more(stage: Stage) -> None:
    allowed = {
        "staff",
        "version",
        "name",
        "kana",
        "unit",
        "title",
        "state",
        "until",
        "reach",
        "extension",
    }
    with stage.frames() as sent:
        for act in list(ACTIONS.values())[:10]:
            act(stage)
    directory = [
        row for _, payload, room in sent if room.endswith(":directory") for row in payload["rows"]
    ]
    assert directory
    assert all(set(row) == allowed for row in directory)


def test_every_new_version_goes_to_both_rooms(stage: Stage) -> None:
    with stage.frames() as sent:
        stage.api("121").post("/me/status", {"state": "available", "note": "のみ変わる"})
    rooms = {room for event, payload, room in sent if event == "rows" and payload["rows"]}
    assert rooms == {"W12:full", "W12:directory"}


CHANGING = {
    # routes that alter what a board shows; each is played above
    "/api/v1/me/status",
    "/api/v1/me/status/undo",
    "/api/v1/me/punches",
    "/api/v1/me/punches/<int:punch_id>",
    "/api/v1/staff/<number>/status",
    "/api/v1/staff/<number>/status/undo",
    "/api/v1/staff/<number>/punches",
    "/api/v1/help/<int:call_id>/accept",
    "/api/v1/help/<int:call_id>/end",
    "/api/v1/units/<code>/rotas/<week>/publish",
    "/api/v1/units/<code>/absence",
    "/api/v1/units/<code>/absence/assign",
    "/api/v1/units/<code>/absence/undo",
    "/api/v1/swaps/<int:swap_id>/accept",
    "/api/v1/swaps/<int:swap_id>/approve",  # as accept, where somebody has to agree
    "/api/v1/duties/<int:duty_id>/order",
    "/api/v1/emergencies/<int:emergency_id>/deployments",
    "/api/v1/emergencies/<int:emergency_id>/deployments/<int:act_id>/recall",
    "/api/v1/loans/bookings",
    *(
        f"/api/v1/loans/bookings/<int:booking_id>/{what}"
        for what in ("cancel", "restore", "hand-over", "take-back")
    ),
    "/api/v1/requests/approve",
    *(
        f"/api/v1/requests/<int:request_id>/{what}"
        for what in ("approve", "return", "withdraw", "accept-proposal", "order", "undo")
    ),
}
WEEK = "/api/v1/units/<code>/rotas/<week>"
# routes that alter a draft, which nobody's row shows
DRAFTS = {
    WEEK,
    *(f"{WEEK}/{what}" for what in ("edit", "undo", "redo", "copy", "solve")),
    *(f"{WEEK}/runs/<int:run_id>/{what}" for what in ("cancel", "drop", "take")),
    f"{WEEK}/history/<int:wanted>/restore",
    f"{WEEK}/templates/<int:template_id>/apply",
    "/api/v1/units/<code>/rota-templates",
    "/api/v1/units/<code>/rota-templates/<int:template_id>",
}
# routes that alter memos and questions, which no row shows
MESSAGES = {
    "/api/v1/messages",
    "/api/v1/messages/<int:memo_id>",
    "/api/v1/questions",
    "/api/v1/questions/<int:question_id>",
    "/api/v1/questions/<int:question_id>/answers",
}
# routes that alter seats, which no row shows
SEATS = {
    "/api/v1/seats/bookings",
    *(f"/api/v1/seats/bookings/<int:booking_id>/{what}" for what in ("cancel", "restore")),
}
EMERGENCY = (
    "answer",
    "change",
    "close",
    "remind",
    "reductions",
    "reductions/<int:act_id>/reopen",
)
# routes that alter lamps and prompts but no row
LAMPS = {
    "/api/v1/swaps",
    "/api/v1/requests",
    "/api/v1/requests/<int:request_id>",
    *(f"/api/v1/swaps/<int:swap_id>/{what}" for what in ("decline", "refuse", "withdraw")),
    *(
        f"/api/v1/requests/<int:request_id>/{what}"
        for what in ("refuse", "propose", "decline-proposal", "ask", "review")
    ),
    "/api/v1/me/notices/read",
    "/api/v1/me/notices/unread",
    "/api/v1/me/notices/<int:notice_id>/read",
    "/api/v1/me/calendar-feed",
    "/api/v1/coverage/<int:position_id>/take",
    "/api/v1/coverage/<int:position_id>/help",
    "/api/v1/help/<int:call_id>",
    "/api/v1/help/<int:call_id>/decline",
    "/api/v1/emergencies",
    *(f"/api/v1/emergencies/<int:emergency_id>/{what}" for what in EMERGENCY),
}


def test_the_api_has_no_unguarded_change(stage: Stage) -> None:
    changing = {
        rule.rule
        for rule in stage.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        and {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
    }
    assert changing - CHANGING - LAMPS - DRAFTS - MESSAGES - SEATS == {
        "/api/v1/punches",
        "/api/v1/me/standup/<day_text>/<half>",
    }
