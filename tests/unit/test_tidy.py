"""When garbage is collected in full."""

import gc
from typing import Any

import pytest

from webapp.core import clock
from webapp.realtime import tidy


@pytest.mark.parametrize(
    ("after_s", "young", "quiet", "collects"),
    [
        (30, 5, True, True),
        (29, 5, True, False),
        (30, 4, True, False),  # nothing has grown
        (30, 5, False, False),
        (600, 500, False, False),
    ],
)
def test_in_a_quiet_moment_where_something_has_grown(
    monkeypatch: pytest.MonkeyPatch, after_s: float, young: int, quiet: bool, collects: bool
) -> None:
    passed: dict[str, float] = {"s": 0, "young": 0}
    collected: list[Any] = []
    monkeypatch.setattr(clock, "monotonic", lambda: passed["s"])
    monkeypatch.setattr(
        gc, "get_stats", lambda: [{"collections": passed["young"]}, {"collections": 0}]
    )
    monkeypatch.setattr(gc, "collect", lambda: collected.append(1))
    one = tidy.Tidy(lambda: quiet)
    passed.update(s=after_s, young=young)
    assert [one.step() for _ in range(6)] == [False, False, collects, False, False, False]
    assert len(collected) == collects
