"""What was typed, become wishes for days; every fault named at its field, all at once."""

from collections.abc import Sequence
from datetime import datetime

from webapp.requests import records
from webapp.requests.draft import Draft
from webapp.requests.draft_content import find_people, find_place, find_tasks, is_protected, require
from webapp.requests.draft_days import fill_days
from webapp.requests.draft_hours import allotted, span_of, with_pause
from webapp.requests.forms import RequestBody
from webapp.requests.known import Days
from webapp.requests.wishes import Asked
from webapp.requests.wording import day_words


def draft_of(body: RequestBody, days: Days, *, but: Sequence[int] = (), now: datetime) -> Draft:
    """but: requests that are changed by this one. Faults are in the draft, for all fields at once."""
    draft = Draft(body)
    fill_days(draft, days, but, now)
    hours = allotted(draft)
    find_place(draft)
    facts = find_tasks(draft, days)
    find_people(draft, days, now)
    require(draft, days)
    protected = is_protected(draft)
    for day in draft.days:
        ordinary = days.usual_hours(day)
        own = with_pause(hours, ordinary) if hours else None
        span = span_of(draft, own or ordinary)
        if span is None:
            break
        draft.asked.append(
            Asked(
                day,
                body.extent,
                *span,
                body.place,
                body.place_kind,
                own,
                facts,
                body.carries,
                body.carried,
                body.personal_data,
                draft.oral_id is not None,
                protected,
            )
        )
    _free(draft, days, but)
    return draft


def _free(draft: Draft, days: Days, but: Sequence[int]) -> None:
    """No second request for the same time: the day is named."""
    if not draft.asked:
        return
    first, last = draft.asked[0].day, draft.asked[-1].day
    for row in records.in_force_between(days.who.staff_id, first, last, but=but):
        for asked in draft.asked:
            if (
                asked.day == row.day
                and asked.start < row.end_minute
                and row.start_minute < asked.end
            ):
                draft.taken = True
                draft.fault("days", f"{day_words(row.day)}は、もう申請があります")
