"""Who can cover which position, standing where they stand. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.coverage.standing import Standing, Why
from webapp.positions.rules import Need, Post
from webapp.presence.facts import Place, Reason


@dataclass(frozen=True, slots=True)
class Head:
    """One person's day as coverage sees it. units: those of the postings of the day."""

    staff_id: int
    skills: frozenset[str]
    forbidden: frozenset[int]
    experienced: bool
    units: frozenset[int]
    stands: tuple[Standing, ...]
    plans: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Needed:
    """A position on the day. on_duty: staffed by those on duty (当番制 and the rota of the day is fixed)."""

    post: Post
    needs: tuple[Need, ...]
    on_duty: bool
    units: frozenset[int]  # whose people can be put here


def has_duty(head: Head, places: Sequence[Needed]) -> bool:
    ids = {place.post.id for place in places}
    return any(stand.duty in ids for stand in (*head.stands, *head.plans))


def fits(places: Sequence[Needed], head: Head) -> int:
    """Bit i: of a unit that feeds position i, with its skills, and not kept from it by the person's own limits."""
    return sum(
        1 << index
        for index, place in enumerate(places)
        if head.units & place.units
        and place.post.skills <= head.skills
        and place.post.id not in head.forbidden
    )


def covers(stand: Standing, place: Needed, fit: bool) -> bool:
    """Whether somebody standing so covers the position now."""
    if place.on_duty or stand.duty is not None:
        return stand.duty == place.post.id and able(stand, place.post, on_duty=True)
    return fit and able(stand, place.post)


def able(stand: Standing, post: Post, *, on_duty: bool = False) -> bool:
    """Place, reach and state allow it. 応答不可 takes nobody from a counter they are on duty at."""
    if stand.why is Why.DND:
        if not (on_duty and post.on_site):
            return False
    elif stand.why is not None:
        return False
    if post.on_site:
        return _on_site(stand, post) and stand.only is not Reason.CALL
    return stand.transfer and stand.only is not Reason.COUNTER


def _on_site(stand: Standing, post: Post) -> bool:
    """On-site positions: at the office, or at the satellite that is that site."""
    if post.site:
        return stand.site == post.site and stand.place in (Place.OFFICE, Place.SATELLITE)
    return stand.place is Place.OFFICE and not stand.site
