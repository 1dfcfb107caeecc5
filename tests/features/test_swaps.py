"""Swaps through HTTP: refused first, then asked, taken by the first, approved, ordered; what follows of them."""

from datetime import date
from typing import Any

import pytest

from tests.features.duty_at import (
    TUESDAY,
    give_profile,
    held,
    make_position,
    put_on,
)
from tests.stage import Stage
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.duties.models import DutyBreak
from webapp.notices.models import Notice
from webapp.plans.service import Entry
from webapp.rota import swap_work
from webapp.rota.models import Rota, RotaCell, RotaStep, Swap
from webapp.rota.settings import SWAP_APPROVAL

WEDNESDAY = date(2026, 11, 25)
AFTERNOON = (840, 960)  # 14:00–16:00


@pytest.fixture
def counter(stage: Stage) -> int:
    return make_position(stage)


@pytest.fixture
def duty(stage: Stage, counter: int) -> int:
    """桜井 121 at 窓口1, today 14:00–16:00."""
    return put_on(stage, counter, "121", *AFTERNOON)


def ask(stage: Stage, number: str, duty: int, **body: Any) -> Any:
    return stage.api(number).post("/swaps", {"duty": duty} | body)


def act(stage: Stage, number: str, swap: int, what: str, **body: Any) -> Any:
    return stage.api(number, "self unit:write").post(f"/swaps/{swap}/{what}", body)


def asked(stage: Stage, duty: int, **body: Any) -> int:
    answer = ask(stage, "121", duty, **body)
    assert answer.status_code == 201, answer.json
    return int(answer.json["id"])


def always_approve(stage: Stage) -> None:
    with transaction():
        settings.put(SWAP_APPROVAL, "always", unit_code="W11", by=None, now=clock.now())


def told(stage: Stage, number: str) -> list[str]:
    return [row["text"] for row in stage.api(number).get("/me/notices").json["notices"]]


# --- refused --------------------------------------------------------------------------------


def test_somebody_elses_duty_does_not_exist_for_a_member(stage: Stage, duty: int) -> None:
    assert ask(stage, "122", duty).status_code == 404
    assert ask(stage, "220", duty).status_code == 404
    assert ask(stage, "121", 99_999).status_code == 404
    assert db.session.query(Swap).count() == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "13:30", "until": "15:00"}, "from"),
        ({"from": "15:00", "until": "15:00"}, "from"),
        ({"from": "15:50", "until": "16:00"}, "from"),
        ({"to": ["999"]}, "to"),
        ({"to": ["121"]}, "to"),
        ({"to": ["220"]}, "to"),  # of another section
        ({"return_duty": -1}, "return_duty"),
    ],
)
def test_what_cannot_be_asked_says_where_and_why(
    stage: Stage, duty: int, body: dict[str, Any], field: str
) -> None:
    answer = ask(stage, "121", duty, **body)
    assert answer.status_code == 422
    assert field in answer.json["error"]["fields"]
    assert db.session.query(Swap).count() == 0


def test_who_is_away_is_not_asked(stage: Stage, duty: int) -> None:
    stage.plan("122", Entry(510, 1035, "leave"))
    stage.telework("120")
    give_profile(stage, "131", group="exempt", forbidden=[], preferences={})
    answer = ask(stage, "121", duty, to=["122"])
    assert answer.status_code == 422
    assert "河野 優 さんは、この時間に入れません" in answer.json["error"]["fields"]["to"]
    offered = ask(stage, "121", duty).json["offers"]
    assert [offer["staff"] for offer in offered] == ["130"]


def test_nobody_who_can_take_it(stage: Stage) -> None:
    counter = make_position(stage, skills=("住基",))
    duty = put_on(stage, counter, "121", *AFTERNOON)
    answer = ask(stage, "121", duty)
    assert answer.status_code == 422
    assert "代われる人がいません" in answer.json["error"]["message"]


def test_only_those_asked_may_take_it(stage: Stage, duty: int) -> None:
    swap = asked(stage, duty, to=["122"])
    assert act(stage, "131", swap, "accept").status_code == 404
    assert act(stage, "220", swap, "accept").status_code == 404
    assert act(stage, "121", swap, "accept").status_code == 403
    assert act(stage, "130", swap, "accept").status_code == 404  # leads 施設係, not 入所係
    assert act(stage, "100", swap, "accept").status_code == 403
    assert act(stage, "122", swap, "approve").status_code == 403
    assert act(stage, "122", swap, "withdraw").status_code == 403
    assert act(stage, "122", 99_999, "accept").status_code == 404
    assert held("121", stage) == [(*AFTERNOON, "rota")]


def test_a_swap_is_for_signed_in_people_and_unit_write(stage: Stage, duty: int) -> None:
    always_approve(stage)
    swap = asked(stage, duty, to=["122"])
    act(stage, "122", swap, "accept")
    assert stage.app.test_client().post("/api/v1/swaps", json={}).status_code in (400, 401)
    assert stage.api("100", "self").post(f"/swaps/{swap}/approve").status_code == 403
    assert stage.api("100", "self").post(f"/duties/{duty}/order", {}).status_code == 403


# --- give -----------------------------------------------------------------------------------


def test_the_first_to_accept_has_it_and_both_are_told(stage: Stage, duty: int) -> None:
    swap = asked(stage, duty)
    assert any("代われる人をさがしています" in text for text in told(stage, "122"))
    with stage.frames() as sent:
        answer = act(stage, "122", swap, "accept")
    assert (answer.status_code, answer.json["state"]) == (200, "done")
    assert answer.json["automatic"] is True
    assert held("121", stage) == []
    assert held("122", stage) == [(*AFTERNOON, "swap")]
    assert ("notice", {"count": 1, "quiet": False}, "121:person") in sent
    assert "11月24日（火）14:00〜16:00 窓口1 は 河野 優さんに代わりました。" in told(stage, "121")
    late = act(stage, "131", swap, "accept")
    assert late.status_code == 409
    assert "もうほかの人が引き受けています" in late.json["error"]["message"]
    assert held("131", stage) == []
    trail = db.session.query(AuditEntry).filter_by(action="duty.swap").one()
    assert trail.unit_code == "W12"


def test_part_of_a_duty(stage: Stage, duty: int) -> None:
    swap = asked(stage, duty, **{"from": "14:30", "until": "15:30"}, to=["122"])
    act(stage, "122", swap, "accept")
    assert held("121", stage) == [(840, 870, "rota"), (930, 960, "rota")]
    assert held("122", stage) == [(870, 930, "swap")]


def test_two_parts_one_after_the_other(stage: Stage, duty: int) -> None:
    """The first part splits the row of the duty; the second is found all the same."""
    first = asked(stage, duty, **{"from": "14:00", "until": "14:30"}, to=["122"])
    second = asked(stage, duty, **{"from": "15:00", "until": "15:30"}, to=["131"])
    assert ask(stage, "121", duty, **{"from": "14:00", "until": "15:00"}).status_code == 409
    assert act(stage, "122", first, "accept").json["state"] == "done"
    assert act(stage, "131", second, "accept").json["state"] == "done"
    assert held("121", stage) == [(870, 900, "rota"), (930, 960, "rota")]


def test_declined_by_all_tells_who_asked(stage: Stage, duty: int) -> None:
    swap = asked(stage, duty, to=["122", "131"])
    assert act(stage, "122", swap, "decline").json["state"] == "offered"
    assert stage.api("122").get("/me/swaps").json["offered"] == []
    assert act(stage, "131", swap, "decline").json["state"] == "refused"
    assert any("代われる人がいませんでした" in text for text in told(stage, "121"))
    assert act(stage, "131", swap, "accept").status_code == 409


def test_withdrawn_is_over(stage: Stage, duty: int) -> None:
    swap = asked(stage, duty, to=["122"])
    assert act(stage, "121", swap, "withdraw").json["state"] == "withdrawn"
    late = act(stage, "122", swap, "accept")
    assert late.status_code == 409
    assert late.json["error"]["message"] == "この交代は取り下げられました。"
    assert ask(stage, "121", duty, to=["122"]).status_code == 201


def test_what_changed_meanwhile_is_seen_at_the_yes(stage: Stage, duty: int, counter: int) -> None:
    swap = asked(stage, duty, to=["122"])
    stage.plan("122", Entry(780, 1035, "meeting"))
    answer = act(stage, "122", swap, "accept")
    assert answer.status_code == 409
    assert "予定が変わった" in answer.json["error"]["message"]
    assert held("121", stage) == [(*AFTERNOON, "rota")]


def test_it_ends_when_the_duty_begins(stage: Stage, duty: int, at: Any) -> None:
    swap = asked(stage, duty, to=["122"])
    at("14:00")
    answer = act(stage, "122", swap, "accept")
    assert answer.status_code == 409
    assert "時間が始まった" in answer.json["error"]["message"]
    assert stage.api("121").get("/me/swaps").json["done"][0]["state"] == "expired"
    with transaction():
        assert swap_work.expire(now=clock.now()) == 1
    with transaction():
        assert swap_work.expire(now=clock.now()) == 0
    assert any("時間になりました" in text for text in told(stage, "121"))


# --- trade ----------------------------------------------------------------------------------


def test_a_trade_moves_both_duties(stage: Stage, duty: int, counter: int) -> None:
    other = put_on(stage, counter, "122", 540, 660, WEDNESDAY)
    swap = asked(stage, duty, return_duty=other)
    shown = stage.api("122").get("/me/swaps").json["offered"][0]
    assert shown["return"]["words"] == "11月25日（水）9:00〜11:00 窓口1"
    assert act(stage, "122", swap, "accept").json["state"] == "done"
    assert (held("121", stage), held("122", stage)) == ([], [(*AFTERNOON, "swap")])
    assert held("121", stage, WEDNESDAY) == [(540, 660, "swap")]
    assert held("122", stage, WEDNESDAY) == []


def test_a_trade_at_the_same_time_frees_both(stage: Stage, counter: int) -> None:
    second = make_position(stage, "窓口2")
    mine = put_on(stage, counter, "121", *AFTERNOON)
    theirs = put_on(stage, second, "122", *AFTERNOON)
    swap = asked(stage, mine, return_duty=theirs)
    assert act(stage, "122", swap, "accept").json["state"] == "done"
    assert held("121", stage) == held("122", stage) == [(*AFTERNOON, "swap")]


def test_a_trade_for_a_duty_one_cannot_do(stage: Stage, duty: int) -> None:
    skilled = make_position(stage, "窓口2", skills=("住基",))
    other = put_on(stage, skilled, "122", 540, 660, WEDNESDAY)
    answer = ask(stage, "121", duty, return_duty=other)
    assert answer.status_code == 422
    assert "return_duty" in answer.json["error"]["fields"]


def test_the_other_duty_gone_meanwhile(stage: Stage, duty: int, counter: int) -> None:
    other = put_on(stage, counter, "122", 540, 660, WEDNESDAY)
    swap = asked(stage, duty, return_duty=other)
    stage.api("100", "self unit:write").post(
        f"/duties/{other}/order", {"to": "131", "reason": "研修のため"}
    )
    answer = act(stage, "122", swap, "accept")
    assert answer.status_code == 409
    assert held("121", stage) == [(*AFTERNOON, "rota")]


# --- approval -------------------------------------------------------------------------------


def test_where_a_yes_is_needed_the_coordinator_gives_it(stage: Stage, duty: int) -> None:
    always_approve(stage)
    swap = asked(stage, duty, to=["122"])
    assert act(stage, "122", swap, "accept").json["state"] == "accepted"
    assert held("121", stage) == [(*AFTERNOON, "rota")]
    assert any("承認待ち" in text for text in told(stage, "120"))
    assert act(stage, "120", swap, "approve").json["state"] == "done"
    assert held("122", stage) == [(*AFTERNOON, "swap")]
    assert act(stage, "100", swap, "approve").status_code == 409


def test_refused_with_a_word(stage: Stage, duty: int) -> None:
    always_approve(stage)
    swap = asked(stage, duty, to=["122"])
    act(stage, "122", swap, "accept")
    assert act(stage, "100", swap, "refuse", reason="研修あり").json["state"] == "refused"
    assert any("承認されませんでした（研修あり）" in text for text in told(stage, "122"))
    assert held("121", stage) == [(*AFTERNOON, "rota")]


def test_nobody_approves_their_own(stage: Stage, duty: int) -> None:
    always_approve(stage)
    swap = asked(stage, duty, to=["120"])
    act(stage, "120", swap, "accept")
    assert act(stage, "120", swap, "approve").status_code == 403
    assert act(stage, "100", swap, "approve").json["state"] == "done"


def test_where_something_falls_short_it_is_not_automatic(stage: Stage) -> None:
    """122 also answers the telephone (在席者で受ける): who stands at the counter cannot."""
    counter = make_position(stage, feeds=())
    phone = make_position(stage, "電話", kind="phone", feeds=(), bands=((840, 960, 1, 1.0),))
    with transaction():
        from webapp.core import facts
        from webapp.positions.models import Position

        db.session.get_one(Position, phone).staffed = "anyone"
        facts.restamp("positions")
    duty = put_on(stage, counter, "121", *AFTERNOON)
    stage.plan("121", Entry(600, 660, "meeting"), Entry(960, 1035, "leave"))
    stage.plan("120", Entry(510, 1035, "leave"))
    swap = asked(stage, duty, to=["122"])
    assert act(stage, "122", swap, "accept").json["state"] == "done"  # 121 answers it instead


def test_more_missing_than_before_asks_for_a_yes(stage: Stage) -> None:
    counter = make_position(stage, feeds=())
    phone = make_position(
        stage, "電話", kind="phone", feeds=(), skills=("代表電話",), bands=((840, 960, 1, 1.0),)
    )
    with transaction():
        from webapp.core import facts
        from webapp.positions.models import Position, StaffSkill

        db.session.get_one(Position, phone).staffed = "anyone"
        db.session.add(StaffSkill(staff_id=stage.ids["122"], skill="代表電話"))
        facts.restamp("positions")
    duty = put_on(stage, counter, "121", *AFTERNOON)
    swap = asked(stage, duty, to=["122"])
    assert act(stage, "122", swap, "accept").json["state"] == "accepted"
    assert held("121", stage) == [(*AFTERNOON, "rota")]


# --- order ----------------------------------------------------------------------------------


def test_an_order_needs_a_reason_and_a_leader(stage: Stage, duty: int) -> None:
    chief = stage.api("100", "self unit:write")
    assert chief.post(f"/duties/{duty}/order", {"to": "122"}).status_code == 422
    assert chief.post(f"/duties/{duty}/order", {"to": "122", "reason": " "}).status_code == 422
    assert chief.post(f"/duties/{duty}/order", {"to": "121", "reason": "x"}).status_code == 422
    member = stage.api("122", "self unit:write")
    assert member.post(f"/duties/{duty}/order", {"to": "131", "reason": "x"}).status_code == 403
    other = stage.api("200", "self unit:write")
    assert other.post(f"/duties/{duty}/order", {"to": "122", "reason": "x"}).status_code == 403
    assert held("121", stage) == [(*AFTERNOON, "rota")]


def test_an_order_tells_both_and_ends_what_was_asked(stage: Stage, duty: int) -> None:
    swap = asked(stage, duty)
    answer = stage.api("100", "self unit:write").post(
        f"/duties/{duty}/order", {"to": "131", "reason": "窓口研修のため"}
    )
    assert (answer.status_code, answer.json["kind"]) == (200, "order")
    assert held("131", stage) == [(*AFTERNOON, "order")]
    for number in ("121", "131"):
        assert any("池田 綾乃さんの指示。理由: 窓口研修のため" in t for t in told(stage, number))
    assert act(stage, "122", swap, "accept").status_code == 409
    assert db.session.query(AuditEntry).filter_by(action="duty.order").count() == 1


# --- what follows ---------------------------------------------------------------------------


def test_lunch_moves_with_the_lunch_counter(stage: Stage) -> None:
    counter = make_position(stage, bands=((690, 780, 1, 1.5),))
    duty = put_on(stage, counter, "121", 690, 780)
    with transaction():
        db.session.add(
            DutyBreak(staff_id=stage.ids["121"], day=TUESDAY, start_minute=780, end_minute=840)
        )
    swap = asked(stage, duty, to=["122"])
    assert act(stage, "122", swap, "accept").json["state"] == "done"
    rows = db.session.query(DutyBreak).all()
    assert [(r.staff_id, r.start_minute, r.end_minute) for r in rows] == [
        (stage.ids["122"], 780, 840)
    ]


def test_the_draft_of_the_week_follows(stage: Stage, duty: int, counter: int) -> None:
    with transaction():
        rota = Rota(
            unit_id=stage.units["W12"],
            first_on=date(2026, 11, 23),
            revision=4,
            fixed_revision=4,
            changed_at=clock.now(),
        )
        rota.cells = [
            RotaCell(
                position_id=counter,
                staff_id=stage.ids["121"],
                day=TUESDAY,
                start_minute=840,
                end_minute=960,
            )
        ]
        db.session.add(rota)
    swap = asked(stage, duty, **{"from": "15:00", "until": "16:00"}, to=["122"])
    act(stage, "122", swap, "accept")
    db.session.rollback()
    db.session.expire_all()
    rota = db.session.query(Rota).one()
    assert (rota.revision, rota.fixed_revision) == (5, 5)
    cells = sorted((c.start_minute, c.end_minute, c.staff_id) for c in rota.cells)
    assert cells == [(840, 900, stage.ids["121"]), (900, 960, stage.ids["122"])]
    step = db.session.query(RotaStep).one()
    assert (step.what, step.revision, len(step.cells)) == ("swap", 5, 2)


def test_lists_show_what_concerns_whom(stage: Stage, duty: int) -> None:
    always_approve(stage)
    swap = asked(stage, duty, to=["122"], reason="歯科")
    offered = stage.api("122").get("/me/swaps").json["offered"][0]
    assert (offered["id"], offered["reason"], offered["offers"]) == (swap, "", [])
    mine = stage.api("121").get("/me/swaps").json["mine"][0]
    assert (mine["reason"], mine["may"]) == ("歯科", ["withdraw"])
    unit = stage.api("120", "self unit:read").get("/units/W12/swaps").json
    assert [row["id"] for row in unit["mine"]] == [swap]
    assert stage.api("220", "self unit:read").get("/units/W12/swaps").status_code == 403
    act(stage, "122", swap, "accept")
    leads = stage.api("100", "self unit:read").get("/units/W11/swaps").json["to_approve"]
    assert [row["id"] for row in leads] == [swap]


def test_notices_are_read_once_and_only_ones_own(stage: Stage, duty: int) -> None:
    asked(stage, duty, to=["122"])
    notice = stage.api("122").get("/me/notices").json["notices"][0]
    assert notice["link"] == "/rota/W12/swaps"
    assert stage.api("131").post(f"/me/notices/{notice['id']}/read").json == {"read": 0}
    assert stage.api("122").post(f"/me/notices/{notice['id']}/read").json == {"read": 1}
    assert stage.api("122").post(f"/me/notices/{notice['id']}/read").json == {"read": 0}
    assert stage.api("122").get("/me/notices").json == {"notices": [], "count": 0}
    assert db.session.query(Notice).filter(Notice.read_at.is_not(None)).count() == 1
