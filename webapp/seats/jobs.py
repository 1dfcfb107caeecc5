"""What comes round by the clock: seats nobody came to, and forgetting."""

from datetime import datetime

from webapp.core.db import transaction
from webapp.seats import releasing
from webapp.seats.rules import Fate


def every_minute(*, now: datetime) -> None:
    """Asked outside a transaction first: mostly nobody has come or failed to come since the last minute."""
    found = releasing.fates(releasing.begun(now=now), now=now)
    if any(each is not Fate.WAIT for each in found.values()):
        with transaction():
            releasing.settle(now=now)
