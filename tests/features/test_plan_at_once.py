"""Twenty at once: nothing entered is lost, and of those who change the same thing one wins and the others are told."""

import threading
from collections.abc import Callable
from datetime import date

from tests.features.plan_play import THURSDAY, stored
from tests.stage import Stage
from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.core.refusals import Conflict, NotFound
from webapp.plans import by_hand, weekly
from webapp.plans.models import PlannedSegment, WeeklyPlan
from webapp.plans.rules import Kind
from webapp.plans.spans import Extent

MANY = 20


def at_once(stage: Stage, act: Callable[[int], None]) -> list[Exception]:
    """What was raised, of MANY who do it at the same moment."""
    raised: list[Exception] = []
    gate = threading.Barrier(MANY)

    def one(turn: int) -> None:
        with stage.app.app_context():
            gate.wait()
            try:
                act(turn)
            except (Conflict, NotFound) as late:
                raised.append(late)

    threads = [threading.Thread(target=one, args=(turn,)) for turn in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return raised


def colleague(stage: Stage) -> Actor:
    return Actor(stage.ids["122"], "122", "河野 優")


def test_meetings_entered_by_twenty_are_all_there(stage: Stage) -> None:
    actor, now, staff_id = colleague(stage), clock.now(), stage.ids["121"]

    def enter(turn: int) -> None:
        start = 520 + turn * 20
        wish = by_hand.Wish(THURSDAY, Kind.MEETING, Extent.HOURS, start, start + 20)
        with transaction():
            by_hand.add(staff_id, wish, actor=actor, now=now)

    assert at_once(stage, enter) == []
    assert len(stored(stage, "121")) == MANY


def test_of_twenty_who_plan_the_whole_day_one_place_is_left(stage: Stage) -> None:
    actor, now, staff_id = colleague(stage), clock.now(), stage.ids["121"]

    def enter(turn: int) -> None:
        kind = (Kind.HOME, Kind.OFFICE, Kind.MOBILE, Kind.LEAVE)[turn % 4]
        with transaction():
            by_hand.add(staff_id, by_hand.Wish(THURSDAY, kind, Extent.WHOLE), actor=actor, now=now)

    assert at_once(stage, enter) == []
    assert len(stored(stage, "121")) == 1


def test_one_line_is_taken_back_once(stage: Stage) -> None:
    actor, now, staff_id = colleague(stage), clock.now(), stage.ids["121"]
    with transaction():
        by_hand.add(staff_id, by_hand.Wish(THURSDAY, Kind.HOME, Extent.WHOLE), actor=actor, now=now)
    segment_id = db.session.query(PlannedSegment.id).scalar()

    def take_back(_turn: int) -> None:
        with transaction():
            by_hand.remove(staff_id, segment_id, actor=actor, now=now)

    assert len(at_once(stage, take_back)) == MANY - 1
    assert stored(stage, "121") == []


def test_of_twenty_patterns_one_is_taken_and_nineteen_are_told(stage: Stage) -> None:
    actor, now, staff_id = colleague(stage), clock.now(), stage.ids["121"]
    seen = weekly.stamp(staff_id)

    def revise(turn: int) -> None:
        parts = [weekly.Part(turn % 5, 0, 1440, "home")]
        first = date(2026, 11, 30)
        with transaction():
            weekly.revise(
                staff_id, parts, starts_on=first, ends_on=None, seen=seen, actor=actor, now=now
            )

    told = at_once(stage, revise)
    assert len(told) == MANY - 1
    assert all(isinstance(one, Conflict) for one in told)
    assert db.session.query(WeeklyPlan).count() == 1
