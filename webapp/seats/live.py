"""Telling open pages of seats and loans that something moved; who may see what is read by HTTP."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from webapp.accounts.rules import Scope, has_scope
from webapp.core.db import db
from webapp.realtime import versions
from webapp.realtime.pump import Frame, Rendered
from webapp.realtime.rooms import room
from webapp.seats import loan_queries, queries

# The clock changes no booking; it has a due time all the same, or every tick would look at it again.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
PAGES = {"seats": queries.TOPIC, "loans": loan_queries.TOPIC}  # what a page asks to watch
AUDIENCE = "page"


def render_seats(site_ids: Sequence[int]) -> Rendered:
    """`seat {"site"}` once a site."""
    frames = [Frame(room("seats", AUDIENCE), queries.TOPIC, {"site": key}) for key in site_ids]
    return Rendered(frames=frames, due=never(queries.TOPIC, site_ids))


def render_loans(item_ids: Sequence[int]) -> Rendered:
    """`loan {"items"}` once for all that moved together."""
    frame = Frame(room("loans", AUDIENCE), loan_queries.TOPIC, {"items": list(item_ids)})
    return Rendered(frames=[frame], due=never(loan_queries.TOPIC, item_ids))


def never(topic: str, ids: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    made = versions.read(db.session, topic, ids)
    return {key: (version, NEVER) for key, (version, _) in made.items()}


def with_pages(plan_watch: Callable[[Any, list[str]], Any]) -> Callable[[Any, list[str]], Any]:
    """`watch {"units": ["seats"]}` beside the codes of units: everybody who may sign in may watch these pages."""

    def planned(actor: Any, codes: list[str]) -> Any:
        pages = [code for code in codes if code in PAGES and has_scope(actor.scopes, Scope.SELF)]
        plan = plan_watch(actor, [code for code in codes if code not in pages])
        plan.rooms.update({code: room(code, AUDIENCE) for code in pages})
        plan.forms.update(dict.fromkeys(pages, AUDIENCE))
        return plan

    return planned
