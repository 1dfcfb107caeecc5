"""The bar on every page of who is concerned: what is going on, the question, one's own answer."""

from dataclasses import dataclass

from flask import Flask

from webapp.accounts.access import Actor
from webapp.emergency import access, queries
from webapp.emergency.queries import Given, OpenEmergency
from webapp.emergency.rules import MINUTES
from webapp.org import queries as org


@dataclass(frozen=True, slots=True)
class Bar:
    emergency: OpenEmergency
    scope: str
    given: Given | None
    by: str  # who entered it for one, "" = oneself

    @property
    def asks(self) -> bool:
        return self.emergency.question


def bars_of(viewer: Actor | None) -> list[Bar]:
    """The emergencies that concern the viewer. On a calm day this asks the database for nothing."""
    opened = queries.open_ones()
    if viewer is None or not opened:
        return []
    tree = org.current_tree()
    found = []
    for one in queries.open_over([p.unit_id for p in viewer.postings], tree):
        given = queries.answers_of(one.id, [viewer.staff_id]).get(viewer.staff_id)
        found.append(Bar(one, access.scope_name(one.unit_id, tree), given, _by(given, viewer)))
    return found


def _by(given: Given | None, viewer: Actor) -> str:
    if given is None or given.by_id in (None, viewer.staff_id):
        return ""
    return org.names_of([given.by_id or 0]).get(given.by_id or 0, "")


def register(app: Flask) -> None:
    chips = [(minutes, f"{minutes}分") for minutes in MINUTES]

    @app.context_processor
    def words() -> dict[str, object]:
        return {"emergency_bars": bars_of, "emergency_minutes": chips}
