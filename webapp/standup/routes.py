"""朝会・夕会: the sheet for the meeting, its week, and writing a note."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.accounts import access, owndata
from webapp.accounts.access import Actor, current_actor
from webapp.accounts.rules import Form, Scope
from webapp.core import clock
from webapp.core.calendar import BusinessCalendar
from webapp.core.db import transaction
from webapp.core.parse import valid_or_422
from webapp.core.refusals import NotAllowed, NotFound
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.standup import forms, queries, service
from webapp.standup.rules import HALF_WORDS, Half, NoteText

bp = Blueprint("standup", __name__)
owndata.register("朝の予定・夕の実績", queries.own_notes)
EVENING_FROM = 15  # o'clock: from then on the sheet opens with the evening


@bp.get("/standup/")
@bp.get("/standup")
def own_sheet() -> ResponseReturnValue:
    code = current_actor().unit_code
    if code is None:
        raise NotFound("所属がありません。")
    return redirect(url_for("standup.sheet", unit_code=code))


def _readable(unit_code: str) -> tuple[Actor, UnitNode]:
    """The unit, for those who see it in full form; notes have no outside."""
    actor = current_actor()
    access.require_scope(actor, Scope.SELF)
    unit = access.unit_or_404(unit_code)
    if access.form_of(actor, unit.id, org.current_tree()) is not Form.FULL:
        raise NotAllowed("この所属の朝会・夕会は、その所属の人だけが見られます。")
    return actor, unit


def _asked(now: datetime) -> tuple[date, Half]:
    late = clock.to_tokyo(now).hour >= EVENING_FROM
    return (
        forms.day_from(request.args.get("date"), default=org.today(now)),
        forms.half_from(request.args.get("half"), default=Half.EVENING if late else Half.MORNING),
    )


@bp.get("/standup/<unit_code>")
def sheet(unit_code: str) -> ResponseReturnValue:
    actor, unit = _readable(unit_code)
    now = clock.now()
    day, half = _asked(now)
    parts = _parts_if_large(unit, now)
    content = queries.sheet(unit, day, half, viewer=actor.staff_id, now=now) if not parts else None
    return render_template(
        "standup/sheet.html",
        viewer=actor,
        nav="standup",
        unit=unit,
        day=day,
        half=half.value,
        halves=[(each.value, HALF_WORDS[each]) for each in Half],
        today=org.today(now),
        days=_around(day),
        units=_choices(actor, unit),
        parts=parts,
        sheet=content,
    )


@bp.get("/standup/<unit_code>.json")
def sheet_json(unit_code: str) -> ResponseReturnValue:
    actor, unit = _readable(unit_code)
    now = clock.now()
    day, half = _asked(now)
    if _parts_if_large(unit, now):
        raise NotFound("この所属は大きいので、係の朝会・夕会を開いてください。")
    return jsonify(queries.sheet(unit, day, half, viewer=actor.staff_id, now=now))


@bp.get("/standup/<unit_code>/week")
def week(unit_code: str) -> ResponseReturnValue:
    actor, unit = _readable(unit_code)
    now = clock.now()
    day, _ = _asked(now)
    parts = _parts_if_large(unit, now)
    return render_template(
        "standup/week.html",
        viewer=actor,
        nav="standup",
        unit=unit,
        day=day,
        today=org.today(now),
        before=day - timedelta(days=7),
        after=day + timedelta(days=7),
        parts=parts,
        week=None if parts else queries.week(unit, day, now=now),
    )


def _parts_if_large(unit: UnitNode, now: datetime) -> list[UnitNode]:
    """The units below, where the unit itself has too many people for one meeting."""
    tree = org.current_tree()
    heads = org.headcounts(org.today(now), known_at=now)
    if sum(heads.get(node.id, 0) for node in tree.subtree(unit.id)) <= queries.LARGEST_SHEET:
        return []
    return tree.children(unit.id)


def _around(day: date) -> dict[str, date]:
    """The business days before and after."""
    business = org.business_calendar()
    return {"before": _step(day, -1, business), "after": _step(day, 1, business)}


def _step(day: date, by: int, business: BusinessCalendar) -> date:
    for _ in range(30):
        day += timedelta(days=by)
        if business.is_business_day(day):
            break
    return day


def _choices(actor: Actor, unit: UnitNode) -> list[tuple[str, str]]:
    """The units one may switch to: those around one's own and around the unit shown."""
    tree = org.current_tree()
    wanted = {posting.unit_id for posting in actor.postings} | {unit.id}
    for near in list(wanted):
        path = tree.path(near)
        wanted |= {node.id for node in path}
        wanted |= {node.id for step in path[-2:] for node in tree.children(step.id)}
    nodes = sorted(filter(None, map(tree.by_id, wanted)), key=lambda node: tree.place(node.id))
    forms_seen = access.forms_of(actor, nodes, tree)
    return [
        (node.code, "　" * (len(tree.path(node.id)) - 1) + node.name)
        for node in nodes
        if forms_seen[node.id] is Form.FULL
    ]


# --- writing --------------------------------------------------------------------------------


@bp.put("/standup/note/<number>/<day>/<half>")
def write_note(number: str, day: str, half: str) -> ResponseReturnValue:
    """One's own note, or a colleague's of the 係 (代行入力)."""
    text = valid_or_422(forms.NoteBody).text()
    return jsonify(_write(number, day, half, text))


@bp.post("/me/standup/<day>/<half>")
def write_own_note(day: str, half: str) -> ResponseReturnValue:
    """The plain form of the own day, for browsers without script."""
    actor = current_actor()
    text = _text_of_form(actor, _date(day))
    _write(actor.number, day, half, text)
    return redirect("/")


def _text_of_form(actor: Actor, day: date) -> NoteText:
    """One line a sentence; what the morning planned is marked by its place in the form."""
    form = request.form
    asked = queries.lines_to_settle(actor.staff_id, day)
    marks = {line: form.get(f"line-{n}") for n, line in enumerate(asked, start=1)}
    done = [line for line, mark in marks.items() if mark == "done"]
    carried = [line for line, mark in marks.items() if mark == "carried"]
    return NoteText(
        (*done, *form.get("lines", "").splitlines()),
        tuple(carried),
        tuple(form.get("links", "").split()),
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None


def _write(number: str, day: str, half: str, text: NoteText) -> dict[str, Any]:
    actor = current_actor()
    access.require_scope(actor, Scope.SELF)
    now = clock.now()
    on = _date(day)
    if half not in set(Half):
        raise NotFound
    with transaction():
        staff_id = actor.staff_id
        if number != actor.number:
            staff, _ = access.colleague(actor, number, on=org.today(now), now=now)
            staff_id = staff.id
        note = service.put_note(staff_id, on, Half(half), text, actor=actor, now=now)
    return queries.note_json(note)
