"""What the pages of 緊急時 and programs send."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from webapp.accounts.forms import Number, Switch
from webapp.core import calendar
from webapp.core.parse import Body, FormBody
from webapp.core.refusals import RuleBroken
from webapp.emergency.deploying import Deployment
from webapp.emergency.reducing import Reduction
from webapp.emergency.rules import Answer
from webapp.emergency.service import Change, Wanted

Name = Annotated[str, Field(max_length=60)]
Text = Annotated[str, Field(max_length=300)]
Minutes = Annotated[int, Field(ge=0, le=720)]
Revision = Annotated[int, Field(ge=1, le=2**31)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Code = Annotated[str, Field(max_length=32)]
MOST_PEOPLE = 500


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str | int) else value


Ids = Annotated[list[Id], BeforeValidator(_one_or_more), Field(max_length=MOST_PEOPLE)]
Numbers = Annotated[list[Number], BeforeValidator(_one_or_more), Field(max_length=MOST_PEOPLE)]


class _Begin:
    unit: str
    name: str
    text: str
    question: bool
    remind_minutes: int
    confirm: str

    def wanted(self, unit_id: int | None) -> Wanted:
        return Wanted(
            unit_id, self.name, self.text, self.question, self.remind_minutes, self.confirm
        )


class BeginBody(Body, _Begin):
    """unit: a code, or "" for 全庁. confirm: the name of the scope, as a second look."""

    unit: Code = ""
    name: Name
    text: Text = ""
    question: bool = True
    remind_minutes: Minutes = 0
    confirm: Name = ""


class BeginForm(FormBody, _Begin):
    unit: Code = ""
    name: Name = ""
    text: Text = ""
    question: Switch = False
    remind_minutes: Minutes = 0
    confirm: Name = ""


class _Change:
    def change(self) -> Change:
        return Change(self.name, self.text, self.question, self.remind_minutes)  # type: ignore[attr-defined]


class ChangeBody(Body, _Change):
    revision: Revision
    name: Name
    text: Text = ""
    question: bool
    remind_minutes: Minutes = 0


class ChangeForm(FormBody, _Change):
    revision: Revision
    name: Name = ""
    text: Text = ""
    question: Switch = False
    remind_minutes: Minutes = 0


class AnswerBody(Body):
    """staff: whose answer, heard on the telephone; absent = one's own."""

    answer: Answer
    minutes: Annotated[int, Field(ge=5, le=600)] | None = None
    staff: Number | None = None


class AnswerForm(FormBody):
    """said: "come-30", "home", "no"; one button, one answer."""

    said: Annotated[str, Field(pattern=r"^(come-[0-9]{1,3}|home|no)$")]
    staff: Number | None = None
    next: Annotated[str, Field(max_length=500)] = ""

    @property
    def answer(self) -> Answer:
        return Answer(self.said.partition("-")[0])

    @property
    def minutes(self) -> int | None:
        minutes = self.said.partition("-")[2]
        return min(max(int(minutes), 5), 600) if minutes else None


class CloseBody(Body):
    revision: Revision


class CloseForm(FormBody):
    """recall, reopen, withdraw: ids of acts to be taken back on the way."""

    revision: Revision
    confirm: Name = ""
    recall: Ids = Field(default_factory=list)
    reopen: Ids = Field(default_factory=list)
    withdraw: Ids = Field(default_factory=list)


class RemindBody(Body):
    unit: Code = ""


class DeployBody(Body):
    staff: Numbers
    site: Annotated[str, Field(min_length=1, max_length=60)]
    starts_at: Annotated[datetime, Field(alias="from")]
    ends_at: Annotated[datetime, Field(alias="to")]

    def deployment(self, staff_ids: tuple[int, ...]) -> Deployment:
        for name, at in (("from", self.starts_at), ("to", self.ends_at)):
            if at.tzinfo is None:
                fault = "時差を付けてください（例 +09:00）"
                raise RuleBroken("入力内容を確かめてください。", {name: fault})
        return Deployment(staff_ids, self.site, self.starts_at, self.ends_at)


class DeployForm(FormBody):
    """Day and time of both ends, local."""

    staff: Numbers = Field(default_factory=list)
    site: Annotated[str, Field(max_length=60)] = ""
    from_day: date
    from_time: time
    to_day: date
    to_time: time

    def deployment(self, staff_ids: tuple[int, ...]) -> Deployment:
        return Deployment(
            staff_ids,
            self.site,
            calendar.at(self.from_day, self.from_time),
            calendar.at(self.to_day, self.to_time),
        )


class RecallBody(Body):
    staff: Numbers = Field(default_factory=list)


class ReduceBody(Body):
    """need absent = closed."""

    positions: Ids
    need: Annotated[int, Field(ge=0, le=99)] | None = None
    until: date

    def reduction(self) -> Reduction:
        return Reduction(tuple(dict.fromkeys(self.positions)), self.need, self.until)


class ReduceForm(FormBody):
    positions: Ids = Field(default_factory=list)
    how: Literal["close", "reduce"]
    need: Annotated[int, Field(ge=0, le=99)] = 1
    until: date

    def reduction(self) -> Reduction:
        need = self.need if self.how == "reduce" else None
        return Reduction(tuple(dict.fromkeys(self.positions)), need, self.until)
