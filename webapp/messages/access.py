"""What somebody is to a memo. Default: a stranger, to whom it does not exist."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from webapp.accounts.access import Actor
from webapp.core.refusals import NotAllowed, NotFound
from webapp.messages.models import PhoneMemo
from webapp.messages.rules import Act, MemoFacts, Standing, State, may, standing_of
from webapp.org import queries as org
from webapp.org.queries import PersonPosting

NOT_THERE = "この取次メモは見つかりません。"


@dataclass(frozen=True, slots=True)
class Held:
    """A memo as the rules see it, for one who asks."""

    facts: MemoFacts
    standing: Standing
    is_writer: bool

    def may(self, act: Act, now: datetime) -> bool:
        return may(self.facts, self.standing, act, is_writer=self.is_writer, now=now)


def home_unit(memo: PhoneMemo, postings: Iterable[PersonPosting]) -> int:
    """The 係 that answers for a memo now: where it was written to, while its recipient is posted there; else the
    recipient's own. postings: the recipient's of today, 本務 first."""
    units = [posting.unit_id for posting in postings]
    return memo.unit_id if memo.unit_id in units or not units else units[0]


def held(memo: PhoneMemo, actor: Actor, *, now: datetime) -> Held:
    return held_of(memo, actor, org.postings_today(memo.to_id, now=now))


def held_of(memo: PhoneMemo, actor: Actor, postings: Iterable[PersonPosting]) -> Held:
    standing = standing_of(
        actor.staff_id,
        to_id=memo.to_id,
        by_id=memo.by_id,
        own_units={posting.unit_id for posting in actor.postings},
        unit_id=home_unit(memo, postings),
    )
    return Held(facts_of(memo), standing, memo.by_id == actor.staff_id)


def facts_of(memo: PhoneMemo) -> MemoFacts:
    return MemoFacts(
        State(memo.state),
        memo.made_at,
        memo.seen_at is not None,
        memo.done_at,
        memo.erased_at is not None,
    )


def require(memo: PhoneMemo | None, act: Act, actor: Actor, *, now: datetime) -> PhoneMemo:
    """The memo, or NotFound where it may not be known, NotAllowed where it may be read only."""
    if memo is None or not held(memo, actor, now=now).may(Act.READ, now):
        raise NotFound(NOT_THERE)
    if not held(memo, actor, now=now).may(act, now):
        raise NotAllowed("この取次メモは、いまそのようには変えられません。")
    return memo
