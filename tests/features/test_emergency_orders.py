"""一括指示: many people → 在宅, already approved, in an emergency and outside of one; taken back as it was."""

import re
from datetime import date, timedelta
from typing import Any

import pytest

from tests.features.emergency_at import begin, page, row, send
from tests.stage import CAST, Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.notices.models import Notice
from webapp.org.models import Posting
from webapp.plans.models import PlannedSegment
from webapp.plans.service import Entry
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import State

TOMORROW = {"first": "2026-11-25", "last": "2026-11-25", "work": "電話と台帳の整理"}


def give(stage: Stage, number: str, *staff: str, **more: Any) -> Any:
    return send(stage, number, "/requests/orders", {"staff": list(staff)} | TOMORROW | more)


def requests_of(stage: Stage, number: str) -> list[TeleworkRequest]:
    db.session.rollback()
    query = db.session.query(TeleworkRequest).filter_by(staff_id=stage.ids[number])
    return list(query.populate_existing().order_by(TeleworkRequest.id))


def planned(stage: Stage, number: str) -> list[tuple[date, int, int, str]]:
    db.session.rollback()
    rows = db.session.query(PlannedSegment).filter_by(staff_id=stage.ids[number])
    return [(s.day, s.start_minute, s.end_minute, s.kind) for s in rows.order_by(PlannedSegment.id)]


@pytest.mark.parametrize("number", ["121", "120", "130"])
def test_who_is_no_chief_orders_nobody(stage: Stage, number: str) -> None:
    assert stage.browser(number).get("/requests/orders").status_code == 403
    assert stage.browser(number).get("/requests/orders/new").status_code == 403
    assert give(stage, number, "122").status_code == 403
    assert requests_of(stage, "122") == []


def test_people_of_others_and_oneself(stage: Stage) -> None:
    assert give(stage, "100", "121", "220").status_code == 404
    assert give(stage, "100", "999").status_code == 404
    own = give(stage, "100", "121", "100")
    assert own.status_code == 422
    assert "自分には指示できません" in own.get_data(as_text=True)
    assert requests_of(stage, "121") == []


def test_a_deputy_orders_the_people_and_not_their_chief(stage: Stage) -> None:
    """What the chief files goes to the unit above; an order is no way around that."""
    refused = give(stage, "110", "121", "100")
    assert refused.status_code == 422
    assert "その上の所属長" in refused.get_data(as_text=True)
    assert requests_of(stage, "121") == requests_of(stage, "100") == []
    assert give(stage, "110", "121").status_code == 302
    assert give(stage, "800", "100").status_code == 302


def test_who_is_there_in_a_second_post_is_ordered_from_the_first(stage: Stage) -> None:
    """A whole day at home takes the person from the 本務 as well."""
    with transaction():
        stage.hire(CAST["220"], unit_id=stage.units["W12"], kind="concurrent")
    refused = give(stage, "100", "121", "220")
    assert refused.status_code == 422
    assert "兼務の職員は、本務の所属長が指示します" in refused.get_data(as_text=True)
    assert requests_of(stage, "121") == requests_of(stage, "220") == []
    offered = page(stage, "100", "/requests/orders/new")
    assert CAST["121"].name in offered
    assert CAST["220"].name not in offered
    assert give(stage, "200", "220").status_code == 302


def test_a_second_post_elsewhere_takes_nobody_from_their_chief(stage: Stage) -> None:
    with transaction():
        stage.hire(CAST["121"], unit_id=stage.units["W22"], kind="concurrent")
    assert give(stage, "200", "121").status_code == 422
    assert give(stage, "100", "121").status_code == 302


def test_who_holds_no_first_post_is_ordered_where_they_are(stage: Stage) -> None:
    with transaction():
        held = db.session.query(Posting).filter_by(staff_id=stage.ids["122"]).one()
        held.kind = "joint"
    assert give(stage, "100", "122").status_code == 302


def test_ordered_outside_an_emergency(stage: Stage) -> None:
    assert give(stage, "100", "121", "122").status_code == 302
    for number in ("121", "122"):
        (found,) = requests_of(stage, number)
        assert (found.state, found.decided_as, found.place) == ("approved", "order", "home")
        assert found.decider == "課長 池田 綾乃"
        assert (found.start_minute, found.end_minute, found.extent) == (510, 1035, "whole")
        assert planned(stage, number) == [(date(2026, 11, 25), 510, 1035, "home")]
        told = [n.text for n in db.session.query(Notice).filter_by(staff_id=stage.ids[number])]
        assert told == ["在宅の指示がありました（承認済み）: 11月25日（水）"]
    assert db.session.query(AuditEntry).filter_by(action="request.order").count() == 1
    assert "桜井 剛" in page(stage, "100", "/requests/orders")
    assert "指示" in page(stage, "121", f"/requests/{requests_of(stage, '121')[0].id}")


def test_today_from_now_and_days_off_left_out(stage: Stage) -> None:
    days = {"first": "2026-11-24", "last": "2026-11-29"}
    assert give(stage, "110", "121", **days).status_code == 302
    found = requests_of(stage, "121")
    assert [(r.day.day, r.start_minute, r.extent) for r in found] == [
        (24, 620, "hours"),
        (25, 510, "whole"),
        (26, 510, "whole"),
        (27, 510, "whole"),
    ]
    assert stage.row("121")["place"] == "home"


def test_the_effect_is_seen_before(stage: Stage) -> None:
    stage.position("窓口", need=6)
    path = "/requests/orders/new?staff=121&staff=122&first=2026-11-25&last=2026-11-25"
    assert re.search(r"窓口</b>　11/25　不足 [1-9]\d* 人分", page(stage, "100", path))
    assert "不足は増えません" in page(stage, "100", path.replace("&staff=122", ""))
    assert requests_of(stage, "121") == []


def test_who_is_at_home_already_is_left_alone_and_what_waits_is_taken_up(stage: Stage) -> None:
    waiting = filed(stage, "122")
    give(stage, "100", "121")
    first = requests_of(stage, "121")[0].id
    assert give(stage, "100", "121", "122").status_code == 302
    assert [r.id for r in requests_of(stage, "121")] == [first]
    old, new = requests_of(stage, "122")
    assert (old.id, old.state) == (waiting, State.WITHDRAWN.value)
    assert new.state == State.APPROVED.value
    again = give(stage, "100", "121", "122")
    assert again.status_code == 422
    assert "もう在宅" in again.get_data(as_text=True)


def test_what_an_order_ended_or_took_back_comes_back_with_the_order_alone(stage: Stage) -> None:
    waiting = filed(stage, "122")
    where = give(stage, "100", "122").headers["Location"]
    chief = stage.api("100", "self unit:read unit:write")
    assert chief.post(f"/requests/{waiting}/undo").status_code == 409
    old, new = requests_of(stage, "122")
    assert (old.state, new.state) == ("withdrawn", "approved")
    send(stage, "100", f"/requests/orders/{where.rpartition('done=')[2]}/withdraw")
    assert chief.post(f"/requests/{new.id}/undo").status_code == 409
    assert [r.state for r in requests_of(stage, "122")] == ["waiting", "withdrawn"]


def filed(stage: Stage, number: str) -> int:
    """承認待ち of tomorrow's afternoon."""
    with transaction():
        found = TeleworkRequest(
            filing=f"f{number}",
            staff_id=stage.ids[number],
            unit_id=stage.units["W12"],
            filed_at=clock.now(),
            filed_by=stage.ids[number],
            day=date(2026, 11, 25),
            extent="pm",
            start_minute=780,
            end_minute=1035,
            place="home",
            state="waiting",
            revision=1,
        )
        db.session.add(found)
        db.session.flush()
        return found.id


def test_taken_back_everything_is_as_it_was(stage: Stage) -> None:
    stage.plan("121", Entry(780, 1035, "trip"), day=date(2026, 11, 25))
    waiting = filed(stage, "122")
    answer = give(stage, "100", "121", "122")
    where = answer.headers["Location"]
    filing = where.rpartition("done=")[2]
    assert "data-undo" in page(stage, "100", where)
    assert "data-undo" not in page(stage, "110", where)
    assert send(stage, "120", f"/requests/orders/{filing}/withdraw").status_code == 403
    assert send(stage, "200", f"/requests/orders/{filing}/withdraw").status_code == 404
    assert send(stage, "100", f"/requests/orders/{filing}/withdraw").status_code == 302
    assert planned(stage, "121") == [(date(2026, 11, 25), 780, 1035, "trip")]
    assert [r.state for r in requests_of(stage, "121")] == ["withdrawn"]
    old, new = requests_of(stage, "122")
    assert (old.id, old.state, new.state) == (waiting, "waiting", "withdrawn")
    send(stage, "100", f"/requests/orders/{filing}/withdraw")
    assert [r.state for r in requests_of(stage, "122")] == ["waiting", "withdrawn"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"staff": []}, "在宅にする人を選んで"),
        ({"first": "2026-11-23"}, "きょう以後の日付"),
        ({"last": "2027-01-25"}, "30日以内"),
        ({"first": "あす"}, "日付の形式が違います"),
        ({"first": "2026-11-28", "last": "2026-11-29"}, "指示するものがありません"),
    ],
)
def test_bad_input_orders_nothing(stage: Stage, change: dict[str, Any], words: str) -> None:
    form = {"staff": ["121"]} | TOMORROW | change
    answer = send(stage, "100", "/requests/orders", form)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert requests_of(stage, "121") == []


def test_it_stands_in_the_record_and_is_withdrawn_at_the_end(stage: Stage) -> None:
    begin(stage)
    assert give(stage, "100", "121", "122", emergency="1", last="2026-11-26").status_code == 302
    text = page(stage, "100", "/emergency/1")
    assert "11月25日（水）〜11月26日（木）" in text
    clock.freeze(clock.now() + timedelta(minutes=5))
    closing = page(stage, "100", "/emergency/1/close")
    assert "在宅の指示を取り下げる" in closing
    act = closing.partition('name="withdraw" value="')[2].partition('"')[0]
    send(stage, "100", "/emergency/1/close", {"revision": 1, "withdraw": act})
    assert planned(stage, "121") == []
    assert {r.state for r in requests_of(stage, "121")} == {"withdrawn"}
    assert [line["kind"] for line in row(1).record["lines"]] == [
        "begin",
        "order",
        "withdraw",
        "end",
    ]


def test_only_who_leads_writes_into_a_record(stage: Stage) -> None:
    begin(stage, "200", "W21", "市民課")
    assert give(stage, "100", "121", emergency="1").status_code == 404
    assert requests_of(stage, "121") == []
