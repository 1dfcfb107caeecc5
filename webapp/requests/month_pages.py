"""The requests of a month for 人事担当: CSV and xlsx. Not the legal time record, and says so."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, render_template, request
from openpyxl import Workbook
from sqlalchemy import select

from webapp.accounts.access import current_actor
from webapp.core import clock, csvfile, workbook
from webapp.core.db import db, snapshot
from webapp.core.hours import clock_of
from webapp.core.refusals import NotAllowed, RuleBroken
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.presence import queries as presence
from webapp.requests.blueprint import bp
from webapp.requests.checks import EXTENT_WORDS
from webapp.requests.fields import AS_WORDS
from webapp.requests.form_view import DEVICES
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import STATE_WORDS, State
from webapp.requests.wording import KIND_WORDS

HEADER = (
    "職員番号",
    "氏名",
    "所属コード",
    "所属",
    "実施日",
    "区分",
    "開始",
    "終了",
    "勤務場所",
    "場所の種類",
    "拠点",
    "業務内容",
    "使用端末",
    "資料の持出し",
    "個人情報",
    "状態",
    "申請日時",
    "締切後",
    "決定日時",
    "決定者",
    "決定の種類",
    "不足（分）",
    "時間外命令",
)
WIDTHS = (12, 14, 10, 16, 12, 8, 8, 8, 14, 12, 16, 40, 12, 10, 10, 10, 17, 8, 17, 18, 12, 10, 10)
YEARS = range(2000, 2200)
YES = {True: "あり", False: "なし", None: ""}


@bp.get("/requests/month")
def month_page() -> Any:
    """How many in which state, and the files."""
    with snapshot():
        _hr_only()
        first, last = _month()
        rows = _rows(first, last)
        counts = dict.fromkeys(STATE_WORDS.values(), 0)
        for row in rows:
            counts[STATE_WORDS[State(row.state)]] += 1
        return render_template(
            "requests/month.html",
            month=f"{first:%Y-%m}",
            first=first,
            before=f"{first - timedelta(days=1):%Y-%m}",
            after=f"{last + timedelta(days=1):%Y-%m}",
            counts={word: n for word, n in counts.items() if n},
            people=len({row.staff_id for row in rows if row.state == State.APPROVED.value}),
            nav="requests",
        )


@bp.get("/requests/month.<any(csv, xlsx):kind>")
def month_file(kind: str) -> Response:
    """?month=2026-11, ?encoding=cp932 for what cannot read UTF-8."""
    with snapshot():
        _hr_only()
        first, last = _month()
        lines = _lines(_rows(first, last))
    name = f"requests-{first:%Y-%m}.{kind}"
    if kind == "xlsx":
        return _download(_workbook(first, lines), name, workbook.TYPE)
    encoding = "cp932" if request.args.get("encoding") == "cp932" else "utf-8"
    content, missing = csvfile.to_csv(HEADER, lines, encoding=encoding)
    response = _download(
        content, name, f"text/csv; charset={'Shift_JIS' if encoding == 'cp932' else 'utf-8'}"
    )
    if missing:
        response.headers["X-Missing-Characters"] = str(len(missing))
    return response


def _hr_only() -> None:
    if not current_actor().may_hr:
        raise NotAllowed("月の一覧は、人事担当だけが見られます。")


def _month() -> tuple[date, date]:
    """First and last day of ?month=, else of this month."""
    text = request.args.get("month") or f"{org.today(clock.now()):%Y-%m}"
    try:
        first = date.fromisoformat(f"{text}-01")
        if first.year not in YEARS:
            raise ValueError(text)
    except ValueError:
        raise RuleBroken(
            "月を直してください。", {"month": "2026-11 のように指定してください"}
        ) from None
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following - timedelta(days=1)


def _rows(first: date, last: date) -> list[TeleworkRequest]:
    query = select(TeleworkRequest).where(TeleworkRequest.day.between(first, last))
    return list(db.session.scalars(query.order_by(TeleworkRequest.day, TeleworkRequest.id)))


def _lines(rows: list[TeleworkRequest]) -> list[list[object]]:
    ids = list({row.staff_id for row in rows})
    names = org.names_of(ids)
    numbers = dict(
        db.session.execute(select(Staff.id, Staff.number).where(Staff.id.in_(ids))).all()
    )
    places = presence.labels()["place"]
    tree = org.current_tree()
    found: list[list[object]] = []
    for row in rows:
        unit = tree.by_id(row.unit_id)
        found.append(
            [
                numbers.get(row.staff_id, ""),
                names.get(row.staff_id, ""),
                unit.code if unit else "",
                unit.name if unit else "",
                row.day.isoformat(),
                EXTENT_WORDS[row.extent],
                clock_of(row.start_minute),
                clock_of(row.end_minute),
                places.get(row.place, row.place),
                KIND_WORDS.get(row.place_kind, "") if row.place == "home" else "",
                row.site or "",
                " / ".join(row.work.splitlines()),
                DEVICES.get(row.device, ""),
                YES[row.carries],
                YES[row.personal_data] if row.carries else "",
                STATE_WORDS[State(row.state)],
                _at(row.filed_at),
                "締切後" if row.late else "",
                _at(row.decided_at),
                row.decider,
                AS_WORDS.get(row.decided_as, ""),
                row.short_minutes if row.short_minutes is not None else "",
                YES[row.overtime_ordered],
            ]
        )
    return found


def _at(instant: datetime | None) -> str:
    return f"{clock.to_tokyo(instant):%Y-%m-%d %H:%M}" if instant else ""


def _workbook(first: date, lines: list[list[object]]) -> bytes:
    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = f"{first:%Y-%m}"
    workbook.row(sheet, 1, HEADER, bold=True)
    for number, line in enumerate(lines, 2):
        workbook.row(sheet, number, line)
    workbook.widths(sheet, WIDTHS)
    workbook.landscape(sheet, pages_high=0)
    sheet.freeze_panes = "C2"
    return workbook.saved(book)


def _download(content: bytes, name: str, kind: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
