"""What the tests of the planned day have in common: a Thursday to come, forms, what is stored."""

import io
import re
from datetime import date
from typing import Any

from sqlalchemy import select

from tests.doors import csrf, post
from tests.stage import Stage
from webapp.core import clock
from webapp.core.db import db
from webapp.org import importing
from webapp.org.import_order import Order
from webapp.plans import weekly
from webapp.plans.models import DayEvent, PlannedSegment

THURSDAY = date(2026, 11, 26)


def send(stage: Stage, viewer: str, path: str, form: dict[str, Any] | None = None) -> Any:
    return post(stage.browser(viewer), path, form)


def add(stage: Stage, viewer: str, number: str, **fields: Any) -> Any:
    form = {"date": THURSDAY.isoformat(), "kind": "home", "extent": "whole"} | fields
    return send(stage, viewer, f"/plan/day/{number}/add", form)


def stored(stage: Stage, number: str, day: date = THURSDAY) -> list[str]:
    """What is planned for a day, as "home 510-1035 四ツ谷 (manual)"."""
    db.session.rollback()
    query = select(PlannedSegment).filter_by(staff_id=stage.ids[number], day=day)
    return [
        f"{row.kind} {row.start_minute}-{row.end_minute}"
        + (f" {row.site}" if row.site else "")
        + f" ({row.source})"
        for row in db.session.scalars(query.order_by(PlannedSegment.id))
    ]


# --- what alters a board, for the guard ------------------------------------------------------

TODAY = date(2026, 11, 24)


def entered(stage: Stage) -> None:
    fields = {"date": TODAY.isoformat(), "kind": "trip", "extent": "pm", "site": "県庁"}
    assert add(stage, "121", "121", **fields).status_code == 302


def entered_for_a_colleague(stage: Stage) -> None:
    fields = {"date": TODAY.isoformat(), "kind": "leave"}
    assert add(stage, "122", "121", **fields).status_code == 302


def taken_back(stage: Stage) -> None:
    entered(stage)
    (segment_id,) = db.session.scalars(select(PlannedSegment.id))
    path = f"/plan/day/121/remove/{segment_id}"
    assert send(stage, "121", path, {"date": TODAY.isoformat()}).status_code == 302


def undone(stage: Stage) -> None:
    client = stage.browser("121")
    form = {"csrf_token": csrf(client), "date": TODAY.isoformat(), "kind": "home"}
    assert client.post("/plan/day/121/add", data=form).status_code == 302
    page = client.get("/plan/day/121").get_data(as_text=True)
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)
    assert ticket
    form |= {"ticket": ticket[1]}
    assert client.post("/plan/day/121/undo", data=form).status_code == 302
    assert stored(stage, "121", TODAY) == []


def weekly_pattern(stage: Stage) -> None:
    db.session.rollback()
    seen = weekly.stamp(stage.ids["121"])
    form = {"starts_on": TODAY.isoformat(), "seen": seen, "am-1": "home", "pm-1": "home"}
    assert send(stage, "120", "/plan/person/121/pattern", form).status_code == 302


def day_event(stage: Stage) -> None:
    stage.telework("121")
    form = {"unit": "W11", "date": TODAY.isoformat(), "name": "辞令交付"}
    assert send(stage, "100", "/plan/events", form).status_code == 302


def day_event_removed(stage: Stage) -> None:
    day_event(stage)
    (event_id,) = db.session.scalars(select(DayEvent.id))
    assert send(stage, "100", f"/plan/events/{event_id}/remove").status_code == 302


def file_taken_in(stage: Stage) -> None:
    lines = ["職員番号,日付,区分,取込元", *(f"{n},2026-11-24,休暇等,庶務事務" for n in (121, 131))]
    order = Order("segments", "予定.csv", "\n".join(lines).encode())
    importing.take_in(order, actor=None, now=clock.now())


def calendar_taken_in(stage: Stage) -> None:
    client = stage.browser("121")
    content = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nDTSTART:20261124T100000\n"
        "DTEND:20261124T113000\nSUMMARY:会議\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    data = {"csrf_token": csrf(client), "file": (io.BytesIO(content.encode()), "予定.ics")}
    path = "/plan/calendar/121"
    answer = client.post(path, data=data, content_type="multipart/form-data")
    assert answer.status_code == 303
    form = {"csrf_token": csrf(client)}
    assert client.post(f"{answer.location}/apply", data=form).status_code == 302


ACTIONS = {
    "planned by hand": entered,
    "planned for a colleague": entered_for_a_colleague,
    "a plan taken back": taken_back,
    "a plan undone": undone,
    "a weekly pattern": weekly_pattern,
    "a day event": day_event,
    "a day event removed": day_event_removed,
    "a file of plans": file_taken_in,
    "a calendar": calendar_taken_in,
}
