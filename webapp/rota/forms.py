"""Bodies of the rota's calls."""

from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field

from webapp.core.parse import Body

MOST_CELLS = 4_000
Name = Annotated[str, Field(min_length=1, max_length=40)]


class CellBody(Body):
    """As GET gives it; what is only shown (name, changed) may come back and says nothing."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)
    id: int | None = None
    position: int | str
    date: date
    from_: str = Field(alias="from")
    to: str
    staff: str
    pinned: bool = False


class RevisionBody(Body):
    revision: int = Field(ge=0)


class RotaBody(RevisionBody):
    cells: list[CellBody] = Field(max_length=MOST_CELLS)
    force: bool = False


class EditBody(RevisionBody):
    put: list[CellBody] = Field(default_factory=list, max_length=MOST_CELLS)
    remove: list[int] = Field(default_factory=list, max_length=MOST_CELLS)
    pin: list[int] = Field(default_factory=list, max_length=MOST_CELLS)
    unpin: list[int] = Field(default_factory=list, max_length=MOST_CELLS)
    force: bool = False


class SolveBody(RevisionBody):
    seconds: int = Field(default=30, ge=1, le=600)
    keep: Annotated[str, Field(pattern="^(pins|present|nothing)$")] = "pins"


class TakeBody(RevisionBody):
    force: bool = False  # take a plan made for an older revision


class PublishBody(RevisionBody):
    force: bool = False  # change the running slot as well


class CopyBody(RevisionBody):
    from_: str = Field(alias="from")


class TemplateBody(Body):
    name: Name
    week: str
    kind: str = "week"


class AbsenceBody(Body):
    """leave: enter 休暇等 for what is left of the day."""

    staff: str
    date: date
    leave: bool = False


class AbsenceUndoBody(Body):
    """undo: what the answers of the absence and of its handings over carried, in their order."""

    undo: list[str] = Field(min_length=1, max_length=50)


class AssignBody(Body):
    duty: int
    to: str
    from_: str | None = Field(default=None, alias="from")
    until: str | None = None
