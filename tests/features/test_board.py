"""The board through HTTP: forms, versions, and the guard that emitted rows equal the snapshot."""

from flask import Flask

from tests.stage import CAST, Stage
from webapp.accounts.models import Account
from webapp.core.db import db, transaction
from webapp.org.models import Staff


def test_strangers_are_refused(stage: Stage, client) -> None:
    assert client.get("/api/v1/boards/W12").status_code == 401
    assert client.get("/board/W12").status_code == 302


def test_own_unit_full_elsewhere_directory(stage: Stage) -> None:
    mine = stage.api("121").get("/boards/W12").json
    assert mine["forms"] == {"W12": "full"}
    assert "place" in mine["rows"][0]
    other = stage.api("121").get("/boards/W22").json
    assert set(other["rows"][0]) == {
        "staff", "version", "name", "kana", "unit", "title", "state", "until", "reach", "extension",
    }  # fmt: skip


def test_office_staff_are_there_as_planned(stage: Stage) -> None:
    row = stage.row("122")
    assert (row["state"], row["place"], row["planned"], row["source"]) == (
        "available",
        "office",
        True,
        "plan",
    )


def test_status_makes_a_version(stage: Stage) -> None:
    before = stage.row("121")["version"]
    answer = stage.api("121").post("/me/status", {"state": "busy", "note": "入園案内"})
    assert answer.status_code == 200
    assert answer.json["version"] == before + 1
    assert stage.row("121") == answer.json


def test_emitted_rows_equal_the_snapshot(stage: Stage) -> None:
    with stage.frames() as sent:
        stage.api("121").post("/me/status", {"state": "dnd"})
    (full,) = [payload for event, payload, room in sent if room == "W12:full"]
    assert full["rows"] == [stage.row("121")]
    assert CAST["121"].unit == full["unit"]


def test_an_empty_town_hall_says_what_comes_first(app: Flask) -> None:
    """The administrator of a new installation has no posting; every page leads on instead of failing."""
    stage = Stage(app)
    with transaction():
        person = Staff(number="admin")
        db.session.add(person)
        db.session.flush()
        db.session.add(Account(staff_id=person.id, is_admin=True, display_name="管理"))
        stage.ids["admin"] = person.id
    browser = stage.browser("admin")
    for path in ("/", "/board/", "/city", "/admin/"):
        page = browser.get(path, follow_redirects=True)
        assert page.status_code == 200, path
    assert "所属がまだ登録されていません" in browser.get("/city").text
