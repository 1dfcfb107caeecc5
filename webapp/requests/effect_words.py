"""What an approval would do to counters and telephones, in figures and words. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.core.hours import clock_of


@dataclass(frozen=True, slots=True)
class Worse:
    """A stretch of one position that falls short, or shorter, through the approval. Minutes from local midnight."""

    position_id: int
    name: str
    start: int
    end: int
    before: int  # people missing
    after: int

    @property
    def more(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Summary:
    """minutes: minutes × people that the approval itself takes away. others: names of positions that do not change."""

    worse: tuple[Worse, ...] = ()
    others: tuple[str, ...] = ()
    past: bool = False  # the day is over: nothing can fall short any more

    @property
    def minutes(self) -> int:
        return sum(each.more * (each.end - each.start) for each in self.worse)

    @property
    def is_short(self) -> bool:
        return bool(self.worse)

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(each.name for each in self.worse))

    @property
    def short_words(self) -> str:
        """窓口が 1 時間 30 分 不足する; "" = nothing falls short."""
        return f"{self._what()}不足する" if self.worse else ""

    @property
    def headline(self) -> str:
        """承認すると、窓口が 1 時間 30 分 不足します."""
        if not self.worse:
            return "不足なし"
        return f"承認すると、{self._what()}不足します"

    @property
    def detail(self) -> str:
        """9:00〜10:30 にあと 1 人足りません。電話は変わりません。"""
        if not self.worse:
            return ""
        return f"{self._where()}{self._unchanged()}"

    def _what(self) -> str:
        names = self.names
        who = "・".join(names) if len(names) <= 2 else f"{names[0]} ほか {len(names) - 1} か所"
        return f"{who}が {duration(covered(self.worse))} "

    def _where(self) -> str:
        several = len(self.names) > 1
        parts = [
            f"{each.name + ' ' if several else ''}{clock_of(each.start)}〜{clock_of(each.end)}"
            f" に{'さらに' if each.before else ''}あと {each.more} 人足りません。"
            for each in self.worse[:3]
        ]
        more = len(self.worse) - 3
        return "".join(parts) + (f"ほか {more} か所。" if more > 0 else "")

    def _unchanged(self) -> str:
        if not self.others:
            return ""
        if len(self.others) <= 2:
            return f"{'・'.join(self.others)}は変わりません。"
        return f"ほかの {len(self.others)} の持ち場は変わりません。"

    def json(self) -> dict[str, object]:
        return {
            "short": self.is_short,
            "minutes": self.minutes,
            "words": self.short_words or "不足なし",
        }


def covered(worse: Iterable[Worse]) -> int:
    """Minutes in which anything falls short, counted once however many positions do."""
    total, reached = 0, 0
    for each in sorted(worse, key=lambda w: (w.start, w.end)):
        total += max(0, each.end - max(each.start, reached))
        reached = max(reached, each.end)
    return total


def duration(minutes: int) -> str:
    """90 → 1 時間 30 分."""
    hours, rest = divmod(minutes, 60)
    words = [f"{hours} 時間"] if hours else []
    if rest or not hours:
        words.append(f"{rest} 分")
    return " ".join(words)


def joined(parts: Sequence[Worse]) -> tuple[Worse, ...]:
    """Like stretches of one position that touch become one; in order of time within the given order of positions."""
    found: list[Worse] = []
    for each in parts:
        last = found[-1] if found else None
        if last and (last.position_id, last.end, last.before, last.after) == (
            each.position_id,
            each.start,
            each.before,
            each.after,
        ):
            found[-1] = Worse(
                each.position_id, each.name, last.start, each.end, each.before, each.after
            )
        else:
            found.append(each)
    return tuple(found)
