"""The people of the demonstration city: the same for the same seed, on any day."""

from dataclasses import dataclass, field, replace
from random import Random

from webapp.demo import names, nursery
from webapp.demo.units import UnitSeed, units

SEED = 20261124
FULL_TIME, PART_TIME = "常勤", "会計年度任用"
HOURS = {
    "標準": "38:45",
    "早出": "38:45",
    "遅出": "38:45",
    "フレックス": "38:45",
    "短時間午前": "20:00",
    "短時間午後": "20:00",
    "育児短時間": "24:35",
}


@dataclass(frozen=True, slots=True)
class Person:
    number: str
    name: str
    kana: str
    unit: UnitSeed
    title: str
    roles: str
    pattern: str
    extension: str
    mobile: str
    reach: str  # 転送可 | 発信のみ | 不可
    telework: str  # 対象 | 対象外
    also: str = ""  # code of the unit of a 兼務
    seat: nursery.Seat | None = None  # a day written by hand

    @property
    def employment(self) -> str:
        return PART_TIME if self.title == "会計年度任用職員" else FULL_TIME

    @property
    def weekly(self) -> str:
        return HOURS[self.pattern]


@dataclass(slots=True)
class _Numbers:
    """Staff numbers grow with gaps, extensions are all different."""

    random: Random
    last: int = 200100
    extensions: list[int] = field(default_factory=list)
    mobiles: int = 7000

    def __post_init__(self) -> None:
        self.extensions = self.random.sample(range(2100, 5990), 800)

    def staff(self) -> str:
        self.last += self.random.randint(1, 9)
        return str(self.last)

    def mobile(self) -> str:
        self.mobiles += 1
        return str(self.mobiles)


def people(seed: int = SEED) -> list[Person]:
    """Everybody, each once; in the order of the units."""
    random = Random(seed)
    numbers = _Numbers(random)
    by_hand = [_by_hand(seat, numbers) for seat in nursery.seats()]
    others = [unit for unit in units() if not unit.code.startswith(nursery_stem())]
    drawn = iter(
        names.draw(random, sum(unit.people for unit in others), taken={p.name for p in by_hand})
    )
    found = by_hand
    for unit in others:
        for place in range(unit.people):
            found.append(_person(unit, place, next(drawn), numbers))
    return _with_concurrent(found, random)


def nursery_stem() -> str:
    return "D0502"  # 保育課 and its 係


def _by_hand(seat: nursery.Seat, numbers: _Numbers) -> Person:
    unit = next(unit for unit in units() if unit.code == seat.unit)
    return Person(
        numbers.staff(),
        seat.name,
        seat.kana,
        unit,
        seat.title,
        seat.roles,
        seat.pattern,
        str(numbers.extensions.pop()),
        numbers.mobile() if seat.reach == "転送可" else "",
        seat.reach,
        "対象外" if seat.title == "会計年度任用職員" else "対象",
        seat=seat,
    )


def _person(unit: UnitSeed, place: int, name: names.Name, numbers: _Numbers) -> Person:
    random = numbers.random
    title, roles = _post(unit, place, random)
    reach = random.choices(("転送可", "発信のみ", "不可"), (30, 55, 15))[0]
    part_time = title == "会計年度任用職員"
    if roles == "所属長":
        reach = "転送可"
    return Person(
        numbers.staff(),
        *name,
        unit,
        title,
        roles,
        _pattern(part_time, roles, random),
        str(numbers.extensions.pop()),
        numbers.mobile() if reach == "転送可" else "",
        reach,
        "対象外" if part_time or unit.name == "窓口係" else "対象",
    )


def _post(unit: UnitSeed, place: int, random: Random) -> tuple[str, str]:
    """職名 and 役割 of the n-th person of a unit."""
    if unit.kind == "市":
        return (("市長", "職員"), ("副市長", "職員"), ("教育長", "職員"))[place]
    if unit.kind == "部":
        return (("部長", "所属長"), ("次長", "代決者"))[place]
    heads = _heads(unit)
    if place < len(heads):
        return heads[place]
    ranks = ("主査", "主任", "主事", "技師" if unit.topic == "建設" else "主事", "会計年度任用職員")
    return random.choices(ranks, (18, 28, 28, 8, 18))[0], "職員"


def _heads(unit: UnitSeed) -> list[tuple[str, str]]:
    if unit.kind == "係":
        heads = [("係長", "係長 在席確認者"), ("主査", "当番調整担当")]
    elif unit.name == "若草駅前支所":
        heads = [("支所長", "所属長 在席確認者"), ("主査", "当番調整担当")]
    else:
        heads = [("課長", "所属長"), ("課長補佐", "代決者 在席確認者")]
    if unit.code == "D01021":
        heads += [("主査", "人事担当"), ("主任", "人事担当")]
    if unit.code == "D01042":
        heads += [("主査", "管理者"), ("主任", "管理者")]
    return heads


def _pattern(part_time: bool, roles: str, random: Random) -> str:
    if part_time:
        return random.choices(("標準", "短時間午前", "短時間午後"), (5, 3, 2))[0]
    if roles != "職員":
        return "標準"
    kinds = ("標準", "早出", "遅出", "フレックス", "育児短時間")
    return random.choices(kinds, (74, 7, 5, 9, 5))[0]


def _with_concurrent(everybody: list[Person], random: Random) -> list[Person]:
    """兼務: a few people belong to a second unit as well."""
    pairs = (
        ("D01041", "D02010"),
        ("D01042", "D02010"),
        ("D04042", "D05031"),
        ("D04042", "D05031"),
        ("D05010", "D02010"),
        ("D02022", "D01041"),
        ("D06050", "D02022"),
        ("D01011", "D08020"),
    )
    second: dict[str, str] = {}
    for home, also in pairs:
        able = [
            person.number
            for person in everybody
            if person.unit.code == home and person.roles == "職員" and person.number not in second
        ]
        if able:
            second[random.choice(able)] = also
    return [replace(person, also=second.get(person.number, "")) for person in everybody]
