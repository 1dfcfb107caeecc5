"""Work of the minute: memos whose recipient is gone, questions nobody has answered."""

from datetime import datetime

from webapp.core.db import transaction
from webapp.messages import passing, questions


def every_minute(*, now: datetime) -> None:
    """Mostly there is nothing: asked outside a transaction."""
    if memos := passing.due(now=now):
        with transaction():
            passing.pass_on(memos, now=now)
    if waiting := questions.due(now=now):
        with transaction():
            questions.spread(waiting, now=now)
