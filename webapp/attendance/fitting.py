"""Where new card reads belong among the reports a person already has: what repeats, which day, what is odd. Pure."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from datetime import date, datetime

from webapp.attendance import rules
from webapp.attendance.cells import Given
from webapp.core.calendar import BusinessCalendar
from webapp.presence.day_rules import reported
from webapp.presence.facts import PunchKind, Report

Key = tuple[datetime, str, str]  # when, kind, 取込元: the same again is no new report


@dataclass(slots=True)
class Standing:
    """A punch that stands, stored already (id) or about to be (given)."""

    kind: PunchKind
    place: str | None
    site: str | None
    at: datetime
    business_on: date
    imported: bool
    flag: str | None = None
    id: int | None = None
    given: Given | None = None

    @property
    def sign(self) -> rules.Sign:
        return rules.Sign(self.kind, self.place, self.site, self.at)


@dataclass(slots=True)
class Fitted:
    """What an import does to one person. keys: to be remembered, also those of double reads."""

    new: list[Standing] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    repeated: int = 0
    days: set[date] = field(default_factory=set)
    reflagged: dict[int, str | None] = field(default_factory=dict)


def key_of(given: Given) -> Key:
    return (given.at, given.kind.value, given.source)


def fit(
    rows: Iterable[Given],
    standing: list[Standing],
    known: Set[Key],
    calendar: BusinessCalendar,
) -> Fitted:
    """All rows of one person, earliest first. standing: the punches around their days, in order."""
    fitted, seen = Fitted(), set(known)
    line = list(standing)
    for given in sorted(rows, key=lambda g: g.at):
        if key_of(given) in seen:
            fitted.repeated += 1
            continue
        seen.add(key_of(given))
        fitted.keys.append(key_of(given))
        if _is_double(given, line):
            fitted.repeated += 1
            continue
        one = _placed(given, line, calendar)
        fitted.new.append(one)
        fitted.days.add(one.business_on)
        line.append(one)
        line.sort(key=lambda s: s.at)
    for on in fitted.days:
        _flag([s for s in line if s.business_on == on], fitted)
    return fitted


def _is_double(given: Given, line: list[Standing]) -> bool:
    new = rules.Sign(given.kind, given.place, given.site, given.at)
    latest = next((s for s in reversed(line) if s.at <= given.at + rules.DOUBLE_READ), None)
    return latest is not None and rules.is_double_read(new, latest.sign)


def _placed(given: Given, line: list[Standing], calendar: BusinessCalendar) -> Standing:
    on = rules.business_day(given.at, given.kind, _open_day(line, given.at), calendar)
    place = given.place.value if given.place else None
    return Standing(given.kind, place, given.site, given.at, on, imported=True, given=given)


def _open_day(line: list[Standing], before: datetime) -> rules.OpenDay | None:
    latest = next((s.business_on for s in reversed(line) if s.at <= before), None)
    if latest is None:
        return None
    day = [Report(s.kind, s.at) for s in line if s.business_on == latest]
    so_far = reported(day, before)
    if not so_far.at_work or so_far.started_at is None:
        return None
    return rules.OpenDay(latest, so_far.started_at)


def _flag(day: list[Standing], fitted: Fitted) -> None:
    odd = rules.flags(rules.Tap(s.kind, s.imported) for s in day)
    for one, flag in zip(day, odd, strict=True):
        if one.flag != flag and one.id is not None:
            fitted.reflagged[one.id] = flag
        one.flag = flag
