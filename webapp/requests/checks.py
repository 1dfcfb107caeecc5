"""A wish to telework held against the municipality's rules: what to say at which field. Pure.

Every finding is a warning unless the municipality is strict; what cannot be stored at all (a day asked for twice, an
end before its start) is no finding but a fault of the form. Minutes count from local midnight.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from webapp.core import clock
from webapp.core.hours import clock_of
from webapp.requests.rulebook import Leave, Rules, Span
from webapp.requests.wishes import Asked, Finding, Known, is_late
from webapp.requests.wording import KIND_WORDS, PLACE_WORDS, day_words

EXTENT_WORDS = {"whole": "終日", "am": "午前", "pm": "午後", "hours": "時間"}
NEVER_BLOCK = frozenset({"duty", "place_kind_note"})
"""Whether a duty can be done by somebody else is for the approval: there are ways to solve it."""


def check(asked: Asked, rules: Rules, known: Known, *, now: datetime) -> list[Finding]:
    """Everything to say of one day, in the order of the form."""
    found = [
        *_target(known),
        *_day(asked, known, now),
        *_week(asked, rules, known),
        *_extent(asked, rules),
        *_hours(asked, rules, known),
        *_beyond(asked, rules, known),
        *_place(asked, rules),
        *_work(asked, rules),
        *_carrying(asked, rules),
        *_occupied(asked, known),
    ]
    return [_weighed(finding, asked, rules) for finding in found]


def _weighed(finding: Finding, asked: Asked, rules: Rules) -> Finding:
    blocks = rules.strict and not finding.note and finding.code not in NEVER_BLOCK
    return replace(finding, blocks=blocks, day=asked.day)


def _target(known: Known) -> Iterable[Finding]:
    if not known.target.allowed:
        why = f"（{known.target.why}）" if known.target.why else ""
        yield Finding(
            "target", "days", f"テレワークの対象になっていません{why}。人事担当に確かめてください"
        )


# --- the day --------------------------------------------------------------------------------


def _day(asked: Asked, known: Known, now: datetime) -> Iterable[Finding]:
    if known.closed:
        yield Finding("closed", "days", f"{day_words(asked.day)}は閉庁日です（{known.closed}）")
    elif known.hours is None:
        yield Finding("no_hours", "days", f"{day_words(asked.day)}は勤務日ではありません")
    if asked.oral:
        return
    if asked.day < clock.to_tokyo(now).date():
        yield Finding(
            "past",
            "days",
            f"{day_words(asked.day)}は過ぎています。口頭で承認を受けていたら「口頭で承認済」にしてください",
        )
    elif is_late(known, now=now) and known.deadline_at is not None:
        yield Finding("late", "days", f"締切（{until(known.deadline_at)}）を過ぎています")


def _week(asked: Asked, rules: Rules, known: Known) -> Iterable[Finding]:
    """Lifted while an emergency is open. A day that is partly at the office is an office day."""
    if known.emergency:
        return
    days = len(known.week | {asked.day})
    if rules.week_most is not None and days > rules.week_most:
        yield Finding(
            "cap",
            "days",
            f"{day_words(asked.day)}の週は{days}日目です（上限は週{rules.week_most}日）",
        )
    whole = known.whole_week | ({asked.day} if asked.extent == "whole" else frozenset())
    office = len(known.working - whole)
    if rules.week_office and known.working and office < rules.week_office:
        yield Finding(
            "office",
            "days",
            f"{day_words(asked.day)}の週の出勤が{office}日になります（週{rules.week_office}日以上）",
        )


# --- hours ----------------------------------------------------------------------------------


def _extent(asked: Asked, rules: Rules) -> Iterable[Finding]:
    if asked.extent not in rules.extents:
        allowed = "・".join(EXTENT_WORDS[code] for code in rules.extents)
        yield Finding("unit", "extent", f"テレワークの単位は{allowed}です")
    elif asked.extent == "hours" and (asked.start % rules.step or asked.end % rules.step):
        yield Finding("step", "from", f"時間は{rules.step}分刻みにしてください")


def _hours(asked: Asked, rules: Rules, known: Known) -> Iterable[Finding]:
    """勤務時間の割振り, where it differs from the ordinary hours."""
    own = asked.hours
    if own is None or known.hours is None:
        return
    span = (own.start, own.end)
    if span != (known.hours.start, known.hours.end):
        yield from _allotted(span, rules)
    core = rules.core or (known.hours.core if rules.core_of_pattern else None)
    if core and not (own.start <= core[0] and core[1] <= own.end):
        yield Finding("core", "hours", f"コアタイム（{span_words(core)}）を含めてください")
    if own.length != known.hours.length:
        yield Finding(
            "length",
            "hours",
            f"休憩を除いて{_long(own.length)}です（ふだんは{_long(known.hours.length)}）",
        )


def _allotted(span: Span, rules: Rules) -> Iterable[Finding]:
    if rules.hours == "ordinary":
        yield Finding("hours", "hours", "勤務時間の割振りは変えられません")
    elif rules.hours == "shifts" and span not in rules.shifts:
        known = "、".join(span_words(shift) for shift in rules.shifts)
        yield Finding("hours", "hours", f"勤務時間は次の型から選んでください: {known}")
    elif rules.hours == "free" and not _inside(span, rules.window):
        yield Finding("window", "hours", f"勤務できる時間帯は{span_words(rules.window)}です")


def _beyond(asked: Asked, rules: Rules, known: Known) -> Iterable[Finding]:
    """Telework planned outside the day's hours is overtime."""
    hours = asked.hours or known.hours
    span = (asked.start, asked.end)
    if asked.extent != "hours" or hours is None or _inside(span, (hours.start, hours.end)):
        return
    where = f"勤務時間（{span_words((hours.start, hours.end))}）の外です"
    if not _inside(span, rules.window):
        yield Finding("window", "from", f"勤務できる時間帯は{span_words(rules.window)}です")
    elif rules.overtime == "no":
        yield Finding("overtime", "from", f"{where}。テレワーク中の時間外勤務は認められません")
    elif rules.overtime == "rarely":
        yield Finding(
            "overtime", "from", f"{where}。テレワーク中の時間外勤務は原則として命じません"
        )
    elif rules.overtime == "order":
        yield Finding("overtime", "from", f"{where}。時間外勤務の命令が要ります", note=True)


def _inside(span: Span, whole: Span) -> bool:
    return whole[0] <= span[0] and span[1] <= whole[1]


# --- place, work, material ------------------------------------------------------------------


def _place(asked: Asked, rules: Rules) -> Iterable[Finding]:
    if asked.place not in rules.places:
        yield Finding("place", "place", f"{PLACE_WORDS[asked.place]}は認められていません")
        return
    leave = rules.place_kinds.get(asked.place_kind, Leave.YES)
    if asked.place != "home" or leave is Leave.YES:
        return
    word = KIND_WORDS.get(asked.place_kind, asked.place_kind)
    if leave is Leave.NO:
        yield Finding(
            "place_kind", "place_kind", f"在宅は自宅だけです（{word}は認められていません）"
        )
    else:
        yield Finding(
            "place_kind_note", "place_kind", f"{word}は、承認する人が事情を見て決めます", note=True
        )


def _work(asked: Asked, rules: Rules) -> Iterable[Finding]:
    never = [task.name for task in asked.tasks if task.telework == "no"]
    if never:
        yield Finding("task", "tasks", f"テレワークにできない業務です: {'、'.join(never)}")
    personal = [task.name for task in asked.tasks if task.personal_data]
    if not personal:
        return
    if asked.place == "satellite":
        if not asked.site_protected:
            yield Finding(
                "personal", "tasks", f"この拠点では個人情報を扱えません: {'、'.join(personal)}"
            )
    elif rules.personal_home is not Leave.YES:
        may = rules.personal_home is Leave.APPROVAL
        words = (
            "承認する人が事情を見て決めます"
            if may
            else "庁舎か、同じ保護のあるサテライトで行ってください"
        )
        yield Finding(
            "personal",
            "tasks",
            f"個人情報を扱う業務です（{'、'.join(personal)}）。{words}",
            note=may,
        )


def _carrying(asked: Asked, rules: Rules) -> Iterable[Finding]:
    if not asked.carries:
        return
    if not asked.carried.strip():
        yield Finding("carried", "carried", "持ち出す資料の名前を書いてください")
    if rules.carry is not Leave.YES:
        may = rules.carry is Leave.APPROVAL
        words = "は、承認する人が事情を見て決めます" if may else "は認められていません"
        yield Finding("carry", "carries", f"資料の持出し{words}", note=may)
    if asked.personal_data and rules.carry_personal is not Leave.YES:
        may = rules.carry_personal is Leave.APPROVAL
        words = "は、承認する人が事情を見て決めます" if may else "は認められていません"
        yield Finding(
            "carry_personal", "personal_data", f"個人情報を含む資料の持出し{words}", note=may
        )


# --- what is on that day already ------------------------------------------------------------


def _occupied(asked: Asked, known: Known) -> Iterable[Finding]:
    for turn in known.turns:
        if _meets(asked, turn.start, turn.end) and not turn.away:
            when = f"{day_words(asked.day)} {span_words((turn.start, turn.end))}"
            yield Finding(
                "duty",
                "days",
                f"{when} {turn.name}の当番です。交代を頼むか、時間をずらすと承認が早くなります",
            )
    absent = [(s, e, word) for s, e, word in known.absent if _meets(asked, s, e)]
    for start, end, word in absent:
        span = span_words((start, end))
        yield Finding("absent", "days", f"{day_words(asked.day)} {span} は{word}の予定です")


def _meets(asked: Asked, start: int, end: int) -> bool:
    return asked.start < end and start < asked.end


# --- several days of one filing -------------------------------------------------------------


def check_each(
    wishes: Sequence[Asked], rules: Rules, known: dict[date, Known], *, now: datetime
) -> dict[date, list[Finding]]:
    """As `check` for every day; days filed together count in each other's week."""
    found: dict[date, list[Finding]] = {}
    for asked in sorted(wishes, key=lambda wish: wish.day):
        beside = [o for o in wishes if o.day != asked.day and same_week(o.day, asked.day)]
        earlier = frozenset(o.day for o in beside if o.day < asked.day)
        whole = frozenset(o.day for o in beside if o.extent == "whole")
        day = known[asked.day]
        day = replace(day, week=day.week | earlier, whole_week=day.whole_week | whole)
        found[asked.day] = check(asked, rules, day, now=now)
    return found


def check_all(
    wishes: Sequence[Asked], rules: Rules, known: dict[date, Known], *, now: datetime
) -> list[Finding]:
    """What to say on the form of all days together."""
    return once(f for each in check_each(wishes, rules, known, now=now).values() for f in each)


def once(found: Iterable[Finding]) -> list[Finding]:
    """What does not depend on the day is said once; so is the office minimum of one week."""
    kept: dict[tuple[str, str], Finding] = {}
    for finding in found:
        by_week = finding.code == "office" and finding.day is not None
        told = _week_words(finding.day) if by_week and finding.day else finding.words
        kept.setdefault((finding.code, told), finding)
    return list(kept.values())


def _week_words(day: date) -> str:
    return f"{day - timedelta(days=day.weekday())}"


def same_week(one: date, other: date) -> bool:
    return one - timedelta(days=one.weekday()) == other - timedelta(days=other.weekday())


# --- words ----------------------------------------------------------------------------------


def until(instant: datetime) -> str:
    local = clock.to_tokyo(instant)
    return f"{day_words(local.date())}{local.hour}:{local.minute:02d}"


def span_words(span: Span) -> str:
    return f"{clock_of(span[0])}〜{clock_of(span[1])}"


def _long(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours}時間{rest}分" if rest else f"{hours}時間"
