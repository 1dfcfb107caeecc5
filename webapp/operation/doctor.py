"""`zaiseki doctor`: what is in force, and what to mend."""

from collections.abc import Iterator, Mapping

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from webapp.config import Config
from webapp.core import facts
from webapp.operation import doctor_database, doctor_machine, doctor_settings
from webapp.operation.findings import Finding, Level

HIDDEN = ("secret", "password", "key")


def examine(app: Flask) -> list[Finding]:
    config: Config = app.config["ZAISEKI"]
    return list(_all(app, config))


def _all(app: Flask, config: Config) -> Iterator[Finding]:
    with app.app_context():
        yield from doctor_database.findings(config)
        demonstration = _is_demonstration()
    yield from doctor_settings.findings(config, demonstration=demonstration)
    yield from doctor_machine.findings(config)


def _is_demonstration() -> bool:
    try:
        return facts.is_demonstration()
    except SQLAlchemyError:
        return False


def report(config: Config, found: list[Finding]) -> int:
    """Print it; the exit status: 1 where something has to be mended."""
    for name, value in in_force(config).items():
        click.echo(f"{name:28} {value}")
    click.echo()
    for finding in found:
        click.echo(str(finding))
    faults = sum(finding.level is Level.FAULT for finding in found)
    warnings = sum(finding.level is Level.WARNING for finding in found)
    click.echo(f"\n直すところ {faults}件、注意 {warnings}件")
    return 1 if faults else 0


def in_force(config: Config) -> dict[str, object]:
    """Every setting by its name, secrets hidden."""
    none = "（なし）"
    return {
        "ZAISEKI_DATABASE_URL": without_password(config.database_url),
        "ZAISEKI_REDIS_URL": without_password(config.redis_url or "（なし・1プロセス）"),
        "ZAISEKI_SECRET_KEY": "（設定済み）" if config.secret_key else none,
        "ZAISEKI_HOST": config.host,
        "ZAISEKI_PORT": config.port,
        "ZAISEKI_ASYNC_MODE": config.async_mode,
        "ZAISEKI_DEMO": config.demo or none,
        "ZAISEKI_TRUSTED_PROXIES": ", ".join(map(str, config.trusted_proxies)) or none,
        "ZAISEKI_REMOTE_USER_HEADER": config.remote_user_header or none,
        **_oidc(config.oidc),
        "ZAISEKI_LOG_JSON": "1" if config.log_json else "0",
        "ZAISEKI_PUNCH_INBOX": config.punch_inbox or none,
        "ZAISEKI_FRAME_ANCESTORS": config.frame_ancestors,
        "ZAISEKI_POLLING": "1" if config.polling else "0",
    }


def _oidc(said: Mapping[str, str]) -> dict[str, object]:
    return {
        f"ZAISEKI_OIDC_{name.upper()}": "***" if any(word in name for word in HIDDEN) else value
        for name, value in sorted(said.items())
    }


def without_password(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.rpartition(':')[0]}:***@{tail}" if at and ":" in head.partition("//")[2] else url
