"""Reading stand-up notes: one's own day, the sheet of a unit for the meeting, its week."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from webapp.core import calendar, clock, settings
from webapp.core.db import db
from webapp.day import queries as day_facts
from webapp.day.queries import PersonDay
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import UnitNode, UnitTree
from webapp.standup import rules
from webapp.standup.models import StandupNote
from webapp.standup.rules import Half, NoteText, Required
from webapp.standup.settings import HOST, REQUIRED

LARGEST_SHEET = 150  # people; a meeting of more is held by its parts
CARRIED_FOR = timedelta(days=14)


# --- notes ----------------------------------------------------------------------------------


def note(staff_id: int, day: date, half: Half) -> StandupNote | None:
    query = select(StandupNote).filter_by(staff_id=staff_id, business_on=day, half=half.value)
    return db.session.scalars(query).one_or_none()


def notes_by_id(ids: Sequence[int]) -> list[StandupNote]:
    return list(db.session.scalars(select(StandupNote).where(StandupNote.id.in_(ids))))


def text_of(found: StandupNote) -> NoteText:
    return NoteText(tuple(found.lines), tuple(found.carried_over), tuple(found.links))


def note_json(found: StandupNote) -> dict[str, Any]:
    return {
        "date": found.business_on.isoformat(),
        "half": found.half,
        "lines": list(found.lines),
        "carried_over": list(found.carried_over),
        "links": list(found.links),
        "updated_at": clock.to_tokyo(found.updated_at).isoformat(),
    }


def lines_to_settle(staff_id: int, day: date) -> list[str]:
    """The lines the evening asks about, in the order of its form."""
    note_of = _notes([staff_id], [day])
    evening = note_of.get((staff_id, day, Half.EVENING))
    morning = note_of.get((staff_id, day, Half.MORNING))
    lines = [*(evening.carried_over if evening else ()), *(morning.lines if morning else ())]
    return list(dict.fromkeys(lines))


def own_notes(staff_id: int) -> list[dict[str, Any] | str]:
    """For 「自分について保存されている情報」: every note, the latest first."""
    query = select(StandupNote).filter_by(staff_id=staff_id)
    notes = db.session.scalars(query.order_by(StandupNote.business_on.desc(), StandupNote.half))
    return [
        {
            "日付": found.business_on.isoformat(),
            "区分": rules.HALF_WORDS[Half(found.half)],
            "内容": "、".join(found.lines),
            "持越し": "、".join(found.carried_over),
            "資料の場所": " ".join(found.links),
        }
        for found in notes
        if text_of(found)
    ]


def _written(found: StandupNote | None) -> dict[str, Any] | None:
    """A cleared note is as good as none."""
    return note_json(found) if found is not None and text_of(found) else None


Written = dict[tuple[int, date, Half], StandupNote]


def _notes(staff_ids: Iterable[int], days: Iterable[date]) -> Written:
    query = select(StandupNote).where(
        StandupNote.staff_id.in_(list(staff_ids)), StandupNote.business_on.in_(list(days))
    )
    return {(n.staff_id, n.business_on, Half(n.half)): n for n in db.session.scalars(query)}


# --- one's own day --------------------------------------------------------------------------


def day_of(staff_id: int, day: date, *, now: datetime | None = None) -> dict[str, Any]:
    """For `GET /me`: both notes of the day, whether they are required, and what pre-fills them."""
    notes = _notes([staff_id], [day])
    morning = _written(notes.get((staff_id, day, Half.MORNING)))
    person = _days([staff_id], day, now or clock.now()).get(staff_id)
    return {
        "required": person is not None and _is_required(person, org.current_tree()),
        "morning": morning,
        "evening": _written(notes.get((staff_id, day, Half.EVENING))),
        "prefill": {
            "morning": prefill_of(staff_id, day),
            "evening": morning["lines"] if morning else [],
        },
    }


WorkOf = Callable[[int, date], Sequence[str]]
_work_of: list[WorkOf] = []


def lend(work_of: WorkOf) -> None:
    """What is to be done that day as other features know it; the requests stand above the stand-up."""
    _work_of[:] = [work_of]


def prefill_of(staff_id: int, day: date) -> list[str]:
    """朝の予定 before anything is written: 持越し, then the 業務内容 of the day's request."""
    lent = (line for work_of in _work_of for line in work_of(staff_id, day))
    return list(dict.fromkeys([*carried_to(staff_id, day), *lent]))


def carried_to(staff_id: int, day: date) -> list[str]:
    """持越し of the latest earlier day with a note: yesterday's, or those of before the leave."""
    query = select(StandupNote).where(
        StandupNote.staff_id == staff_id,
        StandupNote.business_on < day,
        StandupNote.business_on >= day - CARRIED_FOR,
    )
    latest = db.session.scalars(
        query.order_by(StandupNote.business_on.desc(), StandupNote.half).limit(1)
    ).first()  # "evening" sorts before "morning"
    return list(latest.carried_over) if latest is not None else []


def _days(staff_ids: Sequence[int], day: date, now: datetime) -> dict[int, PersonDay]:
    """What is known of people's day; of a day to come nothing: it may not be published yet."""
    today = org.today(now)
    if day > today:
        return {}
    return day_facts.days_of(staff_ids, now=now if day == today else calendar.at(day, time(12, 0)))


def _is_required(person: PersonDay, tree: UnitTree) -> bool:
    path = [node.code for node in tree.path(person.main.unit_id)]
    return rules.is_required(Required(settings.value(REQUIRED, path)), person.facts)


# --- the sheet ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """A person once, in the unit where the board shows them first."""

    posting: PersonPosting
    unit: UnitNode


def members(unit: UnitNode, tree: UnitTree, *, now: datetime) -> list[Member]:
    """Everybody of a unit and all below, in the order of the board."""
    nodes = tree.subtree(unit.id)
    by_unit: dict[int, list[PersonPosting]] = {}
    for posting in org.postings_in([n.id for n in nodes], org.today(now), known_at=now):
        by_unit.setdefault(posting.unit_id, []).append(posting)
    found: dict[int, Member] = {}
    for node in nodes:
        for posting in by_unit.get(node.id, ()):
            found.setdefault(posting.staff_id, Member(posting, node))
    return list(found.values())


def sheet(unit: UnitNode, day: date, half: Half, *, viewer: int, now: datetime) -> dict[str, Any]:
    """What the reading view shows, for those who see the unit in full form. viewer: staff id."""
    tree = org.current_tree()
    people = members(unit, tree, now=now)
    ids = [member.posting.staff_id for member in people]
    notes, days = _notes(ids, [day]), _days(ids, day, now)
    rows = [
        _row(member, days.get(member.posting.staff_id), notes, day, half, tree) for member in people
    ]
    return {
        "unit": unit.code,
        "name": unit.name,
        "date": day.isoformat(),
        "half": half.value,
        "as_of": clock.to_tokyo(now).isoformat(),
        "me": next((m.posting.number for m in people if m.posting.staff_id == viewer), None),
        "carried": prefill_of(viewer, day) if half is Half.MORNING else [],
        "required": any(row["required"] for row in rows),
        "host": _host(unit, day, rows, tree),
        "people": rows,
    }


def _row(
    member: Member,
    person: PersonDay | None,
    notes: Written,
    day: date,
    half: Half,
    tree: UnitTree,
) -> dict[str, Any]:
    posting, staff_id = member.posting, member.posting.staff_id
    written = _written(notes.get((staff_id, day, half)))
    morning = _written(notes.get((staff_id, day, Half.MORNING)))
    place = rules.place_of(person.facts) if person else None
    required = person is not None and _is_required(person, tree)
    return {
        "staff": posting.number,
        "name": posting.name,
        "title": posting.title,
        "unit": member.unit.code,
        "unit_name": member.unit.name,
        "place": place.value if place else None,
        "absent": person is not None and rules.is_absent(person.facts),
        "required": required,
        "owes": required and written is None,
        "note": written,
        "planned": morning["lines"] if morning and half is Half.EVENING else [],
    }


def _host(
    unit: UnitNode, day: date, rows: Sequence[Mapping[str, Any]], tree: UnitTree
) -> str | None:
    """The number of who leads the meeting today, where the unit wants it shown."""
    if not settings.value(HOST, [node.code for node in tree.path(unit.id)]):
        return None
    numbers = [row["staff"] for row in rows]
    return rules.host(numbers, {row["staff"] for row in rows if row["absent"]}, day)


# --- the week -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WeekDay:
    on: date
    closed: str | None  # 祝日 and the like


@dataclass(frozen=True, slots=True)
class WeekLine:
    member: Member
    cells: tuple[tuple[StandupNote | None, StandupNote | None], ...]  # (朝, 夕) of each day


@dataclass(frozen=True, slots=True)
class Week:
    days: tuple[WeekDay, ...]
    lines: tuple[WeekLine, ...]


def week(unit: UnitNode, day: date, *, now: datetime) -> Week:
    """People × days of the week that `day` lies in."""
    business = org.business_calendar()
    on = rules.week_of(day)
    people = members(unit, org.current_tree(), now=now)
    notes = _notes([member.posting.staff_id for member in people], on)
    return Week(
        tuple(WeekDay(each, business.closed_because(each)) for each in on),
        tuple(
            WeekLine(member, tuple(_both(notes, member.posting.staff_id, each) for each in on))
            for member in people
        ),
    )


def _both(
    notes: Written, staff_id: int, day: date
) -> tuple[StandupNote | None, StandupNote | None]:
    morning, evening = (notes.get((staff_id, day, half)) for half in Half)
    return (
        morning if morning is not None and text_of(morning) else None,
        evening if evening is not None and text_of(evening) else None,
    )
