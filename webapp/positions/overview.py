"""What the page shows of a unit's positions, demand and hours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from webapp.core import calendar
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.positions import demand_check, queries, stored
from webapp.positions.demand_check import Week
from webapp.positions.models import DayLock, DemandBand, OpeningHours, Position
from webapp.positions.picture import Axis, DayPicture, axis_over, pictures_of
from webapp.positions.rules import (
    KIND_WORDS,
    STAFFED_WORDS,
    Band,
    Interval,
    Need,
    Opening,
    Post,
    Staffed,
    needs_on,
)
from webapp.positions.wanted import BandWanted, overlapping, span_words, weekday_words

WEEKS_AHEAD = 4
_MONDAY = date(2001, 1, 1)


@dataclass(frozen=True, slots=True)
class BandLine:
    """One 必要数 in words. cut: what of it lies outside of the opening hours."""

    id: int
    wanted: BandWanted
    when: str
    time: str
    lock: str
    cut: str
    outside: bool
    overlaps: str
    is_past: bool


@dataclass(slots=True)
class Card:
    """One position as the list shows it."""

    post: Post
    row: Position
    version: str
    kind: str
    staffed: str
    feeds: list[str]
    pictures: list[DayPicture] = field(default_factory=list)
    bands: list[BandLine] = field(default_factory=list)

    @property
    def coming(self) -> list[BandLine]:
        """What is not an ordinary week: single days, and 期間."""
        return [line for line in self.bands if not line.is_past and (line.lock or line.wanted.day)]

    @property
    def warnings(self) -> list[BandLine]:
        return [line for line in self.bands if line.cut and not line.is_past]


@dataclass(slots=True)
class Overview:
    cards: list[Card]
    axis: Axis
    ended: list[Position]
    locks: list[DayLock]


def overview(unit: UnitNode, *, now: datetime) -> Overview:
    today, tree = org.today(now), org.current_tree()
    rows = {row.id: row for row in stored.rows_of(unit.id, today)}
    posts = queries.posts_of([unit.id], today)
    openings = queries.openings_for([unit.id], tree, today).get(unit.id, [])
    locks = stored.locks_of(unit.id, today)
    bands = _by_position(stored.band_rows(list(rows)))
    weeks = {post.id: demand_check.week_of(post, openings) for post in posts}
    needs = {post.id: _ordinary(post, bands.get(post.id, []), weeks[post.id]) for post in posts}
    axis = axis_over(
        span
        for post in posts
        for day, of_day in needs[post.id].items()
        if of_day
        for span in _shown_hours(weeks[post.id][day], [(n.start, n.end) for n in of_day])
    )
    cards = []
    for post in posts:
        card = card_of(post, rows[post.id])
        hours = {
            day: _shown_hours(spans, [(n.start, n.end) for n in needs[post.id][day]])
            for day, spans in weeks[post.id].items()
        }
        card.pictures = pictures_of(needs[post.id], hours, axis)
        card.bands = lines_of(post, bands.get(post.id, []), locks, openings, today=today)
        cards.append(card)
    cards.sort(key=lambda card: (card.row.sort_order, card.row.id))
    return Overview(cards, axis, stored.ended_rows(unit.id, today), locks)


def _by_position(rows: Sequence[DemandBand]) -> dict[int, list[DemandBand]]:
    found: dict[int, list[DemandBand]] = {}
    for row in rows:
        found.setdefault(row.position_id, []).append(row)
    return found


def _shown_hours(hours: Sequence[Interval], needed: Sequence[Interval]) -> list[Interval]:
    """Without hours of its own a position is open all day: then what is needed is all there is to draw."""
    return [span for span in hours if span[1] - span[0] < 24 * 60] or list(needed)


def _ordinary(post: Post, rows: Sequence[DemandBand], week: Week) -> dict[int, list[Need]]:
    weekly = [_fact(row) for row in rows if row.day is None and row.lock_id is None]
    return {
        day: needs_on(post, _MONDAY + timedelta(days=day), weekly, hours)
        for day, hours in week.items()
    }


def _fact(row: DemandBand) -> Band:
    return Band(
        row.position_id,
        row.start_minute,
        row.end_minute,
        row.need,
        row.ideal,
        row.experienced,
        row.burden,
        row.weekdays,
        row.day,
    )


def card_of(post: Post, row: Position) -> Card:
    tree = org.current_tree()
    feeds = [unit for unit_id in post.units[1:] if (unit := tree.by_id(unit_id)) is not None]
    return Card(
        post,
        row,
        stored.position_wanted(row).version,
        KIND_WORDS[post.kind],
        "委託" if post.contractor else STAFFED_WORDS[Staffed(post.staffed)],
        [unit.name for unit in feeds],
    )


def lines_of(
    post: Post,
    rows: Sequence[DemandBand],
    locks: Sequence[DayLock],
    openings: Sequence[Opening],
    *,
    today: date,
) -> list[BandLine]:
    names = {lock.id: lock.name for lock in locks}
    wanted = {row.id: stored.band_wanted(row) for row in rows}
    lines = []
    for row in sorted(rows, key=_order):
        band = wanted[row.id]
        is_past = (band.day is not None and band.day < today) or (
            band.lock_id is not None and band.lock_id not in names
        )
        found = None if is_past else demand_check.fit(post, band, openings)
        others = overlapping(band, [each for key, each in wanted.items() if key != row.id])
        lines.append(
            BandLine(
                row.id,
                band,
                when_words(band),
                span_words((band.start, band.end)),
                names.get(band.lock_id or 0, ""),
                found.cut if found else "",
                bool(found and found.nothing_left),
                "、".join(
                    f"{when_words(each)} {span_words((each.start, each.end))}" for each in others
                ),
                is_past,
            )
        )
    return lines


def _order(row: DemandBand) -> tuple[bool, date, int, int, int]:
    first = (row.weekdays & -row.weekdays).bit_length()
    return row.lock_id is not None, row.day or date.min, first, row.start_minute, row.id


def when_words(band: BandWanted) -> str:
    if band.day is not None:
        return day_words(band.day)
    return weekday_words(band.weekdays)


def day_words(day: date) -> str:
    """12月10日（木）."""
    return f"{day.month}月{day.day}日（{calendar.WEEKDAYS[day.weekday()]}）"


# --- 開庁時間 -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HoursLine:
    row: OpeningHours
    version: str
    when: str
    time: str
    is_past: bool


@dataclass(slots=True)
class Hours:
    """What counters (or the telephone) of a unit go by. taken_from: the unit above whose hours hold here."""

    applies_to: str
    title: str
    lines: list[HoursLine]
    taken_from: str = ""
    above: list[HoursLine] = field(default_factory=list)


def hours_of(unit: UnitNode, *, now: datetime) -> list[Hours]:
    today = org.today(now)
    own = stored.opening_lines(unit.id, today)
    found = []
    for applies_to, title in (("counter", "開庁時間（窓口）"), ("phone", "電話の受付時間")):
        part = Hours(applies_to, title, _lines(own.get(applies_to, []), today))
        if not part.lines:
            _take_from_above(part, unit, today)
        found.append(part)
    return found


def _lines(rows: Sequence[OpeningHours], today: date) -> list[HoursLine]:
    def order(row: OpeningHours) -> tuple[date, int, int]:
        return row.day or date.min, (row.weekdays & -row.weekdays), row.start_minute or 0

    return [
        HoursLine(
            row,
            stored.opening_wanted(row).version,
            day_words(row.day) if row.day else weekday_words(row.weekdays),
            "閉庁"
            if row.start_minute is None or row.end_minute is None
            else span_words((row.start_minute, row.end_minute)),
            row.day is not None and row.day < today,
        )
        for row in sorted(rows, key=order)
    ]


def _take_from_above(part: Hours, unit: UnitNode, today: date) -> None:
    path = org.current_tree().path(unit.id)[:-1]
    rows = queries.opening_rows([node.id for node in path], today)
    for node in reversed(path):
        if above := rows.get((node.id, part.applies_to)):
            part.taken_from, part.above = node.name, _lines(above, today)
            return


@dataclass(frozen=True, slots=True)
class Exceptional:
    """A day of the coming weeks on which something is other than in an ordinary week."""

    day: date
    words: str
    is_closed: bool


def exceptions_ahead(unit: UnitNode, *, now: datetime) -> list[Exceptional]:
    """Holidays, closures and hours by date of the next four weeks."""
    today = org.today(now)
    days = list(calendar.days(today, today + timedelta(days=7 * WEEKS_AHEAD)))
    business = org.business_calendar()
    closed = queries.closed_on(days)
    parts = hours_of(unit, now=now)
    dated: dict[date, list[str]] = {}
    for part in parts:
        for line in [*part.lines, *part.above]:
            if line.row.day is not None:
                dated.setdefault(line.row.day, []).append(_dated_words(part, line))
    found = []
    for day in days:
        words = dated.get(day, [])
        because = business.closed_because(day)
        if because and not queries.is_only_weekend(day, business):
            words = [f"{because}のため閉庁", *words]
        for gap in closed.get(day, []):
            time = span_words((gap.start, gap.end)) if gap.end - gap.start < 1440 else "終日"
            words = [*words, f"閉庁 {gap.site or '全庁'} {time}"]
        if words:
            found.append(
                Exceptional(day, "、".join(words), because is not None and day not in dated)
            )
    return found


def _dated_words(part: Hours, line: HoursLine) -> str:
    what = "電話" if part.applies_to == "phone" else "窓口"
    site = f"（{line.row.site}）" if line.row.site else ""
    note = f" {line.row.note}" if line.row.note else ""
    return f"{what}{site} {line.time}{note}"


def minute_words(minutes: int | None) -> str:
    """90 → 1時間30分; None → 決めない."""
    if minutes is None:
        return "―"
    hours, rest = divmod(minutes, 60)
    return (f"{hours}時間" if hours else "") + (f"{rest}分" if rest else "")
