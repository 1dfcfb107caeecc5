"""これからの異動: for who leads a unit, of that unit and those below; for 人事担当 and 管理者, of all."""

from datetime import date
from typing import Any

from webapp.accounts.access import Actor, current_actor
from webapp.accounts.rules import LEADING
from webapp.admin.blueprint import bp, page
from webapp.core import clock
from webapp.core.refusals import NotAllowed
from webapp.org import queries as org
from webapp.org.coming import Coming, coming_postings, leaving_postings


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
        names=_names(actor, org.today(now)),
        names_on={day: _names(actor, day) for day in {one.on for one in arriving + leaving}},
        everywhere=actor.may_hr,
    )


def _units_led(actor: Actor) -> set[int]:
    tree = org.current_tree()
    led = [posting.unit_id for posting in actor.postings if posting.roles & LEADING]
    return {below for unit_id in led for below in (tree.subtree_ids(unit_id) or {unit_id})}


def _by_day(rows: list[Coming]) -> list[tuple[date, list[Coming]]]:
    """A block for each day, what is published apart from what is not."""
    blocks: dict[tuple[date, bool], list[Coming]] = {}
    for row in rows:
        blocks.setdefault((row.on, not row.published), []).append(row)
    return [
        (day, of_day)
        for (day, _unpublished), of_day in sorted(blocks.items(), key=lambda block: block[0])
    ]


def _names(actor: Actor, day: date) -> dict[int, str]:
    """Names of the units of a day, as far as this person may know them."""
    known_at = None if actor.may_hr else clock.now()
    return {node.id: node.name for node in org.tree(day, known_at=known_at).nodes}
