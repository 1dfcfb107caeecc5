"""The pump: takes what changed, renders it once, emits it once per room. Knows topics and ids, never features."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from flask import Flask

from webapp.core import clock, trouble
from webapp.core.db import db, transaction
from webapp.core.outages import recognised
from webapp.realtime import versions

log = logging.getLogger(__name__)
BATCH = 64  # rows rendered before the loop turns to others: an import of everybody must not delay a report

RETRY_S = 5.0  # what could not be rendered rests this long
OUTAGE_S = 1.0  # and this long where nothing can be
PRESSED = 0.25  # of its share a topic has while people wait outside


@dataclass(frozen=True, slots=True)
class Frame:
    room: str
    event: str
    payload: dict[str, Any]


@dataclass(slots=True)
class Rendered:
    """frames to send, and for each id (the version rendered, the instant the clock changes it next)."""

    frames: list[Frame] = field(default_factory=list)
    due: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    then: dict[str, set[int]] = field(
        default_factory=dict
    )  # other topics to look at because of this


@dataclass(frozen=True, slots=True)
class Pace:
    """batch: ids rendered before the loop turns to others. rest_s: an id is rendered at most that often. share: of the
    loop's time, so that what is dear to work out keeps nobody's tap waiting: at a hundred changes a second rows go out
    at once, and what follows from them as fast as there is time."""

    batch: int = BATCH
    rest_s: float = 0.0
    share: float = 1.0


_USUAL = Pace()
Renderer = Callable[[Sequence[int]], Rendered]
Emit = Callable[[str, dict[str, Any], str], None]


class Pump:
    """One per process. `mark` from any greenlet or thread; `flush` from one loop only."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._render: dict[str, Renderer] = {}
        # In the order they came: nobody waits for ever.
        self._dirty: dict[str, dict[int, None]] = {}
        self._lock = threading.Lock()
        self._emit: Emit = lambda *_: None
        self._unlooked_from: dict[str, int] = {}
        self._put_aside: dict[tuple[str, int], float] = {}
        self._pace: dict[str, Pace] = {}
        self._pausing: dict[str, float] = {}
        self._reconsidered: dict[str, set[int]] = {}  # of topics whose renderer asks for it
        self._resting: dict[tuple[str, int], float] = {}
        # {(topic, id): version} as last rendered here; catchup forgets what is old.
        self.shown: dict[tuple[str, int], int] = {}
        self.tell: Callable[[str, Iterable[int]], None] = lambda *_: None  # other processes
        self.is_pressed: Callable[[], bool] = lambda: False

    def register(self, topic: str, render: Renderer, pace: Pace | None = None) -> None:
        self._render[topic] = render
        self._pace[topic] = pace or Pace()

    def topics(self) -> list[str]:
        return list(self._render)

    def deliver_with(self, emit: Emit) -> None:
        self._emit = emit

    def mark(self, topic: str, ids: Iterable[int]) -> None:
        with self._lock:
            self._dirty.setdefault(topic, {}).update(dict.fromkeys(ids))

    def mark_reconsidered(self, topic: str, ids: Iterable[int]) -> None:
        """The version stands, but what is kept of it may have an outdated due time."""
        with self._lock:
            self._work_out_anew(topic, ids)
            self._dirty.setdefault(topic, {}).update(dict.fromkeys(ids))

    def _work_out_anew(self, topic: str, ids: Iterable[int]) -> None:
        """Of the other topics nothing is kept, and what nobody takes would be kept for ever."""
        if topic in self._reconsidered:
            self._reconsidered[topic].update(ids)

    def keeps(self, topic: str) -> None:
        """The renderer of this topic keeps what it has rendered, and asks what has to be worked out anew."""
        self._reconsidered[topic] = set()

    def take_reconsidered(self, topic: str, ids: Iterable[int]) -> set[int]:
        """Which of these have to be worked out anew, whatever is kept of them; asked once, by the renderer."""
        with self._lock:
            found = self._reconsidered.get(topic, set()) & set(ids)
            self._reconsidered.get(topic, set()).difference_update(found)
        return found

    def waiting(self) -> int:
        return sum(len(ids) for ids in list(self._dirty.values()))

    def is_behind(self, topic: str, key: int) -> bool:
        """It has to be rendered, and will not be at once: others come first, it has been a moment ago, or the topic has
        had its share of the loop for now. False where nobody flushes.

        While people wait outside, of everything that has a share: no time goes into finding out."""
        if self.is_pressed() and topic in self._pausing:
            return True
        waiting = self._dirty.get(topic, ())
        if key not in waiting or topic not in self._pausing:
            return False
        if len(waiting) > self._pace.get(topic, _USUAL).batch:
            return True
        now = clock.monotonic()
        return max(self._pausing[topic], self._resting.get((topic, key), 0.0)) > now

    def _take_dirty(self, *, hurry: bool) -> dict[str, list[int]]:
        """At most one batch a topic; the rest waits for the next tick, so that nobody waits long."""
        taken: dict[str, list[int]] = {}
        with self._lock:
            for topic, ids in list(self._dirty.items()):
                pace = self._pace.get(topic, _USUAL)
                taken[topic] = sorted(islice(self._ready(topic, ids, hurry=hurry), pace.batch))
                for key in taken[topic]:
                    del ids[key]
                    if pace.rest_s:
                        self._resting[topic, key] = clock.monotonic() + pace.rest_s
                if not ids:
                    del self._dirty[topic]
        return {topic: ids for topic, ids in taken.items() if ids}

    def _ready(self, topic: str, ids: Iterable[int], *, hurry: bool) -> list[int]:
        """Those not rendered a moment ago, of a topic that has not had its share of the loop."""
        if hurry:
            return list(ids)
        now = clock.monotonic()
        if self._pausing.get(topic, 0.0) > now:
            return []
        if not self._pace.get(topic, _USUAL).rest_s:
            return list(ids)
        return [key for key in ids if self._resting.get((topic, key), 0.0) <= now]

    def flush(self, *, hurry: bool = False) -> bool:
        """Render and send what is dirty; True if more is ready. hurry: nothing rests.

        Take first, read after: a commit in between marks again. What fails stops nobody else.
        """
        self._take_up_again()
        for topic, ids in self._take_dirty(hurry=hurry).items():
            if topic in self._render:
                began = clock.monotonic()
                if self._flush_topic(topic, ids) and not self._waits(topic):
                    trouble.over(f"rendering {topic}")
                if not hurry:
                    self._pause(topic, clock.monotonic() - began)
        with self._lock:
            return any(self._ready(topic, ids, hurry=False) for topic, ids in self._dirty.items())

    def _pause(self, topic: str, took: float) -> None:
        share = self._pace[topic].share
        if share < 1:
            share *= PRESSED if self.is_pressed() else 1
            self._pausing[topic] = clock.monotonic() + took * (1 / share - 1)

    def _flush_topic(self, topic: str, ids: list[int]) -> bool:
        try:
            with self._app.app_context():
                rendered = self._render[topic](ids)
        except Exception as error:  # noqa: BLE001 told once; the others get theirs
            trouble.tell(f"rendering {topic}", error)
            with self._lock:  # what it took to be worked out anew is not forgotten
                self._work_out_anew(topic, ids)
            if recognised(error) is None:
                self._split(topic, ids)
            else:  # no culprit among them: the database is gone, and each try waits for it
                self._put_away(topic, ids, OUTAGE_S)
            return False
        for frame in rendered.frames:
            try:
                self._emit(frame.event, frame.payload, frame.room)
            except Exception:  # its readers find the loss by the digest; the other rooms get theirs
                log.exception("sending %s to %s failed", frame.event, frame.room)
        for other, others in rendered.then.items():
            self.mark(other, others)
        for key, (version, _) in rendered.due.items():
            self.shown[topic, key] = version
        if rendered.due:
            self._note_due(topic, rendered.due)
        return True

    def _note_due(self, topic: str, due: dict[int, tuple[int, datetime]]) -> None:
        """Where it cannot be written (a full disk) the other topics of this round get their turn all the same."""
        what = f"noting when {topic} changes by the clock"
        try:
            with self._app.app_context(), transaction():
                versions.set_due(db.session, topic, due)
        except Exception as error:  # noqa: BLE001 told once; worked out again
            trouble.tell(what, error)
            self._put_away(topic, due, RETRY_S)
        else:
            trouble.over(what)

    def _split(self, topic: str, ids: list[int]) -> None:
        """Halve what cannot be rendered until only the culprit waits; nothing is lost, it is tried again."""
        if len(ids) == 1:
            self._put_away(topic, ids, RETRY_S)
            return
        middle = len(ids) // 2
        self._flush_topic(topic, ids[:middle])
        self._flush_topic(topic, ids[middle:])

    def _waits(self, topic: str) -> bool:
        return any(aside == topic for aside, _ in self._put_aside)

    def _put_away(self, topic: str, ids: Iterable[int], wait_s: float) -> None:
        until = clock.monotonic() + wait_s
        self._put_aside.update(dict.fromkeys(((topic, key) for key in ids), until))

    def _take_up_again(self) -> None:
        now = clock.monotonic()
        for (topic, key), since in list(self._put_aside.items()):
            if since <= now:
                del self._put_aside[topic, key]
                self.mark(topic, [key])

    def tick(self) -> bool:
        """What the clock changed since the last tick gets a version and is marked; True if there was any."""
        any_due = False
        for topic in self._render:
            with self._app.app_context():
                now = clock.now()
                ids = versions.due(db.session, topic, now=now)
                if ids:
                    with transaction():
                        versions.pass_due(db.session, topic, ids, now=now)
                    any_due = True
                    self.tell(topic, ids)
                waiting = self._next_unlooked(topic)
            rested = [key for key in waiting if (topic, key) not in self._put_aside]
            self.mark(topic, ids)
            self.mark_reconsidered(topic, rested)
        return any_due

    def _next_unlooked(self, topic: str) -> list[int]:
        after = self._unlooked_from.get(topic, -1)
        found = versions.unlooked(db.session, topic, after=after)
        self._unlooked_from[topic] = found[-1] if len(found) == versions.CHUNK else -1
        return found

    def settle(self) -> None:
        """Until nothing is left to do: for tests and for the end of a command."""
        moved = True
        while moved:
            moved = self.tick() or self.waiting() > 0
            self.flush(hurry=True)
