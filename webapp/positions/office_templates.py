"""Sensible beginnings: 市民課, 税, 福祉, 支所. Taken once and then changed; nothing points back here."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from webapp.positions.plan import Added, Plan
from webapp.positions.rules import Kind, Staffed
from webapp.positions.wanted import (
    WORKING_DAYS,
    BandWanted,
    LockWanted,
    OpeningWanted,
    PositionWanted,
)

TITLES = {
    "citizens": "市民課の型",
    "tax": "税の型",
    "welfare": "福祉の型",
    "branch": "支所の型",
}
SUMMARIES = {
    "citizens": "窓口4つと電話2つの当番、昼当番、木曜の時間延長（19:00 まで）",
    "tax": "窓口と電話の当番、昼当番、申告期間（2月16日〜3月15日）の増員",
    "welfare": "総合相談と専門の窓口、電話、面談の立ち会い",
    "branch": "少人数で、在席者が受ける窓口と電話",
}
_LUNCH_BURDEN = 1.5  # taken in place of one's own lunch hour
_EVENING_BURDEN = 1.5
_THURSDAY = 1 << 3
_MORNING, _AFTERNOON = (540, 720), (780, 990)  # 9:00–12:00, 13:00–16:30
_LUNCH, _EVENING = (720, 780), (990, 1140)  # 12:00–13:00, 16:30–19:00
_PHONE_MORNING, _PHONE_AFTERNOON = (510, 720), (780, 1035)  # 8:30–12:00, 13:00–17:15
_PHONE_EVENING = (1035, 1140)


def template(name: str, *, today: date) -> Plan | None:
    """None if there is no such template. today: for periods that come every year."""
    match name:
        case "citizens":
            return _citizens()
        case "tax":
            return _tax(today)
        case "welfare":
            return _welfare()
        case "branch":
            return _branch()
        case _:
            return None


def _band(
    span: tuple[int, int],
    need: int = 1,
    *,
    ideal: int = 0,
    experienced: int = 0,
    burden: float = 1.0,
    weekdays: int = WORKING_DAYS,
) -> BandWanted:
    return BandWanted(*span, need, max(need, ideal), experienced, burden, weekdays)


def _hours(*, evening: bool = False, first: int = 540, last: int = 990) -> list[OpeningWanted]:
    """Counter first–last and telephone 8:30–17:15; with evening, Thursdays until 19:00."""
    ordinary = WORKING_DAYS & ~_THURSDAY if evening else WORKING_DAYS
    found = [
        OpeningWanted("counter", "", ordinary, None, first, last),
        OpeningWanted("phone", "", ordinary, None, 510, 1035),
    ]
    if evening:
        found += [
            OpeningWanted("counter", "", _THURSDAY, None, first, 1140, "時間延長"),
            OpeningWanted("phone", "", _THURSDAY, None, 510, 1140, "時間延長"),
        ]
    return found


def _counter(name: str, *skills: str, evening: bool = False) -> Added:
    bands = [_band(_MORNING), _band(_AFTERNOON)]
    if evening:
        bands.append(_band(_EVENING, burden=_EVENING_BURDEN, weekdays=_THURSDAY))
    return Added(PositionWanted(name, skills=skills), tuple(bands))


def _phone(name: str, *, evening: bool = False, burden: float = 1.0) -> Added:
    bands = [_band(_PHONE_MORNING), _band(_PHONE_AFTERNOON)]
    if evening:
        bands.append(_band(_PHONE_EVENING, burden=_EVENING_BURDEN, weekdays=_THURSDAY))
    return Added(PositionWanted(name, Kind.PHONE, burden=burden), tuple(bands))


def _lunch(counters: int, *skills: str) -> list[Added]:
    at_counter = _band(_LUNCH, counters, experienced=1, burden=_LUNCH_BURDEN)
    on_phone = _band(_LUNCH, burden=_LUNCH_BURDEN)
    return [
        Added(PositionWanted("昼当番（窓口）", skills=skills), (at_counter,)),
        Added(PositionWanted("昼当番（電話）", Kind.PHONE), (on_phone,)),
    ]


def _citizens() -> Plan:
    return Plan(
        TITLES["citizens"],
        [
            _counter("窓口1", "住基", evening=True),
            _counter("窓口2", "住基", evening=True),
            _counter("窓口3", "戸籍"),
            _counter("窓口4", "マイナンバー"),
            _phone("電話（主）", evening=True),
            _phone("電話（副）", burden=0.8),
            *_lunch(2, "住基"),
        ],
        _hours(evening=True),
    )


def _tax(today: date) -> Plan:
    """申告期間: 所得税法 120 条, 地方税法 317 条の 2 (2/16–3/15)."""
    year = today.year if today <= date(today.year, 3, 15) else today.year + 1
    filing = LockWanted("申告期間", date(year, 2, 16), date(year, 3, 15))
    consulting = _with_lock(_counter("窓口2（相談）", "課税"), [_MORNING, _AFTERNOON], need=3)
    return Plan(
        TITLES["tax"],
        [
            _counter("窓口1（証明）", "証明"),
            consulting,
            _phone("電話（主）"),
            _with_lock(
                _phone("電話（副）", burden=0.8), [_PHONE_MORNING, _PHONE_AFTERNOON], need=2
            ),
            *_lunch(1, "証明"),
        ],
        _hours(first=510, last=1035),
        [filing],
    )


def _with_lock(each: Added, spans: Iterable[tuple[int, int]], *, need: int) -> Added:
    more = tuple(replace(_band(span, need), lock_id=1) for span in spans)
    return replace(each, bands=(*each.bands, *more))


def _welfare() -> Plan:
    together = Added(
        PositionWanted("面談の立ち会い", Kind.OTHER, Staffed.ANYONE, burden=1.2),
        (_band(_MORNING, 0, ideal=1), _band(_AFTERNOON, 0, ideal=1)),
    )
    interpreter = Added(
        PositionWanted("手話通訳", Kind.OTHER, Staffed.ANYONE, contractor=True), (_band(_MORNING),)
    )
    return Plan(
        TITLES["welfare"],
        [
            _counter("総合相談"),
            _counter("窓口1（障がい）", "障がい福祉"),
            _counter("窓口2（高齢・介護）", "介護保険"),
            together,
            interpreter,
            _phone("電話（主）"),
            _phone("電話（副）", burden=0.8),
            *_lunch(1),
        ],
        _hours(first=510, last=1035),
    )


def _branch() -> Plan:
    whole = (510, 1035)
    counter = Added(
        PositionWanted("窓口", staffed=Staffed.ANYONE, skills=("住基",)),
        (
            _band((510, 720), 1, ideal=2),
            _band((780, 1035), 1, ideal=2),
            _band(_LUNCH, burden=_LUNCH_BURDEN),
        ),
    )
    phone = Added(PositionWanted("電話", Kind.PHONE, Staffed.ANYONE), (_band(whole),))
    return Plan(TITLES["branch"], [counter, phone], _hours(first=510, last=1035))
