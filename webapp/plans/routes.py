"""The pages of the planned day: a day by hand, the weekly pattern, day events, calendars."""

from webapp.plans import calendar_pages as _calendar  # noqa: F401 their routes join the blueprint
from webapp.plans import day_pages as _day  # noqa: F401
from webapp.plans import event_pages as _events  # noqa: F401
from webapp.plans import pattern_pages as _pattern  # noqa: F401
from webapp.plans import segments as _segments  # noqa: F401 the kind of file on 管理 → 取り込み
from webapp.plans.blueprint import bp

__all__ = ["bp"]
