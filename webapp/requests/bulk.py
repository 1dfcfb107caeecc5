"""Several at once, each in a transaction of its own: one that cannot be decided holds up none of the others.

Each sees what was approved before it, so that three which are fine alone do not bring a shortage together.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.access import Actor
from webapp.core.db import transaction
from webapp.core.refusals import Refusal
from webapp.requests import deciding, telling, undoing
from webapp.requests.decide_forms import One
from webapp.requests.deciding import FallsShort
from webapp.requests.models import TeleworkRequest
from webapp.requests.wording import when_words


@dataclass(frozen=True, slots=True)
class Result:
    """words: what happened; who "" where the request is not for this person to know."""

    id: int
    done: bool
    words: str
    who: str = ""
    revision: int | None = None

    def json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "done": self.done,
            "words": self.words,
            "revision": self.revision,
        }


def approve(wanted: Iterable[One], *, actor: Actor, now: datetime) -> list[Result]:
    """Only what brings no shortage. Outside of a transaction: a route calls it, and each has its own."""

    def one(each: One) -> TeleworkRequest:
        return deciding.approve(each.id, revision=each.revision, actor=actor, now=now)

    return [_result(each, one, "承認しました") for each in _once(wanted)]


def undo(wanted: Iterable[One], *, actor: Actor, now: datetime) -> list[Result]:
    def one(each: One) -> TeleworkRequest:
        return undoing.undo(each.id, revision=each.revision, actor=actor, now=now).row

    return [_result(each, one, "元に戻しました") for each in _once(wanted)]


def _once(wanted: Iterable[One]) -> list[One]:
    return list({each.id: each for each in wanted}.values())


def _result(each: One, act: Callable[[One], TeleworkRequest], done: str) -> Result:
    try:
        with transaction():
            row = act(each)
            who = f"{telling.name_of(row.staff_id)} {when_words(row)}"
            return Result(each.id, True, done, who, row.revision)
    except FallsShort as short:
        return Result(each.id, False, f"{short.summary.headline}。承認していません。")
    except Refusal as refused:
        return Result(each.id, False, refused.message)
