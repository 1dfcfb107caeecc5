"""What a person does at a terminal: reports, being away for a while, taking it back. Always of today, always now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.accounts.access import Actor
from webapp.attendance import service as attendance
from webapp.core.refusals import Conflict, RuleBroken
from webapp.day import queries as day
from webapp.emergency import asking as emergency_asking
from webapp.emergency import queries as emergencies
from webapp.emergency.rules import Answer, answer_words
from webapp.kiosk.forms import ActBody
from webapp.kiosk.passes import Pass
from webapp.kiosk.rules import Away, Chip, away_of, break_chips, hm, out_chips
from webapp.org import queries as org
from webapp.org.queries import PersonPosting
from webapp.presence import service as presence
from webapp.presence.facts import Facts, Place, PunchKind, State
from webapp.presence.rules import resolve

SOURCE = CHANNEL = "kiosk"
BREAK_NOTE = "休憩"


@dataclass(frozen=True, slots=True)
class Done:
    """said: what happened, in words; undo: what 元に戻す has to take back, None = nothing can be."""

    said: str
    undo: dict[str, Any] | None = None


def actor_of(person: PersonPosting, *, now: datetime) -> Actor:
    """Whoever is tapped acts for themselves, with no right beyond what the terminal offers."""
    held = org.postings_today(person.staff_id, now=now)
    return Actor(person.staff_id, person.number, person.name, person.kana, held)


def perform(ticket: Pass, body: ActBody, *, actor: Actor, now: datetime) -> Done:
    """Everything but 当番を代わる. Inside a transaction."""
    at_terminal = _Tap(ticket, body, actor, now)
    acts = {
        "start": at_terminal.start,
        "end": at_terminal.end,
        "break": at_terminal.rest,
        "leave": at_terminal.leave,
        "out": at_terminal.go_out,
        "back": at_terminal.come_back,
        "undo": at_terminal.undo,
        "answer": at_terminal.answer,
    }
    return acts[body.do]()


class _Tap:
    """One tap of one person."""

    def __init__(self, ticket: Pass, body: ActBody, actor: Actor, now: datetime) -> None:
        self.ticket, self.body, self.actor, self.now = ticket, body, actor, now
        self.facts = _facts_of(actor.staff_id, now)

    def start(self) -> Done:
        return self._reported(PunchKind.START, "始業を報告しました", Place.OFFICE)

    def end(self) -> Done:
        return self._reported(PunchKind.END, "終業を報告しました")

    def leave(self) -> Done:
        chip = self._chip(break_chips(self.now))
        said = f"中抜け（{hm(chip.at)} まで）を報告しました"
        return self._reported(PunchKind.BREAK_OUT, said, return_at=chip.at)

    def rest(self) -> Done:
        """No report: a break is no 時間休. It is said, and ends by itself."""
        chip = self._chip(break_chips(self.now))
        changed = self._say(State.AWAY, chip.at, BREAK_NOTE)
        return Done(f"休憩（{hm(chip.at)} まで）にしました", {"status": True} if changed else None)

    def go_out(self) -> Done:
        chip = self._chip(out_chips(self.facts, self.now))
        done = self._reported(PunchKind.PLACE, f"外出（{hm(chip.at)} まで）にしました", Place.TRIP)
        changed = self._say(State.AWAY, chip.at, "")
        return Done(done.said, (done.undo or {}) | ({"status": True} if changed else {}))

    def come_back(self) -> Done:
        away = away_of(self.facts, resolve(self.facts, self.now), self.now)
        if away is None:
            raise Conflict("もう戻っています。")
        undo: dict[str, Any] = {}
        if away is Away.OUT:
            undo = self._reported(PunchKind.BREAK_IN, "").undo or {}
        elif away is Away.TRIP:
            undo = self._reported(PunchKind.PLACE, "", Place.OFFICE).undo or {}
        changed = self._say(*self._back_to(away))
        return Done("戻りました", undo | ({"status": True} if changed else {}))

    def _back_to(self, away: Away) -> tuple[State | None, datetime | None, str]:
        if away is not Away.BREAK:
            return None, None, ""
        ends = [pause.ends_at for pause in self.facts.breaks if pause.holds(self.now)]
        return State.AVAILABLE, max(ends, default=None), ""  # else the pattern's break comes again

    def answer(self) -> Done:
        """参集の可否 of an open emergency that concerns the person."""
        concerned = emergencies.open_over(
            [p.unit_id for p in self.actor.postings], org.current_tree()
        )
        if self.body.said is None or self.body.emergency not in {one.id for one in concerned}:
            raise Conflict("いまは参集の可否をお聞きしていません。")
        word, _, minutes = self.body.said.partition("-")
        given = Answer(word)
        emergency_asking.answer(
            self.body.emergency,
            self.actor.staff_id,
            given,
            int(minutes) if minutes else None,
            channel=CHANNEL,
            actor=self.actor,
            now=self.now,
        )
        return Done(f"「{answer_words(given, int(minutes) if minutes else None)}」と答えました")

    def undo(self) -> Done:
        wanted = self.ticket.undo
        if wanted is None:
            raise Conflict("元に戻せるものがありません。")
        staff_id = self.actor.staff_id
        if wanted.get("punch"):
            attendance.take_back(staff_id, wanted["punch"], actor=self.actor, now=self.now)
        if wanted.get("status"):
            presence.undo_status(staff_id, actor=self.actor, now=self.now)
        return Done("元に戻しました")

    # --- what lies below --------------------------------------------------------------------

    def _reported(
        self,
        kind: PunchKind,
        said: str,
        place: Place | None = None,
        return_at: datetime | None = None,
    ) -> Done:
        """Once a panel: the key of the second tap of a double tap is that of the first."""
        wanted = attendance.Wanted(kind, place, return_at=return_at, channel=CHANNEL)
        answer = attendance.report(
            self.actor.staff_id,
            wanted,
            actor=self.actor,
            now=self.now,
            source=SOURCE,
            key=f"kiosk:{self.ticket.nonce}:{self.body.do}",
            body_hash=attendance.fingerprint([kind.value, self.body.until]),
        )
        if answer.body.get("correction"):
            return Done("締めた月のため、修正の申請として受け付けました")
        return Done(said, {"punch": answer.body["id"]})

    def _say(self, state: State | None, until: datetime | None, note: str) -> bool:
        wanted = presence.Wanted(state, until, note)
        return presence.set_status(self.actor.staff_id, wanted, actor=self.actor, now=self.now)

    def _chip(self, chips: list[Chip]) -> Chip:
        found = next((chip for chip in chips if chip.code == self.body.until), None)
        if found is None:
            message = "いつまでかを選んでください。"
            raise RuleBroken(message, {"until": message})
        return found


def _facts_of(staff_id: int, now: datetime) -> Facts:
    found = day.days_of([staff_id], now=now).get(staff_id)
    if found is None:
        raise Conflict("きょうは、この係の名簿にありません。")
    return found.facts
