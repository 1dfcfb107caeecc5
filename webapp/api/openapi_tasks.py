"""The task sheet's part of the OpenAPI document."""

from collections.abc import Callable
from typing import Any


def task_paths(call: Callable[..., dict[str, Any]], named: Callable[..., Any]) -> dict[str, Any]:
    """call, named: how openapi.py writes an operation and a parameter."""
    asked = [named(name, "query", required=False) for name in ("q", "person", "telework", "gaps")]
    text = "担当業務の見える化シート: what can be done where, by whom, and who else can answer"
    return {
        "/units/{code}/tasks": {"get": call(text, "unit:read", parameters=[named("code"), *asked])}
    }
