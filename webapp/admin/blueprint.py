"""The pages of 人事担当 and 管理者."""

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template

from webapp.accounts.access import Actor, current_actor, require_role
from webapp.core import clock
from webapp.org.rules import Role

bp = Blueprint("admin", __name__)


def admin_only() -> Actor:
    actor = current_actor()
    require_role(actor, Role.ADMIN)
    return actor


def hr_or_admin() -> Actor:
    actor = current_actor()
    require_role(actor, Role.HR, Role.ADMIN)
    return actor


def page(template: str, actor: Actor, *, at: str, status: int = 200, **words: Any) -> Any:
    """A page within the menu of the administration; `at` names its entry."""
    body = render_template(
        f"admin/{template}.html", viewer=actor, nav="admin", section=at, menu=_menu(actor), **words
    )
    return body, status


def _menu(actor: Actor) -> list[tuple[str, str, str]]:
    """(entry, endpoint, text), as far as this person may go."""
    entries = [
        ("overview", "admin.overview", "はじめに"),
        ("import", "admin.imports", "取込"),
        ("units", "admin.units", "所属"),
        ("staff", "admin.staff_list", "職員"),
        ("coming", "admin.coming", "これからの異動"),
    ]
    if actor.may_admin:
        entries += [
            ("accounts", "admin.accounts", "アカウント"),
            ("settings", "admin.settings_page", "設定"),
            ("closures", "admin.closures", "閉庁日"),
            ("webhooks", "admin.webhooks", "Webhook"),
        ]
    return [*entries, ("audit", "admin.audit_log", "記録")]


def local_day_time(text: str) -> datetime:
    """「2027-03-24T09:00」 of a form field, in Asia/Tokyo. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=clock.TOKYO)
