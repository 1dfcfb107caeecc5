"""Bodies and parameters of the API that belong to no page."""

from datetime import date
from typing import Annotated

from pydantic import Field

from webapp.core.parse import Body
from webapp.core.refusals import RuleBroken

Line = Annotated[str, Field(max_length=200)]


class StandupBody(Body):
    lines: list[Line] = Field(default_factory=list, max_length=20)
    carried_over: list[Line] = Field(default_factory=list, max_length=20)
    links: list[Annotated[str, Field(max_length=500)]] = Field(default_factory=list, max_length=10)


def day_of_query(text: str | None, *, today: date) -> date:
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RuleBroken(
            "日付の形式が違います。", {"date": "2026-11-24 のように指定してください"}
        ) from None
