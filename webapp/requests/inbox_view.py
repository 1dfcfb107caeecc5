"""What the inbox and the detail of a request show: lines, checks, effect, ways. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.accounts.access import Actor
from webapp.core import clock
from webapp.core.calendar import WEEKDAYS
from webapp.org import queries as org
from webapp.requests import access, asking, effects, inbox, inbox_effects, ways
from webapp.requests.approver_rules import AS_WORDS, WHY_WORDS, Approvers, As
from webapp.requests.approvers import approvers_of
from webapp.requests.asking import OPEN_VALUES
from webapp.requests.effect_table import Table, table_of
from webapp.requests.effect_words import Summary
from webapp.requests.inbox_checks import Check, checks_of
from webapp.requests.models import TeleworkRequest
from webapp.requests.rules import STATE_WORDS, UNDECIDED, Standing, State, acts_in, may
from webapp.requests.steps import STEP_WORDS
from webapp.requests.undoing import can_undo
from webapp.requests.ways import Ways
from webapp.requests.wording import KIND_WORDS, PLACE_WORDS, day_words, span_words, when_words

BUDGET_S = 0.1  # of a page for working out effects; what is left the page fetches


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
    summaries = inbox_effects.summaries(found.waiting, now=now, budget_s=budget_s)
    rest = len(found.waiting) - len(summaries)
    bulk = inbox_effects.together(found.waiting, summaries, now=now) if not rest else []
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
    who = access.standing_of(row, actor, found, now=now)
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
