"""緊急時: who may do what as a truth table, the answers, reminders, and days across midnight. Pure."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from webapp.core import calendar, clock
from webapp.core.calendar import BusinessCalendar

UNDO_FOR = timedelta(seconds=10)
UNDO_GRACE = timedelta(seconds=5)  # a slow line is not the person's fault
SHORTEST_BETWEEN = timedelta(minutes=5)  # two reminders to the same people
LONGEST_DEPLOYMENT = timedelta(days=7)
MINUTES = (15, 30, 60, 90, 120)
CITY_WORD = "全庁"


# --- who may what ---------------------------------------------------------------------------


class Act(StrEnum):
    SEE = "see"  # name, line and one's own answer
    ANSWER = "answer"
    ANSWER_FOR = "answer_for"  # a colleague's, heard on the telephone
    TALLY = "tally"  # counts and names of a unit
    REMIND = "remind"
    EVENING = "evening"  # 連絡網 and 当番表 to keep
    DEPLOY = "deploy"
    ORDER = "order"
    REDUCE = "reduce"
    BEGIN = "begin"
    CHANGE = "change"  # name, line, question, reminders
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Standing:
    """One person towards one unit (a person's, a position's, that of an emergency).

    concerned: posted there or below. colleague: of a common 係, or leads it. leads: 係長, 当番調整担当 of it or above.
    chief: 所属長 or 代決者 of it or above. city: 管理者, 人事担当, the city's top chiefs, chiefs of the named offices.
    """

    concerned: bool = False
    colleague: bool = False
    leads: bool = False
    chief: bool = False
    city: bool = False


def may(act: Act, who: Standing, *, whole: bool = False) -> bool:
    """whole: it concerns 全庁. Then beginning, changing and closing is for `city` alone.

    Default deny: what is not said here is refused.
    """
    if act in (Act.SEE, Act.ANSWER):
        return who.concerned or (act is Act.SEE and (who.leads or who.chief or who.city))
    if act is Act.ANSWER_FOR:
        return who.colleague or who.chief or who.city
    if act in (Act.TALLY, Act.REMIND, Act.EVENING):
        return who.leads or who.chief or who.city
    if act in (Act.DEPLOY, Act.ORDER, Act.REDUCE):
        return who.chief or who.city
    return who.city or (who.chief and not whole)


# --- the question ---------------------------------------------------------------------------


class Answer(StrEnum):
    COME = "come"
    HOME = "home"
    NO = "no"


ANSWER_WORDS = {Answer.COME: "参集可", Answer.HOME: "在宅で従事可", Answer.NO: "参集不可"}


def answer_words(answer: Answer, minutes: int | None) -> str:
    if answer is Answer.COME and minutes:
        return f"参集可（約{minutes_words(minutes)}）"
    return ANSWER_WORDS[answer]


def minutes_words(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}分"
    return f"{hours}時間" + (f"{rest}分" if rest else "")


@dataclass(frozen=True, slots=True)
class Tally:
    """How the answers of a number of people stand. soon: of those who come, within the next hour."""

    people: int = 0
    come: int = 0
    home: int = 0
    no: int = 0
    soon: int = 0

    @property
    def answered(self) -> int:
        return self.come + self.home + self.no

    @property
    def silent(self) -> int:
        return self.people - self.answered

    def plus(self, other: "Tally") -> "Tally":
        return Tally(
            self.people + other.people,
            self.come + other.come,
            self.home + other.home,
            self.no + other.no,
            self.soon + other.soon,
        )


SOON = 60


def tally_of(answers: Iterable[tuple[Answer, int | None] | None]) -> Tally:
    """One entry a person; None = no answer yet."""
    found = Tally()
    for given in answers:
        answer, minutes = given or (None, None)
        found = found.plus(
            Tally(
                1,
                int(answer is Answer.COME),
                int(answer is Answer.HOME),
                int(answer is Answer.NO),
                int(answer is Answer.COME and (minutes or 0) <= SOON),
            )
        )
    return found


# --- reminders ------------------------------------------------------------------------------


def reminder_due(
    *,
    question: bool,
    asked_at: datetime | None,
    reminded_at: datetime | None,
    every: int,
    times: int,
    most: int,
    now: datetime,
) -> bool:
    """Whether the clock reminds now: so many minutes after the question or the last reminder, at most so often."""
    if not question or asked_at is None or every <= 0 or times >= most:
        return False
    return now >= max(asked_at, reminded_at or asked_at) + timedelta(minutes=every)


# --- 災害配備 ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DayPart:
    """The part of a deployment in one business day. Minutes from local midnight of `day`; end may pass 24 h."""

    day: date
    start: int
    end: int


def day_parts(
    starts_at: datetime, ends_at: datetime, business: BusinessCalendar
) -> tuple[DayPart, ...]:
    """Cut at each 日替わり: what is planned for a day is looked at on that business day alone."""
    found: list[DayPart] = []
    at = starts_at
    while at < ends_at:
        day = business.business_date(at)
        _, day_ends = business.day_bounds(day)
        until = min(ends_at, day_ends)
        found.append(DayPart(day, minute_of(day, at), minute_of(day, until)))
        at = until
    return tuple(found)


def minute_of(day: date, at: datetime) -> int:
    return round((at - calendar.at(day, time(0, 0))).total_seconds() / 60)


def span_words(starts_at: datetime, ends_at: datetime) -> str:
    """「11月24日 10:30〜翌 7:00」, 「11月24日 10:30〜11月26日 7:00」."""
    first, last = clock.to_tokyo(starts_at), clock.to_tokyo(ends_at)
    head = f"{first.month}月{first.day}日 {first.hour}:{first.minute:02d}〜"
    tail = f"{last.hour}:{last.minute:02d}"
    days = (last.date() - first.date()).days
    if days == 0:
        return head + tail
    return head + (f"翌 {tail}" if days == 1 else f"{last.month}月{last.day}日 {tail}")


def span_fault(starts_at: datetime, ends_at: datetime, *, now: datetime) -> dict[str, str]:
    """{field: what would be right}."""
    if ends_at <= starts_at:
        return {"end": "終わりは始まりより後にしてください（翌日になるときは日付も変えてください）"}
    if ends_at <= now:
        return {"end": "もう過ぎています。これからの時刻にしてください"}
    if ends_at - starts_at > LONGEST_DEPLOYMENT:
        return {"end": "一度に配備できるのは7日までです"}
    return {}


# --- the scope typed ------------------------------------------------------------------------


def confirms(typed: str, name: str) -> bool:
    """Whether what was typed is the name of the scope; width and space of the characters do not matter."""
    return _plain(typed) == _plain(name) != ""


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def may_undo(done_at: datetime, *, by_me: bool, now: datetime) -> bool:
    return by_me and now - done_at <= UNDO_FOR + UNDO_GRACE
