"""Units as a tree with their people; one person with past, present and coming postings."""

from typing import Any

from flask import request

from webapp.admin import queries
from webapp.admin.blueprint import bp, hr_or_admin, page
from webapp.core import clock
from webapp.core.hours import clock_of
from webapp.core.refusals import NotFound
from webapp.org import queries as org
from webapp.org.coming import coming_units
from webapp.org.import_cells import date_of
from webapp.org.import_difference import roles_in_words
from webapp.org.models import Posting
from webapp.org.rules import POSTING_WORDS, REACH_WORDS, PostingKind, Reach


@bp.get("/admin/units")
def units() -> Any:
    actor = hr_or_admin()
    now = clock.now()
    today = org.today(now)
    day = date_of(request.args.get("on", "")) or today
    tree = org.tree(day, known_at=None)
    people = queries.people_by_unit(day)
    lines = [
        {
            "node": node,
            "depth": len(tree.path(node.id)) - 1,
            "own": len(people.get(node.id, ())),
            "all": len(set().union(*(people.get(b.id, ()) for b in tree.subtree(node.id)))),
        }
        for node in tree.nodes
    ]
    return page(
        "units",
        actor,
        at="units",
        lines=lines,
        day=day,
        today=today,
        changes=coming_units(now=now, unpublished=True),
        now=now,
    )


@bp.get("/admin/staff")
def staff_list() -> Any:
    actor = hr_or_admin()
    text = request.args.get("q", "").strip()
    today = org.today(clock.now())
    people, more = queries.find_staff(text, on=today) if text else ([], False)
    total = len(org.posted_staff_ids(today, known_at=None))
    return page(
        "staff", actor, at="staff", text=text, people=people, more=more, total=total, today=today
    )


@bp.get("/admin/staff/<number>")
def staff_member(number: str) -> Any:
    actor = hr_or_admin()
    now = clock.now()
    today = org.today(now)
    staff = org.staff_by_number(number)
    postings = queries.postings_of_person(staff.id) if staff is not None else []
    if staff is None or not postings:
        raise NotFound("この職員は見つかりません。")
    names = queries.unit_names(today)
    shown = [_shown(posting, names, today=today, now=now) for posting in postings]
    current = next((one for one in shown if one["when"] == "now"), shown[0])
    own_hours = [
        (
            "月火水木金土日"[row.weekday],
            f"{clock_of(row.start_minute)}〜{clock_of(row.end_minute)}",
            row,
        )
        for row in queries.own_hours_of(staff.id)
    ]
    return page(
        "person",
        actor,
        at="staff",
        number=number,
        current=current,
        postings=shown,
        own_hours=own_hours,
    )


def _shown(posting: Posting, names: dict[int, str], *, today: Any, now: Any) -> dict[str, Any]:
    last = min((day for day in (posting.ends_on, posting.closed_on) if day), default=None)
    when = "now"
    if posting.starts_on > today:
        when = "coming"
    elif last is not None and last < today:
        when = "past"
    return {
        "posting": posting,
        "unit": names.get(posting.unit_id, ""),
        "kind": POSTING_WORDS[PostingKind(posting.kind)],
        "roles": roles_in_words(posting.roles),
        "reach": REACH_WORDS[Reach(posting.reach)],
        "weekly": "" if posting.weekly_minutes is None else clock_of(posting.weekly_minutes),
        "last": last,
        "when": when,
        "unpublished": posting.known_from is not None and posting.known_from > now,
        "end_unpublished": posting.closed_known_from is not None
        and posting.closed_known_from > now,
    }
