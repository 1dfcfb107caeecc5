"""A real export of a city: taken in, taken in again, refused, and the first of April ahead of time."""

from datetime import date
from pathlib import Path

import pytest
from flask import g
from sqlalchemy import func, select

from tests.conftest import tokyo
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.core.models import AuditEntry
from webapp.core.refusals import RuleBroken
from webapp.org import importing, queries, withdrawal
from webapp.org.coming import coming_postings, leaving_postings
from webapp.org.import_order import Checked, Order
from webapp.org.models import OrgImport, Posting, Staff, UnitTerm
from webapp.realtime.models import RowVersion

DATA = Path(__file__).parent.parent / "data" / "wakaba-city"
APRIL = date(2027, 4, 1)
PUBLISHED = "2027-03-24 09:00"


def take(kind: str, name: str, *, content: bytes | None = None, **days: object) -> Checked:
    body = content if content is not None else (DATA / name).read_bytes()
    g.pop("database_facts", None)
    return importing.take_in(
        Order(kind, name, body, **days),  # type: ignore[arg-type]
        actor=None,
        now=clock.now(),
    )


@pytest.fixture
def city(app) -> None:
    for kind in ("units", "patterns", "staff", "staff-hours"):
        assert not take(kind, f"{kind}.csv").faults


@pytest.fixture
def april(city) -> None:
    publish_at = tokyo(PUBLISHED)
    take("units", "units-2027-04-01.csv", effective=APRIL, publish_at=publish_at)
    take("staff", "staff-2027-04-01.csv", effective=APRIL, publish_at=publish_at)


def state() -> list[tuple[object, ...]]:
    """Everything that is dated, to the last column."""
    return [
        tuple(row)
        for table in (Posting.__table__, UnitTerm.__table__)
        for row in db.session.execute(select(table).order_by(table.c.id))
    ]


def unit_of(number: str, on: date, *, known_at=None) -> str | None:
    g.pop("database_facts", None)
    staff = queries.staff_by_number(number)
    held = queries.postings_of([staff.id], on, known_at=known_at) if staff else {}
    if not held:
        return None
    node = queries.tree(on, known_at=known_at).by_id(held[staff.id][0].unit_id)  # type: ignore[union-attr]
    return node.name if node else "?"


def test_a_city_in_one_go(city) -> None:
    today = date(2026, 11, 24)
    assert len(queries.tree(today, known_at=None).nodes) == 177
    assert len(queries.posted_staff_ids(today, known_at=None)) == 1393
    assert db.session.scalar(select(func.count()).select_from(Posting)) == 1405
    assert db.session.scalar(select(func.count()).select_from(RowVersion)) == 1393
    names = set(db.session.scalars(select(Posting.name)))
    assert {name for name in names if name.startswith("髙橋")}


def test_twice_changes_nothing(city) -> None:
    before = state()
    for kind in ("units", "patterns", "staff", "staff-hours"):
        again = take(kind, f"{kind}.csv")
        assert not again.changes_something
        assert again.changes == []
    assert state() == before
    assert db.session.scalar(select(func.count()).select_from(OrgImport)) == 4


def test_every_fault_is_named_and_nothing_changes(city) -> None:
    before = state()
    refused = take("staff", "staff-broken.csv", confirmed=True)
    assert [(fault.line, fault.column) for fault in refused.faults] == [
        (4, "職員番号"),
        (5, "所属コード"),
        (6, "有効開始日"),
        (7, "氏名"),
        (8, "公用携帯"),
        (9, "有効終了日"),
        (10, "メール"),
        (11, "役割"),
        (12, "週所定勤務時間"),
    ]
    assert all(fault.right for fault in refused.faults)
    assert state() == before


def test_staff_before_units_is_one_fault(app) -> None:
    refused = take("staff", "staff.csv")
    assert [(fault.line, fault.column) for fault in refused.faults] == [(1, "所属コード")]


def test_a_third_leaving_is_refused_unless_confirmed(city) -> None:
    lines = (DATA / "staff.csv").read_bytes().split(b"\r\n")
    half = b"\r\n".join(lines[:700])
    before = state()
    refused = take("staff", "staff.csv", content=half)
    assert "3分の1" in refused.too_many_leave
    assert state() == before
    part = importing.check(Order("staff", "staff.csv", half, part=True), now=clock.now())
    assert part.may_write
    assert "left" not in part.counts
    taken = take("staff", "staff.csv", content=half, confirmed=True)
    assert not taken.too_many_leave
    assert len(queries.posted_staff_ids(date(2026, 11, 24), known_at=None)) < 800


def test_unknown_pattern_is_taken_and_listed(city) -> None:
    content = (
        (DATA / "staff.csv").read_bytes().replace("半日".encode("cp932"), "夜間".encode("cp932"))
    )
    taken = take("staff", "staff.csv", content=content)
    assert not taken.faults
    assert "勤務時間が未設定: 夜間 70人" in " ".join(taken.notes)


def test_only_who_changes_gets_a_new_version(city) -> None:
    content = (DATA / "staff.csv").read_bytes().replace(b",3675,", b",3676,", 1)
    take("staff", "staff.csv", content=content)
    raised = db.session.execute(select(RowVersion.key, RowVersion.version)).all()
    twice = [key for key, version in raised if version > 1]
    numbers = set(db.session.scalars(select(Staff.number).where(Staff.id.in_(twice))))
    assert "100009" in numbers
    # 12 people with own hours were touched by those.
    assert len(numbers) == 13


def test_april_is_hidden_until_it_is_published(april, at) -> None:
    moved = "100271"
    today, now = date(2026, 11, 24), clock.now()
    assert unit_of(moved, today, known_at=now) == "市民協働課"
    assert unit_of(moved, APRIL, known_at=now) == "市民協働課"
    assert unit_of(moved, APRIL, known_at=None) == "市民協働・人権課"
    assert coming_postings(None, now=now) == []
    assert queries.tree(today, known_at=now).by_code("W02030").successor_id is None  # type: ignore[union-attr]
    visible = AuditEntry.visible_at.is_(None)
    hidden = db.session.scalar(select(func.count()).where(~visible).select_from(AuditEntry))
    assert hidden == 2

    now = at(PUBLISHED)
    assert unit_of(moved, date(2027, 3, 24), known_at=now) == "市民協働課"
    assert unit_of(moved, APRIL, known_at=now) == "市民協働・人権課"
    assert len(coming_postings(None, now=now)) == 197
    assert any(one.number == moved for one in leaving_postings(None, now=now))

    now = at("2027-04-01 09:00")
    assert unit_of(moved, APRIL, known_at=now) == "市民協働・人権課"
    assert unit_of(moved, date(2027, 3, 31), known_at=now) == "市民協働課"
    assert queries.tree(APRIL, known_at=now).by_code("W01050").name == "デジタル推進課"  # type: ignore[union-attr]
    assert queries.tree(APRIL, known_at=now).by_code("W02030") is None
    assert len(queries.posted_staff_ids(APRIL, known_at=now)) == 1308
    assert coming_postings(None, now=now) == []


def test_april_twice_changes_nothing(april) -> None:
    before = state()
    take("units", "units-2027-04-01.csv", effective=APRIL, publish_at=tokyo(PUBLISHED))
    take("staff", "staff-2027-04-01.csv", effective=APRIL, publish_at=tokyo(PUBLISHED))
    assert state() == before


def test_without_a_day_of_publication_it_is_that_of_the_effective_day(city) -> None:
    taken = take("units", "units-2027-04-01.csv", effective=APRIL)
    assert taken.publish_at == tokyo("2027-04-01 00:00")
    with pytest.raises(RuleBroken):
        take(
            "units",
            "units-2027-04-01.csv",
            effective=APRIL,
            publish_at=tokyo("2027-04-01 08:30"),
        )


def withdraw(kind: str) -> None:
    """The latest that was announced ahead."""
    query = select(OrgImport.id).where(
        OrgImport.kind == kind,
        OrgImport.withdrawn_at.is_(None),
        OrgImport.publish_at.is_not(None),
    )
    latest = db.session.scalars(query.order_by(OrgImport.id.desc())).first()
    assert latest is not None
    with transaction():
        withdrawal.withdraw(latest, actor=None, now=clock.now())


def test_withdrawn_is_as_before(city) -> None:
    before = state()
    take("units", "units-2027-04-01.csv", effective=APRIL, publish_at=tokyo(PUBLISHED))
    take("staff", "staff-2027-04-01.csv", effective=APRIL, publish_at=tokyo(PUBLISHED))
    with pytest.raises(RuleBroken):
        withdraw("units")
    withdraw("staff")
    withdraw("units")
    assert state() == before


def test_published_cannot_be_withdrawn(april, at) -> None:
    at(PUBLISHED)
    with pytest.raises(RuleBroken):
        withdraw("staff")


def test_a_change_of_today_hands_on_what_waits(april) -> None:
    mover, today = "100271", date(2026, 11, 24)
    lines = (DATA / "staff.csv").read_bytes().split(b"\r\n")
    changed = [
        line.replace("課長".encode("cp932"), "参事".encode("cp932"), 1)
        if line.startswith(mover.encode())
        else line
        for line in lines
    ]
    take("staff", "staff.csv", content=b"\r\n".join(changed))
    assert unit_of(mover, today) == "市民協働課"
    assert unit_of(mover, APRIL) == "市民協働・人権課"
    withdraw("staff")
    withdraw("units")
    assert unit_of(mover, APRIL) == "市民協働課"
    staff = queries.staff_by_number(mover)
    assert staff is not None
    held = queries.postings_of([staff.id], APRIL, known_at=None)[staff.id]
    assert [posting.title for posting in held if posting.is_main] == ["参事"]


def test_a_corrected_april_file_replaces_the_first(april) -> None:
    content = (DATA / "staff-2027-04-01.csv").read_bytes()
    lines = content.decode("utf-8-sig").split("\r\n")
    corrected = "\r\n".join(line for line in lines if not line.startswith("199999"))
    taken = take(
        "staff",
        "staff-2027-04-01.csv",
        content=corrected.encode(),
        effective=APRIL,
        publish_at=tokyo(PUBLISHED),
    )
    assert taken.counts["unchanged"] == 1307
    assert unit_of("199999", APRIL) is None
    withdraw("staff")
    assert unit_of("199999", APRIL) == "庶務係"
    withdraw("staff")
    assert unit_of("199999", APRIL) is None
    assert len(queries.posted_staff_ids(APRIL, known_at=None)) == 1393 - 281


def test_a_race_is_noticed(city, monkeypatch) -> None:
    stale = importing.check
    calls = []

    def check_then_other(order, *, now):
        checked = stale(order, now=now)
        calls.append(order.file)
        if len(calls) == 1:
            other = (DATA / "staff.csv").read_bytes().replace(b",3675,", b",3677,", 1)
            monkeypatch.setattr(importing, "check", stale)
            take("staff", "other.csv", content=other)
            monkeypatch.setattr(importing, "check", check_then_other)
        return checked

    monkeypatch.setattr(importing, "check", check_then_other)
    mine = (DATA / "staff.csv").read_bytes().replace(b",3675,", b",3676,", 1)
    take("staff", "mine.csv", content=mine)
    assert calls == ["mine.csv", "mine.csv"]
    in_force = (
        select(Posting.extension)
        .join(Staff)
        .where(Staff.number == "100009", Posting.closed_on.is_(None))
    )
    assert list(db.session.scalars(in_force)) == ["3676"]
