"""The panel of one person: the day, the next step, the choices. For the template alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from webapp.attendance import queries as attendance
from webapp.day import queries as day
from webapp.kiosk import handing
from webapp.kiosk.handing import Offer
from webapp.kiosk.rules import (
    Away,
    Chip,
    Step,
    away_of,
    break_chips,
    is_early,
    out_chips,
    step_of,
    working_spans,
)
from webapp.org.queries import PersonPosting
from webapp.presence.day_rules import reported
from webapp.presence.rules import resolve


@dataclass(frozen=True, slots=True)
class Panel:
    """mine: own duties left, with who could take each; others: duties of the others this person could take."""

    person: PersonPosting
    hours: list[tuple[str, str]]
    step: Step
    early: bool
    away: Away | None
    started_at: datetime | None
    ended_at: datetime | None
    take_back: int | None
    rests: list[Chip]
    outings: list[Chip]
    mine: list[Offer]
    others: list[Offer]

    @property
    def has_swaps(self) -> bool:
        return bool(self.mine or self.others)


def panel_of(
    person: PersonPosting, people: Sequence[PersonPosting], *, now: datetime
) -> Panel | None:
    """None: has left meanwhile."""
    today = day.days_of([person.staff_id], now=now).get(person.staff_id)
    if today is None:
        return None
    facts = today.facts
    away = away_of(facts, resolve(facts, now), now)
    step, so_far = step_of(facts, away, now), reported(facts.reports, now)
    mine, others = handing.offers(person, people, now=now)
    ended = [p for p in attendance.punches_on(person.staff_id, today.on) if p.kind == "end"]
    return Panel(
        person,
        working_spans(facts),
        step,
        is_early(facts, now),
        away,
        so_far.started_at if so_far.at_work else None,
        so_far.ended_at,
        ended[-1].id if step is Step.ENDED and ended else None,
        break_chips(now),
        out_chips(facts, now),
        mine,
        others,
    )
