"""What clients may send: `watch`, `unwatch`, `hello`. Nothing is changed through the socket."""

import logging
from typing import Any

from flask import request
from socketio.exceptions import ConnectionRefusedError as Refused

from webapp.realtime.sockets import Hub

log = logging.getLogger(__name__)


def bind(hub: Hub) -> None:
    """The handlers; only `connect` runs in a request.

    An exception in one answers an error instead of leaving the client without its ack.
    """

    def connect(auth: Any = None) -> None:
        _connect(hub, auth)

    def disconnect(sid: str, *_reason: Any) -> None:
        try:
            hub.disconnect(sid)
        except Exception:
            log.exception("disconnect of %s", sid)

    def watch(sid: str, data: Any = None, *_: Any) -> dict[str, Any]:
        return hub.watch(sid, _codes(data))

    def unwatch(sid: str, data: Any = None, *_: Any) -> dict[str, Any]:
        return hub.unwatch(sid, _codes(data))

    def hello(sid: str, data: Any = None, *_: Any) -> dict[str, Any]:
        visible = data.get("visible", True) if isinstance(data, dict) else True
        return hub.hello(sid, bool(visible))

    def failed(error: Exception) -> dict[str, Any]:
        if isinstance(error, ValueError):
            return {"ok": False, "error": str(error)}
        log.exception("socket handler", exc_info=error)
        return {"ok": False, "error": "server_error"}

    for handler in (connect, disconnect, watch, unwatch, hello):
        hub.server.on_event(handler.__name__, handler)
    hub.server.on_error_default(failed)


def _connect(hub: Hub, auth: Any) -> None:
    try:
        hub.connect(request.sid, auth)  # type: ignore[attr-defined]
    except Refused:
        raise
    except Exception as error:  # Flask-SocketIO would take any other answer for a yes
        log.exception("connect")
        raise Refused("try_again") from error


def _codes(data: Any) -> list[str]:
    units = data.get("units") if isinstance(data, dict) else None
    if not isinstance(units, list) or not all(isinstance(code, str) for code in units):
        raise ValueError('{"units": ["所属コード", …]} の形で送ってください')
    if len(units) > 50:
        raise ValueError("一度に指定できる所属は 50 までです")
    return list(dict.fromkeys(units))
