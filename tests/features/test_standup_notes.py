"""朝会・夕会 through HTTP: who may write and read, what others see at once, what pre-fills what."""

from datetime import date
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.doors import csrf, post
from tests.stage import Stage
from webapp.accounts import owndata
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.core.settings import Setting
from webapp.org import queries as org
from webapp.realtime import versions
from webapp.standup import queries
from webapp.standup.models import StandupNote
from webapp.standup.settings import DAYS_BACK, HOST, REQUIRED

TODAY = "2026-11-24"
MORNING, EVENING = f"/me/standup/{TODAY}/morning", f"/me/standup/{TODAY}/evening"


def write(stage: Stage, number: str, path: str, *lines: str, **more: list[str]) -> Any:
    return stage.api(number).call("PUT", path, json={"lines": list(lines), **more})


def sheet(client: FlaskClient, unit: str = "W12", half: str = "morning") -> Any:
    return client.get(f"/standup/{unit}.json?date={TODAY}&half={half}")


def person(answer: Any, number: str) -> dict[str, Any]:
    return next(row for row in answer.json["people"] if row["staff"] == number)


def put(setting: Setting, value: object, unit: str = "") -> None:
    with transaction():
        settings.put(setting, value, unit_code=unit, by=None, now=clock.now())


def note_versions() -> list[int]:
    ids = db.session.scalars(select(StandupNote.id)).all()
    return [version for version, _ in versions.read(db.session, "standup", ids).values()]


# --- writing --------------------------------------------------------------------------------


def test_one_writes_and_the_section_reads(stage: Stage) -> None:
    answer = write(
        stage, "121", MORNING, " 起案　作成 ", "", "電話当番", links=["http://nas.local/a"]
    )
    assert answer.status_code == 200
    assert answer.json["lines"] == ["起案 作成", "電話当番"]
    shown = sheet(stage.browser("122"))
    assert person(shown, "121")["note"]["lines"] == ["起案 作成", "電話当番"]
    assert person(shown, "121")["note"]["links"] == ["http://nas.local/a"]
    assert [row["staff"] for row in shown.json["people"]] == ["120", "121", "122"]


def test_same_content_again_changes_nothing(stage: Stage) -> None:
    write(stage, "121", MORNING, "起案")
    before = note_versions()
    with stage.frames() as sent:
        write(stage, "121", MORNING, "起案 ")
    assert sent == []
    assert note_versions() == before
    write(stage, "121", MORNING, "起案", "電話")
    assert note_versions() == [before[0] + 1]


def test_an_empty_text_clears_the_note(stage: Stage) -> None:
    write(stage, "121", MORNING)
    assert note_versions() == []
    write(stage, "121", MORNING, "起案")
    write(stage, "121", MORNING)
    assert person(sheet(stage.browser("121")), "121")["note"] is None


def test_faults_are_named(stage: Stage) -> None:
    long = write(stage, "121", MORNING, "あ" * 201)
    assert long.status_code == 422
    assert [field.partition(".")[0] for field in long.json["error"]["fields"]] == ["lines"]
    assert write(stage, "121", MORNING, "a", links=["javascript:alert(1)"]).status_code == 422
    assert write(stage, "121", MORNING, *map(str, range(21))).status_code == 422
    assert note_versions() == []


def test_only_a_few_days_back_and_ahead(stage: Stage) -> None:
    assert write(stage, "121", "/me/standup/2026-11-17/morning", "a").status_code == 200
    assert write(stage, "121", "/me/standup/2026-11-16/morning", "a").status_code == 422
    assert write(stage, "121", "/me/standup/2026-12-01/evening", "a").status_code == 200
    assert write(stage, "121", "/me/standup/2026-12-02/evening", "a").status_code == 422
    put(DAYS_BACK, 0)
    assert write(stage, "121", "/me/standup/2026-11-23/morning", "a").status_code == 422


def test_a_colleague_enters_it_and_it_is_audited(stage: Stage) -> None:
    url = f"/standup/note/121/{TODAY}/morning"
    body = {"lines": ["在宅で入力"], "carried_over": [], "links": []}
    elsewhere = stage.browser("131").put(url, json=body)
    assert elsewhere.status_code in {400, 403}
    assert note_versions() == []
    browser = stage.browser("122")
    colleague = browser.put(url, json=body, headers={"X-CSRFToken": csrf(browser, "/")})
    assert colleague.status_code == 200
    entry = db.session.scalars(select(AuditEntry).filter_by(action="standup.proxy")).one()
    assert (entry.actor_id, entry.staff_id) == (stage.ids["122"], stage.ids["121"])
    assert "在宅で入力" not in str(entry.detail)


def test_a_colleague_of_another_section_may_not(stage: Stage) -> None:
    browser = stage.browser("220")
    answer = browser.put(
        f"/standup/note/121/{TODAY}/morning",
        json={"lines": ["a"]},
        headers={"X-CSRFToken": csrf(browser, "/")},
    )
    assert answer.status_code == 403
    assert note_versions() == []


def test_own_notes_leave_no_trail(stage: Stage) -> None:
    write(stage, "121", MORNING, "起案")
    assert db.session.scalars(select(AuditEntry)).all() == []


def test_everyone_can_see_what_is_kept_of_them(stage: Stage) -> None:
    write(stage, "121", MORNING, "起案")
    kept = owndata.stored_about(stage.ids["121"])["朝の予定・夕の実績"]
    assert [(note["日付"], note["内容"]) for note in kept if isinstance(note, dict)] == [
        (TODAY, "起案")
    ]


# --- reading --------------------------------------------------------------------------------


def test_strangers_are_refused(stage: Stage, client: FlaskClient) -> None:
    for path in ("/standup/W12", "/standup/W12/week", "/standup/"):
        assert client.get(path).status_code == 302
    assert (
        client.get("/standup/W12.json", headers={"Accept": "application/json"}).status_code == 401
    )


def test_only_who_sees_the_unit_in_full_reads_it(stage: Stage) -> None:
    write(stage, "121", MORNING, "秘密の予定")
    elsewhere, neighbour, chief = (stage.browser(number) for number in ("220", "131", "100"))
    for path in ("/standup/W12", "/standup/W12.json", "/standup/W12/week"):
        answer = elsewhere.get(path)
        assert answer.status_code == 403
        assert "秘密" not in answer.text
        assert neighbour.get(path).status_code == 403
        assert chief.get(path).status_code == 200
    assert chief.get("/standup/W99").status_code == 404


def test_pages(stage: Stage) -> None:
    write(stage, "121", MORNING, "入所相談")
    mine = stage.browser("121")
    assert mine.get("/standup/").headers["Location"].endswith("/standup/W12")
    assert "入所相談" in mine.get("/standup/W12").text
    assert "入所相談" in mine.get("/standup/W12/week").text
    assert mine.get("/standup/W12?date=nonsense&half=noon").status_code == 200


def test_chief_reads_the_section_in_the_order_of_the_board(stage: Stage) -> None:
    shown = sheet(stage.browser("100"), "W11").json
    board = stage.api("100").get("/boards/W11").json
    assert [row["staff"] for row in shown["people"]] == [row["staff"] for row in board["rows"]]
    assert shown["me"] == "100"


def test_switch_shows_only_what_one_may_read(stage: Stage) -> None:
    page = stage.browser("121").get("/standup/W12").text
    assert 'value="W12"' in page
    assert 'value="W13"' not in page
    assert 'value="W13"' in stage.browser("100").get("/standup/W11").text


# --- who owes, who leads --------------------------------------------------------------------


def test_nobody_owes_by_default(stage: Stage) -> None:
    stage.telework("121")
    shown = sheet(stage.browser("121"))
    assert not shown.json["required"]
    assert not any(row["owes"] for row in shown.json["people"])


def test_owed_on_telework_days_where_the_unit_asks(stage: Stage) -> None:
    put(REQUIRED, "telework", "W11")
    stage.telework("121")
    reader = stage.browser("122")
    owing = [row["staff"] for row in sheet(reader).json["people"] if row["owes"]]
    assert owing == ["121"]
    assert stage.api("121").get("/me").json["today"]["standup"]["required"]
    assert not stage.api("122").get("/me").json["today"]["standup"]["required"]
    write(stage, "121", MORNING, "起案")
    assert not any(row["owes"] for row in sheet(reader).json["people"])
    assert person(sheet(reader, half="evening"), "121")["owes"]


def test_host_is_off_by_default(stage: Stage) -> None:
    mine, another = stage.browser("121"), stage.browser("122")
    assert sheet(mine).json["host"] is None
    put(HOST, True, "W12")
    assert sheet(mine).json["host"] in {"120", "121", "122"}
    assert sheet(mine).json["host"] == sheet(another).json["host"]


# --- pre-filling ----------------------------------------------------------------------------


def own_day(stage: Stage, number: str = "121") -> dict[str, Any]:
    found: dict[str, Any] = stage.api(number).get("/me").json["today"]["standup"]
    return found


def test_morning_fills_the_evening(stage: Stage) -> None:
    write(stage, "121", MORNING, "起案", "電話")
    assert own_day(stage)["prefill"]["evening"] == ["起案", "電話"]
    write(stage, "121", EVENING, "起案", carried_over=["電話"])
    assert own_day(stage)["evening"]["carried_over"] == ["電話"]
    assert person(sheet(stage.browser("121"), half="evening"), "121")["planned"] == ["起案", "電話"]


def test_what_was_carried_over_fills_the_next_morning(stage: Stage, at: Any) -> None:
    """Friday's 持越し waits over the weekend and the holiday."""
    write(stage, "121", "/me/standup/2026-11-19/evening", carried_over=["古い"])
    write(stage, "121", "/me/standup/2026-11-20/evening", "済み", carried_over=["県の照会"])
    assert own_day(stage)["prefill"]["morning"] == ["県の照会"]
    assert sheet(stage.browser("121")).json["carried"] == ["県の照会"]
    write(stage, "121", "/me/standup/2026-11-23/morning", "県の照会")
    assert own_day(stage)["prefill"]["morning"] == []


def test_plain_form_settles_the_lines_of_the_morning(stage: Stage) -> None:
    write(stage, "121", MORNING, "起案", "電話", "整理")
    form = {
        "line-1": "done",
        "line-2": "carried",
        "line-3": "no",
        "lines": "来客対応\r\n",
        "links": "",
    }
    answer = post(stage.browser("121"), EVENING, form)
    assert answer.status_code == 302
    evening = own_day(stage)["evening"]
    assert evening["lines"] == ["起案", "来客対応"]
    assert evening["carried_over"] == ["電話"]


# --- live -----------------------------------------------------------------------------------


def test_those_who_may_read_are_told_at_once(stage: Stage) -> None:
    with stage.frames() as sent:
        write(stage, "121", MORNING, "起案")
    assert sent == [("standup", {"unit": "W12", "date": TODAY, "half": "morning"}, "W12:full")]


def test_nothing_is_sent_again_later(stage: Stage, at: Any) -> None:
    write(stage, "121", MORNING, "起案")
    stage.settle()
    at("2026-11-25 10:20")
    with stage.frames() as sent:
        pass
    assert [event for event, _, _ in sent if event == "standup"] == []


# --- the week -------------------------------------------------------------------------------


def test_week_prefers_what_was_done(stage: Stage) -> None:
    write(stage, "121", MORNING, "起案", "電話")
    write(stage, "121", EVENING, "起案", carried_over=["電話"])
    write(stage, "121", "/me/standup/2026-11-25/morning", "研修")
    with stage.app.app_context():
        unit = org.current_tree().by_code("W12")
        assert unit is not None
        week = queries.week(unit, date(2026, 11, 24), now=clock.now())
    assert [day.closed for day in week.days] == ["勤労感謝の日", None, None, None, None]
    cells = next(line for line in week.lines if line.member.posting.number == "121").cells
    assert cells[1][1] is not None
    assert cells[1][1].carried_over == ["電話"]
    assert cells[2][0] is not None
    assert cells[0] == (None, None)
