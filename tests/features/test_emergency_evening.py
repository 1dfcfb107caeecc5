"""連絡網 and 当番表 for the day without a server, and the answers as a workbook: who may, and what stands in them."""

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.features.duty_at import make_position, put_on
from tests.features.emergency_at import begin, page, row, say
from tests.stage import Stage
from webapp.core.db import db
from webapp.core.models import AuditEntry
from webapp.emergency import queries
from webapp.org import queries as org


def fetch(stage: Stage, number: str, path: str) -> Any:
    return stage.browser(number).get(path)


@pytest.mark.parametrize("path", ["W11", "W11/file.html", "W11/file.xlsx"])
def test_who_leads_nobody_takes_no_numbers(stage: Stage, path: str) -> None:
    for number in ("121", "122", "220", "200", "120"):
        assert fetch(stage, number, f"/emergency/evening/{path}").status_code == 403
    assert fetch(stage, "121", "/emergency/evening").status_code == 403
    assert fetch(stage, "100", "/emergency/evening/W99").status_code == 404
    assert db.session.query(AuditEntry).filter_by(action="emergency.evening").count() == 0


def test_offered_where_one_leads(stage: Stage) -> None:
    assert "入所係" in page(stage, "120", "/emergency/evening")
    assert "施設係" not in page(stage, "120", "/emergency/evening")
    assert "市民課" in page(stage, "900", "/emergency/evening")
    assert fetch(stage, "120", "/emergency/evening/W12").status_code == 200


def test_one_file_that_needs_nothing_else(stage: Stage) -> None:
    put_on(stage, make_position(stage), "121", 540, 720)
    answer = fetch(stage, "100", "/emergency/evening/W11/file.html")
    text = answer.get_data(as_text=True)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].endswith('20261124-1020.html"')
    for word in (
        "保育課 連絡網・当番表",
        "令和8年11月24日（火） 10:20 現在",
        "桜井 剛",
        "2144",
        "7224",
    ):
        assert word in text
    assert "入所係" in text
    assert "窓口1" in text
    assert "9:00〜12:00" in text
    assert "11/24（火）" in text
    assert "11/26（木）" in text  # three business days
    assert "<style>" in text
    assert "@page" in text
    assert "<script" not in text
    assert "<link" not in text
    assert "/static/" not in text
    assert "小野" not in text  # of another section
    entry = db.session.query(AuditEntry).filter_by(action="emergency.evening").one()
    assert (entry.unit_code, entry.detail) == ("W11", {"form": "html"})


def test_over_a_holiday_the_next_business_days_are_shown(stage: Stage, at: Any) -> None:
    at("2026-12-28 17:00")
    put_on(stage, make_position(stage), "121", 540, 720, day=org.today())
    text = page(stage, "100", "/emergency/evening/W11")
    for day in ("12/28（月）", "1/4（月）", "1/5（火）"):
        assert day in text


def test_the_workbook(stage: Stage) -> None:
    put_on(stage, make_position(stage, name="=窓口"), "121", 540, 720)
    answer = fetch(stage, "100", "/emergency/evening/W11/file.xlsx")
    book = load_workbook(io.BytesIO(answer.get_data()))
    contacts = [[cell.value for cell in line] for line in book["連絡網"].iter_rows(min_row=3)]
    assert contacts[0][:2] == ["所属", "氏名"]
    sakurai = next(line for line in contacts if line[1] == "桜井 剛")
    assert sakurai[5:8] == ["2144", "7224", "転送可"]
    chief = next(line for line in contacts if line[1] == "池田 綾乃")
    assert chief[4] == "所属長"
    duties = [[cell.value for cell in line] for line in book["当番表"].iter_rows(min_row=3)]
    assert duties[1][:3] == ["入所係", "=窓口", "9:00〜12:00 桜井 剛"]
    assert book["当番表"].cell(4, 2).data_type == "s"
    assert book["連絡網"].page_setup.paperSize == 9


def test_in_an_emergency_the_answers_stand_in_it_and_it_is_noted(stage: Stage) -> None:
    begin(stage)
    say(stage, 1, "121", "come", 30)
    text = fetch(stage, "100", "/emergency/evening/W11/file.html").get_data(as_text=True)
    assert "参集可（約30分）" in text
    assert "未回答" in text
    assert [act.kind for act in queries.acts_of(row(1).id)] == ["begin", "print"]


def test_the_answers_as_a_workbook(stage: Stage) -> None:
    begin(stage)
    say(stage, 1, "121", "home")
    for number, rows in (("100", 7), ("120", 3)):
        answer = fetch(stage, number, "/emergency/1/answers.xlsx")
        assert answer.status_code == 200
        sheet = load_workbook(io.BytesIO(answer.get_data())).worksheets[0]
        lines = [[cell.value for cell in line] for line in sheet.iter_rows(min_row=4)]
        assert len(lines) == rows
        assert next(line for line in lines if line[1] == "121")[4] == "在宅で従事可"
    assert fetch(stage, "122", "/emergency/1/answers.xlsx").status_code == 404
