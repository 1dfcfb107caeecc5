"""Settings of the installation, from the environment (`zaiseki doctor` prints what is in force)."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class ConfigFault(Exception):
    """The installation cannot start like this; the message says what to set."""


def default_database() -> str:
    return f"sqlite:///{ROOT / 'instance' / 'zaiseki.db'}"


@dataclass(frozen=True, slots=True)
class Config:
    database_url: str = field(default_factory=default_database)
    redis_url: str | None = None
    secret_key: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    async_mode: str = "eventlet"
    demo: str | None = None  # "0": never fill; "1": a demonstration may be reached from elsewhere
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    remote_user_header: str | None = None
    oidc: Mapping[str, str] = field(default_factory=dict)
    log_json: bool = False
    punch_inbox: str | None = None
    frame_ancestors: str = "'none'"
    polling: bool = False  # long-polling beside websocket, for proxies that break websockets
    testing: bool = False

    @property
    def is_default_database(self) -> bool:
        return self.database_url == default_database()

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK

    def with_secret(self) -> "Config":
        """For commands that sign nothing: a key of their own, forgotten with the process."""
        return self if self.secret_key else replace(self, secret_key=secrets.token_hex(32))


def from_environment(environ: Mapping[str, str] = os.environ) -> Config:
    """Raises ConfigFault with the name of the setting and what would be right."""

    def text(name: str) -> str | None:
        return environ.get(f"ZAISEKI_{name}", "").strip() or None

    mode = text("ASYNC_MODE") or "eventlet"
    if mode not in {"eventlet", "threading"}:
        raise ConfigFault(f"ZAISEKI_ASYNC_MODE={mode}: eventlet か threading にしてください")
    return Config(
        database_url=_database_url(text("DATABASE_URL")),
        redis_url=text("REDIS_URL"),
        secret_key=text("SECRET_KEY"),
        host=text("HOST") or "127.0.0.1",
        port=_port(text("PORT") or "8000"),
        async_mode=mode,
        demo=text("DEMO"),
        trusted_proxies=_networks(text("TRUSTED_PROXIES") or ""),
        remote_user_header=text("REMOTE_USER_HEADER"),
        oidc={
            name.removeprefix("ZAISEKI_OIDC_").lower(): value
            for name, value in environ.items()
            if name.startswith("ZAISEKI_OIDC_")
        },
        log_json=text("LOG_JSON") in {"1", "true", "yes"},
        punch_inbox=text("PUNCH_INBOX"),
        frame_ancestors=text("FRAME_ANCESTORS") or "'none'",
        polling=text("POLLING") in {"1", "true", "yes"},
    )


def _database_url(url: str | None) -> str:
    if url is None:
        return default_database()
    # SQLAlchemy 2.1 takes psycopg 3 for a bare postgresql://; its C wait blocks the event loop. psycopg2 cooperates.
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg2://" + url.removeprefix(prefix)
    if url.startswith(("sqlite:///", "postgresql+psycopg2://")):
        return url
    raise ConfigFault(
        "ZAISEKI_DATABASE_URL: sqlite:///絶対パス か postgresql://利用者@ホスト/名前 にしてください"
    )


def _port(text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise ConfigFault(f"ZAISEKI_PORT={text}: 1〜65535 の番号にしてください")


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigFault(
            f"ZAISEKI_TRUSTED_PROXIES: {error}（例 10.1.2.3, 192.168.0.0/24）"
        ) from None
