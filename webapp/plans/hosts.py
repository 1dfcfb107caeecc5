"""Which addresses of calendars may be read: an allow-list of hosts and networks, nothing else. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
LONGEST = 500
PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$")


class Refused(ValueError):
    """The message says what is wrong with the address and what would be right."""


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address. path: with the query, as it goes into the request."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_standard_port(self) -> bool:
        return self.port == PORTS[self.scheme]


def target_of(url: str) -> Target:
    """Raises Refused."""
    if len(url) > LONGEST or re.search(r"[\s\x00-\x1f\\]", url) or not url.isascii():
        raise Refused("アドレスに空白や使えない文字があるか、長すぎます")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Refused(
            "アドレスの形が正しくありません（例 http://groupware.city.local/u/1.ics）"
        ) from None
    if parts.scheme not in PORTS:
        raise Refused("http:// か https:// で始まるアドレスにしてください")
    if parts.username is not None or parts.password is not None:
        raise Refused("アドレスに利用者名やパスワードを入れないでください")
    if not host or (_address(host) is None and not _HOST.match(host)):
        raise Refused("ホストの名前がありません（例 http://groupware.city.local/u/1.ics）")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The lines of the setting. A line without a port means the standard port of http and https."""

    names: tuple[tuple[str, int | None], ...] = ()
    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def by_name(self, target: Target) -> bool:
        return any(
            _fits(target.host, name)
            and (target.port == port if port is not None else target.is_standard_port)
            for name, port in self.names
        )

    def by_network(self, target: Target, address: Address) -> bool:
        return target.is_standard_port and any(address in network for network in self.networks)


def _fits(host: str, name: str) -> bool:
    if name.startswith("*."):
        return _address(host) is None and host.endswith(name[1:]) and len(host) > len(name) - 1
    return host == name


def allowed_of(lines: Iterable[str]) -> Allowed:
    """A line that is neither a host nor a network allows nothing."""
    names: list[tuple[str, int | None]] = []
    networks: list[IPv4Network | IPv6Network] = []
    for line in lines:
        text = line.strip().lower()
        try:
            networks.append(ip_network(text, strict=False))
            continue
        except ValueError:
            pass
        name, _, port = text.rpartition(":") if re.search(r":\d{1,5}$", text) else (text, "", "")
        if _HOST.match(name.removeprefix("*.")):
            names.append((name, int(port) if port else None))
    return Allowed(tuple(names), tuple(networks))


def may_connect(target: Target, addresses: Sequence[str], allowed: Allowed) -> str:
    """The address to connect to, out of those the name stands for. Raises Refused.

    The connection goes to this very address: a name that answers differently a moment later changes nothing.
    A host allowed by name may stand for any address but those of this machine and of no machine at all; an address
    written in the list itself is meant.
    """
    found = [address for text in addresses if (address := _address(text)) is not None]
    if not found:
        raise Refused("ホストが見つかりません")
    for address in found:
        if allowed.by_network(target, address):
            return str(address)
    if allowed.by_name(target):
        for address in found:
            if not _is_ours(address) or _address(target.host) is not None:
                return str(address)
    raise Refused("このホストは、管理者が認めたホストの一覧にありません")


def _is_ours(address: Address) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    one = mapped or address
    return one.is_loopback or one.is_link_local or one.is_multicast or one.is_unspecified


def might_be_allowed(target: Target, allowed: Allowed) -> bool:
    """Before any name is asked for: whether the list could allow it at all."""
    literal = _address(target.host)
    if literal is not None:
        return allowed.by_network(target, literal) or allowed.by_name(target)
    return allowed.by_name(target) or (target.is_standard_port and bool(allowed.networks))
