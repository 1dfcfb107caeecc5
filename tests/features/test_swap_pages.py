"""The pages of swaps, fairness, paper and xlsx, as plain forms and files."""

import io
import re
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.doors import post
from tests.features.duty_at import TUESDAY, held, make_position, put_on
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.org.models import Posting
from webapp.rota.models import Rota, RotaCell, Swap

NEXT_MONDAY = date(2026, 11, 30)


@pytest.fixture
def duty(stage: Stage) -> int:
    return put_on(stage, make_position(stage), "121", 840, 960)


def text(answer: Any) -> str:
    found: str = answer.get_data(as_text=True)
    return found


def draft(stage: Stage, position: int, *cells: tuple[str, int, int]) -> None:
    with transaction():
        rota = Rota(
            unit_id=stage.units["W12"], first_on=NEXT_MONDAY, changed_at=clock.now(), revision=1
        )
        rota.cells = [
            RotaCell(
                position_id=position,
                staff_id=stage.ids[number],
                day=NEXT_MONDAY,
                start_minute=start,
                end_minute=end,
            )
            for number, start, end in cells
        ]
        db.session.add(rota)


# --- refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["swaps", "fairness", "fairness.xlsx", "print", "xlsx", "swaps/new?duty=1"]
)
def test_another_section_reads_nothing(stage: Stage, duty: int, path: str) -> None:
    assert stage.browser("220").get(f"/rota/W12/{path}").status_code == 403
    anonymous = stage.app.test_client().get(f"/rota/W12/{path}")
    assert anonymous.status_code == 302
    assert "/signin" in anonymous.headers["Location"]


def test_somebody_elses_duty_cannot_be_given_away_by_form(stage: Stage, duty: int) -> None:
    member = stage.browser("122")
    assert member.get(f"/rota/W12/swaps/new?duty={duty}").status_code == 404
    answer = post(member, "/rota/W12/swaps/new", {"duty": duty})
    assert answer.status_code == 404
    form = {"duty": duty, "to": "122", "reason": "x"}
    assert post(member, "/rota/W12/swaps/order", form).status_code == 403
    assert db.session.query(Swap).count() == 0


# --- swaps ----------------------------------------------------------------------------------


def test_a_part_given_and_taken_with_forms_alone(stage: Stage, duty: int) -> None:
    giver, taker = stage.browser("121"), stage.browser("122")
    assert f"/rota/W12/swaps/new?duty={duty}" in text(giver.get("/rota/W12/swaps"))
    page = text(giver.get(f"/rota/W12/swaps/new?duty={duty}"))
    assert '<option value="14:30">' in page
    form = {"duty": duty, "from": "14:00", "until": "15:00", "whom": "one", "one": "122"}
    assert post(giver, "/rota/W12/swaps/new", form).status_code == 302
    assert "引き受ける" in text(taker.get("/rota/W12/swaps"))
    swap = db.session.query(Swap).one().id
    done = post(taker, f"/rota/W12/swaps/{swap}/accept", follow_redirects=True)
    assert "引き受けました。当番が代わりました。" in text(done)
    assert held("122", stage) == [(840, 900, "swap")]
    late = post(taker, f"/rota/W12/swaps/{swap}/accept", follow_redirects=True)
    assert "もうほかの人が引き受けています" in text(late)


def test_a_fault_keeps_what_was_typed(stage: Stage, duty: int) -> None:
    form = {"duty": duty, "whom": "one", "one": "", "reason": "<b>歯科</b>"}
    answer = post(stage.browser("121"), "/rota/W12/swaps/new", form)
    assert answer.status_code == 422
    assert "頼む人を選んでください" in text(answer)
    assert "&lt;b&gt;歯科&lt;/b&gt;" in text(answer)


def test_the_cell_of_the_week_leads_to_its_duty(stage: Stage, duty: int) -> None:
    position = 1
    path = f"/rota/W12/swaps/new?position={position}&date=2026-11-24&from=840"
    assert stage.browser("121").get(path).status_code == 200
    assert stage.browser("121").get(path.replace("840", "510")).status_code == 404
    assert stage.browser("121").get(path.replace("840", "x")).status_code == 404


def test_a_leader_orders_and_sees_what_it_weighs(stage: Stage, duty: int) -> None:
    chief = stage.browser("100")
    page = text(chief.get(f"/rota/W12/swaps/new?duty={duty}"))
    assert "頼まずに、変更を指示する" in page
    assert "の負担は 2.4 時間減り" in " ".join(page.split())  # 2 h on the day after a holiday
    refused = post(chief, "/rota/W12/swaps/order", {"duty": duty, "to": "122"})
    assert refused.status_code == 422
    form = {"duty": duty, "to": "122", "reason": "研修"}
    assert post(chief, "/rota/W12/swaps/order", form).status_code == 302
    assert held("122", stage) == [(840, 960, "order")]
    assert "指示" in text(stage.browser("122").get("/rota/W12/swaps"))


def test_notices_are_put_away_on_the_page(stage: Stage, duty: int) -> None:
    post(stage.browser("121"), "/rota/W12/swaps/new", {"duty": duty, "whom": "all"})
    asked = stage.browser("122")
    page = text(asked.get("/rota/W12/swaps"))
    assert "代われる人をさがしています" in page
    (notice,) = re.findall(r'name="notice" value="(\d+)"', page)
    answer = post(asked, "/me/notices/read", {"notice": notice, "next": "//evil.example/"})
    assert answer.headers["Location"] == "/"
    assert 'class="told"' not in text(asked.get("/rota/W12/swaps"))


# --- fairness -------------------------------------------------------------------------------


def test_leads_see_names_and_a_member_only_the_own_line(stage: Stage, duty: int) -> None:
    chief = text(stage.browser("100").get("/rota/W12/fairness"))
    assert "桜井 剛" in chief
    assert "河野 優" in chief
    member = text(stage.browser("122").get("/rota/W12/fairness"))
    assert "河野 優" in member
    assert "桜井 剛" not in member
    assert "輪番の平均" in member
    body = stage.api("122", "self unit:read").get("/units/W12/burden").json
    assert [row["staff"] for row in body["people"]] == ["122"]
    assert body["mean"]["people"] == 5
    assert stage.api("220", "self unit:read").get("/units/W12/burden").status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [("days=0", "days"), ("days=91", "days"), ("until=x", "until"), ("draft=2026-48", "draft")],
)
def test_a_bad_window_says_what_would_be_right(stage: Stage, query: str, field: str) -> None:
    answer = stage.api("100", "self unit:read").get(f"/units/W12/burden?{query}")
    assert answer.status_code == 422
    assert field in answer.json["error"]["fields"]


def test_the_draft_before_it_is_fixed_is_the_solvers_number(stage: Stage) -> None:
    counter = make_position(stage)
    put_on(stage, counter, "121", 510, 630, date(2026, 11, 25))
    draft(stage, counter, ("122", 540, 600), ("121", 510, 540))
    body = stage.api("100", "self unit:read").get("/units/W12/burden?draft=2026-W49").json
    assert body["window"] == {"from": "2026-11-02", "to": "2026-11-29", "days": 28}
    rows = {row["staff"]: row for row in body["people"]}
    assert rows["121"]["with_draft"]["counter"] == pytest.approx(2.0 + 0.5 * 1.2)
    assert rows["122"]["with_draft"]["counter"] == pytest.approx(1.2)
    solver = stage.api("100", "self unit:read").get("/units/W12/rotas/2026-W49").json
    loads = {person["staff"]: person["load"] for person in solver["people"]}
    for number in ("121", "122"):
        for kind in ("counter", "target_counter"):
            assert rows[number]["with_draft"][kind] == pytest.approx(loads[number][kind], abs=0.01)
    page = text(stage.browser("100").get("/rota/W12/fairness?draft=2026-W49"))
    assert "案を入れた場合" in page
    assert "案を入れた場合" not in text(
        stage.browser("122").get("/rota/W12/fairness?draft=2026-W49")
    )


def test_the_burden_as_a_workbook(stage: Stage, duty: int) -> None:
    answer = stage.browser("100").get("/rota/W12/fairness.xlsx?days=7")
    rows = list(load_workbook(io.BytesIO(answer.data)).worksheets[0].values)
    assert rows[2][:3] == ("職員番号", "氏名", "群")
    mine = next(row for row in rows[3:] if row[0] == "121")
    assert (mine[1], mine[2], mine[3], mine[9]) == ("桜井 剛", "輪番", 2.4, 120)


# --- paper ----------------------------------------------------------------------------------


def test_the_week_on_paper_says_as_of_when(stage: Stage, duty: int) -> None:
    page = text(stage.browser("122").get("/rota/W12/print?w=2026-W48"))
    assert "令和8年11月24日 10:20 現在 確定" in page
    assert "14:00〜16:00" in page
    assert "paper-draft" not in page
    by_person = text(stage.browser("122").get("/rota/W12/print?w=2026-W48&by=person"))
    assert "桜井" in by_person
    assert "窓口1" in by_person
    assert stage.browser("122").get("/rota/W12/print?w=2026-99").status_code == 422


def test_a_draft_on_paper_is_marked_and_only_for_who_leads(stage: Stage) -> None:
    counter = make_position(stage)
    draft(stage, counter, ("121", 540, 600))
    chief = text(stage.browser("100").get("/rota/W12/print?w=2026-W49"))
    assert "案（確定していません）" in chief
    assert "paper-draft" in chief
    assert "9:00〜10:00" in chief
    member = text(stage.browser("122").get("/rota/W12/print?w=2026-W49&show=draft"))
    assert "9:00〜10:00" not in member


def test_the_week_as_a_workbook_without_formulas(stage: Stage) -> None:
    with transaction():
        row = db.session.query(Posting).filter_by(staff_id=stage.ids["121"]).one()
        row.name = "=HYPERLINK(1) 剛"
        from webapp.core import facts

        facts.restamp("org")
    duty = put_on(stage, make_position(stage, "@窓口"), "121", 840, 960)
    assert duty
    answer = stage.browser("122").get("/rota/W12/xlsx?w=2026-W48")
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["当番表", "一覧"]
    flat = list(book["一覧"].values)
    assert str(flat[1][0]) == f"{TUESDAY} 00:00:00"
    assert flat[1][1:] == ("火", "@窓口", "14:00", "16:00", 120, "121", "=HYPERLINK(1) 剛")
    cells = [c for sheet in book for line in sheet.iter_rows() for c in line]
    assert all(c.data_type != "f" for c in cells)
    assert any("14:00〜16:00" in str(c.value) for c in cells)
