"""The judge of the load program: a planted loss, leak, double, disorder or contradiction is found."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.load.told import ANYBODY, Change, Ledger, form_of, rooms_of

FULL = {"staff": "1", "version": 5, "state": "busy", "place": "home", "unit": "A"}
DIRECTORY = {"staff": "1", "version": 5, "state": "busy", "unit": "A"}


@dataclass
class Ear:
    index: int
    rooms: set[str] = field(default_factory=set)


def colleague(index: int) -> Ear:
    return Ear(index, rooms_of("A", "full"))


def neighbour(index: int) -> Ear:
    return Ear(index, rooms_of("A", "directory") | rooms_of("B", "full"))


def frame(row: dict[str, Any] | None, unit: str = "A", event: str = "rows") -> bytes:
    payload = {"unit": unit, "rows": [row] if row else [], "gone": []}
    return b"42" + json.dumps([event, payload]).encode()


def judged(ledger: Ledger, *watchers: int) -> Any:
    changes = [Change("1", "A", due=10.0, version=5)]
    return ledger.judge(changes, {"A": set(watchers)})


def test_each_who_watches_has_it_in_their_form() -> None:
    ledger = Ledger()
    ledger.hear(colleague(0), frame(FULL), 10.2)
    ledger.hear(neighbour(1), frame(DIRECTORY), 10.3)
    verdict = judged(ledger, 0, 1)
    assert verdict.late == pytest.approx([0.2, 0.3])
    assert set(verdict.figures().values()) == {0, 2}


def test_a_newer_version_does_for_an_older_one() -> None:
    ledger = Ledger()
    ledger.hear(colleague(0), frame(FULL | {"version": 7}), 10.2)
    assert judged(ledger, 0).lost == 0


def test_a_loss() -> None:
    ledger = Ledger()
    ledger.hear(colleague(0), frame(FULL), 10.2)
    ledger.hear(colleague(1), frame(FULL | {"version": 4}), 10.2)
    assert judged(ledger, 0, 1, 2).lost == 2


@pytest.mark.parametrize(
    ("ear", "message"),
    [
        (neighbour(1), frame(FULL)),  # a form too good
        (neighbour(1), frame(DIRECTORY | {"state": "dnd"})),  # a word the directory does not know
        (colleague(0), frame(DIRECTORY)),  # the other form
        (colleague(0), frame(FULL, unit="B")),  # a unit nobody asked for
        (colleague(0), frame(None, unit="B")),  # who left it
        (colleague(0), frame(None, unit="B", event="coverage")),
    ],
)
def test_a_leak(ear: Ear, message: bytes) -> None:
    ledger = Ledger()
    ledger.hear(ear, message, 10.0)
    assert ledger.not_for_them == 1
    assert ledger.examples


def test_what_everybody_gets_is_no_leak() -> None:
    ledger = Ledger()
    ledger.hear(Ear(0, {ANYBODY}), b'42["beat",{"as_of":"","epoch":"e"}]', 10.0)
    ledger.hear(colleague(1), frame(None), 10.0)
    ledger.hear(colleague(1), frame(None, event="coverage"), 10.0)
    assert ledger.not_for_them == 0


def test_the_same_twice() -> None:
    ledger = Ledger()
    for when in (10.1, 10.2):
        ledger.hear(colleague(0), frame(FULL), when)
    assert judged(ledger, 0).twice == 1


def test_the_same_twice_in_two_frames() -> None:
    ledger = Ledger()
    ledger.hear(colleague(0), frame(FULL), 10.1)
    ledger.hear(colleague(0), frame(FULL) + b" ", 10.2)
    assert judged(ledger, 0).twice == 1


def test_an_older_one_after_a_newer() -> None:
    ledger = Ledger()
    ledger.hear(colleague(0), frame(FULL), 10.1)
    ledger.hear(colleague(0), frame(FULL | {"version": 4}), 10.2)
    ledger.hear(colleague(1), frame(FULL | {"version": 4}), 10.0)
    ledger.hear(colleague(1), frame(FULL), 10.2)
    assert judged(ledger, 0, 1).out_of_order == 1


def test_one_version_with_two_contents() -> None:
    ledger = Ledger()
    ledger.hear(colleague(0), frame(FULL), 10.1)
    ledger.hear(colleague(0), frame(FULL | {"place": "office"}), 10.2)
    assert ledger.different == 1


def test_the_newest_of_each_view() -> None:
    ledger = Ledger()
    ledger.hear(colleague(0), frame(FULL), 10.1)
    ledger.hear(colleague(0), frame(FULL | {"version": 4}), 10.2)
    assert ledger.views_by_room() == {"A:full": {0: {"1": 5}}}


def test_forgetting_begins_anew() -> None:
    ledger = Ledger()
    ledger.hear(neighbour(0), frame(FULL), 10.1)
    ledger.forget()
    assert (ledger.frames, ledger.not_for_them, ledger.told, ledger.examples) == (0, 0, [], [])


def test_what_the_server_asks_is_passed_on() -> None:
    ledger, asked = Ledger(), []
    ledger.asked = lambda *words: asked.append(words)
    ledger.hear(colleague(3), b'42["resync",{"spread_s":2}]', 10.0)
    ledger.hear(colleague(4), b'42["drain",{"spread_s":10}]', 10.0)
    assert asked == [(3, "resync", 2.0), (4, "drain", 10.0)]


def test_forms() -> None:
    assert form_of([DIRECTORY]) == "directory"
    assert form_of([DIRECTORY, FULL]) == "full"
