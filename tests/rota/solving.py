"""The solver as anybody runs it: `zaiseki rota solve problem.json`, in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.rota.parts import Problem

COMMAND = [str(Path(sys.executable).parent / "zaiseki"), "rota", "solve"]
AT_ONCE = 2


def solve(problem: Problem, folder: Path, name: str = "problem") -> dict[str, Any]:
    """The plan; raises with what the solver complained of."""
    file = folder / f"{name}.json"
    file.write_text(json.dumps(problem, ensure_ascii=False, indent=1))
    patience = 60 + 2 * problem["time_limit_s"]
    done = subprocess.run([*COMMAND, str(file)], check=False, capture_output=True, timeout=patience)
    if done.returncode:
        raise AssertionError(f"{file}: exit {done.returncode}\n{done.stderr.decode()[-2000:]}")
    plan: dict[str, Any] = json.loads(done.stdout)
    return plan


class Solutions:
    """Plans of many problems, made a few at a time in the background; ask for one and wait for it alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pool = ThreadPoolExecutor(AT_ONCE)
        self.coming: dict[str, Future[dict[str, Any]]] = {}

    def begin(self, names: Iterable[str], problem_of: Callable[[str], Problem]) -> None:
        for name in names:
            self.coming[name] = self.pool.submit(solve, problem_of(name), self.folder, name)

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self.coming[name].result()

    def stop(self) -> None:
        self.pool.shutdown(cancel_futures=True)
