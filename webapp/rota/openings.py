"""What of a draft is open, and why: somebody could take it, or the rules that keep everybody from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from webapp.core.hours import clock_of
from webapp.rota.desk import Desk
from webapp.rota.solver import words
from webapp.rota.solver.measure import Shortage
from webapp.rota.solver.obstacles import open_reasons, why_not_in_slot

FREE = "free"  # nobody is asked yet, though somebody could


@dataclass(frozen=True, slots=True)
class Why:
    reasons: tuple[str, ...]
    words: tuple[str, ...]


def rows(desk: Desk) -> list[dict[str, Any]]:
    """Neighbouring slots with the same gap for the same reason are one row."""
    lines = [[tuple(line) for line in day] for day in desk.lines]
    found: list[dict[str, Any]] = []
    for short in sorted(desk.shortages, key=lambda s: (s.d, s.p, s.t)):
        start, end = desk.facts.slots[short.d][short.t]
        row = _row(desk, short, _why(desk, short, lines[short.d]), start, end)
        last = found[-1] if found else None
        if last is not None and last["to"] == row["from"] and _alike(last, row):
            last["to"] = row["to"]
        else:
            found.append(row)
    return found


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    keys = ("position", "date", "missing", "reasons")
    return all(one[key] == other[key] for key in keys)


def _row(desk: Desk, short: Shortage, why: Why, start: int, end: int) -> dict[str, Any]:
    return {
        "position": desk.facts.positions[short.p].id,
        "date": desk.facts.days[short.d].date,
        "from": clock_of(start, padded=True),
        "to": clock_of(end, padded=True),
        "missing": short.missing,
        "reasons": list(why.reasons),
        "words": list(why.words),
    }


def _why(desk: Desk, short: Shortage, lines: Sequence[tuple[int, ...]]) -> Why:
    if _somebody(desk, short, lines):
        return Why((FREE,), ("まだ割り当てていません。入れる人がいます",))
    reasons = open_reasons(desk.board, lines, short.d, short.p, short.t)
    skills = desk.facts.positions[short.p].skills
    told = (words.opening(skills, reasons), words.closing(reasons))
    return Why(tuple(reasons), tuple(text for text in told if text))


def _somebody(desk: Desk, short: Shortage, lines: Sequence[tuple[int, ...]]) -> bool:
    facts = desk.facts
    return any(
        facts.can[short.d][i][short.p] >> short.t & 1
        and lines[i][short.t] != short.p
        and why_not_in_slot(desk.board, lines, short.d, i, short.p, short.t) is None
        for i in facts.I
    )
