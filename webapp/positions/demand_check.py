"""Demand against opening hours: what of a band counts, and what would be right where nothing of it does."""

from collections.abc import Sequence
from datetime import date, timedelta

from webapp.org import queries as org
from webapp.positions import queries
from webapp.positions.rules import Interval, Opening, Post, opening_on
from webapp.positions.wanted import BandWanted, Fit, fit_of

Week = dict[int, list[Interval]]
_MONDAY = date(2001, 1, 1)  # any Monday: only the weekday matters


def week_of(post: Post, openings: Sequence[Opening]) -> Week:
    """{weekday: hours} of an ordinary week, without holidays and single days. 0 = Monday."""
    weekly = [opening for opening in openings if opening.day is None]
    return {
        weekday: opening_on(
            post,
            _MONDAY + timedelta(days=weekday),
            weekly,
            is_business_day=weekday < 5,
            is_weekend=weekday >= 5,
        )
        for weekday in range(7)
    }


def hours_on(post: Post, day: date) -> list[Interval]:
    """As the coverage of that day sees it: closures, holidays and single days included."""
    return queries.demand_on([post], [day], org.current_tree())[day].hours[post.id]


def fit(post: Post, band: BandWanted, openings: Sequence[Opening]) -> Fit:
    if band.day is not None:
        return fit_of(band, {band.day.weekday(): hours_on(post, band.day)}, by_day=True)
    return fit_of(band, week_of(post, openings), by_day=False)


def fault_of(found: Fit) -> str:
    """What the person reads where a band never counts."""
    return f"開庁時間の外です（{found.right}）。時刻を直すか、先に「開庁時間」を直してください"
