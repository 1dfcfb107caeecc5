"""What is kept of requests: the contact for some months, the record for some years after its 年度."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.features.approval_play import asked
from tests.features.duty_at import make_position
from tests.stage import Stage
from webapp import jobs
from webapp.accounts import owndata
from webapp.core import clock, settings
from webapp.core.db import db, transaction
from webapp.core.settings import SettingFault
from webapp.requests import retention
from webapp.requests.models import RequestPreset, RequestStep, RequestSwap, TeleworkRequest
from webapp.requests.settings import CONTACT_MONTHS, KEPT_YEARS
from webapp.rota.models import Swap

LAST_OLD, FIRST_KEPT = date(2023, 3, 31), date(2023, 4, 1)


def filed(stage: Stage, day: date, **more: Any) -> int:
    return asked(stage, day=day, contact="090-1234-5678", **more)


def forgotten(stage: Stage) -> list[tuple[date, str]]:
    """(day, contact) of what is left after an hour's work."""
    jobs.every_hour(stage.app)
    db.session.rollback()
    db.session.expire_all()
    rows = db.session.query(TeleworkRequest).order_by(TeleworkRequest.day)
    return [(row.day, row.contact) for row in rows]


@pytest.mark.parametrize(
    ("today", "years", "first"),
    [
        (date(2026, 11, 24), 3, date(2023, 4, 1)),
        (date(2026, 3, 31), 3, date(2022, 4, 1)),
        (date(2026, 4, 1), 3, date(2023, 4, 1)),
        (date(2026, 4, 1), 1, date(2025, 4, 1)),
    ],
)
def test_years_begin_when_the_fiscal_year_is_over(today: date, years: int, first: date) -> None:
    assert retention.kept_from(today, years) == first


def test_records_go_with_their_steps_and_contacts_before_them(stage: Stage) -> None:
    gone = filed(stage, LAST_OLD)
    kept = filed(stage, FIRST_KEPT)
    filed(stage, date(2026, 7, 31))
    filed(stage, date(2026, 8, 1))
    filed(stage, date(2026, 12, 1))
    number = "090-1234-5678"
    assert db.session.query(RequestStep).filter_by(request_id=gone).count() > 0
    assert forgotten(stage) == [
        (FIRST_KEPT, ""),
        (date(2026, 7, 31), ""),
        (date(2026, 8, 1), number),
        (date(2026, 12, 1), number),
    ]
    assert db.session.query(RequestStep).filter_by(request_id=gone).count() == 0
    assert db.session.query(RequestStep).filter_by(request_id=kept).count() > 0
    told = owndata.stored_about(stage.ids["121"])["テレワークの申請"]
    assert [(one["実施日"], one["連絡先"]) for one in told] == [  # type: ignore[index]
        ("2023-04-01", ""),
        ("2026-07-31", ""),
        ("2026-08-01", number),
        ("2026-12-01", number),
    ]


def test_a_change_outlives_what_it_changed(stage: Stage) -> None:
    old = filed(stage, LAST_OLD)
    both = filed(stage, LAST_OLD, changes_id=old, start=600)
    kept = filed(stage, FIRST_KEPT, changes_id=both)
    assert [day for day, _contact in forgotten(stage)] == [FIRST_KEPT]
    assert db.session.get_one(TeleworkRequest, kept).changes_id is None


def test_a_change_keeps_its_reference_while_both_are_kept(stage: Stage) -> None:
    old = filed(stage, FIRST_KEPT)
    change = filed(stage, FIRST_KEPT, changes_id=old, start=600)
    forgotten(stage)
    assert db.session.get_one(TeleworkRequest, change).changes_id == old


def test_how_long_is_a_setting_and_never_for_ever(stage: Stage) -> None:
    filed(stage, date(2025, 3, 31))
    filed(stage, date(2026, 10, 30))
    filed(stage, date(2026, 9, 30))
    with transaction():
        settings.put(KEPT_YEARS, 1, by=None, now=clock.now())
        settings.put(CONTACT_MONTHS, 1, by=None, now=clock.now())
    assert forgotten(stage) == [
        (date(2026, 9, 30), ""),
        (date(2026, 10, 30), "090-1234-5678"),
    ]
    for setting in (KEPT_YEARS, CONTACT_MONTHS):
        with pytest.raises(SettingFault), transaction():
            settings.put(setting, 0, by=None, now=clock.now())


def test_the_presets_of_who_still_files_stay(stage: Stage) -> None:
    filed(stage, date(2026, 12, 1))
    with transaction():
        used_at = datetime(2020, 4, 1, tzinfo=UTC)
        preset = RequestPreset(staff_id=stage.ids["121"], name="いつもの", used_at=used_at)
        db.session.add(preset)
    forgotten(stage)
    assert db.session.query(RequestPreset).count() == 1


def test_an_exchange_asked_for_goes_with_its_request(stage: Stage) -> None:
    request_id = filed(stage, LAST_OLD)
    position_id = make_position(stage)
    with transaction():
        swap = Swap(
            unit_id=stage.units["W12"],
            kind="give",
            state="done",
            position_id=position_id,
            day=LAST_OLD,
            start_minute=540,
            end_minute=600,
            from_id=stage.ids["121"],
            asked_at=clock.now(),
            asked_by=stage.ids["100"],
        )
        db.session.add(swap)
        db.session.flush()
        db.session.add(
            RequestSwap(
                request_id=request_id,
                swap_id=swap.id,
                asked_by=stage.ids["100"],
                asked_as="chief",
            )
        )
    assert forgotten(stage) == []
    assert db.session.query(RequestSwap).count() == 0
    assert db.session.query(Swap).count() == 1


def test_presets_nobody_uses_go_and_the_page_tells_their_contact(stage: Stage) -> None:
    staff_id = stage.ids["121"]
    with transaction():
        for name, used_at in (
            ("昔の", datetime(2023, 3, 31, 14, 59, tzinfo=UTC)),
            ("いつもの", datetime(2023, 3, 31, 15, tzinfo=UTC)),
        ):
            preset = RequestPreset(staff_id=staff_id, name=name, used_at=used_at)
            preset.fields = {"work": "台帳の整理", "contact": "090-1234-5678"}
            db.session.add(preset)
    forgotten(stage)
    (told,) = owndata.stored_about(staff_id)["申請の「いつもの」"]
    assert (told["名前"], told["連絡先"]) == ("いつもの", "090-1234-5678")  # type: ignore[index]
