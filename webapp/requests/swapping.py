"""Ways past a shortage that need somebody else: 打診, an order, and what follows when an exchange is over."""

from collections.abc import Sequence
from datetime import datetime

from webapp.accounts.access import Actor
from webapp.core.refusals import RuleBroken
from webapp.duties import queries as duties
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.requests import asking, cases, deciding, steps, telling
from webapp.requests.approvers import approvers_of
from webapp.requests.asking import OPEN_VALUES, Pick
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import Act, State, next_state
from webapp.rota import swaps, takers
from webapp.rota.models import Swap
from webapp.rota.swap_rules import State as SwapState
from webapp.rota.swap_rules import Stretch
from webapp.rota.swaps import Wish
from webapp.rota.takers import Held


def ask(
    request_id: int,
    picks: Sequence[Pick],
    *,
    revision: int | None,
    actor: Actor,
    now: datetime,
) -> TeleworkRequest:
    """打診: approved as soon as everybody asked has taken their duty."""
    case = cases.opened(request_id, Act.ASK, revision=revision, actor=actor, now=now)
    if asking.let_go(case.row, actor=actor, now=now):
        case.before["state"] = State.WAITING.value
    row, row.state = case.row, case.after.value
    asking.ask(row, picks, as_=case.as_.value, actor=actor, now=now)
    names = org.names_of({i for pick in picks for i in pick.to})
    note = "・".join(names.values())
    steps.took(row, "asked", by=actor.staff_id, now=now, before=case.before, note=note)
    words = "の承認のため、当番を代われる人に打診しています。"
    telling.decided(row, words, by=actor.staff_id, now=now)
    return row


def order(
    request_id: int,
    picks: Sequence[Pick],
    reason: str,
    *,
    revision: int | None,
    actor: Actor,
    now: datetime,
) -> TeleworkRequest:
    """交代を命じて承認: the second choice. With a reason; both people are told; the burden stands in the rota."""
    if not reason.strip():
        raise RuleBroken("交代を命じるには理由が要ります。", {"reason": "理由を入力してください"})
    case = cases.opened(request_id, Act.ORDER, revision=revision, actor=actor, now=now)
    asking.check(case.row, picks)
    if asking.let_go(case.row, actor=actor, now=now):
        case.before["state"] = State.WAITING.value
    for pick in picks:
        _refuse_twice_a_week(case.row, pick, now=now)
        wish = Wish(pick.duty_id, pick.start, pick.end, reason=deciding.cut(reason))
        swaps.order(wish, pick.to[0], actor=actor, now=now)
    summary = deciding.seen_under_lock(case.row, now=now)
    case.row.reason = deciding.cut(reason)
    deciding.carry(case.row, summary, by=actor.staff_id, as_=case.as_, now=now)
    steps.took(
        case.row, "order", by=actor.staff_id, now=now, before=case.before, note=case.row.reason
    )
    words = "が、当番の交代とあわせて承認されました。"
    telling.decided(case.row, words, by=actor.staff_id, now=now)
    deciding.audited(case, "order", now)
    return case.row


def _refuse_twice_a_week(row: TeleworkRequest, pick: Pick, *, now: datetime) -> None:
    """Never the same person twice a week while another fits."""
    duty = next(
        d for d in duties.duties_between(row.staff_id, row.day, row.day) if d.id == pick.duty_id
    )
    post = positions.posts_by_id([duty.position_id])[duty.position_id]
    held = Held(post, Stretch(row.day, pick.start, pick.end), row.staff_id)
    able = takers.takers_of(held, now=now)
    chosen = next((each for each in able if each.staff_id == pick.to[0]), None)
    fresh = [each.name for each in able if each.taken == 0]
    if chosen is not None and chosen.taken and fresh:
        fault = f"{chosen.name}さんは今週もう引き受けています。ほかに {'・'.join(fresh[:3])}さんが入れます"
        raise RuleBroken(f"{fault}。", {"to": fault})


# --- answers --------------------------------------------------------------------------------


def went_on(swap: Swap, *, actor: Actor | None, now: datetime) -> None:
    """Called inside the transaction in which an exchange is done, refused, withdrawn or ends: register.py lends it."""
    link = asking.link_of(swap.id)
    row = cases.locked(link.request_id) if link is not None else None
    if link is None or row is None or State(row.state) is not State.ASKED:
        return
    states = {each.state for each in asking.swaps_of([row.id])[row.id]}
    by = actor.staff_id if actor else None
    if states & OPEN_VALUES:
        steps.took(row, "swapped", by=by, now=now, before={})
    elif states == {SwapState.DONE.value}:
        _taken(row, link.asked_by, by=by, now=now)
    else:
        _nobody(row, link.asked_by, by=by, now=now)


def _taken(row: TeleworkRequest, asked_by: int, *, by: int | None, now: datetime) -> None:
    """In the name of who asked, if they decide about this person still (人事異動)."""
    before = steps.snapshot(row)
    summary = deciding.seen_under_lock(row, now=now)
    as_ = approvers_of(row.staff_id, row.filed_at, now=now).as_of(asked_by)
    after = next_state(State.ASKED, Act.TAKEN, short=summary.is_short or as_ is None)
    if after is State.APPROVED and as_ is not None:
        deciding.carry(row, summary, by=asked_by, as_=as_, now=now)
        telling.decided(row, "が承認されました。当番は代わってもらえました。", by=asked_by, now=now)
        words = "は、当番の交代が成立したので承認になりました。"
    else:
        row.state = State.WAITING.value
        words = "は、当番の交代が成立しましたが、まだ不足が残ります。もう一度決めてください。"
    steps.took(row, "swapped", by=by, now=now, before=before)
    if as_ is not None:
        telling.to_one(asked_by, row, words, now=now)
    else:
        words = (
            "は、当番の交代が成立しました。打診した人は承認者ではなくなったので、決めてください。"
        )
        telling.to_deciders(row, words, now=now)


def _nobody(row: TeleworkRequest, asked_by: int, *, by: int | None, now: datetime) -> None:
    before = steps.snapshot(row)
    row.state = State.WAITING.value
    steps.took(row, "nobody", by=by, now=now, before=before)
    words = "は、当番を代わる人が決まらず、承認待ちに戻りました。"
    telling.to_one(asked_by, row, words, now=now)
