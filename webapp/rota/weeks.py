"""ISO weeks as the addresses name them: 2026-W48. Pure."""

import re
from datetime import date, timedelta

_WEEK = re.compile(r"(\d{4})-W(\d{2})")


def monday_of(text: str) -> date:
    """The first day of "2026-W48". ValueError says what would be right."""
    found = _WEEK.fullmatch(text)
    try:
        if found:
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        pass
    raise ValueError(f"「{text[:20]}」は週ではありません。2026-W48 のように指定してください")


def week_of(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def days_of_week(first: date) -> list[date]:
    return [first + timedelta(days=n) for n in range(7)]
