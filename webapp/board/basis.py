"""What a snapshot is made from, as three texts: while they are equal, and the clock has not passed, so is the snapshot.

All facts with their stamps, the versions of everybody who is shown or counts for coverage, and the open shortages. A
sum of versions tells every change, for within one epoch no version ever falls.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from webapp.board.queries import LARGEST_BOARD
from webapp.core import facts
from webapp.core.db import db
from webapp.core.prepared import Given
from webapp.coverage import queries as coverage
from webapp.coverage.models import Shortage
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode, UnitTree
from webapp.realtime.models import RowVersion

TOPIC = "staff"
_SLASH: Any = literal_column("'/'")  # in the statement itself: it is compiled once
Basis = tuple[str, str, str]
WIDTH = 3  # columns of it


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read for one unit. Good while the facts are the same, from `since` until `until`."""

    unit: UnitNode
    nodes: tuple[UnitNode, ...]
    tree: UnitTree
    people: int  # who is shown
    # Theirs, in the order of the board; () for too many to be listed.
    postings: tuple[PersonPosting, ...]
    on: date
    facts: str
    since: datetime
    until: datetime
    given: Given
    # What is kept of a plan knows it by this, and does not keep it alive: after every change of duties or settings
    # there is a new one.
    token: object = field(default_factory=object)

    def serves(self, facts_now: str, now: datetime) -> bool:
        return self.facts == facts_now and self.since <= now < self.until


def plan_of(unit: UnitNode, *, now: datetime) -> Plan:
    """Inside a snapshot."""
    on = org.today(now)
    tree = org.tree(on, known_at=now)
    nodes = tuple(tree.subtree(unit.id))
    ids = [node.id for node in nodes]
    postings = tuple(org.postings_in(ids, on, known_at=now))
    shown = {posting.staff_id for posting in postings}
    counting = shown | coverage.people_counting(ids, now=now)
    _, ends_at = org.business_calendar().day_bounds(on)
    given = {"people": _listing(counting), "units": _listing(ids)}
    until = min(ends_at, org.next_publication(now) or ends_at)
    listed = postings if len(shown) <= LARGEST_BOARD else ()
    return Plan(unit, nodes, tree, len(shown), listed, on, facts_now(), now, until, given)


def _listing(ids: Iterable[int]) -> str:
    return ",".join(map(str, sorted(ids)))


def facts_now() -> str:
    return db.session.scalar(select(facts.as_text())) or ""


def read(plan: Plan) -> Basis:
    """Through the session: of the snapshot that is being read."""
    row = db.session.execute(_alone(db.engine.dialect.name), dict(plan.given)).one()
    return text_of(row)


def text_of(columns: Sequence[Any]) -> Basis:
    """From the columns of a row; no rows at all are no text."""
    of_facts, moved, short = columns
    return of_facts or "", moved or "", short or ""


@cache
def _alone(dialect: str) -> Select[*tuple[Any, ...]]:
    return select(*columns(dialect))


def columns(dialect: str) -> tuple[ScalarSelect[str], ScalarSelect[str], ScalarSelect[str]]:
    """To be read along with who is asking; the parameters are `Plan.given`."""
    return facts.as_text(), _versions(dialect), _shortages(dialect)


def _versions(dialect: str) -> ScalarSelect[str]:
    total = func.coalesce(func.sum(RowVersion.version), 0)
    return (
        select(_text(func.count()) + "." + _text(total))
        .where(RowVersion.topic == TOPIC, RowVersion.key.in_(_numbers("people", dialect)))
        .scalar_subquery()
    )


def _shortages(dialect: str) -> ScalarSelect[str]:
    """Everything of them that is ever shown."""
    of_one = Shortage.__table__.c
    names = ("id", "level", "missing", "taken_by", "taken_at", "starts_at", "ends_at")
    each: ColumnElement[str] = literal_column("''", String)
    for name in names:
        each = each + func.coalesce(_text(of_one[name]), "-") + "|"
    rows = (
        select(each.label("said"))
        .where(Shortage.over_at.is_(None), Shortage.unit_id.in_(_numbers("units", dialect)))
        .order_by(Shortage.id)
        .subquery()
    )
    return select(func.aggregate_strings(rows.c.said, _SLASH)).scalar_subquery()


def _text(value: ColumnElement[Any]) -> ColumnElement[str]:
    return cast(value, String)


def _numbers(name: str, dialect: str) -> Select[*tuple[Any, ...]]:
    """The ids in the parameter: one text, for fifty parameters cost more than what they ask for."""
    listed = bindparam(name, type_=String)
    if dialect == "sqlite":
        return select(func.json_each("[" + listed + "]").table_valued("value").c.value)
    return select(func.unnest(cast(func.string_to_array(listed, ","), ARRAY(BigInteger))))
