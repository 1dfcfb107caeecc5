"""「自分について保存されている情報」: each feature says what it keeps about a person."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from webapp.accounts.models import Account, ApiToken, SignInSession
from webapp.core import clock
from webapp.core.db import db
from webapp.core.models import AuditEntry
from webapp.org.models import Posting, StaffHours
from webapp.org.rules import POSTING_WORDS, REACH_WORDS, ROLE_WORDS, PostingKind, Reach, roles_from

# {staff id} → lines, or records of word → value
Reader = Callable[[int], Sequence[dict[str, Any] | str]]
_readers: dict[str, Reader] = {}


def register(title: str, reader: Reader) -> None:
    _readers[title] = reader


def stored_about(staff_id: int) -> dict[str, list[dict[str, Any] | str]]:
    """{title: entries}, in the order of registration."""
    return {title: list(reader(staff_id)) for title, reader in _readers.items()}


def _local(instant: Any) -> str | None:
    return clock.to_tokyo(instant).strftime("%Y-%m-%d %H:%M") if instant else None


def _postings(staff_id: int) -> list[dict[str, Any] | str]:
    """As far as it may be known today: a coming posting is not announced by this page."""
    now = clock.now()
    query = select(Posting).filter_by(staff_id=staff_id).order_by(Posting.starts_on, Posting.id)
    found = db.session.scalars(query)
    return [_posting(row, now) for row in found if row.known_from is None or row.known_from <= now]


def _posting(row: Posting, now: Any) -> dict[str, Any]:
    closed_is_known = row.closed_known_from is None or row.closed_known_from <= now
    last = row.closed_on if row.closed_on and closed_is_known else row.ends_on
    return {
        "氏名": row.name,
        "ふりがな": row.kana,
        "職名": row.title,
        "役割": " ".join(ROLE_WORDS[role] for role in sorted(roles_from(row.roles))),
        "本務兼務": POSTING_WORDS[PostingKind(row.kind)],
        "任用区分": row.employment,
        "勤務時間の区分": row.pattern_name,
        "メール": row.email,
        "内線": row.extension,
        "公用携帯": row.mobile,
        "着信区分": REACH_WORDS[Reach(row.reach)],
        "有効開始日": row.starts_on.isoformat(),
        "有効終了日": last.isoformat() if last else None,
    }


def _own_hours(staff_id: int) -> list[dict[str, Any] | str]:
    query = select(StaffHours).filter_by(staff_id=staff_id).order_by(StaffHours.weekday)
    return [
        {
            "曜日": "月火水木金土日"[row.weekday],
            "始業": f"{row.start_minute // 60}:{row.start_minute % 60:02d}",
            "終業": f"{row.end_minute // 60}:{row.end_minute % 60:02d}",
        }
        for row in db.session.scalars(query)
    ]


def _account(staff_id: int) -> list[dict[str, Any] | str]:
    account = db.session.get(Account, staff_id)
    if account is None:
        return []
    return [
        {
            "パスワードを決めた日時": _local(account.password_changed_at),
            "最後にサインインした日時": _local(account.last_sign_in_at),
            "初回コードの期限": _local(account.code_expires_at),
            "続けて間違えた回数": account.failures,
        },
        "パスワードそのものは保存していません（元に戻せない形だけ）。",
    ]


def _sessions(staff_id: int) -> list[dict[str, Any] | str]:
    query = select(SignInSession).filter_by(staff_id=staff_id).order_by(SignInSession.id)
    return [
        {
            "端末": row.device,
            "アドレス": row.address,
            "サインイン": _local(row.created_at),
            "最終利用": _local(row.seen_at),
        }
        for row in db.session.scalars(query)
    ]


def _tokens(staff_id: int) -> list[dict[str, Any] | str]:
    query = select(ApiToken).filter_by(staff_id=staff_id).order_by(ApiToken.id)
    return [
        {
            "名前": row.label,
            "許可": row.scopes,
            "作成": _local(row.created_at),
            "期限": _local(row.expires_at),
            "取消し": _local(row.revoked_at),
        }
        for row in db.session.scalars(query)
    ]


_ACTION_WORDS = {
    "account": "アカウントの操作",
    "token": "トークンの操作",
    "status": "在席状態の代行入力",
    "punch": "報告の代行入力や訂正",
    "standup": "朝会・夕会の代行入力",
    "import": "取込",
    "settings": "設定の変更",
    "closure": "閉庁日の変更",
}


def _trail(staff_id: int) -> list[dict[str, Any] | str]:
    """What others entered or changed for this person, and what this person did for others."""
    now = clock.now()
    query = (
        select(AuditEntry)
        .where((AuditEntry.staff_id == staff_id) | (AuditEntry.actor_id == staff_id))
        .where(AuditEntry.visible_at.is_(None) | (AuditEntry.visible_at <= now))
        .order_by(AuditEntry.id.desc())
        .limit(500)
    )
    return [
        {
            "日時": _local(row.at),
            "行った人": row.actor_name,
            "こと": _ACTION_WORDS.get(row.action.partition(".")[0], row.action),
        }
        for row in db.session.scalars(query)
    ]


register("所属と連絡先", _postings)
register("個人の勤務時間", _own_hours)
register("サインイン", _account)
register("サインイン中の端末", _sessions)
register("API トークン", _tokens)
register("記録（代行入力や管理の操作）", _trail)
