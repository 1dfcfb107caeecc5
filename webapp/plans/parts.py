"""A planned day in the few parts people read: 「午前 在宅　午後 在庁」. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from webapp.core import calendar
from webapp.plans.rules import Kind
from webapp.plans.spans import DayHours, words_of
from webapp.presence.day_rules import timeline
from webapp.presence.facts import Facts, Reason, Span, Stretch

REASONS = {Reason.MEETING: Kind.MEETING, Reason.DISASTER: Kind.DISASTER}


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch. Minutes from local midnight; own: entered for the person, not just the ordinary hours."""

    start: int
    end: int
    kind: Kind
    site: str | None = None
    own: bool = False
    words: str = ""  # 終日, 午前, 午後 or the times

    @property
    def is_whole(self) -> bool:
        return self.words == "終日"


def parts_of(plan: Iterable[Stretch], day: date, hours: DayHours | None) -> list[Part]:
    """plan: as in Facts, the later listed counts. What lies in the lunch break alone is left out."""
    begins, ends = calendar.at_minute(day, 0), calendar.at_minute(day, 24 * 60)
    stretches = timeline(Facts(day=Span(begins, ends), plan=tuple(plan)))
    parts = [_part(stretch, day) for stretch in stretches]
    places = _joined([part for part in parts if part.kind is not Kind.MEETING], hours)
    meetings = [part for part in parts if part.kind is Kind.MEETING]
    told = [replace(part, words=words_of(part.start, part.end, hours)) for part in places]
    told += [replace(part, words=words_of(part.start, part.end, None)) for part in meetings]
    return sorted(told, key=lambda part: (part.start, part.kind is Kind.MEETING))


def _part(stretch: Stretch, day: date) -> Part:
    midnight = calendar.at_minute(day, 0)
    start, end = (
        int((at - midnight).total_seconds()) // 60 for at in (stretch.starts_at, stretch.ends_at)
    )
    kind = REASONS[stretch.reason] if stretch.reason in REASONS else Kind(stretch.place or "office")
    return Part(start, end, kind, stretch.site, stretch.own)


def _joined(parts: list[Part], hours: DayHours | None) -> list[Part]:
    """Like neighbours are one, also across the break; where somebody is planned to be at lunch says nothing."""
    pause = hours.pause if hours else None
    found: list[Part] = []
    for part in parts:
        if pause and pause[0] <= part.start and part.end <= pause[1] and len(parts) > 1:
            continue
        last = found[-1] if found else None
        close = last is not None and (
            last.end == part.start or (pause == (last.end, part.start) if pause else False)
        )
        if last is not None and close and (last.kind, last.site) == (part.kind, part.site):
            found[-1] = replace(last, end=part.end, own=last.own or part.own)
        else:
            found.append(part)
    return found
