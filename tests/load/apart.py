"""Measurements that need no crowd: what pages weigh, and what runs in processes of its own beside no server."""

import asyncio

from tests.load import (
    approval_bench,
    coverage_bench,
    pages,
    plan_bench,
    requests_bench,
    seats_bench,
)
from tests.load.workbench import Bench, tell


async def page_weight(bench: Bench) -> None:
    server = bench.server()
    for name, path in (("home", "/"), ("board", f"/board/{bench.units(1)[0]}"), ("city", "/city")):
        found = await asyncio.to_thread(pages.load, server.url + path, bench.town.cookie)
        by_kind: dict[str, list[int]] = {}
        for fetched in found.values():
            sums = by_kind.setdefault(fetched.kind.rpartition("/")[2], [0, 0, 0])
            for place, value in enumerate((1, len(fetched.body), fetched.zipped)):
                sums[place] += value
        tell(
            "page_weight",
            "light enough for a phone on a bad day: first visit, nothing cached",
            page=name,
            requests=len(found),
            bytes=sum(len(fetched.body) for fetched in found.values()),
            gzip_bytes=sum(fetched.zipped for fetched in found.values()),
            by_kind=dict(sorted(by_kind.items())),  # number, bytes, gzip
        )


async def coverage_time(bench: Bench) -> None:
    """Out of the request path; the load's core is free meanwhile."""
    bench.stop()
    found = await asyncio.to_thread(coverage_bench.coverage, bench.folder)
    section = found.pop("section")
    tell("coverage_day", "60 people, 8 positions: < 50 ms", **section)
    tell("coverage_city", "180 units: < 5 s", **found)


async def approval_time(bench: Bench) -> None:
    """What an approval would do, and the page of who has 200 of them before them."""
    bench.stop()
    found = await asyncio.to_thread(approval_bench.approval, bench.folder / "approval")
    tell("approval", "preview of 60 × 8 < 200 ms, inbox of 200 < 300 ms", **found)


async def requests_filed(bench: Bench) -> None:
    """An evening before the deadline, in a process of its own."""
    bench.stop()
    found = await asyncio.to_thread(requests_bench.evening, bench.folder / "evening")
    tell("requests_filed", "500 requests in an evening, none lost, none twice", **found)


async def plans_imported(bench: Bench) -> None:
    """What the nightly file of 庶務事務 costs whoever reports meanwhile."""
    bench.stop()
    found = await asyncio.to_thread(plan_bench.plans, bench.folder / "plans")
    tell("plans_imported", "28,000 rows: no report waits longer than 500 ms", **found)


async def lines_booked(bench: Bench) -> None:
    """A booked line looks again at テレワーク可能 of the sections for which lines are scarce, and of no other."""
    bench.stop()
    found = await asyncio.to_thread(seats_bench.lines, bench.folder / "lines")
    tell("lines_booked", "180 units: < 0.1 s while lines are plenty", **found)
