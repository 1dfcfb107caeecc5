"""The evening file: 連絡網 and 当番表 of the next days, to keep on paper for the day the server is down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from webapp.core.calendar import wareki
from webapp.core.hours import clock_of
from webapp.core.pages import hour_minute
from webapp.duties import queries as duties
from webapp.duties.models import Duty
from webapp.emergency import queries
from webapp.emergency.queries import Given, OpenEmergency
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.org.rules import REACH_WORDS, ROLE_WORDS, Reach, Role, UnitNode, UnitTree
from webapp.positions import queries as positions
from webapp.positions.rules import Post

DAYS = 3
SEARCHED = 31  # days ahead in which the next business days are looked for
CALLING = (Role.CHIEF, Role.DEPUTY, Role.LEAD, Role.CONFIRMER)  # who is called first


@dataclass(frozen=True, slots=True)
class Person:
    """Numbers are those of the office: 内線 and 公用携帯. answer: what was said in the open emergency, if one is."""

    name: str
    kana: str
    title: str
    role: str
    extension: str
    mobile: str
    reach: str
    email: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One unit of the tree. depth: below the unit asked for."""

    unit: str
    depth: int
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    time: str
    names: str


@dataclass(frozen=True, slots=True)
class Line:
    """A position over the days shown; a cell without entries: nobody is on duty there that day."""

    unit: str
    position: str
    cells: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Evening:
    title: str
    made: str
    emergency: str
    parts: tuple[Part, ...]
    days: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def people(self) -> int:
        return sum(len(part.people) for part in self.parts)


def evening_of(unit: UnitNode, *, now: datetime) -> Evening:
    """Of a unit and all below it, as it stands now."""
    tree = org.current_tree()
    nodes = tree.subtree(unit.id)
    opened = next(iter(queries.open_over([unit.id], tree)), None)
    days = next_days(now=now)
    return Evening(
        f"{unit.name} 連絡網・当番表",
        f"{wareki(org.today(now))} {hour_minute(now)} 現在",
        opened.name if opened else "",
        _parts(nodes, unit, opened, now=now),
        tuple(f"{day.month}/{day.day}（{'月火水木金土日'[day.weekday()]}）" for day in days),
        tuple(_lines(nodes, days, tree)),
    )


def next_days(*, now: datetime) -> list[date]:
    """Today (if anything is open) and the business days after it, three in all."""
    today = org.today(now)
    business = org.business_calendar()
    return business.business_days(today, today + timedelta(days=SEARCHED))[:DAYS]


# --- 連絡網 -----------------------------------------------------------------------------------


def _parts(
    nodes: Sequence[UnitNode], top: UnitNode, opened: OpenEmergency | None, *, now: datetime
) -> tuple[Part, ...]:
    tree = org.current_tree()
    people = org.postings_in([node.id for node in nodes], org.today(now), known_at=now)
    answers = queries.answers_of(opened.id) if opened and opened.question else {}
    by_unit: dict[int, list[PersonPosting]] = {}
    for person in people:
        by_unit.setdefault(person.unit_id, []).append(person)
    base = len(tree.path(top.id))
    asked = bool(opened and opened.question)
    return tuple(
        Part(
            node.name,
            len(tree.path(node.id)) - base,
            tuple(_person(p, answers.get(p.staff_id), asked) for p in by_unit[node.id]),
        )
        for node in nodes
        if node.id in by_unit
    )


def _person(posting: PersonPosting, given: Given | None, asked: bool) -> Person:
    roles = [ROLE_WORDS[role] for role in CALLING if role in posting.roles]
    return Person(
        posting.name,
        posting.kana,
        posting.title,
        "・".join(roles),
        posting.extension,
        posting.mobile,
        REACH_WORDS[Reach(posting.reach)],
        posting.email,
        (given.words if given else "未回答") if asked else "",
    )


# --- 当番表 -----------------------------------------------------------------------------------


def _lines(nodes: Sequence[UnitNode], days: Sequence[date], tree: UnitTree) -> Iterable[Line]:
    if not days:
        return
    posts = positions.posts_of([node.id for node in nodes], days[0])
    rows = duties.duties_at([post.id for post in posts], days[0], days[-1])
    names = org.names_of({row.staff_id for row in rows})
    for post in sorted(posts, key=lambda p: tree.place(p.unit_id)):
        node = tree.by_id(post.unit_id)
        mine = [row for row in rows if row.position_id == post.id]
        if mine and node is not None:
            yield _line(node, post, mine, days, names)


def _line(
    node: UnitNode, post: Post, rows: Sequence[Duty], days: Sequence[date], names: Mapping[int, str]
) -> Line:
    cells = tuple(_cells([row for row in rows if row.day == day], names) for day in days)
    return Line(node.name, post.name, cells)


def _cells(rows: Sequence[Duty], names: Mapping[int, str]) -> tuple[Cell, ...]:
    """People at the same time stand together."""
    by_time: dict[str, list[str]] = {}
    for row in rows:
        time = f"{clock_of(row.start_minute)}〜{clock_of(row.end_minute)}"
        by_time.setdefault(time, []).append(names.get(row.staff_id, ""))
    return tuple(Cell(time, "・".join(found)) for time, found in by_time.items())
