"""Taking a file in on the page: upload or paste, look, take in; withdraw; who may."""

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.stage import CAST, Stage
from webapp.core import clock
from webapp.core.db import db
from webapp.extensions import csrf
from webapp.org import queries
from webapp.org.models import ImportDraft, OrgImport

UNITS = "所属コード,所属名,種別,上位所属コード,並び順"
STAFF = "職員番号,氏名,ふりがな,所属コード,職名,役割,勤務時間の区分,週所定勤務時間,内線,公用携帯,着信区分"
ROLES = {
    "chief": "所属長",
    "deputy": "代決者",
    "lead": "係長",
    "member": "職員",
    "lead coordinator": "係長 当番調整担当",
    "hr": "人事担当",
    "admin": "管理者",
}
REACH = {"callback": "発信のみ", "transfer": "転送可", "none": "不可"}


@pytest.fixture(autouse=True)
def no_csrf(monkeypatch) -> None:
    """Foreign pages are the subject of the tests of sign-in."""
    monkeypatch.setattr(csrf, "protect", lambda: None)


def staff_file(**changes: str) -> str:
    """Everybody of the cast as they are; changes: number → unit code, "" = not in the file."""
    lines = [STAFF]
    for person in CAST.values():
        unit = changes.get(f"n{person.number}", person.unit)
        if unit:
            cells = [person.number, person.name, person.kana, unit, person.title]
            cells += [ROLES[person.roles], "標準", "38:45", person.extension, person.mobile]
            lines.append(",".join([*cells, REACH[person.reach]]))
    return "\n".join(lines)


def send(browser: FlaskClient, text: str, kind: str = "staff", **fields: str) -> Any:
    data = {"kind": kind, "file": (io.BytesIO(text.encode("cp932")), "職員.csv"), **fields}
    return browser.post("/admin/import", data=data, content_type="multipart/form-data")


def preview(browser: FlaskClient, answer: Any) -> tuple[str, str]:
    assert answer.status_code == 303, answer.text
    return answer.location, browser.get(answer.location).text


def take_in(browser: FlaskClient, location: str, page: str, **fields: str) -> Any:
    stamp = re.search(r'name="stamp" value="([^"]*)"', page)
    assert stamp is not None
    return browser.post(f"{location}/apply", data={"stamp": stamp[1], **fields})


def unit_of(number: str, stage: Stage) -> str:
    now = clock.now()
    with stage.app.app_context():
        held = queries.postings_of([stage.ids[number]], queries.today(now), known_at=now)
    (code,) = [
        code for code, unit in stage.units.items() if unit == held[stage.ids[number]][0].unit_id
    ]
    return code


def test_only_hr_and_admin(stage: Stage, client: FlaskClient) -> None:
    assert send(stage.browser("122"), staff_file(n121="W13")).status_code == 403
    assert send(client, staff_file(n121="W13")).status_code in {302, 401}
    assert db.session.query(ImportDraft).count() == 0


def test_the_same_changes_nothing(stage: Stage) -> None:
    browser = stage.browser("800")
    _location, page = preview(browser, send(browser, staff_file()))
    assert "変わるところはありません" in page


def test_a_move_is_on_the_boards_at_once(stage: Stage) -> None:
    browser = stage.browser("800")
    location, page = preview(browser, send(browser, staff_file(n121="W13")))
    assert "異動する人" in page
    assert "桜井 剛" in page
    assert unit_of("121", stage) == "W12"
    with stage.frames() as frames:
        assert take_in(browser, location, page).status_code == 303
    assert unit_of("121", stage) == "W13"
    gone = [payload for event, payload, room in frames if "W12" in room and payload.get("gone")]
    assert any("121" in payload["gone"] for payload in gone)
    arrived = [payload for event, payload, room in frames if room.startswith("W13")]
    assert any(row["staff"] == "121" for payload in arrived for row in payload["rows"])
    assert db.session.query(ImportDraft).count() == 0
    assert browser.get(location).status_code == 404


def test_faults_are_shown_with_line_and_column(stage: Stage) -> None:
    browser = stage.browser("800")
    location, page = preview(browser, send(browser, staff_file(n121="W99")))
    assert "誤りが 1 件あります" in page
    assert "所属コード" in page
    assert "取り込む</button>" not in page
    assert browser.post(f"{location}/apply", data={}).status_code in {303, 422}
    assert db.session.query(OrgImport).count() == 0


def test_a_third_leaving_needs_a_tick(stage: Stage) -> None:
    few = "\n".join(staff_file().split("\n")[:5])
    browser = stage.browser("900")
    location, page = preview(browser, send(browser, few + "\n" + staff_file().split("\n")[-1]))
    assert "3分の1" in page
    assert take_in(browser, location, page).status_code == 422
    assert take_in(browser, location, page, confirmed="1").status_code == 303


def test_pasted_from_a_sheet(stage: Stage) -> None:
    browser = stage.browser("800")
    pasted = "職員番号\t氏名\t所属コード\n123\t新井 葵\tW12\n"
    answer = browser.post("/admin/import", data={"kind": "staff", "text": pasted, "part": "1"})
    location, page = preview(browser, answer)
    assert "新しく入る人" in page
    assert take_in(browser, location, page).status_code == 303
    assert queries.staff_by_number("123") is not None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "nothing"}, "種類を選んでください"),
        ({"effective": "4/1"}, "日付は"),
        ({"publish_at": "soon"}, "日時は"),
        ({"effective": "2026-12-01", "publish_at": "2026-12-02T09:00"}, "公表日時は有効日"),
    ],
)
def test_days_that_do_not_fit_are_told_at_the_field(
    stage: Stage, fields: dict[str, str], message: str
) -> None:
    data = {"kind": "staff", **fields}
    answer = send(stage.browser("800"), staff_file(), **data)
    assert answer.status_code == 422
    assert message in answer.text


def test_somebody_else_was_first(stage: Stage) -> None:
    browser = stage.browser("800")
    location, page = preview(browser, send(browser, staff_file(n121="W13")))
    other, other_page = preview(browser, send(browser, staff_file(n122="W13")))
    assert take_in(browser, other, other_page).status_code == 303
    answer = take_in(browser, location, page)
    assert answer.location.endswith(location)
    assert "組織が変わりました" in browser.get(location).text
    assert unit_of("121", stage) == "W12"


def test_announced_seen_withdrawn(stage: Stage, at) -> None:
    hr = stage.browser("800")
    days = {"effective": "2026-12-01", "publish_at": "2026-11-27T09:00"}
    location, page = preview(hr, send(hr, staff_file(n121="W13"), **days))
    take_in(hr, location, page)
    lead = stage.browser("130")
    assert "桜井" not in lead.get("/org/coming").text
    assert "桜井" in hr.get("/org/coming").text
    assert "公表前" in hr.get("/admin/import").text
    assert stage.row("121")["unit"] == "W12"

    at("2026-11-27 09:00")
    assert "桜井" in lead.get("/org/coming").text
    assert "桜井" not in stage.browser("200").get("/org/coming").text
    last = db.session.query(OrgImport).one()
    assert hr.post(f"/admin/imports/{last.id}/withdraw").status_code == 422

    at("2026-11-26 09:00")
    assert hr.post(f"/admin/imports/{last.id}/withdraw").status_code == 303
    assert "桜井" not in hr.get("/org/coming").text
    at("2026-12-01 09:00")
    assert unit_of("121", stage) == "W12"


def test_units_of_a_part(stage: Stage) -> None:
    browser = stage.browser("800")
    text = f"{UNITS}\nW13,施設・給食係,係,W11,5\nW14,監査係,係,W11,6"
    location, page = preview(browser, send(browser, text, "units", part="1"))
    assert "名前が変わる所属" in page
    assert take_in(browser, location, page).status_code == 303
    with stage.app.app_context():
        tree = queries.tree(queries.today(), known_at=clock.now())
    assert {node.code: node.name for node in tree.nodes}["W13"] == "施設・給食係"
    assert len(tree.nodes) == 8
