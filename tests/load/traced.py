"""The server's entry with every allocation traced: SIGUSR2 writes what is held, by place, to the file that
ZAISEKI_HELD names. For `memory_profile` alone: it takes three times the CPU.
"""

import gc
import json
import os
import signal
import sys
import tracemalloc
from pathlib import Path

tracemalloc.start()
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import wsgi  # noqa: E402 what is imported is traced as well


def write_held(*_: object) -> None:
    """{place: bytes}; whole or not at all, for somebody waits for it."""
    gc.collect()
    held: dict[str, int] = {}
    for one in tracemalloc.take_snapshot().statistics("lineno"):
        frame = one.traceback[0]
        held[f"{_short(frame.filename)}:{frame.lineno}"] = one.size
    target = Path(os.environ["ZAISEKI_HELD"])
    made = target.with_suffix(".part")
    made.write_text(json.dumps(held))
    made.rename(target)


def _short(name: str) -> str:
    return name.rpartition("site-packages/")[2].removeprefix(f"{ROOT}/")


signal.signal(signal.SIGUSR2, write_held)
wsgi.main(fill=False)
