"""Approval of telework requests through HTTP: refused first, then decided; who decides, and what follows of it."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from tests.features.approval_play import (
    LEAD,
    NEXT_TUESDAY,
    act,
    asked,
    counter_with_duties,
    done,
    found,
    pick,
    planned,
    told,
)
from tests.features.duty_at import held, make_position, put_on
from tests.features.seats_at import book, borrow, item, site
from tests.stage import CAST, Stage
from webapp.accounts.access import Actor
from webapp.core import clock, facts, settings
from webapp.core.db import db, snapshot, transaction
from webapp.core.models import AuditEntry
from webapp.org.models import Posting
from webapp.plans.models import PlannedHours
from webapp.plans.service import Entry
from webapp.requests import deciding, inbox_view
from webapp.requests.approval_settings import DEPUTY_AFTER, FINAL_APPROVERS
from webapp.requests.models import RequestStep, TeleworkRequest
from webapp.rota.models import Swap
from webapp.seats.models import LoanBooking, SeatBooking

WHOLE = [(510, 1035, "home")]


def waiting(stage: Stage, number: str) -> list[int]:
    answer = stage.api(number, LEAD).get("/requests/waiting")
    assert answer.status_code == 200, answer.json
    return [row["id"] for row in answer.json["requests"]]


def preview(stage: Stage, request_id: int, number: str = "100") -> Any:
    answer = stage.api(number, LEAD).get(f"/requests/{request_id}/preview")
    assert answer.status_code == 200, answer.json
    return answer.json


# --- refused --------------------------------------------------------------------------------

BODIES: dict[str, dict[str, Any]] = {
    "approve": {},
    "refuse": {"reason": "x"},
    "return": {"reason": "x"},
    "propose": {"from": "10:00", "to": "17:15"},
    "ask": {"picks": [pick(1, "122")]},
    "order": {"picks": [pick(1, "122")], "reason": "x"},
}


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("121", 403),  # oneself
        ("122", 404),  # a colleague knows nothing of it
        ("220", 404),  # another section
        ("200", 404),  # its chief
        ("120", 403),  # one's 係長 reads it and does not decide
        ("110", 403),  # 代決者, while the chief is there
        ("800", 403),  # 人事担当
    ],
)
def test_nobody_else_decides(stage: Stage, what: str, number: str, status: int) -> None:
    request_id = asked(stage)
    answer = act(stage, number, request_id, what, **BODIES[what])
    assert answer.status_code == status, answer.json
    assert found(request_id).state == "waiting"
    assert planned(stage, "121") == []


@pytest.mark.parametrize("what", ["withdraw", "accept-proposal", "decline-proposal"])
@pytest.mark.parametrize(("number", "status"), [("100", 403), ("122", 404), ("220", 404)])
def test_what_is_the_persons_own(stage: Stage, what: str, number: str, status: int) -> None:
    request_id = asked(stage)
    done(stage, "100", request_id, "propose", **BODIES["propose"])
    assert act(stage, number, request_id, what).status_code == status
    assert found(request_id).state == "proposed"


def test_a_token_needs_its_scope_and_a_stranger_is_sent_away(stage: Stage) -> None:
    request_id = asked(stage)
    for what, body in BODIES.items():
        answer = stage.api("100", "self").post(f"/requests/{request_id}/{what}", body)
        assert answer.status_code == 403
    anonymous = stage.app.test_client()
    assert anonymous.post(f"/api/v1/requests/{request_id}/approve", json={}).status_code in (
        400,
        401,
    )
    assert anonymous.get("/requests").status_code == 302
    assert stage.api("100", LEAD).post("/requests/99999/approve").status_code == 404
    assert stage.api("100", LEAD).post(f"/requests/{2**40}/approve").status_code == 404
    assert stage.api("122", LEAD).get(f"/requests/{request_id}/preview").status_code == 404
    assert stage.api("120", LEAD).get(f"/requests/{request_id}/preview").status_code == 403


def test_a_narrow_token_is_kept_to_its_persons_own(stage: Stage) -> None:
    """`self` of the chief, or of who filed for a colleague, reads and changes nothing of others."""
    request_id = asked(stage)
    chief, own = stage.api("100", "self"), stage.api("121", "self")
    assert chief.get(f"/requests/{request_id}").status_code == 403
    assert stage.api("122", "self").get(f"/requests/{request_id}").status_code == 404
    assert own.get(f"/requests/{request_id}").status_code == 200
    done(stage, "100", request_id, "approve")
    assert chief.post(f"/requests/{request_id}/undo", {}).status_code == 403
    with transaction():
        db.session.get_one(TeleworkRequest, request_id).filed_by = stage.ids["100"]
    assert chief.post(f"/requests/{request_id}/withdraw", {}).status_code == 403
    assert own.post(f"/requests/{request_id}/withdraw", {}).status_code == 200


def test_who_filed_for_a_colleague_and_left_has_nothing_to_do_with_it_any_more(
    stage: Stage,
) -> None:
    request_id = asked(stage)
    with transaction():
        db.session.get_one(TeleworkRequest, request_id).filed_by = stage.ids["122"]
    done(stage, "100", request_id, "approve")
    filer = stage.api("122", LEAD)
    assert filer.get(f"/requests/{request_id}").status_code == 200
    with transaction():
        postings = db.session.query(Posting).filter_by(staff_id=stage.ids["122"])
        postings.update({Posting.unit_id: stage.units["W21"]})
        facts.restamp("org")
    assert filer.get(f"/requests/{request_id}").status_code == 404
    for what in ("withdraw", "approve"):
        assert filer.post(f"/requests/{request_id}/{what}", {}).status_code == 404
    browser = stage.browser("122")
    for page in ("", "/paper", "/edit"):
        assert browser.get(f"/requests/{request_id}{page}").status_code == 404
    assert CAST["121"].name not in browser.get("/requests/own").text


@pytest.mark.parametrize(
    ("what", "body", "field"),
    [
        ("refuse", {"reason": " "}, "reason"),
        ("return", {}, "reason"),
        ("return", {"reason": "あ" * 201}, "reason"),
        ("propose", {"from": "10:00", "to": "10:15"}, "from"),
        ("propose", {"from": "8:30", "to": "17:15"}, "from"),
        ("propose", {"from": "25時", "to": "17:15"}, "from"),
        ("propose", {"to": "17:15"}, "from"),
        ("propose", {"from": "10:00", "to": "17:15", "before": 999}, "before"),
        ("ask", {"picks": []}, "picks"),
        ("ask", {"picks": [pick(999, "122")]}, "picks"),
        ("ask", {"picks": [pick(1, "999")]}, "to"),
        ("order", {"picks": [pick(1, "122")]}, "reason"),
        ("approve", {"revision": 0}, "revision"),
        ("approve", {"condition": "あ" * 201}, "condition"),
    ],
)
def test_what_cannot_be_done_says_where(
    stage: Stage, what: str, body: dict[str, Any], field: str
) -> None:
    request_id = asked(stage)
    answer = act(stage, "100", request_id, what, **body)
    assert answer.status_code == 422, answer.json
    assert field in answer.json["error"]["fields"]
    assert found(request_id).state == "waiting"
    assert found(request_id).revision == 1


# --- deciding -------------------------------------------------------------------------------


def test_approved_the_day_is_planned_and_the_person_told(stage: Stage) -> None:
    request_id = asked(stage)
    assert any("申請があります" in text for text in told(stage, "100"))
    with stage.frames() as sent:
        row = done(stage, "100", request_id, "approve", revision=1, condition="電話は転送を受ける")
    assert (row["state"], row["decided_as"], row["revision"]) == ("approved", "chief", 2)
    assert planned(stage, "121") == WHOLE
    record = found(request_id)
    assert (record.decider, record.condition) == ("課長 池田 綾乃", "電話は転送を受ける")
    frame = ("request", {"id": request_id, "state": "approved", "revision": 2})
    assert {room for event, data, room in sent if (event, data) == frame[:2]} == {
        "121:person",
        "100:person",
    }
    assert told(stage, "121") == ["12月1日（火） 終日 在宅 が承認されました。条件があります。"]
    assert told(stage, "100") == []  # nothing to be decided any more
    trail = db.session.query(AuditEntry).filter_by(action="request.approved").one()
    assert (trail.staff_id, trail.unit_code) == (stage.ids["121"], "W12")


def test_refused_and_sent_back_with_a_reason_that_no_notice_repeats(stage: Stage) -> None:
    refused, returned = asked(stage), asked(stage, day=date(2026, 12, 2))
    done(stage, "100", refused, "refuse", reason="繁忙期のため")
    done(stage, "100", returned, "return", reason="業務内容をもう少し詳しく")
    assert [found(i).state for i in (refused, returned)] == ["refused", "returned"]
    assert found(returned).reason == "業務内容をもう少し詳しく"
    assert not any("繁忙期" in text or "詳しく" in text for text in told(stage, "121"))
    assert act(stage, "100", refused, "approve").status_code == 409
    assert act(stage, "100", returned, "approve").status_code == 409


def test_an_older_revision_gets_the_fresh_record(stage: Stage) -> None:
    request_id = asked(stage)
    done(stage, "100", request_id, "propose", revision=1, **BODIES["propose"])
    late = act(stage, "100", request_id, "approve", revision=1)
    assert late.status_code == 409
    assert "池田 綾乃さんの操作で" in late.json["error"]["message"]
    assert (late.json["request"]["state"], late.json["request"]["revision"]) == ("proposed", 2)
    assert late.json["request"]["proposal"] == {"from": "10:00", "to": "17:15"}


def test_withdrawn_before_and_after_approval(stage: Stage, at: Any) -> None:
    before, after = asked(stage), asked(stage, day=date(2026, 12, 2))
    done(stage, "121", before, "withdraw")
    done(stage, "100", after, "approve")
    assert planned(stage, "121", date(2026, 12, 2)) == WHOLE
    done(stage, "121", after, "withdraw")
    assert planned(stage, "121", date(2026, 12, 2)) == []
    assert any("取り下げられました" in text for text in told(stage, "100"))
    third = asked(stage, day=date(2026, 11, 25))
    done(stage, "100", third, "approve")
    at("2026-11-26 09:00")
    assert act(stage, "121", third, "withdraw").status_code == 422
    assert planned(stage, "121", date(2026, 11, 25)) == WHOLE


def test_own_hours_come_and_go_with_the_approval(stage: Stage) -> None:
    hours: dict[str, Any] = {
        "hours_start": 450,
        "hours_end": 975,
        "break_start": 720,
        "break_end": 780,
    }
    request_id = asked(stage, start=450, end=975, **hours)
    done(stage, "100", request_id, "approve")
    assert db.session.query(PlannedHours).count() == 1
    done(stage, "100", request_id, "return", reason="x")
    db.session.rollback()
    assert db.session.query(PlannedHours).count() == 0


def test_a_change_takes_the_place_of_what_was_approved(stage: Stage) -> None:
    first = asked(stage)
    done(stage, "100", first, "approve")
    change = asked(stage, start=780, end=1035, changes_id=first)
    assert planned(stage, "121") == WHOLE  # holds until the change is approved
    assert preview(stage, change)["effect"]["short"] is False
    done(stage, "100", change, "approve", revision=1)
    assert planned(stage, "121") == [(780, 1035, "home")]
    assert found(first).state == "replaced"
    done(stage, "100", change, "undo")
    assert planned(stage, "121") == WHOLE
    assert (found(first).state, found(change).state) == ("approved", "waiting")


# --- undo -----------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["approve", "refuse", "return", "propose"])
def test_a_decision_is_taken_back_within_ten_seconds(stage: Stage, what: str, at: Any) -> None:
    request_id = asked(stage)
    done(stage, "100", request_id, what, **BODIES[what])
    clock.freeze(clock.now() + timedelta(seconds=9))
    assert act(stage, "121", request_id, "undo").status_code == 409  # not one's own step
    row = done(stage, "100", request_id, "undo", revision=2)
    assert (row["state"], row["revision"], row["reason"]) == ("waiting", 3, "")
    assert planned(stage, "121") == []
    assert row["decided_by"] is None
    assert act(stage, "100", request_id, "undo").status_code == 409


def test_later_it_stands(stage: Stage) -> None:
    request_id = asked(stage)
    done(stage, "100", request_id, "approve")
    clock.freeze(clock.now() + timedelta(seconds=20))
    answer = act(stage, "100", request_id, "undo")
    assert answer.status_code == 409
    assert "もう元に戻せません" in answer.json["error"]["message"]
    assert planned(stage, "121") == WHOLE


def test_a_withdrawal_is_taken_back_by_the_person(stage: Stage) -> None:
    request_id = asked(stage)
    done(stage, "100", request_id, "approve")
    done(stage, "121", request_id, "withdraw")
    assert done(stage, "121", request_id, "undo")["state"] == "approved"
    assert planned(stage, "121") == WHOLE


# --- the effect -----------------------------------------------------------------------------


def test_the_effect_per_half_hour_and_the_words(stage: Stage) -> None:
    counter_with_duties(stage)
    request_id = asked(stage)
    shown = preview(stage, request_id)
    assert shown["effect"] == {
        "short": True,
        "minutes": 90,
        "words": "窓口1が 1 時間 30 分 不足する",
    }
    (position,) = shown["positions"]
    slots = {slot["from"]: slot for slot in position["slots"]}
    assert (slots["09:00"]["before"], slots["09:00"]["after"], slots["09:00"]["open"]) == (1, 0, 1)
    assert slots["10:30"]["worse"] is False
    assert len(slots) == 15


def test_what_fell_short_before_is_not_the_requests_doing(stage: Stage) -> None:
    stage.position("窓口", unit="W12", need=9)
    request_id = asked(stage, "220")
    assert waiting(stage, "200") == [request_id]
    assert preview(stage, request_id, "200")["effect"]["short"] is False
    mine = asked(stage)
    assert preview(stage, mine)["effect"]["short"] is True  # one more is missing than before


def test_approving_with_a_shortage_needs_a_reason(stage: Stage) -> None:
    counter_with_duties(stage)
    request_id = asked(stage)
    answer = act(stage, "100", request_id, "approve", revision=1)
    assert answer.status_code == 422
    assert answer.json["error"]["fields"] == {"reason": "不足のまま承認する理由を入力してください"}
    assert "窓口1が 1 時間 30 分 不足します" in answer.json["error"]["message"]
    assert planned(stage, "121") == []
    row = done(stage, "100", request_id, "approve", revision=1, reason="係長が窓口に入る")
    assert (row["state"], row["short_minutes"], row["reason"]) == (
        "approved",
        90,
        "係長が窓口に入る",
    )


def test_a_shortage_that_came_meanwhile_is_seen_at_the_yes(stage: Stage) -> None:
    position, _duty = counter_with_duties(stage, date(2026, 12, 2))
    request_id = asked(stage)
    assert preview(stage, request_id)["effect"]["short"] is False
    put_on(stage, position, "121", 540, 630, NEXT_TUESDAY)
    assert act(stage, "100", request_id, "approve", revision=1).status_code == 422


def test_a_past_day_has_no_effect(stage: Stage) -> None:
    counter_with_duties(stage, date(2026, 11, 20))
    request_id = asked(stage, day=date(2026, 11, 20))
    assert preview(stage, request_id)["positions"] == []
    assert done(stage, "100", request_id, "approve")["state"] == "approved"


# --- ways -----------------------------------------------------------------------------------


def test_ways_another_time_and_who_could_take_the_duty(stage: Stage) -> None:
    counter_with_duties(stage)
    ways = preview(stage, asked(stage))["ways"]
    assert ways["complete"] is True
    (duty,) = ways["duties"]
    assert duty["words"] == "窓口1 の 9:00〜10:30"
    assert [taker["staff"] for taker in duty["takers"]] == ["120", "130", "131"]
    assert duty["takers"][0]["after"] == duty["takers"][0]["load"] + 1.5
    assert [(way["words"], way["from"], way["before"]) for way in ways["times"]] == [
        ("11:00 から在宅にする（移動 30 分を含む）", "11:00", 30)
    ]


def test_where_whoever_is_there_takes_it_somebody_could_come_in(stage: Stage) -> None:
    stage.position("窓口", unit="W12", need=3, hours=(540, 660))
    stage.telework("122", NEXT_TUESDAY)
    shown = preview(stage, asked(stage))
    assert shown["effect"]["words"] == "窓口が 2 時間 不足する"
    assert shown["ways"]["duties"] == []
    assert shown["ways"]["others"] == ["河野 優"]
    assert shown["ways"]["times"][0]["from"] == "11:30"


def test_a_proposal_taken_in_one_tap_is_changed_and_approved(stage: Stage) -> None:
    counter_with_duties(stage)
    request_id = asked(stage)
    (way,) = preview(stage, request_id)["ways"]["times"]
    body = {name: way[name] for name in ("from", "to", "before", "after")}
    done(stage, "100", request_id, "propose", revision=1, **body)
    assert any("11:00〜17:15 にする提案" in text for text in told(stage, "121"))
    row = done(stage, "121", request_id, "accept-proposal", revision=2)
    assert (row["state"], row["from"], row["short_minutes"]) == ("approved", "11:00", 0)
    assert row["decided_by"]["staff"] == "100"
    assert planned(stage, "121") == [(630, 660, "trip"), (660, 1035, "home")]
    assert any("提案の時間で承認" in text for text in told(stage, "100"))


def test_a_proposal_that_falls_short_by_now_is_decided_once_more(stage: Stage) -> None:
    position, _duty = counter_with_duties(stage)
    request_id = asked(stage)
    body = {"from": "11:00", "to": "17:15", "before": 30}
    done(stage, "100", request_id, "propose", **body)
    put_on(stage, position, "121", 900, 960, NEXT_TUESDAY)
    with transaction():
        db.session.execute(
            update(Posting)
            .where(Posting.staff_id == stage.ids["122"])
            .values(ends_on=date(2026, 11, 30))
        )
        facts.restamp("org")
    row = done(stage, "121", request_id, "accept-proposal")
    assert (row["state"], row["from"]) == ("waiting", "11:00")
    assert any("もう一度決めてください" in text for text in told(stage, "100"))
    assert planned(stage, "121") == []


def test_the_seat_and_the_telephone_follow_the_proposed_hours(stage: Stage) -> None:
    (_site, (seat,)), phone = site("四ツ谷", "1番"), item("T-1")
    request_id = asked(stage)
    book(stage, "121", seat, NEXT_TUESDAY, request_id=request_id)
    borrow(stage, "121", phone, NEXT_TUESDAY, request_id=request_id)
    done(stage, "100", request_id, "propose", **BODIES["propose"])
    assert done(stage, "121", request_id, "accept-proposal")["state"] == "approved"
    booked = [
        *db.session.query(SeatBooking).filter_by(state="booked"),
        *db.session.query(LoanBooking).filter_by(state="booked"),
    ]
    assert len(booked) == 2
    for one in booked:
        assert (one.start_minute, one.end_minute, one.request_id) == (600, 1035, request_id)


def test_where_the_seat_is_gone_it_waits_as_it_was_filed(stage: Stage) -> None:
    (_site, (seat,)), phone = site("四ツ谷", "1番"), item("T-1")
    request_id = asked(stage, start=780)
    book(stage, "121", seat, NEXT_TUESDAY, (780, 1035), request_id=request_id)
    borrow(stage, "121", phone, NEXT_TUESDAY, (780, 1035), request_id=request_id)
    book(stage, "122", seat, NEXT_TUESDAY, (510, 720))
    done(stage, "100", request_id, "propose", **BODIES["propose"])
    row = done(stage, "121", request_id, "accept-proposal")
    assert (row["state"], row["from"], row["proposal"]) == ("waiting", "13:00", None)
    assert booked(seat) == [request_id, None]
    (loan,) = db.session.query(LoanBooking).filter_by(state="booked")
    assert (loan.start_minute, loan.request_id) == (780, request_id)
    for number in ("100", "121"):
        assert any("席や貸出物品を取れません" in text for text in told(stage, number))


def test_proposed_hours_keep_to_the_persons_other_requests_and_hours(stage: Stage) -> None:
    request_id = asked(stage, start=780)
    other = asked(stage, end=600)
    early = {"from": "9:30", "to": "17:15"}
    refused = act(stage, "100", request_id, "propose", **early)
    assert refused.status_code == 422
    assert "別の申請" in refused.json["error"]["fields"]["from"]
    done(stage, "121", other, "withdraw")
    done(stage, "100", request_id, "propose", **early)
    asked(stage, end=600)
    row = done(stage, "121", request_id, "accept-proposal")
    assert (row["state"], row["from"]) == ("waiting", "13:00")
    hours: dict[str, Any] = {"hours_start": 450, "hours_end": 975}
    allotted = asked(stage, "122", start=450, end=975, **hours)
    assert act(stage, "100", allotted, "propose", **BODIES["propose"]).status_code == 422
    done(stage, "100", allotted, "propose", **{"from": "10:00", "to": "16:15"})
    assert done(stage, "122", allotted, "accept-proposal")["state"] == "approved"


def test_a_proposal_declined_waits_again(stage: Stage) -> None:
    request_id = asked(stage)
    done(stage, "100", request_id, "propose", **BODIES["propose"])
    row = done(stage, "121", request_id, "decline-proposal")
    assert (row["state"], row["proposal"], row["from"]) == ("waiting", None, "08:30")
    assert waiting(stage, "100") == [request_id]


# --- 打診 -----------------------------------------------------------------------------------


def offered(stage: Stage, number: str) -> int:
    (offer,) = stage.api(number).get("/me/swaps").json["offered"]
    return int(offer["id"])


def answer_swap(stage: Stage, number: str, what: str) -> Any:
    return stage.api(number, LEAD).post(f"/swaps/{offered(stage, number)}/{what}")


def test_accepted_the_duty_is_exchanged_and_the_request_approved(stage: Stage) -> None:
    _position, duty = counter_with_duties(stage)
    request_id = asked(stage)
    assert done(stage, "100", request_id, "ask", picks=[pick(duty, "131")])["state"] == "asked"
    assert waiting(stage, "100") == []
    with stage.frames() as sent:
        assert answer_swap(stage, "131", "accept").json["state"] == "done"
    record = found(request_id)
    assert (record.state, record.decided_as, record.short_minutes) == ("approved", "chief", 0)
    assert record.decider == "課長 池田 綾乃"
    assert planned(stage, "121") == WHOLE
    assert held("131", stage, NEXT_TUESDAY) == [(540, 630, "swap")]
    assert any(event == "request" and room == "100:person" for event, _, room in sent)
    assert any("当番の交代が成立したので承認" in text for text in told(stage, "100"))


def test_declined_it_waits_again_and_another_can_be_asked(stage: Stage) -> None:
    _position, duty = counter_with_duties(stage)
    request_id = asked(stage)
    done(stage, "100", request_id, "ask", picks=[pick(duty, "131")])
    assert answer_swap(stage, "131", "decline").status_code == 200
    assert found(request_id).state == "waiting"
    assert any("代わる人が決まらず" in text for text in told(stage, "100"))
    done(stage, "100", request_id, "ask", picks=[pick(duty, "120")])
    answer_swap(stage, "120", "accept")
    assert found(request_id).state == "approved"


def test_several_duties_are_several_asks_and_all_have_to_say_yes(stage: Stage) -> None:
    _position, first = counter_with_duties(stage)
    other = make_position(stage, "窓口2", bands=((780, 840, 1, 1.0),))
    second = put_on(stage, other, "121", 780, 840, NEXT_TUESDAY)
    request_id = asked(stage)
    picks = [pick(first, "131"), pick(second, "120", start="13:00", until="14:00")]
    done(stage, "100", request_id, "ask", picks=picks)
    answer_swap(stage, "131", "accept")
    assert found(request_id).state == "asked"
    answer_swap(stage, "120", "accept")
    assert found(request_id).state == "approved"


def test_asking_ends_with_another_decision(stage: Stage) -> None:
    _position, duty = counter_with_duties(stage)
    request_id = asked(stage)
    done(stage, "100", request_id, "ask", picks=[pick(duty, "131")])
    swap = offered(stage, "131")
    done(stage, "121", request_id, "withdraw")
    late = stage.api("131", LEAD).post(f"/swaps/{swap}/accept")
    assert late.status_code == 409
    assert held("121", stage, NEXT_TUESDAY) == [(540, 630, "rota")]
    assert found(request_id).state == "withdrawn"


def test_asking_is_taken_back(stage: Stage) -> None:
    _position, duty = counter_with_duties(stage)
    request_id = asked(stage)
    done(stage, "100", request_id, "ask", picks=[pick(duty, "131")])
    assert done(stage, "100", request_id, "undo")["state"] == "waiting"
    assert stage.api("131").get("/me/swaps").json["offered"] == []


# --- 交代の指示 ------------------------------------------------------------------------------


def test_an_order_exchanges_and_approves_and_tells_both(stage: Stage) -> None:
    _position, duty = counter_with_duties(stage)
    request_id = asked(stage)
    row = done(
        stage, "100", request_id, "order", picks=[pick(duty, "131")], reason="ほかに人がいないため"
    )
    assert (row["state"], row["short_minutes"]) == ("approved", 0)
    assert held("131", stage, NEXT_TUESDAY) == [(540, 630, "order")]
    assert any("ほかに人がいないため" in text for text in told(stage, "131"))
    assert any("池田 綾乃さんの指示" in text for text in told(stage, "121"))
    assert act(stage, "100", request_id, "undo").status_code == 409  # two people have been told


def test_never_the_same_person_twice_a_week_while_another_fits(stage: Stage) -> None:
    _position, duty = counter_with_duties(stage)
    wednesday = date(2026, 12, 2)
    _second, other = counter_with_duties(stage, wednesday)
    done(stage, "100", asked(stage), "order", picks=[pick(duty, "131")], reason="x")
    request_id = asked(stage, day=wednesday)
    again = act(stage, "100", request_id, "order", picks=[pick(other, "131")], reason="x")
    assert again.status_code == 422
    assert "今週もう引き受けています" in again.json["error"]["fields"]["to"]
    assert found(request_id).state == "waiting"
    done(stage, "100", request_id, "order", picks=[pick(other, "120")], reason="x")


# --- who decides ----------------------------------------------------------------------------


def test_a_chiefs_own_goes_to_the_final_approver(stage: Stage) -> None:
    request_id = asked(stage, "100")
    assert waiting(stage, "100") == []
    assert waiting(stage, "110") == []
    with transaction():
        settings.put(FINAL_APPROVERS, ["800", "100"], by=None, now=clock.now())
    assert waiting(stage, "800") == [request_id]
    assert act(stage, "100", request_id, "approve").status_code == 403
    assert done(stage, "800", request_id, "approve")["decided_as"] == "final"


def test_a_chiefs_own_goes_up_to_the_head_of_the_department(stage: Stage) -> None:
    with transaction():
        stage.hire(CAST["900"], roles="chief", kind="concurrent")
        facts.restamp("org")
    request_id = asked(stage, "100")
    assert waiting(stage, "900") == [request_id]
    assert done(stage, "900", request_id, "approve")["decided_as"] == "parent"


@pytest.mark.parametrize("kind", ["leave", "trip", "meeting"])
def test_a_deputy_decides_while_the_chief_is_away_all_day(stage: Stage, kind: str) -> None:
    request_id = asked(stage)
    assert waiting(stage, "110") == []
    stage.plan("100", Entry(510, 1035, kind))
    assert waiting(stage, "110") == [request_id]
    assert waiting(stage, "100") == [request_id]
    assert done(stage, "110", request_id, "approve")["decided_as"] == "deputy"


def test_half_a_day_away_is_not_all_day(stage: Stage) -> None:
    asked(stage)
    stage.plan("100", Entry(510, 720, "leave"))
    assert waiting(stage, "110") == []


def test_a_deputy_decides_after_four_working_hours(stage: Stage, at: Any) -> None:
    request_id = asked(stage)  # 10:20
    at("15:19")
    assert waiting(stage, "110") == []
    at("15:20")
    assert waiting(stage, "110") == [request_id]
    with transaction():
        settings.put(DEPUTY_AFTER, 0, by=None, now=clock.now())
    assert waiting(stage, "110") == []


def test_what_was_decided_in_ones_place_waits_for_the_chief(stage: Stage) -> None:
    stage.plan("100", Entry(510, 1035, "leave"))
    request_id = asked(stage)
    done(stage, "110", request_id, "approve")
    chief = stage.browser("100")
    assert "後閲を待っているもの" in chief.get("/requests/done").get_data(as_text=True)
    assert act(stage, "110", request_id, "review").status_code == 403
    assert act(stage, "121", request_id, "review").status_code == 403
    row = done(stage, "100", request_id, "review")
    assert row["reviewed_at"] is not None
    assert "後閲を待っているもの" not in chief.get("/requests/done").get_data(as_text=True)
    assert act(stage, "100", request_id, "review").status_code == 403


def test_an_oral_approval_holds_at_once_and_is_read_afterwards(stage: Stage) -> None:
    request_id = asked(stage, oral_by=stage.ids["100"], oral_at=clock.now())
    record = found(request_id)
    assert (record.state, record.decided_as, record.decided_by) == (
        "approved",
        "oral",
        stage.ids["100"],
    )
    assert planned(stage, "121") == WHOLE
    assert any("口頭で承認" in text for text in told(stage, "100"))
    assert "後閲を待っているもの" in stage.browser("100").get("/requests/done").get_data(
        as_text=True
    )
    done(stage, "100", request_id, "return", reason="承認していません")
    assert planned(stage, "121") == []


def test_the_number_of_what_was_seen_never_falls(stage: Stage) -> None:
    """Filed again as 口頭で承認済 it is not what the chief had open before."""
    request_id = asked(stage)
    with transaction():
        row = db.session.get_one(TeleworkRequest, request_id)
        row.oral_by, row.oral_at = stage.ids["100"], clock.now()
        person = Actor(stage.ids["121"], "121", CAST["121"].name)
        deciding.refiled(row, actor=person, now=clock.now())
        deciding.orally_approved(row, actor=person, now=clock.now())
    assert found(request_id).revision > 1
    assert act(stage, "100", request_id, "return", reason="x", revision=1).status_code == 409


def test_what_waits_moves_with_the_transfer(stage: Stage, at: Any) -> None:
    """桜井 goes to 市民課 on 1 December: from then on its chief decides."""
    request_id = asked(stage, day=date(2026, 12, 8))
    with transaction():
        row = db.session.query(Posting).filter_by(staff_id=stage.ids["121"]).one()
        row.ends_on = date(2026, 11, 30)
        stage.hire(CAST["121"], unit_id=stage.units["W22"], starts_on=date(2026, 12, 1))
        facts.restamp("org")
    assert (waiting(stage, "100"), waiting(stage, "200")) == ([request_id], [])
    at("2026-12-01 09:00")
    assert (waiting(stage, "100"), waiting(stage, "200")) == ([], [request_id])
    assert act(stage, "100", request_id, "approve").status_code == 404
    done(stage, "200", request_id, "approve")


def moved_away(stage: Stage) -> None:
    """桜井 goes to 市民課 on the very day."""
    with transaction():
        row = db.session.query(Posting).filter_by(staff_id=stage.ids["121"]).one()
        row.ends_on = date(2026, 11, 23)
        stage.hire(CAST["121"], unit_id=stage.units["W22"], starts_on=date(2026, 11, 24))
        facts.restamp("org")


def test_who_decides_no_longer_approves_nothing_by_a_proposal_of_before(stage: Stage) -> None:
    request_id = asked(stage)
    done(stage, "100", request_id, "propose", **BODIES["propose"])
    moved_away(stage)
    row = done(stage, "121", request_id, "accept-proposal")
    assert (row["state"], row["from"], row["decided_by"]) == ("waiting", "10:00", None)
    assert planned(stage, "121") == []
    assert any("決めてください" in text for text in told(stage, "200"))
    assert not any("決めてください" in text for text in told(stage, "100"))
    done(stage, "200", request_id, "approve")


def test_who_decides_no_longer_approves_nothing_by_having_asked(stage: Stage) -> None:
    _position, duty = counter_with_duties(stage)
    request_id = asked(stage)
    done(stage, "100", request_id, "ask", picks=[pick(duty, "131")])
    with transaction():
        row = db.session.query(Posting).filter_by(staff_id=stage.ids["100"]).one()
        row.unit_id = stage.units["W21"]
        successor = db.session.query(Posting).filter_by(staff_id=stage.ids["110"]).one()
        successor.roles = "chief"
        facts.restamp("org")
    assert answer_swap(stage, "131", "accept").status_code == 200
    assert found(request_id).state == "waiting"
    assert planned(stage, "121") == []
    assert any("決めてください" in text for text in told(stage, "110"))
    done(stage, "110", request_id, "approve")


# --- several at once ------------------------------------------------------------------------


def bulk(stage: Stage, *ids: int) -> list[Any]:
    wanted = [{"id": i, "revision": 1} for i in ids]
    answer = stage.api("100", LEAD).post("/requests/approve", {"requests": wanted})
    assert answer.status_code == 200, answer.json
    return list(answer.json["results"])


def test_three_that_are_fine_alone_do_not_bring_a_shortage_together(stage: Stage) -> None:
    stage.position(
        "窓口", unit="W12", need=2
    )  # five people of 入所係・施設係 could; three of W12 do
    ids = [asked(stage, number) for number in ("120", "121", "122")]
    assert [preview(stage, i)["effect"]["short"] for i in ids] == [False] * 3
    with stage.app.app_context(), snapshot():
        actor = Actor(stage.ids["100"], "100", "池田 綾乃")
        view = inbox_view.inbox_view(actor, now=clock.now(), whole=True)
        assert [line.alone for line in view.waiting] == [False, True, True]
        assert [row.id for row in view.bulk] == ids[:1]
    results = bulk(stage, *ids)
    assert [each["done"] for each in results] == [True, False, False]
    assert "不足します" in results[1]["words"]
    assert [found(i).state for i in ids] == ["approved", "waiting", "waiting"]


def test_each_of_several_has_its_own_result(stage: Stage) -> None:
    counter_with_duties(stage)
    fine, short = asked(stage, day=date(2026, 12, 3)), asked(stage)
    stale, own = asked(stage, "122", date(2026, 12, 3)), asked(stage, "100")
    done(stage, "122", stale, "withdraw")
    results = {each["id"]: each for each in bulk(stage, fine, short, stale, own, 99_999)}
    assert [results[i]["done"] for i in (fine, short, stale, own, 99_999)] == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert "取下げ" in results[stale]["words"]
    assert "見つかりません" in results[99_999]["words"]


# --- at the same moment ---------------------------------------------------------------------


def at_once(stage: Stage, calls: list[tuple[str, int, str, dict[str, Any]]]) -> list[Any]:
    """Every call in a thread of its own, all let go together; the answers in their order."""
    tokens = {number: stage.token(number, LEAD) for number, *_ in calls}
    answers: list[Any] = [None] * len(calls)
    ready = threading.Barrier(len(calls))

    def run(index: int, number: str, request_id: int, what: str, body: dict[str, Any]) -> None:
        client = stage.app.test_client()
        headers = {"Authorization": f"Bearer {tokens[number]}"}
        ready.wait()
        path = f"/api/v1/requests/{request_id}/{what}"
        answers[index] = client.post(path, json=body, headers=headers)

    threads = [threading.Thread(target=run, args=(i, *call)) for i, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_approved_and_withdrawn_at_once_one_of_them_is_told(stage: Stage) -> None:
    request_id = asked(stage)
    calls = [
        ("100", request_id, "approve", {"revision": 1}),
        ("121", request_id, "withdraw", {"revision": 1}),
    ] * 10
    answers = at_once(stage, calls)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    won = next(answer.json for answer in answers if answer.status_code == 200)
    record = found(request_id)
    assert (record.state, record.revision) == (won["state"], 2)
    assert planned(stage, "121") == (WHOLE if record.state == "approved" else [])
    assert all(a.json["request"]["revision"] == 2 for a in answers if a.status_code == 409)
    assert db.session.query(RequestStep).filter_by(request_id=request_id).count() == 2


def test_two_approved_at_once_do_not_empty_the_counter(stage: Stage) -> None:
    stage.position("窓口", unit="W12", need=2)
    ids = [asked(stage, number) for number in ("120", "121", "122")]
    answers = at_once(stage, [("100", i, "approve", {"revision": 1}) for i in ids])
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422]


def test_taken_and_withdrawn_at_once_either_both_or_neither(stage: Stage) -> None:
    """Whoever comes first: the duty is exchanged and the day approved, or neither."""
    _position, duty = counter_with_duties(stage)
    request_id = asked(stage)
    done(stage, "100", request_id, "ask", picks=[pick(duty, "131")])
    swap = db.session.query(Swap).one().id
    taker, ready = stage.api("131", LEAD), threading.Barrier(2)
    accepting = threading.Thread(target=lambda: (ready.wait(), taker.post(f"/swaps/{swap}/accept")))
    accepting.start()
    ready.wait()
    act(stage, "121", request_id, "withdraw", revision=2)
    accepting.join()
    exchanged = held("131", stage, NEXT_TUESDAY) != []
    assert found(request_id).state == ("approved" if exchanged else "withdrawn")
    assert planned(stage, "121") == (WHOLE if exchanged else [])


def test_many_taken_and_approved_at_once_nobody_waits_in_a_circle(stage: Stage) -> None:
    """Whoever takes the duty and whoever decides want the same two rows; on PostgreSQL the order of locks counts."""
    _position, duty = counter_with_duties(stage)
    request_id = asked(stage)
    done(stage, "100", request_id, "ask", picks=[pick(duty, "131")])
    swap = db.session.query(Swap).one().id
    taker = stage.token("131", LEAD)
    answers: list[int] = []

    def take() -> None:
        headers = {"Authorization": f"Bearer {taker}"}
        client = stage.app.test_client()
        answers.append(client.post(f"/api/v1/swaps/{swap}/accept", headers=headers).status_code)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    calls = [("100", request_id, "refuse", {"reason": "x"}), ("121", request_id, "withdraw", {})]
    answers += [answer.status_code for answer in at_once(stage, calls * 4)]
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 409}
    assert answers.count(200) <= 2  # an approved one can be withdrawn after the exchange
    assert found(request_id).state in ("approved", "refused", "withdrawn")


def test_who_lost_to_a_deadlock_is_told_to_look_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    def lost(*_args: object, **_more: object) -> None:
        raise OperationalError("UPDATE", {}, Deadlock())

    request_id = asked(stage)
    monkeypatch.setattr(deciding, "carry", lost)
    answer = act(stage, "100", request_id, "approve")
    assert answer.status_code == 409
    assert "もう一度" in answer.json["error"]["message"]
    assert found(request_id).state == "waiting"


# --- a seat that came with it ---------------------------------------------------------------


def test_a_seat_is_free_after_the_refusal_and_booked_again_by_undo(stage: Stage) -> None:
    _site, (seat,) = site("四ツ谷", "1番")
    request_id = asked(stage)
    book(stage, "121", seat, NEXT_TUESDAY, request_id=request_id)
    done(stage, "100", request_id, "refuse", reason="x")
    assert booked(seat) == []
    done(stage, "100", request_id, "undo")
    assert booked(seat) == [request_id]


def test_a_seat_goes_with_the_change_and_comes_back_with_the_undo(stage: Stage) -> None:
    _site, (seat,) = site("四ツ谷", "1番")
    first = asked(stage, at=clock.now() - timedelta(minutes=5))
    book(stage, "121", seat, NEXT_TUESDAY, request_id=first)
    done(stage, "100", first, "approve")
    clock.freeze(clock.now() + timedelta(minutes=1))
    same = asked(stage, work="ほかの仕事", changes_id=first)
    book(stage, "121", seat, NEXT_TUESDAY, request_id=same)  # the same once more is the same
    done(stage, "100", same, "refuse", reason="x")
    assert booked(seat) == [first]  # what is not changed keeps its seat
    same = asked(stage, work="ほかの仕事", changes_id=first)
    done(stage, "100", same, "approve")
    assert booked(seat) == [same]
    done(stage, "100", same, "undo")
    assert booked(seat) == [first]
    shorter = asked(stage, start=780, changes_id=first)
    done(stage, "100", shorter, "approve")
    assert booked(seat) == []
    done(stage, "100", shorter, "undo")
    assert booked(seat) == [first]


def test_an_undone_change_does_not_bring_back_what_another_had_replaced(stage: Stage) -> None:
    whole = asked(stage)
    done(stage, "100", whole, "approve")
    morning = asked(stage, end=720, changes_id=whole)
    afternoon = asked(stage, start=780, changes_id=whole)
    done(stage, "100", morning, "approve")
    clock.freeze(clock.now() + timedelta(seconds=30))
    done(stage, "100", afternoon, "approve")
    done(stage, "100", afternoon, "undo")
    assert found(whole).state == "replaced"
    assert planned(stage, "121") == [(510, 720, "home")]


def booked(seat: int) -> list[int | None]:
    db.session.rollback()
    rows = db.session.query(SeatBooking).filter_by(seat_id=seat, state="booked")
    return [row.request_id for row in rows]
