"""Failures for numbers nobody has: counted like those of an account, so that a lock tells nothing.

Of a bounded size: no table grows by what strangers type. Of all processes together where there is Redis, since those
of an account are: one that answered by its own count would tell which numbers exist. Kept by hash, for a password
ends up in the wrong field now and then.
"""

import threading
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any

from webapp.accounts.queries import hashed
from webapp.accounts.rules import lock_after, lock_in_force
from webapp.core import redis_server
from webapp.core.limits import prefix

MOST = 10_000
FORGOTTEN_AFTER = timedelta(days=1)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

# One number's failures in a row, and when the latest was (seconds). KEYS: counts, times, by number.
COUNTED = """
local number, now, forgotten, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local last = tonumber(redis.call('ZSCORE', KEYS[2], number))
if not last or now - last > forgotten then redis.call('HDEL', KEYS[1], number) end
local count = redis.call('HINCRBY', KEYS[1], number, 1)
redis.call('ZADD', KEYS[2], now, number)
local over = redis.call('ZCARD', KEYS[2]) - most
if over > 0 then
    local gone = redis.call('ZRANGE', KEYS[2], 0, over - 1)
    redis.call('ZREM', KEYS[2], unpack(gone))
    redis.call('HDEL', KEYS[1], unpack(gone))
end
redis.call('EXPIRE', KEYS[1], forgotten)
redis.call('EXPIRE', KEYS[2], forgotten)
return count
"""


class Here:
    """In this process's memory: (failures, when the latest was) by number, the latest last."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, number: str) -> tuple[int, datetime]:
        with self._lock:
            return self._failures.get(number, (0, NEVER))

    def count(self, number: str, now: datetime) -> int:
        with self._lock:
            count, last = self._failures.pop(number, (0, now))
            count = 1 if now - last > FORGOTTEN_AFTER else count + 1
            self._failures[number] = (count, now)
            while len(self._failures) > MOST:
                self._failures.popitem(last=False)
        return count

    def forget(self) -> None:
        with self._lock:
            self._failures.clear()


_here = Here()


def locked_until(number: str, *, now: datetime) -> datetime | None:
    """A lock is that of the latest failure, so how many and when the latest was say all."""
    key = hashed(number)
    found = redis_server.ask(lambda client: _read(client, key))
    count, last = found or _here.of(key)
    return lock_in_force(lock_after(count, now=last), now=now)


def failed(number: str, *, now: datetime) -> datetime | None:
    """Count one more; until when the number is locked. Counted here in any case: Redis may be gone at the next."""
    key = hashed(number)
    here = _here.count(key, now)
    return lock_after(redis_server.ask(lambda client: _counted(client, key, now)) or here, now=now)


def _names() -> tuple[str, str]:
    return f"{prefix()}:unknown:counts", f"{prefix()}:unknown:times"


def _read(client: Any, key: str) -> tuple[int, datetime]:
    counts, times = _names()
    pipe = client.pipeline(transaction=False)
    count, at = pipe.hget(counts, key).zscore(times, key).execute()
    return int(count or 0), NEVER + timedelta(seconds=at or 0)


def _counted(client: Any, key: str, now: datetime) -> int:
    seconds = int(FORGOTTEN_AFTER.total_seconds())
    return int(client.eval(COUNTED, 2, *_names(), key, now.timestamp(), seconds, MOST))


def forget() -> None:
    _here.forget()
