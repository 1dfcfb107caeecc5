"""取次メモ through HTTP: strangers refused, written, handled, moved on, taken back, forgotten; live; twenty at once."""

import threading
from datetime import timedelta
from typing import Any

import pytest

from tests.stage import Stage
from webapp import jobs
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.messages import jobs as minute
from webapp.messages.models import MemoStep, PhoneMemo
from webapp.messages.settings import GONE, KEPT_DAYS, READING
from webapp.notices.models import Webhook, WebhookDelivery
from webapp.org import queries as org
from webapp.plans.service import Entry
from webapp.tasks.models import Task, TaskPerson

CALL = {"to": "121", "caller": "田中様", "telephone": "042-555-0123", "text": "診断書の写しの件"}
SECRETS = ("田中", "555", "診断書")


def write(stage: Stage, by: str = "122", **body: Any) -> Any:
    return stage.api(by).post("/messages", CALL | body)


def written(stage: Stage, by: str = "122", **body: Any) -> dict[str, Any]:
    answer = write(stage, by, **body)
    assert answer.status_code == 201, answer.json
    found: dict[str, Any] = answer.json
    return found


def turn(stage: Stage, number: str, memo: int, state: str, revision: int | None = None) -> Any:
    body = {"state": state} | ({"revision": revision} if revision else {})
    return patch(stage, number, memo, body)


def patch(stage: Stage, number: str, memo: int, body: dict[str, Any]) -> Any:
    return stage.api(number, "self unit:read unit:write").call(
        "PATCH", f"/messages/{memo}", json=body
    )


def read(stage: Stage, number: str, memo: int) -> Any:
    return stage.api(number, "self unit:read").get(f"/messages/{memo}")


def told(stage: Stage, number: str) -> list[str]:
    return [row["text"] for row in stage.api(number).get("/me/notices").json["notices"]]


def tab(stage: Stage, number: str, name: str) -> list[int]:
    answer = stage.api(number, "self unit:read").get(f"/messages?tab={name}")
    return [row["id"] for row in answer.json["memos"]]


# --- who ------------------------------------------------------------------------------------


def test_a_memo_is_for_its_recipient_its_writer_and_the_own_kakari(stage: Stage) -> None:
    """Not for another 係, nor for the chief of the 課: an order of things, not of ranks."""
    memo = written(stage, "220")["id"]
    for number in ("131", "100", "800", "900"):
        assert read(stage, number, memo).status_code == 404
        assert turn(stage, number, memo, "done").status_code == 404
        assert memo not in tab(stage, number, "unit")
    for number in ("121", "122", "120", "220"):
        assert read(stage, number, memo).status_code == 200
    assert turn(stage, "220", memo, "called").status_code == 403  # who wrote it elsewhere reads on
    assert db.session.get_one(PhoneMemo, memo).state == "open"


def test_nobody_without_a_sign_in(stage: Stage, client: Any) -> None:
    memo = written(stage)["id"]
    assert client.get(f"/api/v1/messages/{memo}").status_code == 401
    assert client.get("/api/v1/messages").status_code == 401


def test_a_token_of_ones_own_does_not_reach_colleagues_memos(stage: Stage) -> None:
    memo = written(stage, "220")["id"]
    assert stage.api("121").get(f"/messages/{memo}").status_code == 200
    assert stage.api("120").get(f"/messages/{memo}").status_code == 403
    assert stage.api("120").get("/messages?tab=unit").status_code == 403
    answer = stage.api("120").call("PATCH", f"/messages/{memo}", json={"state": "done"})
    assert answer.status_code == 403


def test_an_absent_memo_and_a_hidden_one_are_the_same(stage: Stage) -> None:
    memo = written(stage)["id"]
    hidden, absent = read(stage, "220", memo), read(stage, "220", 99_999)
    assert hidden.json == absent.json
    assert read(stage, "220", 2**40).status_code == 404


# --- outside the office ---------------------------------------------------------------------


def test_outside_the_office_there_is_number_and_chip_alone(stage: Stage) -> None:
    memo = written(stage)["id"]
    assert read(stage, "121", memo).json["caller"] == "田中様"
    stage.telework("121")
    shown = read(stage, "121", memo).json
    assert (shown["caller"], shown["text"], shown["withheld"]) == (None, None, True)
    assert (shown["telephone"], shown["chip"]) == ("042-555-0123", "折り返しお願いします")
    listed = stage.api("121").get("/messages").json["memos"][0]
    assert (listed["caller"], listed["text"]) == (None, None)
    page = stage.browser("121").get("/messages").text
    assert "042-555-0123" in page
    assert "田中" not in page
    assert "診断書" not in page


def test_the_municipality_may_settle_it_otherwise(stage: Stage) -> None:
    memo = written(stage)["id"]
    stage.plan("121", Entry(510, 1035, "satellite"))
    assert read(stage, "121", memo).json["withheld"]
    with transaction():
        settings.put(READING, "sites", by=None, now=clock.now())
    assert read(stage, "121", memo).json["caller"] == "田中様"


def test_after_hours_is_outside_the_office(stage: Stage, at: Any) -> None:
    memo = written(stage)["id"]
    at("18:00")
    assert read(stage, "121", memo).json["withheld"]


# --- writing --------------------------------------------------------------------------------


def test_two_taps_are_enough(stage: Stage) -> None:
    """To whom, and the first 用件: caller and number are optional."""
    answer = stage.api("122").post("/messages", {"to": "121"})
    assert answer.status_code == 201
    assert answer.json["chip"] == "折り返しお願いします"
    assert (answer.json["state"], answer.json["to"]["name"]) == ("open", "桜井 剛")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "あ" * 61}, "text"),
        ({"caller": "あ" * 61}, "caller"),
        ({"telephone": "とても急ぎ"}, "telephone"),
        ({"telephone": "0" * 21}, "telephone"),
        ({"chip": "知らない用件"}, "chip"),
        ({"wished_at": "2026-11-24T09:00:00+09:00"}, "wished_at"),
        ({"wished_at": "2027-11-24T09:00:00+09:00"}, "wished_at"),
        ({"wished_at": "あした"}, "wished_at"),
        ({"to": "122"}, "to"),
        ({"wrong": "1"}, "wrong"),
    ],
)
def test_a_fault_is_told_at_its_field(stage: Stage, body: dict[str, Any], field: str) -> None:
    answer = write(stage, **body)
    assert answer.status_code == 422
    assert field in answer.json["error"]["fields"]
    assert db.session.query(PhoneMemo).count() == 0


def test_somebody_who_does_not_work_here(stage: Stage) -> None:
    assert write(stage, to="999").status_code == 404


def test_full_width_numbers_are_taken_as_typed(stage: Stage) -> None:
    assert written(stage, telephone="０４２－５５５－０１２３")["telephone"] == "042-555-0123"


def test_a_stuck_key_writes_twenty_and_no_more(stage: Stage) -> None:
    codes = [write(stage).status_code for _ in range(21)]
    assert codes == [201] * 20 + [429]


def test_a_webhook_hears_that_and_nothing_else(stage: Stage) -> None:
    with transaction():
        hook = Webhook(name="チャット", url="https://chat.example/x", secret="s" * 20)
        hook.events, hook.made_at, hook.unit_id = ["memo"], clock.now(), stage.units["W11"]
        hook.base = "https://zaiseki.example"
        db.session.add(hook)
    written(stage)
    (delivery,) = db.session.query(WebhookDelivery).all()
    assert delivery.event == "memo"
    sent = str(delivery.payload)
    assert not any(word in sent for word in (*SECRETS, "桜井", "河野"))


# --- handling -------------------------------------------------------------------------------


def test_from_open_to_done_and_back(stage: Stage) -> None:
    memo = written(stage)["id"]
    called = turn(stage, "121", memo, "called", 1).json
    assert (called["state"], called["revision"], called["called_by"]["name"]) == (
        "called",
        2,
        "桜井 剛",
    )
    done = turn(stage, "121", memo, "done", 2).json
    assert done["may"] == ["called", "open"]
    again = turn(stage, "121", memo, "called", 3).json
    assert (again["state"], again["done_at"]) == ("called", None)
    back = turn(stage, "121", memo, "open", 4).json
    assert (back["state"], back["called_at"]) == ("open", None)
    assert tab(stage, "121", "mine") == [memo]


def test_a_colleague_calls_and_it_is_in_the_trail(stage: Stage) -> None:
    memo = written(stage, "220")["id"]
    assert turn(stage, "120", memo, "called", 1).status_code == 200
    (entry,) = db.session.query(AuditEntry).filter(AuditEntry.action == "memo.called")
    assert entry.staff_id == stage.ids["121"]
    assert not any(word in str(entry.detail) for word in SECRETS)


def test_who_comes_second_is_told_and_sees_what_stands(stage: Stage) -> None:
    memo = written(stage)["id"]
    turn(stage, "121", memo, "called", 1)
    late = turn(stage, "120", memo, "done", 1)
    assert late.status_code == 409
    assert late.json["now"]["state"] == "called"
    assert turn(stage, "121", memo, "called", 1).status_code == 200  # a double tap is one tap


def test_twenty_at_once_make_one_state(stage: Stage) -> None:
    memo = written(stage)["id"]
    tokens = [
        stage.api(n, "self unit:read unit:write") for n in ("120", "121", "122") for _ in range(7)
    ][:20]
    begin, codes = threading.Barrier(20), []

    def go(index: int, api: Any) -> None:
        begin.wait()
        state = "done" if index % 2 else "called"
        answer = api.call("PATCH", f"/messages/{memo}", json={"state": state, "revision": 1})
        codes.append((state, answer.status_code))

    threads = [threading.Thread(target=go, args=pair) for pair in enumerate(tokens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    db.session.expire_all()
    row = db.session.get_one(PhoneMemo, memo)
    assert row.revision == 2
    won = {state for state, code in codes if code == 200}
    assert won == {row.state}
    assert {code for state, code in codes if state != row.state} == {409}
    steps = db.session.query(MemoStep).filter(MemoStep.memo_id == memo).all()
    assert [step.what for step in steps] == ["made", row.state]


def test_read_is_no_change_and_ends_taking_back(stage: Stage) -> None:
    memo = written(stage)["id"]
    assert patch(stage, "120", memo, {"seen": True}).json["seen_at"] is None  # not the recipient
    assert patch(stage, "121", memo, {"seen": True}).json["revision"] == 1
    assert stage.api("122").call("DELETE", f"/messages/{memo}").status_code == 409


def test_a_writer_takes_back_what_was_wrong(stage: Stage) -> None:
    memo = written(stage)["id"]
    assert stage.api("121").call("DELETE", f"/messages/{memo}").status_code == 409
    with stage.frames() as sent:
        assert stage.api("122").call("DELETE", f"/messages/{memo}").status_code == 200
    assert ("message", {"id": memo, "state": "void"}, "121:person") in sent
    assert read(stage, "121", memo).status_code == 404
    row = db.session.get_one(PhoneMemo, memo)
    assert (row.caller, row.telephone, row.text) == ("", "", "")


@pytest.mark.parametrize(
    "body", [{}, {"state": "done", "to": "122"}, {"state": "away"}, {"seen": False}]
)
def test_one_change_at_a_time(stage: Stage, body: dict[str, Any]) -> None:
    memo = written(stage)["id"]
    assert patch(stage, "121", memo, body).status_code == 422


# --- moved on -------------------------------------------------------------------------------


def test_moved_to_a_colleague_of_the_section_and_all_are_told(stage: Stage) -> None:
    memo = written(stage, "220")["id"]
    assert patch(stage, "121", memo, {"to": "220"}).status_code == 422  # another 課
    assert patch(stage, "121", memo, {"to": "121"}).status_code == 422
    assert patch(stage, "121", memo, {"to": "131", "revision": 1}).status_code == 200
    assert told(stage, "131") == ["取次1件が桜井 剛さんから移されました。"]
    assert told(stage, "220") == ["あなたの書いた取次1件は今井 哲也さんが受けます。"]
    assert read(stage, "130", memo).status_code == 200  # now of 施設係
    assert read(stage, "121", memo).status_code == 404
    assert patch(stage, "130", memo, {"to": "122", "revision": 1}).status_code == 409
    assert patch(stage, "130", memo, {"to": "122", "revision": 2}).status_code == 200
    (entry,) = db.session.query(AuditEntry).filter(AuditEntry.action == "memo.moved")
    assert entry.staff_id == stage.ids["131"]  # moved by a colleague
    turn(stage, "122", memo, "done")
    assert told(stage, "122") == told(stage, "220") == []  # it is settled


def test_who_could_take_it_on(stage: Stage) -> None:
    """副担 who are there first, then the own 係, then the 課."""
    backup(stage, "131")
    stage.plan("122", Entry(510, 1035, "leave"))
    memo = written(stage, "220")["id"]
    takers = stage.api("121").get(f"/messages/{memo}/takers").json["takers"]
    order = [(row["staff"], row["role"], row["available"]) for row in takers]
    assert order[0] == ("131", "主担・副担", True)
    assert order[1] == ("120", "同じ係", True)
    assert order[-1] == ("122", "同じ係", False)
    assert "220" not in [row["staff"] for row in takers]


def backup(stage: Stage, number: str) -> None:
    with transaction():
        task = Task(unit_id=stage.units["W11"], name="入所の審査", changed_at=clock.now())
        task.people = [
            TaskPerson(staff_id=stage.ids["121"], role="main"),
            TaskPerson(staff_id=stage.ids[number], role="sub"),
        ]
        db.session.add(task)


def test_gone_for_the_day_those_who_can_are_asked_once(stage: Stage, at: Any) -> None:
    memo = written(stage, "220")["id"]
    minute.every_minute(now=clock.now())
    assert told(stage, "122") == []  # he is there
    stage.api("121").punch("end", "e")
    at("10:30")
    for _ in range(2):
        minute.every_minute(now=clock.now())
    assert told(stage, "122") == ["桜井 剛さんあての取次1件を引き継げます。"]
    assert db.session.get_one(PhoneMemo, memo).to_id == stage.ids["121"]


def test_where_settled_so_it_moves_by_itself_and_its_writer_knows(stage: Stage, at: Any) -> None:
    backup(stage, "131")
    with transaction():
        settings.put(GONE, "move", unit_code="W12", by=None, now=clock.now())
    memo = written(stage, "220")["id"]
    stage.api("121").punch("end", "e")
    at("10:30")
    minute.every_minute(now=clock.now())
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(PhoneMemo, memo).to_id == stage.ids["131"]
    assert told(stage, "220") == ["あなたの書いた取次1件は今井 哲也さんが受けます。"]


def test_nobody_is_there_so_it_stays(stage: Stage, at: Any) -> None:
    with transaction():
        settings.put(GONE, "move", by=None, now=clock.now())
    memo = written(stage, "220")["id"]
    at("18:00")
    minute.every_minute(now=clock.now())
    assert db.session.get_one(PhoneMemo, memo).to_id == stage.ids["121"]


def test_what_is_wished_for_tomorrow_waits_for_tomorrow(stage: Stage, at: Any) -> None:
    with transaction():
        settings.put(GONE, "move", by=None, now=clock.now())
    memo = written(stage, "220", wished_at="2026-11-25T10:00:00+09:00")["id"]
    stage.api("121").punch("end", "e")
    at("10:30")
    minute.every_minute(now=clock.now())
    assert db.session.get_one(PhoneMemo, memo).to_id == stage.ids["121"]


# --- live -----------------------------------------------------------------------------------


def test_both_windows_hear_and_no_word_goes_by_the_socket(stage: Stage) -> None:
    with stage.frames() as sent:
        memo = written(stage, "220")["id"]
    frames = [frame for frame in sent if frame[0] == "message"]
    assert sorted(room for _, _, room in frames) == ["121:person", "220:person"]
    assert all(payload == {"id": memo, "state": "open"} for _, payload, _ in frames)
    with stage.frames() as sent:
        turn(stage, "121", memo, "called", 1)
    assert ("message", {"id": memo, "state": "called"}, "220:person") in sent
    with stage.frames() as sent:
        patch(stage, "121", memo, {"to": "122", "revision": 2})
    rooms = sorted(room for event, _, room in sent if event == "message")
    assert rooms == ["121:person", "122:person", "220:person"]


# --- lists and search -----------------------------------------------------------------------


def test_the_lists(stage: Stage, at: Any) -> None:
    first = written(stage, "220")["id"]
    at("10:21")
    second = written(stage, "220")["id"]
    other = written(stage, "121", to="122")["id"]
    assert tab(stage, "121", "mine") == [first, second]
    assert tab(stage, "122", "unit") == [first, second]
    assert tab(stage, "121", "written") == [other]
    turn(stage, "121", first, "called", 1)
    assert tab(stage, "121", "mine") == [second, first]  # 未対応 first
    turn(stage, "121", first, "done", 2)
    assert tab(stage, "121", "mine") == [second]
    assert tab(stage, "121", "done") == [first]
    assert tab(stage, "130", "done") == []
    assert stage.api("121").get("/messages").json["open"] == 1
    assert stage.api("121").get("/messages?tab=away").status_code == 400


def test_search_stays_in_ones_own_kakari(stage: Stage) -> None:
    memo = written(stage, "220")["id"]
    found = {}
    for number in ("120", "131", "100", "220"):
        answer = stage.api(number, "self unit:read").get("/messages?q=田中")
        found[number] = [row["id"] for row in answer.json["memos"]]
    assert found == {"120": [memo], "131": [], "100": [], "220": []}
    for q in ("0425550123", "診断書 田中", "折り返し"):
        answer = stage.api("120", "self unit:read").get(f"/messages?q={q}")
        assert [row["id"] for row in answer.json["memos"]] == [memo]
    for q in ("%", "_", "田中 別件"):
        answer = stage.api("120", "self unit:read").get("/messages", query_string={"q": q})
        assert answer.json["memos"] == []


def test_search_outside_the_office_finds_no_callers(stage: Stage) -> None:
    """What may not be read may not be guessed by searching either."""
    written(stage, "220")
    stage.telework("120")
    api = stage.api("120", "self unit:read")
    assert api.get("/messages?q=田中").json["memos"] == []
    assert len(api.get("/messages?q=折り返し").json["memos"]) == 1


# --- forgotten ------------------------------------------------------------------------------


def test_texts_and_numbers_go_and_the_count_stays(stage: Stage, at: Any) -> None:
    memo = written(stage)["id"]
    turn(stage, "121", memo, "done", 1)
    at("2026-12-24 09:00")
    jobs.every_hour(stage.app)
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(PhoneMemo, memo).caller == "田中様"  # 30 days are not over
    at("2026-12-24 12:00")
    jobs.every_hour(stage.app)
    db.session.rollback()
    db.session.expire_all()
    row = db.session.get_one(PhoneMemo, memo)
    assert (row.caller, row.telephone, row.text) == ("", "", "")
    assert row.erased_at is not None
    assert db.session.query(MemoStep).count() == 0
    assert read(stage, "121", memo).json["may"] == []


def test_the_days_are_a_setting_and_what_is_open_is_kept(stage: Stage, at: Any) -> None:
    done, still = written(stage)["id"], written(stage)["id"]
    turn(stage, "121", done, "done", 1)
    with transaction():
        settings.put(KEPT_DAYS, 1, by=None, now=clock.now())
    at("2026-11-26 09:00")
    clock.freeze(clock.now() + timedelta(hours=2))
    jobs.every_hour(stage.app)
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get_one(PhoneMemo, done).erased_at is not None
    assert db.session.get_one(PhoneMemo, still).caller == "田中様"


def test_what_nobody_finishes_is_forgotten_as_well(stage: Stage) -> None:
    memo = written(stage)["id"]
    clock.freeze(clock.now() + timedelta(days=181))
    jobs.every_hour(stage.app)
    db.session.rollback()
    db.session.expire_all()
    row = db.session.get_one(PhoneMemo, memo)
    assert (row.state, row.caller) == ("done", "")


def test_all_that_is_stored_stands_on_ones_own_page(stage: Stage) -> None:
    written(stage)
    page = stage.browser("121").get("/me/data").text
    assert "取次メモ" in page
    assert "田中様" in page
    assert "30日で消えます" in page


def test_names_of_the_cast(stage: Stage) -> None:
    """Guards the table above: 121 and 122 share a 係, 131 the 課, 220 neither."""
    tree = org.current_tree()
    assert tree.section(stage.units["W12"]) == tree.section(stage.units["W13"])
    assert tree.section(stage.units["W22"]) != tree.section(stage.units["W12"])
