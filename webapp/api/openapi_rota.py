"""The rota's part of the OpenAPI document."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from webapp.rota.forms import (
    AbsenceBody,
    AbsenceUndoBody,
    AssignBody,
    CopyBody,
    EditBody,
    PublishBody,
    RevisionBody,
    RotaBody,
    SolveBody,
    TakeBody,
    TemplateBody,
)

BODIES: tuple[type[BaseModel], ...] = (
    AbsenceBody,
    AbsenceUndoBody,
    AssignBody,
    CopyBody,
    EditBody,
    PublishBody,
    RevisionBody,
    RotaBody,
    SolveBody,
    TakeBody,
    TemplateBody,
)
READ, WRITE = "unit:read", "unit:write"
WEEK = "/units/{code}/rotas/{week}"


def rota_paths(call: Callable[..., dict[str, Any]], named: Callable[..., Any]) -> dict[str, Any]:
    """call, named: how openapi.py writes an operation and a parameter."""
    code = [named("code")]
    week = [*code, named("week"), named("kind", "query", required=False)]
    run, template = [*week, named("run_id")], named("template_id")

    def post(text: str, body: type[BaseModel] | None = None, **more: Any) -> dict[str, Any]:
        return {"post": call(text, WRITE, body=body, parameters=more.pop("at", week), **more)}

    asked = [named(name, "query") for name in ("position", "date", "from", "to")]
    return {
        WEEK: {
            "get": call("a week's duty rota: draft, fixed, open, conflicts", READ, parameters=week),
            "put": call(
                "the whole draft; 409 with both versions", WRITE, body=RotaBody, parameters=week
            ),
        },
        f"{WEEK}/edit": post("change cells of the draft", EditBody),
        f"{WEEK}/undo": post("one step back", RevisionBody),
        f"{WEEK}/redo": post("one step forward again", RevisionBody),
        f"{WEEK}/history": {"get": call("the steps, newest first", WRITE, parameters=week)},
        f"{WEEK}/history/{{wanted}}/restore": post(
            "the draft as it was after a step", RevisionBody, at=[*week, named("wanted")]
        ),
        f"{WEEK}/candidates": {
            "get": call(
                "who could take a duty, ranked and explained", WRITE, parameters=[*week, *asked]
            )
        },
        f"{WEEK}/solve": post("自動作成; 409 while another runs", SolveBody, status="202"),
        f"{WEEK}/runs/{{run_id}}": {"get": call("a run and its plan", WRITE, parameters=run)},
        f"{WEEK}/runs/{{run_id}}/cancel": post("stop, keeping the best so far", at=run),
        f"{WEEK}/runs/{{run_id}}/drop": post("do not take the plan", at=run),
        f"{WEEK}/runs/{{run_id}}/take": post("the plan into the draft", TakeBody, at=run),
        f"{WEEK}/publish": post("確定; ?preview=1 gives the difference alone", PublishBody),
        f"{WEEK}/copy": post("another week laid down", CopyBody),
        f"{WEEK}/templates/{{template_id}}/apply": post(
            "a template laid down", RevisionBody, at=[*week, template]
        ),
        "/units/{code}/rota-templates": {
            "get": call("templates of weeks", READ, parameters=code),
            **post("keep a week as a template", TemplateBody, status="201", at=code),
        },
        "/units/{code}/rota-templates/{template_id}": {
            "delete": call("drop a template", WRITE, parameters=[*code, template])
        },
        "/units/{code}/absence": post(
            "急な休み: duties left, and who could take each", AbsenceBody, at=code
        ),
        "/units/{code}/absence/assign": post("one tap: a duty changes hands", AssignBody, at=code),
        "/units/{code}/absence/undo": post("take both back at once", AbsenceUndoBody, at=code),
    }
