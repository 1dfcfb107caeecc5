"""The edges of a board: the moment after 日替わり, and the size at which rows become counts."""

from datetime import date

import pytest
from sqlalchemy import select

from tests.stage import CAST, Stage
from webapp.accounts.queries import actor_for_token
from webapp.board import queries
from webapp.board.live import plan_watch
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.org.models import Posting


def test_a_move_is_readable_before_the_clock_has_made_its_version(stage: Stage, at) -> None:
    with transaction():
        mine = Posting.staff_id == stage.ids["121"]
        db.session.scalars(select(Posting).where(mine)).one().ends_on = date(2026, 11, 24)
        stage.hire(CAST["121"], unit_id=stage.units["W13"], starts_on=date(2026, 11, 25))
    stage.settle()
    at("2026-11-25 00:00")
    for path in ("/staff/121", "/boards/W11", "/me"):
        assert stage.api("121").get(path).status_code == 200


@pytest.mark.parametrize(("largest", "form"), [(6, "counts"), (7, "full")])
def test_watching_and_fetching_agree_on_what_is_large(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, largest: int, form: str
) -> None:
    """保育課 has seven people; two of them sit in both its 係."""
    with transaction():
        for number in ("121", "122"):
            stage.hire(CAST[number], unit_id=stage.units["W13"], kind="concurrent")
    monkeypatch.setattr(queries, "LARGEST_BOARD", largest)
    board = stage.api("100").get("/boards/W11").json
    chief = actor_for_token(stage.token("100"), now=clock.now())
    assert chief is not None
    assert plan_watch(chief, ["W11"]).forms["W11"] == form
    assert bool(board["rows"]) == (form == "full")


def test_a_number_that_is_not_shown_cannot_be_found_out_by_search(stage: Stage) -> None:
    """The card of who takes calls back shows no mobile number to strangers; nor does asking digit by digit."""
    with transaction():
        mine = Posting.staff_id == stage.ids["122"]
        db.session.scalars(select(Posting).where(mine)).one().mobile = "09012345678"
    assert stage.api("220").get("/staff?q=0901").json["people"] == []


def test_who_has_two_postings_counts_once(stage: Stage) -> None:
    with transaction():
        stage.hire(CAST["121"], unit_id=stage.units["W13"], kind="concurrent")
    stage.settle()
    whole = stage.api("100").get("/boards/W10?view=counts").json
    assert whole["counts"]["people"] == len(CAST)
    assert whole["children"]["W11"]["people"] == 7
    assert sum(whole["children"]["W11"]["states"].values()) == 7
