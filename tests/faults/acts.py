"""What was asked of the server, and what it answered: the ledger that the database is held against. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    PUNCH = "punch"
    NOTE = "note"
    FILING = "filing"
    APPROVAL = "approval"
    MEMO = "memo"
    STATUS = "status"


PROMISED = (Kind.PUNCH, Kind.NOTE, Kind.FILING, Kind.APPROVAL, Kind.MEMO)  # exactly once


class Outcome(StrEnum):
    UNKNOWN = "unknown"  # the answer was lost: done or not, never twice
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # the server said no, or was not reached


@dataclass(slots=True, eq=False)
class Act:
    """One wish of one person; sent as often as its answer is lost.

    key: names it in the database (idempotency key of a punch, filing of a request, text of a memo); for a note and an
    approval what it is about: (staff number, day, half), the request's id.
    """

    kind: Kind
    who: str
    key: Any
    content: Any = None
    outcome: Outcome = Outcome.UNKNOWN
    sent: int = 0


@dataclass(slots=True)
class Ledger:
    acts: list[Act] = field(default_factory=list)
    refusals: dict[str, int] = field(default_factory=dict)  # "503 database …": how often
    wrong: list[str] = field(default_factory=list)  # answers that contradict each other

    def add(self, act: Act) -> Act:
        self.acts.append(act)
        return act

    def of(self, kind: Kind, *, since: int = 0) -> Iterator[Act]:
        return (act for act in self.acts[since:] if act.kind is kind and act.sent)

    def count(self, outcome: Outcome, kinds: tuple[Kind, ...] = PROMISED) -> int:
        return sum(act.outcome is outcome and act.kind in kinds for act in self.acts if act.sent)

    def acknowledged(self) -> dict[str, int]:
        """How many of each kind."""
        return {
            kind.value: self.count(Outcome.ACKNOWLEDGED, (kind,))
            for kind in (*PROMISED, Kind.STATUS)
        }

    def said(self, words: str) -> None:
        self.refusals[words] = self.refusals.get(words, 0) + 1
