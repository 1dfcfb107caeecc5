"""What is open for one person on whatever page: shortages told and not taken, calls for help, the own help."""

from datetime import datetime
from typing import Any

from webapp.accounts.access import Actor
from webapp.coverage import board, help_live, help_queries, queries, service
from webapp.coverage.live import LEADS, led_from, own_rooms
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.positions import queries as positions
from webapp.realtime.rooms import room

Body = dict[str, Any]


def open_alerts(actor: Actor, *, now: datetime) -> list[Body]:
    """The alerts that stand: told to who leads the 係 or 課, not taken, not over. As the socket's `alert`."""
    if not actor.may_lead:
        return []
    tree = org.current_tree()
    told = own_rooms(actor)
    mine = [unit_id for unit_id in queries.home_units(now=now) if _is_told(unit_id, told, tree)]
    rows = [
        row
        for row in service.open_shortages(mine)
        if row.alerted_level and row.taken_by is None and row.ends_at > now
    ]
    posts = positions.posts_by_id({row.position_id for row in rows})
    return [board.alert_body(row, tree, posts) for row in rows]


def _is_told(unit_id: int, told: set[str], tree: UnitTree) -> bool:
    """Whether an alert of this unit goes to one of the rooms this person is in."""
    node = tree.by_id(unit_id)
    return node is not None and any(room(code, LEADS) in told for code in led_from(node, tree))


def of_person(actor: Actor, *, now: datetime) -> Body:
    """alerts · help (asked of me) · calls (made by me, still open or with a helper) · helping (I am on it)."""
    asked = help_queries.open_for(actor.staff_id, now=now)
    mine = help_queries.asked_by(actor.staff_id, now=now)
    helping = help_queries.helping(actor.staff_id, now=now)
    every = {call.id: call for call in (*asked, *mine, *([helping[0]] if helping else []))}
    told = help_live.bodies(list(every.values()), now=now)
    return {
        "alerts": open_alerts(actor, now=now),
        "help": [help_live.prompt(told[call.id]) for call in asked],
        "calls": [told[call.id] for call in mine if told[call.id]["state"] in ("open", "coming")],
        "helping": told[helping[0].id] if helping else None,
    }
