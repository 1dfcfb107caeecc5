"""Only in the environment of servers that the fault harness starts: SIGUSR2 sets their wall clock off by what
ZAISEKI_FAULTS_CLOCK (a file) says, in seconds. Nothing of the product knows of it; monotonic clocks run on.
"""

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

_real = time.time  # noqa: TID251
_off: dict[str, float] = {"seconds": 0.0}


def _stepped() -> float:
    return _real() + _off["seconds"]


def _step(_number: int, _frame: Any) -> None:
    _off["seconds"] = float(Path(os.environ["ZAISEKI_FAULTS_CLOCK"]).read_text())
    clock = sys.modules.get("webapp.core.clock")
    if clock is not None:  # `datetime.now` is C and hears nothing of us
        clock.shift(timedelta(seconds=_off["seconds"]))


if "ZAISEKI_FAULTS_CLOCK" in os.environ:
    time.time = _stepped  # noqa: TID251 what is stepped is the machine's own
    signal.signal(signal.SIGUSR2, _step)
