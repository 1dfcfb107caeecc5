"""The sockets: server → browser only. Who is connected, what each one watches, and the beats that prove the feed alive.

Handlers never use the session or `current_user`: in a Socket.IO handler the session is a fork and `before_request`
does not run. What a connect established is kept here until the socket goes.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zlib import crc32

from flask import Flask
from socketio.exceptions import ConnectionRefusedError as Refused

from webapp.core import clock
from webapp.core.db import transaction
from webapp.realtime.lag import Lag
from webapp.realtime.pump import Pump

log = logging.getLogger(__name__)

MOST_SOCKETS = 8  # of one person; the oldest goes
HIDDEN_S = 60.0
BEAT_S = 15.0
DIGEST_S = 60
REVIEW_S = 5.0
REVIEWED_AT_ONCE = 200
RESYNC_S = 2
MOST_CONNECTING = 1_000  # between handshake and connect
TICK_S = 0.05
CLOCK_S = 0.5


class Subject(Protocol):
    """Whoever connected, as far as sockets care."""

    @property
    def staff_id(self) -> int: ...
    @property
    def session_id(self) -> int | None: ...
    @property
    def token_id(self) -> int | None: ...


class ConnectionsChanged(Protocol):
    def __call__(
        self,
        arrived: Iterable[int],
        lost: Iterable[int],
        signed_out: Iterable[int],
        *,
        now: datetime,
    ) -> None: ...


@dataclass(slots=True)
class Member:
    sid: str
    subject: Any
    watched: dict[str, None] = field(default_factory=dict)  # codes as they were asked for
    left_out: set[str] = field(default_factory=set)  # units below those that are not wanted
    rooms: dict[str, str] = field(default_factory=dict)
    own_rooms: set[str] = field(default_factory=set)  # joined by who one is, on every page
    hidden_since: float | None = None
    asleep: bool = False


@dataclass(slots=True)
class Ports:
    """What the features above lend to the sockets; set by create_app."""

    authenticate: Callable[[Any], Subject | None]
    renew: Callable[[list[Any], bool], list[Any]]  # as they are now; None where one must go
    standing: Callable[[], Any]  # differs when roles, units or their settings may have changed
    plan_watch: Callable[[Any, list[str]], Any]
    own_rooms: Callable[[Any], set[str]]
    connections_changed: ConnectionsChanged
    counts: Callable[[str], dict[str, Any] | None]
    digest: Callable[[str], dict[str, Any]]
    epoch: Callable[[], str]


class Hub:
    """Everybody connected to this process."""

    def __init__(self, app: Flask, server: Any, pump: Pump, ports: Ports) -> None:
        self.app, self.server, self.pump, self.ports = app, server, pump, ports
        self._lock = threading.RLock()
        self._members: dict[str, Member] = {}
        self._by_staff: dict[int, OrderedDict[str, None]] = {}
        self._arrived: set[int] = set()
        self._lost: set[int] = set()
        self._signed_out: set[int] = set()
        self._digested = 0
        self._standing: Any = None
        self.lag = Lag()

    # --- coming and going -------------------------------------------------------------------

    def connect(self, sid: str, auth: Any) -> None:
        subject = self.ports.authenticate(auth)
        if subject is None:
            raise Refused("unauthorized")
        with self._lock:
            member = self._members[sid] = Member(sid, subject)
            mine = self._by_staff.setdefault(subject.staff_id, OrderedDict())
            mine[sid] = None
            too_many = list(mine)[: max(0, len(mine) - MOST_SOCKETS)]
            self._arrived.add(subject.staff_id)
            self._lost.discard(subject.staff_id)
            self._signed_out.discard(subject.staff_id)
        for old in too_many:
            self._close(old)
        self._join_own(member)

    def _join_own(self, member: Member) -> None:
        """What concerns a person reaches every open page: alerts of what one leads, calls for help, offers."""
        with self.app.app_context():
            wanted = self.ports.own_rooms(member.subject)
        for room in member.own_rooms - wanted:
            self.server.server.leave_room(member.sid, room)
        for room in wanted - member.own_rooms:
            self.server.server.enter_room(member.sid, room)
        member.own_rooms = wanted

    def disconnect(self, sid: str) -> None:
        """Never raises: an exception here would leave a phantom in every room for ever."""
        with self._lock:
            member = self._members.pop(sid, None)
            if member is None:
                return
            staff_id = member.subject.staff_id
            mine = self._by_staff.get(staff_id)
            if mine is not None:
                mine.pop(sid, None)
                if not mine:
                    del self._by_staff[staff_id]
                    if staff_id not in self._signed_out:
                        self._lost.add(staff_id)
                    self._arrived.discard(staff_id)

    def _close(self, sid: str) -> None:
        try:
            self.server.server.disconnect(sid)
        except KeyError:
            self.disconnect(sid)

    def close_where(self, wanted: Callable[[Any], bool]) -> int:
        """Close the sockets of who signed out, lost a role or was revoked: a live socket keeps what it came with."""
        with self._lock:
            sids = [m.sid for m in self._members.values() if wanted(m.subject)]
            people = {self._members[sid].subject.staff_id for sid in sids}
            for staff_id in people:
                if all(sid in sids for sid in self._by_staff.get(staff_id, ())):
                    self._signed_out.add(staff_id)
        for sid in sids:
            self._close(sid)
        return len(sids)

    def is_crowded(self) -> bool:
        """So many are between handshake and `connect` that one more would only make all of them wait longer."""
        return len(self.engine.strangers) >= MOST_CONNECTING

    @property
    def engine(self) -> Any:
        return self.server.server.eio

    def __len__(self) -> int:
        return len(self._members)

    def people(self) -> int:
        return len(self._by_staff)

    def present(self) -> set[int]:
        """Ids of the staff with a socket here: what this process answers for."""
        with self._lock:
            return set(self._by_staff)

    # --- watching ---------------------------------------------------------------------------

    def watch(self, sid: str, codes: list[str]) -> dict[str, Any]:
        member = self._members[sid]
        with self.app.app_context():
            plan = self.ports.plan_watch(member.subject, codes)
            epoch = self.ports.epoch()
        member.watched |= dict.fromkeys(code for code in codes if code not in plan.refused)
        member.left_out -= plan.forms.keys()
        self._move(member, member.rooms | plan.rooms)
        answer = {"ok": not plan.refused, "epoch": epoch, "units": plan.forms}
        return answer | ({"refused": plan.refused} if plan.refused else {})

    def unwatch(self, sid: str, codes: list[str]) -> dict[str, Any]:
        """The units and all below them, but for what is watched on its own."""
        member = self._members[sid]
        for code in codes:
            member.watched.pop(code, None)
        with self.app.app_context():
            named = self.ports.plan_watch(member.subject, codes)
            kept = self.ports.plan_watch(member.subject, list(member.watched))
            inner = [code for code in member.watched if code in named.forms]
            spared = self.ports.plan_watch(member.subject, inner).forms
        member.left_out |= (named.forms.keys() | set(codes)) - spared.keys()
        self._move(member, _without(kept.rooms, member.left_out))
        return {"ok": True, "units": sorted(member.rooms)}

    def _move(self, member: Member, rooms: dict[str, str]) -> bool:
        """Out of the rooms that are no longer right, into those that are; True if one was left."""
        before, member.rooms = member.rooms, rooms
        gone = set(before.values()) - set(rooms.values())
        if not member.asleep:
            for room in gone:
                self.server.server.leave_room(member.sid, room)
            for room in set(rooms.values()) - set(before.values()):
                self.server.server.enter_room(member.sid, room)
        return bool(gone)

    def hello(self, sid: str, visible: bool) -> dict[str, Any]:
        member = self._members[sid]
        if not visible:
            member.hidden_since = member.hidden_since or clock.monotonic()
            return {"ok": True}
        slept, member.hidden_since, member.asleep = member.asleep, None, False
        if slept:
            for room in member.rooms.values():
                self.server.server.enter_room(sid, room)
        return {"ok": True, "fetch": slept}

    def _put_to_sleep(self) -> None:
        since = clock.monotonic() - HIDDEN_S
        for member in list(self._members.values()):
            if (
                member.hidden_since is not None
                and not member.asleep
                and member.hidden_since < since
            ):
                member.asleep = True
                for room in member.rooms.values():
                    self.server.server.leave_room(member.sid, room)

    # --- the loops --------------------------------------------------------------------------

    def emit(self, event: str, payload: dict[str, Any], room: str | None = None) -> None:
        self.server.emit(event, payload, to=room)

    def start(self) -> None:
        loops = (
            self._pump_loop,
            self._clock_loop,
            self._beat_loop,
            self._digest_loop,
            self._review_loop,
            self._lag_loop,
        )
        for loop in loops:
            self.server.start_background_task(self._for_ever, loop)

    def _for_ever(self, loop: Callable[[], float]) -> None:
        """Run one step after another; a failing step is logged and tried again, the loop never dies."""
        wait = 0.0
        while True:
            self.server.sleep(wait)
            try:
                wait = loop()
            except Exception:
                log.exception("%s failed; trying again", loop.__name__)
                wait = 1.0

    def _pump_loop(self) -> float:
        try:
            self._write_connections()
        except Exception:  # changes go out whatever becomes of connections
            log.exception("connections could not be written; trying again")
            self.pump.flush()
            return 1.0
        return 0.0 if self.pump.flush() else TICK_S

    def _write_connections(self) -> None:
        with self._lock:
            taken = (self._arrived, self._lost, self._signed_out)
            self._arrived, self._lost, self._signed_out = set(), set(), set()
        if not any(taken):
            return
        try:
            with self.app.app_context(), transaction():
                self.ports.connections_changed(*taken, now=clock.now())
        except Exception:
            with self._lock:
                self._arrived |= taken[0] & self._by_staff.keys()
                self._lost |= taken[1] - self._by_staff.keys()
                self._signed_out |= taken[2] - self._by_staff.keys()
            raise

    def _clock_loop(self) -> float:
        more = self.pump.tick()
        self._put_to_sleep()
        self.engine.show_out(clock.monotonic())
        self._emit_counts()
        return 0.0 if more else CLOCK_S

    def _emit_counts(self) -> None:
        """City-wide views get counts, never rows, and at most once a second."""
        for room in self._rooms_ending(":counts"):
            with self.app.app_context():
                payload = self.ports.counts(room.removesuffix(":counts"))
            if payload is not None:
                self.emit("counts", payload, room)

    def _rooms_ending(self, suffix: str) -> set[str]:
        with self._lock:
            return {
                room
                for member in self._members.values()
                for room in member.rooms.values()
                if room.endswith(suffix) and not member.asleep
            }

    def _lag_loop(self) -> float:
        began = clock.monotonic()
        self.server.sleep(0.1)
        self.lag.note(clock.monotonic() - began - 0.1)
        return 0.0

    def _beat_loop(self) -> float:
        with self.app.app_context():
            epoch = self.ports.epoch()
        self.emit("beat", {"as_of": clock.to_tokyo(clock.now()).isoformat(), "epoch": epoch})
        return BEAT_S

    def _digest_loop(self) -> float:
        """Each watched unit once a minute, each in a second of its own."""
        now = int(clock.monotonic())
        seconds = {
            second % DIGEST_S for second in range(max(self._digested + 1, now - 59), now + 1)
        }
        self._digested = now
        every = self._rooms_ending(":full") | self._rooms_ending(":directory")
        rooms = [room for room in sorted(every) if crc32(_unit_of(room)) % DIGEST_S in seconds]
        if rooms:
            with self.app.app_context():
                epoch = self.ports.epoch()
            for room in rooms:
                digest = self.ports.digest(room.rpartition(":")[0])
                self.emit("digest", digest | {"epoch": epoch}, room)
        return 1.0

    def _review_loop(self) -> float:
        """A live socket keeps what it came with: who signed out elsewhere or left goes, and others see what they
        may see by their roles of now."""
        with self.app.app_context():
            standing = self.ports.standing()
        changed = standing != self._standing
        members = list(self._members.values())
        for start in range(0, len(members), REVIEWED_AT_ONCE):
            self._review(members[start : start + REVIEWED_AT_ONCE], changed)
            self.server.sleep(0.01)
        self._standing = standing  # only now: a review that failed half-way is done again
        return REVIEW_S

    def _review(self, members: list[Member], changed: bool) -> None:
        with self.app.app_context():
            subjects = self.ports.renew([m.subject for m in members], changed)
        gone = [m.subject for m, subject in zip(members, subjects, strict=True) if subject is None]
        if gone:
            self.close_where(lambda subject: any(subject is one for one in gone))
        for member, subject in zip(members, subjects, strict=True):
            if subject is None or not changed or member.sid not in self._members:
                continue
            member.subject = subject
            self._join_own(member)
            with self.app.app_context():
                plan = self.ports.plan_watch(subject, list(member.watched))
            if self._move(member, _without(plan.rooms, member.left_out)):
                self.server.emit("resync", {"spread_s": RESYNC_S}, to=member.sid)


def disconnect_where(app: Flask, wanted: Callable[[Any], bool]) -> int:
    hub: Hub | None = app.extensions.get("hub")
    return hub.close_where(wanted) if hub is not None else 0


def disconnect_sessions(app: Flask, session_ids: Iterable[int]) -> int:
    ended = set(session_ids)
    return disconnect_where(app, lambda subject: subject.session_id in ended)


def disconnect_tokens(app: Flask, token_ids: Iterable[int]) -> int:
    ended = set(token_ids)
    return disconnect_where(app, lambda subject: subject.token_id in ended)


def _without(rooms: dict[str, str], codes: set[str]) -> dict[str, str]:
    return {name: room for name, room in rooms.items() if name.partition("/")[0] not in codes}


def _unit_of(room: str) -> bytes:
    return room.rpartition(":")[0].encode()
