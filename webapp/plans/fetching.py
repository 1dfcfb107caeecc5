"""Reading one calendar over the local network: a checked host, no redirects, limits of time and size.

Everything here blocks and holds no transaction; the background task of `webapp.jobs` calls it.
"""

import http.client
import socket
import ssl
from dataclasses import dataclass
from http import HTTPStatus

from webapp.core import clock
from webapp.plans import hosts
from webapp.plans.hosts import Allowed, Refused, Target
from webapp.plans.ical import LARGEST

TIMEOUT_S = 5.0  # for a connection, and for each part of the answer
LONGEST_S = 15.0  # for the whole answer
PART = 64 * 1024


class Failed(Exception):
    """The message is what the person reads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """content None: not changed since `etag`."""

    content: bytes | None
    etag: str


def fetch(url: str, etag: str, allowed: Allowed) -> Answer:
    """Raises Failed."""
    try:
        target = hosts.target_of(url)
        if not hosts.might_be_allowed(target, allowed):
            raise Refused("このホストは、管理者が認めたホストの一覧にありません")
        address = hosts.may_connect(target, _resolved(target), allowed)
    except Refused as fault:
        raise Failed(str(fault)) from None
    try:
        return _asked(target, address, etag)
    except TimeoutError:
        raise Failed("時間内に答えがありませんでした") from None
    except ssl.SSLError:
        raise Failed("証明書を確かめられませんでした") from None
    except (OSError, http.client.HTTPException):
        raise Failed("つながりませんでした") from None


def _resolved(target: Target) -> list[str]:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [str(one[4][0]) for one in found]


def _asked(target: Target, address: str, etag: str) -> Answer:
    until = clock.monotonic() + LONGEST_S
    connection = _connection(target, address)
    try:
        host = f"[{target.host}]" if ":" in target.host else target.host
        headers = {
            "Host": host if target.is_standard_port else f"{host}:{target.port}",
            "Accept": "text/calendar, */*;q=0.1",
            "Accept-Encoding": "identity",
            "User-Agent": "Zaiseki",
            **({"If-None-Match": etag} if etag else {}),
        }
        connection.request("GET", target.path, headers=headers)
        response = connection.getresponse()
        if response.status == HTTPStatus.NOT_MODIFIED and etag:
            return Answer(None, etag)
        _check(response.status)
        return Answer(_content(response, until), (response.getheader("ETag") or "")[:200])
    finally:
        connection.close()


def _connection(target: Target, address: str) -> http.client.HTTPConnection:
    """To the checked address, whatever the name says now; the certificate is that of the name."""
    made = socket.create_connection((address, target.port), timeout=TIMEOUT_S)
    connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT_S)
    if target.scheme == "https":
        try:
            made = ssl.create_default_context().wrap_socket(made, server_hostname=target.host)
        except BaseException:
            made.close()
            raise
    connection.sock = made
    return connection


def _check(status: int) -> None:
    if 300 <= status < 400:
        raise Failed("別のアドレスへの転送は読みません。新しいアドレスを登録してください")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise Failed("読む許可がありません。公開用のアドレスか確かめてください")
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise Failed("そのアドレスにカレンダーがありません")
    if status != HTTPStatus.OK:
        raise Failed(f"カレンダーのサーバーが {status} と答えました")


def _content(response: http.client.HTTPResponse, until: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := response.read1(PART):  # what is there: a server that drips would fill no part
        size += len(part)
        if size > LARGEST:
            raise Failed(f"カレンダーが大きすぎます（{LARGEST // 1024 // 1024}MBまで）")
        if clock.monotonic() > until:
            raise Failed("時間内に読み終わりませんでした")
        parts.append(part)
    return b"".join(parts)
