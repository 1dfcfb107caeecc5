"""Facts about this database, and the stamps by which caches in memory know that they are out of date.

Read once per request or tick; a cache keyed by a stamp cannot contradict another process for longer than that.
"""

import secrets
from typing import Any

from sqlalchemy import ScalarSelect, func, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite

from webapp.core.db import db, read_cache
from webapp.core.models import DatabaseFact
from webapp.core.reading import read

_NEXT_LINE: Any = literal_column("'\n'")  # in the statement itself: it is compiled once


_FACT = DatabaseFact.__table__.c
_ALL = select(_FACT.name, _FACT.value)


def all_facts() -> dict[str, str]:
    kept = read_cache()
    if "facts" not in kept:
        kept["facts"] = {name: value for name, value in read(_ALL)}  # noqa: C416 dict() takes no rows
    found: dict[str, str] = kept["facts"]
    return found


def as_text() -> ScalarSelect[str]:
    """All of them in one value, to be read in one statement with something else. Equal texts: no stamp moved.

    Of any subject: what a later feature stamps is in it without being named here.
    """
    ordered = select(DatabaseFact.name, DatabaseFact.value).order_by(DatabaseFact.name).subquery()
    pairs = ordered.c.name + "=" + ordered.c.value
    return select(func.aggregate_strings(pairs, _NEXT_LINE)).scalar_subquery()


def take(text: str | None) -> None:
    """As read by `as_text`: the facts from here on, until this request reads afresh."""
    lines = (text or "").split("\n")
    pairs = (line.partition("=") for line in lines if line)
    read_cache()["facts"] = {name: value for name, _, value in pairs}


def get(name: str) -> str | None:
    return all_facts().get(name)


def put(name: str, value: str) -> None:
    """Inside a transaction. One statement: of two processes that make the same fact for the first time none fails."""
    db.session.flush()
    embedded = db.engine.dialect.name == "sqlite"
    new = (sqlite.insert if embedded else postgresql.insert)(DatabaseFact)
    made = new.values(name=name, value=value)
    db.session.execute(
        made.on_conflict_do_update(index_elements=["name"], set_={"value": made.excluded.value})
    )
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
