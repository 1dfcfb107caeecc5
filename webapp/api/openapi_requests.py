"""The part of the OpenAPI document for filing requests and reading them."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from webapp.requests.forms import RefileBody, RequestBody

BODIES: tuple[type[BaseModel], ...] = (RefileBody, RequestBody)
OWN = "self"
ONE = "/requests/{request_id}"


def request_paths(call: Callable[..., dict[str, Any]], named: Callable[..., Any]) -> dict[str, Any]:
    """call, named: how openapi.py writes an operation and a parameter."""
    one = [named("request_id")]
    asked = [named(name, "query", required=False) for name in ("unit", "state", "from", "to")]
    return {
        "/requests": {
            "post": call(
                "file: all days or none; 409 where a day is taken, the same key again is no second filing",
                OWN,
                body=RequestBody,
                status="201",
            ),
            "get": call("one's own, or those of a unit one leads", OWN, parameters=asked),
        },
        ONE: {
            "get": call("the record", OWN, parameters=one),
            "put": call(
                "again: before a decision, after 差し戻し, or as a change of what is approved",
                OWN,
                body=RefileBody,
                parameters=one,
            ),
        },
    }
