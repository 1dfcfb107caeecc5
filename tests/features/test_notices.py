"""お知らせ: who reads what, the numbers in the menu, when a frame says quiet, how one wants to be told."""

from typing import Any

import pytest

from tests.doors import post
from tests.stage import Stage
from webapp.accounts import owndata
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.notices import links, service
from webapp.notices.models import Notice, NoticeChoice
from webapp.org.models import Posting


def tell(stage: Stage, number: str, *, kind: str = "fixed", link: str = "", n: int = 1) -> None:
    with transaction():
        for i in range(n):
            service.notify(
                [stage.ids[number]],
                unit_id=stage.units["W11"],
                kind=kind,
                text=f"当番が決まりました {i + 1}",
                link=link,
                now=clock.now(),
            )


def told(stage: Stage, number: str) -> list[dict[str, Any]]:
    return list(stage.api(number).get("/me/notices").json["notices"])


def badges(stage: Stage, number: str) -> dict[str, Any]:
    return dict(stage.api(number).get("/me/badges").json)


def home(stage: Stage, number: str) -> str:
    return str(stage.browser(number).get("/").get_data(as_text=True))


# --- reading --------------------------------------------------------------------------------


def test_nobody_and_a_token_without_self_hear_nothing(stage: Stage, client: Any) -> None:
    for path in ("badges", "notices"):
        assert client.get(f"/api/v1/me/{path}").status_code == 401
        assert stage.api("121", "unit:read").get(f"/me/{path}").status_code == 403
    for path in ("notices/read", "notices/unread"):
        assert stage.api("121", "unit:read").post(f"/me/{path}").status_code == 403


def test_somebody_elses_notices_stay_as_they_are(stage: Stage) -> None:
    tell(stage, "122")
    (notice,) = told(stage, "122")
    stranger = stage.api("121")
    assert stranger.post("/me/notices/read", {"ids": [notice["id"]]}).json == {"read": 0}
    assert (
        post(stage.browser("121"), "/me/notices/read", {"notice": notice["id"]}).status_code == 303
    )
    assert len(told(stage, "122")) == 1
    assert stage.api("122").post("/me/notices/read", {"ids": [notice["id"]]}).json == {"read": 1}
    assert stranger.post("/me/notices/unread", {"ids": [notice["id"]]}).json == {"unread": 0}
    assert told(stage, "122") == []


def test_reading_is_taken_back_for_ten_minutes(stage: Stage, at: Any) -> None:
    tell(stage, "121", n=3)
    ids = [notice["id"] for notice in told(stage, "121")]
    api = stage.api("121")
    assert api.post("/me/notices/read", {"ids": ids[:2]}).json == {"read": 2}
    assert api.post("/me/notices/unread", {"ids": ids}).json == {"unread": 2}
    assert [notice["id"] for notice in told(stage, "121")] == ids
    assert api.post("/me/notices/read").json == {"read": 3}
    at("10:31")
    assert api.post("/me/notices/unread", {"ids": ids}).json == {"unread": 0}


@pytest.mark.parametrize("ids", ["7", [0], [2**31], ["x"], [1] * 201])
def test_what_are_no_ids(stage: Stage, ids: Any) -> None:
    tell(stage, "121")
    assert stage.api("121").post("/me/notices/read", {"ids": ids}).status_code == 422
    assert len(told(stage, "121")) == 1


@pytest.mark.parametrize("text", ["", "x", "-1", "９", "9" * 400, "1'; --"])
def test_a_form_without_ids_puts_nothing_away(stage: Stage, text: str) -> None:
    tell(stage, "121")
    answer = post(stage.browser("121"), "/me/notices/read", {"notice": text})
    assert answer.status_code == 303
    assert len(told(stage, "121")) == 1


@pytest.mark.parametrize(
    ("wanted", "to"),
    [
        ("/", "/"),
        ("/rota/W12/swaps", "/rota/W12/swaps"),
        ("//evil.example", "/"),
        ("/no-such", "/"),
    ],
)
def test_the_form_goes_back_to_a_page_of_ours(stage: Stage, wanted: str, to: str) -> None:
    answer = post(stage.browser("121"), "/me/notices/read", {"next": wanted})
    assert answer.headers["Location"] == to


def test_what_is_settled_is_read_by_everybody(stage: Stage) -> None:
    tell(stage, "121", link="/board/W11")
    tell(stage, "122", link="/board/W11")
    tell(stage, "122", link="/board/W12")
    with stage.frames() as sent, transaction():
        assert service.settled("/board/W11", now=clock.now()) == 2
    assert ("notice", {"count": 0, "quiet": False}, "121:person") in sent
    assert [notice["link"] for notice in told(stage, "122")] == ["/board/W12"]


# --- links ----------------------------------------------------------------------------------


def test_a_link_leads_only_where_one_may_go(stage: Stage) -> None:
    tell(stage, "121", link="/rota/W12?w=2026-W48")
    tell(stage, "121", link="/rota/W22?w=2026-W48")
    tell(stage, "121", link="/no-such-page")
    tell(stage, "121", link="//evil.example/")
    assert {notice["link"] for notice in told(stage, "121")} == {"/rota/W12?w=2026-W48", ""}
    page = home(stage, "121")
    assert 'href="/rota/W12?w=2026-W48"' in page
    assert "/rota/W22" not in page
    assert "evil.example" not in page


def test_who_has_moved_away_reads_the_words_without_the_link(stage: Stage) -> None:
    tell(stage, "121", link="/rota/W12")
    assert told(stage, "121")[0]["link"] == "/rota/W12"
    with transaction():
        db.session.query(Posting).filter_by(staff_id=stage.ids["121"]).update(
            {"unit_id": stage.units["W22"]}
        )
        facts.restamp("org")
    assert told(stage, "121")[0]["link"] == ""


def test_a_feature_lends_its_own_check(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_CHECKS", dict(links._CHECKS))
    links.lend("board", lambda path, actor: actor.number == "122" and path == "/board/W11?x=1")
    for number, link in (("121", ""), ("122", "/board/W11?x=1")):
        tell(stage, number, link="/board/W11?x=1")
        assert told(stage, number)[0]["link"] == link


def test_a_request_that_is_not_ones_own_has_no_link(stage: Stage) -> None:
    tell(stage, "121", link="/requests/1")
    tell(stage, "121", link="/requests/99999999999999999999")
    tell(stage, "121", link="/requests/own")
    assert sorted(notice["link"] for notice in told(stage, "121")) == ["", "", "/requests/own"]


# --- on 自分の今日 --------------------------------------------------------------------------


def test_ten_of_one_kind_are_one_line_that_opens(stage: Stage) -> None:
    tell(stage, "121", n=10)
    page = home(stage, "121")
    assert page.count('<details class="told-many"') == 1
    assert "当番 10件" in page
    assert "（保育課）" in page
    assert "すべて読みました" in page


def test_one_stands_by_itself_and_none_leave_no_trace(stage: Stage) -> None:
    assert 'class="told"' not in home(stage, "121")
    tell(stage, "121", link="/rota/W12")
    page = home(stage, "121")
    assert "told-many" not in page
    assert "すべて読みました" not in page
    assert page.count('data-live="told"') == 1


# --- numbers and quiet ----------------------------------------------------------------------


def test_the_numbers_of_somebody_for_whom_nothing_waits(stage: Stage) -> None:
    assert badges(stage, "121") == {
        "requests": 0,
        "memos": 0,
        "notices": 0,
        "questions": 0,
        "quiet": False,
        "because": None,
        "pop_up": {
            "emergency": "緊急時",
            "memo": "取次",
            "request": "申請",
            "rota": "当番",
            "seat": "席と貸出",
            "question": "質問",
            "other": "お知らせ",
        },
        "waiting": {},
    }


def test_the_numbers_count_by_group(stage: Stage) -> None:
    tell(stage, "121", n=2)
    tell(stage, "121", kind="request")
    found = badges(stage, "121")
    assert (found["notices"], found["waiting"]) == (3, {"request": 1, "rota": 2})


def test_what_waits_for_a_decision_stands_under_that_alone(stage: Stage) -> None:
    tell(stage, "100", kind="decide")
    found = badges(stage, "100")
    assert (found["notices"], found["waiting"]) == (0, {"request": 1})
    assert 'class="told"' not in home(stage, "100")


@pytest.mark.parametrize(
    ("time", "because"),
    [("10:20", None), ("12:30", "break"), ("7:00", "off"), ("2026-11-23 10:20", "off")],
)
def test_nothing_pops_up_outside_the_own_time(
    stage: Stage, at: Any, time: str, because: str | None
) -> None:
    at(time)
    found = badges(stage, "121")
    assert (found["because"], found["quiet"]) == (because, because is not None)
    assert set(found["pop_up"]) == ({"emergency"} if because else set(found["pop_up"]))
    with stage.frames() as sent:
        tell(stage, "121")
    assert ("notice", {"count": 1, "quiet": because is not None}, "121:person") in sent


def test_who_reports_a_start_in_the_evening_is_at_work(stage: Stage, at: Any) -> None:
    at("19:00")
    assert badges(stage, "121")["because"] == "off"
    answer = stage.api("121").post(
        "/me/punches", {"kind": "start", "place": "home"}, headers={"Idempotency-Key": "evening-1"}
    )
    assert answer.status_code == 201
    assert badges(stage, "121")["quiet"] is False


# --- the choice -----------------------------------------------------------------------------


def choose(stage: Stage, number: str, **form: Any) -> Any:
    return post(stage.browser(number), "/me/notices", form)


def test_the_choice_is_a_person_s_at_a_browser(stage: Stage, client: Any) -> None:
    assert client.get("/me/notices").status_code == 302
    assert choose(stage, "121", pop_up="1", heard=["memo"]).status_code == 303
    row = db.session.query(NoticeChoice).one()
    assert (row.pop_up, row.outside_hours) == (True, False)
    assert row.muted == ["other", "question", "request", "rota", "seat"]
    assert set(badges(stage, "121")["pop_up"]) == {"emergency", "memo"}
    assert len(badges(stage, "122")["pop_up"]) == 7


def test_who_wants_to_hear_always_hears_at_night(stage: Stage, at: Any) -> None:
    at("22:00")
    choose(stage, "121", pop_up="1", outside_hours="1", heard=["memo", "rota"])
    assert set(badges(stage, "121")["pop_up"]) == {"emergency", "memo", "rota"}


def test_a_device_that_is_told_to_be_silent_is_silent(stage: Stage) -> None:
    choose(stage, "121", heard=["memo"])
    found = badges(stage, "121")
    assert (found["pop_up"], found["because"]) == ({}, "unwanted")
    page = str(stage.browser("121").get("/me/notices").get_data(as_text=True))
    assert "下の設定で止めています" in page


def test_what_was_chosen_is_on_the_own_data_page(stage: Stage) -> None:
    choose(stage, "121", pop_up="1", heard=["memo"])
    tell(stage, "121")
    stored: Any = owndata.stored_about(stage.ids["121"])
    assert [row["お知らせ"] for row in stored["お知らせ"]] == ["当番が決まりました 1"]
    (row,) = stored["お知らせの受け取り方"]
    assert (row["端末に出す"], row["勤務時間の外も"]) == (True, False)
    assert "申請" in row["出さないもの"]


def test_a_long_text_is_cut_not_refused(stage: Stage) -> None:
    with transaction():
        service.notify(
            [stage.ids["121"]] * 3,
            unit_id=stage.units["W11"],
            kind="fixed",
            text="長" * 400,
            link="",
            now=clock.now(),
        )
    assert [len(row.text) for row in db.session.query(Notice)] == [300]
