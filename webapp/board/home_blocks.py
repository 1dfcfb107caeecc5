"""What else waits on 自分の今日: news, memos, requests, seats. Each line says what, when, and where it goes on."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from webapp.accounts.access import Actor
from webapp.core.hours import clock_of
from webapp.messages import showing
from webapp.notices import queries as notices
from webapp.org import queries as org
from webapp.requests import inbox, records, report
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import STATE_WORDS, State
from webapp.requests.wording import day_words, what_words, when_words
from webapp.seats import loan_queries
from webapp.seats import queries as seats

CONFIRM_BACK = timedelta(days=7)
MOST_LINES = 4  # of one's own requests; the page of requests has the rest


@dataclass(frozen=True, slots=True)
class Line:
    icon: str
    text: str
    more: str
    link: str
    go: str


def blocks(actor: Actor, *, now: datetime) -> dict[str, Any]:
    """told: news; memos: see messages.showing; deciding: how many requests wait for this person; lines: the rest."""
    today = org.today(now)
    return {
        "told": notices.block_of(actor),
        "memos": showing.home_block(actor, now=now),
        "deciding": inbox.count_waiting(actor, now=now),
        "lines": [
            *_to_confirm(actor.staff_id, today),
            *_requests(actor.staff_id, today, now),
            *_held(actor.staff_id, today, now),
        ],
    }


def _to_confirm(staff_id: int, today: date) -> list[Line]:
    """Whom a request names 在席確認者 has no entry in the menu without the role."""
    count = records.naming_to_confirm(staff_id, today - CONFIRM_BACK, today)
    text = f"在席の確認 {count}件"
    return [Line("n-day", text, "始業・終業と実績を見て確認", "/reports/confirm", "ひらく")] * (
        count > 0
    )


# --- requests -------------------------------------------------------------------------------


def _requests(staff_id: int, today: date, now: datetime) -> list[Line]:
    """What asks something of the person first, then what is under way for today and the next working day."""
    asked = [
        Line("n-req", _question(asks), when_words(row), f"/requests/{row.id}#report", "答える")
        for row, asks in report.open_questions(staff_id, now=now)
    ]
    rows = records.of_person(staff_id, since=today)
    todo = [line for row in rows if (line := _todo(row)) is not None]
    soon = {today, _next_working_day(today)}
    coming = [_coming(row) for row in rows if row.day in soon and _is_news(row, today)]
    return [*asked, *todo, *coming][:MOST_LINES]


def _question(asks: frozenset[str]) -> str:
    if "overtime" in asks:
        return "時間外勤務の命令を受けましたか"
    return "資料を返却しましたか"


def _todo(row: TeleworkRequest) -> Line | None:
    words = {
        State.RETURNED.value: ("申請が差し戻されました", "直す"),
        State.PROPOSED.value: ("別の時間を提案されています", "見る"),
    }
    if row.state not in words:
        return None
    text, go = words[row.state]
    return Line("n-req", text, when_words(row), f"/requests/{row.id}", go)


def _is_news(row: TeleworkRequest, today: date) -> bool:
    """What is approved for today stands in the day's plan already."""
    state = State(row.state)
    return state in (State.WAITING, State.ASKED) or (state is State.APPROVED and row.day > today)


def _coming(row: TeleworkRequest) -> Line:
    text = f"{day_words(row.day)} {what_words(row)}"
    return Line("n-req", text, STATE_WORDS[State(row.state)], f"/requests/{row.id}", "見る")


def _next_working_day(today: date) -> date:
    business = org.business_calendar()
    days = (today + timedelta(days=n) for n in range(1, 15))
    return next((day for day in days if business.is_business_day(day)), today + timedelta(days=1))


# --- seats and things -----------------------------------------------------------------------


def _held(staff_id: int, today: date, now: datetime) -> list[Line]:
    return [*_seats(staff_id, today), *_loans(staff_id, today, now)]


def _seats(staff_id: int, today: date) -> list[Line]:
    rows = seats.own_bookings(staff_id, today, _next_working_day(today))
    named = seats.seats_by_id({row.seat_id for row in rows})
    return [
        Line(
            "n-seat",
            f"{named[row.seat_id].site.name} {named[row.seat_id].name}",
            _when(row.day, row.start_minute, row.end_minute, today),
            f"/seats?day={row.day.isoformat()}",
            "見る",
        )
        for row in rows
        if row.seat_id in named
    ]


def _loans(staff_id: int, today: date, now: datetime) -> list[Line]:
    """What is in one's hands or to be fetched by the next working day."""
    until = _next_working_day(today)
    rows = [row for row in loan_queries.own_loans(staff_id, now=now) if row.day <= until]
    named = loan_queries.items_by_id({row.item_id for row in rows})
    return [
        Line(
            "phone" if named[row.item_id].telephone else "n-seat",
            f"{named[row.item_id].kind} {named[row.item_id].name}",
            f"{_day(row.last_day, today)} {clock_of(row.end_minute)} まで",
            "/loans",
            "見る",
        )
        for row in rows
        if row.item_id in named
    ]


def _when(day: date, start: int, end: int, today: date) -> str:
    return f"{_day(day, today)} {clock_of(start)}〜{clock_of(end)}"


def _day(day: date, today: date) -> str:
    return "きょう" if day == today else day_words(day)
