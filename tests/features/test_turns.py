"""Periodic work of several processes: once for all of them, by the next where one dies, whatever the clock does."""

import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests.stage import Stage, make_app
from webapp import jobs
from webapp.attendance import inbox
from webapp.attendance.importing import take_file
from webapp.attendance.models import Punch
from webapp.core import clock, turns
from webapp.core.db import db, transaction
from webapp.core.models import JobTurn


@pytest.fixture
def two(stage: Stage) -> Iterator[tuple[Flask, Flask]]:
    apps = [make_app(str(stage.app.config["SQLALCHEMY_DATABASE_URI"])) for _ in range(2)]
    yield apps[0], apps[1]
    for app in apps:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def take(app: Flask, now: datetime, every_s: float = 60.0) -> bool:
    with app.app_context():
        return turns.take("test", every_s, now=now)


def after(seconds: float) -> datetime:
    return clock.now() + timedelta(seconds=seconds)


def test_one_of_two_has_the_turn_and_the_next_goes_on_where_one_dies(
    two: tuple[Flask, Flask],
) -> None:
    one, other = two
    assert take(one, after(0))
    assert not take(other, after(30))
    assert take(one, after(60))
    assert not take(other, after(90))  # and now the first is gone
    assert take(other, after(150))
    assert not take(one, after(160))


@pytest.mark.parametrize(
    ("stepped", "mine"),
    [
        (-3600, True),  # an hour back: what was written lies ahead
        (-90, True),
        (-20, False),  # as far as clocks of two machines may differ
        (3600, True),
        (55, True),  # a sleep that wakes a little early
        (50, False),
    ],
)
def test_a_clock_that_is_set_stops_no_job(
    two: tuple[Flask, Flask], stepped: int, mine: bool
) -> None:
    one, other = two
    assert take(one, after(0))
    assert take(other, after(stepped)) is mine


def test_of_many_who_ask_at_once_one_has_the_turn(two: tuple[Flask, Flask]) -> None:
    for round_ in range(5):
        assert _at_once(two, after(round_ * 60)) == 1


def _at_once(two: tuple[Flask, Flask], now: datetime) -> int:
    gate, taken = threading.Barrier(6), []

    def ask(app: Flask) -> None:
        gate.wait(20)
        taken.append(take(app, now))

    threads = [threading.Thread(target=ask, args=(two[n % 2],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken)


def test_who_is_not_at_turn_writes_nothing(two: tuple[Flask, Flask]) -> None:
    one, other = two
    assert take(one, after(0))
    with one.app_context(), transaction():  # on SQLite a write of the other would wait and fail
        assert not _in_thread(lambda: take(other, after(1)))


def _in_thread(act: object) -> object:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(act()))  # type: ignore[operator]
    thread.start()
    thread.join()
    return found[0]


def test_a_minute_and_an_hour_are_worked_once(
    two: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(jobs, "one_round", lambda _app, hourly: done.append(f"minute {hourly}"))
    began = clock.now()
    for minute in range(62):
        clock.freeze(began + timedelta(minutes=minute))
        assert [jobs.take_round(app) for app in two].count(True) == 1
    assert len(done) == 62
    assert [n for n, what in enumerate(done) if what == "minute True"] == [0, 54]


def test_turns_are_one_row_a_job(two: tuple[Flask, Flask]) -> None:
    for minute in range(3):
        clock.freeze(clock.now() + timedelta(minutes=minute))
        for app in two:
            jobs.take_round(app)
    with two[0].app_context():
        assert sorted(db.session.scalars(db.select(JobTurn.name))) == ["hour", "minute"]


# --- the folder of card readers --------------------------------------------------------------

HEADER = "職員番号,日時,種別,勤務場所,取込元\r\n"


def row(number: str, minute: int) -> str:
    return f"{number},2026-11-24T08:{minute:02}:00,始業,在庁,カード\r\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(
        inbox, "SETTLED", timedelta(days=-10_000)
    )  # the clock of the tests stands still
    return tmp_path


def punches() -> int:
    db.session.rollback()
    return int(db.session.scalar(db.select(db.func.count(Punch.id))) or 0)


def test_a_second_process_leaves_the_folder_to_the_first(
    two: tuple[Flask, Flask], stage: Stage, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text(HEADER + row("121", 10), encoding="utf-8")
    others: list[object] = []

    def meanwhile(*given: object, **more: object) -> object:
        def of_the_other() -> object:
            with two[1].app_context():
                return inbox.take_inbox(folder, now=clock.now())

        others.append(_in_thread(of_the_other))
        return take_file(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox.importing, "take_file", meanwhile)
    with two[0].app_context():
        assert inbox.take_inbox(folder, now=clock.now()) == [("a.csv", True)]
    assert others == [[]]
    assert punches() == 1
    assert [file.name for file in (folder / "done").iterdir()] == ["a.csv"]


@pytest.mark.parametrize("way", ["replaced", "written in place"])
def test_a_file_written_anew_meanwhile_is_not_put_away_unread(
    stage: Stage,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    way: str,
) -> None:
    """The reader writes the same name again while the former is being taken in."""
    caplog.set_level(logging.INFO)
    file = folder / "a.csv"
    file.write_text(HEADER + row("121", 10), encoding="utf-8")

    def meanwhile(*given: object, **more: object) -> object:
        monkeypatch.setattr(inbox.importing, "take_file", take_file)
        if way == "replaced":
            (folder / "new").write_text(HEADER + row("122", 20), encoding="utf-8")
            (folder / "new").replace(file)
        else:
            file.write_text(HEADER + row("121", 10) + row("122", 20), encoding="utf-8")
        return take_file(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(inbox.importing, "take_file", meanwhile)
    inbox.take_inbox(folder, now=clock.now())
    assert punches() == 1
    assert "written anew" in caplog.text
    assert inbox.take_inbox(folder, now=clock.now()) == [("a.csv", True)]
    assert punches() == 2
    assert not list(folder.glob("*.csv"))
