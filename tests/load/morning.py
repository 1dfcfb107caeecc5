"""8:30 of a city of 1,393 on the embedded database: within minutes everybody opens the board and reports 始業.

Each opens the page (socket, watch, board), and taps a few seconds later. Most come in the second half, as people do:
twice the average at the peak.
"""

import asyncio
from random import Random
from time import monotonic
from typing import Any

from tests.live.server import Server
from tests.load import town
from tests.load.browsers import Browsers
from tests.load.city_files import write_city
from tests.load.crowd import Crowd
from tests.load.imports import taken_in
from tests.load.machine import Effort, in_ms
from tests.load.reports import Reports, lost_and_doubled
from tests.load.told import Ledger
from tests.load.town import Person
from tests.load.watcher import Refused
from tests.load.wire import Lines
from tests.load.workbench import Bench, paced, pid, say, settled, tell

PEAK = 0.7  # of the time
LOOKS_FIRST_S = (1.0, 4.0)
TRIES = 5


async def start_of_day(bench: Bench) -> None:
    sizes = bench.sizes
    bench.stop()
    folder = bench.folder / "morning"
    folder.mkdir()
    url = f"sqlite:///{folder / 'city.db'}"
    town.zaiseki(url, "migrate")
    say("importing a city of 1,393 staff")
    taken_in(url, write_city(folder))
    people = town.open_doors(url).people[: sizes.morning_people]
    server = bench.start(url)
    try:
        await settled(server)
        over_s = sizes.morning_s / sizes.morning_squeezed
        found = await _morning(bench, server, people, over_s)
        tell(
            "start_of_day",
            "1,393 starts in five minutes: every tap answered, p99 < 300 ms",
            squeezed=sizes.morning_squeezed,
            within_s=over_s,
            **found,
        )
    finally:
        server.stop()


async def _morning(
    bench: Bench, server: Server, people: list[Person], over_s: float
) -> dict[str, Any]:
    crowd = Crowd([server.port])
    browsers, lines = Browsers(crowd), Lines([server.port], 32)
    chance = Random(830)
    coming = sorted(chance.triangular(0.0, over_s, over_s * PEAK) for _ in people)
    order = chance.sample(people, len(people))
    for person in order:
        crowd.enter(person)
    reports = Reports(bench, order, [{"kind": "start", "place": "office"}], lines)
    opened: list[float] = []

    async def come(turn: int, due: float) -> None:
        await _open(browsers, turn)
        opened.append(monotonic() - due)
        await asyncio.sleep(chance.uniform(*LOOKS_FIRST_S))
        await reports.report(turn, monotonic())

    say(f"{len(order)} people come within {over_s:.0f} s")
    effort = Effort(pid(server))
    try:
        await paced(come, coming)
        await crowd.quiet(at_most=20)
        spent = effort.since(len(order))
        lost, doubled = await lost_and_doubled(reports.acknowledged(), lines)
        late, unseen = seen_at_work(crowd, browsers, reports)
        return {
            **in_ms([one.answered - one.due for one in reports.acknowledged()]),
            "to_screens": in_ms(late),
            "page_opened": in_ms(opened),
            "starts": len(reports.all),
            "answered": len(reports.acknowledged()),
            "sent_again": sum(one.tries > 1 for one in reports.all),
            "refused": reports.refused,
            "reports_lost": lost,
            "reports_doubled": doubled,
            "rows_lost": unseen,
            "views_wrong": await browsers.views_wrong(),
            "rows_not_for_them": crowd.ledger.not_for_them,
            "sockets": crowd.connected(),
            **spent,
        }
    finally:
        await browsers.stop()
        lines.close()
        crowd.close()


async def _open(browsers: Browsers, index: int) -> None:
    for _ in range(TRIES):
        try:
            await browsers.connect(index)
            break
        except (Refused, OSError) as error:
            await asyncio.sleep(getattr(error, "retry_after", None) or 1.0)
    await browsers.fetch(index)


def seen_at_work(crowd: Crowd, browsers: Browsers, reports: Reports) -> tuple[list[float], int]:
    """Seconds from a tap to the row that shows it, at each who had their board by then; how many never got it."""
    first = _first_at_work(crowd.ledger)
    watching = crowd.watching()
    late: list[float] = []
    unseen = 0
    for one in reports.acknowledged():
        for index in watching.get(one.person.unit, ()):
            if browsers.back.get(index, one.due) < one.due:
                when = first.get((one.person.number, index))
                unseen += when is None
                if when is not None:
                    late.append(when - one.due)
    return late, unseen


def _first_at_work(ledger: Ledger) -> dict[tuple[str, int], float]:
    """{(staff number, watcher): when a row first showed them reported in the office}."""
    first: dict[tuple[str, int], float] = {}
    for told in ledger.told:
        for number, row in told.rows.items():
            if row.get("place") != "office" or row.get("planned", True):
                continue
            for index, when in zip(told.who, told.when, strict=True):
                key = (number, index)
                first[key] = min(when, first.get(key, when))
    return first
