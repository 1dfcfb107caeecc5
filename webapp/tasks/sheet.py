"""The sheet as it is shown: lines with people, what is warned of, figures; filtered by person, place and word."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from webapp.accounts.access import Actor
from webapp.tasks import access, queries, rules
from webapp.tasks.models import Task
from webapp.tasks.people import Book, book_of
from webapp.tasks.rules import Act, Duty, Figures, Gap, Telework, may


@dataclass(frozen=True, slots=True)
class Asked:
    """What to show: a word, a 職員番号 ("" = all), テレワークの可否; gaps: only lines with a warning."""

    word: str = ""
    person: str = ""
    telework: Telework | None = None
    gaps: bool = False

    @property
    def is_all(self) -> bool:
        return self == Asked()


@dataclass(frozen=True, slots=True)
class Line:
    task: Task
    duty: Duty
    gap: Gap
    place: int  # in the whole sheet, from 0
    may_edit: bool
    may_remove: bool

    @property
    def telework_word(self) -> str:
        return rules.TELEWORK_WORDS[self.duty.telework]


@dataclass(slots=True)
class Sheet:
    """lines: those asked for; figures, alone and gap counts are of the whole sheet."""

    book: Book
    leads: bool
    total: int
    figures: Figures
    alone: list[tuple[str, int]]  # (name, tasks nobody else can answer)
    without_sub: int = 0
    without_main: int = 0
    gone: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    @property
    def warned(self) -> int:
        return self.without_sub + self.without_main + len(self.gone) + len(self.alone)


def sheet_of(unit_id: int, asked: Asked, *, actor: Actor, now: datetime) -> Sheet:
    """unit_id: a 課, or a unit without one."""
    tasks = queries.tasks_of_unit(unit_id)
    book = book_of(unit_id, tasks, now=now)
    leads = access.leads(actor, unit_id)
    lines = [_line(task, place, book, leads, actor) for place, task in enumerate(tasks)]
    duties = [line.duty for line in lines]
    alone = rules.alone(duties, book.here)
    gone = {each for line in lines for each in line.gap.gone}
    return Sheet(
        book,
        leads,
        len(lines),
        rules.figures(duties),
        [(book.name(each), alone[each]) for each in book.here if each in alone],
        sum(line.gap.no_sub for line in lines),
        sum(line.gap.no_main for line in lines),
        sorted(book.name(each) for each in gone),
        _chosen(lines, asked, book),
    )


def _line(task: Task, place: int, book: Book, leads: bool, actor: Actor) -> Line:
    duty = queries.duty_of(task)
    part = access.part_of(actor, duty.mains, duty.subs)
    return Line(
        task,
        duty,
        rules.gap(duty, book.here),
        place,
        may(Act.EDIT, leads=leads, part=part),
        may(Act.REMOVE, leads=leads, part=part),
    )


def _chosen(lines: Sequence[Line], asked: Asked, book: Book) -> list[Line]:
    everybody = {**book.gone, **book.here}
    wanted = {each for each, person in everybody.items() if person.number == asked.person}
    return [
        line
        for line in lines
        if (not asked.person or wanted & set(line.duty.people))
        and (asked.telework is None or line.duty.telework is asked.telework)
        and (not asked.gaps or line.gap)
        and matches(line.task, asked.word, [book.name(each) for each in line.duty.people])
    ]


def matches(task: Task, word: str, names: Sequence[str] = ()) -> bool:
    """Every word somewhere in the line; width, case and blanks do not matter."""
    text = _plain(" ".join((task.name, task.process, task.timing, task.remark, *names)))
    squeezed = text.replace(" ", "")
    return all(part in text or part in squeezed for part in _plain(word).split())


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
