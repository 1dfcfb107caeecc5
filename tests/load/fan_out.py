"""The real server with one more address, for the bench only: POST /fan-out {"room", "payload"} emits at once.

No database, no Flask, no pump: what is left is the engine, as in the rival's server. Everything else (sign-in, rooms,
beats) is the product as it is. python -m tests.load.fan_out, with the settings of `zaiseki serve`.
"""

import json
from collections.abc import Callable
from time import monotonic
from typing import Any

import wsgi  # patches what is imported after it
from webapp import serving

MOST_BYTES = 16_384


class WithFanOut(serving.Served):
    def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"] != "/fan-out":
            return super().wsgi(environ, start_response)
        asked = json.loads(environ["wsgi.input"].read(min(_length(environ), MOST_BYTES)))
        asked["payload"]["at"] = monotonic()
        self.flask.extensions["hub"].emit("rows", asked["payload"], asked["room"])
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
        return [b"{}"]


def _length(environ: dict[str, Any]) -> int:
    return int(environ["CONTENT_LENGTH"])


def main() -> None:
    served = serving.prepare(fill=False)
    wsgi.serve_eventlet(WithFanOut(served.flask, served.config))


if __name__ == "__main__":
    main()
