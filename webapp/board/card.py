"""The person card, for the one who picked up the call: how to reach first, what to say, who else is there, 取次メモ."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import Form
from webapp.board import home, queries
from webapp.board.reaching import Who
from webapp.board.reaching import reach_first as first_of
from webapp.board.rows import Row, directory_row, iso
from webapp.core import settings
from webapp.core.refusals import NotFound
from webapp.day import queries as day
from webapp.day.queries import PersonDay
from webapp.messages import passing
from webapp.messages import service as memos
from webapp.messages.forms import LONGEST_TEXT
from webapp.messages.settings import SAY_PLACE
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import Reach
from webapp.presence.day_rules import work_ends_at, working_edges
from webapp.presence.facts import Place, Shown, Source, State

MOST_OTHERS = 6
LOOKED_AHEAD = 7  # days: who is away for longer is not promised to call back


@dataclass(frozen=True, slots=True)
class Card:
    """What the parts of a card are worked out from."""

    actor: Actor
    posting: PersonPosting
    postings: list[PersonPosting]
    full: Row
    form: Form
    person: PersonDay | None
    now: datetime


def card(actor: Actor, number: str, *, now: datetime) -> dict[str, Any]:
    """Reach first. NotFound for who is posted nowhere today."""
    on = org.today(now)
    staff = org.staff_by_number(number)
    postings = org.postings_of([staff.id], on, known_at=now).get(staff.id, []) if staff else []
    if staff is None or not postings:
        raise NotFound("この職員は見つかりません。")
    shown = _best_posting(actor, postings)
    row = _row_in(shown.unit_id, queries.rows_of([staff.id]))
    form = access.form_of(actor, row.unit_id, org.current_tree())
    person = day.days_of([staff.id], now=now).get(staff.id)
    return _json(Card(actor, shown, postings, row.full, form, person, now))


def _json(of: Card) -> dict[str, Any]:
    tree = org.current_tree()
    shown, is_full = of.posting, of.form is Form.FULL
    unit, section = tree.by_id(shown.unit_id), tree.section(shown.unit_id)
    is_self = shown.staff_id == of.actor.staff_id
    return {
        "staff": shown.number,
        "name": shown.name,
        "kana": shown.kana,
        "title": shown.title,
        "unit": unit.code if unit else None,
        "unit_name": " ".join(dict.fromkeys(n.name for n in (section, unit) if n is not None)),
        "form": of.form.value,
        "row": of.full if is_full else directory_row(of.full),
        "reach_first": _reach_first(of),
        "duties": _duties(of) if is_full else [],
        "contacts": {
            "extension": shown.extension,
            "mobile": shown.mobile if is_full or of.full["reach"] == Reach.TRANSFER else "",
        },
        "may_proxy": not is_self and access.may_act_for(of.actor, of.postings, tree),
        "memo": None if is_self else {"chips": memos.chips(), "longest": LONGEST_TEXT},
        "others": _others(of),
    }


def _duties(of: Card) -> list[dict[str, Any]]:
    """The duty of now and the next one."""
    return [d for d in home.duties_today(of.person, of.now) if d["state"] in ("now", "next")]


def _row_in(unit_id: int, rows: list[queries.LiveRow]) -> queries.LiveRow:
    """The row in that unit; in the moment after 日替わり perhaps still the one of yesterday's unit."""
    row = next((row for row in rows if row.unit_id == unit_id), rows[0] if rows else None)
    if row is None:
        raise NotFound("この職員は見つかりません。")
    return row


def _best_posting(actor: Actor, postings: list[PersonPosting]) -> PersonPosting:
    mine = {posting.unit_id for posting in actor.postings}
    return next((p for p in postings if p.unit_id in mine), postings[0])


# --- how to reach ---------------------------------------------------------------------------


def _reach_first(of: Card) -> dict[str, Any]:
    """Who sees the directory row alone is told neither the place nor the day somebody comes back."""
    is_full = of.form is Form.FULL
    facts = of.person.facts if of.person else None
    shown = shown_of(of.full)
    ends_at = work_ends_at(facts) if facts else None
    who = Who(
        surname_of(of.posting),
        shown,
        of.posting.extension,
        of.posting.mobile,
        ends_at,
        _next_day(of, shown, ends_at) if is_full else None,
        is_full and settings.value(SAY_PLACE),
    )
    first = first_of(who, of.now)
    return {
        "kind": first.kind,
        "number": first.number,
        "sentence": first.sentence,
        "at": iso(first.at),
    }


def _next_day(of: Card, shown: Shown, ends_at: datetime | None) -> datetime | None:
    """When the person works next after today; looked for only where it will be said."""
    over = shown.until is not None and ends_at is not None and shown.until >= ends_at
    soon = ends_at is not None and of.now + timedelta(hours=1) >= ends_at
    if not (shown.state is State.OFF or shown.place is Place.LEAVE or over or soon):
        return None
    today = org.today(of.now)
    for ahead in range(1, LOOKED_AHEAD + 1):
        on = today + timedelta(days=ahead)
        person = day.days_on([of.posting.staff_id], on, now=of.now).get(of.posting.staff_id)
        edges = working_edges(person.facts) if person else []
        if edges:
            return edges[0]
    return None


def reach_first(posting: PersonPosting, row: Row, *, now: datetime) -> dict[str, Any]:
    """For lists of several people: how to reach this one, without the place and the days to come."""
    shown = shown_of(row)
    who = Who(surname_of(posting), shown, posting.extension, posting.mobile, says_place=False)
    first = first_of(who, now)
    return {"kind": first.kind, "number": first.number, "sentence": first.sentence}


def surname_of(posting: PersonPosting) -> str:
    return posting.name.split()[0] if posting.name else ""


def shown_of(row: Row) -> Shown:
    """A full row read back."""
    return Shown(
        State(row["state"]),
        Source(row["source"]),
        Place(row["place"]) if row["place"] else None,
        until=_instant(row["until"]),
        reach=Reach(row["reach"]),
        telephone=row["telephone"],
        starts_at=_instant(row["starts_at"]),
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# --- who else -------------------------------------------------------------------------------


def _others(of: Card) -> list[Row]:
    """Who else can be talked to right now: those who answer for the same work first, then the same 係."""
    shared = passing.backups_of(of.posting.staff_id)
    colleagues = org.postings_in([of.posting.unit_id], org.today(of.now), known_at=of.now)
    wanted = [*shared, *(posting.staff_id for posting in colleagues)]
    without = (of.posting.staff_id, of.actor.staff_id)
    asked = [i for i in dict.fromkeys(wanted) if i not in without]
    rows = {row.staff_id: row for row in reversed(queries.rows_of(asked))}
    free = [i for i in asked if i in rows and rows[i].full["state"] == State.AVAILABLE]
    return [_other(of.actor, rows[i], shared.get(i, [])) for i in free[:MOST_OTHERS]]


def _other(actor: Actor, row: queries.LiveRow, tasks: list[str]) -> Row:
    form = access.form_of(actor, row.unit_id, org.current_tree())
    shown = row.full if form is Form.FULL else directory_row(row.full)
    return shown | {"role": passing.BACKUP if tasks else passing.UNIT, "tasks": tasks}
