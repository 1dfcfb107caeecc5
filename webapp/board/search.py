"""Finding a person anywhere in the town hall, and how to reach them first."""

import unicodedata
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.accounts.rules import Form
from webapp.board import home, queries
from webapp.board.rows import Row, directory_row
from webapp.core import clock
from webapp.core.db import db
from webapp.core.refusals import NotFound
from webapp.day import queries as day
from webapp.org import queries as org
from webapp.org.models import Posting, Staff
from webapp.org.queries import PersonPosting
from webapp.org.rules import Reach
from webapp.presence.facts import State

MOST = 50


def as_hiragana(text: str) -> str:
    """カタカナ (half width too) → ひらがな, so that either finds a ふりがな."""
    wide = unicodedata.normalize("NFKC", text)
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in wide)


def _matches(word: str) -> ColumnElement[bool]:
    """Blanks inside names do not matter: 石川美穂 finds 石川 美穂."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    kana = as_hiragana(escaped)
    names = (Posting.name, Posting.kana)
    plain = [
        _squeezed(column).like(f"%{part}%", escape="\\")
        for column in names
        for part in {escaped, kana}
    ]
    return or_(
        *plain,
        Posting.extension.like(f"{kana}%", escape="\\"),
        Staff.number.like(f"{kana}%", escape="\\"),
    )


def _squeezed(column: Any) -> Any:
    return func.replace(func.replace(column, " ", ""), "\u3000", "")


def people(q: str, *, now: datetime) -> tuple[list[dict[str, Any]], bool]:
    """At most fifty people with what anybody may know, in 建制順; True if there are more."""
    words = q.split()
    if not words:
        return [], False
    on = org.today(now)
    whole = "".join(words)
    each = [_matches(word) for word in words]
    query = (
        select(Posting.staff_id)
        .join(Staff, Staff.id == Posting.staff_id)
        .where(org.in_force(Posting, on, now))
        .where(or_(_matches(whole), *(each if len(words) == 1 else [])))
        .group_by(Posting.staff_id)
        .limit(MOST + 1)
    )
    ids = list(db.session.scalars(query))
    if not ids and len(words) > 1:
        both = select(Posting.staff_id).join(Staff, Staff.id == Posting.staff_id)
        both = both.where(org.in_force(Posting, on, now), *each).group_by(Posting.staff_id)
        ids = list(db.session.scalars(both.limit(MOST + 1)))
    return _found(ids[:MOST]), len(ids) > MOST


def _found(staff_ids: list[int]) -> list[dict[str, Any]]:
    tree = org.current_tree()
    rows = queries.rows_of(staff_ids)
    seen: set[int] = set()
    found: list[tuple[int, str, dict[str, Any]]] = []
    for row in rows:
        if row.staff_id in seen:
            continue
        seen.add(row.staff_id)
        unit = tree.by_id(row.unit_id)
        person = directory_row(row.full)
        person["unit_name"] = " ".join(
            dict.fromkeys(n.name for n in (tree.section(row.unit_id), unit) if n is not None)
        )
        found.append((tree.place(row.unit_id), row.full["kana"], person))
    return [person for _, _, person in sorted(found, key=lambda item: item[:2])]


# --- the person card ------------------------------------------------------------------------


def card(actor: Actor, number: str, *, now: datetime) -> dict[str, Any]:
    """For the one who picked up the call: reach first. NotFound for who is posted nowhere today."""
    on = org.today(now)
    staff = org.staff_by_number(number)
    postings = org.postings_of([staff.id], on, known_at=now).get(staff.id, []) if staff else []
    if staff is None or not postings:
        raise NotFound("この職員は見つかりません。")
    tree = org.current_tree()
    shown = _best_posting(actor, postings)
    row = _row_in(shown.unit_id, queries.rows_of([staff.id]))
    full = row.full
    form = access.form_of(actor, row.unit_id, tree)
    unit, section = tree.by_id(shown.unit_id), tree.section(shown.unit_id)
    return {
        "staff": shown.number,
        "name": shown.name,
        "kana": shown.kana,
        "title": shown.title,
        "unit": unit.code if unit else None,
        "unit_name": " ".join(dict.fromkeys(n.name for n in (section, unit) if n is not None)),
        "form": form.value,
        "row": full if form is Form.FULL else directory_row(full),
        "reach_first": reach_first(shown, full),
        "duties": _duties(staff.id, now) if form is Form.FULL else [],
        "contacts": {
            "extension": shown.extension,
            "mobile": shown.mobile if form is Form.FULL or full["reach"] == "transfer" else "",
        },
        "may_proxy": staff.id != actor.staff_id and access.may_act_for(actor, postings, tree),
        "others": _others(actor, shown, now),
    }


def _duties(staff_id: int, now: datetime) -> list[dict[str, Any]]:
    """The duty of now and the next one."""
    person = day.days_of([staff_id], now=now).get(staff_id)
    return [d for d in home.duties_today(person, now) if d["state"] in ("now", "next")]


def _row_in(unit_id: int, rows: list[queries.LiveRow]) -> queries.LiveRow:
    """The row in that unit; in the moment after 日替わり perhaps still the one of yesterday's unit."""
    row = next((row for row in rows if row.unit_id == unit_id), rows[0] if rows else None)
    if row is None:
        raise NotFound("この職員は見つかりません。")
    return row


def _best_posting(actor: Actor, postings: list[PersonPosting]) -> PersonPosting:
    mine = {posting.unit_id for posting in actor.postings}
    return next((p for p in postings if p.unit_id in mine), postings[0])


def reach_first(posting: PersonPosting, row: Row) -> dict[str, Any]:
    """How to reach the person now, with a sentence that can be read out to the caller."""
    surname = posting.name.split()[0] if posting.name else ""
    state = State(row["state"])
    until = _clock(row["until"])
    if state in (State.OFF, State.NO_REPORT) or row["place"] == "leave":
        back = _clock(row["starts_at"])
        when = (
            f"{back}ごろ出勤の予定です" if back and state is State.OFF else "本日は席におりません"
        )
        return {
            "kind": "none",
            "number": None,
            "sentence": f"{surname}は{when}。ご用件を承ります。",
        }
    if state in (State.DND, State.BUSY, State.AWAY):
        when = f"{until}ごろまで" if until else "ただいま"
        return {
            "kind": "callback",
            "number": None,
            "sentence": f"{surname}は{when}席を外しております。折り返しお電話いたします。",
        }
    if row["place"] == "office" and posting.extension:
        sentence = f"{surname}におつなぎします。少々お待ちください。"
        return {"kind": "extension", "number": posting.extension, "sentence": sentence}
    if row["reach"] == Reach.TRANSFER:
        number = posting.mobile or posting.extension
        sentence = f"{surname}におつなぎします。少々お待ちください。"
        return {"kind": "transfer", "number": number, "sentence": sentence}
    if row["reach"] == Reach.CALLBACK:
        sentence = f"{surname}は本日、別の場所で勤務しております。折り返しお電話いたします。"
        return {"kind": "callback", "number": None, "sentence": sentence}
    return {
        "kind": "none",
        "number": None,
        "sentence": f"{surname}は本日、電話に出られません。ご用件を承ります。",
    }


def _clock(iso: str | None) -> str | None:
    if iso is None:
        return None
    local = clock.to_tokyo(datetime.fromisoformat(iso))
    return f"{local.hour}:{local.minute:02d}"


def _others(actor: Actor, posting: PersonPosting, now: datetime) -> list[Row]:
    """Who else of the same unit can be talked to right now."""
    colleagues = org.postings_in([posting.unit_id], org.today(now), known_at=now)
    form = access.form_of(actor, posting.unit_id, org.current_tree())
    ids = [p.staff_id for p in colleagues if p.staff_id not in (posting.staff_id, actor.staff_id)]
    rows = {r.staff_id: r.full for r in queries.rows_of(ids) if r.unit_id == posting.unit_id}
    free = [
        rows[i]
        for i in ids
        if i in rows and rows[i]["state"] == "available" and rows[i]["reach"] == "transfer"
    ]
    return [row if form is Form.FULL else directory_row(row) for row in free[:5]]
