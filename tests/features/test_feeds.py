"""The calendar feed: told once, revocable, nothing private, and read by a parser that is not ours."""

from datetime import UTC, date, datetime
from typing import Any

import icalendar

from tests.doors import post
from tests.features.duty_at import make_position, put_on
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.org.models import Posting
from webapp.rota import feeds, ical
from webapp.rota.ical import Event
from webapp.rota.models import CalendarFeed

PATH = "/api/v1/duties.ics?token="


def made(stage: Stage, number: str = "121") -> str:
    answer = stage.api(number).post("/me/calendar-feed")
    assert answer.status_code == 201
    return str(answer.json["url"]).rpartition("token=")[2]


def fetch(stage: Stage, token: str) -> Any:
    return stage.app.test_client().get(PATH + token)


def test_unknown_and_revoked_are_told_the_same(stage: Stage) -> None:
    token = made(stage)
    assert fetch(stage, token).status_code == 200
    assert stage.api("122").call("DELETE", "/me/calendar-feed").json == {"revoked": False}
    assert stage.api("121").call("DELETE", "/me/calendar-feed").json == {"revoked": True}
    ended, unknown, none = fetch(stage, token), fetch(stage, "zsc_x"), fetch(stage, "")
    assert ended.status_code == unknown.status_code == none.status_code == 404
    assert ended.json == unknown.json
    assert "止められています" in ended.json["error"]["message"]


def test_a_new_address_ends_the_former(stage: Stage) -> None:
    first, second = made(stage), made(stage)
    assert fetch(stage, first).status_code == 404
    assert fetch(stage, second).status_code == 200
    rows = db.session.query(CalendarFeed).all()
    assert len(rows) == 2
    assert all(second not in row.token_hash for row in rows)


def test_who_has_left_has_no_feed(stage: Stage) -> None:
    token = made(stage)
    with transaction():
        row = db.session.query(Posting).filter_by(staff_id=stage.ids["121"]).one()
        row.ends_on = date(2026, 11, 23)
        from webapp.core import facts

        facts.restamp("org")
    assert fetch(stage, token).status_code == 404


def test_it_is_shown_once_on_the_page_with_a_code(stage: Stage) -> None:
    browser = stage.browser("121")
    page = post(browser, "/rota/W12/calendar").get_data(as_text=True)
    assert "zsc_" in page
    assert "data:image/svg" in page.partition('class="feed-qr"')[2][:100]
    again = browser.get("/rota/W12/swaps").get_data(as_text=True)
    assert "zsc_" not in again
    assert "配信を止める" in again


def test_too_many_reads_wait(stage: Stage) -> None:
    token = made(stage)
    codes = [fetch(stage, token).status_code for _ in range(feeds.READS.most + 1)]
    assert codes[-2:] == [200, 429]


def test_the_reading_is_noted_once_an_hour(stage: Stage, at: Any) -> None:
    token = made(stage)
    fetch(stage, token)
    at("10:40")
    fetch(stage, token)
    body = stage.api("121").get("/me/calendar-feed").json
    assert body["read_at"] == "2026-11-24T10:20:00+09:00"


def test_duties_of_the_last_month_and_all_ahead(stage: Stage) -> None:
    counter = make_position(stage, "窓口1; 住民票, 印鑑\\証明")
    put_on(stage, counter, "121", 840, 960)
    put_on(stage, counter, "121", 510, 570, date(2027, 2, 1))
    put_on(stage, counter, "121", 510, 570, date(2026, 10, 24))  # 31 days ago
    put_on(stage, counter, "122", 510, 570)
    answer = fetch(stage, made(stage))
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(answer.data)
    events = calendar.walk("VEVENT")
    assert len(events) == 2
    first = events[0]
    assert first.decoded("dtstart") == datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    assert first.decoded("dtend") == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert str(first["summary"]) == "当番 窓口1; 住民票, 印鑑\\証明"
    assert str(first["location"]) == "入所係"
    assert "桜井" not in answer.get_data(as_text=True)


def test_the_same_duty_keeps_its_uid_and_a_shortened_one_rises(stage: Stage) -> None:
    counter = make_position(stage)
    duty = put_on(stage, counter, "121", 840, 960)
    token = made(stage)
    before = icalendar.Calendar.from_ical(fetch(stage, token).data).walk("VEVENT")[0]
    body = {"duty": duty, "from": "15:00", "until": "16:00", "to": ["122"]}
    swap = stage.api("121").post("/swaps", body).json["id"]
    stage.api("122").post(f"/swaps/{swap}/accept")
    after = icalendar.Calendar.from_ical(fetch(stage, token).data).walk("VEVENT")[0]
    assert after["uid"] == before["uid"]
    assert int(str(after["sequence"])) > int(str(before["sequence"]))
    assert after.decoded("dtend") == datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def test_lines_are_folded_between_characters() -> None:
    now = clock.now()
    summary = "窓口" * 40 + "𠮷野家,\n二行目\x07"
    event = Event("duty-1@host", now, now, summary, "", now)
    text = ical.calendar_text("当番", [event], now=now)
    lines = text.encode().split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert b"\n" not in text.encode().replace(b"\r\n", b"")
    for line in lines:
        line.decode()
    read = icalendar.Calendar.from_ical(text).walk("VEVENT")[0]
    assert str(read["summary"]) == summary.replace("\x07", "")
