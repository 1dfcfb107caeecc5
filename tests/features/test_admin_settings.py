"""Settings, closures and the trail of changes."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.stage import Stage
from webapp.accounts.settings import OWN_UNIT, SESSION_HOURS
from webapp.core import settings
from webapp.core.db import db
from webapp.core.models import AuditEntry, Closure
from webapp.core.settings import REGISTRY, Setting
from webapp.extensions import csrf
from webapp.org import queries
from webapp.org.settings import RANK


@pytest.fixture(autouse=True)
def no_csrf(monkeypatch) -> None:
    """Foreign pages are the subject of the tests of sign-in."""
    monkeypatch.setattr(csrf, "protect", lambda: None)


def stored(stage: Stage, setting: Setting, unit: str = "") -> Any:
    with stage.app.app_context():
        return settings.own_value(setting, unit)


def in_force(stage: Stage, setting: Setting) -> Any:
    with stage.app.app_context():
        return settings.value(setting)


def closure_ids(stage: Stage) -> list[int]:
    with stage.app.app_context():
        return list(db.session.scalars(select(Closure.id)))


def test_every_setting_is_on_the_page(stage: Stage) -> None:
    page = stage.browser("900").get("/admin/settings").text
    assert [key for key in REGISTRY if f's-{key}-help"' not in page] == []


def test_only_the_administrator_changes_them(stage: Stage) -> None:
    wanted = {"session_hours": "24"}
    assert stage.browser("800").post("/admin/settings", data=wanted).status_code == 403
    assert in_force(stage, SESSION_HOURS) == 12
    assert stage.browser("900").post("/admin/settings", data=wanted).status_code == 303
    assert in_force(stage, SESSION_HOURS) == 24
    entry = db.session.query(AuditEntry).filter_by(action="settings.change").one()
    assert entry.detail == {"key": "session_hours"}


def test_a_fault_loses_nothing_and_changes_nothing(stage: Stage) -> None:
    typed = {"session_hours": "いつまでも", "municipality_name": "若葉市"}
    answer = stage.browser("900").post("/admin/settings", data=typed)
    assert answer.status_code == 422
    assert "数字で入力してください" in answer.text
    assert "いつまでも" in answer.text
    assert 'value="若葉市"' in answer.text
    assert in_force(stage, SESSION_HOURS) == 12


def test_what_boards_show_is_sent_anew(stage: Stage) -> None:
    before = stage.row("121")["version"]
    browser = stage.browser("900")
    browser.post("/admin/settings", data={"own_unit_shown_in_full": "section"})
    assert in_force(stage, OWN_UNIT) == "section"
    assert stage.row("121")["version"] > before


def test_the_default_is_not_stored(stage: Stage) -> None:
    browser = stage.browser("900")
    browser.post("/admin/settings", data={"rank": "所長\n係長"})
    assert stored(stage, RANK) == ["所長", "係長"]
    browser.post("/admin/settings", data={"rank": "\n".join(RANK.default)})
    assert stored(stage, RANK) is None


def test_a_unit_may_differ_and_go_back(stage: Stage) -> None:
    mine = next((setting for setting in REGISTRY.values() if setting.per_unit), None)
    if mine is None:
        pytest.skip("no setting may differ by unit yet")
    browser = stage.browser("900")
    inherited = {"unit": "W12"} | {
        f"inherit.{key}": "1" for key, setting in REGISTRY.items() if setting.per_unit
    }
    assert browser.post("/admin/settings", data=inherited).status_code == 303
    assert stored(stage, mine, "W12") is None
    page = browser.get("/admin/settings?unit=W12").text
    assert "入所係" in page
    assert SESSION_HOURS.label not in page


def test_closures(stage: Stage) -> None:
    browser = stage.browser("900")
    assert browser.post("/admin/closures", data={"day": "12月"}).status_code == 422
    half = {"day": "2026-12-25", "start": "13:00"}
    assert browser.post("/admin/closures", data=half).status_code == 422
    whole = {"day": "2026-11-24", "reason": "設備点検"}
    version = stage.row("121")["version"]
    assert browser.post("/admin/closures", data=whole).status_code == 303
    with stage.app.app_context():
        assert not queries.business_calendar().is_business_day(queries.today())
    assert stage.row("121")["version"] > version
    (closure,) = closure_ids(stage)
    assert browser.post(f"/admin/closures/{closure}/remove").status_code == 303
    assert closure_ids(stage) == []


def test_the_trail_by_person_and_as_a_file(stage: Stage) -> None:
    browser = stage.browser("900")
    browser.post("/admin/settings", data={"session_hours": "24"})
    assert "設定の変更" in browser.get("/admin/audit?person=髙橋").text
    assert "設定の変更</th>" not in browser.get("/admin/audit?person=池田").text
    file = browser.get("/admin/audit.csv")
    assert file.data.startswith("\ufeff日時,行った人".encode())
    assert "髙橋 里奈" in file.text
