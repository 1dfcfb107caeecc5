"""A little news for who arranges the counters of 市民課, and a webhook that rests, with what it sent last week."""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.core.calendar import at_minute
from webapp.core.db import db
from webapp.core.hours import minute_of
from webapp.demo import tuesday
from webapp.demo.people import people
from webapp.demo.script import is_coordinator
from webapp.notices import service as notices
from webapp.notices.models import Webhook, WebhookDelivery
from webapp.org import queries as org
from webapp.requests.wording import day_words

WEBHOOK = "市民課のチャット"
SENT = (  # event, 時刻, 件数, answer
    ("memo", "9:05", 1, 200),
    ("memo", "11:40", 2, 200),
    ("request", "14:15", 1, 503),
    ("rota", "16:50", 1, 200),
)


def news_of(day: date) -> None:
    """In a transaction."""
    number = next(person.number for person in people() if is_coordinator(person))
    reader = org.staff_by_number(number)
    now = tuesday.opens_at(day)
    held = org.postings_today(reader.id, now=now) if reader else ()
    if reader is None or not held:
        return  # somebody has imported other people since
    section = org.current_tree().section(held[0].unit_id)
    if section is not None:
        _tell(reader.id, section.id, section.code, section.name, now)
        _webhook(section.id, reader.id, now)


def _tell(staff_id: int, unit_id: int, code: str, name: str, now: datetime) -> None:
    notices.mark_read(staff_id, now=now)
    days = [org.today(now) + timedelta(days=n) for n in (1, 2, 3)]
    for kind, on, words, minutes in (
        ("fixed", days[2], "入る: 窓口2 9:00〜11:00", 95),
        ("changed", days[1], "入る: 電話当番（主） 13:00〜15:00", 60),
        ("changed", days[0], "外れる: 昼当番（窓口） 12:00〜13:00", 25),
    ):
        head = "当番が決まりました" if kind == "fixed" else "当番が変わりました"
        notices.notify(
            [staff_id],
            unit_id=unit_id,
            kind=kind,
            text=f"{head}（{name}） {day_words(on)} {words}",
            link=f"/rota/{code}",
            now=now - timedelta(minutes=minutes),
        )


def _webhook(unit_id: int, maker_id: int, now: datetime) -> None:
    if db.session.scalar(select(Webhook.id).limit(1)) is not None:
        return
    hook = Webhook(
        name=WEBHOOK,
        url="https://chat.wakaba.example/hooks/demonstration",
        secret="demonstration",  # noqa: S106 the webhook rests
        base="https://zaiseki.wakaba.example",
        unit_id=unit_id,
        events=["memo", "request", "shortage", "rota"],
        form="text",
        active=False,
        made_at=now - timedelta(days=20),
        made_by=maker_id,
    )
    db.session.add(hook)
    db.session.flush()
    before = tuesday.business_day_before(org.today(now), org.business_calendar())
    unit = org.current_tree().by_id(unit_id)
    for n, (event, clock, count, status) in enumerate(SENT):
        at = at_minute(before, minute_of(clock))
        good = status < 300
        db.session.add(
            WebhookDelivery(
                webhook_id=hook.id,
                key=f"demonstration-{n}",
                event=event,
                payload={"event": event, "unit_name": unit.name if unit else None, "count": count},
                state="sent" if good else "failed",
                tries=1 if good else 6,
                status=status,
                fault="" if good else f"相手が {status} を返しました",
                made_at=at,
                ended_at=at,
            )
        )
