"""Checks of the installation's own settings, and of Redis."""

from collections.abc import Iterator
from typing import Any

import redis

from webapp.config import Config
from webapp.core import redis_server
from webapp.operation.findings import Finding, fault, good, note, warning

SHORTEST_KEY = 32


def findings(config: Config, *, demonstration: bool) -> Iterator[Finding]:
    yield secret_key(config.secret_key, demonstration=demonstration)
    yield proxies(config)
    if config.remote_user_header:
        yield user_header(config)
    if config.redis_url:
        yield from redis_findings(config.redis_url)


def secret_key(key: str | None, *, demonstration: bool) -> Finding:
    """It signs cookies: whoever guesses it is anybody."""
    name = "秘密の値"
    how = "python3 -c 'import secrets; print(secrets.token_hex(32))' で作ってください"
    if not key:
        told = f"ZAISEKI_SECRET_KEY がありません。{how}"
        return note(name, "デモのため不要") if demonstration else fault(name, told)
    if len(key) < 16:
        return fault(name, f"{len(key)}文字では短すぎます。{how}")
    if len(key) < SHORTEST_KEY or len(set(key)) < 10:
        return warning(name, f"推測されやすい値です。{how}（変えると全員がサインインし直します）")
    return good(name, "設定済み")


def proxies(config: Config) -> Finding:
    name = "プロキシ"
    if any(network.prefixlen == 0 for network in config.trusted_proxies):
        return fault(
            name,
            "ZAISEKI_TRUSTED_PROXIES がすべてのアドレスです。誰でも名乗れます。nginx の番地だけにしてください",
        )
    if config.trusted_proxies:
        return good(name, ", ".join(map(str, config.trusted_proxies)))
    if config.is_loopback:
        return note(name, "なし。nginx を前に置くときは ZAISEKI_TRUSTED_PROXIES=127.0.0.1")
    return warning(
        name,
        f"{config.host} で直に待ち受けています。暗号化（TLS）のため nginx を前に置き、"
        "ZAISEKI_HOST=127.0.0.1 と ZAISEKI_TRUSTED_PROXIES を設定してください",
    )


def user_header(config: Config) -> Finding:
    name = "利用者のヘッダー"
    if not config.trusted_proxies:
        return fault(
            name,
            "ZAISEKI_TRUSTED_PROXIES がないため、読まれません。プロキシの番地を設定してください",
        )
    return good(name, config.remote_user_header or "")


def redis_findings(url: str) -> Iterator[Finding]:
    try:
        client = redis_server.connect(url)
        told: dict[str, Any] = client.info()
        memory = client.config_get("maxmemory-policy").get("maxmemory-policy", "")
    except redis.ResponseError:  # a service that does not let its settings be read
        told, memory = client.info(), ""
    except (redis.RedisError, OSError, ValueError) as error:
        yield fault(
            "Redis",
            f"接続できません（{error}）。ZAISEKI_REDIS_URL と、Redis が動いているかを確かめてください",
        )
        return
    yield redis_version(str(told.get("redis_version", "")))
    yield redis_memory(int(told.get("maxmemory", 0)), str(memory))


def redis_version(version: str) -> Finding:
    major = int(version.partition(".")[0] or 0)
    if major < 5:
        return fault("Redis", f"版 {version}。5 以上にしてください")
    return good("Redis", f"版 {version}")


def redis_memory(maxmemory: int, policy: str) -> Finding:
    """Limits live there: with noeviction a full memory refuses to count, and everybody is let through or nobody."""
    name = "Redis のメモリー"
    if maxmemory and policy == "noeviction":
        return warning(
            name,
            f"上限 {maxmemory / 1_048_576:,.0f} MB で noeviction。maxmemory-policy volatile-lru にしてください",
        )
    return good(name, policy or "既定")
