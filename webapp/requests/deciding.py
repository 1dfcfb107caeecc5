"""Deciding on requests. Inside transactions; every act goes through cases.opened (permission, revision, state).

What an approval would do to the counters is looked at again inside the transaction, after those who decide about the
same counters have been made to wait: of two requests that are fine alone only the first is approved without a word.
"""

from datetime import datetime

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit
from webapp.core.db import db
from webapp.core.refusals import Refusal, RuleBroken
from webapp.coverage import queries as coverage
from webapp.duties import service as duties
from webapp.org import queries as org
from webapp.org.models import Unit
from webapp.requests import asking, carrying, cases, effects, records, steps, telling
from webapp.requests.approver_rules import As
from webapp.requests.carrying import Times
from webapp.requests.cases import Case
from webapp.requests.effect_words import Summary
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import Act, State, next_state
from webapp.requests.wording import span_words

LONGEST_TEXT = 200
SHORTEST_TELEWORK = 30
DAY_END = 24 * 60


class FallsShort(RuleBroken):
    """The approval brings a shortage and no reason was given for approving all the same."""

    def __init__(self, summary: Summary) -> None:
        fault = "不足のまま承認する理由を入力してください"
        super().__init__(f"{summary.headline}。{fault}。", {"reason": fault})
        self.summary = summary


# --- deciding -------------------------------------------------------------------------------


def approve(
    request_id: int,
    *,
    revision: int | None,
    actor: Actor,
    now: datetime,
    condition: str = "",
    reason: str = "",
) -> TeleworkRequest:
    """Raises FallsShort where counters or telephones fall short through it and no reason is given."""
    case = cases.opened(request_id, Act.APPROVE, revision=revision, actor=actor, now=now)
    summary = seen_under_lock(case.row, now=now)
    if summary.is_short and not reason.strip():
        raise FallsShort(summary)
    let_go = asking.let_go(case.row, actor=actor, now=now)
    if let_go:
        case.before["state"] = State.WAITING.value
    case.row.condition, case.row.reason = cut(condition), cut(reason)
    carry(case.row, summary, by=actor.staff_id, as_=case.as_, now=now)
    words = f"が承認されました。{'条件があります。' if case.row.condition else ''}"
    _done(case, "approved", words, now=now)
    return case.row


def refuse(
    request_id: int, reason: str, *, revision: int | None, actor: Actor, now: datetime
) -> TeleworkRequest:
    case = cases.opened(request_id, Act.REFUSE, revision=revision, actor=actor, now=now)
    return _turn_down(
        case, "refused", reason, "は承認されませんでした。理由を見てください。", now=now
    )


def return_(
    request_id: int, reason: str, *, revision: int | None, actor: Actor, now: datetime
) -> TeleworkRequest:
    """差し戻し, also of what is approved already: the day is planned as before then."""
    case = cases.opened(request_id, Act.RETURN, revision=revision, actor=actor, now=now)
    words = "が差し戻されました。理由を見て、出し直してください。"
    return _turn_down(case, "returned", reason, words, now=now)


def _turn_down(case: Case, what: str, reason: str, words: str, *, now: datetime) -> TeleworkRequest:
    if not reason.strip():
        fault = "理由を入力してください"
        raise RuleBroken("本人に伝える理由が要ります。", {"reason": fault})
    if asking.let_go(case.row, actor=case.actor, now=now):
        case.before["state"] = State.WAITING.value
    if State(case.row.state) is State.APPROVED:
        carrying.take_back(case.row)
    carrying.release(case.row, now=now)
    row, row.state = case.row, case.after.value
    row.reason, row.condition, row.short_minutes = cut(reason), "", None
    signed(row, by=case.actor.staff_id, as_=case.as_, now=now)
    _done(case, what, words, now=now, note=row.reason)
    return row


def withdraw(
    request_id: int, *, revision: int | None, actor: Actor, now: datetime
) -> TeleworkRequest:
    """By the person, or who filed it for them; until the day is over."""
    case = cases.opened(request_id, Act.WITHDRAW, revision=revision, actor=actor, now=now)
    row, was = case.row, State(case.row.state)
    if was is State.APPROVED and row.day < org.today(now):
        raise RuleBroken(
            "過ぎた日の承認済みの申請は取り下げられません。所属長に差し戻してもらってください。"
        )
    if asking.let_go(row, actor=actor, now=now):
        case.before["state"] = State.WAITING.value
    if was is State.APPROVED:
        carrying.take_back(row)
    carrying.release(row, now=now)
    row.state = case.after.value
    steps.took(row, "withdrawn", by=actor.staff_id, now=now, before=case.before)
    telling.over(row, now=now)
    if was is State.APPROVED:
        telling.to_deciders(row, "は取り下げられました。", now=now, but=actor.staff_id)
    audited(case, "withdraw", now)
    return row


# --- another time ---------------------------------------------------------------------------


def propose(
    request_id: int, times: Times, *, revision: int | None, actor: Actor, now: datetime
) -> TeleworkRequest:
    """本人に提案: taken in one tap it is changed and approved, in the name of who proposed it."""
    case = cases.opened(request_id, Act.PROPOSE, revision=revision, actor=actor, now=now)
    _check_times(case.row, times)
    if asking.let_go(case.row, actor=actor, now=now):
        case.before["state"] = State.WAITING.value
    row, row.state = case.row, case.after.value
    row.proposal = times.json() | {"by": actor.staff_id, "as": case.as_.value}
    at = span_words(times.start, times.end)
    _done(case, "proposed", f"について、{at} にする提案があります。", now=now, note=at)
    return row


def _check_times(row: TeleworkRequest, times: Times) -> None:
    if not 0 <= times.start < times.end <= DAY_END or times.end - times.start < SHORTEST_TELEWORK:
        fault = f"{SHORTEST_TELEWORK}分以上になるように、始まりと終わりを選んでください"
        raise RuleBroken(f"{fault}。", {"from": fault})
    if times.before not in range(181) or times.after not in range(181):
        raise RuleBroken("移動は180分までにしてください。", {"before": "0〜180 にしてください"})
    if (times.start, times.end) == (row.start_minute, row.end_minute):
        raise RuleBroken("申請と同じ時間です。", {"from": "申請と違う時間にしてください"})
    if fault := _in_the_way(row, times):
        raise RuleBroken(f"{fault}。", {"from": f"{fault}。ほかの時間にしてください"})


def _in_the_way(row: TeleworkRequest, times: Times) -> str:
    """Another request of that time, or the hours the person wants to work that day; "" if nothing."""
    hours = carrying.hours_of(row)
    if hours is not None and not hours.start <= times.start < times.end <= hours.end:
        return f"本人の勤務時間の割振り（{span_words(hours.start, hours.end)}）の外です"
    but = [row.id, *records.beside(row)]
    others = records.in_force_between(row.staff_id, row.day, row.day, but=but)
    if any(times.start < each.end_minute and each.start_minute < times.end for each in others):
        return "この時間には、本人の別の申請があります"
    return ""


def _moved(row: TeleworkRequest, times: Times, *, actor: Actor, now: datetime) -> str:
    """To the proposed hours, its seat and telephone with it; why not, with nothing changed, "" if done."""
    if why := _in_the_way(row, times):
        return why
    try:
        with db.session.begin_nested():
            row.start_minute, row.end_minute, row.extent = times.start, times.end, "hours"
            carrying.rebook(row, actor=actor, now=now)
    except Refusal:
        return "この時間には、席や貸出物品を取れません"
    return ""


def accept_proposal(
    request_id: int, *, revision: int | None, actor: Actor, now: datetime
) -> TeleworkRequest:
    """The person takes it. If it would bring a shortage by now, it is decided once more; also if who proposed it
    decides about this person no longer. Where the hours are taken by now, it waits as it was filed."""
    seen = cases.read(request_id, actor, now=now)
    carrying.hold_bookings(seen)
    duties.hold([seen.staff_id])  # who files for the same person at this moment waits here
    case = cases.opened(request_id, Act.ACCEPT_PROPOSAL, revision=revision, actor=actor, now=now)
    row, offer = case.row, dict(case.row.proposal or {})
    times = Times.of_json(offer)
    if why := _moved(row, times, actor=actor, now=now):
        return _not_moved(case, offer["by"], why, now=now)
    row.proposal = offer | {"taken": True}
    summary = seen_under_lock(row, now=now)
    as_ = case.approvers.as_of(offer["by"])
    after = next_state(State.PROPOSED, Act.ACCEPT_PROPOSAL, short=summary.is_short or as_ is None)
    if after is State.APPROVED and as_ is not None:
        carry(row, summary, by=offer["by"], as_=as_, now=now)
    else:
        row.state = State.WAITING.value
    steps.took(row, "taken", by=actor.staff_id, now=now, before=case.before)
    telling.over(row, now=now)
    if as_ is None:
        words = "は、提案の時間を本人が受けました。提案した人は承認者ではなくなったので、決めてください。"
        telling.to_deciders(row, words, now=now)
    elif after is State.APPROVED:
        telling.to_one(offer["by"], row, "は、提案の時間で承認になりました。", now=now)
    else:
        words = "の提案を本人が受けましたが、その間に不足が出るようになりました。もう一度決めてください。"
        telling.to_one(offer["by"], row, words, now=now)
    return row


def _not_moved(case: Case, proposer: int, why: str, *, now: datetime) -> TeleworkRequest:
    row = case.row
    row.state, row.proposal = State.WAITING.value, None
    steps.took(row, "taken", by=case.actor.staff_id, now=now, before=case.before, note=why)
    words = f"は、提案の時間にできませんでした（{why}）。元の時間で承認待ちに戻りました。"
    telling.decided(row, words, by=proposer, now=now)
    telling.to_deciders(row, words, now=now)
    return row


def decline_proposal(
    request_id: int, *, revision: int | None, actor: Actor, now: datetime
) -> TeleworkRequest:
    case = cases.opened(request_id, Act.DECLINE_PROPOSAL, revision=revision, actor=actor, now=now)
    row, offer = case.row, dict(case.row.proposal or {})
    row.state, row.proposal = case.after.value, None
    steps.took(row, "declined", by=actor.staff_id, now=now, before=case.before)
    telling.to_one(
        offer["by"], row, "の時間の提案は受けられませんでした。承認待ちに戻りました。", now=now
    )
    return row


# --- what the person files ------------------------------------------------------------------


def filed(rows: list[TeleworkRequest], *, actor: Actor, now: datetime) -> None:
    """After filing: the first step of each, and a notice to those who decide. Days filed together are one notice."""
    for row in rows:
        steps.took(row, "filed", by=actor.staff_id, now=now, before={})
        row.revision = 1
    if rows:
        telling.filed(rows, now=now)
        _filed_for(rows[0], actor, now)


def _filed_for(row: TeleworkRequest, actor: Actor, now: datetime) -> None:
    if actor.staff_id != row.staff_id:
        telling.decided(row, "を代わりに申請しました。", by=actor.staff_id, now=now)
        record(row, "file", actor, now)


def refiled(row: TeleworkRequest, *, actor: Actor, now: datetime) -> None:
    """Changed by the person before a decision, or after 差し戻し: it waits again. The caller has locked and changed it.

    Raises Stale where it cannot be changed any more.
    """
    after = next_state(State(row.state), Act.FILE)
    if after is None:
        raise cases.Stale(row, cases.late_words(row))
    before = steps.snapshot(row)
    asking.let_go(row, actor=actor, now=now)
    if State(row.state) is State.RETURNED:
        row.filed_at = now
    row.state, row.proposal, row.reason, row.condition = after.value, None, "", ""
    row.decided_at = row.decided_by = row.short_minutes = None
    row.decided_as = row.decider = ""
    steps.took(row, "changed", by=actor.staff_id, now=now, before=before)
    telling.filed([row], now=now)


def orally_approved(row: TeleworkRequest, *, actor: Actor, now: datetime) -> None:
    """口頭で承認済: holds at once in the name of `oral_by`, who is told and finds it under 後閲."""
    before, is_new = steps.snapshot(row), row.revision == 1
    summary = seen_under_lock(row, now=now)
    by = row.oral_by if row.oral_by is not None else actor.staff_id
    carry(row, summary, by=by, as_=As.ORAL, now=now)
    row.decided_at = row.oral_at or now
    steps.took(row, "oral", by=actor.staff_id, now=now, before=before)
    if is_new:
        row.revision = (
            1  # of what was filed before it never falls: somebody may have seen the first
        )
    telling.to_one(
        by, row, "が、口頭で承認を受けたものとして記録されました。確かめてください。", now=now
    )
    _filed_for(row, actor, now)


# --- 後閲 -----------------------------------------------------------------------------------


def review(
    request_id: int, *, revision: int | None, actor: Actor, now: datetime
) -> TeleworkRequest:
    """The 所属長 has read what was decided in their place."""
    case = cases.opened(request_id, Act.REVIEW, revision=revision, actor=actor, now=now)
    case.row.reviewed_at, case.row.reviewed_by = now, actor.staff_id
    steps.took(case.row, "reviewed", by=actor.staff_id, now=now, before=case.before)
    telling.over(case.row, now=now)
    return case.row


# --- shared ---------------------------------------------------------------------------------


def seen_under_lock(row: TeleworkRequest, *, now: datetime) -> Summary:
    """What it would do, with everybody else who decides about the same counters made to wait (PostgreSQL)."""
    held = org.postings_of([row.staff_id], row.day, known_at=now).get(row.staff_id, [])
    town = coverage.city(row.day, now=now)
    homes = {home for posting in held for home in town.by_candidate.get(posting.unit_id, ())}
    if homes:
        query = select(Unit.id).where(Unit.id.in_(homes)).order_by(Unit.id)
        db.session.execute(query.with_for_update(key_share=True))
    return effects.preview([row], now=now).summary


def carry(row: TeleworkRequest, summary: Summary, *, by: int, as_: As, now: datetime) -> None:
    """Approved: signed, planned, and what it changes is at an end."""
    row.state, row.short_minutes = State.APPROVED.value, summary.minutes
    signed(row, by=by, as_=as_, now=now)
    _replace_former(row, by=by, now=now)
    carrying.carry_out(row)


def signed(row: TeleworkRequest, *, by: int, as_: As, now: datetime) -> None:
    held = org.postings_today(by, now=now)
    row.decided_at, row.decided_by, row.decided_as = now, by, as_.value
    row.decider = f"{held[0].title} {held[0].name}".strip() if held else telling.name_of(by)
    row.reviewed_at = row.reviewed_by = None


def _replace_former(row: TeleworkRequest, *, by: int, now: datetime) -> None:
    former = cases.locked(row.changes_id) if row.changes_id is not None else None
    if former is None or next_state(State(former.state), Act.REPLACE) is None:
        return
    before = steps.snapshot(former)
    carrying.take_back(former)
    carrying.hand_over_bookings(former, row, now=now)
    former.state = State.REPLACED.value
    steps.took(former, "replaced", by=by, now=now, before=before)


def _done(case: Case, what: str, words: str, *, now: datetime, note: str = "") -> None:
    by = case.actor.staff_id
    steps.took(case.row, what, by=by, now=now, before=case.before, note=note)
    telling.decided(case.row, words, by=by, now=now)
    audited(case, what, now)


def audited(case: Case, what: str, now: datetime) -> None:
    if case.actor.staff_id != case.row.staff_id:
        record(case.row, what, case.actor, now)


def record(row: TeleworkRequest, what: str, actor: Actor, now: datetime) -> None:
    node = org.current_tree().by_id(row.unit_id)
    audit.record(
        actor,
        f"request.{what}",
        staff_id=row.staff_id,
        unit_code=node.code if node else None,
        detail={"request": row.id, "as": row.decided_as},
        now=now,
    )


def cut(text: str) -> str:
    return text.strip()[:LONGEST_TEXT]
