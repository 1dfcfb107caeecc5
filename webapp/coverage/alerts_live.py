"""Shortages told to who leads, by every process to its own sockets; ids are those of shortages.

A version of a shortage is made in the transaction that tells it, once a level: so no process says anything of its own,
and none says it twice.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from webapp.accounts.rules import Form
from webapp.core import clock
from webapp.core.db import db, snapshot
from webapp.coverage import board
from webapp.coverage.live import LEADS, led_from
from webapp.coverage.models import Shortage
from webapp.coverage.service import ALERT
from webapp.org import queries as org
from webapp.org.rules import UnitTree
from webapp.positions import queries as positions
from webapp.positions.rules import Post
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room

NEVER = datetime(
    9000, 1, 1, tzinfo=UTC
)  # the clock changes no alert; what it escalates is noted, and told anew
FRESH = timedelta(
    minutes=2
)  # what comes later (a start, a crash in between) is on the page already


def render(shortage_ids: Sequence[int]) -> Rendered:
    """`alert` for what has just been told and is not over."""
    with snapshot():
        made = versions.read(db.session, ALERT, shortage_ids)
        since = clock.now() - FRESH
        news = [key for key, (_, made_at) in made.items() if made_at >= since]
        query = select(Shortage).where(Shortage.id.in_(news), Shortage.over_at.is_(None))
        rows = list(db.session.scalars(query.order_by(Shortage.id)))
        tree, posts = org.current_tree(), positions.posts_by_id({row.position_id for row in rows})
        frames = [frame for row in rows for frame in _frames(row, tree, posts)]
    return Rendered(frames, {key: (version, NEVER) for key, (version, _) in made.items()})


def _frames(row: Shortage, tree: UnitTree, posts: dict[int, Post]) -> list[Frame]:
    """To who leads the 係 or 課, wherever they are in the product, and to the open boards of the unit; no names.

    A 部長 reads it on the board: an alarm that concerns twenty sections is no alarm.
    """
    node = tree.by_id(row.unit_id)
    if node is None or row.position_id not in posts:
        return []
    rooms = [room(code, LEADS) for code in led_from(node, tree)] + [room(node.code, Form.FULL)]
    payload = board.alert_body(row, tree, posts)
    return [Frame(name, ALERT, payload) for name in rooms]
