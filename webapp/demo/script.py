"""The Tuesday of everybody until 10:20: plans, reports, what they say of themselves, notes. Pure.

The same people, seed and day give the same script. Minutes count from local midnight.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from webapp.core.hours import minute_of
from webapp.demo import sentences
from webapp.demo.files import PATTERNS
from webapp.demo.people import Person

SITES = ("若草駅前", "北部センター")
SCENE = minute_of("10:20")
CARD = "カードリーダー"


@dataclass(frozen=True, slots=True)
class Planned:
    start: int
    end: int
    kind: str
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A report of start, end or 中抜け; source: web, or the card reader's name."""

    minute: int
    kind: str
    place: str | None = None
    site: str | None = None
    until: int | None = None
    source: str = "web"


@dataclass(frozen=True, slots=True)
class Said:
    minute: int
    state: str
    reason: str | None = None
    until: int | None = None
    note: str = ""
    by: str | None = None  # number of the colleague who entered it


@dataclass(slots=True)
class Morning:
    """One person until 10:20."""

    person: Person
    where: str
    plan: list[Planned] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    said: Said | None = None
    lines: list[str] = field(default_factory=list)


def hours_of(person: Person) -> tuple[int, int]:
    start, end, *_ = PATTERNS[person.pattern]
    return minute_of(start), minute_of(end)


def morning(people: Sequence[Person], seed: str) -> list[Morning]:
    """One for each, in the order of `people`."""
    random = Random(seed)
    mornings = [_morning(person, random) for person in people]
    _enter_for_others(mornings, random)
    return mornings


def _morning(person: Person, random: Random) -> Morning:
    if person.seat is not None:
        found = Morning(person, person.seat.where)
        found.said = _said_by_hand(person.seat.said, random)
    else:
        where = _where(person, random)
        # Whoever one signs in as to look at the duty rota is there.
        found = Morning(person, "card" if is_coordinator(person) else where)
    _WHERES[found.where](found, random)
    works = any(told.kind == "start" for told in found.told)
    if person.seat is None and works and found.where != "out" and not is_coordinator(person):
        found.said = _said(random)
    if works or found.where in {"plan", "trip", "called"}:
        chance = 0.65 if person.seat is not None else 0.45
        if random.random() < chance:
            found.lines = sentences.lines_of(person.unit.topic, random)
    return found


def is_coordinator(person: Person) -> bool:
    """当番調整担当 of 市民課's 窓口係."""
    return person.unit.code == "D03011" and "当番調整担当" in person.roles


# --- where people are -----------------------------------------------------------------------

# Chances by the work of the unit: 在宅, 外出; the counters stay, the fields go out.
_AWAY = {
    "情報": (26, 2),
    "企画": (22, 5),
    "人事": (20, 2),
    "財政": (18, 2),
    "建設": (9, 17),
    "環境": (9, 18),
    "産業": (12, 15),
    "福祉": (9, 13),
    "健康": (10, 12),
    "市民": (6, 1),
}


def _where(person: Person, random: Random) -> str:
    start, _ = hours_of(person)
    if start > SCENE:
        return random.choices(("hours", "leave"), (9, 1))[0]
    home, trip = _AWAY.get(person.unit.topic, (11, 4))
    if person.telework == "対象外":
        home = 0
    chances = {
        "card": 44,
        "plan": 22,
        "home": home,
        "late": home / 7,
        "out": home / 9,
        "satellite": 2 if home else 0,
        "mobile": 1.5 if home else 0,
        "trip": trip,
        "leave": 8,
        "morning-off": 2.5,
        "meeting": 2.5 if person.roles == "職員" else 12,
    }
    return random.choices(list(chances), list(chances.values()))[0]


def _by_card(found: Morning, random: Random) -> None:
    start, _ = hours_of(found.person)
    minute = start - random.randint(3, 24)
    found.told = [Told(minute, "start", "office", source=CARD)]


Fill = Callable[[Morning, Random], None]


def _away(place: str) -> Fill:
    def fill(found: Morning, random: Random) -> None:
        start, end = hours_of(found.person)
        site = random.choice(SITES) if place == "satellite" else None
        found.plan = [Planned(start, end, place, site)]
        found.told = [Told(start + random.randint(-9, 6), "start", place, site)]

    return fill


def _late(found: Morning, _random: Random) -> None:
    start, end = hours_of(found.person)
    found.plan = [Planned(start, end, "home")]


def _out(found: Morning, random: Random) -> None:
    """中抜け（時間休） until 13:00."""
    start, end = hours_of(found.person)
    found.plan = [Planned(start, end, "home")]
    found.told = [
        Told(start + random.randint(-9, 3), "start", "home"),
        Told(random.randint(570, 605), "break_out", until=minute_of("13:00")),
    ]


def _trip(found: Morning, random: Random) -> None:
    start, end = hours_of(found.person)
    if random.random() < 0.5:
        _by_card(found, random)
    leaves = max(start, random.choice((540, 555, 570, 585)))
    back = random.choice((minute_of("12:00"), minute_of("15:00"), end))
    if found.person.seat is not None and found.said is not None:
        back = found.said.until or end
    found.plan = [Planned(leaves, back, "trip")]


def _leave(found: Morning, _random: Random) -> None:
    found.plan = [Planned(*hours_of(found.person), "leave")]


def _morning_off(found: Morning, _random: Random) -> None:
    start, _ = hours_of(found.person)
    found.plan = [Planned(start, minute_of("13:00"), "leave")]


def _meeting(found: Morning, random: Random) -> None:
    _by_card(found, random)
    found.plan = [Planned(minute_of("9:30"), random.choice((660, 675, 690)), "meeting")]


def _nothing(_found: Morning, _random: Random) -> None:
    """By the hours alone."""


_WHERES: dict[str, Fill] = {
    "card": _by_card,
    "plan": _nothing,
    "hours": _nothing,
    "home": _away("home"),
    "satellite": _away("satellite"),
    "mobile": _away("mobile"),
    "late": _late,
    "out": _out,
    "trip": _trip,
    "called": _trip,
    "leave": _leave,
    "morning-off": _morning_off,
    "meeting": _meeting,
}


# --- what they say --------------------------------------------------------------------------

_REASONS = ("meeting", "briefing", "visitor", "call", "counter", "assembly")
_NOTES = {
    "available": (
        "午後は現場に出ます",
        "15時から会議です",
        "急ぎは携帯へお願いします",
        "窓口の後ろにいます",
    ),
    "dnd": ("試験問題の作成中", "締切の作業中です", "オンライン研修"),
}


def _said(random: Random) -> Said | None:
    what = random.choices(("", "busy", "dnd", "away", "available"), (66, 20, 2.5, 5.5, 6))[0]
    minute = random.randint(minute_of("9:20"), minute_of("10:15"))
    until = _soon(random)
    if what == "busy":
        return Said(minute, what, random.choice(_REASONS), until)
    if what == "away":
        return Said(minute, what, None, random.choice((630, 640, 645)))
    if what == "dnd":
        return Said(minute, what, None, until, random.choice(_NOTES["dnd"]))
    if what == "available":
        return Said(minute, what, None, None, random.choice(_NOTES["available"]))
    return None


def _soon(random: Random) -> int:
    return random.choice((630, 640, 650, 660, 675, 690, 720))


def _said_by_hand(text: str, random: Random) -> Said | None:
    """As 「busy meeting 11:00 note」 in `nursery`; - = no reason."""
    if not text:
        return None
    state, reason, until, *note = text.split(" ")
    minute = random.randint(minute_of("9:20"), minute_of("10:15"))
    return Said(minute, state, None if reason == "-" else reason, minute_of(until), "".join(note))


def _enter_for_others(mornings: Iterable[Morning], random: Random) -> None:
    """代行入力: whoever is out has called, and a colleague of the 係 entered it."""
    by_unit: dict[str, list[Morning]] = {}
    for found in mornings:
        by_unit.setdefault(found.person.unit.code, []).append(found)
    for members in by_unit.values():
        inside = [m.person.number for m in members if m.where in {"card", "home"}]
        for found in members if inside else ():
            if found.where == "called" and found.said is not None:
                found.said = replace(found.said, by=inside[0])
            elif found.where == "trip" and found.said is None and random.random() < 0.4:
                minute = random.randint(minute_of("9:50"), minute_of("10:12"))
                back = found.plan[0].end
                found.said = Said(
                    minute, "busy", None, back, "出先から電話あり", random.choice(inside)
                )
