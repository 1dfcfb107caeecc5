"""The days of a draft: those chosen, and those of 毎週."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from webapp.org import queries as org
from webapp.requests import records
from webapp.requests.draft import Draft
from webapp.requests.forms import MOST_DAYS, repeated
from webapp.requests.known import Days
from webapp.requests.wording import day_words


def fill_days(draft: Draft, days: Days, but: Sequence[int], now: datetime) -> None:
    today = org.today(now)
    rules = days.who.rules
    first, last = today - timedelta(days=rules.back_days), today + timedelta(days=rules.ahead_days)
    chosen = set(draft.body.days)
    if draft.body.repeat is not None:
        chosen |= set(_repetition(draft, days, but, today))
    draft.days = sorted(chosen)
    outside = [day for day in draft.days if not first <= day <= last]
    if outside:
        draft.fault(
            "days",
            f"{day_words(outside[0])}は申請できません。{day_words(first)}〜{day_words(last)}の日にしてください",
        )
        draft.days = [day for day in draft.days if first <= day <= last]  # some have no week
    if len(draft.days) > MOST_DAYS:
        draft.fault(
            "days", f"1度に申請できるのは{MOST_DAYS}日までです（{len(draft.days)}日あります）"
        )
    if not draft.days and not outside:
        why = "くり返す日がすべて除かれました" if draft.left_out else "実施日を選んでください"
        draft.fault("days", why)


def _repetition(draft: Draft, days: Days, but: Sequence[int], today: date) -> Iterable[date]:
    """The days of 毎週; those on which nothing can be filed are left out, with the reason."""
    repeat = draft.body.repeat
    if repeat is None:
        return
    last = min(repeat.until, today + timedelta(days=days.who.rules.ahead_days))
    if repeat.until < today:
        draft.fault("until", "きょうより後の日にしてください")
    taken = {row.day for row in records.in_force_between(days.who.staff_id, today, last, but=but)}
    for day in repeated(repeat, first=today + timedelta(days=1)):
        if day > last:
            break
        if why := _obstacle(days, day, taken):
            draft.left_out[day] = why
        else:
            yield day


def _obstacle(days: Days, day: date, taken: set[date]) -> str:
    if closed := days.closed(day):
        return closed
    if days.hours(day) is None:
        return "勤務日でない"
    if day in taken:
        return "申請済み"
    return "休暇等・出張" if days.is_away(day) else ""
