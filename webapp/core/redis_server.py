"""Redis, where the installation has one: the wake-up between processes and the limits they share. Never the truth.

Everything that uses it has to work without: an outage makes other processes' changes late by a second, and limits
those of one process.
"""

from typing import Any

import redis
from flask import current_app

ANSWERS_WITHIN_S = 0.5  # a Redis that hangs must not hold up a report


def connect(url: str, *, listens: bool = False) -> Any:
    """A client. listens: for a subscription, which waits for ever (a timeout there ends it silently)."""
    waits = None if listens else ANSWERS_WITHIN_S
    return redis.Redis.from_url(
        url, socket_connect_timeout=ANSWERS_WITHIN_S, socket_timeout=waits, health_check_interval=0
    )


def server() -> Any | None:
    """This application's client, opened when first asked for; None without ZAISEKI_REDIS_URL."""
    kept = current_app.extensions
    if "redis" not in kept:
        url = current_app.config["ZAISEKI"].redis_url
        kept["redis"] = connect(url) if url else None
    return kept["redis"]
