"""Bodies of corrections and of reports on behalf, from JSON and from plain forms."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from webapp.attendance.corrections import Asked
from webapp.attendance.rules import CorrectionReason
from webapp.attendance.service import Wanted
from webapp.core import calendar
from webapp.core.hours import minute_of
from webapp.core.parse import Body, FormBody
from webapp.core.refusals import RuleBroken
from webapp.presence.facts import Place, PunchKind

Text = Annotated[str, Field(max_length=200)]
Site = Annotated[str, Field(max_length=60)]
Reason = Literal["forgot", "trip", "exempt", "other"]
WherePlace = Literal["office", "home", "satellite", "mobile", "trip"]


class CorrectionBody(Body):
    """`POST /api/v1/me/corrections`: strike = the report named by `punch` did not happen."""

    date: date
    kind: PunchKind
    punch: int | None = None
    new_at: AwareDatetime | None = None
    strike: bool = False
    place: WherePlace | None = None
    site: Site | None = None
    reason: Reason = "forgot"
    note: Text | None = None

    def asked(self) -> Asked:
        if self.new_at is None and not self.strike:
            raise RuleBroken(
                "時刻を入れてください。", {"new_at": "正しい時刻か、strike: true を送ってください"}
            )
        return Asked(
            self.date,
            self.kind,
            CorrectionReason(self.reason),
            self.punch,
            None if self.strike else self.new_at,
            Place(self.place) if self.place else None,
            self.site,
            self.note or "",
        )


class CorrectionForm(FormBody):
    """time: "17:15" of the day `on`, or of the next morning with next_day."""

    on: date
    kind: PunchKind
    punch: int | None = None
    time: str = ""
    next_day: bool = False
    strike: bool = False
    place: WherePlace | None = None
    site: Site | None = None
    reason: Reason
    note: Text = ""

    def asked(self) -> Asked:
        new_at = None
        if not self.strike:
            new_at = time_on(self.on, self.time)
            new_at += timedelta(days=1) if self.next_day else timedelta()
        return Asked(
            self.on,
            self.kind,
            CorrectionReason(self.reason),
            self.punch,
            new_at,
            Place(self.place) if self.place else None,
            self.site,
            self.note,
        )


class MissingEndForm(FormBody):
    date: date
    time: str = ""
    next_day: bool = False

    def at(self) -> datetime:
        return time_on(self.date, self.time) + timedelta(days=1 if self.next_day else 0)


class OnBehalfForm(FormBody):
    """「電話で受けた」: what a colleague heard. time empty = now."""

    kind: PunchKind
    place: WherePlace | None = None
    site: Site | None = None
    on: date
    time: str = ""
    channel: Literal["phone", "in_person", "mail"] = "phone"
    note: Text = ""

    def wanted(self, *, now: datetime) -> Wanted:
        at = time_on(self.on, self.time) if self.time else None
        if at is not None and at > now + timedelta(minutes=1):
            raise RuleBroken("これからの時刻です。", {"time": "いまより前の時刻にしてください"})
        place = Place(self.place) if self.place else None
        return Wanted(self.kind, place, self.site, at, None, self.note, self.channel)


def time_on(on: date, text: str) -> datetime:
    try:
        return calendar.at_minute(on, minute_of(text))
    except ValueError:
        raise RuleBroken(
            "時刻を入れてください。", {"time": "17:15 のように入れてください"}
        ) from None
