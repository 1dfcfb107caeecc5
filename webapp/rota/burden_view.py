"""The burden of a unit as people may see it: names for who leads, one's own line and the means for everybody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.core import settings
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode
from webapp.rota import fairness
from webapp.rota.burden_rules import Hours, window_days
from webapp.rota.desk import desk_of
from webapp.rota.fairness import Balance, Ledger
from webapp.rota.settings import BURDEN_DAYS
from webapp.rota.solver.measure import Load
from webapp.rota.weeks import monday_of, week_of

FARTHEST = timedelta(days=370)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A window, and the Monday of the draft laid upon it (the window then ends the day before)."""

    days: int
    until: date
    draft: date | None


@dataclass(frozen=True, slots=True)
class View:
    """leads: sees names. drafted: the balance if the draft were fixed."""

    asked: Asked
    ledger: Ledger
    drafted: Balance | None
    leads: bool
    viewer: int

    @property
    def shown(self) -> list[PersonPosting]:
        return [p for p in self.ledger.people if self.leads or p.staff_id == self.viewer]


def asked(args: Mapping[str, str], unit: UnitNode, *, now: datetime) -> Asked:
    """?days=28&until=2026-11-24&draft=2026-W49. Raises RuleBroken."""
    today = org.today(now)
    path = [node.code for node in org.current_tree().path(unit.id)]
    days = window_days(args.get("days"), default=settings.value(BURDEN_DAYS, path))
    until = _date(args.get("until"), today)
    draft = _week(args.get("draft"))
    if draft is not None:
        until = draft - timedelta(days=1)
    if abs(until - today) > FARTHEST:
        raise RuleBroken("日付を直してください。", {"until": "1年以内の日付にしてください"})
    return Asked(days, until, draft)


def _date(text: str | None, default: date) -> date:
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        fault = {"until": "2026-11-24 のように指定してください"}
        raise RuleBroken("日付を直してください。", fault) from None


def _week(text: str | None) -> date | None:
    try:
        return monday_of(text) if text else None
    except ValueError as error:
        raise RuleBroken("週を直してください。", {"draft": str(error)}) from None


def view(unit: UnitNode, asked: Asked, actor: Actor, *, now: datetime) -> View:
    """The effect of a draft is for who leads: to others a draft is not known."""
    leads = access.leads_duties(actor, unit.id, org.current_tree())
    ledger = fairness.ledger(unit, asked.until, asked.days, now=now)
    drafted = None
    if leads and asked.draft is not None and fairness.draft_of(unit.id, asked.draft) is not None:
        drafted = fairness.with_draft(desk_of(unit.id, asked.draft, now=now), ledger)
    return View(asked, ledger, drafted, leads, actor.staff_id)


def json(unit: UnitNode, found: View) -> Json:
    asked, ledger, balance = found.asked, found.ledger, found.ledger.balance
    return {
        "unit": unit.code,
        "window": {
            "from": ledger.first.isoformat(),
            "to": ledger.last.isoformat(),
            "days": asked.days,
        },
        "people": [person_json(person, found) for person in found.shown],
        "mean": mean(ledger),
        "unfairness": round(balance.unfairness, 2),
        "spread": round(balance.spread, 2),
        "draft": _draft_json(asked.draft, found.drafted),
    }


def _draft_json(week: date | None, drafted: Balance | None) -> Json | None:
    if week is None or drafted is None:
        return None
    return {
        "week": week_of(week),
        "unfairness": round(drafted.unfairness, 2),
        "spread": round(drafted.spread, 2),
    }


def person_json(person: PersonPosting, found: View) -> Json:
    """carry: credit included, as the solver takes it in; credit: what of it is for days of absence."""
    carried = found.ledger.carried[person.staff_id]
    balance = found.ledger.balance.loads[person.staff_id]
    with_draft = found.drafted.loads.get(person.staff_id) if found.drafted else None
    return {
        "staff": person.number,
        "name": person.name,
        "group": carried.member.group,
        "counter": round(carried.load.counter, 2),
        "phone": round(carried.load.phone, 2),
        "target_counter": round(balance.target_counter, 2),
        "target_phone": round(balance.target_phone, 2),
        "carry": _hours(carried.load),
        "minutes": carried.minutes,
        "credit": _hours(carried.credit),
        "with_draft": _load(with_draft) if with_draft else None,
    }


def _hours(hours: Hours) -> dict[str, float]:
    return {"counter": round(hours.counter, 2), "phone": round(hours.phone, 2)}


def _load(load: Load) -> dict[str, float]:
    return {
        "counter": round(load.counter, 2),
        "phone": round(load.phone, 2),
        "target_counter": round(load.target_counter, 2),
        "target_phone": round(load.target_phone, 2),
    }


def mean(ledger: Ledger) -> dict[str, float]:
    """Of those who count (輪番), with the number of people: a mean of one would be a name."""
    loads = [load for load in ledger.balance.loads.values() if load.counts]
    return {
        "people": len(loads),
        "counter": _mean([load.counter for load in loads]),
        "phone": _mean([load.phone for load in loads]),
    }


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 2) if values else 0.0
