"""Facts about this database, and the stamps by which caches in memory know that they are out of date.

Read once per request or tick; a cache keyed by a stamp cannot contradict another process for longer than that.
"""

import secrets

from sqlalchemy import select

from webapp.core.db import db, read_cache
from webapp.core.models import DatabaseFact


def all_facts() -> dict[str, str]:
    kept = read_cache()
    if "facts" not in kept:
        rows = db.session.execute(select(DatabaseFact.name, DatabaseFact.value))
        kept["facts"] = {name: value for name, value in rows}  # noqa: C416 dict() takes no rows
    found: dict[str, str] = kept["facts"]
    return found


def get(name: str) -> str | None:
    return all_facts().get(name)


def put(name: str, value: str) -> None:
    """Inside a transaction."""
    db.session.merge(DatabaseFact(name=name, value=value))
    db.session.flush()
    read_cache().clear()


def remove(name: str) -> None:
    fact = db.session.get(DatabaseFact, name)
    if fact is not None:
        db.session.delete(fact)
        db.session.flush()
    read_cache().clear()


def stamp(subject: str) -> str:
    return all_facts().get(f"stamp:{subject}", "0")


def restamp(subject: str) -> None:
    """Say that caches of this subject are out of date; inside the transaction that changes it."""
    put(f"stamp:{subject}", secrets.token_hex(8))


def epoch() -> str:
    """Changes only when versions may have fallen (a restore); made by the first migration."""
    return get("epoch") or "none"


def is_demonstration() -> bool:
    return get("demonstration") == "1"
