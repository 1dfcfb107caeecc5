"""A record as lines of label and value: the same on its page and on paper."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.core import clock, settings
from webapp.core.calendar import wareki
from webapp.core.hours import clock_of
from webapp.org import queries as org
from webapp.presence import queries as presence
from webapp.requests import form_settings
from webapp.requests.checks import EXTENT_WORDS
from webapp.requests.form_view import DEVICES, field_words
from webapp.requests.models import TeleworkRequest
from webapp.requests.report import Report
from webapp.requests.rules import STATE_WORDS, State
from webapp.requests.units import path_of
from webapp.requests.wording import KIND_WORDS
from webapp.seats import loan_queries
from webapp.seats import queries as seats

YES_NO = {True: "あり", False: "なし"}
AS_WORDS = {
    "deputy": "代決",
    "parent": "上位の所属長",
    "final": "最終承認者",
    "oral": "口頭で承認",
    "order": "所属長の指示",
}


@dataclass(frozen=True, slots=True)
class Line:
    """lines: one below the other. hint: small print after them."""

    label: str
    lines: tuple[str, ...] = ()
    hint: str = ""

    @property
    def empty(self) -> bool:
        return not any(self.lines)


def _line(label: str, *texts: str, hint: str = "") -> Line:
    return Line(label, tuple(text for text in texts if text), hint)


def local(instant: datetime | None) -> str:
    """令和8年11月24日（火）10:20."""
    if instant is None:
        return ""
    at = clock.to_tokyo(instant)
    return f"{wareki(at.date())}{at.hour}:{at.minute:02d}"


def _clock(instant: datetime | None) -> str:
    if instant is None:
        return ""
    at = clock.to_tokyo(instant)
    return f"{at.hour}:{at.minute:02d}"


def span(start: int | None, end: int | None) -> str:
    if start is None or end is None:
        return ""
    return f"{clock_of(start)}〜{clock_of(end)}"


# --- 申出 -----------------------------------------------------------------------------------


def request_lines(row: TeleworkRequest) -> list[Line]:
    words, asked = field_words(), _asked(row)
    place = presence.labels()["place"].get(row.place, row.place)
    found = [
        _line("実施日", wareki(row.day)),
        _line(
            words["extent"], f"{EXTENT_WORDS[row.extent]}　{span(row.start_minute, row.end_minute)}"
        ),
        _hours(row, words["hours"]),
        _line(words["place"], _place_words(row, place), *_bookings(row)),
        Line(words["work"], tuple(row.work.splitlines())),
        _line(words["contact"], row.contact),
        _line(words["device"], DEVICES.get(row.device, "")),
        _carried(row, words["carries"]),
        _line(words["confirmer"], _name(row.confirmer_id)),
        _line(words["travel_order"], _yes_no(row.travel_order)),
        _line(words["remote_ready"], _yes_no(row.remote_ready)),
        *(_line(name, row.more.get(name, "")) for name in _own_names(row)),
    ]
    labels = {words[name]: name for name in form_settings.FIELDS}
    return [
        line for line in found if not line.empty or asked.get(labels.get(line.label, "")) != "no"
    ]


def _asked(row: TeleworkRequest) -> dict[str, str]:
    path = path_of(row.unit_id)
    return {name: settings.value(setting, path) for name, setting in form_settings.FIELDS.items()}


def _own_names(row: TeleworkRequest) -> list[str]:
    """Those asked today, and those answered when they were asked."""
    asked: list[str] = settings.value(form_settings.OWN_FIELDS, path_of(row.unit_id))
    return list(dict.fromkeys((*asked[: form_settings.MOST_OWN_FIELDS], *row.more)))


def _hours(row: TeleworkRequest, label: str) -> Line:
    if row.hours_start is None:
        return _line(label, "ふだんの勤務時間のとおり")
    pause = span(row.break_start, row.break_end)
    return _line(label, span(row.hours_start, row.hours_end), f"休憩 {pause}" if pause else "")


def _place_words(row: TeleworkRequest, place: str) -> str:
    """Never an address."""
    if row.place == "home":
        return f"{place}（{KIND_WORDS.get(row.place_kind, row.place_kind)}）"
    return f"{place}　{row.site}" if row.site else place


def _bookings(row: TeleworkRequest) -> list[str]:
    booked = [b for b in seats.bookings_of_request(row.id) if b.state in ("booked", "used")]
    known = seats.seats_by_id([b.seat_id for b in booked])
    lent = [b for b in loan_queries.loans_of_request(row.id) if b.state in ("booked", "out")]
    items = loan_queries.items_by_id([b.item_id for b in lent])
    return [
        *(f"席 {known[b.seat_id].name}" for b in booked if b.seat_id in known),
        *(f"{items[b.item_id].kind} {items[b.item_id].name}" for b in lent if b.item_id in items),
    ]


def _carried(row: TeleworkRequest, label: str) -> Line:
    if not row.carries:
        return _line(label, "なし")
    personal = "個人情報あり" if row.personal_data else "個人情報なし"
    return _line(label, f"あり（{personal}）", row.carried)


def _yes_no(answer: bool | None) -> str:
    return "" if answer is None else YES_NO[answer]


def _name(staff_id: int | None) -> str:
    return org.names_of([staff_id]).get(staff_id, "") if staff_id is not None else ""


# --- 承認 -----------------------------------------------------------------------------------


def decision_lines(row: TeleworkRequest) -> list[Line]:
    state = State(row.state)
    word = STATE_WORDS[state] if state in (State.APPROVED, State.REFUSED, State.RETURNED) else ""
    how = AS_WORDS.get(row.decided_as, "")
    return [
        _line("承認・不承認", f"{word}（{how}）" if word and how else word),
        _line("条件", row.condition),
        *([_line("理由", row.reason)] if row.reason else []),
        _line("職氏名", row.decider),
        _line("日時", local(row.decided_at)),
        *(
            [_line("後閲", f"{_name(row.reviewed_by)}　{local(row.reviewed_at)}")]
            if row.reviewed_at
            else []
        ),
    ]


# --- 報告 -----------------------------------------------------------------------------------


def report_lines(row: TeleworkRequest, report: Report) -> list[Line]:
    words, asked = field_words(), _asked(row)
    found = [
        _line("始業・終業", _times(report)),
        _line("休憩", span(*report.pause) if report.pause and report.started_at else ""),
        _line("中抜け", "、".join(f"{_clock(left)}〜{_clock(back)}" for left, back in report.outs)),
        Line(
            "実施内容・成果物", (*report.done, *_carried_words(report.carried_over), *report.links)
        ),
    ]
    if asked["overtime"] != "no":
        found.append(_line(words["overtime"], _yes_no(row.overtime_ordered)))
    if asked["returned"] != "no" and row.carries:
        returned = {True: "返却した", False: "まだ返却していない", None: ""}[row.returned_items]
        found.append(_line(words["returned"], returned))
    found.append(_line("そのほか", row.report_note))
    found.append(_line("確認者・確認日", _confirmed(report)))
    return found


def _times(report: Report) -> str:
    if report.started_at is None and report.ended_at is None:
        return ""
    return f"{_clock(report.started_at)}〜{_clock(report.ended_at)}"


def _carried_words(lines: Sequence[str]) -> Iterable[str]:
    return (f"持越し: {line}" for line in lines)


def _confirmed(report: Report) -> str:
    if report.confirmed_at is None:
        return ""
    return f"{report.confirmed_by}　{wareki(clock.to_tokyo(report.confirmed_at).date())}"
