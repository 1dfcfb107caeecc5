"""`make bench`: the real server, ten thousand real sockets, and what it costs; JSON lines on standard output.

At the end the figures to reach, goal beside figure beside rival, as a table on standard error and as one more line.
Nothing is asserted. The server has a core of its own and the load another; still, other work on the machine shows
in every figure, so compare runs that took turns, by their ratio, and look at `server_kept_waiting_s`.
"""

import argparse
import asyncio
import gc
import platform
import signal
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from time import monotonic

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.load import rota_bench, scenarios, workbench
from tests.load.machine import disk_ms, raise_file_limit, two_cores
from tests.load.sizes import QUICK, Sizes, within
from tests.load.table import as_text, table
from tests.load.workbench import Bench, Measurement, prepared, say, tell

LONGEST_S = 7200  # an hour on a quiet machine; a hang must not last
ALL = (*scenarios.ALL, *rota_bench.ALL)


def asked_for() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--only", metavar="NAME", action="append", choices=sorted(ALL))
    parser.add_argument("--quick", action="store_true", help="a smoke test of the bench: small")
    parser.add_argument("--soak-minutes", metavar="N", type=float, help="60: an hour of it")
    parser.add_argument(
        "--squeezed", metavar="N", type=float, help="1: the morning in five minutes, not in one"
    )
    rota_bench.ask(parser)
    return parser.parse_args()


def sizes_of(options: argparse.Namespace) -> Sizes:
    wanted = {"soak_minutes": options.soak_minutes, "morning_squeezed": options.squeezed}
    changed = {name: value for name, value in wanted.items() if value is not None}
    return replace(QUICK if options.quick else Sizes(), **changed)


async def run(names: list[str], sizes: Sizes, rota: rota_bench.Sizes) -> int:
    """How many measurements broke off; the others are made all the same."""
    broken = 0
    cores = two_cores()
    cores.for_load()
    open_files = raise_file_limit()
    with prepared(within(sizes, open_files), cores) as bench:
        tell(
            "machine",
            "",
            python=platform.python_version(),
            server_core=cores.server,
            load_core=cores.load,
            open_files=open_files,
            disk=disk_ms(bench.folder),
        )
        for name, measure in scenarios.chosen([name for name in names if name in scenarios.ALL]):
            broken += not await made(name, measure, bench)
        bench.stop()
        for name in names:
            if name in rota_bench.ALL:
                rota_bench.ALL[name](rota_bench.Bench(rota, bench.folder, tell))
    return broken


async def made(name: str, measure: Measurement, bench: Bench) -> bool:
    """Says how long it took. What breaks off is told with its reason."""
    began = monotonic()
    try:
        await measure(bench)
    except Exception as error:  # noqa: BLE001 what breaks off stops nobody else
        traceback.print_exc()
        bench.stop()  # whatever state it is in, the next one begins with a server of its own
        tell("broken_off", "", measurement=name, error=repr(error))
        return False
    else:
        return True
    finally:
        say(f"{name}: {monotonic() - began:.0f} s")


def main() -> None:
    options = asked_for()
    names = [name for name in ALL if not options.only or name in options.only]
    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.alarm(int(LONGEST_S + (options.soak_minutes or 0) * 60))
    gc.freeze()  # what is here stays; the load makes little garbage of its own
    sizes = sizes_of(options)
    try:
        broken = asyncio.run(run(names, sizes, rota_bench.sizes_of(options)))
    finally:
        conclude()
    sys.exit(min(broken, 1))


def conclude() -> None:
    """The figures to reach, also of a run that broke off."""
    found = table(workbench.told)
    if found:
        tell("table", "", rows=[row.as_json() for row in found])
        say(as_text(found))
    say("done")


def _too_long(*_: object) -> None:
    """SystemExit alone gets through asyncio from wherever it is raised; servers are stopped on the way out."""
    sys.exit(f"not done after {LONGEST_S} s")


if __name__ == "__main__":
    main()
