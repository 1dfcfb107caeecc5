"""What the form shows: choices, marks, words. Everything typed stands again after a fault."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from webapp.accounts.access import Actor
from webapp.core import settings
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.presence import queries as presence
from webapp.requests import calendar_chips, form_settings, known, presets, records
from webapp.requests.approvers import approvers_of
from webapp.requests.checks import EXTENT_WORDS, span_words
from webapp.requests.draft_content import asked_of, choosable_tasks, may_have_approved, own_fields
from webapp.requests.known import Days
from webapp.requests.presets import Typed
from webapp.requests.rulebook import Leave
from webapp.requests.settings import KIND_WORDS as SETTING_KINDS
from webapp.requests.wording import KIND_WORDS
from webapp.seats import loan_queries
from webapp.seats import queries as seats

DEVICES = {"own_seat": "自席のPC", "loan": "貸出のPC", "private": "私用のPC"}


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    words: str
    more: str = ""


def field_words() -> dict[str, str]:
    """How the municipality calls the fields."""
    local: dict[str, str] = settings.value(form_settings.WORDS)
    return form_settings.FIELD_WORDS | local


def view(days: Days, actor: Actor, *, now: datetime, but: tuple[int, ...] = ()) -> dict[str, Any]:
    """The words of the template `requests/form.html` that do not depend on what is typed."""
    rules, today = days.who.rules, org.today(now)
    tasks = choosable_tasks(days)
    asked = asked_of(days)
    return {
        "who": days.who.posting,
        "for_other": days.who.staff_id != actor.staff_id,
        "weeks": calendar_chips.weeks(days, now=now, but=but),
        "rules": rules,
        "rule_words": rule_words(days),
        "asked": asked,
        "fields": field_words(),
        "own_fields": own_fields(days),
        "extents": [Choice(code, EXTENT_WORDS[code]) for code in rules.extents],
        "places": _places(days),
        "kinds": _kinds(days),
        "sites": seats.site_names(),
        "seats": _seats(days.who.staff_id, today),
        "items": _items(days.who.staff_id, today, now),
        "tasks": tasks,
        "shifts": [span_words(shift) for shift in rules.shifts],
        "confirmers": _confirmers(days, now) if asked["confirmer"] != "no" else [],
        "oral_people": _named(may_have_approved(days, now=now)) if rules.oral else [],
        "devices": DEVICES,
        "nobody_decides": not approvers_of(days.who.staff_id, now, now=now).ids,
        "first_day": today - timedelta(days=rules.back_days),
        "last_day": today + timedelta(days=rules.ahead_days),
        "presets": records.presets_of(days.who.staff_id)
        if days.who.staff_id == actor.staff_id
        else [],
    }


def _places(days: Days) -> list[Choice]:
    words = presence.labels()["place"]
    return [Choice(code, words[code]) for code in days.who.rules.places]


def _kinds(days: Days) -> list[Choice]:
    """Kinds of home that may be chosen; own alone needs no question."""
    kinds = days.who.rules.place_kinds
    return [
        Choice(code, KIND_WORDS[code], "要相談" if kinds.get(code) is Leave.APPROVAL else "")
        for code in SETTING_KINDS
        if kinds.get(code, Leave.YES) is not Leave.NO
    ]


def _seats(staff_id: int, day: date) -> list[tuple[str, list[Choice]]]:
    """[(site, its seats)], the person's usual seat marked."""
    usual = seats.usual_seat(staff_id)
    return [
        (
            site.name,
            [
                Choice(str(s.id), s.name, "いつもの席" if usual and usual.id == s.id else "")
                for s in seats.open_seats(site, day)
            ],
        )
        for site in seats.sites_on(day)
    ]


def _items(staff_id: int, day: date, now: datetime) -> list[Choice]:
    return [
        Choice(str(item.id), f"{item.kind} {item.name}".strip(), item.telephone)
        for item in loan_queries.items_for(staff_id, day, now=now)
    ]


def _confirmers(days: Days, now: datetime) -> list[Choice]:
    """The people of the section, in the order of the board."""
    tree = org.current_tree()
    section = tree.section(days.who.unit.id) or days.who.unit
    ids = [node.id for node in tree.subtree(section.id)]
    people = org.postings_in(ids, org.today(now), known_at=now)
    found = {p.number: Choice(p.number, p.name, p.title) for p in people}
    found.pop(days.who.posting.number, None)
    return list(found.values())


def _named(staff_ids: list[int]) -> list[Choice]:
    names = org.names_of(staff_ids)
    numbers = dict(
        db.session.execute(select(Staff.id, Staff.number).where(Staff.id.in_(staff_ids))).all()
    )
    return [Choice(numbers[i], names.get(i, "")) for i in staff_ids if i in numbers]


def rule_words(days: Days) -> str:
    """The municipality's rules in one line."""
    rules = days.who.rules
    told = []
    if rules.deadline is not None:
        told.append(f"締切 {deadline_words(days)}")
    if rules.week_most is not None:
        told.append(f"週{rules.week_most}日まで")
    if rules.week_office:
        told.append(f"出勤 週{rules.week_office}日以上")
    return "・".join(told)


def deadline_words(days: Days) -> str:
    rule = days.who.rules.deadline
    if rule is None:
        return "なし"
    unit = "開庁日前" if rule.business and rule.days > 1 else "日前"
    when = "当日" if rule.days == 0 else "前日" if rule.days == 1 else f"{rule.days}{unit}"
    if rule.minute >= 24 * 60 - 1:
        return f"{when}まで"
    clock = "正午" if rule.minute == 720 else f"{rule.minute // 60}:{rule.minute % 60:02d}"
    return f"{when}の{clock}まで" if rule.days else f"当日{clock}まで"


# --- what it begins with --------------------------------------------------------------------


def first_typed(days: Days, preset_id: int | None, copy: Typed | None, *, now: datetime) -> Typed:
    """The usual case is filled in: as the last time, or a preset, on the next possible day."""
    if copy is not None:
        typed = copy
    elif preset_id is not None:
        typed = presets.typed_of_preset(presets.preset_of(days.who.staff_id, preset_id))
    else:
        latest = records.latest_of(days.who.staff_id)
        typed = presets.typed_of(latest) if latest is not None else presets.blank()
    _drop_what_is_gone(typed, days)
    day = known.next_days(days, first=org.today(now))
    presets.put_all(typed, "days", (each.isoformat() for each in day))
    return typed


def _drop_what_is_gone(typed: Typed, days: Days) -> None:
    """What was right last time and is no more: a closed site, a task that left the sheet, a unit no longer allowed."""
    rules = days.who.rules
    if typed.get("extent") not in rules.extents:
        typed["extent"] = rules.extents[0]
    if typed.get("place") not in rules.places and rules.places:
        typed["place"] = rules.places[0]
    if typed.get("site") and typed["site"] not in seats.site_names():
        typed["site"] = ""
    present = {str(task.id) for task in choosable_tasks(days)}
    presets.put_all(typed, "tasks", [t for t in typed.getlist("tasks") if t in present])
    known_fields = own_fields(days)
    for name in [n for n in typed if n.startswith("more.") and n[5:] not in known_fields]:
        typed.poplist(name)
