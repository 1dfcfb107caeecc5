"""`make faults`: the real server is broken in every way of the list, and held to its promise; JSON lines on stdout.

python tests/faults/run.py --only kill --store sqlite --rounds 200 --seed 7
Exit status 1 if anything acknowledged was lost or doubled, or a board showed for more than 5 s what was not so.
"""

import argparse
import asyncio
import functools
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faults import outages, strangers
from tests.faults.ground import RedisServer
from tests.faults.kill import kill
from tests.faults.scene import Houses, Setting, Sizes, houses, is_good, played, say, tell

LONGEST_S = 7200


def plain(_: Path) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Fault:
    """stores: on which it makes sense."""

    play: Callable[..., Awaitable[dict[str, Any]]]
    stores: tuple[str, ...]
    processes: int = 1
    redis: bool = False
    rounds: int = 1
    small_disk: bool = False
    environ: Callable[[Path], dict[str, str]] = plain


BOTH, FILE, SERVER = ("sqlite", "postgresql"), ("sqlite",), ("postgresql",)
FAULTS = {
    "kill": Fault(kill, BOTH, rounds=20),
    "kill_one_of_two": Fault(kill, SERVER, processes=2, redis=True, rounds=10),
    "disk_full": Fault(outages.disk_full, FILE, rounds=2, small_disk=True),
    "disk_full_by_limit": Fault(outages.disk_full, FILE, rounds=2),
    "database_gone": Fault(outages.database_gone, SERVER, rounds=3),
    "database_hung": Fault(outages.database_hung, SERVER, rounds=2),
    "redis_gone": Fault(outages.redis_gone, SERVER, processes=2, redis=True, rounds=3),
    "redis_hung": Fault(outages.redis_hung, SERVER, processes=2, redis=True, rounds=3),
    "server_hung": Fault(outages.server_hung, FILE, rounds=2),
    "one_of_two_hung": Fault(outages.server_hung, SERVER, processes=2, redis=True, rounds=2),
    "clock": Fault(outages.clock_stepped, BOTH, rounds=1, environ=outages.stepped_clock),
    "clock_of_one_of_two": Fault(
        outages.clock_stepped, SERVER, 2, redis=True, rounds=1, environ=outages.stepped_clock
    ),
    "garbage": Fault(strangers.garbage, FILE, rounds=3),
    "oversize": Fault(strangers.oversize, FILE, rounds=3),
    "slowloris": Fault(strangers.slowloris, FILE, rounds=2),
    "handshakes": Fault(strangers.handshakes, FILE, rounds=3),
    "half_open": Fault(strangers.half_open, FILE, rounds=1),
}


def asked_for() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--only", metavar="NAME", action="append", choices=sorted(FAULTS))
    parser.add_argument("--store", choices=("sqlite", "postgresql"), help="else on each it is for")
    parser.add_argument("--rounds", type=int, help="of those faults that come in rounds")
    parser.add_argument("--minutes", type=float, help="of kill: no round is begun after so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--forked",
        action="store_true",
        help="servers forked, not started by `zaiseki serve`: more rounds",
    )
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the servers' logs")
    return parser.parse_args()


async def run(options: argparse.Namespace, made: Houses) -> bool:
    good = True
    for name in options.only or FAULTS:
        fault = FAULTS[name]
        if fault.redis and RedisServer.program() is None:
            tell({"fault": name, "left_out": "no redis-server on this machine"})
            continue
        for store in fault.stores:
            if options.store in (None, store):
                good &= await one(name, fault, store, options, made)
    return good


async def one(
    name: str, fault: Fault, store: str, options: argparse.Namespace, made: Houses
) -> bool:
    say(f"{name} on {store}")
    setting = Setting(
        store,
        fault.processes,
        fault.redis,
        options.seed,
        fault.small_disk,
        fault.environ,
        options.forked
        and fault.environ is plain,  # what a server has to import first is not forked
        options.logs / f"{name}-{store}" if options.logs else None,
    )
    play = functools.partial(fault.play, rounds=options.rounds or fault.rounds)
    if fault.play is kill and options.minutes:
        play = functools.partial(play, minutes=options.minutes)
    try:
        line = await played(made, setting, play)
    except RuntimeError as error:  # it never came back, for instance: that is a finding as well
        tell({"fault": name, "store": store, "good": False, "error": str(error)[-2000:]})
        return False
    tell({"fault": name, "good": is_good(line), **line})
    return is_good(line)


def main() -> None:
    options = asked_for()
    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(LONGEST_S)
    with houses(Sizes()) as made:
        good = asyncio.run(run(options, made))
    sys.exit(0 if good else 1)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"not done after {LONGEST_S} s")


if __name__ == "__main__":
    main()
