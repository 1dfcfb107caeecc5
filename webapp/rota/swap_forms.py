"""Bodies of swaps, from JSON and from plain forms. People by number, times "HH:MM"."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from sqlalchemy import select

from webapp.core.db import db
from webapp.core.hours import minute_of
from webapp.core.parse import Body, FormBody
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.org.models import Staff
from webapp.rota.swaps import Wish


def _minute(text: str) -> int:
    return minute_of(text)


def _clock(text: str) -> str:
    _minute(text)
    return text


Time = Annotated[str, Field(max_length=5), AfterValidator(_clock)]
Number = Annotated[str, Field(max_length=32)]
Reason = Annotated[str, Field(max_length=200)]
Id = Annotated[int, Field(ge=1, le=2**53)]


class AskBody(Body):
    """to: numbers of those asked; empty = all who can. return_duty: a trade with that duty of the other."""

    duty: Id
    from_: Time | None = Field(default=None, alias="from")
    to_: Time | None = Field(default=None, alias="until")
    to: list[Number] = Field(default_factory=list, max_length=100)
    return_duty: Id | None = None
    reason: Reason = ""

    def wish(self, *, now: datetime) -> Wish:
        return Wish(
            self.duty,
            _minute(self.from_) if self.from_ else None,
            _minute(self.to_) if self.to_ else None,
            tuple(ids_of(self.to, "to", now=now).values()),
            self.return_duty,
            self.reason,
        )


class AskForm(AskBody, FormBody):
    """whom: all, one (then `one` is a number) or trade (then return_duty)."""

    whom: Literal["all", "one", "trade"] = "all"
    one: Number | None = None

    def wish(self, *, now: datetime) -> Wish:
        if self.whom == "one":
            if not self.one:
                raise RuleBroken("頼む人を選んでください。", {"one": "頼む人を選んでください"})
            self.to = [self.one]
        if self.whom == "trade" and self.return_duty is None:
            fault = "交換する当番を選んでください"
            raise RuleBroken(f"{fault}。", {"return_duty": fault})
        if self.whom != "trade":
            self.return_duty = None
        return super().wish(now=now)


class RefuseBody(Body):
    reason: Reason = ""


class RefuseForm(RefuseBody, FormBody):
    pass


class OrderBody(Body):
    """to: the number of who takes it."""

    to: Number
    reason: Reason = ""
    from_: Time | None = Field(default=None, alias="from")
    to_: Time | None = Field(default=None, alias="until")

    def wish(self, duty_id: int) -> Wish:
        return Wish(
            duty_id,
            _minute(self.from_) if self.from_ else None,
            _minute(self.to_) if self.to_ else None,
            reason=self.reason,
        )

    def taker(self, *, now: datetime) -> int:
        return ids_of([self.to], "to", now=now)[self.to]


class OrderForm(OrderBody, FormBody):
    pass


def ids_of(numbers: Iterable[str], field: str, *, now: datetime) -> dict[str, int]:
    """{number: staff id}. RuleBroken for who is not posted today."""
    wanted = list(dict.fromkeys(numbers))
    query = select(Staff.number, Staff.id).where(Staff.number.in_(wanted))
    found = {number: staff_id for number, staff_id in db.session.execute(query)}  # noqa: C416
    posted = org.postings_of(list(found.values()), org.today(now), known_at=now)
    unknown = [number for number in wanted if found.get(number) not in posted]
    if unknown:
        fault = f"{'・'.join(unknown)}: この職員番号の人はいません"
        raise RuleBroken("入力内容を確かめてください。", {field: fault})
    return {number: found[number] for number in wanted}
