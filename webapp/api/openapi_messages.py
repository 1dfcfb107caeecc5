"""The part of the OpenAPI document for 取次メモ and 質問箱."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from webapp.messages.forms import AnswerBody, MemoBody, QuestionBody, SettleBody, TurnBody

BODIES: tuple[type[BaseModel], ...] = (AnswerBody, MemoBody, QuestionBody, SettleBody, TurnBody)
OWN, READ, WRITE = "self", "unit:read", "unit:write"


def message_paths(call: Callable[..., dict[str, Any]], named: Callable[..., Any]) -> dict[str, Any]:
    """call, named: how openapi.py writes an operation and a parameter."""
    key = named("Idempotency-Key", "header", required=False)
    memo, question = [named("memo_id")], [named("question_id")]
    asked = [named(name, "query", required=False) for name in ("tab", "q")]
    return {
        "/messages": {
            "get": call(
                "取次メモ: mine, unit, written, done; q in one's own 係", OWN, parameters=asked
            ),
            "post": call(
                "write one; the same key again is the same memo",
                OWN,
                status="201",
                body=MemoBody,
                parameters=[key],
            ),
        },
        "/messages/{memo_id}": {
            "get": call("one; outside the office without caller and text", OWN, parameters=memo),
            "patch": call(
                "state, to (a colleague of the 課) or seen; 409 with the memo as it is now",
                OWN,
                body=TurnBody,
                parameters=memo,
            ),
            "delete": call("taken back by its writer, unread", OWN, parameters=memo),
        },
        "/messages/{memo_id}/takers": {
            "get": call("who of the 課 could take it on", OWN, parameters=memo)
        },
        "/questions": {
            "get": call("質問箱: open, resolved; q", READ, parameters=asked),
            "post": call(
                "ask one's own 係 or 課; the same key again is the same question",
                OWN,
                status="201",
                body=QuestionBody,
                parameters=[key],
            ),
        },
        "/questions/{question_id}": {
            "get": call("one, with its answers", OWN, parameters=question),
            "patch": call(
                "resolved by its asker, or open again", OWN, body=SettleBody, parameters=question
            ),
        },
        "/questions/{question_id}/answers": {
            "post": call("answer", OWN, status="201", body=AnswerBody, parameters=question)
        },
    }
