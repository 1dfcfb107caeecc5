"""Bodies of status changes and reports, from JSON and from plain forms."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from webapp.attendance.service import Wanted as WantedPunch
from webapp.core import calendar, clock
from webapp.core.parse import Body, FormBody
from webapp.core.refusals import RuleBroken
from webapp.presence.facts import Place, PunchKind, Reason, State
from webapp.presence.service import Wanted as WantedStatus

Note = Annotated[str, Field(max_length=200)]


def _of_our_days(instant: datetime) -> datetime:
    """At the edges of the calendar a change of zone overflows."""
    if not 2000 <= instant.year < 2200:
        raise ValueError("日時を確かめてください（例 2026-11-24T10:30:00+09:00）")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_of_our_days)]
SelfReason = Literal["meeting", "briefing", "visitor", "call", "counter", "assembly"]
Planned = Callable[[], tuple[Place | None, str | None]]


class StatusBody(Body):
    state: Literal["available", "busy", "dnd", "away", "auto"]
    until: Instant | None = None
    note: Note | None = None
    reason: SelfReason | None = None

    def wanted(self) -> WantedStatus:
        return WantedStatus(
            State(self.state) if self.state != "auto" else None,
            self.until,
            self.note or "",
            Reason(self.reason) if self.reason else None,
        )


class StatusForm(StatusBody, FormBody):
    """`until_time`: "15:00" of today, from a plain time field; wins over a chip."""

    until_time: str | None = None

    def wanted(self) -> WantedStatus:
        if self.until_time:
            self.until = _today_at(self.until_time)
        return super().wanted()


class PunchBody(Body):
    kind: PunchKind
    place: Literal["office", "home", "satellite", "mobile", "trip"] | None = None
    site: Annotated[str, Field(max_length=60)] | None = None
    client_at: Instant | None = None
    return_at: Instant | None = None
    note: Note | None = None

    def wanted(self, *, now: datetime, planned: Planned) -> WantedPunch:
        """A 始業 without a place is one at the planned place."""
        place, site = (Place(self.place) if self.place else None), self.site
        if place is None and self.kind is PunchKind.START:
            place, site = planned()
        return WantedPunch(
            self.kind, place, site, self.client_at, self.return_at, self.note or "", self._channel()
        )

    def _channel(self) -> str | None:
        return None


class ProxyPunchBody(PunchBody):
    channel: Literal["phone", "in_person", "mail"] = "phone"

    def _channel(self) -> str | None:
        return self.channel


class PunchForm(PunchBody, FormBody):
    """`return_time`: "15:00" of today, from a plain time field; wins over a chip."""

    return_time: str | None = None

    def wanted(self, *, now: datetime, planned: Planned) -> WantedPunch:
        if self.return_time:
            self.return_at = _today_at(self.return_time)
        return super().wanted(now=now, planned=planned)


def _today_at(text: str) -> datetime:
    try:
        return calendar.at(clock.to_tokyo(clock.now()).date(), time.fromisoformat(text))
    except ValueError:
        raise RuleBroken(
            "時刻を読み取れません。", {"time": "15:00 のように入力してください"}
        ) from None
