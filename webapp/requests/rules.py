"""States and acts of a テレワーク申出書 as truth tables: what follows what, and who may what. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

UNDO_FOR = timedelta(seconds=10)
UNDO_GRACE = timedelta(
    seconds=5
)  # the button is shown for 10 s; a slow line is not the person's fault


class State(StrEnum):
    WAITING = "waiting"
    PROPOSED = "proposed"  # another time is proposed to the person
    ASKED = "asked"  # 打診中: approved when whoever is asked takes the duty
    APPROVED = "approved"
    REFUSED = "refused"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"  # a change of it was approved


class Act(StrEnum):
    FILE = "file"  # the person files it, again or changed, before a decision or after 差し戻し
    ORAL = "oral"  # 口頭で承認済, written down afterwards
    APPROVE = "approve"
    REFUSE = "refuse"
    RETURN = "return"
    WITHDRAW = "withdraw"
    PROPOSE = "propose"
    ACCEPT_PROPOSAL = "accept-proposal"
    DECLINE_PROPOSAL = "decline-proposal"
    ASK = "ask"
    ORDER = "order"
    TAKEN = "taken"  # whoever was asked has taken the duty
    NOBODY = "nobody"  # nobody took it
    REPLACE = "replace"  # a change of it was approved
    REVIEW = "review"  # 後閲


STATE_WORDS = {
    State.WAITING: "承認待ち",
    State.PROPOSED: "時間を提案中",
    State.ASKED: "打診中",
    State.APPROVED: "承認",
    State.REFUSED: "不承認",
    State.RETURNED: "差し戻し",
    State.WITHDRAWN: "取下げ",
    State.REPLACED: "変更済",
}

UNDECIDED = frozenset({State.WAITING, State.PROPOSED, State.ASKED})
"""In the inbox of whoever approves."""

OPEN = UNDECIDED | {State.RETURNED}
"""Not at an end: the day may still become a day of telework by it."""

IN_FORCE = OPEN | {State.APPROVED}
"""Stands in the way of a second request for the same time."""

_DECISIONS: dict[Act, State] = {
    Act.APPROVE: State.APPROVED,
    Act.ORDER: State.APPROVED,
    Act.ORAL: State.APPROVED,
    Act.REFUSE: State.REFUSED,
    Act.RETURN: State.RETURNED,
    Act.WITHDRAW: State.WITHDRAWN,
    Act.PROPOSE: State.PROPOSED,
    Act.ASK: State.ASKED,
}

_TABLE: dict[State, dict[Act, State]] = {
    State.WAITING: _DECISIONS | {Act.FILE: State.WAITING},
    State.PROPOSED: _DECISIONS
    | {
        Act.FILE: State.WAITING,
        Act.ACCEPT_PROPOSAL: State.APPROVED,
        Act.DECLINE_PROPOSAL: State.WAITING,
    },
    State.ASKED: _DECISIONS
    | {Act.FILE: State.WAITING, Act.TAKEN: State.APPROVED, Act.NOBODY: State.WAITING},
    State.RETURNED: {Act.FILE: State.WAITING, Act.WITHDRAW: State.WITHDRAWN},
    State.APPROVED: {
        Act.RETURN: State.RETURNED,
        Act.WITHDRAW: State.WITHDRAWN,
        Act.REPLACE: State.REPLACED,
        Act.REVIEW: State.APPROVED,
    },
    State.REFUSED: {Act.REVIEW: State.REFUSED},
    State.WITHDRAWN: {},
    State.REPLACED: {},
}


ON_CONDITION = frozenset({Act.ACCEPT_PROPOSAL, Act.TAKEN})
"""Approved ahead by whoever proposed or asked, on the condition that nothing falls short."""


def next_state(state: State, act: Act, *, short: bool = False) -> State | None:
    """What a request becomes; None = this cannot be done (any more).

    short: what was agreed before brings a shortage by now, so that somebody has to decide after all.
    """
    after = _TABLE[state].get(act)
    if short and after is State.APPROVED and act in ON_CONDITION:
        return State.WAITING
    return after


def acts_in(state: State) -> frozenset[Act]:
    return frozenset(_TABLE[state])


# --- who may what ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """One person towards one request. filed: entered it for the other (代行入力). approves: 承認者 of the moment
    (approvers.py); reviews: 所属長, in whose place somebody else decided."""

    is_person: bool = False
    filed: bool = False
    approves: bool = False
    reviews: bool = False


BY_APPROVER = frozenset({Act.APPROVE, Act.REFUSE, Act.RETURN, Act.PROPOSE, Act.ASK, Act.ORDER})
BY_PERSON = frozenset({Act.ACCEPT_PROPOSAL, Act.DECLINE_PROPOSAL})
BY_FILER = frozenset({Act.FILE, Act.ORAL, Act.WITHDRAW})
BY_ITSELF = frozenset({Act.TAKEN, Act.NOBODY, Act.REPLACE})
"""Follow from something else that was done; nobody does them."""

NEEDS_REASON = frozenset({Act.REFUSE, Act.RETURN, Act.ORDER})


def may(act: Act, who: Standing) -> bool:
    """Nobody approves what concerns themselves."""
    if act in BY_APPROVER:
        return who.approves and not who.is_person
    if act in BY_PERSON:
        return who.is_person
    if act in BY_FILER:
        return who.is_person or who.filed
    return act is Act.REVIEW and who.reviews and not who.is_person


def may_undo(done_at: datetime, *, by_me: bool, is_last: bool, now: datetime) -> bool:
    """One's own last step, as long as its button is shown."""
    return by_me and is_last and now - done_at <= UNDO_FOR + UNDO_GRACE
