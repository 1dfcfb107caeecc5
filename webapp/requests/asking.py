"""打診 and 交代の指示: somebody else takes the duties that stand in a request's way. Inside transactions.

Whoever is asked answers on the pages of swaps, also on the phone; when all have said yes, the request is approved in
the name of who asked (went_on, called by the swaps).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, select

from webapp.accounts.access import Actor
from webapp.core.db import db
from webapp.core.refusals import RuleBroken
from webapp.duties.models import Duty
from webapp.requests.models import RequestSwap, TeleworkRequest
from webapp.rota import swap_work, swaps
from webapp.rota.models import Swap
from webapp.rota.swap_rules import OPEN
from webapp.rota.swaps import Wish

REASON = "テレワークの申請のため"
OPEN_VALUES = frozenset(state.value for state in OPEN)


@dataclass(frozen=True, slots=True)
class Pick:
    """A part of one of the person's duties of that day, and whom it should go to. Minutes from local midnight."""

    duty_id: int
    start: int
    end: int
    to: tuple[int, ...]


def check(row: TeleworkRequest, picks: Sequence[Pick]) -> None:
    """RuleBroken unless these are duties of the person on the day, each with somebody to go to."""
    if not picks:
        raise RuleBroken("頼む当番を選んでください。", {"picks": "当番を選んでください"})
    ids = {pick.duty_id for pick in picks}
    query = select(Duty.id).where(
        Duty.id.in_(ids), Duty.staff_id == row.staff_id, Duty.day == row.day
    )
    if set(db.session.scalars(query)) != ids:
        fault = "この当番は、もうほかの人に代わっています"
        raise RuleBroken(f"{fault}。画面を読み直してください。", {"picks": fault})
    if any(not pick.to for pick in picks):
        raise RuleBroken("頼む人を選んでください。", {"to": "頼む人を選んでください"})


def ask(
    row: TeleworkRequest, picks: Sequence[Pick], *, as_: str, actor: Actor, now: datetime
) -> list[Swap]:
    """One exchange a duty. What was asked before for this request has been let go."""
    check(row, picks)
    db.session.execute(delete(RequestSwap).where(RequestSwap.request_id == row.id))
    asked = []
    for pick in picks:
        wish = Wish(pick.duty_id, pick.start, pick.end, pick.to, reason=REASON)
        swap = swaps.ask(wish, actor=actor, now=now)
        db.session.add(
            RequestSwap(request_id=row.id, swap_id=swap.id, asked_by=actor.staff_id, asked_as=as_)
        )
        asked.append(swap)
    db.session.flush()
    return asked


def swaps_of(request_ids: Sequence[int]) -> dict[int, list[Swap]]:
    """{request id: its exchanges, in order}."""
    query = (
        select(RequestSwap.request_id, Swap)
        .join(Swap, Swap.id == RequestSwap.swap_id)
        .where(RequestSwap.request_id.in_(list(request_ids)))
        .order_by(Swap.id)
    )
    found: dict[int, list[Swap]] = {}
    for request_id, swap in db.session.execute(query):
        found.setdefault(request_id, []).append(swap)
    return found


def asked_of(swap_id: int) -> list[int]:
    """Staff ids of those one exchange was offered to."""
    return [offer.staff_id for offer in swap_work.offers_of([swap_id]).get(swap_id, ())]


def link_of(swap_id: int) -> RequestSwap | None:
    return db.session.scalars(select(RequestSwap).filter_by(swap_id=swap_id)).one_or_none()


def let_go(row: TeleworkRequest, *, actor: Actor, now: datetime) -> bool:
    """What is still being asked for this request is asked no more; True if anything was.

    In the name of who asked it: another 承認者, or the person withdrawing, ends it all the same. The state is changed
    first, so that the end of the exchange is not taken for an answer.
    """
    pending = [s for s in swaps_of([row.id]).get(row.id, ()) if s.state in OPEN_VALUES]
    if not pending:
        return False
    row.state = "waiting"
    db.session.flush()
    for swap in pending:
        swaps.withdraw(swap.id, actor=replace(actor, staff_id=swap.asked_by), now=now)
    db.session.execute(delete(RequestSwap).where(RequestSwap.request_id == row.id))
    return True
