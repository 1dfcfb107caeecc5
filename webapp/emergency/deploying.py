"""災害配備: people sent to a place from then to then, as stretches of their days; and recalled. Inside a transaction.

Every deployment is one act and one source of plans ("emergency:<act>"), so that taking it back brings each day back
exactly as it was.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from webapp.accounts.access import Actor
from webapp.core import calendar, clock
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.coverage.effect import GroupEffect, effects
from webapp.day.queries import PersonDay
from webapp.emergency import queries, service
from webapp.emergency.models import Emergency, EmergencyAct
from webapp.emergency.rules import DayPart, day_parts, may_undo, span_fault, span_words
from webapp.org import queries as org
from webapp.plans import queries as plans
from webapp.plans import rules as plan_rules
from webapp.plans import service as planning
from webapp.plans.rules import Kind, Origin, Planned
from webapp.plans.service import Entry
from webapp.presence.facts import Facts

LONGEST_SITE = 60
DISASTER = Kind.DISASTER.value


@dataclass(frozen=True, slots=True)
class Deployment:
    """As wanted: who, where, from, to."""

    staff_ids: tuple[int, ...]
    site: str
    starts_at: datetime
    ends_at: datetime

    def faults(self, *, now: datetime) -> dict[str, str]:
        found = span_fault(self.starts_at, self.ends_at, now=now)
        if not self.site.strip() or len(self.site) > LONGEST_SITE:
            found["site"] = "場所を60文字以内で入れてください（例 災害対策本部）"
        if not self.staff_ids:
            found["staff"] = "配備する人を選んでください"
        return found

    def parts(self) -> tuple[DayPart, ...]:
        return day_parts(self.starts_at, self.ends_at, org.business_calendar())


def deploy(emergency_id: int, wanted: Deployment, *, actor: Actor, now: datetime) -> EmergencyAct:
    """All of these people or nobody. Raises RuleBroken, Conflict."""
    row = service.loaded(emergency_id)
    if faults := wanted.faults(now=now):
        raise RuleBroken("入力内容を確かめてください。", faults)
    span = span_words(wanted.starts_at, wanted.ends_at)
    detail = {
        "site": wanted.site,
        "span": span,
        "from": wanted.starts_at.isoformat(),
        "to": wanted.ends_at.isoformat(),
        "staff": list(wanted.staff_ids),
        "people": len(wanted.staff_ids),
    }
    act = service.note(row, "deploy", detail, actor=actor, now=now)
    for staff_id in wanted.staff_ids:
        _write(act, staff_id, wanted.site, wanted.parts())
    words = f"災害配備【{row.name}】{wanted.site}　{span}"
    service.tell(row, wanted.staff_ids, words, now=now)
    service.trail(row, "deploy", actor=actor, now=now, act=act.id, people=len(wanted.staff_ids))
    service.touch(row.id)
    return act


def source_of(act: EmergencyAct) -> str:
    return f"emergency:{act.id}"


def _write(act: EmergencyAct, staff_id: int, site: str, parts: Iterable[DayPart]) -> None:
    for part in parts:
        entry = Entry(part.start, part.end, DISASTER, site)
        planning.put_day(
            staff_id, part.day, [entry], source=source_of(act), origin=Origin.EMERGENCY
        )


# --- taking back ----------------------------------------------------------------------------


def recall(
    act_id: int, staff_ids: Sequence[int] | None = None, *, actor: Actor, now: datetime
) -> EmergencyAct:
    """From now on they are no longer deployed; what has been is kept. None = all of them. Within ten seconds of one's
    own tap nothing of it is left. Raises NotFound, Conflict."""
    act = _loaded(act_id)
    row = db.session.get_one(Emergency, act.emergency_id)
    gone = set(act.detail.get("recalled", ()))
    there = [i for i in act.detail.get("staff", ()) if i not in gone]
    wanted = there if staff_ids is None else [i for i in there if i in set(staff_ids)]
    if act.undone_at is not None or not wanted:
        raise Conflict("この配備は、もう解除されています。")
    undo = may_undo(act.at, by_me=act.by_id == actor.staff_id, now=now)
    starts_at = datetime.fromisoformat(act.detail["from"])
    ends_at = datetime.fromisoformat(act.detail["to"])
    kept = [] if undo else _before(starts_at, min(ends_at, now))
    for staff_id in wanted:
        _rewrite(act, staff_id, starts_at, ends_at, kept)
    act.detail = act.detail | {"recalled": sorted(gone | set(wanted))}
    if len(wanted) == len(there):
        act.undone_at = now
    if not undo:
        detail = {"site": act.detail["site"], "people": len(wanted), "act": act.id}
        service.note(row, "recall", detail, actor=actor, now=now)
    words = f"災害配備の解除【{row.name}】{act.detail['site']}"
    service.tell(row, wanted, words, now=now)
    service.trail(row, "recall", actor=actor, now=now, act=act.id, people=len(wanted))
    service.touch(row.id)
    return act


def _loaded(act_id: int) -> EmergencyAct:
    act = db.session.get(EmergencyAct, act_id, with_for_update=True, populate_existing=True)
    if act is None or act.kind != "deploy":
        raise NotFound("この配備は見つかりません。")
    return act


def _before(starts_at: datetime, until: datetime) -> list[DayPart]:
    if until <= starts_at:
        return []
    until = until.replace(second=0, microsecond=0)
    parts = day_parts(starts_at, until, org.business_calendar())
    return [part for part in parts if part.start < part.end]


def _rewrite(
    act: EmergencyAct,
    staff_id: int,
    starts_at: datetime,
    ends_at: datetime,
    kept: Sequence[DayPart],
) -> None:
    left = {part.day: part for part in kept}
    for part in day_parts(starts_at, ends_at, org.business_calendar()):
        stays = left.get(part.day)
        entries = [Entry(stays.start, stays.end, DISASTER, act.detail["site"])] if stays else []
        planning.put_day(
            staff_id, part.day, entries, source=source_of(act), origin=Origin.EMERGENCY
        )


# --- what stands ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """One deployment not over and not wholly recalled. people: those still deployed."""

    act: EmergencyAct
    people: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime

    @property
    def site(self) -> str:
        return str(self.act.detail["site"])

    @property
    def words(self) -> str:
        return span_words(self.starts_at, self.ends_at)


def standing(emergency_id: int, *, now: datetime) -> list[Standing]:
    """In the order they were made."""
    found = []
    for act in queries.acts_of(emergency_id, "deploy"):
        ends_at = clock.to_tokyo(datetime.fromisoformat(act.detail["to"]))
        gone = set(act.detail.get("recalled", ()))
        people = tuple(i for i in act.detail.get("staff", ()) if i not in gone)
        if act.undone_at is None and people and ends_at > now:
            starts_at = clock.to_tokyo(datetime.fromisoformat(act.detail["from"]))
            found.append(Standing(act, people, starts_at, ends_at))
    return found


def act_or_404(emergency_id: int, act_id: int) -> EmergencyAct:
    """Raises NotFound."""
    act = db.session.get(EmergencyAct, act_id) if act_id < 2**31 else None
    if act is None or act.emergency_id != emergency_id:
        raise NotFound("この操作の記録は見つかりません。")
    return act


# --- its effect -----------------------------------------------------------------------------


def effect_of(wanted: Deployment, *, now: datetime) -> list[GroupEffect]:
    """What it does to counters and telephones, a day at a time; the function of the board. Nothing is written."""
    return [
        found
        for part in wanted.parts()
        for found in effects(
            dict.fromkeys(wanted.staff_ids, partial(_amended, part=part, site=wanted.site)),
            part.day,
            now=now,
        )
    ]


def _amended(person: PersonDay, *, part: DayPart, site: str) -> Facts:
    stretch = plan_rules.stretch_of(
        Planned(part.start, part.end, Kind.DISASTER, site, Origin.EMERGENCY), part.day
    )
    return replace(person.facts, plan=(*person.facts.plan, stretch))


def effect_lines(wanted: Deployment, *, now: datetime) -> list[dict[str, Any]]:
    """Where it falls short by it: day, position, from, to, missing before and after."""
    found = effect_of(wanted, now=now)
    return [line for each in found for line in _lines(each)]


def _lines(each: GroupEffect) -> list[dict[str, Any]]:
    tree = org.current_tree()
    posts = {post.id: post for post in each.group.posts}
    midnight = calendar.at_minute(each.on, 0)
    return [
        {
            "day": each.on,
            "unit": node.name if (node := tree.by_id(posts[part.position_id].unit_id)) else "",
            "position": posts[part.position_id].name,
            "from": midnight + timedelta(seconds=part.start),
            "to": midnight + timedelta(seconds=part.end),
            "before": part.before,
            "after": part.after,
        }
        for part in each.changed()
        if part.after > part.before
    ]


def deployed_until(staff_ids: Sequence[int], day: date) -> Mapping[int, str]:
    """{staff id: where} of those deployed at some time of a day, by whatever emergency."""
    entries = plans.entries_of(staff_ids, day)
    return {
        staff_id: entry.site or ""
        for staff_id, found in entries.items()
        for entry in found
        if entry.kind is Kind.DISASTER
    }
