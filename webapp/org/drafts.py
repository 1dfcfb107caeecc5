"""Files between preview and taking in. Inside a transaction; what is forgotten goes after a day."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from webapp.core.db import db
from webapp.core.refusals import NotFound
from webapp.org.import_order import Order
from webapp.org.models import ImportDraft

KEPT = timedelta(days=1)


def keep(order: Order, *, by: int | None, now: datetime) -> ImportDraft:
    db.session.execute(delete(ImportDraft).where(ImportDraft.made_at < now - KEPT))
    draft = ImportDraft(
        kind=order.kind,
        file_name=order.file[:200],
        content=order.content,
        effective_on=order.effective,
        publish_at=order.publish_at,
        part=order.part,
        made_at=now,
        made_by=by,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def order_of(draft_id: int, *, confirmed: bool = False) -> Order:
    """Raises NotFound when it was taken in, thrown away, or is a day old."""
    draft = db.session.get(ImportDraft, draft_id)
    if draft is None:
        raise NotFound("このファイルは取り込み済みか、取り下げられました。もう一度選んでください。")
    return Order(
        draft.kind,
        draft.file_name,
        draft.content,
        draft.effective_on,
        draft.publish_at,
        draft.part,
        confirmed,
    )


def throw_away(draft_id: int) -> None:
    db.session.execute(delete(ImportDraft).where(ImportDraft.id == draft_id))


def waiting(*, now: datetime) -> list[ImportDraft]:
    query = select(ImportDraft).where(ImportDraft.made_at >= now - KEPT)
    return list(db.session.scalars(query.order_by(ImportDraft.id.desc())))
