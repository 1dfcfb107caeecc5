"""What stands beside the reports of 保育課 that wait for a 在席確認者: approved requests of today and of the last day.

In a transaction, after the morning; each filed and approved the day before it is for.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import calendar
from webapp.core.db import db
from webapp.demo import nursery, tuesday
from webapp.org import queries as org
from webapp.org.models import Posting
from webapp.requests import deciding, filing
from webapp.requests.forms import RequestBody
from webapp.requests.models import TeleworkRequest

DEPUTY = "三宅 健吾"


@dataclass(frozen=True, slots=True)
class Asked:
    name: str
    work: str
    confirmer: str = nursery.LEADER


_TODAY = (
    Asked("戸田 隆之", "保育料の口座振替データの作成\n延長保育の利用実績の集計"),
    Asked("堀内 亮", "継続申請の様式の見直し（案を1つ）", DEPUTY),
    Asked("望月 里奈", "オンライン面談 3件と記録"),
)
_BEFORE = (
    Asked("戸田 隆之", "延長保育の利用実績の集計"),
    Asked("白石 香", "給食費の補助 要綱改正の起案", DEPUTY),
)


def requests_of(day: date) -> None:
    """Nothing where somebody has other people by now, or other wishes of that day."""
    before = tuesday.business_day_before(day, org.business_calendar())
    for on, all_of in ((day, _TODAY), (before, _BEFORE)):
        chief = _actor(nursery.CHIEF, on)
        for asked in all_of:
            person, confirmer = _actor(asked.name, on), _actor(asked.confirmer, on)
            if chief and person and confirmer and not _has_one(person.staff_id, on):
                _approved(asked.work, on, person, confirmer, chief)


def _has_one(staff_id: int, on: date) -> bool:
    query = select(TeleworkRequest.id).filter_by(staff_id=staff_id, day=on)
    return db.session.scalars(query.limit(1)).first() is not None


def _approved(work: str, on: date, person: Actor, confirmer: Actor, chief: Actor) -> None:
    filed_on = tuesday.business_day_before(on, org.business_calendar())
    told = {"days": [on], "work": work, "device": "loan", "confirmer": confirmer.number}
    body = RequestBody.model_validate(told | {"contact": "公用携帯へ"})
    at = calendar.at_minute(filed_on, 570)
    (row,) = filing.file(body, person.staff_id, actor=person, now=at)
    decided = calendar.at_minute(filed_on, 640)
    deciding.approve(row.id, revision=None, actor=chief, now=decided, reason="調整済み")


def _actor(name: str, day: date) -> Actor | None:
    now = calendar.at_minute(day, 620)
    query = select(Posting.staff_id).where(Posting.name == name, org.in_force(Posting, day, now))
    staff_id = db.session.scalars(query.order_by(Posting.id)).first()
    if staff_id is None:
        return None
    held = org.postings_of([staff_id], day, known_at=now)[staff_id]
    return Actor(staff_id, held[0].number, held[0].name, postings=tuple(held))
