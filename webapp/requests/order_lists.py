"""Orders as lists: one's own and those of the units one leads; and what an emergency wants to know of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.emergency.lent import OrderLine, Orders
from webapp.emergency.models import EmergencyAct
from webapp.org import queries as org
from webapp.requests import orders
from webapp.requests.approver_rules import As
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import State
from webapp.requests.wording import day_words

SHOWN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One order. stands: something of it is still to come and in force."""

    filing: str
    first: date
    last: date
    people: tuple[str, ...]
    decider: str
    at: datetime
    stands: bool
    withdrawn: bool

    @property
    def words(self) -> str:
        if self.first == self.last:
            return f"{day_words(self.first)} 在宅"
        return f"{day_words(self.first)}〜{day_words(self.last)} 在宅"


def recent(actor: Actor, *, now: datetime) -> list[Line]:
    """Of the last thirty days, the newest first, as far as one may take them back."""
    query = select(TeleworkRequest).where(
        TeleworkRequest.decided_as == As.ORDER.value, TeleworkRequest.filed_at > now - SHOWN
    )
    by_filing: dict[str, list[TeleworkRequest]] = {}
    for row in db.session.scalars(query.order_by(TeleworkRequest.id)):
        by_filing.setdefault(row.filing, []).append(row)
    allowed = orders.units_of(actor)
    mine = [rows for rows in by_filing.values() if all(row.unit_id in allowed for row in rows)]
    names = org.names_of({row.staff_id for rows in mine for row in rows})
    return [_line(rows, names, now) for rows in reversed(mine)]


def _line(rows: list[TeleworkRequest], names: dict[int, str], now: datetime) -> Line:
    days = [row.day for row in rows]
    today = org.today(now)
    standing = [row for row in rows if row.state == State.APPROVED]
    people = dict.fromkeys(row.staff_id for row in rows)
    return Line(
        rows[0].filing,
        min(days),
        max(days),
        tuple(names.get(staff_id, "") for staff_id in people),
        rows[0].decider,
        rows[0].filed_at,
        any(row.day >= today for row in standing),
        not standing,
    )


# --- lent to the emergency ------------------------------------------------------------------


def standing(emergency_id: int, now: datetime) -> list[OrderLine]:
    """Orders under it with days still to come."""
    today = org.today(now)
    return [
        OrderLine(
            act.id,
            act.detail["span"],
            act.detail["people"],
            frozenset(act.detail["units"]),
            act.detail["filing"],
        )
        for act in orders.order_acts(emergency_id)
        if date.fromisoformat(act.detail["until"]) >= today
    ]


def take_back(act_id: int, actor: Actor, now: datetime) -> int:
    act = db.session.get(EmergencyAct, act_id)
    if act is None or act.kind != "order":
        return 0
    return orders.take_back(act.detail["filing"], actor=actor, now=now)


LENT = Orders(standing, take_back)
