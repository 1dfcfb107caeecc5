"""自分の今日: everything the first page of the day needs, in one piece."""

from datetime import date, datetime, time, timedelta
from typing import Any

from webapp.accounts.access import Actor
from webapp.attendance import queries as attendance
from webapp.attendance import rules as reports
from webapp.board import queries
from webapp.board.rows import iso
from webapp.core import calendar, clock
from webapp.core.hours import clock_of
from webapp.day import queries as day
from webapp.day.queries import PersonDay
from webapp.duties import queries as duties
from webapp.org import queries as org
from webapp.org import sites
from webapp.plans import queries as plans
from webapp.positions import queries as positions
from webapp.presence import service as presence
from webapp.presence.day_rules import (
    Reported,
    planned_at,
    report_due_at,
    reported,
    timeline,
    work_ends_at,
    working_edges,
)
from webapp.presence.facts import SELF_REASONS, Facts, Place, Span
from webapp.presence.settings import REASONS
from webapp.standup import queries as standup


def me(actor: Actor, *, now: datetime) -> dict[str, Any]:
    """As `GET /api/v1/me` answers and the home page embeds."""
    today = org.today(now)
    person = day.days_of([actor.staff_id], now=now).get(actor.staff_id)
    undo = presence.undo_until(actor.staff_id, now=now)
    return {
        "staff": actor.number,
        "name": actor.name,
        "kana": actor.kana,
        "scopes": sorted(actor.scopes) if actor.scopes is not None else None,
        "postings": _postings(actor),
        "row": queries.row_of(actor.staff_id),
        "state": None,
        "undo": {"until": iso(undo), "what": "status"} if undo else None,
        "today": _today(actor, person, today, now),
        "choices": _choices(person, now),
    } | _state(actor.staff_id)


def _state(staff_id: int) -> dict[str, Any]:
    row = queries.row_of(staff_id)
    return {"row": row, "state": row["state"] if row else None}


def _postings(actor: Actor) -> list[dict[str, Any]]:
    tree = org.current_tree()
    found = []
    for posting in actor.postings:
        unit, section = tree.by_id(posting.unit_id), tree.section(posting.unit_id)
        if unit is not None and section is not None:
            found.append(
                {
                    "unit": unit.code,
                    "unit_name": unit.name,
                    "section": section.code,
                    "section_name": section.name,
                    "title": posting.title,
                    "kind": posting.kind.value,
                    "roles": sorted(posting.roles),
                }
            )
    return found


def _today(actor: Actor, person: PersonDay | None, today: date, now: datetime) -> dict[str, Any]:
    business = org.business_calendar()
    return {
        "date": today.isoformat(),
        "business_day": business.is_business_day(today),
        "closed_because": business.closed_because(today),
        "hours": _hours(person),
        "segments": _segments(person),
        "report": _report(actor.staff_id, person, today, now),
        "standup": standup.day_of(actor.staff_id, today),
        "duties": duties_today(person, now),
        "week": _week(actor.staff_id, today, now),
    }


def _hours(person: PersonDay | None) -> dict[str, Any] | None:
    if person is None or person.hours is None:
        return None
    hours = person.hours
    return {
        "from": clock_of(hours.start, padded=True),
        "to": clock_of(hours.end, padded=True),
        "breaks": [[clock_of(a, padded=True), clock_of(b, padded=True)] for a, b in hours.breaks],
    }


def duties_today(person: PersonDay | None, now: datetime) -> list[dict[str, Any]]:
    """Today's duties in order of time; state: over | now | next (the first to come) | later."""
    found: list[dict[str, Any]] = []
    coming = iter(("next",))
    for duty in person.facts.duties if person else ():
        over, on = duty.ends_at <= now, duty.holds(now)
        state = "over" if over else "now" if on else next(coming, "later")
        span = {"from": iso(duty.starts_at), "to": iso(duty.ends_at)}
        found.append({"position": duty.position} | span | {"state": state})
    return found


def _segments(person: PersonDay | None) -> list[dict[str, Any]]:
    if person is None:
        return []
    return [
        {
            "from": f"{clock.to_tokyo(s.starts_at):%H:%M}",
            "to": f"{clock.to_tokyo(s.ends_at):%H:%M}",
            "place": s.place.value if s.place else None,
            "reason": s.reason.value if s.reason else None,
            "site": s.site,
            "planned": not s.own,
        }
        for s in timeline(person.facts)
    ]


def proposed_place(facts: Facts, now: datetime) -> tuple[Place, str | None]:
    """The place that one tap on 始業 reports: the planned one of now, or of the day's first work."""
    stretch = planned_at(facts, now)
    if stretch is None or stretch.place is Place.LEAVE:
        coming = [edge for edge in working_edges(facts) if edge > now]
        stretch = planned_at(facts, coming[0]) if coming else None
    if stretch is None or stretch.place is None or stretch.place is Place.LEAVE:
        return Place.OFFICE, None
    return stretch.place, stretch.site


def _report(staff_id: int, person: PersonDay | None, today: date, now: datetime) -> dict[str, Any]:
    if person is None:
        return {"required": False, "next": "none", "place": "office", "site": None, "flags": []}
    facts = person.facts
    so_far = reported(facts.reports, now)
    if reports.is_left_over(so_far, now):
        so_far = Reported()  # a forgotten 終業 is asked for below; today has not begun
    due = report_due_at(facts)
    place, site = proposed_place(facts, now)
    punches = attendance.punches_on(staff_id, today)
    ended = punches[-1] if punches and punches[-1].kind == "end" else None
    next_kind = reports.next_report(facts.reports, now)
    overdue = due is not None and not so_far.started_at and now >= due + facts.policy.report_grace
    return {
        "required": due is not None,
        "due_at": iso(due),
        "overdue": overdue,
        "next": "none" if ended is not None else next_kind,
        "place": place.value,
        "site": site,
        "started_at": iso(so_far.started_at),
        "ended_at": iso(so_far.ended_at),
        "out_until": iso(so_far.out.return_at) if so_far.out else None,
        "take_back": ended.id if ended is not None else None,
        "missing_end": _missing_end(staff_id, today, now),
        "flags": [punch.flag for punch in punches if punch.flag],
    }


def _missing_end(staff_id: int, today: date, now: datetime) -> dict[str, Any] | None:
    """The question of the morning after: the pattern's end stands there ready."""
    missing = attendance.missing_end(staff_id, today=today, now=now)
    if missing is None:
        return None
    hours = plans.working_hours([staff_id], missing, known_at=now).get(staff_id)
    proposed = calendar.at_minute(missing, hours.end) if hours else None
    return {"date": missing.isoformat(), "proposed_at": iso(proposed)}


def _week(staff_id: int, today: date, now: datetime) -> list[dict[str, Any]]:
    """Monday to Friday of this week: where one is planned to be, and on which duties."""
    business = org.business_calendar()
    monday = today - timedelta(days=today.weekday())
    held = _week_duties(staff_id, monday)
    return [
        _week_day(staff_id, on, business, now) | {"duties": held.get(on, [])}
        for on in (monday + timedelta(days=n) for n in range(5))
    ]


def _week_duties(staff_id: int, monday: date) -> dict[date, list[dict[str, str]]]:
    """{day: its duties}; at most one line a day is shown, with all in its title."""
    rows = duties.duties_between(staff_id, monday, monday + timedelta(days=4))
    posts = positions.posts_by_id({row.position_id for row in rows})
    found: dict[date, list[dict[str, str]]] = {}
    for row in rows:
        post = posts.get(row.position_id)
        span = {"from": clock_of(row.start_minute), "to": clock_of(row.end_minute)}
        found.setdefault(row.day, []).append({"position": post.name if post else ""} | span)
    return found


def _week_day(
    staff_id: int, on: date, business: calendar.BusinessCalendar, now: datetime
) -> dict[str, Any]:
    closed = business.closed_because(on)
    if closed is not None:
        label = "祝日" if calendar.national_holiday(on) else closed
        return {"date": on.isoformat(), "label": label, "place": None, "site": None}
    plan = day.plans_on([staff_id], on, now=now).get(staff_id, ())
    foreseen = timeline(Facts(Span(*business.day_bounds(on)), plan))
    places = [stretch for stretch in foreseen if stretch.place is not None]
    longest = max(places, key=lambda s: s.ends_at - s.starts_at, default=None)
    return {
        "date": on.isoformat(),
        "label": None,
        "place": longest.place.value if longest and longest.place else Place.OFFICE.value,
        "site": longest.site if longest else None,
    }


def _choices(person: PersonDay | None, now: datetime) -> dict[str, Any]:
    words = dict(REASONS)
    return {
        "sites": sites.site_names(),
        "until": until_chips(person, now),
        "reasons": [
            {"code": reason.value, "label": words[reason.value]} for reason in SELF_REASONS
        ],
    }


def until_chips(person: PersonDay | None, now: datetime) -> list[dict[str, Any]]:
    """30 分, 正午, 15:00 and the own end of the day, as far as they are still to come."""
    today = clock.to_tokyo(now).date()
    chips = [("30分", (now + timedelta(minutes=30)).replace(second=0, microsecond=0))]
    chips += [("正午", calendar.at(today, time(12))), ("15:00", calendar.at(today, time(15)))]
    ends_at = work_ends_at(person.facts) if person is not None else None
    if ends_at is not None:
        local = clock.to_tokyo(ends_at)
        chips.append((f"{local.hour}:{local.minute:02d}", ends_at))
    return [
        {"label": label, "at": iso(at)} for label, at in chips if at > now + timedelta(minutes=1)
    ]
