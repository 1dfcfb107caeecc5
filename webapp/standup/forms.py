"""What the browser sends for a note; the rules of a note are those of `rules`."""

from datetime import date, timedelta

from pydantic import Field

from webapp.core.parse import Body
from webapp.standup.rules import Half, NoteText


class NoteBody(Body):
    lines: list[str] = Field(default_factory=list)
    carried_over: list[str] = Field(default_factory=list)
    links: list[str] = Field(default_factory=list)

    def text(self) -> NoteText:
        return NoteText(tuple(self.lines), tuple(self.carried_over), tuple(self.links))


def day_from(text: str | None, *, default: date) -> date:
    """A date of the address line; anything unreadable or absurd is the default, never an error."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return default
    return day if abs(day - default) <= timedelta(days=3650) else default


def half_from(text: str | None, *, default: Half) -> Half:
    return Half(text) if text in set(Half) else default
