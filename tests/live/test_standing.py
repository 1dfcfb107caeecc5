"""A socket lives long: what its person may see changes meanwhile, and so does the person's right to be there."""

import time
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.live.conftest import Live
from tests.live.watching import request
from tests.stage import CAST
from webapp.accounts.models import ApiToken
from webapp.accounts.queries import hashed
from webapp.core import clock, facts
from webapp.core.db import db, transaction
from webapp.org.models import Posting
from webapp.realtime import outbox

pytestmark = pytest.mark.live


@pytest.mark.parametrize("what", ["revoked_at", "expires_at"])
def test_a_token_that_ends_beside_the_server_takes_its_sockets_along(
    live: Live, watch: Any, what: str
) -> None:
    """Revoked by a command or another process, or simply expired."""
    mine, other = watch("121"), watch("100")
    secret = hashed(live.token("121"))
    with transaction():
        db.session.execute(
            update(ApiToken).where(ApiToken.token_hash == secret).values({what: clock.now()})
        )
    assert mine.is_closed()
    assert other.client.connected


def test_who_moves_sees_by_the_roles_of_now(live: Live, watch: Any) -> None:
    """桜井 leaves 入所係 today: from now on the full rows of it are no longer theirs; those of 施設係 are."""
    mover = watch("121")
    mover.call("watch", {"units": ["W11"]})
    with transaction():
        mine = db.session.scalars(
            select(Posting).where(Posting.staff_id == live.stage.ids["121"])
        ).one()
        mine.unit_id = live.stage.units["W13"]
        facts.restamp("org")
        outbox.touch("staff", live.stage.ids["121"])
    mover.wait_for(lambda w: any(event == "resync" for event, _ in w.events))
    mover.events.clear()
    request(live, "122", "POST", "/me/status", {"state": "busy", "note": "ひみつ"})
    request(live, "131", "POST", "/me/status", {"state": "busy", "note": "みえる"})
    mover.wait_for(lambda w: w.rows("122") and w.rows("131"))
    assert all("note" not in row for row in mover.rows("122"))
    assert mover.rows("131")[-1]["note"] == "みえる"
    assert CAST["121"].unit == "W12"


def test_a_unit_watched_on_its_own_outlives_the_one_above(live: Live, watch: Any) -> None:
    chief = watch("100")
    chief.call("watch", {"units": ["W11", "W12"]})
    chief.call("unwatch", {"units": ["W11"]})
    request(live, "131", "POST", "/me/status", {"state": "dnd"})
    request(live, "121", "POST", "/me/status", {"state": "dnd"})
    chief.wait_for(lambda w: any(row["state"] == "dnd" for row in w.rows("121")))
    time.sleep(0.3)
    assert not any(row["state"] == "dnd" for row in chief.rows("131"))
