"""Pins and published rows: a person at a position, in whole slots of a day.

Pins are the coordinator's own hand, so each fault is named. Published rows may be older than today's
opening hours (a half closure): what lies outside them is gone with the slots, not a fault.
"""

from webapp.rota.solver import fields as f
from webapp.rota.solver.clock_text import hhmm
from webapp.rota.solver.fields import Reader
from webapp.rota.solver.problem import Day, Duty, slots_of

Found = dict[tuple[str, str], list[tuple[str, Duty]]]


def pins_of(
    reader: Reader, days: tuple[Day, ...], slot: int, positions: set[str], people: set[str]
) -> tuple[Duty, ...]:
    grid = {day.date: day for day in days}
    found: Found = {}
    for one in reader.objects("pins"):
        duty = _duty(one, positions, people)
        if duty and _on_grid(one, duty, grid, slot):
            _meet(one, duty, found)
    return tuple(duty for each in found.values() for _, duty in each)


def published_of(
    reader: Reader, days: tuple[Day, ...], slot: int, positions: set[str], people: set[str]
) -> tuple[Duty, ...]:
    """Cut to the slots there are."""
    grid = {day.date: day for day in days}
    found: Found = {}
    for one in reader.objects("published"):
        duty = _duty(one, positions, people)
        cut = _cut(duty, grid, slot) if duty else None
        if cut:
            _meet(one, cut, found)
    return tuple(duty for each in found.values() for _, duty in each)


def _duty(one: Reader, positions: set[str], people: set[str]) -> Duty | None:
    position = one.need("position", f.known(positions, "持ち場"))
    staff = one.need("staff", f.known(people, "職員"))
    day, span = one.need("date", f.day), one.span()
    if not (position and staff and day and span):
        return None
    return Duty(day, span[0], position, staff, span[1])


def _on_grid(one: Reader, duty: Duty, grid: dict[str, Day], slot: int) -> bool:
    day = grid.get(duty.date)
    if day is None:
        one.fault("date", f"{duty.date} は days にありません。days にある日にしてください")
        return False
    if duty.start < day.open or duty.end > day.close:
        hours = f"{hhmm(day.open)}〜{hhmm(day.close)}"
        one.fault("from", f"開庁時間の外です。{duty.date} は {hours} の中にしてください")
        return False
    return _whole(one, duty, slots_of(day, slot))


def _whole(one: Reader, duty: Duty, slots: list[tuple[int, int]]) -> bool:
    starts, ends = [start for start, _ in slots], [end for _, end in slots]
    right = True
    for key, minute, allowed in (("from", duty.start, starts), ("to", duty.end, ends)):
        if minute not in allowed:
            near = sorted(allowed, key=lambda each: abs(each - minute))[:2]
            choices = " か ".join(map(hhmm, sorted(near)))
            one.fault(key, f"{hhmm(minute)} はコマの境ではありません。{choices} にしてください")
            right = False
    return right


def _meet(one: Reader, duty: Duty, found: Found) -> None:
    """Nobody is at two positions at once, nor twice at one."""
    others = found.setdefault((duty.staff, duty.date), [])
    for place, other in others:
        if other.start < duty.end and duty.start < other.end:
            same = other.position == duty.position
            what = "同じ持ち場に二重に" if same else f"同じ時間に {other.position} にも"
            one.fault(
                "staff",
                f"{duty.staff} は {place} で{what}入っています。どちらかを外すか時間を分けてください",
            )
    others.append((one.place, duty))


def _cut(duty: Duty, grid: dict[str, Day], slot: int) -> Duty | None:
    day = grid.get(duty.date)
    if day is None:
        return None
    inside = [each for each in slots_of(day, slot) if duty.start <= each[0] and each[1] <= duty.end]
    if not inside:
        return None
    return Duty(duty.date, inside[0][0], duty.position, duty.staff, inside[-1][1])
