"""終日・午前・午後 of a person's day as minutes, and minutes as words. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.core.hours import clock_of

NOON = 12 * 60
MIDNIGHT = 24 * 60


class Extent(StrEnum):
    WHOLE = "whole"
    MORNING = "am"
    AFTERNOON = "pm"
    HOURS = "hours"


EXTENT_WORDS = {
    Extent.WHOLE: "終日",
    Extent.MORNING: "午前",
    Extent.AFTERNOON: "午後",
    Extent.HOURS: "時間を指定",
}


@dataclass(frozen=True, slots=True)
class DayHours:
    """A person's hours of a day, in minutes from local midnight; pause: the first break."""

    start: int
    end: int
    pause: tuple[int, int] | None = None

    @property
    def midday(self) -> tuple[int, int]:
        """Where the morning ends and the afternoon begins."""
        if self.pause and self.start < self.pause[0] and self.pause[1] < self.end:
            return self.pause
        return NOON, NOON


def span_of(extent: Extent, hours: DayHours) -> tuple[int, int] | None:
    """Minutes of 終日, 午前 or 午後; None where the day has no such half (who works mornings only)."""
    ends, begins = hours.midday
    first, last = {
        Extent.WHOLE: (hours.start, hours.end),
        Extent.MORNING: (hours.start, min(ends, hours.end)),
        Extent.AFTERNOON: (max(begins, hours.start), hours.end),
    }[extent]
    return (first, last) if first < last else None


def words_of(start: int, end: int, hours: DayHours | None) -> str:
    """「終日」「午前」「午後」 where the stretch is just that, else 「13:00〜15:00」."""
    if hours is not None:
        ends, begins = hours.midday
        if start <= hours.start and end >= hours.end:
            return EXTENT_WORDS[Extent.WHOLE]
        if start <= hours.start and ends <= end <= begins:
            return EXTENT_WORDS[Extent.MORNING]
        if end >= hours.end and ends <= start <= begins:
            return EXTENT_WORDS[Extent.AFTERNOON]
    return f"{clock_of(start)}〜{clock_of(end)}"
