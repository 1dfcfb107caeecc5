"""The hours of a draft: 勤務時間の割振り, and which part of the day is telework. Minutes from local midnight."""

from dataclasses import replace

from webapp.core.hours import minute_of
from webapp.requests.draft import Draft
from webapp.requests.wishes import Hours


def allotted(draft: Draft) -> Hours | None:
    """勤務時間の割振り as typed; None = the ordinary hours."""
    body = draft.body
    if not body.hours_from and not body.hours_to:
        return None
    if not body.hours_from or not body.hours_to:
        draft.fault("hours", "始業と終業の両方を入れてください")
        return None
    start, end = minute_of(body.hours_from), minute_of(body.hours_to)
    if start >= end:
        draft.fault("hours", "終業は始業より後にしてください")
        return None
    return Hours(start, end, _pause(draft, start, end))


def _pause(draft: Draft, start: int, end: int) -> tuple[int, int] | None:
    body = draft.body
    if not body.break_from and not body.break_to:
        return None
    if not body.break_from or not body.break_to:
        draft.fault("break", "休憩の始まりと終わりの両方を入れてください")
        return None
    first, last = minute_of(body.break_from), minute_of(body.break_to)
    if not start <= first < last <= end:
        draft.fault("break", "休憩は勤務時間の中にしてください")
        return None
    return first, last


def with_pause(own: Hours, ordinary: Hours) -> Hours:
    """The ordinary break, where none was typed and it lies within."""
    pause = ordinary.pause
    if own.pause or pause is None or not own.start <= pause[0] < pause[1] <= own.end:
        return own
    return replace(own, pause=pause)


def span_of(draft: Draft, hours: Hours) -> tuple[int, int] | None:
    """The telework of a day: from the day's hours, or as typed."""
    middle = hours.pause or ((hours.start + hours.end) // 2,) * 2
    match draft.body.extent:
        case "whole":
            return hours.start, hours.end
        case "am":
            return hours.start, middle[0]
        case "pm":
            return middle[1], hours.end
    return _typed_span(draft)


def _typed_span(draft: Draft) -> tuple[int, int] | None:
    body = draft.body
    for name, text in (("from", body.from_), ("to", body.to)):
        if not text:
            draft.fault(name, "時刻を入れてください（例 13:00）")
    if not body.from_ or not body.to:
        return None
    start, end = minute_of(body.from_), minute_of(body.to)
    if start >= end:
        draft.fault("to", "始まりより後にしてください")
        return None
    return start, end
