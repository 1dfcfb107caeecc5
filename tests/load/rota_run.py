"""A solve as the bench sees it: the real command on both cores, its progress with the second it came."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

from tests.rota.checker import check
from tests.rota.parts import Problem

COMMAND = [str(Path(sys.executable).parent / "zaiseki"), "rota", "solve"]


@dataclass
class Run:
    problem: Problem
    plan: dict[str, Any]
    seconds: float
    progress: list[tuple[float, str]] = field(default_factory=list)

    @property
    def first_s(self) -> float:
        """Until the first line of progress that has a plan's minutes in it; without one, the whole."""
        return next((when for when, line in self.progress if _has_plan(line)), self.seconds)

    @property
    def faults(self) -> list[str]:
        return check(self.problem, self.plan)

    @property
    def uncovered(self) -> int:
        minutes: int = self.plan["objective"]["uncovered_minutes"]
        return minutes

    @property
    def open_of_need(self) -> int:
        """Minutes beyond the proven minimum."""
        bound: int = self.plan["bound"]["uncovered_minutes"]
        return self.uncovered - bound


def _has_plan(line: str) -> bool:
    try:
        said = json.loads(line)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("best") is not None


def run(problem: Problem, folder: Path, name: str = "problem") -> Run:
    """Raises with the solver's own words if it refuses or dies."""
    file = folder / f"{name}.json"
    file.write_text(json.dumps(problem, ensure_ascii=False))
    began = monotonic()
    progress: list[tuple[float, str]] = []
    with (
        every_core(),
        subprocess.Popen(
            [*COMMAND, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
    ):
        listener = Thread(target=_listen, args=(process.stderr, began, progress))
        listener.start()
        assert process.stdout is not None
        answer = process.stdout.read()
        process.wait()
        took = monotonic() - began
        listener.join()
    if process.returncode:
        told = "\n".join(line for _, line in progress[-20:])
        raise RuntimeError(f"{file}: exit {process.returncode}\n{told}")
    return Run(problem, json.loads(answer), took, progress)


def _listen(stream: Any, began: float, progress: list[tuple[float, str]]) -> None:
    for line in stream:
        progress.append((monotonic() - began, line.rstrip()))


@contextmanager
def every_core() -> Iterator[None]:
    """The bench keeps itself on one core; what is started inside gets them all, as in a town hall."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    try:
        yield
    finally:
        os.sched_setaffinity(0, mine)
