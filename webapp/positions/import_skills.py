"""A skills file: the people named in it; who is not named stays as they are."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy import select

from webapp.core import clock
from webapp.core.csvfile import Table
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.import_difference import Change, What
from webapp.org.import_order import Checked, closed, opened
from webapp.org.models import Staff
from webapp.positions import people, queries, service, stored
from webapp.positions.import_common import field_changes, guarded, tell
from webapp.positions.import_rows import NUMBER, SKILL_COLUMNS, SkillRow, read_skills
from webapp.positions.wanted import ProfileWanted


def check_skills(checked: Checked, *, today: date) -> None:
    table = opened(checked, SKILL_COLUMNS)
    rows = read_skills(table)
    ids = _staff_ids(table, rows)
    if closed(checked, table):
        return
    said = stored.profiles(ids.values())
    postings = org.postings_of(list(ids.values()), today, known_at=clock.now())
    changes: list[Change] = []
    after: dict[int, ProfileWanted] = {}
    for row in rows:
        staff_id = ids[row.number]
        held = postings.get(staff_id, [])
        checked.concerned.append(frozenset(posting.unit_id for posting in held))
        wanted = _profile(row, said[staff_id])
        if wanted.version != said[staff_id].version:
            after[staff_id] = wanted
            name = held[0].name if held else row.number
            fields = field_changes(said[staff_id], wanted)
            changes.append(Change(What.CHANGED, row.number, name, fields=fields, line=row.line))
    tell(checked, changes, len(rows) - len(changes))
    checked.write = guarded(lambda: _write_skills(said, after))


def _staff_ids(table: Table, rows: Iterable[SkillRow]) -> dict[str, int]:
    known = {row.number: row.id for row in db.session.execute(select(Staff.number, Staff.id))}
    found: dict[str, int] = {}
    for row in rows:
        if row.number in known:
            found[row.number] = known[row.number]
        elif row.number:
            right = "先に職員（staff）を取り込むか、番号を確かめてください"
            table.fault(row.line, NUMBER, f"{row.number} という職員はいません", right)
    return found


def _profile(row: SkillRow, old: ProfileWanted) -> ProfileWanted:
    return replace(
        old,
        skills=old.skills if row.skills is None else frozenset(row.skills),
        experienced=row.level[0] if row.level else old.experienced,
        max_consecutive_minutes=row.consecutive[0]
        if row.consecutive
        else old.max_consecutive_minutes,
        max_daily_minutes=row.daily[0] if row.daily else old.max_daily_minutes,
        group=row.group[0] if row.group else old.group,
    )


def _write_skills(before: Mapping[int, ProfileWanted], after: Mapping[int, ProfileWanted]) -> None:
    now = clock.now()
    for staff_id, wanted in after.items():
        people.write(staff_id, before[staff_id], wanted, now=now)
    db.session.flush()
    service.changed({post.unit_id for post in queries.all_posts(org.today(now))}, now=now)
