"""質問箱: states of a question and who may do what. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

REOPENED_WITHIN = timedelta(days=14)


class QState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    RESOLVED = "resolved"


QSTATE_WORDS = {
    QState.OPEN: "回答待ち",
    QState.ANSWERED: "回答あり",
    QState.RESOLVED: "解決",
}


class QAct(StrEnum):
    READ = "read"
    ANSWER = "answer"
    RESOLVE = "resolve"
    REOPEN = "reopen"


def may(
    state: QState,
    act: QAct,
    *,
    is_asker: bool,
    is_member: bool,
    resolved_at: datetime | None,
    now: datetime,
) -> bool:
    """Default: no. Whoever belongs to the unit reads and answers; the asker alone says that it is resolved."""
    if not (is_asker or is_member):
        return False
    if act is QAct.READ:
        return True
    if act is QAct.ANSWER:
        return state is not QState.RESOLVED
    if act is QAct.RESOLVE:
        return is_asker and state is not QState.RESOLVED
    fresh = resolved_at is not None and now - resolved_at <= REOPENED_WITHIN
    return is_asker and state is QState.RESOLVED and fresh


def after_answer(state: QState, *, by_asker: bool) -> QState:
    """A word of the asker adds to the question; it is no answer."""
    return state if by_asker else QState.ANSWERED


def reopened(*, has_answers: bool) -> QState:
    return QState.ANSWERED if has_answers else QState.OPEN
