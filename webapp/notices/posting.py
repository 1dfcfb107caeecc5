"""One HTTP POST to an address that somebody typed: bounded in time, to the address that was judged, no redirects."""

import socket
import ssl
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException
from typing import Any

from webapp.core import clock
from webapp.notices.webhook_rules import PORTS, Target, may_call

TIMEOUT_S = 5.0  # for all of it
MOST_READ = 16_384


class PostFault(Exception):
    """Nothing came back that says how it went; the message is for the log of deliveries, and holds no secret."""


def post(target: Target, body: bytes, headers: dict[str, str], *, allowed: Sequence[str]) -> int:
    """The status of the answer; its text is not read. Raises PostFault.

    The name is looked up once and the connection goes to that very address: a name that answers differently the
    second time (DNS rebinding) gains nothing.
    """
    deadline = clock.monotonic() + TIMEOUT_S
    connection = _Pinned(target, _address_of(target, allowed), deadline)
    try:
        connection.request("POST", target.path, body, headers)
        return _status_of(connection.sock, deadline)
    except TimeoutError:
        raise PostFault(f"{TIMEOUT_S:.0f}秒以内に応答がありません") from None
    except ssl.SSLError as error:
        raise PostFault(f"証明書を確かめられません（{error.reason}）") from None
    except (HTTPException, ValueError) as error:
        raise PostFault(f"送れませんでした（{type(error).__name__}）") from None
    except OSError as error:
        raise PostFault(f"接続できません（{error.strerror or type(error).__name__}）") from None
    finally:
        connection.close()


def _address_of(target: Target, allowed: Sequence[str]) -> str:
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise PostFault("相手の名前が見つかりません") from None
    addresses = [str(entry[4][0]) for entry in found]
    good = [one for one in addresses if may_call(target.host, one, allowed)]
    if not good:
        raise PostFault("許可されていない相手です（設定「Webhook を送ってよい相手」）")
    return good[0]


class _Pinned(HTTPConnection):
    """A connection to one address, under the name the certificate must have."""

    def __init__(self, target: Target, address: str, deadline: float) -> None:
        super().__init__(target.host, target.port, timeout=TIMEOUT_S)
        self.default_port = PORTS[target.scheme]  # else a Host header names port 443
        self._target, self._address, self._deadline = target, address, deadline

    def connect(self) -> None:
        sock: Any = socket.create_connection((self._address, self._target.port), self.timeout)
        sock.settimeout(_left(self._deadline))
        if self._target.scheme == "https":
            try:
                sock = ssl.create_default_context().wrap_socket(
                    sock, server_hostname=self._target.host
                )
            except BaseException:
                sock.close()
                raise
            sock.settimeout(_left(self._deadline))
        self.sock = sock


def _left(deadline: float) -> float:
    left = deadline - clock.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _status_of(sock: Any, deadline: float) -> int:
    """Of the first line only. Read here, since a server that drips byte by byte outlasts every timeout of a socket."""
    head = b""
    while b"\n" not in head and len(head) < MOST_READ:
        sock.settimeout(_left(deadline))
        piece = sock.recv(MOST_READ)
        if not piece:
            break
        head += piece
    words = head.split(b"\n", 1)[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise PostFault("HTTP の応答ではありません")
    return int(words[1])
