"""Two processes at the same rows at once: whoever comes second is told so, and nobody meets an error of the server.

On PostgreSQL alone: SQLite has one writer at a time.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.doors import csrf
from tests.stage import Stage, make_app
from webapp.core import clock, facts, settings
from webapp.core.db import db, transaction
from webapp.core.models import Closure, DatabaseFact
from webapp.org.models import Staff
from webapp.org.settings import RANK

PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def on_postgres(stage: Stage) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer at a time (ZAISEKI_TEST_DATABASE=postgres)")


def in_threads(*acts: Callable[[], Any]) -> list[Any]:
    """What each returned, in this order."""
    found: dict[int, Any] = {}

    def run(place: int, act: Callable[[], Any]) -> None:
        found[place] = act()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return [found[place] for place in range(len(acts))]


@pytest.fixture
def other(stage: Stage) -> Iterator[Flask]:
    """An application with addresses of its own, to be held at a chosen moment."""
    app = make_app(str(stage.app.config["SQLALCHEMY_DATABASE_URI"]))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def call(app: Flask, stage: Stage, act: Callable[[], None]) -> Callable[[], int]:
    """An address that does this in a transaction; the status of asking it."""
    name = f"act{len(app.view_functions)}"  # of the API: a token says who asks

    def view() -> tuple[str, int]:
        with transaction():
            act()
        return "", 204

    app.add_url_rule(f"/api/v1/{name}", f"api.{name}", view, methods=["POST"])
    headers = {"Authorization": f"Bearer {stage.token('900', 'admin')}"}
    client = app.test_client()
    return lambda: client.post(f"/api/v1/{name}", headers=headers).status_code


def test_two_that_wait_for_each_other(stage: Stage, other: Flask) -> None:
    gate = threading.Barrier(2, timeout=PATIENCE_S)

    def locking(*numbers: str) -> Callable[[], None]:
        def act() -> None:
            for place, number in enumerate(numbers):
                chosen = select(Staff.id).where(Staff.number == number)
                db.session.execute(chosen.with_for_update())
                if place == 0:
                    gate.wait()

        return act

    acts = [call(other, stage, locking(*pair)) for pair in (("121", "122"), ("122", "121"))]
    assert sorted(in_threads(*acts)) == [204, 409]


def test_a_row_that_another_has_just_taken_away(stage: Stage, other: Flask) -> None:
    day = clock.now().date()
    with transaction():
        db.session.add(Closure(site="", day=day, reason="点検"))

    def change() -> None:
        row = db.session.scalars(select(Closure)).one()
        in_threads(take_away)
        row.reason = "工事"

    def take_away() -> None:
        with other.app_context(), transaction():
            db.session.execute(delete(Closure))

    assert call(other, stage, change)() == 409


def test_the_same_row_made_twice(stage: Stage) -> None:
    """A page is sent while somebody else's transaction has the same setting for the first time, not committed yet."""
    browser = stage.browser("900")
    form = {"csrf_token": csrf(browser, "/admin/settings"), "rank": "課長\n係長"}
    waits, answers = threading.Event(), []

    def send() -> None:
        waits.set()
        answers.append(browser.post("/admin/settings", data=form).status_code)

    thread = threading.Thread(target=send)
    with transaction():
        settings.put(RANK, ["係長"], by=None, now=clock.now())
        db.session.flush()
        thread.start()
        assert waits.wait(PATIENCE_S)
        _until_somebody_waits()
    thread.join(PATIENCE_S)
    assert answers == [409]
    with stage.app.app_context():
        assert settings.value(RANK) == ["係長"]


def _until_somebody_waits() -> None:
    """Another connection waits for a lock of ours."""
    waiting = db.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    end = clock.monotonic() + PATIENCE_S
    while not db.session.scalar(waiting):
        assert clock.monotonic() < end
        threading.Event().wait(0.05)


def test_two_that_stamp_a_subject_for_the_first_time(stage: Stage, other: Flask) -> None:
    def stamped() -> bool:
        with other.app_context(), transaction():
            facts.restamp("test")
        return True

    threads: list[threading.Thread] = []
    with transaction():
        facts.restamp("test")
        threads.append(threading.Thread(target=stamped))
        threads[0].start()
        _until_somebody_waits()
    threads[0].join(PATIENCE_S)
    query = select(DatabaseFact.value).where(DatabaseFact.name == "stamp:test")
    db.session.rollback()
    assert len(db.session.scalars(query).all()) == 1
