"""Webhooks, the pure part: when to try again, which addresses may be called, how a delivery is written and signed."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

EVENTS = {
    "memo": "取次",
    "request": "申請",
    "shortage": "不足",
    "emergency": "緊急時",
    "rota": "当番表の確定",
}
TEST = "test"
FORMS = {"json": "JSON（署名つき）", "text": "チャット（text だけの JSON）"}
WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
TOO_MANY_FAILURES = 20  # in a row, over all deliveries of one webhook
PORTS = {"http": 80, "https": 443}
LONGEST_URL = 500

Address = IPv4Address | IPv6Address


def next_try(tries: int, *, now: datetime) -> datetime | None:
    """After the first, second … failed try; None = given up."""
    return now + WAITS[tries - 1] if tries <= len(WAITS) else None


def succeeded(status: int | None) -> bool:
    """A redirect is no success: what is signed for one place is not sent to another."""
    return status is not None and 200 <= status < 300


# --- where to -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    host: str
    port: int
    path: str  # with the query

    @property
    def site(self) -> str:
        """Without the path: that may be a secret of the chat tool."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


class TargetFault(ValueError):
    """An address that cannot be called; the message says what would be right."""


def target_of(url: str) -> Target:
    """Raises TargetFault."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise TargetFault(
            "アドレスを読み取れません（例 https://chat.example.lg.jp/hooks/abc）"
        ) from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise TargetFault("https:// か http:// で始まるアドレスにしてください")
    if parts.username is not None or parts.password is not None:
        raise TargetFault("アドレスに利用者名やパスワードを入れないでください")
    if len(url) > LONGEST_URL or any(
        ord(letter) < 33 or ord(letter) > 126 for letter in url.strip()
    ):
        raise TargetFault(f"アドレスは半角の英数字と記号で、{LONGEST_URL}文字以内にしてください")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname.lower(), port or PORTS[parts.scheme], path)


def may_call(host: str, address: str, allowed: Sequence[str]) -> bool:
    """Whether a host that resolves to this address may be called.

    allowed: host names, addresses, and 「*.example.lg.jp」. Where any is listed, only those. Never, unless listed by
    its own address or name: this machine itself. Never at all: link-local (metadata services of clouds live there),
    multicast and what is no address of a machine. Private ranges are what a closed network is made of: they may.
    """
    where = _plain(address)
    if where.is_link_local or where.is_multicast or where.is_unspecified or where.is_reserved:
        return False
    is_listed = any(_fits(host, where, entry.strip().lower()) for entry in allowed)
    return is_listed or not (allowed or where.is_loopback)


def _plain(address: str) -> Address:
    """An IPv4 address in the clothes of IPv6 is judged as what it is."""
    found = ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _fits(host: str, where: Address, entry: str) -> bool:
    if entry.startswith("*."):
        return host.endswith(entry[1:])
    return entry in (host, str(where))


# --- what -----------------------------------------------------------------------------------


def body_of(payload: dict[str, Any], form: str) -> bytes:
    """json: the payload. text: one sentence, as Mattermost, Slack, LINE WORKS and their like take it."""
    content = payload if form == "json" else {"text": sentence(payload)}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def sentence(payload: dict[str, Any]) -> str:
    """「取次1件（市民課） https://…」: that something happened, never what."""
    where = f"（{payload['unit_name']}）" if payload.get("unit_name") else ""
    what = "テスト" if payload["event"] == TEST else EVENTS[payload["event"]]
    return f"{what}{payload['count']}件{where} {payload['url']}"


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Hex of HMAC-SHA256 over 「timestamp.body」; timestamp in seconds of the epoch, so that a copy grows old."""
    signed = str(timestamp).encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
