"""What is wrong just now, told once: a line when it begins, a line when it is over, not a traceback every 50 ms.

Work that comes round goes into `with trouble.told("…")`: a failure is told, the round is given up, the next one tries
again. What stands here is this process's own view; `/healthz` and `/readyz` show it.
"""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from webapp.core import clock
from webapp.core.outages import recognised

log = logging.getLogger("webapp.trouble")


@dataclass(slots=True)
class Trouble:
    """words: for people; signs: by which what was told of it is known again."""

    words: str
    signs: set[str]
    since: float
    times: int = 1


_now: dict[str, Trouble] = {}


def tell(what: str, error: BaseException) -> None:
    """`what` (a short name, English, as in the log) failed. An unknown error keeps its traceback, once."""
    outage = recognised(error)
    sign = outage.code if outage else f"{type(error).__name__} {_where(error)}"
    words = outage.words if outage else f"{type(error).__name__}（記録を見てください）"
    found = _now.get(what)
    if found is None:
        _now[what] = Trouble(words, {sign}, clock.monotonic())
    else:
        found.times += 1
        found.words = words
        if sign in found.signs:  # also where two take turns: connections refused, and none free
            return
        found.signs.add(sign)
    if outage:
        log.error("%s: %s (%s)", what, words, _first_line(error))
    else:
        log.error("%s failed; trying again", what, exc_info=error)


def over(what: str) -> None:
    """It works. Costs a look-up where nothing was wrong."""
    found = _now.pop(what, None)
    if found is not None:
        log.warning(
            "%s: works again after %.0f s (%d failures)",
            what,
            clock.monotonic() - found.since,
            found.times,
        )


@contextmanager
def told(what: str) -> Iterator[None]:
    """A round of work: its failure is told and goes no further."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 whatever it is, it is told, and the next round tries again
        tell(what, error)
    else:
        over(what)


def current() -> dict[str, str]:
    """{what: words} of everything that does not work just now in this process."""
    return {what: trouble.words for what, trouble in list(_now.items())}


def is_known(what: str) -> bool:
    return what in _now


def forget_all() -> None:
    """Tests: each begins without."""
    _now.clear()


def _where(error: BaseException) -> str:
    """The line that raised it: the same error from the same line is the same trouble."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def _first_line(error: BaseException) -> str:
    told_by = str(getattr(error, "orig", None) or error).strip()
    return told_by.splitlines()[0] if told_by else type(error).__name__
