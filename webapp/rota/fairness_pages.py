"""負担の差: load against target a person, and what a draft adds before it is fixed."""

from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request

from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.db import snapshot
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.positions.rules import GROUP_WORDS, Group
from webapp.rota import burden_view, call_figures, fairness, readers, weeks, xlsx
from webapp.rota.blueprint import bp
from webapp.rota.burden_view import Asked, View
from webapp.rota.call_figures import Calls
from webapp.rota.sheet_pages import download

WINDOWS = (7, 28, 90)
BAR_STEPS = 10  # half the width of a bar: ten steps of a tenth of the largest difference
SMALLEST_SCALE = 2.0  # weighted hours: differences of a block look small

HEAD = (
    "職員番号", "氏名", "群", "窓口の負担", "窓口の目標", "電話の負担", "電話の目標",
    "うち不在分（窓口）", "うち不在分（電話）", "当番の時間（分）",
    "案を入れた窓口", "案を入れた電話",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """Weighted hours. difference: load less target, counter and phone together; step −10…10 of the bar."""

    person: dict[str, Any]
    difference: float
    step: int
    drafted: float | None


@dataclass(frozen=True, slots=True)
class Opened:
    actor: Actor
    unit: UnitNode
    asked: Asked
    view: View
    calls: Calls
    coming: str | None  # the week of a draft that could be laid upon it


def _open(code: str) -> Opened:
    with snapshot():
        actor, unit = readers.reader(code)
        now = clock.now()
        asked = burden_view.asked(request.args, unit, now=now)
        view = burden_view.view(unit, asked, actor, now=now)
        calls = call_figures.calls_of(unit, view, now=now)
        draft = fairness.coming_draft(unit.id, org.today(now)) if view.leads else None
    coming = weeks.week_of(draft.first_on) if draft else None
    return Opened(actor, unit, asked, view, calls, coming)


def _rows(view: View) -> list[Row]:
    found = [burden_view.person_json(person, view) for person in view.shown]
    apart = [_difference(p) if p["group"] == "rotate" else 0.0 for p in found]
    scale = max([SMALLEST_SCALE, *map(abs, apart)])
    return [
        Row(
            person,
            difference,
            round(difference / scale * BAR_STEPS),
            _difference(person["with_draft"]) if person["with_draft"] else None,
        )
        for person, difference in zip(found, apart, strict=True)
    ]


def _difference(load: dict[str, float]) -> float:
    both = load["counter"] - load["target_counter"] + load["phone"] - load["target_phone"]
    return round(both, 2)


@bp.get("/rota/<code>/fairness")
def fairness_page(code: str) -> Any:
    """?days=28&draft=2026-W49."""
    opened = _open(code)
    rows = _rows(opened.view)
    ledger = opened.view.ledger
    return render_template(
        "rota/fairness.html",
        groups=[
            (group.value, GROUP_WORDS[group], mine)
            for group in Group
            if (mine := [row for row in rows if row.person["group"] == group.value])
        ],
        view=opened.view,
        ledger=ledger,
        balance=opened.view.drafted or ledger.balance,
        mean=burden_view.mean(ledger),
        asked=opened.asked,
        calls=opened.calls,
        windows=sorted({*WINDOWS, opened.asked.days}),
        draft=weeks.week_of(opened.asked.draft) if opened.asked.draft else None,
        coming=opened.coming,
        **readers.nav_words(opened.actor, opened.unit),
    )


@bp.get("/rota/<code>/fairness.xlsx")
def fairness_xlsx(code: str) -> Response:
    opened = _open(code)
    ledger = opened.view.ledger
    notes = [
        f"{opened.unit.name} 当番の負担　{ledger.first.isoformat()}〜{ledger.last.isoformat()}",
        "時間に持ち場・時間帯・曜日の重さを掛けたもの。不在分は、休暇・出張・着任前の日に似た条件の人の平均を足したもの。",
    ]
    rows = [_cells(row) for row in _rows(opened.view)]
    book = xlsx.table_book("負担", notes, HEAD, rows)
    return download(book, f"当番の負担_{opened.unit.name}_{ledger.last.isoformat()}.xlsx")


def _cells(row: Row) -> list[Any]:
    person, drafted = row.person, row.person["with_draft"] or {}
    return [
        person["staff"],
        person["name"],
        GROUP_WORDS[Group(person["group"])],
        person["counter"],
        person["target_counter"],
        person["phone"],
        person["target_phone"],
        person["credit"]["counter"],
        person["credit"]["phone"],
        person["minutes"],
        drafted.get("counter"),
        drafted.get("phone"),
    ]
