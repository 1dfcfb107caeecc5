"""What telephone calls cost: memos taken by each person, and how long callers waited. Counts alone, never a text."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from webapp.messages import queries, whereabouts
from webapp.messages.models import PhoneMemo
from webapp.messages.rules import working_minutes
from webapp.org import queries as org

LONGEST_WAIT = timedelta(days=14)  # a call back after that is no call back


@dataclass(frozen=True, slots=True)
class CallBurden:
    """taken: {staff id: memos written}, by people of the units. received: memos to them. waits: working minutes from
    each memo to its first 連絡済 (or 完了)."""

    taken: Mapping[int, int]
    received: int
    waits: tuple[int, ...]

    @property
    def median_wait(self) -> int | None:
        return round(median(self.waits)) if self.waits else None


def burden(unit_ids: Iterable[int], first: date, last: date, *, now: datetime) -> CallBurden:
    """Of the days first to last, both included. Erased memos count as well."""
    units = list(unit_ids)
    business = org.business_calendar()
    starts, ends = business.day_bounds(first)[0], business.day_bounds(last)[1]
    written = queries.made_between(units, starts, ends, written=True)
    received = queries.made_between(units, starts, ends, written=False)
    taken = Counter(memo.by_id for memo in written)
    return CallBurden(taken, len(received), tuple(_waits(received, now=now)))


def _waits(memos: Iterable[PhoneMemo], *, now: datetime) -> list[int]:
    """By the working hours of whom it was for; who wished for a later hour waits from then on."""
    called = [
        (memo, memo.called_at)
        for memo in memos
        if memo.called_at and memo.called_at - memo.made_at < LONGEST_WAIT
    ]
    if not called:
        return []
    people = sorted({memo.to_id for memo, _ in called})
    days = {memo.made_at for memo, _ in called} | {at for _, at in called}
    spans = whereabouts.spans_between(people, min(days), max(days), now=now)
    return [
        working_minutes(spans[memo.to_id], max(memo.made_at, memo.wished_at or memo.made_at), at)
        for memo, at in called
    ]
