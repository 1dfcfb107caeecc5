"""人の設定: skills, limits and wishes of the people who can be put at the unit's positions."""

from dataclasses import replace
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.core import clock
from webapp.core.db import transaction
from webapp.core.refusals import NotAllowed
from webapp.org import queries as org
from webapp.positions import compare, forms, people, queries, stored
from webapp.positions import roster as rosters
from webapp.positions.blueprint import Desk, bp, editing, page, reading
from webapp.positions.overview import minute_words
from webapp.positions.roster import Line, Roster
from webapp.positions.rules import GROUP_WORDS, Group, Post
from webapp.positions.stored import Overtaken
from webapp.positions.wanted import ProfileWanted


def _posts(desk: Desk) -> list[Post]:
    tree = org.current_tree()
    return queries.posts_of(tree.subtree_ids(desk.unit.id), org.today(clock.now()))


def _roster(desk: Desk) -> Roster:
    return rosters.roster(desk, _posts(desk), now=clock.now())


@bp.get("/positions/<code>/people", endpoint="people")
def everybody(code: str) -> Any:
    desk = reading(code)
    return page(
        "people",
        desk,
        at="people",
        roster=_roster(desk),
        group_words=GROUP_WORDS,
        rotate=Group.ROTATE,
        minute_words=minute_words,
        posts={post.id: post.name for post in _posts(desk)},
    )


def _editable(desk: Desk, number: str) -> tuple[Roster, Line]:
    roster = _roster(desk)
    line = roster.line_of(number)
    if not line.may_edit:
        raise NotAllowed("この職員の設定は、本人の所属の当番調整担当・係長・所属長が変えます。")
    return roster, line


@bp.get("/positions/<code>/people/<number>")
def person(code: str, number: str) -> Any:
    desk = editing(code)
    roster, line = _editable(desk, number)
    said = stored.profiles([line.posting.staff_id])[line.posting.staff_id]
    return _form(desk, roster, line, forms.of_profile(said), {})


@bp.post("/positions/<code>/people/<number>")
def change_person(code: str, number: str) -> Any:
    desk = editing(code)
    roster, line = _editable(desk, number)
    posts = _posts(desk)
    partners = _partners(roster, line)
    wanted, faults = forms.profile(request.form, [post.id for post in posts], partners)
    values = forms.shown(request.form)
    if faults:
        return _form(desk, roster, line, values, faults, status=422)
    staff_id = line.posting.staff_id
    try:
        with transaction():
            whole = _with_elsewhere(wanted, staff_id, {post.id for post in posts}, partners)
            people.put_profile(
                staff_id,
                whole,
                version=request.form.get("version", ""),
                actor=desk.actor,
                now=clock.now(),
            )
    except Overtaken as lost:
        values["version"] = lost.stored.version
        both = compare.differences(lost.stored, wanted)
        return _form(desk, roster, line, values, {}, status=409, both=both)
    flash(_("%(name)s さんの設定を保存しました。", name=line.posting.name), "done")
    follower = roster.after(number) if request.form.get("then") == "next" else None
    if follower is not None:
        return redirect(url_for("positions.person", code=code, number=follower.posting.number), 303)
    return redirect(url_for("positions.people", code=code) + f"#n{number}", 303)


def _partners(roster: Roster, line: Line) -> set[int]:
    """With whom a pair may be made: both are led by the one who says it."""
    lines = (*roster.own, *roster.feeding)
    return {each.posting.staff_id for each in lines if each.may_edit} - {line.posting.staff_id}


def _with_elsewhere(
    wanted: ProfileWanted, staff_id: int, positions: set[int], partners: set[int]
) -> ProfileWanted:
    """What other units said of their positions and people is not on this form, and stays."""
    before = stored.profiles([staff_id])[staff_id]
    elsewhere = {key: w for key, w in before.preferences.items() if key not in positions}
    return replace(
        wanted,
        forbidden=wanted.forbidden | (before.forbidden - positions),
        preferences=elsewhere | wanted.preferences,
        pairs=wanted.pairs | (before.pairs - partners),
    )


def _form(
    desk: Desk,
    roster: Roster,
    line: Line,
    values: dict[str, Any],
    errors: dict[str, str],
    status: int = 200,
    **more: Any,
) -> Any:
    known = stored.known_skills(desk.unit.id, now=clock.now())
    partners = _partners(roster, line)
    return page(
        "person",
        desk,
        at="people",
        status=status,
        line=line,
        values=values,
        errors=errors,
        known_skills=sorted({*known, *values.get("skill[]", [])}),
        posts=_posts(desk),
        groups=[(group.value, GROUP_WORDS[group]) for group in Group],
        partners=[
            each for each in (*roster.own, *roster.feeding) if each.posting.staff_id in partners
        ],
        follower=roster.after(line.posting.number),
        **more,
    )
