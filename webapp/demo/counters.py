"""The counters and telephones of the demonstration city, and who was on duty at 市民課. Pure.

市民課 has four counters and two telephones on a rota; the other sections are staffed by whoever is there.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass

from webapp.core.hours import minute_of
from webapp.demo.files import EARLY
from webapp.demo.people import Person
from webapp.demo.script import hours_of

CITIZENS = "D03010"  # 市民課
WEEKDAYS = 0b0011111
RESIDENT, FAMILY = "住民異動", "戸籍"


@dataclass(frozen=True, slots=True)
class BandSeed:
    start: str
    end: str
    need: int
    ideal: int = 0
    burden: float = 1.0


@dataclass(frozen=True, slots=True)
class PostSeed:
    unit: str
    name: str
    kind: str
    bands: tuple[BandSeed, ...]
    staffed: str = "anyone"
    skills: tuple[str, ...] = ()
    burden: float = 1.0


_MORNING, _AFTERNOON = BandSeed("9:00", "12:00", 1), BandSeed("13:00", "16:30", 1)
_LUNCH = BandSeed("12:00", "13:00", 1, burden=1.5)

CITIZENS_POSTS = (
    PostSeed(CITIZENS, "窓口1", "counter", (_MORNING, _LUNCH, _AFTERNOON), "duty"),
    PostSeed(CITIZENS, "窓口2", "counter", (_MORNING, _AFTERNOON), "duty"),
    PostSeed(
        CITIZENS, "窓口3（異動）", "counter", (_MORNING, _AFTERNOON), "duty", (RESIDENT,), 1.2
    ),
    PostSeed(
        CITIZENS, "窓口4（戸籍）", "counter", (_MORNING, _LUNCH, _AFTERNOON), "duty", (FAMILY,), 1.2
    ),
    PostSeed(
        CITIZENS,
        "電話（主）",
        "phone",
        (BandSeed("8:30", "12:00", 1), _LUNCH, BandSeed("13:00", "17:15", 1)),
        "duty",
    ),
    PostSeed(
        CITIZENS,
        "電話（副）",
        "phone",
        (BandSeed("8:30", "12:00", 1), BandSeed("13:00", "17:15", 1)),
        "duty",
    ),
)


def _by_anyone(unit: str, counters: int, phones: int, *, lunch: int = 0) -> list[PostSeed]:
    counter = (
        BandSeed("9:00", "12:00", counters, counters + 1),
        BandSeed("13:00", "16:30", counters, counters + 1),
    )
    phone: tuple[BandSeed, ...] = (
        BandSeed("8:30", "12:00", phones),
        BandSeed("13:00", "17:15", phones),
    )
    if lunch:
        phone = (phone[0], BandSeed("12:00", "13:00", lunch, burden=1.5), phone[1])
    return [
        PostSeed(unit, "窓口", "counter", counter),
        PostSeed(unit, "電話", "phone", phone),
    ]


def posts() -> list[PostSeed]:
    """In the order of their units."""
    found = [*CITIZENS_POSTS]
    for unit, counters, phones, lunch in (
        ("D03020", 3, 2, 0),
        ("D03030", 3, 3, 0),
        ("D03040", 2, 1, 0),
        ("D04010", 2, 1, 0),
        ("D04020", 2, 2, 0),
        ("D04040", 2, 1, 0),
        ("D05020", 3, 2, 1),  # 保育課: the telephone is answered at noon too
        ("D05030", 2, 1, 0),
    ):
        found += _by_anyone(unit, counters, phones, lunch=lunch)
    return found


def skills_of(person: Person) -> tuple[str, ...]:
    """Who works at 市民課 and what they know."""
    if not person.unit.code.startswith(CITIZENS[:5]):
        return ()
    if person.unit.name == "戸籍係":
        return (FAMILY, RESIDENT) if person.title in ("係長", "主査", "主任") else (FAMILY,)
    return (RESIDENT,) if person.unit.name == "窓口係" else ()


def is_exempt(person: Person) -> bool:
    """対象外: 課長 and 課長補佐."""
    return person.title in ("課長", "課長補佐")


@dataclass(frozen=True, slots=True)
class Turn:
    """One duty. Minutes from local midnight."""

    person: str
    post: str
    start: int
    end: int


# Blocks of a day in the order in which they are given out: the noon crew first, since it has fewest to choose from.
_BLOCKS = {
    "counter": (
        ("12:00", "13:00"),
        ("9:00", "10:30"),
        ("10:30", "12:00"),
        ("13:00", "15:00"),
        ("15:00", "16:30"),
    ),
    "phone": (
        ("12:00", "13:00"),
        ("8:30", "10:30"),
        ("10:30", "12:00"),
        ("13:00", "14:30"),
        ("14:30", "16:00"),
        ("16:00", "17:15"),
    ),
}
REST = 30
MOST_A_DAY = 240


def day_of_duty(
    people: Sequence[Person],
    loads: Counter[str],
    at_office: Callable[[Person], bool],
    early: Container[str] = (),
) -> list[Turn]:
    """Whoever carried least so far takes the next block, as a careful coordinator would do it by hand.

    loads: weighted minutes so far, by number and kind (「200123 counter」); added to.
    early: numbers of those who leave at 16:15.
    """
    turns: list[Turn] = []
    blocks = [
        (minute_of(start) != minute_of("12:00"), minute_of(start), minute_of(end), post)
        for post in CITIZENS_POSTS
        for start, end in _BLOCKS[post.kind]
        if any(minute_of(b.start) <= minute_of(start) < minute_of(b.end) for b in post.bands)
    ]
    for _, start, end, post in sorted(blocks, key=lambda b: b[:3]):
        able = [
            person
            for person in people
            if set(post.skills) <= set(skills_of(person))
            and _fits(person, start, end, turns)
            and not (person.number in early and end > minute_of(EARLY))
            and at_office(person)
        ]
        if not able:
            continue
        chosen = min(able, key=lambda p: (loads[f"{p.number} {post.kind}"], p.number))
        burden = post.burden * (1.5 if start == minute_of("12:00") else 1.0)
        loads[f"{chosen.number} {post.kind}"] += int((end - start) * burden)
        turns.append(Turn(chosen.number, post.name, start, end))
    return turns


def _fits(person: Person, start: int, end: int, turns: Iterable[Turn]) -> bool:
    """Inside the own hours, free with a rest before and after, and with an hour for lunch."""
    first, last = hours_of(person)
    if start < first or end > last:
        return False
    mine = [turn for turn in turns if turn.person == person.number]
    if sum(turn.end - turn.start for turn in mine) + end - start > MOST_A_DAY:
        return False
    if any(turn.start - REST < end and start - REST < turn.end for turn in mine):
        return False
    noon = minute_of("12:00")
    at_noon = any(turn.start == noon for turn in mine) or start == noon
    early = all(not (t.start < noon and t.end > noon - 60) for t in mine) and end <= noon - 60
    return (
        not at_noon
        or early
        or start in (noon, minute_of("14:30"), minute_of("15:00"), minute_of("16:00"))
    )


def moved_break(turns: Iterable[Turn], number: str) -> tuple[int, int] | None:
    """The noon crew goes before, or where that hour is taken after."""
    mine = [turn for turn in turns if turn.person == number]
    noon = minute_of("12:00")
    if not any(turn.start == noon for turn in mine):
        return None
    before = all(turn.end <= noon - 60 or turn.start >= noon for turn in mine)
    return (noon - 60, noon) if before else (noon + 60, noon + 120)


def gap_of(turns: Iterable[Turn]) -> Turn:
    """The duty of the Tuesday that falls open: 窓口2 from 15:00, whose holder takes the afternoon off."""
    return next(t for t in turns if t.post == "窓口2" and t.start == minute_of("15:00"))


# What the draft of next week leaves open, and what its maker holds on to.
_OPEN = (("窓口1", 2, "12:00"), ("電話（副）", 3, "14:30"))
_PINNED = (("窓口1", 0, "9:00"), ("窓口4（戸籍）", 0, "12:00"), ("窓口3（異動）", 1, "10:30"))


def is_left_open(turn: Turn, weekday: int) -> bool:
    return (turn.post, weekday, turn.start) in {(p, d, minute_of(at)) for p, d, at in _OPEN}


def is_pinned(turn: Turn, weekday: int) -> bool:
    return (turn.post, weekday, turn.start) in {(p, d, minute_of(at)) for p, d, at in _PINNED}
