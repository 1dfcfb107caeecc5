"""所属長の一括指示: many people → 在宅, already approved; in an emergency and outside of one. Inside transactions.

An order is one filing of requests decided as 指示. What somebody had asked for and nobody had decided is taken up by
it; taking the order back brings that back too.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from uuid import uuid4

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import audit, calendar
from webapp.core.db import db
from webapp.core.refusals import Conflict, NotFound, RuleBroken
from webapp.coverage.effect import effects
from webapp.day import queries as day
from webapp.day.queries import PersonDay
from webapp.duties import service as duties
from webapp.emergency import access as emergency_access
from webapp.emergency import service as emergencies
from webapp.emergency.models import Emergency, EmergencyAct
from webapp.emergency.rules import Act as EmergencyActs
from webapp.emergency.rules import minute_of
from webapp.notices import service as notices
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import Role
from webapp.plans import rules as plan_rules
from webapp.plans.rules import Kind, Origin, Planned
from webapp.presence.facts import Facts
from webapp.requests import asking, carrying, deciding, steps, telling
from webapp.requests.approver_rules import As
from webapp.requests.models import RequestStep, TeleworkRequest
from webapp.requests.rules import UNDECIDED, Act, State, next_state
from webapp.requests.wording import day_words

LONGEST = timedelta(days=30)
AHEAD = timedelta(days=366)
LONGEST_WORK = 200
DEFAULT_WORK = "所属長の指示による在宅勤務"


@dataclass(frozen=True, slots=True)
class Wanted:
    """These people at home from first to last; of today what is left of it."""

    staff_ids: tuple[int, ...]
    first: date
    last: date
    work: str = DEFAULT_WORK

    def faults(self, *, now: datetime) -> dict[str, str]:
        found: dict[str, str] = {}
        today = org.today(now)
        if not self.staff_ids:
            found["staff"] = "在宅にする人を選んでください"
        if self.first < today:
            found["first"] = "きょう以後の日付にしてください"
        elif self.first > today + AHEAD:
            found["first"] = "1年以内の日付にしてください"
        elif not timedelta() <= self.last - self.first <= LONGEST:
            found["last"] = "始まりの日から30日以内の日付にしてください"
        if not self.work.strip() or len(self.work) > LONGEST_WORK:
            found["work"] = f"{LONGEST_WORK}文字以内で入れてください（例 {DEFAULT_WORK}）"
        return found

    @property
    def span(self) -> str:
        if self.first == self.last:
            return day_words(self.first)
        return f"{day_words(self.first)}〜{day_words(self.last)}"


@dataclass(frozen=True, slots=True)
class Slot:
    """One person's day at home. Minutes from local midnight."""

    staff_id: int
    unit_id: int
    day: date
    start: int
    end: int
    whole: bool


@dataclass(slots=True)
class Ordered:
    """left_out: (staff id, why) of those for whom there was nothing to order."""

    filing: str
    rows: list[TeleworkRequest] = field(default_factory=list)
    left_out: list[tuple[int, str]] = field(default_factory=list)

    @property
    def people(self) -> int:
        return len({row.staff_id for row in self.rows})


# --- who may --------------------------------------------------------------------------------


def units_of(actor: Actor) -> set[int]:
    """The units whose people one may order: as 所属長 or 代決者; 管理者 and 人事担当 everywhere."""
    tree = org.current_tree()
    act = EmergencyActs.ORDER
    return {node.id for node in tree.nodes if emergency_access.may_at(act, actor, node.id, tree)}


def check_people(staff_ids: Iterable[int], actor: Actor, *, now: datetime) -> None:
    """Raises NotFound for anybody one may not order: whether such a person exists is not said. Nobody orders
    oneself: that would be approving one's own day. A day at home is the whole person's: it is the 本務 that counts."""
    ids = list(staff_ids)
    allowed = units_of(actor)
    held = org.postings_of(ids, org.today(now), known_at=now)
    for staff_id in ids:
        if staff_id == actor.staff_id:
            fault = "自分には指示できません。自分の分は申請してください"
            raise RuleBroken(f"{fault}。", {"staff": fault})
        postings = [each for each in held.get(staff_id, []) if each.unit_id in allowed]
        if not postings:
            raise NotFound("選んだ職員が見つかりません。")
        if not (own := _where_mainly(held[staff_id], allowed)):
            fault = "兼務の職員は、本務の所属長が指示します"
            raise RuleBroken(f"{fault}。", {"staff": fault})
        if not any(_is_below(posting, actor) for posting in own):
            fault = "所属長の分は、その上の所属長か人事担当が指示します"
            raise RuleBroken(f"{fault}。", {"staff": fault})


def without_lent(
    people: Sequence[PersonPosting], *, actor: Actor, now: datetime
) -> list[PersonPosting]:
    """Those of them whom one may order as far as the 本務 goes: whose it lies elsewhere are not offered."""
    allowed = units_of(actor)
    held = org.postings_of([p.staff_id for p in people], org.today(now), known_at=now)
    return [p for p in people if _where_mainly(held.get(p.staff_id, []), allowed)]


def _where_mainly(held: Iterable[PersonPosting], allowed: Container[int]) -> list[PersonPosting]:
    """The postings that decide who orders, within these units: the 本務, or all of who has none."""
    postings = list(held)
    counting = [each for each in postings if each.is_main] or postings
    return [each for each in counting if each.unit_id in allowed]


def _is_below(posting: PersonPosting, actor: Actor) -> bool:
    """A 代決者 does not decide over the 所属長 of the same unit, as with requests (approver_rules)."""
    tree = org.current_tree()
    if Role.CHIEF not in posting.roles or emergency_access.leads_city(actor, tree):
        return True
    above = [node.id for node in tree.path(posting.unit_id) if node.id != posting.unit_id]
    return any(p.unit_id in above and p.roles & emergency_access.CHIEFS for p in actor.postings)


# --- what it comes to -----------------------------------------------------------------------


def slots_of(wanted: Wanted, *, now: datetime) -> tuple[list[Slot], list[tuple[int, str]]]:
    """(each person's days at home, those left out and why)."""
    found: list[Slot] = []
    worked: set[int] = set()
    for on in calendar.days(wanted.first, wanted.last):
        for staff_id, person in day.days_on(list(wanted.staff_ids), on, now=now).items():
            if (slot := _slot(person, on, now)) is not None:
                found.append(slot)
                worked.add(staff_id)
    left = [(i, "勤務する時間がありません") for i in wanted.staff_ids if i not in worked]
    return found, left


def _slot(person: PersonDay, on: date, now: datetime) -> Slot | None:
    hours = person.hours
    if hours is None:
        return None
    start = hours.start
    if on == org.today(now):
        start = max(start, minute_of(on, now))
    if start >= hours.end:
        return None
    whole = start == hours.start
    return Slot(person.staff_id, person.main.unit_id, on, start, hours.end, whole)


def short_of(wanted: Wanted, *, now: datetime) -> list[tuple[date, str, int]]:
    """(day, position, minutes × people that fall short through it): the function of the board, nothing written."""
    slots, _left = slots_of(wanted, now=now)
    found: list[tuple[date, str, int]] = []
    for on in sorted({slot.day for slot in slots}):
        amend = {s.staff_id: partial(_at_home, slot=s) for s in slots if s.day == on}
        for effect in effects(amend, on, now=now):
            names = {post.id: post.name for post in effect.group.posts}
            more: dict[int, int] = {}
            for part in effect.changed():
                if part.missing_more > 0:
                    minutes = part.missing_more // 60
                    more[part.position_id] = more.get(part.position_id, 0) + minutes
            found += [(on, names[key], minutes) for key, minutes in more.items()]
    return found


def _at_home(person: PersonDay, *, slot: Slot) -> Facts:
    entry = Planned(slot.start, slot.end, Kind.HOME, None, Origin.REQUEST)
    stretch = plan_rules.stretch_of(entry, slot.day)
    return replace(person.facts, plan=(*person.facts.plan, stretch))


# --- ordering -------------------------------------------------------------------------------


def order(
    wanted: Wanted, *, emergency_id: int | None = None, actor: Actor, now: datetime
) -> Ordered:
    """All of them or nobody. Who may is asked before (check_people). Raises RuleBroken, Conflict."""
    if faults := wanted.faults(now=now):
        raise RuleBroken("入力内容を確かめてください。", faults)
    emergency = emergencies.loaded(emergency_id) if emergency_id is not None else None
    duties.hold(wanted.staff_ids)
    slots, left = slots_of(wanted, now=now)
    done = Ordered(str(uuid4()), left_out=left)
    for slot in slots:
        if _is_at_home(slot):
            done.left_out.append((slot.staff_id, f"{day_words(slot.day)}はもう在宅です"))
        else:
            done.rows.append(_ordered(slot, wanted.work, done.filing, actor=actor, now=now))
    if not done.rows:
        raise RuleBroken("指示するものがありません。全員がもう在宅か、勤務日ではありません。")
    _tell(done, wanted, actor=actor, now=now)
    _note(done, wanted, emergency, actor=actor, now=now)
    return done


def _rows_on(slot: Slot) -> list[TeleworkRequest]:
    query = select(TeleworkRequest).where(
        TeleworkRequest.staff_id == slot.staff_id,
        TeleworkRequest.day == slot.day,
        TeleworkRequest.start_minute < slot.end,
        TeleworkRequest.end_minute > slot.start,
    )
    return list(db.session.scalars(query.with_for_update()))


def _is_at_home(slot: Slot) -> bool:
    return any(
        row.state == State.APPROVED
        and row.place == "home"
        and row.start_minute <= slot.start
        and slot.end <= row.end_minute
        for row in _rows_on(slot)
    )


def _ordered(slot: Slot, work: str, filing: str, *, actor: Actor, now: datetime) -> TeleworkRequest:
    for waiting in _rows_on(slot):
        if State(waiting.state) in UNDECIDED:
            _take_up(waiting, filing, actor=actor, now=now)
    row = TeleworkRequest(
        filing=filing,
        staff_id=slot.staff_id,
        unit_id=slot.unit_id,
        filed_at=now,
        filed_by=actor.staff_id,
        state=State.WAITING.value,
        revision=1,
        day=slot.day,
        extent="whole" if slot.whole else "hours",
        start_minute=slot.start,
        end_minute=slot.end,
        place="home",
        work=work.strip(),
    )
    db.session.add(row)
    db.session.flush()
    before = steps.snapshot(row)
    after = next_state(State.WAITING, Act.ORDER)
    assert after is State.APPROVED  # noqa: S101 the table of states
    row.state = after.value
    deciding.signed(row, by=actor.staff_id, as_=As.ORDER, now=now)
    carrying.carry_out(row)
    steps.took(row, "order", by=actor.staff_id, now=now, before=before)
    return row


def _mark(filing: str) -> str:
    return f"一括指示 {filing}"


def _take_up(row: TeleworkRequest, filing: str, *, actor: Actor, now: datetime) -> None:
    """What the person had asked for themselves waits no longer; the order stands for it."""
    before = steps.snapshot(row)
    if asking.let_go(row, actor=actor, now=now):
        before["state"] = State.WAITING.value
    row.state = State.WITHDRAWN.value
    carrying.release(row, now=now)
    steps.took(row, "superseded", by=actor.staff_id, now=now, before=before, note=_mark(filing))
    telling.over(row, now=now)


def _tell(done: Ordered, wanted: Wanted, *, actor: Actor, now: datetime) -> None:
    """One notice a person, however many days."""
    first: dict[int, TeleworkRequest] = {}
    for row in done.rows:
        first.setdefault(row.staff_id, row)
    for staff_id, row in first.items():
        text = f"在宅の指示がありました（承認済み）: {wanted.span}"
        link = telling.link_of(row)
        notices.notify([staff_id], unit_id=row.unit_id, kind="order", text=text, link=link, now=now)
    detail = {"people": done.people, "days": len({row.day for row in done.rows})}
    audit.record(actor, "request.order", detail=detail | {"filing": done.filing}, now=now)


def _note(
    done: Ordered, wanted: Wanted, emergency: Emergency | None, *, actor: Actor, now: datetime
) -> None:
    if emergency is None:
        return
    detail = {
        "filing": done.filing,
        "span": wanted.span,
        "people": done.people,
        "units": sorted({row.unit_id for row in done.rows}),
        "until": wanted.last.isoformat(),
    }
    emergencies.note(emergency, "order", detail, actor=actor, now=now)
    emergencies.touch(emergency.id)


# --- taking back ----------------------------------------------------------------------------


def rows_of(filing: str, *, locked: bool = False) -> list[TeleworkRequest]:
    """Everything one order made, in order of person and day."""
    query = select(TeleworkRequest).where(
        TeleworkRequest.filing == filing, TeleworkRequest.decided_as == As.ORDER.value
    )
    query = query.order_by(TeleworkRequest.staff_id, TeleworkRequest.day)
    if locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def may_take_back(rows: Sequence[TeleworkRequest], actor: Actor) -> bool:
    allowed = units_of(actor)
    return bool(rows) and all(row.unit_id in allowed for row in rows)


def take_back(filing: str, *, actor: Actor, now: datetime) -> int:
    """What is still to come of it; the days are planned as before. How many people. Raises Conflict."""
    duties.hold(row.staff_id for row in rows_of(filing))
    rows = [row for row in rows_of(filing, locked=True) if _stands(row, now)]
    if not rows:
        raise Conflict("この指示は、もう取り下げたか、終わっています。")
    for row in rows:
        before = steps.snapshot(row)
        carrying.take_back(row)
        row.state = State.WITHDRAWN.value
        steps.took(row, "recalled", by=actor.staff_id, now=now, before=before)
    _bring_back(filing, actor=actor, now=now)
    people = {row.staff_id: row for row in rows}
    for staff_id, row in people.items():
        text = "在宅の指示が取り下げられました。ふだんの予定に戻ります。"
        link = telling.link_of(row)
        notices.notify([staff_id], unit_id=row.unit_id, kind="order", text=text, link=link, now=now)
    _note_back(filing, len(people), actor=actor, now=now)
    detail = {"filing": filing, "people": len(people)}
    audit.record(actor, "request.order_back", detail=detail, now=now)
    return len(people)


def _stands(row: TeleworkRequest, now: datetime) -> bool:
    return row.state == State.APPROVED and row.day >= org.today(now)


def _bring_back(filing: str, *, actor: Actor, now: datetime) -> None:
    """The requests it had taken up wait again, with the seat they had where it is still free."""
    query = select(RequestStep).where(
        RequestStep.what == "superseded", RequestStep.note == _mark(filing)
    )
    for step in db.session.scalars(query):
        row = db.session.get_one(TeleworkRequest, step.request_id, with_for_update=True)
        if row.state != State.WITHDRAWN or row.day < org.today(now):
            continue
        before = steps.snapshot(row)
        steps.restore(row, step.before)
        carrying.book_again(row, step.at, actor=actor, now=now)
        steps.took(row, "undone", by=actor.staff_id, now=now, before=before)
        telling.filed([row], now=now)


def _note_back(filing: str, people: int, *, actor: Actor, now: datetime) -> None:
    act = next((a for a in order_acts() if a.detail.get("filing") == filing), None)
    if act is None:
        return
    act.undone_at = now
    emergency = db.session.get_one(Emergency, act.emergency_id)
    emergencies.note(emergency, "withdraw", {"people": people, "act": act.id}, actor=actor, now=now)
    emergencies.touch(emergency.id)


def order_acts(emergency_id: int | None = None) -> list[EmergencyAct]:
    """Orders made under an emergency (None = any) and not taken back."""
    query = select(EmergencyAct).where(
        EmergencyAct.kind == "order", EmergencyAct.undone_at.is_(None)
    )
    if emergency_id is not None:
        query = query.where(EmergencyAct.emergency_id == emergency_id)
    return list(db.session.scalars(query.order_by(EmergencyAct.id)))
