"""The end, with what is still in force taken back on the way. Inside a transaction: all of it or nothing."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.access import Actor
from webapp.core.refusals import Conflict
from webapp.emergency import deploying, lent, reducing, service
from webapp.emergency.models import Emergency


@dataclass(frozen=True, slots=True)
class Wanted:
    """Ids of acts to be taken back. What somebody else took back meanwhile is no fault."""

    recall: tuple[int, ...] = ()
    reopen: tuple[int, ...] = ()
    withdraw: tuple[int, ...] = ()


def close(
    emergency_id: int, wanted: Wanted, *, revision: int, actor: Actor, now: datetime
) -> Emergency:
    """Raises NotFound (also for an act of another emergency), Conflict."""
    service.loaded(emergency_id, revision)
    for act_id in (*wanted.recall, *wanted.reopen, *wanted.withdraw):
        deploying.act_or_404(emergency_id, act_id)
    for act_id in wanted.recall:
        with suppress(Conflict):
            deploying.recall(act_id, actor=actor, now=now)
    for act_id in wanted.reopen:
        with suppress(Conflict):
            reducing.reopen(act_id, actor=actor, now=now)
    for act_id in wanted.withdraw:
        with suppress(Conflict):
            lent.take_back(act_id, actor=actor, now=now)
    return service.close(emergency_id, revision=revision, actor=actor, now=now)
