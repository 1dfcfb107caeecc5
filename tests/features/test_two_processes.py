"""What one process changes the other knows at its next request; what is told is told by both, once; places are shared.

The second is a process of its own (`tests.tools.second`), warm: it has answered the same question before.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from tests.doors import post
from tests.features.emergency_at import begin
from tests.features.rota_play import NEXT, furnish
from tests.features.seats_at import borrow, item
from tests.features.test_coverage import away
from tests.stage import Stage, make_app
from tests.tools.second import Second
from webapp.accounts import tokens
from webapp.accounts.models import ApiToken
from webapp.accounts.queries import hashed
from webapp.core import clock, facts, settings
from webapp.core.db import db, transaction
from webapp.core.models import Closure
from webapp.coverage.models import Shortage
from webapp.notices import service as notices
from webapp.org import queries as org
from webapp.org.models import Posting, UnitTerm
from webapp.org.settings import DAY_STARTS, RANK
from webapp.plans.service import Entry
from webapp.positions import service as positions
from webapp.positions.models import Position
from webapp.positions.rules import Kind
from webapp.positions.wanted import PositionWanted
from webapp.realtime.catchup import CatchUp
from webapp.rota import places
from webapp.rota.models import Rota, RotaRun

READ = "self unit:read"
WEDNESDAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def process() -> Iterator[Second]:
    other = Second()
    yield other
    other.stop()


@pytest.fixture
def second(stage: Stage, process: Second) -> Second:
    enter(stage, process)
    return process


def enter(stage: Stage, process: Second) -> None:
    process.ask("enter", database_url=str(stage.app.config["SQLALCHEMY_DATABASE_URI"]))
    process.frames()


# --- memories -------------------------------------------------------------------------------


def unit_renamed(stage: Stage) -> None:
    with transaction():
        chosen = UnitTerm.unit_id == stage.units["W12"]
        db.session.execute(update(UnitTerm).where(chosen).values(name="入所第一係"))
        facts.restamp("org")


def role_given(stage: Stage) -> None:
    with transaction():
        chosen = Posting.staff_id == stage.ids["220"]
        db.session.execute(
            update(Posting).where(chosen).values(roles="admin", unit_id=stage.units["W11"])
        )
        facts.restamp("org")


def left(stage: Stage) -> None:
    with transaction():
        chosen = Posting.staff_id == stage.ids["220"]
        db.session.execute(update(Posting).where(chosen).values(ends_on=date(2026, 11, 23)))
        facts.restamp("org")


def closed(stage: Stage) -> None:
    form = {"day": "2026-11-25", "reason": "庁舎点検"}
    assert post(stage.browser("900"), "/admin/closures", form).status_code == 303


def ranked(stage: Stage) -> None:
    form = {"rank": "主事\n主任\n係長\n課長補佐\n課長"}
    assert post(stage.browser("900"), "/admin/settings", form).status_code == 303


def sections_shown(stage: Stage) -> None:
    form = {"own_unit_shown_in_full": "section"}
    assert post(stage.browser("900"), "/admin/settings", form).status_code == 303


def position_added(stage: Stage) -> None:
    with transaction():
        wanted = PositionWanted("電話", kind=Kind.PHONE)
        positions.add_position(stage.units["W11"], wanted, actor=None, now=clock.now())


def demand_changed(stage: Stage) -> None:
    band = {"when": "week", "weekday": ["1", "2"], "start": "9:00", "end": "12:00", "need": "3"}
    path = f"/positions/W11/position/{_counter()}/demand/new"
    assert post(stage.browser("100"), path, band).status_code == 303


def _counter() -> int:
    return int(db.session.scalar(select(Position.id).where(Position.name == "窓口")) or 0)


def on_duty(stage: Stage) -> None:
    stage.duty(_counter(), "121", 600, 720)


def said(stage: Stage) -> None:
    assert stage.api("121").post("/me/status", {"state": "dnd"}).status_code == 200


def reported(stage: Stage) -> None:
    assert stage.api("121").punch("start", "k", place="office").status_code == 201


def planned(stage: Stage) -> None:
    stage.telework("121")


def planned_ahead(stage: Stage) -> None:
    for number in ("121", "122", "120", "130", "131"):
        stage.plan(number, Entry(510, 1035, "leave"), day=WEDNESDAY)


def began(stage: Stage) -> None:
    begin(stage)


def lent(stage: Stage) -> None:
    lines = item("L", kind="回線", quantity=3, needed_at_home=True)
    borrow(stage, "122", lines, date(2026, 11, 24), (510, 1035))


def told(stage: Stage) -> None:
    with transaction():
        notices.notify(
            [stage.ids["121"]],
            unit_id=stage.units["W11"],
            kind="rota",
            text="当番が確定しました",
            link="/",
            now=clock.now(),
        )


def withdrawn(stage: Stage) -> None:
    with transaction():
        tokens.revoke_all_of(stage.ids["220"], now=clock.now())


def signed_out(stage: Stage) -> None:
    secret = hashed(stage.token("220", READ))
    with transaction():
        db.session.query(ApiToken).filter_by(token_hash=secret).delete()


COVERAGE = "/units/W11/coverage"

Change = Callable[[Stage], None]
CASES: list[tuple[Change, str, str]] = [
    (unit_renamed, "/units", "100"),
    (unit_renamed, "/boards/W11", "100"),
    (role_given, "/me", "220"),
    (role_given, "/boards/W11", "220"),
    (left, "/me", "220"),
    (closed, f"{COVERAGE}?date=2026-11-25", "100"),
    (closed, f"{COVERAGE.replace('coverage', 'telework-room')}?days=3", "100"),
    (ranked, "/boards/W11", "100"),
    (sections_shown, "/boards/W13", "121"),
    (position_added, "/boards/W11", "100"),
    (position_added, COVERAGE, "100"),
    (position_added, f"{COVERAGE}?date=2026-11-25", "100"),
    (demand_changed, COVERAGE, "100"),
    (demand_changed, f"{COVERAGE}?date=2026-11-25", "100"),
    (on_duty, "/boards/W11", "100"),
    (on_duty, COVERAGE, "100"),
    (said, "/boards/W11", "100"),
    (said, "/boards/W00", "100"),
    (said, COVERAGE, "100"),
    (reported, "/boards/W11", "100"),
    (planned, "/boards/W11", "100"),
    (planned_ahead, f"{COVERAGE}?date=2026-11-25", "100"),
    (began, "/emergencies", "100"),
    (lent, COVERAGE.replace("coverage", "telework-room"), "100"),
    (told, "/me/notices", "121"),
    (withdrawn, "/me", "220"),
    (withdrawn, "/boards/W22", "220"),
    (signed_out, "/boards/W22", "220"),
]


@pytest.mark.parametrize(
    ("change", "path", "viewer"), CASES, ids=[f"{c.__name__} {p}" for c, p, _ in CASES]
)
def test_a_change_is_seen_by_the_other_process_at_its_next_request(
    stage: Stage, second: Second, change: Change, path: str, viewer: str
) -> None:
    stage.position("窓口")
    stage.settle()
    token = stage.token(viewer, READ)
    before = second.get(f"/api/v1{path}", token)
    assert before[0] == 200
    assert second.get(f"/api/v1{path}", token) == before
    change(stage)
    answer = stage.app.test_client().get(
        f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}
    )
    after = second.get(f"/api/v1{path}", token)
    assert after == (answer.status_code, answer.json)
    assert after != before


def test_what_was_rolled_back_is_kept_by_nobody(stage: Stage) -> None:
    """Rows are written first and the stamp last: in between a reader finds new rows under the old stamp."""

    def seen() -> object:
        now = clock.now()
        node = org.tree(org.today(now), known_at=now).by_code("W12")
        held = org.postings_today(stage.ids["121"], now=now)
        calendar = org.business_calendar()
        return (
            node and node.name,
            [posting.name for posting in held],
            calendar.is_business_day(WEDNESDAY),
            calendar.day_starts,
            settings.value(RANK),
        )

    _forget()
    inside: list[object] = []
    with suppress(ZeroDivisionError), transaction():
        db.session.execute(update(UnitTerm).values(name="仮"))
        db.session.execute(update(Posting).values(name="仮"))
        db.session.add(Closure(day=WEDNESDAY, site="", reason="仮"))
        db.session.flush()
        inside.append(seen())  # under the old stamps
        settings.put(RANK, ["仮"], by=None, now=clock.now())
        settings.put(DAY_STARTS, "05:00", by=None, now=clock.now())
        facts.restamp("org")
        inside.append(seen())  # under new ones that nobody else will ever see
        raise ZeroDivisionError
    assert inside[0] != inside[1]
    db.session.rollback()
    first = seen()
    _forget()
    with transaction():
        facts.restamp("org")
    assert seen() == first
    assert "仮" not in str(first)


def _forget() -> None:
    """As a process that has just started."""
    for kept in (org._trees, org._todays, org._calendars, org._publications, settings._cache):
        kept.clear()


# --- told by every process, once ------------------------------------------------------------


def alerts(frames: list[tuple[str, dict[str, Any], str]]) -> list[tuple[str, str]]:
    return [(p["level"], room) for event, p, room in frames if event == "alert"]


@pytest.fixture
def short(stage: Stage) -> None:
    """A counter for two with one of them gone since a moment ago; nothing is told yet."""
    position = stage.position("窓口", staffed="duty", need=2, hours=(540, 990))
    stage.duty(position, "121", 600, 720)
    stage.duty(position, "122", 600, 720)
    clock.freeze(clock.now() + timedelta(minutes=1))
    stage.settle()
    away(stage)
    stage.settle()


def test_an_alert_is_told_by_both_once_a_level(stage: Stage, second: Second, short: None) -> None:
    second.frames()
    with stage.frames() as sent:
        clock.freeze(clock.now() + timedelta(seconds=21))
    first = alerts(sent)
    assert ("now", "W11:leads") in first
    assert alerts(second.frames()) == first
    assert alerts(second.frames()) == []
    clock.freeze(clock.now() + timedelta(minutes=15))
    told = alerts(second.frames())  # now the second is first
    assert {level for level, _ in told} == {"long"}
    with stage.frames() as sent:
        _catch_up(stage)
    assert alerts(sent) == told


def _catch_up(stage: Stage) -> None:
    CatchUp(stage.app, stage.app.extensions["pump"]).step()


def test_two_that_look_at_once_note_one_shortage(stage: Stage, second: Second, short: None) -> None:
    second.frames()
    with stage.frames() as sent:
        clock.freeze(clock.now() + timedelta(seconds=21))
        second.begin("frames")
    others = alerts(second.answer()) + alerts(second.frames())
    with stage.frames() as more:
        _catch_up(stage)
    assert sorted(alerts(sent) + alerts(more)) == sorted(others)
    assert [level for level, room in others if room == "W11:leads"] == ["now"]
    assert [row.alerted_level for row in _told()].count("now") == 1


def _told() -> list[Shortage]:
    db.session.rollback()
    return list(db.session.scalars(select(Shortage).where(Shortage.alerted_level != "")))


@pytest.mark.parametrize(("minutes", "told"), [(1, True), (60, False)])
def test_who_starts_later_tells_only_what_is_fresh(
    stage: Stage, process: Second, short: None, minutes: int, told: bool
) -> None:
    """A crash between the commit and the word; and a shortage that was told an hour ago."""
    clock.freeze(clock.now() + timedelta(seconds=21))
    stage.settle()
    key = _told()[0].id
    clock.freeze(clock.now() + timedelta(minutes=minutes))
    process.ask("enter", database_url=str(stage.app.config["SQLALCHEMY_DATABASE_URI"]))
    process.ask("mark", topic="alert", key=key)
    found = [room for level, room in alerts(process.frames()) if level == "now"]
    assert bool(found) is told


def test_the_bar_of_an_emergency_is_told_by_both_and_by_no_answer(
    stage: Stage, second: Second
) -> None:
    begin(stage)
    bars = [room for event, _, room in second.frames() if event == "emergency"]
    assert "121:person" in bars
    stage.api("121").post("/emergencies/1/answer", {"answer": "home"})
    after = second.frames()
    assert {event for event, _, _ in after if event.startswith("emergency")} == {"emergency_tally"}


# --- places of the solver -------------------------------------------------------------------


@pytest.fixture
def queued(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two runs that wait, and one place."""
    furnish(stage)
    monkeypatch.setattr(places, "MOST_AT_ONCE", 1)
    return [_queue(stage, day) for day in (date(2026, 11, 30), date(2026, 12, 7))]


def _queue(stage: Stage, first: date) -> int:
    with transaction():
        now, unit = clock.now(), stage.units["W11"]
        rota = Rota(unit_id=unit, first_on=first, changed_at=now)
        db.session.add(rota)
        db.session.flush()
        row = RotaRun(
            rota_id=rota.id,
            unit_id=unit,
            state="queued",
            from_revision=1,
            problem={},
            started_at=now,
            seen_at=now,
            started_by=stage.ids["130"],
        )
        db.session.add(row)
        db.session.flush()
        return row.id


def test_two_runs_that_come_at_once_do_not_both_get_the_last_place(
    stage: Stage, queued: list[int]
) -> None:
    """The first begins between the two questions of the second: how many run, and who is the oldest that waits."""
    other = make_app(str(stage.app.config["SQLALCHEMY_DATABASE_URI"]))
    between, begun = threading.Event(), threading.Event()

    def pause(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "min(rota_run.id)" in statement and not between.is_set():
            between.set()
            begun.wait(1.5)  # under the lock the first cannot begin before this one is through

    def begin_second() -> None:
        with other.app_context():
            event.listen(db.engine, "before_cursor_execute", pause)
            results.append(_begin(queued[1]))
            db.session.remove()
            db.engine.dispose()

    results: list[bool] = []
    thread = threading.Thread(target=begin_second)
    thread.start()
    assert between.wait(20)
    results.append(_begin(queued[0]))
    begun.set()
    thread.join()
    db.session.rollback()
    running = db.session.scalars(select(RotaRun.id).where(RotaRun.state == "running")).all()
    assert list(running) == [queued[0]]
    assert sorted(results) == [False, True]


def _begin(run_id: int) -> bool:
    with transaction():
        return places.begin(run_id, now=clock.now())


def test_the_next_begins_at_the_other_process_when_a_place_is_free(
    stage: Stage, second: Second, queued: list[int]
) -> None:
    assert not second.ask("begin_run", run=queued[1])  # the older one waits at the first process
    assert _begin(queued[0])
    with transaction():
        row = places.live(queued[0])
        assert row is not None
        places.end(row, "done", "", now=clock.now())
    assert second.ask("begin_run", run=queued[1])


def test_a_run_is_stopped_from_the_other_process(stage: Stage, queued: list[int]) -> None:
    """Whoever is asked writes it down; whoever watches the process reads it there (`running.Watch._look`)."""
    assert _begin(queued[0])
    path = f"/units/W11/rotas/{NEXT}/runs/{queued[0]}/cancel"
    assert stage.api("130", "self unit:read unit:write").post(path).status_code == 200
    db.session.rollback()
    assert db.session.get_one(RotaRun, queued[0]).state == "stopping"


def test_the_dead_are_buried_by_the_other_process_and_the_living_by_nobody(
    stage: Stage, second: Second, queued: list[int]
) -> None:
    assert second.ask("orphaned") == []
    clock.freeze(clock.now() + timedelta(hours=2))  # no clock decides it
    assert second.ask("orphaned") == []
    assert second.ask("orphaned", later=places.ORPHAN_AFTER_S + 1) == queued
    with transaction():
        row = places.live(queued[0])
        assert row is not None
        row.seen_at = clock.now()
    assert second.ask("orphaned", later=places.ORPHAN_AFTER_S + 1) == queued[1:]
    assert second.ask("bury", later=places.ORPHAN_AFTER_S + 1) == queued[1:]
    db.session.rollback()
    states = [db.session.get_one(RotaRun, key, populate_existing=True).state for key in queued]
    assert states == ["queued", "failed"]
