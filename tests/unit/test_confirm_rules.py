"""The rules of the confirmer's day as tables."""

from datetime import datetime, timedelta

import pytest

from tests.conftest import tokyo
from webapp.attendance.rules import may_confirm
from webapp.presence.facts import Place, Stretch
from webapp.reports.confirm_rules import Whose, beyond, elsewhere, is_away, waits, whose
from webapp.reports.rules import Standing


@pytest.mark.parametrize(
    ("is_self", "has_role", "is_named", "allowed"),
    [
        (False, False, False, False),
        (False, True, False, True),
        (False, False, True, True),
        (False, True, True, True),
        (True, False, False, False),
        (True, True, False, False),  # never one's own, whatever one is
        (True, False, True, False),
        (True, True, True, False),
    ],
)
def test_who_may_confirm(is_self: bool, has_role: bool, is_named: bool, allowed: bool) -> None:
    assert may_confirm(is_self=is_self, has_role=has_role, is_named=is_named) is allowed


@pytest.mark.parametrize(
    ("names_me", "has_role", "confirmer", "is_there", "falls"),
    [
        (True, False, 7, True, Whose.MINE),
        (True, True, 7, False, Whose.MINE),
        (False, False, 8, True, None),
        (False, False, None, True, None),
        (False, True, None, True, Whose.MINE),
        (False, True, 8, True, Whose.OTHERS),
        (False, True, 8, False, Whose.MINE),  # an absent one is stood in for by who leads
    ],
)
def test_whose_it_is(
    names_me: bool, has_role: bool, confirmer: int | None, is_there: bool, falls: Whose | None
) -> None:
    found = whose(names_me=names_me, has_role=has_role, confirmer=confirmer, is_there=is_there)
    assert found is falls


@pytest.mark.parametrize(
    ("standing", "owes", "places", "only_card", "has_request", "shown"),
    [
        (Standing.MISSING, True, [], False, False, True),
        (Standing.DONE, True, ["home"], False, False, True),
        (Standing.DONE, False, ["home"], False, False, True),  # at home without a plan
        (Standing.DONE, False, ["office"], False, False, False),
        (Standing.DONE, True, ["office"], True, False, False),  # the card reader knows
        (Standing.FREE, False, [], False, False, False),
        (Standing.FREE, False, [], False, True, True),
        (Standing.LEAVE, False, [], False, True, False),
        (Standing.LEAVE, True, [], False, False, False),
    ],
)
def test_who_stands_on_the_page(
    standing: Standing,
    owes: bool,
    places: list[str],
    only_card: bool,
    has_request: bool,
    shown: bool,
) -> None:
    found = waits(standing, owes=owes, places=places, only_card=only_card, has_request=has_request)
    assert found is shown


PLANNED = (tokyo("8:30"), tokyo("17:15"))


@pytest.mark.parametrize(
    ("planned", "started", "ended", "early", "late"),
    [
        (PLANNED, "8:30", "17:15", 0, 0),
        (PLANNED, "8:20", "17:30", 0, 0),  # a quarter of an hour is nothing
        (PLANNED, "8:30", "17:31", 0, 16),
        (PLANNED, "7:30", "17:15", 60, 0),
        (PLANNED, "7:30", "18:15", 60, 60),
        (PLANNED, "8:30", None, 0, 0),
        (PLANNED, None, None, 0, 0),
        (None, "8:30", "22:00", 0, 0),
    ],
)
def test_time_outside_the_hours(
    planned: tuple[datetime, datetime] | None,
    started: str | None,
    ended: str | None,
    early: int,
    late: int,
) -> None:
    found = beyond(planned, tokyo(started) if started else None, tokyo(ended) if ended else None)
    assert (found.early, found.late, found.minutes) == (early, late, early + late)


@pytest.mark.parametrize(
    ("asked", "reported", "differs"),
    [
        (["home"], ["home"], False),
        (["home"], ["home", "office"], False),
        (["home"], ["trip"], False),
        (["home"], ["satellite"], True),
        (["home", "satellite"], ["satellite"], False),
        ([], ["home"], False),
        (["home"], [], False),
    ],
)
def test_worked_somewhere_else(asked: list[str], reported: list[str], differs: bool) -> None:
    assert elsewhere(asked, reported) is differs


def stretch(place: Place, *, own: bool = True) -> Stretch:
    start = tokyo("8:30")
    return Stretch(start, start + timedelta(hours=8), place, own=own)


@pytest.mark.parametrize(
    ("places", "works", "away"),
    [
        ([], True, False),
        ([], False, True),  # leave the whole day, or no working day
        ([Place.TRIP], True, True),
        ([Place.TRIP, Place.LEAVE], True, True),
        ([Place.TRIP, Place.HOME], True, False),
        ([Place.HOME], True, False),
    ],
)
def test_an_absent_confirmer(places: list[Place], works: bool, away: bool) -> None:
    assert is_away([stretch(place) for place in places], works=works) is away
