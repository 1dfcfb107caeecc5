"""The numbers in a person's menu: what waits for them, on whatever page they are."""

from datetime import datetime
from typing import Any

from webapp.accounts.access import Actor
from webapp.messages import queries as messages
from webapp.messages import question_queries as questions
from webapp.notices import queries as notices
from webapp.notices import rules
from webapp.notices.rules import Group
from webapp.requests import inbox


def badges(actor: Actor, *, now: datetime) -> dict[str, Any]:
    """As `GET /api/v1/me/badges` answers.

    requests: to decide; memos: 未対応; notices: unread; questions: unanswered ones told to oneself. waiting: all of
    them by group, by which a page sees what is new. pop_up: {group: its word} of what may show itself outside the page
    just now, never with content.
    """
    unread = notices.unread_kinds(actor.staff_id)
    counts = {
        "requests": inbox.count_waiting(actor, now=now),
        "memos": messages.open_count(actor.staff_id),
        "notices": sum(n for kind, n in unread.items() if kind not in rules.SHOWN_ELSEWHERE),
        "questions": questions.open_count(actor),
    }
    waiting = dict.fromkeys((group.value for group in Group), 0)
    for kind, n in unread.items():
        waiting[rules.group_of(kind).value] += n
    for group, name in ((Group.MEMO, "memos"), (Group.QUESTION, "questions")):
        waiting[group.value] = max(waiting[group.value], counts[name])  # many have a notice too
    return counts | _pop_up(actor, now) | {"waiting": {g: n for g, n in waiting.items() if n}}


def _pop_up(actor: Actor, now: datetime) -> dict[str, Any]:
    quiet = notices.quiet_of([actor.staff_id], now=now)[actor.staff_id]
    choice = notices.choice_of(actor.staff_id)
    words = {
        group.value: rules.WORDS[group] for group in Group if rules.may_pop_up(group, quiet, choice)
    }
    return {
        "quiet": quiet is not None,
        "because": quiet.value if quiet else None,
        "pop_up": words,
    }
