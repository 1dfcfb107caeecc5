"""Credit for absence (pure): nobody repays days on which they were not there, and nobody is loaded until even."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from webapp.core.refusals import RuleBroken

KINDS = ("counter", "phone")
SHORTEST, LONGEST = 1, 90  # days of a window


@dataclass(frozen=True, slots=True)
class Hours:
    """Weighted hours of duty."""

    counter: float = 0.0
    phone: float = 0.0

    def of(self, kind: str) -> float:
        return self.phone if kind == "phone" else self.counter

    def __add__(self, other: "Hours") -> "Hours":
        return Hours(self.counter + other.counter, self.phone + other.phone)


@dataclass(frozen=True, slots=True)
class Presence:
    """One person's day in the unit. own: minutes of the ordinary day; away: of these on leave or a trip."""

    own: int = 0
    away: int = 0
    posted: bool = True

    @property
    def absent(self) -> float:
        """Share of the day, 0–1."""
        if not self.posted:
            return 1.0
        return self.away / self.own if self.own else 0.0

    @property
    def there(self) -> float:
        return 1.0 - self.absent if self.posted and self.own else 0.0


@dataclass(frozen=True, slots=True)
class Member:
    """Who is compared with whom: alike are those of one group who are fit for the same kinds of position."""

    staff_id: int
    group: str
    contract: int  # minutes a week
    fit: frozenset[str] = field(default_factory=lambda: frozenset(KINDS))


DayHours = Mapping[tuple[int, date], Hours]
DayPresence = Mapping[tuple[int, date], Presence]


def credits_of(
    members: Sequence[Member], days: Iterable[date], carried: DayHours, presence: DayPresence
) -> dict[int, Hours]:
    """{staff id: weighted hours credited}: for the absent share of each day the mean burden of alike colleagues who
    were there that day, by contracted time. Of a day before the posting only what own duties elsewhere leave open.
    """
    found = {member.staff_id: Hours() for member in members}
    for day in days:
        for alike in _alike(members):
            _credit_day(alike, day, carried, presence, found)
    return found


def _alike(members: Sequence[Member]) -> list[list[Member]]:
    groups: dict[tuple[str, frozenset[str]], list[Member]] = {}
    for member in members:
        groups.setdefault((member.group, member.fit), []).append(member)
    return list(groups.values())


def _credit_day(
    alike: Sequence[Member],
    day: date,
    carried: DayHours,
    presence: DayPresence,
    found: dict[int, Hours],
) -> None:
    def at(member: Member) -> tuple[int, date]:
        return member.staff_id, day

    there = [(m, presence.get(at(m), Presence()).there) for m in alike]
    contracted = sum(member.contract * share for member, share in there)
    if not contracted:
        return
    total = sum((carried.get(at(m), Hours()) for m, share in there if share), Hours())
    for member in alike:
        seen = presence.get(at(member), Presence())
        if seen.absent:
            share = member.contract * seen.absent / contracted
            own = Hours() if seen.posted else carried.get(at(member), Hours())
            found[member.staff_id] += Hours(
                max(0.0, total.counter * share - own.counter) if "counter" in member.fit else 0.0,
                max(0.0, total.phone * share - own.phone) if "phone" in member.fit else 0.0,
            )


def window_days(text: str | None, *, default: int) -> int:
    """1–90. Raises RuleBroken."""
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not SHORTEST <= int(text) <= LONGEST:
        fault = f"{SHORTEST} から {LONGEST} の数にしてください"
        raise RuleBroken("日数を直してください。", {"days": fault})
    return int(text)
