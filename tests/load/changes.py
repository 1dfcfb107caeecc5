"""Changes by HTTP while everybody watches: how long until each watcher's socket has each, and whether all have all."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from itertools import count
from time import monotonic
from typing import Any

from tests.live.server import Server
from tests.load.cluster import cluster
from tests.load.crowd import Crowd
from tests.load.machine import Effort, in_ms, memory_kb
from tests.load.sizes import SECTION
from tests.load.told import Change
from tests.load.town import Person
from tests.load.wire import Lines
from tests.load.workbench import (
    Bench,
    bearer,
    evenly,
    figure,
    gathered,
    paced,
    pid,
    say,
    settled,
    tell,
)

STATES = ("busy", "dnd", "away", "available")
LATEST_S = 30.0  # what is not there by then counts as lost
GOAL = "p99 < 250 ms, none lost (10,000 sockets, 100 changes/s for 60 s)"


class Taps:
    """POST /me/status of one after another; `done` holds every one that was answered with 200.

    Each with a note of its own, over all measurements on one town: the same said again is no change, and no row.
    """

    notes = count()

    def __init__(self, people: list[Person], lines: Lines) -> None:
        self.people, self.lines = people, lines
        self.done: list[Change] = []
        self.refused: dict[int, int] = {}

    async def tap(self, turn: int, due: float) -> None:
        person = self.people[turn % len(self.people)]
        body = {"state": STATES[turn % len(STATES)], "note": f"{next(self.notes)}"}
        headers = bearer(person)
        answer = await self.lines.request("POST", "/api/v1/me/status", headers=headers, body=body)
        if answer.status != 200:
            self.refused[answer.status] = self.refused.get(answer.status, 0) + 1
            return
        version = answer.json()["version"]
        self.done.append(
            Change(person.number, person.unit, due, monotonic(), answer.status, version)
        )


def in_turn(people: Iterable[Person]) -> list[Person]:
    """Neighbours in time sit in different sections, as in a town hall."""
    places: dict[str, int] = {}
    order = []
    for person in people:
        place = places[person.unit] = places.get(person.unit, -1) + 1
        order.append((place, person.unit, person))
    return [person for *_, person in sorted(order, key=lambda one: one[:2])]


async def measured(
    crowd: Crowd, servers: list[Server], people: list[Person], each_s: int, seconds: float
) -> dict[str, Any]:
    """The figures of so many changes a second, spread evenly over these people."""
    lines = Lines(crowd.ports, 16)
    taps = Taps(people, lines)
    number = int(seconds * each_s)
    say(f"{number} changes in {seconds:.0f} s, {crowd.connected()} sockets connected")
    crowd.ledger.forget()
    effort = Effort(*(pid(server) for server in servers))
    await paced(taps.tap, evenly(number, seconds))
    await crowd.all_told(taps.done, at_most=LATEST_S)
    spent = effort.since(number)
    lines.close()
    return _figures(crowd, taps, spent) | {
        "changes_each_s": each_s,
        "loop_lag_max_ms": [await lag_ms(server) for server in servers],
    }


def _figures(crowd: Crowd, taps: Taps, spent: dict[str, Any]) -> dict[str, Any]:
    ledger, verdict = crowd.ledger, crowd.judge(taps.done)
    return {
        **in_ms(verdict.late),
        "post": in_ms([one.answered - one.due for one in taps.done]),
        "sockets": crowd.connected(),
        "changes": len(taps.done),
        "refused": taps.refused,
        **verdict.figures(),
        "forms_wrong": crowd.forms_wrong,
        "examples": ledger.examples,
        "frames": ledger.frames,
        "row_frames": ledger.row_frames,
        "frames_made": dict(ledger.events),
        "kilobytes": ledger.received // 1024,
        **spent,
    }


async def lag_ms(server: Server) -> float:
    return round(await figure(server.port, "zaiseki_loop_lag_seconds_max") * 1000, 1)


async def tap_to_screen(bench: Bench) -> None:
    """SQLite, one process; then a burst over the same sockets."""
    sizes, server, people = bench.sizes, bench.server(), bench.everybody()
    async with gathered(people, server) as crowd:
        order = in_turn(people)
        found = await measured(crowd, [server], order, sizes.changes_each_s, sizes.changes_s)
        tell("tap_to_screen", GOAL, database="SQLite", processes=1, **found)


async def burst(bench: Bench) -> None:
    sizes, server, people = bench.sizes, bench.server(), bench.everybody()
    async with gathered(people, server) as crowd:
        found = await measured(crowd, [server], in_turn(people), sizes.burst_each_s, sizes.burst_s)
        tell("burst", "none lost; how far behind it falls", **found)


async def tap_to_screen_cluster(bench: Bench) -> None:
    """PostgreSQL and Redis, two processes: half of each room at each, changes to both in turn."""
    sizes = bench.sizes
    bench.stop()
    async with AsyncExitStack() as stack:
        house = stack.enter_context(cluster(bench, sizes.cluster_processes))
        people = house.town.of(bench.units(sizes.sections))
        crowd = await stack.enter_async_context(gathered(people, *house.servers))
        found = await measured(
            crowd, house.servers, in_turn(people), sizes.changes_each_s, sizes.changes_s
        )
        tell(
            "tap_to_screen_cluster",
            GOAL,
            database="PostgreSQL",
            processes=len(house.servers),
            **found,
        )


async def stalled_readers(bench: Bench) -> None:
    """Some stop reading, in sections where half of the changes are; what becomes of the others and the memory."""
    sizes = bench.sizes
    server, everybody = bench.fresh_server(), bench.everybody()
    await settled(server)
    busy = set(bench.units(sizes.stalled_sections))
    crowd = Crowd([server.port])
    try:
        hanging = _some_of(everybody, busy, sizes.stalled)
        await crowd.connect(hanging, stalled=True)
        stalled = list(crowd.watchers)
        await crowd.connect([person for person in everybody if person not in set(hanging)])
        await crowd.watch()
        await crowd.quiet()
        for watcher in stalled:
            watcher.stop_reading()
        crowd.deaf = {watcher.index for watcher in stalled}
        before = memory_kb(pid(server))
        found = await measured(
            crowd,
            [server],
            _half_in(in_turn(everybody), busy),
            sizes.changes_each_s,
            sizes.changes_s,
        )
        after = memory_kb(pid(server))
        cut_off = await _cut_off(crowd, server, stalled)
        tell(
            "stalled_readers",
            "the others' p99 < 250 ms, none lost; memory bounded",
            stalled=len(stalled),
            stalled_cut_off=cut_off,
            server_mb_more=round((after - before) / 1024, 1),
            **found,
        )
    finally:
        crowd.close()


def _some_of(people: list[Person], units: set[str], number: int) -> list[Person]:
    """Spread evenly over these units, never all of one."""
    places = [person for person in in_turn(people) if person.unit in units]
    return places[: min(number, len(units) * SECTION // 2)]


def _half_in(order: list[Person], busy: set[str]) -> list[Person]:
    """Every second one of a busy unit, over and over; the rest of the others, each once."""
    hot = [person for person in order if person.unit in busy]
    others = [person for person in order if person.unit not in busy]
    return [one for n, other in enumerate(others) for one in (hot[n % len(hot)], other)]


async def _cut_off(crowd: Crowd, server: Server, stalled: list[Any]) -> int:
    """How many the server gave up, by its own count; then they read what is left, or find the end."""
    gone = len(crowd.watchers) - int(await figure(server.port, "zaiseki_sockets"))
    for watcher in stalled:
        watcher.read_again()
    await asyncio.sleep(1)
    return gone
