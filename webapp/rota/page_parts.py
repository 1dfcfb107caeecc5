"""How a day of the rota page is cut: 午前, 昼, 午後, 夕, each into one or two columns. Pure.

Minutes from local midnight. The cuts come from the demand bands and from where the duties of the day begin.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

Span = tuple[int, int]
PART_WORDS = {"am": "午前", "noon": "昼", "pm": "午後", "eve": "夕", "all": "終日"}
NOON = (12 * 60, 13 * 60)
NOON_WINDOW = (11 * 60, 14 * 60)
LONGEST_BLOCK = 120  # a column is about as long as one block may be
LONGEST_AFTERNOON = 240
_NEAR = 45  # a cut follows the duties of the day this far


@dataclass(frozen=True, slots=True)
class DayCut:
    """columns: the spans that stand next to each other, by part of the day."""

    columns: dict[str, tuple[Span, ...]]

    @property
    def width(self) -> int:
        """Columns of the table that the day takes."""
        return max((len(spans) for spans in self.columns.values()), default=1)

    def places(self, part: str) -> list[Span]:
        """[from, to) in columns of the table, for each column of the part."""
        count = len(self.columns[part])
        return [(n * self.width // count, (n + 1) * self.width // count) for n in range(count)]

    def span(self, part: str) -> Span:
        return self.columns[part][0][0], self.columns[part][-1][1]


def cut_day(needs: Sequence[Sequence[Span]], duties: Iterable[Span], *, slot: int = 30) -> DayCut:
    """needs: the bands of each position; duties: what is given out already."""
    taken = list(duties)
    edges = [edge for band in chain(*needs, taken) for edge in band]
    if not edges:
        return DayCut({})
    first, last = min(edges), max(edges)
    noon = noon_of(needs)
    starts = [start for start, _ in taken]
    evening = evening_from(needs, starts, after=noon[1], last=last)
    spans = {
        "am": (first, noon[0]),
        "noon": noon,
        "pm": (max(first, noon[1]), evening),
        "eve": (max(first, evening), last),
    }
    clipped = {part: (max(a, first), min(b, last)) for part, (a, b) in spans.items()}
    return DayCut(
        {
            part: (span,) if part in ("noon", "eve") else _halves(span, starts, slot)
            for part, span in clipped.items()
            if span[0] < span[1]
        }
    )


def whole_day(spans: Iterable[Span]) -> DayCut:
    """One column a day: 日直 and teams."""
    edges = [edge for span in spans for edge in span]
    return DayCut({"all": ((min(edges), max(edges)),)} if edges else {})


def noon_of(needs: Sequence[Sequence[Span]]) -> Span:
    """The lunch band: the edges of the demand between 11:00 and 14:00, else 12:00–13:00."""
    first, last = NOON_WINDOW
    edges = sorted({e for bands in needs for band in bands for e in band if first <= e <= last})
    return (edges[0], edges[-1]) if len(edges) > 1 else NOON


def evening_from(
    needs: Sequence[Sequence[Span]], starts: Sequence[int], *, after: int, last: int
) -> int:
    """When 夕 begins: the first position closes after 16:00; or the afternoon alone would be too long. Else `last`."""
    ends = [max(end for _, end in bands) for bands in needs if bands]
    closing = [end for end in ends if 16 * 60 <= end < last and end > after]
    if closing:
        return min(closing)
    if last - after <= LONGEST_AFTERNOON:
        return last
    late = Counter(start for start in starts if 15 * 60 + 30 <= start <= 17 * 60 + 15)
    wished = late.most_common(1)[0][0] if late else 16 * 60
    return wished if after < wished < last else last


def _halves(span: Span, starts: Sequence[int], slot: int) -> tuple[Span, ...]:
    first, last = span
    if last - first <= LONGEST_BLOCK:
        return (span,)
    middle = first + int((last - first) / 2 / slot + 0.5) * slot
    near = Counter(s for s in starts if abs(s - middle) <= _NEAR and first < s < last)
    cut = max(near, key=lambda s: (near[s], -abs(s - middle))) if near else middle
    return ((first, cut), (cut, last))
