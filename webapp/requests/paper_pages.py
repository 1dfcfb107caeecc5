"""/requests/<id>/paper: 様式 on A4, one page each; and several at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request

from webapp.accounts.access import current_actor
from webapp.core import clock, settings
from webapp.core.calendar import wareki
from webapp.core.db import snapshot
from webapp.core.refusals import NotFound
from webapp.org import queries as org
from webapp.org.settings import MUNICIPALITY
from webapp.requests import access, cases, fields, form_settings, records, report
from webapp.requests.blueprint import bp
from webapp.requests.fields import Line
from webapp.requests.models import TeleworkRequest

MOST_SHEETS = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page. size: a step smaller type the more there is to print (0, 1, 2)."""

    filed_on: str
    to: str
    unit: str
    title: str
    name: str
    proxy: str
    asked: list[Line]
    decided: list[Line]
    reported: list[Line]
    size: int


def sheet_of(row: TeleworkRequest, *, now: datetime) -> Sheet:
    filed_on = clock.to_tokyo(row.filed_at).date()
    held = org.postings_of([row.staff_id], filed_on, known_at=now).get(row.staff_id, [])
    names = org.names_of([row.staff_id, row.filed_by])
    told = report.report_of(row, now=now)
    asked, reported = fields.request_lines(row), fields.report_lines(row, told)
    return Sheet(
        wareki(filed_on, weekday=False),
        _to(row),
        _unit_words(row),
        held[0].title if held else "",
        held[0].name if held else names.get(row.staff_id, ""),
        names.get(row.filed_by, "") if row.filed_by != row.staff_id else "",
        asked,
        fields.decision_lines(row),
        reported,
        _size([*asked, *reported]),
    )


def _size(lines: list[Line]) -> int:
    height = sum(max(1, sum(1 + len(text) // 36 for text in line.lines)) for line in lines)
    return 0 if height <= 30 else 1 if height <= 40 else 2


def _to(row: TeleworkRequest) -> str:
    if to := settings.value(form_settings.FORM_TO):
        return str(to)
    tree = org.current_tree()
    unit = tree.section(row.unit_id) or tree.by_id(row.unit_id)
    return f"{unit.name}長" if unit else "所属長"


def _unit_words(row: TeleworkRequest) -> str:
    """課 and 係 as they are called today; of a unit that is no more nothing is made up."""
    tree = org.current_tree()
    unit, section = tree.by_id(row.unit_id), tree.section(row.unit_id)
    names = [node.name for node in (section, unit) if node is not None]
    return "　".join(dict.fromkeys(names))


@bp.get("/requests/<int:request_id>/paper")
def paper(request_id: int) -> Any:
    actor, now = current_actor(), clock.now()
    with snapshot():
        return _printed([cases.read(request_id, actor, now=now)], now)


@bp.get("/requests/paper")
def papers() -> Any:
    """?id=1&id=2, or ?filing= of days filed together. What one may not read is as if it were not there."""
    actor, now = current_actor(), clock.now()
    with snapshot():
        rows = [row for row in _asked_rows() if access.may_read(row, actor, now=now)]
        if not rows:
            raise NotFound("この申請は見つかりません。")
        return _printed(rows[:MOST_SHEETS], now)


def _asked_rows() -> list[TeleworkRequest]:
    if filing := request.args.get("filing"):
        return records.of_filing(filing)
    ids = [text for text in request.args.getlist("id") if text.isascii() and text.isdigit()]
    return records.by_ids({int(text) for text in ids if len(text) < 10})


def _printed(rows: list[TeleworkRequest], now: datetime) -> Any:
    sheets = [sheet_of(row, now=now) for row in rows]
    return render_template(
        "requests/paper.html",
        sheets=sheets,
        back=f"/requests/{rows[0].id}" if len(rows) == 1 else "/requests/own",
        municipality=settings.value(MUNICIPALITY),
        form_title=settings.value(form_settings.FORM_TITLE),
        form_number=settings.value(form_settings.FORM_NUMBER),
        lead=settings.value(form_settings.FORM_LEAD),
        report_lead=settings.value(form_settings.FORM_REPORT),
        note=settings.value(form_settings.FORM_NOTE),
        nav="requests",
    )
