"""A calendar from a file with its preview, and from an address on the local network."""

import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from sqlalchemy import select, text

from tests.doors import csrf
from tests.features.plan_play import THURSDAY, add, send, stored
from tests.stage import Stage
from webapp import jobs
from webapp.core import clock, settings
from webapp.core.db import Base, db, transaction
from webapp.core.models import AuditEntry
from webapp.notices.models import Notice
from webapp.plans import addresses, fetching, retention
from webapp.plans.hosts import allowed_of
from webapp.plans.models import CalendarDraft, CalendarSource
from webapp.plans.settings import CALENDAR_ADDRESSES, CALENDAR_HOSTS

HEAD = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//city//\n"
SECRET = "人間ドックの再検査"


def event(uid: int, title: str, start: str, end: str, more: str = "") -> str:
    return (
        f"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20261101T000000Z\nDTSTART{start}\nDTEND{end}\n"
        f"SUMMARY:{title}\nLOCATION:総合病院\n{more}END:VEVENT\n"
    )


LEAVE = event(1, f"年休 {SECRET}", ";VALUE=DATE:20261126", ";VALUE=DATE:20261127")
MEETING = event(2, f"会議 {SECRET}", ":20261127T100000", ":20261127T110000")
OTHER = event(3, SECRET, ":20261127T130000", ":20261127T140000")
FILE = (HEAD + LEAVE + MEETING + OTHER + "END:VCALENDAR\n").encode()


def upload(client: Any, number: str, content: bytes, name: str = "予定.ics") -> Any:
    data = {"csrf_token": csrf(client), "file": (io.BytesIO(content), name)}
    path = f"/plan/calendar/{number}"
    return client.post(path, data=data, content_type="multipart/form-data")


def everything_stored(stage: Stage) -> str:
    """Every text of every table, to look for what must not be there."""
    db.session.rollback()
    tables = Base.metadata.tables
    assert {"planned_segment", "calendar_draft", "audit_entry"} <= tables.keys()
    return "".join(
        repr(row) for name in tables for row in db.session.execute(text(f'SELECT * FROM "{name}"'))
    )


# --- a file ---------------------------------------------------------------------------------


@pytest.mark.parametrize("viewer", ["122", "220", "130", "800"])
def test_nobody_takes_in_for_others_but_who_leads_them(stage: Stage, viewer: str) -> None:
    client = stage.browser(viewer)
    assert client.get("/plan/calendar/121").status_code == 403
    assert upload(client, "121", FILE).status_code == 403


def test_the_preview_shows_times_and_kinds_and_changes_nothing(stage: Stage) -> None:
    client = stage.browser("121")
    answer = upload(client, "121", FILE)
    assert answer.status_code == 303
    page = client.get(answer.location).get_data(as_text=True)
    assert re.findall(r"11月2[67]日（.）", page).count("11月26日（木）") == 1
    assert "休暇等" in page
    assert "10:00〜11:00" in page
    assert "区分の言葉がない 1" in page
    assert SECRET not in page
    assert stored(stage, "121") == []


def test_taken_in_and_no_title_is_stored_anywhere(stage: Stage) -> None:
    client = stage.browser("121")
    location = upload(client, "121", FILE).location
    assert SECRET not in everything_stored(stage)
    assert client.post(f"{location}/apply", data={"csrf_token": csrf(client)}).status_code == 302
    assert stored(stage, "121") == ["leave 510-1035 (iCal)"]
    assert stored(stage, "121", date(2026, 11, 27)) == ["meeting 600-660 (iCal)"]
    told = everything_stored(stage)
    assert SECRET not in told
    assert "総合病院" not in told
    assert client.get(location).status_code == 404  # gone with the taking in


def test_a_second_file_replaces_the_first_and_leaves_the_rest(stage: Stage) -> None:
    client = stage.browser("121")
    for content in (FILE, (HEAD + MEETING + "END:VCALENDAR\n").encode()):
        location = upload(client, "121", content).location
        client.post(f"{location}/apply", data={"csrf_token": csrf(client)})
        add(stage, "121", "121", kind="trip", extent="pm")
    assert stored(stage, "121") == ["trip 780-1035 (manual)"]
    assert stored(stage, "121", date(2026, 11, 27)) == ["meeting 600-660 (iCal)"]


def test_thrown_away_nothing_is_left(stage: Stage) -> None:
    client = stage.browser("121")
    location = upload(client, "121", FILE).location
    other = stage.browser("122")
    assert other.get(location).status_code == 403
    assert client.post(f"{location}/discard", data={"csrf_token": csrf(client)}).status_code == 302
    assert db.session.scalars(select(CalendarDraft)).all() == []
    assert stored(stage, "121") == []


def test_a_preview_nobody_came_back_to_is_forgotten(stage: Stage, at: Any) -> None:
    client = stage.browser("121")
    location = upload(client, "121", FILE).location
    at("2026-11-26 10:20")
    assert client.get(location).status_code == 404
    with transaction():
        retention.forget(now=clock.now())
    assert db.session.scalars(select(CalendarDraft)).all() == []


def test_the_chief_takes_in_for_a_person_and_that_is_recorded(stage: Stage) -> None:
    client = stage.browser("100")
    location = upload(client, "121", FILE).location
    client.post(f"{location}/apply", data={"csrf_token": csrf(client)})
    assert stored(stage, "121") == ["leave 510-1035 (iCal)"]
    entry = db.session.scalars(select(AuditEntry).filter_by(action="plan.calendar")).one()
    assert entry.staff_id == stage.ids["121"]


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "", "カレンダーのファイル（.ics）を選んでください"),
        ("職員番号,日付".encode("cp932"), "予定.csv", "iCal 形式"),
        (FILE[:200], "予定.ics", "読み取れません"),
    ],
)
def test_a_bad_file_is_told_at_the_field(
    stage: Stage, content: bytes, name: str, words: str
) -> None:
    answer = upload(stage.browser("121"), "121", content, name)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert db.session.scalars(select(CalendarDraft)).all() == []


# --- an address -----------------------------------------------------------------------------


@dataclass
class Groupware:
    """A calendar server on this machine; answers: path → (status, headers, body)."""

    port: int = 0
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def served(groupware: Groupware) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            etag = self.headers.get("If-None-Match")
            groupware.asked.append((self.path, etag))
            status, headers, body = groupware.answers.get(self.path, (404, {}, b""))
            if etag and headers.get("ETag") == etag:
                status, body = 304, b""
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    groupware.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def groupware() -> Iterator[Groupware]:
    found = Groupware()
    with served(found):
        yield found


def allow(*hosts: str) -> None:
    with transaction():
        settings.put(CALENDAR_ADDRESSES, True, by=None, now=clock.now())
        settings.put(CALENDAR_HOSTS, list(hosts), by=None, now=clock.now())


def register(stage: Stage, url: str, viewer: str = "121") -> Any:
    return send(stage, viewer, "/plan/calendar/121/address", {"url": url})


def source(stage: Stage) -> CalendarSource | None:
    db.session.rollback()
    return db.session.get(CalendarSource, stage.ids["121"])


def test_off_by_default(stage: Stage) -> None:
    assert "庁内のアドレス" not in stage.browser("121").get("/plan/calendar/121").get_data(
        as_text=True
    )
    assert register(stage, "http://groupware/a.ics").status_code == 403
    assert source(stage) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://elsewhere.example.com/a.ics", "読めません"),
        ("http://169.254.169.254/latest", "読めません"),
        ("file:///etc/passwd", "http:// か https://"),
        ("", "入力してください"),
    ],
)
def test_only_hosts_of_the_list(stage: Stage, url: str, words: str) -> None:
    allow("groupware.city.local")
    answer = register(stage, url)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert source(stage) is None


def test_read_in_the_background_and_asked_for_changes_alone(
    stage: Stage, groupware: Groupware, at: Any
) -> None:
    allow(f"127.0.0.1:{groupware.port}")
    groupware.answers["/u/121.ics"] = (200, {"ETag": '"1"'}, FILE)
    assert register(stage, f"{groupware.base}/u/121.ics").status_code == 302
    assert groupware.asked == []  # off the request path
    jobs.read_calendars(stage.app)
    assert stored(stage, "121") == ["leave 510-1035 (calendar)"]
    assert SECRET not in everything_stored(stage)
    jobs.read_calendars(stage.app)
    assert len(groupware.asked) == 1  # not due yet
    at("10:40")
    jobs.read_calendars(stage.app)
    assert groupware.asked[1:] == [("/u/121.ics", '"1"')]
    groupware.answers["/u/121.ics"] = (
        200,
        {"ETag": '"2"'},
        (HEAD + MEETING + "END:VCALENDAR\n").encode(),
    )
    at("11:00")
    jobs.read_calendars(stage.app)
    assert stored(stage, "121") == []
    at("2026-11-25 09:00")  # the days ahead have moved on: once a day it is read whole
    jobs.read_calendars(stage.app)
    assert groupware.asked[-1] == ("/u/121.ics", None)


def test_the_address_is_shown_to_its_person_alone(stage: Stage, groupware: Groupware) -> None:
    allow(f"127.0.0.1:{groupware.port}")
    register(stage, f"{groupware.base}/secret-key.ics")
    assert "secret-key" in stage.browser("121").get("/plan/calendar/121").get_data(as_text=True)
    assert "secret-key" not in stage.browser("100").get("/plan/calendar/121").get_data(as_text=True)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), "転送"),
        ((404, {}, b""), "カレンダーがありません"),
        ((403, {}, b""), "許可がありません"),
        ((500, {}, b""), "500 と答えました"),
        ((200, {}, b"<html>sign in</html>"), "iCal 形式"),
        ((200, {}, b"BEGIN:VCALENDAR\n" + b"X" * (2 * 1024 * 1024 + 1)), "大きすぎます"),
    ],
)
def test_a_fault_is_told_to_the_person_once_and_leaves_what_was_read(
    stage: Stage, groupware: Groupware, at: Any, answer: Any, words: str
) -> None:
    allow(f"127.0.0.1:{groupware.port}")
    groupware.answers["/a.ics"] = (200, {}, FILE)
    register(stage, f"{groupware.base}/a.ics")
    jobs.read_calendars(stage.app)
    groupware.answers["/a.ics"] = answer
    for when in ("10:40", "12:00"):
        at(when)
        jobs.read_calendars(stage.app)
    assert len(groupware.asked) == 3
    page = stage.browser("121").get("/plan/calendar/121").get_data(as_text=True)
    assert words in page
    assert stored(stage, "121") == ["leave 510-1035 (calendar)"]
    notices = db.session.scalars(select(Notice).filter_by(staff_id=stage.ids["121"])).all()
    assert len(notices) == 1
    assert words in notices[0].text


def test_nobody_answers(stage: Stage) -> None:
    with pytest.raises(fetching.Failed, match="つながりませんでした"):
        fetching.fetch("http://127.0.0.1:9/a.ics", "", allowed_of(["127.0.0.1:9"]))
    with pytest.raises(fetching.Failed, match="一覧にありません"):
        fetching.fetch("http://127.0.0.1:9/a.ics", "", allowed_of(["groupware"]))


def test_who_is_slow_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    monkeypatch.setattr(fetching, "TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(fetching.Failed, match="時間内に答え"):
            fetching.fetch(f"http://127.0.0.1:{port}/a", "", allowed_of([f"127.0.0.1:{port}"]))


def test_who_answers_drop_by_drop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket
    import time

    monkeypatch.setattr(fetching, "LONGEST_S", 0.3)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    over = threading.Event()

    def drip() -> None:
        taken, _ = listening.accept()
        with taken:
            taken.recv(4096)
            taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(0.05):
                taken.send(b"x")

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    began = time.monotonic()
    with listening, pytest.raises(fetching.Failed, match="時間内に読み終わり"):
        fetching.fetch(f"http://127.0.0.1:{port}/a", "", allowed_of([f"127.0.0.1:{port}"]))
    over.set()
    dripping.join(5)
    assert time.monotonic() - began < fetching.TIMEOUT_S


def test_ended_it_takes_what_it_read_with_it(stage: Stage, groupware: Groupware) -> None:
    allow(f"127.0.0.1:{groupware.port}")
    groupware.answers["/a.ics"] = (200, {}, FILE)
    register(stage, f"{groupware.base}/a.ics")
    jobs.read_calendars(stage.app)
    add(stage, "121", "121", kind="trip", extent="pm")
    assert send(stage, "121", "/plan/calendar/121/address/end").status_code == 302
    assert source(stage) is None
    assert stored(stage, "121", THURSDAY) == ["trip 780-1035 (manual)"]


def test_switched_off_nobody_is_asked_any_more(stage: Stage, groupware: Groupware) -> None:
    allow(f"127.0.0.1:{groupware.port}")
    register(stage, f"{groupware.base}/a.ics")
    with transaction():
        settings.put(CALENDAR_ADDRESSES, None, by=None, now=clock.now())
    jobs.read_calendars(stage.app)
    assert groupware.asked == []


def test_of_two_processes_one_reads(stage: Stage, groupware: Groupware) -> None:
    allow(f"127.0.0.1:{groupware.port}")
    groupware.answers["/a.ics"] = (200, {}, FILE)
    register(stage, f"{groupware.base}/a.ics")
    now = clock.now()
    assert addresses.due(now=now) == [stage.ids["121"]]
    addresses.read_one(stage.ids["121"], now=now)
    addresses.read_one(stage.ids["121"], now=now)  # the other had the same list
    assert len(groupware.asked) == 1
