"""The day of a position as a small picture: places in percent of the axis, so that SVG needs no style. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from webapp.positions.rules import Interval, Need
from webapp.positions.wanted import span_words, weekday_words

EARLIEST, LATEST = 8 * 60, 18 * 60  # the axis shows at least this
_TALLEST = 3  # from this need on a bar is not drawn higher


@dataclass(frozen=True, slots=True)
class Axis:
    first: int
    last: int

    def place(self, minute: int) -> str:
        return f"{100 * (minute - self.first) / (self.last - self.first):.2f}%"

    def length(self, minutes: int) -> str:
        return f"{100 * minutes / (self.last - self.first):.2f}%"

    @property
    def ticks(self) -> list[tuple[str, str]]:
        """(place, hour) of every third hour."""
        hours = range(self.first // 60 + 1, self.last // 60)
        return [(self.place(hour * 60), str(hour)) for hour in hours if hour % 3 == 0]


@dataclass(frozen=True, slots=True)
class Bar:
    """height: 1 to 3. heavy: more than the ordinary burden."""

    x: str
    width: str
    middle: str
    height: int
    text: str
    words: str
    heavy: bool


@dataclass(frozen=True, slots=True)
class DayPicture:
    """The days on which it is so, the open hours, and the bars."""

    days: str
    open: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]

    @property
    def words(self) -> str:
        return "、".join(bar.words for bar in self.bars)


def axis_over(spans: Iterable[Interval]) -> Axis:
    edges = [edge for span in spans for edge in span]
    first = min([EARLIEST, *edges])
    last = max([LATEST, *edges])
    return Axis(first // 60 * 60, min(-(-last // 60) * 60, 24 * 60))


def pictures_of(
    needs: Mapping[int, Sequence[Need]], hours: Mapping[int, Sequence[Interval]], axis: Axis
) -> list[DayPicture]:
    """One for each sort of day of the week (0 = Monday); days on which nothing is needed are left out."""
    sorts: dict[tuple[tuple[Need, ...], tuple[Interval, ...]], list[int]] = {}
    for weekday, of_day in needs.items():
        if of_day:
            sorts.setdefault((tuple(of_day), tuple(hours[weekday])), []).append(weekday)
    return [
        DayPicture(
            weekday_words(days),
            tuple(_stretch(span, axis) for span in open_hours),
            tuple(_bar(need, axis) for need in of_day),
        )
        for (of_day, open_hours), days in sorts.items()
    ]


def _stretch(span: Interval, axis: Axis) -> tuple[str, str]:
    first, last = max(span[0], axis.first), min(span[1], axis.last)
    return axis.place(first), axis.length(last - first)


def _bar(need: Need, axis: Axis) -> Bar:
    more = f"〜{need.ideal}" if need.ideal > need.need else ""
    words = f"{span_words((need.start, need.end))} {need.need}{more}人"
    if need.experienced:
        words += f"（うち経験者 {need.experienced}人）"
    if need.burden != 1:
        words += f" 負担 {need.burden:g}"
    return Bar(
        axis.place(need.start),
        axis.length(need.end - need.start),
        axis.place((need.start + need.end) // 2),
        min(max(need.need, 1), _TALLEST),
        f"{need.need}{more}",
        words,
        need.burden > 1,
    )
