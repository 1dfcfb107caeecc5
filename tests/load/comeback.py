"""kill −9 in the middle of reports, started again, and all ten thousand come back: how long until every view is right.

A third of those who report say 終業: they have to be shown as away. A few never come back: their line has to go out,
and nobody else's may.
"""

import asyncio
from time import monotonic
from typing import Any

from tests.live.server import Server
from tests.load.browsers import Browsers, browsing
from tests.load.changes import in_turn
from tests.load.crowd import Crowd
from tests.load.machine import Effort, memory_kb, percentile
from tests.load.reports import Report, Reports, lost_and_doubled, reported_steadily
from tests.load.wire import Http, Lines
from tests.load.workbench import Bench, bearer, gathered, pid, say, tell

GOAL = "converged ≤ 60 s, nobody wrongly present or absent, no acknowledged report lost"
BODIES: list[dict[str, Any]] = [
    {"kind": "start", "place": "office"},
    {"kind": "start", "place": "home"},
    {"kind": "end"},
]
STAYS_AWAY_EVERY = 500
GRACE_S = 45.0  # after a restart the old value of `connected` stands for at most so long,
AGAIN_S = 30.0  # or until who was kept out last had time to come again
SLACK_S = 5.0
AFTERWARDS_S = 3.0


async def mass_reconnect(bench: Bench) -> None:
    server, people = bench.fresh_server(), bench.everybody()
    async with gathered(people, server) as crowd, browsing(crowd) as browsers:
        await browsers.fetch_all(range(len(crowd.watchers)))
        lines = Lines(crowd.ports, 16)
        reports = Reports(bench, in_turn(people), BODIES, lines)
        found = await _cut_and_back(bench, server, browsers, reports)
        tell("mass_reconnect", GOAL, **found)
        lines.close()


async def _cut_and_back(
    bench: Bench, server: Server, browsers: Browsers, reports: Reports
) -> dict[str, Any]:
    sizes, crowd = bench.sizes, browsers.crowd
    async with reported_steadily(reports, sizes.reconnect_each_s):
        await asyncio.sleep(sizes.reconnect_before_s)
        browsers.away = set(range(0, len(crowd.watchers), STAYS_AWAY_EVERY))
        browsers.start()
        killed, restarted = await _power_cut(bench, server)
        effort = Effort(pid(server))
        await _complete(browsers, sizes.reconnect_at_most_s)
        complete, came = browsers.complete(), monotonic()
        spent = effort.since(len(crowd.watchers))
        await asyncio.sleep(AFTERWARDS_S)
    await crowd.quiet(at_most=20)
    wrong = await browsers.views_wrong()
    lost, doubled = await lost_and_doubled(reports.acknowledged(), reports.lines)
    return {
        **_times(browsers, killed, restarted),
        "complete": complete,
        "sockets": crowd.connected(),
        "views_wrong": wrong,
        **await _shown(crowd, reports.acknowledged()),
        "shown_as_lost": _shown_as_lost(crowd, browsers, restarted),
        "gone_still_shown": await _gone_shown(
            crowd, browsers, max(restarted + GRACE_S, came + AGAIN_S) + SLACK_S
        ),
        "reports": len(reports.all),
        "reports_sent_again": sum(one.tries > 1 for one in reports.all),
        "reports_lost": lost,
        "reports_doubled": doubled,
        "rows_not_for_them": crowd.ledger.not_for_them,
        "refused": browsers.refused,
        "asked_by_server": browsers.asked,
        "fetches_failed": browsers.fetch_failed,
        "server_mb": round(memory_kb(pid(server)) / 1024),
        **spent,
    }


async def _power_cut(bench: Bench, server: Server) -> tuple[float, float]:
    """When it was killed, and when its successor was asked to start; returns once that one answers."""
    say("kill -9")
    killed = monotonic()
    server.kill()
    await asyncio.sleep(bench.sizes.down_s)
    restarted = monotonic()
    await asyncio.to_thread(_start_again, bench, server)
    say(f"started again in {monotonic() - restarted:.1f} s: process {pid(server)}")
    return killed, restarted


def _start_again(bench: Bench, server: Server) -> None:
    """On the same port. Only this thread, and what it starts, moves to the server's core."""
    with bench.cores.for_server():
        server.start()


async def _complete(browsers: Browsers, at_most: float) -> None:
    end = monotonic() + at_most
    while not browsers.complete() and monotonic() < end:
        await asyncio.sleep(0.25)


def _times(browsers: Browsers, killed: float, restarted: float) -> dict[str, Any]:
    """Seconds from the kill until each had its board again: half, 95 and 99 of a hundred, the last."""
    after = sorted(when - killed for when in browsers.back.values() if when > killed)
    marks = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "last": 1.0}
    found = {f"back_{name}_s": round(percentile(after, share), 1) for name, share in marks.items()}
    return {
        "came_back": len(after),
        "down_s": round(restarted - killed, 1),
        "converged_s": found["back_last_s"],
        **found,
    }


async def _shown(crowd: Crowd, reports: list[Report]) -> dict[str, int]:
    """Whoever said 終業 and is shown at work, whoever is at work and is shown as away or elsewhere."""
    said = {one.person.number: one.body for one in reports}
    present = absent = 0
    for person in {person.unit: person for person in crowd.people}.values():
        http = Http(crowd.ports[0])
        board = await http.request("GET", f"/api/v1/boards/{person.unit}", headers=bearer(person))
        http.close()
        for row in board.json()["rows"]:
            body = said.get(row["staff"], {})
            gone = row["state"] in ("off", "no_report")
            present += body.get("kind") == "end" and not gone
            absent += body.get("kind") != "end" and gone
            absent += "place" in body and row["place"] != body["place"]
    return {"wrongly_present": present, "wrongly_absent": absent}


def _shown_as_lost(crowd: Crowd, browsers: Browsers, restarted: float) -> int:
    """Rows that called somebody disconnected who came back within the grace, at any moment after the restart."""
    back = {
        crowd.people[index].number
        for index, when in browsers.back.items()
        if index not in browsers.away and when < restarted + GRACE_S - SLACK_S
    }
    return sum(
        not row.get("connected", True)
        for told in crowd.ledger.told
        if told.when and told.when[0] > restarted
        for number, row in told.rows.items()
        if number in back
    )


async def _gone_shown(crowd: Crowd, browsers: Browsers, until: float) -> int:
    """Of those who stay away, how many are still shown as connected once the grace is over."""
    if monotonic() < until:
        say(f"waiting {until - monotonic():.0f} s for the grace of those who stay away")
        await asyncio.sleep(until - monotonic())
    shown = 0
    for index in browsers.away:
        person = crowd.people[index]
        http = Http(crowd.ports[0])
        board = await http.request("GET", f"/api/v1/boards/{person.unit}", headers=bearer(person))
        http.close()
        shown += any(r["connected"] for r in board.json()["rows"] if r["staff"] == person.number)
    return shown
