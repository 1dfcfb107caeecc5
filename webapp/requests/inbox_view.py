"""What the inbox and the detail of a request show: lines, checks, effect, ways. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.calendar import WEEKDAYS
from webapp.core.hours import clock_of
from webapp.core.refusals import RuleBroken
from webapp.org import queries as org
from webapp.org.rules import Reach
from webapp.plans import queries as plans
from webapp.requests import access, asking, effects, inbox, known, ways
from webapp.requests.approver_rules import AS_WORDS, WHY_WORDS, Approvers, As
from webapp.requests.approvers import approvers_of
from webapp.requests.asking import OPEN_VALUES
from webapp.requests.effect_table import Table, table_of
from webapp.requests.effect_words import Summary
from webapp.requests.known import Days
from webapp.requests.models import TeleworkRequest
from webapp.requests.rulebook import Deadline
from webapp.requests.rules import STATE_WORDS, UNDECIDED, Standing, State, acts_in, may
from webapp.requests.steps import STEP_WORDS
from webapp.requests.undoing import can_undo
from webapp.requests.ways import Ways
from webapp.requests.wording import KIND_WORDS, PLACE_WORDS, day_words, span_words, when_words

BUDGET_S = 0.1  # of a page for working out effects; what is left the page fetches
REACH_WORDS = {
    Reach.TRANSFER: "電話は転送できます",
    Reach.CALLBACK: "電話は折り返しのみ",
    Reach.NONE: "電話は受けられません",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One request in the list. summary None = not worked out yet. alone: fine by itself, but not with the others."""

    row: TeleworkRequest
    name: str
    when: str
    filed: str
    state: str
    summary: Summary | None = None
    alone: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class InboxView:
    """bulk: those that bring no shortage, also together. rest: how many effects are still to be worked out."""

    waiting: list[Line]
    answers: list[Line]
    bulk: list[TeleworkRequest]
    rest: int
    reviews: int


def inbox_view(actor: Actor, *, now: datetime, whole: bool = False) -> InboxView:
    """whole: with every effect, however long it takes."""
    found = inbox.inbox_of(actor, now=now)
    budget_s = None if whole else BUDGET_S
    summaries = effects.summaries(found.waiting, now=now, budget_s=budget_s)
    rest = len(found.waiting) - len(summaries)
    bulk = effects.together(found.waiting, summaries, now=now) if not rest else []
    chosen = {row.id for row in bulk}
    names = org.names_of({row.staff_id for row in (*found.waiting, *found.answers)})
    lines = [
        _line(row, names, now, summaries.get(row.id), bool(bulk) and row.id not in chosen)
        for row in found.waiting
    ]
    answers = [_line(row, names, now) for row in found.answers]
    return InboxView(lines, answers, bulk, rest, len(inbox.to_review(actor, now=now)))


def _line(
    row: TeleworkRequest,
    names: dict[int, str],
    now: datetime,
    summary: Summary | None = None,
    left_out: bool = False,
) -> Line:
    return Line(
        row,
        names.get(row.staff_id, ""),
        when_words(row),
        filed_words(row.filed_at, now),
        STATE_WORDS[State(row.state)],
        summary,
        left_out and summary is not None and not summary.is_short,
        _note(row),
    )


def _note(row: TeleworkRequest) -> str:
    if row.changes_id is not None:
        return "承認後の変更"
    return "期限後" if row.late else ""


def filed_words(at: datetime, now: datetime) -> str:
    """8:41 (today) · 金曜 16:20 (this week) · 11月2日."""
    local, today = clock.to_tokyo(at), clock.to_tokyo(now).date()
    days = (today - local.date()).days
    if days == 0:
        return f"{local.hour}:{local.minute:02d}"
    if 0 < days < 7:
        return f"{WEEKDAYS[local.weekday()]}曜 {local.hour}:{local.minute:02d}"
    return f"{local.month}月{local.day}日"


def lines_of(rows: Sequence[TeleworkRequest], *, now: datetime) -> list[Line]:
    """What is decided, for lists."""
    names = org.names_of({row.staff_id for row in rows})
    return [
        Line(
            row,
            names.get(row.staff_id, ""),
            when_words(row),
            filed_words(row.decided_at or row.filed_at, now),
            STATE_WORDS[State(row.state)],
            note=capacity_words(row),
        )
        for row in rows
    ]


def capacity_words(row: TeleworkRequest) -> str:
    """代決 近藤 彩."""
    if not row.decided_as:
        return ""
    return f"{AS_WORDS[As(row.decided_as)]} {row.decider}".strip()


# --- one request ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    words: str
    ok: bool = True


@dataclass(frozen=True, slots=True)
class Detail:
    row: TeleworkRequest
    name: str
    when: str
    facts: str
    checks: list[Check]
    summary: Summary
    table: Table
    ways: Ways
    acts: frozenset[str]
    who: Standing
    approvers: Approvers
    trail: list[dict[str, Any]]
    pending: list[dict[str, Any]]
    undoable: bool

    @property
    def decided(self) -> bool:
        return State(self.row.state) not in UNDECIDED

    @property
    def state_words(self) -> str:
        return STATE_WORDS[State(self.row.state)]

    @property
    def capacity(self) -> str:
        return capacity_words(self.row)

    @property
    def offer(self) -> str:
        """11:00〜17:15, as proposed to the person."""
        found = self.row.proposal
        return span_words(found["start"], found["end"]) if found else ""

    @property
    def why(self) -> str:
        """Why the viewer decides as 代決者."""
        return WHY_WORDS[self.approvers.why] if self.approvers.why else ""


def detail_of(row: TeleworkRequest, actor: Actor, *, now: datetime) -> Detail:
    found = approvers_of(row.staff_id, row.filed_at, now=now)
    who = access.standing_of(row, actor, found)
    open_ = State(row.state) in UNDECIDED
    preview = effects.preview([row], now=now) if open_ else None
    summary = preview.summary if preview else Summary()
    return Detail(
        row,
        org.names_of([row.staff_id]).get(row.staff_id, ""),
        when_words(row),
        facts_words(row),
        checks_of(row, now=now),
        summary,
        table_of(preview.groups) if preview else Table((), ()),
        ways.ways_of(row, summary, now=now) if open_ and who.approves else Ways(),
        frozenset(act.value for act in acts_in(State(row.state)) if may(act, who)),
        who,
        found,
        trail_of(row),
        _pending(row),
        can_undo(row, actor, now=now),
    )


def facts_words(row: TeleworkRequest) -> str:
    """8:30〜17:15・自宅・業務内容「入園案内の改訂」."""
    place = KIND_WORDS.get(row.place_kind, "") if row.place == "home" else row.site or ""
    work = "、".join(line.strip() for line in row.work.splitlines() if line.strip())
    parts = [
        span_words(row.start_minute, row.end_minute),
        place or PLACE_WORDS.get(row.place, ""),
        f"業務内容「{work}」" if work else "",
    ]
    return "・".join(part for part in parts if part)


def checks_of(row: TeleworkRequest, *, now: datetime) -> list[Check]:
    """What the municipality's rules say of it: 期限, 週の日数, 在席確認者, 電話, and every warning of the filing."""
    found = [*_by_rules(row, now), *_confirmer(row), *_telephone(row, now)]
    said = {"late", "cap"}
    found += [
        Check(str(each.get("words", "")), ok=False)
        for each in row.warnings
        if each.get("code") not in said and each.get("code") != "duty"
    ]
    if row.carries:
        what = f"（{row.carried}）" if row.carried else ""
        private = "・個人情報あり" if row.personal_data else ""
        found.append(Check(f"資料の持出しあり{private}{what}", ok=not row.personal_data))
    return found


def _by_rules(row: TeleworkRequest, now: datetime) -> Iterable[Check]:
    try:
        who = known.filer(row.staff_id, now=now)
    except RuleBroken:
        return
    facts = known.known_of(Days(who, now=now), [row.day], but=[row.id])[row.day]
    if row.late:
        yield Check(f"期限後の申請{deadline_words(who.rules.deadline)}", ok=False)
    elif who.rules.deadline is not None:
        yield Check(f"期限内{deadline_words(who.rules.deadline)}")
    days, most = len(facts.week | {row.day}), who.rules.week_most
    if most is None:
        yield Check(f"今週 {days} 日目" if _this_week(row, now) else f"この週 {days} 日目")
    else:
        week = "今週" if _this_week(row, now) else "この週"
        yield Check(f"{week} {days} 日目（上限 {most} 日）", ok=days <= most)


def _this_week(row: TeleworkRequest, now: datetime) -> bool:
    return row.day.isocalendar()[:2] == org.today(now).isocalendar()[:2]


def deadline_words(rule: Deadline | None) -> str:
    """（前日の正午まで）（2 開庁日前の 17:15 まで）."""
    if rule is None:
        return ""
    day = {0: "当日", 1: "前日"}.get(
        rule.days
    ) or f"{rule.days} {'開庁' if rule.business else ''}日前"
    at = {720: "正午", 1439: "", 1440: ""}.get(rule.minute, clock_of(rule.minute))
    return f"（{day}{'の' + at if at else ''}まで）"


def _confirmer(row: TeleworkRequest) -> Iterable[Check]:
    if row.confirmer_id is not None:
        yield Check(f"在席確認者 {org.names_of([row.confirmer_id]).get(row.confirmer_id, '')}")


def _telephone(row: TeleworkRequest, now: datetime) -> Iterable[Check]:
    spans = plans.reaches_of([row.staff_id], row.day).get(row.staff_id)
    held = org.postings_today(row.staff_id, now=now)
    if spans:
        yield Check(f"{REACH_WORDS[spans[-1].reach]}（公用携帯 {spans[-1].number}）")
    elif held:
        reach = Reach(held[0].reach)
        yield Check(REACH_WORDS[reach], ok=reach is not Reach.NONE)


def trail_of(row: TeleworkRequest) -> list[dict[str, Any]]:
    names = org.names_of({step.by_id for step in row.steps if step.by_id is not None})
    return [
        {
            "what": STEP_WORDS.get(step.what, step.what),
            "by": names.get(step.by_id, "") if step.by_id else "",
            "at": step.at,
            "note": step.note,
        }
        for step in row.steps
    ]


def _pending(row: TeleworkRequest) -> list[dict[str, Any]]:
    """The exchanges that are being asked for, in words."""
    swaps = asking.swaps_of([row.id]).get(row.id, [])
    names = org.names_of({i for swap in swaps for i in asking.asked_of(swap.id)})
    return [
        {
            "when": f"{day_words(swap.day)} {span_words(swap.start_minute, swap.end_minute)}",
            "names": "・".join(names.get(i, "") for i in asking.asked_of(swap.id)),
            "open": swap.state in OPEN_VALUES,
            "done": swap.state == "done",
        }
        for swap in swaps
    ]
