"""The list of positions, and one position with its demand."""

from typing import Any

from flask import flash as _flash
from flask import redirect, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import current_actor
from webapp.core import clock
from webapp.core.db import transaction
from webapp.core.refusals import NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.import_cells import date_of
from webapp.positions import compare, forms, queries, service, stored
from webapp.positions.blueprint import Desk, bp, editing, may_read, page, reading, site_names, sites
from webapp.positions.models import Position
from webapp.positions.overview import card_of, lines_of, overview
from webapp.positions.stored import Overtaken
from webapp.positions.wanted import PositionWanted


@bp.get("/positions/")
@bp.get("/positions")
def own() -> Any:
    """The section of one's own, or one's own unit where one does not see the whole section."""
    actor = current_actor()
    for unit in (actor.section, actor.unit):
        if unit is not None and may_read(actor, unit.id):
            return redirect(url_for("positions.index", code=unit.code))
    raise NotFound("所属がありません。")


@bp.get("/positions/<code>")
def index(code: str) -> Any:
    desk = reading(code)
    now = clock.now()
    found = overview(desk.unit, now=now)
    ended = request.args.get("ended", "")
    below = [
        (node, count)
        for node in org.current_tree().children(desk.unit.id)
        if (count := len(queries.posts_of(org.current_tree().subtree_ids(node.id), org.today(now))))
    ]
    return page(
        "index",
        desk,
        at="positions",
        overview=found,
        below=below,
        just_ended=next((row for row in found.ended if str(row.id) == ended), None)
        or next((card.row for card in found.cards if str(card.row.id) == ended), None),
    )


@bp.get("/positions/<code>/new")
def new_position(code: str) -> Any:
    desk = editing(code)
    return _form(desk, None, forms.of_position(PositionWanted("")), {})


@bp.post("/positions/<code>/new")
def add_position(code: str) -> Any:
    desk = editing(code)
    wanted, faults = _read()
    if not faults:
        try:
            with transaction():
                row = service.add_position(desk.unit.id, wanted, actor=desk.actor, now=clock.now())
        except RuleBroken as broken:
            faults = broken.fields
        else:
            _flash(
                _(
                    "%(name)s を足しました。次に、必要な人数を時間ごとに入れます。",
                    name=wanted.name,
                ),
                "done",
            )
            return redirect(_to(desk, row.id) + "#demand", 303)
    return _form(desk, None, forms.shown(request.form), faults, status=422)


def _read() -> tuple[PositionWanted, dict[str, str]]:
    units = [node.id for node in org.current_tree().nodes]
    return forms.position(request.form, units, site_names())


def _to(desk: Desk, position_id: int) -> str:
    return url_for("positions.position", code=desk.unit.code, position_id=position_id)


@bp.get("/positions/<code>/position/<int:position_id>")
def position(code: str, position_id: int) -> Any:
    desk = reading(code)
    row = service.position_of(desk.unit.id, position_id, now=clock.now())
    if not desk.may_edit:
        return redirect(url_for("positions.index", code=code))
    return _form(desk, row, forms.of_position(stored.position_wanted(row)), {})


@bp.post("/positions/<code>/position/<int:position_id>")
def change_position(code: str, position_id: int) -> Any:
    desk = editing(code)
    now = clock.now()
    wanted, faults = _read()
    values = forms.shown(request.form)
    row = service.position_of(desk.unit.id, position_id, now=now)
    if faults:
        return _form(desk, row, values, faults, status=422)
    try:
        with transaction():
            row = service.position_of(desk.unit.id, position_id, now=now)
            service.change_position(
                row, wanted, version=request.form.get("version", ""), actor=desk.actor, now=now
            )
    except RuleBroken as broken:
        return _form(desk, row, values, broken.fields, status=422)
    except Overtaken as lost:
        values["version"] = lost.stored.version
        both = compare.differences(lost.stored, wanted)
        return _form(desk, row, values, {}, status=409, both=both)
    _flash(_("%(name)s を保存しました。", name=wanted.name), "done")
    return redirect(_to(desk, position_id), 303)


def _form(
    desk: Desk,
    row: Position | None,
    values: dict[str, Any],
    errors: dict[str, str],
    status: int = 200,
    **more: Any,
) -> Any:
    now = clock.now()
    return page(
        "position",
        desk,
        at="positions",
        status=status,
        row=row,
        values=values,
        errors=errors,
        sites=sites(),
        known_skills=sorted(
            {*stored.known_skills(desk.unit.id, now=now), *values.get("skill[]", [])}
        ),
        units=_feedable(desk, values),
        **(demand_words(desk, row) if row else {}),
        **more,
    )


def _feedable(desk: Desk, values: dict[str, Any]) -> list[dict[str, Any]]:
    """All units with their place in the tree; those chosen stand first, so that one sees them."""
    tree = org.current_tree()
    chosen = set(values.get("feed[]", []))
    return [
        {
            "id": node.id,
            "name": node.name,
            "within": " ".join(above.name for above in tree.path(node.id)[1:-1]),
            "chosen": str(node.id) in chosen,
        }
        for node in tree.nodes
        if node.id != desk.unit.id
    ]


def demand_words(desk: Desk, row: Position) -> dict[str, Any]:
    """What the page shows of one position's demand."""
    now = clock.now()
    today = org.today(now)
    post = queries.posts_by_id([row.id])[row.id]
    locks = stored.locks_of(desk.unit.id, today)
    openings = queries.openings_for([desk.unit.id], org.current_tree(), today)
    whole = overview(desk.unit, now=now)
    card = next((card for card in whole.cards if card.row.id == row.id), None)
    return {
        "card": card or card_of(post, row),
        "axis": whole.axis,
        "bands": lines_of(
            post, stored.band_rows([row.id]), locks, openings.get(desk.unit.id, []), today=today
        ),
        "locks": locks,
        "today": today,
        "duties_left": service.duties_left(row, today),
    }


@bp.post("/positions/<code>/position/<int:position_id>/move")
def move_position(code: str, position_id: int) -> Any:
    desk = editing(code)
    by = -1 if request.form.get("by") == "up" else 1
    now = clock.now()
    with transaction():
        service.move_position(service.position_of(desk.unit.id, position_id, now=now), by, now=now)
    return redirect(url_for("positions.index", code=code) + f"#p{position_id}", 303)


@bp.post("/positions/<code>/position/<int:position_id>/end")
def end_position(code: str, position_id: int) -> Any:
    desk = editing(code)
    now = clock.now()
    text = request.form.get("on", "").strip()
    on = date_of(text) if text else org.today(now)
    row = service.position_of(desk.unit.id, position_id, now=now)
    values = forms.of_position(stored.position_wanted(row))
    if on is None:
        faults = {"on": _("日付は 2026-12-10 のようにしてください")}
        return _form(desk, row, values, faults, status=422)
    try:
        with transaction():
            row = service.position_of(desk.unit.id, position_id, now=now)
            service.end_position(row, on, actor=desk.actor, now=now)
    except RuleBroken as broken:
        return _form(desk, row, values, broken.fields, status=422)
    return redirect(url_for("positions.index", code=code, ended=position_id), 303)


@bp.post("/positions/<code>/position/<int:position_id>/reopen")
def reopen_position(code: str, position_id: int) -> Any:
    desk = editing(code)
    now = clock.now()
    with transaction():
        row = service.position_of(desk.unit.id, position_id, now=now)
        try:
            service.reopen_position(row, actor=desk.actor, now=now)
        except RuleBroken as broken:
            raise RuleBroken(next(iter(broken.fields.values()), broken.message)) from None
    _flash(_("%(name)s を続けます。", name=row.name), "done")
    return redirect(url_for("positions.index", code=code), 303)
