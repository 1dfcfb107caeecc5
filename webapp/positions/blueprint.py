"""The pages of the counter team: who may read and who may change, and what every page of it has."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _

from webapp.accounts import access
from webapp.accounts.access import Actor, current_actor
from webapp.core.refusals import NotAllowed
from webapp.org import queries as org
from webapp.org import sites as org_sites
from webapp.org.queries import PersonPosting
from webapp.org.rules import Role, UnitNode

bp = Blueprint("positions", __name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """Who stands before which unit's page, and whether they may change it."""

    actor: Actor
    unit: UnitNode
    may_edit: bool

    @property
    def url(self) -> str:
        return f"/positions/{self.unit.code}"


def may_edit(actor: Actor, unit_id: int) -> bool:
    """当番調整担当, 係長, 所属長, 代決者 of the unit, above it or in its 係, and 管理者."""
    return Role.ADMIN in actor.roles or access.leads_duties(actor, unit_id, org.current_tree())


def may_read(actor: Actor, unit_id: int) -> bool:
    """Who reads the unit's coverage and rota; people's limits show to who leads them alone."""
    if may_edit(actor, unit_id):
        return True
    return access.reads_duties(actor, unit_id, org.current_tree())


def may_edit_person(actor: Actor, postings: Collection[PersonPosting]) -> bool:
    """Limits of a person are for who leads one of the person's own units, not for every unit they help."""
    return any(may_edit_people(actor, posting.unit_id) for posting in postings)


def may_edit_people(actor: Actor, unit_id: int) -> bool:
    """Stricter than `may_edit`: arranging a 課's counters from one of its 係 opens nobody's limits elsewhere."""
    return Role.ADMIN in actor.roles or access.leads(actor, unit_id, org.current_tree())


def reading(code: str) -> Desk:
    """Raises NotFound, or NotAllowed for those who see the unit only as a directory."""
    actor = current_actor()
    unit = access.unit_or_404(code)
    if not may_read(actor, unit.id):
        raise NotAllowed("この所属の持ち場は、その所属の人だけが見られます。")
    return Desk(actor, unit, may_edit(actor, unit.id))


def editing(code: str) -> Desk:
    desk = reading(code)
    if not desk.may_edit:
        raise NotAllowed(
            "変えられるのは、この所属の当番調整担当・係長・所属長・代決者と管理者です。"
        )
    return desk


def site_names() -> list[str]:
    return org_sites.site_names()


def sites() -> list[tuple[str, str]]:
    return [("", _("この所属の庁舎")), *((site, site) for site in site_names())]


def page(template: str, desk: Desk, *, at: str, status: int = 200, **words: Any) -> Any:
    """`at` names the entry of the menu within the page."""
    body = render_template(
        f"positions/{template}.html",
        viewer=desk.actor,
        nav="rota",
        desk=desk,
        unit=desk.unit,
        section=at,
        menu=_menu(desk),
        above=org.current_tree().path(desk.unit.id)[1:-1],
        **words,
    )
    return body, status


def _menu(desk: Desk) -> list[tuple[str, str, str]]:
    """(entry, endpoint, text)."""
    entries = [
        ("positions", "positions.index", _("持ち場と必要数")),
        ("hours", "positions.hours", _("開庁時間")),
        ("locks", "positions.locks", _("期間で増やす")),
        ("people", "positions.people", _("人の設定")),
    ]
    if desk.may_edit:
        entries.append(("files", "positions.files", _("写す・ファイル")))
    return entries
