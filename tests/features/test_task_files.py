"""The sheet as a file: out and in again it is the same; bad files change nothing and name every fault."""

import io
import re
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from tests.doors import post
from tests.features.test_task_sheet import make, names, stored
from tests.stage import Stage
from webapp.core import facts
from webapp.core.db import db, transaction
from webapp.org.models import ImportDraft, UnitTerm
from webapp.tasks import queries

HEAD = "業務名,処理の内容,処理の時期,テレワークの可否,個人情報,説明,主担,副担\n"
GOOD = HEAD + "入所の相談,窓口,毎日,一部可,有,,桜井 剛,河野 優、131\n口座振替,,,不可,無,,122,\n"


def upload(browser: Any, content: bytes | str, *, name: str = "表.csv", **more: Any) -> Any:
    raw = content if isinstance(content, bytes) else content.encode()
    data = {"file": (io.BytesIO(raw), name)} | more
    return post(browser, "/tasks/W11/files", data, content_type="multipart/form-data")


def taken(browser: Any, content: bytes | str, **more: Any) -> Any:
    """Through the preview to the end."""
    sent = upload(browser, content, **more)
    assert sent.status_code == 303, sent.text
    page = browser.get(sent.headers["Location"])
    stamp = re.search(r'name="stamp" value="([^"]+)"', page.text)
    return post(browser, f"{sent.headers['Location']}/apply", {"stamp": stamp[1] if stamp else ""})


@pytest.mark.parametrize(
    ("number", "may"),
    [("100", True), ("120", True), ("121", False), ("220", False), ("900", True)],
)
def test_who_takes_files_in(stage: Stage, number: str, may: bool) -> None:
    answer = upload(stage.browser(number), GOOD)
    assert answer.status_code == (303 if may else 403)
    assert db.session.query(ImportDraft).count() == int(may)


def test_a_draft_is_ones_own_and_of_its_unit(stage: Stage) -> None:
    sent = upload(stage.browser("100"), GOOD).headers["Location"]
    other = stage.browser("120")
    assert other.get(sent).status_code == 404
    assert post(other, f"{sent}/apply", {"stamp": ""}).status_code == 404
    assert post(other, f"{sent}/discard").status_code == 404
    admin = stage.browser("900")
    page = admin.get("/admin/import")
    assert page.status_code == 200
    assert "表.csv" not in page.text  # the administration's list holds its own kinds
    assert names(stage) == []


def test_taking_in_shows_first_and_then_writes_all(stage: Stage) -> None:
    make(stage, "口座振替", ("131",))
    make(stage, "残る業務")
    chief = stage.browser("100")
    sent = upload(chief, GOOD)
    page = chief.get(sent.headers["Location"])
    assert page.status_code == 200
    assert re.search(r"新しい業務</dt><dd>1<", page.text)
    assert re.search(r"変わる業務</dt><dd>1<", page.text)
    assert "今井 哲也" in page.text
    assert names(stage) == ["口座振替", "残る業務"]
    assert taken(chief, GOOD).status_code == 303
    assert names(stage) == ["口座振替", "残る業務", "入所の相談"]
    assert taken(chief, GOOD, whole="1").status_code == 303
    assert names(stage) == ["口座振替", "入所の相談"]
    again = upload(chief, GOOD)
    assert "変わるところはありません" in chief.get(again.headers["Location"]).text


def test_a_bad_file_changes_nothing(stage: Stage) -> None:
    task = make(stage)
    chief = stage.browser("100")
    bad = GOOD + "入所の相談,,,たぶん,,,だれか,\n"
    sent = upload(chief, bad)
    page = chief.get(sent.headers["Location"])
    assert page.status_code == 422
    assert "誤りが 3 件あります" in page.text
    assert "2行目と同じ業務名です" in page.text
    assert post(chief, f"{sent.headers['Location']}/apply", {"stamp": "x"}).status_code in (
        303,
        422,
    )
    assert names(stage) == ["入所の相談"]
    assert stored(task).revision == 1


@pytest.mark.parametrize(
    "content", [b"", b"   \n", b"PK\x03\x04zip", b"\x00\x01\x02", b"\xff" * 40]
)
def test_what_is_no_table_at_all(stage: Stage, content: bytes) -> None:
    chief = stage.browser("100")
    sent = upload(chief, content)
    if sent.status_code == 303:
        sent = chief.get(sent.headers["Location"])
    assert sent.status_code == 422
    assert names(stage) == []


def test_nothing_chosen_keeps_what_was_pasted(stage: Stage) -> None:
    answer = post(stage.browser("100"), "/tasks/W11/files", {"text": " ", "whole": "1"})
    assert answer.status_code == 422
    assert "ファイルを選ぶか、表を貼り付けてください" in answer.text


def test_a_pasted_table(stage: Stage) -> None:
    chief = stage.browser("100")
    text = "業務名\tテレワークの可否\t主担\n相談\t○\t桜井剛\n"
    sent = post(chief, "/tasks/W11/files", {"text": text})
    page = chief.get(sent.headers["Location"]).text
    assert "ファイルにない列は今のままにします" in page
    stamp = re.search(r'name="stamp" value="([^"]+)"', page)
    assert stamp
    post(chief, f"{sent.headers['Location']}/apply", {"stamp": stamp[1]})
    assert names(stage) == ["相談"]


def test_the_sheet_changed_while_one_looked(stage: Stage) -> None:
    chief = stage.browser("100")
    sent = upload(chief, GOOD).headers["Location"]
    stamp = re.search(r'name="stamp" value="([^"]+)"', chief.get(sent).text)
    assert stamp
    make(stage, "間に入った業務")
    answer = post(chief, f"{sent}/apply", {"stamp": stamp[1]}, follow_redirects=True)
    assert "見ている間に表が変わりました" in answer.text
    assert names(stage) == ["間に入った業務"]


@pytest.mark.parametrize("path", ["sheet.csv", "sheet.csv?encoding=cp932", "sheet.xlsx"])
def test_out_and_in_again_is_the_same(stage: Stage, path: str) -> None:
    chief = stage.browser("100")
    taken(chief, GOOD)
    content = chief.get(f"/tasks/W11/{path}").data
    again = upload(chief, content, name=path.partition("?")[0], whole="1")
    assert "変わるところはありません" in chief.get(again.headers["Location"]).text


def test_the_workbook_is_ready_for_paper_and_holds_no_formula(stage: Stage) -> None:
    make(stage, "=1+1", process="@cmd", telework="no", personal_data=True)
    answer = stage.browser("121").get("/tasks/W11/sheet.xlsx")
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    assert [cell.value for cell in sheet[1]] == HEAD.strip().split(",")
    assert [cell.data_type for cell in sheet[2]][:2] == ["s", "s"]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)


def test_a_workbook_as_excel_writes_it(stage: Stage) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["業務", "内容", "時期", "テレワーク", "担当者"])
    sheet.append(["相談", "窓口\nと電話", "毎日", "△", "121"])
    out = io.BytesIO()
    book.save(out)
    taken(stage.browser("100"), out.getvalue(), name="表.xlsx")
    (task,) = queries.tasks_of_unit(stage.units["W11"])
    assert (task.process, task.telework) == ("窓口\nと電話", "partly")


def test_the_sheet_follows_the_successor(stage: Stage) -> None:
    """機構改革: 市民課 is no more, 保育課 takes over; its sheet stands there, and can be changed there."""
    task = make(stage, "証明書", ("220",), unit="W21")
    with transaction():
        for code in ("W21", "W22"):
            term = db.session.query(UnitTerm).filter_by(unit_id=stage.units[code]).one()
            term.ends_on, term.successor_id = date(2026, 11, 20), stage.units["W11"]
        facts.restamp("org")
    assert names(stage) == ["証明書"]
    chief = stage.browser("100")
    assert "証明書" in chief.get("/tasks/W11").text
    body = {"name": "証明書", "telework": "no", "mains": "121", "revision": "1"}
    assert post(chief, f"/tasks/W11/{task}", body).status_code == 302
    assert stored(task).telework == "no"
