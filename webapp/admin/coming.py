"""これからの異動: for who leads a unit, of that unit and those below; for 人事担当 and 管理者, of all."""

from typing import Any

from webapp.accounts.access import Actor, current_actor
from webapp.accounts.rules import LEADING
from webapp.admin import queries
from webapp.admin.blueprint import bp, page
from webapp.core import clock
from webapp.core.refusals import NotAllowed
from webapp.org import queries as org
from webapp.org.coming import coming_postings, leaving_postings


@bp.get("/org/coming")
def coming() -> Any:
    actor = current_actor()
    now = clock.now()
    unit_ids = _units_led(actor)
    if not actor.may_hr and not unit_ids:
        raise NotAllowed("これからの異動は、所属長・係長・代決者・当番調整担当が見られます。")
    wanted = None if actor.may_hr else unit_ids
    arriving = coming_postings(wanted, now=now, unpublished=actor.may_hr)
    leaving = leaving_postings(wanted, now=now, unpublished=actor.may_hr)
    return page(
        "coming",
        actor,
        at="coming",
        arriving=_by_day(arriving),
        leaving=_by_day(leaving),
        names=_names(actor, {one.on for one in arriving}),
        everywhere=actor.may_hr,
    )


def _units_led(actor: Actor) -> set[int]:
    tree = org.current_tree()
    led = [posting.unit_id for posting in actor.postings if posting.roles & LEADING]
    return {below for unit_id in led for below in (tree.subtree_ids(unit_id) or {unit_id})}


def _by_day(rows: list[Any]) -> list[tuple[Any, list[Any]]]:
    days: dict[Any, list[Any]] = {}
    for row in rows:
        days.setdefault(row.on, []).append(row)
    return sorted(days.items())


def _names(actor: Actor, days: set[Any]) -> dict[int, str]:
    """Names as far as this person may know them, also of units that begin with the postings."""
    if actor.may_hr:
        return queries.unit_names(org.today())
    now = clock.now()
    names: dict[int, str] = {}
    for day in sorted(days)[:10]:
        names |= {node.id: node.name for node in org.tree(day, known_at=now).nodes}
    return names | {node.id: node.name for node in org.current_tree().nodes}
