"""Telework requests of 保育課 and 市民課 that wait for their 課長, and some that are decided. In a transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import calendar
from webapp.core.db import db
from webapp.demo import counters
from webapp.demo.script import SITES
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.org.models import Posting
from webapp.positions.models import Position
from webapp.requests import deciding
from webapp.requests.models import TeleworkRequest

DAY = (510, 1035)
AFTERNOON = (780, 1035)


@dataclass(frozen=True, slots=True)
class Wish:
    """ahead: business days after the Tuesday; filed: days before it, minute of that day."""

    name: str
    ahead: int
    work: str
    filed: tuple[int, int]
    span: tuple[int, int] = DAY
    place: str = "home"
    site: str | None = None


WAITING = (
    Wish("小松 陽介", 5, "入園案内の改訂\n月次統計の集計", (4, 980)),
    Wish("飯塚 遥", 2, "保育料の通知文の見直し", (0, 521), AFTERNOON),
    Wish("秋山 理沙", 3, "施設監査の資料づくり", (0, 535), place="satellite", site=SITES[0]),
    Wish("根岸 美月", 1, "入所選考の点検", (0, 570)),
)
DECIDED = (
    Wish("堀内 亮", 1, "給付の審査", (4, 900)),
    Wish("平田 優子", 2, "補助金の実績の確認", (4, 930)),
)
STOOD_IN = Wish("望月 里奈", 3, "オンライン面談の記録", (5, 600))


def wishes(day: date) -> None:
    """Everything filed until 10:20 of the Tuesday. Nobody who has left is asked for."""
    people = _people(day)
    for wish in (*WAITING, *DECIDED, STOOD_IN):
        if wish.name in people:
            _file(wish, people[wish.name], _business_day(day, wish.ahead), day)
    _decide(people, day)
    _at_the_counter(day)


def _people(day: date) -> dict[str, Actor]:
    """{name: who it is} of 保育課 today."""
    tree = org.tree(day, known_at=calendar.at_minute(day, 0))
    home = tree.by_code("D05020")
    units = tree.subtree_ids(home.id) if home else set()
    now = calendar.at_minute(day, 620)
    return {p.name: _actor(p.staff_id, day) for p in org.postings_in(units, day, known_at=now)}


def _actor(staff_id: int, day: date) -> Actor:
    held = org.postings_of([staff_id], day, known_at=calendar.at_minute(day, 620))[staff_id]
    return Actor(staff_id, held[0].number, held[0].name, postings=tuple(held))


def _business_day(day: date, ahead: int) -> date:
    business = org.business_calendar()
    while ahead:
        day += timedelta(days=1)
        ahead -= business.is_business_day(day)
    return day


def _open_before(day: date, ago: int) -> date:
    """Nobody files on a holiday: the last business day on or before so many days ago."""
    business, filed = org.business_calendar(), day - timedelta(days=ago)
    while ago and not business.is_business_day(filed):
        filed -= timedelta(days=1)
    return filed


def _file(wish: Wish, who: Actor, on: date, day: date) -> None:
    filed_at = calendar.at_minute(_open_before(day, wish.filed[0]), wish.filed[1])
    row = TeleworkRequest(
        filing=f"demo-{who.number}-{on.isoformat()}",
        staff_id=who.staff_id,
        unit_id=who.postings[0].unit_id,
        filed_at=filed_at,
        filed_by=who.staff_id,
        day=on,
        extent={DAY: "whole", AFTERNOON: "pm"}.get(wish.span, "hours"),
        start_minute=wish.span[0],
        end_minute=wish.span[1],
        place=wish.place,
        site=wish.site,
        work=wish.work,
        device="loan",
        contact=who.postings[0].extension,
        confirmer_id=_confirmer(who),
    )
    db.session.add(row)
    db.session.flush()
    deciding.filed([row], actor=who, now=filed_at)


def _confirmer(who: Actor) -> int | None:
    query = select(Posting.staff_id).where(
        Posting.unit_id == who.postings[0].unit_id, Posting.roles.like("%confirmer%")
    )
    found = db.session.scalars(query.order_by(Posting.staff_id)).first()
    return found if found != who.staff_id else None


def _decide(people: dict[str, Actor], day: date) -> None:
    """Yesterday the 課長 approved two; the 課長補佐 stood in for a third, which waits for 後閲."""
    chief, deputy = people.get("高瀬 由紀子"), people.get("三宅 健吾")
    if chief is None or deputy is None:
        return
    for wish in DECIDED:
        if wish.name in people:
            _approve(people[wish.name], chief, calendar.at_minute(_open_before(day, 1), 1000))
    if STOOD_IN.name in people:
        # filed on a Thursday: more than four working hours have passed
        _approve(people[STOOD_IN.name], deputy, calendar.at_minute(day, 540))


def _approve(who: Actor, by: Actor, at: datetime) -> None:
    query = select(TeleworkRequest.id).filter_by(staff_id=who.staff_id, state="waiting")
    for request_id in list(db.session.scalars(query)):
        deciding.approve(request_id, revision=None, actor=by, now=at, reason="事前に調整済みのため")


def _at_the_counter(day: date) -> None:
    """市民課: somebody with the early counter the day after tomorrow would like to stay at home, and a colleague
    without a duty then."""
    on = _business_day(day, 2)
    early = _duties_of_citizens(on)
    if not early:
        return
    who = _actor(early[0].staff_id, day)
    _file(Wish(who.name, 2, "異動届の点検\n統計の回答", (1, 1010)), who, on, day)
    busy = {duty.staff_id for duty in early}
    unit_ids = [p.unit_id for p in who.postings]
    free = [
        p.staff_id
        for p in org.postings_in(unit_ids, day, known_at=calendar.at_minute(day, 620))
        if p.staff_id not in busy
    ]
    if free:
        other = _actor(free[-1], day)
        _file(Wish(other.name, 2, "証明書の様式の見直し", (0, 550)), other, on, day)


def _duties_of_citizens(on: date) -> Sequence[Duty]:
    """Of that day, the counters at 9:00 first."""
    query = (
        select(Duty)
        .join(Position, Position.id == Duty.position_id)
        .where(Duty.day == on, Position.name.in_([p.name for p in counters.CITIZENS_POSTS]))
        .order_by(Duty.start_minute != 540, Duty.start_minute, Duty.id)
    )
    return list(db.session.scalars(query))
