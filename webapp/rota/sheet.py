"""The week on paper: positions × days by part of the day, or people × days; from the picture the page draws. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from webapp.core.calendar import wareki
from webapp.core.hours import minute_of
from webapp.rota.page import WeekPage
from webapp.rota.page_cells import Slot
from webapp.rota.page_words import short_names

Json = Mapping[str, Any]
# The type sizes of rota-more.css (.d0 … .d6): points and line height. Of A4 across with 8 mm margins the table gets
# 281 × 178 mm; the first two columns take 3.5 em and 13 %.
SIZES = ((11.0, 1.25), (9.5, 1.25), (8.5, 1.25), (7.7, 1.25), (6.9, 1.2), (6.0, 1.15), (5.0, 1.1))
MANY_PAGES = 2  # where no readable type fits, the list of people takes more pages of this size
SMALLEST_LIST = 4
TABLE_WIDTH, TABLE_HEIGHT = 281 / 25.4 * 72, 178 / 25.4 * 72  # points


@dataclass(frozen=True, slots=True)
class Line:
    """One duty. open: nobody is there yet."""

    time: str
    name: str
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class PaperRow:
    name: str
    cells: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class PaperPart:
    words: str
    rows: tuple[PaperRow, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """days: 「11/24（火）」; density 0–5: the more lines, the smaller the type."""

    title: str
    status: str
    is_draft: bool
    days: tuple[str, ...]
    parts: tuple[PaperPart, ...]
    notes: tuple[str, ...]

    @property
    def density(self) -> int:
        """The largest type with which all of it stands on one page; a long list of people takes several."""
        is_list = not any(part.words for part in self.parts)
        smallest, else_ = (SMALLEST_LIST, MANY_PAGES) if is_list else (len(SIZES) - 1,) * 2
        fitting = (n for n in range(smallest + 1) if self._height(n) <= TABLE_HEIGHT)
        return next(fitting, else_)

    def _height(self, size: int) -> float:
        points, leading = SIZES[size]
        column = (TABLE_WIDTH * 0.87 / points - 3.5) / max(1, len(self.days)) - 0.8  # em
        rows = [row for part in self.parts for row in part.rows]
        lines = sum(max([1, *(rows_of(cell, column) for cell in row.cells)]) for row in rows) + 1
        return lines * points * leading + (len(rows) + 1) * (0.2 * points + 1)


def rows_of(cell: Sequence[Line], column: float) -> int:
    """Lines that the duties of a cell take side by side in a column of so many em."""
    used, rows = 0.0, 1
    for line in cell:
        width = len(line.time) * 0.46 + len(line.name) + 1.0
        if used and used + width > column:
            rows, used = rows + 1, 0.0
        used += width
    return rows


def by_position(page: WeekPage, *, now: datetime) -> Sheet:
    parts = tuple(
        PaperPart(
            group.words,
            tuple(
                PaperRow(
                    str(row.position["name"]),
                    tuple(
                        merged(
                            line_of(slot)
                            for box in row.boxes
                            if box.day == head.number
                            for slot in box.slots
                        )
                        for head in page.days
                    ),
                )
                for row in group.rows
            ),
        )
        for group in page.groups
    )
    return _sheet(page, parts, now)


def merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """People at the same time stand together: 8:30〜10:30 桜井・今井."""
    found: dict[tuple[str, bool], list[str]] = {}
    for line in lines:
        found.setdefault((line.time, line.is_open), []).append(line.name)
    return tuple(Line(time, "・".join(names), is_open) for (time, is_open), names in found.items())


def by_person(page: WeekPage, duties: Sequence[Json], *, now: datetime) -> Sheet:
    """Only who has duty that week; in the order of the board."""
    names = {p["id"]: p["name"] for p in page.week["positions"]}
    short = short_names((p["staff"], p["name"]) for p in page.week["people"])
    rows = []
    for person in page.week["people"]:
        mine = [duty for duty in duties if duty["staff"] == person["staff"]]
        if mine:
            cells = tuple(
                tuple(
                    Line(_time(duty), names.get(duty["position"], ""))
                    for duty in sorted(mine, key=lambda d: str(d["from"]))
                    if duty["date"] == head.iso
                )
                for head in page.days
            )
            rows.append(PaperRow(short[person["staff"]], cells))
    return _sheet(page, (PaperPart("", tuple(rows)),), now)


def _time(duty: Json) -> str:
    return span_words(minute_of(duty["from"]), minute_of(duty["to"]))


def span_words(start: int, end: int) -> str:
    """8:30〜10:30, on paper and in the workbook as everywhere else."""
    return f"{start // 60}:{start % 60:02d}〜{end // 60}:{end % 60:02d}"


def line_of(slot: Slot) -> Line:
    if slot.missing:
        return Line(span_words(slot.start, slot.end), f"▲あと{slot.missing}人", is_open=True)
    return Line(span_words(slot.start, slot.end), slot.name)


def _sheet(page: WeekPage, parts: tuple[PaperPart, ...], now: datetime) -> Sheet:
    is_draft = page.status != "fixed"
    return Sheet(
        f"{page.week['name']} 当番表　{page.span}",
        status_words(is_draft=is_draft, now=now),
        is_draft,
        tuple(f"{head.text}（{head.weekday}）" for head in page.days),
        parts,
        tuple(f"{head.text} {head.closed}" for head in page.days if head.closed),
    )


def status_words(*, is_draft: bool, now: datetime) -> str:
    """「令和8年11月24日 10:20 現在 確定」; a draft says so. now: local."""
    words = "案（確定していません）" if is_draft else "確定"
    return f"{wareki(now.date(), weekday=False)} {now.hour}:{now.minute:02d} 現在 {words}"


def flat_rows(page: WeekPage, duties: Sequence[Json]) -> list[list[Any]]:
    """One row a duty: date, weekday, position, from, to, minutes, number, name."""
    names = {p["id"]: p["name"] for p in page.week["positions"]}
    people = {p["staff"]: p["name"] for p in page.week["people"]}
    found: list[list[Any]] = []
    for duty in sorted(
        duties, key=lambda d: (d["date"], d["from"], str(d["position"]), d["staff"])
    ):
        day = date.fromisoformat(duty["date"])
        start, end = minute_of(duty["from"]), minute_of(duty["to"])
        found.append(
            [
                day,
                "月火水木金土日"[day.weekday()],
                names.get(duty["position"], ""),
                duty["from"],
                duty["to"],
                end - start,
                duty["staff"],
                people.get(duty["staff"]) or duty.get("name") or "",
            ]
        )
    return found
