"""The live side of 窓口応援: prompts on every page of who is asked, and what became of it on the asker's."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from webapp.core import calendar, clock
from webapp.core.db import db, snapshot
from webapp.coverage import help_queries as queries
from webapp.coverage import help_rules as rules
from webapp.coverage.entries import iso
from webapp.coverage.help_rules import Colleague
from webapp.coverage.help_service import TOPIC, expires_at
from webapp.coverage.live import PERSON
from webapp.coverage.models import HelpAsk, HelpCall
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.positions import queries as positions
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
Body = dict[str, Any]


def render(call_ids: Sequence[int]) -> Rendered:
    """`help` to who is asked while the call is open, `help_over` when it is not, `help_call` to who asked."""
    rendered = Rendered()
    with snapshot():
        now = clock.now()
        calls = queries.calls_by_id(call_ids)
        told = bodies(calls, now=now)
        numbers = numbers_of(calls)
        made = versions.read(db.session, TOPIC, call_ids)
        for call, asks in ((call, queries.asks_of([call.id]).get(call.id, [])) for call in calls):
            rendered.frames += _frames(call, asks, told[call.id], numbers, now)
    by_id = {call.id: call for call in calls}
    rendered.due = {key: (version, _due(by_id.get(key), now)) for key, (version, _) in made.items()}
    return rendered


def _due(call: HelpCall | None, now: datetime) -> datetime:
    return expires_at(call) if call and _is_open(call, now) else NEVER


def _is_open(call: HelpCall, now: datetime) -> bool:
    return rules.is_open(call.asked_at, call.closed_at, now)


def _frames(
    call: HelpCall, asks: Sequence[HelpAsk], body: Body, numbers: Mapping[int, str], now: datetime
) -> list[Frame]:
    over = {"id": call.id, "by": body["helper"], "position": body["position"], "name": body["name"]}
    frames = [Frame(room(numbers.get(call.asked_by, ""), PERSON), "help_call", body)]
    for ask in asks:
        mine = room(numbers.get(ask.staff_id, ""), PERSON)
        if _is_open(call, now) and ask.declined_at is None:
            frames.append(Frame(mine, "help", prompt(body)))
        elif ask.staff_id == call.accepted_by:
            frames.append(Frame(mine, "help_call", body))
        else:
            frames.append(Frame(mine, "help_over", over))
    return frames


def prompt(body: Body) -> Body:
    """What is asked of somebody."""
    names = ("id", "unit", "unit_name", "position", "name", "kind", "by", "asked_at", "expires_at")
    return {name: body[name] for name in names}


def bodies(calls: Sequence[HelpCall], *, now: datetime) -> dict[int, Body]:
    """{call id: how it stands}: asked, declined (numbers, never who), helper and until."""
    tree = org.current_tree()
    posts = positions.posts_by_id({call.position_id for call in calls})
    names = org.names_of({i for c in calls for i in (c.asked_by, c.accepted_by) if i is not None})
    asks = queries.asks_of([call.id for call in calls])
    numbers = numbers_of(calls)
    found: dict[int, Body] = {}
    for call in calls:
        node, post, mine = tree.by_id(call.unit_id), posts.get(call.position_id), asks.get(call.id)
        duty = queries.duty_of(call)
        found[call.id] = {
            "id": call.id,
            "unit": node.code if node else "",
            "unit_name": node.name if node else "",
            "position": str(call.position_id),
            "name": post.name if post else "",
            "kind": post.kind.value if post else "other",
            "by": names.get(call.asked_by, ""),
            "by_staff": numbers.get(call.asked_by, ""),
            "asked_at": iso(call.asked_at),
            "expires_at": iso(expires_at(call)),
            "state": _state(call, duty, now),
            "asked": len(mine or ()),
            "declined": sum(1 for ask in mine or () if ask.declined_at is not None),
            "helper": names.get(call.accepted_by) if call.accepted_by is not None else None,
            "helper_staff": numbers.get(call.accepted_by) if call.accepted_by else None,
            "until": _until(duty),
        }
    return found


def _state(call: HelpCall, duty: Duty | None, now: datetime) -> str:
    """open | coming (somebody is on it) | done | nobody (all declined, or five minutes went by) | off (called off)."""
    if call.accepted_by is not None:
        ends = _ends(duty)
        return "coming" if ends is not None and ends > now else "done"
    if _is_open(call, now):
        return "open"
    asks = queries.asks_of([call.id]).get(call.id, [])
    ran_out = call.closed_at is None or all(ask.declined_at is not None for ask in asks)
    return "nobody" if ran_out else "off"


def _ends(duty: Duty | None) -> datetime | None:
    return calendar.at_minute(duty.day, duty.end_minute) if duty is not None else None


def _until(duty: Duty | None) -> str | None:
    ends = _ends(duty)
    return iso(ends) if ends is not None else None


def numbers_of(calls: Sequence[HelpCall]) -> dict[int, str]:
    ids = {ask.staff_id for asks in queries.asks_of([c.id for c in calls]).values() for ask in asks}
    ids |= {call.asked_by for call in calls}
    return dict(db.session.execute(select(Staff.id, Staff.number).where(Staff.id.in_(ids))).all())


def later(people: Sequence[Colleague]) -> list[Body]:
    """Who could be asked next, when nobody is free: name, and busy until when."""
    names = org.names_of([person.staff_id for person in people])
    return [
        {
            "name": names.get(person.staff_id, ""),
            "why": "duty" if person.stand.duty is not None else person.stand.why or "busy",
            "until": iso(person.until) if person.until else None,
        }
        for person in people
    ]
