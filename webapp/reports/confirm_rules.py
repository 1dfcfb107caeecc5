"""Pure rules of the confirmer's day: whose report waits for whom, and what about it is worth a look."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.presence.facts import TELEWORK, Place, Stretch
from webapp.reports.rules import Standing

LATE = timedelta(minutes=15)  # so much after the planned end (or before its start) is 時間外


class Whose(StrEnum):
    MINE = "mine"
    OTHERS = "others"  # somebody else is named and there


def whose(*, names_me: bool, has_role: bool, confirmer: int | None, is_there: bool) -> Whose | None:
    """None: not for this person at all. confirmer: who is named in the request; is_there: not away that day.

    An absent 在席確認者 is stood in for by whoever leads: the report must not wait.
    """
    if names_me:
        return Whose.MINE
    if not has_role:
        return None
    return Whose.OTHERS if confirmer is not None and is_there else Whose.MINE


def waits(
    standing: Standing, *, owes: bool, places: Iterable[str], only_card: bool, has_request: bool
) -> bool:
    """Whether a day is for a 在席確認者 at all: work by a request, a report that is owed, or one from elsewhere.

    What the card reader says needs nobody's confirmation.
    """
    if standing is Standing.LEAVE:
        return False
    if has_request:
        return True
    reported_elsewhere = any(place in TELEWORK for place in places)
    return not only_card and (owes or reported_elsewhere)


def is_away(plan: Iterable[Stretch], *, works: bool) -> bool:
    """On leave or a trip the whole day, or not working that day."""
    own = [stretch for stretch in plan if stretch.own and stretch.place is not None]
    on_trip = bool(own) and all(stretch.place in (Place.TRIP, Place.LEAVE) for stretch in own)
    return not works or on_trip


@dataclass(frozen=True, slots=True)
class Beyond:
    """Time outside the planned hours, in minutes."""

    early: int = 0
    late: int = 0

    @property
    def minutes(self) -> int:
        return self.early + self.late


def beyond(
    planned: tuple[datetime, datetime] | None,
    started_at: datetime | None,
    ended_at: datetime | None,
) -> Beyond:
    """時間外: reported before the planned start or after the planned end, by more than LATE."""
    if planned is None:
        return Beyond()
    starts_at, ends_at = planned
    early = _minutes(starts_at - started_at) if started_at else 0
    late = _minutes(ended_at - ends_at) if ended_at else 0
    return Beyond(early, late)


def _minutes(over: timedelta) -> int:
    return int(over.total_seconds() // 60) if over > LATE else 0


def elsewhere(asked: Iterable[str], reported: Iterable[str]) -> bool:
    """Worked somewhere the request does not name. 在庁 and 外出・出張 need no request."""
    free = {Place.OFFICE.value, Place.TRIP.value}
    named = set(asked)
    return bool(named) and bool(set(reported) - named - free)
