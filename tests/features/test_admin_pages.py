"""The pages of the administration: who may open them, and that each one shows something."""

import pytest

from tests.stage import Stage

HR_PAGES = (
    "/admin/",
    "/admin/import",
    "/admin/units",
    "/admin/staff",
    "/admin/staff?q=池田",
    "/admin/staff/100",
    "/org/coming",
    "/admin/audit",
    "/admin/audit.csv",
)
ADMIN_PAGES = ("/admin/settings", "/admin/settings?unit=W12", "/admin/closures")


@pytest.mark.parametrize("path", HR_PAGES + ADMIN_PAGES)
def test_strangers_and_members_are_refused(stage: Stage, client, path: str) -> None:
    assert client.get(path).status_code == 302
    assert stage.browser("122").get(path).status_code == 403


@pytest.mark.parametrize("path", ADMIN_PAGES)
def test_settings_are_for_the_administrator(stage: Stage, path: str) -> None:
    assert stage.browser("800").get(path).status_code == 403
    assert stage.browser("900").get(path).status_code == 200


@pytest.mark.parametrize("path", HR_PAGES)
def test_hr_may_see_the_organisation(stage: Stage, path: str) -> None:
    assert stage.browser("800").get(path).status_code == 200
    assert stage.browser("900").get(path).status_code == 200


def test_leaders_see_only_what_comes_to_them(stage: Stage) -> None:
    assert stage.browser("130").get("/org/coming").status_code == 200
    assert stage.browser("130").get("/admin/").status_code == 403
