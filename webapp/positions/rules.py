"""What a position needs on a day: opening hours, demand by time band, day locks. Pure. Minutes from local midnight."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from itertools import pairwise

WHOLE_DAY = (0, 24 * 60)
Interval = tuple[int, int]


class Kind(StrEnum):
    COUNTER = "counter"
    PHONE = "phone"
    OTHER = "other"


KIND_WORDS = {Kind.COUNTER: "窓口", Kind.PHONE: "電話", Kind.OTHER: "その他"}


class Staffed(StrEnum):
    DUTY = "duty"
    ANYONE = "anyone"


STAFFED_WORDS = {Staffed.DUTY: "当番制", Staffed.ANYONE: "在席者で受ける"}


class Group(StrEnum):
    ROTATE = "rotate"
    DEDICATED = "dedicated"
    EXEMPT = "exempt"


GROUP_WORDS = {Group.ROTATE: "輪番", Group.DEDICATED: "専任", Group.EXEMPT: "対象外"}


@dataclass(frozen=True, slots=True)
class Post:
    """持ち場 as the rules see it. units: ids of the units (with all below) whose people can be put here."""

    id: int
    unit_id: int
    name: str
    kind: Kind
    staffed: Staffed
    site: str = ""
    skills: frozenset[str] = frozenset()
    burden: float = 1.0
    contractor: bool = False
    units: tuple[int, ...] = ()

    @property
    def on_site(self) -> bool:
        return self.kind is not Kind.PHONE

    @property
    def hours_kind(self) -> str:
        return "phone" if self.kind is Kind.PHONE else "counter"


@dataclass(frozen=True, slots=True)
class Band:
    """weekdays: bit 0 = Monday; day: that date alone; lock: first and last day of what raises the need."""

    position_id: int
    start: int
    end: int
    need: int
    ideal: int
    experienced: int = 0
    burden: float = 1.0
    weekdays: int = 0
    day: date | None = None
    lock: tuple[date, date] | None = None

    def falls_on(self, day: date) -> bool:
        if self.lock is not None and not self.lock[0] <= day <= self.lock[1]:
            return False
        if self.day is not None:
            return self.day == day
        return bool(self.weekdays >> day.weekday() & 1)


@dataclass(frozen=True, slots=True)
class Opening:
    """start None = closed."""

    applies_to: str
    start: int | None
    end: int | None
    site: str = ""
    weekdays: int = 0
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """Part of a day on which a site is closed; site "" = every site."""

    start: int
    end: int
    site: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """What one position needs from start to end."""

    start: int
    end: int
    need: int
    ideal: int
    experienced: int = 0
    burden: float = 1.0


@dataclass(frozen=True, slots=True)
class Cap:
    """窓口縮小, 臨時閉庁: whatever is asked for otherwise, from start to end no more than `need`. None = closed."""

    position_id: int
    day: date
    start: int
    end: int
    need: int | None


def opening_on(
    post: Post,
    day: date,
    openings: Iterable[Opening],
    *,
    is_business_day: bool,
    is_weekend: bool = False,
    closed: Iterable[Closed] = (),
) -> list[Interval]:
    """When the position is open. A row by date wins, and opens also a Sunday or holiday; without any row the bands
    of a working day decide alone.

    is_weekend: closed for no other reason than that it is Saturday or Sunday; a row of that weekday opens it.
    """
    mine = [o for o in openings if o.applies_to == post.hours_kind and o.site in ("", post.site)]
    mine = [o for o in mine if o.site == post.site] or mine  # the site's own rows win
    dated = [o for o in mine if o.day == day]
    if not dated and not is_business_day and not is_weekend:
        return []
    weekly = [o for o in mine if o.day is None]
    rows = dated or [o for o in weekly if o.weekdays >> day.weekday() & 1]
    if not rows and not weekly and is_business_day:
        hours: list[Interval] = [WHOLE_DAY]
    else:
        hours = [(o.start, o.end) for o in rows if o.start is not None and o.end is not None]
    for gap in closed:
        if gap.site in ("", post.site):
            hours = [part for span in hours for part in without(span, (gap.start, gap.end))]
    return sorted(hours)


def without(span: Interval, gap: Interval) -> list[Interval]:
    parts = [(span[0], min(span[1], gap[0])), (max(span[0], gap[1]), span[1])]
    return [(start, end) for start, end in parts if start < end]


def outside(span: Interval, hours: Iterable[Interval]) -> list[Interval]:
    """The parts of a stretch in which nothing is open."""
    left = [span]
    for gap in hours:
        left = [part for each in left for part in without(each, gap)]
    return left


def needs_on(post: Post, day: date, bands: Sequence[Band], hours: Sequence[Interval]) -> list[Need]:
    """The position's needs of a day in order of time, without overlap. Where bands touch, the largest counts.

    Bands by date replace the weekly ones of that day; those of a day lock raise whatever else is said.
    """
    mine = [band for band in bands if band.position_id == post.id and band.falls_on(day)]
    dated = [band for band in mine if band.day is not None and band.lock is None]
    weekly = [band for band in mine if band.day is None and band.lock is None]
    locks = [band for band in mine if band.lock is not None]
    cut = [
        (max(band.start, first), min(band.end, last), band)
        for band in [*(dated or weekly), *locks]
        for first, last in hours
        if max(band.start, first) < min(band.end, last)
    ]
    edges = sorted({edge for first, last, _ in cut for edge in (first, last)})
    needs: list[Need] = []
    for start, end in pairwise(edges):
        here = [band for first, last, band in cut if first <= start and end <= last]
        if here:
            needs = _joined(needs, _largest(start, end, here))
    return needs


def _largest(start: int, end: int, bands: Sequence[Band]) -> Need:
    need = max(band.need for band in bands)
    return Need(
        start,
        end,
        need,
        max(need, *(band.ideal for band in bands)),
        max(band.experienced for band in bands),
        max(band.burden for band in bands),
    )


def open_under(cap: Cap, hours: Sequence[Interval]) -> list[Interval]:
    if cap.need is not None:
        return list(hours)
    return [part for span in hours for part in without(span, (cap.start, cap.end))]


def needs_under(cap: Cap, needs: Iterable[Need]) -> list[Need]:
    """The needs of the cap's position and day; what lies outside of it stays as it was."""
    found: list[Need] = []
    for need in needs:
        for start, end in without((need.start, need.end), (cap.start, cap.end)):
            found = [*found, replace(need, start=start, end=end)]
        start, end = max(need.start, cap.start), min(need.end, cap.end)
        if start < end and cap.need is not None:
            found = [*found, _lowered(replace(need, start=start, end=end), cap.need)]
    joined: list[Need] = []
    for need in sorted(found, key=lambda each: each.start):
        joined = _joined(joined, need)
    return joined


def _lowered(need: Need, most: int) -> Need:
    return replace(
        need,
        need=min(need.need, most),
        ideal=min(need.ideal, most),
        experienced=min(need.experienced, most),
    )


def _joined(needs: list[Need], new: Need) -> list[Need]:
    last = needs[-1] if needs else None
    if last and last.end == new.start and _level(last) == _level(new):
        return [*needs[:-1], Need(last.start, new.end, *_level(new))]
    return [*needs, new]


def _level(need: Need) -> tuple[int, int, int, float]:
    return need.need, need.ideal, need.experienced, need.burden


def weekday_mask(weekdays: Iterable[int]) -> int:
    """0 = Monday."""
    return sum(1 << day for day in set(weekdays))


def weekdays_in(mask: int) -> list[int]:
    return [day for day in range(7) if mask >> day & 1]


def heir_of(unit_id: int, in_force: Container[int], successors: Mapping[int, int]) -> int:
    """The unit that stands for another on a day: itself while in force, else who took over, over several steps."""
    here, seen = unit_id, {unit_id}
    while here not in in_force and here in successors:
        here = successors[here]
        if here in seen:
            break
        seen.add(here)
    return here if here in in_force else unit_id
