"""A small town hall to play on, and the ways to act in it.

若葉市 W00 ─ 市民部 W10 ─ 保育課 W11 ─ 入所係 W12 · 施設係 W13
                        └ 市民課 W21 ─ 窓口係 W22
The cast: see CAST. Everybody works 8:30–17:15 with a break 12:00–13:00.
"""

import itertools
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from webapp import create_app
from webapp.accounts.last_use import LastUse
from webapp.accounts.models import ApiToken, SignInSession
from webapp.accounts.queries import hashed
from webapp.config import Config
from webapp.core import clock, facts, migrate
from webapp.core.db import db, transaction
from webapp.duties import service as duties
from webapp.org.models import (
    Posting,
    Staff,
    Unit,
    UnitTerm,
    WorkPattern,
    WorkPatternDay,
)
from webapp.plans import service as plans
from webapp.plans.service import Entry
from webapp.positions.models import DemandBand, Position
from webapp.realtime import outbox
from webapp.register import register_realtime

FIRST_DAY = date(2026, 4, 1)
UNITS = (
    ("W00", "若葉市", "市", None),
    ("W10", "市民部", "部", "W00"),
    ("W11", "保育課", "課", "W10"),
    ("W12", "入所係", "係", "W11"),
    ("W13", "施設係", "係", "W11"),
    ("W21", "市民課", "課", "W10"),
    ("W22", "窓口係", "係", "W21"),
)


@dataclass(frozen=True)
class Person:
    number: str
    name: str
    kana: str
    unit: str
    title: str = "主事"
    roles: str = "member"
    extension: str = "1000"
    mobile: str = ""
    reach: str = "callback"


CAST = {
    person.number: person
    for person in (
        Person("100", "池田 綾乃", "いけだ あやの", "W11", "課長", "chief", "2793"),
        Person("110", "近藤 彩", "こんどう あや", "W11", "課長補佐", "deputy", "3308"),
        Person("120", "瀨戸 恵子", "せと けいこ", "W12", "係長", "lead", "5924"),
        Person(
            "121", "桜井 剛", "さくらい ごう", "W12", "主任", "member", "2144", "7224", "transfer"
        ),
        Person("122", "河野 優", "こうの ゆう", "W12", "主事", "member", "3904"),
        Person("130", "藤原 奈々", "ふじわら なな", "W13", "係長", "lead coordinator", "2671"),
        Person(
            "131", "今井 哲也", "いまい てつや", "W13", "主事", "member", "7109", "7109", "transfer"
        ),
        Person("200", "石田 聡", "いしだ さとし", "W21", "課長", "chief", "3451"),
        Person("220", "小野 亮", "おの りょう", "W22", "主事", "member", "1220", "", "none"),
        Person("800", "金子 久美子", "かねこ くみこ", "W10", "主査", "hr", "4240"),
        Person("900", "髙橋 里奈", "たかはし りな", "W10", "主査", "admin", "3322"),
    )
}


class FreshClient(FlaskClient):
    """Each request in an application context of its own, as on the server; not in that of the test."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        with self.application.app_context():
            return super().open(*args, **kwargs)


def make_app(database_url: str) -> Flask:
    app = create_app(
        Config(
            database_url=database_url,
            secret_key="test-" * 8,
            async_mode="threading",
            testing=True,
        )
    )
    app.test_client_class = FreshClient
    return app


class Apps:
    """Applications by the address of their database: making one takes 0.15 s, and most tests need the same.

    Given out as new: its settings as made, its pump and sockets made again. Nor is a use of another test's browser left
    to be noted: it fell due in the middle of a test that counts requests, once in some runs.
    """

    def __init__(self) -> None:
        self._made: dict[str, tuple[Flask, dict[str, Any]]] = {}

    def on(self, database_url: str) -> Flask:
        if database_url not in self._made:
            app = make_app(database_url)
            self._made[database_url] = app, dict(app.config)
            return app
        app, config = self._made[database_url]
        app.config.clear()
        app.config.update(config)
        app.extensions["last_use"] = LastUse()
        del app.wsgi_app  # the server around it is made anew
        register_realtime(app)
        return app


def lay_down(template: Path, path: Path) -> None:
    """A copy of a database file. A new file each time: an application of an earlier test may hold the old one open."""
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    shutil.copy(template, path)


def template_database(path: Path) -> Path:
    """Migrated by Alembic once; tests copy the file."""
    app = make_app(f"sqlite:///{path}")
    with app.app_context():
        migrate.upgrade()
        db.session.remove()
        db.engine.dispose()
    return path


class Stage:
    def __init__(self, app: Flask) -> None:
        self.app = app
        self.ids: dict[str, int] = {}
        self.units: dict[str, int] = {}
        self._numbers = itertools.count(1)

    def set_up(self) -> "Stage":
        with transaction():
            self._pattern()
            self._units()
            for person in CAST.values():
                self.hire(person)
            facts.restamp("org")
        self.app.extensions["live_board"].load()
        self.settle()
        return self

    @classmethod
    def template(cls, empty: Path, path: Path) -> Path:
        """A file with the stage set up, to be copied."""
        shutil.copy(empty, path)
        cls.fill(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path

    @classmethod
    def fill(cls, database_url: str) -> None:
        app = make_app(database_url)
        with app.app_context():
            cls(app).set_up()
            db.session.remove()
            db.engine.dispose()

    def resume(self) -> "Stage":
        """On a database that was set up before; an epoch of its own keeps caches of other tests out."""
        with transaction():
            facts.put("epoch", secrets.token_hex(8))
        self.units = {row.code: row.id for row in db.session.execute(select(Unit.code, Unit.id))}
        people = db.session.execute(select(Staff.number, Staff.id))
        self.ids = {row.number: row.id for row in people}
        self.app.extensions["live_board"].load()
        return self

    def _pattern(self) -> None:
        pattern = WorkPattern(name="標準")
        pattern.days = [
            WorkPatternDay(
                weekday=day, start_minute=510, end_minute=1035, break_start=720, break_end=780
            )
            for day in range(5)
        ]
        db.session.add(pattern)

    def _units(self) -> None:
        for order, (code, name, kind, parent) in enumerate(UNITS):
            unit = Unit(code=code)
            db.session.add(unit)
            db.session.flush()
            self.units[code] = unit.id
            db.session.add(
                UnitTerm(
                    unit_id=unit.id,
                    name=name,
                    kind=kind,
                    parent_id=self.units.get(parent) if parent else None,
                    sort_order=order,
                    starts_on=FIRST_DAY,
                )
            )

    def hire(self, person: Person, **changes: Any) -> int:
        """Inside a transaction: a person with one posting from 1 April 2026."""
        staff = db.session.scalars(select(Staff).filter_by(number=person.number)).one_or_none()
        if staff is None:
            staff = Staff(number=person.number)
            db.session.add(staff)
            db.session.flush()
        db.session.add(
            Posting(
                **{
                    "staff_id": staff.id,
                    "unit_id": self.units[person.unit],
                    "name": person.name,
                    "kana": person.kana,
                    "title": person.title,
                    "roles": person.roles,
                    "pattern_name": "標準",
                    "weekly_minutes": 2325,
                    "extension": person.extension,
                    "mobile": person.mobile,
                    "reach": person.reach,
                    "starts_on": FIRST_DAY,
                    **changes,
                }
            )
        )
        self.ids[person.number] = staff.id
        outbox.touch("staff", staff.id)
        return staff.id

    # --- acting -----------------------------------------------------------------------------

    def browser(self, number: str) -> FlaskClient:
        """A browser signed in as this person (without going through the sign-in page)."""
        client = self.app.test_client()
        secret = f"session-of-{number}-{next(self._numbers)}"
        now = clock.now()
        with transaction():
            db.session.add(
                SignInSession(
                    key_hash=hashed(secret),
                    staff_id=self.ids[number],
                    created_at=now,
                    seen_at=now,
                    expires_at=now.replace(year=now.year + 1),
                )
            )
        with client.session_transaction() as session:
            session["key"] = secret
        return client

    def token(self, number: str, scopes: str = "self") -> str:
        secret = f"zsk_{number}_{scopes}"
        with transaction():
            known = db.session.scalar(
                select(ApiToken.id).where(ApiToken.token_hash == hashed(secret))
            )
            if known is None:
                db.session.add(
                    ApiToken(
                        token_hash=hashed(secret),
                        staff_id=self.ids[number],
                        scopes=scopes,
                        created_at=clock.now(),
                    )
                )
        return secret

    def api(self, number: str, scopes: str = "self") -> "Api":
        return Api(self.app, self.token(number, scopes))

    def plan(self, number: str, *entries: Entry, day: date = date(2026, 11, 24)) -> None:
        with transaction():
            plans.put_day(self.ids[number], day, entries, source="test")
        self.settle()

    def telework(self, number: str, day: date = date(2026, 11, 24)) -> None:
        self.plan(number, Entry(510, 1035, "home"), day=day)

    def position(
        self,
        name: str,
        *,
        unit: str = "W11",
        kind: str = "counter",
        staffed: str = "anyone",
        need: int = 1,
        ideal: int | None = None,
        hours: tuple[int, int] = (510, 1035),
        skills: tuple[str, ...] = (),
        contractor: bool = False,
    ) -> int:
        """A 持ち場 with one band on every working day; its id."""
        with transaction():
            row = Position(
                unit_id=self.units[unit],
                name=name,
                kind=kind,
                staffed=staffed,
                skills=list(skills),
                contractor=contractor,
            )
            band = DemandBand(weekdays=31, start_minute=hours[0], end_minute=hours[1], need=need)
            band.ideal = need if ideal is None else ideal
            row.bands = [band]
            db.session.add(row)
            db.session.flush()
            facts.restamp("positions")
            outbox.touch("coverage", row.unit_id)
            return row.id

    def duty(
        self, position_id: int, number: str, start: int, end: int, day: date = date(2026, 11, 24)
    ) -> int:
        """A duty of a fixed day; its id."""
        with transaction():
            unit_id = db.session.get_one(Position, position_id).unit_id
            duties.fix(unit_id, day, now=clock.now())
            row = duties.put_on(
                position_id, self.ids[number], day, start, end, source="rota", now=clock.now()
            )
            duty_id = row.id
        self.settle()
        return duty_id

    def row(self, number: str, viewer: str = "100") -> dict[str, Any]:
        """The row as the board shows it to `viewer`."""
        unit = CAST[number].unit
        board = self.api(viewer).get(f"/boards/{unit}").json
        return next(row for row in board["rows"] if row["staff"] == number)

    def settle(self) -> None:
        """What the pump and the clock have to do, done."""
        self.app.extensions["pump"].settle()

    @contextmanager
    def frames(self) -> Iterator[list[tuple[str, dict[str, Any], str]]]:
        """Everything the pump emits meanwhile: (event, payload, room)."""
        self.settle()
        sent: list[tuple[str, dict[str, Any], str]] = []
        pump = self.app.extensions["pump"]
        before = pump._emit
        pump.deliver_with(lambda event, payload, room: sent.append((event, payload, room)))
        try:
            yield sent
            self.settle()
        finally:
            pump.deliver_with(before)


class Api:
    """/api/v1 with one person's token."""

    def __init__(self, app: Flask, token: str) -> None:
        self._client = app.test_client()
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **kwargs: Any) -> Any:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, json: Any = None, **kwargs: Any) -> Any:
        return self.call("POST", path, json=json if json is not None else {}, **kwargs)

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        headers = self._headers | kwargs.pop("headers", {})
        return self._client.open(f"/api/v1{path}", method=method, headers=headers, **kwargs)

    def punch(self, kind: str, key: str, **body: Any) -> Any:
        return self.post("/me/punches", {"kind": kind} | body, headers={"Idempotency-Key": key})
