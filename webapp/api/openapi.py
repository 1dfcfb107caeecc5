"""The full truth about HTTP: an OpenAPI 3.1 document made from the routes and their request bodies."""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from webapp.api.forms import StandupBody
from webapp.api.openapi_emergency import BODIES as EMERGENCY_BODIES
from webapp.api.openapi_emergency import emergency_paths
from webapp.api.openapi_messages import BODIES as MESSAGE_BODIES
from webapp.api.openapi_messages import message_paths
from webapp.api.openapi_notices import BODIES as NOTICE_BODIES
from webapp.api.openapi_notices import notice_paths
from webapp.api.openapi_requests import BODIES as REQUEST_BODIES
from webapp.api.openapi_requests import request_paths
from webapp.api.openapi_requests_deciding import BODIES as DECIDING_BODIES
from webapp.api.openapi_requests_deciding import deciding_paths
from webapp.api.openapi_rota import BODIES as ROTA_BODIES
from webapp.api.openapi_rota import rota_paths
from webapp.api.openapi_seats import BODIES as SEAT_BODIES
from webapp.api.openapi_seats import seat_paths
from webapp.api.openapi_tasks import task_paths
from webapp.board.forms import ProxyPunchBody, PunchBody, StatusBody
from webapp.rota.swap_forms import AskBody, OrderBody, RefuseBody

REF = "#/components/schemas/{model}"
TIME = {"type": "string", "format": "date-time", "description": "ISO 8601 with +09:00"}
TEXT = {"type": "string"}
NULLABLE_TIME = {"type": ["string", "null"], "format": "date-time"}
NULLABLE = {"type": ["string", "null"]}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _one_of(*codes: str | None) -> dict[str, Any]:
    return {"enum": list(codes)}


ANSWERS: dict[str, dict[str, Any]] = {
    "FullRow": _object(
        staff=TEXT,
        version={"type": "integer", "description": "per person, never falls"},
        name=TEXT,
        kana=TEXT,
        unit=TEXT,
        title=TEXT,
        place=_one_of("office", "home", "satellite", "mobile", "trip", "leave", None),
        site=NULLABLE,
        state=_one_of("available", "busy", "dnd", "away", "off", "no_report"),
        source=_one_of("manual", "proxy", "duty", "schedule", "auto", "plan"),
        planned={"type": "boolean"},
        since=NULLABLE_TIME,
        until=NULLABLE_TIME,
        note=TEXT,
        reason=NULLABLE,
        starts_at=NULLABLE_TIME,
        reach=_one_of("transfer", "callback", "none"),
        extension=TEXT,
        duty={"type": ["object", "null"]},
        connected={"type": "boolean"},
    ),
    "DirectoryRow": _object(
        staff=TEXT,
        version={"type": "integer"},
        name=TEXT,
        kana=TEXT,
        unit=TEXT,
        title=TEXT,
        state=_one_of("available", "busy", "absent"),
        until=NULLABLE_TIME,
        reach=_one_of("transfer", "callback", "none"),
        extension=TEXT,
    ),
    "Punch": _object(
        id={"type": ["integer", "null"]},
        kind=_one_of("start", "end", "break_out", "break_in", "place"),
        place=NULLABLE,
        site=NULLABLE,
        at=TIME,
        received_at=TIME,
        return_at=NULLABLE_TIME,
        source=TEXT,
        idempotency_key=NULLABLE,
        business_on={"type": "string", "format": "date"},
        flag=NULLABLE,
        note=TEXT,
        correction=_one_of("pending"),
    ),
    "Board": _object(
        unit=TEXT,
        name=TEXT,
        epoch=TEXT,
        as_of=TIME,
        forms={"type": "object", "description": "unit code → full | directory"},
        groups=_array(_object(unit=TEXT, name=TEXT, people={"type": "integer"})),
        rows=_array(
            {
                "anyOf": [
                    {"$ref": "#/components/schemas/FullRow"},
                    {"$ref": "#/components/schemas/DirectoryRow"},
                ]
            }
        ),
        counts={"type": "object"},
        children={
            "type": ["object", "null"],
            "description": "above 300 people: counts of each child",
        },
        coverage=_array({"type": "object"}),
    ),
    "Error": _object(error=_object(code=TEXT, message=TEXT, fields={"type": "object"})),
}
BODIES: tuple[type[BaseModel], ...] = (
    StatusBody,
    PunchBody,
    ProxyPunchBody,
    StandupBody,
    AskBody,
    OrderBody,
    RefuseBody,
)


def _answer(name: str | None, text: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"} if name else {"type": "object"}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _call(
    summary: str,
    scope: str,
    *,
    answer: str | None = None,
    status: str = "200",
    body: type[BaseModel] | None = None,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    call: dict[str, Any] = {
        "summary": summary,
        "security": [{"token": [scope]}, {"browser": []}],
        "responses": {status: _answer(answer, summary), "default": _answer("Error", "refused")},
    }
    if parameters:
        call["parameters"] = parameters
    if body is not None:
        reference = {"$ref": REF.format(model=body.__name__)}
        call["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": reference}},
        }
    return call


def _in(name: str, where: str = "path", *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": TEXT}


KEY = _in("Idempotency-Key", "header")
PATHS: dict[str, dict[str, Any]] = {
    "/me": {"get": _call("who, postings, today, state", "self")},
    "/me/status": {"post": _call("say how one is", "self", answer="FullRow", body=StatusBody)},
    "/me/status/undo": {"post": _call("back, within ten seconds", "self", answer="FullRow")},
    "/me/punches": {
        "get": _call(
            "a business day's reports", "self", parameters=[_in("date", "query", required=False)]
        ),
        "post": _call(
            "report", "self", answer="Punch", status="201", body=PunchBody, parameters=[KEY]
        ),
    },
    "/me/punches/{punch_id}": {
        "delete": _call(
            "take back one's own report", "self", answer="Punch", parameters=[_in("punch_id")]
        )
    },
    "/me/standup/{day}/{half}": {
        "put": _call(
            "朝の予定 or 夕の実績", "self", body=StandupBody, parameters=[_in("day"), _in("half")]
        )
    },
    "/staff": {
        "get": _call(
            "search by name, kana, extension, number", "self", parameters=[_in("q", "query")]
        )
    },
    "/staff/{number}": {"get": _call("person card", "self", parameters=[_in("number")])},
    "/staff/{number}/status": {
        "post": _call(
            "代行入力", "self", answer="FullRow", body=StatusBody, parameters=[_in("number")]
        )
    },
    "/staff/{number}/status/undo": {
        "post": _call(
            "代行入力 taken back, within ten seconds",
            "self",
            answer="FullRow",
            parameters=[_in("number")],
        )
    },
    "/staff/{number}/punches": {
        "post": _call(
            "report on behalf",
            "self",
            answer="Punch",
            status="201",
            body=ProxyPunchBody,
            parameters=[_in("number"), KEY],
        )
    },
    "/punches": {"post": _call("rows of card readers and 庶務事務, as in the CSV", "punch:write")},
    "/units": {"get": _call("tree of units", "self")},
    "/units/{code}/burden": {
        "get": _call(
            "weighted duty against targets",
            "unit:read",
            parameters=[
                _in("code"),
                _in("days", "query", required=False),
                _in("until", "query", required=False),
                _in("draft", "query", required=False),
            ],
        )
    },
    "/units/{code}/swaps": {
        "get": _call("swaps of duties of the unit", "unit:read", parameters=[_in("code")])
    },
    "/me/swaps": {"get": _call("own swaps, and those offered to oneself", "self")},
    "/swaps": {"post": _call("offer a duty: give or trade", "self", status="201", body=AskBody)},
    "/swaps/{swap_id}/accept": {
        "post": _call("take it; the first has it", "self", parameters=[_in("swap_id")])
    },
    "/swaps/{swap_id}/decline": {"post": _call("not me", "self", parameters=[_in("swap_id")])},
    "/swaps/{swap_id}/withdraw": {
        "post": _call("take the offer back", "self", parameters=[_in("swap_id")])
    },
    "/swaps/{swap_id}/approve": {
        "post": _call("let it be done", "unit:write", parameters=[_in("swap_id")])
    },
    "/swaps/{swap_id}/refuse": {
        "post": _call(
            "do not let it be done", "unit:write", body=RefuseBody, parameters=[_in("swap_id")]
        )
    },
    "/duties/{duty_id}/order": {
        "post": _call(
            "a duty changes hands by order, with a reason",
            "unit:write",
            body=OrderBody,
            parameters=[_in("duty_id")],
        )
    },
    "/me/calendar-feed": {
        "get": _call("whether there is a calendar feed", "self"),
        "post": _call("a new address, told once; the former ends", "self", status="201"),
        "delete": _call("end the feed", "self"),
    },
    "/duties.ics": {
        "get": _call("iCalendar of one's duties", "token", parameters=[_in("token", "query")])
        | {"security": []}
    },
    "/me/alerts": {"get": _call("what is open for oneself: shortages, calls for help", "self")},
    "/units/{code}/coverage": {
        "get": _call(
            "need, planned, present, open, slack of a day",
            "unit:read",
            parameters=[_in("code"), _in("date", "query", required=False)],
        )
    },
    "/units/{code}/telework-room": {
        "get": _call(
            "テレワーク可能 あと何人, by half hour",
            "unit:read",
            parameters=[_in("code"), _in("days", "query", required=False)],
        )
    },
    "/coverage/{position_id}/take": {
        "post": _call("対応する", "unit:write", parameters=[_in("position_id")]),
        "delete": _call("対応する, taken back", "unit:write", parameters=[_in("position_id")]),
    },
    "/coverage/{position_id}/help": {
        "post": _call(
            "窓口応援: ask who is free", "self", status="201", parameters=[_in("position_id")]
        )
    },
    "/help/{call_id}": {"delete": _call("call off", "self", parameters=[_in("call_id")])},
    "/help/{call_id}/accept": {"post": _call("行きます", "self", parameters=[_in("call_id")])},
    "/help/{call_id}/decline": {"post": _call("行けません", "self", parameters=[_in("call_id")])},
    "/help/{call_id}/end": {"post": _call("応援を終える", "self", parameters=[_in("call_id")])},
    "/boards/{unit}": {
        "get": _call(
            "a unit and all below",
            "self",
            answer="Board",
            parameters=[_in("unit"), _in("view", "query", required=False)],
        )
    },
}


PATHS |= rota_paths(_call, _in)
PATHS |= task_paths(_call, _in)
PATHS |= seat_paths(_call, _in)
PATHS |= emergency_paths(_call, _in)
PATHS |= notice_paths(_call, _in)
PATHS |= message_paths(_call, _in)
PATHS |= deciding_paths(_call, _in)
PATHS |= request_paths(_call, _in)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    _, definitions = models_json_schema(
        [
            (body, "validation")
            for body in (
                *BODIES,
                *DECIDING_BODIES,
                *REQUEST_BODIES,
                *EMERGENCY_BODIES,
                *MESSAGE_BODIES,
                *NOTICE_BODIES,
                *ROTA_BODIES,
                *SEAT_BODIES,
            )
        ],
        ref_template=REF,
    )
    return {
        "openapi": "3.1.0",
        "info": {"title": "Zaiseki", "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "paths": PATHS,
        "components": {
            "schemas": definitions.get("$defs", {}) | ANSWERS,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "browser": {"type": "apiKey", "in": "cookie", "name": "zaiseki"},
            },
        },
    }
