"""機構改革: positions, hours and 期間 are with the 引継先 from its first day on, and not before it may be known."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.conftest import tokyo
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.org import queries as org
from webapp.org.commands import import_group
from webapp.org.models import Unit
from webapp.positions import queries, service, stored
from webapp.positions.wanted import (
    WORKING_DAYS,
    BandWanted,
    LockWanted,
    OpeningWanted,
    PositionWanted,
)

DATA = Path(__file__).parent.parent / "data" / "wakaba-city"
EVE, FIRST = date(2027, 3, 31), date(2027, 4, 1)


def run(*words: str) -> None:
    answer = CliRunner().invoke(import_group, words)
    assert answer.exit_code == 0, answer.output
    db.session.rollback()


@pytest.fixture
def units(app: Any) -> dict[str, int]:
    """若葉市 with April ahead, published on 24 March at 9:00."""
    run("units", str(DATA / "units.csv"))
    days = ("--effective", "2027-04-01", "--publish-at", "2027-03-24T09:00")
    run("units", str(DATA / "units-2027-04-01.csv"), *days)
    return {row.code: row.id for row in db.session.execute(select(Unit.code, Unit.id))}


def add(unit_id: int, name: str) -> int:
    with transaction():
        row = service.add_position(unit_id, PositionWanted(name), actor=None, now=clock.now())
        band = BandWanted(540, 1020, 1, 1, weekdays=WORKING_DAYS)
        service.put_band(row, band, actor=None, now=clock.now())
        return row.id


def at_home(unit_id: int, on: date) -> list[str]:
    db.session.rollback()
    return [post.name for post in queries.posts_of([unit_id], on)]


def test_positions_follow_on_the_first_day(units: dict[str, int]) -> None:
    add(units["W02031"], "協働の窓口")
    add(units["W02032"], "消費生活相談")
    add(units["W02030"], "課の電話")
    clock.freeze(tokyo("2027-03-24 09:00"))
    new, old = units["W03063"], units["W02031"]
    assert at_home(old, EVE) == ["協働の窓口"]
    assert at_home(new, EVE) == []
    assert at_home(old, FIRST) == []
    assert at_home(new, FIRST) == ["協働の窓口", "消費生活相談"]
    assert at_home(units["W03060"], FIRST) == ["課の電話"]
    assert {post.unit_id for post in queries.all_posts(FIRST)} == {new, units["W03060"]}
    assert {post.unit_id for post in queries.all_posts(EVE)} == {
        old,
        units["W02032"],
        units["W02030"],
    }


def test_nobody_is_told_before_the_publication(units: dict[str, int]) -> None:
    add(units["W02031"], "協働の窓口")
    clock.freeze(tokyo("2027-03-24 08:59"))
    assert at_home(units["W03063"], FIRST) == []
    assert at_home(units["W02031"], FIRST) == ["協働の窓口"]


def test_hours_and_periods_follow_and_are_the_new_units_to_change(units: dict[str, int]) -> None:
    position_id = add(units["W02031"], "協働の窓口")
    old, new = units["W02031"], units["W03063"]
    with transaction():
        opening = OpeningWanted("counter", weekdays=WORKING_DAYS, start=600, end=900)
        service.put_opening(old, opening, actor=None, now=clock.now())
        lock = LockWanted("新年度", FIRST, date(2027, 4, 30))
        service.put_lock(old, lock, actor=None, now=clock.now())
    clock.freeze(tokyo("2027-04-01 10:00"))
    tree = org.tree(FIRST, known_at=clock.now())
    (post,) = queries.posts_of([new], FIRST)
    demand = queries.demand_on([post], [FIRST], tree)[FIRST]
    assert demand.hours[position_id] == [(600, 900)]
    assert [(need.start, need.end) for need in demand.needs[position_id]] == [(600, 900)]
    assert [lock.name for lock in stored.locks_of(new, FIRST)] == ["新年度"]
    with transaction():
        thursday = OpeningWanted("counter", day=date(2027, 4, 8), start=600, end=1140)
        service.put_opening(new, thursday, actor=None, now=clock.now())
    rows = stored.opening_lines(new, FIRST)["counter"]
    assert len(rows) == 2  # what was taken over is not lost behind the unit's own
    assert service.position_of(new, position_id, now=clock.now()).name == "協働の窓口"


def test_the_people_of_the_new_unit_are_its_candidates(units: dict[str, int]) -> None:
    add(units["W02031"], "協働の窓口")
    clock.freeze(tokyo("2027-04-01 10:00"))
    (post,) = queries.posts_of([units["W03063"]], FIRST)
    tree = org.tree(FIRST, known_at=clock.now())
    assert queries.candidate_units(post, tree) == {units["W03063"]}
