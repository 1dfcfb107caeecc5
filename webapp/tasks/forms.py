"""One line of the sheet as a browser sends it."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from webapp.core.parse import FormBody
from webapp.core.refusals import RuleBroken
from webapp.tasks.people import Book
from webapp.tasks.rules import PART_WORDS, Part, Telework
from webapp.tasks.service import Wanted


def _lines(value: object) -> object:
    """A browser sends CRLF; several blanks at the end say nothing."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


Words = Annotated[str, StringConstraints(max_length=400), BeforeValidator(_lines)]


class TaskForm(FormBody):
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    process: Words = ""
    timing: Annotated[str, StringConstraints(max_length=100)] = ""
    telework: Telework = Telework.YES
    remark: Words = ""
    personal_data: bool = False
    mains: Annotated[str, StringConstraints(max_length=1000)] = ""
    subs: Annotated[str, StringConstraints(max_length=1000)] = ""
    revision: int = Field(default=0, ge=0)

    def wanted(self, book: Book) -> Wanted:
        """Raises RuleBroken at the field that names somebody who is not here."""
        mains, faults = book.find(self.mains)
        subs, more = book.find(self.subs)
        fields = {
            name: "。".join(f"{fault.what}。{fault.right}入れてください" for fault in found)
            for name, found in (("mains", faults), ("subs", more))
            if found
        }
        if both := [book.name(each) for each in subs if each in mains]:
            text = f"{'、'.join(both)}は{PART_WORDS[Part.MAIN]}にも入っています。どちらかにしてください"
            fields.setdefault("subs", text)
        if fields:
            raise RuleBroken("入力内容を確かめてください。", fields)
        return Wanted(
            self.name,
            self.process,
            self.timing,
            self.telework,
            self.remark,
            self.personal_data,
            tuple(mains),
            tuple(subs),
        )


class RevisionForm(FormBody):
    revision: int = Field(ge=0)


class PlaceForm(FormBody):
    place: int = Field(ge=0, le=10_000)
