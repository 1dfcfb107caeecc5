"""Work that comes round by the clock."""

from datetime import datetime

from webapp.attendance import once
from webapp.core.db import transaction


def daily(now: datetime) -> None:
    """Forget the keys of a week ago."""
    with transaction():
        once.forget_old_keys(now=now)
