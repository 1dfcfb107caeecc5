"""The numbers in a person's menu: what waits for them, on whatever page they are."""

from datetime import datetime
from typing import Any

from webapp.accounts.access import Actor
from webapp.notices import queries as notices
from webapp.notices import rules


def badges(actor: Actor, *, now: datetime) -> dict[str, Any]:
    """As `GET /api/v1/me/badges` answers.

    pop_up: {group: words without content} of what may show itself outside the page just now; {group: count} stands in
    unread. The page compares with what it has told before.
    """
    unread = notices.unread_by_group(actor.staff_id)
    quiet = notices.quiet_of([actor.staff_id], now=now)[actor.staff_id]
    choice = notices.choice_of(actor.staff_id)
    return {
        "requests": 0,
        "memos": 0,
        "notices": unread.total(),
        "questions": 0,
        "quiet": quiet is not None,
        "because": quiet.value if quiet else None,
        "unread": {group.value: unread[group] for group in rules.Group if unread[group]},
        "pop_up": {
            group.value: rules.WORDS[group]
            for group in rules.Group
            if rules.may_pop_up(group, quiet, choice)
        },
    }
