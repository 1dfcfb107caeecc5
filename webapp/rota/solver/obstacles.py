"""Why somebody does not take a duty: what the facts, the rest of their day and the others there say.

Codes: `skill:X`, `limit`, `leave`, `off_site`, `reach`, `hours`, `busy`, `lunch`, `consecutive`,
`daily`, `travel`. `limit` also stands for personal and neighbourly limits: forbidden positions and
pairs, nobody experienced there, a block that would be too short.
"""

from collections.abc import Sequence

from webapp.rota.solver.build import with_duty
from webapp.rota.solver.facts import NOBODY
from webapp.rota.solver.line import Line, mask_of
from webapp.rota.solver.plan import Board

CODE_OF = {"block": "limit"}
MILDEST = ("limit", "travel", "lunch", "consecutive", "daily")


def why_not(board: Board, lines: Sequence[Line], d: int, i: int, p: int, span: range) -> str | None:
    """The first obstacle to person `i` covering position `p` in all slots of `span`; None = can.

    `lines` are everybody's days as they stand."""
    facts = board.facts
    for t in span:
        reason = facts.reason(d, i, p, t)
        if reason is not None:
            return reason
    if mask_of(lines[i]) & ((1 << span.stop) - (1 << span.start)):
        return "busy"
    return _day_reason(board, lines[i], d, i, p, span) or _post_reason(board, lines, d, i, p, span)


def why_not_in_slot(
    board: Board, lines: Sequence[Line], d: int, i: int, p: int, t: int
) -> str | None:
    """For one slot: in the most favourable block that holds it."""
    own = board.facts.reason(d, i, p, t)
    if own is not None:
        return own  # whatever the block: most people are kept by this, and most of the time went into it
    reasons = []
    for span in _spans(board, d, t):
        reason = why_not(board, lines, d, i, p, span)
        if reason is None:
            return None
        reasons.append(reason)
    return min(reasons, key=_severity) if len(reasons) > 1 else reasons[0]


def _severity(reason: str) -> int:
    """The slot's own obstacle comes first in the list; rules of the day outweigh the block's length."""
    return -MILDEST.index(reason) if reason in MILDEST else 1


def _spans(board: Board, d: int, t: int) -> list[range]:
    """The slot alone, and where that is too short for a block, the shortest blocks around it."""
    slots, least = board.facts.slots[d], board.facts.problem.rules.min_block
    spans = [range(t, t + 1)]
    for first in range(t, -1, -1):
        for last in range(t + 1, len(slots) + 1):
            if slots[last - 1][1] - slots[first][0] >= least:
                if range(first, last) != spans[0]:
                    spans.append(range(first, last))
                break
        if slots[t][1] - slots[first][0] >= least:
            break
    return spans


def _day_reason(board: Board, line: Line, d: int, i: int, p: int, span: range) -> str | None:
    rules, taken = board.rules[d][i], with_duty(line, span.start, span.stop, p)
    codes = [CODE_OF.get(f.code, f.code) for f in rules.faults(taken) if not f.fixed_alone]
    return max(codes, key=MILDEST.index) if codes else None


def _post_reason(
    board: Board, lines: Sequence[Line], d: int, i: int, p: int, span: range
) -> str | None:
    for t in span:
        there = {j for j, line in enumerate(lines) if line[t] == p} | {i}
        if not board.posts.ok(d, p, t, there):
            return "limit"
    return None


def open_reasons(board: Board, lines: Sequence[Line], d: int, p: int, t: int) -> list[str]:
    """What keeps a slot open: the obstacles of those who have the skills, the most frequent first;
    and the skill that somebody free on the spot lacks, since teaching it would close the slot."""
    facts = board.facts
    counts: dict[str, int] = {}
    lacking: dict[str, int] = {}
    for i in facts.I:
        if lines[i][t] == p:
            continue
        reason = why_not_in_slot(board, lines, d, i, p, t) or "limit"
        if not reason.startswith("skill:"):
            counts[reason] = counts.get(reason, 0) + 1
        elif lines[i][t] == NOBODY and facts.presence_reason(d, i, p, t) is None:
            lacking[reason] = lacking.get(reason, 0) + 1
    found = sorted(counts, key=lambda each: (-counts[each], each))
    found += sorted(lacking, key=lambda each: (-lacking[each], each))[:1]
    return found or _skills(board, p) or ["hours"]


def _skills(board: Board, p: int) -> list[str]:
    """Everybody lacks a skill and nobody is there: the skills nobody at all has, else all asked."""
    people, asked = board.facts.people, board.facts.positions[p].skills
    unknown = [skill for skill in asked if not any(skill in person.skills for person in people)]
    return [f"skill:{skill}" for skill in (unknown or asked)]
