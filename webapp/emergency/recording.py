"""The record of an emergency: what was done in words, and the counts that stay when the answers are erased."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from webapp.core import clock
from webapp.emergency import queries
from webapp.emergency.access import scope_name, units_in
from webapp.emergency.models import Emergency, EmergencyAct
from webapp.emergency.queries import UnitTally
from webapp.emergency.rules import Tally
from webapp.org import queries as org

Line = dict[str, Any]


def record_of(row: Emergency, *, now: datetime) -> dict[str, Any]:
    """scope, by, tally, units (name, depth, counts), lines. Holds nobody's answer and nobody who was deployed."""
    tree = org.current_tree()
    nodes = units_in(row, tree)
    ids = {node.id for node in nodes}
    tops = [node for node in nodes if node.parent_id not in ids]
    found = queries.tallies(tops, row.id, tree, now=now)
    names = org.names_of([i for i in (row.began_by, row.ended_by) if i is not None])
    return {
        "scope": scope_name(row.unit_id, tree),
        "began_by": names.get(row.began_by or 0, ""),
        "ended_by": names.get(row.ended_by or 0, ""),
        "tally": counts(queries.total(found)),
        "units": [_unit(each) for each in found],
        "lines": lines(queries.acts_of(row.id)),
    }


def _unit(each: UnitTally) -> Line:
    return {"name": each.unit.name, "code": each.unit.code, "depth": each.depth} | counts(
        each.tally
    )


def counts(tally: Tally) -> dict[str, int]:
    return asdict(tally) | {"answered": tally.answered, "silent": tally.silent}


def lines(acts: Sequence[EmergencyAct]) -> list[Line]:
    """What was done, the oldest first: at, by, what, undone_at."""
    names = org.names_of({act.by_id for act in acts if act.by_id is not None})
    return [
        {
            "at": clock.to_tokyo(act.at).isoformat(),
            "by": names.get(act.by_id or 0, "") if act.by_id else "自動",
            "kind": act.kind,
            "what": act_words(act),
            "undone_at": clock.to_tokyo(act.undone_at).isoformat() if act.undone_at else None,
        }
        for act in acts
    ]


_WORDS = {
    "begin": "開始",
    "ask": "参集の可否を質問",
    "remind": "回答のない{people}人に催促",
    "deploy": "災害配備 {site} {span} {people}人",
    "recall": "災害配備の解除 {site} {people}人",
    "order": "一括指示（在宅） {span} {people}人",
    "withdraw": "一括指示の取下げ {people}人",
    "reduce": "窓口縮小 {names} {span} 必要{need}人まで",
    "close": "臨時閉庁 {names} {span}",
    "reopen": "窓口を元に戻す {names}",
    "print": "連絡網・当番表の出力 {unit}",
    "end": "終了",
}


def act_words(act: EmergencyAct) -> str:
    known = dict.fromkeys(("people", "site", "span", "names", "need", "unit"), "")
    return _WORDS.get(act.kind, act.kind).format(**known | act.detail)
