"""A token does no more than its scopes: no page and no board is open to one that may only hand in punches."""

import pytest
from flask.testing import FlaskClient

from tests.stage import Stage
from webapp.accounts.queries import actor_for_token
from webapp.board.live import plan_watch
from webapp.core import clock

PAGES = ("/", "/board/W12", "/city", "/search?q=池田", "/reports/day/W12", "/me/account", "/admin/")


@pytest.mark.parametrize("scopes", ["punch:write", "self", "admin"])
@pytest.mark.parametrize("page", PAGES)
def test_pages_are_for_browsers(stage: Stage, client: FlaskClient, page: str, scopes: str) -> None:
    headers = {"Authorization": f"Bearer {stage.token('100', scopes)}"}
    assert client.get(page, headers=headers).status_code == 403


def test_forms_are_for_browsers(stage: Stage, client: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {stage.token('121', 'punch:write')}"}
    answer = client.post("/me/status", data={"state": "dnd"}, headers=headers)
    assert answer.status_code == 403
    assert stage.row("121")["state"] == "available"


def test_watching_needs_the_scope(stage: Stage) -> None:
    actor = actor_for_token(stage.token("121", "punch:write"), now=clock.now())
    assert actor is not None
    plan = plan_watch(actor, ["W12"])
    assert (plan.rooms, plan.forms, plan.refused) == ({}, {}, ["W12"])
