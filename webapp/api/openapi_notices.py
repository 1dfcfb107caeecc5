"""The part of the OpenAPI document about notices and the numbers in the menu."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from webapp.notices.forms import IdsBody

BODIES: tuple[type[BaseModel], ...] = (IdsBody,)


def notice_paths(call: Callable[..., dict[str, Any]], named: Callable[..., Any]) -> dict[str, Any]:
    """call, named: how openapi.py writes an operation and a parameter."""
    return {
        "/me/badges": {"get": call("what waits for oneself, and what may pop up just now", "self")},
        "/me/notices": {"get": call("unread notices", "self")},
        "/me/notices/read": {
            "post": call("those named are read; without a body all of them", "self", body=IdsBody)
        },
        "/me/notices/unread": {
            "post": call("undo within ten minutes", "self", body=IdsBody),
        },
        "/me/notices/{notice_id}/read": {
            "post": call("this one is read", "self", parameters=[named("notice_id")])
        },
    }
