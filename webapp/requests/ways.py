"""Ways to approve without a shortage: another time for the person, somebody else for the duty in the way.

Coverage is matched for each moment by itself, so it is enough to keep the person at the office while something would
fall short; what is found so is looked at once more as a whole before it is offered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from webapp.core import calendar, settings
from webapp.core.hours import clock_of
from webapp.coverage import effect as coverage
from webapp.day.queries import PersonDay
from webapp.duties import queries as duties
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.positions.rules import Post
from webapp.presence.facts import Duty as DutyFact
from webapp.presence.facts import Facts
from webapp.requests import comers, effects
from webapp.requests.approval_settings import TRAVEL
from webapp.requests.carrying import Times, times_of
from webapp.requests.effect_words import Summary, Worse
from webapp.requests.models import TeleworkRequest
from webapp.requests.wording import PLACE_WORDS, span_words
from webapp.rota import takers
from webapp.rota.swap_rules import SHORTEST_PART, Stretch
from webapp.rota.takers import Held, Taker
from webapp.rota.weighing import weighted

HALF_HOUR = 30
SHORTEST = 60  # minutes of telework that are worth the way
MOST_TAKERS = 5


@dataclass(frozen=True, slots=True)
class Option:
    """Somebody who could take it. load: weighted hours before and after; taken: exchanges of the week."""

    taker: Taker
    after: float

    @property
    def burden(self) -> str:
        """5.5→7.0 時間（目標 6.0）."""
        taker = self.taker
        return f"{taker.load:.1f}→{self.after:.1f} 時間（目標 {taker.target:.1f}）"


@dataclass(frozen=True, slots=True)
class DutyWay:
    """A part of a duty of the person, and who could take it, best first."""

    duty_id: int
    post: Post
    start: int
    end: int
    options: tuple[Option, ...]

    @property
    def words(self) -> str:
        return f"{self.post.name} の {span_words(self.start, self.end)}"


@dataclass(frozen=True, slots=True)
class TimeWay:
    times: Times
    words: str


@dataclass(frozen=True, slots=True)
class Ways:
    """duties: all of them together make way (complete), or part of it. others: who is at home and could come in."""

    duties: tuple[DutyWay, ...] = ()
    complete: bool = False
    times: tuple[TimeWay, ...] = ()
    others: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.duties or self.times or self.others)


def ways_of(row: TeleworkRequest, summary: Summary, *, now: datetime) -> Ways:
    """Nothing where nothing falls short."""
    if not summary.is_short:
        return Ways()
    found = tuple(way for way in _duties(row, summary, now) if way.options)
    return Ways(
        found,
        bool(found) and _is_complete(row, found, now),
        tuple(_times(row, summary, now)),
        _others(row, summary, now),
    )


# --- another time ---------------------------------------------------------------------------


def _times(row: TeleworkRequest, summary: Summary, now: datetime) -> Iterable[TimeWay]:
    path = [node.code for node in org.current_tree().path(row.unit_id)]
    travel = settings.value(TRAVEL, path)
    asked = times_of(row)
    first = min(each.start for each in summary.worse)
    last = max(each.end for each in summary.worse)
    for times in (later(asked, last, travel), earlier(asked, first, travel)):
        if times is not None and _is_fine(row, times, now):
            yield TimeWay(times, _time_words(row, times))


def later(asked: Times, last: int, travel: int) -> Times | None:
    """At the office until the last moment that falls short, then the way; on the half hour."""
    start = _up(last + travel)
    return Times(start, asked.end, before=travel) if asked.end - start >= SHORTEST else None


def earlier(asked: Times, first: int, travel: int) -> Times | None:
    """Back at the office before the first moment that falls short."""
    end = (first - travel) // HALF_HOUR * HALF_HOUR
    return Times(asked.start, end, after=travel) if end - asked.start >= SHORTEST else None


def _up(minute: int) -> int:
    return -(-minute // HALF_HOUR) * HALF_HOUR


def _is_fine(row: TeleworkRequest, times: Times, now: datetime) -> bool:
    return not effects.preview([row], now=now, times={row.id: times}).summary.is_short


def _time_words(row: TeleworkRequest, times: Times) -> str:
    """11:00 から在宅にする（移動 30 分を含む）."""
    place, travel = PLACE_WORDS[row.place], times.before or times.after
    way = f"（移動 {travel} 分を含む）" if travel else ""
    if times.end != row.end_minute:
        return f"{clock_of(times.end)} まで{place}にして、そのあと登庁する{way}"
    return f"{clock_of(times.start)} から{place}にする{way}"


# --- somebody else for the duty -------------------------------------------------------------


def _duties(row: TeleworkRequest, summary: Summary, now: datetime) -> Iterable[DutyWay]:
    held = duties.duties_between(row.staff_id, row.day, row.day)
    posts = positions.posts_by_id({duty.position_id for duty in held})
    for duty in held:
        part = part_in_the_way(duty, summary.worse)
        if part is not None:
            yield _way(row, duty, posts[duty.position_id], part, now)


def part_in_the_way(duty: Duty, worse: Sequence[Worse]) -> tuple[int, int] | None:
    """The part of a duty that falls short, widened so that no piece is too short to be anybody's duty."""
    mine = [
        each
        for each in worse
        if each.position_id == duty.position_id
        and each.start < duty.end_minute
        and duty.start_minute < each.end
    ]
    if not mine:
        return None
    start = max(duty.start_minute, min(each.start for each in mine))
    end = min(duty.end_minute, max(each.end for each in mine))
    if 0 < start - duty.start_minute < SHORTEST_PART:
        start = duty.start_minute
    if 0 < duty.end_minute - end < SHORTEST_PART or end - start < SHORTEST_PART:
        end = duty.end_minute
    return (start, end) if end - start >= SHORTEST_PART else (duty.start_minute, duty.end_minute)


def _way(
    row: TeleworkRequest, duty: Duty, post: Post, part: tuple[int, int], now: datetime
) -> DutyWay:
    held = Held(post, Stretch(row.day, *part), row.staff_id)
    weight = _weight(duty, part, now)
    options = (Option(taker, taker.load + weight) for taker in takers.takers_of(held, now=now))
    return DutyWay(duty.id, post, *part, tuple(options)[:MOST_TAKERS])


def _weight(duty: Duty, part: tuple[int, int], now: datetime) -> float:
    """Weighted hours of the part: what it adds to whoever takes it."""
    whole = weighted([duty], now=now)[duty.id]
    share = (part[1] - part[0]) / (duty.end_minute - duty.start_minute)
    return (whole.counter + whole.phone) * share


def _is_complete(row: TeleworkRequest, found: Sequence[DutyWay], now: datetime) -> bool:
    """Whether nothing falls short any more when the first of each takes over."""
    moved = [
        (way.options[0].taker.staff_id, _fact(row, way.start, way.end, way.post)) for way in found
    ]
    known = effects.amendments([row])
    amend = dict(known)
    for taker_id, fact in moved:
        amend[taker_id] = _with_duty(amend.get(taker_id), fact)
    asked = known[row.staff_id]
    gone = [fact for _, fact in moved]
    amend[row.staff_id] = lambda person: _without(asked(person), gone)
    groups = coverage.effects(amend, row.day, now=now)
    return not effects.summary_of(groups).is_short


def _fact(row: TeleworkRequest, start: int, end: int, post: Post) -> DutyFact:
    at = calendar.at_minute
    return DutyFact(at(row.day, start), at(row.day, end), post.name, post.id)


def _with_duty(before: coverage.Amend | None, fact: DutyFact) -> coverage.Amend:
    def amended(person: PersonDay) -> Facts:
        facts = before(person) if before else person.facts
        held = sorted((*facts.duties, fact), key=lambda duty: duty.starts_at)
        return replace(facts, duties=tuple(held))

    return amended


def _without(facts: Facts, gone: Sequence[DutyFact]) -> Facts:
    left: list[DutyFact] = list(facts.duties)
    for out in gone:
        left = [piece for duty in left for piece in _cut(duty, out)]
    return replace(facts, duties=tuple(left))


def _cut(duty: DutyFact, out: DutyFact) -> list[DutyFact]:
    if duty.position_id != out.position_id:
        return [duty]
    pieces = (
        replace(duty, ends_at=min(duty.ends_at, out.starts_at)),
        replace(duty, starts_at=max(duty.starts_at, out.ends_at)),
    )
    return [piece for piece in pieces if piece.starts_at < piece.ends_at]


# --- who could come in ----------------------------------------------------------------------


def _others(row: TeleworkRequest, summary: Summary, now: datetime) -> tuple[str, ...]:
    """Where whoever is there takes it: people of the units concerned who by plan work elsewhere in that time, and
    whose coming in would mend it. At most three; nobody on leave."""
    return tuple(org.names_of(comers.could_come_in(row, summary, now=now)).values())
