"""What people are told of requests. No reason, place kind or other private matter stands in a notice."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from webapp.notices import webhooks
from webapp.notices.service import look_again, notify, settled
from webapp.org import queries as org
from webapp.requests.approvers import approvers_of
from webapp.requests.models import TeleworkRequest
from webapp.requests.wording import when_words

KIND = "request"
TO_DECIDE = "decide"  # stands under 承認待ち, not among the news
TOPIC = "request"


def link_of(row: TeleworkRequest) -> str:
    return f"/requests/{row.id}"


def name_of(staff_id: int | None) -> str:
    return org.names_of([staff_id]).get(staff_id, "") if staff_id is not None else ""


def _tell(ids: Iterable[int], row: TeleworkRequest, text: str, *, now: datetime) -> None:
    notify(ids, unit_id=row.unit_id, kind=KIND, text=text, link=link_of(row), now=now)


def filed(rows: Sequence[TeleworkRequest], *, now: datetime) -> None:
    """Those who may decide; of days filed together one notice."""
    first = rows[0]
    ids = approvers_of(first.staff_id, first.filed_at, now=now).ids
    more = f" ほか {len(rows) - 1} 日" if len(rows) > 1 else ""
    change = "の変更" if first.changes_id else ""
    text = f"{name_of(first.staff_id)}さんから申請{change}があります: {when_words(first)}{more}"
    notify(ids, unit_id=first.unit_id, kind=TO_DECIDE, text=text, link=link_of(first), now=now)
    webhooks.happened("request", first.unit_id, now=now, count=len(rows))


def decided(row: TeleworkRequest, what: str, *, by: int, now: datetime) -> None:
    """The person, and who filed it for them; those who were asked to decide need not look any more."""
    settled(link_of(row), now=now)
    _tell({row.staff_id, row.filed_by} - {by}, row, f"{when_words(row)} {what}", now=now)


def to_deciders(row: TeleworkRequest, what: str, *, now: datetime, but: int | None = None) -> None:
    ids = set(approvers_of(row.staff_id, row.filed_at, now=now).ids) - {row.staff_id, but}
    text = f"{name_of(row.staff_id)}さんの {when_words(row)} {what}"
    _tell({i for i in ids if i is not None}, row, text, now=now)


def to_one(staff_id: int, row: TeleworkRequest, what: str, *, now: datetime) -> None:
    _tell([staff_id], row, f"{name_of(row.staff_id)}さんの {when_words(row)} {what}", now=now)


def over(row: TeleworkRequest, *, now: datetime) -> None:
    """Nobody need decide it any more: their notices and counts go."""
    settled(link_of(row), now=now)
    look_again(approvers_of(row.staff_id, row.filed_at, now=now).ids)
