"""The trail of changes: filtered by day, person and action, and as a file."""

from datetime import date, timedelta
from typing import Any

from flask import Response, request

from webapp.admin import queries
from webapp.admin.blueprint import bp, hr_or_admin, page
from webapp.admin.queries import AuditFilter
from webapp.core import clock
from webapp.core.csvfile import to_csv
from webapp.core.models import AuditEntry
from webapp.core.settings import REGISTRY
from webapp.org import importing
from webapp.org import queries as org
from webapp.org.import_cells import date_of

# What stands for an action on screen; an unknown one is shown as it is.
WORDS = {
    "import.units": "所属の取込",
    "import.staff": "職員の取込",
    "import.patterns": "勤務時間の区分の取込",
    "import.staff-hours": "個人の勤務時間の取込",
    "import.closures": "閉庁日の取込",
    "import.positions": "持ち場の取込",
    "import.demand": "必要数の取込",
    "import.skills": "技能の取込",
    "import.tasks": "担当業務の取込",
    "task.remove": "担当業務を表から外した",
    "import.withdraw": "取込の取消し",
    "positions.add": "持ち場の追加",
    "positions.change": "持ち場の変更",
    "positions.end": "持ち場の終わり",
    "positions.reopen": "持ち場の終わりの取消し",
    "positions.demand": "必要数の変更",
    "positions.hours": "開庁時間の変更",
    "positions.lock": "期間で増やす",
    "settings.change": "設定の変更",
    "closure.add": "閉庁日の追加",
    "closure.remove": "閉庁日の削除",
    "audit.export": "記録の出力",
    "account.admin": "管理者の作成",
    "account.code": "初回コードの作成",
    "account.password": "パスワードの変更",
    "account.signout": "すべての端末のサインアウト",
    "account.unlock": "サインインの再開",
    "token.create": "トークンの作成",
    "token.revoke": "トークンの取消し",
    "status": "在席状態の代行入力",
    "punch": "報告の代行入力",
    "kiosk.create": "共有端末の追加",
    "kiosk.bind": "共有端末と端末の結び付け",
    "kiosk.unbind": "共有端末の結び付けの解除",
    "kiosk.renew": "共有端末のアドレスの作り直し",
    "kiosk.revoke": "共有端末の取消し",
    "kiosk.pin_reset": "共有端末の暗証番号の取消し",
    "duty.hand_over": "当番の交代（共有端末）",
    "duty.swap": "当番の交代",
    "duty.order": "当番の指示",
    "positions.person": "当番の個人設定",
    "shortage.take": "不足への対応",
    "import.segments": "予定の取込",
    "plan.day": "1日の予定の代行入力",
    "plan.weekly": "週の型の代行入力",
    "plan.calendar": "カレンダーの取込の代行",
    "plan.event": "行事の日の登録",
    "plan.event_remove": "行事の日の削除",
}

# Where a feature records many kinds of change of one thing, the thing is named.
_THINGS = {
    "positions": "持ち場と必要数の変更",
    "rota": "当番表の変更",
    "import": "取込",
    "webhook": "Webhook の変更",
}


def word_of(action: str) -> str:
    return WORDS.get(action) or _THINGS.get(action.partition(".")[0]) or action


DETAILS = {
    "import": "取込番号",
    "effective_on": "有効日",
    "joined": "増",
    "left": "減",
    "moved": "異動",
    "renamed": "名称",
    "changed": "変更",
    "renewed": "期間",
    "unchanged": "同じ",
    "key": "設定",
    "kind": "種類",
    "day": "日付",
    "name": "名前",
    "site": "相手",
}


def _wanted() -> AuditFilter:
    today = org.today(clock.now())
    first = date_of(request.args.get("from", "")) or today - timedelta(days=30)
    last = date_of(request.args.get("to", "")) or today
    person, action = request.args.get("person", "").strip(), request.args.get("action", "")
    return AuditFilter(first, max(first, last), person, action)


@bp.get("/admin/audit")
def audit_log() -> Any:
    actor = hr_or_admin()
    wanted = _wanted()
    now = clock.now()
    entries = queries.audit_entries(wanted, now=now, unpublished=actor.may_hr)
    names, units = _names(entries), queries.unit_names_by_code()
    return page(
        "audit",
        actor,
        at="audit",
        entries=[(entry, _line(entry, names, units)) for entry in entries],
        wanted=wanted,
        full=len(entries) == queries.AUDIT_PAGE,
        actions=[(code, word_of(code)) for code in queries.actions_recorded()],
        now=now,
    )


def _names(entries: list[AuditEntry]) -> dict[int, str]:
    return org.names_of({entry.staff_id for entry in entries if entry.staff_id is not None})


def _line(entry: AuditEntry, names: dict[int, str], units: dict[str, str]) -> dict[str, str]:
    return {
        "who": entry.actor_name,
        "what": word_of(entry.action),
        "whom": names.get(entry.staff_id or 0, ""),
        "unit": units.get(entry.unit_code or "", entry.unit_code or ""),
        "detail": _detail(entry.detail or {}),
    }


def _detail(detail: dict[str, Any]) -> str:
    """「有効日 2027-04-01、異動 196」."""
    parts = []
    for key, value in detail.items():
        if isinstance(value, dict):
            parts += [f"{DETAILS.get(name, name)} {number}" for name, number in value.items()]
        elif value not in (None, ""):
            parts.append(f"{DETAILS.get(key, key)} {_value(key, value)}")
    return "、".join(parts)


def _value(key: str, value: Any) -> str:
    if key == "key" and value in REGISTRY:
        return REGISTRY[value].label
    return importing.KINDS.get(value, str(value)) if key == "kind" else str(value)


@bp.get("/admin/audit.csv")
def audit_csv() -> Response:
    actor = hr_or_admin()
    wanted = _wanted()
    entries = queries.audit_entries(wanted, now=clock.now(), unpublished=actor.may_hr, limit=None)
    names, units = _names(entries), queries.unit_names_by_code()
    rows = []
    for entry in entries:
        line = _line(entry, names, units)
        when = clock.to_tokyo(entry.at).strftime("%Y-%m-%d %H:%M:%S")
        rows.append([when, *(line[key] for key in ("who", "what", "whom", "unit", "detail"))])
    content, _missing = to_csv(["日時", "行った人", "こと", "対象の人", "所属", "内容"], rows)
    return _download(content, wanted.first, wanted.last)


def _download(content: bytes, first: date, last: date) -> Response:
    response = Response(content, mimetype="text/csv")
    name = f"audit-{first}-{last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
