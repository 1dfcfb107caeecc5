"""Bodies of decisions, from JSON and from plain forms. Times "HH:MM", people by number."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from werkzeug.datastructures import MultiDict

from webapp.core.hours import minute_of
from webapp.core.parse import Body, FormBody, valid
from webapp.core.refusals import RuleBroken
from webapp.requests.asking import Pick
from webapp.requests.carrying import Times
from webapp.rota.swap_forms import ids_of


def _clock(text: str) -> str:
    minute_of(text)
    return text


Time = Annotated[str, Field(max_length=5), AfterValidator(_clock)]
Text = Annotated[str, Field(max_length=200)]
Number = Annotated[str, Field(max_length=32)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Minutes = Annotated[int, Field(ge=0, le=180)]
MOST_AT_ONCE = 200


class SeenBody(Body):
    """revision: of the record that was looked at; absent = whatever it is. An older one is answered with 409."""

    revision: Annotated[int, Field(ge=1)] | None = None


class ApproveBody(SeenBody):
    """reason: of approving although something falls short; needed then. condition: told to the person."""

    condition: Text = ""
    reason: Text = ""


class ReasonBody(SeenBody):
    reason: Text = ""


class ProposeBody(SeenBody):
    """before, after: minutes of the way, outside of from–to; planned as 外出・出張."""

    from_: Time = Field(alias="from")
    to: Time
    before: Minutes = 0
    after: Minutes = 0

    def times(self) -> Times:
        return Times(minute_of(self.from_), minute_of(self.to), self.before, self.after)


class PickBody(Body):
    """A part of a duty of the person, and who is asked for it (several: the first to accept has it)."""

    duty: Id
    from_: Time = Field(alias="from")
    until: Time
    to: list[Number] = Field(min_length=1, max_length=50)


class RequestAskBody(SeenBody):
    picks: list[PickBody] = Field(min_length=1, max_length=20)

    def wanted(self, *, now: datetime) -> list[Pick]:
        numbers = [number for pick in self.picks for number in pick.to]
        ids = ids_of(numbers, "to", now=now)
        return [
            Pick(
                pick.duty,
                minute_of(pick.from_),
                minute_of(pick.until),
                tuple(ids[number] for number in pick.to),
            )
            for pick in self.picks
        ]


class RequestOrderBody(RequestAskBody):
    """to: one number each; who takes the duty."""

    reason: Text = ""


class ApproveForm(ApproveBody, FormBody):
    pass


class ReasonForm(ReasonBody, FormBody):
    pass


class ProposeForm(ProposeBody, FormBody):
    pass


class RevisionForm(SeenBody, FormBody):
    pass


class AskForm(RequestAskBody, FormBody):
    pass


class OrderForm(RequestOrderBody, FormBody):
    pass


def picks_content(form: MultiDict[str, str]) -> dict[str, Any]:
    """The page's form: each `pick` is "duty from until number"."""
    content: dict[str, Any] = {name: text for name, text in form.items() if text.strip()}
    picks = [text.split() for text in form.getlist("pick")]
    content["picks"] = [
        {"duty": each[0], "from": each[1], "until": each[2], "to": each[3:]}
        for each in picks
        if len(each) >= 4
    ]
    return content


def asked(form: MultiDict[str, str]) -> AskForm:
    return valid(AskForm, picks_content(form))


def ordered(form: MultiDict[str, str]) -> OrderForm:
    return valid(OrderForm, picks_content(form))


# --- several at once ------------------------------------------------------------------------


class One(Body):
    id: Id
    revision: Annotated[int, Field(ge=1)] | None = None


class BulkBody(Body):
    requests: list[One] = Field(min_length=1, max_length=MOST_AT_ONCE)


def marked(form: MultiDict[str, str], name: str = "request") -> list[One]:
    """Each field is "id:revision". RuleBroken where none is chosen."""
    found = list(_ones(form.getlist(name)))
    if not found:
        raise RuleBroken("申請を選んでください。", {name: "申請を選んでください"})
    return found[:MOST_AT_ONCE]


def _ones(texts: Iterable[str]) -> Iterable[One]:
    for text in texts:
        left, _, right = text.partition(":")
        if _is_number(left) and _is_number(right):
            yield One(id=int(left), revision=int(right))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0
