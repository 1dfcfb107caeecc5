"""One solver run in a process of its own: progress on standard error, SIGINT and SIGTERM keep the best."""

import contextlib
import json
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

from webapp.rota.solver.answer import answer
from webapp.rota.solver.engine import Found, solve
from webapp.rota.solver.problem import Problem
from webapp.rota.solver.search import Search


def run(problem: Problem) -> dict[str, Any]:
    """The plan. The search works in a thread, since a signal reaches Python only in the main one."""
    search = Search(problem.time_limit, problem.seed, tell=_tell)
    with _signals(search):
        found = _in_thread(problem, search)
        return answer(found, search)


def _tell(line: dict[str, Any]) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody reads any more: the plan still counts
        sys.stderr.write(json.dumps(line) + "\n")
        sys.stderr.flush()


def _in_thread(problem: Problem, search: Search) -> Found:
    box: list[Found | BaseException] = []

    def work() -> None:
        try:
            box.append(solve(problem, search))
        except BaseException as error:  # noqa: BLE001 it is raised again below
            box.append(error)

    thread = threading.Thread(target=work, name="rota-solver", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        search.tick()
    if isinstance(box[0], BaseException):
        raise box[0]
    return box[0]


@contextlib.contextmanager
def _signals(search: Search) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        each: signal.signal(each, lambda *_: search.stop())
        for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
