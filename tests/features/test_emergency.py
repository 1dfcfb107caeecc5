"""An emergency from its beginning to its record: strangers first, then who may; bar, answers, reminders, the end."""

import re
import threading
from datetime import timedelta
from typing import Any

import pytest

from tests.doors import csrf
from tests.features.emergency_at import LINE, begin, begin_city, lead, page, row, say, send
from tests.stage import Person, Stage
from webapp import jobs
from webapp.core import clock, facts, settings
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.emergency import queries
from webapp.emergency.models import Emergency, EmergencyAnswer
from webapp.emergency.settings import MOST_REMINDERS, OFFICES
from webapp.notices.models import Notice, Webhook, WebhookDelivery

FORM = {"unit": "W11", "name": "台風15号", "text": LINE, "question": "1", "confirm": "保育課"}


def count(table: Any) -> int:
    db.session.rollback()
    return int(db.session.query(table).count())


def notices_of(stage: Stage, number: str) -> list[str]:
    db.session.rollback()
    rows = db.session.query(Notice).filter_by(staff_id=stage.ids[number]).order_by(Notice.id)
    return [notice.text for notice in rows]


# --- beginning ------------------------------------------------------------------------------


def test_the_anonymous_are_sent_to_sign_in(stage: Stage) -> None:
    for path in ("/emergency", "/emergency/new", "/emergency/1", "/emergency/evening"):
        answer = stage.app.test_client().get(path)
        assert answer.status_code == 302, path
        assert "/signin" in answer.headers["Location"]


@pytest.mark.parametrize("number", ["121", "120", "130", "200", "220"])
def test_who_does_not_lead_the_unit_cannot_begin(stage: Stage, number: str) -> None:
    assert stage.browser(number).get("/emergency/new?unit=W11").status_code == 403
    assert send(stage, number, "/emergency/new", FORM).status_code == 403
    assert "始める</a>" not in page(stage, "121", "/emergency")
    assert count(Emergency) == 0


@pytest.mark.parametrize("number", ["100", "110", "200", "120"])
def test_a_chief_of_a_section_cannot_begin_for_the_city(stage: Stage, number: str) -> None:
    answer = send(stage, number, "/emergency/new", FORM | {"unit": "", "confirm": "全庁"})
    assert answer.status_code == 403
    assert count(Emergency) == 0


@pytest.mark.parametrize(
    ("number", "unit", "confirm"),
    [
        ("100", "W11", "保育課"),
        ("110", "W11", "保育課"),  # 代決者
        ("100", "W12", "入所係"),
        ("800", "W11", "保育課"),
        ("800", "", "全庁"),
        ("900", "", " 全庁 "),
    ],
)
def test_who_leads_begins(stage: Stage, number: str, unit: str, confirm: str) -> None:
    answer = send(stage, number, "/emergency/new", FORM | {"unit": unit, "confirm": confirm})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    found = row(1)
    assert found.unit_id == (stage.units[unit] if unit else None)
    assert found.began_by == stage.ids[number]
    assert db.session.query(AuditEntry).filter_by(action="emergency.begin").count() == 1


def test_the_chief_of_a_named_office_begins_for_the_city(stage: Stage) -> None:
    with transaction():
        settings.put(OFFICES, ["W21"], by=None, now=clock.now())
    assert begin(stage, "200", "", "全庁") == 1
    assert send(stage, "100", "/emergency/new", FORM | {"unit": ""}).status_code == 403


def test_what_was_typed_stays_when_the_scope_is_not_confirmed(stage: Stage) -> None:
    answer = send(stage, "100", "/emergency/new", FORM | {"confirm": "ほいく", "name": ""})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "確認のため「保育課」と入力してください" in text
    assert "名前を入れてください" in text
    assert LINE in text
    assert count(Emergency) == 0


def test_the_second_of_the_same_scope_is_told(stage: Stage) -> None:
    begin(stage)
    answer = send(stage, "110", "/emergency/new", FORM)
    assert answer.status_code == 409
    assert "もう始まっています" in answer.get_data(as_text=True)
    assert begin_city(stage) == 2  # another scope is another emergency


def test_a_calm_day_says_so_and_what_there_is(stage: Stage) -> None:
    text = page(stage, "121", "/emergency")
    assert "いま、緊急時ではありません" in text
    assert "始められる人" in text
    assert "保育課で始める" in page(stage, "100", "/emergency")
    assert "全庁で始める" in page(stage, "900", "/emergency")
    assert queries.open_for(stage.units["W11"], now=clock.now()) is None


def test_open_for_follows_the_tree(stage: Stage) -> None:
    begin(stage)
    now = clock.now()
    held = {code: queries.open_for(stage.units[code], now=now) for code in stage.units}
    assert {code for code, one in held.items() if one} == {"W11", "W12", "W13"}
    city = begin_city(stage)
    assert queries.open_for(stage.units["W22"], now=now).id == city  # type: ignore[union-attr]


# --- the bar --------------------------------------------------------------------------------


def test_everybody_concerned_and_nobody_else_sees_the_bar(stage: Stage) -> None:
    begin(stage)
    for number in ("121", "100", "131"):
        for path in ("/", "/board/W12", "/me/account"):
            text = page(stage, number, path)
            assert "台風15号" in text
            assert LINE in text
            assert 'value="come-30"' in text
    assert "台風15号" not in page(stage, "220", "/")
    assert "台風15号" not in page(stage, "220", "/emergency")
    assert stage.browser("220").get("/emergency/1").status_code == 404
    assert stage.api("220").get("/emergencies/1").status_code == 404
    assert say(stage, 1, "220", "come").status_code == 404


def test_all_are_told_and_open_pages_hear_of_it(stage: Stage) -> None:
    with stage.frames() as sent:
        begin(stage)
    assert notices_of(stage, "121") == [f"緊急時【台風15号】{LINE}　参集できるかを答えてください。"]
    assert notices_of(stage, "220") == []
    rooms = {room for event, _, room in sent if event == "emergency"}
    assert rooms == {f"{n}:person" for n in ("100", "110", "120", "121", "122", "130", "131")}
    with stage.frames() as later:
        say(stage, 1, "121", "home")
    assert {room for event, _, room in later if event == "emergency_tally"} >= {"W11:leads"}
    assert not [event for event, _, _ in later if event == "emergency"]
    assert all("answer" not in payload for _, payload, _ in later)


def test_the_bar_without_a_question_only_tells(stage: Stage) -> None:
    begin(stage, question=False)
    text = page(stage, "121", "/")
    assert "台風15号" in text
    assert "come-30" not in text
    answer = say(stage, 1, "121", "come")
    assert answer.status_code == 409


def test_webhooks_hear_that_it_began_and_ended_never_what(stage: Stage) -> None:
    with transaction():
        db.session.add(
            Webhook(
                unit_id=None,
                name="チャット",
                url="https://chat.example/hook",
                secret="s",
                events=["emergency"],
                made_at=clock.now(),
            )
        )
    begin(stage)
    lead(stage).post("/emergencies/1/close", {"revision": 1})
    db.session.rollback()
    told = db.session.query(WebhookDelivery).all()
    assert [delivery.event for delivery in told] == ["emergency", "emergency"]
    assert "台風" not in str([delivery.payload for delivery in told])


# --- answers --------------------------------------------------------------------------------


def test_answered_in_one_tap_and_changed(stage: Stage) -> None:
    begin(stage)
    answer = send(stage, "121", "/emergency/1/answer", {"said": "come-30", "next": "/board/W12"})
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/board/W12")
    assert "参集可（約30分）" in page(stage, "121", "/")
    assert send(stage, "121", "/emergency/1/answer", {"said": "no"}).status_code == 302
    text = page(stage, "121", "/")
    assert "参集不可" in text
    assert count(EmergencyAnswer) == 1
    assert stage.api("121").get("/emergencies/1").json["answer"]["answer"] == "no"


def test_who_has_answered_need_not_read_that_they_are_asked(stage: Stage) -> None:
    begin(stage)
    lead(stage).post("/emergencies/1/remind")
    assert stage.api("121").get("/me/notices").json["count"] == 2
    say(stage, 1, "121", "home")
    assert stage.api("121").get("/me/notices").json["count"] == 0
    assert stage.api("122").get("/me/notices").json["count"] == 2
    lead(stage).post("/emergencies/1/close", {"revision": 1})
    (left,) = stage.api("122").get("/me/notices").json["notices"]
    assert "終わりました" in left["text"]


def test_an_address_elsewhere_is_not_followed(stage: Stage) -> None:
    begin(stage)
    form = {"said": "home", "next": "https://evil.example/"}
    assert send(stage, "121", "/emergency/1/answer", form).headers["Location"] == "/"


@pytest.mark.parametrize("said", ["", "maybe", "come-x", "come-1000000"])
def test_what_is_no_answer_is_refused(stage: Stage, said: str) -> None:
    begin(stage)
    assert send(stage, "121", "/emergency/1/answer", {"said": said}).status_code == 422
    assert count(EmergencyAnswer) == 0


def test_a_colleague_answers_by_telephone(stage: Stage) -> None:
    begin(stage)
    form = {"said": "home", "staff": "121"}
    assert send(stage, "131", "/emergency/1/answer", form).status_code == 404  # another 係
    assert send(stage, "122", "/emergency/1/answer", form).status_code == 302
    given = db.session.query(EmergencyAnswer).one()
    assert (given.answer, given.channel, given.by_id) == ("home", "phone", stage.ids["122"])
    assert "河野 優 さんが電話で受けて入力" in page(stage, "121", "/")
    entry = db.session.query(AuditEntry).filter_by(action="emergency.answer").one()
    assert entry.staff_id == stage.ids["121"]


def test_nobody_but_who_leads_sees_answers(stage: Stage) -> None:
    begin(stage)
    say(stage, 1, "121", "no")
    told = stage.api("122").get("/emergencies/1").json
    assert not told["leads"]
    assert "tally" not in told
    member = page(stage, "122", "/emergency/1")
    assert "参集不可</span>" not in member
    assert stage.browser("122").get("/emergency/1/tally").status_code == 404
    assert stage.browser("122").get("/emergency/1/answers.xlsx").status_code == 404
    # a 係長 sees the own 係 alone
    of_lead = stage.api("120").get("/emergencies/1").json
    assert [unit["unit"] for unit in of_lead["units"]] == ["W12"]
    assert stage.api("120").get("/emergencies/1?unit=W13").status_code == 404
    assert "藤原" not in page(stage, "120", "/emergency/1")


def test_the_tally_of_who_leads(stage: Stage) -> None:
    begin(stage)
    say(stage, 1, "121", "come", 30)
    say(stage, 1, "122", "come", 120)
    say(stage, 1, "131", "home")
    found = lead(stage).get("/emergencies/1?unit=W12").json
    assert found["tally"]["people"] == 7
    assert (found["tally"]["come"], found["tally"]["soon"], found["tally"]["home"]) == (2, 1, 1)
    assert found["tally"]["silent"] == 4
    of_unit = {unit["unit"]: unit for unit in found["units"]}
    assert (of_unit["W12"]["come"], of_unit["W12"]["people"]) == (2, 3)
    names = {person["name"]: person["answer"] for person in found["people"]}
    assert names["瀨戸 恵子"] is None
    assert names["桜井 剛"]["minutes"] == 30
    text = page(stage, "100", "/emergency/1")
    assert "参集可（約30分）" in text
    assert "未回答" in text


def test_twenty_answer_at_once_and_none_is_lost(stage: Stage) -> None:
    with transaction():
        for n in range(20):
            stage.hire(Person(f"5{n:02d}", f"職員{n}", "しょくいん", "W13"))
        facts.restamp("org")
    begin(stage)
    apis = [stage.api(f"5{n:02d}") for n in range(20)]
    found: list[int] = []

    def run(n: int) -> None:
        with stage.app.app_context():
            body = {"answer": "come", "minutes": 15 + n} if n % 2 else {"answer": "home"}
            found.append(apis[n].post("/emergencies/1/answer", body).status_code)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 20
    tally = lead(stage).get("/emergencies/1").json["tally"]
    assert (tally["come"], tally["home"], tally["people"]) == (10, 10, 27)


# --- reminders ------------------------------------------------------------------------------


def test_reminders_by_hand_reach_the_silent_alone(stage: Stage, at: Any) -> None:
    begin(stage)
    say(stage, 1, "121", "home")
    assert lead(stage, "122").post("/emergencies/1/remind").status_code == 403
    answer = lead(stage).post("/emergencies/1/remind")
    assert answer.json == {"reminded": 6}
    assert len(notices_of(stage, "121")) == 1
    assert "まだ回答がありません" in notices_of(stage, "122")[-1]
    again = lead(stage).post("/emergencies/1/remind")
    assert again.status_code == 409
    assert "5分" in again.json["error"]["message"]
    at("10:30")
    assert lead(stage, "120").post("/emergencies/1/remind").json == {"reminded": 2}  # the own 係
    assert lead(stage, "120").post("/emergencies/1/remind", {"unit": "W13"}).status_code == 404


def test_the_clock_reminds_every_so_many_minutes_and_never_too_often(stage: Stage) -> None:
    with transaction():
        settings.put(MOST_REMINDERS, 2, by=None, now=clock.now())
    began = clock.now()
    begin(stage, remind_minutes=30)
    say(stage, 1, "121", "home")
    told = []
    for minute in range(0, 151, 10):
        clock.freeze(began + timedelta(minutes=minute))
        jobs.one_round(stage.app, hourly=False)
        told.append(len(notices_of(stage, "122")))
    assert told == [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    assert len(notices_of(stage, "121")) == 1
    assert row(1).reminders == 2
    clock.freeze(began + timedelta(minutes=200))
    answer = lead(stage).post("/emergencies/1/remind")
    assert answer.status_code == 409
    assert "上限" in answer.json["error"]["message"]


def test_nobody_is_reminded_of_what_is_over(stage: Stage) -> None:
    begin(stage, remind_minutes=15)
    lead(stage).post("/emergencies/1/close", {"revision": 1})
    before = notices_of(stage, "122")
    clock.freeze(clock.now() + timedelta(hours=2))
    jobs.one_round(stage.app, hourly=False)
    assert notices_of(stage, "122") == before


# --- changing and ending --------------------------------------------------------------------


def test_a_changed_line_is_told_and_the_second_editor_is_told_so(stage: Stage) -> None:
    begin(stage, question=False)
    form = {"revision": 1, "name": "台風15号", "text": "避難情報が出ました。", "question": "1"}
    assert send(stage, "120", "/emergency/1/change", form).status_code == 403
    assert send(stage, "100", "/emergency/1/change", form).status_code == 302
    assert "参集できるかを答えてください" in notices_of(stage, "121")[-1]
    assert "避難情報が出ました。" in page(stage, "121", "/")
    late = send(stage, "110", "/emergency/1/change", form | {"text": "上書き"})
    assert late.status_code == 409
    assert "ほかの人が先に変えました" in late.get_data(as_text=True)
    assert row(1).text == "避難情報が出ました。"


def test_closed_with_a_record(stage: Stage) -> None:
    begin(stage)
    say(stage, 1, "121", "come", 30)
    assert send(stage, "120", "/emergency/1/close", {"revision": 1}).status_code == 403
    assert "緊急時を終える" in page(stage, "100", "/emergency/1/close")
    assert send(stage, "100", "/emergency/1/close", {"revision": 1}).status_code == 302
    found = row(1)
    assert found.record["tally"]["come"] == 1
    assert found.record["began_by"] == "池田 綾乃"
    assert [line["kind"] for line in found.record["lines"]] == ["begin", "end"]
    assert "台風15号" not in page(stage, "121", "/board/W12")
    text = page(stage, "100", "/emergency/1")
    assert "経過" in text
    assert "桜井" not in text
    assert "経過" not in page(stage, "121", "/emergency/1")
    assert say(stage, 1, "122", "home").status_code == 409
    ended_at = found.ended_at
    late = send(stage, "110", "/emergency/1/close", {"revision": 1})
    assert late.headers["Location"].endswith("/emergency/1")
    assert row(1).ended_at == ended_at
    assert lead(stage).post("/emergencies/1/close", {"revision": 1}).status_code == 409
    assert "台風15号" in page(stage, "100", "/emergency")


def test_answers_are_erased_and_counts_stay(stage: Stage) -> None:
    begin(stage)
    say(stage, 1, "121", "come", 30)
    lead(stage).post("/emergencies/1/close", {"revision": 1})
    assert "台風15号" in page(stage, "121", "/me/data")
    clock.freeze(clock.now() + timedelta(days=29))
    jobs.one_round(stage.app, hourly=True)
    assert count(EmergencyAnswer) == 1
    clock.freeze(clock.now() + timedelta(days=2))
    jobs.one_round(stage.app, hourly=True)
    assert count(EmergencyAnswer) == 0
    assert row(1).record["tally"]["come"] == 1
    clock.freeze(clock.now() + timedelta(days=6 * 366))
    jobs.one_round(stage.app, hourly=True)
    assert count(Emergency) == 0


def test_a_form_without_its_token_changes_nothing(stage: Stage) -> None:
    begin(stage)
    browser = stage.browser("121")
    assert browser.post("/emergency/1/answer", data={"said": "home"}).status_code == 400
    token = csrf(browser)
    assert re.match(r"\S+", token)
    assert count(EmergencyAnswer) == 0
