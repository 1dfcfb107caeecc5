"""What a change of somebody's day would do to coverage: asked before anything is written, and true afterwards."""

from dataclasses import replace
from datetime import date

from tests.conftest import TUESDAY
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.coverage import queries as coverage
from webapp.coverage.effect import ChangedPart, GroupEffect, effects
from webapp.day.queries import PersonDay
from webapp.plans.models import PlannedSegment
from webapp.plans.rules import Kind, Origin, Planned, stretch_of
from webapp.plans.service import Entry
from webapp.presence.facts import Facts

WEDNESDAY = date(2026, 11, 25)
EVERYBODY = 7  # of 保育課 and its two 係


def at_home(person: PersonDay) -> Facts:
    home = Planned(510, 1035, Kind.HOME, origin=Origin.REQUEST)
    return replace(person.facts, plan=(*person.facts.plan, stretch_of(home, person.on)))


def of(
    stage: Stage, *numbers: str, on: date = WEDNESDAY, homes: list[int] | None = None
) -> list[GroupEffect]:
    people = {stage.ids[number]: at_home for number in numbers}
    return effects(people, on, now=clock.now(), homes=homes or [])


def told(parts: list[ChangedPart]) -> list[str]:
    return [
        f"{clock_of(part.start // 60)}-{clock_of(part.end // 60)} {part.before}→{part.after}"
        for part in parts
    ]


def test_who_can_take_calls_at_home_is_missing_at_the_counter_alone(stage: Stage) -> None:
    counter = stage.position("窓口", need=1)
    telephone = stage.position("電話", kind="phone", need=EVERYBODY - 1)
    (one,) = of(stage, "121")  # calls can be put through to 121, not to 122
    assert one.changed() == []
    (other,) = of(stage, "122")
    assert {part.position_id for part in other.changed()} <= {counter, telephone}
    assert other.more_short == 210 + 255


def test_who_is_needed_is_missed_for_the_time_they_are_away(stage: Stage) -> None:
    stage.position("窓口", need=EVERYBODY)
    (effect,) = of(stage, "122")
    assert told(effect.changed()) == ["8:30-12:00 0→1", "13:00-17:15 0→1"]
    assert effect.more_short == (210 + 255)
    assert db.session.query(PlannedSegment).count() == 0  # nothing was written


def test_two_who_could_each_be_spared_are_missed_together(stage: Stage) -> None:
    stage.position("窓口", need=EVERYBODY - 1)
    assert [effect.more_short for effect in of(stage, "121")] == [0]
    assert [effect.more_short for effect in of(stage, "122")] == [0]
    assert [effect.more_short for effect in of(stage, "121", "122")] == [210 + 255]


def test_it_comes_true(stage: Stage) -> None:
    stage.position("窓口", need=EVERYBODY)
    (effect,) = of(stage, "122")
    stage.plan("122", Entry(510, 1035, "home"), day=WEDNESDAY)
    found = coverage.cover_of_day(stage.units["W11"], WEDNESDAY, now=clock.now())
    assert found is not None
    assert found.cover.positions == effect.after.positions
    assert told(of(stage, "122")[0].changed()) == []


def test_of_today_only_what_is_still_to_come_counts(stage: Stage) -> None:
    stage.position("窓口", need=EVERYBODY)
    (effect,) = of(stage, "122", on=TUESDAY)  # it is 10:20
    assert told(effect.changed())[-1] == "13:00-17:15 0→1"
    assert effect.changed()[0].start >= 10 * 3600 + 20 * 60


def test_nobodys_counter_is_concerned(stage: Stage) -> None:
    assert of(stage, "122") == []
    stage.position("窓口", unit="W21", need=1)
    assert of(stage, "122") == []
    assert len(of(stage, "122", homes=[stage.units["W21"]])) == 1
