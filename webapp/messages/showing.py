"""取次メモ as lists and calls show them: with names, age, what one may do; outside the office no caller and no text."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from webapp.accounts.access import Actor
from webapp.core import clock, settings
from webapp.messages import access, passing, queries, whereabouts
from webapp.messages.access import Held, held_of
from webapp.messages.models import PhoneMemo
from webapp.messages.rules import (
    STATE_WORDS,
    WAITING,
    Act,
    Age,
    Limits,
    Reading,
    State,
    acts,
    age_of,
    reads_all,
)
from webapp.messages.settings import LATE, READING
from webapp.messages.settings import WAITING as WAITING_MINUTES
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.presence.facts import Place, Span

AGE_WORDS = {Age.FRESH: "", Age.WAITING: "お待たせ", Age.LATE: "遅れ"}
OLDEST = timedelta(days=31)

Shown = dict[str, Any]


class Book:
    """A set of memos with what is needed to show them to one person, read in a handful of queries."""

    def __init__(self, memos: Sequence[PhoneMemo], actor: Actor, *, now: datetime) -> None:
        self._actor, self._now = actor, now
        people = {memo.to_id for memo in memos} | {memo.by_id for memo in memos}
        people |= {memo.called_by for memo in memos if memo.called_by}
        people |= {memo.done_by for memo in memos if memo.done_by}
        held = org.postings_of(sorted(people), org.today(now), known_at=now)
        self._postings: dict[int, list[PersonPosting]] = held
        self._names = org.names_of(people - held.keys())
        self._spans = self._working(memos)
        self._place = _place(actor, now)

    def _working(self, memos: Sequence[PhoneMemo]) -> dict[int, list[Span]]:
        waiting = [memo for memo in memos if memo.state in WAITING]
        if not waiting:
            return {}
        since = max(min(memo.made_at for memo in waiting), self._now - OLDEST)
        people = sorted({memo.to_id for memo in waiting})
        return whereabouts.working_spans(people, since, now=self._now)

    def readable(self, memo: PhoneMemo) -> bool:
        return self.held(memo).may(Act.READ, self._now)

    def held(self, memo: PhoneMemo) -> Held:
        return held_of(memo, self._actor, self._postings.get(memo.to_id, []))

    def json(self, memo: PhoneMemo) -> Shown:
        unit_id = access.home_unit(memo, self._postings.get(memo.to_id, []))
        withheld = not _reads(unit_id, self._place)
        held = self.held(memo)
        may = acts(held.facts, held.standing, is_writer=held.is_writer, now=self._now)
        return {
            "id": memo.id,
            "state": memo.state,
            "state_words": STATE_WORDS[State(memo.state)],
            "revision": memo.revision,
            "to": self._person(memo.to_id),
            "by": self._person(memo.by_id),
            "standing": held.standing.value,
            "chip": memo.chip,
            "telephone": memo.telephone,
            "caller": None if withheld else memo.caller,
            "text": None if withheld else memo.text,
            "withheld": withheld and not held.facts.erased,
            "erased": held.facts.erased,
            "wished_at": _iso(memo.wished_at),
            "made_at": _iso(memo.made_at),
            "seen_at": _iso(memo.seen_at),
            "called_at": _iso(memo.called_at),
            "called_by": self._person(memo.called_by) if memo.called_by else None,
            "done_at": _iso(memo.done_at),
            "done_by": self._person(memo.done_by) if memo.done_by else None,
            "age": self._age(memo, unit_id),
            "may": [act.value for act in may],
        }

    def _person(self, staff_id: int) -> Shown:
        held = self._postings.get(staff_id)
        if not held:
            return {"staff": None, "name": self._names.get(staff_id, ""), "unit_name": ""}
        unit = org.current_tree().by_id(held[0].unit_id)
        return {
            "staff": held[0].number,
            "name": held[0].name,
            "unit_name": unit.name if unit else "",
        }

    def _age(self, memo: PhoneMemo, unit_id: int) -> Shown | None:
        """Of what is not called yet."""
        if memo.state != State.OPEN:
            return None
        limits = limits_of(unit_id)
        spans = self._spans.get(memo.to_id, [])
        minutes, level = age_of(spans, memo.made_at, memo.wished_at, limits, now=self._now)
        return {"minutes": minutes, "level": level.value, "words": AGE_WORDS[level]}

    def readable_json(self, memos: Sequence[PhoneMemo]) -> list[Shown]:
        return [self.json(memo) for memo in memos if self.readable(memo)]


def limits_of(unit_id: int) -> Limits:
    path = _path(unit_id)
    waiting = settings.value(WAITING_MINUTES, path)
    return Limits(waiting, max(waiting, settings.value(LATE, path)))


def _reads(unit_id: int, place: Place | None) -> bool:
    return reads_all(Reading(settings.value(READING, _path(unit_id))), place)


def _path(unit_id: int) -> list[str]:
    return [node.code for node in org.current_tree().path(unit_id)]


def _place(actor: Actor, now: datetime) -> Place | None:
    shown = whereabouts.shown_now([actor.staff_id], now=now).get(actor.staff_id)
    return shown.place if shown else None


def _iso(instant: datetime | None) -> str | None:
    return clock.to_tokyo(instant).isoformat() if instant is not None else None


def one(memo: PhoneMemo, actor: Actor, *, now: datetime) -> Shown:
    return Book([memo], actor, now=now).json(memo)


def listed(memos: Sequence[PhoneMemo], actor: Actor, *, now: datetime) -> list[Shown]:
    """Those the person may read, in the given order."""
    return Book(memos, actor, now=now).readable_json(memos)


def found(q: str, actor: Actor, *, now: datetime) -> list[Shown]:
    texts = actor.main is not None and _reads(actor.main.unit_id, _place(actor, now))
    return listed(queries.search(actor, q, texts=texts, now=now), actor, now=now)


def home_block(actor: Actor, *, now: datetime) -> Shown:
    """For 自分の今日: {"memos": 未対応 and 連絡済 to oneself, "open": how many 未対応, "gone": see gone()}.

    The template is messages/home_block.html."""
    memos = listed(queries.mine(actor.staff_id), actor, now=now)
    waiting = sum(memo["state"] == State.OPEN for memo in memos)
    return {"memos": memos, "open": waiting, "gone": gone(actor, now=now) if waiting else []}


def of_tab(tab: str, actor: Actor, *, now: datetime) -> list[Shown]:
    """mine, unit, written or done."""
    match tab:
        case "unit":
            rows = queries.of_own_units(actor, now=now)
        case "written":
            rows = queries.written_by(actor.staff_id)
        case "done":
            rows = queries.finished(actor, now=now)
        case _:
            rows = queries.mine(actor.staff_id)
    return listed(rows, actor, now=now)


def counts(actor: Actor, *, now: datetime) -> dict[str, int]:
    """未対応 on each tab that has some."""
    unit = Book(rows := queries.of_own_units(actor, now=now), actor, now=now)
    return {
        "mine": queries.open_count(actor.staff_id),
        "unit": sum(row.state == State.OPEN and unit.readable(row) for row in rows),
    }


def gone(actor: Actor, *, now: datetime) -> list[Shown]:
    """One's day is over and memos are left: each with the first who could take it on, None where nobody is there."""
    found = []
    for memo in passing.left_behind([actor.staff_id], now=now):
        takers = passing.ready(memo, now=now)
        taker = passing.taker_json(takers[0]) if takers else None
        found.append({"memo": one(memo, actor, now=now), "taker": taker})
    return found


def unit_words(unit_id: int) -> str:
    """保育課 入所係."""
    tree = org.current_tree()
    nodes = (tree.section(unit_id), tree.by_id(unit_id))
    return " ".join(dict.fromkeys(node.name for node in nodes if node is not None))
