"""Finding a person anywhere in the town hall."""

import unicodedata
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from webapp.board import queries
from webapp.board.rows import directory_row
from webapp.core.db import db
from webapp.org import queries as org
from webapp.org.models import Posting, Staff

MOST = 50


def as_hiragana(text: str) -> str:
    """カタカナ (half width too) → ひらがな, so that either finds a ふりがな."""
    wide = unicodedata.normalize("NFKC", text)
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in wide)


def _matches(word: str) -> ColumnElement[bool]:
    """Blanks inside names do not matter: 石川美穂 finds 石川 美穂."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    kana = as_hiragana(escaped)
    names = (Posting.name, Posting.kana)
    plain = [
        _squeezed(column).like(f"%{part}%", escape="\\")
        for column in names
        for part in {escaped, kana}
    ]
    return or_(
        *plain,
        Posting.extension.like(f"{kana}%", escape="\\"),
        Staff.number.like(f"{kana}%", escape="\\"),
    )


def _squeezed(column: Any) -> Any:
    return func.replace(func.replace(column, " ", ""), "\u3000", "")


def people(q: str, *, now: datetime) -> tuple[list[dict[str, Any]], bool]:
    """At most fifty people with what anybody may know, in 建制順; True if there are more."""
    words = q.split()
    if not words:
        return [], False
    on = org.today(now)
    whole = "".join(words)
    each = [_matches(word) for word in words]
    query = (
        select(Posting.staff_id)
        .join(Staff, Staff.id == Posting.staff_id)
        .where(org.in_force(Posting, on, now))
        .where(or_(_matches(whole), *(each if len(words) == 1 else [])))
        .group_by(Posting.staff_id)
        .limit(MOST + 1)
    )
    ids = list(db.session.scalars(query))
    if not ids and len(words) > 1:
        both = select(Posting.staff_id).join(Staff, Staff.id == Posting.staff_id)
        both = both.where(org.in_force(Posting, on, now), *each).group_by(Posting.staff_id)
        ids = list(db.session.scalars(both.limit(MOST + 1)))
    return _found(ids[:MOST]), len(ids) > MOST


def _found(staff_ids: list[int]) -> list[dict[str, Any]]:
    tree = org.current_tree()
    rows = queries.rows_of(staff_ids)
    seen: set[int] = set()
    found: list[tuple[int, str, dict[str, Any]]] = []
    for row in rows:
        if row.staff_id in seen:
            continue
        seen.add(row.staff_id)
        unit = tree.by_id(row.unit_id)
        person = directory_row(row.full)
        person["unit_name"] = " ".join(
            dict.fromkeys(n.name for n in (tree.section(row.unit_id), unit) if n is not None)
        )
        found.append((tree.place(row.unit_id), row.full["kana"], person))
    return [person for _, _, person in sorted(found, key=lambda item: item[:2])]
