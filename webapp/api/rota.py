"""/units/{code}/rotas/{week}: the duty rota of a week."""

from datetime import date
from typing import Any

from flask import Response, jsonify, request

from webapp.accounts import access
from webapp.accounts.access import Actor
from webapp.api.blueprint import bp, leader_of, reader_of
from webapp.core import clock
from webapp.core.db import snapshot
from webapp.core.hours import minute_of
from webapp.core.refusals import NotFound, RuleBroken
from webapp.org import queries as org
from webapp.org.rules import UnitNode
from webapp.rota import picture
from webapp.rota.candidates import Candidate, Excluded, break_words, candidates_at
from webapp.rota.desk import Desk, desk_of
from webapp.rota.rules import RotaKind
from webapp.rota.solver.measure import there
from webapp.rota.weeks import monday_of


def first_of(week: str) -> date:
    try:
        return monday_of(week)
    except ValueError as fault:
        raise NotFound(str(fault)) from None


def kind_of_query() -> RotaKind:
    text = request.args.get("kind", RotaKind.WEEK.value)
    if text not in set(RotaKind):
        raise RuleBroken(
            "表の種類を確かめてください。", {"kind": "week・day・team のどれかにしてください"}
        )
    return RotaKind(text)


def week_json(actor: Actor, unit: UnitNode, desk: Desk) -> dict[str, Any]:
    may_edit = access.leads_duties(actor, unit.id, org.current_tree())
    return picture.week(desk, may_edit=may_edit, viewer=actor.number)


@bp.get("/units/<code>/rotas/<week>")
def rota(code: str, week: str) -> Response:
    with snapshot():
        actor, unit = reader_of(code)
        desk = desk_of(unit.id, first_of(week), now=clock.now(), kind=kind_of_query())
        return jsonify(week_json(actor, unit, desk))


@bp.get("/units/<code>/rotas/<week>/candidates")
def candidates(code: str, week: str) -> Response:
    """Who could take a duty of the draft: ?position=&date=&from=&to= (&leaving= who gives it away)."""
    with snapshot():
        _, unit = leader_of(code)
        desk = desk_of(unit.id, first_of(week), now=clock.now(), kind=kind_of_query())
        post, day, span = _asked(desk)
        leaving = desk.ids.get(request.args.get("leaving", ""))
        found, excluded = candidates_at(desk, post, day, span, leaving=leaving)
        return jsonify(
            {"position": str(post), "name": desk.horizon.posts[post].name}
            | _need(desk, post, day, span)
            | {
                "candidates": [candidate_json(one) for one in found],
                "excluded": [excluded_json(one) for one in excluded],
            }
        )


def _asked(desk: Desk) -> tuple[int, date, tuple[int, int]]:
    """What the query names. RuleBroken names every fault."""
    faults: dict[str, str] = {}
    args = request.args
    known = {str(post.id): post.id for post in desk.horizon.rostered}
    if args.get("position") not in known:
        faults["position"] = "この当番表の持ち場ではありません"
    days = {day.date for day in desk.horizon.days}
    if args.get("date") not in days:
        faults["date"] = "当番のある日を指定してください"
    span: list[int] = []
    for key in ("from", "to"):
        try:
            span.append(minute_of(args.get(key, "")))
        except ValueError as fault:
            faults[key] = str(fault)
    if len(span) == 2 and span[0] >= span[1]:
        faults["to"] = "始まりより後にしてください"
    if faults:
        raise RuleBroken("持ち場と時間を確かめてください。", faults)
    return known[args["position"]], date.fromisoformat(args["date"]), (span[0], span[1])


def _need(desk: Desk, post: int, day: date, span: tuple[int, int]) -> dict[str, int]:
    """The most that is needed and the fewest that are there in the stretch."""
    facts = desk.facts
    d, p = facts.day_of[day.isoformat()], facts.position_of[str(post)]
    here = there(facts, desk.lines, d)[p]
    slots = [
        (need.min, len(here[t]))
        for t, need in enumerate(facts.need[d][p])
        if need and facts.slots[d][t][0] < span[1] and span[0] < facts.slots[d][t][1]
    ]
    return {
        "need": max((need for need, _ in slots), default=0),
        "present": min((present for _, present in slots), default=0),
        "missing": max((max(0, need - present) for need, present in slots), default=0),
    }


def candidate_json(one: Candidate) -> dict[str, Any]:
    return {
        "staff": one.number,
        "name": one.name,
        "load": one.load,
        "target": one.target,
        "why": list(one.why),
        "break": break_words(one.break_at),
        "break_moves": one.break_moves,
        "warnings": list(one.warnings),
    }


def excluded_json(one: Excluded) -> dict[str, Any]:
    return {
        "reason": one.reason,
        "words": one.words,
        "count": len(one.people),
        "people": [name for _, name in one.people],
    }
