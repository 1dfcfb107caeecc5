"""Failures for numbers nobody has: counted like those of an account, so that a lock tells nothing.

In memory and of a bounded size: no table grows by what strangers type.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from webapp.accounts.rules import lock_after

MOST = 10_000
_failures: OrderedDict[str, tuple[int, datetime, datetime | None]] = OrderedDict()
_lock = threading.Lock()


def locked_until(number: str, *, now: datetime) -> datetime | None:
    with _lock:
        _, _, until = _failures.get(number, (0, now, None))
    return until if until is not None and until > now else None


def failed(number: str, *, now: datetime) -> datetime | None:
    with _lock:
        count, last, _ = _failures.pop(number, (0, now, None))
        count = 1 if now - last > timedelta(days=1) else count + 1
        until = lock_after(count, now=now)
        _failures[number] = (count, now, until)
        while len(_failures) > MOST:
            _failures.popitem(last=False)
    return until


def forget() -> None:
    with _lock:
        _failures.clear()
