"""確定: the draft becomes what counts, from now on; the past is never rewritten. Inside transactions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from webapp.accounts.access import Actor
from webapp.core import audit, clock
from webapp.core.calendar import WEEKDAYS
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.core.refusals import RuleBroken
from webapp.duties import queries as duty_queries
from webapp.duties import service as duties
from webapp.duties.models import Duty
from webapp.notices import service as notices
from webapp.notices import webhooks
from webapp.org import queries as org
from webapp.realtime import outbox
from webapp.rota import attendance_plan, breaks_follow, drafts, service
from webapp.rota.breaks import breaks_on_duty, ordinary_break
from webapp.rota.desk import Desk
from webapp.rota.models import Rota
from webapp.rota.rules import (
    Cell,
    RotaKind,
    Span,
    Where,
    by_where,
    doubles,
    from_minute,
    less,
    missing_from,
    until_minute,
)
from webapp.rota.service import Stale, Step
from webapp.rota.weeks import week_of

Begins = Callable[[date], int]
HELP = "help"  # 窓口応援 of the day is no part of the rota


@dataclass(frozen=True, slots=True)
class Difference:
    """What comes and goes, of what is still ahead. left_open: cells that nobody can stand in any more."""

    come: tuple[Cell, ...]
    go: tuple[Cell, ...]
    left_open: tuple[Cell, ...]

    @property
    def people(self) -> list[int]:
        return sorted({cell.staff for cell in (*self.come, *self.go)})


def ahead_of(desk: Desk, *, force: bool) -> Begins:
    """Slots that have begun stay; with force the running one changes as well, from this minute on."""
    if not force:
        return desk.horizon.begins
    local = clock.to_tokyo(desk.horizon.now)

    def begins(day: date) -> int:
        whole = desk.horizon.begins(day)
        return whole if day != local.date() else min(whole, local.hour * 60 + local.minute)

    return begins


def difference(desk: Desk, *, force: bool = False) -> Difference:
    begins = ahead_of(desk, force=force)
    wanted, before = from_minute(_standing(desk), begins), from_minute(desk.fixed, begins)
    lost = [*desk.gone, *desk.shut]
    return Difference(
        tuple(missing_from(wanted, before)),
        tuple(missing_from(before, wanted)),
        tuple(from_minute(lost, begins)),
    )


def _standing(desk: Desk) -> list[Cell]:
    return [cell for cell in desk.cells if desk.horizon.fits(cell)]


def publish(
    desk: Desk, *, revision: int, actor: Actor, now: datetime, force: bool = False
) -> tuple[Difference, int]:
    """(what changed, how many were told). Raises Stale; RuleBroken where somebody stands at two places at once."""
    rota = desk.rota
    if rota is None or rota.revision != revision:
        if rota is None and revision == 0:
            raise RuleBroken("確定する案がありません。先に案を作ってください。")
        raise Stale(revision, desk.cells)
    begins = ahead_of(desk, force=force)
    _refuse_doubles(desk, begins)
    found = difference(desk, force=force)
    told_before = {day for _, day in _fixed_days(desk)}
    if desk.horizon.kind is RotaKind.TEAM:
        attendance_plan.write(desk, _standing(desk), begins)
    else:
        _write_duties(desk, begins, now=now)
        _write_breaks(desk, found, now=now)
        _fix_days(desk, now=now)
    rota = _settle(desk, revision, begins, actor=actor, now=now)
    told = tell(desk, found, told_before, now=now)
    audit.record(
        actor,
        "rota.publish",
        unit_code=desk.unit_code,
        detail={
            "week": week_of(desk.horizon.first),
            "kind": desk.horizon.kind.value,
            "added": len(found.come),
            "removed": len(found.go),
        },
        now=now,
    )
    outbox.touch(service.TOPIC, rota.id)
    week = week_of(desk.horizon.first)
    path = f"/rota/{desk.unit_code}?w={week}"
    webhooks.happened("rota", desk.horizon.unit_id, now=now, path=path)
    return found, told


def _refuse_doubles(desk: Desk, begins: Begins) -> None:
    pairs = doubles(from_minute(_standing(desk), begins))
    if not pairs:
        return
    faults = {}
    for n, (one, other) in enumerate(pairs[:20]):
        names = [desk.horizon.posts[cell.position].name for cell in (one, other)]
        who = desk.horizon.people[one.staff].name
        faults[f"double.{n}"] = f"{_when(other)} {who}: {names[0]}と{names[1]}に同時に入っています"
    raise RuleBroken(
        "同時に2つの持ち場に入っている人がいます。直してから確定してください。", faults
    )


# --- duties ---------------------------------------------------------------------------------


def _write_duties(desk: Desk, begins: Begins, *, now: datetime) -> None:
    """Rows that stay keep their ids: swaps and calendars refer to them."""
    wanted = by_where(from_minute(_standing(desk), begins))
    touched: set[int] = set()
    ids = [post.id for post in desk.horizon.rostered]
    for row in duty_queries.duties_at(ids, desk.horizon.first, desk.horizon.last):
        spans = wanted.get((row.day, row.position_id, row.staff_id), [])
        if row.source != HELP and _bring_in_line(row, spans, begins(row.day)):
            touched.add(row.staff_id)
    pinned = by_where(cell for cell in desk.cells if cell.pinned)
    for where, spans in wanted.items():
        for span in spans:
            is_pinned = not less([span], pinned.get(where, []))
            db.session.add(_duty(where, span, pinned=is_pinned, now=now))
            touched.add(where[2])
    db.session.flush()
    duties.changed(touched)


def _bring_in_line(row: Duty, spans: list[Span], begins: int) -> bool:
    """The row as the plan wants it; the span it stands for is taken out. True if it changed.

    spans: of that person and position, nothing before `begins`, so one that goes on begins just there.
    """
    if row.end_minute <= begins:
        return False
    if row.start_minute >= begins:
        span = (row.start_minute, row.end_minute)
        if span in spans:
            spans.remove(span)
            return False
        db.session.delete(row)
        return True
    further = next((span for span in spans if span[0] == begins), None)
    if further is not None:
        spans.remove(further)
    before, row.end_minute = row.end_minute, further[1] if further else begins
    return before != row.end_minute


def _duty(where: Where, span: Span, *, pinned: bool, now: datetime) -> Duty:
    day, position_id, staff_id = where
    return Duty(
        position_id=position_id,
        staff_id=staff_id,
        day=day,
        start_minute=span[0],
        end_minute=span[1],
        source="rota",
        pinned=pinned,
        made_at=now,
    )


# --- breaks and days ------------------------------------------------------------------------


def _write_breaks(desk: Desk, found: Difference, *, now: datetime) -> None:
    """Who has no duty any more goes back to the ordinary break; a break that has begun stays."""
    if desk.horizon.kind is not RotaKind.WEEK:
        return
    planned = breaks_on_duty(desk)
    local = clock.to_tokyo(now)
    wanted: dict[tuple[int, date], Span | None] = {}
    for cell in (*_standing(desk), *found.go):
        day, held = cell.day, desk.horizon.people.get(cell.staff)
        if day < local.date() or held is None or held.number not in desk.facts.person_of:
            continue
        span = planned.get((day.isoformat(), held.number))
        if day == local.date() and (span or (0, 0))[0] <= local.hour * 60 + local.minute:
            continue
        d, i = desk.facts.day_of[day.isoformat()], desk.facts.person_of[held.number]
        wanted[cell.staff, day] = None if span == ordinary_break(desk, d, i) else span
    breaks_follow.put(wanted)


def _fix_days(desk: Desk, *, now: datetime) -> None:
    """日直 on a working day does not fix the counters of that day."""
    today = clock.to_tokyo(now).date()
    business = org.business_calendar()
    for day in map(date.fromisoformat, (each.date for each in desk.horizon.days)):
        if day >= today and (
            desk.horizon.kind is RotaKind.WEEK or not business.is_business_day(day)
        ):
            duties.fix(desk.horizon.unit_id, day, now=now)


def _fixed_days(desk: Desk) -> set[tuple[int, date]]:
    days = [date.fromisoformat(day.date) for day in desk.horizon.days]
    return duty_queries.fixed_days([desk.horizon.unit_id], days)


def _settle(desk: Desk, revision: int, begins: Begins, *, actor: Actor, now: datetime) -> Rota:
    """The draft equals what is fixed now, also where it had been left behind by the day."""
    past = until_minute(desk.fixed, begins)
    cells = service.merged([*past, *from_minute(_standing(desk), begins)])
    last = drafts.step_of(desk.rota, revision) if desk.rota is not None else None
    step = Step("fix", last.detail.get("back") if last is not None else None)
    rota = service.store(desk, cells, step, revision, actor=actor, now=now)
    rota.fixed_at, rota.fixed_by, rota.fixed_revision = now, actor.staff_id, rota.revision
    db.session.flush()
    return rota


# --- telling --------------------------------------------------------------------------------


def tell(desk: Desk, found: Difference, fixed_before: Iterable[date], *, now: datetime) -> int:
    """A notice to everybody whose duties changed; returns how many."""
    known = set(fixed_before)
    link = f"/rota/{desk.unit_code}?w={week_of(desk.horizon.first)}"
    told = 0
    for staff_id in found.people:
        come = [cell for cell in found.come if cell.staff == staff_id]
        go = [cell for cell in found.go if cell.staff == staff_id]
        is_change = bool(go) or any(cell.day in known for cell in come)
        head = "当番が変わりました" if is_change else "当番が決まりました"
        text = f"{head}（{desk.unit_name}）{_lines(desk, come, '入る')}{_lines(desk, go, '外れる')}"
        told += notices.notify(
            [staff_id],
            unit_id=desk.horizon.unit_id,
            kind="changed" if is_change else "fixed",
            text=text,
            link=link,
            now=now,
        )
    return told


def _lines(desk: Desk, cells: Sequence[Cell], word: str) -> str:
    if not cells:
        return ""
    shown = "、".join(f"{_when(cell)} {_post(desk, cell)}" for cell in cells[:4])
    more = f" ほか{len(cells) - 4}件" if len(cells) > 4 else ""
    return f" {word}: {shown}{more}"


def _post(desk: Desk, cell: Cell) -> str:
    post = desk.horizon.posts.get(cell.position)
    return post.name if post else ""


def _when(cell: Cell) -> str:
    day = cell.day
    on = f"{day.month}/{day.day}（{WEEKDAYS[day.weekday()]}）"
    return f"{on} {clock_of(cell.start)}〜{clock_of(cell.end)}"
