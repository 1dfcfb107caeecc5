"""X-Forwarded-* and the user header count only from the proxies that are trusted; others' are dropped."""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

Environ = dict[str, Any]
WSGI = Callable[[Environ, Callable[..., Any]], Any]
FORWARDED = "zaiseki.forwarded"


class TrustedProxies:
    """Outermost: the Socket.IO server reads X-Forwarded-Host for its origin check on its own."""

    def __init__(
        self,
        wsgi: WSGI,
        trusted: tuple[IPv4Network | IPv6Network, ...],
        user_header: str | None,
    ) -> None:
        self._plain = wsgi
        self._fixed = ProxyFix(wsgi, x_for=1, x_proto=1, x_host=1)
        self._trusted = trusted
        self._user_header = "HTTP_" + user_header.upper().replace("-", "_") if user_header else None

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Any:
        forwarded = [name for name in environ if name.startswith("HTTP_X_FORWARDED")]
        environ[FORWARDED] = bool(forwarded)
        if self._is_trusted(environ.get("REMOTE_ADDR", "")):
            return self._fixed(environ, start_response)
        for name in forwarded:
            del environ[name]
        if self._user_header:
            environ.pop(self._user_header, None)
        return self._plain(environ, start_response)

    def _is_trusted(self, address: str) -> bool:
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        return any(peer in network for network in self._trusted)
