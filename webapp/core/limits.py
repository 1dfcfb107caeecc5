"""How often somebody may do something: so many in so many seconds, counted by all processes together.

Counted in Redis where there is one, in one step of one round trip. Where there is none, or while it does not answer,
each process counts for itself: N processes then let pass N times as many, which stops a stuck key all the same.
"""

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from webapp.core import facts, redis_server
from webapp.core.refusals import TooMany

MOST_KEYS = 10_000  # of one limit in memory; who has not come for longest goes

# The times of the last so many, the newest first. By Redis' own clock: those of the processes may differ, and be set.
# A time that lies ahead is of a clock set back since: forgotten, or it would hold for as long as the step was.
SLIDING = """
local at = redis.call('TIME')
local now = at[1] * 1000000 + at[2]
local most, per = tonumber(ARGV[1]), tonumber(ARGV[2])
local newest = tonumber(redis.call('LINDEX', KEYS[1], 0))
if newest and newest > now then redis.call('DEL', KEYS[1]) end
local nth = tonumber(redis.call('LINDEX', KEYS[1], most - 1))
if nth and now - nth < per then return per - (now - nth) end
redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
redis.call('LTRIM', KEYS[1], 0, most - 1)
redis.call('PEXPIRE', KEYS[1], math.ceil(per / 1000))
return 0
"""


class Here:
    """Counted in this process's memory."""

    def __init__(self) -> None:
        self._times: OrderedDict[object, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._times)

    def take(self, key: object, most: int, per_s: float, at: float) -> float | None:
        with self._lock:
            times = self._times.setdefault(key, deque(maxlen=most))
            self._times.move_to_end(key)
            if len(times) == most and at - times[0] < per_s:
                return per_s - (at - times[0])
            times.append(at)
            while len(self._times) > MOST_KEYS:
                self._times.popitem(last=False)
        return None


@dataclass(frozen=True, slots=True)
class Limit:
    """most in per_s seconds for each key. words: what is said to whom it stops, before how long to wait."""

    name: str
    most: int
    per_s: float
    words: str
    here: Here = field(default_factory=Here, compare=False, repr=False)

    def require(self, key: object, *, at: float) -> None:
        """Count one more. at: monotonic seconds. Raises TooMany, and what is refused is not counted."""
        wait = self.take(key, at=at)
        if wait is not None:
            seconds = ceil(wait)
            raise TooMany(f"{self.words}{seconds}秒ほど待ってください。", seconds)

    def take(self, key: object, *, at: float) -> float | None:
        """Seconds to wait, or None where it is counted."""
        name = f"{prefix()}:limit:{self.name}:{key}"
        left = redis_server.ask(lambda client: self._shared(client, name))
        if left is None:
            return self.here.take(name, self.most, self.per_s, at)
        return left / 1e6 or None

    def _shared(self, client: Any, name: str) -> int:
        return int(client.eval(SLIDING, 1, name, self.most, int(self.per_s * 1e6)))


def prefix() -> str:
    """Several installations may share a Redis; the epoch is of one database, and of no copy of it that is restored."""
    return f"zaiseki:{facts.epoch()}"
