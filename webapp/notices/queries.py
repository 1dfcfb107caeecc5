"""Reading what somebody has to be told, and how."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.day import queries as day
from webapp.notices import rules
from webapp.notices.links import link_for
from webapp.notices.models import Notice, NoticeChoice
from webapp.notices.rules import Choice, Group, Line, Quiet
from webapp.org import queries as org

TOPIC = "notice"
MOST_SHOWN = 50


def unread_of(staff_id: int) -> list[Notice]:
    """The newest first."""
    query = select(Notice).where(Notice.staff_id == staff_id, Notice.read_at.is_(None))
    newest = query.order_by(Notice.made_at.desc(), Notice.id.desc())
    return list(db.session.scalars(newest.limit(MOST_SHOWN)))


def unread_kinds(staff_id: int) -> Counter[str]:
    query = select(Notice.kind, func.count(Notice.id)).where(
        Notice.staff_id == staff_id, Notice.read_at.is_(None)
    )
    return Counter({kind: n for kind, n in db.session.execute(query.group_by(Notice.kind))})  # noqa: C416 rows


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice as its reader gets it; link is empty where the page is not theirs (any more)."""

    id: int
    unit_id: int
    kind: str
    text: str
    link: str
    made_at: datetime


def shown_to(actor: Actor, notices: Iterable[Notice]) -> list[Shown]:
    return [
        Shown(n.id, n.unit_id, n.kind, n.text, link_for(n.link, actor), n.made_at) for n in notices
    ]


@dataclass(frozen=True, slots=True)
class Block:
    """お知らせ as a page shows it."""

    lines: Sequence[Line[Shown]]
    units: dict[int, str]

    @property
    def count(self) -> int:
        return sum(len(line.notices) for line in self.lines)

    @property
    def ids(self) -> list[int]:
        return [notice.id for line in self.lines for notice in line.notices]


def block_of(actor: Actor, only: frozenset[Group] | None = None) -> Block:
    """only: the groups that belong on the page; None = all. What stands elsewhere on it is left out."""
    unread = [
        n
        for n in unread_of(actor.staff_id)
        if n.kind not in rules.SHOWN_ELSEWHERE and (only is None or rules.group_of(n.kind) in only)
    ]
    tree = org.current_tree()
    nodes = [tree.by_id(unit_id) for unit_id in {n.unit_id for n in unread}]
    names = {node.id: node.name for node in nodes if node is not None}
    return Block(rules.lines(shown_to(actor, unread)), names)


# --- how to be told -------------------------------------------------------------------------


def choices_of(staff_ids: Iterable[int]) -> dict[int, Choice]:
    """Of those who chose; the others have Choice()."""
    query = select(NoticeChoice).where(NoticeChoice.staff_id.in_(list(staff_ids)))
    known = {group.value for group in rules.MUTABLE}
    return {
        row.staff_id: Choice(
            row.pop_up,
            row.outside_hours,
            frozenset(Group(code) for code in row.muted if code in known),
        )
        for row in db.session.scalars(query)
    }


def choice_of(staff_id: int) -> Choice:
    return choices_of([staff_id]).get(staff_id, Choice())


def quiet_of(staff_ids: Sequence[int], *, now: datetime) -> dict[int, Quiet | None]:
    """Why nothing may pop up for each of them just now; None where it may."""
    choices = choices_of(staff_ids)
    days = day.days_of(staff_ids, now=now)
    return {
        staff_id: rules.why_quiet(
            days[staff_id].facts if staff_id in days else None,
            choices.get(staff_id, Choice()),
            now,
        )
        for staff_id in staff_ids
    }
