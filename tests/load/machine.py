"""Where the measurements run: a core for the server, another for the load, and how quiet the machine is."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import psutil


def raise_file_limit() -> int:
    """A socket is a file, on both ends; children inherit the limit."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


@dataclass(frozen=True)
class Cores:
    """The server's and the load's; None where the machine has one core or does not let us choose."""

    server: int | None
    load: int | None

    @contextmanager
    def for_server(self) -> Iterator[None]:
        """What is started inside runs on the server's core."""
        self._move(self.server)
        try:
            yield
        finally:
            self._move(self.load)

    @contextmanager
    def anywhere(self) -> Iterator[None]:
        """What is started inside runs on either."""
        if self.server is not None and self.load is not None:
            os.sched_setaffinity(0, {self.server, self.load})
        try:
            yield
        finally:
            self._move(self.load)

    def for_load(self) -> None:
        self._move(self.load)

    def _move(self, core: int | None) -> None:
        if core is not None:
            os.sched_setaffinity(0, {core})


def two_cores() -> Cores:
    try:
        cores = sorted(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return Cores(None, None)
    return Cores(cores[0], cores[-1]) if len(cores) > 1 else Cores(None, None)


def load_average() -> float:
    return round(os.getloadavg()[0], 2)


class Effort:
    """What processes did between two looks: CPU seconds, and seconds the first was ready but others had its core."""

    def __init__(self, *pids: int) -> None:
        self.pids = pids
        self.began = monotonic()
        self.cpu, self.waited = self._cpu(), self._waited()
        self.own_cpu, self.own_waited = process_time(), _waited(os.getpid())

    def cpu_s(self) -> float:
        """Spent by the processes so far."""
        return self._cpu() - self.cpu

    def _cpu(self) -> float:
        return sum(map(_cpu, self.pids))

    def _waited(self) -> float:
        return sum(map(_waited, self.pids))

    def since(self, acts: int) -> dict[str, Any]:
        """acts: what the CPU time is divided by; the figure that other work on the machine disturbs least."""
        cpu = self.cpu_s()
        return {
            "seconds": round(monotonic() - self.began, 2),
            "server_cpu_s": round(cpu, 2),
            "server_cpu_ms_each": round(cpu / max(1, acts) * 1000, 3),
            "load_cpu_s": round(process_time() - self.own_cpu, 2),
            # Ready, but others had the core: with much of this, the figures say more about them.
            "server_kept_waiting_s": round(self._waited() - self.waited, 2),
            "load_kept_waiting_s": round(_waited(os.getpid()) - self.own_waited, 2),
        }


def disk_ms(folder: Path) -> dict[str, float]:
    """What a commit waits for: a hundred small writes, each made sure of."""
    took = []
    with (folder / "disk.test").open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            began = monotonic()
            os.fsync(file.fileno())
            took.append(monotonic() - began)
    return in_ms(took)


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _waited(pid: int) -> float:
    """Of the main thread, which runs the loop; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def memory_kb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1024


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def in_ms(seconds: list[float]) -> dict[str, float]:
    """p50, p95, p99, max in milliseconds."""
    ordered = sorted(seconds)
    marks = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {f"{name}_ms": round(percentile(ordered, s) * 1000, 1) for name, s in marks.items()}
