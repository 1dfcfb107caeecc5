"""Bodies of the plain forms of the planned day, the weekly pattern, day events and calendars."""

import datetime
from typing import Annotated, Literal

from flask import request
from pydantic import AfterValidator, Field

from webapp.core.hours import minute_of
from webapp.core.parse import FormBody
from webapp.core.refusals import RuleBroken
from webapp.plans import by_hand, events, spans, weekly
from webapp.plans.rules import Kind
from webapp.plans.spans import Extent
from webapp.plans.weekly import Part

Day = datetime.date
Site = Annotated[str, Field(max_length=60)]


def _clock(text: str) -> str:
    if minute_of(text) > spans.MIDNIGHT:
        raise ValueError("24:00 までの時刻にしてください")
    return text


Time = Annotated[str, Field(max_length=5), AfterValidator(_clock)]


def _minute(text: str | None) -> int | None:
    return minute_of(text) if text else None


class DayForm(FormBody):
    """start and end count with extent "hours"."""

    date: Day
    last: Day | None = None
    kind: Literal["office", "home", "satellite", "mobile", "trip", "leave", "meeting"]
    extent: Literal["whole", "am", "pm", "hours"] = "whole"
    start: Time | None = None
    end: Time | None = None
    site: Site | None = None

    def wish(self) -> by_hand.Wish:
        return by_hand.Wish(
            self.date,
            Kind(self.kind),
            Extent(self.extent),
            _minute(self.start),
            _minute(self.end),
            self.site,
            self.last,
        )


class EventForm(FormBody):
    """unit: its code, empty = the whole town hall."""

    unit: Annotated[str, Field(max_length=32)] = ""
    date: Day
    last: Day | None = None
    name: Annotated[str, Field(min_length=1, max_length=60)]
    start: Time | None = None
    end: Time | None = None

    def wish(self, unit_id: int | None) -> events.Wish:
        return events.Wish(
            unit_id, self.date, self.name, self.last, _minute(self.start), _minute(self.end)
        )


class PatternDays(FormBody):
    starts_on: Day
    ends_on: Day | None = None
    seen: Annotated[str, Field(max_length=16)] = ""


class AddressForm(FormBody):
    url: Annotated[str, Field(min_length=1, max_length=500)]


# --- the weekly pattern: a row a weekday ----------------------------------------------------

TURNS = {"1": (1, 0), "2": (2, 0), "2b": (2, 1)}
HALVES = ("am", "pm")


def pattern_of_form(midday: dict[int, tuple[int, int]]) -> list[Part]:
    """midday: {weekday: where its morning ends, where its afternoon begins}. Raises RuleBroken at the fields."""
    parts: list[Part] = []
    faults: dict[str, str] = {}
    for weekday in range(7):
        parts += _of_weekday(weekday, midday[weekday], faults)
    if faults:
        raise RuleBroken("入力内容を確かめてください。", faults)
    return parts


def _of_weekday(weekday: int, midday: tuple[int, int], faults: dict[str, str]) -> list[Part]:
    turn = TURNS.get(request.form.get(f"every-{weekday}", "1"))
    if turn is None:
        faults[f"every-{weekday}"] = "毎週か隔週を選んでください"
        return []
    spans_of = {"am": (0, midday[0]), "pm": (midday[1], spans.MIDNIGHT)}
    found: list[Part] = []
    for half in HALVES:
        kind = request.form.get(f"{half}-{weekday}", "")
        site = request.form.get(f"{half}-site-{weekday}", "").strip()
        if len(site) > 60:
            faults[f"{half}-site-{weekday}"] = "60文字以内で入力してください"
        elif kind and kind not in {place.value for place in weekly.PLACES}:
            faults[f"{half}-{weekday}"] = "勤務場所を選んでください"
        elif kind:
            keeps_site = Kind(kind) in by_hand.WITH_SITE
            start, end = spans_of[half]
            found.append(
                Part(weekday, start, end, kind, site if keeps_site and site else None, *turn)
            )
    return _whole_if_alike(found)


def _whole_if_alike(halves: list[Part]) -> list[Part]:
    if len(halves) == 2 and (halves[0].kind, halves[0].site) == (halves[1].kind, halves[1].site):
        one = halves[0]
        return [Part(one.weekday, 0, spans.MIDNIGHT, one.kind, one.site, one.every, one.offset)]
    return halves
