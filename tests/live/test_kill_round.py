"""One round of `make faults`: killed while people write and watch, started again, held to its promise."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults import scene
from tests.faults.ground import Servers
from tests.faults.hall import SCOPES, Clerk, Hall
from tests.faults.kill import kill
from tests.live.conftest import Live
from tests.stage import CAST

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
NEVER = (
    "lost",
    "duplicated",
    "half_done",
    "never_asked_for",
    "contradicting_answers",
    "never_settled",
    "ahead_of_the_database",
    "same_version_other_content",
    "leaks",
    "phantom_sockets",
)


def hall_of(live: Live) -> Hall:
    """入所係 and 施設係; who approves sits above both."""

    def clerk(number: str, *, is_chief: bool = False) -> Clerk:
        return Clerk(
            number, CAST[number].unit, live.token(number, SCOPES.replace(",", " ")), is_chief
        )

    units = ["W12", "W13"]
    chief = clerk("100", is_chief=True)
    people = [clerk(number) for number, person in CAST.items() if person.unit in units]
    return Hall(
        live.stage.app.config["ZAISEKI"].database_url, units, people, dict.fromkeys(units, chief)
    )


async def one_round(live: Live, folder: Path) -> dict[str, Any]:
    hall = hall_of(live)
    store = SimpleNamespace(name="", url=hall.url)
    servers = [live.server] if live.other is live.server else [live.server, live.other]
    made = scene.set_up(store, Servers(servers), hall, seed=1, folder=folder, pages=5)
    try:
        await made.begin()
        return await kill(made, 1)
    finally:
        await made.end()


def test_what_was_acknowledged_before_the_blow_is_there_after_it_once(
    live: Live, tmp_path: Path
) -> None:
    line = asyncio.run(one_round(live, tmp_path))
    assert {name: line[name] for name in NEVER} == dict.fromkeys(NEVER, 0), line
    assert line["acknowledged"] > 0
