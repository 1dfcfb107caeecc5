"""Gathering what the checks have to know: the person's posting and rules, and what lies on each day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from webapp.core import calendar
from webapp.core.refusals import RuleBroken
from webapp.duties import queries as duties
from webapp.emergency import queries as emergency
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import Reach, UnitNode
from webapp.plans import queries as plans
from webapp.plans.rules import Kind, Origin, Planned
from webapp.positions import queries as positions
from webapp.presence import queries as presence
from webapp.requests import records, settings, targets
from webapp.requests.models import TeleworkRequest
from webapp.requests.rulebook import Rules, deadline_at
from webapp.requests.targets import Target, Who
from webapp.requests.wishes import Hours, Known, Turn

TELEWORK = frozenset({Kind.HOME, Kind.SATELLITE, Kind.MOBILE})
USUAL = Hours(510, 1035, (720, 780))  # where a person's own hours are not known (8:30–17:15)


@dataclass(frozen=True, slots=True)
class Filer:
    """The person a request is for, as posted today, and the rules that hold for them."""

    staff_id: int
    posting: PersonPosting
    unit: UnitNode
    path: tuple[str, ...]
    rules: Rules


def filer(staff_id: int, *, now: datetime) -> Filer:
    """RuleBroken for who holds no posting today."""
    held = org.postings_today(staff_id, now=now)
    unit = org.current_tree().by_id(held[0].unit_id) if held else None
    if unit is None:
        raise RuleBroken("所属のない人の申請は受けられません。人事担当に確かめてください。")
    path = tuple(node.code for node in org.current_tree().path(unit.id))
    return Filer(staff_id, held[0], unit, path, settings.rules_of(path))


def week_of(day: date) -> list[date]:
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


class Days:
    """One person's days, each read once."""

    def __init__(self, who: Filer, *, now: datetime) -> None:
        self.who, self.now = who, now
        self._business = org.business_calendar()
        self._hours: dict[date, Hours | None] = {}
        self._entries: dict[date, tuple[Planned, ...]] = {}
        self._postings: dict[date, list[PersonPosting]] = {}

    def postings(self, day: date) -> list[PersonPosting]:
        """Of that day as may be known today."""
        if day not in self._postings:
            found = org.postings_of([self.who.staff_id], day, known_at=self.now)
            self._postings[day] = found.get(self.who.staff_id, [])
        return self._postings[day]

    def hours(self, day: date) -> Hours | None:
        """None on a closed day, and where the person does not work."""
        if day not in self._hours:
            self._hours[day] = self._hours_of(day)
        return self._hours[day]

    def _hours_of(self, day: date) -> Hours | None:
        held = self.postings(day)
        if not held or not self._business.is_business_day(day):
            return None
        found = org.hours_on(day, {self.who.staff_id: held}).get(self.who.staff_id)
        if found is None:
            return None
        return Hours(found.start, found.end, next(iter(found.breaks), None), found.core)

    def usual_hours(self, day: date) -> Hours:
        """Those of the day, else those of the person's other days."""
        own = self.hours(day)
        return own or next((h for each in week_of(day) if (h := self.hours(each))), USUAL)

    def closed(self, day: date) -> str | None:
        return self._business.closed_because(day)

    def is_business(self, day: date) -> bool:
        return self._business.is_business_day(day)

    def entries(self, day: date) -> tuple[Planned, ...]:
        """Everything planned but what comes from requests: those are looked at themselves."""
        if day not in self._entries:
            ids = [self.who.staff_id]
            weekly = plans.weekly_of(ids, day).get(self.who.staff_id, ())
            entered = plans.entries_of(ids, day).get(self.who.staff_id, ())
            told = (*weekly, *entered)
            self._entries[day] = tuple(e for e in told if e.origin is not Origin.REQUEST)
        return self._entries[day]

    def absent(self, day: date) -> list[Planned]:
        return [entry for entry in self.entries(day) if entry.kind in (Kind.LEAVE, Kind.TRIP)]

    def is_away(self, day: date) -> bool:
        """On leave or trip for all of one's hours."""
        hours = self.hours(day)
        return hours is not None and any(
            entry.start <= hours.start and hours.end <= entry.end for entry in self.absent(day)
        )

    def teleworks(self, day: date) -> bool:
        return any(entry.kind in TELEWORK for entry in self.entries(day)) and not self.is_away(day)

    def teleworks_whole(self, day: date) -> bool:
        hours = self.hours(day)
        return hours is not None and any(
            entry.kind in TELEWORK and entry.start <= hours.start and hours.end <= entry.end
            for entry in self.entries(day)
        )

    def deadline(self, day: date) -> datetime | None:
        rule = self.who.rules.deadline
        return deadline_at(rule, day, self.is_business) if rule else None


def known_of(days: Days, wanted: Sequence[date], *, but: Iterable[int] = ()) -> dict[date, Known]:
    """{day: what is known of it}. but: requests to leave out, as the one being changed."""
    if not wanted:
        return {}
    who = days.who
    weeks = sorted({each for day in wanted for each in week_of(day)})
    filed = records.in_force_between(who.staff_id, weeks[0], weeks[-1], but=but)
    turns = _turns(who, wanted)
    found = emergency.open_for(who.unit.id, now=days.now)
    name = found.name if found else ""
    words = presence.labels()["place"]
    return {
        day: Known(
            hours=days.hours(day),
            closed=days.closed(day),
            deadline_at=days.deadline(day),
            week=_telework(days, filed, day),
            whole_week=_whole(days, filed, day),
            working=frozenset(d for d in week_of(day) if days.hours(d) and not days.is_away(d)),
            turns=turns.get(day, ()),
            absent=tuple((e.start, e.end, words[e.kind.value]) for e in days.absent(day)),
            target=_target(days, day),
            emergency=name,
        )
        for day in wanted
    }


def _telework(days: Days, filed: Sequence[TeleworkRequest], day: date) -> frozenset[date]:
    week = [each for each in week_of(day) if each != day]
    asked = {row.day for row in filed if row.day in week}
    return frozenset(asked | {each for each in week if days.teleworks(each)})


def _whole(days: Days, filed: Sequence[TeleworkRequest], day: date) -> frozenset[date]:
    week = [each for each in week_of(day) if each != day]
    asked = {row.day for row in filed if row.day in week and row.extent == "whole"}
    return frozenset(asked | {each for each in week if days.teleworks_whole(each)})


def _turns(who: Filer, wanted: Sequence[date]) -> dict[date, tuple[Turn, ...]]:
    rows = duties.duties_between(who.staff_id, min(wanted), max(wanted))
    posts = positions.posts_by_id({row.position_id for row in rows})
    transfers = who.posting.reach == Reach.TRANSFER.value
    found: dict[date, tuple[Turn, ...]] = {}
    for row in rows:
        post = posts[row.position_id]
        away = transfers and not post.on_site
        turn = Turn(row.start_minute, row.end_minute, post.name, away)
        found[row.day] = (*found.get(row.day, ()), turn)
    return found


def _target(days: Days, day: date) -> Target:
    held = days.postings(day)
    if not held:
        return Target(False, "この日の所属がありません")
    posting = held[0]
    tree = org.tree(day, known_at=days.now)
    who = Who(
        posting.title,
        posting.employment,
        tuple(node.code for node in tree.path(posting.unit_id)),
        posting.telework,
    )
    rules = days.who.rules
    return targets.target_of(rules.targets, rules.target_else, who, day)


def next_days(days: Days, *, first: date, most: int = 1) -> list[date]:
    """The next days on which a request could be filed without a word: in time, working, nothing there yet."""
    ahead = days.who.rules.ahead_days
    last = first + timedelta(days=min(ahead, 60))
    taken = {row.day for row in records.in_force_between(days.who.staff_id, first, last)}
    found: list[date] = []
    for day in calendar.days(first, last):
        due = days.deadline(day)
        if (due is not None and days.now > due) or day in taken or days.hours(day) is None:
            continue
        if not days.absent(day) and not days.teleworks(day):
            found.append(day)
        if len(found) == most:
            break
    return found
