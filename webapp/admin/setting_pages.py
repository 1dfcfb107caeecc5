"""The municipality's settings, and a unit's own where it differs. Nothing typed is lost by a fault."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from webapp.accounts.access import Actor, unit_or_404
from webapp.admin.blueprint import admin_only, bp, page
from webapp.core import audit, clock, settings
from webapp.core.db import transaction
from webapp.core.settings import REGISTRY, Kind, Setting, SettingFault
from webapp.org import queries as org
from webapp.realtime import outbox

INHERIT = "inherit."  # the box 「上位と同じにする」 of a unit's page


@bp.get("/admin/settings")
def settings_page() -> Any:
    return _page(admin_only(), request.args.get("unit", ""), {}, {})


def _shown(unit_code: str) -> list[Setting]:
    return [setting for setting in REGISTRY.values() if setting.per_unit or not unit_code]


def _page(
    actor: Actor, unit_code: str, typed: dict[str, Any], errors: dict[str, str], status: int = 200
) -> Any:
    unit = unit_or_404(unit_code) if unit_code else None
    path = _path(unit_code)
    groups: dict[str, list[dict[str, Any]]] = {}
    for setting in _shown(unit_code):
        own = settings.own_value(setting, unit_code)
        above = settings.value(setting, path[:-1]) if unit else setting.default
        value = typed.get(setting.key, own if own is not None else above)
        groups.setdefault(setting.group or _("そのほか"), []).append(
            {
                "setting": setting,
                "value": _for_input(setting, value),
                "inherits": own is None if not typed else f"{INHERIT}{setting.key}" in typed,
                "default": _as_words(setting, above),
                "differs": own is not None and own != above,
                "error": errors.get(setting.key),
            }
        )
    return page(
        "settings",
        actor,
        at="settings",
        status=status,
        groups=groups,
        unit=unit,
        faults=len(errors),
        per_unit=any(setting.per_unit for setting in REGISTRY.values()),
        units=org.current_tree().nodes,
        depth={
            node.id: len(org.current_tree().path(node.id)) - 1 for node in org.current_tree().nodes
        },
        kinds=Kind,
    )


def _path(unit_code: str) -> list[str]:
    node = org.current_tree().by_code(unit_code) if unit_code else None
    return [above.code for above in org.current_tree().path(node.id)] if node else []


def _for_input(setting: Setting, value: Any) -> Any:
    if setting.kind is Kind.LINES and not isinstance(value, str):
        return "\n".join(value)
    return value


def _as_words(setting: Setting, value: Any) -> str:
    """The default as people read it, shown below the input."""
    match setting.kind:
        case Kind.SWITCH:
            return _("はい") if value else _("いいえ")
        case Kind.CHOICE:
            return dict(setting.choices).get(value, str(value))
        case Kind.LINES:
            return "・".join(value) or _("なし")
        case Kind.WORDS:
            return _("標準の言い方") if not value else "・".join(value.values())
        case _:
            return str(value) or _("空")


@bp.post("/admin/settings")
def save_settings() -> Any:
    actor = admin_only()
    unit_code = request.form.get("unit", "")
    if unit_code:
        unit_or_404(unit_code)
    typed, errors = _read(unit_code)
    if errors:
        return _page(actor, unit_code, typed, errors, status=422)
    changed = _store(actor, unit_code, typed)
    flash(
        _("%(n)s 件の設定を変えました。", n=changed)
        if changed
        else _("変わった設定はありません。"),
        "done",
    )
    return redirect(url_for("admin.settings_page", unit=unit_code or None), 303)


def _read(unit_code: str) -> tuple[dict[str, Any], dict[str, str]]:
    """(what was typed, by key; a box 「上位と同じ」 as its own entry), faults by key."""
    typed: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for setting in _shown(unit_code):
        if unit_code and f"{INHERIT}{setting.key}" in request.form:
            typed[f"{INHERIT}{setting.key}"] = True
            continue
        raw = _raw(setting)
        if raw is None:
            continue  # a part of the page that the browser did not send changes nothing
        typed[setting.key] = raw
        try:
            settings.checked(setting, raw)
        except SettingFault as fault:
            errors[setting.key] = str(fault)
    return typed, errors


def _raw(setting: Setting) -> Any:
    match setting.kind:
        case Kind.SWITCH:
            sent = request.form.getlist(setting.key)  # a hidden "0" says that the box was there
            return "1" in sent if sent else None
        case Kind.WORDS:
            words = {
                code: request.form.get(f"{setting.key}.{code}") for code, _w in setting.choices
            }
            given = {code: word for code, word in words.items() if word is not None}
            return given or None
        case _:
            return request.form.get(setting.key)


def _store(actor: Actor, unit_code: str, typed: dict[str, Any]) -> int:
    now = clock.now()
    changed: list[Setting] = []
    with transaction():
        for setting in _shown(unit_code):
            if f"{INHERIT}{setting.key}" in typed:
                value = None
            elif setting.key in typed:
                value = _unless_default(setting, typed[setting.key], unit_code)
            else:
                continue
            if settings.put(setting, value, unit_code=unit_code, by=actor.staff_id, now=now):
                changed.append(setting)
                detail = {"key": setting.key}
                audit.record(
                    actor, "settings.change", unit_code=unit_code or None, detail=detail, now=now
                )
        if any(setting.affects_rows for setting in changed):
            outbox.touch("staff", _concerned(unit_code))
    return len(changed)


def _unless_default(setting: Setting, raw: Any, unit_code: str) -> Any:
    """The municipality's value is stored only where it differs, so that a better default arrives later."""
    if not unit_code and settings.checked(setting, raw) == setting.default:
        return None
    return raw


def _concerned(unit_code: str) -> set[int]:
    now = clock.now()
    today = org.today(now)
    if not unit_code:
        return org.posted_staff_ids(today, known_at=now)
    tree = org.current_tree()
    node = tree.by_code(unit_code)
    ids = tree.subtree_ids(node.id) if node else set()
    return {posting.staff_id for posting in org.postings_in(ids, today, known_at=now)}
