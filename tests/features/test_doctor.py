"""Each check of `zaiseki doctor`: what it finds, how grave that is, and what it says to do."""

import resource
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.stage import Stage
from webapp.cli import _commands
from webapp.config import Config, from_environment
from webapp.core import clock
from webapp.core.db import db, transaction
from webapp.operation import backup, doctor, doctor_database, doctor_machine, doctor_settings
from webapp.operation.findings import Finding, Level
from webapp.realtime.models import ServerProcess

FAULT, WARNING, GOOD, NOTE = Level.FAULT, Level.WARNING, Level.GOOD, Level.NOTE
NOW = datetime(2026, 11, 24, 1, 20, tzinfo=UTC)
KEY = "0123456789abcdef" * 4


def config(**changes: Any) -> Config:
    return replace(Config(secret_key=KEY), **changes)


def proxies(text: str) -> Config:
    return from_environment({"ZAISEKI_TRUSTED_PROXIES": text, "ZAISEKI_SECRET_KEY": KEY})


@pytest.mark.parametrize(
    ("finding", "level", "advice"),
    [
        (doctor_machine.python(("3", "10", "4")), FAULT, "3.11"),
        (doctor_machine.python(("3", "12", "1")), GOOD, "3.12.1"),
        (doctor_machine.open_files(1024), FAULT, "LimitNOFILE=65536"),
        (doctor_machine.open_files(10_000), WARNING, "LimitNOFILE=65536"),
        (doctor_machine.open_files(65_536), GOOD, ""),
        (doctor_machine.open_files(resource.RLIM_INFINITY), GOOD, "無制限"),
        (doctor_machine.backlog(128), WARNING, "net.core.somaxconn=4096"),
        (doctor_machine.backlog(4096), GOOD, ""),
        (doctor_machine.backlog(None), NOTE, ""),
        (doctor_machine.zone("Asia/Tokyo"), GOOD, ""),
        (doctor_machine.zone("Asia/Nowhere"), FAULT, "make setup"),
        (doctor_machine.zone("Europe/Paris"), FAULT, "make setup"),
        (doctor_machine.synchronised("yes"), GOOD, ""),
        (doctor_machine.synchronised("no"), WARNING, "NTP"),
        (doctor_machine.synchronised(None), NOTE, "NTP"),
        (doctor_machine.vendor_files(Path("/nowhere")), FAULT, "make setup"),
        (doctor_machine.room(1_000_000, 0), FAULT, "空き"),
        (doctor_machine.room(500_000_000, 0), WARNING, "3倍"),
        (doctor_machine.room(5 << 30, 2 << 30), WARNING, "3倍"),
        (doctor_machine.room(50 << 30, 2 << 30), GOOD, ""),
        (doctor_machine.fsync_time(0.4), GOOD, "0.4 ms"),
        (doctor_machine.fsync_time(45.0), WARNING, "SSD"),
        (doctor_machine.apart(NOW, NOW + timedelta(seconds=1)), GOOD, ""),
        (doctor_machine.apart(NOW, NOW - timedelta(seconds=5)), WARNING, "NTP"),
        (doctor_machine.apart(NOW, NOW + timedelta(hours=1)), FAULT, "3,600 秒"),
        (doctor_database.sqlite_version((3, 31, 1)), FAULT, "3.35"),
        (doctor_database.sqlite_version((3, 40, 1)), NOTE, "3.51.3"),
        (doctor_database.sqlite_version((3, 44, 6)), GOOD, "3.44.6"),
        (doctor_database.sqlite_version((3, 50, 4)), NOTE, "3.51.3"),
        (doctor_database.sqlite_version((3, 51, 3)), GOOD, ""),
        (doctor_database.sqlite_version((3, 53, 0)), GOOD, ""),
        (doctor_database.postgres_version(120_009), FAULT, "13 以上"),
        (doctor_database.postgres_version(130_009), WARNING, "新しい版"),
        (doctor_database.postgres_version(170_001), GOOD, "17"),
        (doctor_database.durable("on", "on"), GOOD, ""),
        (doctor_database.durable("off", "on"), FAULT, "fsync=off"),
        (doctor_database.durable("on", "off"), FAULT, "停電"),
        (doctor_database.connections(20), WARNING, "max_connections=20"),
        (doctor_database.connections(100), GOOD, ""),
        (doctor_database.wal_size(0), GOOD, ""),
        (doctor_database.wal_size(1 << 30), WARNING, "再起動"),
        (doctor_database.migrated("0004", "0004"), GOOD, "0004"),
        (doctor_database.migrated("0003", "0004"), FAULT, "zaiseki migrate"),
        (doctor_database.migrated(None, "0004"), FAULT, "空です"),
        (doctor_database.backup_age(None, NOW, demonstration=False), WARNING, "zaiseki backup"),
        (doctor_database.backup_age(None, NOW, demonstration=True), NOTE, ""),
        (
            doctor_database.backup_age(NOW - timedelta(minutes=16), NOW, demonstration=False),
            GOOD,
            "2026-11-24 10:04",
        ),
        (
            doctor_database.backup_age(NOW - timedelta(days=3), NOW, demonstration=False),
            WARNING,
            "timer",
        ),
        (doctor_database.processes([], embedded=True, redis=False), GOOD, "なし"),
        (doctor_database.processes(["a:1"], embedded=True, redis=False), GOOD, "a:1"),
        (doctor_database.processes(["a:1", "a:2"], embedded=True, redis=True), FAULT, "PostgreSQL"),
        (
            doctor_database.processes(["a:1", "a:2"], embedded=False, redis=False),
            FAULT,
            "ZAISEKI_REDIS_URL",
        ),
        (doctor_database.processes(["a:1", "a:2"], embedded=False, redis=True), GOOD, ""),
        (doctor_settings.secret_key(None, demonstration=False), FAULT, "token_hex"),
        (doctor_settings.secret_key(None, demonstration=True), NOTE, ""),
        (doctor_settings.secret_key("short", demonstration=False), FAULT, "短すぎ"),
        (doctor_settings.secret_key("k" * 40, demonstration=False), WARNING, "推測"),
        (doctor_settings.secret_key("0123456789abcdefghij", demonstration=False), WARNING, "推測"),
        (doctor_settings.secret_key(KEY, demonstration=False), GOOD, ""),
        (doctor_settings.proxies(proxies("10.0.0.1")), GOOD, "10.0.0.1"),
        (doctor_settings.proxies(proxies("0.0.0.0/0")), FAULT, "nginx"),
        (doctor_settings.proxies(config()), NOTE, "127.0.0.1"),
        (doctor_settings.proxies(config(host="0.0.0.0")), WARNING, "TLS"),
        (
            doctor_settings.user_header(config(remote_user_header="Remote-User")),
            FAULT,
            "TRUSTED_PROXIES",
        ),
        (
            doctor_settings.user_header(
                replace(proxies("10.0.0.1"), remote_user_header="Remote-User")
            ),
            GOOD,
            "",
        ),
        (doctor_settings.redis_version("4.0.9"), FAULT, "5 以上"),
        (doctor_settings.redis_version("7.2.4"), GOOD, "7.2.4"),
        (doctor_settings.redis_memory(1 << 28, "noeviction"), WARNING, "volatile-lru"),
        (doctor_settings.redis_memory(0, "noeviction"), GOOD, ""),
        (doctor_settings.redis_memory(1 << 28, "volatile-lru"), GOOD, ""),
    ],
    ids=lambda value: value.name if isinstance(value, Finding) else None,
)
def test_a_check(finding: Finding, level: Level, advice: str) -> None:
    assert finding.level is level
    assert advice in finding.text
    assert str(finding).startswith(str(level))


def test_a_redis_that_does_not_answer_is_a_fault() -> None:
    (found,) = doctor_settings.redis_findings("redis://127.0.0.1:1/0")
    assert found.level is FAULT
    assert "ZAISEKI_REDIS_URL" in found.text


def names(found: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in found}


def test_all_of_a_working_installation(stage: Stage) -> None:
    found = names(doctor.examine(stage.app))
    assert found["データベース"].level is GOOD
    assert found["動いているサーバー"].level is GOOD
    assert found["バックアップ"].level is WARNING
    with transaction():
        backup.note(now=clock.now())
    assert names(doctor.examine(stage.app))["バックアップ"].level is GOOD
    embedded = db.engine.dialect.name == "sqlite"
    assert ("ディスクへの書き込み（fsync）" in found) == embedded
    assert ("データベースのサーバーとの時計の差" in found) != embedded


def test_two_servers_where_only_one_may_be(stage: Stage) -> None:
    now = clock.now()
    with transaction() as session:
        for number, seen in (("1", now), ("2", now), ("3", now - timedelta(hours=1))):
            row = ServerProcess(id=number, place=f"a:{number}", pid=1, started_at=now, seen_at=seen)
            session.add(row)
    found = names(doctor.examine(stage.app))["動いているサーバー"]
    assert found.level is FAULT
    assert "a:1, a:2。" in found.text


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("REDIS_URL", "HOST", "TRUSTED_PROXIES", "PORT", "ASYNC_MODE"):
        monkeypatch.delenv(f"ZAISEKI_{name}", raising=False)
    monkeypatch.setenv("ZAISEKI_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")
    monkeypatch.setenv("ZAISEKI_SECRET_KEY", KEY)
    return monkeypatch


def test_the_command_says_what_is_in_force_and_hides_secrets(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("ZAISEKI_REDIS_URL", "redis://:redis-secret@127.0.0.1:1/0")
    environment.setenv("ZAISEKI_OIDC_CLIENT_SECRET", "oidc-secret")
    told = CliRunner().invoke(_commands(), ["doctor"])
    assert told.exit_code == 1
    assert "× データベース: 空です。zaiseki migrate" in told.output
    assert "× Redis" in told.output
    for secret in (KEY, "redis-secret", "oidc-secret"):
        assert secret not in told.output


def test_warnings_alone_are_no_fault(environment: pytest.MonkeyPatch) -> None:
    assert CliRunner().invoke(_commands(), ["migrate"]).exit_code == 0
    environment.setenv("ZAISEKI_HOST", "0.0.0.0")
    environment.setattr(doctor_machine, "findings", lambda _config: iter(()))
    told = CliRunner().invoke(_commands(), ["doctor"])
    assert "△ プロキシ" in told.output
    assert "直すところ 0件" in told.output
    assert told.exit_code == 0
