"""Holds the database against the ledger: what was acknowledged is there exactly once, nothing is there half. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.acts import Act, Kind, Ledger, Outcome

MOST_TOLD = 20


@dataclass(slots=True)
class Facts:
    """What stands in the database, in one reading.

    punches: {idempotency key: how often}; with_answer: keys whose answer is kept. notes: {(number, day, half): lines},
    note_rows: how many rows each has. filings: {filing: how many requests}. approvals: {request id: (state, how many
    approvals in its history, how many planned stretches)}. memos: {text: how often}; begun: texts whose history
    says that they were made. versions: {staff number: version}; said: {staff number: note of the latest claim}.
    """

    punches: Counter[str] = field(default_factory=Counter)
    with_answer: set[str] = field(default_factory=set)
    notes: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    note_rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    filings: Counter[str] = field(default_factory=Counter)
    approvals: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    memos: Counter[str] = field(default_factory=Counter)
    begun: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Verdict:
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    half: list[str] = field(default_factory=list)  # done in one table, not in the other
    strange: list[str] = field(default_factory=list)  # there, though nobody asked for it

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.duplicated or self.half or self.strange)

    def figures(self) -> dict[str, Any]:
        faults = [*self.lost, *self.duplicated, *self.half, *self.strange]
        return {
            "lost": len(self.lost),
            "duplicated": len(self.duplicated),
            "half_done": len(self.half),
            "never_asked_for": len(self.strange),
        } | ({"faults": faults[:MOST_TOLD]} if faults else {})


def judge(ledger: Ledger, facts: Facts, *, since: int = 0) -> Verdict:
    """Everything, or the acts from `since` on."""
    verdict = Verdict()
    _times(ledger.of(Kind.PUNCH, since=since), facts.punches, verdict)
    _times(ledger.of(Kind.MEMO, since=since), facts.memos, verdict)
    _times(ledger.of(Kind.FILING, since=since), facts.filings, verdict)
    _notes(ledger.of(Kind.NOTE, since=since), facts, verdict)
    _approvals(ledger.of(Kind.APPROVAL, since=since), facts, verdict)
    _halves(facts, verdict)
    if not since:
        _strangers(ledger, facts, verdict)
    return verdict


def _times(acts: Iterable[Act], there: Counter[str], verdict: Verdict) -> None:
    for act in acts:
        count = there[act.key]
        if count > 1:
            verdict.duplicated.append(f"{act.kind} {act.key} of {act.who}: {count} times")
        elif count == 0 and act.outcome is Outcome.ACKNOWLEDGED:
            verdict.lost.append(f"{act.kind} {act.key} of {act.who}")


def _notes(acts: Iterable[Act], facts: Facts, verdict: Verdict) -> None:
    """Of one note the last acknowledged text stands, or one sent after it whose answer was lost."""
    by_place: dict[Any, list[Act]] = {}
    for act in acts:
        by_place.setdefault(act.key, []).append(act)
    for key, written in by_place.items():
        if facts.note_rows[key] > 1:
            verdict.duplicated.append(f"note {key}: {facts.note_rows[key]} rows")
        allowed = _may_stand(written)
        if allowed and facts.notes.get(key) not in allowed:
            verdict.lost.append(f"note {key}: {facts.notes.get(key)}, not one of {allowed}")


def _may_stand(written: list[Act]) -> list[Any]:
    """Empty: any may, as none was acknowledged."""
    last = max(
        (n for n, act in enumerate(written) if act.outcome is Outcome.ACKNOWLEDGED), default=None
    )
    if last is None:
        return []
    later = [act.content for act in written[last + 1 :] if act.outcome is Outcome.UNKNOWN]
    return [written[last].content, *later]


def _approvals(acts: Iterable[Act], facts: Facts, verdict: Verdict) -> None:
    for act in acts:
        state, approved, planned = facts.approvals.get(act.key, ("", 0, 0))
        if approved > 1 or planned > 1:
            verdict.duplicated.append(
                f"approval of {act.key}: {approved} approvals, {planned} stretches planned"
            )
        elif act.outcome is Outcome.ACKNOWLEDGED and (state, approved) != ("approved", 1):
            verdict.lost.append(f"approval of {act.key}: {state}, {approved} approvals")


def _halves(facts: Facts, verdict: Verdict) -> None:
    verdict.half += [
        f"punch {key} has no kept answer" for key in facts.punches if key not in facts.with_answer
    ]
    verdict.half += [
        f"memo {text} has no beginning" for text in facts.memos if text not in facts.begun
    ]
    for number, (state, approved, planned) in facts.approvals.items():
        if (state == "approved") != (planned > 0) or (state == "approved") != (approved > 0):
            verdict.half.append(
                f"request {number}: {state}, {approved} approvals, {planned} stretches planned"
            )


def _strangers(ledger: Ledger, facts: Facts, verdict: Verdict) -> None:
    for kind, there in (
        (Kind.PUNCH, facts.punches),
        (Kind.MEMO, facts.memos),
        (Kind.FILING, facts.filings),
    ):
        asked = {act.key for act in ledger.of(kind)}
        verdict.strange += [f"{kind} {key}" for key in there if key not in asked]
