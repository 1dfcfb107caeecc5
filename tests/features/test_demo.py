"""The demonstration: the same city for everybody, always a Tuesday at 10:20, made through the services."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from tests.conftest import tokyo
from tests.stage import Stage, make_app
from webapp.accounts.access import Actor
from webapp.accounts.models import Account
from webapp.accounts.passwords import is_password
from webapp.accounts.rules import Form
from webapp.attendance import queries as attendance
from webapp.attendance.models import Punch
from webapp.board import queries as board
from webapp.core import clock, facts
from webapp.core.calendar import BusinessCalendar
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.core.refusals import Conflict
from webapp.coverage import queries as coverage
from webapp.demo import (
    SIGN_INS,
    counters,
    fill,
    follow_clock,
    nursery,
    people,
    prepare,
    script,
    tuesday,
    week,
)
from webapp.demo.units import NURSERY, units
from webapp.duties.models import Duty
from webapp.org import queries as org
from webapp.org.rules import Role
from webapp.presence import service as presence
from webapp.presence.facts import State
from webapp.presence.models import StatusClaim
from webapp.rota import openings
from webapp.rota.desk import desk_of
from webapp.standup import queries as standup
from webapp.standup.rules import Half

TUESDAY, NEXT = date(2026, 11, 24), date(2026, 12, 1)
SUNDAY_NIGHT = "2026-11-22 23:50"
Machine = Callable[[str], None]


class Told(datetime):
    """The machine's clock of a test; the demonstration shifts it."""

    at: datetime = tokyo(SUNDAY_NIGHT).astimezone(UTC)

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return cls.at


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """`machine("2026-11-22 23:50")`: what the machine's clock says."""
    clock.unfreeze()
    monkeypatch.setattr(clock, "datetime", Told)

    def set_to(when: str) -> None:
        Told.at = tokyo(when).astimezone(UTC)

    set_to(SUNDAY_NIGHT)
    yield set_to
    clock.shift(timedelta())


@pytest.fixture(scope="module")
def filled(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Filled on a Sunday night, once; tests copy the file."""
    path = tmp_path_factory.mktemp("demonstration") / "filled.db"
    shutil.copy(template, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "datetime", Told)
        patch.setattr(clock, "_frozen", None)
        patch.setattr(clock, "_offset", timedelta())
        app = make_app(f"sqlite:///{path}")
        fill(app)
        with app.app_context():
            db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            db.session.remove()
            db.engine.dispose()
    return path


@pytest.fixture
def city(filled: Path, machine: Machine, tmp_path: Path) -> Iterator[Flask]:
    shutil.copy(filled, tmp_path / "city.db")
    app = make_app(f"sqlite:///{tmp_path / 'city.db'}")
    prepare(app)
    yield app
    with app.app_context():
        db.engine.dispose()


def rows_of(app: Flask, code: str) -> list[dict[str, Any]]:
    with app.app_context():
        tree = org.current_tree()
        unit = tree.by_code(code)
        assert unit is not None
        forms = {node.id: Form.FULL for node in tree.nodes}
        rows: list[dict[str, Any]] = board.board(unit, forms, now=clock.now())["rows"]
        return rows


def staff_id(name: str) -> int:
    number = next(p.number for p in people.people() if p.name == name)
    staff = org.staff_by_number(number)
    assert staff is not None
    return staff.id


# --- the script -----------------------------------------------------------------------------


def test_same_seed_same_city() -> None:
    assert people.people() == people.people()
    assert people.people(1) != people.people(2)
    everybody = people.people()
    assert script.morning(everybody, "a") == script.morning(everybody, "a")
    assert script.morning(everybody, "a") != script.morning(everybody, "b")
    assert week.day_before(everybody, TUESDAY, "a") == week.day_before(everybody, TUESDAY, "a")


def test_size_and_shape() -> None:
    everybody = people.people()
    assert 55 <= len(units()) <= 70
    assert 400 <= len(everybody) <= 450
    assert len({p.number for p in everybody}) == len({p.name for p in everybody}) == len(everybody)
    assert sum(p.seat is not None for p in everybody) == 34
    assert {p.reach for p in everybody} == {"転送可", "発信のみ", "不可"}
    assert any(p.also for p in everybody)


def test_nothing_happens_after_the_scene() -> None:
    for one in script.morning(people.people(), "a"):
        assert all(told.minute <= script.SCENE for told in one.told)
        assert one.said is None or one.said.minute <= script.SCENE


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("2026-11-22", "2026-11-24"),
        ("2026-11-24", "2026-11-24"),
        ("2026-11-25", "2026-12-01"),
        ("2026-12-29", "2027-01-05"),  # 年末年始
        ("2026-02-25", "2026-03-03"),
        ("2025-04-23", "2025-05-13"),  # 昭和の日 and a substitute holiday are Tuesdays
    ],
)
def test_next_tuesday_that_is_open(first: str, expected: str) -> None:
    found = tuesday.next_tuesday(date.fromisoformat(first), BusinessCalendar())
    assert found == date.fromisoformat(expected)


# --- the city -------------------------------------------------------------------------------


def test_started_on_a_sunday_night(app: Flask, machine: Machine) -> None:
    fill(app)
    assert clock.now() == tokyo("2026-11-24 10:20")
    with app.app_context():
        assert facts.is_demonstration()
        assert facts.get("demo_day") == "2026-11-24"
        assert org.today() == TUESDAY


def test_every_state_and_place_is_on_the_board(city: Flask) -> None:
    rows = rows_of(city, NURSERY)
    assert len(rows) == 34
    assert {row["state"] for row in rows} == {state.value for state in State}
    assert {row["place"] for row in rows} == {
        "office", "home", "satellite", "mobile", "trip", "leave", None,
    }  # fmt: skip
    assert {"manual", "proxy", "schedule", "auto", "plan"} == {row["source"] for row in rows}
    assert {row["reach"] for row in rows} == {"transfer", "callback", "none"}
    assert 5 <= sum(row["planned"] for row in rows) <= 8


def test_the_scene_of_the_nursery_section(city: Flask) -> None:
    by_name = {row["name"]: row for row in rows_of(city, NURSERY)}
    member = by_name[nursery.MEMBER]
    assert (member["state"], member["place"]) == ("no_report", "home")
    assert member["starts_at"] == "2026-11-24T08:30:00+09:00"
    out = next(row for row in by_name.values() if row["reason"] == "out")
    assert out["until"] == "2026-11-24T13:00:00+09:00"
    starts = {row["starts_at"][11:16] for row in by_name.values() if row["starts_at"]}
    assert starts == {"08:30", "10:30", "13:00"}


def test_rows_are_shown_as_of_now(city: Flask) -> None:
    """The pump finds nothing that the clock should have changed before."""
    before = rows_of(city, NURSERY)
    with city.app_context():
        city.extensions["pump"].settle()
    assert rows_of(city, NURSERY) == before


def test_made_through_the_services(city: Flask) -> None:
    with city.app_context():
        punches = db.session.scalars(select(Punch)).all()
        assert all(punch.received_at == punch.at <= clock.now() for punch in punches)
        assert not [punch for punch in punches if punch.flag]
        assert {"web", script.CARD} == {punch.source for punch in punches}
        audited = Counter(db.session.scalars(select(AuditEntry.action)))
        by_proxy = db.session.scalar(
            select(func.count()).select_from(StatusClaim).filter_by(source="proxy")
        )
        assert by_proxy is not None
        assert audited["status.proxy"] == by_proxy > 3
        assert audited["import.staff"] == audited["import.units"] == 1


def test_sign_ins(city: Flask) -> None:
    with city.app_context():
        roles = []
        for who in SIGN_INS:
            staff = org.staff_by_number(who.number)
            assert staff is not None
            account = db.session.get(Account, staff.id)
            assert account is not None
            assert is_password(account.password_hash, who.password)
            (posting, *_) = org.postings_of([staff.id], TUESDAY, known_at=clock.now())[staff.id]
            roles.append(posting.roles)
        assert [Role.CHIEF in held for held in roles] == [False, True, *[False] * 4]
        assert Role.CONFIRMER in roles[2]
        assert Role.COORDINATOR in roles[3]
        assert Role.HR in roles[4]
        assert Role.ADMIN in roles[5]


def test_citizens_counters_have_one_gap_ahead(city: Flask) -> None:
    """Four counters and two telephones on a fixed rota; nobody at 窓口2 from 15:00."""
    with city.app_context():
        now = clock.now()
        node = org.current_tree().by_code(counters.CITIZENS)
        assert node is not None
        found = coverage.covers([node.id], now=now)[node.id]
        kinds = [day.post.kind.value for day in found.cover.positions]
        assert (kinds.count("counter"), kinds.count("phone")) == (4, 2)
        assert not any(day.no_rota for day in found.cover.positions)
        shorts = {day.post.name: day.short for day in found.cover.positions if day.short}
        assert list(shorts) == ["窓口2"]
        short = shorts["窓口2"]
        assert short is not None
        assert (short.start, short.end) == (15 * 3600, 16 * 3600 + 1800)
        assert (short.level, short.missing) == ("ahead", 1)


def test_next_week_is_a_draft(city: Flask) -> None:
    with city.app_context():
        node = org.current_tree().by_code(counters.CITIZENS)
        assert node is not None
        desk = desk_of(node.id, date(2026, 11, 30), now=clock.now())
        assert desk.rota is not None
        assert desk.rota.fixed_at is None
        assert sum(cell.pinned for cell in desk.cells) == 3
        opens = openings.rows(desk)
        assert [(row["date"], row["from"]) for row in opens] == [
            ("2026-12-02", "12:00"),
            ("2026-12-03", "14:30"),
        ]
        assert desk.conflicts == []


def test_nobody_of_the_rota_breaks_its_rules(city: Flask) -> None:
    """As a careful coordinator would: one place at a time, no more than two hours without a rest, at the office."""
    with city.app_context():
        by_day: dict[tuple[int, date], list[Duty]] = {}
        for duty in db.session.scalars(select(Duty).order_by(Duty.start_minute)):
            by_day.setdefault((duty.staff_id, duty.day), []).append(duty)
        assert len({day for _, day in by_day}) > 15
        for mine in by_day.values():
            assert all(a.end_minute + 30 <= b.start_minute for a, b in pairwise(mine))
            assert all(duty.end_minute - duty.start_minute <= 120 for duty in mine)


def test_what_yesterday_left(city: Flask) -> None:
    """Monday is a holiday: the last business day is Friday."""
    with city.app_context():
        friday = date(2026, 11, 20)
        assert attendance.missing_end(staff_id(nursery.LEADER), today=TUESDAY) == friday
        mine = standup.day_of(staff_id(nursery.MEMBER), TUESDAY)
        assert mine["prefill"]["morning"] == ["一次選考の点数表の確認"]
        assert mine["required"]
        assert mine["morning"] is None


def test_half_of_the_section_has_written(city: Flask) -> None:
    with city.app_context():
        unit = org.current_tree().by_code(NURSERY)
        assert unit is not None
        sheet = standup.sheet(
            unit, TUESDAY, Half.MORNING, viewer=staff_id(nursery.CHIEF), now=clock.now()
        )
        written = sum(person["note"] is not None for person in sheet["people"])
        assert 10 <= written <= 24
        assert sheet["host"] is not None
        assert any(person["owes"] for person in sheet["people"])


def test_people_are_never_mixed_with_invented_ones(stage: Stage, machine: Machine) -> None:
    with pytest.raises(Conflict):
        fill(stage.app)


# --- later starts ---------------------------------------------------------------------------


def test_a_start_within_the_day_goes_on(city: Flask, machine: Machine) -> None:
    with city.app_context():
        punches = db.session.scalar(select(func.count(Punch.id)))
    machine("2026-11-23 05:00")
    clock.shift(timedelta())
    prepare(city)
    assert clock.now() == tokyo("2026-11-24 15:30")
    with city.app_context():
        assert db.session.scalar(select(func.count(Punch.id))) == punches


def test_commands_beside_the_server_follow_its_clock(city: Flask, machine: Machine) -> None:
    machine("2026-11-23 05:00")
    clock.shift(timedelta())
    with city.app_context():
        follow_clock()
    assert clock.now() == tokyo("2026-11-24 15:30")


def test_after_five_comes_the_next_tuesday(city: Flask, machine: Machine) -> None:
    with city.app_context(), transaction():
        me = org.staff_by_number(SIGN_INS[0].number)
        assert me is not None
        actor = _actor(me.id)
        presence.set_status(
            me.id, presence.Wanted(State.BUSY, note="自分で"), actor=actor, now=clock.now()
        )
    machine("2026-11-23 06:31")
    clock.shift(timedelta())
    prepare(city)
    assert clock.now() == tokyo("2026-12-01 10:20")
    rows = rows_of(city, NURSERY)
    assert {row["state"] for row in rows} == {state.value for state in State}
    with city.app_context():
        claims = select(StatusClaim).filter_by(staff_id=staff_id(nursery.MEMBER))
        assert [claim.note for claim in db.session.scalars(claims)] == ["自分で"]
        assert facts.get("demo_day") == NEXT.isoformat()


def test_time_never_goes_backwards(city: Flask, machine: Machine) -> None:
    seen = [clock.now()]
    for when in ("2026-11-23 03:00", "2026-11-23 20:00", "2026-12-24 12:00", "2026-11-30 00:00"):
        machine(when)
        prepare(city)
        seen.append(clock.now())
    assert seen[:-1] == sorted(seen[:-1])
    assert seen[-1] == tuesday.opens_at(clock.to_tokyo(seen[-2]).date())  # the machine was set back


def _actor(person: int) -> Actor:
    postings = org.postings_of([person], TUESDAY, known_at=clock.now())[person]
    return Actor(person, postings[0].number, postings[0].name, postings=tuple(postings))
