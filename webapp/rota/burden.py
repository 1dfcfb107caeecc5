"""The ledger of weighted duty: what everybody carried, read out of the duties as fixed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webapp.core import settings
from webapp.core.db import db
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.positions import queries as positions
from webapp.rota.settings import BURDEN_DAYS, day_weights


def carry_in(
    staff_ids: Sequence[int], first: date, *, now: datetime
) -> dict[int, dict[str, float]]:
    """{staff id: weighted hours "counter" and "phone" of the window that ends the day before `first`}."""
    found = {staff_id: {"counter": 0.0, "phone": 0.0} for staff_id in staff_ids}
    days = settings.value(BURDEN_DAYS)
    query = select(Duty).where(
        Duty.staff_id.in_(list(staff_ids)),
        Duty.day >= first - timedelta(days=days),
        Duty.day < first,
    )
    rows = list(db.session.scalars(query))
    posts = positions.posts_by_id({row.position_id for row in rows})
    business = org.business_calendar()
    for row in rows:
        post = posts[row.position_id]
        tree = org.tree(row.day, known_at=now)
        path = [node.code for node in tree.path(post.unit_id)]
        weight = post.burden * day_weights(path).of(row.day, business)
        kind = "counter" if post.on_site else "phone"
        found[row.staff_id][kind] += (row.end_minute - row.start_minute) / 60 * weight
    return found
