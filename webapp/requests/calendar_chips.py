"""The days of the coming weeks to choose from: what is closed, one's own leave, what is filed already."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from webapp.core.calendar import national_holiday
from webapp.duties import queries as duties
from webapp.org import queries as org
from webapp.requests import records
from webapp.requests.known import Days
from webapp.requests.rules import STATE_WORDS, State
from webapp.requests.wording import day_words

WEEKS = 5


@dataclass(frozen=True, slots=True)
class Chip:
    """mark: the word below the number, four signs at most; why: the same in full. shut: cannot be chosen."""

    day: date
    mark: str = ""
    why: str = ""
    shut: bool = False
    today: bool = False

    @property
    def words(self) -> str:
        return f"{day_words(self.day)} {self.why or self.mark}".strip()


@dataclass(frozen=True, slots=True)
class Week:
    first: date
    chips: tuple[Chip, ...]


def weeks(days: Days, *, now: datetime, but: tuple[int, ...] = ()) -> list[Week]:
    """From this week on, Monday to Friday, and the weekend for who works then."""
    today = org.today(now)
    monday = today - timedelta(days=today.weekday())
    first, last = monday, monday + timedelta(days=7 * WEEKS - 1)
    filed = {
        row.day: STATE_WORDS[State(row.state)]
        for row in records.in_force_between(days.who.staff_id, first, last, but=but)
    }
    on_duty = {row.day for row in duties.duties_between(days.who.staff_id, first, last)}
    shown = range(7 if _works_weekends(days, monday) else 5)
    return [
        Week(
            start,
            tuple(_chip(days, start + timedelta(days=n), today, filed, on_duty) for n in shown),
        )
        for start in (monday + timedelta(days=7 * n) for n in range(WEEKS))
    ]


def _works_weekends(days: Days, monday: date) -> bool:
    return any(days.hours(monday + timedelta(days=n)) for n in (5, 6))


def _chip(days: Days, day: date, today: date, filed: dict[date, str], on_duty: set[date]) -> Chip:
    is_today = day == today
    if day < today:
        return Chip(day, shut=True)
    if day in filed:
        mark = "承認" if filed[day] == STATE_WORDS[State.APPROVED] else "申請中"
        return Chip(day, mark, f"申請あり（{filed[day]}）", shut=True, today=is_today)
    if closed := days.closed(day):
        holiday = national_holiday(day)
        return Chip(day, "祝日" if holiday else "閉庁", holiday or closed, True, is_today)
    if days.hours(day) is None:
        return Chip(day, "休み", "勤務日ではありません", shut=True, today=is_today)
    mark, why = _mark(days, day, on_duty)
    return Chip(day, mark, why, today=is_today)


def _mark(days: Days, day: date, on_duty: set[date]) -> tuple[str, str]:
    """What does not forbid the day, but should be known before it is chosen: in short, and in full."""
    if days.is_away(day):
        return "不在", "休暇等・出張の予定"
    if day in on_duty:
        return "当番", "当番があります"
    due = days.deadline(day)
    if due is not None and days.now > due:
        return "締切後", "申請の締切を過ぎています"
    return ("予定", "テレワークの予定") if days.teleworks(day) else ("", "")
