"""A filing between what was typed and what is stored."""

from dataclasses import dataclass, field
from datetime import date

from webapp.core.refusals import Conflict, RuleBroken
from webapp.requests.forms import RequestBody
from webapp.requests.wishes import Asked


@dataclass(slots=True)
class Draft:
    """One filing: what is the same for all its days, and each day. left_out: {day of a repetition: why not}."""

    body: RequestBody
    days: list[date] = field(default_factory=list)
    left_out: dict[date, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    confirmer_id: int | None = None
    oral_id: int | None = None
    taken: bool = False  # a day has a request already: somebody was first

    def fault(self, name: str, words: str) -> None:
        self.faults.setdefault(name, words)

    def refuse_faults(self) -> None:
        if self.taken and self.faults.keys() <= {"days"}:
            raise Conflict(f"{self.faults['days']}。", self.faults)
        if self.faults:
            raise RuleBroken("入力内容を確かめてください。", self.faults)
