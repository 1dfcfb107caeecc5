"""What a new request begins with: the last one, or what the person keeps as いつもの."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from webapp.core.db import db
from webapp.core.hours import clock_of
from webapp.core.refusals import NotFound
from webapp.org.models import Staff
from webapp.requests import records
from webapp.requests.forms import RequestForm
from webapp.requests.models import RequestPreset, TeleworkRequest

PLAIN = ("extent", "place", "place_kind", "site", "work", "contact", "device", "carried")
BOXES = ("carries", "personal_data")
ANSWERS = ("travel_order", "remote_ready")
TIMES = (
    ("hours_from", "hours_start"),
    ("hours_to", "hours_end"),
    ("break_from", "break_start"),
    ("break_to", "break_end"),
)
Typed = MultiDict[str, str]


def put_all(typed: Typed, name: str, values: Iterable[str]) -> None:
    """An empty list in a MultiDict is a trap: its `items` fail."""
    typed.poplist(name)
    if found := list(values):
        typed.setlist(name, found)


def typed_of(row: TeleworkRequest) -> Typed:
    """A request as it would stand in the form; without its day, and without 口頭で承認済."""
    typed: Typed = MultiDict()
    for name in PLAIN:
        typed[name] = getattr(row, name) or ""
    for name in BOXES:
        if getattr(row, name):
            typed[name] = "1"
    _put_times(typed, row)
    put_all(typed, "tasks", (str(each) for each in row.task_ids))
    if row.confirmer_id is not None:
        number = db.session.scalar(select(Staff.number).filter_by(id=row.confirmer_id))
        typed["confirmer"] = number or ""
    for name, text in (row.more or {}).items():
        typed[f"more.{name}"] = text
    return typed


def _put_times(typed: Typed, row: TeleworkRequest) -> None:
    for name in ANSWERS:
        if (answer := getattr(row, name)) is not None:
            typed[name] = "true" if answer else "false"
    for name, column in TIMES:
        if (minute := getattr(row, column)) is not None:
            typed[name] = clock_of(minute, padded=True)
    if row.extent == "hours":
        typed["from"] = clock_of(row.start_minute, padded=True)
        typed["to"] = clock_of(row.end_minute, padded=True)


def typed_of_preset(preset: RequestPreset) -> Typed:
    typed: Typed = MultiDict()
    for name, value in preset.fields.items():
        put_all(typed, name, value if isinstance(value, list) else [value])
    return typed


def blank() -> Typed:
    return MultiDict({"extent": "whole", "place": "home", "place_kind": "own"})


# --- keeping --------------------------------------------------------------------------------


def keep(staff_id: int, form: RequestForm, *, now: datetime) -> None:
    """Under the same name the newer one counts. The oldest beyond the limit go. Inside a transaction."""
    name = (form.keep_as or "").strip()
    if not name:
        return
    query = select(RequestPreset).filter_by(staff_id=staff_id, name=name)
    preset = db.session.scalars(query).first()
    if preset is None:
        preset = RequestPreset(staff_id=staff_id, name=name)
        db.session.add(preset)
    preset.fields, preset.used_at = _fields(form), now
    db.session.flush()
    kept = {row.id for row in records.presets_of(staff_id)}
    for row in db.session.scalars(select(RequestPreset).filter_by(staff_id=staff_id)):
        if row.id not in kept:
            db.session.delete(row)


def _fields(form: RequestForm) -> dict[str, Any]:
    """As texts of the form's inputs, without days, approval and seat."""
    told: dict[str, Any] = {name: getattr(form, name) or "" for name in PLAIN}
    told |= {name: "1" for name in BOXES if getattr(form, name)}
    for name in ANSWERS:
        if (answer := getattr(form, name)) is not None:
            told[name] = "true" if answer else "false"
    for name, _column in TIMES:
        told[name] = getattr(form, name) or ""
    if form.extent == "hours":
        told |= {"from": form.from_ or "", "to": form.to or ""}
    told["tasks"] = [str(each) for each in form.tasks]
    told["confirmer"] = form.confirmer or ""
    return told | {f"more.{name}": text for name, text in form.more.items()}


def preset_of(staff_id: int, preset_id: int) -> RequestPreset:
    found = db.session.get(RequestPreset, preset_id)
    if found is None or found.staff_id != staff_id:
        raise NotFound("この「いつもの」は見つかりません。")
    return found


def drop(staff_id: int, preset_id: int) -> str:
    """Returns its name. Inside a transaction."""
    found = preset_of(staff_id, preset_id)
    db.session.delete(found)
    return found.name
