"""The part of the OpenAPI document about emergencies."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from webapp.emergency.forms import (
    AnswerBody,
    BeginBody,
    ChangeBody,
    CloseBody,
    DeployBody,
    RecallBody,
    ReduceBody,
    RemindBody,
)

BODIES: tuple[type[BaseModel], ...] = (
    AnswerBody,
    BeginBody,
    ChangeBody,
    CloseBody,
    DeployBody,
    RecallBody,
    ReduceBody,
    RemindBody,
)
SELF, WRITE = "self", "unit:write"
ONE = "/emergencies/{emergency_id}"


def emergency_paths(
    call: Callable[..., dict[str, Any]], named: Callable[..., Any]
) -> dict[str, Any]:
    """call, named: how openapi.py writes an operation and a parameter."""
    one = [named("emergency_id")]
    act = [*one, named("act_id")]

    def post(text: str, body: type[BaseModel] | None = None, **more: Any) -> dict[str, Any]:
        scope = more.pop("scope", WRITE)
        return {"post": call(text, scope, body=body, parameters=more.pop("at", one), **more)}

    return {
        "/emergencies": {
            "get": call(
                "緊急時 that are open and concern one; closed=1: records of those one led",
                SELF,
                parameters=[named("closed", "query", required=False)],
            ),
            **post("begin; 409 while one of the scope is open", BeginBody, status="201", at=[]),
        },
        ONE: {
            "get": call(
                "one, with one's answer; for who leads with counts, names of ?unit= and what was done",
                SELF,
                parameters=[*one, named("unit", "query", required=False)],
            )
        },
        f"{ONE}/answer": post(
            "参集可 come (minutes), 在宅で従事可 home, 参集不可 no; with staff a colleague's by telephone",
            AnswerBody,
            scope=SELF,
        ),
        f"{ONE}/change": post("name, line, question, reminders; 409 if changed before", ChangeBody),
        f"{ONE}/remind": post("those without an answer", RemindBody),
        f"{ONE}/close": post("the end, with its record", CloseBody),
        f"{ONE}/deployments": post(
            "災害配備; ?preview=1: only its effect on counters and telephones",
            DeployBody,
            status="201",
            at=[*one, named("preview", "query", required=False)],
        ),
        f"{ONE}/deployments/{{act_id}}/recall": post("recall people", RecallBody, at=act),
        f"{ONE}/reductions": post("窓口縮小; without need 臨時閉庁", ReduceBody, status="201"),
        f"{ONE}/reductions/{{act_id}}/reopen": post("as it was before", at=act),
    }
