"""Redis, where the installation has one: the wake-up between processes and the limits they share. Never the truth.

Everything that uses it has to work without: an outage makes other processes' changes late by a second, and limits
those of one process.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import redis
from flask import current_app
from redis.backoff import NoBackoff
from redis.retry import Retry

from webapp.core import clock, trouble

T = TypeVar("T")

ANSWERS_WITHIN_S = 0.5  # a Redis that hangs must not hold up a report
ASKED_AGAIN_AFTER_S = 3.0
LIMITS = "limits shared between processes"


def connect(url: str, *, listens: bool = False) -> Any:
    """A client. listens: for a subscription, which waits for ever (a timeout there ends it silently).

    The client's own retries would sleep between three tries: seconds, in the middle of a request.
    """
    waits = None if listens else ANSWERS_WITHIN_S
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=ANSWERS_WITHIN_S,
        socket_timeout=waits,
        health_check_interval=0,
        retry=Retry(NoBackoff(), 0),
    )


def server() -> Any | None:
    """This application's client, opened when first asked for; None without ZAISEKI_REDIS_URL."""
    kept = current_app.extensions
    if "redis" not in kept:
        url = current_app.config["ZAISEKI"].redis_url
        kept["redis"] = connect(url) if url else None
    return kept["redis"]


class Silence:
    """When Redis did not answer, nobody asks again for some seconds; then one does, and the others go on without."""

    def __init__(self) -> None:
        self._until = 0.0
        self._is_silent = False

    def asks(self) -> bool:
        """Whether this caller asks. While it is silent the first one after the pause takes the try for all."""
        if not self._is_silent:
            return True
        now = clock.monotonic()
        if now < self._until:
            return False
        self._until = now + ASKED_AGAIN_AFTER_S
        return True

    def failed(self, error: Exception) -> None:
        self._until = clock.monotonic() + ASKED_AGAIN_AFTER_S
        self._is_silent = True
        trouble.tell(LIMITS, error)

    def answered(self) -> None:
        if self._is_silent:
            trouble.over(LIMITS)
        self._is_silent = False


def ask(question: Callable[[Any], T]) -> T | None:
    """What Redis says to `question(client)`; None where there is no Redis or it does not answer now."""
    client = server()
    if client is None:
        return None
    silence: Silence = current_app.extensions.setdefault("redis_silence", Silence())
    if not silence.asks():
        return None
    try:
        answer = question(client)
    except redis.RedisError as error:
        silence.failed(error)
        return None
    silence.answered()
    return answer
