"""Bodies of requests, from JSON and from the page's form. Times "HH:MM", people by number, days ISO."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, field_validator
from werkzeug.datastructures import MultiDict

from webapp.core.hours import minute_of
from webapp.core.parse import Body, FormBody, valid
from webapp.requests.form_settings import MOST_OWN_FIELDS

MOST_DAYS = 60
LONGEST = {"work": 500, "contact": 60, "carried": 200, "more": 200}


def _clock(text: str) -> str:
    if minute_of(text) > 24 * 60:
        raise ValueError("24:00 までの時刻で入力してください（例 8:30）")
    return text


def _key(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError("UUID にしてください") from None


def _no_control(text: str) -> str:
    """Line ends as one sign; what cannot be read or printed goes."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign == "\n" or sign.isprintable())


Time = Annotated[str, Field(max_length=5), AfterValidator(_clock)]
Number = Annotated[str, Field(max_length=32)]
Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Key = Annotated[str, Field(max_length=36), AfterValidator(_key)]
Answer = Annotated[str, Field(max_length=200), AfterValidator(_no_control)]


class Repeat(Body):
    """Every one of these weekdays (1 = Monday … 7 = Sunday) until a day."""

    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(min_length=1, max_length=7)
    until: date
    since: date | None = None


class RequestBody(Body):
    """staff: for whom it is entered (代行入力); absent = oneself. key: the same again files nothing twice."""

    staff: Number | None = None
    key: Key | None = None
    days: list[date] = Field(default_factory=list, max_length=MOST_DAYS)
    repeat: Repeat | None = None
    extent: Literal["whole", "am", "pm", "hours"] = "whole"
    from_: Time | None = Field(default=None, alias="from")
    to: Time | None = None
    place: Literal["home", "satellite", "mobile"] = "home"
    place_kind: Literal["own", "parents", "hospital", "other"] = "own"
    site: str | None = Field(default=None, max_length=60)
    seat: Id | None = None
    item: Id | None = None
    hours_from: Time | None = None
    hours_to: Time | None = None
    break_from: Time | None = None
    break_to: Time | None = None
    work: Annotated[str, Field(max_length=500), AfterValidator(_no_control)] = ""
    tasks: list[Id] = Field(default_factory=list, max_length=30)
    contact: Annotated[str, Field(max_length=60), AfterValidator(_no_control)] = ""
    device: Literal["", "own_seat", "loan", "private"] = ""
    carries: bool = False
    carried: Annotated[str, Field(max_length=200), AfterValidator(_no_control)] = ""
    personal_data: bool = False
    confirmer: Number | None = None
    travel_order: bool | None = None
    remote_ready: bool | None = None
    more: dict[str, Answer] = Field(default_factory=dict, max_length=MOST_OWN_FIELDS)
    oral_by: Number | None = None
    oral_at: datetime | None = None

    @field_validator("oral_at")
    @classmethod
    def _zoned(cls, at: datetime | None) -> datetime | None:
        if at is not None and at.tzinfo is None:
            raise ValueError("時差を付けてください（例 2026-11-24T09:00:00+09:00）")
        return at


class RefileBody(RequestBody):
    """revision: of the record it was made from; another one meanwhile is told (409)."""

    revision: int | None = None


class RequestForm(RequestBody, FormBody):
    """The page's form. oral: the box 「口頭で承認済」; seen: codes of warnings that stood there when it was sent."""

    oral: bool = False
    oral_on: date | None = None
    oral_time: Time | None = None
    seen: str = Field(default="", max_length=1000)
    keep_as: str | None = Field(default=None, max_length=40)
    revision: int | None = None


LISTS = ("days", "tasks")
BOXES = ("travel_order", "remote_ready")


def form_of(form: MultiDict[str, str]) -> RequestForm:
    """RuleBroken names every faulty field; nothing that the person need not answer is asked back."""
    return valid(RequestForm, content_of(form))


def content_of(form: MultiDict[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = {
        name: text for name, text in form.items() if text.strip() and name not in LISTS
    }
    for name in LISTS:
        content[name] = list(dict.fromkeys(form.getlist(name)))
    if form.get("other_day", "").strip():
        content["days"].append(form["other_day"])
    weekdays = form.getlist("weekdays")
    if weekdays or content.get("repeat_on"):  # one of them alone is meant all the same
        content["repeat"] = _without_nothing(
            {"weekdays": weekdays, "until": content.get("until"), "since": content.get("since")}
        )
    content["more"] = {
        name.removeprefix("more."): text
        for name, text in form.items()
        if name.startswith("more.") and text.strip()
    }
    return content


def _without_nothing(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value}


FIELD_OF = {"repeat.until": "until", "repeat.weekdays": "weekdays", "repeat.since": "since"}


def field_names(fields: dict[str, str]) -> dict[str, str]:
    """Faults under the names of the form's inputs: "days.2" stands at the days, "repeat.until" at its date."""
    found: dict[str, str] = {}
    for name, text in fields.items():
        found.setdefault(_input_of(name), text)
    return found


def _input_of(name: str) -> str:
    if name in FIELD_OF:
        return FIELD_OF[name]
    first = name.split(".", 1)[0]
    return first if first in (*LISTS, "repeat") else name


def repeated(repeat: Repeat, *, first: date) -> Iterable[date]:
    """Every such weekday from the first day (or `since`) to `until`."""
    day = max(repeat.since or first, first)
    last = min(repeat.until.toordinal(), day.toordinal() + 366)
    weekdays = set(repeat.weekdays)
    return (
        each
        for n in range(day.toordinal(), last + 1)
        if (each := date.fromordinal(n)).isoweekday() in weekdays
    )
