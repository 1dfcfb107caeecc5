"""The week by positions: which boxes stand in which row, and what is in them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from webapp.core.hours import clock_of, minute_of
from webapp.rota.page_parts import LONGEST_BLOCK, PART_WORDS, DayCut, Span
from webapp.rota.page_words import span_words

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """One button: a duty, or a stretch that is open. key stays the same while the draft changes around it."""

    key: str
    position: str
    date: str
    start: int
    end: int
    missing: int = 0
    cell: int | None = None
    duty: int | None = None
    staff: str = ""
    name: str = ""
    full_name: str = ""
    pinned: bool = False
    changed: bool = False
    mine: bool = False
    odd: bool = False  # named by a conflict
    standard: bool = False  # as long as its column says
    continued: bool = False  # began in the part of the day above
    whole: Span = (0, 0)  # the duty's own span, when it crosses from one part into the next

    @property
    def time(self) -> str:
        return span_words((self.start, self.end))


@dataclass(frozen=True, slots=True)
class Box:
    """A <td>. day: its number in the table."""

    day: int
    width: int
    slots: tuple[Slot, ...] = ()
    first: bool = False
    note: str = ""
    wide: bool = False  # people at the same time stand side by side


@dataclass(frozen=True, slots=True)
class Row:
    position: Json
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Head:
    day: int
    width: int
    text: str
    small: str
    first: bool


@dataclass(frozen=True, slots=True)
class Group:
    part: str
    words: str
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]


def needs_of(position: Json, day: str) -> list[Span]:
    return [
        (minute_of(need["from"]), minute_of(need["to"])) for need in position["needs"].get(day, ())
    ]


def open_runs(rows: Iterable[Json]) -> list[Slot]:
    """Slots that are open, the neighbouring ones with as many missing as one stretch."""
    runs: list[Slot] = []
    for row in sorted(rows, key=lambda r: (r["date"], r["position"], r["from"])):
        start, end = minute_of(row["from"]), minute_of(row["to"])
        if runs and _continues(runs[-1], row, start):
            runs[-1] = replace(runs[-1], end=end)
        else:
            runs.append(Slot("", row["position"], row["date"], start, end, row["missing"]))
    return runs


def _continues(run: Slot, row: Json, start: int) -> bool:
    here = (run.position, run.date, run.end, run.missing)
    return here == (row["position"], row["date"], start, row["missing"])


def groups(
    week: Json, days: Sequence[Json], cuts: Sequence[DayCut], slots: Sequence[Slot]
) -> list[Group]:
    """The parts of the day that occur in this week, with the positions that occur in them."""
    found = []
    for part, words in PART_WORDS.items():
        if any(part in cut.columns for cut in cuts):
            rows = [_row(position, part, days, cuts, slots) for position in week["positions"]]
            shown = tuple(row for row in rows if any(box.slots or box.note for box in row.boxes))
            heads = tuple(_heads(week, part, days, cuts))
            found.append(Group(part, words, heads, shown))
    return [group for group in found if group.rows]


def _row(
    position: Json, part: str, days: Sequence[Json], cuts: Sequence[DayCut], slots: Sequence[Slot]
) -> Row:
    mine = [slot for slot in slots if slot.position == position["id"]]
    boxes: list[Box] = []
    for number, (day, cut) in enumerate(zip(days, cuts, strict=True)):
        here = [slot for slot in mine if slot.date == day["date"]]
        of_day = _day_boxes(position, part, number, day, cut, here)
        boxes += [replace(of_day[0], first=True), *of_day[1:]]
    return Row(position, tuple(boxes))


def _day_boxes(
    position: Json, part: str, number: int, day: Json, cut: DayCut, slots: Sequence[Slot]
) -> list[Box]:
    width = max(cut.width, 1)
    if part not in cut.columns:
        return [Box(number, width)]
    needs = needs_of(position, day["date"])
    if position.get("contractor"):
        wanted = any(_overlap(need, cut.span(part)) for need in needs)
        return [Box(number, width, note="委託" if wanted else "")]
    ranges = _ranges(_pieces(slots, part, cut), cut.columns[part])
    return [
        Box(
            number,
            cut.places(part)[last][1] - cut.places(part)[first][0],
            tuple(_settled(piece, cut.columns[part][first : last + 1], needs) for piece in pieces),
            wide=last > first or cut.width > len(cut.columns[part]),
        )
        for first, last, pieces in ranges
    ]


def _pieces(slots: Sequence[Slot], part: str, cut: DayCut) -> list[Slot]:
    """What of the duties lies in this part; long open stretches are cut at the columns as well."""
    pieces = []
    for slot in slots:
        long = slot.end - slot.start > LONGEST_BLOCK
        spans = cut.columns[part] if slot.missing and long else (cut.span(part),)
        for start, end in spans:
            if slot.start < end and start < slot.end:
                pieces.append(_clipped(slot, max(start, slot.start), min(end, slot.end)))
    return sorted(pieces, key=lambda p: (p.start, p.missing > 0, p.end))


def _clipped(slot: Slot, start: int, end: int) -> Slot:
    whole = slot.whole if slot.cell or slot.duty else (start, end)
    return replace(slot, start=start, end=end, continued=whole[0] < start, whole=whole)


def _ranges(pieces: Sequence[Slot], columns: Sequence[Span]) -> list[tuple[int, int, list[Slot]]]:
    """(first column, last column, pieces): pieces that share a column share the box."""
    found: list[tuple[int, int, list[Slot]]] = []
    for first, last, piece in sorted(
        ((*_columns_of(p, columns), p) for p in pieces), key=lambda r: r[:2]
    ):
        if found and first <= found[-1][1]:
            before = found.pop()
            found.append((before[0], max(before[1], last), [*before[2], piece]))
        else:
            found.append((first, last, [piece]))
    taken = {n for first, last, _ in found for n in range(first, last + 1)}
    empty: list[tuple[int, int, list[Slot]]] = [
        (n, n, []) for n in range(len(columns)) if n not in taken
    ]
    return sorted([*found, *empty], key=lambda r: r[0])


def _columns_of(piece: Slot, columns: Sequence[Span]) -> tuple[int, int]:
    numbers = range(len(columns))
    first = min(numbers, key=lambda n: abs(columns[n][0] - piece.start))
    last = min(numbers, key=lambda n: abs(columns[n][1] - piece.end))
    if first <= last:
        return first, last
    most = max(numbers, key=lambda n: _overlap(columns[n], (piece.start, piece.end)))
    return most, most


def _overlap(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def _settled(piece: Slot, columns: Sequence[Span], needs: Sequence[Span]) -> Slot:
    """Its key, and whether its time goes without saying."""
    expected = _clip((columns[0][0], columns[-1][1]), needs)
    who = piece.staff or "open"
    key = f"{piece.position}/{piece.date}/{piece.start}/{who}"
    return replace(piece, key=key, standard=expected == (piece.start, piece.end))


def _clip(span: Span, needs: Sequence[Span]) -> Span:
    if not needs:
        return span
    first, last = min(a for a, _ in needs), max(b for _, b in needs)
    return max(span[0], first), min(span[1], last)


def _heads(week: Json, part: str, days: Sequence[Json], cuts: Sequence[DayCut]) -> Iterable[Head]:
    for number, (day, cut) in enumerate(zip(days, cuts, strict=True)):
        if part not in cut.columns:
            yield Head(number, max(cut.width, 1), "", "", True)
            continue
        alone = len(cut.columns[part]) == 1
        for n, (span, place) in enumerate(zip(cut.columns[part], cut.places(part), strict=True)):
            text, small = _head_words(week, day["date"], span, alone=alone and part != "all")
            yield Head(number, place[1] - place[0], text, small, n == 0)


def _head_words(week: Json, day: str, span: Span, *, alone: bool) -> tuple[str, str]:
    """When the counters begin here, and the telephone where it begins at another time."""
    starts: dict[str, int] = {}
    for position in week["positions"]:
        clipped = [
            (max(a, span[0]), min(b, span[1]))
            for a, b in needs_of(position, day)
            if a < span[1] and span[0] < b
        ]
        if clipped:
            kind = "phone" if position["kind"] == "phone" else "counter"
            starts[kind] = min(starts.get(kind, span[1]), clipped[0][0])
    base = starts.get("counter", starts.get("phone", span[0]))
    if alone:
        return span_words((min(starts.values(), default=span[0]), span[1])), ""
    phone = starts.get("phone", base)
    return clock_of(base), f"電話 {clock_of(phone)}" if phone != base else ""
