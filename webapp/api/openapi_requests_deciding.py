"""The part of the OpenAPI document for deciding on requests."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from webapp.requests.decide_forms import (
    ApproveBody,
    BulkBody,
    ProposeBody,
    ReasonBody,
    RequestAskBody,
    RequestOrderBody,
    SeenBody,
)

BODIES: tuple[type[BaseModel], ...] = (
    ApproveBody,
    BulkBody,
    ProposeBody,
    ReasonBody,
    RequestAskBody,
    RequestOrderBody,
    SeenBody,
)
OWN, READ, WRITE = "self", "unit:read", "unit:write"
ONE = "/requests/{request_id}"


def deciding_paths(
    call: Callable[..., dict[str, Any]], named: Callable[..., Any]
) -> dict[str, Any]:
    """call, named: how openapi.py writes an operation and a parameter."""
    one = [named("request_id")]

    def post(text: str, scope: str, body: type[BaseModel]) -> dict[str, Any]:
        return {"post": call(text, scope, body=body, parameters=one)}

    return {
        "/requests/waiting": {
            "get": call("what the caller may decide now, oldest first, with its effect", READ)
        },
        "/requests/approve": {
            "post": call("several, each for itself, with a result each", WRITE, body=BulkBody)
        },
        f"{ONE}/preview": {
            "get": call(
                "coverage before and after, and ways without a shortage", READ, parameters=one
            )
        },
        f"{ONE}/approve": post(
            "approve; reason needed where something falls short (422); 409 with the record as it is",
            WRITE,
            ApproveBody,
        ),
        f"{ONE}/refuse": post("不承認, with a reason", WRITE, ReasonBody),
        f"{ONE}/return": post("差し戻し, with a reason; also after approval", WRITE, ReasonBody),
        f"{ONE}/propose": post("another time, for the person to take", WRITE, ProposeBody),
        f"{ONE}/ask": post("打診: approved when all have taken their duty", WRITE, RequestAskBody),
        f"{ONE}/order": post("交代を命じて承認, with a reason", WRITE, RequestOrderBody),
        f"{ONE}/review": post("後閲 by the 所属長", WRITE, SeenBody),
        f"{ONE}/withdraw": post("by the person, or who filed it", OWN, SeenBody),
        f"{ONE}/accept-proposal": post("changed and approved in one", OWN, SeenBody),
        f"{ONE}/decline-proposal": post("back to waiting", OWN, SeenBody),
        f"{ONE}/undo": post("one's own last step, for ten seconds", OWN, SeenBody),
    }
