"""The database read directly, past the product: what is written there is what counts."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
from sqlalchemy import make_url

from tests.faults.boards import Truth
from tests.faults.checker import Facts

Rows = list[tuple[Any, ...]]
WORK = "faults"  # what requests of ours say they are for
SAID = """
SELECT s.number, c.note FROM status_claim c JOIN staff s ON s.id = c.staff_id ORDER BY c.since, c.id
"""
VERSIONS = """
SELECT s.number, v.version FROM row_version v JOIN staff s ON s.id = v.key WHERE v.topic = 'staff'
"""
PUNCHES = "SELECT idempotency_key FROM punch WHERE idempotency_key LIKE 'f-%'"
ANSWERS = "SELECT key FROM idempotency_key WHERE key LIKE 'f-%'"
NOTES = """
SELECT s.number, n.business_on, n.half, n.lines FROM standup_note n JOIN staff s ON s.id = n.staff_id
"""
REQUESTS = "SELECT id, filing, state FROM telework_request WHERE work = 'faults'"
STEPS = "SELECT request_id FROM request_step WHERE what = 'approved'"
PLANNED = "SELECT source FROM planned_segment WHERE source LIKE 'request:%'"
MEMOS = "SELECT id, text FROM phone_memo WHERE text LIKE 'f-%'"
BEGUN = "SELECT memo_id FROM memo_step WHERE what = 'made'"


class Truths:
    def __init__(self, url: str) -> None:
        self._url = make_url(url)

    @contextmanager
    def _reading(self) -> Iterator[Any]:
        """One state of the database for all that is read inside. Raises what the driver raises."""
        if self._url.get_backend_name() == "sqlite":
            path = f"file:{self._url.database}?mode=ro"
            with closing(sqlite3.connect(path, uri=True, timeout=5)) as line:
                line.execute("BEGIN")
                yield line
            return
        plain = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        with closing(psycopg2.connect(plain, connect_timeout=3)) as line:
            line.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with line.cursor() as cursor:
                cursor.execute("SET statement_timeout = 10000")
                yield _Cursor(cursor)

    def boards(self) -> Truth | None:
        """None while the database cannot be read."""
        try:
            with self._reading() as line:
                versions = dict(line.execute(VERSIONS).fetchall())
                return Truth(versions, dict(line.execute(SAID).fetchall()))
        except (sqlite3.Error, psycopg2.Error):
            return None

    def facts(self) -> Facts:
        with self._reading() as line:
            return _facts(lambda query: line.execute(query).fetchall())


class _Cursor:
    """Like SQLite's: `execute` answers with what can be fetched."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, query: str) -> Any:
        self._cursor.execute(query.replace("%'", "%%'"), ())
        return self._cursor


def _facts(read: Any) -> Facts:
    facts = Facts()
    facts.punches = Counter(key for (key,) in read(PUNCHES))
    facts.with_answer = {key for (key,) in read(ANSWERS)}
    for number, day, half, lines in read(NOTES):
        key = (number, str(day), half)
        facts.note_rows[key] += 1
        facts.notes[key] = tuple(json.loads(lines) if isinstance(lines, str) else lines)
    texts = dict(read(MEMOS))
    facts.memos = Counter(texts.values())
    facts.begun = {texts[memo_id] for (memo_id,) in read(BEGUN) if memo_id in texts}
    steps = Counter(request_id for (request_id,) in read(STEPS))
    planned = Counter(source for (source,) in read(PLANNED))
    for request_id, filing, state in read(REQUESTS):
        facts.filings[filing] += 1
        facts.approvals[request_id] = (state, steps[request_id], planned[f"request:{request_id}"])
    return facts
