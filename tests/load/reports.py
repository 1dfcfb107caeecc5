"""始業 and 終業 by POST /me/punches, sent again with their key until acknowledged, as the page's outbox does.

And the question afterwards: is every acknowledged one there exactly once?
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from tests.load.town import Person
from tests.load.wire import Lines
from tests.load.workbench import Bench, bearer

AGAIN_S = 1.0
ASKING = 16


@dataclass(slots=True)
class Report:
    person: Person
    body: dict[str, Any]
    key: dict[str, str]
    due: float
    answered: float = 0.0  # 0: not acknowledged
    tries: int = 0


class Reports:
    """One report a person; `refused` counts answers that were neither a 201 nor worth another try."""

    def __init__(
        self, bench: Bench, people: list[Person], bodies: list[dict[str, Any]], lines: Lines
    ):
        self.bench, self.people, self.bodies, self.lines = bench, people, bodies, lines
        self.all: list[Report] = []
        self.refused: dict[int, int] = {}

    async def report(self, turn: int, due: float) -> None:
        body = self.bodies[turn % len(self.bodies)]
        one = Report(self.people[turn], body, self.bench.key(), due)
        self.all.append(one)
        while not one.answered:
            await self._send(one)

    async def _send(self, one: Report) -> None:
        one.tries += 1
        headers = bearer(one.person) | one.key
        try:
            answer = await self.lines.request(
                "POST", "/api/v1/me/punches", headers=headers, body=one.body
            )
        except (OSError, asyncio.IncompleteReadError):
            await asyncio.sleep(AGAIN_S)
            return
        if answer.status == 201:
            one.answered = monotonic()
        else:
            self.refused[answer.status] = self.refused.get(answer.status, 0) + 1
            await asyncio.sleep(float(answer.headers.get("retry-after", AGAIN_S)))

    def acknowledged(self) -> list[Report]:
        return [one for one in self.all if one.answered]


@asynccontextmanager
async def reported_steadily(reports: Reports, each_s: int) -> AsyncIterator[None]:
    """One report after another while the block runs; at its end those begun are waited for."""
    done = asyncio.Event()
    reporting = asyncio.create_task(_steadily(reports, each_s, done))
    try:
        yield
        done.set()
        await reporting
    finally:
        reporting.cancel()


async def _steadily(reports: Reports, each_s: int, done: asyncio.Event) -> None:
    began = monotonic()
    async with asyncio.TaskGroup() as group:
        for turn in range(len(reports.people)):
            due = began + turn / each_s
            await asyncio.sleep(max(0.0, due - monotonic()))
            if done.is_set():
                return
            group.create_task(reports.report(turn, due))


async def lost_and_doubled(reports: list[Report], lines: Lines) -> tuple[int, int]:
    """Acknowledged reports that are not there, and those that are there more than once."""
    waiting = iter(reports)
    counts: list[int] = []

    async def some() -> None:
        for one in waiting:
            answer = await lines.request("GET", "/api/v1/me/punches", headers=bearer(one.person))
            key = one.key["Idempotency-Key"]
            counts.append(sum(p["idempotency_key"] == key for p in answer.json()["punches"]))

    await asyncio.gather(*(some() for _ in range(ASKING)))
    return sum(count == 0 for count in counts), sum(max(0, count - 1) for count in counts)
