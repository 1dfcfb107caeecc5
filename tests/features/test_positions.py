"""持ち場と必要数: who may change them, what is refused, and that nothing typed is lost."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.doors import post
from tests.stage import Stage
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.org import queries as org
from webapp.positions import queries, service, stored
from webapp.positions.models import DemandBand, Position
from webapp.positions.rules import Kind
from webapp.positions.wanted import WORKING_DAYS, BandWanted, OpeningWanted, PositionWanted

TUESDAY = date(2026, 11, 24)
MORNING = BandWanted(540, 720, 2, 3, weekdays=WORKING_DAYS)
POSITION = {"name": "窓口1", "kind": "counter", "staffed": "duty", "burden": "1.2"}
BAND = {"when": "week", "weekday": ["0", "1"], "start": "9:00", "end": "12:00", "need": "2"}


def make(stage: Stage, name: str = "窓口1", unit: str = "W11", **more: Any) -> int:
    from webapp.core import clock

    with transaction():
        row = service.add_position(
            stage.units[unit], PositionWanted(name, **more), actor=None, now=clock.now()
        )
        return row.id


def hours(stage: Stage, unit: str = "W11", applies_to: str = "counter", **more: Any) -> None:
    from webapp.core import clock

    wanted = OpeningWanted(
        applies_to, **({"weekdays": WORKING_DAYS, "start": 540, "end": 990} | more)
    )
    with transaction():
        service.put_opening(stage.units[unit], wanted, actor=None, now=clock.now())


def names(stage: Stage, unit: str = "W11") -> list[str]:
    db.session.rollback()
    return [post.name for post in queries.posts_of([stage.units[unit]], TUESDAY)]


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


PAGES = ("", "/hours", "/locks", "/people")
EDITING_PAGES = ("/new", "/start", "/start?template=citizens", "/files", "/people/121")


@pytest.mark.parametrize("page", PAGES + EDITING_PAGES)
def test_who_may_open_which_page(stage: Stage, client: Any, page: str) -> None:
    make(stage, unit="W12")
    path = f"/positions/W12{page}"
    assert client.get(path).status_code == 302
    assert stage.browser("131").get(path).status_code == 403  # of another 係
    member = stage.browser("122").get(path).status_code
    assert member == (200 if page in PAGES else 403)
    for editor in ("100", "110", "120", "900"):
        assert stage.browser(editor).get(path).status_code == 200


def test_a_member_reads_and_a_stranger_changes_nothing(stage: Stage) -> None:
    make(stage, unit="W12")
    page = text(stage.browser("122").get("/positions/W12"))
    assert "窓口1" in page
    assert "持ち場を足す" not in page
    for number in ("122", "130", "200"):
        refused = post(stage.browser(number), "/positions/W12/new", POSITION)
        assert refused.status_code == 403
    assert names(stage, "W12") == ["窓口1"]


def test_the_coordinator_of_a_unit_changes_it_and_the_counters_of_its_section(stage: Stage) -> None:
    browser = stage.browser("130")
    assert post(browser, "/positions/W11/new", POSITION).status_code == 303
    assert post(browser, "/positions/W10/new", POSITION).status_code == 403
    assert post(browser, "/positions/W13/new", POSITION).status_code == 303
    assert post(browser, "/positions/W12/new", POSITION).status_code == 403
    assert names(stage, "W13") == ["窓口1"]


def test_add_change_move_end_and_take_back(stage: Stage) -> None:
    browser = stage.browser("100")
    form = POSITION | {
        "skill": ["住基"],
        "skills_more": "戸籍、窓口英語",
        "feed": [stage.units["W22"]],
    }
    added = post(browser, "/positions/W11/new", form)
    assert added.status_code == 303
    post(
        browser, "/positions/W11/new", {"name": "電話（主）", "kind": "phone", "staffed": "anyone"}
    )
    first, second = queries.posts_of([stage.units["W11"]], TUESDAY)
    assert first.skills == {"住基", "戸籍", "窓口英語"}
    assert first.units == (stage.units["W11"], stage.units["W22"])
    assert first.burden == 1.2
    assert second.kind is Kind.PHONE
    post(browser, f"/positions/W11/position/{second.id}/move", {"by": "up"})
    assert names(stage) == ["電話（主）", "窓口1"]
    ended = post(browser, f"/positions/W11/position/{first.id}/end", {"on": "2026-11-24"})
    assert "終わりを取り消す" in text(browser.get(ended.location))
    assert names(stage) == ["電話（主）"]
    post(browser, f"/positions/W11/position/{first.id}/reopen")
    assert names(stage) == ["電話（主）", "窓口1"]
    actions = list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions == ["positions.add", "positions.add", "positions.end", "positions.reopen"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, "持ち場の名前を入れてください"),
        ({"name": "窓口1"}, "「窓口1」はもうあります"),
        ({"burden": "7"}, "0 から 5 の間"),
        ({"burden": "重い"}, "0.1 きざみ"),
        ({"site": "火星"}, "拠点を選び直して"),
        ({"kind": "window"}, "選び直して"),
    ],
)
def test_a_wrong_position_is_told_and_kept(stage: Stage, wrong: dict[str, str], told: str) -> None:
    make(stage)
    sent = POSITION | {"name": "総合案内", "skills_more": "手話"} | wrong
    answer = post(stage.browser("100"), "/positions/W11/new", sent)
    assert answer.status_code == 422
    assert told in text(answer)
    assert "手話" in text(answer)
    assert names(stage) == ["窓口1"]


def version_on(page: str) -> str:
    found = re.search(r'name="version" value="([^"]*)"', page)
    assert found
    return found[1]


def test_the_second_editor_sees_both_versions_and_loses_nothing(stage: Stage) -> None:
    path = f"/positions/W11/position/{make(stage)}"
    chief, deputy = stage.browser("100"), stage.browser("110")
    seen = version_on(text(chief.get(path)))
    assert post(chief, path, POSITION | {"name": "総合案内", "version": seen}).status_code == 303
    late = post(deputy, path, POSITION | {"name": "窓口A", "version": seen})
    assert late.status_code == 409
    assert names(stage) == ["総合案内"]
    assert "総合案内" in text(late)
    assert 'value="窓口A"' in text(late)
    again = post(deputy, path, POSITION | {"name": "窓口A", "version": version_on(text(late))})
    assert again.status_code == 303
    assert names(stage) == ["窓口A"]


def bands(position_id: int) -> list[BandWanted]:
    db.session.rollback()
    return [stored.band_wanted(row) for row in stored.band_rows([position_id])]


def test_demand_by_weekday_and_by_date(stage: Stage) -> None:
    position_id = make(stage)
    browser = stage.browser("131")
    assert (
        post(browser, f"/positions/W11/position/{position_id}/demand/new", BAND).status_code == 403
    )
    browser = stage.browser("100")
    path = f"/positions/W11/position/{position_id}/demand"
    assert post(browser, f"{path}/new", BAND).status_code == 303
    single = {"when": "day", "day": "2026-12-13", "start": "9:00", "end": "12:00", "need": "1"}
    assert post(browser, f"{path}/new", single | {"ideal": "2", "burden": "1.5"}).status_code == 422
    hours(stage, day=date(2026, 12, 13), weekdays=0, note="日曜開庁")
    assert post(browser, f"{path}/new", single | {"ideal": "2", "burden": "1.5"}).status_code == 303
    assert bands(position_id) == [
        BandWanted(540, 720, 2, 2, weekdays=3),
        BandWanted(540, 720, 1, 2, 0, 1.5, day=date(2026, 12, 13)),
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"end": "9:00"}, "終了は開始（9:00）より後"),
        ({"start": "25:00"}, "時刻を入れてください"),
        ({"ideal": "1"}, "必要（2人）以上"),
        ({"experienced": "3"}, "必要（2人）以下"),
        ({"need": "ひとり"}, "数字で入れてください"),
        ({"weekday": []}, "曜日を1つ以上選ぶか"),
        ({"when": "day"}, "日付を入れてください"),
        ({"start": "17:00", "end": "19:00"}, "平日 は 9:00〜16:30"),
        ({"weekday": ["6"]}, "日 は 閉まっています"),
        ({"lock": "77"}, "期間を選び直して"),
    ],
)
def test_wrong_demand_is_told_at_its_field(stage: Stage, wrong: dict[str, Any], told: str) -> None:
    position_id = make(stage)
    hours(stage)
    if "17:00" in wrong.values():
        wrong = wrong | {"weekday": list("01234")}
    answer = post(
        stage.browser("100"), f"/positions/W11/position/{position_id}/demand/new", BAND | wrong
    )
    assert answer.status_code == 422
    assert told in text(answer)
    assert bands(position_id) == []


def test_demand_partly_outside_is_taken_with_a_warning(stage: Stage) -> None:
    position_id = make(stage)
    hours(stage)
    browser = stage.browser("100")
    long = BAND | {"start": "8:30", "end": "17:15"}
    answer = post(browser, f"/positions/W11/position/{position_id}/demand/new", long)
    assert answer.status_code == 303
    page = text(browser.get(answer.location))
    assert "月・火 8:30〜9:00、月・火 16:30〜17:15 は開庁時間の外なので、数えません" in page
    assert "8:30〜17:15" in text(browser.get("/positions/W11/hours"))


def test_overlapping_bands_are_legal_but_said(stage: Stage) -> None:
    position_id = make(stage)
    browser = stage.browser("100")
    path = f"/positions/W11/position/{position_id}"
    post(browser, f"{path}/demand/new", BAND)
    post(browser, f"{path}/demand/new", BAND | {"start": "11:00", "end": "13:00", "need": "3"})
    assert "と重なっています" in text(browser.get(path))


def test_a_change_is_live_and_a_new_name_reaches_who_is_on_duty(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp.core import clock
    from webapp.duties import service as duties

    position_id = make(stage)
    with transaction():
        staff_id = stage.ids["121"]
        duties.put_on(position_id, staff_id, TUESDAY, 540, 720, source="hand", now=clock.now())
    stage.settle()
    path = f"/positions/W11/position/{position_id}"
    browser = stage.browser("100")
    seen = version_on(text(browser.get(path)))
    with stage.frames() as sent:
        post(browser, path, POSITION | {"name": "総合案内", "version": seen})
    rows = [row for event, frame, _ in sent if event == "rows" for row in frame["rows"]]
    assert {row["staff"] for row in rows} == {"121"}
    assert stage.row("121")["duty"]["position"] == "総合案内"
    marked: list[tuple[str, set[int]]] = []
    monkeypatch.setattr(
        stage.app.extensions["pump"],
        "mark",
        lambda topic, ids: marked.append((topic, set(ids))),
    )
    post(browser, f"{path}/demand/new", BAND)
    assert ("coverage", {stage.units["W11"]}) in marked


def test_bands_change_and_go(stage: Stage) -> None:
    position_id = make(stage)
    browser = stage.browser("100")
    path = f"/positions/W11/position/{position_id}/demand"
    post(browser, f"{path}/new", BAND)
    band = db.session.scalars(select(DemandBand)).one()
    seen = version_on(text(browser.get(f"{path}/{band.id}")))
    assert (
        post(browser, f"{path}/{band.id}", BAND | {"need": "4", "version": seen}).status_code == 303
    )
    late = post(browser, f"{path}/{band.id}", BAND | {"need": "5", "version": seen})
    assert late.status_code == 409
    assert bands(position_id)[0].need == 4
    elsewhere = make(stage, "窓口2")
    wrong = f"/positions/W11/position/{elsewhere}/demand/{band.id}"
    assert browser.get(wrong).status_code == 404
    post(browser, f"{path}/{band.id}/remove")
    assert bands(position_id) == []


def test_a_position_is_not_to_be_had_through_another_unit(stage: Stage) -> None:
    position_id = make(stage, unit="W21")
    assert stage.browser("100").get(f"/positions/W11/position/{position_id}").status_code == 404
    assert (
        post(stage.browser("100"), f"/positions/W11/position/{position_id}", POSITION).status_code
        == 404
    )


# --- 開庁時間 and 期間 --------------------------------------------------------------------------------


def test_hours_by_weekday_and_date_and_the_weeks_ahead(stage: Stage) -> None:
    browser = stage.browser("100")
    path = "/positions/W11/hours"
    week = {"applies_to": "counter", "when": "week", "weekday": list("01234"), "open": "1"}
    assert post(browser, path, week | {"start": "9:00", "end": "16:30"}).status_code == 303
    evening = {"applies_to": "counter", "when": "day", "day": "2026-12-10", "open": "1"}
    evening |= {"start": "9:00", "end": "19:00", "note": "時間延長"}
    assert post(browser, path, evening).status_code == 303
    closed = {"applies_to": "phone", "when": "day", "day": "2026-12-11", "open": "0"}
    assert post(browser, path, closed).status_code == 303
    page = text(browser.get(path))
    assert "窓口 9:00〜19:00 時間延長" in page
    assert "電話 閉庁" in page
    position_id = make(stage)
    post_ = queries.posts_by_id([position_id])[position_id]
    days = [date(2026, 12, 9), date(2026, 12, 10), date(2026, 12, 13)]
    demand = queries.demand_on([post_], days, org.current_tree())
    assert [demand[day].hours[position_id] for day in days] == [[(540, 990)], [(540, 1140)], []]


def test_a_saturday_opens_by_a_row_of_its_own(stage: Stage) -> None:
    position_id = make(stage)
    hours(stage)
    hours(stage, weekdays=1 << 5, end=720)
    post_ = queries.posts_by_id([position_id])[position_id]
    saturday = date(2026, 11, 28)
    demand = queries.demand_on([post_], [saturday, date(2027, 1, 2)], org.current_tree())
    assert demand[saturday].hours[position_id] == [(540, 720)]
    assert demand[date(2027, 1, 2)].hours[position_id] == []  # 年末年始


def test_units_below_take_the_hours_of_the_unit_above(stage: Stage) -> None:
    hours(stage)
    page = text(stage.browser("130").get("/positions/W13/hours"))
    assert "保育課 と同じです" in page
    position_id = make(stage, unit="W13")
    post_ = queries.posts_by_id([position_id])[position_id]
    demand = queries.demand_on([post_], [TUESDAY], org.current_tree())
    assert demand[TUESDAY].hours[position_id] == [(540, 990)]


def test_wrong_hours_are_told(stage: Stage) -> None:
    browser = stage.browser("100")
    form = {"applies_to": "counter", "when": "week", "weekday": ["0"], "open": "1"}
    answer = post(browser, "/positions/W11/hours", form | {"start": "16:00", "end": "9:00"})
    assert answer.status_code == 422
    assert "終了は開始（16:00）より後" in text(answer)
    assert stored.opening_lines(stage.units["W11"], TUESDAY) == {}


def test_a_period_raises_the_need_and_goes_without_harm(stage: Stage) -> None:
    position_id = make(stage)
    browser = stage.browser("100")
    post(browser, f"/positions/W11/position/{position_id}/demand/new", BAND)
    form = {"name": "12月議会", "starts_on": "2026-11-30", "ends_on": "2026-12-18"}
    assert post(browser, "/positions/W11/locks", form).status_code == 303
    lock = stored.locks_of(stage.units["W11"], TUESDAY)[0]
    raised = BAND | {"need": "4", "lock": str(lock.id)}
    post(browser, f"/positions/W11/position/{position_id}/demand/new", raised)
    post_ = queries.posts_by_id([position_id])[position_id]
    days = [TUESDAY, date(2026, 11, 30)]

    def needs() -> list[int]:
        db.session.rollback()
        demand = queries.demand_on([post_], days, org.current_tree())
        return [demand[day].needs[position_id][0].need for day in days]

    assert needs() == [2, 4]
    backwards = post(browser, "/positions/W11/locks", form | {"ends_on": "2026-11-01"})
    assert backwards.status_code == 422
    post(browser, f"/positions/W11/locks/{lock.id}/remove")
    assert needs() == [2, 2]


# --- templates and copies -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["citizens", "tax", "welfare", "branch"])
def test_a_template_fills_an_empty_unit_and_all_of_it_counts(stage: Stage, name: str) -> None:
    from webapp.positions import office_templates
    from webapp.positions.overview import overview

    browser = stage.browser("100")
    assert "まだ何も変わっていません" in text(browser.get(f"/positions/W11/start?template={name}"))
    assert names(stage) == []
    wanted = office_templates.template(name, today=TUESDAY)
    assert wanted is not None
    chosen = [each.wanted.name for each in wanted.positions]
    answer = post(browser, f"/positions/W11/start?template={name}", {"position": chosen})
    assert answer.status_code == 303
    assert names(stage) == chosen
    from webapp.core import clock

    unit = org.current_tree().by_id(stage.units["W11"])
    assert unit is not None
    found = overview(unit, now=clock.now())
    assert [card.row.name for card in found.cards if card.warnings] == []


def test_a_template_leaves_what_is_there(stage: Stage) -> None:
    position_id = make(stage, skills=("英語",))
    hours(stage, start=600)
    post(
        stage.browser("100"),
        "/positions/W11/start?template=citizens",
        {"position": ["窓口1", "窓口2"]},
    )
    assert names(stage) == ["窓口1", "窓口2"]
    assert queries.posts_by_id([position_id])[position_id].skills == {"英語"}
    rows = stored.opening_lines(stage.units["W11"], TUESDAY)["counter"]
    assert [row.start_minute for row in rows] == [600]


def test_copying_from_a_unit_one_may_see_and_from_no_other(stage: Stage) -> None:
    position_id = make(stage, unit="W13")
    from webapp.core import clock

    with transaction():
        row = db.session.get(Position, position_id)
        assert row is not None
        service.put_band(row, MORNING, actor=None, now=clock.now())
    make(stage, "別の窓口", unit="W21")
    browser = stage.browser("100")
    assert "施設係" in text(browser.get("/positions/W11/files"))
    assert "市民課" not in text(browser.get("/positions/W11/files"))
    assert browser.get("/positions/W11/start?from=W21").status_code == 404
    post(browser, "/positions/W11/start?from=W13", {"position": ["窓口1"]})
    copied = queries.posts_of([stage.units["W11"]], TUESDAY)[0]
    assert bands(copied.id) == [MORNING]
    assert names(stage, "W13") == ["窓口1"]
