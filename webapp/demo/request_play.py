"""The requests of the person who signs in as 職員: some done, one that came back, いつもの. In a transaction."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import calendar
from webapp.core.db import db
from webapp.demo import nursery
from webapp.demo.script import SITES
from webapp.org import queries as org
from webapp.org.models import Posting
from webapp.requests import deciding, filing, presets, records
from webapp.requests.forms import RequestBody, RequestForm

WORK = "入園案内の改訂（3〜6頁）\n問い合わせ記録の整理"
STATION = SITES[0]
CARRIED = "一次選考の点数表の確認"
USUAL = {"contact": "折り返し 内線2144", "device": "loan"}


def own_requests(day: date) -> None:
    """Filed and decided until 10:20 of the Tuesday. Nothing where somebody has other people by now."""
    member, chief = _actor(nursery.MEMBER, day), _actor(nursery.CHIEF, day)
    if member is None or chief is None or records.latest_of(member.staff_id) is not None:
        return
    for ago, filed in ((12, 14), (5, 8)):
        _approved(member, chief, _open_day(day - timedelta(days=ago)), day - timedelta(days=filed))
    _approved(member, chief, day, day - timedelta(days=5), work=CARRIED)
    there = {"place": "satellite", "site": STATION, "device": "own_seat"}  # the seat: seat_play
    _approved(member, chief, _open_day(day + timedelta(days=2)), day - timedelta(days=4), **there)
    _returned(member, chief, _open_day(day + timedelta(days=8)), day)
    _file(member, _open_day(day + timedelta(days=6)), _eve(day), 985, work=WORK)
    _presets(member, calendar.at_minute(_eve(day), 985))


def _actor(name: str, day: date) -> Actor | None:
    now = calendar.at_minute(day, 620)
    query = select(Posting.staff_id).where(Posting.name == name, org.in_force(Posting, day, now))
    staff_id = db.session.scalars(query.order_by(Posting.id)).first()
    if staff_id is None:
        return None
    held = org.postings_of([staff_id], day, known_at=now)[staff_id]
    return Actor(staff_id, held[0].number, held[0].name, postings=tuple(held))


def _open_day(day: date) -> date:
    business = org.business_calendar()
    while not business.is_business_day(day):
        day += timedelta(days=1)
    return day


def _eve(day: date) -> date:
    """The last business day before: Monday may be a holiday."""
    return org.business_calendar().business_days(day - timedelta(days=10), day - timedelta(days=1))[
        -1
    ]


def _file(member: Actor, on: date, filed_on: date, minute: int, **more: Any) -> int:
    at = calendar.at_minute(filed_on, minute)
    body = RequestBody.model_validate({"days": [on], "work": WORK} | USUAL | more)
    (row,) = filing.file(body, member.staff_id, actor=member, now=at)
    return row.id


def _approved(member: Actor, chief: Actor, on: date, filed_on: date, **more: Any) -> None:
    request_id = _file(member, on, filed_on, 940, **more)
    deciding.approve(
        request_id, revision=None, actor=chief, now=_later(filed_on), reason="調整済み"
    )


def _returned(member: Actor, chief: Actor, on: date, day: date) -> None:
    request_id = _file(member, on, _eve(day), 930, work="資料作成", extent="pm")
    reason = "どの資料をどこまで進めるかを書いてください"
    deciding.return_(
        request_id, reason, revision=None, actor=chief, now=calendar.at_minute(day, 545)
    )


def _later(filed_on: date) -> datetime:
    return calendar.at_minute(filed_on, 1010)


def _presets(member: Actor, now: datetime) -> None:
    for name, more in (("午後だけ在宅", {"extent": "pm"}), ("在宅 終日", {})):
        told = {"keep_as": name, "work": WORK} | USUAL | more
        presets.keep(member.staff_id, RequestForm.model_validate(told), now=now)
        now += timedelta(minutes=1)
