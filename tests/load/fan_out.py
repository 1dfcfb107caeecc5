"""The real server with one more address, for the bench only: POST /fan-out {"room", "payload"} emits at once.

No database, no Flask, no pump: what is left is the engine, as in the rival's server. Everything else (sign-in, rooms,
beats) is the product as it is. python -m tests.load.fan_out, with the settings of `zaiseki serve`.
"""

import json
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

import wsgi  # patches what is imported after it
from webapp import serving

MOST_BYTES = 16_384
Emit = Callable[[str, dict[str, Any], str], None]


def with_fan_out(wrapped: Callable[..., Iterable[bytes]], emit: Emit) -> Callable[..., Any]:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/fan-out":
            return wrapped(environ, start_response)
        length = min(int(environ["CONTENT_LENGTH"]), MOST_BYTES)
        asked = json.loads(environ["wsgi.input"].read(length))
        asked["payload"]["at"] = monotonic()
        emit("rows", asked["payload"], asked["room"])
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
        return [b"{}"]

    return app


def main() -> None:
    served = serving.prepare(fill=False)
    flask = served.flask
    flask.wsgi_app = with_fan_out(flask.wsgi_app, flask.extensions["hub"].emit)  # type: ignore[method-assign]
    wsgi.serve_eventlet(served)


if __name__ == "__main__":
    main()
