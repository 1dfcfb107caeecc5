"""What is kept of a person's plans: on their own page, and no longer than the setting says."""

from datetime import date
from typing import Any

import pytest

from tests.features.plan_play import THURSDAY
from tests.stage import Stage
from webapp.accounts import owndata
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.org.queries import Hours
from webapp.plans import retention
from webapp.plans import service as plans
from webapp.plans.models import CalendarSource, DayEvent, PlannedSegment, WeeklyPlan
from webapp.plans.service import Entry, Telephone
from webapp.plans.settings import PLANS_KEPT


def weekly(stage: Stage, ends_on: date | None) -> None:
    with transaction():
        db.session.add(
            WeeklyPlan(
                staff_id=stage.ids["121"],
                weekday=2,
                start_minute=0,
                end_minute=1440,
                kind="home",
                site=None,
                every=2,
                starts_on=date(2026, 4, 1),
                ends_on=ends_on,
                made_at=clock.now(),
                made_by=None,
            )
        )


def test_everything_kept_of_a_person_is_on_their_page(stage: Stage) -> None:
    staff_id = stage.ids["121"]
    weekly(stage, None)
    with transaction():
        plans.put_day(staff_id, THURSDAY, [Entry(510, 1035, "leave")], source="庶務事務")
        plans.put_hours(staff_id, THURSDAY, Hours(600, 1125), source="request:1")
        phone = Telephone(510, 1035, "090-1111-2222", "transfer")
        plans.put_reach(staff_id, THURSDAY, [phone], source="loan:1")
        db.session.add(
            CalendarSource(
                staff_id=staff_id,
                url="http://groupware/121.ics",
                next_at=clock.now(),
                made_at=clock.now(),
            )
        )
    told = owndata.stored_about(staff_id)
    assert told["予定"] == [
        {
            "日付": "2026-11-26",
            "時間": "8:30〜17:15",
            "区分": "休暇等",
            "拠点": None,
            "取込元": "庶務事務",
        }
    ]
    (pattern,) = told["週の型"]
    assert isinstance(pattern, dict)
    assert (pattern["曜日"], pattern["くり返し"], pattern["区分"]) == ("水", "隔週", "在宅")
    assert "10:00〜18:45" in str(told["勤務時間の割振り"])
    assert "090-1111-2222" in str(told["予定の電話"])
    assert "http://groupware/121.ics" in str(told["カレンダー"])
    assert all(not entries for title, entries in _of_plans(stage.ids["122"]).items())


def _of_plans(staff_id: int) -> dict[str, Any]:
    titles = {"予定", "週の型", "勤務時間の割振り", "予定の電話", "カレンダー"}
    return {t: e for t, e in owndata.stored_about(staff_id).items() if t in titles}


@pytest.mark.parametrize(
    ("months", "day", "is_kept"),
    [
        (24, date(2024, 10, 31), False),
        (24, date(2024, 11, 1), True),
        (1, date(2026, 9, 30), False),
        (1, date(2026, 10, 1), True),
        (1, date(2026, 12, 1), True),
    ],
)
def test_kept_as_long_as_the_setting_says(
    stage: Stage, months: int, day: date, is_kept: bool
) -> None:
    with transaction():
        settings.put(PLANS_KEPT, months, by=None, now=clock.now())
        plans.put_day(stage.ids["121"], day, [Entry(510, 1035, "leave")], source="庶務事務")
        db.session.add(DayEvent(unit_id=None, day=day, name="研修", made_at=clock.now()))
    weekly(stage, day)
    weekly(stage, None)
    with transaction():
        retention.forget(now=clock.now())
    kept = [db.session.query(table).count() for table in (PlannedSegment, DayEvent, WeeklyPlan)]
    assert kept == ([1, 1, 2] if is_kept else [0, 0, 1])
