"""The two forms of a row. Pure: the same facts and version give the same bytes."""

from datetime import datetime
from typing import Any

from webapp.core import clock
from webapp.org.queries import PersonPosting
from webapp.presence.facts import Shown, State

Row = dict[str, Any]


def iso(instant: datetime | None) -> str | None:
    return clock.to_tokyo(instant).isoformat() if instant is not None else None


def full_row(posting: PersonPosting, unit_code: str, version: int, shown: Shown) -> Row:
    return {
        "staff": posting.number,
        "version": version,
        "name": posting.name,
        "kana": posting.kana,
        "unit": unit_code,
        "title": posting.title,
        "place": shown.place.value if shown.place else None,
        "site": shown.site,
        "state": shown.state.value,
        "source": shown.source.value,
        "planned": shown.planned,
        "since": iso(shown.since),
        "until": iso(shown.until),
        "note": shown.note,
        "reason": shown.reason.value if shown.reason else None,
        "starts_at": iso(shown.starts_at),
        "reach": shown.reach.value,
        "extension": posting.extension,
        "telephone": shown.telephone,
        "duty": (
            {"position": shown.duty.position, "until": iso(shown.duty.ends_at)}
            if shown.duty
            else None
        ),
        "connected": shown.connected,
    }


# What the rest of the town hall needs to know: can this person be reached now?
_OUTSIDE = {State.AVAILABLE: "available", State.BUSY: "busy", State.DND: "busy"}


def directory_row(full: Row) -> Row:
    state = _OUTSIDE.get(State(full["state"]), "absent")
    return {
        "staff": full["staff"],
        "version": full["version"],
        "name": full["name"],
        "kana": full["kana"],
        "unit": full["unit"],
        "title": full["title"],
        "state": state,
        "until": full["until"],
        "reach": full["reach"],
        "extension": full["extension"],
    }
