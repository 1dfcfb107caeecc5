"""災害配備 and 窓口縮小: strangers first; out of cover, on the board, across midnight, taken back as it was."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.conftest import tokyo
from tests.features.duty_at import make_position, put_on
from tests.features.emergency_at import begin, begin_city, lead, page, row, send
from tests.stage import Stage
from webapp import jobs
from webapp.core import clock, facts, settings
from webapp.core.db import db, transaction
from webapp.coverage import queries as coverage
from webapp.emergency.models import EmergencyAct, EmergencyCap
from webapp.notices.models import Notice
from webapp.org.settings import DAY_STARTS
from webapp.plans.models import PlannedSegment
from webapp.plans.service import Entry
from webapp.positions.models import DayLock, DemandBand

SITE = "災害対策本部"
NIGHT = {"from_day": "2026-11-24", "from_time": "20:00", "to_day": "2026-11-25", "to_time": "07:00"}
NOW = {"from_day": "2026-11-24", "from_time": "10:15", "to_day": "2026-11-24", "to_time": "18:15"}


def deploy(
    stage: Stage, *numbers: str, first: str = "10:20", last: str = "18:20", **more: Any
) -> Any:
    body = {
        "staff": list(numbers),
        "site": SITE,
        "from": tokyo(first).isoformat(),
        "to": tokyo(last).isoformat(),
    }
    return lead(stage).post("/emergencies/1/deployments", body | more)


def segments() -> list[tuple[str, int, int, str | None]]:
    db.session.rollback()
    rows = db.session.query(PlannedSegment).filter_by(kind="disaster").order_by(PlannedSegment.day)
    return [(s.day.isoformat(), s.start_minute, s.end_minute, s.site) for s in rows]


def missing(stage: Stage, unit: str = "W11") -> list[int]:
    """People missing now at each position of the unit."""
    stage.settle()
    db.session.rollback()
    found = coverage.covers([stage.units[unit]], now=clock.now())
    return [
        max((p.missing for p in day.parts if p.start <= _second() < p.end), default=0)
        for day in found[stage.units[unit]].cover.positions
    ]


def _second() -> int:
    local = clock.to_tokyo(clock.now())
    return local.hour * 3600 + local.minute * 60


# --- 災害配備 ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "status"), [("121", 403), ("120", 403), ("130", 403), ("220", 404)]
)
def test_who_leads_nobody_deploys_nobody(stage: Stage, number: str, status: int) -> None:
    begin(stage)
    form = {"staff": "121", "site": SITE} | NOW
    assert stage.browser(number).get("/emergency/1/deploy?staff=121").status_code == status
    assert send(stage, number, "/emergency/1/deploy", form).status_code == status
    assert segments() == []


def test_people_of_others_are_not_to_be_found(stage: Stage) -> None:
    begin_city(stage)
    assert deploy(stage, "220").status_code == 404  # of another section
    assert deploy(stage, "121", "220").status_code == 404
    assert deploy(stage, "999").status_code == 404
    assert segments() == []
    city = stage.api("900", "self unit:write")
    body = {"staff": ["220", "121"], "site": SITE, "from": tokyo("11:00").isoformat()}
    answer = city.post("/emergencies/1/deployments", body | {"to": tokyo("12:00").isoformat()})
    assert answer.status_code == 201


def test_deployed_people_are_shown_so_and_count_nowhere(stage: Stage) -> None:
    stage.position("窓口", need=6)  # seven work in the section
    stage.position("電話", kind="phone", need=1)
    begin(stage)
    assert missing(stage) == [0, 0]
    stage.api("122").post("/me/status", {"state": "available"})  # said before: no longer about this
    assert deploy(stage, "121", "122").status_code == 201
    shown = stage.row("121")
    assert (shown["reason"], shown["site"], shown["place"]) == ("disaster", SITE, "office")
    assert stage.row("122")["reason"] == "disaster"
    assert sum(missing(stage)) == 2
    stage.api("122").post("/me/status", {"state": "available"})  # reachable there, still not here
    assert sum(missing(stage)) == 2
    told = [n.text for n in db.session.query(Notice).filter_by(staff_id=stage.ids["121"])]
    assert told[-1] == "災害配備【台風15号】災害対策本部　11月24日 10:20〜18:20"


def test_a_deployment_takes_people_from_their_duty(stage: Stage) -> None:
    position = make_position(stage, bands=((600, 1035, 1, 1.0),))
    put_on(stage, position, "121", 600, 720)
    begin(stage)
    assert missing(stage, "W12") == [0]
    preview = lead(stage).post(
        "/emergencies/1/deployments?preview=1",
        {
            "staff": ["121"],
            "site": "第一避難所",
            "from": tokyo("10:20").isoformat(),
            "to": tokyo("12:00").isoformat(),
        },
    )
    assert preview.status_code == 200
    (line,) = preview.json["short"]
    assert (line["position"], line["before"], line["after"]) == ("窓口1", 0, 1)
    assert segments() == []
    deploy(stage, "121", site="第一避難所", last="12:00")
    assert missing(stage, "W12") == [1]
    assert stage.row("121")["place"] == "trip"


def _query(form: dict[str, str]) -> str:
    return "".join(f"&{name}={text}" for name, text in form.items())


def test_the_page_shows_the_effect_before(stage: Stage) -> None:
    position = make_position(stage, bands=((600, 1035, 1, 1.0),))
    put_on(stage, position, "121", 600, 720)
    begin(stage)
    text = page(stage, "100", "/emergency/1/deploy?staff=121&site=避難所" + _query(NOW))
    assert "入所係 窓口1" in text
    assert "あと1人" in text
    assert "不足は増えません" in page(stage, "100", "/emergency/1/deploy?staff=122" + _query(NOW))


def test_across_midnight_it_is_on_the_board_of_both_days(stage: Stage, at: Any) -> None:
    begin(stage)
    form = {"staff": ["121", "122"], "site": SITE} | NIGHT
    assert send(stage, "100", "/emergency/1/deploy", form).status_code == 302
    assert segments() == [
        ("2026-11-24", 1200, 1440, SITE),
        ("2026-11-24", 1200, 1440, SITE),
        ("2026-11-25", 0, 420, SITE),
        ("2026-11-25", 0, 420, SITE),
    ]
    for moment, reason in (
        ("19:59", None),
        ("20:00", "disaster"),
        ("23:59", "disaster"),
        ("2026-11-25 00:00", "disaster"),
        ("2026-11-25 06:59", "disaster"),
        ("2026-11-25 07:00", None),
        ("2026-11-25 09:00", None),
    ):
        at(moment)
        stage.settle()
        assert stage.row("121")["reason"] == reason, moment
    assert stage.row("121")["place"] == "office"


def test_a_day_that_begins_at_five_is_cut_there(stage: Stage, at: Any) -> None:
    with transaction():
        settings.put(DAY_STARTS, "05:00", by=None, now=clock.now())
    begin(stage)
    assert deploy(stage, "121", first="20:00", last="2026-11-25 07:00").status_code == 201
    assert segments() == [("2026-11-24", 1200, 1740, SITE), ("2026-11-25", 300, 420, SITE)]
    for moment in ("2026-11-25 04:59", "2026-11-25 05:00", "2026-11-25 06:59"):
        at(moment)
        stage.settle()
        assert stage.row("121")["reason"] == "disaster", moment


def test_who_has_ended_the_day_is_called_back_and_shown(stage: Stage, at: Any) -> None:
    stage.api("121").punch("start", "s", place="office")
    at("17:15")
    stage.api("121").punch("end", "e")
    begin(stage)
    deploy(stage, "121", first="20:00", last="22:00")
    at("20:30")
    stage.settle()
    assert stage.row("121")["reason"] == "disaster"
    at("22:00")
    stage.settle()
    assert stage.row("121")["state"] == "off"


def test_a_day_of_leave_is_no_hindrance(stage: Stage) -> None:
    stage.plan("121", Entry(510, 1035, "leave"))
    begin(stage)
    deploy(stage, "121")
    assert stage.row("121")["reason"] == "disaster"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to_time": "09:00"}, "終わりは始まりより後に"),
        ({"site": ""}, "場所を60文字以内で"),
        ({"from_day": "きょう"}, "日付の形式が違います"),
        ({"staff": []}, "配備する人を選んで"),
    ],
)
def test_bad_input_is_named_and_nothing_is_half_done(
    stage: Stage, change: dict[str, Any], field: str
) -> None:
    begin(stage)
    form = {"staff": ["121", "122"], "site": SITE} | NOW | change
    answer = send(stage, "100", "/emergency/1/deploy", form)
    assert answer.status_code == 422
    if form["staff"]:
        assert field in answer.get_data(as_text=True)
        assert "桜井 剛" in answer.get_data(as_text=True)
    assert segments() == []


# --- recall ---------------------------------------------------------------------------------


def test_taken_back_within_ten_seconds_nothing_is_left(stage: Stage) -> None:
    stage.plan("121", Entry(510, 720, "home"))
    before = stage.row("121")
    begin(stage)
    answer = send(stage, "100", "/emergency/1/deploy", {"staff": "121", "site": SITE} | NOW)
    where = answer.headers["Location"]
    assert 'data-undo="災害配備 災害対策本部' in page(stage, "100", where)
    assert "data-undo" not in page(stage, "110", where)  # only one's own tap
    act = where.rpartition("act=")[2]
    clock.freeze(clock.now() + timedelta(seconds=9))
    send(stage, "100", f"/emergency/1/deploy/{act}/recall-all")
    assert segments() == []
    after = stage.row("121")
    assert {k: v for k, v in after.items() if k != "version"} == {
        k: v for k, v in before.items() if k != "version"
    }


def test_recalled_later_what_has_been_stays(stage: Stage, at: Any) -> None:
    begin(stage)
    act = deploy(stage, "121", "122", last="2026-11-25 07:00").json["id"]
    at("12:00")
    assert (
        send(stage, "120", f"/emergency/1/deploy/{act}/recall", {"staff": "121"}).status_code == 403
    )
    path = f"/emergency/1/deploy/{act}/recall"
    assert send(stage, "100", path, {"staff": "220"}).status_code == 404
    assert send(stage, "100", path, {"staff": "121"}).status_code == 302
    assert sorted(segments()) == [
        ("2026-11-24", 620, 720, SITE),
        ("2026-11-24", 620, 1440, SITE),
        ("2026-11-25", 0, 420, SITE),
    ]
    assert stage.row("121")["reason"] == "break"
    assert stage.row("122")["reason"] == "disaster"
    again = lead(stage).post(f"/emergencies/1/deployments/{act}/recall", {"staff": ["121"]})
    assert again.status_code == 409


# --- 窓口縮小・臨時閉庁 -----------------------------------------------------------------------


def reduce(stage: Stage, *positions: int, **more: Any) -> Any:
    body = {"positions": list(positions), "until": "2026-11-24"} | more
    return lead(stage).post("/emergencies/1/reductions", body)


@pytest.mark.parametrize(("number", "status"), [("121", 403), ("120", 403), ("220", 404)])
def test_who_leads_nothing_closes_nothing(stage: Stage, number: str, status: int) -> None:
    position = stage.position("窓口", need=3)
    begin(stage)
    form = {"positions": str(position), "how": "close", "until": "2026-11-24"}
    assert stage.browser(number).get("/emergency/1/counters").status_code == status
    assert send(stage, number, "/emergency/1/counters", form).status_code == status
    assert db.session.query(EmergencyCap).count() == 0


def test_counters_of_others_are_not_to_be_found(stage: Stage) -> None:
    theirs = stage.position("市民課窓口", unit="W21")
    begin_city(stage)
    assert reduce(stage, theirs).status_code == 404
    assert "市民課窓口" not in page(stage, "100", "/emergency/1/counters")
    assert "市民課窓口" in page(stage, "900", "/emergency/1/counters")


def test_reduced_and_reopened_exactly_as_it_was(stage: Stage, at: Any) -> None:
    position = stage.position("窓口", need=5)
    begin(stage)
    before = whole_day(stage)
    answer = reduce(stage, position, need=1)
    assert answer.status_code == 201
    assert [p.need for p in parts_now(stage)] == [1]
    assert room_now(stage) > before[1]
    at("11:00")
    act = answer.json["id"]
    assert lead(stage, "120").post(f"/emergencies/1/reductions/{act}/reopen").status_code == 403
    assert lead(stage).post(f"/emergencies/1/reductions/{act}/reopen").status_code == 200
    at("10:20")
    assert whole_day(stage) == before
    assert db.session.query(EmergencyCap).count() == 0
    assert lead(stage).post(f"/emergencies/1/reductions/{act}/reopen").status_code == 409


def cover_of(stage: Stage) -> Any:
    stage.settle()
    db.session.rollback()
    return coverage.covers([stage.units["W11"]], now=clock.now())[stage.units["W11"]].cover


def parts_now(stage: Stage) -> list[Any]:
    return [
        part
        for day in cover_of(stage).positions
        for part in day.parts
        if part.start <= _second() < part.end
    ]


def room_now(stage: Stage) -> int:
    rooms = [r for r in cover_of(stage).room if r.start <= _second() < r.end]
    return int(rooms[0].count) if rooms and rooms[0].count is not None else -1


def whole_day(stage: Stage) -> tuple[list[Any], int]:
    found = [
        (p.start, p.end, p.need, p.ideal) for day in cover_of(stage).positions for p in day.parts
    ]
    return found, room_now(stage)


def test_closed_for_the_rest_of_the_day_in_two_taps(stage: Stage) -> None:
    counter = stage.position("窓口", need=3)
    phone = stage.position("電話", kind="phone", need=1)
    begin(stage)
    text = page(stage, "100", "/emergency/1/counters")
    assert f'value="{counter}" checked' in text
    assert f'value="{phone}" checked' not in text
    form = {"positions": str(counter), "how": "close", "until": "2026-11-24", "need": "1"}
    answer = send(stage, "100", "/emergency/1/counters", form)
    assert answer.status_code == 302
    assert [part.need for part in parts_now(stage)] == [1]  # the telephone alone
    assert "data-undo" in page(stage, "100", answer.headers["Location"])
    told = [n.text for n in db.session.query(Notice).filter_by(staff_id=stage.ids["130"])]
    assert any("保育課 窓口をきょうの残り臨時に閉めます" in text for text in told)
    assert "いま閉めています" in page(stage, "100", "/emergency/1/counters")


def test_days_on_which_more_is_needed_are_held_down_too(stage: Stage, at: Any) -> None:
    position = stage.position("窓口", need=2)
    with transaction():
        lock = DayLock(
            unit_id=stage.units["W11"],
            name="申告期間",
            starts_on=date(2026, 11, 25),
            ends_on=date(2026, 11, 27),
        )
        band = DemandBand(position_id=position, weekdays=31, start_minute=510, end_minute=1035)
        band.need = band.ideal = 4
        lock.bands = [band]
        db.session.add(lock)
        facts.restamp("positions")
    begin(stage)
    assert reduce(stage, position, need=1, until="2026-11-26").status_code == 201
    at("2026-11-26 09:00")
    assert [part.need for part in parts_now(stage)] == [1]
    at("2026-11-27 09:00")
    assert [part.need for part in parts_now(stage)] == [4]


@pytest.mark.parametrize("until", ["2026-11-23", "2027-11-24"])
def test_until_a_day_that_makes_sense(stage: Stage, until: str) -> None:
    position = stage.position("窓口")
    begin(stage)
    answer = reduce(stage, position, until=until)
    assert answer.status_code == 422
    assert "until" in answer.json["error"]["fields"]


# --- the end --------------------------------------------------------------------------------


def test_what_is_still_in_force_is_offered_and_taken_back(stage: Stage) -> None:
    position = stage.position("窓口", need=5)
    begin(stage)
    act = deploy(stage, "121").json["id"]
    cap = reduce(stage, position, until="2026-11-30").json["id"]
    clock.freeze(clock.now() + timedelta(minutes=30))
    text = page(stage, "100", "/emergency/1/close")
    assert "災害配備を解除" in text
    assert "臨時閉庁を元に戻す" in text
    form = {"revision": 1, "recall": [str(act)], "reopen": [str(cap)]}
    assert send(stage, "100", "/emergency/1/close", form).status_code == 302
    assert segments() == [("2026-11-24", 620, 650, SITE)]
    assert db.session.query(EmergencyCap).count() == 0
    kinds = [line["kind"] for line in row(1).record["lines"]]
    assert kinds == ["begin", "deploy", "close", "recall", "reopen", "end"]


def test_what_outlasts_its_emergency_can_be_reopened_later(stage: Stage) -> None:
    position = stage.position("窓口", need=5)
    begin(stage)
    cap = reduce(stage, position, until="2026-11-30").json["id"]
    assert send(stage, "100", "/emergency/1/close", {"revision": 1}).status_code == 302
    assert "終わった後も続いている" in page(stage, "100", "/emergency")
    assert "終わった後も続いている" not in page(stage, "121", "/emergency")
    send(stage, "100", f"/emergency/1/counters/{cap}/reopen")
    assert db.session.query(EmergencyCap).count() == 0


def test_an_act_of_another_emergency_is_not_to_be_found(stage: Stage) -> None:
    begin(stage)
    act = deploy(stage, "121").json["id"]
    begin(stage, "200", "W21", "市民課")
    form = {"revision": 1, "recall": [str(act)]}
    assert send(stage, "200", "/emergency/2/close", form).status_code == 404
    assert row(2).ended_at is None
    assert send(stage, "200", f"/emergency/2/deploy/{act}/recall-all").status_code == 404


def test_who_was_deployed_is_erased_with_the_answers(stage: Stage) -> None:
    begin(stage)
    deploy(stage, "121")
    lead(stage).post("/emergencies/1/close", {"revision": 1})
    clock.freeze(clock.now() + timedelta(days=31))
    jobs.one_round(stage.app, hourly=True)
    db.session.rollback()
    act = db.session.query(EmergencyAct).filter_by(kind="deploy").one()
    assert "staff" not in act.detail
    assert act.detail["people"] == 1
