"""What comes round by itself: the pump, beats, digests, counts, reviews, the sweep. Each in slices: never for
everybody in one go, and the loop breathes between."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

from webapp.core import clock, trouble
from webapp.realtime.wheel import SLOT_S

if TYPE_CHECKING:
    from webapp.realtime.sockets import Hub, Member

log = logging.getLogger(__name__)
T = TypeVar("T")

HIDDEN_S = 60.0
DIGEST_S = 60
REVIEW_S = 5.0
SWEEP_S = 60.0
TICK_S = 0.05
CLOCK_S = 0.5
LAG_S = 0.1
RESYNC_S = 2
SLICE = 200  # sockets looked at before others have a turn
SENT_AT_ONCE = 250  # frames, about 3 ms
BREATH_S = 0.005
FAILED_S = 1.0


class Rounds:
    """One loop for each; a failing step is told once and tried again, the loop never dies."""

    def __init__(self, hub: "Hub") -> None:
        self.hub = hub
        self._digested = 0
        self._standing: Any = None
        self._swept = 0.0

    def start(self) -> None:
        loops = (self.pump, self.by_the_clock, self.beat, self.digest, self.review, self.lag)
        for loop in loops:
            self.hub.server.start_background_task(self._for_ever, loop)

    def _for_ever(self, loop: Callable[[], float]) -> None:
        wait = 0.0
        while True:
            self._sleep(wait)
            wait = FAILED_S
            with trouble.told(f"round of sockets: {loop.__name__}"):
                wait = loop()

    def _sleep(self, seconds: float) -> None:
        self.hub.server.sleep(seconds)

    def pump(self) -> float:
        wait = FAILED_S
        with trouble.told("writing connections"):  # changes go out whatever becomes of it
            self.hub.write_connections()
            wait = TICK_S
        return 0.0 if self.hub.pump.flush() and wait < FAILED_S else wait

    def by_the_clock(self) -> float:
        more = self.hub.pump.tick()
        self._put_to_sleep()
        self.hub.engine.show_out(clock.monotonic())
        self._counts()
        return 0.0 if more else CLOCK_S

    def lag(self) -> float:
        began = clock.monotonic()
        self._sleep(LAG_S)
        late = clock.monotonic() - began - LAG_S
        self.hub.lag.note(late)
        self.hub.admission.note(late, len(self.hub.engine.strangers))
        return 0.0

    # --- to everybody in turn ---------------------------------------------------------------

    def beat(self) -> float:
        """Those whose turn it is: the feed is proved alive to each every 15 s, and to a few at a time."""
        for slot in self.hub.beats.due(clock.monotonic()):
            sids = list(self.hub.beats.slots[slot])
            if sids:
                as_of = clock.to_tokyo(clock.now()).isoformat()
                self._send("beat", {"as_of": as_of, "epoch": self.hub.epoch()}, sids)
        return SLOT_S

    def _send(self, event: str, payload: dict[str, Any], sids: Iterable[str]) -> None:
        """Encoded once, to many, in slices."""
        manager = self.hub.server.server.manager
        message = manager.encoded(event, payload)
        for some in _slices(sids, SENT_AT_ONCE):
            found = (manager.eio_sid_from_sid(sid, "/") for sid in some if sid in self.hub)
            manager.write_to([eio_sid for eio_sid in found if eio_sid], message)
            if len(some) == SENT_AT_ONCE:
                self._sleep(BREATH_S)

    def _counts(self) -> None:
        """City-wide views get counts, never rows, and at most once a second."""
        manager = self.hub.server.server.manager
        for room in self._rooms_ending(":counts"):
            with self.hub.app.app_context():
                payload = self.hub.ports.counts(room.removesuffix(":counts"))
            if payload is not None:
                self._send(
                    "counts", payload, [sid for sid, _ in manager.get_participants("/", room)]
                )

    def _rooms_ending(self, suffix: str) -> list[str]:
        names = self.hub.server.server.manager.room_names()
        return sorted(room for room in names if room.endswith(suffix))

    def digest(self) -> float:
        """Each watched unit once a minute, each in a second of its own; the rows that went to a socket before are
        in it, so a room is never cut into slices."""
        now = int(clock.monotonic())
        seconds = {
            second % DIGEST_S for second in range(max(self._digested + 1, now - 59), now + 1)
        }
        self._digested = now
        for room in (*self._rooms_ending(":full"), *self._rooms_ending(":directory")):
            unit = room.rpartition(":")[0]
            if crc32(unit.encode()) % DIGEST_S in seconds:
                epoch = self.hub.epoch()
                with self.hub.app.app_context():
                    digest = self.hub.ports.digest(unit)
                self.hub.emit("digest", digest | {"epoch": epoch}, room)
                self._sleep(BREATH_S)
        return 1.0

    # --- who may still be here --------------------------------------------------------------

    def _put_to_sleep(self) -> None:
        since = clock.monotonic() - HIDDEN_S
        for sid, hidden_since in list(self.hub.hidden.items()):
            if hidden_since < since:
                self.hub.put_to_sleep(sid)

    def review(self) -> float:
        """A live socket keeps what it came with: who signed out elsewhere or left goes, and others see what they
        may see by their roles of now."""
        with self.hub.app.app_context():
            standing = self.hub.ports.standing()
        changed = standing != self._standing
        for some in _slices(self.hub.members(), SLICE):
            self._review(some, changed)
            self._sleep(BREATH_S)
        self._standing = standing  # only now: a review that failed half-way is done again
        if clock.monotonic() - self._swept >= SWEEP_S:
            self.sweep()
        return REVIEW_S

    def _review(self, members: Sequence["Member"], changed: bool) -> None:
        hub = self.hub
        with hub.app.app_context():
            subjects = hub.ports.renew([m.subject for m in members], changed)
        gone = {id(m.subject) for m, now in zip(members, subjects, strict=True) if now is None}
        if gone:
            hub.close_where(lambda subject: id(subject) in gone)
        if not changed:
            return
        for member, subject in zip(members, subjects, strict=True):
            if subject is None or member.sid not in hub:
                continue
            member.subject = subject
            hub.join_own(member)
            with hub.app.app_context():
                plan = hub.ports.plan_watch(subject, list(member.watched))
            if hub.move(member, without(plan.rooms, member.left_out)):
                hub.resyncs += 1
                hub.emit("resync", {"spread_s": RESYNC_S}, member.sid)
            self._sleep(0)

    def sweep(self) -> int:
        """Members whose connection is gone and who were not told of it: none, unless there is a fault somewhere."""
        self._swept = clock.monotonic()
        manager, sockets = self.hub.server.server.manager, self.hub.engine.sockets
        phantoms = manager.phantoms(sockets)
        for sid in phantoms:
            manager.disconnect(sid, "/")
        known = {sid for sid, _ in manager.get_participants("/", None)}
        lost = [member.sid for member in self.hub.members() if member.sid not in known]
        for sid in {*phantoms, *lost}:
            log.warning("%s was a member without a connection", sid)
            self.hub.disconnect(sid)
            self.hub.phantoms += 1
        return len({*phantoms, *lost})


def _slices(things: Iterable[T], size: int) -> Iterator[list[T]]:
    left = iter(things)
    while some := list(islice(left, size)):
        yield some


def without(rooms: dict[str, str], codes: set[str]) -> dict[str, str]:
    return {name: room for name, room in rooms.items() if name.partition("/")[0] not in codes}
