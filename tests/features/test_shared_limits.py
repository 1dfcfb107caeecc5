"""Limits and failed sign-ins of two processes together, through a real Redis that may be gone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.stage import Stage, make_app
from tests.tools.redis import RedisServer
from webapp.accounts import lockout
from webapp.core import clock, limits, redis_server
from webapp.core.db import db
from webapp.core.limits import Limit
from webapp.core.refusals import TooMany


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture
def two(stage: Stage, redis: RedisServer) -> Iterator[tuple[Flask, Flask]]:
    """Two applications on one database and one Redis, each with a client of its own."""
    lockout.forget()
    apps = [make_app(str(stage.app.config["SQLALCHEMY_DATABASE_URI"])) for _ in range(2)]
    for app in apps:
        app.extensions["redis"] = redis_server.connect(redis.url)
    yield apps[0], apps[1]
    for app in apps:
        app.extensions["redis"].close()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def a_limit(most: int = 3, per_s: float = 60.0) -> Limit:
    """With a memory of its own each time: what another process counted is not in it."""
    return Limit("test", most, per_s, "多すぎます。")


def take(app: Flask, key: object = "a", *, at: float = 0.0, **kind: float) -> float | None:
    with app.app_context():
        return a_limit(**kind).take(key, at=at)  # type: ignore[arg-type]


def test_two_processes_count_together(two: tuple[Flask, Flask]) -> None:
    one, other = two
    assert [take(app) for app in (one, other, one)] == [None, None, None]
    wait = take(other)
    assert wait is not None
    assert 50 < wait <= 60
    assert take(one, "b") is None


def test_the_window_slides_and_what_is_refused_is_not_counted(two: tuple[Flask, Flask]) -> None:
    one, other = two
    short = {"most": 2, "per_s": 0.4}
    assert [take(one, **short), take(other, **short)] == [None, None]
    left = [take(app, **short) for app in (one, other, one)]
    assert all(left)
    assert _until_taken(other, **short) is None


def _until_taken(app: Flask, **kind: float) -> float | None:
    end = clock.monotonic() + 20
    while clock.monotonic() < end:
        if take(app, **kind) is None:
            return None
    return 1.0


def test_each_database_has_its_own(two: tuple[Flask, Flask], stage: Stage) -> None:
    one, _ = two
    for _ in range(3):
        take(one)
    assert take(one) is not None
    stage.resume()  # another epoch
    assert take(one) is None


def test_memory_serves_while_redis_is_gone_and_nobody_waits_for_it(
    two: tuple[Flask, Flask], redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = two
    limit = a_limit()
    redis.stop()
    asked: list[str] = []
    shared = Limit._shared

    def counted(self: Limit, client: Any, name: str) -> int:
        asked.append(name)
        return shared(self, client, name)

    monkeypatch.setattr(Limit, "_shared", counted)
    try:
        with one.app_context():
            answers = [limit.take("a", at=float(second)) for second in range(5)]
    finally:
        redis.start()
    assert answers == [None, None, None, 57.0, 56.0]
    assert len(asked) == 1  # the others did without asking
    one.extensions["redis_silence"]._until = 0.0  # the pause is over
    assert take(one) is None
    assert len(asked) == 2
    assert take(one) is None
    assert len(asked) == 3


def test_of_many_who_come_after_the_pause_one_asks() -> None:
    silence = redis_server.Silence()
    silence.failed(OSError("gone"))
    assert not silence.asks()
    silence._until = 0.0
    assert [silence.asks() for _ in range(3)] == [True, False, False]
    silence.answered()
    assert [silence.asks() for _ in range(3)] == [True, True, True]


def test_a_limit_says_how_long_to_wait(two: tuple[Flask, Flask]) -> None:
    one, _ = two
    limit = a_limit(most=1)
    with one.app_context():
        limit.require("a", at=0.0)
        with pytest.raises(TooMany) as refused:
            limit.require("a", at=0.0)
    assert refused.value.retry_after == 60
    assert refused.value.message == "多すぎます。60秒ほど待ってください。"


def test_memory_is_bounded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_KEYS", 10)
    limit = a_limit(most=1)
    with app.app_context():
        for key in range(25):
            limit.take(key, at=0.0)
        assert len(limit.here) == 10
        assert limit.take(24, at=1.0) is not None  # the last ones are known
        assert limit.take(3, at=1.0) is None


# --- failed sign-ins of numbers nobody has ---------------------------------------------------


def test_an_unknown_number_is_locked_for_all_processes(two: tuple[Flask, Flask]) -> None:
    one, other = two
    now = clock.now()
    until = [_failed(app, now) for app in (one, other, one, other, one)]
    assert until[:4] == [None] * 4
    assert until[4] == now + timedelta(minutes=1)
    lockout.forget()  # as a process that has seen none of it
    with other.app_context():
        assert lockout.locked_until("999", now=now) == until[4]
        assert lockout.locked_until("999", now=now + timedelta(minutes=1)) is None
        assert lockout.locked_until("998", now=now) is None
    assert _failed(other, now) == now + timedelta(minutes=2)


def _failed(app: Flask, now: object) -> object:
    with app.app_context():
        return lockout.failed("999", now=now)  # type: ignore[arg-type]


def test_failures_are_bounded_and_kept_by_no_number(
    two: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = two
    monkeypatch.setattr(lockout, "MOST", 10)
    now = clock.now()
    with one.app_context():
        for number in range(25):
            lockout.failed(f"secret{number}", now=now + timedelta(seconds=number))
        client = one.extensions["redis"]
        counts, times = lockout._names()
        assert client.hlen(counts) == client.zcard(times) == 10
        assert b"secret" not in b"".join(client.hkeys(counts))
        assert 0 < client.ttl(counts) <= 86_400


def test_a_day_later_failures_are_forgiven(two: tuple[Flask, Flask]) -> None:
    one, other = two
    now = clock.now()
    for _ in range(5):
        _failed(one, now)
    assert _failed(other, now + timedelta(days=1, seconds=1)) is None


def test_without_redis_failures_count_here(app: Flask) -> None:
    lockout.forget()
    until = [_failed(app, clock.now()) for _ in range(5)]
    assert until[4] is not None
    assert lockout.locked_until("999", now=clock.now()) == until[4]
