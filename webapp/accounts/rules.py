"""Pure rules of sign-in and permission: lockout, scopes, and who sees which form of a row."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.org.rules import Role


class Scope(StrEnum):
    SELF = "self"
    UNIT_READ = "unit:read"
    UNIT_WRITE = "unit:write"
    ORG_READ = "org:read"
    PUNCH_WRITE = "punch:write"
    ADMIN = "admin"


class Form(StrEnum):
    FULL = "full"
    DIRECTORY = "directory"


# Five free tries, then 1, 2, 4 … minutes, at most half an hour. Counted per account only: a whole town hall
# shares the address of one proxy.
FREE_TRIES = 5
LONGEST_LOCK = timedelta(minutes=30)


def lock_after(failures: int, *, now: datetime) -> datetime | None:
    """Until when an account is locked after this many failures in a row."""
    if failures < FREE_TRIES:
        return None
    minutes = min(2 ** (failures - FREE_TRIES), 64)
    return now + min(timedelta(minutes=minutes), LONGEST_LOCK)


def lock_in_force(locked_until: datetime | None, *, now: datetime) -> datetime | None:
    """The end of a lock that holds now. One that ends later than any lock lasts was written by a clock that was ahead,
    and has been set right since: it would keep somebody out for as long as the clock was wrong.
    """
    if locked_until is None or not now < locked_until <= now + LONGEST_LOCK:
        return None
    return locked_until


def scopes_from(text: str) -> frozenset[Scope]:
    """Comma- or space-separated. ValueError names the unknown ones."""
    words = text.replace(",", " ").split()
    unknown = [word for word in words if word not in set(Scope)]
    if unknown or not words:
        known = ", ".join(scope.value for scope in Scope)
        raise ValueError(f"{'、'.join(unknown) or '(空)'}: scope は {known} から選んでください")
    return frozenset(Scope(word) for word in words)


def has_scope(held: frozenset[Scope] | None, wanted: Scope) -> bool:
    """None = a browser session, which has all its person has."""
    return held is None or wanted in held or Scope.ADMIN in held


@dataclass(frozen=True, slots=True)
class Held:
    """A posting of the one who asks, as permission sees it."""

    unit_id: int
    roles: frozenset[Role]


LEADING = frozenset({Role.LEAD, Role.CHIEF, Role.DEPUTY, Role.COORDINATOR})
CONFIRMING = frozenset({Role.LEAD, Role.CHIEF, Role.DEPUTY, Role.CONFIRMER})


def form_for(path: Iterable[int], held: Iterable[Held], *, own_tops: Iterable[int]) -> Form:
    """Which form of a row someone may see.

    path: ids of the row's unit from the top down. own_tops: the units that count as one's own
    (the unit of each posting, or its 課 where the municipality shows whole sections to their members).
    """
    above = set(path)
    if any(top in above for top in own_tops):
        return Form.FULL
    if any(posting.unit_id in above and posting.roles & LEADING for posting in held):
        return Form.FULL
    return Form.DIRECTORY


FORGIVEN_AFTER = timedelta(days=1)


def failures_in_force(failures: int, locked_until: datetime | None, *, now: datetime) -> int:
    """Failures count in a row; a day after the last lock they are forgiven."""
    if locked_until is not None and now - locked_until > FORGIVEN_AFTER:
        return 0
    return failures


# Scopes beyond `self` by the roles one holds; a token still never may more than its person.
_SCOPES_OF_ROLES = (
    (frozenset({Scope.SELF, Scope.UNIT_READ}), frozenset(Role)),
    (frozenset({Scope.UNIT_WRITE}), LEADING),
    (frozenset({Scope.ORG_READ}), frozenset({Role.HR, Role.ADMIN})),
    (frozenset({Scope.PUNCH_WRITE, Scope.ADMIN}), frozenset({Role.ADMIN})),
)


def scopes_of(roles: Iterable[Role]) -> list[Scope]:
    """The scopes a person may give to a token of their own, in a fixed order."""
    held = set(roles) | {Role.MEMBER}
    found = {scope for scopes, needed in _SCOPES_OF_ROLES if held & needed for scope in scopes}
    return [scope for scope in Scope if scope in found]
