"""The sockets: server → browser only. Who is connected, what each one watches, and the beats that prove the feed alive.

Handlers never use the session or `current_user`: in a Socket.IO handler the session is a fork and `before_request`
does not run. What a connect established is kept here until the socket goes.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from flask import Flask, has_app_context
from socketio.exceptions import ConnectionRefusedError as Refused

from webapp.core import clock
from webapp.core.db import transaction
from webapp.realtime.admission import Admission
from webapp.realtime.lag import Lag
from webapp.realtime.pump import Pump
from webapp.realtime.rounds import Rounds, without
from webapp.realtime.wheel import Wheel

log = logging.getLogger(__name__)

MOST_SOCKETS = 8  # of one person; the oldest goes
BEAT_S = 15.0
EPOCH_S = 1.0
WRITTEN_AT_ONCE = 500  # people whose connections are noted in one transaction: 10 ms


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
        self.beats: Wheel[str] = Wheel(BEAT_S)
        self.hidden: dict[str, float] = {}  # sid: since when its page is hidden
        self._epoch = ("", -EPOCH_S)
        self.lag = Lag()
        self.admission = Admission()
        pump.is_pressed = self.admission.is_pressed
        self.resyncs = self.phantoms = 0

    # --- coming and going -------------------------------------------------------------------

    def connect(self, sid: str, auth: Any) -> None:
        subject = self.ports.authenticate(auth)
        if subject is None:
            raise Refused("unauthorized")
        with self._lock:
            member = self._members[sid] = Member(sid, subject)
            self.beats.add(sid)
            mine = self._by_staff.setdefault(subject.staff_id, OrderedDict())
            mine[sid] = None
            too_many = list(mine)[: max(0, len(mine) - MOST_SOCKETS)]
            self._arrived.add(subject.staff_id)
            self._lost.discard(subject.staff_id)
            self._signed_out.discard(subject.staff_id)
        for old in too_many:
            self._close(old)
        try:
            self.join_own(member)
        except Exception:  # refused: the library tells nobody that somebody went who never came
            self.disconnect(sid)
            raise

    def join_own(self, member: Member) -> None:
        """What concerns a person reaches every open page: alerts of what one leads, calls for help, offers."""
        with self._context():
            wanted = self.ports.own_rooms(member.subject)
        for room in member.own_rooms - wanted:
            self.server.server.leave_room(member.sid, room)
        for room in wanted - member.own_rooms:
            self.server.server.enter_room(member.sid, room)
        member.own_rooms = wanted

    def _context(self) -> AbstractContextManager[Any]:
        """`connect` runs in that of its request, where who is asking has just been read."""
        return nullcontext() if has_app_context() else self.app.app_context()

    def disconnect(self, sid: str) -> None:
        """Never raises: an exception here would leave a phantom in every room for ever."""
        with self._lock:
            member = self._members.pop(sid, None)
            if member is None:
                return
            self.beats.discard(sid)
            self.hidden.pop(sid, None)
            staff_id = member.subject.staff_id
            mine = self._by_staff.get(staff_id)
            if mine is not None:
                mine.pop(sid, None)
                if mine:
                    self._arrived.add(staff_id)  # their number is noted anew
                    return
                del self._by_staff[staff_id]
                if staff_id not in self._signed_out:
                    self._lost.add(staff_id)
                self._arrived.discard(staff_id)

    def _close(self, sid: str) -> None:
        try:
            self.server.server.disconnect(sid)
        except KeyError:
            self.disconnect(sid)

    def sockets_of(self, staff_id: int) -> int:
        with self._lock:
            return len(self._by_staff.get(staff_id, ()))

    def close_oldest_of(self, staff_ids: Iterable[int]) -> None:
        """Another process took one more than a person may have: the oldest here goes."""
        with self._lock:
            held = (self._by_staff.get(staff_id) for staff_id in staff_ids)
            oldest = [next(iter(sids)) for sids in held if sids]
        for sid in oldest:
            self._close(sid)

    def close_where(self, wanted: Callable[[Any], bool]) -> int:
        """Close the sockets of who signed out, lost a role or was revoked: a live socket keeps what it came with."""
        with self._lock:
            sids = {m.sid for m in self._members.values() if wanted(m.subject)}
            people = {self._members[sid].subject.staff_id for sid in sids}
            for staff_id in people:
                if all(sid in sids for sid in self._by_staff.get(staff_id, ())):
                    self._signed_out.add(staff_id)
        for sid in sids:
            self._close(sid)
        return len(sids)

    def go_down(self) -> None:
        """No more come in, and who leaves from now on is on the way to another server: nobody is noted as lost."""
        self.admission.closed = True

    @property
    def engine(self) -> Any:
        return self.server.server.eio

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, sid: str) -> bool:
        return sid in self._members

    def members(self) -> list[Member]:
        with self._lock:
            return list(self._members.values())

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
        member.watched |= dict.fromkeys(code for code in codes if code not in plan.refused)
        member.left_out -= plan.forms.keys()
        self.move(member, member.rooms | plan.rooms)
        answer = {"ok": not plan.refused, "epoch": self.epoch(), "units": plan.forms}
        return answer | ({"refused": plan.refused} if plan.refused else {})

    def epoch(self) -> str:
        """Read at most once a second: it changes with a restore, and a tenth of a rush of connections was this."""
        epoch, read_at = self._epoch
        if clock.monotonic() - read_at >= EPOCH_S:
            with self.app.app_context():
                epoch = self.ports.epoch()
            self._epoch = (epoch, clock.monotonic())
        return epoch

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
        member.left_out |= named.forms.keys() - spared.keys()  # no codes that anybody made up
        self.move(member, without(kept.rooms, member.left_out))
        return {"ok": True, "units": sorted(member.rooms)}

    def move(self, member: Member, rooms: dict[str, str]) -> bool:
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
            if not member.asleep:
                self.hidden.setdefault(sid, clock.monotonic())
            return {"ok": True}
        self.hidden.pop(sid, None)
        slept, member.asleep = member.asleep, False
        if slept:
            for room in member.rooms.values():
                self.server.server.enter_room(sid, room)
        return {"ok": True, "fetch": slept}

    def put_to_sleep(self, sid: str) -> None:
        self.hidden.pop(sid, None)
        member = self._members.get(sid)
        if member is not None and not member.asleep:
            member.asleep = True
            for room in member.rooms.values():
                self.server.server.leave_room(sid, room)

    # --- out --------------------------------------------------------------------------------

    def start(self) -> None:
        Rounds(self).start()

    def emit(self, event: str, payload: dict[str, Any], room: str | None = None) -> None:
        self.server.emit(event, payload, to=room)

    def write_connections(self) -> None:
        if self.admission.closed:
            return
        with self._lock:
            sets = (self._arrived, self._lost, self._signed_out)
            taken = tuple(_some_of(people) for people in sets)
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


def _some_of(people: set[int]) -> set[int]:
    """Taken out, and the rest left for the next round: 10,000 in one transaction were 0.2–0.3 s of the loop."""
    taken = set(islice(people, WRITTEN_AT_ONCE))
    people -= taken
    return taken


def disconnect_where(app: Flask, wanted: Callable[[Any], bool]) -> int:
    hub: Hub | None = app.extensions.get("hub")
    return hub.close_where(wanted) if hub is not None else 0


def disconnect_sessions(app: Flask, session_ids: Iterable[int]) -> int:
    ended = set(session_ids)
    return disconnect_where(app, lambda subject: subject.session_id in ended)


def disconnect_tokens(app: Flask, token_ids: Iterable[int]) -> int:
    ended = set(token_ids)
    return disconnect_where(app, lambda subject: subject.token_id in ended)
