"""What a terminal and its two ordinary pages send."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from webapp.accounts.forms import Number, Switch
from webapp.core.parse import Body, FormBody

Pin = Annotated[str, Field(max_length=32)]
Minutes = Literal["15", "30", "60", "noon", "end"]
Id = Annotated[int, Field(ge=1, le=2**62)]


class _Strict(Body):
    """Nothing but this: a terminal cannot say at what time something was."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    csrf_token: str = ""


class OpenBody(_Strict):
    staff: Number
    pin: Pin = ""


class ActBody(_Strict):
    """ticket: from the panel. until: of break, out. duty: of give, take; to, pin: who takes over, of give.
    emergency, said: of answer (参集の可否)."""

    ticket: Annotated[str, Field(max_length=1000)]
    do: Literal["start", "end", "break", "leave", "out", "back", "give", "take", "undo", "answer"]
    until: Minutes | None = None
    duty: Id | None = None
    to: Number | None = None
    pin: Pin = ""
    emergency: Id | None = None
    said: Annotated[str, Field(pattern=r"^(come-(15|30|60|90|120)|home|no)$")] | None = None


class MakeForm(FormBody):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    asks_pin: Switch = False


class PinForm(FormBody):
    pin: Pin
    again: Pin
