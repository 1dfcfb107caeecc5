"""Where a commit of the embedded database is made: on the loop while the disk is quick, beside it while it is slow."""

from typing import Any

import pytest

from webapp.core.db import Commits


class Disk:
    def __init__(self, clock: list[float]) -> None:
        self.clock, self.takes_s, self.committed = clock, 0.0, 0
        self.fails = False

    def commit(self) -> None:
        self.clock[0] += self.takes_s
        if self.fails:
            raise OSError("full")
        self.committed += 1


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    passed = [0.0]
    monkeypatch.setattr("webapp.core.db.time.monotonic", lambda: passed[0])
    return passed


def test_a_slow_disk_is_waited_for_beside_the_loop_until_it_is_quick_again(
    seconds: list[float],
) -> None:
    commits, disk, beside = Commits(), Disk(seconds), [0]

    def run(function: Any, connection: Any) -> None:
        beside[0] += 1
        function(connection)

    commits.run = run
    for takes_s, least, most in ((0.0002, 0, 0), (0.005, 95, 99), (0.0002, 1, 30)):
        disk.takes_s, beside[0] = takes_s, 0
        for _ in range(100):
            commits(disk)
        assert least <= beside[0] <= most
    assert disk.committed == 300


def test_a_commit_that_fails_is_told_and_its_time_counts(seconds: list[float]) -> None:
    commits, disk = Commits(), Disk(seconds)
    disk.takes_s, disk.fails = 0.1, True
    with pytest.raises(OSError, match="full"):
        commits(disk)
    assert commits.takes_s > Commits.LONG_S
