"""The inbox as plain pages: what stands where, forms alone, faults at their field, the list fetched again."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from tests.doors import post
from tests.features.approval_play import (
    NEXT_TUESDAY,
    asked,
    counter_with_duties,
    done,
    found,
    planned,
    told,
)
from tests.features.duty_at import held
from tests.stage import Stage
from webapp.accounts.access import Actor
from webapp.core import clock, facts
from webapp.core.db import db, snapshot, transaction
from webapp.org.models import Posting
from webapp.requests import effects, inbox, inbox_effects, inbox_view
from webapp.requests.approvers import Book


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)[:500]
    page: str = answer.get_data(as_text=True)
    return page


def picked(page: str) -> str:
    found_ = re.search(r'name="pick" value="([^"]+)"', page)
    assert found_
    return found_[1]


@pytest.fixture(autouse=True)
def however_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine works out every effect, too."""
    monkeypatch.setattr(inbox_view, "BUDGET_S", 60.0)


# --- who sees what --------------------------------------------------------------------------


def test_who_decides_nothing_has_their_own_requests_here(stage: Stage) -> None:
    answer = stage.browser("122").get("/requests")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/requests/own")


@pytest.mark.parametrize(("number", "status"), [("122", 404), ("220", 404), ("200", 404)])
def test_whom_it_does_not_concern_is_told_nothing(stage: Stage, number: str, status: int) -> None:
    request_id = asked(stage)
    client = stage.browser(number)
    assert client.get(f"/requests/{request_id}").status_code == status
    assert post(client, f"/requests/{request_id}/approve").status_code == status
    assert client.get("/requests/999999999999").status_code == 404


def test_the_person_reads_the_record_and_not_the_effect(stage: Stage) -> None:
    counter_with_duties(stage)
    request_id = asked(stage)
    page = text(stage.browser("121").get(f"/requests/{request_id}"))
    assert "不足します" not in page
    assert f'action="/requests/{request_id}/approve"' not in page


def test_the_list_oldest_first_with_effect_and_checks(stage: Stage) -> None:
    counter_with_duties(stage)
    now = clock.now()
    asked(stage, "122", date(2026, 12, 3), at=now - timedelta(hours=1))
    asked(stage, at=now - timedelta(days=4), late=True, confirmer_id=stage.ids["120"])
    page = text(stage.browser("100").get("/requests"))
    names = re.findall(r'class="n">([^<]+)<', page)
    assert names == ["桜井 剛", "河野 優"]
    assert "<title>申請 承認待ち2件 - 在席</title>" in page
    assert "窓口1が 1 時間 30 分 不足する" in page
    for words in (
        "承認すると、窓口1が 1 時間 30 分 不足します",
        "9:00〜10:30 にあと 1 人足りません。",
        "在席確認者 瀨戸 恵子",
        "この週 1 日目（上限 4 日）",
        "期限後の申請",
        "電話は転送できます",
    ):
        assert words in page
    assert "期限後" in page
    assert "不足のない" not in page  # one alone has its own button


def test_an_empty_inbox_says_what_comes(stage: Stage) -> None:
    page = text(stage.browser("100").get("/requests"))
    assert "承認を待っている申請はありません。" in page
    assert 'href="/requests/done"' in page


# --- forms alone ----------------------------------------------------------------------------


def test_approved_and_taken_back_with_forms(stage: Stage) -> None:
    request_id = asked(stage)
    chief = stage.browser("100")
    answer = post(chief, f"/requests/{request_id}/approve", {"revision": 1})
    assert answer.headers["Location"].endswith(f"/requests?done={request_id}")
    page = text(chief.get(answer.headers["Location"]))
    assert "桜井 剛 12月1日（火） 終日 在宅 承認しました。" in page
    assert f'name="request" value="{request_id}:2"' in page
    post(chief, "/requests/undo", {"request": f"{request_id}:2"})
    assert found(request_id).state == "waiting"
    assert planned(stage, "121") == []


def test_a_shortage_needs_its_reason_at_the_field_and_keeps_what_was_typed(stage: Stage) -> None:
    counter_with_duties(stage)
    request_id = asked(stage)
    chief = stage.browser("100")
    form = {"revision": 1, "condition": "午後は窓口へ"}
    answer = post(chief, f"/requests/{request_id}/approve", form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "不足のまま承認する理由を入力してください" in page
    assert 'value="午後は窓口へ"' in page
    assert 'aria-invalid="true"' in page
    form |= {"reason": "係長が入る"}
    assert post(chief, f"/requests/{request_id}/approve", form).status_code == 303
    assert found(request_id).condition == "午後は窓口へ"


def test_sent_back_without_a_reason_stands_at_its_field(stage: Stage) -> None:
    request_id = asked(stage)
    chief = stage.browser("100")
    answer = post(chief, f"/requests/{request_id}/return", {"revision": 1, "turn": "return"})
    assert answer.status_code == 422
    assert "理由を入力してください" in answer.get_data(as_text=True)
    form = {"revision": 1, "reason": "詳しく"}
    assert post(chief, f"/requests/{request_id}/return", form).status_code == 303
    assert found(request_id).state == "returned"


def test_who_comes_second_sees_the_fresh_record(stage: Stage) -> None:
    request_id = asked(stage)
    done(stage, "121", request_id, "withdraw")
    chief = stage.browser("100")
    answer = post(chief, f"/requests/{request_id}/approve", {"revision": 1})
    assert answer.headers["Location"].endswith(f"/requests/{request_id}")
    assert found(request_id).state == "withdrawn"


def test_asked_and_ordered_with_forms(stage: Stage) -> None:
    counter_with_duties(stage)
    request_id = asked(stage)
    chief = stage.browser("100")
    pick = picked(text(chief.get(f"/requests/{request_id}")))
    answer = post(chief, f"/requests/{request_id}/ask", {"revision": 1, "pick": pick})
    assert answer.status_code == 303
    page = text(chief.get("/requests"))
    assert "返事待ち" in page
    assert "打診中" in page
    page = text(chief.get(f"/requests/{request_id}"))
    assert "さんに打診中" in page
    nobody = post(chief, f"/requests/{request_id}/ask", {"revision": 2, "pick": "x"})
    assert nobody.status_code == 422
    form = {"revision": 2, "pick": pick, "reason": "ほかに人がいない"}
    assert post(chief, f"/requests/{request_id}/order", form).status_code == 303
    assert found(request_id).state == "approved"
    assert held("120", stage, NEXT_TUESDAY) == [(540, 630, "order")]


def test_a_proposal_is_taken_with_a_form(stage: Stage) -> None:
    request_id = asked(stage)
    form = {"revision": 1, "from": "11:00", "to": "17:15", "before": 30, "after": 0}
    assert post(stage.browser("100"), f"/requests/{request_id}/propose", form).status_code == 303
    assert "11:00〜17:15 にすることを本人に提案しています" in text(
        stage.browser("100").get(f"/requests/{request_id}")
    )
    person = stage.browser("121")
    answer = post(person, f"/requests/{request_id}/accept-proposal", {"revision": 2})
    assert answer.status_code == 303
    assert planned(stage, "121") == [(630, 660, "trip"), (660, 1035, "home")]
    assert any("承認になりました" in words for words in told(stage, "100"))


def test_several_with_one_button_each_with_its_result(stage: Stage) -> None:
    stage.position("窓口", unit="W12", need=2)
    ids = [asked(stage, number) for number in ("120", "121")]
    other = asked(stage, "131", date(2026, 12, 3))
    chief = stage.browser("100")
    page = text(chief.get("/requests"))
    assert "不足のない 2 件をまとめて承認" in page  # of the first two only one
    chosen = [f"{i}:1" for i in (*ids, other)]
    answer = post(chief, "/requests/approve", {"request": chosen})
    page = text(answer)
    assert "2 件を承認し、1 件は承認していません。" in page
    assert [found(i).state for i in (*ids, other)] == ["approved", "waiting", "approved"]
    assert post(chief, "/requests/approve", {}).status_code == 422
    assert post(chief, "/requests/approve", {"request": "x:1"}).status_code == 422


# --- fetched again --------------------------------------------------------------------------


def test_a_list_and_a_detail_alone(stage: Stage) -> None:
    request_id = asked(stage)
    chief = stage.browser("100")
    part = text(chief.get("/requests?part=list"))
    assert "data-list" in part
    assert "<html" not in part
    assert f'data-request="{request_id}"' in part
    part = text(chief.get(f"/requests/{request_id}?part=detail"))
    assert f'data-detail="{request_id}"' in part
    assert "<html" not in part


def test_what_is_not_worked_out_in_time_is_fetched(stage: Stage, monkeypatch: Any) -> None:
    counter_with_duties(stage)
    for day in range(1, 5):
        asked(stage, day=date(2026, 12, day))
    inbox_effects._kept.clear()
    monkeypatch.setattr(inbox_view, "BUDGET_S", -1.0)
    chief = stage.browser("100")
    page = text(chief.get("/requests?part=list"))
    assert 'data-rest="3"' in page
    assert "影響を計算しています" in page
    assert "不足のない" not in page
    left = [re.search(r'data-rest="(\d)"', text(chief.get("/requests?part=list"))) for _ in "123"]
    assert [found_[1] for found_ in left if found_] == ["2", "1", "0"]


# --- kept while nothing moves ---------------------------------------------------------------


def test_an_effect_is_worked_out_again_only_when_something_moved(
    stage: Stage, monkeypatch: Any
) -> None:
    counter_with_duties(stage)
    asked(stage)
    calls: list[int] = []
    work = effects.preview

    def counting(rows: Any, **kwargs: Any) -> Any:
        calls.append(rows[0].id)
        return work(rows, **kwargs)

    monkeypatch.setattr(effects, "preview", counting)
    actor = Actor(stage.ids["100"], "100", "池田 綾乃")

    def look() -> list[bool]:
        with snapshot():
            rows = inbox.waiting_for(actor, now=clock.now())
            known = inbox_effects.summaries(rows, now=clock.now())
            return [known[row.id].is_short for row in rows]

    assert look() == [True]
    assert look() == [True]
    assert len(calls) == 1
    stage.telework("131", NEXT_TUESDAY)  # somebody else of the same counters
    assert look() == [True]
    assert len(calls) == 2


def test_what_an_inbox_asks_of_the_database_does_not_grow_with_it(stage: Stage) -> None:
    """Of what is known already: 5 requests and 40 over the same five days."""
    chief = stage.browser("100")

    def asked_for(count: int) -> int:
        for number in range(count):
            person, day = ("121", "122", "131")[number % 3], 1 + number % 5
            minute = 510 + 15 * (number // 15)
            asked(stage, person, date(2026, 12, day), minute, minute + 15 + number)
        chief.get("/requests?part=list")
        statements: list[str] = []

        def listen(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            statements.append(statement)

        event.listen(db.engine, "before_cursor_execute", listen)
        text(chief.get("/requests?part=list"))
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(statements)

    few = asked_for(5)
    assert asked_for(35) <= few + 4


def test_whose_inbox_it_is_not_asks_nothing_of_the_chiefs_day(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head of the department has hundreds below: on every page only what falls to them is looked into."""
    asked(stage)
    asked(stage, "122")

    def never(*_args: object) -> bool:
        raise AssertionError("asked whether somebody is away")

    monkeypatch.setattr(Book, "_is_absent", never)
    assert stage.api("100").get("/me/badges").json["requests"] == 2
    with transaction():
        posting = db.session.query(Posting).filter_by(staff_id=stage.ids["800"]).one()
        posting.roles = "chief"
        facts.restamp("org")
    assert stage.api("800").get("/me/badges").json["requests"] == 0


def test_a_number_without_end_in_the_address(stage: Stage) -> None:
    asked(stage)
    assert stage.browser("100").get(f"/requests?done={'9' * 5000}").status_code == 200
    assert stage.browser("100").get(f"/requests/{'9' * 5000}").status_code == 404


def test_a_withdrawal_is_taken_back_on_the_page(stage: Stage) -> None:
    request_id = asked(stage)
    own = stage.browser("121")
    gone = post(own, f"/requests/{request_id}/withdraw", {}, follow_redirects=True)
    assert "取り下げました" in gone.text
    (mark,) = re.findall(r'name="request" value="([^"]+)"', gone.text)
    assert post(own, "/requests/undo", {"request": mark}).status_code == 303
    assert "承認待ち" in text(own.get(f"/requests/{request_id}"))
