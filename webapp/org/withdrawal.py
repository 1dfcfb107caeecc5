"""Taking back an import that is not published yet. Inside a transaction."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select

from webapp.core import audit, facts
from webapp.core.audit import Acting
from webapp.core.db import db
from webapp.core.refusals import NotFound, RuleBroken
from webapp.org.models import OrgImport, Posting, UnitTerm

_TABLES: dict[str, type[Posting] | type[UnitTerm]] = {"staff": Posting, "units": UnitTerm}
_INSTANTS = {"known_from", "closed_known_from"}
_DAYS = {"starts_on", "ends_on", "closed_on"}


def why_not(taken: OrgImport, *, now: datetime) -> str:
    """Empty if the import may be withdrawn."""
    if taken.withdrawn_at is not None:
        return "取り消し済みです。"
    if taken.kind not in _TABLES or taken.publish_at is None or taken.publish_at <= now:
        return "公表前の取込だけを取り消せます。正しいファイルを同じ有効日で取り込んでください。"
    query = select(OrgImport.id).where(
        OrgImport.kind == taken.kind,
        OrgImport.id > taken.id,
        OrgImport.effective_on >= taken.effective_on,
        OrgImport.withdrawn_at.is_(None),
    )
    if db.session.scalars(query).first() is not None:
        return "この後に、同じ日以後の取込があります。先にそれを取り消してください。"
    return "" if taken.kind == "staff" else _still_needed(taken)


def _still_needed(taken: OrgImport) -> str:
    """Units that somebody is to be posted to cannot be taken back before the postings are."""
    query = select(Posting.id).where(
        Posting.unit_id.in_(select(UnitTerm.unit_id).where(UnitTerm.import_id == taken.id)),
        Posting.starts_on >= taken.effective_on,
    )
    waiting = query.join(OrgImport, OrgImport.id == Posting.import_id).where(
        OrgImport.publish_at.is_not(None), OrgImport.effective_on >= taken.effective_on
    )
    if db.session.scalars(waiting).first() is None:
        return ""
    return "この所属への異動が取り込まれています。先に職員の取込を取り消してください。"


def withdraw(import_id: int, *, actor: Acting | None, now: datetime) -> OrgImport:
    taken = db.session.get(OrgImport, import_id)
    if taken is None:
        raise NotFound("この取込は見つかりません。")
    if reason := why_not(taken, now=now):
        raise RuleBroken(reason)
    table = _TABLES[taken.kind]
    undo = (taken.summary or {}).get("undo", {})
    _reopen(table, taken, undo.get("successors", {}))
    db.session.flush()
    db.session.execute(delete(table).where(table.import_id == taken.id))
    if removed := undo.get("removed"):
        db.session.execute(insert(table), [_restored(row) for row in removed])
    taken.withdrawn_at = now
    facts.restamp("org")
    audit.record(
        actor,
        "import.withdraw",
        detail={"import": taken.id, "kind": taken.kind},
        now=now,
        visible_at=taken.publish_at,
    )
    return taken


def _key(row: Any) -> tuple[Any, ...]:
    if isinstance(row, UnitTerm):
        return (row.unit_id,)
    return (row.staff_id, row.kind, 0 if row.kind == "main" else row.unit_id)


def _reopen(table: Any, taken: OrgImport, successors: dict[str, int | None]) -> None:
    """What it ended goes on, until whatever else was to end what it had put there instead."""
    ours = db.session.scalars(select(table).where(table.import_id == taken.id)).all()
    by_key = {_key(row): row for row in ours}
    ended = db.session.scalars(select(table).where(table.closed_import_id == taken.id)).all()
    for row in ended:
        heir = by_key.get(_key(row))
        row.closed_on = heir.closed_on if heir else None
        row.closed_known_from = heir.closed_known_from if heir else None
        row.closed_import_id = heir.closed_import_id if heir else None
        if str(row.id) in successors:
            row.successor_id = successors[str(row.id)]


def _restored(row: dict[str, Any]) -> dict[str, Any]:
    back = dict(row)
    for name in _INSTANTS & back.keys():
        back[name] = datetime.fromisoformat(row[name]) if row[name] else None
    for name in _DAYS & back.keys():
        back[name] = date.fromisoformat(row[name]) if row[name] else None
    return back
